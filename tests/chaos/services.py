"""Postgres, Redis and web processes of a run's own, and how they die. Everything listens on loopback."""

import glob
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.redis_server import OwnRedis
from tests.servers import ROOT, Site, free_port

USER = "mychat"


def family(pid: int) -> list[int]:
    """The process and its children."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in listed.splitlines()]
    return [pid, *(child for child, parent in pairs if parent == pid)]


def send(number: int, pids: list[int]) -> None:
    """Sends a signal to all that are still there."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


class Postgres:
    """A Postgres that really writes to the disk (fsync is on), so what a crash keeps is what it would keep anywhere."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.data = directory / "postgres"
        self.data.mkdir()
        # Postgres refuses to run as root.
        self._as_owner = {"user": _owner(), "group": pwd.getpwnam(_owner()).pw_gid} if os.geteuid() == 0 else {}
        if self._as_owner:
            shutil.chown(self.data, _owner())
        self._run("initdb", "-U", USER, "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")

    def start(self, **settings: str) -> None:
        """Starts it, after a crash with recovery, and returns once it answers."""
        wanted = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "''",
            "max_connections": "100",
            **settings,
        }
        options = " ".join(f"-c {name}={value}" for name, value in wanted.items())
        log = str(self.data / "log.txt")
        self._run("pg_ctl", "start", "-w", "-s", "-t", "60", "-l", log, "-o", f"-p {self.port} {options}")

    def url(self, port: int | None = None) -> str:
        """Its address, perhaps by way of a proxy's port."""
        return f"postgres://{USER}:@127.0.0.1:{port or self.port}/postgres"

    def kill(self) -> None:
        """Every process ends at once, as when the power fails: what wasn't written is gone."""
        if not (self.data / "postmaster.pid").exists():
            return
        pids = family(self._pid())
        send(signal.SIGSTOP, pids[:1])  # or it would start new ones meanwhile
        send(signal.SIGKILL, pids)
        _until_gone(pids)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def freeze(self) -> None:
        """Connections stay, nothing answers."""
        send(signal.SIGSTOP, family(self._pid()))

    def thaw(self) -> None:
        """Goes on as if nothing had been."""
        send(signal.SIGCONT, family(self._pid())[::-1])

    def _pid(self) -> int:
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(_postgres_bin() / program), "-D", str(self.data), *arguments]
        # Into a file: the server inherits it, and a pipe would stay open for as long as it runs.
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(command, cwd="/", stdout=said, stderr=said, check=False, **self._as_owner)
            said.seek(0)
            assert done.returncode == 0, f"{program} failed:\n{said.read().decode(errors='replace')}"


class Redis(OwnRedis):
    """The tests' Redis, which also wakes up again."""

    def thaw(self) -> None:
        """Goes on as if nothing had been."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)


class Services:
    """What outlives the web processes: a Postgres with the site's tables, and a Redis."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="mychat-chaos-"))
        self.directory.chmod(0o755)  # Postgres comes in as somebody else
        self.redis = Redis()

    def __enter__(self) -> "Services":
        try:
            self.postgres = Postgres(self.directory)
            self.postgres.start()
            self.redis.start()
            self.run(self.environment(), "manage.py", "migrate", "--verbosity", "0")
            self._collect_nothing()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends both and removes what they wrote."""
        self.redis.stop()
        if hasattr(self, "postgres"):
            self.postgres.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def environment(self, postgres: int | None = None, redis: int | None = None) -> dict[str, str]:
        """The environment of a process of the site, perhaps by way of proxies at these ports. Limits are raised."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "tests.server_settings",
            "TEST_STATIC_ROOT": str(self.directory / "static"),
            "DATA_DIR": str(self.directory),
            "SECRET_KEY": "chaos, chaos and again chaos; nobody ever signs in from outside",
            "ALLOWED_HOSTS": "127.0.0.1",
            "DATABASE_URL": self.postgres.url(postgres),
            "REDIS_URL": f"redis://127.0.0.1:{redis or self.redis.port}/0",
            "WORKER": "separate",
            "LIVE_POST_BURST": "100000",
            "LIVE_POSTS_PER_SECOND": "10000",
            "LIVE_FRAMES_PER_SECOND": "10000",
            "LIVE_CONNECTS_PER_MINUTE": "100000",
        }

    def _collect_nothing(self) -> None:
        """Nobody looks at a page: servers find a list of static files, and don't begin to collect any."""
        (self.directory / "static").mkdir()
        (self.directory / "static" / "staticfiles.json").write_text('{"paths": {}, "version": "1.1", "hash": ""}')

    def run(self, environment: dict[str, str], *arguments: str) -> str:
        """Runs Python. Returns what it printed."""
        command = [sys.executable, *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, f"{arguments} failed:\n{done.stderr}"
        return done.stdout


class Web(Site):
    """A web process. A deploy puts another one in its place, on the same port."""

    def __init__(self, environment: dict[str, str], log_path: Path, *, module: str, port: int | None = None) -> None:
        super().__init__(environment, log_path)
        self.module = module
        self.port = port or self.port
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_path = log_path

    def successor(self) -> "Web":
        """A process, not started yet, to take this one's place."""
        return Web(self.environment, self.log_path, module=self.module, port=self.port)


def _postgres_bin() -> Path:
    """The newest real installation: a wrapper on the PATH may hide it."""
    places = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
    found = sorted((Path(path) for place in places for path in glob.glob(place)), key=_version)
    onpath = shutil.which("initdb")
    assert found or onpath, "there is no Postgres on this machine"
    return found[-1] if found else Path(str(onpath)).parent


def _version(path: Path) -> list[int]:
    return [int(digits) for digits in "".join(c if c.isdigit() else " " for c in str(path)).split()]


def _owner() -> str:
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return "nobody"


def _until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and any(_alive(pid) for pid in pids):
        time.sleep(0.02)


def _alive(pid: int) -> bool:
    """Whether the process runs: what nobody has buried yet doesn't."""
    state = subprocess.run(["ps", "-p", str(pid), "-o", "stat="], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")
