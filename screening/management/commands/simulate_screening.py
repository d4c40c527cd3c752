"""Screen a labelled set again in the order of the model, and tell what it would have saved."""

import csv
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

#: The figures of the JSON in the words of the table.
ROWS = (
    ("n", "Records read (priors left out)", "{:d}"),
    ("included", "Included among them", "{:d}"),
    ("wss95", "Work saved at 95 % recall (WSS@95)", "{:.1f} %"),
    ("wss100", "Work saved at 100 % recall (WSS@100)", "{:.1f} %"),
    ("recall_at_10", "Recall after 10 % of the records", "{:.1f} %"),
    ("recall_at_20", "Recall after 20 % of the records", "{:.1f} %"),
    ("n95", "Records read for 95 % recall", "{:d}"),
    ("atd", "Average place of an included record (ATD)", "{:.1f} %"),
)


class Command(BaseCommand):
    help = (
        "Read a labelled CSV (columns title, abstract, label_included) in the order of the model, which learns on "
        "the way: work saved, recall, and where each stopping rule would have stopped. Needs no database."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "labelled", metavar="LABELLED.csv", help="One record a line; '-' reads the input."
        )
        parser.add_argument("--seed", type=int, default=0, help="Draws the priors and the like (0).")
        parser.add_argument("--prior-included", type=int, default=1, metavar="N", help="Known includes (1).")
        parser.add_argument("--prior-excluded", type=int, default=1, metavar="N", help="Known excludes (1).")
        parser.add_argument(
            "--priors", metavar="ID,ID", help="Ids of the known records, instead of drawn ones."
        )
        parser.add_argument("--order", metavar="FILE.csv", help="Write the order in which records were read.")
        parser.add_argument("--json", action="store_true", help="Print machine-readable output.")

    def handle(self, *args: Any, **options: Any) -> None:
        # numpy and scipy take a third of a second: only this command needs them
        from screening.priority.labelled import read_labelled
        from screening.priority.simulate import simulate

        name, began = options["labelled"], time.perf_counter()
        _check_numbers(options)
        try:
            labelled = read_labelled(_bytes(name))
            given = None
            if options["priors"] is not None:
                given = labelled.places(
                    [part.strip() for part in options["priors"].split(",") if part.strip()]
                )
            found = simulate(
                labelled.titles,
                labelled.abstracts,
                labelled.labels,
                seed=options["seed"],
                priors=given,
                prior_included=options["prior_included"],
                prior_excluded=options["prior_excluded"],
            )
        except ValueError as error:  # BadTable is one
            raise CommandError(f"{name}: {error}") from error
        priors = [labelled.ids[row] for row in found.priors]
        if options["order"]:
            _write_order(options["order"], found.order, len(priors), labelled.ids, labelled.labels)
        data = found.to_dict() | {
            "seconds": round(time.perf_counter() - began, 3),
            "priors": priors,
            "seed": options["seed"],
            "notes": labelled.notes,
        }
        self.stdout.write(json.dumps(data) if options["json"] else "\n".join(_table(data)))


def _check_numbers(options: dict[str, Any]) -> None:
    for name in ("seed", "prior_included", "prior_excluded"):
        if options[name] < 0:
            raise CommandError(f"--{name.replace('_', '-')} must be 0 or more, not {options[name]}.")


def _bytes(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror or error}.") from error


def _write_order(name: str, order: Sequence[int], priors: int, ids: list[str], labels: list[int]) -> None:
    try:
        with Path(name).open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["order", "record_id", "label", "prior"])
            for place, row in enumerate(order):
                rows.writerow([place, ids[row], labels[row], int(place < priors)])
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror or error}.") from error


def _table(data: dict[str, Any]) -> list[str]:
    """The same for people."""
    lines = list(data["notes"])
    lines += [f"Known at the start: {', '.join(data['priors']) or 'nothing'} (seed {data['seed']})."]
    lines += [f"{words:<44}{pattern.format(data[key]):>10}" for key, words, pattern in ROWS]
    lines += ["", f"{'Stopping rule':<44}{'stops after':>12}{'recall':>10}"]
    for rule, stop in data["stops"].items():
        after = "never" if stop["stopped_at"] is None else str(stop["stopped_at"])
        lines.append(f"{rule.replace('_', ' '):<44}{after:>12}{stop['recall']:>8.1f} %")
    return [*lines, "", f"{data['model']}; {data['seconds']:.1f} seconds."]
