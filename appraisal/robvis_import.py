"""Judgements from a CSV made for robvis, whatever its template, as one person's assessments."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from appraisal import services
from appraisal.columns import OVERALL, bias_domains, counts_stars
from appraisal.instruments import Domain, Level, Tool
from appraisal.models import Assessment
from appraisal.proposing import proposals_of
from appraisal.robvis import NotForRobvis, r_name
from reviews.errors import Refused
from reviews.models import Outcome, Review, User
from reviews.tables import BadTable, Faults, Row, Table, read_table
from screening.models import Study

STUDY, WEIGHT = "study", "weight"
AS_IN_FILE = "As judged in {}."


@dataclass(frozen=True)
class FromRobvis:
    """How many assessments came in. ``drafts`` names the studies whose assessment still lacks something."""

    assessments: int
    drafts: list[str]

    @property
    def sentence(self) -> str:
        taken = "1 assessment was" if self.assessments == 1 else f"{self.assessments} assessments were"
        rest = f" Something is still missing in: {', '.join(self.drafts)}." if self.drafts else ""
        return f"{taken} taken in.{rest}"


def import_robvis(
    *,
    review: Review,
    tool: Tool,
    assessor: User,
    name: str,
    data: bytes,
    outcome: Outcome | None = None,
    time_point: str = "",
) -> FromRobvis:
    """An assessment by ``assessor`` per row, all or nothing.

    The first column is Study, with the labels of the review's studies; then the domains of ``tool``, by name or in
    its order; then Overall, which may be absent, and Weight, which is passed over. ``outcome`` and ``time_point`` say
    of which result the file is. A row in which a judgement is missing becomes a draft, and so does one of QUADAS-2,
    whose applicability robvis does not hold. Raises BadTable with a line for every fault.
    """
    if counts_stars(tool):
        raise NotForRobvis(
            f"{tool.name} counts stars, and a robvis file holds judgements such as low and high."
        )
    table = read_table(name, data, required=[])
    faults = Faults(name)
    columns, overall = _columns(tool, table, faults)
    if not table.rows:
        raise BadTable(f"{name} has no row below its header. Nothing was imported.")
    drafts: list[str] = []
    with transaction.atomic():
        studies = {study.label.casefold(): study for study in Study.objects.filter(review=review)}
        lines: dict[int, int] = {}
        for row in table.rows:
            study = _study(row[table.columns[0]], studies, lines, row, faults)
            values = _values(tool, columns, overall, row, faults)
            if study is None or values is None:
                continue
            lines[study.pk] = row.line
            try:
                if not _assess(study, tool, assessor, outcome, time_point, values, name):
                    drafts.append(study.label)
            except Refused as refusal:
                faults.add(row.line, str(refusal))
        faults.raise_if_any()
    return FromRobvis(len(lines), drafts)


def _columns(tool: Tool, table: Table, faults: Faults) -> tuple[dict[str, Domain], str]:
    """{column: domain} and the column of the overall judgement ("" if none)."""
    columns = list(table.columns)
    if columns[0].casefold() != STUDY:
        faults.add(1, f"the first column is '{columns[0]}'; robvis files begin with Study.")
    if columns[-1].casefold() == WEIGHT:
        columns.pop()
    overall = columns.pop() if len(columns) > 1 and columns[-1].casefold() == OVERALL else ""
    found = match_columns(tool, columns[1:])
    if isinstance(found, str):
        faults.add(1, found + ".")
    faults.raise_if_any()
    return ({} if isinstance(found, str) else found), overall


def _study(
    label: str, studies: dict[str, Study], lines: dict[int, int], row: Row, faults: Faults
) -> Study | None:
    study = studies.get(" ".join(label.removeprefix("'").split()).casefold())
    if study is None:
        faults.add(row.line, f"the review has no study '{label}'.", "Study")
    elif study.pk in lines:
        faults.add(row.line, f"{study} is already in line {lines[study.pk]}.", "Study")
    else:
        return study
    return None


def _values(
    tool: Tool, columns: dict[str, Domain], overall: str, row: Row, faults: Faults
) -> dict[str, str] | None:
    """{domain key: level key} of a row, with "overall"; None after a fault."""
    asked: list[tuple[str, str, Sequence[Level]]] = [
        (column, domain.key, tool.levels_of(domain)) for column, domain in columns.items()
    ]
    if overall and tool.judges_overall:
        asked.append((overall, OVERALL, tool.overall_choices))
    values: dict[str, str] = {}
    wrong = False
    for column, key, levels in asked:
        try:
            level = read_word(levels, row[column])
        except ValueError:
            known = ", ".join(level.label for level in levels)
            faults.add(
                row.line, f"'{row[column]}' is not a judgement of {tool.name}; use one of: {known}.", column
            )
            wrong = True
        else:
            values |= {key: level.key} if level else {}
    return None if wrong else values


def _assess(
    study: Study,
    tool: Tool,
    assessor: User,
    outcome: Outcome | None,
    time_point: str,
    values: dict[str, str],
    name: str,
) -> bool:
    """Store the judgements; whether they make a complete assessment."""
    mine = Assessment.objects.of(study, tool.key, outcome, time_point).independent().filter(assessor=assessor)
    if mine.exists():
        raise Refused(f"{assessor} has an assessment of {study} with {tool.name} already.")
    assessment = services.start_assessment(
        study=study, instrument=tool.key, assessor=assessor, outcome=outcome, time_point=time_point
    )
    said = AS_IN_FILE.format(name)
    for domain in tool.domains:
        if domain.key in values:
            services.judge(
                assessment=assessment, domain=domain.key, value=values[domain.key], by=assessor, support=said
            )
    if OVERALL in values:
        _judge_whole(assessment, values[OVERALL], assessor, said)
    complete = len(values) == len(tool.domains) + tool.judges_overall
    if complete:
        services.complete_assessment(assessment=assessment, by=assessor, without_answers=True)
    return complete


def _judge_whole(assessment: Assessment, value: str, assessor: User, said: str) -> None:
    """The overall judgement of the file; where the tool asks whether concerns count together, it says that, too."""
    fresh = Assessment.objects.get(pk=assessment.pk)
    proposal = proposals_of(fresh)[OVERALL]
    if proposal.asks:
        services.say_together(assessment=fresh, yes=value != proposal.level, by=assessor)
        proposal = proposals_of(Assessment.objects.get(pk=assessment.pk))[OVERALL]
    services.judge(
        assessment=fresh,
        domain=OVERALL,
        value=value,
        by=assessor,
        support=said,
        override_reason=said if proposal.level and proposal.level != value else "",
    )


#: First letter of a word -> the colours it may mean, the likeliest first. "s" is "some" or "serious".
MEANS = {
    "l": ("low",),
    "u": ("unclear", "some_concerns", "moderate"),
    "m": ("moderate", "some_concerns", "unclear"),
    "h": ("high", "serious"),
    "c": ("critical", "very_high"),
    "v": ("very_high", "critical"),
}
SOME, SERIOUS = ("some_concerns", "unclear", "moderate"), ("serious", "high")


def read_word(levels: Sequence[Level], text: str) -> Level | None:
    """The one of ``levels`` that a robvis file means by ``text``.

    The tool's own words first, then by what the word begins with, as robvis does. None for a blank cell, and for "No
    information" and "Not applicable" where the tool has no such level. ValueError for what has no meaning here:
    signs, and words for another level than the tool has.
    """
    plain = " ".join(text.split()).casefold()
    named = _named(levels, plain)
    if named is not None:
        return named
    if plain in {"", "ni", "na", "none", "no information", "not applicable"}:
        return None
    for colour in _colours(plain):
        for level in levels:
            if level.colour == colour:
                return level
    raise ValueError(text)


def _named(levels: Sequence[Level], plain: str) -> Level | None:
    for level in levels:
        names = (level.key, level.label, level.robvis, *level.aliases)
        if plain in {name.casefold() for name in names}:
            return level
    return None


def _colours(plain: str) -> tuple[str, ...]:
    """What robvis would see in a word: the first letter of the first word of two letters or more."""
    word = next(iter(re.findall(r"[a-z]{2,}", plain)), "")
    if word.startswith("se"):
        return SERIOUS
    if word.startswith("s"):
        return SOME
    return MEANS.get(word[:1], ())


def match_columns(tool: Tool, columns: Sequence[str]) -> dict[str, Domain] | str:
    """{column: domain} for the columns between Study and Overall, or a sentence on why they do not fit.

    By name where all names are known (the tool's keys, short names or labels, in any order), else by their order.
    """
    domains = bias_domains(tool)
    if len(columns) != len(domains):
        return (
            f"{len(columns)} columns of domains, but {tool.name} has {len(domains)}: "
            f"{', '.join(domain.label for domain in domains)}. Choose the tool the file is of"
        )
    known = {
        r_name(name).casefold(): domain
        for domain in reversed(domains)
        for name in (domain.label, domain.short, domain.key)
    }
    named = [known.get(r_name(column).casefold()) for column in columns]
    found = [domain.key for domain in named if domain]
    if len(set(found)) == len(domains):
        return {column: domain for column, domain in zip(columns, named, strict=True) if domain}
    if found and not all(re.fullmatch(r"D\d+[a-z]?", column) for column in columns):
        stranger = next(column for column, domain in zip(columns, named, strict=True) if not domain)
        return f"'{stranger}' is not a domain of {tool.name}: {', '.join(r_name(d.label) for d in domains)}"
    return dict(zip(columns, domains, strict=True))
