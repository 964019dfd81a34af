"""How long until a message is stored, and until the other one has it.

Two members talk over sockets with a server that runs on this machine, at a pace no limit minds:

    bin/start                                # in one terminal
    .venv/bin/python bench/chat.py           # in another

Prints p50, p95 and p99 in milliseconds, from the moment of sending: `ack` is the answer to the sender, `peer` the
message's arrival at the other socket. Needs the demo people that bin/start makes.
"""

import argparse
import http.cookiejar
import json
import re
import statistics
import threading
import time
import urllib.parse
import urllib.request
import uuid
from typing import Any

from websockets.sync.client import ClientConnection, connect

Frame = dict[str, Any]


def main() -> None:
    """Runs the benchmark as asked on the command line."""
    options = arguments()
    one, other = (
        sign_in(options.url, options.one, options.password),
        sign_in(options.url, options.other, options.password),
    )
    room = shared_room(one.ready, options.other)
    ack, peer = measure(one, other, room, options.count, options.pause)
    print(f"{options.count} messages, one every {options.pause} s, {options.url}")
    for name, times in (("ack", ack), ("peer", peer)):
        cuts = statistics.quantiles(times, n=100)
        print(
            f"{name:>5}  p50 {cuts[49]:6.1f}   p95 {cuts[94]:6.1f}   p99 {cuts[98]:6.1f}   worst {max(times):6.1f} ms"
        )


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description="Measures acknowledgement and delivery on this machine.")
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--one", default="ida")
    parser.add_argument("--other", default="noor")
    parser.add_argument("--password", default="lemonade-on-the-porch")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--pause", type=float, default=0.6)
    return parser.parse_args()


class Member:
    """A signed-in socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.say("hello", v=1, cursors={})
        self.ready = self.hear("ready")

    def say(self, kind: str, **fields: Any) -> None:
        """Sends a command."""
        self.socket.send(json.dumps({"type": kind, **fields}))

    def hear(self, kind: str) -> Frame:
        """The next frame of this kind. Raises on a refusal, and after ten seconds."""
        while True:
            frame: Frame = json.loads(self.socket.recv(timeout=10))
            if frame["type"] == kind:
                return frame
            if frame["type"] == "nack":
                raise SystemExit(f"refused: {frame['code']}: {frame['message']}")


def sign_in(url: str, username: str, password: str) -> Member:
    """Signs in by the page's own form and opens a socket."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    with browser.open(f"{url}/accounts/login/") as page:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.read().decode())
    form = {"login": username, "password": password, "csrfmiddlewaretoken": found[1] if found else ""}
    browser.open(f"{url}/accounts/login/", urllib.parse.urlencode(form).encode()).close()
    cookie = "; ".join(f"{one.name}={one.value}" for one in jar)
    return Member(
        connect(
            url.replace("http", "ws", 1) + "/ws/",
            origin=url,
            additional_headers={"Cookie": cookie},
            compression=None,
            legacy=True,
        )
    )


def shared_room(ready: Frame, username: str) -> str:
    """The room with that person. Ends the program where there is none."""
    for place in ready["memberships"]:
        if any(person["username"] == username for person in place["people"]):
            return str(place["room"])
    raise SystemExit(f"no room with {username}: open one first")


def measure(one: Member, other: Member, room: str, count: int, pause: float) -> tuple[list[float], list[float]]:
    """Sends `count` messages. Returns the milliseconds to each acknowledgement and to each arrival."""
    sent: dict[str, float] = {}
    arrived: dict[str, float] = {}

    def listen() -> None:
        while len(arrived) < count:
            message = other.hear("message.posted")["message"]
            arrived[message["client_id"]] = time.perf_counter()

    listener = threading.Thread(target=listen)
    listener.start()
    acknowledged = {}
    for number in range(count):
        client_id = str(uuid.uuid4())
        sent[client_id] = time.perf_counter()
        one.say("message.post", client_id=client_id, room=room, body=f"benchmark {number}")
        answered = one.hear("ack")["client_id"]
        acknowledged[answered] = time.perf_counter()
        time.sleep(pause)
    listener.join()
    return (
        [(acknowledged[key] - start) * 1000 for key, start in sent.items()],
        [(arrived[key] - start) * 1000 for key, start in sent.items()],
    )


if __name__ == "__main__":
    main()
