"""What is known of the studies of a run beyond the run itself, for columns beside its figures."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from analysis.figures.catalogue import Data
from extraction.models import Characteristic

KEY = "characteristics"


def with_characteristics(snapshot: Data, review_id: int, names: Collection[str] | None = None) -> Data:
    """The snapshot with ``"characteristics": {name: value}`` in its rows, as extracted by now; one query.

    ``names``: only these (none: the snapshot as it is); None: all of the review.
    """
    if names is not None and not names:
        return snapshot
    found = Characteristic.objects.filter(study__review=review_id)
    if names is not None:
        found = found.filter(name__in=names)
    known: dict[int, dict[str, str]] = defaultdict(dict)
    for study, name, value in found.values_list("study_id", "name", "value"):
        known[study][name] = value
    rows: list[dict[str, Any]] = [
        {**row, KEY: known[row["study_id"]]} if row["study_id"] in known else row for row in snapshot["rows"]
    ]
    return {**snapshot, "rows": rows}
