"""manage.py pool: thin over analysis.pooling_file, so what is tested here is the doorway."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from analysis import stats


@pytest.fixture
def trials(tmp_path):
    path = tmp_path / "trials.csv"
    path.write_text(
        "study,ai,n1i,ci,n2i,site\nA,12,100,24,100,x\nB,5,50,9,52,x\nC,3,40,,41,y\nD,2,30,6,31,y\n"
    )
    return str(path)


def run(*args, **options):
    out = StringIO()
    call_command("pool", *args, stdout=out, **options)
    return out.getvalue()


def test_json_has_the_promised_keys(trials):
    result = json.loads(
        run(trials, "--measure", "OR", "--tau2", "DL", "--test", "knha", "--level", "90", "--json")
    )
    effects = stats.effect_sizes("OR", ai=[12, 5, 2], n1i=[100, 50, 30], ci=[24, 9, 6], n2i=[100, 52, 31])
    pooled = stats.pool(effects, tau2="DL", test="knha", level=0.9).to_dict()
    assert list(result) == [*pooled, "dropped"]
    assert {name: result[name] for name in pooled} == pytest.approx(pooled)
    assert result["dropped"] == [{"line": 4, "study": "C", "reason": "ci is missing."}]


def test_subgroups_in_json_and_text(trials):
    result = json.loads(run(trials, measure="OR", by="site", json=True))
    assert [group["k"] for group in result["subgroups"]["groups"]] == [2, 1]
    assert "One study" in run(trials, measure="OR", by="site")


def test_bad_input_is_a_sentence(trials, tmp_path):
    with pytest.raises(CommandError, match=r"trials\.csv: SMD needs the columns"):
        run(trials, "--measure", "SMD")
    for level in ("0", "0.95", "100", "nan", "-5"):
        with pytest.raises(CommandError, match=r"--level is .* such as 95"):
            run(trials, "--measure", "OR", "--level", level)
    with pytest.raises(CommandError, match="zero is larger than 50 MB"):
        run("/dev/zero", "--measure", "OR")
    with pytest.raises(CommandError, match="There is no file"):
        run(str(tmp_path / "absent.csv"), "--measure", "OR")
