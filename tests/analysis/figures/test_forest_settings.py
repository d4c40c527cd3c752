"""The settings of a forest plot: read, kept, and refused with a sentence."""

import json
import math
from dataclasses import fields
from pathlib import Path

import pytest

from analysis.figures.forest_settings import (
    EXTRA_COLUMNS,
    RAW_DATA,
    SORTS,
    STYLES,
    WIDTHS,
    ForestSettings,
    SettingsError,
)

PAGE = Path(__file__).resolve().parents[3] / "docs" / "forest-plot.md"


def test_nothing_given_is_the_figure_as_it_is_at_first():
    assert ForestSettings.read({}) == ForestSettings()
    assert ForestSettings.read({"style": "", "axis_from": None}).to_dict() == {}


def test_json_and_typed_text_read_the_same_and_come_back_as_json():
    typed = {"style": "jama", "ticks": "2; 0.5, 1", "columns": "year, dose", "weights": "no", "decimals": "3"}
    data = {
        "style": "jama",
        "ticks": [0.5, 1, 2],
        "columns": ["year", "dose"],
        "weights": False,
        "decimals": 3,
    }
    settings = ForestSettings.read(typed)
    assert settings == ForestSettings.read(data)
    assert settings.to_dict() == {**data, "ticks": [0.5, 1.0, 2.0]}
    assert ForestSettings.read(json.loads(json.dumps(settings.to_dict()))) == settings


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"colour": "red"}, "colour", "“colour” is no setting of a forest plot. There are style, width"),
        ({"style": "lancet"}, "style", "Choose ours, revman, jama or bmj"),
        ({"style": ["ours"]}, "style", "Choose ours"),
        ({"sort": "size"}, "sort", "Choose order, year, effect"),
        ({"weights": "perhaps"}, "weights", "Say yes or no"),
        ({"axis_from": "low"}, "axis_from", "“low” is no number"),
        ({"axis_to": math.inf}, "axis_to", "is no number"),
        ({"axis_from": 2, "axis_to": -1}, "axis_to", "cannot run from 2 to -1"),
        ({"font_size": 40}, "font_size", "a size in points from 5 to 20"),
        ({"decimals": 1.5}, "decimals", "a whole number from 0 to 6"),
        ({"decimals": True}, "decimals", "is no number"),
        ({"ticks": list(range(40))}, "ticks", "40 ticks are too many"),
        ({"columns": {"a": 1}}, "columns", "Give a list"),
        ({"label_left": 3}, "label_left", "Write some words"),
        ({"label_right": "x" * 200}, "label_right", "200 letters; 100 is the most"),
    ],
)
def test_what_cannot_be_is_refused_naming_the_setting(given, field, sentence):
    with pytest.raises(SettingsError) as refused:
        ForestSettings.read(given)
    assert refused.value.field == field
    assert sentence in str(refused.value)


def test_ratios_are_placed_by_their_logarithm():
    settings = ForestSettings.read({"axis_from": 0.5, "axis_to": 4, "ticks": [1, 2], "null_at": 1.25})
    assert settings.axis_limits(log=True) == pytest.approx((math.log(0.5), math.log(4)))
    assert settings.axis_limits(log=False) == (0.5, 4)
    assert settings.axis_ticks(log=True) == pytest.approx((0, math.log(2)))
    assert settings.null_value(0.0, log=True) == pytest.approx(math.log(1.25))
    assert ForestSettings().null_value(0.0, log=True) == 0
    assert ForestSettings.read({"null_line": False}).null_value(0.0, log=True) is None


def test_values_an_axis_of_ratios_cannot_show_are_refused_when_typed_and_passed_over_when_kept():
    settings = ForestSettings.read({"axis_from": -1, "axis_to": 4, "ticks": [-1, 2]})
    with pytest.raises(SettingsError, match="above 0") as refused:
        settings.check_axis(log=True)
    assert refused.value.field == "axis_from"
    settings.check_axis(log=False)
    kept = settings.on_axis(log=True)
    assert (kept.axis_from, kept.axis_to, kept.ticks) == (None, 4, (2,))
    assert settings.on_axis(log=False) is settings


def test_every_setting_and_every_choice_is_documented():
    page = PAGE.read_text()
    names = [field.name for field in fields(ForestSettings)]
    choices = [*STYLES, *WIDTHS, *SORTS, *RAW_DATA, *EXTRA_COLUMNS]
    assert [name for name in [*names, *choices] if f"`{name}`" not in page] == []
