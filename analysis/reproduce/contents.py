"""What goes into the archive of a run, as texts. No Django."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis.engine import row_key
from analysis.reproduce.engine_files import engine_files
from analysis.reproduce.numbers import flat
from analysis.reproduce.r_script import FILES, r_script
from reviews.safe_csv import safe_cell

Data = Mapping[str, Any]
#: First in data.csv; the numbers of every kind of result follow, then subgroup and moderators.
FIRST = ("row", "study", "kind", "scale", "time_point", "experimental", "comparator")
#: Not columns of data.csv: inside them is more than a number or a word, or they stand in columns of their own.
ASIDE = frozenset({*FIRST, "moderators", "risk", "converted", "treatments"})


@dataclass(frozen=True, kw_only=True)
class About:
    """What the archive says of the run beside its numbers; ``figures``: {file name: text}."""

    review: str
    plan: str
    run: int
    input_hash: str
    engine: str
    in_words: Sequence[str]
    methods: str
    figures: Mapping[str, str] = field(default_factory=dict)


def files_of(snapshot: Data, result: Data, about: About) -> dict[str, str]:
    """{path: text}: data, numbers, scripts, engine, figures, and how to use them."""
    with_r = (snapshot["plan"].get("kind") or "pairwise") == "pairwise"
    files = {
        "README.txt": _readme(about, with_r),
        "Makefile": _makefile(with_r),
        "snapshot.json": _json(snapshot),
        "result.json": _json(result),
        "data.csv": _table(*_data(snapshot)),
        "numbers.csv": _table(
            ["name", "value"], ([name, repr(value)] for name, value in flat(result).items())
        ),
        "versions.json": _json({"engine": about.engine, "input_hash": about.input_hash, "run": about.run}),
        "analysis.py": (FILES / "analysis.py.txt").read_text(),
        "requirements.txt": _requirements(about.engine),
        **{f"engine/{path}": source for path, source in engine_files().items()},
        **{f"figures/{name}": svg for name, svg in about.figures.items()},
    }
    if with_r:
        functions = (FILES / "functions.R").read_text() + "\n" + (FILES / "tests.R").read_text()
        files |= {"analysis.R": r_script(snapshot, result), "functions.R": functions}
    return files


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def _data(snapshot: Data) -> tuple[list[str], Iterator[list[Any]]]:
    """data.csv: a line per row of the snapshot. Moderators stand in moderator_1 ... in the order of the plan."""
    rows = snapshot["rows"]
    more = list(dict.fromkeys(name for row in rows for name in row if name not in ASIDE))
    moderators = [one["name"] for one in snapshot["plan"].get("moderators") or []]
    header = [*FIRST, *more, *(f"moderator_{number}" for number in range(1, len(moderators) + 1))]

    def lines() -> Iterator[list[Any]]:
        for row in rows:
            values = [row_key(row), *(row.get(name) for name in FIRST[1:]), *(row.get(name) for name in more)]
            known = row.get("moderators") or {}
            yield [_cell(value) for value in [*values, *(known.get(name) for name in moderators)]]

    return header, lines()


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _table(header: Sequence[str], lines: Any) -> str:
    """CSV without the mark of spreadsheets, which R would take for a part of the first name."""
    return "".join(_line(line) for line in [header, *lines])


def _line(cells: Sequence[Any]) -> str:
    return ",".join(_quoted(safe_cell("" if cell is None else cell)) for cell in cells) + "\n"


def _quoted(value: Any) -> str:
    word = str(value)
    return '"' + word.replace('"', '""') + '"' if any(mark in word for mark in ',"\r\n') else word


def _makefile(with_r: bool) -> str:
    lines = [
        "# make reproduce: computes the run again, with R and with Python, and compares",
        ".PHONY: reproduce check",
        "",
        "reproduce: check",
        *(["\tRscript analysis.R"] if with_r else []),
        "\tpython3 analysis.py",
        "",
        "check:",
        "\tsha256sum --check --quiet SHA256SUMS",
    ]
    return "\n".join(lines) + "\n"


def _requirements(engine: str) -> str:
    """What the engine needs, in the versions that computed the run: of 'engine 2, numpy 2.1, scipy 1.14'."""
    named = [part.strip().split(" ") for part in engine.split(",")[1:]]
    return "".join(f"{one[0]}=={one[1]}\n" for one in named if len(one) == 2)


def _readme(about: About, with_r: bool) -> str:
    words = "\n".join(f"  {sentence}" for sentence in about.in_words)
    r = (FILES / "readme_r.txt").read_text() if with_r else ""
    return (
        (FILES / "readme.txt")
        .read_text()
        .format(
            review=about.review,
            plan=about.plan,
            run=about.run,
            engine=about.engine,
            hash=about.input_hash,
            words=words,
            methods=about.methods,
            r=r,
        )
    )
