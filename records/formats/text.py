"""Bytes to lines: encodings, line ends and the limits that keep memory flat."""

from __future__ import annotations

import codecs
import html
import io
import re
import unicodedata
from collections.abc import Generator
from typing import BinaryIO

from charset_normalizer import from_bytes

from .base import MAX_LINE_CHARS, UnreadableFile

_CHUNK = 1 << 20
_SAMPLE = 1 << 16
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Code pages that bibliographic software on Windows and old servers really wrote.
_WESTERN = ["cp1252", "latin_1"]
_OTHERS = [
    "cp1251",
    "koi8_r",
    "cp1253",
    "cp1254",
    "cp1250",
    "gb18030",
    "big5",
    "shift_jis",
    "euc_jp",
    "euc_kr",
]


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    """Stray bytes in a UTF-8 file are nearly always CP1252 pasted in; read them so instead of losing them."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    return "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in bad), error.end


codecs.register_error("records.cp1252", _as_cp1252)


def detect_encoding(stream: BinaryIO) -> str:
    """The Python codec for a whole file, read once in chunks; the stream is left where it was.

    A byte order mark decides; else UTF-8 if it holds (a few stray bytes are forgiven when most of the
    non-ASCII text is sound UTF-8); else what charset-normalizer makes of the lines that are not ASCII.
    """
    start = stream.tell()
    try:
        head = stream.read(4)
        for bom, name in _BOMS:
            if head.startswith(bom):
                return name
        head += stream.read(_CHUNK - 4)
        silent = _utf16_without_bom(head)
        if silent:
            return silent
        good, bad, odd = 0, 0, bytearray()
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        chunk = head
        while chunk:
            if not chunk.isascii() or decoder.getstate()[0]:
                text = decoder.decode(chunk)
                lost = text.count("\ufffd") - chunk.count(b"\xef\xbf\xbd")
                bad += max(lost, 0)
                good += len(text) - len(text.encode("ascii", "ignore")) - max(lost, 0)
                if lost > 0 and len(odd) < _SAMPLE:
                    odd += _odd_lines(chunk)
            chunk = stream.read(_CHUNK)
        if decoder.decode(b"", True):
            bad += 1
        if not bad:
            return "utf-8"
        return "utf-8" if good > 2 * bad else _guess(bytes(odd))
    finally:
        stream.seek(start)


def _odd_lines(chunk: bytes) -> bytes:
    """The lines of a chunk that are not ASCII, each cut short: enough to guess a code page."""
    found = bytearray()
    for line in chunk.splitlines():
        if not line.isascii():
            found += line[:400] + b"\n"
            if len(found) > _SAMPLE:
                break
    return bytes(found)


def _utf16_without_bom(head: bytes) -> str:
    """UTF-16 shows as zero bytes on every other place."""
    sample = head[:4000]
    if len(sample) < 8 or sample.count(0) < len(sample) * 0.3:
        return ""
    if sample[1::2].count(0) > 0.8 * len(sample[1::2]) and not sample[0::2].count(0):
        return "utf-16-le"
    if sample[0::2].count(0) > 0.8 * len(sample[0::2]) and not sample[1::2].count(0):
        return "utf-16-be"
    return ""


def _guess(odd: bytes) -> str:
    western = from_bytes(odd, cp_isolation=_WESTERN).best()
    other = from_bytes(odd, cp_isolation=_OTHERS).best()
    if other and (not western or western.chaos > other.chaos + 0.15) and _is_foreign(str(other)):
        return other.encoding
    return "cp1252"


def _is_foreign(text: str) -> bool:
    """True when most letters beyond ASCII are not Latin ones: only then is a non-western code page credible."""
    letters = [c for c in text if c > "\x7f" and c.isalpha()]
    latin = sum(1 for c in letters if "LATIN" in unicodedata.name(c, ""))
    return bool(letters) and latin < 0.3 * len(letters)


def decode_head(data: bytes, encoding: str) -> str:
    """The beginning of a file as text; a character cut in half at the end is dropped."""
    decoder = codecs.getincrementaldecoder(encoding)(errors_for(encoding))
    return decoder.decode(data).lstrip("\ufeff")


def errors_for(encoding: str) -> str:
    return "records.cp1252" if encoding.startswith("utf-8") else "replace"


def lines(stream: BinaryIO, encoding: str, *, limit: int = MAX_LINE_CHARS) -> Generator[str, None, None]:
    """Lines with their own ends (CR, LF or CRLF), so that joining them gives the file back.

    Stray byte order marks at the start of a line and zero characters are dropped.
    Raises UnreadableFile when a line is longer than `limit` characters.
    """
    reader = io.TextIOWrapper(stream, encoding=encoding, errors=errors_for(encoding), newline="")
    number = 0
    try:
        while line := reader.readline(limit + 1):
            number += 1
            if len(line) > limit:
                raise UnreadableFile(
                    f"Line {number} is longer than {limit:,} characters, so this is not a list of references. "
                    "Export the search again, or check that the right file was chosen."
                )
            if "\x00" in line:
                line = line.replace("\x00", "")
            yield line.lstrip("\ufeff") if line.startswith("\ufeff") else line
    except UnicodeError as error:
        raise UnreadableFile(
            f"The text of the file breaks off or changes its encoding after line {number} ({encoding}). "
            "Save it as UTF-8 and try again."
        ) from error
    finally:
        reader.detach()


_TAGS = re.compile(
    r"</?(?:i|b|u|em|strong|sub|sup|scp|sc|small|span|p|br|div|font|italic|bold|underline|"
    r"(?:jats|mml|inf)(?::[\w-]+)?|title|sec|h\d)(?:\s[^<>]{0,300})?/?>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.IGNORECASE)
_UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u2060\ufeff\ud800-\udfff]")
_SPACES = re.compile(r"\s+")


def clean(text: str) -> str:
    """One line of NFC text: entities resolved, inline markup, control characters and soft hyphens gone."""
    if not text:
        return ""
    if "&" in text and _ENTITY.search(text):
        text = html.unescape(text)
        if "&" in text and _ENTITY.search(text):  # "&amp;lt;" is common in exports of exports
            text = html.unescape(text)
    if "<" in text:
        text = _TAGS.sub("", text)
    text = _UNPRINTABLE.sub("", text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return _SPACES.sub(" ", text).strip()


def verbatim(text: str) -> str:
    """Text as the source wrote it, but NFC and free of characters that no database column can hold."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", re.sub("[\x00\ud800-\udfff]", "", text)).strip()
