"""Where keys of rows stand inside of JSON and texts, column by column; tests/reporting/test_archive_keys.py looks for
those that are missing here.
"""

import re
from collections.abc import Mapping
from typing import Any

from reporting.archive.references import NO_RULES, Known, Rules, by_kind, lines, listed, one, pattern, values

RECORD, STUDY, RESULT, USER = "records.record", "screening.study", "extraction.result", "reviews.user"
EVENT, LABEL, PAIR = "reviews.auditevent", "screening.label", "records.duplicatecandidate"

#: How sentences name a row: "record 12", "run 7"; not "record 12.pdf", which is the name of a file.
SAID = re.compile(r"\b[Rr]ecord ([0-9]{1,18})(?!\.?\w)|\brun ([0-9]{1,18})(?!\.?\w)")
SAID_TABLES = (RECORD, "analysis.run")
LEFT = re.compile(r"stayed when ([0-9]{1,18}) left")
#: A saved filter of the list of records.
FILTER = re.compile(r"(?<![^&])source=([0-9]{1,18})(?![^&])|(?<![^&])label=([0-9]{1,18})(?![^&])|(?<![^&])reason=([0-9]{1,18})(?![^&])")  # fmt: skip  # noqa: E501
FILTER_TABLES = ("records.search", LABEL, "reviews.exclusionreason")
#: The key of a row of a run: its study, and where that has several, the arms that are compared.
ROW = re.compile(r"^([0-9]{1,18})$")
#: The key of a row of the workbook.
CELL = re.compile(r"^study:([0-9]{1,18})|^arm:([0-9]{1,18})|^result:([0-9]{1,18})")
CELL_TABLES = (STUDY, "extraction.arm", RESULT)

#: What these names mean wherever the application writes history, jobs or remarks.
EVERYWHERE: Rules = {
    "user": one(USER),
    "person": one(USER),
    "people": listed(USER),
    "invited_by": one(USER),
    "invitation": one("reviews.invitation"),
    "shares": listed(USER),
    "record": one(RECORD),
    "search": one("records.search"),
    "batch": one("records.importbatch"),
    "intake": one("screening.intake"),
    "lot": one("screening.votelot"),
    "round": one("screening.round"),
    "label": one(LABEL),
    "note": one("screening.note"),
    "merge": one("screening.reasonmerge"),
    "retraction": one("screening.retraction"),
    "upload": one("screening.pdfupload"),
    "uploads": listed("screening.pdfupload"),
    "full_text": one("screening.fulltext"),
    "decision": one("screening.decision"),
    "votes": listed("screening.decision"),
    "adjudication": one("screening.adjudication"),
    "allocation": one("screening.allocation"),
    "reason": one("reviews.exclusionreason"),
    "event": one(EVENT),
    "study": one(STUDY),
    "studies": listed(STUDY),
    "result": one(RESULT),
    "extractions": listed("extraction.extraction"),
    "plan": one("analysis.plan"),
    "run": one("analysis.run"),
    "exploration": one("analysis.exploration"),
    "finding": one("certainty.finding"),
    "grade": one("certainty.grade"),
    "of_id": by_kind(
        "of",
        {
            "result": RESULT,
            "value": "extraction.value",
            "arm": "extraction.arm",
            "characteristic": "extraction.characteristic",
        },
    ),
    "removal": one("screening.automaticremoval"),
    "replay": one("screening.replay"),
    "why": pattern(SAID, *SAID_TABLES),
    "query": pattern(FILTER, *FILTER_TABLES),
}

#: What else the events of a room say, and those that mean something else by a name.
ROOMS: dict[str, Rules] = {
    "records": {
        **{name: one(RECORD) for name in ("kept", "removed", "left", "right", "linked", "from", "members")},
        "pair": one(PAIR),
        "pairs": listed(PAIR),
        "lot": one(EVENT),
        "query": NO_RULES,
    },
}
EVENTS: dict[str, Rules] = {
    "reviews.criteria_reordered": {"old": listed("reviews.criterion"), "new": listed("reviews.criterion")},
    "records.merged_above": {"kept": NO_RULES},
    "screening.duplicate_marked": {"kept": one(RECORD), "removed": one(RECORD)},
    "screening.duplicate_unmarked": {"left": one(RECORD), "right": one(RECORD)},
    "screening.full_text_states": {"records": listed(RECORD)},
    "screening.full_text_states_undone": {"left": listed(RECORD)},
    "screening.grouping_undone": {"records": listed(RECORD)},
    "screening.reports_grouped": {"records": listed(RECORD), "moved": lines(RECORD, STUDY)},
    "screening.reasons_merged": {"records": listed(RECORD)},
    "screening.reasons_parted": {"records": listed(RECORD)},
    "screening.labels_merged": {"into": one(LABEL)},
    "screening.labels_ordered": {"new": listed(LABEL)},
    "screening.term_lists_ordered": {"new": listed("screening.termlist")},
    "screening.allocated": {"result": listed(USER)},
    "extraction.form_moved": {"order": listed("extraction.form")},
    "extraction.term_merged": {"followers": listed("extraction.vocabularyterm")},
    "extraction.result_recorded": {"no_longer_preferred": listed(RESULT)},
    "extraction.result_corrected": {"replaces": one(RESULT), "no_longer_preferred": listed(RESULT)},
    "extraction.result_preferred": {"old": listed(RESULT), "new": one(RESULT)},
    "extraction.result_agreed": {"left": {"id": one(RESULT)}, "right": {"id": one(RESULT)}},
    "extraction.result_left_out": {"left": {"id": one(RESULT)}, "right": {"id": one(RESULT)}},
}


def of_row(value: Any, inside: Mapping[str, Any], known: Known, rules: Rules) -> Any:
    """The key of a row of a run, a study's key or a text that begins with it."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]+(-[0-9.]+)*", value) or "column" in inside:
        return one(STUDY)(value, inside, known, rules)
    study, *sides = value.split("-")
    named = pattern(ROW, STUDY)(study, inside, known, rules)
    arms = [_arms(side, known) for side in sides]
    return "-".join([named, *arms])


def _arms(side: str, known: Known) -> str:
    numbers = ((arm, known["extraction.arm"].of(int(arm))) for arm in side.split(".") if arm)
    return ".".join(f"⟦extraction.arm:{row}⟧" if row else arm for arm, row in numbers)


def _extent(value: Any, inside: Mapping[str, Any], known: Known, rules: Rules) -> Any:
    """How many records there were, and the key of the latest."""
    if not (isinstance(value, list) and len(value) == 2):
        return one(RECORD)(value, inside, known, rules)
    return [value[0], one(RECORD)(value[1], inside, known, rules)]


RUN: Rules = {
    "study_id": one(STUDY),
    "result_id": one(RESULT),
    "result_ids": listed(RESULT),
    "arms": listed("extraction.arm"),
    "row": of_row,
}
WAITING_SHEET: Rules = {
    "origin": lambda value, inside, known, rules: {
        pattern(CELL, *CELL_TABLES)(name, value, known, rules): each for name, each in sorted(value.items())
    },
    "key": pattern(CELL, *CELL_TABLES),
    "version": one("extraction.formversion"),
}

#: The rules of each column of JSON that names rows. ``""`` stands for the value itself.
JSON: dict[str, Rules] = {
    "reviews.job.params": {
        **EVERYWHERE,
        "list": one("screening.retractionlist"),
        "records": listed(RECORD),
    },
    "records.record.filled": {"": values(RECORD)},
    "screening.intake.people": {"": values(USER)},
    "screening.decision.answers": {"": listed("reviews.criterion")},
    "screening.votelot.records": {"": listed(RECORD)},
    "screening.votelot.result": {"left": lines(RECORD)},
    "screening.allocation.params": EVERYWHERE,
    "screening.allocation.result": {"": listed(USER)},
    "screening.ranking.order": {"": listed(RECORD)},
    "screening.ranking.labels": {"": lines(RECORD)},
    "screening.ranking.about": {"extent": _extent},
    "screening.replay.result": {"priors": listed(RECORD)},
    "screening.pdfupload.found": {"proposals": lines(RECORD)},
    "screening.retractionlist.result": {
        "records": listed(RECORD),
        "doubts": lambda value, inside, known, rules: [
            pattern(SAID, *SAID_TABLES)(each, inside, known, rules) for each in value
        ],
    },
    "screening.reasonmerge.moved": {
        "decisions": listed("screening.decision"),
        "adjudications": listed("screening.adjudication"),
        "placements": listed("screening.placement"),
        "verdicts": listed("screening.verdict"),
        "check_votes": listed("screening.checkvote"),
        "lots": listed("screening.votelot"),
        "criteria": listed("reviews.criterion"),
    },
    "extraction.sheetupload.content": WAITING_SHEET,
    "analysis.run.snapshot": RUN,
    "analysis.run.partial": RUN,
    "analysis.run.result": RUN,
    "analysis.exploration.settings": RUN,
    "analysis.exploration.result": RUN,
    "analysis.figuresettings.settings": RUN,
    "certainty.grade.evidence": {
        "run": {"id": one("analysis.run")},
        "studies": {"id": one(STUDY), "row": of_row},
    },
    "reporting.version.state": {
        "studies": {"id": one(STUDY)},
        "estimates": {"id": one("analysis.plan"), "run": one("analysis.run")},
        "certainty": {"id": one("certainty.finding")},
    },
}

#: Columns of text that name rows: what a key looks like in them, and of which tables its groups are.
TEXTS: dict[str, tuple[re.Pattern[str], tuple[str, ...]]] = {
    "reviews.auditevent.sentence": (SAID, SAID_TABLES),
    "reviews.auditevent.target_label": (SAID, SAID_TABLES),
    "records.duplicatecandidate.rule": (LEFT, (RECORD,)),
    "screening.retraction.doubt": (SAID, SAID_TABLES),
    "screening.savedsearch.query": (FILTER, FILTER_TABLES),
    "screening.votelot.query": (FILTER, FILTER_TABLES),
}
#: The history names its target by table and key, in columns of their own.
TARGET = "reviews.auditevent.target_id"


def event_rules(verb: str) -> Rules:
    """What the names in an event's detail mean."""
    return {**EVERYWHERE, **ROOMS.get(verb.partition(".")[0], {}), **EVENTS.get(verb, {})}
