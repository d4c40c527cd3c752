"""What the settings of a forest plot do to it: styles, order, columns, labels, axis; its form and its table."""

import json
import math

import pytest
from django.http import QueryDict

from analysis.drawings.forest import DRAWING, forest_of, text, why_not
from analysis.drawings.forest_form import ForestForm
from analysis.figures.forest_settings import ForestSettings
from reviews.figures.layout import LayoutError, Line, Polygon, Rect, Text
from reviews.figures.render import render_svg
from tests.analysis.drawings.forest_runs import judged, result_of, run, snapshot, study
from tests.geometry import group, texts, untidiness


@pytest.fixture(scope="module")
def means():
    return run(6)


@pytest.fixture(scope="module")
def grouped():
    return run(9, groups=True)


@pytest.fixture(scope="module")
def events():
    return run(6, "events", "OR")


def draw(made, risk=None, address=None, **settings):
    return forest_of(*made, settings, risk=risk, address=address)


def place(figure, wanted):
    """The first text that is this."""
    return next(s for s in figure.walk() if isinstance(s, Text) and s.text == wanted)


def tick(figure, wanted):
    """The label of a tick, below the axis."""
    below = axis_line(figure).y1
    return next(s for s in figure.walk() if isinstance(s, Text) and s.text == wanted and s.y > below)


def order(figure):
    """Labels of the studies from top to bottom."""
    rows = [one for one in figure.groups() if "-row-" in one.id]
    return [next(s.text for s in one.items if isinstance(s, Text)) for one in rows]


def fills(figure):
    return {s.fill for s in figure.walk() if isinstance(s, Rect) and ":" in s.title}


def axis_line(figure):
    """The axis: the lowest level line of the plot."""
    level = [s for s in figure.walk() if isinstance(s, Line) and s.y1 == s.y2 and not s.dash]
    return max(level, key=lambda s: s.y1 if s.x2 - s.x1 > 290 and s.x1 > 100 else 0)


# ---- styles


def test_revman_has_weight_and_effect_before_the_plot_and_totals(means):
    figure = draw(means, style="revman")
    told = texts(figure)
    assert {"Study or subgroup", "Total (95% CI)", "100.0%", "IV, Random, 95%\u00a0CI"} <= set(told)
    assert "Favours [psychotherapy]" in told
    assert any(one.startswith("Heterogeneity: Tau²\u00a0=\u00a0") for one in told)
    assert any(one.startswith("Test for overall effect: t\u00a0=\u00a0") for one in told)
    plot = axis_line(figure)
    assert place(figure, "Weight").x < place(figure, "100.0%").x + 1 < plot.x1
    sizes = [row["n1"] for row in means[0]["rows"]]
    assert str(sum(sizes)) in told, "the people of every study, those with an effect only among them"
    assert fills(figure) == {"#00a000"}


def test_revman_colours_squares_by_kind_and_names_the_method(events):
    figure = draw(events, style="revman")
    assert fills(figure) == {"#0000e0"}
    found, result = run(6, "events", "OR", method="mh")
    told = texts(forest_of(found, result, {"style": "revman"}))
    assert "M-H, Fixed, 95%\u00a0CI" in told
    assert not any("Tau²" in one for one in told)
    assert "Mantel-Haenszel, z test" in texts(forest_of(found, result, {}))


def test_jama_has_the_effect_before_the_plot_directions_above_and_no_colour(means):
    figure = draw(means, style="jama", risk=judged(means[0]))
    plot = axis_line(figure)
    assert place(figure, "Hedges g (95% CI)").x < plot.x1
    assert place(figure, "Favors psychotherapy").y == place(figure, "Source").y
    assert any("P\u00a0<\u00a0.001" in one or "P\u00a0=\u00a0." in one for one in texts(figure))
    fill = {getattr(s, "fill", "none") for s in figure.walk()} | {
        getattr(s, "stroke", "none") for s in figure.walk()
    }
    colours = {one for one in fill if one.startswith("#")}
    assert all(max(rgb) - min(rgb) < 30 for one in colours if (rgb := bytes.fromhex(one[1:])))


def test_directions_of_jama_stand_below_where_there_is_no_room_above(means):
    found, result = means
    found = found | {
        "plan": found["plan"] | {"experimental_label": "electroencephalographically guided care"}
    }
    figure = forest_of(found, result, {"style": "jama", "width": "single"})
    below = [s for s in figure.walk() if isinstance(s, Text) and s.text.startswith("Favors")]
    assert min(s.y for s in below) > axis_line(figure).y1 if below else False


def test_the_bmj_has_events_and_total_in_one_column_and_the_effect_last(events):
    figure = draw(events, style="bmj")
    told = texts(figure)
    row = events[0]["rows"][0]
    assert f"{row['events1']}/{row['n1']}" in told
    plot = axis_line(figure)
    headings = [s for s in figure.walk() if isinstance(s, Text) and s.text == "Weight (%)"]
    assert headings[0].x > plot.x2
    assert any(one.startswith("Test for heterogeneity: τ²=") for one in told)
    assert fills(figure) == {"#6b58a6"}


@pytest.mark.parametrize("style", ["revman", "jama", "bmj"])
def test_a_subgroup_of_one_study_has_no_diamond_in_any_style(grouped, style):
    figure = draw(grouped, style=style)
    assert "1 trial: not pooled" in texts(figure)
    diamonds = [s for s in figure.walk() if isinstance(s, Polygon) and s.title]
    assert len(diamonds) == 4, "three subtotals and the total"
    assert untidiness(figure) == []


def test_subtotals_add_up_people_and_weights(grouped):
    found, result = grouped
    figure = draw(grouped, style="revman")
    inside = [i for i, row in enumerate(found["rows"]) if row["subgroup"] == "In groups"]
    weight = sum(result["studies"][i]["weight"] for i in inside)
    assert {f"{weight:.1f}%", str(sum(found["rows"][i]["n1"] for i in inside))} <= set(texts(figure))


def test_a_total_is_left_out_where_a_study_does_not_say_how_many_people_it_had():
    rows = [study(i) for i in range(1, 4)] + [study(4, n1=None, n2=None)]
    found = snapshot(rows)
    assert rows[3]["kind"] == "effect"
    told = texts(forest_of(found, result_of(found), {"style": "revman"}))
    assert "Total (95% CI)" in told
    assert str(sum(row["n1"] for row in rows[:3])) not in told


# ---- order and columns


@pytest.mark.parametrize(
    ("sort", "key"),
    [
        ("year", lambda row, one: int(row["study"][-4:])),
        ("effect", lambda row, one: one["yi"]),
        ("weight", lambda row, one: one["weight"]),
        ("precision", lambda row, one: 1 / one["vi"]),
        ("name", lambda row, one: row["study"].casefold()),
    ],
)
def test_studies_are_sorted_both_ways(means, sort, key):
    pairs = list(zip(means[0]["rows"], means[1]["studies"], strict=True))
    wanted = [row["study"] for row, _ in sorted(pairs, key=lambda pair: key(*pair))]
    drawn = [label.removesuffix(" †") for label in order(draw(means, sort=sort))]
    assert drawn == wanted
    drawn = [label.removesuffix(" †") for label in order(draw(means, sort=sort, descending=True))]
    assert drawn == wanted[::-1]


def test_studies_are_sorted_by_risk_of_bias_with_the_unknown_last():
    made = run(9)
    risk = judged(made[0])
    levels = list(risk.levels)
    for descending in (False, True):
        figure = draw(made, risk, sort="risk", descending=descending)
        by_label = {row["study"]: risk.of(row["study_id"])[-1] for row in made[0]["rows"]}
        judgements = [by_label[label.removesuffix(" †")] for label in order(figure)]
        places = [levels.index(one) for one in judgements if one]
        assert places == sorted(places, reverse=descending)
        assert judgements[-1] == ""


def test_sorting_stays_within_subgroups(grouped):
    figure = draw(grouped, sort="effect")
    told = texts(figure)
    start = told.index("In groups")
    inside = told[start : told.index("Subtotal (2 trials)", start)]
    rows = {
        row["study"]: one["yi"] for row, one in zip(grouped[0]["rows"], grouped[1]["studies"], strict=True)
    }
    effects = [rows[label.removesuffix(" †")] for label in inside if label.removesuffix(" †") in rows]
    assert len(effects) > 1
    assert effects == sorted(effects)


def test_extra_columns_of_circumstances_and_moderators(means):
    figure = draw(means, columns=["year", "country", "mean age", "rater", "gone"])
    told = texts(figure)
    assert {"Year", "Country", "Mean age", "Rated by", "Netherlands", "31.5", "Self report"} <= set(told)
    assert "Gone" not in told, "a column of which no study says anything is passed over"
    assert untidiness(figure) == []


def test_a_characteristic_that_is_no_part_of_the_run_is_shown_and_said_to_be_none(means):
    found, result = means
    known = [row | {"characteristics": {"dose": "12\n sessions", "country": "x"}} for row in found["rows"]]
    told = texts(forest_of(found | {"rows": known}, result, {"columns": ["dose", "country"]}))
    assert {"Dose", "12 sessions", "Netherlands"} <= set(told), "what the run has goes first"
    assert "Not part of the analysis, as extracted by now, is: dose." in told


def test_raw_data_may_be_left_out_or_be_numbers_of_people_only(means):
    told = texts(draw(means, raw_data="n"))
    assert told.count("n") == 2
    assert not {"Mean", "SD"} & set(told)
    assert not any("as reported" in one for one in told[:-1]), "an effect has its numbers of people too"
    told = texts(draw(means, raw_data="none"))
    assert not {"n", "Mean", "SD", "Psychotherapy"} & set(told)


def test_parts_can_be_switched_off(grouped):
    risk = judged(grouped[0])
    told = set(texts(draw(grouped, risk)))
    names = ("weights", "prediction", "z_test", "subgroups", "risk", "title")
    off = texts(forest_of(*grouped, dict.fromkeys(names, False), risk=risk))
    gone = {
        "Weight",
        "95% prediction interval",
        "Random effects (REML), z test",
        "In groups",
        "Risk of bias",
        "Depression severity: All trials",
    }
    assert gone <= told
    assert not gone & set(off)


def test_what_a_narrow_figure_leaves_out_is_said_in_it(means):
    told = " ".join(texts(draw(means, width="single")))
    assert "For want of room this figure leaves out: raw data" in told
    assert "leaves out" not in " ".join(texts(draw(means, width="double")))


def test_a_figure_too_narrow_for_letters_of_a_size_is_refused(means):
    with pytest.raises(
        LayoutError, match=r"does not fit into 85 mm in letters of 20 points\. Choose a wider"
    ):
        draw(means, width="single", font_size=20)


# ---- axis and words


def test_axis_ticks_null_and_labels_can_be_set(events):
    figure = draw(
        events,
        axis_from=0.25,
        axis_to=4,
        ticks=[0.25, 0.5, 1, 2, 4],
        null_at=2,
        label_left="Less of it",
        label_right="More of it",
        decimals=3,
    )
    plot = axis_line(figure)
    for value, at in ((0.25, plot.x1), (4, plot.x2), (1, (plot.x1 + plot.x2) / 2)):
        assert tick(figure, f"{value:g}").x == pytest.approx(at)
    null = [s for s in figure.walk() if isinstance(s, Line) and s.x1 == s.x2 and not s.dash and s.y1 < 120]
    assert null[0].x1 == pytest.approx(tick(figure, "2").x)
    assert place(figure, "Less of it").x < null[0].x1 < place(figure, "More of it").x
    assert f"{math.exp(events[1]['pooled']['estimate']):.3f}" in texts(figure)


def test_ticks_that_would_touch_or_lie_outside_are_passed_over(means):
    figure = draw(means, axis_from=-1, axis_to=1, ticks=[-5, 0, 0.001, 0.5])
    assert {"0", "0.5"} <= set(texts(figure))
    assert not {"0.001", "−5"} & set(texts(figure))


def test_without_a_line_of_no_effect_only_labels_given_are_shown(means):
    told = texts(draw(means, null_line=False))
    assert not any("Favours" in one for one in told)
    assert "Better" in texts(draw(means, null_line=False, label_left="Better"))


def test_settings_of_another_measure_are_passed_over(events):
    assert "1" in texts(draw(events, axis_from=-2, ticks=[-1, 1]))
    with pytest.raises(LayoutError, match="no setting of a forest plot"):
        draw(events, colour="red")


# ---- rows


def test_arms_of_a_split_study_have_rows_and_links_of_their_own():
    rows = [study(1), study(2, study="Fu 2000 (CBT)"), study(2, study="Fu 2000 (IPT)", row="r2b", mean1=9.0)]
    found = snapshot(rows)
    figure = forest_of(found, result_of(found), {}, address=lambda key: f"/rows/{key}/")
    assert order(figure)[1:] == ["Fu 2000 (CBT)", "Fu 2000 (IPT)"]
    assert [group(figure, f"forest-row-{k}").href for k in (1, 2, 3)] == [
        "/rows/r1/",
        "/rows/r2/",
        "/rows/r2b/",
    ]


def test_a_run_of_before_draws_as_before(grouped):
    """Its rows and results have none of the keys that came later."""
    found, result = json.loads(json.dumps(grouped))
    plain = ("risk", "moderators", "weeks")
    for row in found["rows"]:
        for key in ("row", *plain):
            row.pop(key, None)
    for one in result["studies"]:
        one.pop("row", None)
    known = ("pooled", "studies", "alternatives", "subgroups", "tau2_interval")
    result = {key: result[key] for key in known}
    for fit in (result["pooled"], *result["alternatives"]):
        fit.pop("method", None)
    for one in result["subgroups"]["groups"]:
        one.pop("q_df", None)
    figure = forest_of(found, result, {}, address=lambda key: f"/{key}/")
    assert group(figure, "forest-row-1").href.strip("/").isdigit()
    new = forest_of(*grouped, {}, address=lambda key: f"/{key.removeprefix('r')}/")
    assert render_svg(figure) == render_svg(new)


def test_subgroups_that_could_not_be_computed_are_not_drawn(grouped):
    found, result = grouped
    figure = forest_of(found, result | {"subgroups": {"reason": "One study only."}}, {})
    assert "In groups" not in texts(figure)
    assert len(order(figure)) == 9


def test_a_result_with_nothing_pooled_says_why_there_is_no_plot(means):
    found, result = means
    assert why_not(found, result) == ""
    assert "Nothing is pooled" in why_not(found, {"kind": "narrative"})
    lost = result | {"studies": [one | {"yi": None} for one in result["studies"]]}
    assert "no study has a usable effect" in why_not(found, lost).lower()


# ---- form and table


def form(made, given=None, **initial):
    data = None if given is None else QueryDict(mutable=True)
    for name, value in (given or {}).items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return ForestForm(data, snapshot=made[0], result=made[1], initial=initial or None)


def shown(made, **initial):
    """What a browser sends back of the form as it is shown."""
    page = form(made, **initial)
    sent = {}
    for field in page:
        value = field.value()
        if value is True:
            sent[field.name] = "on"
        elif value is not None and value is not False and value not in ("", (), []):
            sent[field.name] = value if isinstance(value, list) else str(value)
    return sent


def test_the_form_sent_back_untouched_changes_nothing(means):
    page = form(means, shown(means))
    assert page.is_valid(), page.errors
    assert page.settings() == {}


def test_what_is_chosen_in_the_form_is_what_the_drawing_reads(means):
    given = shown(means) | {
        "style": "bmj",
        "columns": ["year", "country"],
        "ticks": "-1, 0, 0.5",
        "axis_to": "1.5",
        "decimals": "0",
        "sort": "weight",
    }
    del given["weights"]
    page = form(means, given)
    assert page.is_valid(), page.errors
    settings = page.settings()
    assert settings == {
        "style": "bmj",
        "columns": ["year", "country"],
        "ticks": [-1.0, 0.0, 0.5],
        "axis_to": 1.5,
        "decimals": 0,
        "sort": "weight",
        "weights": False,
    }
    assert json.loads(json.dumps(settings)) == settings
    assert ForestSettings.read(settings).to_dict() == settings
    assert untidiness(forest_of(*means, settings)) == []
    again = form(means, shown(means, **settings))
    assert again.is_valid(), again.errors
    assert again.settings() == settings


def test_the_form_offers_the_columns_this_run_has(means):
    offered = [name for name, _ in form(means).fields["columns"].choices]
    assert {"year", "scale", "rater", "weeks", "n", "country", "mean age"} <= set(offered)
    assert "population" not in offered, "no study says anything of it"
    kept = dict(form(means, columns=["dose"]).fields["columns"].choices)
    assert kept["dose"] == "dose (of no study here)"


@pytest.mark.parametrize(
    ("made", "given", "field", "sentence"),
    [
        ("events", {"axis_from": "-1"}, "axis_from", "every value is above 0"),
        ("means", {"ticks": "a, b"}, "ticks", "is no number"),
        ("means", {"axis_from": "2", "axis_to": "1"}, "axis_to", "give the lower end first"),
        ("means", {"font_size": "50"}, "font_size", "from 5 to 20"),
        ("means", {"columns": ["nonsense"]}, "columns", ""),
    ],
)
def test_the_form_says_what_is_wrong_beside_the_field(request, made, given, field, sentence):
    made = request.getfixturevalue(made)
    page = form(made, shown(made) | given)
    valid = page.is_valid()
    if field == "columns":  # kept for a run that has it
        assert valid
    else:
        assert not valid
        assert sentence in page.errors[field][0]


def test_the_table_has_every_number_of_the_figure(grouped):
    table = text(*grouped)
    assert all(len(row) == len(table.headings) for row in table.rows)
    said = " ".join(cell for row in table.rows for cell in row) + " ".join(table.headings)
    numbers = {
        word.strip("[](),;%†:")
        for line in texts(draw(grouped))
        for word in line.split()
        if word.strip("[](),;%†:").replace("−", "").replace(".", "").isdigit()
    }
    axis = axis_line(draw(grouped)).y1
    ticks = {s.text for s in draw(grouped).walk() if isinstance(s, Text) and axis < s.y < axis + 20}
    assert len(numbers - ticks) > 60
    assert {number for number in numbers - ticks if number not in said} == set()


def test_the_table_of_events_and_of_one_group(events):
    table = text(*events)
    assert table.headings[:5] == [
        "Study",
        "Psychotherapy: Events",
        "Psychotherapy: n",
        "Usual care: Events",
        "Usual care: n",
    ]
    rows = [study(i, "events", events2=None, n2=None) | {"kind": "proportion"} for i in range(1, 5)]
    found = snapshot(rows, "PLO")
    table = text(found, result_of(found))
    assert "Proportion, by logits" in table.headings
    assert all(0 < float(row[3]) < 1 for row in table.rows[:4])


def test_the_catalogue_has_the_figure_with_its_form():
    assert (DRAWING.key, DRAWING.form) == ("forest", ForestForm)
