"""/healthz: this process answers. /readyz: a request made now would be served, stored and worked on.

Both are open to everyone (load balancers have no account), so they name what is wrong and nothing more; the
exception goes to the log.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from reviewapp.celery import app

logger = logging.getLogger(__name__)

# Strangers may ask as often as they like: the checks run at most this often, when all is well and when not.
REMEMBER_SECONDS = {True: 2.0, False: 0.3}
PING_SECONDS = 2.0


def database_writes() -> bool:
    """A row can be inserted (and is taken back)."""
    with transaction.atomic():
        MigrationRecorder.Migration.objects.create(app="readyz", name="a row that is rolled back")
        transaction.set_rollback(True)
    return True


def migrations_applied() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def broker_answers() -> bool:
    with app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, timeout=PING_SECONDS, interval_start=0)
    return True


def worker_answers() -> bool:
    """A worker that is busy with long jobs answers too: its main process does."""
    return broker_answers() and bool(app.control.ping(timeout=PING_SECONDS, limit=1))


CHECKS: dict[str, Callable[[], bool]] = {
    "database": database_writes,
    "migrations": migrations_applied,
    "broker": broker_answers,
    "worker": worker_answers,
}


@dataclass
class Report:
    """The outcome of each check by name, and when (monotonic seconds) they were made."""

    checks: dict[str, bool]
    made_at: float

    @property
    def ready(self) -> bool:
        return all(self.checks.values())


_lock = Lock()
_latest: Report | None = None


def readiness() -> Report:
    """The checks' outcome, made now or a moment ago (REMEMBER_SECONDS); simultaneous callers share one run."""
    global _latest
    with _lock:
        if _latest is None or time.monotonic() - _latest.made_at > REMEMBER_SECONDS[_latest.ready]:
            _latest = Report({name: _passes(name) for name in CHECKS}, time.monotonic())
        return _latest


def _passes(name: str) -> bool:
    try:
        return CHECKS[name]()
    except Exception as error:  # whatever it is, this part is not ready; the reason is for the log
        logger.warning("readyz: %s failed: %s: %s", name, type(error).__name__, error)
        return False


def _is_news(record: logging.LogRecord) -> bool:
    """ "Not ready" is an answer, not a fault of ours: Django need not log each one as an error."""
    request = getattr(record, "request", None)
    return not (isinstance(request, HttpRequest) and request.path == "/readyz")


logging.getLogger("django.request").addFilter(_is_news)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    report = readiness()
    body = {
        "status": "ready" if report.ready else "not ready",
        "checks": {name: "ok" if passed else "failed" for name, passed in report.checks.items()},
    }
    return JsonResponse(body, status=200 if report.ready else 503)
