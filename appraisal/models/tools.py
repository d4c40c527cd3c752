"""Which tools a review uses, for which study designs, and every version of a tool of its own."""

from django.db import models
from django.db.models import Max, Q
from django.utils import timezone

from reviews.models import Review, User


class ReviewToolQuerySet(models.QuerySet["ReviewTool"]):
    def in_use(self) -> "ReviewToolQuerySet":
        """Tools that were not retired."""
        return self.filter(retired_at=None)

    def with_newest_version(self) -> "ReviewToolQuerySet":
        """``newest`` is the number of the newest published version; None for a built-in tool and before."""
        return self.annotate(newest=Max("versions__number", filter=Q(versions__published_at__isnull=False)))


class ReviewTool(models.Model):
    """A tool that this review uses: one of the built-in ones by its key, or one of its own."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="tools")
    key = models.CharField(max_length=30, help_text="A key of appraisal.instruments, or the own tool's key.")
    is_own = models.BooleanField(default=False, help_text="Built by the team; its versions hold the tool.")
    designs = models.JSONField(
        default=list,
        blank=True,
        help_text="Study designs it is for (screening Study.Design); empty: every one.",
    )
    order = models.PositiveIntegerField(default=0)
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    added_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = ReviewToolQuerySet.as_manager()

    class Meta:
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(fields=["review", "key"], name="tool_key_once_per_review")]

    def __str__(self) -> str:
        return self.key


class ToolVersionQuerySet(models.QuerySet["ToolVersion"]):
    def published(self) -> "ToolVersionQuerySet":
        """Versions that assessments may be made with; they never change."""
        return self.exclude(published_at=None)

    def drafts(self) -> "ToolVersionQuerySet":
        """Versions being written: one per tool at most."""
        return self.filter(published_at=None)


class ToolVersion(models.Model):
    """One version of an own tool: a draft until it is published, and unchanged from then on."""

    tool = models.ForeignKey(ReviewTool, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(default=1)
    data = models.JSONField(help_text="As appraisal.instruments.tool_from_data takes it.")
    note = models.TextField(blank=True, help_text="What changed, for those who assess.")
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True, blank=True)

    objects = ToolVersionQuerySet.as_manager()

    class Meta:
        ordering = ["tool_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["tool", "number"], name="tool_version_number_once"),
            models.UniqueConstraint(
                fields=["tool"], condition=Q(published_at=None), name="one_draft_version_per_tool"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tool} {self.number}"

    @property
    def is_draft(self) -> bool:
        return self.published_at is None
