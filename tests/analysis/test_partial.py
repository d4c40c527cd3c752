"""What a run has computed already can be read while it is under way."""

import pytest

from analysis import services
from analysis.models import Run
from analysis.services import runs
from reviews.jobs import Progress

pytestmark = pytest.mark.django_db


def test_the_pooled_fit_is_there_first_and_gone_once_the_result_is(trials, write, ana, work, monkeypatch):
    seen = []
    step = Progress.step

    def watched(self, done, total=0, message=""):
        seen.append(Run.objects.get(job=self.job).partial)
        step(self, done, total, message)

    monkeypatch.setattr(Progress, "step", watched)
    monkeypatch.setattr(runs, "PARTIAL_EVERY", 0.0)
    found = services.request_run(plan=write(), by=ana)
    work()
    found.refresh_from_db()
    assert set(seen[0]) == {"kind", "pooled", "studies"}
    assert seen[0]["pooled"] == found.result["pooled"]
    assert [len(one) for one in seen] == sorted(len(one) for one in seen)
    assert found.partial is None


def test_little_is_written_while_computing(trials, write, ana, work, monkeypatch):
    monkeypatch.setattr(runs, "PARTIAL_EVERY", 1000.0)
    seen = set()
    monkeypatch.setattr(
        Progress, "step", lambda self, *args: seen.add(str(Run.objects.get(job=self.job).partial))
    )
    services.request_run(plan=write(), by=ana)
    work()
    assert len(seen) == 1
