"""Results of the pinned data, and metafor's numbers beside them."""

import pytest

from analysis.engine import compute
from tests.analysis.engine.cases import PLAN, REFERENCE, bcg_rows, sparse_rows


@pytest.fixture(scope="session")
def pinned():
    """``pinned("iv")`` is what metafor 3.8-1 gave; the call is beside it in engine.json."""
    return lambda name: REFERENCE["pins"][name]["value"]


@pytest.fixture
def bcg():
    return bcg_rows()


@pytest.fixture
def sparse():
    return sparse_rows()


@pytest.fixture
def result_of():
    """``result_of(rows, measure="RR")`` is the result of a plan of these settings."""

    def do(rows, step=lambda *args: None, **plan):
        return compute({"plan": PLAN | plan, "rows": rows}, step)

    return do


@pytest.fixture(scope="session")
def full():
    """The BCG trials with everything a plan may ask for."""
    moderators = [
        {"name": "latitude", "type": "number"},
        {"name": "allocation", "type": "category"},
    ]
    plan = PLAN | {"subgroup_by": "allocation", "moderators": moderators}
    return compute({"plan": plan, "rows": bcg_rows()}, lambda *args: None)
