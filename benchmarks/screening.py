"""Measures screening in a review of 50,000 records and 100,000 votes, alone and with 50 people voting at once.

    python benchmarks/screening.py --scratch /tmp/bench --database sqlite
    python benchmarks/screening.py --scratch /tmp/bench --database postgresql

Starts what `manage.py up` starts for the web (gunicorn, 2 workers of 8 threads, and a Redis) on a port of its own,
makes the review (`screening_review.py`), votes (`screening_load.py`) and checks afterwards that nobody was given a
record beyond the quorum and that no vote is lost or doubled; exit code 1 if one was. Server times are gunicorn's own
(%(D)s of its access log), so the load tool's share of a busy machine is not in them; the client's are printed beside.
Adds a row for each kind of request to --out (CSV). The load average before and after is printed: on a machine that
does other work the times say little, and the processor time of a vote says more.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, nullcontext
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))

from benchmarks import screening_load as load  # noqa: E402
from tests.servers import Service, private_postgres, redis_service  # noqa: E402

PAGES = {
    "list-3-filters": "records/?title_abstract=excluded&year_from=2010&year_to=2015",
    "list-words": "records/?q=acupuncture+children&title_abstract=excluded&year_from=2010",
    "screen": "screen/title_abstract/progress/",
}
COLUMNS = (
    *("database", "request", "number", "server_p50", "server_p95", "client_p50", "client_p95"),
    *("date", "reviewers", "think_seconds"),
)
LOG = '%(m)s %(U)s "%(q)s" %(s)s %(D)s'


def main() -> int:
    options = arguments()
    options.scratch.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="b-", dir=options.scratch)))
        postgres = options.database == "postgresql"
        url = stack.enter_context(private_postgres() if postgres else nullcontext(""))
        redis = redis_service(folder).start()
        stack.callback(redis.stop)
        environ = surroundings(folder, url)
        review = prepare(folder, environ, options)
        port = free_port()
        web = Service(server(port, folder, options.threads), folder / "web.log", environ=environ, cwd=ROOT)
        web.ready = lambda: answers(port)
        web.start(seconds=90)
        stack.callback(web.stop)
        tally = measure(port, review, options, web.pid)
        wrong = verify(folder, environ, tally)
        report(folder, tally, options, wrong)
        return 1 if wrong or tally.failed else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--votes", type=int, default=100_000)
    parser.add_argument("--reviewers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--think", type=float, nargs=2, default=(1.0, 2.0), metavar=("FROM", "TO"))
    parser.add_argument("--threads", type=int, default=8, help="of each of gunicorn's two workers")
    parser.add_argument("--alone", type=int, default=150, help="votes of each kind by one person alone")
    parser.add_argument("--out", type=Path, default=HERE / "screening.csv")
    return parser.parse_args()


def surroundings(folder: Path, url: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "DEBUG")}
    kept |= {"VAR_DIR": str(folder / "var"), "DJANGO_SETTINGS_MODULE": "reviewapp.settings"}
    kept |= {"REDIS_URL": f"unix://{folder / 'redis.sock'}", "PYTHONPATH": str(ROOT)}
    return kept | ({"DATABASE_URL": url} if url else {})


def prepare(folder: Path, environ: dict[str, str], options: argparse.Namespace) -> dict:
    """Migrate, make the review, bring the planner's statistics up to date; returns sessions of the people."""
    for command in (["migrate", "-v0"], ["collectstatic", "--noinput", "-v0"]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environ, check=True)
    begun = time.monotonic()
    words = [str(options.records), str(options.votes), str(options.reviewers)]
    inside(environ, MAKE, str(folder / "made.json"), *words)
    print(f"made in {time.monotonic() - begun:.0f} s", flush=True)
    return json.loads((folder / "made.json").read_text())


MAKE = """
import json, sys
from django.db import connection
from benchmarks.screening_review import Maker, votes_per_record
made = Maker(*map(int, sys.argv[2:5])).make()
with connection.cursor() as cursor:  # what PostgreSQL does by itself some minutes after a large import
    cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
made["before"] = votes_per_record()
open(sys.argv[1], "w").write(json.dumps(made))
"""
CHECK = """
import json, sys
from benchmarks.screening_review import check
seen = json.load(open(sys.argv[1]))
before = {int(pk): number for pk, number in json.load(open(sys.argv[2]))["before"].items()}
print(json.dumps(check(seen["taken"], [tuple(pair) for pair in seen["given"]], before)))
"""


def inside(environ: dict[str, str], code: str, *words: str) -> str:
    """Run ``code`` with Django set up; what it printed."""
    setup = "import django; django.setup()\n"
    done = subprocess.run(
        [sys.executable, "-c", setup + code, *words],
        cwd=ROOT,
        env=environ,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


def server(port: int, folder: Path, number: int) -> list[str]:
    """As in `manage.py up`, with an access log."""
    web = [sys.executable, "-m", "gunicorn", "reviewapp.wsgi:application", "--bind", f"127.0.0.1:{port}"]
    threads = [
        "--worker-class",
        "gthread",
        "--workers",
        "2",
        "--threads",
        str(number),
        "--timeout",
        "60",
        "--preload",
    ]
    log = ["--access-logfile", str(folder / "access.log"), "--access-logformat", LOG]
    return [*web, *threads, "--keep-alive", "30", "--log-level", "warning", "--no-control-socket", *log]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def cpu_of(group: int) -> float:
    """Seconds of processor that the processes of a group have used (Linux)."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # ended meanwhile
            continue
        if int(fields[2]) == group:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def measure(port: int, review: dict, options: argparse.Namespace, web: int) -> load.Tally:
    tally, address = load.Tally(), ("127.0.0.1", port)
    people = [load.Person(address, each["user"], each["session"], tally) for each in review["people"]]
    owner = load.Person(address, review["owner"]["user"], review["owner"]["session"], tally)
    load.alone(people[0], options.alone)
    load.pages(owner, PAGES, 20)
    before, used, busy = len(tally.taken), cpu_of(web), os.getloadavg()[0]
    load.together(people[1:], options.seconds, tuple(options.think))
    each = (cpu_of(web) - used) / max(len(tally.taken) - before, 1) * 1000
    print(
        f"together: {each:.0f} ms of the web server's processor a vote with its next record; "
        f"load average {busy:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} processors"
    )
    return tally


def verify(folder: Path, environ: dict[str, str], tally: load.Tally) -> list[str]:
    seen = folder / "seen.json"
    seen.write_text(json.dumps({"taken": tally.taken, "given": tally.given}))
    return json.loads(inside(environ, CHECK, str(seen), str(folder / "made.json")))


def report(folder: Path, tally: load.Tally, options: argparse.Namespace, wrong: list[str]) -> None:
    rows = []
    today, think = time.strftime("%Y-%m-%d"), "{:g}-{:g}".format(*options.think)
    for kind, server_ms in server_times(folder / "access.log").items():
        client_ms = [seconds * 1000 for seconds in tally.client[kind]]
        numbers = [len(server_ms), *spread(server_ms), *spread(client_ms)]
        rows.append([options.database, kind, *numbers, today, options.reviewers, think])
    new = not options.out.exists()
    with options.out.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow(COLUMNS)
        writer.writerows(rows)
    for row in rows:
        print("{:<11} {:<15} n={:<5} server p50 {:>6} p95 {:>6}   client p50 {:>6} p95 {:>6} ms".format(*row))
    print(f"{len(tally.taken)} votes taken, {len(tally.refused)} refused, {len(tally.failed)} failed")
    for sentence in [*wrong, *sorted(set(tally.refused))[:5], *tally.failed[:5]]:
        print(f"  {sentence}")


def server_times(log: Path) -> dict[str, list[float]]:
    """Milliseconds by kind: the last part of the question that the load tool put into the address."""
    found: dict[str, list[float]] = {}
    for line in log.read_text().splitlines():
        question, _, rest = line.partition('"')[2].partition('"')
        found.setdefault(question.split("&")[-1].lstrip("?"), []).append(int(rest.split()[1]) / 1000)
    return {kind: times for kind, times in found.items() if kind}


def spread(values: list[float]) -> list[float]:
    """Median and 95th percentile."""
    if len(values) < 2:
        return [round(value, 1) for value in values * 2]
    return [round(statistics.median(values), 1), round(statistics.quantiles(values, n=20)[-1], 1)]


if __name__ == "__main__":
    sys.exit(main())
