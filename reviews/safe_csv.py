"""Cells that a spreadsheet program will not take for formulas."""

from typing import Any

#: Also the full-width signs, which spreadsheets in East Asian settings take for the others.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(value: Any) -> Any:
    """``value`` ready for a CSV or XLSX cell that a person opens.

    Text that begins like a formula gets an apostrophe in front (OWASP, CSV injection); numbers stay numbers, also
    when they are written as text, such as -0.35.
    """
    if not isinstance(value, str) or not value.startswith(DANGEROUS):
        return value
    try:
        float(value)
    except ValueError:
        return "'" + value
    return value
