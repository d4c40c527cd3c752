"""Decisions, labels and notes in a reference, in the way each program writes and reads them.

- ASReview: a note ``ASReview_relevant``, ``ASReview_irrelevant`` or ``ASReview_not_seen`` in RIS, a column
  ``included`` (1, 0 or blank) in tables (asreview 3, ``data/ris.py`` and ``data/base.py``).
- Rayyan: one note ``RAYYAN-INCLUSION: {"Name"=>"Included"} | RAYYAN-LABELS: a,b | RAYYAN-EXCLUSION-REASONS: c |
  USER-NOTES: {"Name"=>["text"]}``, as its own exports have it; the agreed decision has the name Consensus.
- Zotero: keywords become tags, notes become notes.
"""

import copy
import json
from typing import Any

from reporting.exports.said import NOT_SCREENED, UNDECIDED, WORDS, Said, in_words
from screening.models import Stage, Verdict

State = Verdict.State
ASREVIEW = {State.INCLUDED: "ASReview_relevant", State.EXCLUDED: "ASReview_irrelevant"}
NOT_SEEN = "ASReview_not_seen"
RAYYAN = {State.INCLUDED: "Included", State.EXCLUDED: "Excluded"}
RAYYAN_UNSURE = "Maybe"
CONSENSUS = "Consensus"


def marked(record: Any, said: Said, *, reader: str, stage: str = "") -> Any:
    """A copy of ``record`` with what is said of it, for ``reader``; the record itself where nobody is meant."""
    if not reader:
        return record
    notes, tags = MARKS[reader](said, stage)
    shown = copy.copy(record)
    shown.extra = (
        {**record.extra, "N1": [*_texts(record.extra.get("N1", [])), *notes]} if notes else record.extra
    )
    shown.keywords = [*record.keywords, *(tag for tag in tags if tag not in record.keywords)]
    return shown


def included(said: Said, stage: str) -> int | str:
    """ASReview's column: 1, 0, or blank where nothing is decided."""
    return {State.INCLUDED: 1, State.EXCLUDED: 0}.get(said.decision(stage), "")  # type: ignore[call-overload]


def rayyan_note(said: Said, stage: str) -> str:
    """All that is said, as Rayyan writes it in one note; "" if nothing is."""
    decision = said.decision(stage)
    parts = []
    if decision not in (UNDECIDED, NOT_SCREENED):
        parts.append(f'RAYYAN-INCLUSION: {{"{CONSENSUS}"=>"{RAYYAN.get(State(decision), RAYYAN_UNSURE)}"}}')
    if said.labels:
        parts.append(f"RAYYAN-LABELS: {','.join(map(_word, said.labels))}")
    if said.reason(stage):
        parts.append(f"RAYYAN-EXCLUSION-REASONS: {_word(said.reason(stage))}")
    if said.notes:
        people: dict[str, list[str]] = {}
        for person, _, text in (note.partition(": ") for note in said.notes):
            people.setdefault(person, []).append(" ".join(text.replace("|", "/").split()))
        told = ", ".join(f"{_quoted(person)}=>{_quoted(texts)}" for person, texts in people.items())
        parts.append(f"USER-NOTES: {{{told}}}")
    return " | ".join(parts)


def _for_any(said: Said, stage: str) -> tuple[list[str], list[str]]:
    notes = [f"{Stage.TITLE_ABSTRACT.label}: {WORDS[NOT_SCREENED].lower()}"] if said.not_screened else []
    for at in Stage:
        if at in said.states:
            notes.append(f"{at.label}: {WORDS[said.decision(at)].lower()}")
        if said.reason(at):
            notes.append(f"Reason at {at.label.lower()}: {said.reason(at)}")
        if said.votes.get(at):
            notes.append(f"Reviewers at {at.label.lower()}: {in_words(said.votes[at])}")
    notes += [f"Labels: {'; '.join(said.labels)}"] if said.labels else []
    return [*notes, *(f"Note by {note}" for note in said.notes)], []


def _for_asreview(said: Said, stage: str) -> tuple[list[str], list[str]]:
    return [ASREVIEW.get(said.decision(stage), NOT_SEEN)], []  # type: ignore[call-overload]


def _for_rayyan(said: Said, stage: str) -> tuple[list[str], list[str]]:
    note = rayyan_note(said, stage)
    return [note] if note else [], []


def _for_zotero(said: Said, stage: str) -> tuple[list[str], list[str]]:
    tags = [f"decision: {WORDS[said.decision(stage)].lower()}"]
    tags += [f"reason: {said.reason(stage)}"] if said.reason(stage) else []
    return [f"Note by {note}" for note in said.notes], [*tags, *said.labels]


MARKS = {"any": _for_any, "asreview": _for_asreview, "rayyan": _for_rayyan, "zotero": _for_zotero}


def _word(text: str) -> str:
    """A label or reason without what parts them in Rayyan's note."""
    return " ".join(text.replace(",", ";").replace("|", "/").split())


def _quoted(value: str | list[str]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _texts(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
