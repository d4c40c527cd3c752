"""Risk of bias, extraction and analysis plans of the demo, from the data files."""

import csv
import re
from pathlib import Path

import analysis.services as analysing
import appraisal.services as appraising
import extraction.services as extracting
import screening.services as screening
from extraction.models import Arm, Result
from reviewapp.demo import story
from reviews.models import Review, User
from screening.models import Study

DATA = Path(__file__).parent / "data"
INSTRUMENT = "metapsy_rob1"
DOMAINS = {
    "sequence_generation": "sequence_generation",
    "allocation_concealment": "allocation_concealment",
    "blinding_assessors": "blinding_assessors",
    "itt": "itt",
}
VALUES = {"1": "low", "0": "high", "sr": "self_report"}


def rows_of(file: str) -> list[dict[str, str]]:
    """The rows of one data file."""
    with (DATA / file).open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def _studies(review: Review) -> dict[str, Study]:
    return {study.label: study for study in review.studies.all()}


def assess(review: Review, people: dict[str, User]) -> None:
    """Ben and Cleo assess every study the data base coded, clinician-rated outcome first; Dora settles."""
    studies = _studies(review)
    coded: dict[str, dict[str, str]] = {}
    for row in rows_of("risk_of_bias.csv"):
        if row["study"] not in coded or row["outcome_rating"] == "clinician":
            coded[row["study"]] = row
    for label, row in coded.items():
        agreed = {domain: VALUES[row[column]] for column, domain in DOMAINS.items()}
        for person in ("ben", "cleo"):
            seen = dict(agreed)
            if person == "cleo":
                seen |= {d: v for (study, d), v in story.SECOND_OPINIONS.items() if study == label}
            _assess_one(studies[label], people[person], seen, row["tool"])
        appraising.reconcile(
            study=studies[label],
            instrument=INSTRUMENT,
            by=people["dora"],
            values=agreed,
            supports=dict.fromkeys(agreed, "As coded by the Metapsy project, version 24.0.2."),
        )


def _assess_one(study: Study, person: User, values: dict[str, str], support: str) -> None:
    assessment = appraising.start_assessment(study=study, instrument=INSTRUMENT, assessor=person)
    for domain, value in values.items():
        appraising.judge(assessment=assessment, domain=domain, value=value, by=person, support=support)
    appraising.complete_assessment(assessment=assessment, by=person)


def extract(review: Review, people: dict[str, User]) -> None:
    """Every row of the trial file as a result; one preferred result per trial."""
    studies = _studies(review)
    screening.set_design(
        review=review, studies=studies.values(), design=Study.Design.RANDOMISED_PARALLEL, by=people["ben"]
    )
    outcome = review.outcomes.get(name=story.OUTCOME["name"])
    arms: dict[str, tuple[Arm, Arm]] = {}
    for row in rows_of("trials.csv"):
        study = studies[row["study"]]
        if row["study"] not in arms:
            arms[row["study"]] = _describe(study, row, people["ben"])
        result = extracting.record_result(
            study=study,
            outcome=outcome,
            by=people["ben"],
            experimental=arms[row["study"]][0],
            comparator=arms[row["study"]][1],
            preferred=row["scale"] == story.SCALE_FIRST.get(row["study"], row["scale"]),
            scale=row["scale"],
            time_point=row["timepoint"],
            weeks=_weeks(row["timepoint"]),
            rater=_rater(row["scale"]),
            basis=row["basis"],
            source=row["source"],
            derived=bool(row["g"]),
            **_numbers(row),
        )
        extracting.verify_result(result=result, by=people["cleo"], seen_version=result.version)


def _describe(study: Study, row: dict[str, str], by: User) -> tuple[Arm, Arm]:
    facts = {story.THERAPY: row["therapy"], "control": row["control_type"], "population": row["population"]}
    for name, value in facts.items():
        extracting.set_characteristic(study=study, name=name, value=value, by=by)
    return (
        extracting.add_arm(
            study=study,
            label=row["therapy"],
            role=Arm.Role.EXPERIMENTAL,
            intervention=row["therapy"],
            by=by,
        ),
        extracting.add_arm(study=study, label=row["control_type"], role=Arm.Role.COMPARATOR, by=by),
    )


def _numbers(row: dict[str, str]) -> dict:
    """The kind and values of a row: arm data, or the effect with its standard error where only that is known."""
    sizes = {"n1": int(row["n_t"]), "n2": int(row["n_c"])}
    if row["g"]:
        effect = {"effect": float(row["g"]), "effect_se": float(row["g_se"]), "effect_measure": "SMD"}
        return {"kind": Result.Kind.EFFECT, "values": effect | sizes}
    means = {
        "mean1": float(row["mean_t"]),
        "sd1": float(row["sd_t"]),
        "mean2": float(row["mean_c"]),
        "sd2": float(row["sd_c"]),
    }
    return {"kind": Result.Kind.MEANS, "values": means | sizes}


def _weeks(time_point: str) -> float | None:
    """The weeks that a time point names, as in "post (8 wk)"."""
    named = re.search(r"(\d+) wk", time_point)
    return float(named[1]) if named else None


def _rater(scale: str) -> str:
    clinician = story.CLINICIAN_SCALES.search(scale)
    return Result.Rater.CLINICIAN if clinician else Result.Rater.SELF_REPORT


def plan(review: Review, people: dict[str, User]) -> None:
    """Write the plans, quote the published figures, and ask for a run of each plan."""
    ana = people["ana"]
    outcome = review.outcomes.get(name=story.OUTCOME["name"])
    outlier = review.studies.get(label=story.OUTLIER)
    for order, (label, estimate, low, high, k) in enumerate(story.QUOTED):
        analysing.quote_result(
            review=review,
            outcome=outcome,
            label=label,
            by=ana,
            estimate=estimate,
            ci_low=low,
            ci_high=high,
            k=k,
            citation=story.CITATION,
            order=order,
        )
    for name, settings in story.PLANS:
        without = name == story.WITHOUT_OUTLIER
        written = analysing.write_plan(
            review=review,
            name=name,
            outcome=outcome,
            by=ana,
            excluded_studies=[outlier] if without else [],
            exclusion_note="outlier (studentised residual near -4)" if without else "",
            **story.USUAL | story.ARM_LABELS | settings,
        )
        analysing.request_run(plan=written, by=ana)
