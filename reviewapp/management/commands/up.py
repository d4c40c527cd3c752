"""`manage.py up` (what `make run` calls): database, broker, worker and web server in one terminal."""

import errno
import fcntl
import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management import BaseCommand, call_command
from django.db.utils import OperationalError

from reviewapp.broker import Broker, BrokerError, choose_broker
from reviewapp.parent_death import die_with_parent
from reviewapp.supervisor import Program, ProgramDied, StopAsked, Supervisor

READY_TIMEOUT = 180  # seconds; a slow machine needs 20


class CannotStart(Exception):
    """A sentence for the person at the terminal."""


class Command(BaseCommand):
    help = (
        "Start everything on this machine: migrate, load the demo review, run broker, worker and web server."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
        )
        parser.add_argument("--no-demo", action="store_true", help="do not load the demo review")

    def handle(self, *, port: int, host: str, no_demo: bool, verbosity: int, **options: Any) -> None:
        if os.environ.get("MAKELEVEL"):
            die_with_parent(signal.SIGTERM)  # `kill -9` of make stops everything too
        os.chdir(settings.BASE_DIR)
        os.umask(0o077)  # what we keep is nobody else's business
        try:
            with open(settings.VAR_DIR / "up.lock", "a+") as lock:
                if not take_lock(lock):
                    self.say(already_running(lock))
                    return
                with listen(host, port) as listener:
                    url = f"http://{host}:{port}/"
                    lock.write(json.dumps({"pid": os.getpid(), "url": url}))
                    lock.flush()
                    prepare(verbosity)
                    self.supervise(listener, url, demo=not no_demo, verbosity=verbosity)
        except (CannotStart, BrokerError, ProgramDied) as error:
            self.stderr.write(str(error))
            sys.exit(1)
        except (StopAsked, KeyboardInterrupt):
            self.say("Stopped.")

    def supervise(self, listener: socket.socket, url: str, *, demo: bool, verbosity: int) -> None:
        broker = choose_broker(os.environ, var_dir=settings.VAR_DIR)
        self.say(broker.note)
        supervisor = Supervisor(self.write)
        supervisor.listen_to_signals()
        try:
            environ = {"SITE_URL": url, **os.environ, **broker.environ}
            for program in programs(broker, listener, environ, demo=demo, verbosity=verbosity):
                supervisor.start(program)
            if not supervisor.run(until=Readiness(listener), timeout=READY_TIMEOUT):
                raise CannotStart(f"{url}readyz did not say ready within {READY_TIMEOUT} seconds.")
            supervisor.settled = True
            if demo:
                self.say(f"Answering at {url}; the demo review is being loaded ...")
                supervisor.run(until=lambda: supervisor.has_finished("demo"))
            failed = demo and supervisor.exit_code("demo") != 0
            self.say(self.welcome(url, demo=demo, demo_failed=failed))
            supervisor.run()
        finally:
            self.say("Stopping; running jobs get ten seconds, Ctrl-C again stops at once.")
            supervisor.stop()
            broker.tidy()

    def welcome(self, url: str, *, demo: bool, demo_failed: bool) -> str:
        lines = ["", f"The application is running at {url}"]
        if demo_failed:
            lines.append("The demo review could not be loaded; the lines marked demo above say why.")
        elif demo:
            lines += demo_sign_ins(settings.VAR_DIR / "demo_accounts.json")
        return "\n".join([*lines, f"Your data is in {settings.VAR_DIR}. Stop with Ctrl-C.", ""])

    def say(self, sentence: str) -> None:
        self.write(sentence + "\n")

    def write(self, text: str) -> None:
        """Out at once, also into a pipe or a file."""
        try:
            self.stdout.write(text, ending="")
            self.stdout.flush()
        except BrokenPipeError:
            # The reader of our output is gone (`make run | head`): nobody watches, so stop.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            os.kill(os.getpid(), signal.SIGTERM)


def take_lock(lock: IO[str]) -> bool:
    """True when nobody else runs on this data; the lock lives exactly as long as the process, however it ends."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    lock.truncate(0)
    return True


def already_running(lock: IO[str]) -> str:
    lock.seek(0)
    try:
        other = json.loads(lock.read())
    except ValueError:  # it has the lock but has not written its address yet
        return f"Another start on the data in {settings.VAR_DIR} is under way."
    address, pid = other["url"], other["pid"]
    return f"Already running at {address} (process {pid}). To stop it: Ctrl-C there, or kill {pid}"


def listen(host: str, port: int) -> socket.socket:
    """The listening socket, opened here so that a busy port is known before anything else starts."""
    if not 1 <= port <= 65535:
        raise CannotStart(f"{port} is not a port: use PORT=1024 to PORT=65535.")
    try:
        return _bind(host, port)
    except PermissionError:
        raise CannotStart(f"Port {port} needs root. Choose one from 1024 on: make run PORT=8000") from None
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise CannotStart(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
        free = next((other for other in range(port + 1, 65536) if _is_free(host, other)), None)
        advice = f" Choose another: make run PORT={free}" if free else ""
        raise CannotStart(f"Port {port} is already in use.{advice}") from None


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=2048)


def _is_free(host: str, port: int) -> bool:
    try:
        _bind(host, port).close()
    except OSError:
        return False
    return True


def prepare(verbosity: int) -> None:
    """Bring the database and the static files up to this version."""
    try:
        call_command("migrate", interactive=False, verbosity=max(verbosity - 1, 0))
        call_command("createcachetable", verbosity=0)
    except OperationalError as error:
        raise CannotStart(f"The database cannot be used: {error}".rstrip()) from error
    call_command("collectstatic", interactive=False, verbosity=0)


def programs(
    broker: Broker, listener: socket.socket, environ: dict[str, str], *, demo: bool, verbosity: int
) -> list[Program]:
    """What runs, in starting order."""
    level = "INFO" if verbosity > 1 else "WARNING"
    python = sys.executable
    found = []
    if broker.argv:
        # SIGTERM: Redis writes its queue to disk before it ends.
        found.append(Program("redis", broker.argv, environ, stop_last=True, death_signal=signal.SIGTERM))
    worker = (python, "-m", "celery", "-A", "reviewapp", "--quiet", "worker", "--beat", "--concurrency", "2")
    alone = ("--without-mingle", "--without-gossip", "--without-heartbeat", "--loglevel", level)
    root_is_fine_here = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser"}
    found.append(Program("worker", (*worker, *alone), environ | root_is_fine_here))
    web = (python, "-m", "gunicorn", "reviewapp.wsgi:application", "--bind", f"fd://{listener.fileno()}")
    threads = ("--worker-class", "gthread", "--workers", "2", "--threads", "8", "--timeout", "60")
    quiet = ("--graceful-timeout", "5", "--log-level", level.lower(), "--no-control-socket", "--preload")
    found.append(Program("web", (*web, *threads, *quiet), environ, pass_fds=(listener.fileno(),)))
    if demo:
        found.append(Program("demo", (python, "manage.py", "demo"), environ, once=True))
    return found


class Readiness:
    """Asks /readyz, at most four times a second and for at most a second each time, until it answers 200."""

    def __init__(self, listener: socket.socket) -> None:
        host, port = listener.getsockname()[:2]
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (not a bind)
        self.url = f"http://[{host}]:{port}/readyz" if ":" in host else f"http://{host}:{port}/readyz"
        self.asked_at = 0.0

    def __call__(self) -> bool:
        if time.monotonic() - self.asked_at < 0.25:
            return False
        request = urllib.request.Request(self.url, headers=probe_headers())  # noqa: S310 (http, this machine)
        try:
            with urllib.request.urlopen(request, timeout=1) as answer:  # noqa: S310
                return answer.status == 200
        except (OSError, urllib.error.HTTPError):
            return False
        finally:
            self.asked_at = time.monotonic()


def probe_headers() -> dict[str, str]:
    """A host name that ALLOWED_HOSTS lets in."""
    allowed = settings.ALLOWED_HOSTS
    return {"Host": "localhost" if {"*", "localhost"} & set(allowed) else allowed[0].lstrip(".")}


def demo_sign_ins(file: Path) -> list[str]:
    """One line per demo account, from the list of role, email, password that `manage.py demo` keeps."""
    if not file.exists():
        return []
    accounts = json.loads(file.read_text())
    width = max(len(account["role"]) for account in accounts)
    mail = max(len(account["email"]) for account in accounts)
    return [
        f"Demo sign-ins (kept in {file}):",
        *(f"  {a['role']:<{width}}  {a['email']:<{mail}}  {a['password']}" for a in accounts),
    ]
