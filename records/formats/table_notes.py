"""What a librarian should know about a table that was read, as kinds of notice."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .notices import Notices
from .rows import Row

_SENTENCES = {
    "blank": (
        "A row held nothing but delimiters and was left out",
        "{n} rows held nothing but delimiters and were left out",
    ),
    "foot": (
        "A line below the table was left out (a total, a date or a copyright)",
        "{n} lines below the table were left out (totals, dates, copyright)",
    ),
    "repeated header": (
        "The header was repeated further down and left out",
        "The header was repeated {n} times further down and left out",
    ),
    "short": (
        "A row had fewer cells than the header: the missing ones were taken as empty",
        "{n} rows had fewer cells than the header: the missing ones were taken as empty",
    ),
    "long": (
        "A row had more cells than the header: what was left over is kept with the record",
        "{n} rows had more cells than the header: what was left over is kept with the record",
    ),
    "joined": (
        "A row held a delimiter inside a cell without quotation marks: its parts were joined, check the record",
        "{n} rows held a delimiter inside a cell without quotation marks: the parts were joined, check the records",
    ),
    "truncated": (
        "A cell has exactly 32,767 characters: Excel cuts longer ones, so its text is probably incomplete",
        "{n} cells have exactly 32,767 characters: Excel cuts longer ones, so their text is probably incomplete",
    ),
}
_EXCEL_ERROR = re.compile(r"^#(?:NAME\?|REF!|VALUE!|DIV/0!|NUM!|NULL!|####+)$")
_EXPONENT = re.compile(r"^\d(?:[.,]\d+)?E\+?\d+$", re.IGNORECASE)
_MONTHS = (
    "jan ene feb fev fév mar mär apr abr avr may mai maj jun jul aug ago sep set oct okt out nov dec dez dic"
)
_MONTH = f"(?:{'|'.join(_MONTHS.split())})"
_DATE = re.compile(
    rf"^(?:\d{{1,2}}[-. ]?{_MONTH}[a-z]*\.?(?:[-. ]\d{{2,4}})?|{_MONTH}[a-z]*\.?[- ]\d{{2,4}}|"
    r"\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|(?:19|20)\d\d-\d\d-\d\d(?: 00:00:00)?)$",
    re.IGNORECASE,
)


class TableNotes:
    """Adds to the file's notices what was mended, left out or looks spoilt."""

    def __init__(self, notices: Notices):
        self._notices = notices

    def count(self, what: str, line: int) -> None:
        one, many = _SENTENCES[what]
        self._notices.add(one, many, line=line)

    def mended(self, what: str, line: int) -> None:
        """A row that was put right although `what`."""
        self._notices.add(
            f"A row was mended although {what}: check the record",
            f"{{n}} rows were mended although {what}: check the records",
            line=line,
        )

    def lead_in(self, rows: Sequence[Row]) -> None:
        """Rows before the header: left out, but shown."""
        if rows:
            shown = " / ".join(" ".join(" ".join(row.cells).split())[:80] for row in rows[:3])
            shown = shown.replace("{", "{{").replace("}", "}}")
            sentence = f"The header is not in the first line; what stands before it was left out: “{shown}”"
            self._notices.add(sentence, sentence, line=rows[0].line)

    def shifted(self, column: str, line: int) -> None:
        """A row whose cells from a column on stood to the right of their headings."""
        column = column.replace("{", "{{").replace("}", "}}")
        what = f"from “{column}” on, and cells stood to the right of their headings"
        check = "they were moved back; check language, type and numbers"
        self._notices.add(
            f"A row had a column without a heading {what}: {check}",
            f"{{n}} rows had a column without a heading {what}: {check}",
            line=line,
        )

    def unused(self, columns: Sequence[str], line: int) -> None:
        """Columns that nothing explains."""
        if columns:
            shown = ", ".join(columns).replace("{", "{{").replace("}", "}}")
            shown = shown if len(shown) <= 400 else f"{shown[:400].rstrip('{}, ')}, …"
            sentence = f"Columns not used: {shown}; their text stays with the record"
            self._notices.add(sentence, sentence, line=line)

    def check(self, line: int, column: str, field: str, value: str) -> None:
        """Note a value that a spreadsheet seems to have changed."""
        column = column.replace("{", "{{").replace("}", "}}")
        if value.startswith("#") and _EXCEL_ERROR.match(value):
            self._notices.add(
                f"A cell of “{column}” holds an error of the spreadsheet instead of a value: export again",
                f"{{n}} cells of “{column}” hold an error of the spreadsheet instead of a value: export again",
                line=line,
            )
        elif value[:1].isdigit() and "E" in value.upper() and _EXPONENT.match(value):
            self._notices.add(
                f"A number of “{column}” was shortened by a spreadsheet (2.019E+03), so digits may be lost",
                f"{{n}} numbers of “{column}” were shortened by a spreadsheet (2.019E+03), so digits may be lost",
                line=line,
            )
        elif field in {"pages", "start", "end", "issue", "volume"} and _DATE.match(value):
            self._notices.add(
                f"A value of “{column}” looks like a date that a spreadsheet made of it (1-2 becomes 02-Jan): "
                "it was kept; compare it with the database",
                f"{{n}} values of “{column}” look like dates that a spreadsheet made of them (1-2 becomes "
                "02-Jan): they were kept; compare them with the database",
                line=line,
            )
