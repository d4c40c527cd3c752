"""The study-centric files as a ZIP with the order in which RevMan wants them."""

from collections.abc import Iterator, Sequence

from reporting.exports.cochrane.columns import STUDY_INFORMATION
from reporting.exports.interchange import csv_file, zip_file
from reporting.exports.revman.columns import ARMS, RESULTS, ROB2_WORDS
from reporting.exports.revman.results import results_table
from reporting.exports.revman.studies import (
    Included,
    Judgements,
    agreed,
    columns_of,
    intervention_of,
    risk_of_bias,
)
from reviews.models import Membership
from screening.models import Study

STEPS = """{title}

Study data for RevMan (study-centric data management). In RevMan, in this order:

1. Set up the review criteria: its interventions and outcomes must be called as in these files.
{criteria}
2. Import {name}-included.ris as references of included studies. Done later, it doubles the studies.
3. Import study data: study information, study arms, study results, then risk of bias.
{bias}
Only what was agreed or is shared by the team is in these files. Means of contrasts are logarithms for ratios. Where a
study has several results of an outcome, the one analyses use has the outcome's name, others have more in brackets.
"""


def as_zip(membership: Membership) -> Iterator[bytes]:
    yield package(membership)


def package(membership: Membership) -> bytes:
    """Included studies, their arms and current results, and the agreed risk of bias."""
    review = membership.review
    included = Included(review)
    judged = agreed(review, included.studies)
    of_studies = [one for one in judged if one.outcome is None]
    of_results = [one for one in judged if one.outcome is not None]
    rows, left_out = results_table(included.results[study.pk] for study in included.studies)
    name = review.slug
    files = {
        f"{name}-included.ris": included.ris(),
        f"{name}-study-information.csv": csv_file(STUDY_INFORMATION, included.information()),
        f"{name}-study-arms.csv": csv_file(ARMS, _arms(included)),
        f"{name}-study-results.csv": csv_file(RESULTS, rows),
    }
    if of_studies or not of_results:
        files[f"{name}-risk-of-bias.csv"] = csv_file(*risk_of_bias(included.studies, of_studies))
    for number, (words, table) in enumerate(_per_result(included.studies, of_results).items(), start=1):
        suffix = "" if number == 1 else f"-{number}"
        files[f"{name}-risk-of-bias-2{suffix}.csv"] = csv_file(_result_header(words), table)
    text = STEPS.format(
        title=review.title,
        name=name,
        criteria=_criteria(included, rows),
        bias=_told(of_studies, of_results),
    )
    if left_out:
        text += "\nNot in study-results.csv:\n" + "".join(f"- {line}\n" for line in left_out)
    files["README.txt"] = text.replace("\n", "\r\n").encode()
    return zip_file(files)


def _arms(included: Included) -> Iterator[list[str]]:
    for study in included.studies:
        for arm in included.arms[study.pk]:
            about = "; ".join(part for part in (arm.description, arm.dose) if part)
            yield [study.label, arm.label, about, intervention_of(arm)]


def _per_result(studies: Sequence[Study], judged: Sequence[Judgements]) -> dict[tuple, list[list[str]]]:
    """{words of the domains: rows of study, outcome and pairs}; a table for tools with the same domains."""
    tables: dict[tuple, list[list[str]]] = {}
    for one in judged:
        rows = tables.setdefault(_words(one), [])
        rows += [[study.label, one.about, *one.cells(study.pk)] for study in studies if study.pk in one.of]
    return {words: sorted(rows) for words, rows in tables.items()}


def _words(one: Judgements) -> tuple[str, ...]:
    """RevMan's own words for RoB 2, ours for other tools."""
    own = columns_of(one.tool)
    return tuple(
        ROB2_WORDS.get(key, label) if one.tool.key.startswith("rob2") else label for key, label in own.items()
    )


def _result_header(words: tuple[str, ...]) -> list[str]:
    return ["Study", "Outcome", *(f"{word} ({part})" for word in words for part in ("judgement", "support"))]


def _criteria(included: Included, rows: list[list[str]]) -> str:
    interventions = sorted({intervention_of(arm) for arms in included.arms.values() for arm in arms})
    outcomes = sorted({row[1] for row in rows})
    return (
        f"   Interventions: {'; '.join(interventions) or 'none yet'}\n"
        f"   Outcomes: {'; '.join(outcomes) or 'none yet'}"
    )


def _told(of_studies: list[Judgements], of_results: list[Judgements]) -> str:
    tools = sorted({one.tool.name for one in (*of_studies, *of_results)})
    if not tools:
        return "   No risk of bias is agreed yet.\n"
    both = (
        " A review in RevMan uses one of both kinds: import the one that is its tool."
        if of_studies and of_results
        else ""
    )
    return f"   Risk of bias by {', '.join(tools)}.{both}\n"
