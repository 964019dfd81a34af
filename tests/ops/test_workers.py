"""Several workers behind one port: they share people and messages, and none of them is missed when it goes."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from accounts.models import User
from chat.models import Room
from chat.rooms.services import open_direct_room
from mychat import env, worker, workers
from tests.live.client import Member
from tests.servers import ROOT, Site

MakeServe = Callable[..., Site]
PATIENCE = 20.0
WORKER, JOBS = "mychat.server", "manage.py"


@pytest.fixture
def serve(make_site: Callable[..., Site]) -> MakeServe:
    """`serve(env)` starts two workers."""

    def make(extra: dict[str, str] | None = None) -> Site:
        site = make_site({"WEB_CONCURRENCY": "2", "LIVE_CONNECTS_PER_MINUTE": "1000", **(extra or {})}, start=False)
        site.module = "mychat.workers"
        site.start()
        wait_until(lambda: len(children(site, WORKER)) == 2 and site.log_text().count("listening on") == 2)
        return site

    return make


@pytest.fixture
def room(transactional_db: None, alice: User, bob: User) -> Room:
    return open_direct_room(opener=alice, other=bob)


def children(site: Site, name: str) -> set[int]:
    """The parent's children whose command line holds `name`, by process id."""
    assert site.process is not None
    found = set()
    for task in Path(f"/proc/{site.process.pid}/task").iterdir():
        for pid in map(int, (task / "children").read_text().split()):
            if name in command_of(pid):
                found.add(pid)
    return found


def command_of(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""


def connections_of(pid: int, site: Site) -> int:
    """How many connections to the site's port the process has accepted."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    established, port = "01", f":{site.port:04X}"
    inodes = {f"socket:[{row[9]}]" for row in rows if row[1].endswith(port) and row[3] == established}
    with contextlib.suppress(OSError):
        return len(inodes & {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()})
    return 0


def wait_until(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.05)


@contextlib.contextmanager
def on_both_workers(site: Site, user: User) -> Iterator[list[Member]]:
    """Sockets of one person, as many as it takes until each worker has one of them, or more."""
    pids = children(site, WORKER)
    with contextlib.ExitStack() as stack:
        members: list[Member] = []
        while not all(connections_of(pid, site) for pid in pids):
            assert len(members) < 19, "one worker gets all the sockets"
            members.append(stack.enter_context(Member(site, user)))
            members[-1].hello()
        yield members


def close_code(member: Member) -> int | None:
    """Reads until the connection ends; returns the server's code, None if it just ended."""
    try:
        while True:
            member.next(timeout=PATIENCE)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


@pytest.mark.site
def test_connections_are_spread_evenly(serve: MakeServe) -> None:
    site = serve()
    pids = sorted(children(site, WORKER))
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(socket.create_connection(("127.0.0.1", site.port), 5))
        wait_until(lambda: sum(connections_of(pid, site) for pid in pids) >= 200)
        spread = [connections_of(pid, site) for pid in pids]
    assert min(spread) > 60  # 100 of 200 with a spread of 7: less than 60 is no chance


@pytest.mark.site
@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.parametrize("extra", [{}, {"REDIS_URL": ""}], ids=["redis", "polling"])
def test_messages_cross_from_worker_to_worker(
    serve: MakeServe, room: Room, alice: User, bob: User, extra: dict[str, str]
) -> None:
    site = serve(extra)
    with Member(site, alice) as mine, on_both_workers(site, bob) as theirs:
        mine.hello()
        for rev in (1, 2, 3):
            mine.post(room.public_id, f"message {rev}")
            for member in theirs:
                assert member.expect("message.posted", timeout=10)["rev"] == rev
    assert ("REDIS_URL isn’t set" in site.log_text()) == bool(extra)


@pytest.mark.site
@pytest.mark.postgres
@pytest.mark.redis
def test_a_killed_worker_is_replaced_while_the_other_goes_on(
    serve: MakeServe, room: Room, alice: User, bob: User
) -> None:
    site = serve()
    before = children(site, WORKER)
    with on_both_workers(site, bob) as theirs:
        killed = min(before)
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: "ended with code -9" in site.log_text())
        for _ in range(20):  # nobody waits for the dead one
            assert site.get("/healthz", timeout=2)[0] == 200
        wait_until(lambda: len(children(site, WORKER) - {killed}) == 2 and site.log_text().count("listening on") == 3)
        staying = [member for member in theirs if answers(member)]
        assert 1 <= len(staying) < len(theirs)
        with Member(site, alice) as mine:
            mine.hello()
            mine.post(room.public_id, "still here?")
            for member in staying:
                member.expect("message.posted", rev=1, timeout=10)


def answers(member: Member) -> bool:
    try:
        member.say("ping")
        return bool(member.expect("pong"))
    except ConnectionClosed:
        return False


@pytest.mark.site
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_parent_drains_all(
    serve: MakeServe, alice: User, transactional_db: None, number: signal.Signals
) -> None:
    site = serve()
    pids = children(site, WORKER)
    with on_both_workers(site, alice) as members:
        site.signal(number)
        codes = [close_code(member) for member in members]
    assert site.wait() == 0
    assert codes == [1012] * len(members)
    assert not any(map(command_of, pids))


@pytest.mark.site
def test_hangup_replaces_one_worker_after_the_other_and_refuses_nobody(
    serve: MakeServe, alice: User, transactional_db: None
) -> None:
    site = serve()
    before = children(site, WORKER)
    with on_both_workers(site, alice) as members:
        site.signal(signal.SIGHUP)
        while "all workers are new" not in site.log_text():
            assert site.get("/healthz", timeout=10)[0] == 200
            assert children(site, WORKER)
        assert [close_code(member) for member in members] == [1012] * len(members)
    after = children(site, WORKER)
    assert len(after) == 2
    assert not after & before


@pytest.mark.site
def test_workers_end_when_their_parent_is_killed(serve: MakeServe, alice: User, transactional_db: None) -> None:
    site = serve()
    pids = children(site, WORKER)
    with on_both_workers(site, alice) as members:
        site.kill()
        assert [close_code(member) for member in members] == [1012] * len(members)
    wait_until(lambda: not any(map(command_of, pids)))


@pytest.mark.site
def test_jobs_run_once_beside_all_workers(serve: MakeServe) -> None:
    site = serve({"WORKER": ""})
    wait_until(lambda: len(children(site, JOBS)) == 1)
    jobs = children(site, JOBS)
    for pid in children(site, WORKER):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: site.log_text().count("listening on") == 4)
    assert children(site, JOBS) == jobs
    assert site.terminate() == 0
    assert not any(map(command_of, jobs))


def serve_once(**environment: str) -> subprocess.CompletedProcess[str]:
    """Runs `bin/serve` where it is expected to end by itself."""
    variables = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": "/", **environment}
    return subprocess.run(
        [ROOT / "bin/serve"], env=variables, capture_output=True, text=True, timeout=60, check=False, cwd="/"
    )


@pytest.mark.site
def test_a_worker_that_cant_start_ends_it_all_with_the_reason(site: Site) -> None:
    port = str(workers.Port("127.0.0.1", 0).number)  # taken from here on by nobody: the listener is gone
    done = serve_once(PORT=port, SECRET_KEY="short", WEB_CONCURRENCY="2", DATA_DIR=site.environment["DATA_DIR"])
    assert done.returncode == 1
    assert done.stdout.count("SECRET_KEY is too easy to guess") == 1


@pytest.mark.site
def test_a_port_that_others_serve_isnt_shared_by_mistake(serve: MakeServe) -> None:
    done = serve_once(PORT=str(serve().port))
    assert done.returncode == 1
    assert "in use" in done.stderr


@pytest.mark.unit
def test_the_number_of_workers_comes_from_the_command_line_or_the_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEB_CONCURRENCY", raising=False)
    monkeypatch.setenv("PORT", "5000")
    assert workers.options([]).workers == 1
    monkeypatch.setenv("WEB_CONCURRENCY", "3")
    assert (workers.options([]).workers, workers.options([]).port) == (3, 5000)
    assert workers.options(["--workers", "2", "-p", "80"]).workers == 2
    monkeypatch.setenv("WEB_CONCURRENCY", "many")
    with pytest.raises(env.BadSetting):
        workers.options([])


@pytest.mark.unit
@pytest.mark.parametrize("count", ["0", "-1", "65"])
def test_a_silly_number_of_workers_is_refused(count: str) -> None:
    with pytest.raises(SystemExit):
        workers.options(["--workers", count])


@pytest.mark.unit
def test_an_inherited_listener_tells_where_everybody_can_reach_it() -> None:
    with socket.create_server(("0.0.0.0", 0)) as listener:
        assert worker.host_of(listener.fileno()) == "0.0.0.0"
    with socket.socket(socket.AF_UNIX) as file:
        assert worker.host_of(file.fileno()) is None
