"""A body that works for every gesture of the API."""

import uuid

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.security.gestures import (
    OUTCOME,
    PK,
    PLAN,
    RECORD,
    Gesture,
    changed_settings,
    confirm,
    fixed,
    tried_settings,
    upload,
)
from tests.security.world import OWN_TOOL, TOOL

ASSESSMENTS = ",".join(["study", *(domain.key for domain in TOOL.domains)]) + "\n"
OWN = (("tool", OWN_TOOL["key"]),)

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
    Gesture("records-imports-loss", "owner", lambda here, ids: {"confirm": confirm(here)}, arguments=PK),
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
    Gesture(
        "screening-stage-settings-preview",
        "owner",
        fixed(quorum=3, agreement="majority"),
        arguments=(("stage", "title_abstract"),),
        saves=False,
    ),
    Gesture(
        "screening-vote-lots-preview",
        "reviewer",
        lambda here, ids: {"stage": "title_abstract", "records": [ids.untouched.pk]},
        ("records",),
        saves=False,
    ),
    Gesture("screening-saved-searches-list", "reviewer", fixed(name="Old ones", query="year_to=1999")),
    Gesture("screening-rankings-learn", "reviewer", fixed(), arguments=(("stage", "title_abstract"),)),
    Gesture(
        "screening-rankings-order-file",
        "owner",
        lambda here, ids: {
            "file": SimpleUploadedFile(
                "order.csv", f"record_id,place\n{ids.untouched.pk},1\n".encode(), "text/csv"
            )
        },
        files=True,
        arguments=(("stage", "title_abstract"),),
    ),
    Gesture("screening-retractions-seen", "librarian", fixed(), arguments=PK),
    Gesture("screening-studies-detail", "librarian", fixed(label="Renamed"), method="patch", arguments=PK),
    Gesture(
        "screening-studies-design",
        "reviewer",
        lambda here, ids: {"studies": [ids.study.pk], "design": "cohort"},
        ("studies",),
    ),
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
    Gesture(
        "analysis-plans-change",
        "statistician",
        changed_settings,
        ("outcome", "excluded_studies"),
        arguments=PK,
    ),
    Gesture("analysis-plans-eligible", "statistician", tried_settings, ("outcome",), saves=False),
    *(
        Gesture(
            f"analysis-explorations-{name}",
            "statistician",
            lambda here, ids: {
                "run": ids.run.pk,
                "kind": "multiverse",
                "settings": {"factors": {"tau2": ["PM"]}},
            },
            ("run",),
            saves=name == "list",
        )
        for name in ("list", "count")
    ),
    Gesture(
        "analysis-runs-what-if", "observer", fixed(tau2_method="DL", level=90.0), arguments=PK, saves=False
    ),
    Gesture(
        "analysis-runs-set-figure",
        "statistician",
        fixed(settings={"sort": "effect"}, version=0),
        arguments=(*PK, ("figure", "forest")),
    ),
    Gesture("analysis-plans-alike", "statistician", fixed(subgroup_by="overall risk of bias"), arguments=PK),
]
