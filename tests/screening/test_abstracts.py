"""Structured abstracts cut at their headings; everything else left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.abstracts import sections

CASES = {
    "PubMed": (
        "BACKGROUND: Many relapse. METHODS: We randomised 40. The primary outcome: HRSD. RESULTS: It fell (p < .05). "
        "CONCLUSIONS: It works.",
        [
            ("Background", "Many relapse."),
            ("Methods", "We randomised 40. The primary outcome: HRSD."),
            ("Results", "It fell (p < .05)."),
            ("Conclusions", "It works."),
        ],
    ),
    "lines": (
        "Background: Many relapse.\nMethods and materials: We randomised 40.",
        [("Background", "Many relapse."), ("Methods and materials", "We randomised 40.")],
    ),
    "JAMA": (
        "OBJECTIVE: To see. DESIGN, SETTING, AND PARTICIPANTS: 40 adults.",
        [("Objective", "To see."), ("Design, setting, and participants", "40 adults.")],
    ),
    "text before the first heading": (
        "A pilot. RESULTS: None.",
        [("", "A pilot."), ("Results", "None.")],
    ),
    "a colon in a sentence": (
        "We asked one question: does it work?",
        [("", "We asked one question: does it work?")],
    ),
    "a registration at the end": (
        "It works. Trial registration: NCT1.",
        [("", "It works. Trial registration: NCT1.")],
    ),
    "nothing": ("  ", []),
}


@pytest.mark.parametrize("name", CASES)
def test_sections(name):
    abstract, expected = CASES[name]
    assert sections(abstract) == expected


@given(st.text(alphabet="ABCMETHODSRESULTS:. \nabc", max_size=200))
def test_no_word_is_lost(abstract):
    letters = "".join(f"{part.heading}{part.text}" for part in sections(abstract))
    kept = [sign for sign in letters.lower() if sign.isalpha()]
    assert kept == [sign for sign in abstract.lower() if sign.isalpha()]
