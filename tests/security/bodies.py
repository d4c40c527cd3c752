"""A body that works for every gesture of the application, and which of its fields are ids of rows.

``body(here, here)`` is taken; ``body(here, there)`` is the same with the ids of another review.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from appraisal.services import consensus_stamp
from records.services import what_undo_loses
from tests.security.addresses import ROWS
from tests.security.world import NOTICES, PDF, RIS, TOOL, World

Maker = Callable[[World, World], dict[str, Any]]
MEANS = {"n1": 40, "mean1": 8.2, "sd1": 4.7, "n2": 40, "mean2": 13.2, "sd2": 6.9}
PLACE = {"scale": "BDI-II", "time_point": "post", "source": "p. 3"}
PROTOCOL = {
    "title": "A title",
    "framework": "PICO",
    "quorum_title_abstract": 2,
    "quorum_full_text": 2,
    "maybe_rule": "include",
    "initial-quorum_title_abstract": 2,
}
OUTCOME = {"name": "Remission", "kind": "dichotomous", "direction": "higher"}
NAMED_COLUMNS = {"column-0": "", "column-1": "title", "again": "on"}
JUDGED = {f"{domain.key}-value": "low" for domain in TOOL.domains}
PLAN = {"name": "Second plan", "measure": "SMD", "tau2_method": "REML", "test": "knha", "level": "95"}
PLAN |= {"experimental_label": "therapy", "comparator_label": "control"}


@dataclass(frozen=True)
class Gesture:
    """``who`` sends ``body`` to ``name``; ``ids`` are its fields that hold ids of rows."""

    name: str
    who: str
    body: Maker
    ids: tuple[str, ...] = ()
    method: str = "post"
    files: bool = False
    arguments: tuple[tuple[str, Any], ...] = ()

    @property
    def is_api(self) -> bool:
        return ":" not in self.name

    def path(self, world: World) -> str:
        given = dict(self.arguments)
        start = max((start for start in ROWS if self.name.startswith(start)), key=len, default="")
        for argument in ("pk", "record_id"):
            if argument in given and given[argument] is None:
                given[argument] = getattr(world, ROWS[start]).pk
        if "study_pk" in given:
            given["study_pk"] = getattr(world, given["study_pk"]).pk
        return reverse(self.name, kwargs={"slug": world.review.slug, **given})

    def send(self, client: Client, world: World, body: dict[str, Any]):
        if self.is_api and not self.files:
            return getattr(client, self.method)(self.path(world), body, content_type="application/json")
        return client.post(self.path(world), body)


def fixed(**fields: Any) -> Maker:
    return lambda here, ids: dict(fields)


def place(here: World, ids: World) -> dict[str, Any]:
    return PLACE | {
        "outcome": ids.outcome.pk,
        "experimental": ids.arms[0].pk,
        "comparator": ids.arms[1].pk,
    }


def _confirm(here: World) -> int:
    """How much undoing the import of ``here`` would lose."""
    return what_undo_loses(here.batch).confirm


def upload(field: str, more: Maker) -> Maker:
    """Each time a file that was not read before."""

    def body(here: World, ids: World) -> dict[str, Any]:
        content = RIS.replace(b"rest", uuid.uuid4().hex.encode())
        return {field: SimpleUploadedFile("found.ris", content), **more(here, ids)}

    return body


PK, RECORD = (("pk", None),), (("record_id", None),)
STUDY = (("study_pk", "study"),)
SETTINGS = fixed(
    quorum=2, agreement="all", maybe="include", hold_minutes=0, claim_minutes=20, criteria_needed=0
)
TA = (("stage", "title_abstract"), ("pk", None))
FT = (("stage", "full_text"), ("pk", None))
ROB = (("instrument", TOOL.key), ("study_pk", "study"))

PAGES = [
    Gesture("reviews:protocol_edit", "owner", fixed(**PROTOCOL)),
    Gesture("reviews:criterion_add", "owner", fixed(kind="include", element="other", text="New")),
    Gesture(
        "reviews:criterion_edit", "owner", fixed(kind="include", element="other", text="x"), arguments=PK
    ),
    Gesture("reviews:criterion_move", "owner", fixed(to="down"), arguments=PK),
    Gesture("reviews:reason_add", "owner", fixed(label="Wrong language")),
    Gesture("reviews:reason_edit", "owner", fixed(label="Wrong people"), arguments=PK),
    Gesture("reviews:reason_move", "owner", fixed(to="down"), arguments=PK),
    Gesture("reviews:outcome_add", "owner", fixed(**OUTCOME)),
    Gesture("reviews:outcome_edit", "owner", fixed(**OUTCOME), arguments=PK),
    Gesture("reviews:member_invite", "owner", fixed(email="x@example.org", role="observer")),
    Gesture("reviews:member_role", "owner", fixed(role="reviewer"), arguments=PK),
    Gesture(
        "records:search_edit",
        "librarian",
        fixed(source="Embase", source_type="database", hits_reported=3, searched_on="2024-01-01"),
        arguments=PK,
    ),
    Gesture(
        "records:upload",
        "librarian",
        upload("files", lambda here, ids: {"search": ids.search.pk}),
        ("search",),
        files=True,
    ),
    Gesture(
        "records:upload",
        "librarian",
        upload("files", fixed(source="Scopus", source_type="database", hits_reported=5)),
        files=True,
    ),
    Gesture(
        "records:record_edit",
        "reviewer",
        lambda here, ids: {"initial-title": here.untouched.title, "title": "Corrected", "why": "so"},
        arguments=PK,
    ),
    Gesture(
        "records:record_add",
        "librarian",
        lambda here, ids: {"title": "By hand", "authors": "Kim, K", "year": "2001", "search": ids.search.pk},
        ("search",),
    ),
    Gesture("records:search_report_edit", "librarian", fixed(contacts="Two authors", updates="None")),
    Gesture("records:import_all", "librarian", lambda here, ids: {"batches": [ids.ready.pk]}),
    Gesture("records:batch_import", "librarian", fixed(), arguments=PK),
    Gesture("records:batch_discard", "librarian", fixed(), arguments=PK),
    Gesture("records:batch_reread", "librarian", fixed(encoding="cp1252"), arguments=PK),
    Gesture("records:batch_hits", "librarian", fixed(hits_reported=7), arguments=PK),
    Gesture("records:columns", "librarian", fixed(**NAMED_COLUMNS), arguments=PK),
    Gesture("records:search_report_edit", "librarian", fixed(contacts="Two authors", updates="None")),
    Gesture("records:import_all", "librarian", lambda here, ids: {"batches": [ids.ready.pk]}),
    Gesture("records:batch_import", "librarian", fixed(), arguments=PK),
    Gesture("records:batch_discard", "librarian", fixed(), arguments=PK),
    Gesture("records:batch_reread", "librarian", fixed(encoding="cp1252"), arguments=PK),
    Gesture("records:batch_hits", "librarian", fixed(hits_reported=7), arguments=PK),
    Gesture("records:columns", "librarian", fixed(**NAMED_COLUMNS), arguments=PK),
    Gesture("records:duplicate_decide", "librarian", fixed(answer="left", anyway="on"), arguments=PK),
    Gesture(
        "screening:vote",
        "reviewer",
        lambda here, ids: {"vote": "exclude", "reason": ids.reason.pk, "key": uuid.uuid4(), "shown": 1.7e9},
        ("reason",),
        arguments=TA,
    ),
    Gesture("screening:intake", "owner", fixed(form="stage", kind="full_text", why="2019"), arguments=PK),
    Gesture("screening:undo", "reviewer", fixed(), arguments=TA[:1]),
    Gesture(
        "screening:screen_mark",
        "reviewer",
        lambda here, ids: {"of": ids.pending.pk, "stays": "other"},
        ("of",),
        arguments=TA,
    ),
    Gesture(
        "screening:record_mark",
        "librarian",
        lambda here, ids: {"of": ids.records[6].pk, "stays": "this"},
        ("of",),
        arguments=PK,
    ),
    Gesture(
        "screening:reason_merge", "owner", lambda here, ids: {"reason": ids.reason.pk, "into": ids.into.pk}
    ),
    Gesture("screening:reason_merge_undo", "owner", fixed(), arguments=PK),
    Gesture("screening:settings_save", "owner", SETTINGS, arguments=(("stage", "title_abstract"),)),
    Gesture("screening:reopen", "adjudicator", fixed(stage="full_text", why="Mistake"), arguments=PK),
    Gesture(
        "screening:conflict",
        "adjudicator",
        lambda here, ids: {"included": "exclude", "reason": ids.reason.pk, "comment": "so"},
        ("reason",),
        arguments=TA,
    ),
    Gesture("screening:full_text_state", "librarian", fixed(state="retrieved"), arguments=PK),
    Gesture(
        "screening:full_text_file",
        "librarian",
        lambda here, ids: {"file": SimpleUploadedFile("new.pdf", PDF)},
        arguments=PK,
        files=True,
    ),
    Gesture(
        "screening:states_set",
        "librarian",
        lambda here, ids: {"records": [ids.requested.pk], "state": "retrieved", "on": ""},
    ),
    Gesture(
        "screening:states_file",
        "librarian",
        lambda here, ids: {
            "file": SimpleUploadedFile(
                "states.csv", f"record_id,state\r\n{ids.requested.pk},retrieved\r\n".encode()
            )
        },
        files=True,
    ),
    Gesture("screening:states_undo", "librarian", fixed(), arguments=PK),
    Gesture("screening:reminded", "librarian", fixed(on=""), arguments=PK),
    Gesture(
        "screening:retraction_list_add",
        "librarian",
        lambda here, ids: {"file": SimpleUploadedFile("notices.csv", NOTICES)},
        files=True,
    ),
    Gesture("screening:retraction_seen", "librarian", fixed(), arguments=PK),
    Gesture("screening:study_rename", "librarian", fixed(label="Renamed 2001"), arguments=PK),
    Gesture(
        "screening:study_group",
        "librarian",
        lambda here, ids: {"reports": [ids.spare_report.pk]},
        ("reports",),
        arguments=PK,
    ),
    Gesture("appraisal:save", "reviewer", fixed(**JUDGED), arguments=PK),
    Gesture(
        "appraisal:settle",
        "adjudicator",
        lambda here, ids: (
            JUDGED | {"seen": consensus_stamp(here.consensus), "sequence_generation-support": "x"}
        ),
        arguments=ROB,
    ),
    Gesture("extraction:arm_add", "extractor", fixed(label="New", role="comparator"), arguments=STUDY),
    Gesture(
        "extraction:arm_change",
        "extractor",
        fixed(label="Changed", role="comparator", n_randomised=3, seen_version=1),
        arguments=PK,
    ),
    Gesture(
        "extraction:characteristic_set", "extractor", fixed(name="dose", value="2", seen=""), arguments=STUDY
    ),
    Gesture(
        "extraction:result_add",
        "extractor",
        lambda here, ids: place(here, ids) | MEANS,
        ("outcome", "experimental", "comparator"),
        arguments=(("study_pk", "second_study"), ("kind", "means")),
    ),
    Gesture(
        "extraction:result_correct",
        "extractor",
        lambda here, ids: place(here, ids) | MEANS | {"why": "typo", "seen_version": 1},
        ("experimental", "comparator"),
        arguments=PK,
    ),
    Gesture("extraction:result_verify", "statistician", fixed(seen_version=1), arguments=PK),
    Gesture("extraction:result_withdraw", "extractor", fixed(why="wrong", seen_version=1), arguments=PK),
    Gesture(
        "analysis:plan_new",
        "statistician",
        lambda here, ids: (
            PLAN
            | {
                "outcome": ids.outcome.pk,
                "excluded_studies": [ids.studies[1].pk],
                "exclusion_note": "doubtful",
            }
        ),
        ("outcome", "excluded_studies"),
    ),
    Gesture(
        "analysis:quote",
        "statistician",
        lambda here, ids: (
            {"outcome": ids.outcome.pk, "label": "Other", "measure": "SMD", "estimate": -0.4}
            | {"ci_low": -0.9, "ci_high": 0.1, "k": 5, "citation": "Somebody 2021"}
        ),
        ("outcome",),
    ),
]
PROGRAMS = [
    Gesture("review-detail", "owner", fixed(title="New", quorum_title_abstract=3, why="so"), method="patch"),
    Gesture("reviews-criteria-list", "owner", fixed(kind="include", element="other", text="New")),
    Gesture("reviews-criteria-detail", "owner", fixed(text="y", why="so"), method="patch", arguments=PK),
    Gesture(
        "reviews-criteria-reorder",
        "owner",
        lambda here, ids: {"ids": [ids.second_criterion.pk, ids.criterion.pk]},
        ("ids",),
    ),
    Gesture("reviews-reasons-list", "owner", fixed(label="Wrong language")),
    Gesture("reviews-reasons-detail", "owner", fixed(label="Wrong people"), method="patch", arguments=PK),
    Gesture(
        "reviews-reasons-reorder",
        "owner",
        lambda here, ids: {"ids": [ids.other_reason.pk, ids.reason.pk, ids.into.pk]},
        ("ids",),
    ),
    Gesture("reviews-outcomes-list", "owner", fixed(minimal_important_difference=0.3, **OUTCOME)),
    Gesture("reviews-outcomes-detail", "owner", fixed(name="Other"), method="patch", arguments=PK),
    Gesture("reviews-members-detail", "owner", fixed(role="reviewer"), method="patch", arguments=PK),
    Gesture("reviews-members-invite", "owner", fixed(email="x@example.org", role="observer")),
    Gesture(
        "records-searches-list", "librarian", fixed(source="Embase", source_type="database", hits_reported=4)
    ),
    Gesture("records-searches-detail", "librarian", fixed(hits_reported=5), method="patch", arguments=PK),
    Gesture(
        "records-imports-list",
        "librarian",
        upload("file", lambda here, ids: {"search": ids.search.pk}),
        ("search",),
        files=True,
    ),
    Gesture(
        "records-imports-several",
        "librarian",
        upload("files", lambda here, ids: {"search": ids.search.pk}),
        ("search",),
        files=True,
    ),
    Gesture("records-imports-commit", "librarian", fixed(), arguments=PK),
    Gesture(
        "records-imports-commit-all", "librarian", lambda here, ids: {"imports": [ids.ready.pk]}, ("imports",)
    ),
    Gesture("records-imports-discard", "librarian", fixed(), arguments=PK),
    Gesture("records-imports-read-again", "librarian", fixed(encoding="cp1252"), arguments=PK),
    Gesture(
        "records-imports-columns",
        "librarian",
        fixed(mapping={"Name of paper": "title"}, sheet=""),
        arguments=PK,
    ),
    Gesture("records-imports-loss", "owner", lambda here, ids: {"confirm": _confirm(here)}, arguments=PK),
    Gesture(
        "records-searches-report", "librarian", fixed(contacts="Two authors", updates="None"), method="patch"
    ),
    Gesture(
        "records-imports-several",
        "librarian",
        upload("files", lambda here, ids: {"search": ids.search.pk}),
        ("search",),
        files=True,
    ),
    Gesture("records-imports-commit", "librarian", fixed(), arguments=PK),
    Gesture(
        "records-imports-commit-all", "librarian", lambda here, ids: {"imports": [ids.ready.pk]}, ("imports",)
    ),
    Gesture("records-imports-discard", "librarian", fixed(), arguments=PK),
    Gesture("records-imports-read-again", "librarian", fixed(encoding="cp1252"), arguments=PK),
    Gesture(
        "records-imports-columns",
        "librarian",
        fixed(mapping={"Name of paper": "title"}, sheet=""),
        arguments=PK,
    ),
    Gesture("records-imports-loss", "owner", lambda here, ids: {"confirm": _confirm(here)}, arguments=PK),
    Gesture(
        "records-searches-report", "librarian", fixed(contacts="Two authors", updates="None"), method="patch"
    ),
    Gesture(
        "records-records-list",
        "librarian",
        lambda here, ids: {"title": "By hand", "authors": ["Kim, K"], "year": 2001, "search": ids.search.pk},
        ("search",),
    ),
    Gesture(
        "records-records-detail",
        "reviewer",
        fixed(title="Corrected", keywords=["rest"], year=2001, why="so"),
        method="patch",
        arguments=PK,
    ),
    Gesture(
        "records-duplicates-merge",
        "librarian",
        lambda here, ids: {"keep": ids.candidate.left_id, "anyway": True},
        ("keep",),
        arguments=PK,
    ),
    Gesture("records-duplicates-accept", "librarian", fixed(score=0.8, expected=1)),
    Gesture("records-duplicates-undo-accepted", "librarian", lambda here, ids: {"lot": ids.lot.pk}, ("lot",)),
    Gesture("records-duplicates-thresholds", "librarian", fixed(merge_at=0.9, ask_at=0.6)),
    Gesture("records-duplicates-try-thresholds", "librarian", fixed(merge_at=0.9, ask_at=0.6)),
    Gesture(
        "records-groups-list",
        "librarian",
        lambda here, ids: (
            {"records": [ids.records[6].pk, ids.records[7].pk], "primary": ids.records[6].pk, "anyway": True}
        ),
        ("records", "primary"),
    ),
    Gesture(
        "records-groups-choose-values",
        "librarian",
        lambda here, ids: {"values": {"title": ids.twin.pk}},
        arguments=PK,
    ),
    Gesture("records-groups-take-out", "librarian", fixed(linked=True), arguments=PK),
    Gesture(
        "screening-decisions-list",
        "reviewer",
        lambda here, ids: {
            "record": ids.untouched.pk,
            "stage": "title_abstract",
            "vote": "exclude",
            "reason": ids.reason.pk,
            "key": str(uuid.uuid4()),
            "seconds": 3,
            "note": "so",
        },
        ("record", "reason"),
    ),
    Gesture(
        "screening-marked-duplicates-list",
        "librarian",
        lambda here, ids: (
            {"record": ids.records[6].pk, "of": ids.records[7].pk, "stays": ids.records[6].pk}
            | {"stage": "title_abstract", "anyway": True}
        ),
        ("record", "of", "stays"),
    ),
    Gesture(
        "screening-intakes-list",
        "owner",
        lambda here, ids: (
            {"batch": ids.spare_batch.pk, "kind": "votes", "people": {"Kim": ids.owner.pk}}
            | {"shown_first": True, "why": "so"}
        ),
        ("batch",),
    ),
    Gesture("screening-verdicts-reopen", "adjudicator", fixed(why="Mistake"), arguments=PK),
    Gesture(
        "screening-conflicts-adjudicate",
        "adjudicator",
        lambda here, ids: {"included": False, "reason": ids.reason.pk, "comment": "so"},
        ("reason",),
        arguments=PK,
    ),
    Gesture(
        "screening-full-texts-detail",
        "librarian",
        fixed(state="retrieved", requested_from="Library"),
        method="patch",
        arguments=RECORD,
    ),
    Gesture(
        "screening-retrieval-states",
        "librarian",
        lambda here, ids: {"records": [ids.requested.pk], "state": "retrieved"},
    ),
    Gesture("screening-retrieval-undo", "librarian", lambda here, ids: {"lot": ids.states.pk}, ("lot",)),
    Gesture(
        "screening-retrieval-remind", "librarian", lambda here, ids: {"record": ids.requested.pk}, ("record",)
    ),
    Gesture(
        "screening-reason-merges-list",
        "owner",
        lambda here, ids: {"reason": ids.reason.pk, "into": ids.into.pk},
        ("reason", "into"),
    ),
    Gesture("screening-reason-merges-undo", "owner", fixed(), arguments=PK),
    Gesture(
        "screening-stage-settings-detail",
        "owner",
        fixed(quorum=3),
        method="patch",
        arguments=(("stage", "title_abstract"),),
    ),
    Gesture("screening-retractions-seen", "librarian", fixed(), arguments=PK),
    Gesture("screening-studies-detail", "librarian", fixed(label="Renamed"), method="patch", arguments=PK),
    Gesture(
        "screening-studies-group",
        "librarian",
        lambda here, ids: {"reports": [ids.spare_report.pk]},
        ("reports",),
        arguments=PK,
    ),
    Gesture(
        "screening-studies-undo-grouping",
        "librarian",
        lambda here, ids: {"grouping": ids.grouping.pk},
        ("grouping",),
    ),
    Gesture(
        "screening-studies-separate",
        "librarian",
        lambda here, ids: {"report": ids.spare_report.pk},
        ("report",),
    ),
    Gesture(
        "appraisal-assessments-list",
        "adjudicator",
        lambda here, ids: {"study": ids.second_study.pk, "instrument": TOOL.key},
        ("study",),
    ),
    Gesture(
        "appraisal-assessments-answer",
        "reviewer",
        fixed(domain=TOOL.domains[0].key, value="high", support="p. 4"),
        arguments=(("pk", None),),
    ),
    Gesture(
        "appraisal-assessments-consensus",
        "adjudicator",
        lambda here, ids: {
            "study": ids.study.pk,
            "instrument": TOOL.key,
            "values": {domain.key: "low" for domain in TOOL.domains},
            "supports": {TOOL.domains[0].key: "p. 4"},
            "seen": consensus_stamp(here.consensus),
        },
        ("study",),
    ),
    Gesture(
        "extraction-arms-list",
        "extractor",
        lambda here, ids: {"study": ids.study.pk, "label": "New", "role": "comparator", "n_randomised": 4},
        ("study",),
    ),
    Gesture(
        "extraction-arms-detail",
        "extractor",
        fixed(label="Changed", role="comparator", n_randomised=4, seen_version=1),
        method="put",
        arguments=PK,
    ),
    Gesture(
        "extraction-characteristics-list",
        "extractor",
        lambda here, ids: {"study": ids.study.pk, "name": "dose", "value": "2"},
        ("study",),
    ),
    Gesture(
        "extraction-results-list",
        "extractor",
        lambda here, ids: place(here, ids) | {"study": ids.second_study.pk, "kind": "means", "values": MEANS},
        ("study", "outcome", "experimental", "comparator"),
    ),
    Gesture(
        "extraction-results-correct",
        "extractor",
        lambda here, ids: (
            {"values": MEANS | {"n1": 41}, "experimental": ids.arms[0].pk}
            | {"why": "typo", "seen_version": 1}
        ),
        ("experimental",),
        arguments=PK,
    ),
    Gesture("extraction-results-verify", "statistician", fixed(seen_version=1), arguments=PK),
    Gesture("extraction-results-withdraw", "extractor", fixed(why="so", seen_version=1), arguments=PK),
    Gesture(
        "analysis-plans-list",
        "statistician",
        lambda here, ids: (
            PLAN
            | {
                "outcome": ids.outcome.pk,
                "excluded_studies": [ids.studies[1].pk],
                "exclusion_note": "doubtful",
            }
            | {"level": 95.0}
        ),
        ("outcome", "excluded_studies"),
    ),
]
GESTURES = [*PAGES, *PROGRAMS]
