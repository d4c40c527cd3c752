"""Everything of a review that plans choose from, read once as plain data; the number of queries is fixed.

A candidate is a row as a snapshot keeps it. For plans with rules it also has what analysis.selection goes by.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from analysis.models import Plan
from analysis.moderator_values import INTERVENTION, SPECIAL
from analysis.risk import BY_RISK
from appraisal.judged import Agreed
from extraction.models import Characteristic, Result, VocabularyTerm
from extraction.values import FIELDS
from reviews.models import Review
from screening.models import Study

ROW_FIELDS = (
    "kind",
    "scale",
    "time_point",
    "rater",
    *(
        "n1",
        "mean1",
        "sd1",
        "n2",
        "mean2",
        "sd2",
        "events1",
        "events2",
        "effect_measure",
        "effect",
        "effect_se",
    ),
    "derived",
    "basis",
    "source",
    "version",
)
#: {field of a result: key in a row}, in a row only where they say something, so that a run of before these were
#: known is still the same run. "subgroup" in a row is the plan's.
CIRCUMSTANCES = {
    "weeks": "weeks",
    "population": "population",
    "subgroup": "people",
    "is_change": "is_change",
    "adjusted": "adjusted",
}
#: {kind: (field, key in a row) of its numbers and circumstances beyond ROW_FIELDS}.
MORE = {
    kind: tuple(
        ({field.name: field.name for field in fields if field.name not in ROW_FIELDS} | CIRCUMSTANCES).items()
    )
    for kind, fields in FIELDS.items()
}
NAMED = (
    "pk",
    "outcome_id",
    "study_id",
    "study__label",
    "study__year",
    "experimental__label",
    "comparator__label",
    "is_preferred",
)
#: Read only where a plan has rules, or looks at what was given.
OF_ARMS = tuple(
    f"{arm}__{name}"
    for arm in ("experimental", "comparator")
    for name in ("id", "role", "intervention__name", "intervention__preferred__name")
)
#: What only choosing needs: it is not in the rows of a snapshot.
PASSING = (
    "arms",
    "comparator_id",
    "experimental_id",
    "is_preferred",
    "names1",
    "names2",
    "scale_names",
    "year",
)
#: Besides ROW_FIELDS, what a row keeps also when there is nothing in it.
WHOLE = ("study_id", "study", "result_id", "experimental", "comparator", *ROW_FIELDS)

Row = dict[str, Any]


def has_rules(plan: Plan) -> bool:
    """Whether results are chosen by rules; else the one marked in extraction is taken, as ever."""
    return bool(plan.selection) or plan.kind == Plan.Kind.NETWORK


class Candidates:
    """``of[outcome id][study id]``: the current results of each study, studies by year and label.

    ``current``: {study id: label} of the studies that are still in the review; ``agreed``: risk of bias.
    """

    def __init__(self, review: Review, plans: Iterable[Plan]):
        plans = list(plans)
        self.agreed = Agreed(review)
        current = Study.objects.current().filter(review=review)
        self.current: dict[int, str] = dict(current.values_list("pk", "label"))
        asked = {name for plan in plans for name in facts_asked(plan)}
        self._facts = _facts(review, asked - {BY_RISK, *SPECIAL})
        arms = any(has_rules(plan) or INTERVENTION in facts_asked(plan) for plan in plans)
        self.of = _results(review, {plan.outcome_id for plan in plans}, arms)

    def fact(self, study: int, name: str) -> str:
        """A characteristic of a study, "" where it was not stated."""
        return self._facts.get((study, name), "")


def facts_asked(plan: Plan) -> set[str]:
    """Of what the plan makes groups and moderators."""
    return ({plan.subgroup_by} | {one["name"] for one in plan.moderators}) - {""}


def kept(candidate: Row) -> Row:
    """The row of a snapshot: without what only choosing needs, and without what is empty."""
    return {
        name: value
        for name, value in candidate.items()
        if name not in PASSING and (name in WHOLE or (value is not False and value not in (None, "", [])))
    }


def _facts(review: Review, names: set[str]) -> dict[tuple[int, str], str]:
    found = Characteristic.objects.filter(study__review=review, name__in=names) if names else []
    return {(one.study_id, one.name): one.value for one in found}


def _results(review: Review, outcomes: set[int], arms: bool) -> dict[int, dict[int, list[Row]]]:
    """{outcome: {study: its current results}}; ``arms``: with what is known of the arms."""
    current = Result.objects.current().filter(review=review, outcome__in=outcomes)
    kinds = set(current.order_by().values_list("kind", flat=True).distinct())
    numbers = (field.name for kind in sorted(kinds) for field in FIELDS[kind])
    names = [*NAMED, *dict.fromkeys((*ROW_FIELDS, *CIRCUMSTANCES, *numbers))]
    names += [*OF_ARMS, "conversions"] if arms else []
    found = list(current.order_by().values(*names))
    found.sort(
        key=lambda one: (
            one["study__year"] or 9999,
            one["study__label"].casefold(),
            one["study_id"],
            one["pk"],
        )
    )
    scales = _preferred_scales(review) if arms else {}
    grouped: dict[int, dict[int, list[Row]]] = defaultdict(dict)
    for one in found:
        row = _row(one) | {"is_preferred": one["is_preferred"], "year": one["study__year"]}
        row |= _passing(one, scales) if arms else {}
        grouped[one["outcome_id"]].setdefault(one["study_id"], []).append(row)
    return grouped


def _row(one: Row) -> Row:
    return {
        "study_id": one["study_id"],
        "study": one["study__label"],
        "result_id": one["pk"],
        "experimental": one["experimental__label"],
        "comparator": one["comparator__label"] or "",
        **{name: one[name] for name in ROW_FIELDS},
        **_said(one),
    }


def _said(one: Row) -> Row:
    """The numbers and circumstances beyond ROW_FIELDS that are filled in."""
    more = ((key, one[name]) for name, key in MORE[one["kind"]])
    return {key: value for key, value in more if value is not False and value not in (None, "")}


def _passing(one: Row, scales: dict[str, str]) -> Row:
    """What the rules go by, and what a row says of its arms and conversions."""
    tested, against = (_arm(one, arm) for arm in ("experimental", "comparator"))
    return {
        "experimental_id": one["experimental__id"],
        "comparator_id": one["comparator__id"],
        "names1": tested,
        "names2": against,
        "scale_names": [one["scale"], scales.get(one["scale"].casefold(), one["scale"])],
        "treatments": [names[0] for names in (tested, against) if names],
        "converted": sorted({conversion["name"] for conversion in one["conversions"]}),
    }


def _arm(one: Row, arm: str) -> list[str]:
    """The names of an arm, the one that counts in a network first: preferred term, term, label, role."""
    names = [
        one[f"{arm}__{name}"]
        for name in ("intervention__preferred__name", "intervention__name", "label", "role")
    ]
    return list(dict.fromkeys(name for name in names if name))


def _preferred_scales(review: Review) -> dict[str, str]:
    terms = VocabularyTerm.objects.filter(
        review=review, kind=VocabularyTerm.Kind.SCALE, preferred__isnull=False
    )
    return {name.casefold(): preferred for name, preferred in terms.values_list("name", "preferred__name")}
