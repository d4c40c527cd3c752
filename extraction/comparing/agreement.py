"""How well the two extractions of a review's studies agreed before consensus, as teams report it. No Django here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from extraction.form_schema import Field
from extraction.values import sentence_case
from screening.agreement import Estimate, cohen_kappa, raw_agreement

from .grades import Grade
from .results import Pair
from .values import Difference

#: Fields that have categories, so that a kappa says something.
CATEGORICAL = ("choice", "yes_no")


@dataclass
class FieldAgreement:
    """One field over all studies. ``exact``: the same to the letter (but for case and white space)."""

    key: str
    label: str
    compared: int = 0
    agreed: int = 0
    exact: int = 0
    missed: int = 0
    pairs: list[tuple[Any, Any]] = field(default_factory=list, repr=False)
    categorical: bool = False

    @property
    def share(self) -> Estimate:
        """Proportion that agreed, with Wilson's interval."""
        return raw_agreement([[self.agreed, self.compared - self.agreed], [0, 0]])

    @property
    def share_text(self) -> str:
        return _percent(self.share.value)

    @property
    def interval_text(self) -> str:
        share = self.share
        return f"{_percent(share.low)} to {_percent(share.high)}" if share.low is not None else "–"

    @property
    def kappa(self) -> Estimate | None:
        """Cohen's kappa over the answers both gave; None where the field has no categories."""
        if not self.categorical or not self.pairs:
            return None
        answers = sorted({str(answer) for pair in self.pairs for answer in pair})
        if len(answers) < 2:
            return Estimate(None)
        table = [[0] * len(answers) for _ in answers]
        for a, b in self.pairs:
            table[answers.index(str(a))][answers.index(str(b))] += 1
        return cohen_kappa(table)


@dataclass
class Agreement:
    """Over a review. ``fields`` and ``numbers`` in the order of the form and of results, ``total`` of both."""

    studies: int
    fields: list[FieldAgreement]
    numbers: list[FieldAgreement]
    results: int
    paired: int
    same_results: int
    mattering: int

    @property
    def total(self) -> FieldAgreement:
        every = FieldAgreement("", "All")
        for one in (*self.fields, *self.numbers):
            every.compared += one.compared
            every.agreed += one.agreed
            every.exact += one.exact
            every.missed += one.missed
        return every


def agreement_of(studies: Iterable[tuple[Sequence[Difference], Sequence[Pair]]]) -> Agreement:
    """Agreement over the comparisons of many studies.

    A field counts where at least one of the two filled it in: a field that only one has is a disagreement (and
    ``missed``). Rounding and other units agree. Numbers count within results that both have.
    """
    fields: dict[str, FieldAgreement] = {}
    numbers: dict[str, FieldAgreement] = {}
    tally: dict[str, int] = defaultdict(int)
    for differences, pairs in studies:
        tally["studies"] += 1
        for one in differences:
            _count(_of(fields, one.field), one.grade)
            if one.grade.agrees or one.grade is Grade.DIFFERENT:
                fields[one.field.key].pairs.append((one.left, one.right))
        for pair in pairs:
            tally["results"] += 1
            tally["mattering"] += pair.matters
            if pair.left and pair.right:
                tally["paired"] += 1
                tally["same"] += pair.agrees
            for line in pair.numbers:
                _count(
                    numbers.setdefault(line.name, FieldAgreement(line.name, sentence_case(line.label))),
                    line.grade,
                )
    return Agreement(
        studies=tally["studies"],
        fields=list(fields.values()),
        numbers=list(numbers.values()),
        results=tally["results"],
        paired=tally["paired"],
        same_results=tally["same"],
        mattering=tally["mattering"],
    )


def _of(fields: dict[str, FieldAgreement], asked: Field) -> FieldAgreement:
    if asked.key not in fields:
        fields[asked.key] = FieldAgreement(
            asked.key, asked.label or asked.key, categorical=asked.type in CATEGORICAL
        )
    return fields[asked.key]


def _count(one: FieldAgreement, grade: Grade) -> None:
    one.compared += 1
    one.agreed += grade.agrees
    one.exact += grade is Grade.SAME
    one.missed += grade in (Grade.LEFT_ONLY, Grade.RIGHT_ONLY)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.0f}\N{NO-BREAK SPACE}%"
