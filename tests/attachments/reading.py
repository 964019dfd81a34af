"""Fetching files as a browser does."""

from asgiref.sync import async_to_sync
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client
from django.urls import reverse

from chat.models import Attachment


def address(attachment: Attachment) -> str:
    """Where the file is fetched."""
    return reverse("chat:file", args=[attachment.public_id, attachment.name])


def fetch(client: Client, attachment: Attachment, query: str = "", **headers: str) -> HttpResponse:
    """The answer, read whole where it streams."""
    return read(client.get(f"{address(attachment)}{query}", headers=headers))


def read(answer: HttpResponse) -> HttpResponse:
    """`answer` with its content."""
    if isinstance(answer, StreamingHttpResponse):
        content = async_to_sync(_whole)(answer)
        return HttpResponse(content, status=answer.status_code, headers=dict(answer.items()))
    return answer


async def _whole(answer: StreamingHttpResponse) -> bytes:
    return b"".join([part async for part in answer])
