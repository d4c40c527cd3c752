"""A body that works for every form of the pages."""

import uuid

from django.core.files.uploadedfile import SimpleUploadedFile

from appraisal.services import consensus_stamp
from tests.security.gestures import (
    JUDGED,
    MEANS,
    NAMED_COLUMNS,
    OUTCOME,
    PK,
    PLAN,
    PREVIEW,
    PROTOCOL,
    ROB,
    SETTINGS,
    STUDY,
    TA,
    Gesture,
    filled_sheet,
    fixed,
    place,
    robvis_file,
    ticked_rows,
    upload,
)
from tests.security.world import NOTICES, OWN_TOOL, PDF

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
    Gesture("screening:screen_postpone", "reviewer", fixed(), arguments=TA),
    Gesture(
        "screening:votes",
        "reviewer",
        lambda here, ids: {
            "as": here.people["reviewer"].pk,
            "votes": [
                {"record": ids.untouched.pk, "vote": "exclude", "reason": ids.reason.pk, "note": "so"}
                | {"key": str(uuid.uuid4()), "seconds": 4, "answers": {}}
            ],
            "ahead": {"count": 0, "without": [ids.pending.pk], "after": ids.pending.pk},
        },
        arguments=TA[:1],
        json=True,
    ),
    Gesture(
        "screening:lot_new",
        "reviewer",
        lambda here, ids: {"stage": "title_abstract", "query": "q=rest", "pick": [ids.untouched.pk]},
        arguments=(),
        saves=False,
    ),
    Gesture(
        "screening:lot_cast",
        "reviewer",
        lambda here, ids: (
            {"stage": "title_abstract", "vote": "exclude", "reason": ids.reason.pk, "note": "so"}
            | {"pick": [here.untouched.pk], "query": "", "key": str(uuid.uuid4())}
        ),
    ),
    Gesture("screening:search_save", "reviewer", fixed(name="Old ones", query="year_to=1999", shared="on")),
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
    Gesture("screening:settings_save", "owner", PREVIEW, arguments=TA[:1], saves=False),
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
    Gesture(
        "screening:study_design",
        "reviewer",
        lambda here, ids: {"studies": [ids.study.pk], "design": "cohort"},
        ("studies",),
    ),
    Gesture("extraction:workbook", "extractor", filled_sheet, files=True),
    Gesture("extraction:sheet_apply", "extractor", ticked_rows, arguments=PK),
    Gesture("extraction:term_add", "extractor", fixed(kind="scale", name="BDI")),
    Gesture("extraction:term", "extractor", fixed(name="Other", seen="CBT"), arguments=PK),
    Gesture(
        "extraction:term_merge",
        "extractor",
        lambda here, ids: {"into": ids.other_term.pk},
        ("into",),
        arguments=PK,
    ),
    Gesture("extraction:term_part", "extractor", fixed(), arguments=PK, saves=False),
    Gesture("extraction:term_remove", "extractor", fixed(), arguments=PK),
    Gesture(
        "extraction:vocabulary_upload",
        "extractor",
        lambda here, ids: {"file": SimpleUploadedFile("v.csv", b"kind,name\nscale,BDI\n")},
        files=True,
    ),
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
    Gesture(
        "extraction:agree_value",
        "adjudicator",
        fixed(field="age", row="", seen_version=0, take="right"),
        arguments=STUDY,
    ),
    Gesture("extraction:take_agreeing", "extractor", fixed(), arguments=STUDY),
    Gesture(
        "extraction:agree_result",
        "adjudicator",
        fixed(take="right", seen=""),
        arguments=(*STUDY, ("pk", None)),
    ),
    Gesture(
        "extraction:leave_out_result",
        "adjudicator",
        fixed(why="Another scale", seen=""),
        arguments=(*STUDY, ("pk", None)),
    ),
    Gesture(
        "extraction:result_sources",
        "extractor",
        fixed(field="mean1", page=3, quote="8.2", locator="Table 2", boxes=""),
        arguments=PK,
    ),
    Gesture("extraction:value_sources", "extractor", fixed(page=3, quote="Japan", boxes=""), arguments=PK),
    Gesture(
        "extraction:contact_add",
        "extractor",
        lambda here, ids: {
            "asked_of": "Kim",
            "question": "The SD?",
            "result": ids.result.pk if ids is not here else "",
        },
        ("result",),
        arguments=STUDY,
    ),
    Gesture(
        "extraction:contact",
        "extractor",
        fixed(asked_of="Kim", question="The SD?", sent_at="2024-01-01", reply="4.7", seen_version=1),
        arguments=PK,
    ),
    Gesture(
        "extraction:figure_add",
        "extractor",
        lambda here, ids: {"name": "Figure 3", "file": SimpleUploadedFile("f.csv", b"1,2\n3,4\n")},
        files=True,
        arguments=STUDY,
    ),
    Gesture(
        "extraction:figure_scale",
        "extractor",
        fixed(x_way="plain", y_way="points", y_p1=410, y_v1=0, y_p2=95, y_v2=30, y_unit="points", seen="{}"),
        arguments=PK,
    ),
    Gesture(
        "extraction:figure_take",
        "extractor",
        lambda here, ids: {"outcome": ids.outcome.pk, "kind": "means", "use-1": "mean1", "use-2": "mean2"},
        ("outcome",),
        arguments=PK,
        saves=False,
    ),
    Gesture("extraction:figure_remove", "extractor", fixed(), arguments=PK),
    Gesture(
        "extraction:suggestions_read",
        "extractor",
        lambda here, ids: {"report": ids.included.pk},
        ("report",),
        arguments=STUDY,
    ),
    Gesture(
        "extraction:suggestion_accept",
        "extractor",
        lambda here, ids: {
            "full_text": ids.report_text.pk,
            "value": "Japan",
            "sentence": "It was done in Japan.",
            "page": 2,
            "place": "characteristic",
            "characteristic": "Country",
            "seen": "",
        },
        arguments=STUDY,
    ),
    Gesture("extraction:contact_remind", "extractor", fixed(on=""), arguments=PK),
    Gesture("extraction:contact_remove", "extractor", fixed(), arguments=PK),
    Gesture("extraction:source_remove", "extractor", fixed(), arguments=PK),
    Gesture("extraction:source_restore", "extractor", fixed(), arguments=PK),
    Gesture("extraction:settings_save", "owner", fixed(mode="single", seen_version=0)),
    Gesture("extraction:start", "extractor", fixed(), arguments=(("study_pk", "ready_study"),)),
    Gesture("extraction:study_complete", "extractor", fixed(), arguments=(("study_pk", "ready_study"),)),
    Gesture("extraction:study_reopen", "extractor", fixed(), arguments=(("study_pk", "completed_study"),)),
    Gesture(
        "extraction:fill_save",
        "extractor",
        lambda here, ids: {"v:place.": "Peru", "c:place.": "p. 2", "s:place.": "1-0", "act": "add:sites"},
        arguments=PK,
    ),
    Gesture(
        "extraction:value",
        "extractor",
        lambda here, ids: {
            "as": here.people["extractor"].pk,
            "field": "place",
            "row": "",
            "value": "Peru",
            "comment": "p. 2",
            "seen_version": 1,
        },
        arguments=PK,
        json=True,
    ),
    Gesture("extraction:value_verify", "statistician", fixed(cell="place.", seen_version=1), arguments=PK),
    Gesture("extraction:row_add", "extractor", fixed(group="sites"), arguments=PK),
    Gesture(
        "extraction:row_remove", "extractor", lambda here, ids: {"cell": f"sites.{here.row}"}, arguments=PK
    ),
    Gesture(
        "extraction:row_restore",
        "extractor",
        lambda here, ids: {"cell": f"sites.{here.gone_row}"},
        arguments=PK,
    ),
    Gesture("extraction:form_add", "owner", fixed(name="New form", sections=["funding"])),
    Gesture(
        "extraction:form_add",
        "owner",
        lambda here, ids: {"name": "Copied", "copy_of": ids.form_version.pk},
        ("copy_of",),
    ),
    Gesture("extraction:form_change", "owner", fixed(name="Renamed", designs=["cohort"]), arguments=PK),
    Gesture("extraction:form_move", "owner", fixed(to="down"), arguments=PK),
    Gesture("extraction:form_retire", "owner", fixed(to="retire"), arguments=PK),
    Gesture("extraction:form_begin", "owner", fixed(), arguments=PK),
    Gesture("extraction:form_discard", "owner", fixed(), arguments=PK),
    Gesture(
        "extraction:form_build",
        "owner",
        fixed(**{"do": "add:section.funding", "new-label-section.funding": "Sum", "seen_version": 2}),
        arguments=PK,
    ),
    Gesture(
        "extraction:form_build",
        "owner",
        fixed(
            **{"do": "save", "editing": "funding_names", "f-label": "Payers", "f-type": "text"},
            seen_version=2,
        ),
        arguments=PK,
    ),
    Gesture(
        "extraction:form_check",
        "owner",
        fixed(**{"editing": "funding_names", "f-label": "Payers", "f-min": "x", "v:funding_names.": "MRC"}),
        arguments=PK,
        saves=False,
    ),
    Gesture(
        "extraction:form_version", "observer", fixed(**{"v:funding_names.": "MRC"}), arguments=PK, saves=False
    ),
    Gesture(
        "extraction:form_import",
        "owner",
        lambda here, ids: {"seen_version": 2, "copy_of": ids.form_version.pk},
        ("copy_of",),
        arguments=PK,
    ),
    Gesture(
        "extraction:form_pilot",
        "owner",
        lambda here, ids: {"studies": [ids.study.pk]},
        ("studies",),
        arguments=PK,
    ),
    Gesture("extraction:form_pilot_end", "owner", fixed(), arguments=PK),
    Gesture("extraction:form_publish", "owner", fixed(seen_version=2, note="Remarks too"), arguments=PK),
    Gesture("extraction:form_take_over", "extractor", fixed()),
    Gesture("extraction:take_form", "extractor", lambda here, ids: {"seen_version": 4}, arguments=PK),
    Gesture("extraction:reopen", "extractor", fixed(), arguments=PK),
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
    Gesture(
        "extraction:several_arms",
        "extractor",
        lambda here, ids: {"result": [ids.result.pk, ids.other_result.pk], "label": "Both", "do": "combine"},
        ("result",),
        arguments=(("study_pk", "second_study"),),
    ),
    Gesture("extraction:result_as_means", "extractor", fixed(method="luo"), arguments=PK),
    Gesture(
        "extraction:warning_dismiss",
        "extractor",
        lambda here, ids: {
            "code": here.warning.code,
            "fingerprint": here.warning.fingerprint,
            "reason": "The report says so.",
        },
        arguments=PK,
    ),
    Gesture("extraction:warning_restore", "extractor", fixed(), arguments=PK),
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
        "appraisal:robvis_in",
        "reviewer",
        lambda here, ids: {"instrument": OWN_TOOL["key"], "result": "study", "file": robvis_file(ids)},
        files=True,
    ),
    Gesture("analysis:run_alike", "statistician", fixed(subgroup_by="overall risk of bias"), arguments=PK),
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
