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


def texts(n, included, seed=0, mixed=0.0):
    """Titles, abstracts and labels; the included share words with each other, and ``mixed`` of theirs with all."""
    draw = random.Random(seed)
    labels = [1] * included + [0] * (n - included)
    draw.shuffle(labels)
    titles, abstracts = [], []
    for label in labels:
        own = [ON + OFF if draw.random() < mixed else ON if label else OFF for _ in range(16)]
        titles.append(" ".join(draw.choice(words) for words in own[:4]))
        rest = draw.choices(COMMON + OFF, k=20)
        abstracts.append(" ".join([draw.choice(words) for words in own[4:]] + rest))
    return titles, abstracts, np.array(labels)


@pytest.fixture(scope="session")
def review():
    """(features, labels) of 120 records, 20 of them included."""
    titles, abstracts, labels = texts(120, 20)
    return features.build(titles, abstracts), labels
