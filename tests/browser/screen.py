"""A person at a screen: what tests do there, and what they can see."""

import re
from dataclasses import dataclass, field
from random import Random

from playwright.sync_api import ConsoleMessage, Locator, Page, Route, WebSocketRoute, expect

from accounts.models import User
from chat.models import Message, Room
from tests.servers import Site

CHANGE = re.compile(r'"type":"(message\.posted|ack)"')
WAIT = 20_000  # milliseconds that anything may take


@dataclass
class Link:
    """The wire between a page and the server, which a test may cut."""

    down: bool = False
    cuts_http: bool = True  # whether posting over HTTP is cut as well
    deaf_to: set[str] = field(default_factory=set)  # types of frames that get lost on their way to the page
    holds: bool = False  # what the page says waits until `release`
    storm: Random | None = None  # loses, doubles and mixes up changes on their way to the page
    _late: list[str] = field(default_factory=list)
    _held: list[tuple[WebSocketRoute, str | bytes]] = field(default_factory=list)
    _ends: list[tuple[WebSocketRoute, WebSocketRoute]] = field(default_factory=list)

    def route(self, page_end: WebSocketRoute) -> None:
        """Joins a page's new socket to the server, unless the wire is cut."""
        if self.down:
            page_end.close(code=1013, reason="the test cut the wire")
            return
        server_end = page_end.connect_to_server()
        server_end.on_message(lambda frame: self._deliver(page_end, frame))
        page_end.on_message(lambda frame: self._say(server_end, frame))
        self._ends.append((page_end, server_end))

    def release(self) -> None:
        """Lets through what the page has said meanwhile, and what it says from now on."""
        self.holds = False
        for server_end, frame in self._held:
            server_end.send(frame)
        self._held.clear()

    @property
    def has_spoken(self) -> bool:
        """Whether the page has said something that is held."""
        return bool(self._held)

    def cut(self) -> None:
        """Ends every socket and lets none through until `mend`."""
        self.down = True
        for page_end, server_end in self._ends:
            server_end.close()
            page_end.close(code=1012, reason="the test cut the wire")
        self._ends.clear()

    def mend(self) -> None:
        """Lets sockets through again; the page finds out by itself."""
        self.down = False

    def route_http(self, route: Route) -> None:
        """Lets a request through, unless the wire is cut."""
        if self.down and self.cuts_http:
            route.abort()
        else:
            route.continue_()

    def _say(self, server_end: WebSocketRoute, frame: str | bytes) -> None:
        if self.holds:
            self._held.append((server_end, frame))
        else:
            server_end.send(frame)

    def _deliver(self, page_end: WebSocketRoute, frame: str | bytes) -> None:
        text = frame if isinstance(frame, str) else frame.decode()
        if any(f'"type":"{kind}"' in text for kind in self.deaf_to):
            return
        if self.storm is None or not CHANGE.search(text):
            page_end.send(frame)
            return
        self._late.append(text)
        self.storm.shuffle(self._late)
        while self._late and self.storm.random() < 0.6:
            late = self._late.pop()
            for _ in range(self.storm.choice([0, 1, 1, 1, 2])):
                page_end.send(late)


class Screen:
    """One page of one person. Whatever the page complains about in its console is remembered."""

    def __init__(self, page: Page, site: Site, user: User | None = None) -> None:
        self.page = page
        self.site = site
        self.user = user
        self.link = Link()
        self.noise: list[str] = []
        self.excused: tuple[str, ...] = ()
        page.set_default_timeout(WAIT)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.noise.append(f"error: {error}"))

    def _heard(self, message: ConsoleMessage) -> None:
        self.noise.append(f"{message.type}: {message.text} ({message.location['url']})")

    def unexcused(self) -> list[str]:
        """What the page complained about, but for what the test caused on purpose."""
        return [line for line in self.noise if not any(words in line for words in self.excused)]

    def routed(self) -> "Screen":
        """From the next page on, the socket goes over `link`."""
        self.page.route_web_socket("**/ws/", self.link.route)
        self.page.route(re.compile(r"/messages/(\?since.*)?$"), self.link.route_http)
        self.excused += ("net::ERR_FAILED", "closed before the connection is established", "already in CLOSING")
        return self

    # --- Doing ------------------------------------------------------------------------------------------------------

    def goto(self, path: str) -> "Screen":
        """Opens a page of the site."""
        self.page.goto(self.site.url + path)
        return self

    def open(self, room: Room) -> "Screen":
        """Opens a room and waits until its scripts run."""
        self.goto(f"/r/{room.public_id}/")
        self.settle()
        return self

    def settle(self) -> None:
        """Waits until the room's scripts have drawn it."""
        expect(self.page.locator("[data-log][data-drawn]")).to_be_attached(timeout=WAIT)

    def write(self, text: str) -> None:
        """Writes a message and sends it: with Enter, or by touch."""
        self.box.fill(text)
        if self.page.evaluate("matchMedia('(pointer: coarse)').matches"):
            self.page.get_by_role("button", name="Send").tap()
        else:
            self.box.press("Enter")

    # --- Seeing -----------------------------------------------------------------------------------------------------

    @property
    def box(self) -> Locator:
        """Where one writes."""
        return self.page.locator("[data-composer] textarea")

    @property
    def messages(self) -> Locator:
        """Every message, in the page's order."""
        return self.page.locator("[data-log] [data-message]")

    def message(self, text: str) -> Locator:
        """The message with exactly this text of its own, whatever it quotes."""
        own = self.page.locator("[data-text], [data-text] *")
        return self.messages.filter(has=self.page.get_by_text(text, exact=True).and_(own))

    def line(self, room: Room) -> Locator:
        """The room's line in the list of conversations."""
        return self.page.locator(f'[data-inbox] [data-room="{room.public_id}"]')

    def sees(self, text: str) -> None:
        """The message is on the screen, once."""
        expect(self.message(text)).to_have_count(1, timeout=WAIT)

    def sees_state(self, text: str, state: str) -> None:
        """The own message has got this far."""
        expect(self.message(text)).to_have_attribute("data-state", state, timeout=WAIT)

    def is_connected(self) -> None:
        """The pill is gone."""
        expect(self.page.locator("[data-connection]")).to_be_hidden(timeout=WAIT)

    def shown(self) -> list[tuple[int, str]]:
        """What stands on the screen, from top to bottom: places and texts, read from the page itself."""
        found = self.page.evaluate(
            """() => [...document.querySelectorAll("[data-log] .msg")].map((each) =>
                [Number(each.dataset.seq ?? 0), each.querySelector(".text").textContent])"""
        )
        return [(seq, text) for seq, text in found]

    def shows_the_truth(self, room: Room) -> None:
        """The screen comes to show exactly the room's rows: each once, in the room's order, nothing missing between."""
        shown, truth = self.shown(), places(room)
        for _ in range(50):  # what is on its way has no place yet
            if shown == truth[-len(shown) :] and len(shown) >= min(len(truth), 50):
                return
            self.page.wait_for_timeout(200)
            shown, truth = self.shown(), places(room)
        raise AssertionError(f"on the screen: {shown}\nin the database: {truth}")

    def shows_a_run_of(self, room: Room) -> None:
        """The screen shows rows that follow one another in the room, without a hole, and more than a page of them."""
        shown = self.shown()
        truth = places(room)
        begin = truth.index(shown[0])
        assert shown == truth[begin : begin + len(shown)]
        assert len(shown) > 50


def places(room: Room) -> list[tuple[int, str]]:
    """The room's places and texts, from the database."""
    return list(Message.objects.filter(room=room).order_by("seq").values_list("seq", "body"))
