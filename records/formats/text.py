"""Bytes to lines, and lines to clean text: line ends, stray bytes, entities, markup, damaged accents."""

from __future__ import annotations

import codecs
import html
import io
import re
import unicodedata
from collections.abc import Generator
from typing import BinaryIO

from .base import MAX_LINE_CHARS, UnreadableFile
from .encoding import detect_encoding
from .notices import Notices

__all__ = ["clean", "decode_head", "detect_encoding", "has_mojibake", "lines", "readable", "verbatim"]

_STRAY = re.compile("[\udc80-\udcff]")


def _cp1252(byte: int) -> str:
    return bytes([byte]).decode("cp1252", "ignore") or chr(byte)


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    """Stray bytes in a UTF-8 file are nearly always CP1252 pasted in; read them so instead of losing them."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(map(_cp1252, error.object[error.start : error.end])), error.end


codecs.register_error("records.cp1252", _as_cp1252)


def decode_head(data: bytes, encoding: str) -> str:
    """The beginning of a file as text; a character cut in half at the end is dropped."""
    errors = "records.cp1252" if encoding.startswith("utf-8") else "replace"
    return codecs.getincrementaldecoder(encoding)(errors).decode(data).lstrip("\ufeff")


def lines(
    stream: BinaryIO, encoding: str, *, limit: int = MAX_LINE_CHARS, notices: Notices | None = None
) -> Generator[str, None, None]:
    """Lines with their own ends (CR, LF or CRLF), so that joining them gives the file back.

    Bytes that are not UTF-8 in a UTF-8 file are read as Windows-1252, and `notices` told. Stray byte order
    marks at the start of a line and zero characters are dropped.
    Raises UnreadableFile when a line is longer than `limit` characters.
    """
    errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
    reader = io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline="")
    notices = notices if notices is not None else Notices()
    number = 0
    try:
        while line := reader.readline(limit + 1):
            number += 1
            if len(line) > limit:
                raise UnreadableFile(
                    f"Line {number} is longer than {limit:,} characters, so this is not a list of references. "
                    "Export the search again, or check that the right file was chosen."
                )
            if "\x00" in line or "\x1a" in line:  # the latter is DOS's end of file
                line = line.replace("\x00", "").replace("\x1a", "")
            if not line.isascii():
                line = readable(line, number, notices)
            yield line
    except UnicodeError as error:
        raise UnreadableFile(
            f"The text of the file breaks off or changes its encoding after line {number} ({encoding}). "
            "Save it as UTF-8 and try again."
        ) from error
    finally:
        reader.detach()


def readable(line: str, number: int, notices: Notices) -> str:
    """A line that was decoded as UTF-8 with "surrogateescape", its stray bytes as Windows-1252; `notices` told."""
    if line.startswith("\ufeff"):
        line = line.lstrip("\ufeff")
    if _STRAY.search(line):
        notices.add(
            "{n} line was not valid UTF-8: its stray bytes were read as Windows-1252",
            "{n} lines were not valid UTF-8: their stray bytes were read as Windows-1252",
            line=number,
        )
        line = _STRAY.sub(lambda m: _cp1252(ord(m.group()) - 0xDC00), line)
    if "\ufffd" in line:
        notices.add(
            "{n} line holds the sign “\ufffd”, put there by another program for a letter it could not write",
            "{n} lines hold the sign “\ufffd”, put there by another program for letters it could not write",
            line=number,
        )
    return line


# Inline markup. An attribute needs its "=", so that "a <b and c> d" stays.
_ATTRIBUTES = r"(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"<>]{0,300}\"|'[^'<>]{0,300}'|[^\s\"'<>]{1,300}))*\s*/?"
_BLOCKS = re.compile(
    rf"</?(?:jats:)?(?:p|br|div|title|sec|h\d|li|ul|ol|abstract){_ATTRIBUTES}>", re.IGNORECASE
)
_INLINE = re.compile(
    r"</?(?:(?:jats|mml|inf):[\w-]+|i|b|u|em|strong|sub|sup|scp|sc|small|span|font|italic|bold|underline|"
    rf"strike|tt|inf|math|inline-formula|tex-math|alternatives|a){_ATTRIBUTES}>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.IGNORECASE)
_UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u2060\ufeff\ud800-\udfff]")
_SPACES = re.compile(r"\s+")


def clean(text: str) -> str:
    """One line of NFC text: entities resolved, inline markup, control characters and soft hyphens gone."""
    if not text:
        return ""
    for _ in range(3):  # "&amp;lt;" is common in exports of exports
        if "&" not in text or not _ENTITY.search(text):
            break
        text = _ENTITY.sub(lambda found: html.unescape(found.group()), text)
    if "<" in text:
        text = _INLINE.sub("", _BLOCKS.sub(" ", text))
    if not text.isascii():
        text = unicodedata.normalize("NFC", _mended(text))
    if text.isprintable() and "  " not in text:
        return text.strip()
    return _SPACES.sub(" ", _UNPRINTABLE.sub("", text)).strip()


def verbatim(text: str) -> str:
    """Text as the source wrote it, but NFC and free of characters that no database column can hold."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", re.sub("[\x00\ud800-\udfff]", "", text)).strip()


# UTF-8 that was read as Windows-1252 and saved again: "MÃ¼ller", "donâ€™t", "Î²". Only sequences that no
# language writes are mended: "Å²" is a unit, and a capital before a closing quotation mark is just that.
_BYTE_OF = {_cp1252(byte): byte for byte in range(0x80, 0x100)}
_TAIL = "".join(map(_cp1252, range(0x80, 0xC0)))
_SURE_TAIL = "".join(c for c in _TAIL if c not in "‘’“”–—»†‡ \xa0")
_MOJIBAKE = re.compile(
    f"â(?:€[{re.escape(_TAIL)}]|[„‰ˆ†][{re.escape(_SURE_TAIL)}])"
    f"|Ã(?:[{re.escape(_SURE_TAIL)}]|[\xa0‘’“”–—](?=[A-Za-z]))"
    f"|Â[\xa0{re.escape(_SURE_TAIL)}]"
    "|Î[±²³´µ¶·¸¹º¼½¾¿]|Ï[\x81€‚ƒ„…ˆ‰Š]"
    "|(?<=[A-Za-z])[ÄÅ][\x81\x8d\x8f\x90\x9d¡-±´-½¾¿‚ƒ„ˆŠŒŽ™š›œžŸ](?=[a-z])"
    "|ï(?:»¿|¬[\x81‚€])"
)
_LEADS = "ÃÂâÎÏÄÅï"


def has_mojibake(text: str) -> bool:
    """True when the text holds UTF-8 that was once read as Windows-1252; `clean` mends it."""
    return any(lead in text for lead in _LEADS) and bool(_MOJIBAKE.search(text))


def _mended(text: str) -> str:
    for _ in range(2):  # twice damaged: "ÃƒÂ¼"
        if not has_mojibake(text):
            break
        text = _MOJIBAKE.sub(_decoded, text)
    return text


def _decoded(found: re.Match[str]) -> str:
    try:
        return bytes(_BYTE_OF[c] for c in found.group()).decode()
    except UnicodeDecodeError:
        return found.group()
