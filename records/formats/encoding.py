"""Which encoding a file has, told from its bytes."""

from __future__ import annotations

import codecs
import re
import unicodedata
from typing import BinaryIO

from charset_normalizer import from_bytes

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
# Bytes between letters that Mac OS Roman has as letters too; in Windows-1252 some of them (Š š Œ œ Ž ž Ÿ) are
# letters as well, the others signs, of which only the apostrophe (0x92) stands in the middle of words.
_MAC_LETTERS = re.compile(rb"(?<=[A-Za-z])[\x80-\x91\x93-\x9f](?=[a-z])")
_ONLY_MAC = re.compile(rb"(?<=[A-Za-z])[\x80-\x89\x8b\x8d\x8f-\x91\x93-\x99\x9b\x9d](?=[a-z])")
# Capitals of Windows-1252 and its paragraph sign between small letters: é, å, ä, ü or ß of Mac OS Roman.
_RATHER_MAC = re.compile(rb"(?<=[a-z])[\x8a\x8c\x8e\x9f\xa7](?=[a-z])")
# Signs of Windows-1252 (superscripts, pound, broken bar) inside words: letters (ł, ż, ą, Ł) of Windows-1250.
_ONLY_1250 = re.compile(
    rb"(?<=[A-Za-z])[\xa5\xaf\xb3\xb9\xbe\xbf\x9d](?=[a-z])|(?<![\w\x80-\xff])[\xa3\xaf](?=[a-z])"
)
_HIGH_LETTERS = re.compile(rb"(?<=[A-Za-z])[\x80-\xff](?=[a-z])")


_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]")


def detect_encoding(stream: BinaryIO) -> str:
    """The Python codec for a whole file, read once in chunks; the stream is left where it was.

    A byte order mark decides; else UTF-8 if it holds. A file with both sound UTF-8 lines and others stays
    "utf-8" (its stray bytes are read as Windows-1252 by `text.lines`); a file without any sound line is in a
    code page, which charset-normalizer guesses from the lines that are not ASCII.
    """
    start = stream.tell()
    try:
        head = stream.read(4)
        for bom, name in _BOMS:
            if head.startswith(bom):
                return name
        head += stream.read(_CHUNK - 4)
        return _utf16_without_bom(head) or _utf8_or_code_page(stream, head)
    finally:
        stream.seek(start)


def _utf8_or_code_page(stream: BinaryIO, chunk: bytes) -> str:
    good, bad, odd = 0, 0, bytearray()
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    while chunk:
        try:
            if not chunk.isascii() or decoder.getstate()[0]:
                decoder.decode(chunk)
                good += sum(1 for line in chunk.splitlines() if not line.isascii())
        except UnicodeDecodeError:
            decoder.reset()
            for line in chunk.splitlines():
                if _is_utf8(line):
                    good += not line.isascii()
                    continue
                bad += 1
                if len(odd) < _SAMPLE:
                    odd += line[:400] + b"\n"
        chunk = stream.read(_CHUNK)
    if not bad:
        return "utf-8"
    guess = _guess(bytes(odd))
    if guess in {"cp1252", "cp1250", "mac_roman"}:  # where hardly anything passes for UTF-8 that is not
        sound = len(_SEQUENCE.findall(odd))
        stray = len(_HIGH.findall(_SEQUENCE.sub(b"", odd)))
        return "utf-8" if good or sound > stray else guess
    # A few lines of an East Asian or Cyrillic file may pass for UTF-8.
    return "utf-8" if good > bad / 5 else guess


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _utf16_without_bom(head: bytes) -> str:
    """UTF-16 shows as zero bytes on every other place."""
    sample = head[:4000]
    if len(sample) < 8 or sample.count(0) < len(sample) * 0.3:
        return ""
    even, odd = sample[0::2], sample[1::2]
    if odd.count(0) > 0.6 * len(odd) and even.count(0) <= 0.01 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.6 * len(even) and odd.count(0) <= 0.01 * len(odd):
        return "utf-16-be"
    return ""


def _guess(odd: bytes) -> str:
    if len(_MAC_LETTERS.findall(odd)) > max(1, 0.7 * len(_HIGH_LETTERS.findall(odd))) and (
        _ONLY_MAC.search(odd) or _RATHER_MAC.search(odd)
    ):
        return "mac_roman"
    western = from_bytes(odd, cp_isolation=_WESTERN).best()
    other = from_bytes(odd, cp_isolation=_OTHERS).best()
    if other and (not western or western.chaos > other.chaos + 0.15) and _is_foreign(str(other)):
        return other.encoding
    if len(_ONLY_1250.findall(odd)) > max(1, 0.1 * len(_HIGH_LETTERS.findall(odd))):
        return "cp1250"
    return "cp1252"


def is_guess(encoding: str) -> bool:
    """True for an encoding that `detect_encoding` could not be certain of: one of the many code pages."""
    return not codecs.lookup(encoding).name.startswith(("utf", "ascii"))


def display_name(encoding: str) -> str:
    """What people call an encoding.

    >>> display_name("cp1252"), display_name("mac_roman"), display_name("koi8_r")
    ('Windows-1252', 'Mac OS Roman', 'KOI8-R')
    """
    name = codecs.lookup(encoding).name
    if name == "mac-roman":
        return "Mac OS Roman"
    return f"Windows-{name[2:]}" if name.startswith("cp125") else name.upper().replace("_", "-")


def _is_foreign(text: str) -> bool:
    """True when most letters beyond ASCII are not Latin ones: only then is a non-western code page credible."""
    letters = [c for c in text if c > "\x7f" and c.isalpha()]
    latin = sum(1 for c in letters if "LATIN" in unicodedata.name(c, ""))
    return bool(letters) and latin < 0.3 * len(letters)
