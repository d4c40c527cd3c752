"""What a PDF says at its beginning, read in a process of its own that may not take more than its share.

A PDF from anywhere may be damaged, encrypted, or made to keep a reader busy for ever. ``read(path)`` therefore starts
this module as a program with limits on memory, time and characters, and gives back what it printed. Nothing here
knows about Django.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import unicodedata
from dataclasses import asdict, dataclass, field
from pathlib import Path

MEMORY = 1024 * 1024 * 1024
SECONDS = 20
PAGES = 3
CHARACTERS = 20_000
_HOME = Path(__file__).resolve().parent.parent
#: What pypdf lets pass out of a file that is not as it should be.
_DAMAGED = (ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, AssertionError)
_FORMATTING = re.compile("[\\u00ad\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2069\\ufeff]")


@dataclass(frozen=True, slots=True)
class Reading:
    """``wrong`` is a sentence when it cannot be read; ``unusable`` says that nobody else could read it either."""

    pages: int | None = None
    title: str = ""
    info: str = ""
    texts: list[str] = field(default_factory=list)
    wrong: str = ""
    unusable: bool = False


def read(
    path: str | Path, *, seconds: float = SECONDS, memory: int = MEMORY, most_pages: int = PAGES
) -> Reading:
    """The number of pages, title and other words of its metadata, and the text of its first ``most_pages``. Never
    raises for what the file holds. With more than PAGES the lines of a text stay lines.
    """
    command = [sys.executable, "-m", "screening.pdf_text", str(path), str(memory), str(int(seconds) + 1)]
    command.append(str(most_pages))
    try:
        done = subprocess.run(  # noqa: S603 - our own program, a path of our own making
            command, capture_output=True, timeout=seconds, cwd=_HOME, check=False, env=_plain_environment()
        )
    except subprocess.TimeoutExpired:
        return Reading(wrong=f"Its text could not be read within {seconds:g} seconds.")
    try:
        return Reading(**json.loads(done.stdout))
    except (ValueError, TypeError):
        return Reading(
            wrong="Its text could not be read: reading it took more memory or time than is allowed."
        )


def _plain_environment() -> dict[str, str]:
    """No secrets for a process that reads what strangers made."""
    kept = ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV", "SYSTEMROOT", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"PYTHONIOENCODING": "utf-8"}


def plain(text: str) -> str:
    """One spelling (NFC) without control, formatting and half characters, which no column can hold."""
    text = unicodedata.normalize("NFC", _FORMATTING.sub("", text.encode("utf-8", "replace").decode("utf-8")))
    return "".join(sign if sign.isprintable() else " " for sign in text)


def extract(path: str, most_pages: int = PAGES) -> Reading:
    """Read in this process, without limits on time and memory."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(path, strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            return Reading(
                wrong="It is protected by a password. Save a copy without password and bring that.",
                unusable=True,
            )
        pages = len(reader.pages)
    except RecursionError:
        raise
    except (
        PyPdfError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        OSError,
        AssertionError,
    ) as error:
        why = plain(str(error)).strip()[:120] or type(error).__name__
        return Reading(wrong=f"It is damaged and cannot be read ({why}).", unusable=True)
    if not pages:
        return Reading(wrong="It is damaged: it has no page.", unusable=True)
    title, info = _metadata(reader)
    return Reading(pages=pages, title=title, info=info, texts=_texts(reader, pages, most_pages))


def _metadata(reader) -> tuple[str, str]:
    """(title, everything else of the metadata in one text). Metadata that is nonsense is none."""
    try:
        values = {str(key): plain(str(value)) for key, value in (reader.metadata or {}).items()}
    except Exception:  # a damaged dictionary raises whatever it likes; the pages may still be sound
        return "", ""
    title = values.pop("/Title", "").strip()[:500]
    info = " \n ".join(value[:500] for name, value in values.items() if name not in ("/Producer", "/Creator"))
    return title, info[:CHARACTERS]


def _texts(reader, pages: int, most_pages: int) -> list[str]:
    """The text of the first pages, cut; a page that cannot be read is blank."""
    texts = []
    lines = most_pages > PAGES
    for number in range(min(pages, most_pages)):
        try:
            text = reader.pages[number].extract_text() or ""
        except (MemoryError, RecursionError):
            raise
        except Exception:  # see above: one broken page is no reason to refuse the report
            text = ""
        text = text[:CHARACTERS]
        texts.append("\n".join(map(plain, text.splitlines())) if lines else plain(text))
    return texts


def limit(memory: int, seconds: int) -> None:
    """Limit this process: bytes of memory, seconds of processor time; no file written, no core left behind."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def main() -> None:
    path, memory, seconds, most_pages = sys.argv[1], *map(int, sys.argv[2:5])
    limit(memory, seconds)
    json.dump(asdict(extract(path, most_pages)), sys.stdout)


if __name__ == "__main__":
    main()
