"""Where each finding stands, for its list and its page: result, ratings the member may see, what is stale."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from certainty.comparison import comparison, completed_after
from certainty.evidence import Evidences
from certainty.models import Finding, Grade
from certainty.rows import RowNumbers, numbers_of, proposed_statement, size_in
from certainty.staleness import what_changed_in
from certainty.tables import Comparison, comparisons
from certainty.wording import relative_text
from reviews.models import Membership


@dataclass
class Standing:
    """A finding with where it stands. ``own``: the member's own current rating; ``seen``: colleagues' they may see.

    ``raters``: how many people have a complete rating of the present round (names and levels stay with them).
    """

    finding: Finding
    numbers: RowNumbers
    evidence: dict[str, Any]
    own: Grade | None = None
    seen: list[Grade] = field(default_factory=list)
    agreed: Grade | None = None
    raters: int = 0
    stale: list[str] = field(default_factory=list)

    @property
    def is_stale(self) -> bool:
        return bool(self.stale)

    @property
    def next_act(self) -> str:
        """What the member may do next: rate, go_on, wait, compare, look or ""."""
        if self.own and not self.own.is_complete:
            return "go_on"
        if self.raters >= 2:
            return "compare"
        if self.agreed and not self.raters:
            return "look"
        return "wait" if self._rated_this_round else "rate"

    @property
    def _rated_this_round(self) -> bool:
        if self.own is None:
            return False
        return self.agreed is None or completed_after(self.own, self.agreed)


@dataclass
class Group:
    """The findings of one comparison; ``chosen``: how many are in its summary of findings."""

    comparison: Comparison
    standings: list[Standing]

    @property
    def chosen(self) -> int:
        return sum(one.finding.in_summary for one in self.standings)


def standings(membership: Membership) -> list[Group]:
    """Every finding in use with where it stands for this member, by comparison."""
    groups = comparisons(membership.review)
    found = _standings(membership, [one for group in groups for one in group.findings])
    return [Group(group, [found[one.pk] for one in group.findings]) for group in groups]


def about_finding(finding: Finding, membership: Membership) -> dict[str, Any]:
    """What the page of one finding shows."""
    standing = _standings(membership, [finding])[finding.pk]
    level = standing.agreed.level if standing.agreed else None
    earlier = Grade.objects.visible_to(membership).filter(finding=finding).exclude(superseded_at=None)
    return {
        "finding": finding,
        "standing": standing,
        "result": result_of(standing.evidence),
        "size": size_in(standing.numbers),
        "statement": proposed_statement(finding, standing.numbers, level) if level else "",
        "compared": comparison(finding, membership),
        "earlier": earlier.select_related("rater").prefetch_related("steps").order_by("-pk"),
    }


def result_of(evidence: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a rater looks at first: the numbers of the result, as (name, words)."""
    if not evidence:
        return []
    pooled, people = evidence.get("pooled") or {}, evidence.get("participants") or {}
    lines = [("Pooled effect", relative_text(evidence) or evidence.get("reason", ""))]
    if pooled.get("pi_low") is not None:
        own = dict(evidence) | {"pooled": pooled | {"ci_low": pooled["pi_low"], "ci_high": pooled["pi_high"]}}
        interval = relative_text(own).partition("(")[2].rstrip(")")
        lines.append(("Prediction interval", interval))
    if pooled.get("i2") is not None:
        lines.append(("I²", f"{pooled['i2']:.0f}%"))
    if people.get("total"):
        lines.append(("Participants", f"{people['total']:,d}"))
    if pooled.get("k"):
        lines.append(("Studies or comparisons", str(pooled["k"])))
    if (asked := evidence.get("asked") or {}).get("mid") is not None:
        lines.append(("Minimal important difference", f"{asked['mid']:g}"))
    return lines


def _standings(membership: Membership, findings: list[Finding]) -> dict[int, Standing]:
    evidences = Evidences(membership.review, findings)
    found = {}
    for finding in findings:
        evidence = evidences.of(finding)
        found[finding.pk] = Standing(finding, numbers_of(finding, evidence, lambda note: ""), evidence)
    grades = Grade.objects.filter(finding__in=findings).current().prefetch_related("steps")
    visible = grades.visible_to(membership).select_related("rater", "finding__outcome", "finding__plan")
    for grade in visible:
        _place(found[grade.finding_id], grade, membership)
    for finding_id, count in _complete(findings).items():
        found[finding_id].raters = count
    shown = [one for standing in found.values() for one in (standing.agreed, standing.own) if one]
    changed = what_changed_in(shown)
    for standing in found.values():
        latest = standing.agreed or standing.own
        standing.stale = list(changed.get(latest.pk, ())) if latest else []
    return found


def _place(standing: Standing, grade: Grade, membership: Membership) -> None:
    if grade.is_consensus:
        standing.agreed = grade
    elif grade.rater_id == membership.user_id:
        standing.own = grade
    else:
        standing.seen.append(grade)


def _complete(findings: list[Finding]) -> dict[int, int]:
    """How many people's ratings of the present round are complete, by finding: a count tells nobody's rating."""
    counts: dict[int, int] = defaultdict(int)
    current = Grade.objects.filter(finding__in=findings).current().individual().complete().not_settled()
    for finding_id in current.values_list("finding_id", flat=True):
        counts[finding_id] += 1
    return counts
