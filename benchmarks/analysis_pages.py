"""How long the pages of an analysis take: `python benchmarks/analysis_pages.py`; writes `analyses.md`.

Makes reviews of 60 and of 300 invented trials in a database of their own, runs a plan with subgroups on each, and
asks for every page and figure of the finished run as a signed-in statistician, without network or browser. Times are
those of one process, the middle of several rounds after one that warms up.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
SIZES = (60, 300)
GOALS = {("the page of a run", 300): 200.0, ("forest plot as SVG", 60): 400.0}
PASSWORD = "of-the-benchmark-only"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument(
        "--profile", metavar="NAME", help="Print where the time of this page goes at 300 studies."
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        start_django(Path(folder))
        found = {}
        for size in SIZES:
            client, pages = finished_run(size)
            for name, address in pages.items():
                found[name, size] = milliseconds(client, address, options.rounds)
                clock, processor = found[name, size]
                print(f"{size:4d} studies  {name:40s} {clock:8.1f} ms, {processor:8.1f} of work", flush=True)
        if options.profile:
            profile(client, pages[options.profile])
            return
    report(found, options.rounds)


def start_django(folder: Path) -> None:
    """A database and files of its own."""
    os.environ |= {"DJANGO_SETTINGS_MODULE": "reviewapp.settings", "VAR_DIR": str(folder), "DEBUG": "0"}
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    import django
    from django.core.management import call_command

    django.setup()
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.SECURE_SSL_REDIRECT = False
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)


def finished_run(size: int) -> tuple[Any, dict[str, str]]:
    """A client signed in, and the addresses to ask for by name."""
    from django.test import Client
    from django.urls import reverse

    from analysis.drawings import DRAWINGS
    from analysis.services import request_run, write_plan
    from reviews.jobs import finish_waiting
    from reviews.models import Membership, Review, User

    person = User.objects.create_user(f"stan{size}@example.org", PASSWORD, name="Stan")
    review = Review.objects.create(slug=f"trials-{size}", title=f"A review of {size} trials")
    Membership.objects.create(review=review, user=person, role="owner")
    outcome = invented_trials(review, person, size)
    plan = write_plan(review=review, name="All trials", outcome=outcome, by=person, subgroup_by="Setting")
    run = request_run(plan=plan, by=person)
    finish_waiting(review)
    run.refresh_from_db()
    if run.result is None:
        raise SystemExit(f"The run has no result: {run.job.error}")
    client = Client()
    client.force_login(person)
    here = [review.slug, run.pk]
    pages = {
        "the page of a run": reverse("analysis:run", args=here),
        "its plan": reverse("analysis:plan", args=[review.slug, plan.slug]),
        "all plans": reverse("analysis:plans", args=[review.slug]),
        "a what-if, whole page": f"{reverse('analysis:run', args=here)}?tau2_method=DL&test=z",
        "leaving out one trial at a time": reverse("analysis:run_table", args=[*here, "leave-one-out"]),
    }
    pages |= {
        f"{one.title[:1].lower()}{one.title[1:]} as SVG": reverse(
            "analysis:run_file", args=[*here, one.key, "svg"]
        )
        for one in DRAWINGS.values()
        if "pairwise" in one.kinds and not one.why_not(run.snapshot, run.result)
    }
    return client, pages


def invented_trials(review: Any, person: Any, size: int) -> Any:
    from extraction.models import Arm, Characteristic, Result
    from records.models import ImportBatch, Record, Search
    from reviews.models import Outcome
    from screening.models import Report, Study

    dice = random.Random(size)
    outcome = Outcome.objects.create(review=review, name="Depression severity", direction="lower")
    search = Search.objects.create(review=review, source="MEDLINE")
    batch = ImportBatch.objects.create(
        review=review, search=search, file_name="trials.ris", sha256="0" * 64, state="done", format="ris"
    )
    for number in range(size):
        year = 1980 + number % 45
        record = Record.objects.create(
            review=review, batch=batch, search=search, title=f"Trial {number}", position=number + 1, year=year
        )
        study = Study.objects.create(review=review, label=f"Author {number} {year}")
        Report.objects.create(study=study, record=record, is_main=True)
        arms = [
            Arm.objects.create(study=study, label=label, role=role)
            for label, role in (("Therapy", Arm.Role.EXPERIMENTAL), ("Usual care", Arm.Role.COMPARATOR))
        ]
        Characteristic.objects.create(
            study=study, name="Setting", value=dice.choice(("Clinic", "Community", "Online"))
        )
        n, effect = dice.randint(15, 200), dice.gauss(2.5, 1.5)
        Result.objects.create(
            review=review,
            study=study,
            outcome=outcome,
            experimental=arms[0],
            comparator=arms[1],
            kind=Result.Kind.MEANS,
            extracted_by=person,
            scale=dice.choice(("HAMD-17", "BDI-II")),
            n1=n,
            mean1=round(14 - effect + dice.gauss(0, 6 / n**0.5), 2),
            sd1=round(dice.uniform(4.5, 7), 2),
            n2=n + dice.randint(-5, 5),
            mean2=round(14 + dice.gauss(0, 6 / n**0.5), 2),
            sd2=round(dice.uniform(4.5, 7), 2),
        )
    return outcome


def milliseconds(client: Any, address: str, rounds: int) -> tuple[float, float]:
    """By the clock and of the processor: the middle of several answers, after one that warms up."""
    clock, processor = [], []
    for _ in range(rounds + 1):
        start, worked = time.perf_counter(), time.process_time()
        answer = client.get(address)
        body = answer.content
        clock.append((time.perf_counter() - start) * 1000)
        processor.append((time.process_time() - worked) * 1000)
        if answer.status_code != 200 or not body:
            raise SystemExit(f"{address} answered {answer.status_code}.")
    return median(clock[1:]), median(processor[1:])


def profile(client: Any, address: str) -> None:
    import cProfile
    import pstats

    seen = cProfile.Profile()
    seen.runcall(client.get, address)
    pstats.Stats(seen).sort_stats("cumulative").print_stats(60)


def report(found: dict[tuple[str, int], tuple[float, float]], rounds: int) -> None:
    names = list(dict.fromkeys(name for name, _ in found))
    heads = [f"{size} studies, {what}" for size in SIZES for what in ("clock", "work")]
    lines = [
        "# Pages of an analysis: results",
        "",
        "Milliseconds until the web server has answered (clock), and of these what its processor did (work), which",
        "other programs change less. One process, nobody else asking, SQLite: `python benchmarks/analysis_pages.py`.",
        "",
        f"The middle of {rounds} answers, on a machine with {os.cpu_count()} processors and a load average of "
        f"{os.getloadavg()[0]:.1f} (1.0 of it is this program),",
        f"Python {platform.python_version()}.",
        "",
        f"| | {' | '.join(heads)} | goal |",
        "|---|" + "---|" * (len(heads) + 1),
    ]
    for name in names:
        cells = [
            f"{found[name, size][i]:.0f}" if (name, size) in found else "–" for size in SIZES for i in (0, 1)
        ]
        goals = [f"{GOALS[name, size]:.0f} at {size} studies" for size in SIZES if (name, size) in GOALS]
        lines.append(f"| {name} | {' | '.join(cells)} | {', '.join(goals)} |")
    (ROOT / "benchmarks/analyses.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
