"""What the report is written from: the review as one member may see it, each thing asked of the database once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from analysis.models import Plan
from analysis.reports import report_by_kind
from analysis.standing import Standing, standings
from appraisal.models import Assessment
from appraisal.registry import tool_of
from appraisal.sheet import Sheet, sheet_for
from certainty.models import Finding
from certainty.tables import SummaryTable, comparisons, summary_of_findings
from records.appendix import Appendix
from reporting.characteristics import AWAITING, EXCLUDED, INCLUDED, ONGOING, Table, characteristics
from reporting.counts import FlowCounts
from reporting.prisma import flow_counts
from reviews.models import AuditEvent, Criterion, Membership, Outcome, Review
from reviews.permissions import Role
from reviews.services.protocol import AMENDMENT
from screening.models import Stage, StageSettings, Study

#: Told while the report is written: done, total, and what is being done.
Tell = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Analysed:
    """A plan with the run that is shown of it. ``report`` is analysis.reports.report_by_kind's."""

    standing: Standing
    report: Any

    @property
    def plan(self) -> Plan:
        return self.standing.plan


@dataclass
class Source:
    """``prompts``: whether the report names what its authors still have to write."""

    membership: Membership
    prompts: bool = True

    @property
    def review(self) -> Review:
        return self.membership.review

    @cached_property
    def team(self) -> Sequence[Membership]:
        """Those who work on the review, in the order in which they joined."""
        return list(self.review.memberships.present().exclude(role=Role.OBSERVER).select_related("user"))

    @cached_property
    def counts(self) -> FlowCounts:
        return flow_counts(self.review)

    @cached_property
    def searches(self) -> Appendix:
        return Appendix(self.review)

    @cached_property
    def tables(self) -> dict[str, Table]:
        return {table.key: table for table in characteristics(self.review)}

    @property
    def included(self) -> Table:
        return self.tables[INCLUDED]

    @property
    def excluded(self) -> Table:
        return self.tables[EXCLUDED]

    @property
    def set_aside(self) -> list[Table]:
        """Those of awaiting and ongoing studies that have rows."""
        return [self.tables[key] for key in (AWAITING, ONGOING) if self.tables[key].rows]

    @cached_property
    def studies(self) -> list[tuple[int, str]]:
        """Id and label of every included study."""
        return list(Study.objects.current().filter(review=self.review).values_list("pk", "label"))

    @cached_property
    def criteria(self) -> Sequence[Criterion]:
        return list(self.review.criteria.filter(retired_at=None))

    @cached_property
    def outcomes(self) -> Sequence[Outcome]:
        return list(self.review.outcomes.all())

    @cached_property
    def amendments(self) -> Sequence[AuditEvent]:
        """Changes of what reviewers decide by, oldest first."""
        return list(AuditEvent.objects.filter(review=self.review, verb=AMENDMENT).order_by("pk"))

    def settings(self, stage: Stage) -> StageSettings:
        found = StageSettings.objects.filter(review=self.review, stage=stage).first()
        return found or StageSettings(review=self.review, stage=stage)

    @cached_property
    def sheets(self) -> list[Sheet]:
        """What was agreed on risk of bias, a sheet for each tool that was used."""
        agreed = Assessment.objects.consensus().complete().filter(review=self.review)
        keys = agreed.order_by("instrument").values_list("instrument", flat=True).distinct()
        sheets = [sheet_for(self.membership, tool_of(self.review, key)) for key in keys]
        return [sheet for sheet in sheets if sheet.basis == "consensus"]

    def assessed_twice(self, instrument: str) -> int:
        """How many agreed assessments with a tool rest on two people's independent ones."""
        mine = Assessment.objects.complete().filter(review=self.review, instrument=instrument)
        place = ("study", "outcome", "time_point")
        people: dict[tuple, set[int]] = defaultdict(set)
        for *where, who in mine.independent().values_list(*place, "assessor"):
            people[tuple(where)].add(who)
        return sum(len(people[where]) > 1 for where in mine.consensus().values_list(*place))

    @cached_property
    def analysed(self) -> list[Analysed]:
        """The plans in use that have a result, in their order."""
        plans = Plan.objects.filter(review=self.review).live().select_related("outcome")
        shown = standings(self.review, plans)
        return [
            Analysed(each, report_by_kind(each.run)) for each in shown if each.run and each.result is not None
        ]

    @cached_property
    def without_result(self) -> list[Plan]:
        done = {each.plan.pk for each in self.analysed}
        return [plan for plan in Plan.objects.filter(review=self.review).live() if plan.pk not in done]

    @cached_property
    def summaries(self) -> list[SummaryTable]:
        """A summary of findings for each comparison."""
        chosen = comparisons(self.review, only_summary=True)
        return [summary_of_findings(self.review, one.key) for one in chosen]

    @cached_property
    def certainty(self) -> dict[int, str]:
        """{plan: the agreed certainty of the finding that rests on it, in words}."""
        levels = {row.finding: row.certainty for table in self.summaries for row in table.rows if row.level}
        findings = Finding.objects.filter(pk__in=levels, plan__isnull=False)
        return {plan: levels[pk] for pk, plan in findings.values_list("pk", "plan")}

    @cached_property
    def pools(self) -> bool:
        """Whether anything was pooled."""
        return any(each.standing.pooled for each in self.analysed)
