"""What makes the site an app: the manifest, the service worker and the page for no network."""

import json
import re
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from PIL import Image

pytestmark = pytest.mark.unit


def manifest() -> dict:
    return Client().get("/manifest.webmanifest").json()


def test_the_manifest_says_all_that_a_browser_asks_before_it_installs() -> None:
    said = manifest()
    assert said["name"] == settings.SITE_NAME
    assert (said["start_url"], said["scope"], said["display"], said["id"]) == ("/", "/", "standalone", "/")
    assert re.fullmatch(r"#[0-9a-f]{6}", said["theme_color"])
    assert Client().get("/manifest.webmanifest")["Content-Type"] == "application/manifest+json"
    assert [one["url"] for one in said["shortcuts"]] == ["/people/", "/search/"]


def test_every_icon_is_there_in_the_size_it_says() -> None:
    sizes = {(icon["sizes"], icon["purpose"]) for icon in manifest()["icons"]}
    assert {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")} <= sizes
    for icon in manifest()["icons"]:
        path = finders.find(icon["src"].removeprefix("/static/"))
        assert isinstance(path, str)
        with Image.open(BytesIO(Path(path).read_bytes())) as picture:
            assert f"{picture.width}x{picture.height}" == icon["sizes"]
            assert icon["purpose"] == "any" or picture.mode == "RGB"  # nothing to see through: the mask cuts it


def test_the_worker_is_asked_for_each_time_and_keeps_only_the_offline_page() -> None:
    answer = Client().get("/sw.js")
    assert answer["Cache-Control"] == "no-cache"
    assert answer["Content-Type"].startswith("text/javascript")
    known = json.loads(re.match(r"const SITE = (\{.*\});\n", answer.content.decode()).group(1))  # type: ignore[union-attr]
    assert known["kept"][0] == known["page"] == "/offline/"
    assert all(url.startswith("/static/") for url in known["kept"][1:])


@pytest.mark.django_db
def test_what_the_offline_page_names_is_kept() -> None:
    page = Client().get("/offline/").content.decode()
    kept = Client().get("/sw.js").content.decode()
    named = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page)) - {"/static/img/apple-touch-icon.png"}
    assert named
    assert {url for url in named if url not in kept} == set()


@pytest.mark.django_db
def test_the_offline_page_knows_nobody(client: Client) -> None:
    assert "csrf" not in client.get("/offline/").content.decode()
    assert not client.get("/offline/").cookies
