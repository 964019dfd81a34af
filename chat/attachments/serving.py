"""How a stored file goes out: what the browser may do with it, and the part of it that was asked for."""

import re
from collections.abc import AsyncIterator
from typing import NamedTuple

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.files import File
from django.db.models.fields.files import FieldFile
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header

from chat.models import Attachment

PART = 64 * 1024
LINK_SECONDS = 60  # that an address of the object store works
RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
# Only what we wrote ourselves, and what nothing but a player reads, is shown in place.
INLINE = frozenset({Attachment.Kind.IMAGE, Attachment.Kind.VOICE})
THUMBNAIL_MIME = "image/webp"
HEADERS = {
    # Opened by itself, a file can run nothing, load nothing and be nobody: also where a browser mistakes its type.
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    # Kept, but asked about each time: whoever was put out of the room hears 404 and not their own copy.
    "Cache-Control": "private, no-cache",
    "Accept-Ranges": "bytes",
}


class Span(NamedTuple):
    """The bytes from `start` up to and without `end`."""

    start: int
    end: int


def serve(request: HttpRequest, attachment: Attachment, *, small: bool, save: bool) -> HttpResponseBase:
    """The file, or its small picture; `save`: to be saved, not shown. The caller says that this person may have it."""
    file = attachment.thumbnail if small and attachment.thumbnail else attachment.file
    mime = THUMBNAIL_MIME if file is attachment.thumbnail else attachment.mime
    disposition = content_disposition_header(save or attachment.kind not in INLINE, attachment.name) or "attachment"
    if settings.ATTACHMENTS["REDIRECTS"]:
        return redirect(file, mime, disposition)
    etag = f'"{attachment.public_id}{"s" if file is attachment.thumbnail else ""}"'
    response = get_conditional_response(request, etag=etag) or _content(request, file, etag)
    for name, value in {**HEADERS, "ETag": etag, "Content-Type": mime, "Content-Disposition": disposition}.items():
        response[name] = value
    return response


def redirect(file: FieldFile, mime: str, disposition: str) -> HttpResponseBase:
    """To the object store, which answers this one address for a minute, and with our headers."""
    asked = {"ResponseContentType": mime, "ResponseContentDisposition": disposition}
    url = file.storage.url(str(file), parameters=asked, expire=LINK_SECONDS)  # type: ignore[call-arg]
    return HttpResponseRedirect(url, headers={"Cache-Control": "private, no-store"})


def _content(request: HttpRequest, file: FieldFile, etag: str) -> HttpResponseBase:
    try:
        opened = file.storage.open(str(file), "rb")
    except FileNotFoundError:  # the disk of a dyno forgets
        raise Http404 from None
    span = asked_range(request, opened.size, etag)
    if span is None:
        opened.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{opened.size}"})
    part = span != (0, opened.size)
    headers = {"Content-Length": str(span.end - span.start)}
    if part:
        headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{opened.size}"
    if request.method == "HEAD":
        opened.close()
        return HttpResponse(headers=headers)
    return StreamingHttpResponse(_parts(opened, span), status=206 if part else 200, headers=headers)


def asked_range(request: HttpRequest, size: int, etag: str) -> Span | None:
    """The bytes a player asks for, of `size`: all where it asks for several parts, None where there are none."""
    asked = RANGE.fullmatch(request.headers.get("Range", ""))
    if not asked or not any(asked.groups()) or request.headers.get("If-Range", etag) != etag:
        return Span(0, size)
    first, last = asked.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last) + 1, size) if first and last else size
    return Span(start, end) if start < end else None


async def _parts(file: File, span: Span) -> AsyncIterator[bytes]:
    """Read as they go out, in a thread: never the whole file in memory, and never the loop waiting for a disk."""
    read = sync_to_async(file.read, thread_sensitive=False)
    with file:
        file.seek(span.start)
        left = span.end - span.start
        while left > 0 and (part := await read(min(PART, left))):
            left -= len(part)
            yield part
