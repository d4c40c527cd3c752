"""The sheets of ``content`` as an XLSX file. Row 1 has the heads, row 2 the keys by which columns are found again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from extraction.form_schema import CODEBOOK_COLUMNS, codebook
from extraction.workbook.content import Sheet, schema_for
from reviews.safe_csv import DANGEROUS
from reviews.workbooks import cell_of, saved

KEPT = "_exported"
FORMAT = 1
#: Begins each piece of JSON on the hidden sheet.
MARK = "j"
#: Excel's limit of a cell is 32,767 characters; what is longer goes on in the next cell.
PIECE = 32_000
BLANK_ROWS = 200
README = (
    "Extraction of {title}",
    "",
    "Fill in or change the white cells, save the file as XLSX, and send it back on the page “Workbook”.",
    "Nothing is stored before you have looked at the differences there. A new arm, result or row of a group goes "
    "below the others, with its first cell (the key) left empty.",
    "Grey cells say what a row is: they stay as they are. The second line and the hidden sheet are read by the "
    "program: leave them. A row you delete here is not deleted there.",
    "If somebody changes a value there while you work here, both are shown to you; nothing is overwritten unseen.",
    "Numbers with a point. Yes or no as “yes” and “no”. What a report does not tell: “not reported” in forms.",
)


def write_book(title: str, slug: str, sheets: Sequence[Sheet]) -> bytes:
    """The workbook as bytes: the same for the same content."""
    from openpyxl import Workbook  # late, as in reviews.workbooks

    book = Workbook()
    readme = book.active
    readme.title = "Read me"
    readme.column_dimensions["A"].width = 110
    for line in README:
        readme.append([cell_of(line.format(title=title))])
    readme["A1"].font = _bold()
    for sheet in sheets:
        _write(book.create_sheet(sheet.title), sheet)
    _write_codebook(book.create_sheet("Codebook"), sheets)
    _keep(book.create_sheet(KEPT), slug, sheets)
    book.active = 1 if len(book.sheetnames) > 1 else 0
    return saved(book)


def _write(page: Any, sheet: Sheet) -> None:
    from openpyxl.comments import Comment  # late, as in reviews.workbooks
    from openpyxl.styles import Font, PatternFill, Protection
    from openpyxl.utils import get_column_letter

    faint, grey = Font(color="808080", size=9), PatternFill("solid", fgColor="EEEEEE")
    keys = ["key", *sheet.columns]
    page.append(["Key", *(cell_of(head) for head in sheet.columns.values())])
    page.append(keys)
    for key, row in sheet.rows.items():
        page.append([key, *(_typed(row.get(name, "")) for name in sheet.columns)])
    page.freeze_panes = "C3" if "study" in sheet.columns else "B3"
    fixed = 1 + len(sheet.place)
    for number, name in enumerate(keys, start=1):
        letter = get_column_letter(number)
        page.column_dimensions[letter].width = 14 if number == 1 else min(max(len(str(name)) + 4, 12), 32)
        page.cell(1, number).font, page.cell(2, number).font = _bold(), faint
        if name in sheet.help:
            page.cell(1, number).comment = Comment(sheet.help[name][:2000], "Review app")
        if choices := sheet.choices.get(name):
            _offer(page, letter, choices, len(sheet.rows))
        if number <= fixed:
            for line in range(3, len(sheet.rows) + 3):
                page.cell(line, number).fill, page.cell(line, number).protection = (
                    grey,
                    Protection(locked=True),
                )


def _bold() -> Any:
    from openpyxl.styles import Font  # late, as in reviews.workbooks

    return Font(bold=True)


def _offer(page: Any, letter: str, choices: tuple[str, ...], rows: int) -> None:
    """A list to choose from, where it fits into what Excel allows (255 characters, no comma in an answer)."""
    from openpyxl.worksheet.datavalidation import DataValidation  # late, as in reviews.workbooks

    listed = ",".join(choices)
    if len(listed) <= 250 and not any("," in one or '"' in one for one in choices):
        rule = DataValidation(type="list", formula1=f'"{listed}"', allow_blank=True, showErrorMessage=False)
        rule.add(f"{letter}3:{letter}{rows + BLANK_ROWS}")
        page.add_data_validation(rule)


def _write_codebook(page: Any, sheets: Iterable[Sheet]) -> None:
    page.append(["sheet", *CODEBOOK_COLUMNS])
    for sheet in sheets:
        if sheet.kind == "form":
            for entry in codebook(schema_for(sheet.version)):
                page.append([sheet.title, *(cell_of(value) for value in entry.to_dict().values())])
    for number in range(1, len(CODEBOOK_COLUMNS) + 2):
        page.cell(1, number).font = _bold()
    page.freeze_panes = "A2"


def _keep(page: Any, slug: str, sheets: Iterable[Sheet]) -> None:
    """What was exported, so that a change here can be told from a change there."""
    page.sheet_state = "hidden"
    page.append([_text(json.dumps({"format": FORMAT, "review": slug}))])
    for sheet in sheets:
        page.append(["sheet", _text(json.dumps(sheet.told, sort_keys=True))])
        for key, row in sheet.rows.items():
            told = json.dumps(row, ensure_ascii=False, sort_keys=True)
            pieces = [told[start : start + PIECE] for start in range(0, len(told), PIECE)]
            page.append([key, *map(_text, pieces)])


def _text(value: str) -> str:
    """A piece of JSON that no program takes for a formula; ``reading`` takes the mark off again."""
    return f"{MARK}{value}"


def _typed(text: str) -> Any:
    """A number as a number with the decimals it was typed with, so that spreadsheets can count with it; else text."""
    try:
        number = float(text)
    except ValueError:
        return f"'{text}" if text.startswith(DANGEROUS) else text
    plain = text.strip()
    exact = plain == plain.lstrip("+") and ("e" not in plain.lower()) and len(plain) <= 15
    if not exact or (plain.lstrip("-").startswith("0") and plain.lstrip("-")[1:2].isdigit()):
        return text
    return int(plain) if plain.lstrip("-").isdigit() else number
