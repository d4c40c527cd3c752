"""One person's assessments from a file: a row per study or result, a column per domain or question."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction

from appraisal import services
from appraisal.instruments import Level, SignallingQuestion, Tool
from appraisal.models import Assessment
from appraisal.proposing import OVERALL, proposals
from appraisal.registry import tool_of
from reviews.errors import Refused
from reviews.models import Outcome, Review, User
from reviews.tables import BadTable, Faults, Row, Table, read_table
from screening.models import Study

YES_NO = {"yes": True, "y": True, "no": False, "n": False}
PLACES = ("study", "outcome", "time_point", "result", "several_together")


@dataclass(frozen=True)
class Imported:
    """``ignored`` are columns that mean nothing to the tool."""

    assessments: int
    ignored: list[str]


@dataclass
class Read:
    """One row, understood. ``levels`` are by domain key and "overall"."""

    study: Study
    outcome: Outcome | None
    time_point: str
    answers: dict[str, str] = field(default_factory=dict)
    levels: dict[str, str] = field(default_factory=dict)
    several_together: bool | None = None

    @property
    def place(self) -> tuple:
        return self.study.pk, self.outcome.pk if self.outcome else None, self.time_point.casefold()


def import_assessments(
    *,
    review: Review,
    instrument: str,
    assessor: User,
    name: str,
    data: bytes,
    outcome: Outcome | None = None,
    time_point: str = "",
) -> Imported:
    """Start, answer, judge and complete an assessment per row, all or nothing.

    Columns: ``study`` (its label); per domain (by key or label) and for ``overall`` a level's key, label or code, and
    if wanted ``<key>_support``, ``<key>_reason`` (why not as proposed) and ``<key>_direction``; per question
    (by key) an answer's code or words, and ``<key>_support``; ``outcome`` and ``time_point`` (else those given here),
    ``result``, ``several_together`` (yes or no). Where the tool has a domain "outcome" that column is the domain's. A
    file may have judgements without answers; a blank judgement is filled in where the answers propose one. Raises
    BadTable with a line for every fault.
    """
    tool = tool_of(review, instrument)
    table = read_table(name, data, required=["study"])
    if not table.rows:
        raise BadTable(f"{name} has no row below its header. Nothing was imported.")
    reader = Reader(review, tool, table, Faults(name), outcome, time_point)
    reader.check_columns()
    seen: dict[tuple, int] = {}
    with transaction.atomic():
        for row in table.rows:
            read = reader.read(row)
            if read is None:
                continue
            if read.place in seen:
                reader.faults.add(row.line, f"{read.study} is already in line {seen[read.place]}.", "study")
            else:
                seen[read.place] = row.line
                _store(tool, read, row, assessor, reader)
        reader.faults.raise_if_any()
    return Imported(len(seen), reader.ignored)


class Reader:
    """Understands the rows of one table; what it does not understand goes to ``faults``."""

    def __init__(
        self,
        review: Review,
        tool: Tool,
        table: Table,
        faults: Faults,
        outcome: Outcome | None,
        time_point: str,
    ):
        self.tool, self.table, self.faults = tool, table, faults
        self.outcome, self.time_point = outcome, time_point
        self.studies = {study.label: study for study in Study.objects.filter(review=review)}
        self.outcomes = {one.name.casefold(): one for one in Outcome.objects.filter(review=review)}
        known = {column.casefold(): column for column in table.columns}
        self.columns = {
            domain.key: known.get(domain.key.casefold()) or known.get(domain.label.casefold()) or ""
            for domain in tool.domains
        }
        self.columns |= {OVERALL: known.get(OVERALL, "")} if tool.judges_overall else {}
        self.questions = [question for question in tool.questions if question.key in table.columns]

    def check_columns(self) -> None:
        """Every judgement has a column, unless questions of the domain are there to propose it."""
        asked = {question.domain for question in self.questions}
        for key, column in self.columns.items():
            if not column and key not in asked:
                there = ", ".join(self.table.columns)
                self.faults.add(1, f"the column '{key}' is missing; the columns are {there}.")
        self.faults.raise_if_any()

    @property
    def ignored(self) -> list[str]:
        keys = set(self.columns.values())
        words = {f"{key}_{word}" for key in self.columns for word in ("support", "reason", "direction")}
        asked = {name for each in self.tool.questions for name in (each.key, f"{each.key}_support")}
        return [column for column in self.table.columns if column not in {*PLACES, *keys, *words, *asked}]

    def read(self, row: Row) -> Read | None:
        """The row understood, or None after naming its faults."""
        before = len(self.faults.sentences)
        study = self.studies.get(row["study"])
        if study is None:
            self.faults.add(row.line, f"the review has no study '{row['study']}'.", "study")
            return None
        read = Read(study, self._outcome(row), row["time_point"] or self.time_point)
        for question in self.questions:
            read.answers |= self._answer(row, question)
        proposed = proposals(self.tool, read.answers, {}) if read.answers else {}
        for domain in self.tool.domains:
            blank_allowed = domain.key in proposed and proposed[domain.key].level is not None
            read.levels |= self._level(row, domain.key, self.tool.levels_of(domain), blank_allowed)
        if self.tool.judges_overall:
            read.levels |= self._level(row, OVERALL, self.tool.overall_choices, False)
        read.several_together = self._together(row, read)
        return read if len(self.faults.sentences) == before else None

    def _outcome(self, row: Row) -> Outcome | None:
        if (
            not row["outcome"] or "outcome" in self.columns.values()
        ):  # Newcastle-Ottawa has a domain of this name
            return self.outcome
        found = self.outcomes.get(row["outcome"].casefold())
        if found is None:
            self.faults.add(row.line, f"the review has no outcome '{row['outcome']}'.", "outcome")
        return found

    def _answer(self, row: Row, question: SignallingQuestion) -> dict[str, str]:
        given = row[question.key]
        if not given or (given.upper() == "NA" and not question.na_is_answer):
            return {}
        for code, words in question.choices:
            if given.casefold() in (code.casefold(), words.casefold()):
                return {question.key: code}
        known = ", ".join(code for code, _ in question.choices)
        self.faults.add(row.line, f"'{given}' is not an answer; use one of: {known}.", question.key)
        return {}

    def _level(self, row: Row, key: str, levels: Iterable[Level], blank_allowed: bool) -> dict[str, str]:
        given = row[self.columns[key]] if self.columns[key] else ""
        if not given and blank_allowed:
            return {}
        if key == OVERALL:
            level = self.tool.read_overall(given)
        else:
            level = self.tool.read_level(self.tool.domain(key), given)
        if level:
            return {key: level.key}
        known = ", ".join(level.key for level in levels)
        said = f"'{given}' is not a judgement" if given else "the judgement is missing"
        self.faults.add(row.line, f"{said}; use one of: {known}.", self.columns[key] or key)
        return {}

    def _together(self, row: Row, read: Read) -> bool | None:
        """As the file says; else as its overall judgement implies, where the tool asks."""
        given = row["several_together"].casefold()
        if given and (given not in YES_NO or not self.tool.together):
            said = "write yes or no" if self.tool.together else f"{self.tool.name} does not ask this"
            self.faults.add(row.line, f"'{given}': {said}.", "several_together")
            return None
        if given:
            return YES_NO[given]
        domains = {key: level for key, level in read.levels.items() if key != OVERALL}
        for key, proposal in (
            proposals(self.tool, read.answers, domains).items() if self.tool.together else ()
        ):
            if key != OVERALL and key not in domains and proposal.level:
                domains[key] = proposal.level
        if self.tool.together and proposals(self.tool, {}, domains)[OVERALL].asks:
            jumped = proposals(self.tool, {}, domains, several_together=True)[OVERALL].level
            return read.levels.get(OVERALL) == jumped
        return None


def _store(tool: Tool, read: Read, row: Row, assessor: User, reader: Reader) -> None:
    try:
        with transaction.atomic():
            time_point = services.check_result(read.study, tool, read.outcome, read.time_point)
            alike = Assessment.objects.of(read.study, tool.key, read.outcome, time_point)
            mine = alike.independent().filter(assessor=assessor).first()
            if mine:
                reader.faults.add(row.line, f"{assessor} has an assessment of {mine.about} already.", "study")
                return
            assessment = services.start_assessment(
                study=read.study,
                instrument=tool.key,
                assessor=assessor,
                outcome=read.outcome,
                time_point=time_point,
                result_label=row["result"],
            )
            _fill(assessment, read, row, assessor)
            services.complete_assessment(assessment=assessment, by=assessor, without_answers=True)
    except Refused as refusal:
        reader.faults.add(row.line, str(refusal))


def _fill(assessment: Assessment, read: Read, row: Row, by: User) -> None:
    for question, value in read.answers.items():
        services.answer_question(
            assessment=assessment, question=question, value=value, by=by, support=row[f"{question}_support"]
        )
    domains = [key for key in read.levels if key != OVERALL]
    for key in domains:
        _judge(assessment, key, read.levels[key], row, by)
    if len(domains) < len(assessment.tool.domains):
        services.accept_proposals(assessment=assessment, by=by)
    if read.several_together is not None:
        services.say_together(assessment=assessment, yes=read.several_together, by=by)
    if OVERALL in read.levels:
        _judge(assessment, OVERALL, read.levels[OVERALL], row, by)


def _judge(assessment: Assessment, domain: str, value: str, row: Row, by: User) -> None:
    services.judge(
        assessment=assessment,
        domain=domain,
        value=value,
        by=by,
        support=row[f"{domain}_support"],
        override_reason=row[f"{domain}_reason"],
        direction=row[f"{domain}_direction"].lower().replace(" ", "_"),
    )
