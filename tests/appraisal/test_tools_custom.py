"""Tools built from plain data: they work, and what is wrong with the data is said by place."""

import copy
import json

import pytest

from appraisal.instruments import ToolError, overall, propose, shown, tool_from_data

LOW = {"key": "low", "label": "Low risk", "symbol": "+", "colour": "low"}
HIGH = {"key": "high", "label": "High risk", "symbol": "-", "colour": "high"}
DATA = {
    "key": "own",
    "name": "Our tool",
    "guidance_url": "https://example.org/guide",
    "levels": [LOW, {"key": "mid", "label": "Medium", "symbol": "!", "colour": "moderate"}, HIGH],
    "domains": [
        {
            "key": "D1",
            "label": "Blinding",
            "questions": [
                {"key": "1.1", "text": "Blind?", "options": ["Y", "PY", "N"], "labels": {"Y": "Yes, all"}},
                {
                    "key": "1.2",
                    "text": "Did it matter?",
                    "options": ["Y", "N", "NA"],
                    "shown_when": {"any": [{"question": "1.1", "in": ["N"]}]},
                },
            ],
            "rule": [
                {"when": {"question": "1.1", "in": ["Y"]}, "level": "low"},
                {
                    "when": {"all": [{"question": "1.1", "in": ["N"]}, {"question": "1.2", "in": ["Y"]}]},
                    "level": "high",
                },
                {"when": {"question": "1.1", "in": ["PY"]}, "level": "mid"},
            ],
        },
        {"key": "D2", "label": "Other", "levels": ["low", "high"]},
    ],
    "overall": "worst",
}


def changed(path, value):
    """The data with one place changed; None takes it away."""
    data = copy.deepcopy(DATA)
    *way, last = path
    place = data
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return data


def test_a_tool_is_built_from_json():
    tool = tool_from_data(json.loads(json.dumps(DATA)))
    assert (tool.key, tool.name) == ("own", "Our tool")
    assert [level.key for level in tool.levels_of(tool.domain("D2"))] == ["low", "high"]
    assert tool.question("1.1").choices == (("Y", "Yes, all"), ("PY", "Probably yes"), ("N", "No"))
    assert tool.level("high").robvis == "High risk"


def test_its_questions_branch_and_its_table_is_read_from_the_top():
    tool = tool_from_data(DATA)
    assert shown(tool, {}) == ["1.1"]
    assert shown(tool, {"1.1": "N"}) == ["1.1", "1.2"]
    found = {
        key: propose(tool, answers)["D1"].level
        for key, answers in {
            "yes": {"1.1": "Y"},
            "probably": {"1.1": "PY"},
            "matters": {"1.1": "N", "1.2": "Y"},
            "no row": {"1.1": "N", "1.2": "NA"},
            "open": {"1.1": "N"},
        }.items()
    }
    assert found == {"yes": "low", "probably": "mid", "matters": "high", "no row": None, "open": None}
    assert propose(tool, {"1.1": "N"})["D1"].missing == ("1.2",)
    assert "judge it" in propose(tool, {"1.1": "N", "1.2": "N"})["D1"].why


def test_overall_is_worst_of_a_table_or_none():
    worst = tool_from_data(DATA)
    assert overall(worst, {"D1": "mid", "D2": "low"}).level == "mid"
    assert overall(worst, {"D1": "low", "D2": "high"}).level == "high"
    assert overall(worst, {"D1": "low", "D2": "low"}).level == "low"
    none = tool_from_data(changed(["overall"], "none"))
    assert overall(none, {"D1": "mid", "D2": "low"}).level is None
    rows = [{"when": {"domain": "D1", "in": ["mid", "high"]}, "level": "high"}, {"level": "low"}]
    by_table = tool_from_data(changed(["overall"], rows))
    assert overall(by_table, {"D1": "mid", "D2": "low"}).level == "high"
    assert overall(by_table, {"D1": "low", "D2": "high"}).level == "low"
    assert overall(by_table, {"D1": "low"}).missing == ("D2",)


Q, RULE = ["domains", 0, "questions"], ["domains", 0, "rule"]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["key"], None, r"The tool: 'key' is missing"),
        (["key"], "x" * 31, r"'key' has 31 characters; 30 are allowed"),
        (["name"], " ", r"The tool: 'name' is missing"),
        (["levels"], [LOW], r"'levels' needs two levels"),
        (["levels"], "low", r"levels: a list is needed"),
        (["levels", 2, "key"], "low", r"levels: the key 'low' is used twice"),
        (["levels", 2, "symbol"], "+", r"levels: the symbol '\+' is used twice"),
        (["levels", 0, "symbol"], "low", r"levels\[0\]: 'symbol' has 3 characters; 2 are allowed"),
        (["levels", 1, "colour"], "pink", r"levels\[1\]\.colour: 'pink' is not a colour\. Colours: low,"),
        (["levels", 1], 3, r"levels\[1\]: an object with named entries is needed, not int"),
        (["domains"], [], r"'domains' needs one domain"),
        (["domains", 1, "key"], "D1", r"domains: the key 'D1' is used twice"),
        (["domains", 1, "levels"], ["low", "awful"], r"domains\[1\]\.levels: 'awful' is not a level"),
        (["domains", 1, "levels"], ["low"], r"domains\[1\]\.levels: give two levels"),
        ([*Q, 0, "text"], None, r"domains\[0\]\.questions\[0\]: 'text' is missing"),
        ([*Q, 0, "options"], ["Y"], r"questions\[0\]\.options: give two different answers"),
        ([*Q, 0, "options"], ["Y", "Y"], r"options: give two different answers"),
        ([*Q, 0, "options"], "YN", r"options: a list of texts is needed"),
        ([*Q, 0, "labels"], {"Z": "?"}, r"labels: 'Z' is not an answer"),
        ([*Q, 1, "key"], "1.1", r"questions\[1\]\.key: there is a question '1\.1' already"),
        (
            [*Q, 0, "shown_when"],
            {"question": "1.2", "in": ["Y"]},
            r"'1\.2' is not a question that can be asked",
        ),
        (
            [*Q, 1, "shown_when"],
            {"question": "1.1", "in": ["NI"]},
            r"shown_when\.in: 'NI' is no value of 1\.1",
        ),
        ([*Q, 1, "shown_when"], {"question": "1.1", "in": []}, r"shown_when\.in: 'in' is empty"),
        ([*Q, 1, "shown_when"], {"all": []}, r"shown_when\.all: write a list of conditions"),
        ([*Q, 1, "shown_when"], {"question": "1.1"}, r"a condition has 'question' and 'in'"),
        ([*Q, 1, "shown_when"], "1.1", r"shown_when: an object with named entries is needed, not str"),
        (RULE, "low", r"domains\[0\]\.rule: a rule is a list of rows"),
        ([*RULE, 0, "level"], "awful", r"rule\[0\]\.level: 'awful' is not a level here"),
        ([*RULE, 0, "when"], None, r"rule\[0\]: a row without 'when' always holds, so it must be the last"),
        (["overall"], "best", r'overall: write "worst", "none" or a list of rows'),
        (["overall"], [{"when": {"domain": "D9", "in": ["low"]}, "level": "low"}], r"'D9' is not a domain"),
        (["guidance_url"], "javascript:alert(1)", r"'guidance_url' must begin with https://"),
    ],
)
def test_what_is_wrong_is_said_by_place(path, value, message):
    with pytest.raises(ToolError, match=message):
        tool_from_data(changed(path, value))


@pytest.mark.parametrize("data", [None, [], "tool", 3])
def test_a_tool_is_an_object(data):
    with pytest.raises(ToolError, match="The tool: an object"):
        tool_from_data(data)


def test_conditions_nested_without_end_are_refused():
    nested = {"question": "1.1", "in": ["Y"]}
    for _ in range(500):
        nested = {"all": [nested]}
    data = changed([*Q, 1, "shown_when"], "")
    data["domains"][0]["questions"][1]["shown_when"] = nested
    with pytest.raises(ToolError, match="nested 10 deep"):
        tool_from_data(data)


def test_questions_without_options_take_the_common_scale():
    tool = tool_from_data(changed([*Q, 0, "options"], None) | {"overall": "none"})
    assert tool.question("1.1").options == ("Y", "PY", "PN", "N", "NI")
