"""The CSV that robvis reads (its "Generic" template): Study, one column per domain, Overall.

robvis looks at the first letter of the first word only, so words are spelled out, and a missing judgement is
"No information" (a short "NI" would be read as not applicable). It counts the columns, so Overall is there even
when the instrument has no overall judgement. No Django here.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping

from appraisal.instruments import Instrument
from reviews.safe_csv import safe_cell

NOTHING = "No information"


def robvis_csv(instrument: Instrument, rows: Iterable[tuple[str, Mapping[str, str]]]) -> str:
    """The file for ``rows`` of (study label, {domain key: level key})."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["Study", *(_heading(domain.label) for domain in instrument.domains), "Overall"])
    for study, values in rows:
        words = [_word(instrument, values.get(domain.key, "")) for domain in instrument.domains]
        overall = instrument.overall(values) if instrument.overall else ""
        writer.writerow([safe_cell(study), *words, _word(instrument, overall)])
    return out.getvalue()


def _heading(label: str) -> str:
    """As R would name the column, which is how robvis' own examples name it."""
    return re.sub(r"[^A-Za-z0-9]+", ".", label).strip(".")


def _word(instrument: Instrument, key: str) -> str:
    return instrument.level(key).robvis if key else NOTHING
