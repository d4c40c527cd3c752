"""The forest plot of a run, read as geometry and as words."""

import math

import pytest

from analysis import services
from analysis.drawings.forest import forest_of
from analysis.drawn import draw
from analysis.services.errors import InvalidFigure
from extraction.models import Characteristic, Result
from reviews.figures.layout import Polygon, Rect
from reviews.models import Outcome
from tests.factories import make_result, make_study
from tests.geometry import group, texts, untidiness


def plot(run, **options):
    return forest_of(run.snapshot, run.result, {}, **options)


def diamonds(figure):
    """The pooled effects, without arrow heads (which have three corners)."""
    return [shape for shape in figure.walk() if isinstance(shape, Polygon) and len(shape.points) > 3]


def test_rows_squares_and_two_diamonds_with_knapp_hartung(run):
    figure = plot(run())
    assert untidiness(figure) == []
    assert {"Ade 2001", "Bol 2005", "Cruz 2010", "Weight", "100%"} <= set(texts(figure))
    assert [shape.title for shape in diamonds(figure)] == [
        "Random effects (REML), Knapp-Hartung",
        "Random effects (REML), z test",
    ]
    squares = [shape for shape in figure.walk() if isinstance(shape, Rect) and ":" in shape.title]
    assert len(squares) == 3


def test_one_diamond_when_z_was_planned(run):
    assert len(diamonds(plot(run(test="z")))) == 1


def test_the_diamonds_tips_stand_at_the_interval(run):
    found = run(test="z")
    figure, pooled = plot(found), found.result["pooled"]
    xs = [x for x, _ in diamonds(figure)[0].points]
    squares = {
        shape.title.partition(":")[0]: shape.x + shape.width / 2
        for shape in figure.walk()
        if isinstance(shape, Rect) and ":" in shape.title
    }
    one, two = found.result["studies"][0], found.result["studies"][2]
    per_unit = (squares["Ade 2001"] - squares["Cruz 2010"]) / (one["yi"] - two["yi"])
    assert (max(xs) - min(xs)) / per_unit == pytest.approx(pooled["ci_high"] - pooled["ci_low"], rel=1e-6)
    assert min(xs) == pytest.approx(squares["Ade 2001"] + per_unit * (pooled["ci_low"] - one["yi"]))


def test_raw_data_with_the_decimals_the_column_needs(run, trials):
    Result.objects.filter(study=trials[0]).update(mean1=12.25, sd2=6)
    shown = texts(plot(run(experimental_label="therapy", comparator_label="usual care")))
    assert {"12.25", "11.00", "5.00", "Therapy", "Usual care", "Mean", "SD"} <= set(shown)
    assert "6" in shown  # every SD of the second arm is whole
    assert "6.00" not in shown


def test_events_on_a_log_axis_with_ratios(run, review, trials, outcome, ben):
    Result.objects.all().update(
        kind="events", events1=5, events2=10, mean1=None, sd1=None, mean2=None, sd2=None
    )
    found = run(measure="OR")
    figure = plot(found)
    shown = texts(figure)
    assert untidiness(figure) == []
    assert {"Events", "n", "Odds ratio", "[95% CI]", "1"} <= set(shown)
    assert f"{math.exp(found.result['pooled']['estimate']):.2f}" in shown


@pytest.mark.parametrize(
    ("direction", "left", "right"),
    [("lower", "Favours therapy", "Favours control"), ("higher", "Favours control", "Favours therapy")],
)
def test_which_side_favours_whom(run, outcome, direction, left, right):
    Outcome.objects.filter(pk=outcome.pk).update(direction=direction)
    outcome.refresh_from_db()
    figure = plot(run(experimental_label="therapy"))
    places = {
        shape.text: shape.x for shape in figure.walk() if getattr(shape, "text", "").startswith("Favours")
    }
    assert places[left] < places[right]


def test_effects_as_reported_are_marked(run, review, trials, outcome, ben):
    study = make_study(review, "Dar 2011")
    fields = {"effect": -0.4, "effect_se": 0.2, "effect_measure": "SMD", "n1": 20, "n2": 22}
    make_result(study, outcome, ben, kind="effect", **fields)
    shown = texts(plot(run()))
    assert "Dar 2011 †" in shown
    assert any(text.startswith("n 20 and 22; effect and SE as") for text in shown)
    assert any(text.startswith("† Not from arm data") for text in shown)


def test_only_effects_need_no_columns(run, review, trials, outcome, ben):
    none = dict.fromkeys(("mean1", "sd1", "n1", "mean2", "sd2", "n2"))
    Result.objects.all().update(kind="effect", effect=-0.3, effect_se=0.2, effect_measure="SMD", **none)
    figure = plot(run())
    assert "Mean" not in texts(figure)
    assert untidiness(figure) == []


def test_subgroups_with_subtotals_and_a_single_trial(run, trials):
    for study, therapy in zip(trials, ("CBT", "CBT", "IPT"), strict=True):
        Characteristic.objects.create(study=study, name="therapy", value=therapy)
    figure = plot(run(subgroup_by="therapy"))
    shown = texts(figure)
    assert untidiness(figure) == []
    assert {"CBT", "IPT", "Subtotal (2 trials)", "1 trial: not pooled"} <= set(shown)
    assert any(text.startswith("Test of subgroup differences by therapy") for text in shown)
    assert len(diamonds(figure)) == 3


def test_a_single_trial_has_no_diamond(run, trials):
    found = run(excluded_studies=trials[1:], exclusion_note="only one wanted")
    assert diamonds(plot(found)) == []


def test_rows_link_to_the_study(run, trials):
    figure = plot(run(), address=lambda study_id: f"https://example.org/studies/{study_id}/")
    row = group(figure, "forest-row-1")
    assert row.href == f"https://example.org/studies/{trials[0].pk}/"
    area = next(shape for shape in row.items if isinstance(shape, Rect))  # the whole row can be clicked
    assert (area.fill, area.width) == ("transparent", figure.width - 16)
    assert not plot(run("Again")).has_links


def test_every_plan_of_the_demo_draws_tidily(demo):
    for plan in demo.values():
        figure = plot(plan.runs.get())
        assert untidiness(figure) == [], plan.name
        assert "Favours psychotherapy" in texts(figure)


def test_settings_are_kept_with_the_plan_and_draw_every_run_of_it(run, trials, ana):
    found = run()
    for study, dose in zip(trials, ("6 sessions", "12 sessions", "unclear"), strict=True):
        Characteristic.objects.create(study=study, name="dose", value=dose)
    settings = {
        "style": "revman",
        "sort": "effect",
        "columns": ["year", "dose"],
        "ticks": [-2, -1, 0],
        "axis_from": -3,
        "weights": False,
        "label_left": "Better with therapy",
    }
    services.set_figure(plan=found.plan, figure="forest", settings=settings, seen_version=0, by=ana)
    kept = found.plan.figures.get().settings
    assert kept == settings
    shown = texts(draw(found, "forest"))
    assert {"Dose", "12 sessions", "2010", "−2", "Study or subgroup", "Better with therapy"} <= set(shown)
    assert "Weight" not in shown
    again = texts(draw(run("Again"), "forest"))
    assert "Dose" not in again


def test_a_setting_that_cannot_be_is_refused_before_it_is_kept(run, ana):
    plan = run().plan
    for settings, sentence in (
        ({"colour": "red"}, "no setting colour"),
        ({"ticks": ["x"]}, "“x” is no number"),
        ({"axis_from": 2, "axis_to": 1}, "give the lower end first"),
    ):
        with pytest.raises(InvalidFigure, match=sentence):
            services.set_figure(plan=plan, figure="forest", settings=settings, seen_version=0, by=ana)
    assert not plan.figures.exists()
