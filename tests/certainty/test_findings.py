"""Findings: added, changed, ordered, taken out of use; nonsense is refused with the field at fault."""

import pytest

from analysis.models import Plan
from analysis.services import write_plan
from certainty import services
from certainty.models import Finding
from certainty.offers import offered
from certainty.services import InvalidFinding
from reviews.errors import Conflict
from tests.factories import make_outcome, make_review


@pytest.fixture
def add(review, outcome, ana):
    def do(**fields):
        given = {"intervention": "therapy", "comparison": "usual care", "outcome": outcome} | fields
        return services.add_finding(review=review, by=ana, **given)

    return do


def test_a_plan_gives_outcome_and_names(review, plan, ana):
    found = services.add_finding(review=review, by=ana, plan=plan)
    assert (found.outcome, found.intervention, found.comparison) == (
        plan.outcome,
        "therapy",
        "usual care",
    )
    event = review.events.get(verb="certainty.finding_added")
    assert event.actor == ana
    assert "Relapse" in event.sentence


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"intervention": " "}, "intervention"),
        ({"importance": "huge"}, "importance"),
        ({"label": "x" * 201}, "label"),
        ({"narrative": "a\0b"}, "narrative"),
        ({"minimal_important_difference": 0}, "minimal_important_difference"),
        ({"minimal_important_difference": float("nan")}, "minimal_important_difference"),
        ({"optimal_information_size": -3}, "optimal_information_size"),
        ({"optimal_information_size": True}, "optimal_information_size"),
        ({"baselines": {"low": 3}}, "baselines"),
        ({"baselines": [{"label": "low"}]}, "baselines"),
        ({"baselines": [{"label": "low", "per_1000": 1000}]}, "baselines"),
        ({"baselines": [{"mean": 3.0, "sd": 0}]}, "baselines"),
        ({"baselines": [{"risk": 3.0}]}, "baselines"),
        ({"baselines": [{"per_1000": 5, "label": 7}]}, "baselines"),
        ({"baselines": [{"per_1000": n} for n in range(1, 8)]}, "baselines"),
    ],
)
def test_nonsense_is_refused(add, fields, field):
    with pytest.raises(InvalidFinding) as refused:
        add(**fields)
    assert refused.value.field == field
    assert not Finding.objects.exists()


def test_a_ratio_has_a_ratio_as_important_difference(review, plan, ana):
    with pytest.raises(InvalidFinding, match="a ratio"):
        services.add_finding(review=review, by=ana, plan=plan, minimal_important_difference=-0.2)


def test_a_field_it_does_not_have_is_named(add):
    with pytest.raises(InvalidFinding, match="no colour"):
        add(colour="red")


def test_plan_and_outcome_of_this_review_that_fit(review, plan, add, ana):
    other = make_review("elsewhere")
    with pytest.raises(InvalidFinding, match="another review"):
        add(outcome=make_outcome(other))
    with pytest.raises(InvalidFinding, match="another outcome"):
        add(plan=plan, outcome=make_outcome(review, "Death"))
    services.add_finding(review=review, by=ana, plan=plan)
    with pytest.raises(InvalidFinding, match="rests on the analysis"):
        add(plan=plan)
    Plan.objects.update(retired_at=plan.created_at)
    plan.refresh_from_db()
    with pytest.raises(InvalidFinding, match="retired"):
        add(plan=plan)


def test_a_network_has_a_finding_for_each_comparison(review, outcome, ana):
    network = write_plan(review=review, name="Network", outcome=outcome, by=ana, kind="network", measure="OR")
    for comparison in ("usual care", "waiting list"):
        services.add_finding(
            review=review, by=ana, plan=network, intervention="therapy", comparison=comparison
        )
    with pytest.raises(InvalidFinding, match="rests on"):
        services.add_finding(
            review=review, by=ana, plan=network, intervention="therapy", comparison="waiting list"
        )


def test_seven_outcomes_of_a_comparison_and_no_eighth(review, add):
    for number in range(7):
        add(outcome=make_outcome(review, f"Outcome {number}"))
    with pytest.raises(InvalidFinding, match="7 outcomes") as refused:
        add(comparison="  Usual CARE ")
    assert refused.value.field == "in_summary"
    outside = add(in_summary=False)
    add(comparison="waiting list")
    with pytest.raises(InvalidFinding):
        services.change_finding(finding=outside, by=None, seen_version=1, in_summary=True)
    services.retire_finding(finding=Finding.objects.first(), by=None)
    services.change_finding(finding=outside, by=None, seen_version=1, in_summary=True)
    with pytest.raises(InvalidFinding, match="7 outcomes"):
        services.restore_finding(finding=Finding.objects.get(outcome__name="Outcome 0"), by=None)


def test_a_change_keeps_what_was_and_overwrites_nothing(review, add, ana):
    found = add()
    changed = services.change_finding(
        finding=found,
        by=ana,
        seen_version=1,
        comments="Short follow-up.",
        baselines=[{"label": " low ", "per_1000": 20}],
    )
    assert changed.version == 2
    assert changed.baselines == [{"label": "low", "source": "", "per_1000": 20}]
    detail = review.events.get(verb="certainty.finding_changed").detail["changed"]
    assert detail["comments"] == ["", "Short follow-up."]
    with pytest.raises(Conflict, match="you saw 1"):
        services.change_finding(finding=found, by=ana, seen_version=1, comments="Other.")
    with pytest.raises(InvalidFinding, match="Nothing is different"):
        services.change_finding(finding=found, by=ana, seen_version=2, comments="Short follow-up.")


def test_retired_and_brought_back(add, ana):
    found = add()
    services.retire_finding(finding=found, by=ana)
    assert not Finding.objects.live().exists()
    with pytest.raises(Conflict):
        services.retire_finding(finding=found, by=ana)
    with pytest.raises(Conflict, match="out of use"):
        services.change_finding(finding=found, by=ana, seen_version=1, comments="x")
    services.restore_finding(finding=found, by=ana)
    assert Finding.objects.live().get() == found


def test_the_order_is_the_teams(review, add, ana):
    one, two, three = (add(outcome=make_outcome(review, name)) for name in ("a", "b", "c"))
    services.order_findings(review=review, by=ana, order=[three.pk, one.pk])
    assert list(Finding.objects.all()) == [three, one, two]
    with pytest.raises(InvalidFinding, match="no finding"):
        services.order_findings(review=review, by=ana, order=[one.pk, 10**9])


def test_plans_without_a_finding_are_offered(review, plan, run, trials, ana):
    assert [(one.plan, one.k, one.finished) for one in offered(review)] == [(plan, None, False)]
    run()
    offer = offered(review)[0]
    assert (offer.k, offer.finished) == (4, True)
    found = services.add_finding(review=review, by=ana, plan=offer.plan, **offer.fields)
    assert found.importance == "critical"
    assert offered(review) == []
