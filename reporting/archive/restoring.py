"""An archive becomes a review: everything is checked first, then all is saved in one transaction, or nothing."""

import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.files import File
from django.core.files.storage import default_storage
from django.core.files.temp import NamedTemporaryFile
from django.db import DataError, IntegrityError, models, transaction
from django.utils.text import slugify

from reporting.archive.numbers import reserve
from reporting.archive.package import Archive, BadArchive
from reporting.archive.people import People, Person, accounts_for
from reporting.archive.references import Keys
from reporting.archive.rows import Reader, made_anew, needs_review, person
from reporting.archive.tables import PEOPLE, REVIEW, Table, tables
from reporting.archive.writer import Tell, quiet
from reviews.audit import record_event
from reviews.errors import Refused
from reviews.models import Membership, Review, User
from reviews.permissions import Role
from reviews.services.protocol import RESERVED_SLUGS
from screening.models import FullText, PdfUpload, RetractionList
from screening.services.full_texts import check_pdf
from screening.services.scanning import refuse_infected

BATCH = 1000
#: How the databases name the rule that a row broke.
RULE = re.compile(r"constraint \"(\w+)\"|constraint failed: (?:index ')?([\w., ]+)")
PDFS = {FullText._meta.label_lower, PdfUpload._meta.label_lower}
LISTS = "retraction_lists/"


@dataclass(frozen=True)
class Restored:
    """The new review, its rows by table, and how many people have no account of their own here."""

    review: Review
    rows: dict[str, int]
    placeholders: int


def check(archive: Archive, *, tell: Tell = quiet) -> None:
    """Read every row and every file without touching the database. Raises BadArchive for the first that is wrong."""
    done, total = 0, sum(archive.counts.values())
    reader = Reader(Keys(archive.counts), len(archive.files))
    pdfs: set[int] = set()
    archive.check_schema()
    people = _people(archive)
    known = [one.email.casefold() for one in people if one.email]
    if twice := [address for address, times in Counter(known).items() if times > 1]:
        raise BadArchive(f"The archive has two people with the address {twice[0]}.")
    for name in archive.tables:
        if name == PEOPLE:
            continue
        for row in archive.rows(name):
            values, _ = reader.values(tables()[name], row)
            if name in PDFS and values["file"]:
                pdfs.add(values["file"])
            done += 1
            if done % 2000 == 0:
                tell(done, total, f"Checking {tables()[name].model._meta.verbose_name_plural}")
    for number in archive.files:
        tell(number - 1, len(archive.files), f"Checking file {number} of {len(archive.files)}")
        _check_file(archive, number, is_pdf=number in pdfs)


def restore(
    archive: Archive,
    *,
    by: User,
    people: People = People.OWN,
    into: Review | None = None,
    checked: bool = False,
    finish: Callable[[Restored], None] = lambda restored: None,
) -> Restored:
    """Save an archive as a new review, or as the empty one ``into``; ``by`` is one of its owners then.

    It is checked first, unless whoever calls has ``checked`` this very archive. ``finish`` is called at the end of
    its transaction. Raises BadArchive for what is wrong, also when the rows contradict each other.
    """
    if not checked:
        check(archive)
    with _files_stored() as stored:
        try:
            with transaction.atomic():
                restored = _Restoring(archive, by, people, into, stored).all()
                finish(restored)
                return restored
        except (IntegrityError, DataError) as error:
            rule = RULE.search(str(error))
            said = f" (against the rule {rule[1] or rule[2]})" if rule else ""
            raise BadArchive(
                f"The rows of the archive contradict each other{said}: it was not made by this application, or was "
                "changed since. Nothing was saved."
            ) from error


class _Restoring:
    """One archive on its way into the database, inside a transaction."""

    def __init__(self, archive: Archive, by: User, how: People, into: Review | None, stored: dict[int, str]):
        self.archive, self.by, self.stored = archive, by, stored
        self.people = accounts_for(_people(archive), by=by, how=how)
        self.review = into or Review(slug=free_slug(archive.slug))
        self.keys = Keys(archive.counts)
        self.reader = Reader(self.keys, len(archive.files), checked=True)

    def all(self) -> Restored:
        if self.review.pk:
            self._refuse_if_used()
            Membership.objects.filter(review=self.review).delete()
        else:
            self.review.save()
        self.keys.fill(PEOPLE, [user.pk for user in self.people])
        self.keys.fill(REVIEW, [self.review.pk])
        apart = (PEOPLE, REVIEW)
        numbers = {
            name: reserve(name, part.rows) for name, part in self.archive.tables.items() if name not in apart
        }
        for name, keys in numbers.items():
            self.keys.fill(name, keys)
        for name in tables():
            if name == REVIEW:
                self._review()
            elif name in numbers:
                self._table(tables()[name], numbers[name])
        self._own()
        with_account = sum(user.is_active for user in self.people)
        return Restored(self.review, self.archive.counts, len(self.people) - with_account)

    def _refuse_if_used(self) -> None:
        """The review that waits for the archive has its people and this work, and nothing else."""
        apart = (PEOPLE, REVIEW, Membership._meta.label_lower, "reviews.auditevent", "reviews.job")
        used = [
            name for name, table in tables().items() if name not in apart and table.rows(self.review).exists()
        ]
        if used:
            what = tables()[used[0]].model._meta.verbose_name_plural
            raise BadArchive(
                f"Somebody worked in the review before it was restored (it has {what}). Nothing was restored: upload "
                "the archive again."
            )

    def _review(self) -> None:
        (row,) = self.archive.rows(REVIEW)
        values, _ = self.reader.values(tables()[REVIEW], row)
        for name, value in values.items():
            if name != "slug":
                setattr(self.review, name, value)
        self.review.save()

    def _table(self, table: Table, keys: list[int]) -> None:
        rows: list[models.Model] = []
        links: dict[str, list[tuple[int, int]]] = {column.name: [] for column in table.many}
        for number, data in enumerate(self.archive.rows(table.name), 1):
            plain, many = self.reader.values(table, data)
            for column in table.plain:
                if column.is_file:
                    plain[column.name] = self._file(table, column.name, plain[column.name])
            own = {"review_id": self.review.pk} if needs_review(table) else {}
            row = table.model(pk=keys[number - 1], **plain | own | made_anew(table, number))
            rows.append(row)
            for name, targets in many.items():
                links[name] += [(row.pk, target) for target in targets]
            if len(rows) == BATCH:
                _insert(table, rows)
                rows = []
        _insert(table, rows)
        for column in table.many:
            through = column.field.remote_field.through  # type: ignore[union-attr]
            mine, other = column.field.m2m_field_name(), column.field.m2m_reverse_field_name()  # type: ignore[attr-defined]
            pairs = [through(**{f"{mine}_id": one, f"{other}_id": two}) for one, two in links[column.name]]
            through._base_manager.bulk_create(pairs, batch_size=BATCH)

    def _file(self, table: Table, column: str, number: int | None) -> str:
        """The name in the storage of a file, put there when it is first met."""
        if number is None:
            return ""
        if number not in self.stored:
            self.stored[number] = self._store(table, column, number)
        return self.stored[number]

    def _store(self, table: Table, column: str, number: int) -> str:
        if table.model is RetractionList:
            at = f"{LISTS}{self.archive.files[number].sha256}.csv"
            if default_storage.exists(at):  # of the same content once for all reviews
                return at
        else:
            field = table.model._meta.get_field(column)
            name = f"{uuid.uuid4().hex}{'.pdf' if table.name in PDFS else ''}"
            at = field.generate_filename(table.model(), name)  # type: ignore[union-attr]
        with NamedTemporaryFile(prefix="restored-") as file:
            for piece in self.archive.pieces(number):
                file.write(piece)
            file.seek(0)
            return default_storage.save(at, File(file))

    def _own(self) -> None:
        """Whoever restores it is an owner, and the history of this copy says so."""
        mine, _ = Membership.objects.get_or_create(
            review=self.review, user=self.by, defaults={"role": Role.OWNER.value}
        )
        if mine.role != Role.OWNER or mine.left_at:
            mine.role, mine.left_at = Role.OWNER.value, None
            mine.save(update_fields=["role", "left_at"])
        record_event(
            review=self.review,
            actor=self.by,
            verb="reporting.archive_restored",
            target=self.review,
            sentence=f"restored the review from an archive of “{self.archive.slug}”",
            detail={"application": self.archive.application, "with_names": self.archive.has_people},
        )


def free_slug(wanted: str) -> str:
    """The address that the review had, numbered if it is taken here."""
    base = slugify(wanted)[:70].strip("-") or "review"
    slug, number = base, 1
    while slug in RESERVED_SLUGS or Review.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{base}-{number}"
    return slug


def _insert(table: Table, rows: list[models.Model]) -> None:
    touched = [column.name for column in table.plain if getattr(column.field, "auto_now", False)]
    was = [{name: getattr(row, name) for name in touched} for row in rows]
    table.model._base_manager.bulk_create(rows, batch_size=BATCH)
    for row, values in zip(rows, was, strict=True) if touched else ():
        table.model._base_manager.filter(pk=row.pk).update(**values)  # saving set it to this moment


def _people(archive: Archive) -> list[Person]:
    table = tables()[PEOPLE]
    return [person(row, table) for row in archive.rows(PEOPLE)] if PEOPLE in archive.tables else []


def _check_file(archive: Archive, number: int, *, is_pdf: bool) -> None:
    with NamedTemporaryFile(prefix="checked-", suffix=".pdf") as file:
        for piece in archive.pieces(number):
            if is_pdf:
                file.write(piece)
        if not is_pdf:
            return
        file.flush()
        name = f"File {number} of the archive"
        try:
            file.seek(0)
            check_pdf(File(file, name))
            refuse_infected(file.name, name)
        except Refused as refusal:
            raise BadArchive(str(refusal)) from refusal


@contextmanager
def _files_stored() -> Iterator[dict[int, str]]:
    """Names of stored files by number; what was stored goes again when the rows were not saved."""
    stored: dict[int, str] = {}
    try:
        yield stored
    except BaseException:
        for name in stored.values():
            if not name.startswith(LISTS):
                default_storage.delete(name)
        raise
