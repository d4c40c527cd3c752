"""Runs this application's de-duplication and other tools on synthetic sets of growing size, and draws the curve.

    python benchmarks/run.py --peers /path/to/peers/bin/python --scratch /tmp/bench --sizes 12500 25000 50000

Every tool is a process of its own, from reading its file to its answer, pinned to one core, the tools taking turns
(so that a busy machine slows all of them alike). Taken are CPU seconds (user and system) and the largest resident
size, as the kernel counts them; of several rounds the median (slow tools run in the first only). Needs Linux
(`taskset`, `wait4`).

Writes results.csv, results.md and curve.svg to --out. A tool that takes longer than --patience at one size is left
out of the larger ones.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
OURS = "this application"
DEFAULT_PEERS = ("deduplicate_it", "asreview_datatools", "bib_dedupe")
SLOW = ("bib_dedupe",)
COLUMNS = ("tool", "records", "cpu_seconds", "megabytes", "sensitivity", "wrongly_lost", "rounds")


@dataclass
class Run:
    cpu: float
    megabytes: float
    sensitivity: float
    lost: int


def our_command(path: Path) -> list[str]:
    return [sys.executable, str(HERE.parent / "manage.py"), "benchmark_dedup", str(path), "--json"]


def measure(command: list[str], core: int, log: Path, patience: float) -> tuple[str, float, float] | None:
    """(what it printed, CPU seconds, megabytes), or None when it failed or took too long."""
    with log.open("w") as out, log.with_suffix(".err").open("w") as err:
        try:
            process = subprocess.Popen(
                ["timeout", str(int(patience)), "taskset", "-c", str(core), *command], stdout=out, stderr=err
            )
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        except OSError as error:
            raise SystemExit(f"{command[0]}: {error}") from error
    if process.returncode:
        return None
    return log.read_text(), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def run_ours(path: Path, core: int, scratch: Path, patience: float) -> Run | None:
    measured = measure(our_command(path), core, scratch / "ours.log", patience)
    if measured is None:
        return None
    said, cpu, megabytes = measured
    found = json.loads(said)
    return Run(cpu, megabytes, found["sensitivity"], found["fp"])


def run_peer(tool: str, python: str, path: Path, core: int, scratch: Path, patience: float) -> Run | None:
    folder = scratch / tool
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = [python, str(HERE / "peers.py"), tool, str(path), str(path.with_suffix(".ris")), str(folder)]
    measured = measure(command, core, scratch / f"{tool}.log", patience)
    if measured is None:
        return None
    said, cpu, megabytes = measured
    kept = json.loads(said.splitlines()[-1])["kept"]
    return Run(cpu, megabytes, *quality(path, set(kept)))


def quality(path: Path, kept: set[str]) -> tuple[float, int]:
    """Share of surplus copies removed, and works of which no copy is left."""
    copies, left = defaultdict(int), defaultdict(int)
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            copies[row["true_group"]] += 1
            left[row["true_group"]] += row["record_id"] in kept
    surplus = sum(copies.values()) - len(copies)
    kept_surplus = sum(max(0, number - 1) for number in left.values())
    return (surplus - kept_surplus) / surplus, sum(number == 0 for number in left.values())


def run_all(options: argparse.Namespace) -> list[dict]:
    options.scratch.mkdir(parents=True, exist_ok=True)
    rows, too_slow = [], set()
    for size in options.sizes:
        path = options.scratch / f"synthetic{size}.csv"
        if not path.exists():
            # in a process of its own: a child begins with its parent's largest resident size
            make = [
                sys.executable,
                str(HERE / "synthetic.py"),
                str(size),
                str(path),
                "--seed",
                str(options.seed),
            ]
            subprocess.run(make, check=True)
        runs: dict[str, list[Run]] = defaultdict(list)
        tools = [tool for tool in (OURS, *options.tools) if tool not in too_slow]
        tools = [tool for tool in tools if tool not in SLOW or size <= options.slow_limit]
        for round_number in range(options.rounds):
            for tool in tools if round_number % 2 == 0 else reversed(tools):
                if tool in too_slow or (tool in SLOW and round_number):
                    continue
                if tool == OURS:
                    run = run_ours(path, options.core, options.scratch, options.patience)
                else:
                    run = run_peer(tool, options.peers, path, options.core, options.scratch, options.patience)
                if run is None:
                    too_slow.add(tool)
                    print(f"{size:>7} {tool}: no result", flush=True)
                    continue
                runs[tool].append(run)
                print(
                    f"{size:>7} {tool}: {run.cpu:.1f} s, {run.megabytes:.0f} MB, {run.sensitivity:.4f}",
                    flush=True,
                )
        rows += [summary(tool, size, found) for tool, found in runs.items()]
        write_results(rows, options)
    return rows


def summary(tool: str, size: int, runs: list[Run]) -> dict:
    return {
        "tool": tool,
        "records": size,
        "cpu_seconds": round(statistics.median(run.cpu for run in runs), 2),
        "megabytes": round(max(run.megabytes for run in runs)),
        "sensitivity": round(runs[0].sensitivity, 4),
        "wrongly_lost": runs[0].lost,
        "rounds": len(runs),
    }


def write_results(rows: list[dict], options: argparse.Namespace) -> None:
    options.out.mkdir(parents=True, exist_ok=True)
    with (options.out / "results.csv").open("w", encoding="utf-8", newline="") as stream:
        table = csv.DictWriter(stream, COLUMNS)
        table.writeheader()
        table.writerows(rows)
    (options.out / "results.md").write_text(as_markdown(rows, options), encoding="utf-8")
    (options.out / "curve.svg").write_text(as_svg(rows), encoding="utf-8")


def as_markdown(rows: list[dict], options: argparse.Namespace) -> str:
    ours = {row["records"]: row["cpu_seconds"] for row in rows if row["tool"] == OURS}
    lines = [
        "| records | tool | CPU seconds | times ours | MB | surplus copies removed | works wrongly lost | rounds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in sorted(rows, key=lambda row: (row["records"], row["cpu_seconds"])):
        ratio = row["cpu_seconds"] / ours[row["records"]] if row["records"] in ours else float("nan")
        lines.append(
            f"| {row['records']:,} | {row['tool']} | {row['cpu_seconds']:.1f} | {ratio:.2f} | {row['megabytes']} "
            f"| {row['sensitivity']:.2%} | {row['wrongly_lost']:,} | {row['rounds']} |"
        )
    return "\n".join(
        [
            *lines,
            "",
            f"Seed {options.seed}, Python {platform.python_version()}, one core, median of the rounds. "
            "CPU seconds of the whole process: start, reading, search, and what the tool writes.",
            "",
        ]
    )


WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 720, 420, 70, 20, 180, 50
COLOURS = {OURS: "#1b5e97", "deduplicate_it": "#b45f06", "asreview_datatools": "#38761d", 
           "bib_dedupe": "#a61c3c"}  # fmt: skip


def as_svg(rows: list[dict]) -> str:
    """CPU seconds over records, both on logarithmic scales: a line of slope one is linear growth."""
    from math import ceil, floor, log10

    if not rows:
        return ""
    sizes = sorted({row["records"] for row in rows})
    low = floor(log10(min(row["cpu_seconds"] for row in rows)))
    high = max(low + 1, ceil(log10(max(row["cpu_seconds"] for row in rows))))
    start, end = log10(sizes[0]), max(log10(sizes[-1]), log10(sizes[0]) + 0.01)

    def x(records: float) -> float:
        return LEFT + (log10(records) - start) / (end - start) * (WIDTH - LEFT - RIGHT)

    def y(seconds: float) -> float:
        return HEIGHT - BOTTOM - (log10(seconds) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        "<title>CPU seconds for de-duplication by number of records</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    for power in range(low, high + 1):
        at = y(10.0**power)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="#dddddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:g} s</text>')
    for size in sizes:
        parts.append(
            f'<text x="{x(size):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{size:,}</text>'
        )
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">records</text>'
    )
    ends: list[float] = []
    last = {row["tool"]: row for row in sorted(rows, key=lambda row: row["records"])}
    for tool in sorted(last, key=lambda name: -last[name]["cpu_seconds"]):
        points = [(x(row["records"]), y(row["cpu_seconds"])) for row in rows if row["tool"] == tool]
        colour = COLOURS.get(tool, "#444444")
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b in points]
        at = points[-1][1] + 4
        while any(abs(at - other) < 14 for other in ends):
            at += 14
        ends.append(at)
        parts.append(f'<text x="{points[-1][0] + 8:.1f}" y="{at:.1f}" fill="{colour}">{tool}</text>')
    return "\n".join([*parts, "</svg>", ""])


def options_from(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--peers", default="", help="The Python of the environment that holds the other tools."
    )
    parser.add_argument("--tools", nargs="*", default=list(DEFAULT_PEERS), choices=DEFAULT_PEERS)
    parser.add_argument("--sizes", nargs="+", type=int, default=[12_500, 25_000, 50_000, 100_000, 200_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--patience", type=float, default=900, help="Seconds after which a tool is given up.")
    parser.add_argument(
        "--scratch", type=Path, required=True, help="A folder for the sets and what tools write."
    )
    parser.add_argument("--slow-limit", type=int, default=12_500, help=f"Largest set for {', '.join(SLOW)}.")
    parser.add_argument("--out", type=Path, default=HERE)
    options = parser.parse_args(arguments)
    if not options.peers:
        options.tools = []
    return options


if __name__ == "__main__":
    run_all(options_from())
