"""manage.py findings --review SLUG [--id ID] [--offers] [--agreement] [--stale] [--by EMAIL] [--json]."""

from typing import Any

from django.core.management.base import CommandParser

from certainty.comparison import agreement_in_review, comparison
from certainty.evidence import evidence_of
from certainty.grade import DOMAINS, suggest, suggest_start
from certainty.management.options import fields_of, find_finding
from certainty.models import Finding, Grade
from certainty.offers import offered
from certainty.staleness import what_changed_in
from reviews.command import ServiceCommand, find_member, find_review
from reviews.models import Membership
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = "List the findings with their agreed certainty and what changed since, or show what one rests on."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--id", type=int, metavar="ID", help="One finding: its evidence and suggestions.")
        parser.add_argument("--offers", action="store_true", help="Plans that no finding rests on yet.")
        parser.add_argument("--agreement", action="store_true", help="Weighted kappa of two raters.")
        parser.add_argument(
            "--stale", action="store_true", help="Only findings that are to be looked at again."
        )
        parser.add_argument("--by", metavar="EMAIL", help="Who looks; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        member = find_member(review, options["by"], Permission.VIEW)
        if options["offers"]:
            return _offers(member)
        if options["agreement"]:
            return _agreement(member)
        if options["id"] is not None:
            return _one(member, find_finding(review, options["id"]))
        return _listed(member, options["stale"])


def _listed(member: Membership, only_stale: bool) -> tuple[dict, str]:
    findings = list(
        Finding.objects.live().filter(review=member.review).select_related("outcome", "plan", "review")
    )
    agreed = Grade.objects.agreed().filter(finding__in=findings)
    related = ("finding__outcome", "finding__plan", "finding__review")
    by_finding = {one.finding_id: one for one in agreed.select_related(*related).prefetch_related("steps")}
    stale = what_changed_in(by_finding.values())
    rows, lines = [], []
    for finding in findings:
        grade = by_finding.get(finding.pk)
        changed = stale.get(grade.pk, []) if grade else []
        if only_stale and not changed:
            continue
        level = grade.level if grade else None
        rows.append(
            {
                "finding": finding.pk,
                "label": str(finding),
                "level": level.value if level else None,
                "stale": changed,
                "version": finding.version,
                "fields": fields_of(finding),
            }
        )
        against = f"{finding.intervention} against {finding.comparison}"
        lines.append(
            f"{finding.pk} {finding} ({against}): {level.label.lower() if level else 'not agreed yet'}"
        )
        lines += [f"  changed since: {sentence}" for sentence in changed]
    nothing = "No finding is stale." if only_stale else "No findings yet: add_finding adds one."
    return {"findings": rows}, "\n".join(lines) or nothing


def _one(member: Membership, finding: Finding) -> tuple[dict, str]:
    evidence = evidence_of(finding)
    start = suggest_start(evidence)
    suggestions = suggest(evidence, start.start or "high")
    compared = comparison(finding, member)
    lines = [str(finding), f"Start: {start.start or 'not suggested'}. {start.sentence}"]
    for key, one in suggestions.items():
        change = "no suggestion" if one.change is None else f"{one.change:+d}" if one.change else "0"
        lines.append(f"{DOMAINS[key].label}: {change}. {one.sentence}")
        lines += [f"  {caution}" for caution in one.cautions]
    lines += [f"Note: {doubt}" for doubt in evidence["doubts"]]
    if compared.waiting:
        lines.append(compared.waiting)
    else:
        differ = ", ".join(compared.differing).replace("_", " ") or "nothing"
        lines.append(f"Two ratings can be compared; they differ on: {differ}.")
    data = {
        "finding": finding.pk,
        "fields": fields_of(finding),
        "evidence": evidence,
        "start": {"start": start.start, "sentence": start.sentence},
        "suggestions": [one.to_dict() for one in suggestions.values()],
        "comparison": {
            "ratings": [
                {
                    "rater": one.rater.email,
                    "level": one.level.value,
                    "start": one.start,
                    "changes": one.changes,
                }
                for one in compared.ratings
            ],
            "differing": list(compared.differing),
            "stamp": compared.stamp,
            "waiting": compared.waiting,
        },
    }
    return data, "\n".join(lines)


def _offers(member: Membership) -> tuple[dict, str]:
    found = offered(member.review)
    rows = [{"plan": one.plan.slug, "studies": one.k, "fields": one.fields} for one in found]
    lines = [
        f"{one.plan.slug}: {one.plan.outcome}, {one.fields['intervention']} against {one.fields['comparison']}, "
        + (f"{one.k} studies" if one.finished else "not run yet")
        for one in found
    ]
    return {"offers": rows}, "\n".join(lines) or "Every plan has its finding."


def _agreement(member: Membership) -> tuple[dict, str]:
    found = agreement_in_review(member)
    rows = [
        {"key": one.key, "n": one.n, "same": one.same, "kappa": one.kappa.value, "low": one.kappa.low}
        | {"high": one.kappa.high}
        for one in found
    ]
    lines = [
        f"{one.label}: {one.same} of {one.n} alike, weighted kappa "
        + ("not defined" if one.kappa.value is None else f"{one.kappa.value:.2f}")
        for one in found
    ]
    return {"agreement": rows}, "\n".join(lines) or "No finding has two ratings to compare yet."
