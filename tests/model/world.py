"""The world of the model: people with their devices, two server processes, one database, and everything in between."""

import random
from collections import Counter
from collections.abc import Callable
from uuid import uuid4

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from chat.messages.services import Draft, post_messages
from chat.models import Membership, Message, Reaction, Room
from chat.rooms.announce import announce_memberships
from chat.rooms.changes import room_change
from tests.model.judge import Expectation, Judge
from tests.model.loop import StillLoop, Work
from tests.model.people import Device, Person, Place
from tests.model.process import Link, Process
from tests.model.truth import Truth
from tests.rules.stream import Frame, Row, Stream

MOMENT = 0.06  # seconds: longer than a hub waits for a late hint, or for a crowd to gather
OLD = 31.0  # seconds after which every hub has compared with the database, and every client with its hub


class World:
    """Everything there is. Each method is one thing that can happen."""

    def __init__(self, cast: dict[str, Person], seen: Counter[str]) -> None:
        self.cast = cast
        self.judge = Judge(self, seen)
        self.loop = StillLoop()
        self.rooms = Room.objects.bulk_create([Room(kind=Room.Kind.GROUP, name=name) for name in ("One", "Other")])
        self.truth = Truth(self.rooms)
        self.places: dict[tuple[str, str], Place] = {}  # (person's public id, room's public id)
        for room in self.rooms:
            for name in ("alice", "bob"):
                self.join(room, name, floor=0)
        self.processes = [Process(self.loop), Process(self.loop)]
        self.silent = Process(self.loop)  # what it does is told to nobody
        self.silent.kill()
        self._introduce()
        self.devices = [Device(cast[name]) for name in ("alice", "alice", "bob", "carol", "eve")]
        self.left_behind: list[Link] = []  # the server doesn't know yet that their clients are gone
        self.changed: set[str] = set()  # client_ids of messages that were edited

    def _introduce(self) -> None:
        for process in self.processes:
            process.others = [other for other in self.processes if other is not process]

    def close(self) -> None:
        """Leaves nothing behind."""
        for process in self.processes:
            process.kill()
        self.loop.close()
        self.judge.close()
        Message.objects.filter(room__in=self.rooms).delete()
        Room.objects.filter(pk__in=[room.pk for room in self.rooms]).delete()

    # --- People and their sockets -----------------------------------------------------------------------------------

    def connect(self, device: Device, process: Process) -> None:
        """A device opens a socket to a process."""
        self.drop(device, noticed=True)
        direct = self.devices.index(device) % 2 == 0
        device.link = Link(process, device.person.session_key, self.judge.hear, direct=direct)
        device.link.up.extend(device.client.opened(self.loop.time()))

    def drop(self, device: Device, *, noticed: bool) -> None:
        """A connection breaks, and what was under way on it is lost; the server may notice only later."""
        if device.link is None:
            return
        link, device.link = device.link, None
        link.whole = False
        device.client.dropped(self.loop.time())
        if noticed:
            link.hang_up()
        else:
            self.left_behind.append(link)

    def resume(self, device: Device, room: Room, cursor: int) -> None:
        """The device was asleep since its room was at `cursor`: what it held then is what it holds now."""
        self.drop(device, noticed=True)
        place = self.places.get((device.client.user, room.public_id))
        if place and place.inside:
            rows = self.truth.pasts[room.public_id].at(cursor, place.floor)
            device.client.rooms[room.public_id] = Stream(room.public_id, cursor, rows)

    def write(self, device: Device, room: Room) -> str:
        """Somebody writes a message, unlike any other. Returns its client_id."""
        body = f"message {uuid4()}"
        client_id = device.client.write(room.public_id, body, self.loop.time())
        if device.client.user == self.cast["eve"].user.public_id:
            self.judge.forbidden.add(body)
        self._tick(device)
        return client_id

    def talk(self, count: int) -> None:
        """Alice and Bob said so much in the first room while nobody was connected."""
        room = self.rooms[0].public_id
        senders = [self.cast[name].user.pk for name in ("alice", "bob")]
        drafts = [
            Draft(sender_id=senders[number % 2], room=room, client_id=uuid4(), body=f"once {uuid4()}")
            for number in range(count)
        ]
        self.processes[0].context.run(post_messages, drafts)
        self.loop.spin()
        self.processes[1].hints.clear()
        self.truth.refresh()

    def stored_by_somebody_here(self, room: Room, dice: random.Random) -> tuple[Device, Row] | None:
        """A stored message of the room that was never edited, and a live device of its sender."""
        live = {device.client.user: device for device in self.devices if device.client.live}
        there = [
            row
            for row in self.truth.pasts[room.public_id].changes.values()
            if row["sender"] in live and row["client_id"] not in self.changed | self._underway() and "event" not in row
        ]
        row = dice.choice(there) if there else None
        return row and (live[row["sender"]], row)

    def _underway(self) -> set[str]:
        """The client_ids of messages whose senders don't know yet that they are stored."""
        return {client_id for device in self.devices for client_id in device.client.outbox.entries}

    def post_raw(self, device: Device, frame: Frame, code: str | None = None) -> None:
        """A command from outside the rules, which must be refused with `code` if there is one."""
        assert device.link is not None
        device.link.up.append({"type": "message.post", **frame})
        if code:
            self.judge.forbidden |= {frame["body"]} - self.truth.by_body.keys()
            self.judge.expected.append(Expectation(device.link, frame["client_id"], code))

    def _tick(self, device: Device) -> None:
        if device.link is not None:
            device.link.up.extend(device.client.tick(self.loop.time()))

    def hear(self, device: Device) -> None:
        """The next frame reaches the device."""
        assert device.link is not None
        frame = device.link.down.popleft()
        if isinstance(frame, int):
            self.drop(device, noticed=True)
            return
        device.link.up.extend(device.client.heard(frame, self.loop.time()))
        if "room" in frame and frame["room"] in device.client.rooms:
            self.truth.check_view(device.client.rooms[frame["room"]])

    # --- What can go wrong ------------------------------------------------------------------------------------------

    def crash(self, process: Process, *, committed: bool) -> None:
        """A process is killed, before or after what it was writing was committed; a new one takes its place."""
        for work in [work for work in self.loop.work if work.process is process and not work.ran and committed]:
            work.run()
        process.kill()
        self.left_behind = [link for link in self.left_behind if link.process is not process]
        for device in self.devices:
            if device.link and device.link.process is process:
                self.drop(device, noticed=False)
        self.processes[self.processes.index(process)] = Process(self.loop)
        self._introduce()
        self.truth.refresh()

    def pass_time(self, seconds: float) -> None:
        """Time passes for everybody; whoever waited in vain for a sign of life gives up."""
        self.loop.pass_time(seconds)
        for device in self.devices:
            if device.link and device.client.dead(self.loop.time()):
                self.drop(device, noticed=False)
            self._tick(device)
        if seconds >= OLD:
            for link in self.left_behind:
                link.hang_up()
            self.left_behind = []

    # --- Rooms change -----------------------------------------------------------------------------------------------

    def join(self, room: Room, name: str, floor: int, process: Process | None = None) -> None:
        """Somebody comes into a room, and sees it from place `floor`; `process` tells of it, if any."""
        user = self.cast[name].user
        place = self.places.setdefault((user.public_id, room.public_id), Place(lowest=floor))
        place.inside, place.floor = True, floor
        self._change_place(room, user, process, state=Membership.State.MEMBER, visible_from_seq=floor)

    def remove(self, room: Room, name: str, process: Process) -> None:
        """Somebody is put out of a room."""
        user = self.cast[name].user
        self.places[user.public_id, room.public_id].inside = False
        self._change_place(room, user, process, state=Membership.State.REMOVED)

    def _change_place(self, room: Room, user: User, process: Process | None, **changes: object) -> None:
        def change() -> None:
            with transaction.atomic():
                Room.objects.select_for_update().get(pk=room.pk)
                Membership.objects.get_or_create(room=room, user=user)
                mine = Membership.objects.filter(room=room, user=user)
                mine.update(version=F("version") + 1, changed_at=timezone.now(), **changes)
                if process:
                    announce_memberships(Q(room=room, user=user))

        if process:
            process.context.run(change)
            self.loop.spin()
        else:
            change()

    def change(self, room: Room, dice: random.Random, by: Process | None) -> None:
        """A message is edited, removed or reacted to, or something happens in the room: each takes a number.

        An old message's own number is superseded. Told by the process that did it, if any, else by nobody.
        """
        past = self.truth.pasts[room.public_id]
        texts = [row for row in past.at(past.last) if "event" not in row and "removed" not in row]
        there = [row for row in texts if row["client_id"] not in self._underway()]
        kind = dice.choice(["edit", "edit", "remove", "react", "happen"])
        if kind == "happen" or not there:
            self._run(by, lambda: self._happen(room))
        else:
            row = dice.choice(there)
            self.changed.add(row["client_id"])
            self.judge.believe(row["client_id"])
            self._run(by, lambda: self._touch(room, row["seq"], kind))
        self.truth.refresh()

    def _run(self, by: Process | None, work: Callable[[], None]) -> None:
        (by or self.silent).context.run(work)
        self.loop.spin()

    def _happen(self, room: Room) -> None:
        with room_change(user_id=self.cast["alice"].user.pk, room=room.public_id) as change:
            change.happened("tested")

    def _touch(self, room: Room, seq: int, kind: str) -> None:
        now = timezone.now()
        with room_change(user_id=self.cast["alice"].user.pk, room=room.public_id) as change:
            message = change.message(seq)
            if kind == "edit":
                message.body, message.edited_at = f"edited {uuid4()}", now
                change.touch(message, "body", "edited_at")
            elif kind == "remove":
                message.body, message.removed_at = "", now
                change.touch(message, "body", "removed_at")
            else:
                emoji, mine = f"{message.rev}", Q(message=message, user=change.place.user)
                Reaction.objects.filter(mine).delete()
                Reaction.objects.create(message=message, user=change.place.user, emoji=emoji)
                change.touch(message)

    # --- Things take their course -----------------------------------------------------------------------------------

    def moves(self) -> list[Callable[[], None]]:
        """Everything that could happen next: a frame arrives, a database thread gets on, a hint is heard."""
        links = [device.link for device in self.devices if device.link] + self.left_behind
        return [
            *(link.push for link in links if link.up),
            *(lambda device=device: self.hear(device) for device in self.devices if device.link and device.link.down),
            *(lambda work=work: self._take_turn(work) for work in self.loop.work),
            *(lambda process=process: process.hear(0) for process in self.processes if process.hints),
        ]

    def _take_turn(self, work: Work) -> None:
        committed = not work.ran
        self.loop.take_turn(work)
        if committed:
            self.truth.refresh()

    def flow(self, dice: random.Random, steps: int) -> None:
        """So many things happen, in any order."""
        for _ in range(steps):
            moves = self.moves()
            if not moves:
                return
            dice.choice(moves)()
            self.judge.check_acks()

    def settle(self) -> None:
        """Everything under way arrives, and what only waits a moment for company is done."""
        for _ in range(3000):
            if not self.moves():
                self.pass_time(MOMENT)
            moves = self.moves()
            if not moves:
                self.judge.check_answers()
                return
            moves[0]()
            self.judge.check_acks()
        raise AssertionError("the world never comes to rest")

    def quiesce(self) -> None:
        """All hints are lost; everybody comes back, and every clock runs long enough to make up for it."""
        for process in self.processes:
            process.hints.clear()
        for _ in range(4):
            for device in self.devices:
                if device.link is None:
                    self.connect(device, self.processes[0])
                elif device.link.blocked:
                    device.link.read(True)
            self.settle()
            self.pass_time(OLD)
            self.settle()
            if self._at_rest():
                return

    def _at_rest(self) -> bool:
        streams = [stream for device in self.devices for stream in device.client.rooms.values()]
        if not all(device.client.live and not device.client.outbox.waiting() for device in self.devices):
            return False
        return all(stream.cursor == self.truth.pasts[stream.room].last for stream in streams)
