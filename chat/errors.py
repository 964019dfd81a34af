"""Everything that can be refused, each with its code, its HTTP status and a sentence a person understands."""


class ChatError(Exception):
    """A refusal. `retry_after` (seconds) says that the same request may succeed later; without it, it is final."""

    code = "refused"
    status = 400
    message = "That didn’t work."
    client_id: str | None = None  # of the refused command, so that the client knows which of its messages it was
    retry_after: float | None = None

    def __init__(self, message: str | None = None, *, retry_after: float | None = None) -> None:
        self.message = message or self.message
        self.retry_after = self.retry_after if retry_after is None else retry_after
        super().__init__(self.code)  # the code, never the text: exceptions end up in logs


class BadFrame(ChatError):
    code = "bad_frame"
    message = "The server didn’t understand that request."


class UnknownType(BadFrame):
    code = "unknown_type"
    message = "The server doesn’t know that kind of request."


class TooLarge(ChatError):
    code = "too_large"
    status = 413
    message = "That is too large to send."


class EmptyBody(ChatError):
    code = "empty"
    status = 422
    message = "Write something first."


class BadText(ChatError):
    code = "bad_text"
    status = 422
    message = "The text has characters that can’t be sent."


class BodyTooLong(ChatError):
    code = "too_long"
    status = 422
    message = "That message is too long. Please send it in parts."


class NotFound(ChatError):
    """For what isn't there and for what one may not know of: an outsider can't tell which."""

    code = "not_found"
    status = 404
    message = "This room isn’t there, or you’re not in it."


class IdReused(ChatError):
    code = "id_reused"
    status = 409
    message = "A different message was already sent under this number."


class SlowDown(ChatError):
    code = "slow_down"
    status = 429
    message = "That’s a lot at once. Please wait a moment."
    retry_after = 1.0


class Unavailable(ChatError):
    code = "unavailable"
    status = 503
    message = "The server is busy. Your message will be sent again."
    retry_after = 2.0


class Busy(Unavailable):
    """The room is being written to by somebody else just now. Only told to callers that said they don't wait."""


class SignedOut(ChatError):
    code = "signed_out"
    status = 401
    message = "You’ve been signed out. Sign in to go on."


# --- Why somebody may not write here ---------------------------------------------------------------------------------


class MayNotPost(ChatError):
    """What stands between a person and their message: one of these for each `Membership.Posting`."""

    status = 403


class NotAccepting(MayNotPost):
    """Blocked, closed, declined, or "nobody may write to me": who writes can't tell which."""

    code = "not_accepting"
    message = "They don’t take messages at the moment."


class YouBlocked(MayNotPost):
    code = "you_blocked"
    message = "You blocked this person. Unblock them to write."


class AnswerFirst(MayNotPost):
    code = "answer_first"
    message = "Accept the request first, then you can answer."


class WaitForAnswer(MayNotPost):
    code = "wait_for_answer"
    message = "You can send three messages until they accept."


class ReadOnly(MayNotPost):
    code = "read_only"
    message = "Only owners and moderators write in this room."


# --- What isn't there any more ---------------------------------------------------------------------------------------


class MessageGone(NotFound):
    code = "message_gone"
    message = "That message isn’t there any more."


class AttachmentGone(NotFound):
    code = "attachment_gone"
    message = "A file of this message isn’t there any more. Please attach it again."


# --- Groups -----------------------------------------------------------------------------------------------------------


class NotAllowed(ChatError):
    code = "not_allowed"
    status = 403
    message = "In this room, that’s for those who keep order."


class LastOwner(ChatError):
    code = "last_owner"
    status = 409
    message = "You’re the only owner. Hand the room over to somebody first, then you can leave."


class CantAdd(ChatError):
    code = "cant_add"
    status = 422
    message = "They can’t be added to this room."


class RemovedBefore(ChatError):
    code = "removed"
    status = 403
    message = "You were removed from this room. Only those who keep order there can bring you back."


class InviteGone(ChatError):
    """For every link that lets nobody in, so that guessing tells nothing."""

    code = "invite_gone"
    status = 404
    message = "This link doesn’t work: it has expired, was used up or withdrawn. Ask for a new one."


# --- One's own list ---------------------------------------------------------------------------------------------------


class TooManyPinned(ChatError):
    code = "too_many_pinned"
    status = 409
    message = "Five conversations are pinned already. Unpin one of them first."


# --- Notifications ----------------------------------------------------------------------------------------------------


class BadSubscription(ChatError):
    code = "bad_subscription"
    status = 422
    message = "This browser’s notifications can’t be reached from here."


# --- Changing what was said -------------------------------------------------------------------------------------------


class NotYours(ChatError):
    code = "not_yours"
    status = 403
    message = "Only who wrote a message can edit it."


class EditTooLate(ChatError):
    code = "too_late"
    status = 403
    message = "It’s too late to edit this message."


class TooManyEdits(ChatError):
    code = "too_many_edits"
    status = 409
    message = "This message was edited too often. Please send a new one."


class BadEmoji(ChatError):
    code = "bad_emoji"
    status = 422
    message = "A reaction is one emoji."


class TooManyReactions(ChatError):
    code = "too_many_reactions"
    status = 409
    message = "This message has 20 different reactions already. Choose one of them."


class TooManyPins(ChatError):
    code = "too_many_pins"
    status = 409
    message = "This room has 100 pinned messages already. Unpin one of them first."
