"""A body that works for every gesture of the API."""

import uuid

from django.core.files.uploadedfile import SimpleUploadedFile

from appraisal.services import consensus_stamp
from tests.security.gestures import (
    MEANS,
    OUTCOME,
    PK,
    PLAN,
    RECORD,
    Gesture,
    confirm,
    fixed,
    place,
    robvis_file,
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
        "appraisal-assessments-list",
        "adjudicator",
        lambda here, ids: (
            {"study": ids.second_study.pk, "instrument": TOOL.key, "outcome": ids.outcome.pk}
            | {"time_point": "post", "result_label": "SMD -0.4"}
        ),
        ("study", "outcome"),
    ),
    Gesture("appraisal-assessments-detail", "reviewer", fixed(), method="delete", arguments=PK),
    Gesture(
        "appraisal-assessments-judge",
        "reviewer",
        lambda here, ids: {
            "domain": TOOL.domains[0].key,
            "value": "high",
            "support": "p. 4",
            "override_reason": "so",
            "quote": "At random",
            "page": "4",
            "full_text": ids.study_text.pk,
        },
        ("full_text",),
        arguments=PK,
    ),
    Gesture(
        "appraisal-assessments-answer",
        "reviewer",
        lambda here, ids: {
            "question": "1.1",
            "value": "N",
            "support": "p. 4",
            "quote": "At random",
            "page": "4",
            "full_text": ids.study_text.pk,
        },
        ("full_text",),
        arguments=(("pk", None),),
    ),
    Gesture("appraisal-assessments-together", "reviewer", fixed(yes=True), arguments=PK),
    Gesture("appraisal-assessments-accept-proposals", "reviewer", fixed(), arguments=PK),
    Gesture("appraisal-assessments-name-result", "reviewer", fixed(result_label="SMD -0.5"), arguments=PK),
    Gesture("appraisal-assessments-take-over-version", "reviewer", fixed(), arguments=PK),
    Gesture(
        "appraisal-assessments-import-file",
        "extractor",
        lambda here, ids: {
            "file": SimpleUploadedFile("rob.csv", (ASSESSMENTS + here.study.label + ",1" * 4).encode()),
            "instrument": TOOL.key,
            "outcome": ids.outcome.pk,
            "time_point": "post",
        },
        ("outcome",),
        files=True,
    ),
    Gesture("appraisal-risk-of-bias-tools-list", "owner", fixed(key="rob2", designs=["cohort"])),
    Gesture(
        "appraisal-risk-of-bias-tools-detail",
        "owner",
        fixed(designs=["cohort"]),
        method="patch",
        arguments=OWN,
    ),
    Gesture("appraisal-risk-of-bias-tools-retire", "owner", fixed(), arguments=OWN),
    Gesture(
        "appraisal-risk-of-bias-tools-begin-draft",
        "owner",
        fixed(data={"key": "another", "name": "Another"}, note="so"),
    ),
    Gesture(
        "appraisal-risk-of-bias-tools-draft",
        "owner",
        fixed(data=OWN_TOOL | {"name": "Changed"}, note="so"),
        method="put",
        arguments=OWN,
    ),
    Gesture("appraisal-risk-of-bias-tools-discard-draft", "owner", fixed(), arguments=OWN),
    Gesture("appraisal-risk-of-bias-tools-publish", "owner", fixed(note="so"), arguments=OWN),
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
    Gesture("extraction-forms-list", "owner", fixed(name="New form", designs=["cohort"])),
    Gesture("extraction-forms-detail", "owner", fixed(name="Renamed"), method="patch", arguments=PK),
    Gesture("extraction-forms-move", "owner", fixed(to="down"), arguments=PK),
    Gesture("extraction-forms-retire", "owner", fixed(), arguments=PK),
    Gesture("extraction-forms-restore", "owner", fixed(), arguments=PK, saves=False),
    Gesture("extraction-forms-begin", "owner", fixed(), arguments=PK),
    Gesture(
        "extraction-forms-draft",
        "owner",
        fixed(schema={"sections": []}, seen_version=2),
        method="put",
        arguments=PK,
    ),
    Gesture("extraction-forms-undo", "owner", fixed(seen_version=2), arguments=PK),
    Gesture("extraction-forms-add-section", "owner", fixed(key="methods", seen_version=2), arguments=PK),
    Gesture("extraction-forms-discard", "owner", fixed(), arguments=PK),
    Gesture(
        "extraction-forms-pilot",
        "owner",
        lambda here, ids: {"studies": [ids.study.pk]},
        ("studies",),
        arguments=PK,
    ),
    Gesture("extraction-forms-end-pilot", "owner", fixed(), arguments=PK),
    Gesture("extraction-forms-publish", "owner", fixed(seen_version=2), arguments=PK),
    Gesture(
        "extraction-forms-take-over",
        "extractor",
        lambda here, ids: {"extraction": ids.filled.pk, "seen_version": here.filled.version},
        ("extraction",),
    ),
    Gesture(
        "extraction-comparisons-values",
        "adjudicator",
        fixed(values=[{"field": "age", "value": "44", "seen_version": 0, "comment": "Table 1"}]),
        arguments=PK,
    ),
    Gesture(
        "extraction-comparisons-results",
        "adjudicator",
        lambda here, ids: {"result": ids.compared_result.pk, "values": {"sd1": 5.0}},
        ("result",),
        arguments=PK,
    ),
    Gesture(
        "extraction-comparisons-leave-out",
        "adjudicator",
        lambda here, ids: {"result": ids.compared_result.pk, "why": "Another scale"},
        ("result",),
        arguments=PK,
    ),
    Gesture("extraction-comparisons-take-agreeing", "extractor", fixed(), arguments=PK),
    Gesture(
        "extraction-sources-list",
        "extractor",
        lambda here, ids: {"result": ids.result.pk, "field": "mean1", "page": 3, "quote": "8.2", "boxes": []},
        ("result",),
    ),
    Gesture(
        "extraction-contacts-list",
        "extractor",
        lambda here, ids: {"study": ids.study.pk, "asked_of": "Kim", "question": "The SD?"},
        ("study",),
    ),
    Gesture(
        "extraction-contacts-detail",
        "extractor",
        fixed(question="The SDs?", reply="4.7", value_used="4.7", seen_version=1),
        method="patch",
        arguments=PK,
    ),
    Gesture(
        "extraction-figures-list",
        "extractor",
        lambda here, ids: {
            "study": ids.study.pk,
            "name": "Figure 3",
            "file": SimpleUploadedFile("f.csv", b"1,2\n3,4\n"),
        },
        ("study",),
        files=True,
    ),
    Gesture(
        "extraction-figures-scale",
        "extractor",
        fixed(x={"factor": 0.1, "offset": 0}, y={"references": [[410, 0], [95, 30]], "unit": "points"}),
        arguments=PK,
    ),
    Gesture(
        "extraction-figures-cite",
        "extractor",
        lambda here, ids: {"result": ids.result.pk, "fields": ["mean1"]},
        ("result",),
        arguments=PK,
    ),
    Gesture("extraction-figures-detail", "extractor", fixed(), method="delete", arguments=PK),
    Gesture("extraction-suggestions-read", "extractor", fixed(), arguments=PK),
    Gesture(
        "extraction-suggestions-accept",
        "extractor",
        lambda here, ids: {
            "value": "41",
            "sentence": "We randomised 41.",
            "page": 2,
            "arm": ids.study.arms.first().pk,
            "seen_version": 1,
        },
        ("arm",),
        arguments=PK,
    ),
    Gesture("extraction-contacts-remind", "extractor", fixed(), arguments=PK),
    Gesture("extraction-sources-restore", "extractor", fixed(), arguments=PK),
    Gesture("extraction-sources-detail", "extractor", fixed(), method="delete", arguments=PK),
    Gesture("extraction-vocabulary-list", "extractor", fixed(kind="scale", name="BDI")),
    Gesture("extraction-vocabulary-detail", "extractor", fixed(name="Other"), method="patch", arguments=PK),
    Gesture(
        "extraction-vocabulary-merge",
        "extractor",
        lambda here, ids: {"into": ids.other_term.pk},
        ("into",),
        arguments=PK,
    ),
    Gesture("extraction-vocabulary-part", "extractor", fixed(), arguments=PK, saves=False),
    Gesture("extraction-settings-list", "owner", fixed(mode="single", seen_version=0)),
    Gesture("extraction-studies-complete", "extractor", fixed(), arguments=PK),
    Gesture("extraction-studies-reopen", "extractor", fixed(), arguments=PK),
    Gesture(
        "extraction-extractions-list",
        "extractor",
        lambda here, ids: {"study": ids.ready_study.pk},
        ("study",),
    ),
    Gesture(
        "extraction-extractions-value",
        "extractor",
        fixed(field="place", row="", value="Peru", comment="p. 2", seen_version=1),
        arguments=PK,
    ),
    Gesture(
        "extraction-extractions-verify",
        "statistician",
        fixed(field="place", row="", seen_version=1, yes=True),
        arguments=PK,
    ),
    Gesture("extraction-extractions-add-row", "extractor", fixed(group="sites"), arguments=PK),
    Gesture(
        "extraction-extractions-remove-row",
        "extractor",
        lambda here, ids: {"group": "sites", "row": here.row},
        arguments=PK,
    ),
    Gesture(
        "extraction-extractions-restore-row",
        "extractor",
        lambda here, ids: {"group": "sites", "row": here.gone_row, "position": 0},
        arguments=PK,
    ),
    Gesture("extraction-extractions-complete", "extractor", fixed(), arguments=PK),
    Gesture("extraction-extractions-reopen", "extractor", fixed(), arguments=PK),
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
    Gesture(
        "appraisal-risk-of-bias-figures-robvis",
        "reviewer",
        lambda here, ids: {
            "instrument": OWN_TOOL["key"],
            "outcome": ids.outcome.pk,
            "file": robvis_file(ids),
        },
        ("outcome",),
        files=True,
    ),
    Gesture("analysis-plans-alike", "statistician", fixed(subgroup_by="overall risk of bias"), arguments=PK),
]
