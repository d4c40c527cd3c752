"""Measure de-duplication on a labelled set; no database is opened."""

import csv
import json
import time
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from records.dedup import MERGE_THRESHOLD, REVIEW_THRESHOLD, Pair, find_pairs
from records.dedup.benchmark import Labelled, NotLabelled, outcome, read_labelled, wrong_pairs
from reviews.safe_csv import safe_cell

_SHOWN = ("title", "authors", "year", "journal", "volume", "issue", "pages", "doi")
_WARNINGS = 10
_ROWS = (
    ("surplus copies removed (TP)", "tp"),
    ("works lost in wrong merges (FP)", "fp"),
    ("surplus copies left (FN)", "fn"),
    ("works kept (TN)", "tn"),
    ("sensitivity", "sensitivity"),
    ("specificity", "specificity"),
    ("precision", "precision"),
    ("F1", "f1"),
    ("groups that hold several works", "false_merges"),
)


def _score(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value <= 1:
        raise ArgumentTypeError(f"'{text}' is no score: give a number above 0 and up to 1, such as 0.95.")
    return value


class Command(BaseCommand):
    help = (
        "Search a labelled set (CSV) for duplicates and count what is found, missed and wrongly merged, by itself "
        "and with a person who answers every question rightly. Nothing is stored."
    )
    requires_system_checks = []  # they ask the database, which need not exist

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="LABELLED.csv", type=Path)
        parser.add_argument("--merge", type=_score, default=MERGE_THRESHOLD, help="Merge from this score on.")
        parser.add_argument("--review", type=_score, default=REVIEW_THRESHOLD, help="Ask from this score on.")
        parser.add_argument(
            "--pairs", type=Path, metavar="OUT.csv", help="Write wrong merges and missed copies to this file."
        )
        parser.add_argument("--json", action="store_true", help="Print machine-readable output.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["review"] > options["merge"]:
            raise CommandError("--review must not be above --merge: what merges by itself is not asked.")
        try:
            labelled = read_labelled(options["file"])
        except NotLabelled as error:
            raise CommandError(str(error)) from error
        for sentence in labelled.warnings[:_WARNINGS]:
            self.stderr.write(sentence)
        if len(labelled.warnings) > _WARNINGS:
            self.stderr.write(f"... and {len(labelled.warnings) - _WARNINGS} more like these.")
        clock, cpu = time.perf_counter(), time.process_time()
        pairs = find_pairs(labelled.records, merge=options["merge"], review=options["review"])
        found = outcome(pairs, labelled.groups, merge=options["merge"])
        took = {
            "seconds": round(time.perf_counter() - clock, 3),
            "cpu_seconds": round(time.process_time() - cpu, 3),
        }
        with_queue = found.pop("with_queue")
        thresholds = {"merge_at": options["merge"], "ask_at": options["review"]}
        result = {"file": options["file"].name, **found, **took, **thresholds, "with_queue": with_queue}
        if options["pairs"]:
            self._write_pairs(options["pairs"], pairs, labelled, options["merge"])
        if options["json"]:
            self.stdout.write(json.dumps(result, indent=2))
        else:
            self._print_table(result)

    def _print_table(self, result: dict[str, Any]) -> None:
        self.stdout.write(
            f"{result['file']}: {result['records']:,} records, {result['true_duplicates']:,} of them surplus copies; "
            f"searched in {result['seconds']:.1f} s"
        )
        self.stdout.write(f"{'':34}{'by itself':>12}{'with a person':>16}")
        for label, key in _ROWS:
            self.stdout.write(f"{label:34}{_shown(result[key]):>12}{_shown(result['with_queue'][key]):>16}")
        asked = result["with_queue"]
        self.stdout.write(
            f"Questions for a person: {asked['queue']:,} ({asked['queue_share']:.2%} of the records); "
            f"rightly answered, {asked['answered_same']:,} of them are copies."
        )

    def _write_pairs(self, path: Path, pairs: list[Pair], labelled: Labelled, merge: float) -> None:
        records = {record.id: record for record in labelled.records}
        try:
            with path.open("w", encoding="utf-8", newline="") as stream:
                table = csv.writer(stream)
                sides = [f"{side}_{name}" for name in ("id", "group", *_SHOWN) for side in ("left", "right")]
                table.writerow(["what", "score", "rule", "reasons", *sides])
                for what, pair in wrong_pairs(pairs, labelled, merge=merge):
                    ends = records[pair.left_id], records[pair.right_id]
                    cells: list[Any] = [end.id for end in ends] + [labelled.groups[end.id] for end in ends]
                    for name in _SHOWN:
                        cells += [
                            "; ".join(end.authors) if name == "authors" else getattr(end, name)
                            for end in ends
                        ]
                    row = [what, pair.score, pair.rule, " · ".join(pair.reasons), *cells]
                    table.writerow([safe_cell(cell) for cell in row])
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror or error}.") from error


def _shown(value: float | int | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:.2%}"
