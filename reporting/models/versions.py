"""What a review said at a time: its versions, and the page that is shown to everybody."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from reviews.models import Review, User


class VersionQuerySet(models.QuerySet["Version"]):
    def live(self) -> "VersionQuerySet":
        return self.filter(withdrawn_at=None)


class Version(models.Model):
    """A version of a review that was closed, so that what comes after it is an update of it.

    ``state`` is what it said: {"flow": counts, "studies": [...], "estimates": [...], "certainty": [...]}.
    """

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    label = models.CharField(max_length=120, help_text="For example: First version, searches to May 2024.")
    note = models.TextField(blank=True)
    closed_at = models.DateTimeField(default=timezone.now)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    state = models.JSONField(default=dict)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["review", "number"]
        constraints = [
            models.UniqueConstraint(fields=["review", "number"], name="version_number_once_per_review"),
        ]

    def __str__(self) -> str:
        return f"Version {self.number}: {self.label}"


class PublicPageQuerySet(models.QuerySet["PublicPage"]):
    def open(self) -> "PublicPageQuerySet":
        """Pages that can be read: not revoked, not lapsed."""
        return self.filter(revoked_at=None).filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))


class PublicPage(models.Model):
    """A snapshot of a review that anyone with the link may read, until it is revoked; it names no person.

    The link's token is never stored, only its SHA-256.
    """

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="public_pages")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    token_sha256 = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=120, blank=True)
    #: The parts that are shown, and what they showed when the page was made.
    parts = models.JSONField(default=list)
    content = models.JSONField(default=dict)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    objects = PublicPageQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.label or f"Public page of {self.created_at:%d %B %Y}"
