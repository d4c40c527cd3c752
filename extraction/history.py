"""The versions of a result, and what changed from one to the next."""

from dataclasses import dataclass
from typing import Any

from extraction.models import Result
from extraction.values import FIELDS

CIRCUMSTANCES = {
    "experimental": "experimental arm",
    "comparator": "comparator arm",
    "scale": "scale",
    "rater": "rater",
    "time_point": "time point",
    "weeks": "weeks since randomisation",
    "population": "population",
    "subgroup": "subgroup",
    "is_change": "change from baseline",
    "adjusted": "adjusted for covariates",
    "derived": "derived",
    "basis": "basis",
    "source": "source",
}


@dataclass(frozen=True)
class Change:
    """One field that differs; ``old`` and ``new`` are ready for JSON."""

    name: str
    label: str
    old: Any
    new: Any

    @property
    def old_text(self) -> str:
        return _text(self.old)

    @property
    def new_text(self) -> str:
        return _text(self.new)


def changed_fields(old: Result, new: Result) -> list[Change]:
    """What differs between two versions of a result, numbers first; 12.5 typed again as 12.50 differs too."""
    labels = {field.name: field.label for field in FIELDS[new.kind]} | CIRCUMSTANCES
    pairs = [(name, label, *_both(old, new, name)) for name, label in labels.items()]
    return [Change(*pair) for pair in pairs if pair[2] != pair[3]]


def _both(old: Result, new: Result, name: str) -> tuple[Any, Any]:
    before, after = _plain(getattr(old, name)), _plain(getattr(new, name))
    if before == after and name in old.typed and name in new.typed:
        return old.typed[name], new.typed[name]
    return before, after


def versions(result: Result) -> list[tuple[Result, list[Change]]]:
    """Every version of ``result`` with what it changed, the newest first. Two queries, however many versions."""
    every = {
        one.pk: one
        for one in Result.objects.with_names().filter(study=result.study_id, outcome=result.outcome_id)
    }
    after = {one.previous_id: one for one in every.values() if one.previous_id}
    newest = every[result.pk]
    while newest.pk in after:
        newest = after[newest.pk]
    chain: list[tuple[Result, list[Change]]] = []
    one: Result | None = newest
    while one:
        before = every[one.previous_id] if one.previous_id else None
        chain.append((one, changed_fields(before, one) if before else []))
        one = before
    return chain


def latest_version(result: Result) -> Result:
    """The newest version of ``result``, whichever version it is."""
    return versions(result)[0][0]


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _text(value: Any) -> str:
    if value in (None, ""):
        return "empty"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
