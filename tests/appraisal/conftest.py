"""Two studies to assess, and quick ways to a complete assessment."""

import copy

import pytest

from appraisal import services
from appraisal.instruments import INSTRUMENTS
from appraisal.models import Answer
from tests.factories import make_outcome, make_study

METAPSY = INSTRUMENTS["metapsy_rob1"]
LOW = {domain.key: "low" for domain in METAPSY.domains}


@pytest.fixture
def study(review):
    return make_study(review, "Nakagawa 2017")


@pytest.fixture
def assess(study):
    """``assess(ben, itt="high")`` is ben's complete assessment: low but for what is said."""

    def do(by, on=None, **values):
        assessment = services.start_assessment(study=on or study, instrument=METAPSY.key, assessor=by)
        for domain, value in (LOW | values).items():
            services.judge(assessment=assessment, domain=domain, value=value, by=by, support=f"p. 3, {by}")
        return services.complete_assessment(assessment=assessment, by=by)

    return do


@pytest.fixture
def draft(study):
    def do(by, on=None):
        return services.start_assessment(study=on or study, instrument=METAPSY.key, assessor=by)

    return do


@pytest.fixture
def outcome(review):
    return make_outcome(review, name="Depression", time_point="post-treatment", time_points=["6 months"])


@pytest.fixture
def answered(study, outcome):
    """``answered(ben, D2="high")`` is ben's draft with RoB 2, answered so that every domain is low but for D2."""

    def do(by, time_point="", **wanted):
        mine = services.start_assessment(
            study=study, instrument="rob2", assessor=by, outcome=outcome, time_point=time_point
        )
        given = dict(ROB2_LOW)
        for domain, level in wanted.items():
            given |= ROB2_ANSWERS[domain][level]
        Answer.objects.bulk_create(
            Answer(assessment=mine, question=question, value=value) for question, value in given.items()
        )
        return mine

    return do


#: Answers with which RoB 2 (effect of assignment) proposes low in every domain, and changes for other levels.
ROB2_LOW = {"1.1": "Y", "1.2": "Y", "1.3": "N", "2.1": "N", "2.2": "PN", "2.6": "Y", "3.1": "Y"}
ROB2_LOW |= {"4.1": "N", "4.2": "N", "4.3": "N", "5.1": "Y", "5.2": "N", "5.3": "N"}
ROB2_ANSWERS = {
    "D1": {"some_concerns": {"1.1": "N"}, "high": {"1.2": "N"}},
    "D3": {"high": {"3.1": "N", "3.2": "N", "3.3": "Y", "3.4": "Y"}},
    "D5": {"some_concerns": {"5.1": "N"}, "high": {"5.2": "Y"}},
}
OWN = {
    "key": "own",
    "name": "Our tool",
    "levels": [
        {"key": "low", "label": "Low risk", "symbol": "+", "colour": "low"},
        {"key": "high", "label": "High risk", "symbol": "-", "colour": "high"},
    ],
    "domains": [
        {
            "key": "D1",
            "label": "Blinding",
            "questions": [{"key": "1.1", "text": "Was everybody blind?", "options": ["Y", "N"]}],
            "rule": [{"when": {"question": "1.1", "in": ["N"]}, "level": "high"}, {"level": "low"}],
        }
    ],
    "overall": "worst",
}


def own_tool(**changes):
    """The data of a tool of one's own, with other entries at the top."""
    return copy.deepcopy(OWN) | changes


def published(review, by, data=None):
    """A version of a tool of one's own that assessments can use."""
    return services.publish_tool(version=services.draft_tool(review=review, data=data or OWN, by=by), by=by)
