"""Pages that say what went wrong."""

import pytest
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path

from accounts.models import User
from mychat import urls, views

REASONS = {400: BadRequest(), 403: PermissionDenied(), 404: Http404(), 413: RequestDataTooBig(), 500: RuntimeError()}
SENTENCES = {
    400: "didn’t make sense",
    403: "isn’t open to you",
    404: "Nobody’s home",
    413: "more than we can take",
    500: "That one’s on us",
}


def fail(request: HttpRequest, status: int) -> HttpResponse:
    """A page that goes wrong in the wanted way."""
    raise REASONS[status]


urlpatterns = [path("fail/<int:status>/", fail), *urls.urlpatterns]
handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500


@pytest.mark.urls("tests.looks.test_errors")
@pytest.mark.parametrize("status", REASONS)
def test_each_error_has_a_page_that_needs_no_database(status: int) -> None:
    """No access to a database is allowed here, so this would fail if one were asked."""
    answer = Client(raise_request_exception=False).get(f"/fail/{status}/")
    assert answer.status_code == status
    assert SENTENCES[status] in answer.content.decode()
    assert "<h1>" in answer.content.decode()


def test_a_broken_error_page_still_answers(rf: RequestFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **kwargs: object) -> str:
        raise RuntimeError

    monkeypatch.setattr(views, "render_to_string", broken)
    answer = views.server_error(rf.get("/"))
    assert answer.status_code == 500
    assert "Something broke" in answer.content.decode()


def test_the_error_page_keeps_the_theme(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.COOKIES["theme"] = "dark"
    assert 'data-theme="dark"' in views.not_found(request, Http404()).content.decode()


@pytest.mark.django_db
def test_a_form_without_its_token_gets_a_sentence(alice: User, bob: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    answer = client.post("/people/@bob/message/")
    assert answer.status_code == 403
    assert "reload the page" in answer.content.decode()


@pytest.mark.django_db
def test_a_body_that_is_too_large_gets_a_sentence(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    client.get("/people/")  # brings the cookie without which nobody reads the body
    answer = client.post("/people/@alice/message/", {"x": "a" * 2_000_000})
    assert answer.status_code == 413
    assert "more than we can take" in answer.content.decode()


def test_too_often_gets_a_sentence(rf: RequestFactory) -> None:
    answer = views.too_many(rf.get("/"))
    assert answer.status_code == 429
    assert "One moment" in answer.content.decode()


@pytest.mark.django_db
def test_an_unknown_host_is_refused_with_a_page() -> None:
    answer = Client(headers={"host": "elsewhere.example"}).get("/accounts/login/")
    assert answer.status_code == 400
    assert "didn’t make sense" in answer.content.decode()
