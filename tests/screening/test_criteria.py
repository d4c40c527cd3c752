"""Criteria as questions: the whole table of what answers propose."""

from itertools import product

import pytest

from screening.criteria import Proposal, Question, propose

ADULTS, TRIAL, ANIMALS = Question("1", reason=10), Question("2", reason=20), Question("3", True, 30)
LETTERS = {"y": "yes", "n": "no", "u": "unclear", "-": ""}


def told(letters, needed=0, criteria=(ADULTS, TRIAL, ANIMALS)):
    answers = {each.id: LETTERS[letter] for each, letter in zip(criteria, letters, strict=True)}
    return propose({key: answer for key, answer in answers.items() if answer}, criteria, needed)


@pytest.mark.parametrize(
    ("letters", "all_of_two", "one_of_two"),
    [
        ("yyn", ("include", None), ("include", None)),
        ("yyy", ("exclude", 30), ("exclude", 30)),
        ("nyn", ("exclude", 10), ("include", None)),
        ("ynn", ("exclude", 20), ("include", None)),
        ("nnn", ("exclude", 10), ("exclude", 10)),
        ("nny", ("exclude", 10), ("exclude", 10)),
        ("yny", ("exclude", 20), ("exclude", 20)),
        ("yun", ("maybe", None), ("include", None)),
        ("uun", ("maybe", None), ("maybe", None)),
        ("yyu", ("maybe", None), ("maybe", None)),
        ("nun", ("exclude", 10), ("maybe", None)),
        ("n--", ("exclude", 10), (None, None)),
        ("--y", ("exclude", 30), ("exclude", 30)),
        ("yy-", (None, None), (None, None)),
        ("y-n", (None, None), ("include", None)),
        ("u-n", (None, None), (None, None)),
        ("---", (None, None), (None, None)),
    ],
)
def test_what_answers_propose(letters, all_of_two, one_of_two):
    assert told(letters) == told(letters, 2) == told(letters, 9) == all_of_two
    assert told(letters, 1) == one_of_two


def test_the_reason_is_of_the_first_failed_criterion_that_has_one():
    without = Question("1")
    assert told("nnn", criteria=(without, TRIAL, ANIMALS)) == Proposal("exclude", 20)
    assert told("n", criteria=(without,)) == Proposal("exclude", None)


def test_without_criteria_nothing_is_proposed():
    assert propose({}, []) == Proposal(None)


@pytest.mark.parametrize("needed", [0, 1])
def test_more_answers_never_turn_an_exclusion(needed):
    """Whatever is answered later, a proposal to exclude stands."""
    for letters in product("ynu-", repeat=3):
        if told(letters, needed).vote != "exclude":
            continue
        for later in product(*(("ynu" if letter == "-" else letter) for letter in letters)):
            assert told(later, needed).vote == "exclude"
