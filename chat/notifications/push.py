"""Web Push: encrypts for one browser and hands it to the push service of the browser's maker. Knows no person, no room.

An endpoint comes from a browser, so from anybody: we send to public addresses by HTTPS only, follow no redirect, read
no answer, and check the address of the connection itself, because a name may lead elsewhere by then.
"""

import base64
import binascii
import hashlib
import hmac
import ipaddress
import json
import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any
from urllib.parse import SplitResult, urlsplit

import requests
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid
from pywebpush import WebPushException, webpush
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import HTTPError

log = logging.getLogger(__name__)

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256: keys are below it
ENDPOINT_CHARS = 1000
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
TTL = 24 * 60 * 60  # seconds that a push service keeps it for a browser that is off
ANSWER_SECONDS = 8
ALL_SECONDS = 25  # for a whole round: who drips its answer costs others nothing
AT_ONCE = 16
GONE = {401, 403, 404, 410}  # the subscription has ended, or isn't ours any more


class Outcome(Enum):
    """What became of one push."""

    REACHED = "reached"
    GONE = "gone"  # it will never work again
    FAILED = "failed"  # it may work later


@dataclass(frozen=True, slots=True)
class Parcel:
    """Something for one browser. `topic`: a newer one takes its place while the browser is off."""

    endpoint: str
    p256dh: str
    auth: str
    content: dict[str, Any]
    topic: str


# --- Keys ------------------------------------------------------------------------------------------------------------


@cache
def _vapid() -> Vapid:
    """The key by which push services know us: VAPID_PRIVATE_KEY, else one that follows from SECRET_KEY."""
    if settings.VAPID_PRIVATE_KEY:
        return Vapid.from_raw(settings.VAPID_PRIVATE_KEY.encode())
    digest = hmac.digest(settings.SECRET_KEY.encode(), b"mychat web push", hashlib.sha256)
    return Vapid(ec.derive_private_key(int.from_bytes(digest) % (ORDER - 1) + 1, ec.SECP256R1()))


def public_key() -> str:
    """What a browser subscribes with: the public half of our key, as 87 letters of base64url."""
    point = _vapid().public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def are_keys(p256dh: str, auth: str) -> bool:
    """Whether these are a browser's keys: a point on the curve, and 16 bytes."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(p256dh))
        return len(_bytes(auth)) == 16
    except (ValueError, binascii.Error):
        return False


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


# --- Addresses -------------------------------------------------------------------------------------------------------


def is_endpoint(url: str) -> bool:
    """Whether we would ever send there: HTTPS, the usual port, nothing that is plainly inside somebody's network."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if settings.PUSH_LOOPBACK and parts.hostname == "127.0.0.1":
        return True
    plain = parts.scheme == "https" and port in {None, 443} and not (parts.username or parts.password)
    return plain and len(url) <= ENDPOINT_CHARS and url.isascii() and _is_public_host(parts)


def _is_public_host(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    try:
        return is_public(host)
    except ValueError:  # a name: where it leads is checked when we are connected
        return "." in host and not host.endswith((".local", ".internal", ".localhost"))


def is_public(address: str) -> bool:
    """Whether the IP address is on the open internet. Raises `ValueError` for what is none."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.ipv4_mapped or ip.sixtofour or _translated(ip) or ip
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


def _translated(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Where a NAT64 gateway takes it (RFC 6052): perhaps into the network that we are in."""
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in NAT64 else None


class NotPublic(HTTPError):
    """The name led into a network that isn't everybody's."""


class _PublicConnection(HTTPSConnection):
    """Looks at whom it is connected with before it says a word."""

    def _new_conn(self) -> Any:
        connection = super()._new_conn()
        if not is_public(connection.getpeername()[0]):
            connection.close()
            raise NotPublic
        return connection


class _PublicPool(HTTPSConnectionPool):
    ConnectionCls = _PublicConnection


class _PublicAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"https": _PublicPool}


class _Session(requests.Session):
    """Follows no redirect and reads no answer: its status says all."""

    def request(self, *args: Any, **options: Any) -> requests.Response:
        answer = super().request(*args, **{**options, "stream": True, "allow_redirects": False})
        answer._content = b""
        answer.close()
        return answer


def _session() -> requests.Session:
    session = _Session()
    session.trust_env = False  # a proxy of the environment would connect to whatever it is told
    if not settings.PUSH_LOOPBACK:
        session.adapters.clear()
        session.mount("https://", _PublicAdapter())
    return session


# --- Sending ---------------------------------------------------------------------------------------------------------


def send_all(parcels: Sequence[Parcel]) -> list[Outcome]:
    """Sends them, several at once, and says what became of each, in their order. Never raises; ends within a minute."""
    if not parcels:
        return []
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="push")
    sent = [pool.submit(_send, parcel) for parcel in parcels]
    wait(sent, timeout=ALL_SECONDS)
    pool.shutdown(wait=False, cancel_futures=True)
    return [_outcome(one) for one in sent]


def _outcome(sent: "Future[Outcome]") -> Outcome:
    return sent.result() if sent.done() and not sent.cancelled() else Outcome.FAILED


def _send(parcel: Parcel) -> Outcome:
    if not is_endpoint(parcel.endpoint):
        return Outcome.GONE
    with _session() as session:
        try:
            webpush(
                {"endpoint": parcel.endpoint, "keys": {"p256dh": parcel.p256dh, "auth": parcel.auth}},
                json.dumps(parcel.content, ensure_ascii=False, separators=(",", ":")),
                vapid_private_key=_vapid(),
                vapid_claims={"sub": settings.VAPID_CONTACT},
                timeout=ANSWER_SECONDS,
                ttl=TTL,
                headers={"Urgency": "high", "Topic": parcel.topic},
                requests_session=session,
            )
        except WebPushException as error:
            status = error.response.status_code if error.response is not None else 0
            return Outcome.GONE if status in GONE else Outcome.FAILED
        except Exception as error:  # noqa: BLE001 - whatever a stranger's address makes of us: one push failed
            log.info("push not sent: %s", type(error).__name__)
            return Outcome.FAILED
    return Outcome.REACHED
