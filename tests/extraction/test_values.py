import pytest

from extraction.values import FIELDS, check_values, kind_of
from tests.extraction.conftest import EFFECT, EVENTS, MEANS


@pytest.mark.parametrize(("kind", "values"), [("means", MEANS), ("events", EVENTS), ("effect", EFFECT)])
def test_complete_numbers_have_no_fault_also_as_text(kind, values):
    clean, faults = check_values(kind, values)
    assert faults == {}
    assert clean | {"n1": clean.get("n1"), "n2": clean.get("n2")} == clean
    assert check_values(kind, {name: str(value) for name, value in values.items()}) == (clean, {})


@pytest.mark.parametrize(
    ("kind", "change", "field", "sentence"),
    [
        ("means", {"sd1": None}, "sd1", "SD, experimental is missing."),
        ("means", {"sd1": 0}, "sd1", "SD, experimental is 0; it must be above 0."),
        ("means", {"sd2": -1.5}, "sd2", "SD, comparator is -1.5; it must be above 0."),
        ("means", {"n1": 0}, "n1", "n, experimental is 0; it must be at least 1."),
        ("means", {"n2": 12.5}, "n2", "n, comparator is 12.5; it counts people and must be a whole number."),
        ("means", {"mean1": "8,2"}, "mean1", "Mean, experimental is '8,2', which is not a number"),
        ("means", {"mean1": "nan"}, "mean1", "Mean, experimental must be a finite number, not nan."),
        ("means", {"mean1": "1e999"}, "mean1", "must be a finite number"),
        ("means", {"mean1": "  "}, "mean1", "Mean, experimental is missing."),
        ("means", {"n1": 10**12}, "n1", "too large"),
        ("means", {"events1": 3}, "events1", "Events, experimental does not belong to a result of this kind"),
        ("events", {"events1": 41}, "events1", "Events, experimental is 41, more than its n of 40."),
        ("events", {"events2": -1}, "events2", "Events, comparator is -1; it must be at least 0."),
        ("events", {"n2": ""}, "n2", "n, comparator is missing."),
        ("effect", {"effect_se": 0}, "effect_se", "Standard error is 0; it must be above 0."),
        ("effect", {"effect": None}, "effect", "Effect is missing."),
        ("effect", {"effect_measure": ""}, "effect_measure", "Effect measure is missing."),
        ("effect", {"effect_measure": "bananas"}, "effect_measure", "'bananas' is not an effect measure"),
    ],
)
def test_each_fault_is_a_sentence_that_names_the_field(kind, change, field, sentence):
    good = {"means": MEANS, "events": EVENTS, "effect": EFFECT}[kind]
    _, faults = check_values(kind, good | change)
    assert list(faults) == [field]
    assert sentence in faults[field]


def test_every_missing_number_is_named_at_once():
    _, faults = check_values("means", {})
    assert list(faults) == [field.name for field in FIELDS["means"] if field.required]


def test_an_effect_needs_no_numbers_of_people():
    clean, faults = check_values("effect", EFFECT)
    assert faults == {}
    assert clean["n1"] is None


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (MEANS, "means"),
        (EVENTS, "events"),
        (EFFECT, "effect"),
        (EFFECT | {"n1": 76, "n2": 72}, "effect"),
        ({"mean1": "3"}, "means"),
        (MEANS | EFFECT, None),
        ({"n1": 3, "n2": 4}, None),
        ({}, None),
    ],
)
def test_the_kind_follows_from_what_is_filled(given, kind):
    assert kind_of(given) == kind
