"""The filter for randomised trials: which words keep a record, and what never goes."""

import pytest

from screening.priority.design import PRECISE, RULES, SENSITIVE, WIDEST, decide, is_english
from screening.record_types import types_in

COHORT = (
    "We followed 2,300 nurses for ten years and asked them about their sleep. Insomnia was associated with a higher "
    "incidence of depression, also after adjustment for age and smoking in the regression model."
)


@pytest.mark.parametrize(
    ("sentence", "rules"),
    [
        ("Patients were randomised to either arm.", {WIDEST, SENSITIVE, PRECISE}),
        ("Randomization was by computer.", {WIDEST, SENSITIVE, PRECISE}),
        ("They were randomly given tea.", {WIDEST, SENSITIVE, PRECISE}),
        ("Controls took a placebo.", {WIDEST, SENSITIVE, PRECISE}),
        ("This trial was small.", {WIDEST, SENSITIVE}),
        ("Both groups improved.", {WIDEST, SENSITIVE}),
        ("The control group improved.", {WIDEST}),
        ("Participants were allocated to tea.", {WIDEST}),
        ("It was double-blind.", {WIDEST}),
        ("A cross-over design was used.", {WIDEST}),
        ("It was a controlled, observer-masked study.", {WIDEST}),
        ("An open-label phase followed.", {WIDEST}),
        ("The grouping was industrial.", set()),
    ],
)
def test_words_keep_a_record_under_the_rules_that_have_them(sentence, rules):
    kept = {rule for rule in RULES if decide("Sleep of nurses", f"{COHORT} {sentence}", rule=rule).stays}
    assert kept == rules


def test_the_words_that_decided_are_given_as_they_stand():
    found = decide("A RANDOMISED study", f"{COHORT} Controls took placebo.")
    assert found.stays
    assert found.words == ("randomised", "placebo")
    gone = decide("Sleep of nurses", COHORT)
    assert not gone.stays
    assert gone.words == ()
    assert "none of the words" in gone.why


def test_the_precise_rule_takes_trial_from_titles_only():
    assert decide("A trial of tea", COHORT, rule=PRECISE).stays
    assert not decide("Tea", f"{COHORT} The trial was stopped.", rule=PRECISE).stays


def test_what_cannot_be_judged_stays():
    assert decide("Sleep of nurses", "").stays
    assert decide("Sleep of nurses", "[Abstract not available]").why == "no abstract to judge by"
    german = (
        "Wir befragten 2300 Pflegekräfte zehn Jahre lang nach ihrem Schlaf. Schlafstörungen gingen auch nach "
        "Berücksichtigung von Alter und Rauchen mit häufigeren Depressionen einher."
    )
    assert not is_english(german)
    assert "English" in decide("Schlaf", german).why
    assert decide("Sleep of nurses", COHORT, register=True).stays


def test_publication_types_decide_before_words():
    assert decide("Tea", COHORT, types=["Journal Article", "Randomized Controlled Trial"]).stays
    assert decide("Tea", COHORT, types=["Clinical Trial, Phase II"]).words == ("Clinical Trial, Phase II",)
    assert not decide("Tea", COHORT, types=["Clinical Trial Protocol", "Journal Article"]).stays


def test_animals_without_humans_go_unless_animals_are_wanted():
    rats = f"{COHORT} Rats were randomised."
    assert decide("Tea", rats, keywords=["*Animals", "Rats"]).words == ("Animals",)
    assert decide("Tea", rats, keywords=["Animals", "Humans"]).stays
    assert decide("Tea", rats, keywords=["Animals"], animals=False).stays


def test_headings_count_where_the_rule_names_them():
    assert decide("Tea", COHORT, keywords=["Depression/drug therapy"], rule=SENSITIVE).stays
    assert not decide("Tea", COHORT, keywords=["Depression/drug therapy"], rule=PRECISE).stays
    assert decide("Tea", COHORT, keywords=["Clinical Trials as Topic"], rule=PRECISE).stays


def test_types_are_found_wherever_a_format_keeps_them():
    extra = {"PT": ["Journal Article; Clinical Trial"], "Publication Type": "Review|Letter", "AD": ["Oslo"]}
    assert types_in(extra) == ["Journal Article", "Clinical Trial", "Review", "Letter"]
