"""A CSV of trials in, a pooled result out; bad files get a sentence with file, line and column."""

import json

import pytest

from analysis import stats
from analysis.pooling_file import PoolingFileError, as_text, pool_file

SMD = """study,m1i,sd1i,n1i,m2i,sd2i,n2i,yi,sei,therapy
Ito 2001,10,2,20,9,2.1,22,,,talk
Berg 2004,11,2,30,9.5,2,31,,,talk
"Roth, A 2010",,,,,,,0.5,0.2,drug
Diaz 2012,,2,20,9,2,20,,,drug
"""


@pytest.fixture
def write(tmp_path):
    def _write(text, name="trials.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return _write


def test_it_pools_and_lists_what_was_left_out(write):
    result = pool_file(write(SMD), measure="smd").to_dict()
    expected = stats.effect_sizes(
        "SMD", m1i=[10, 11], sd1i=[2, 2], n1i=[20, 30], m2i=[9, 9.5], sd2i=[2.1, 2], n2i=[22, 31]
    )
    three = stats.effect_sizes("SMD", yi=[*expected.yi, 0.5], vi=[*expected.vi, 0.04])
    pooled = stats.pool(three).to_dict()
    assert {key: result[key] for key in pooled} == pytest.approx(pooled)
    assert list(result) == [*stats.Pooled.KEYS, "dropped"]
    assert result["dropped"] == [{"line": 5, "study": "Diaz 2012", "reason": "m1i is missing."}]


def test_subgroups_and_a_lonely_trial(write):
    result = pool_file(write(SMD), measure="SMD", by="therapy").to_dict()
    drug, talk = result["subgroups"]["groups"]
    assert (drug["name"], drug["k"]) == ("drug", 1)
    assert drug["note"] == "One study: not pooled, its own effect is shown."
    assert talk["k"] == 2
    assert result["subgroups"]["q_between_df"] == 1
    json.dumps(result, allow_nan=False)


def test_a_row_without_a_subgroup_is_pooled_but_named(write):
    text = "study,yi,vi,g\nA,0.1,0.1,x\nB,0.2,0.1,\nC,0.4,0.1,y\n"
    result = pool_file(write(text), measure="GEN", by="g")
    assert result.pooled.k == 3
    assert [(row.line, row.reason) for row in result.dropped] == [
        (3, "g is blank: left out of the subgroups only.")
    ]


def test_text_output_names_everything(write):
    text = as_text(pool_file(write(SMD), measure="SMD", by="therapy", test="knha"))
    for part in (
        "3 of 4 rows",
        "95 % CI",
        "tau2",
        "Subgroups",
        "One study",
        "line 5, Diaz 2012: m1i is missing.",
    ):
        assert part in text
    ratio = as_text(pool_file(write("yi,vi\n0.1,0.1\n0.2,0.2\n"), measure="OR"))
    assert "odds ratio" in ratio


@pytest.mark.parametrize(
    "text",
    [
        "yi;vi\n0.1;0.1\n0.3;0.2\n",
        "yi\tvi\n0.1\t0.1\n0.3\t0.2\n",
        "\ufeffyi,vi\r\n0.1,0.1\r\n\r\n0.3,0.2\r\n",
    ],
)
def test_semicolons_tabs_and_marks_of_spreadsheets(write, text):
    assert pool_file(write(text), measure="GEN").pooled.k == 2


def test_lines_are_counted_as_in_the_file(write):
    text = 'study,yi,vi\n"A\nB",0.1,0.1\n\nC,x,0.1\n'
    with pytest.raises(PoolingFileError, match=r"trials\.csv, line 5, column yi: 'x' is not a number"):
        pool_file(write(text), measure="GEN")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "trials.csv is empty; the first line must name the columns"),
        ("yi,vi\n", "has column names but no rows"),
        ("yi,yi\n1,2\n", "line 1: the column 'yi' stands there twice"),
        ("yi,vi\n1,2,3\n", "line 2: there are 3 cells under 2 columns"),
        ("yi,vi\n0.1,abc\n", "line 2, column vi: 'abc' is not a number. Correct the cell"),
        (
            'yi;vi\n"0,1";0.2\n',
            "line 2, column yi: '0,1' is not a number. Write decimals with a point and thousands without",
        ),
        ("yi,vi\n0.1,0.1\n0.2,-0.1\n", "trials.csv, line 3: vi is -0.1, but it is a sampling variance"),
        ("yi,vi\n0.1,inf\n", "trials.csv, line 2: vi is infinite"),
        (
            "a,b\n1,2\n",
            "GEN needs the columns yi vi or yi sei; given: none. The columns of the file are a, b.",
        ),
        ("yi,vi\n5%,2\n", "'5%' is not a number. Write 20 % as 0.2. Correct the cell"),
        ("yi,vi\n\u22120.5,2\n", "Write the minus sign as a hyphen."),
        ('study,yi,vi\nA,0.1,0.2\n"B,0.1,0.2\nC,0.3,0.1\n', "line 3: this row cannot be read as CSV"),
        ('yi,vi,note\n0.1,0.2,"a"b\n', "line 2: this row cannot be read as CSV"),
        ("yi,vi\n1_0,2\n", "line 2, column yi: '1_0' is not a number"),
        ("yi,vi\n,\nNA,0.2\n", "None of the 1 rows"),
        ("yi,vi\n0.1,0\n0.2,0.1\n", "A sampling variance is zero"),
    ],
)
def test_bad_files_get_a_sentence(write, text, sentence):
    with pytest.raises(PoolingFileError) as caught:
        pool_file(write(text), measure="GEN")
    assert sentence in str(caught.value)


def test_files_that_are_not_tables(write, tmp_path):
    with pytest.raises(PoolingFileError, match="There is no file"):
        pool_file(tmp_path / "absent.csv", measure="GEN")
    with pytest.raises(PoolingFileError, match="cannot be read"):
        pool_file(tmp_path, measure="GEN")
    with pytest.raises(PoolingFileError, match="not UTF-8"):
        pool_file(write("study,yi\nGiguère,1\n", encoding="latin-1"), measure="GEN")
    with pytest.raises(PoolingFileError, match="not a text file"):
        pool_file(write("PK\0\0"), measure="GEN")


def test_unknown_choices(write):
    path = write("yi,vi\n0.1,0.1\n0.2,0.2\n")
    with pytest.raises(
        PoolingFileError, match=r"no column 'therapy' to form subgroups by\. Its columns are yi, vi"
    ):
        pool_file(path, measure="GEN", by="therapy")
    with pytest.raises(PoolingFileError, match="no effect measure 'XX'"):
        pool_file(path, measure="XX")
    with pytest.raises(PoolingFileError, match="no between-study variance estimator 'XX'"):
        pool_file(path, measure="GEN", tau2="XX")
    with pytest.raises(PoolingFileError, match="no test 'XX'"):
        pool_file(path, measure="GEN", test="XX")
