"""Every address of the application, filled with the ids of a World: the walks of this folder follow the URL table.

A new pattern is walked without anybody remembering; one whose ids cannot be guessed from ROWS makes
``addresses`` fail with its name.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from reporting.exports import EXPORTS
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission
from tests.architecture.test_pages_guarded import OUTSIDE_PREFIXES, every_pattern
from tests.security.world import OWN_TOOL, TOOL, World

#: The row whose key a pattern wants, by the beginning of the pattern's name (the longest one counts).
ROWS = {
    "reviews:criterion": "criterion",
    "extraction:sheet": "sheet",
    "extraction-sheets": "sheet",
    "reporting:adjustment_withdraw": "adjustment",
    "reporting-flow-corrections": "adjustment",
    "extraction:term": "term",
    "extraction-vocabulary": "term",
    "reviews:criterion_restore": "retired_criterion",
    "reviews:reason": "reason",
    "reviews:outcome": "outcome",
    "reviews:member": "member",
    "reviews:job": "job",
    "reviews:job_retry": "failed_job",
    "reviews-criteria": "criterion",
    "reviews-reasons": "reason",
    "reviews-outcomes": "outcome",
    "reviews-members": "member",
    "reviews-jobs": "job",
    "records:search": "search",
    "records:batch": "batch",
    "records:batch_import": "ready",
    "records:batch_discard": "ready",
    "records:batch_reread": "ready",
    "records:columns": "table",
    "records:duplicate": "candidate",
    "records:duplicate_reopen": "merged",
    "records:split": "twin",
    "records:group": "twin",
    "records:accepted_undo": "lot",
    "records-groups": "twin",
    "records:record": "untouched",
    "records:pubmed": "search",
    "records-searches": "search",
    "records-imports": "batch",
    "records-imports-commit": "ready",
    "records-imports-discard": "ready",
    "records-imports-preview": "ready",
    "records-imports-read-again": "ready",
    "records-imports-columns": "table",
    "records-records": "twin",
    "records-duplicates": "candidate",
    "screening:screen": "untouched",
    "screening:vote": "untouched",
    "screening:reason_merge_undo": "merge",
    "screening-reason-merges": "merge",
    "screening:screen_unmark": "merged",
    "screening:intake": "batch",
    "screening:intake_undo": "intake",
    "screening:record": "included",
    "screening:record_unmark": "merged",
    "screening:reopen": "included",
    "screening:conflict": "conflict",
    "screening:full_text": "disputed",
    "screening:pdf_": "pdf",
    "screening:pdf_detach": "disputed",
    "screening:study": "study",
    "screening:study_group": "second_study",
    "screening:linked_group": "merged",
    "screening:grouping_undo": "grouping",
    "screening:report": "report",
    "screening:states_undo": "states",
    "screening:reminded": "requested",
    "screening:retraction": "retraction",
    "screening-retractions": "retraction",
    "screening-decisions": "decision",
    "screening-intakes": "intake",
    "screening-marked-duplicates": "merged",
    "screening-verdicts": "settled",
    "screening-conflicts": "verdict",
    "screening-full-texts": "disputed",
    "screening-pdf-uploads": "pdf",
    "screening-studies": "study",
    "screening-studies-group": "second_study",
    "screening:why": "untouched",
    "screening:label": "label",
    "screening:label_toggle": "untouched",
    "screening:note": "note",
    "screening:note_add": "untouched",
    "screening:term_list": "term_list",
    "screening:search": "saved_search",
    "screening:row_vote": "untouched",
    "screening:lot": "vote_lot",
    "screening:allocation": "allocation",
    "screening:round": "check",
    "screening:pilot": "check",
    "screening:check": "check",
    "screening-rounds": "check",
    "screening:record_bring_back": "left_unread",
    "screening:filter": "design_removal",
    "screening:filter_back": "filtered_record",
    "screening-design-filter": "design_removal",
    "screening-removals": "removal",
    "screening:replay": "replay",
    "screening-replays": "replay",
    "screening-allocations": "allocation",
    "screening-saved-searches": "saved_search",
    "screening-vote-lots": "vote_lot",
    "screening-labels": "label",
    "screening-labellings": "labelling",
    "screening-notes": "note",
    "screening-term-lists": "term_list",
    "appraisal:": "assessment",
    "appraisal:save": "draft",
    "appraisal:answer": "result_draft",
    "appraisal:judge": "draft",
    "appraisal:name_result": "result_draft",
    "appraisal:discard": "result_draft",
    "appraisal:take_over": "outdated",
    "appraisal-assessments": "assessment",
    "appraisal-assessments-detail": "draft",
    "appraisal-assessments-judge": "draft",
    "appraisal-assessments-name-result": "draft",
    "appraisal-assessments-complete": "draft",
    "appraisal-assessments-answer": "result_draft",
    "appraisal-assessments-together": "result_draft",
    "appraisal-assessments-accept-proposals": "result_draft",
    "appraisal-assessments-take-over-version": "outdated",
    "extraction:agree_result": "compared_result",
    "extraction:leave_out_result": "compared_result",
    "extraction-comparisons": "study",
    "extraction:form": "form",
    "extraction:form_begin": "published_form",
    "extraction:form_pilot_end": "pilot_form",
    "extraction:form_version": "form_version",
    "extraction:form_codebook": "form_version",
    "extraction:form_json": "form_version",
    "extraction-forms": "form",
    "extraction-forms-begin": "published_form",
    "extraction-forms-end-pilot": "pilot_form",
    "extraction-form-versions": "form_version",
    "extraction:fill": "filled",
    "extraction:value": "filled",
    "extraction:row_": "filled",
    "extraction:take_form": "filled",
    "extraction:reopen": "handed_in",
    "extraction-extractions": "filled",
    "extraction-extractions-reopen": "handed_in",
    "extraction-studies": "filled_study",
    "extraction-studies-complete": "ready_study",
    "extraction-studies-reopen": "completed_study",
    "extraction:arm": "arm",
    "extraction:arm_remove": "spare_arm",
    "extraction:result": "result",
    "extraction:result_as_means": "medians",
    "extraction:warning_dismiss": "result",
    "extraction:warning_restore": "dismissed",
    "extraction-dismissals": "dismissed",
    "extraction-results-as-means": "medians",
    "extraction:value_sources": "value",
    "extraction:characteristic_sources": "characteristic",
    "extraction:source": "source",
    "extraction:source_restore": "removed_source",
    "extraction:contact": "contact",
    "extraction:contact_remove": "unsent_contact",
    "extraction-contacts": "contact",
    "extraction:figure": "figure",
    "extraction-figures": "figure",
    "extraction-suggestions": "report_text",
    "extraction-sources": "source",
    "extraction-sources-restore": "removed_source",
    "extraction-arms": "spare_arm",
    "extraction-characteristics": "characteristic",
    "extraction-results": "result",
    "analysis:run": "run",
    "analysis:what_if": "run",
    "analysis:figure": "run",
    "analysis-plans": "plan",
    "analysis-runs": "run",
    "analysis:explore": "run",
    "analysis:exploration": "exploration",
    "analysis-explorations": "exploration",
    "certainty:finding": "finding",
    "certainty:finding_restore": "retired_finding",
    "certainty:begin": "finding",
    "certainty:compare": "rated_finding",
    "certainty:settle": "rated_finding",
    "certainty:grade": "grade",
    "certainty:rate": "grade",
    "certainty:again": "grade",
    "certainty:reopen": "complete_grade",
    "certainty:discard": "grade",
    "certainty-findings": "finding",
    "certainty-findings-consensus": "rated_finding",
    "certainty-findings-comparison": "rated_finding",
    "certainty-findings-restore": "retired_finding",
    "certainty-grades": "grade",
    "reporting:export_made": "export_file",
    "reporting-exports": "export_file",
}
#: Arguments that are words rather than keys; several values give several addresses.
WORDS: dict[str, list[str]] = {
    "stage": ["title_abstract", "full_text"],
    "number": ["1"],
    "state": ["merged", "distinct", "linked"],
    "kind": ["means"],
    "instrument": [TOOL.key],
    "domain": [TOOL.domains[0].key],
    "tool": [OWN_TOOL["key"]],
    "question": ["1.1"],
    "key": ["databases", "reasons"],
    "figure": ["forest"],
}
#: Addresses of files: the arguments of each file there is.
FILES: dict[str, list[dict[str, str]]] = {
    "appraisal:figure": [{"plot": "traffic-light", "fmt": "svg"}, {"plot": "summary", "fmt": "svg"}],
    "analysis:explore": [{"kind": "multiverse"}],
    "analysis:exploration_file": [
        {"name": "figure", "extension": "svg"},
        {"name": "specifications", "extension": "csv"},
        {"name": "result", "extension": "json"},
    ],
    "analysis:run_file": [
        {"name": "forest", "extension": "svg"},
        {"name": "result", "extension": "json"},
        {"name": "reproduce", "extension": "zip"},
    ],
    "analysis:run_table": [{"name": "influence"}],
    "certainty:rate": [{"domain": "imprecision"}],
    "certainty:table": [{"kind": "summary"}, {"kind": "profile"}],
    "certainty:table_file": [
        {"kind": "summary", "extension": "csv"},
        {"kind": "profile", "extension": "html"},
    ],
    "reporting:prisma_file": [{"extension": "svg"}, {"extension": "csv"}, {"extension": "pptx"}],
    "reporting-flow-file": [{"extension": "svg"}, {"extension": "csv"}, {"extension": "docx"}],
    "reporting:checklist": [{"key": "prisma2020"}],
    "reporting:checklist_item": [{"key": "prisma2020", "item": "5"}],
    "reporting:checklist_file": [
        {"key": "prisma2020", "extension": "docx"},
        {"key": "scr", "extension": "csv"},
    ],
    "reporting-checklists-detail": [{"key": "prisma2020"}],
    "reporting-checklists-answer": [{"key": "prisma2020", "item": "5"}],
    "reporting-checklists-file": [{"key": "prisma2020"}],
    "reporting:export_choose": [{"what": "records"}],
    "reporting-exports-streamed-file": [{"what": "records"}],
    "reporting:export_file": [
        {"what": what, "extension": extension}
        for what, export in EXPORTS.items()
        if not export.long
        for extension in export.formats
    ],
}


@dataclass(frozen=True)
class Address:
    """One address with what its view declares: ``permissions`` by method, None where any signed-in person may."""

    name: str
    path: str
    permissions: tuple[tuple[str, Permission], ...]
    keyed: bool

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")

    def needs(self, method: str) -> Permission | None:
        return dict(self.permissions).get(method)


METHODS = ("get", "post", "put", "patch", "delete")


def addresses(world: World, *, keys_of: World | None = None) -> list[Address]:
    """Every address of the review of ``world``; with ``keys_of`` the ids come from that other review."""
    found = []
    for route, name, view in every_pattern():
        if route.startswith(OUTSIDE_PREFIXES) or "slug" not in route:
            continue
        needs = tuple(_needs(view).items())
        for arguments, keyed in _arguments(name, route, keys_of or world):
            path = reverse(name, kwargs={"slug": world.review.slug, **arguments})
            found.append(Address(name, path, needs, keyed))
    return found


def _needs(view) -> dict[str, Permission]:
    viewset = getattr(view, "cls", None)
    if viewset is None:
        return dict.fromkeys(METHODS, view.review_permission)
    if not issubclass(viewset, ReviewViewSet):  # the review itself
        return {"get": Permission.VIEW, "patch": Permission.AMEND_PROTOCOL}
    return {
        method: viewset.permissions.get(action, viewset.permission) for method, action in view.actions.items()
    }


def _arguments(name: str, route: str, world: World) -> Iterator[tuple[dict[str, Any], bool]]:
    """Each way to fill the arguments of a route, and whether a key of a row is among them."""
    names = set(re.findall(r"<(?:\w+:)?(\w+)>", route)) - {"slug"}
    files = FILES.get(name, [{}])
    for file in files:
        filled: list[dict[str, Any]] = [dict(file)]
        keyed = False
        for argument in names - file.keys():
            values, is_key = _values(name, argument, world)
            keyed |= is_key
            filled = [{**one, argument: value} for one in filled for value in values]
        yield from ((one, keyed) for one in filled)


def _values(name: str, argument: str, world: World) -> tuple[list[Any], bool]:
    if argument in WORDS:
        return WORDS[argument], False
    if argument == "public_id":
        row = world.public_page if "public" in name else world.invitation
        return [row.public_id], True
    if argument == "plan_slug":
        return [world.plan.slug], True
    if argument == "lot":
        return [world.label_lot.lot], True
    if argument == "record":
        return [world.settled.record_id], True
    if argument == "study_pk":
        return [world.study.pk], True
    if argument in {"pk", "record_id"}:
        row = max((start for start in ROWS if name.startswith(start)), key=len, default="")
        assert row, f"tests/security/addresses.py: say in ROWS whose id {name} wants"
        return [getattr(world, ROWS[row]).pk], True
    raise AssertionError(f"tests/security/addresses.py: say what {name} wants as '{argument}'")
