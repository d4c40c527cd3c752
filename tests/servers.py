"""Real servers for the tests, private to them: Redis and PostgreSQL on unix sockets, and processes that end with us.

    python -m tests.servers postgres -- COMMAND...

runs COMMAND with DATABASE_URL pointing at a new, empty PostgreSQL, and takes the server away afterwards.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import redis

from reviewapp.broker import redis_command
from reviewapp.parent_death import die_with_parent


class ServiceMissing(Exception):
    """A program the tests need is not installed, or does not start; the message says what to do."""


def wait_for(condition: Callable[[], object], what: str, *, seconds: float = 20.0) -> None:
    """Return as soon as ``condition()`` is true; AssertionError naming ``what`` after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)


class Service:
    """A program in a process group of its own, its output in a file, that can be killed and started again."""

    def __init__(
        self,
        argv: Sequence[str],
        log: Path,
        *,
        environ: Mapping[str, str] = os.environ,
        ready: Callable[[], object] = lambda: True,
        user: str | None = None,
        stop_signal: int = signal.SIGTERM,
        cwd: Path | None = None,
    ) -> None:
        self.argv, self.log, self.environ, self.ready = list(argv), log, dict(environ), ready
        self.user, self.stop_signal, self.cwd = user, stop_signal, cwd
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None, "not started"
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def start(self, *, seconds: float = 40) -> "Service":
        """Start it and wait until it is ready; ServiceMissing with its output when it is not."""
        parent = os.getpid()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.argv,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
                user=self.user,
                cwd=self.cwd,
                preexec_fn=lambda: die_with_parent(parent=parent),
            )
        try:
            wait_for(lambda: not self.alive or self.ready(), f"{self.argv[0]} to be ready", seconds=seconds)
        except AssertionError as late:
            self.kill()
            raise ServiceMissing(f"{late}\n{self.output()}") from None
        if not self.alive:
            raise ServiceMissing(f"{' '.join(self.argv)} ended at once:\n{self.output()}")
        return self

    def kill(self) -> None:
        """kill -9, the program and all it started."""
        if self.process is not None:
            if self.alive:
                os.killpg(self.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self, *, seconds: float = 15) -> None:
        """Ask it to end; kill it when it does not."""
        if self.process is None or not self.alive:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()


def redis_service(folder: Path) -> Service:
    """A redis-server listening on ``folder/redis.sock``; not started yet."""
    program = shutil.which("redis-server")
    if program is None:
        raise ServiceMissing("redis-server is not installed: sudo apt-get install redis-server")
    socket, data = folder / "redis.sock", folder / "redis"
    data.mkdir(exist_ok=True)
    client = redis.Redis(unix_socket_path=str(socket))

    def answers() -> bool:
        with suppress(redis.ConnectionError):
            return client.ping()
        return False

    return Service(redis_command(program, socket=socket, data=data), folder / "redis.log", ready=answers)


def postgres_programs() -> Path:
    """The folder of initdb and postgres; Debian keeps it off the PATH."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name), reverse=True
    )
    if program := shutil.which("initdb"):
        folders.append(Path(program).resolve().parent)
    for folder in folders:
        if (folder / "initdb").exists():
            return folder
    raise ServiceMissing("PostgreSQL's server is not installed: sudo apt-get install postgresql")


@contextmanager
def private_postgres() -> Iterator[str]:
    """A new PostgreSQL on a socket in a temporary folder, quick rather than durable; yields its DATABASE_URL."""
    programs = postgres_programs()
    user = "postgres" if os.geteuid() == 0 else None  # initdb refuses root
    folder = Path(tempfile.mkdtemp(prefix="review-pg-", dir="/tmp"))
    try:
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        data = folder / "data"
        initdb = [programs / "initdb", "-D", data, "-U", "reviewapp", "--auth=trust", "--no-sync"]
        made = subprocess.run(
            [*initdb, "--encoding=UTF8", "--locale=C.UTF-8"], user=user, cwd=folder, capture_output=True
        )
        if made.returncode:
            raise ServiceMissing(f"initdb failed: {made.stderr.decode(errors='replace')}")
        options = ["listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        argv = [str(programs / "postgres"), "-D", str(data), "-k", str(folder)]
        server = Service(
            [*argv, *(word for option in options for word in ("-c", option))],
            folder / "postgres.log",
            ready=(folder / ".s.PGSQL.5432").exists,
            user=user,
            stop_signal=signal.SIGINT,  # "fast shutdown": does not wait for clients to leave
            cwd=folder,
        )
        server.start()
        try:
            yield f"postgres://reviewapp@{quote(str(folder), safe='')}/postgres"
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main(arguments: list[str]) -> int | str:
    """The command's exit code, or the sentence to end with."""
    if arguments[:2] != ["postgres", "--"] or len(arguments) < 3:
        return str(__doc__)
    try:
        with private_postgres() as url:
            return subprocess.run(arguments[2:], env={**os.environ, "DATABASE_URL": url}).returncode
    except ServiceMissing as error:
        return str(error)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
