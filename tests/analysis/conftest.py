"""Three trials with results and a plan; and the demo's eleven trials with its plans."""

import pytest

from analysis import services
from reviewapp.demo import evidence, story
from tests.factories import make_outcome, make_result, make_study


@pytest.fixture
def outcome(review):
    return make_outcome(review, "Depression severity")


@pytest.fixture
def trials(review, outcome, ben):
    """Three studies with means: the third far from the others."""
    values = [("Ade 2001", 12.0, 15.0, 30), ("Bol 2005", 11.0, 14.5, 45), ("Cruz 2010", 5.0, 19.0, 25)]
    studies = []
    for label, mean1, mean2, n in values:
        study = make_study(review, label)
        make_result(study, outcome, ben, mean1=mean1, sd1=5.0, n1=n, mean2=mean2, sd2=6.0, n2=n)
        studies.append(study)
    return studies


@pytest.fixture
def write(review, outcome, ana):
    """``write("All trials", test="z")`` is a plan by ana."""

    def do(name="All trials", **settings):
        return services.write_plan(review=review, name=name, outcome=outcome, by=ana, **settings)

    return do


@pytest.fixture
def run(trials, write, ana, work):
    """``run("All trials", ...)`` is a finished run of a new plan."""

    def do(name="All trials", **settings):
        found = services.request_run(plan=write(name, **settings), by=ana)
        work()
        found.refresh_from_db()
        found.job.refresh_from_db()
        return found

    return do


@pytest.fixture
def demo(review, ana, ben, cleo, work):
    """The demo's trials, plans and finished runs in this review; ``demo["All trials, z test"]`` is a plan."""
    make_outcome(review, **story.OUTCOME)
    for label in story.STUDIES:
        make_study(review, label)
    people = {"ana": ana, "ben": ben, "cleo": cleo}
    evidence.extract(review, people)
    evidence.plan(review, people)
    work()
    return {plan.name: plan for plan in review.plans.all()}
