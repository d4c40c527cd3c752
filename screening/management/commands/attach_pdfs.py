"""Bring PDFs and put each to its report; or attach, take off and throw away by hand."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import CommandError, CommandParser

from records.models import Record
from reviews.command import ServiceCommand, find_actor, find_review
from reviews.jobs import finish_waiting
from reviews.models import Review, User
from reviews.permissions import Permission
from screening.models import PdfUpload
from screening.services.full_texts import detach_pdf
from screening.services.pdfs import MOST_AT_ONCE, Taken, attach_pdf, discard_pdf, take_pdfs

PATIENCE = 3600.0
AT_ONCE = 100


class Command(ServiceCommand):
    help = "Bring PDFs (files, folders, zips), match each to its report, and tell what became of each."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("paths", nargs="*", metavar="PATH", help="A PDF, a zip of PDFs, or a folder.")
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--attach", metavar="PDF=RECORD", help="Put a PDF (its id) to a record (its id).")
        parser.add_argument("--take-off", type=int, metavar="RECORD", help="Take the PDF off this record.")
        parser.add_argument("--throw-away", type=int, metavar="PDF", help="Throw an unmatched PDF away.")
        parser.add_argument("--by", metavar="EMAIL", help="Who does it; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.MANAGE_FULL_TEXT)
        answer: dict[str, Any] = {"review": review.slug}
        if options["attach"]:
            upload, record = _pair(review, options["attach"])
            attach_pdf(review=review, upload=upload, record=record, by=by)
            return answer | {"attached": [upload.pk, record.pk]}, f"{upload.file_name}: attached to {record}."
        if options["take_off"]:
            record = _record(review, str(options["take_off"]))
            detach_pdf(review=review, record=record, by=by)
            return answer | {"taken_off": record.pk}, f"The PDF of {record} was taken off."
        if options["throw_away"]:
            upload = discard_pdf(review=review, upload=_upload(review, str(options["throw_away"])), by=by)
            return answer | {"thrown_away": upload.pk}, f"{upload.file_name} was thrown away."
        uploads = _bring(review, by, options["paths"])
        counts = {
            state: sum(each.state == state for each in uploads)
            for state in ("matched", "unmatched", "refused")
        }
        pdfs = [
            {
                "id": each.pk,
                "file": each.file_name,
                "state": each.state,
                "record": each.record_id,
                "why": each.why_not,
            }
            for each in uploads
        ]
        return answer | counts | {"pdfs": pdfs}, "\n".join(_line(each) for each in uploads)


def _bring(review: Review, by: User, paths: list[str]) -> list[PdfUpload]:
    files = [found for path in paths for found in _files(Path(path))]
    if not files:
        raise CommandError("Name PDFs, zips of PDFs, or folders that hold some.")
    if len(files) > MOST_AT_ONCE:
        raise CommandError(f"{len(files):,} files are too many at once; bring at most {MOST_AT_ONCE:,}.")
    taken: list[Taken] = []
    for start in range(0, len(files), AT_ONCE):
        with ExitStack() as stack:
            opened = [
                File(stack.enter_context(path.open("rb")), path.name)
                for path in files[start : start + AT_ONCE]
            ]
            taken.append(take_pdfs(review=review, files=opened, by=by))
    finish_waiting(review, patience=PATIENCE)
    return list(
        review.pdf_uploads.filter(pk__in=[each.pk for one in taken for each in one.uploads]).order_by("pk")
    )


def _files(path: Path) -> list[Path]:
    """The file itself, or the PDFs and zips below a folder."""
    if not path.is_dir():
        return [path]
    return sorted(
        each for each in path.rglob("*") if each.suffix.lower() in (".pdf", ".zip") and each.is_file()
    )


def _line(upload: PdfUpload) -> str:
    where = f": record {upload.record_id} {upload.get_way_display()}" if upload.record_id else ""
    return f"{upload.file_name} ({upload.pk}): {upload.get_state_display().lower()}{where}. {upload.why_not}".rstrip()


def _pair(review: Review, said: str) -> tuple[PdfUpload, Record]:
    pdf, _, record = said.partition("=")
    return _upload(review, pdf), _record(review, record)


def _upload(review: Review, number: str) -> PdfUpload:
    found = review.pdf_uploads.filter(pk=int(number)).first() if _is_id(number) else None
    if found is None:
        raise CommandError(f"'{review.slug}' has no PDF with the id “{number}”.")
    return found


def _record(review: Review, number: str) -> Record:
    found = review.records.filter(pk=int(number)).first() if _is_id(number) else None
    if found is None:
        raise CommandError(f"'{review.slug}' has no record with the id “{number}”.")
    return found


def _is_id(number: str) -> bool:
    return number.isascii() and number.isdecimal() and len(number) <= 18
