"""Extraction forms: a form, its versions, and the values people filled in."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from extraction.form_schema import Schema, read_schema
from extraction.models.extractions import Extraction
from reviews.models import Membership, Review, User
from screening.models import Study


class FormQuerySet(models.QuerySet["Form"]):
    def in_use(self) -> "FormQuerySet":
        """Forms that were not retired."""
        return self.filter(retired_at=None)


class Form(models.Model):
    """A form for extracting what is not a number of a result; a study gets the first that is for its design."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="forms")
    name = models.CharField(max_length=120)
    designs = models.JSONField(
        default=list,
        blank=True,
        help_text="Study designs it is for (screening Study.Design); empty: every one.",
    )
    order = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = FormQuerySet.as_manager()

    class Meta:
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(fields=["review", "name"], name="form_name_once_per_review")]

    def __str__(self) -> str:
        return self.name

    @property
    def design_labels(self) -> list[str]:
        """The designs it is for, in words; none for every study."""
        return [Study.Design(design).label for design in self.designs]

    @property
    def published(self) -> "FormVersion | None":
        """The version that studies are extracted with; prefetch ``versions`` for a list of forms."""
        versions = [version for version in self.versions.all() if version.published_at]
        return max(versions, key=lambda version: version.number, default=None)

    @property
    def open_version(self) -> "FormVersion | None":
        """The draft or the pilot."""
        return next((version for version in self.versions.all() if version.is_open), None)


#: States of a version that is still to be published; a form has at most one such version.
OPEN = ("draft", "pilot")


class FormVersionQuerySet(models.QuerySet["FormVersion"]):
    def published(self) -> "FormVersionQuerySet":
        return self.filter(state=FormVersion.State.PUBLISHED)

    def open(self) -> "FormVersionQuerySet":
        """The draft or the pilot of each form."""
        return self.filter(state__in=OPEN)


class FormVersion(models.Model):
    """One version of a form: drafted, perhaps piloted on some studies, then published.

    Only drafts change. A version that studies were extracted with stays as it is for ever: ending a pilot keeps it
    (PILOTED) and begins the next draft with a copy.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        PILOT = "pilot", "Pilot"
        PILOTED = "piloted", "Pilot ended"
        PUBLISHED = "published", "Published"

    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(default=1)
    schema = models.JSONField(help_text="Sections and fields, as extraction.form_schema reads them.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    pilot_studies = models.ManyToManyField(Study, blank=True, related_name="+")
    note = models.TextField(blank=True, help_text="What changed, for those who extract.")
    version = models.PositiveIntegerField(
        default=1, help_text="Counts the saves of a draft: two tabs, two people."
    )
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True, blank=True)

    objects = FormVersionQuerySet.as_manager()

    class Meta:
        ordering = ["form_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["form", "number"], name="form_version_number_once"),
            models.UniqueConstraint(
                fields=["form"], condition=Q(state__in=["draft", "pilot"]), name="one_open_version_per_form"
            ),
            models.CheckConstraint(
                condition=Q(state="published", published_at__isnull=False)
                | (~Q(state="published") & Q(published_at=None)),
                name="published_versions_have_a_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.form}, version {self.number}"

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    def read(self) -> Schema:
        """The form as it can be worked with; a draft has ``faults`` where it is unfinished."""
        before: tuple[Any, bool, Schema] | None = self.__dict__.get("_as_read")
        if before and before[0] is self.schema and before[1] == self.is_draft:
            return before[2]  # a page asks several times
        schema = read_schema(self.schema, draft=self.is_draft)
        self.__dict__["_as_read"] = self.schema, self.is_draft, schema
        return schema


class FormEdit(models.Model):
    """What a draft was before one change, so that the change can be undone; goes when the version is published."""

    version = models.ForeignKey(FormVersion, on_delete=models.PROTECT, related_name="edits")
    schema = models.JSONField()
    sentence = models.CharField(max_length=300, help_text="What the change did.")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.sentence


class ValueQuerySet(models.QuerySet["Value"]):
    def visible_to(self, membership: Membership) -> "ValueQuerySet":
        """The values of the extractions this member may see."""
        return self.filter(extraction__in=Extraction.objects.visible_to(membership))


class Value(models.Model):
    """What one extraction says for one field, in one row of a repeating group if ``row`` is not ""."""

    extraction = models.ForeignKey(Extraction, on_delete=models.PROTECT, related_name="values")
    field = models.CharField(max_length=60, help_text="A field key of the form.")
    row = models.CharField(max_length=12, blank=True, help_text="Row key in a repeating group, else empty.")
    value = models.JSONField(null=True, help_text="As the field's type keeps it; null: not filled in.")
    comment = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)
    verified_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)

    objects = ValueQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["extraction", "field", "row"], name="one_value_per_field_and_row"
            ),
            models.CheckConstraint(
                condition=Q(verified_by=None) | ~Q(verified_by=models.F("changed_by")),
                name="value_verified_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field}{f' ({self.row})' if self.row else ''}: {self.value}"
