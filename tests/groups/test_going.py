"""Whoever goes hears nothing after it, whatever order the words of it come in."""

from tests.live.test_hub import Ear, Hub, row, run, truth

__all__ = ["truth"]


def going(rev: int, *people: str) -> dict:
    """The row that says that these people are out."""
    return {**row(rev), "what": "room.changed", "gone": list(people)}


def place(version: int, *, inside: bool, rev: int, floor: int = 0) -> dict:
    """Bob's own place in the room."""
    numbers = {"user_id": 2, "room_id": 1, "membership_id": 20, "version": version, "floor": floor, "rev": rev}
    return {"kind": "membership", **numbers, "inside": inside, "frame": {"type": "membership.changed", "room": "room"}}


def test_who_is_removed_hears_nothing_after_though_the_word_of_their_place_is_lost(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        one.accept([row(1), going(2, "person2"), row(3)])

        assert bob.told == [("message.posted", 1)]
        assert alice.told == [("message.posted", 1), ("room.changed", 2), ("message.posted", 3)]
        assert one.room_of(bob, "room") is None

    run(story)


def test_a_row_that_overtakes_the_removal_waits_for_it(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        one.accept([row(1), row(3)])
        one.accept([going(2, "person2")])

        assert bob.told == [("message.posted", 1)]
        assert alice.told[-1] == ("message.posted", 3)

    run(story)


def test_who_was_brought_back_stays_when_the_removal_is_heard_late(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        one.accept([place(1, inside=False, rev=2), place(2, inside=True, rev=3)])
        one.accept([row(1), going(2, "person2"), row(3), row(4)])

        assert one.room_of(bob, "room")
        assert bob.told[-1] == ("message.posted", 4)

    run(story)


def test_the_last_one_to_go_leaves_nothing_behind(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        one.accept([going(1, "person1"), going(2, "person2"), row(3)])

        assert not one.rooms
        assert alice.told == []
        assert bob.told == [("room.changed", 1)]

    run(story)
