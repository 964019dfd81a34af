"""A Postgres and a Redis of the run's own: empty, on free loopback ports, gone at the end."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

import psycopg
import redis
from psycopg import sql

START_SECONDS = 30
# As Debian sets it up: what is committed is on disk. Checkpoints, autovacuum and the like are Postgres' own defaults.
POSTGRES = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "shared_buffers": "128MB"}


class Services:
    """Both servers, as a context manager."""

    def __enter__(self) -> "Services":
        self.directory = Path(tempfile.mkdtemp(prefix="mychat-bench."))
        self._bin = postgres_bin()
        self._as_owner: list[str] = []
        if os.geteuid() == 0:  # Postgres refuses to run as root
            shutil.chown(self.directory, "postgres")
            self._as_owner = ["runuser", "-u", "postgres", "--"]
        self._redis: subprocess.Popen[bytes] | None = None
        try:
            self._start_postgres()
            self._start_redis()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._redis:
            self._redis.kill()
            self._redis.wait()
        if (self.directory / "data" / "postmaster.pid").exists():
            self._postgres("pg_ctl", "stop", "-s", "-m", "immediate")
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def groups(self) -> dict[str, list[int]]:
        """The roots of both process trees."""
        assert self._redis is not None
        pid = (self.directory / "data" / "postmaster.pid").read_text().split()[0]
        return {"postgres": [int(pid)], "redis": [self._redis.pid]}

    def database_url(self, name: str) -> str:
        """The address of a database."""
        return f"postgres://bench:@127.0.0.1:{self._port}/{name}"

    def create(self, name: str, template: str = "template1") -> str:
        """Makes a database, in place of the one that has the name. Returns its address."""
        with psycopg.connect(self.database_url("postgres"), autocommit=True) as connection:
            words = {"name": sql.Identifier(name), "template": sql.Identifier(template)}
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {name} WITH (FORCE)").format(**words))
            connection.execute(sql.SQL("CREATE DATABASE {name} TEMPLATE {template}").format(**words))
        return self.database_url(name)

    def flush(self) -> None:
        """Empties Redis."""
        with redis.Redis.from_url(self.redis_url) as client:
            client.flushall()

    def _start_postgres(self) -> None:
        self._port = free_port()
        self._postgres("initdb", "-U", "bench", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8")
        options = " ".join(f"-c {name}='{value}'" for name, value in {**POSTGRES, "port": str(self._port)}.items())
        log = str(self.directory / "postgres.log")
        self._postgres("pg_ctl", "start", "-w", "-s", "-l", log, "-o", options)

    def _start_redis(self) -> None:
        port = free_port()
        self.redis_url = f"redis://127.0.0.1:{port}/0"
        command = [shutil.which("redis-server") or "valkey-server", "--port", str(port), "--bind", "127.0.0.1"]
        self._redis = subprocess.Popen([*command, "--save", "", "--appendonly", "no"], stdout=subprocess.DEVNULL)
        wait_for(port, self._redis)

    def _postgres(self, program: str, *arguments: str) -> None:
        command = [*self._as_owner, str(self._bin / program), "-D", str(self.directory / "data"), *arguments]
        subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL)


def postgres_bin() -> Path:
    """Where the newest installed Postgres has its programs: a wrapper on the PATH may hide it."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    program = found[-1] if found else shutil.which("initdb")
    if program is None:
        raise SystemExit("The benchmarks need Postgres and Redis:  sudo apt-get install postgresql redis-server")
    return Path(program).parent


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Returns once the process listens. Raises when it ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"nothing listens on port {port}") from error
            time.sleep(0.05)
        else:
            return


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ends a server at once."""
    process.send_signal(signal.SIGKILL)
    process.wait()
