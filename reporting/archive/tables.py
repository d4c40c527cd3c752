"""Which tables an archive has: found from the models themselves, but for what is left out, with the reason.

A table holds the rows of one model that belong to the review, which is found by following foreign keys that cannot be
empty (a judgement is of an assessment, which is of a review). A new model or field is in the archive without anybody
saying so; one that must not be is named here. A model that is neither makes ``tables`` fail, and with it the tests.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import QuerySet

from analysis.snapshot import fingerprint
from certainty.evidence import hash_of
from reviews.models import AuditEvent, Job, Review, User

ROOMS = (
    "reviews",
    "records",
    "screening",
    "appraisal",
    "extraction",
    "analysis",
    "certainty",
    "reporting",
)

#: Models of these rooms that no archive has, and why.
LEFT_OUT = {
    "reviews.Invitation": "a link into this installation; whoever it was for is invited again",
    "reporting.ExportFile": "made from the review for one person of this installation, and can be made again",
    "reporting.PublicPage": "a link to a page of this installation; it is made again where it is wanted",
}

#: Fields that no archive has, and why. Of people there are no others than name and address.
LEFT_OUT_FIELDS = {
    "reviews.Job": {
        "key": "tells apart the work of this installation; a restored job has a key of its own",
        "result": "what its page links to here; what the work made is in the other tables",
        "parent": "parts of split work are not in the archive",
        "part": "parts of split work are not in the archive",
        "traceback": "for the administrators of this installation",
        "attempts": "how the workers of this installation fared",
        "token": "a secret between worker and database",
        "lease_until": "how the workers of this installation fared",
        "cancel_requested": "how the workers of this installation fared",
        "rung_at": "how the workers of this installation fared",
    },
    "reviews.User": {
        "password": "never leaves the installation",
        "last_login": "a matter of the installation",
        "is_superuser": "a right on the installation",
        "is_staff": "a right on the installation",
        "is_active": "whether somebody may sign in is decided where they do",
        "date_joined": "a matter of the installation",
        "preferences": "a person's own screens",
        "groups": "a right on the installation",
        "user_permissions": "a right on the installation",
    },
    "screening.Decision": {"key": "tells a request sent twice from two; a restored vote has one of its own"},
    "screening.VoteLot": {"key": "tells a request sent twice from two; a restored lot has one of its own"},
}

#: Events that tell about one installation's copy; with them no two archives of a review would be the same.
LEFT_OUT_VERBS = ("reporting.archive_", "reporting.export_")

#: Rows of a table that no archive has: what the model's rows are filtered by, what that means, and why.
LEFT_OUT_ROWS: dict[str, tuple[dict[str, Any], str, str]] = {
    "screening.Ranking": (
        {"kind": "learned"},
        "learned from decisions",
        "learned again where the review goes on, from the decisions that are here; orders from files are here",
    ),
}

#: Columns of text that name a file in the storage.
FILE_NAMES = {("screening.RetractionList", "at")}

#: Hashes over values that name rows by their keys: with other keys they are others. An archive has "" for one that is
#: what comes out here of its row, and it is computed anew; any other was not today's when it was written either.
COMPUTED: dict[tuple[str, str], Callable[[dict[str, Any]], str]] = {
    ("analysis.Run", "input_hash"): lambda row: fingerprint(row["snapshot"], row["engine_version"]),
    ("certainty.Grade", "evidence_hash"): lambda row: hash_of(row["evidence"]),
}


@dataclass(frozen=True)
class Column:
    """One column: the model's field, and what it points at if it is a link to another table."""

    name: str
    field: models.Field
    target: str = ""

    @property
    def is_many(self) -> bool:
        return self.field.many_to_many is True

    @property
    def is_file(self) -> bool:
        label = self.field.model._meta.label
        return isinstance(self.field, models.FileField) or (label, self.name) in FILE_NAMES


@dataclass(frozen=True)
class Table:
    """The rows of one model that belong to a review. ``name`` is the model's, such as records.record."""

    name: str
    model: type[models.Model]
    path: str
    columns: tuple[Column, ...]

    def rows(self, review: Review) -> QuerySet[Any]:
        """The model's rows of this review, by their keys; of the work only what other rows point at."""
        found = self.model._base_manager.filter(**{self.path: review.pk}).order_by("pk")
        if self.model._meta.label in LEFT_OUT_ROWS:
            found = found.exclude(**LEFT_OUT_ROWS[self.model._meta.label][0])
        if self.model is Job:
            return found.filter(pk__in=_jobs_in_use(review))
        if self.model is AuditEvent:
            for verbs in LEFT_OUT_VERBS:
                found = found.exclude(verb__startswith=verbs)
        return found

    @property
    def plain(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if not column.is_many)

    @property
    def many(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.is_many)


PEOPLE = User._meta.label_lower
REVIEW = Review._meta.label_lower


@cache
def tables() -> dict[str, Table]:
    """Every table of an archive by its name, in the order in which the rooms follow each other; people come first."""
    found = {PEOPLE: _table(User, "")}
    for model in _models():
        label = model._meta.label
        if label in LEFT_OUT or model is User:
            continue
        path = "pk" if model is Review else way_to_review(model)
        if not path:
            raise LookupError(
                f"{label} does not say which review a row belongs to: give it a way there, or name it in "
                "reporting.archive.tables.LEFT_OUT."
            )
        found[model._meta.label_lower] = _table(model, path)
    return found


def way_to_review(model: type[models.Model]) -> str:
    """The shortest way over links that cannot be empty, such as study__review; "" if there is none."""
    ways = [(model, "")]
    for here, way in ways:
        for field in here._meta.concrete_fields:
            if not field.is_relation or (field.null and here is not AuditEvent):
                continue
            if field.related_model is Review:
                return f"{way}{field.name}"
            if len(way) < 200 and field.related_model not in (User, here):
                ways.append((field.related_model, f"{way}{field.name}__"))  # type: ignore[arg-type]
    return ""


def _models() -> Iterator[type[models.Model]]:
    for room in ROOMS:
        yield from apps.get_app_config(room).get_models()


def _table(model: type[models.Model], path: str) -> Table:
    kept = {*LEFT_OUT_FIELDS.get(model._meta.label, ())}
    columns = [
        Column(field.name, field, _label(field))
        for field in [*model._meta.concrete_fields, *model._meta.local_many_to_many]
        if not field.primary_key and field.name not in kept and field.related_model is not Review
    ]
    return Table(model._meta.label_lower, model, path, tuple(columns))


def _label(field: models.Field) -> str:
    model: Any = field.related_model
    return str(model._meta.label_lower) if field.is_relation else ""


def _jobs_in_use(review: Review) -> QuerySet[Any]:
    """The work that made something: other rows say what became of it."""
    wanted: QuerySet[Any] | None = None
    for table in tables().values():
        for column in table.plain:
            if column.target == Job._meta.label_lower and table.model is not Job:
                mine = table.model._base_manager.filter(**{table.path: review.pk})
                keys = mine.exclude(**{column.name: None}).order_by().values(column.name)
                wanted = keys if wanted is None else wanted.union(keys, all=True)
    assert wanted is not None
    return wanted
