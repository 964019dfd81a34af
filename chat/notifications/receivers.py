"""What follows here when a session ends elsewhere."""

from chat.notifications.services import end_session


def on_access_changed(*, session_key: str | None = None, **signal: object) -> None:
    """Hears `accounts.signals.access_changed`. Where all of somebody's sessions end, nothing is sent to them anyway:
    only browsers that are signed in are told anything.
    """
    if session_key:
        end_session(session_key=session_key)
