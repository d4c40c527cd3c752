"""The documents name everything a person may choose, and their examples are what comes out."""

import csv
import json
import re
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command, get_commands, load_command_class
from django.core.management.base import BaseCommand

from analysis.stats import ESTIMATORS, MEASURES, TESTS
from appraisal.instruments import INSTRUMENTS
from records.formats import FORMATS
from records.models import Search
from reporting.diagram_files import FORMATS as FLOW_FILES
from reporting.exports import EXPORTS
from reviewapp.api import router

DOCS = settings.BASE_DIR / "docs"
COMMANDS = (DOCS / "commands.md").read_text(encoding="utf-8")
API = (DOCS / "api.md").read_text(encoding="utf-8")
STATISTICS = (DOCS / "statistics.md").read_text(encoding="utf-8")
OURS = sorted(name for name, app in get_commands().items() if app in {"reviewapp", *settings.ROOMS})
JSON_BLOCK = re.compile(r"```json\n(.*?)```", re.DOTALL)


def section(name: str) -> str:
    """What docs/commands.md says under the heading of a command."""
    found = re.search(rf"^## `{name}`\n(.*?)(?=^## |\Z)", COMMANDS, re.DOTALL | re.MULTILINE)
    assert found, f"docs/commands.md has no section for {name}"
    return found[1]


def options_of(name: str) -> set[str]:
    """The options of one of our commands that Django's other commands do not have."""
    parsers = [load_command_class(get_commands()[name], name), BaseCommand()]
    ours, everybodys = (
        {
            option
            for action in command.create_parser("manage.py", name)._actions
            for option in action.option_strings
        }
        for command in parsers
    )
    return ours - everybodys


def test_these_are_our_commands():
    assert {"demo", "import_records", "deduplicate", "pool", "prisma", "export", "backup"} <= set(OURS)


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_documented_with_its_options_and_its_json(name):
    said, options = section(name), options_of(name)
    assert f"[`{name}`](#{name})" in COMMANDS
    missing = {option for option in options - {"--json"} if not re.search(rf"{option}\b", said)}
    assert missing == set()
    if "--json" in options:
        assert re.search(rf"^    manage.py {name} .*--json$", said, re.MULTILINE)
        assert all(json.loads(block) for block in JSON_BLOCK.findall(said))
        assert JSON_BLOCK.search(said)


def test_every_command_but_the_server_speaks_json():
    assert {name for name in OURS if "--json" not in options_of(name)} == {"up"}


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_has_its_row(measure):
    assert f"\n| {measure} | " in STATISTICS


def test_every_estimator_and_test_is_named():
    pooling = STATISTICS.split("## Pooling\n")[1].split("\n## ")[0]
    estimators, tests = (
        pooling.split("**τ²**")[1].split("**Several")[0],
        pooling.split("**Tests**")[1].split("**")[0],
    )
    assert [name for name in ESTIMATORS if not re.search(rf"\b{name}\b", estimators)] == []
    assert [name for name in TESTS if not re.search(rf"\b{name}\b", tests)] == []


@pytest.mark.parametrize(
    ("command", "choices"),
    [
        ("import_records", FORMATS),
        ("import_records", Search.SourceType.values),
        ("import_assessments", INSTRUMENTS),
        ("prisma", FLOW_FILES),
        ("export", EXPORTS),
        ("export", {form for export in EXPORTS.values() for form in export.formats}),
    ],
    ids=["import formats", "source types", "instruments", "figures", "exports", "export formats"],
)
def test_every_choice_is_named(command, choices):
    said = section(command)
    assert choices
    assert [choice for choice in choices if f"`{choice}`" not in said] == []


def test_the_pooled_example_is_what_comes_out(tmp_path):
    said = section("pool")
    table = tmp_path / "trials.csv"
    table.write_text(re.search(r"```csv\n(.*?)```", said, re.DOTALL)[1], encoding="utf-8")
    assert len(list(csv.reader(table.open()))) == 4
    out = StringIO()
    call_command("pool", str(table), "--measure", "SMD", "--json", stdout=out)
    (documented,) = JSON_BLOCK.findall(said)
    printed = json.loads(out.getvalue())
    assert list(printed) == list(json.loads(documented))
    for key, value in json.loads(documented).items():
        assert printed[key] == (pytest.approx(value) if isinstance(value, float) else value), key


def test_every_list_of_the_api_is_named():
    lists = {prefix.split("/")[-1] for prefix, _, _ in router.registry} - {"reviews"}
    assert len(lists) > 20
    assert [name for name in sorted(lists) if f"`{name}`" not in API] == []
    assert all(json.loads(block) for block in JSON_BLOCK.findall(API))


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(page: Path):
    targets = re.findall(r"\]\((?!https?:|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []
