"""Extraction forms as data: what is read, what is refused and where, what is shown, calculated and missing."""

import json
import random

import pytest

from extraction.form_schema import (
    NOT_REPORTED,
    STANDARD,
    FieldError,
    SchemaError,
    calculate,
    changes,
    codebook,
    convert_value,
    in_words,
    key_from,
    missing,
    number_of,
    read_schema,
    read_value,
    show_value,
    show_with_unit,
    shown,
    standard_section,
)
from extraction.form_schema.formulas import FormulaError, Named, read_formula


def form(*items, **section):
    return {"sections": [{"key": "first", "label": "First", "items": list(items), **section}]}


def field(key, kind="number", **more):
    return {"key": key, "type": kind, "label": key.capitalize(), **more}


def when(key, op, value=None):
    return {"join": "all", "tests": [{"field": key, "op": op, "value": value}]}


DESIGN = field(
    "design", "choice", options=[{"key": "rct", "label": "Trial"}, {"key": "cohort", "label": "Cohort"}]
)
ARMS = field(
    "arms", "group", at_least=2, fields=[field("n"), field("dose", "text", shown_when=when("n", "above", 5))]
)


def faults(data):
    with pytest.raises(SchemaError) as error:
        read_schema(data)
    return str(error.value)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([], "needs a list named 'sections'"),
        ({"sections": []}, "has no fields yet"),
        (form(), "has no fields yet"),
        (form(field("a", "colour")), "'colour' is no type of field; choose one of text"),
        (form(field("A b")), "its key 'A b' has to begin with a letter"),
        (form(field("a"), field("a", "text")), "has the key 'a', as has First, field 'A'"),
        (form(field("min")), "'min' has a meaning in formulas"),
        (form(field("a", options=["x"])), "'options' means nothing here"),
        (form(field("a", "choice")), "First, field 'A': has no answers to choose from"),
        (form(field("a", "choice", options=["x", "X"])), "two answers have the label 'x'"),
        (form(field("a", min=3, max=2)), "its smallest value (3) is above its largest (2)"),
        (form(field("a", decimals=1.5)), "'decimals' is a whole number"),
        (form(field("a", required="yes")), "'required' is true or false"),
        (form({"key": "a", "type": "text"}), "has no label"),
        (form(field("a"), items=3), "needs 'key', 'label' and a list 'items'"),
        (form(field("a", shown_when=when("b", "is", "1"))), "depending on 'b', which is not in the form"),
        (
            form(DESIGN, field("a", shown_when=when("design", "is", "x"))),
            "has no answer 'x'; the answers are Trial",
        ),
        (
            form(DESIGN, field("a", shown_when=when("design", "above", 1))),
            "cannot be asked whether it is above",
        ),
        (form(ARMS, field("a", shown_when=when("n", "above", 1))), "has a value for each row"),
        (form(field("a", shown_when={"tests": "x"})), "its condition is not of the shape"),
        (
            form(field("a", shown_when=when("b", "filled")), field("b", shown_when=when("a", "filled"))),
            "itself",
        ),
        (form(field("g", "group", fields=[field("h", "group", fields=[])])), "a group holds fields only"),
        (form(field("g", "group", fields=[])), "group 'G': has no fields"),
        (form(field("g", "group", at_least=3, at_most=2, fields=[field("a")])), "allows at most 2"),
        (form(field("g", "group", fields=[field("a", characteristic="A")])), "cannot be a characteristic"),
        (form(field("a", characteristic="X"), field("b", characteristic="x")), "sets the characteristic 'x'"),
        (form(field("a", "calculated", formula="1", required=True)), "cannot be required"),
        (form(field("a", "calculated", formula="a + 1")), "uses the field itself"),
        (form(field("a", "calculated", formula="'x'", unit="kg")), "gives a text, which has no unit"),
        (
            form(*(field(f"f{n}", shown_when=when(f"f{n - 1}", "filled") if n else None) for n in range(60))),
            "chain",
        ),
        (form(*(field(f"f{n}") for n in range(401))), "at most 400"),
    ],
)
def test_a_wrong_form_says_what_and_where(data, said):
    assert said in faults(data)


def test_every_fault_is_told_at_once_and_a_draft_keeps_what_is_unfinished():
    data = form(
        field("a", "choice"),
        field("b", "calculated", formula="zz"),
        field("c", shown_when=when("gone", "filled")),
    )
    assert len(faults(data).splitlines()) == 3
    draft = read_schema(data, draft=True)
    assert [fault.key for fault in draft.faults] == ["a", "b", "c"]
    assert shown(draft, {}) == {("a", ""), ("b", ""), ("c", "")}
    assert calculate(draft, {}) == {("b", ""): None}
    with pytest.raises(SchemaError):
        read_schema(form(field("a", "colour")), draft=True)


def test_every_ready_made_section_is_a_form_alone_and_all_are_one_together():
    for key in STANDARD:
        assert read_schema({"sections": [standard_section(key)]}).faults == ()
    together = read_schema({"sections": [standard_section(key) for key in STANDARD]})
    assert {"funding_source", "conflicts", "n_randomised_total", "registered"} <= set(together.by_key)
    json.dumps(STANDARD)


@pytest.mark.parametrize(
    ("more", "raw", "kept"),
    [
        ({"type": "text"}, "  two words ", "two words"),
        ({"type": "number"}, "12.30", "12.30"),
        ({"type": "number"}, 12.5, "12.5"),
        ({"type": "number"}, "1,234,567", "1234567"),
        ({"type": "number"}, "12·5", "12.5"),
        ({"type": "number"}, "−3", "-3"),
        ({"type": "number", "unit": "weeks"}, "12 weeks", "12"),
        ({"type": "number"}, "NR", NOT_REPORTED),
        ({"type": "number"}, "  ", None),
        ({"type": "date"}, "2019-3", "2019-03"),
        ({"type": "date"}, "2019", "2019"),
        ({"type": "choice", "options": ["Trial", "Cohort study"]}, "cohort STUDY", "cohort_study"),
        ({"type": "choices", "options": ["a", "b", "c"]}, "c; a", ["a", "c"]),
        ({"type": "choices", "options": ["a", "b"]}, ["b", "b"], ["b"]),
        ({"type": "choices", "options": ["a"]}, [NOT_REPORTED], NOT_REPORTED),
        ({"type": "choice", "options": ["Not reported"]}, "not reported", "not_reported"),
        ({"type": "yes_no"}, "Yes", True),
        ({"type": "yes_no"}, False, False),
    ],
)
def test_what_is_typed_is_kept_so(more, raw, kept):
    one = read_schema(form({"key": "f", "label": "F", **more})).field("f")
    assert read_value(one, raw) == kept
    if kept is not None:
        assert read_value(one, kept) == kept
        assert read_value(one, show_value(one, kept)) == kept


@pytest.mark.parametrize(
    ("more", "raw", "said"),
    [
        ({"type": "number"}, "12,5", "with a point"),
        ({"type": "number", "unit": "kg"}, "12 lb", "takes a number in kg"),
        ({"type": "number"}, "1e999", "is none"),
        ({"type": "number", "decimals": 0}, "1.5", "takes a whole number; '1.5' has 1"),
        ({"type": "number", "min": 0, "max": 100, "unit": "%"}, "101", "is between 0 and 100 %, not 101"),
        ({"type": "number", "not_reported": False}, "NR", "needs an answer"),
        ({"type": "date"}, "2019-13", "takes a date such as 2019-03-12"),
        ({"type": "text"}, "a\nb", "takes one line"),
        ({"type": "text"}, "x" * 1001, "at most 1000"),
        ({"type": "text"}, "a\x00b", "control character"),
        ({"type": "choice", "options": ["a"]}, ["a"], "not a list"),
        ({"type": "choice", "options": ["a"]}, "z", "has no answer 'z'; the answers are a"),
        ({"type": "choices", "options": ["a"]}, ["a", NOT_REPORTED], "alone"),
        ({"type": "yes_no"}, "maybe", "takes yes or no"),
        ({"type": "calculated", "formula": "1"}, "1", "is calculated"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(more, raw, said):
    one = read_schema(form({"key": "f", "label": "F", **more})).field("f")
    with pytest.raises(FieldError, match=said):
        read_value(one, raw)


def test_values_in_words():
    schema = read_schema(form(field("w", unit="weeks"), field("c", "choices", options=["A", "B"])))
    assert show_with_unit(schema.field("w"), "12.30") == "12.30 weeks"
    assert show_with_unit(schema.field("w"), NOT_REPORTED) == "Not reported"
    assert show_value(schema.field("c"), ["a", "b"]) == "A; B"
    assert number_of("12.30") == 12.3
    assert number_of(NOT_REPORTED) is None


FORMULAS = [
    ("a + b * 2", 7.0),
    ("(a + b) ** 2 / 5", 5.0),
    ("a / 0", None),
    ("(0 - 8) ** 0.5", None),
    ("9 ** 9 ** 9", None),
    ("min(a, b) + max(a, b, 9) + round(2.5) + sqrt(4) + abs(-1)", 17.0),
    ("round(a / b, 2)", 1.5),
    ("round(1.005, 2)", 1.01),
    ("sum(n)", 100.0),
    ("mean(n) + count(n) + max(n)", 132.0),
    ("count(dose)", 1.0),
    ("100 * yes", 100.0),
    ("a if design == 'rct' and not b > 3 else b", 3.0),
    ("'big' if 1 < a <= 3 else 'small'", "big"),
    ("empty + 1", None),
    ("unreported + 1", None),
    ("1 if design == 'rct' or empty > 1 else 0", 1.0),
]


@pytest.mark.parametrize(("formula", "result"), FORMULAS)
def test_formulas(formula, result):
    items = [
        field("a"),
        field("b"),
        field("empty"),
        field("unreported"),
        field("yes", "yes_no"),
        DESIGN,
        ARMS,
    ]
    schema = read_schema(form(*items, field("c", "calculated", formula=formula)))
    values = {("a", ""): "3", ("b", ""): "2", ("unreported", ""): NOT_REPORTED, ("yes", ""): True}
    values |= {("design", ""): "rct", ("n", "x"): "80", ("dose", "x"): "5 mg", ("n", "y"): "20"}
    rows = {"arms": ["x", "y"]}
    assert calculate(schema, values, rows)["c", ""] == (pytest.approx(result) if result != "big" else "big")


def test_a_sum_waits_for_every_row_and_a_row_calculates_with_its_own():
    group = field(
        "arms",
        "group",
        fields=[field("n"), field("k"), field("p", "calculated", formula="k / n", decimals=2)],
    )
    schema = read_schema(form(group, field("all", "calculated", formula="sum(n)")))
    values = {("n", "x"): "3", ("k", "x"): "1", ("n", "y"): "4"}
    found = calculate(schema, values, {"arms": ["x", "y", "z"]})
    assert found == {("p", "x"): 0.33, ("p", "y"): None, ("p", "z"): None, ("all", ""): None}
    assert calculate(schema, values)["all", ""] == 7


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("a ^ 2", r"write \*\* for a power"),
        ("a = 2", "Compare with =="),
        ("a × 2", r"write \* instead"),
        ("min(", "look for a missing bracket"),
        ("zz + 1", "no field with the key 'zz'"),
        ("n + 1", r"write sum\(n\)"),
        ("sum(a)", "not in a repeating group"),
        ("sum(a + 1)", "takes the key of one field"),
        ("dose", r"write sum\(dose\)"),
        ("design + 1", "compare a choice with an answer in quotes"),
        ("1 if design == 'x' else 0", 'no answer is "x"; the answers are cohort, rct'),
        ("1 if design == 1 else 0", "different kinds"),
        ("a > 2", "gives true or false"),
        ("1 if a else 'x'", "both numbers or both texts"),
        ("__import__('os').system('x')", "is no function here"),
        ("a.real", "full stop"),
        ("[a for a in ()]", "cannot have"),
        ("(lambda: 1)()", "is no function here"),
        ("f'{a}'", "cannot have"),
        ("1" * 20, "no number"),
        ("+".join(["a"] * 240), "too many parts|longer"),
        ("(" * 90 + "a" + ")" * 90 + "+1" * 100, "too many|longer|cannot be read|brackets"),
    ],
)
def test_formulas_that_cannot_be_used(formula, said):
    schema = read_schema(form(field("a"), DESIGN, ARMS))
    names = {f.key: Named("number", f.label, f.group) for f in schema.fields}
    names["design"] = Named("text", "Design", "", ("rct", "cohort"))
    with pytest.raises(FormulaError, match=said):
        read_formula(formula, names)


def test_no_formula_does_anything_but_calculate_or_refuse():
    chance = random.Random(5)
    signs = [
        "a",
        "b",
        "1",
        "2.5",
        "(",
        ")",
        "+",
        "-",
        "*",
        "/",
        "**",
        "if",
        "else",
        "==",
        "<",
        "min(",
        "sum(",
        ",",
        "'",
        "not",
        "and",
        ".",
    ]
    names = {"a": Named("number", "A"), "b": Named("number", "B")}
    read = 0
    for _ in range(3000):
        text = " ".join(chance.choices(signs, k=chance.randint(1, 9)))
        try:
            formula = read_formula(text, names)
        except FormulaError:
            continue
        read += 1
        assert isinstance(
            formula.value(lambda key: {"a": 3.0, "b": -2.5}[key], lambda key: []), float | str | None
        )
    assert read > 50


def test_what_is_shown_follows_the_answers_through_chains_and_rows():
    items = [
        DESIGN,
        field("blind", "yes_no", shown_when=when("design", "is", "rct")),
        field("who", "text", shown_when=when("blind", "is", True), required=True),
        field(
            "why",
            "text",
            shown_when={
                "join": "any",
                "tests": [
                    {"field": "design", "op": "is_not", "value": "rct"},
                    {"field": "blind", "op": "is", "value": False},
                ],
            },
        ),
        ARMS,
    ]
    schema = read_schema(form(*items))
    base = {("design", ""), ("why", "")}
    assert shown(schema, {}) == base
    values = {("design", ""): "rct", ("blind", ""): True}
    assert shown(schema, values) == {("design", ""), ("blind", ""), ("who", "")}
    assert [gap.field for gap in missing(schema, values)] == ["who", "arms"]
    assert shown(schema, values | {("design", ""): "cohort"}) == base, "a hidden answer counts as none"
    values |= {("n", "x"): "9", ("n", "y"): "2", ("who", ""): NOT_REPORTED}
    assert {("dose", "x"), ("n", "y")} <= shown(schema, values)
    assert ("dose", "y") not in shown(schema, values)
    assert missing(schema, values) == []
    assert (
        in_words(schema.field("why").shown_when, schema.by_key.get) == "Design is not Trial, or Blind is No"
    )


@pytest.mark.parametrize(
    ("op", "wanted", "value", "holds"),
    [
        ("is", "12", "12.0", True),
        ("at_least", "3", "3", True),
        ("below", 3, "3", False),
        ("at_most", "3", None, False),
        ("filled", None, NOT_REPORTED, False),
        ("empty", None, NOT_REPORTED, True),
        ("is", NOT_REPORTED, NOT_REPORTED, True),
        ("is_not", "12", None, True),
        ("above", "1", NOT_REPORTED, False),
    ],
)
def test_conditions_on_a_number(op, wanted, value, holds):
    schema = read_schema(form(field("a"), field("b", shown_when=when("a", op, wanted))))
    assert (("b", "") in shown(schema, {("a", ""): value})) is holds


def test_what_changed_between_two_versions():
    old = read_schema(form(DESIGN, field("a", unit="kg"), field("b", "text"), ARMS))
    newer = dict(
        DESIGN, options=[{"key": "rct", "label": "Randomised trial"}, {"key": "other", "label": "Other"}]
    )
    new = read_schema(
        form(newer, field("a", unit="g", required=True), field("c", shown_when=when("a", "filled")), ARMS)
    )
    said = {change.sentence for change in changes(old, new)}
    assert said == {
        "First, C is new (number).",
        "First, B was removed; what was filled in stays with its study.",
        "First, Design has new answers: Other.",
        "First, Design lost answers: Cohort.",
        "First, Design: the answer 'Trial' is called 'Randomised trial'.",
        "First, A is required.",
        "First, A is in g, was in kg; numbers filled in before are not converted.",
    }
    assert changes(new, new) == []


@pytest.mark.parametrize(
    ("old", "new", "value", "kept"),
    [
        (field("a"), field("a", "text"), "12.30", "12.30"),
        (field("a", "text"), field("a"), "about 3", None),
        (field("a", "choice", options=["X"]), field("a", "choices", options=["X"]), "x", ["x"]),
        (
            field("a", "choices", options=["X", "Y"]),
            field("a", "choice", options=["X", "Y"]),
            ["x", "y"],
            None,
        ),
        (field("a", "choice", options=["X"]), field("a", "text"), "x", "X"),
        (field("a", "yes_no"), field("a", "choice", options=["Yes", "No"]), True, "yes"),
        (field("a"), field("a", max=5), "9", None),
    ],
)
def test_values_come_along_when_a_field_changes(old, new, value, kept):
    before, after = read_schema(form(old)).field("a"), read_schema(form(new)).field("a")
    if kept is None:
        with pytest.raises(FieldError):
            convert_value(before, after, value)
    else:
        assert convert_value(before, after, value) == kept


def test_the_codebook_has_a_row_per_field_with_every_condition_above_it():
    section = form(DESIGN, ARMS)["sections"] + [
        {
            "key": "second",
            "label": "Second",
            "shown_when": when("design", "is", "rct"),
            "items": [
                field("x", min=1, shown_when=when("n_all", "above", 3)),
                field("n_all", "calculated", formula="sum(n)"),
            ],
        }
    ]
    rows = codebook(read_schema({"sections": section}))
    assert [row.key for row in rows] == ["design", "n", "dose", "x", "n_all"]
    assert rows[0].options == "rct = Trial; cohort = Cohort"
    assert rows[1].group == "Arms"
    assert rows[3].shown_when == "Design is Trial; and N_all is above 3"


def test_keys_are_made_of_labels():
    assert key_from("Mean age (years)", set()) == "mean_age_years"
    assert key_from("Âge", {"age"}) == "age_2"
    assert key_from("6 months", set()) == "field_6_months"
    assert key_from("Min", set()) == "field_min"
    assert key_from("年齢", set()) == "field"
