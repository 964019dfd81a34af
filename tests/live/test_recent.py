"""What a hub remembers: all that is newer than a mark, in order, or nothing."""

import random

import pytest

from chat.live import recent
from chat.live.recent import Recent

pytestmark = pytest.mark.unit


def filled(*revs: int) -> Recent:
    one = Recent()
    for rev in revs:
        one.add(1, rev, rev, b"row %d" % rev)
    return one


def test_what_came_after_is_told_in_order() -> None:
    one = filled(5, 6, 7)

    assert one.since(1, 5, 0, upto=7) == [b"row 6", b"row 7"]
    assert one.since(1, 4, 0, upto=7) == [b"row 5", b"row 6", b"row 7"]
    assert one.since(1, 7, 0, upto=7) == []


def test_further_back_than_the_memory_nothing_is_told() -> None:
    assert filled(5, 6).since(1, 3, 0, upto=6) is None
    assert Recent().since(1, 0, 0, upto=0) is None


def test_what_changed_again_is_told_once_as_it_is_now() -> None:
    one = filled(1, 2)
    one.add(1, 3, 1, b"taken back")

    assert one.since(1, 0, 0, upto=3) == [b"row 2", b"taken back"]
    assert one.since(1, 2, 0, upto=3) == [b"taken back"]


def test_what_lies_before_a_members_time_is_left_out() -> None:
    assert filled(1, 2, 3).since(1, 0, 3, upto=3) == [b"row 3"]


def test_after_a_number_that_nobody_knows_more_about_the_memory_begins_anew() -> None:
    one = filled(1, 2)
    one.add(1, 3, 0, None)
    assert one.since(1, 1, 0, upto=3) is None
    one.add(1, 4, 4, b"row 4")

    assert one.since(1, 2, 0, upto=4) is None
    assert one.since(1, 3, 0, upto=4) == [b"row 4"]


def test_a_long_room_forgets_its_oldest() -> None:
    one = filled(*range(1, recent.ROWS + 11))

    assert one.since(1, 9, 0, upto=recent.ROWS + 10) is None
    assert len(one.since(1, 10, 0, upto=recent.ROWS + 10) or ()) == recent.ROWS


def test_the_room_that_was_silent_longest_goes_first_and_the_size_stays_bounded() -> None:
    one = Recent(limit=10_000)
    for rev in range(1, 200):
        one.add(1, rev, rev, b"x" * 100) if rev == 1 else one.add(2 + rev % 3, rev // 3 + 1, rev // 3 + 1, b"x" * 100)
        assert one.size <= 10_000

    assert one.since(1, 0, 0, upto=1) is None


def test_a_room_that_went_on_unheard_is_not_told_from_what_was_before() -> None:
    one = filled(1, 2)

    assert one.since(1, 1, 0, upto=5) is None
    one.add(1, 6, 6, b"row 6")

    assert one.since(1, 1, 0, upto=6) is None
    assert one.since(1, 5, 0, upto=6) == [b"row 6"]


def test_the_size_is_what_is_kept_whatever_happens() -> None:
    dice = random.Random(3)
    one, rev = Recent(limit=20_000), dict.fromkeys(range(5), 0)
    for _ in range(3_000):
        room = dice.randrange(5)
        rev[room] += 1
        row = None if dice.random() < 0.01 else b"x" * dice.randrange(400)
        one.add(room, rev[room], dice.randrange(1, rev[room] + 1), row)
        if dice.random() < 0.01:
            one.forget(dice.randrange(5))
    for room in range(5):
        one.forget(room)

    assert one.size == 0
