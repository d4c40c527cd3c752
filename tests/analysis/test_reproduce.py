"""A run as an archive: the same bytes again, and scripts that find the same numbers where R and Python are."""

import hashlib
import io
import json
import shutil
import subprocess
import sys
import zipfile

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from analysis.engine import compute
from analysis.reproduce import About, archive_of, files_of, flat
from analysis.reproduction import reproduction_of
from tests.analysis.engine.cases import PLAN, bcg_rows, sparse_rows

RSCRIPT = shutil.which("Rscript")
MODERATORS = [{"name": "latitude", "type": "number"}, {"name": "allocation", "type": "category"}]


def made(rows, **plan):
    """The files of a run of these rows, and its result."""
    outcome = {"name": "Tuberculosis", "direction": "lower"}
    snapshot = {"plan": PLAN | plan, "outcome": outcome, "rows": rows, "left_out": []}
    result = json.loads(json.dumps(compute(snapshot, lambda *_: None)))
    about = About(
        review="BCG",
        plan="All",
        run=7,
        input_hash="0" * 64,
        engine=result["engine"],
        in_words=["Fewer cases."],
        methods="Pooled.",
    )
    return files_of(snapshot, result, about), result


def unpacked(files, folder):
    for path, body in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(body, encoding="utf-8")
    return folder


def test_numbers_have_one_name_each_and_texts_none():
    found = flat({"a": {"b": 1, "c": None, "d": True, "e": "x"}, "f": [{"g": 2.5, "row": 9}, float("inf")]})
    assert found == {"a.b": 1.0, "f.1.g": 2.5}


def test_the_same_files_are_the_same_bytes_and_the_sums_are_right():
    files = {"b.txt": "zwei\n", "a/c.txt": "drei ü\n"}
    body = archive_of(files)
    assert body == archive_of(dict(reversed(files.items())))
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.namelist() == ["a/c.txt", "b.txt", "SHA256SUMS"]
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        for line in archive.read("SHA256SUMS").decode().splitlines():
            told, path = line.split("  ")
            assert hashlib.sha256(archive.read(path)).hexdigest() == told


def test_labels_that_look_like_formulas_or_hold_quotes_stay_text():
    rows = sparse_rows()
    rows[0]["study"], rows[1]["study"] = "=HYPERLINK(1)", 'Smith, "2001"\nand others'
    files, _ = made(rows, measure="RD", subgroup_by="", tau2_method="DL")
    assert "'=HYPERLINK(1)" in files["data.csv"]
    assert '"Smith, ""2001""\nand others"' in files["data.csv"]


def test_the_engine_in_the_archive_finds_the_same_numbers(tmp_path):
    """In a process that sees the archive only."""
    files, _ = made(bcg_rows(), measure="RR", subgroup_by="allocation", moderators=MODERATORS)
    unpacked(files, tmp_path)
    done = subprocess.run(
        [sys.executable, "-I", "analysis.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(flat(json.loads(files['result.json'])))} of" in done.stdout
    with (tmp_path / "numbers.csv").open("a") as file:
        file.write("pooled.another,1.0\n")
    done = subprocess.run(
        [sys.executable, "-I", "analysis.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, "a number that is not found again is told"
    assert "pooled.another" in done.stdout


#: Without the mixed model of counts, whose fit by metafor takes seconds.
QUICK = ["without_outliers", "estimators", "tests", "common_effect", "measures"]
CASES = {
    "odds ratios, subgroups, moderators": (
        bcg_rows,
        {"measure": "OR", "subgroup_by": "allocation", "moderators": MODERATORS, "prediction": "t(k-2)"}
        | {"sensitivity": QUICK},
    ),
    "few events, Paule-Mandel": (
        sparse_rows,
        {"measure": "OR", "tau2_method": "PM", "test": "adhoc", "sensitivity": QUICK},
    ),
}


@pytest.mark.skipif(RSCRIPT is None, reason="R is not on this machine")
@pytest.mark.parametrize("case", CASES)
def test_r_finds_the_same_numbers(case, tmp_path):
    """metafor, by its own formulas, within 1e-6 (the mixed model of counts, if any, within 1e-3); and nearly all of
    them are found: what is left out is told."""
    has_metafor = subprocess.run([RSCRIPT, "-e", "library(metafor)"], capture_output=True, check=False)
    if has_metafor.returncode:
        pytest.skip("R is here, its package metafor is not")
    rows, plan = CASES[case]
    files, result = made(rows(), **plan)
    unpacked(files, tmp_path)
    done = subprocess.run([RSCRIPT, "analysis.R"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = int(done.stdout.split(" of ")[0])
    assert found > 0.97 * len(flat(result)), done.stdout
    if rows is not sparse_rows:
        return
    lines = (tmp_path / "numbers.csv").read_text().splitlines()
    wrong = [line if not line.startswith("pooled.estimate,") else "pooled.estimate,9.5" for line in lines]
    (tmp_path / "numbers.csv").write_text("\n".join(wrong) + "\n")
    done = subprocess.run([RSCRIPT, "analysis.R"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, "another estimate is noticed"
    assert "DIFFERENT" in done.stdout


@pytest.mark.django_db
def test_a_run_comes_as_an_archive_by_page_program_and_command(run, as_user, ben, tmp_path, capsys):
    found = run()
    name, body = reproduction_of(found)
    assert reproduction_of(found) == (name, body)
    page = as_user(ben).get(f"/reviews/trd/analyses/runs/{found.pk}/reproduce.zip")
    api = as_user(ben).get(f"/api/reviews/trd/runs/{found.pk}/reproduce/")
    assert page.content == api.content == body
    assert name in page["Content-Disposition"]
    out = tmp_path / "run.zip"
    call_command("reproduce", "--run", str(found.pk), "--out", str(out), "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["sha256"] == hashlib.sha256(body).hexdigest()
    assert out.read_bytes() == body
    with zipfile.ZipFile(out) as archive:
        names = archive.namelist()
        assert {"data.csv", "numbers.csv", "analysis.R", "analysis.py", "figures/forest.svg"} <= set(names)
        assert "engine/analysis/engine/__init__.py" in names
        assert "SMD" in archive.read("analysis.R").decode()
        assert "L’Abbé" in archive.read("figures/not-drawn.txt").decode().replace("'", "’"), "means have none"
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("reproduce", "--run", str(found.pk), "--out", str(out))
    with pytest.raises(CommandError, match="no run 9999"):
        call_command("reproduce", "--run", "9999", "--out", str(out))


@pytest.mark.django_db
def test_a_run_without_a_result_has_no_archive(trials, write, ana, as_user):
    from analysis import services

    waiting = services.request_run(plan=write(), by=ana)
    assert as_user(ana).get(f"/reviews/trd/analyses/runs/{waiting.pk}/reproduce.zip").status_code == 404
    answer = as_user(ana).get(f"/api/reviews/trd/runs/{waiting.pk}/reproduce/")
    assert answer.status_code in {404, 409, 422}
