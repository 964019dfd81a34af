"""Why a file can't be taken. The page has the same sentences, and says them before anything is sent."""

from chat.errors import ChatError, MayNotPost

MEGABYTE = 1024 * 1024


class BadFile(ChatError):
    """The file itself is the reason."""

    code = "bad_file"
    status = 422
    message = "That file can’t be sent."


class EmptyFile(BadFile):
    code = "empty_file"
    message = "That file is empty."


class BadPicture(BadFile):
    code = "bad_picture"
    message = "That picture is damaged, or isn’t what its name says."


class TooManyPixels(BadPicture):
    code = "too_many_pixels"
    message = "That picture has too many pixels. Please make it smaller."


class TellingPicture(BadPicture):
    """HEIC, TIFF and the like: we can't write them anew, so the place they were taken at would go with them."""

    code = "telling_picture"
    message = "This kind of picture may tell where it was taken. Please save it as JPEG or PNG first."


class BadVoice(BadFile):
    code = "bad_voice"
    message = "That recording can’t be played here."


class FileTooLarge(ChatError):
    code = "file_too_large"
    status = 413

    def __init__(self, limit: int) -> None:
        super().__init__(f"That file is larger than {limit // MEGABYTE} MB.")


class TooManyFiles(ChatError):
    code = "too_many_files"
    status = 422

    def __init__(self, most: int) -> None:
        super().__init__(f"A message takes {most} files at most.")


class QuotaUsed(ChatError):
    code = "quota_used"
    status = 413
    message = "Your files take up all the space you have here. Remove some of your older messages with files."


class DayUsed(ChatError):
    code = "day_used"
    status = 429
    message = "That’s all the files for today. You can send more tomorrow."
    retry_after = 3600.0


class FilesBusy(ChatError):
    code = "files_busy"
    status = 503
    message = "The server is busy with other pictures. Please try again."
    retry_after = 3.0


class FilesLater(MayNotPost):
    """A stranger's request comes without files: nobody is shown pictures they didn't agree to see."""

    code = "files_later"
    message = "You can send files once they’ve accepted your request."
