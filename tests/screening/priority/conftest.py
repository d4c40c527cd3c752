"""A small review whose included records are recognisable by their words."""

import random

import numpy as np
import pytest

from screening.priority import features

ON = ["statin", "cholesterol", "cardiovascular", "randomised", "placebo", "lipid", "primary", "prevention"]
OFF = [
    "surgery",
    "imaging",
    "protein",
    "mouse",
    "cohort",
    "survey",
    "genetic",
    "tumour",
    "nursing",
    "school",
    "education",
    "policy",
]
COMMON = ["the", "of", "in", "and", "with", "patients", "results", "study", "methods", "outcome"]


def texts(n, included, seed=0):
    """Titles, abstracts and labels; the included share words with each other, and some with the others."""
    draw = random.Random(seed)
    labels = [1] * included + [0] * (n - included)
    draw.shuffle(labels)
    titles, abstracts = [], []
    for label in labels:
        own = ON if label else OFF
        titles.append(" ".join(draw.choices(own, k=4)))
        abstracts.append(" ".join(draw.choices(own, k=12) + draw.choices(COMMON + OFF, k=20)))
    return titles, abstracts, np.array(labels)


@pytest.fixture(scope="session")
def review():
    """(features, labels) of 120 records, 20 of them included."""
    titles, abstracts, labels = texts(120, 20)
    return features.build(titles, abstracts), labels
