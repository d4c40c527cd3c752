"""The tables of characteristics: included, excluded, awaiting and ongoing studies. The same for every member.

    for table in characteristics(review): table.title, table.header, table.rows
    csv_of(table)                      # header and rows of one table as a file has them

Only what was agreed or is told to everybody is here: shared extraction, current results, settled outcomes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.formats import date_format

from extraction.models import Arm, Characteristic, Result
from records.models import Record
from reporting.citing import Reference, cite
from reporting.told_by_forms import Told, told_by_forms
from reviews.models import Review
from screening.models import IN_REVIEW, Report, Retraction, Stage, Study, Verdict
from screening.set_aside import Group, sections

INCLUDED, EXCLUDED, AWAITING, ONGOING = "included", "excluded", "awaiting", "ongoing"


@dataclass(frozen=True)
class Row:
    """A study or report. ``cells`` follow the label in the order of the table's header; a line feed parts lines.

    ``facts`` are characteristics by name, ``told`` what the extraction forms say (section, label, words), ``marks``
    what a reader must know before anything else, such as a retraction. ``href`` is its page in the application;
    ``people`` were randomised, None where that is not recorded of every arm.
    """

    label: str
    href: str
    cells: tuple[str, ...]
    references: tuple[Reference, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)
    told: tuple[Told, ...] = ()
    marks: tuple[str, ...] = ()
    people: int | None = None


@dataclass(frozen=True)
class Table:
    """One table. ``header`` names the label and the cells; ``about`` says in a sentence what is in it."""

    key: str
    short: str
    title: str
    about: str
    empty: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def named_rows(self) -> list[tuple[Row, list[tuple[str, str]]]]:
        """Each row with the names of its cells."""
        return [(row, list(zip(self.header[1:], row.cells, strict=True))) for row in self.rows]

    @property
    def fact_names(self) -> list[str]:
        """The characteristics that any study has, in the order of the alphabet."""
        return sorted({name for row in self.rows for name in row.facts})

    @property
    def told_names(self) -> list[str]:
        """What the forms ask, in their order: the columns that a file has beyond the page's."""
        return list(dict.fromkeys(told.column for row in self.rows for told in row.told))


def characteristics(review: Review) -> list[Table]:
    """All four tables, in the order of a report. A constant number of queries."""
    aside = {section.state: section.groups for section in sections(review)}
    return [
        included(review),
        excluded(review),
        _set_aside(review, AWAITING, aside.get(Verdict.State.AWAITING, [])),
        _set_aside(review, ONGOING, aside.get(Verdict.State.ONGOING, [])),
    ]


def included(review: Review) -> Table:
    """A row per included study."""
    reports = _reports(review)
    arms, facts = _arms(review), _facts(review)
    outcomes, analysed = _results(review)
    told, marks = told_by_forms(review), _retractions(review)
    rows = []
    for study in Study.objects.current().filter(review=review).order_by("label"):
        own = arms.get(study.pk, [])
        records = reports.get(study.pk, [])
        cells = (
            _methods(study),
            _participants(own, analysed),
            "\n".join(_arm(arm, analysed) for arm in own if arm.role == Arm.Role.EXPERIMENTAL),
            "\n".join(_arm(arm, analysed) for arm in own if arm.role == Arm.Role.COMPARATOR),
            "\n".join(outcomes.get(study.pk, [])),
        )
        rows.append(
            Row(
                study.label,
                reverse("screening:study", args=[review.slug, study.pk]),
                cells,
                tuple(cite(record) for record in records),
                facts.get(study.pk, {}),
                told.get(study.pk, ()),
                tuple(mark for record in records for mark in marks.get(record.pk, [])),
                _randomised(own),
            )
        )
    return Table(
        INCLUDED,
        "Included studies",
        "Characteristics of included studies",
        "Each included study with its design, participants, interventions and outcomes, from the shared extraction.",
        "Studies come here when a report is included at full text.",
        ("Study", "Methods", "Participants", "Interventions", "Comparators", "Outcomes"),
        tuple(sorted(rows, key=lambda row: row.label.casefold())),
    )


def excluded(review: Review) -> Table:
    """A row per report that was excluded at full text."""
    verdicts = Verdict.objects.told().at(Stage.FULL_TEXT).filter(IN_REVIEW, review=review)
    found = verdicts.filter(state=Verdict.State.EXCLUDED).select_related("record", "reason")
    rows = [
        Row(
            verdict.record.citation,
            reverse("screening:record", args=[review.slug, verdict.record_id]),
            (verdict.record.title, verdict.reason.label if verdict.reason else "No reason was given"),
            (cite(verdict.record),),
        )
        for verdict in found
    ]
    return Table(
        EXCLUDED,
        "Excluded studies",
        "Characteristics of excluded studies",
        "Each report that was excluded at full text, with the reason that counts in the flow diagram.",
        "Reports come here when they are excluded at full text.",
        ("Report", "Title", "Reason for exclusion"),
        tuple(sorted(rows, key=lambda row: (row.label.casefold(), row.cells))),
    )


#: Short name, title, about, what is said when it is empty.
_ASIDE = {
    AWAITING: (
        "Awaiting classification",
        "Characteristics of studies awaiting classification",
        "Studies whose reports were assessed and that nobody can classify yet, with what is waited for.",
        "Reports come here when they are set aside as awaiting classification at full text.",
    ),
    ONGOING: (
        "Ongoing studies",
        "Characteristics of ongoing studies",
        "Studies that are still going on, with their trial registrations.",
        "Reports come here when they are set aside as of an ongoing study at full text.",
    ),
}


def _set_aside(review: Review, key: str, groups: Sequence[Group]) -> Table:
    """A row per study, as far as it is known which reports are of one."""
    rows = [
        Row(
            group.reports[0].citation,
            reverse("screening:record", args=[review.slug, group.reports[0].pk]),
            (
                "\n".join(report.title for report in group.reports),
                "\n".join(group.numbers),
                str(group.study) if group.study else "",
                "\n".join(group.notes),
            ),
            tuple(cite(report) for report in group.reports),
        )
        for group in groups
    ]
    header = ("Study", "Title", "Trial registration", "Seems to belong to", "What is known")
    return Table(
        key, *_ASIDE[key], header, tuple(sorted(rows, key=lambda row: (row.label.casefold(), row.cells)))
    )


def as_rows(table: Table) -> tuple[list[str], Iterator[list[str]]]:
    """Header and rows of a table as files have them: characteristics and answers of forms in columns of their own."""
    facts, told = table.fact_names, table.told_names
    header = [*table.header, *(["Notices"] if table.key == INCLUDED else []), "References", *facts, *told]
    return header, (_file_row(table, row, facts, told) for row in table.rows)


def _file_row(table: Table, row: Row, facts: list[str], told: list[str]) -> list[str]:
    answers = {each.column: each.words for each in row.told}
    return [
        row.label,
        *row.cells,
        *(["\n".join(row.marks)] if table.key == INCLUDED else []),
        "\n".join(reference.text for reference in row.references),
        *(row.facts.get(name, "") for name in facts),
        *(answers.get(name, "") for name in told),
    ]


def _methods(study: Study) -> str:
    parts = [study.get_design_display(), f"Registration: {study.registration}" if study.registration else ""]
    return "\n".join(part for part in parts if part)


def _randomised(arms: Sequence[Arm]) -> int | None:
    known = [arm.n_randomised for arm in arms if arm.n_randomised is not None]
    return sum(known) if arms and len(known) == len(arms) else None


def _participants(arms: Sequence[Arm], analysed: dict[int, int]) -> str:
    """How many were randomised, or analysed at most where that is not recorded."""
    if (randomised := _randomised(arms)) is not None:
        return f"{randomised:,} randomised"
    counted = [analysed[arm.pk] for arm in arms if arm.pk in analysed]
    return f"{sum(counted):,} analysed; number randomised not recorded" if counted else ""


def _arm(arm: Arm, analysed: dict[int, int]) -> str:
    """``CBT (40 randomised): 12 sessions. Individual``."""
    size = ""
    if arm.n_randomised is not None:
        size = f" ({arm.n_randomised:,} randomised)"
    elif arm.pk in analysed:
        size = f" ({analysed[arm.pk]:,} analysed)"
    more = ". ".join(part.strip().rstrip(".") for part in (arm.dose, arm.description) if part.strip())
    return f"{arm.label}{size}: {more}" if more else f"{arm.label}{size}"


def _reports(review: Review) -> dict[int, list[Record]]:
    """{study: its records in the review, the main report first}."""
    found: dict[int, list[Record]] = defaultdict(list)
    reports = Report.objects.filter(IN_REVIEW, study__review=review).select_related("record")
    for report in reports.order_by("-is_main", "record__year", "pk"):
        found[report.study_id].append(report.record)
    return found


def _arms(review: Review) -> dict[int, list[Arm]]:
    found: dict[int, list[Arm]] = defaultdict(list)
    for arm in Arm.objects.filter(study__review=review).order_by("study_id", "-role", "pk"):
        found[arm.study_id].append(arm)
    return found


def _results(review: Review) -> tuple[dict[int, list[str]], dict[int, int]]:
    """{study: ``Depression severity (BDI-II, 12 weeks; HDRS, 1 year)``} in the order of the protocol, and {arm: the
    most of its people whose numbers any result has}."""
    results = Result.objects.current().filter(review=review)
    results = results.order_by("outcome__order", "outcome_id", "weeks", "pk").select_related("outcome")
    hows: dict[int, dict[str, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
    analysed: dict[int, int] = {}
    for one in results:
        how = ", ".join(part for part in (one.scale, one.time_point) if part)
        hows[one.study_id][one.outcome.name] |= {how: None} if how else {}
        for arm, n in ((one.experimental_id, one.n1), (one.comparator_id, one.n2)):
            if arm and n:
                analysed[arm] = max(n, analysed.get(arm, 0))
    outcomes = {
        study: [f"{name} ({'; '.join(each)})" if each else name for name, each in by_name.items()]
        for study, by_name in hows.items()
    }
    return outcomes, analysed


def _facts(review: Review) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = defaultdict(dict)
    rows = Characteristic.objects.filter(study__review=review).order_by("name")
    for study, name, value in rows.values_list("study", "name", "value"):
        found[study][name] = value
    return found


def _retractions(review: Review) -> dict[int, list[str]]:
    """{record: sentences} of standing retractions and expressions of concern."""
    found: dict[int, list[str]] = defaultdict(list)
    for one in Retraction.objects.alarming().filter(review=review).order_by("notice_date", "pk"):
        when = f", {date_format(one.notice_date, 'j F Y')}" if one.notice_date else ""
        why = f": {one.reasons}" if one.reasons else ""
        found[one.record_id].append(f"{one.get_nature_display()}{when}{why}")
    return found
