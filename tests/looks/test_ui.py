"""The pieces every page is made of."""

import re

import pytest
from django import forms
from django.contrib.staticfiles import finders
from django.template import Context, Template

from accounts.models import User
from tests.factories import make_user


class Everything(forms.Form):
    """One field of each kind that has its own looks."""

    name = forms.CharField(help_text="A nickname is fine.")
    about = forms.CharField(required=False, widget=forms.Textarea)
    password = forms.CharField(widget=forms.PasswordInput)
    agree = forms.BooleanField(label="I agree")


def drawn(source: str, **values: object) -> str:
    """What a template makes of `values`."""
    return Template(source).render(Context(values)).strip()


@pytest.mark.unit
def test_icons_are_silent_drawings() -> None:
    icon = drawn('{% icon "check" "icon-s" %}')
    assert 'class="icon icon-s" aria-hidden="true"' in icon
    assert "icons.svg#check" in icon


@pytest.mark.django_db
def test_an_avatar_is_a_picture_or_initials(alice: User) -> None:
    avatar = drawn("{% avatar person 'l' dot=True %}", person=make_user("n", display_name="Noor Haddad"))
    assert ">NH<" in avatar
    assert "av-l" in avatar
    alice.avatar.name = "avatars/abc/0123.webp"
    assert f"/avatars/{alice.public_id}/0123.webp" in drawn("{% avatar person %}", person=alice)


@pytest.mark.django_db
def test_the_dot_is_drawn_hidden_for_who_is_away(alice: User) -> None:
    dot = f'class="dot" data-presence="{alice.public_id}"'
    assert f"{dot}>" in drawn("{% avatar person dot=True %}", person=alice)
    assert f"{dot} hidden>" in drawn("{% avatar person dot=True online=False %}", person=alice)
    assert "data-presence" not in drawn("{% avatar person %}", person=alice)
    assert drawn("{% online person False %}", person=alice).endswith(" hidden>, online</span>")


@pytest.mark.unit
def test_nobody_has_a_neutral_avatar() -> None:
    assert "user-round" in drawn("{% avatar nobody dot=True %}", nobody=None)


@pytest.mark.unit
def test_fields_have_labels_hints_and_errors_that_belong_to_them() -> None:
    form = Everything({"name": "", "password": "secret"})
    html = "".join(str(field.as_field_group()) for field in form)
    for text in (
        '<label for="id_name">Name</label>',
        'aria-invalid="true"',
        'id="id_name_error"',
        'id="id_name_helptext"',
        'class="input"',
        "(optional)",
        'data-reveal="id_password"',
        '<label class="check" for="id_agree">',
    ):
        assert text in html
    assert "secret" not in html


@pytest.mark.unit
def test_what_was_typed_is_kept_and_escaped() -> None:
    html = str(Everything({"name": '"><b>'})["name"].as_field_group())
    assert 'value="&quot;&gt;&lt;b&gt;"' in html


@pytest.mark.unit
@pytest.mark.parametrize(("name", "short"), [("Noor Haddad", "Noor"), ("  Ida ", "Ida"), ("", "")])
def test_first_word(name: str, short: str) -> None:
    assert drawn("{{ name|first_word }}", name=name) == short


@pytest.mark.unit
def test_a_script_announces_everything_it_imports_once() -> None:
    html = drawn('{% module "js/room.js" %}')
    announced = re.findall(r'<link rel="modulepreload" href="/static/([^"]+)">', html)
    assert {"js/socket.js", "js/wire.js", "js/page.js"} <= set(announced)
    assert len(announced) == len(set(announced)) >= 20
    assert [path for path in announced if not finders.find(path)] == []
    assert "js/room.js" not in announced
    assert html.endswith('<script type="module" src="/static/js/room.js"></script>')


@pytest.mark.unit
def test_thousands() -> None:
    assert drawn("{{ count|thousands }}", count=1284) == "1,284"
