"""A study with two arms, an outcome, and quick ways to a result."""

import pytest

from extraction import services
from extraction.models import Value
from tests.extraction.filling import make_form
from tests.factories import make_arms, make_outcome, make_study

MEANS = {"n1": 40, "mean1": 8.2, "sd1": 4.7, "n2": 40, "mean2": 13.2, "sd2": 6.9}
EVENTS = {"events1": 12, "n1": 40, "events2": 4, "n2": 41}
EFFECT = {"effect_measure": "SMD", "effect": -0.632, "effect_se": 0.265}
NUMBERS = {"means": MEANS, "events": EVENTS, "effect": EFFECT}


@pytest.fixture
def outcome(review):
    return make_outcome(review)


@pytest.fixture
def study(review):
    study = make_study(review, "Nakagawa 2017")
    make_arms(study)
    return study


@pytest.fixture
def record(study, outcome):
    """``record(ben, scale="BDI-II", values=...)`` records a result of the study."""

    def do(by, kind="means", on=None, **fields):
        place = on or study
        experimental, comparator = place.arms.order_by("pk")[:2]
        given = {
            "values": NUMBERS.get(kind, {}),
            "outcome": outcome,
            "experimental": experimental,
            "comparator": comparator,
        }
        if kind == "effect":
            given["basis"] = "derived from the abstract"
        return services.record_result(study=place, kind=kind, by=by, **(given | fields))

    return do


@pytest.fixture
def form(review, ana):
    return make_form(review, ana)


@pytest.fixture
def mode(review, ana):
    """``mode("dual")`` sets how the review extracts."""
    return lambda kind: services.set_mode(
        review=review, mode=kind, by=ana, seen_version=services.settings_of(review).version
    )


@pytest.fixture
def put():
    """``put(extraction, ben, "country", "Chile")`` fills in as somebody who sees what is there."""

    def do(extraction, by, field, value, row="", **more):
        one = Value.objects.filter(extraction=extraction, field=field, row=row).first()
        more = {"seen_version": one.version if one else 0} | more
        return services.set_value(extraction=extraction, field=field, row=row, value=value, by=by, **more)

    return do
