"""Results from a file: a row per result, all or nothing."""

from dataclasses import dataclass

from django.db import transaction

from extraction import services
from extraction.models import Arm
from extraction.values import EVERY_NAME, FIELDS, SINGLE_GROUP, kind_of
from reviews.errors import Refused
from reviews.models import Outcome, Review, User
from reviews.tables import BadTable, Faults, Row, read_table
from screening.models import Study

REQUIRED = ("study", "experimental", "outcome")
TEXTS = ("scale", "rater", "time_point", "weeks", "population", "subgroup", "basis", "source")
FLAGS = ("is_change", "adjusted", "derived", "preferred")
#: About an arm that the study lacks, by the end of the column's name.
OF_ARMS = tuple(f"{name}{arm}" for name in ("randomised", "dose", "intervention") for arm in "12")
#: Columns "characteristic:therapy" and the like set that characteristic of the row's study.
CHARACTERISTIC = "characteristic:"
YES, NO = {"yes", "true", "1", "y"}, {"no", "false", "0", "n"}


@dataclass
class Imported:
    results: int = 0
    arms: int = 0
    characteristics: int = 0
    ignored: tuple[str, ...] = ()


def import_results(*, review: Review, by: User, name: str, data: bytes) -> Imported:
    """Record a result per row; arms that a study lacks are added. Raises BadTable with a line for every fault.

    Columns: study (its label), experimental and comparator (arms; no comparator for a kind about one group), outcome
    (its name), the numbers (docs/extraction.md lists them by kind), TEXTS, FLAGS (yes, no or empty; preferred
    empty: the first of its study and outcome), OF_ARMS and ``characteristic:NAME``. The kind of result follows from
    which numbers are filled, or is given in the column kind. In dual extraction the rows join one's own extraction.
    """
    table = read_table(name, data, required=REQUIRED)
    if not table.rows:
        raise BadTable(f"{name} has no row below its header. Nothing was imported.")
    faults = Faults(name)
    done = Imported(ignored=tuple(column for column in table.columns if not _known(column)))
    studies = {study.label: study for study in Study.objects.filter(review=review).select_related("review")}
    outcomes = {outcome.name: outcome for outcome in Outcome.objects.filter(review=review)}
    chosen: dict[tuple[str, str], int] = {}
    with transaction.atomic():
        for row in table.rows:
            place = _place(row, studies, outcomes, faults)
            if place and _preferred_once(row, chosen, faults):
                _import_row(*place, row, by, faults, done)
        faults.raise_if_any()
    return done


def _known(column: str) -> bool:
    known = {*REQUIRED, "comparator", "kind", *TEXTS, *FLAGS, *OF_ARMS, *EVERY_NAME}
    return column in known or column.startswith(CHARACTERISTIC)


def _place(
    row: Row, studies: dict[str, Study], outcomes: dict[str, Outcome], faults: Faults
) -> tuple[Study, Outcome] | None:
    study, outcome = studies.get(row["study"]), outcomes.get(row["outcome"])
    if study is None:
        faults.add(row.line, f"the review has no study '{row['study']}'.", "study")
    if outcome is None:
        known = ", ".join(outcomes) or "none yet"
        faults.add(row.line, f"the protocol has no outcome '{row['outcome']}'. Outcomes: {known}.", "outcome")
    return (study, outcome) if study and outcome else None


def _preferred_once(row: Row, chosen: dict[tuple[str, str], int], faults: Faults) -> bool:
    if _flag(row, "preferred", faults):
        key = (row["study"], row["outcome"])
        if key in chosen:
            faults.add(
                row.line, f"line {chosen[key]} is preferred for the same study and outcome.", "preferred"
            )
            return False
        chosen[key] = row.line
    return True


def _import_row(study: Study, outcome: Outcome, row: Row, by: User, faults: Faults, done: Imported) -> None:
    kind = _kind(row, faults)
    if kind is None:
        return
    flags = {name: _flag(row, name, faults) for name in FLAGS if name != "preferred"}
    own = {field.name for field in FIELDS[kind]}
    values = {name: row[name] for name in EVERY_NAME if name in own or row[name]}
    try:
        with transaction.atomic():
            home = services.home_of(study=study, by=by)
            alone = kind in SINGLE_GROUP and not row["comparator"]
            services.record_result(
                study=study,
                outcome=outcome,
                experimental=_arm(study, row, "experimental", by, done),
                comparator=None if alone else _arm(study, row, "comparator", by, done),
                kind=kind,
                values=values,
                extraction=home,
                scale=row["scale"],
                rater=row["rater"],
                time_point=row["time_point"],
                weeks=row["weeks"] or None,  # type: ignore[arg-type]  # read by the service, which names the fault
                population=row["population"],
                subgroup=row["subgroup"],
                is_change=bool(flags["is_change"]),
                adjusted=bool(flags["adjusted"]),
                derived=bool(flags["derived"]),
                basis=row["basis"],
                source=row["source"],
                preferred=_flag(row, "preferred", Faults("")) if home is None else None,
                by=by,
            )
            done.results += 1
            done.characteristics += _set_characteristics(study, row, by)
    except services.InvalidResult as refusal:
        for column, sentence in refusal.faults.items():
            faults.add(row.line, sentence, column)
    except Refused as refusal:
        faults.add(row.line, str(refusal), refusal.field or "")


def _kind(row: Row, faults: Faults) -> str | None:
    """The kind the row names, or the one its numbers tell."""
    named = row["kind"].casefold()
    if named and named not in FIELDS:
        faults.add(
            row.line, f"'{row['kind']}' is not a kind of result; use one of {', '.join(FIELDS)}.", "kind"
        )
        return None
    kind = named or kind_of({name: row[name] for name in EVERY_NAME})
    if kind is None:
        faults.add(
            row.line,
            "give either means and SDs (mean1 sd1 mean2 sd2), or events (events1 events2), or an effect (effect "
            "effect_se, or estimate with ci_low and ci_high), or the numbers of another kind, and only one of them; "
            "or name the kind in the column kind.",
        )
    return kind


def _arm(study: Study, row: Row, column: str, by: User, done: Imported) -> Arm:
    label = row[column]
    if not label:
        raise services.NotPossible(f"the {column} arm is missing.", field=column)
    arm = study.arms.filter(label__iexact=label).first()
    if arm:
        return arm
    number = "1" if column == "experimental" else "2"
    randomised = row[f"randomised{number}"]
    if randomised and not (randomised.isascii() and randomised.isdigit() and len(randomised) < 12):
        raise services.NotPossible(
            f"'{randomised}' is not a whole number of people randomised.", field=column
        )
    role = Arm.Role.EXPERIMENTAL if column == "experimental" else Arm.Role.COMPARATOR
    try:
        arm = services.add_arm(
            study=study,
            label=label,
            role=role,
            n_randomised=int(randomised) if randomised else None,
            dose=row[f"dose{number}"],
            intervention=row[f"intervention{number}"],
            by=by,
        )
    except Refused as refusal:
        raise services.NotPossible(str(refusal), field=column) from refusal
    done.arms += 1
    return arm


def _set_characteristics(study: Study, row: Row, by: User) -> int:
    given = {
        name.removeprefix(CHARACTERISTIC): row[name] for name in row.cells if name.startswith(CHARACTERISTIC)
    }
    for name, value in given.items():
        if value:
            services.set_characteristic(study=study, name=name, value=value, by=by)
    return sum(bool(value) for value in given.values())


def _flag(row: Row, column: str, faults: Faults) -> bool | None:
    text = row[column].casefold()
    if text not in YES | NO | {""}:
        faults.add(row.line, f"'{row[column]}' is neither yes nor no.", column)
    return None if not text else text in YES
