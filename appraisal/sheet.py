"""The judgements of a review with one tool as one sheet: study (or result) by domain, for figures and files."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import F

from appraisal.columns import OVERALL
from appraisal.instruments import Tool
from appraisal.models import Assessment
from reviews.models import Membership, Outcome

#: Set behind the label of a row that was judged for the whole study where one outcome is shown.
WHOLE_STUDY = " *"
WHOLE_STUDY_NOTE = "* Judged for the study as a whole, not for this outcome."


@dataclass(frozen=True)
class SheetRow:
    """One assessment. ``label`` is unique on its sheet; ``about`` says of what it is: "" for the study."""

    study_id: int
    study: str
    values: dict[str, str]
    overall: str = ""
    label: str = ""
    about: str = ""
    assessment_id: int = 0
    outcome_id: int | None = None
    time_point: str = ""

    @property
    def row(self) -> dict[str, str]:
        """{domain key: level key} with the overall judgement under "overall", as figures and files take it."""
        return self.values | {OVERALL: self.overall}


@dataclass(frozen=True)
class Sheet:
    """``basis`` says whose judgements these are: "consensus", "own" (nothing agreed yet) or "none".

    ``notes`` explain the marks behind labels; ``about`` names the outcome the sheet was asked for.
    """

    instrument: Tool
    basis: str
    rows: list[SheetRow]
    about: str = ""
    notes: list[str] = field(default_factory=list)


def sheet_for(membership: Membership, instrument: Tool, outcome: Outcome | None = None) -> Sheet:
    """What was agreed; before anything is agreed, the member's own complete assessments and nobody else's.

    With ``outcome`` a row per study and time point: the judgements of that outcome, and for studies without any
    those of the study as a whole, marked as such. Without, a row for everything that was assessed.
    """
    seen = Assessment.objects.visible_to(membership).complete().filter(instrument=instrument.key)
    seen = seen.select_related("study", "outcome").prefetch_related("judgements")
    whole_first = (F(name).asc(nulls_first=True) for name in ("outcome__order", "outcome_id"))
    seen = seen.order_by("study__label", *whole_first, "time_point", "pk")
    for basis, found in (
        ("consensus", seen.consensus()),
        ("own", seen.independent().filter(assessor=membership.user)),
    ):
        rows = _rows(_about(found, outcome), outcome)
        if rows:
            return _sheet(instrument, basis, rows, outcome)
    return Sheet(instrument, "none", [], outcome.name if outcome else "")


def assessed_outcomes(membership: Membership, instrument: Tool) -> list[Outcome]:
    """The outcomes that a sheet of this tool may be asked for."""
    seen = Assessment.objects.visible_to(membership).complete().filter(instrument=instrument.key)
    named = seen.exclude(outcome=None).values("outcome")
    return list(Outcome.objects.filter(pk__in=named).order_by("order", "pk"))


def _about(found: Iterable[Assessment], outcome: Outcome | None) -> list[Assessment]:
    """Those of the outcome, and of the whole study where there is none of the outcome."""
    everything = list(found)
    if outcome is None:
        return everything
    of_outcome = {one.study_id for one in everything if one.outcome_id == outcome.pk}
    return [
        one
        for one in everything
        if one.outcome_id == outcome.pk or (one.outcome_id is None and one.study_id not in of_outcome)
    ]


def _rows(found: list[Assessment], outcome: Outcome | None) -> list[SheetRow]:
    used: dict[str, int] = {}
    rows = []
    for one in found:
        about = _about_words(one, outcome)
        label = f"{one.study.label}: {about}" if about else one.study.label
        label += WHOLE_STUDY if outcome and one.outcome_id is None else ""
        used[label] = used.get(label, 0) + 1
        rows.append(
            SheetRow(
                study_id=one.study_id,
                study=one.study.label,
                values=one.values,
                overall=one.overall,
                label=label if used[label] == 1 else f"{label} ({used[label]})",
                about=about,
                assessment_id=one.pk,
                outcome_id=one.outcome_id,
                time_point=one.time_point,
            )
        )
    return rows


def _about_words(one: Assessment, outcome: Outcome | None) -> str:
    """The result, as far as the sheet's heading does not say it already."""
    if one.outcome is None:
        return ""
    return ", ".join(filter(None, ("" if outcome else one.outcome.name, one.time_point)))


def _sheet(instrument: Tool, basis: str, rows: list[SheetRow], outcome: Outcome | None) -> Sheet:
    marked = outcome is not None and any(row.outcome_id is None for row in rows)
    return Sheet(
        instrument, basis, rows, outcome.name if outcome else "", [WHOLE_STUDY_NOTE] if marked else []
    )
