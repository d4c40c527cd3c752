"""Words to be marked in what is read."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from reviews.models import Membership, Review, User


class TermListQuerySet(models.QuerySet["TermList"]):
    def visible_to(self, membership: Membership) -> "TermListQuerySet":
        """The review's and one's own."""
        return self.filter(Q(owner=None) | Q(owner=membership.user), review=membership.review)

    def in_use(self) -> "TermListQuerySet":
        return self.filter(retired_at=None)


class TermList(models.Model):
    """Words to be marked in what is read: the review's, or one person's own (``owner``)."""

    class Kind(models.TextChoices):
        INCLUDE = "include", "Speaks for inclusion"
        EXCLUDE = "exclude", "Speaks for exclusion"
        OTHER = "other", "Neither"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="term_lists")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.OTHER)
    colour = models.PositiveSmallIntegerField(
        default=1, help_text="1 to 8; each colour has a shape of its own."
    )
    terms = models.JSONField(
        default=list, help_text='Words, phrases and wildcards: ["randomi*", "sham control"].'
    )
    owner = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="Nobody: the review's.",
    )
    order = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = TermListQuerySet.as_manager()

    class Meta:
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.name
