"""Two studies to assess, and quick ways to a complete assessment."""

import pytest

from appraisal import services
from appraisal.instruments import INSTRUMENTS
from tests.factories import make_study

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
