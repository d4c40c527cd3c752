"""A filled-in workbook as plain data: per sheet its rows with line, key and cells, and what was exported."""

from __future__ import annotations

import io
import json
from typing import Any

from extraction.workbook.writing import FORMAT, KEPT, MARK
from records.formats import UnreadableFile, xlsx
from reviews.errors import Refused
from reviews.safe_csv import DANGEROUS

BIGGEST = 20 * 1024 * 1024
MOST_ROWS = 20_000


class BadWorkbook(Refused):
    """A file that is not a workbook written here, or cannot be read."""


def read_book(data: bytes, name: str, slug: str) -> dict[str, Any]:
    """``{"sheets": [{title, kind, version, group, rows: [{line, key, cells}], origin: {key: cells}}]}``.

    Raises BadWorkbook with what is wrong: too large, no workbook, another review's, without its hidden sheet, a sheet
    without its second line, a key twice.
    """
    if len(data) > BIGGEST:
        raise BadWorkbook(f"{name} has {len(data) / 1e6:.0f} MB; a workbook of extraction has at most 20.")
    try:
        xlsx.refuse_others(data[:8192], name)
        if not xlsx.is_workbook(data[:8192]):
            raise BadWorkbook(f"{name} is no XLSX workbook. Save the one you downloaded here as XLSX.")
        names = set(xlsx.sheets(io.BytesIO(data), name))
        kept = _kept(data, name, slug)
        for sheet in kept:
            sheet["rows"] = _rows(data, name, sheet["title"]) if sheet["title"] in names else []
    except UnreadableFile as error:
        raise BadWorkbook(str(error)) from error
    return {"sheets": kept}


def _kept(data: bytes, name: str, slug: str) -> list[dict[str, Any]]:
    other = BadWorkbook(
        f"{name} lacks the hidden sheet that says what was exported. Download the workbook again and fill in that."
    )
    try:
        lines = [row.cells for row in xlsx.rows(io.BytesIO(data), KEPT, name)]
        head = _json(lines[0])
        if not isinstance(head, dict) or head.get("format") != FORMAT:
            raise other
        if head.get("review") != slug:
            raise BadWorkbook(f"{name} is the workbook of another review ({str(head.get('review'))[:60]}).")
        sheets: list[dict[str, Any]] = []
        for cells in lines[1:]:
            if cells[0] == "sheet":
                told = _json(cells[1:])
                sheets.append(
                    {
                        "title": str(told["title"]),
                        "kind": str(told["kind"]),
                        "version": int(told["version"]),
                        "group": str(told["group"]),
                        "origin": {},
                    }
                )
            elif cells[0]:
                row = _json(cells[1:])
                sheets[-1]["origin"][cells[0]] = {str(key): str(value) for key, value in row.items()}
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, UnreadableFile) as error:
        raise other from error
    return sheets


def _json(pieces: list[str]) -> Any:
    return json.loads("".join(piece.removeprefix(MARK) for piece in pieces))


def _rows(data: bytes, name: str, title: str) -> list[dict[str, Any]]:
    lines = [row for row in xlsx.rows(io.BytesIO(data), title, name) if any(row.cells)]
    keys = next((row.cells for row in lines if row.cells[:1] == ["key"]), None)
    if keys is None:
        raise BadWorkbook(f"{name}, sheet “{title}”: the second line, which names the columns, is gone.")
    if len(lines) > MOST_ROWS:
        raise BadWorkbook(f"{name}, sheet “{title}”: more than {MOST_ROWS:,} rows.")
    rows, seen = [], set()
    start = next(number for number, row in enumerate(lines) if row.cells is keys)
    for row in lines[start + 1 :]:
        cells = {key: _plain(text) for key, text in zip(keys, row.cells, strict=False) if key}
        key = cells.pop("key", "")
        if key and key in seen:
            raise BadWorkbook(
                f"{name}, sheet “{title}”, line {row.line}: the key {key[:40]} stands there twice."
            )
        seen.add(key)
        if key or any(cells.values()):
            rows.append({"line": row.line, "key": key, "cells": cells})
    return rows


def _plain(text: str) -> str:
    """Without the apostrophe that kept spreadsheets from taking the text for a formula; TRUE and FALSE as words."""
    text = text.strip()
    if text.startswith("'") and text[1:].startswith(DANGEROUS):
        return text[1:]
    return {"TRUE": "yes", "FALSE": "no"}.get(text, text)
