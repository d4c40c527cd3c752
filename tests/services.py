"""Fixtures that are real programs: Redis, a Celery worker, Chromium. One that is missing fails the test."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from reviewapp.celery import app
from tests.servers import Service, redis_service


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Service]:
    """The Redis that CELERY_BROKER_URL names, running."""
    server = redis_service(settings.VAR_DIR).start()
    yield server
    server.stop()


@pytest.fixture
def broker(redis_server) -> Service:
    """An empty, running Redis; a test may kill and start it."""
    if not redis_server.alive:
        redis_server.start()
    with app.connection_for_write() as connected:
        connected.default_channel.client.flushall()
    return redis_server


class Worker(Service):
    """``kill()`` is kill -9 of the whole tree, ``start()`` starts it again, ``output()`` is what it printed."""

    def start(self, *, seconds: float = 40) -> "Worker":
        starts = self.output().count(" ready.")
        self.ready = lambda: self.output().count(" ready.") > starts
        super().start(seconds=seconds)
        return self


@pytest.fixture
def start_worker(transactional_db, broker, tmp_path) -> Iterator[Callable[..., Worker]]:
    """``worker = start_worker(JOB_LEASE_SECONDS=4)``: a Celery worker with beat on the test's own database.

    Keywords are environment variables; ``include="tests.some.module"`` makes it know more tasks. The test's
    settings.MEDIA_ROOT (tmp_path/media) is the worker's too. It ends with the test.
    """
    workers: list[Worker] = []

    def start(*, include: str = "", **environ: object) -> Worker:
        argv = [sys.executable, "-m", "celery", "-A", "reviewapp", "worker", "--beat", "--concurrency", "2"]
        argv += ["--loglevel", "INFO", "--without-mingle", "--hostname", f"worker{len(workers)}@%h"]
        worker = Worker(
            argv + (["--include", include] if include else []),
            tmp_path / f"worker{len(workers)}.log",
            environ=process_environ(tmp_path) | {name: str(value) for name, value in environ.items()},
            cwd=settings.BASE_DIR,
        )
        workers.append(worker)
        return worker.start()

    yield start
    for worker in workers:
        worker.kill()


@pytest.fixture
def celery_worker_process(start_worker) -> Worker:
    """A running Celery worker with short leases, for tests that only need their jobs done."""
    return start_worker(
        JOB_LEASE_SECONDS=4, JOB_HEARTBEAT_SECONDS=1, JOB_RESEND_SECONDS=3, JOB_JANITOR_SECONDS=2
    )


def process_environ(var_dir: Path) -> dict[str, str]:
    """What another process needs in order to work on the test's database, broker and files."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "reviewapp.settings",
        "DATABASE_URL": database_url(),
        "CELERY_BROKER_URL": settings.CELERY_BROKER_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "VAR_DIR": str(var_dir),
    }


def database_url() -> str:
    """The test database (not the one DATABASE_URL names) as a URL."""
    chosen = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{chosen['NAME']}"
    user = quote(chosen["USER"]) + (f":{quote(chosen['PASSWORD'], safe='')}" if chosen["PASSWORD"] else "")
    port = f":{chosen['PORT']}" if chosen["PORT"] else ""
    return f"postgres://{user}@{quote(chosen['HOST'], safe='')}{port}/{chosen['NAME']}"


# --- the browser: pytest-playwright's fixtures (page, context, browser) on the distribution's Chromium --------


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.fail("Chromium is not installed: sudo apt-get install chromium")
    return {**browser_type_launch_args, "executable_path": program, "args": ["--no-sandbox"]}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict, live_server) -> dict:
    """``page.goto("/reviews/")`` goes to the live server."""
    size = {"width": 1280, "height": 900}
    return {**browser_context_args, "base_url": live_server.url, "viewport": size, "locale": "en-GB"}


@pytest.fixture
def page(page, live_server):
    """A browser page on the live server; the test fails when a script of ours throws or the CSP refuses something."""
    with no_page_errors(page):
        yield page


@contextmanager
def no_page_errors(page) -> Iterator[None]:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda message: errors.append(message.text) if "Content Security Policy" in message.text else None,
    )
    yield
    assert not errors, f"errors in the browser: {errors}"
