"""What a person chooses about being told: on or off, in which words, and when not."""

from datetime import UTC, datetime, time

import pytest

from accounts.models import User
from tests.base import signed_in


@pytest.mark.unit
@pytest.mark.parametrize(
    ("begin", "end", "zone", "hour", "quiet"),
    [
        (time(22), time(7, 30), "UTC", 23, True),
        (time(22), time(7, 30), "UTC", 7, True),
        (time(22), time(7, 30), "UTC", 8, False),
        (time(22), time(7, 30), "Asia/Tokyo", 14, True),  # 23:00 there
        (time(22), time(7, 30), "Asia/Tokyo", 23, False),  # 08:00 there
        (time(12), time(14), "UTC", 13, True),
        (time(12), time(14), "UTC", 14, False),
        (time(12), time(12), "UTC", 12, False),
        (None, None, "UTC", 3, False),
    ],
)
def test_quiet_hours_are_those_of_the_persons_clock(
    begin: time | None, end: time | None, zone: str, hour: int, quiet: bool
) -> None:
    person = User(quiet_from=begin, quiet_until=end, time_zone=zone)
    assert person.is_quiet_at(datetime(2026, 11, 20, hour, 0, tzinfo=UTC)) is quiet


@pytest.mark.django_db
def test_choices_are_saved(alice: User) -> None:
    answer = signed_in(alice).post(
        "/me/notifications/", {"push_on": "on", "quiet_from": "22:00", "quiet_until": "07:30"}
    )
    assert answer["Location"] == "/me/?saved=notifications#notifications"
    alice.refresh_from_db()
    assert (alice.push_on, alice.push_previews) == (True, False)
    assert (alice.quiet_from, alice.quiet_until) == (time(22), time(7, 30))


@pytest.mark.django_db
@pytest.mark.parametrize("hours", [{"quiet_from": "22:00"}, {"quiet_until": "07:30"}])
def test_quiet_hours_need_both_ends(alice: User, hours: dict) -> None:
    answer = signed_in(alice).post("/me/notifications/", hours)
    assert answer.status_code == 422
    assert "Quiet hours need a beginning and an end." in answer.content.decode()
    alice.refresh_from_db()
    assert alice.push_on
