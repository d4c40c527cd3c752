"""A room looks upstream only; the quiet corners import without Django."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: What each room may import, besides itself. Neighbours (appraisal, extraction) do not see each other.
UPSTREAM = {
    "reviews": set(),
    "records": {"reviews"},
    "screening": {"reviews", "records"},
    "appraisal": {"reviews", "records", "screening"},
    "extraction": {"reviews", "records", "screening"},
    "analysis": {"reviews", "records", "screening", "appraisal", "extraction"},
    "certainty": {"reviews", "records", "screening", "appraisal", "extraction", "analysis"},
    "reporting": {"reviews", "records", "screening", "appraisal", "extraction", "analysis", "certainty"},
}
QUIET_CORNERS = [
    "reviews.permissions",
    "reviews.figures.layout",
    "reviews.figures.metrics",
    "reviews.figures.shapes",
    "records.formats",
    "records.dedup",
    "records.sources",
    "screening.rules",
    "screening.agreement",
    "screening.criteria",
    "screening.priority.simulate, screening.priority.labelled, screening.priority.cold_start, "
    "screening.priority.explain, screening.priority.estimates, screening.priority.elusion, "
    "screening.priority.design, screening.priority.second",
    # and what they share: features, model, balance, solver, strategy, metrics, stopping
    "screening.priority.simulate, screening.priority.cold_start, screening.priority.explain",
    "appraisal.instruments",
    "appraisal.ordinal",
    "appraisal.tool_rows",
    "appraisal.figures",
    "extraction.checks",
    "extraction.comparing",
    "extraction.conversions",
    "extraction.digitised",
    "extraction.suggesting",
    "extraction.form_schema",
    "certainty.grade, certainty.grade.from_run, certainty.grade.mid, certainty.grade.differing",
    "certainty.grade.absolute",
    "certainty.grade.statements",
    "certainty.wording",
    "analysis.stats",
    "analysis.wording",  # and what it imports: analysis.engine, analysis.risk_levels
    "analysis.multi_arm",
    "analysis.selection",
    "analysis.moderator_values",
    "analysis.explorations",
    "analysis.figures.catalogue",
    "analysis.figures.forest",
    # and what they share: plot_frame, plot_settings, scatter, labels, symbols, interval_rows
    "analysis.figures.funnel, analysis.figures.baujat, analysis.figures.galbraith, analysis.figures.labbe, "
    "analysis.figures.bubble, analysis.figures.drapery, analysis.figures.leave_one_out, analysis.figures.cumulative",
    "reporting.flow",
    "reporting.tally",
    "reporting.checklists",
    "reporting.report.outline, reporting.report.wording, reporting.citing",
    "reviews.documents.packages, reviews.documents.word_table",
    "reporting.what_changed",
    "reporting.prisma2020",
]


def imported_rooms(path: Path) -> set[str]:
    """The rooms a module imports, wherever in the file it does so."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names & (set(UPSTREAM) | {"reviewapp"})


@pytest.mark.parametrize("room", UPSTREAM)
def test_room_looks_upstream_only(room):
    wrong = [
        f"{path.relative_to(ROOT)} imports {', '.join(sorted(downstream))}"
        for path in sorted((ROOT / room).rglob("*.py"))
        if (downstream := imported_rooms(path) - UPSTREAM[room] - {room})
    ]
    assert wrong == []


@pytest.mark.parametrize("module", QUIET_CORNERS)
def test_quiet_corner_imports_without_django(module):
    code = (
        "import sys, importlib.abc\n"
        "class Blocked(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in {'django', 'celery', 'rest_framework'}:\n"
        "            raise ImportError(name + ' is blocked')\n"
        "sys.meta_path.insert(0, Blocked())\n"
        f"import {module}\n"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_the_layers_test_sees_a_wrong_import(tmp_path):
    file = tmp_path / "late.py"
    file.write_text("def f():\n    from reporting import prisma\n    return prisma\n")
    assert imported_rooms(file) == {"reporting"}
