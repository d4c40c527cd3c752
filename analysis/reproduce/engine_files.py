"""The sources of the engine, so that an archive computes without the application. No Django."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START = "analysis.engine"
ROOMS = frozenset(
    {"reviews", "records", "screening", "appraisal", "extraction", "analysis", "certainty", "reporting"}
)


@cache
def engine_files() -> dict[str, str]:
    """{path: source} of every module of ours that the engine needs, and of the packages they are in."""
    found: dict[str, str] = {}
    waiting = [START]
    while waiting:
        name = waiting.pop()
        path = _path(name)
        if path is None or (place := path.relative_to(ROOT).as_posix()) in found:
            continue
        found[place] = path.read_text()
        waiting += _imported(ast.parse(found[place]))
        waiting += [name.rpartition(".")[0]]
    return dict(sorted(found.items()))


def _path(name: str) -> Path | None:
    """The file of a module; None for a name inside one, and for what is not ours."""
    if not name or name.split(".")[0] not in ROOMS:
        return None
    place = ROOT.joinpath(*name.split("."))
    return next((path for path in (place / "__init__.py", place.with_suffix(".py")) if path.is_file()), None)


def _imported(tree: ast.Module) -> list[str]:
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names
