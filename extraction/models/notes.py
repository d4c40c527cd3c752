"""What surrounds the numbers: authors asked, warnings dismissed, figures digitised, sheets read back."""

from datetime import date

from django.db import models
from django.db.models import Q
from django.utils import timezone

from extraction.models.results import Result
from reviews.models import Outcome, Review, User
from screening.models import FullText, Study


class AuthorContact(models.Model):
    """A question to the authors of a study: when it was sent, what they answered, which value was used."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="author_contacts")
    asked_of = models.CharField(max_length=200, help_text="Whom, and how to reach them.")
    question = models.TextField()
    sent_at = models.DateField(null=True, blank=True)
    reminders = models.JSONField(default=list, blank=True, help_text='Days: ["2026-03-01"].')
    reply = models.TextField(blank=True)
    replied_at = models.DateField(null=True, blank=True)
    value_used = models.TextField(blank=True)
    result = models.ForeignKey(
        Result, on_delete=models.PROTECT, related_name="author_contacts", null=True, blank=True
    )
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=1)

    #: Set on lists, by ``contacts.with_state``: a key of STATES, and the day on which a reminder is due.
    state: str
    due_on: date | None

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(replied_at=None) | Q(sent_at=None) | Q(replied_at__gte=models.F("sent_at")),
                name="a_reply_comes_after_the_question",
                violation_error_message="The reply cannot be earlier than the question.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.study}: {self.question[:60]}"


class DismissedWarning(models.Model):
    """A warning of the linter that somebody looked into; it comes back when a number it rests on changes."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="dismissed_warnings")
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="dismissed_warnings")
    outcome = models.ForeignKey(Outcome, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=40, help_text="A code of extraction.checks.")
    fingerprint = models.CharField(max_length=64)
    reason = models.TextField()
    dismissed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    dismissed_at = models.DateTimeField(default=timezone.now)
    restored_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    restored_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "outcome", "code", "fingerprint"],
                condition=Q(restored_at=None),
                name="one_dismissal_per_warning",
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} of {self.study}"


class DigitisedFigure(models.Model):
    """Points read off a figure with a digitiser, and how pixels become units."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="digitised_figures")
    full_text = models.ForeignKey(FullText, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    name = models.CharField(max_length=200, help_text="For example Figure 2.")
    file_name = models.CharField(max_length=255, blank=True)
    points = models.JSONField(help_text='[{"series", "x", "y"}] as in the file.')
    scaling = models.JSONField(
        default=dict,
        blank=True,
        help_text='{"x": {"factor", "offset", "unit"}, "y": ...}; empty: units already.',
    )
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.study}: {self.name}"


class SheetUpload(models.Model):
    """A filled-in workbook, read and compared, waiting for a person to look at the differences and apply them."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="sheet_uploads")
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)
    file_name = models.CharField(max_length=255)
    content = models.JSONField(
        help_text="The cells as read, per sheet and row, with what they were exported as."
    )
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.file_name
