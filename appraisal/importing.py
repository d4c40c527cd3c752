"""One person's assessments from a file: a row per study, a column per domain."""

from dataclasses import dataclass

from django.db import transaction

from appraisal import services
from appraisal.instruments import Domain, Instrument
from appraisal.models import Assessment
from reviews.errors import Refused
from reviews.models import Review, User
from reviews.tables import BadTable, Faults, Row, Table, read_table
from screening.models import Study


@dataclass(frozen=True)
class Imported:
    """``ignored`` are columns that are neither a domain nor its support."""

    assessments: int
    ignored: list[str]


def import_assessments(
    *, review: Review, instrument: Instrument, assessor: User, name: str, data: bytes
) -> Imported:
    """Start, answer and complete an assessment per row, all or nothing.

    Columns: ``study`` (the study's label), one per domain key with a level's key, label or code, and optionally
    ``<domain>_support``. Raises BadTable with a line for every fault.
    """
    domains = [domain.key for domain in instrument.domains]
    table = read_table(name, data, required=["study", *domains])
    if not table.rows:
        raise BadTable(f"{name} has no row below its header. Nothing was imported.")
    faults = Faults(name)
    with transaction.atomic():
        studies = {study.label: study for study in Study.objects.filter(review=review)}
        seen: dict[str, int] = {}
        for row in table.rows:
            study = studies.get(row["study"])
            if study is None:
                faults.add(row.line, f"the review has no study '{row['study']}'.", "study")
            elif row["study"] in seen:
                faults.add(row.line, f"{study} is already in line {seen[row['study']]}.", "study")
            else:
                seen[row["study"]] = row.line
                _import_row(study, instrument, assessor, row, faults)
        faults.raise_if_any()
    return Imported(len(seen), _ignored(table, domains))


def _import_row(study: Study, instrument: Instrument, assessor: User, row: Row, faults: Faults) -> None:
    read = {domain.key: _level(instrument, domain, row, faults) for domain in instrument.domains}
    levels = {key: level for key, level in read.items() if level}
    if len(levels) < len(read):
        return
    if Assessment.objects.of(study, instrument.key).independent().filter(assessor=assessor).exists():
        faults.add(row.line, f"{assessor} has an assessment of {study} already.", "study")
        return
    try:
        with transaction.atomic():
            assessment = services.start_assessment(study=study, instrument=instrument.key, assessor=assessor)
            for key, level in levels.items():
                services.judge(
                    assessment=assessment, domain=key, value=level, by=assessor, support=row[f"{key}_support"]
                )
            services.complete_assessment(assessment=assessment, by=assessor)
    except Refused as refusal:
        faults.add(row.line, str(refusal))


def _level(instrument: Instrument, domain: Domain, row: Row, faults: Faults) -> str | None:
    level = instrument.read_level(domain, row[domain.key])
    if level:
        return level.key
    known = ", ".join(level.key for level in instrument.levels_of(domain))
    given = f"'{row[domain.key]}' is not a judgement" if row[domain.key] else "the judgement is missing"
    faults.add(row.line, f"{given}; use one of: {known}.", domain.key)
    return None


def _ignored(table: Table, domains: list[str]) -> list[str]:
    known = {"study", *domains, *(f"{key}_support" for key in domains)}
    return [column for column in table.columns if column not in known]
