"""What the page of a run shows, whatever the kind of its plan."""

from collections.abc import Iterable
from typing import Any

from analysis.figures.catalogue import NARRATIVE, NETWORK, PAIRWISE, kind_of
from analysis.models import QuotedResult, Run
from analysis.narrative_report import narrative_report
from analysis.network_report import network_report
from analysis.report import report_of

REPORTS = {PAIRWISE: report_of, NETWORK: network_report, NARRATIVE: narrative_report}


def report_by_kind(run: Run, quoted: Iterable[QuotedResult] = ()) -> Any:
    """The report of a run that has a result; all kinds have ``headline``, ``methods`` and ``references``."""
    return REPORTS[kind_of(run.snapshot)](run, quoted)
