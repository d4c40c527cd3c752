"""200 queued analyses on two workers while one of them is killed three times: none lost, none run twice.

    python benchmarks/analysis_queue.py
    python benchmarks/analysis_queue.py --database postgresql

Makes a review of 20 studies with so many plans, asks for a run of each, starts two Celery workers of one process each
(on a Redis and a database of their own) and kills one with kill -9 in the middle of a run, three times. Then GOSH of
one run is shared out to both, one is killed again, and the result is compared with the same computed in one go. Exit
code 1 when a run has no result or more than one line "computed" in the history, or when a number differs. Writes
what it saw to benchmarks/analyses_queue.md.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, nullcontext
from datetime import date, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))

from tests.servers import Service, private_postgres, redis_service, wait_for  # noqa: E402

LEASES = {
    "JOB_LEASE_SECONDS": 10,
    "JOB_HEARTBEAT_SECONDS": 2,
    "JOB_JANITOR_SECONDS": 2,
    "JOB_RESEND_SECONDS": 20,
}
STUDIES, SUBSETS = 20, 400_000


def main() -> int:
    options = arguments()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="q-", dir="/tmp")))
        postgres = options.database == "postgresql"
        url = stack.enter_context(private_postgres() if postgres else nullcontext(""))
        redis = redis_service(folder).start()
        stack.callback(redis.stop)
        surround(folder, url)
        plans = prepare(options.plans)
        workers = [Worker(folder, number) for number in range(2)]
        for one in workers:
            stack.callback(one.kill)
            one.start()
        begun = time.monotonic()
        runs = queue(plans)
        killed = kill_in_the_middle(workers[1], options.plans, options.kills)
        wait_for(lambda: unfinished() == 0, "all analyses finished", seconds=1800)
        seconds = time.monotonic() - begun
        lines, wrong = analyses(runs, seconds, killed)
        more, differs = exploration(workers[1])
        report(options, lines + more, wrong + differs)
    return 1 if wrong or differs else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--plans", type=int, default=200)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--out", type=Path, default=HERE / "analyses_queue.md")
    return parser.parse_args()


def surround(folder: Path, url: str) -> None:
    """The environment of this process and of the workers; from here on Django can be used."""
    for name in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL"):
        os.environ.pop(name, None)
    kept = {"VAR_DIR": folder / "var", "DJANGO_SETTINGS_MODULE": "reviewapp.settings", "PYTHONPATH": ROOT}
    kept |= {"CELERY_BROKER_URL": f"redis+socket://{folder / 'redis.sock'}", **LEASES}
    kept |= {"OMP_NUM_THREADS": 1, "OPENBLAS_NUM_THREADS": 1}
    kept |= {"DATABASE_URL": url} if url else {}
    os.environ.update({name: str(value) for name, value in kept.items()})
    (folder / "var").mkdir()
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def prepare(plans: int) -> list[Any]:
    """A review of 20 studies with plans that differ in their level."""
    import random

    from analysis.services import write_plan
    from tests import factories

    drawn = random.Random(7)
    review = factories.make_review("queue")
    by = factories.join(review, factories.make_user("ana"), "owner").user
    outcome = factories.make_outcome(review)
    for number in range(STUDIES):
        study = factories.make_study(review, f"Author {number} {1995 + number}")
        n = drawn.randint(15, 120)
        numbers = {
            "mean1": 12 + drawn.gauss(-1.5, 1.2),
            "sd1": 5.0,
            "n1": n,
            "mean2": 12.0,
            "sd2": 5.5,
            "n2": n,
        }
        factories.make_result(study, outcome, by, **numbers)
    return [
        write_plan(review=review, name=f"Plan {number}", outcome=outcome, by=by, level=60 + number / 6)
        for number in range(plans)
    ]


def queue(plans: list[Any]) -> list[int]:
    """Ask for a run of each plan at once: no worker hears of one before all are asked for."""
    from django.db import transaction

    from analysis.services import request_run

    with transaction.atomic():
        return [request_run(plan=plan, by=None).pk for plan in plans]


class Worker(Service):
    """A worker of one process; the first one has the clock. It has started when it says that it is ready."""

    def __init__(self, folder: Path, number: int) -> None:
        argv = [sys.executable, "-m", "celery", "-A", "reviewapp", "worker", "--concurrency", "1"]
        argv += ["--without-mingle", "--loglevel", "INFO", "--hostname", f"worker{number}@%h"]
        super().__init__(argv + (["--beat"] if number == 0 else []), folder / f"worker{number}.log", cwd=ROOT)

    def start(self, *, seconds: float = 90) -> Worker:
        starts = self.output().count(" ready.")
        self.ready = lambda: self.output().count(" ready.") > starts
        super().start(seconds=seconds)
        return self


def unfinished() -> int:
    from reviews.models import Job

    return Job.objects.unfinished().count()


def alive(task: str) -> int:
    """How many jobs a living worker is at: those of a dead one have a lease that nobody renews."""
    from django.utils import timezone

    from reviews.models import Job

    renewed = timezone.now() + timedelta(
        seconds=LEASES["JOB_LEASE_SECONDS"] - 2 * LEASES["JOB_HEARTBEAT_SECONDS"]
    )
    return Job.objects.filter(task=task, state="running", lease_until__gt=renewed).count()


def kill_in_the_middle(victim: Worker, plans: int, kills: int) -> list[int]:
    """kill -9 when both workers are in the middle of something, at even distances; how many were done each time."""
    from reviews.models import Job

    killed: list[int] = []
    jobs = Job.objects.filter(task="analysis.run")

    def in_the_middle() -> bool:
        after = plans * (len(killed) + 1) // (kills + 1)
        enough = jobs.filter(state="done").count() >= after
        return enough and alive("analysis.run") == 2

    while len(killed) < kills:
        wait_for(lambda: in_the_middle() or not unfinished(), "two analyses under way", seconds=1800)
        if not unfinished():
            raise SystemExit(f"All was done after {len(killed)} kills; ask for more plans.")
        victim.kill()
        killed.append(jobs.filter(state="done").count())
        victim.start()
    return killed


def analyses(runs: list[int], seconds: float, killed: list[int]) -> tuple[list[str], list[str]]:
    """What became of the queued analyses: lines of the report, and what is wrong."""
    from analysis.models import Run
    from reviews.models import AuditEvent, Job

    told = Counter(
        AuditEvent.objects.filter(verb="analysis.run_finished").values_list("target_id", flat=True)
    )
    jobs = Job.objects.filter(task="analysis.run")
    lost = [pk for pk in runs if not Run.objects.filter(pk=pk, result__isnull=False).exists()]
    twice = [pk for pk in runs if told[str(pk)] != 1]
    attempts = Counter(jobs.values_list("attempts", flat=True))
    again = sum(count for number, count in attempts.items() if number > 1)
    each = [(job.finished_at - job.started_at).total_seconds() for job in jobs if job.attempts == 1]
    lines = [
        f"- {len(runs)} analyses of {STUDIES} studies were queued; one worker was killed {len(killed)} times, when "
        f"{', '.join(map(str, killed))} were done.",
        f"- Lost: **{len(lost)}**. Without exactly one line “computed” in the history: **{len(twice)}**. "
        f"Cut off and done again: {again} (attempts: {dict(sorted(attempts.items()))}).",
        f"- All finished after {seconds:.0f} s, the restarts of the killed worker in it; one analysis took "
        f"{statistics.median(each):.2f} s in the middle, {max(each):.2f} s at most.",
    ]
    return lines, [f"run {pk} is lost" for pk in lost] + [f"run {pk}: {told[str(pk)]} lines" for pk in twice]


def exploration(victim: Worker) -> tuple[list[str], list[str]]:
    """GOSH shared out to both workers, one killed on the way, beside the same computed in one go."""
    from analysis.explorations import KINDS, pieces_of
    from analysis.models import Exploration, Run
    from analysis.services import request_exploration, work_of
    from reviews.models import AuditEvent, Job

    run = Run.objects.select_related("plan", "review").order_by("pk").first()
    assert run is not None
    asked = request_exploration(run=run, kind="gosh", by=None, settings={"subsets": SUBSETS}, seed=3)
    begun = time.monotonic()
    parts = Job.objects.filter(parent=asked.job_id)
    wait_for(
        lambda: (
            parts.filter(state="done").exists() and parts.filter(state="running", done__gt=0).count() == 2
        ),
        "two parts under way",
        seconds=600,
    )
    victim.kill()
    victim.start()
    wait_for(lambda: unfinished() == 0, "the exploration finished", seconds=600)
    seconds = time.monotonic() - begun
    found = Exploration.objects.select_related("run").get(pk=asked.pk)
    work, kind = work_of(found), KINDS["gosh"]
    begun = time.monotonic()
    alone = kind.combine(
        work, [kind.do(work, piece, lambda done: None) for piece, _ in pieces_of(kind.size(work), 1)]
    )
    once = time.monotonic() - begun
    events = AuditEvent.objects.filter(verb="analysis.exploration_finished").count()
    same = found.result == alone
    lines = [
        f"- GOSH of {SUBSETS:,} subsets in {parts.count()} parts, one worker killed on the way: {seconds:.0f} s, "
        f"{sum(part.attempts - 1 for part in parts)} part done again, put together {events} time. In one go in one "
        f"process: {once:.0f} s. The result is {'the same to the last bit' if same else '**different**'}.",
    ]
    return lines, ([] if same else ["GOSH differs"]) + (
        [] if events == 1 else [f"put together {events} times"]
    )


def report(options: argparse.Namespace, lines: list[str], wrong: list[str]) -> None:
    leases = ", ".join(f"{name} {value}" for name, value in LEASES.items())
    head = [
        "# Analyses queued while a worker dies",
        "",
        f"Made by `python benchmarks/analysis_queue.py --database {options.database}` on {date.today():%d %B %Y}: "
        f"two Celery workers of one process each, Redis, {options.database}; {leases}. Load average at the end "
        f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} processors: with other work on the machine the times say "
        "little, the counts are what matters.",
        "",
    ]
    text = "\n".join(head + lines + [f"- WRONG: {one}" for one in wrong]) + "\n"
    options.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    sys.exit(main())
