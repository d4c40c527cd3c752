"""Files that were made in the background, and answers to reporting checklists."""

from django.db import models
from django.utils import timezone

from reviews.models import Job, Membership, Review, User


def export_path(instance: "ExportFile", filename: str) -> str:
    return f"exports/{instance.review_id}/{filename}"


class ExportFileQuerySet(models.QuerySet["ExportFile"]):
    def visible_to(self, membership: Membership) -> "ExportFileQuerySet":
        """Those made for the member: a file holds what its person may see, so it is nobody else's."""
        return self.filter(review=membership.review, made_for=membership.user)

    def kept(self) -> "ExportFileQuerySet":
        """Those not removed: with a file, on their way to one, or failed."""
        return self.filter(removed_at=None)


class ExportFile(models.Model):
    """An export made as a job: whose view of the review it is, the file and its SHA-256. Only they may fetch it."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="export_files")
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="export_file")
    what = models.CharField(max_length=30, help_text="Key in reporting.exports.EXPORTS.")
    extension = models.CharField(max_length=10)
    options = models.JSONField(default=dict, blank=True)
    made_for = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    file = models.FileField(upload_to=export_path, blank=True)
    file_name = models.CharField(max_length=200, blank=True, help_text="As it is offered for download.")
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = ExportFileQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.what}.{self.extension}"


class ChecklistAnswer(models.Model):
    """Where the report tells an item of a reporting checklist, in a person's words; others are filled in by query."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="checklist_answers")
    checklist = models.CharField(max_length=30, help_text="Key in reporting.checklists.CHECKLISTS.")
    item = models.CharField(max_length=10)
    location = models.TextField(blank=True, help_text="Page, section or table.")
    not_applicable = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["review", "checklist", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "checklist", "item"], name="one_answer_per_checklist_item"
            )
        ]

    def __str__(self) -> str:
        return f"{self.checklist} {self.item}"
