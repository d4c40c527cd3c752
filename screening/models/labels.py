"""Coloured words for records."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from records.models import Record
from reviews.models import Membership, Review, User
from screening.models.common import Stage
from screening.models.settings import StageSettings
from screening.models.votes import Verdict

COLOURS = 8


class LabelQuerySet(models.QuerySet["Label"]):
    def visible_to(self, membership: Membership) -> "LabelQuerySet":
        """The shared ones and one's own; that a colleague has a private label is nobody's business."""
        return self.filter(Q(owner=None) | Q(owner=membership.user), review=membership.review)

    def in_use(self) -> "LabelQuerySet":
        """Those that are offered: neither retired nor merged into another."""
        return self.filter(retired_at=None)


class Label(models.Model):
    """A coloured word for records; shared by the team, or one person's own."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="labels")
    name = models.CharField(max_length=60)
    colour = models.PositiveSmallIntegerField(default=1, help_text="1 to 8, of the design's label colours.")
    owner = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True, help_text="Nobody: shared."
    )
    order = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="merged",
        null=True,
        blank=True,
        help_text="The label that has its uses now; then it is retired, too.",
    )

    objects = LabelQuerySet.as_manager()

    class Meta:
        ordering = ["order", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                "review",
                models.functions.Lower("name"),
                condition=Q(owner=None),
                name="shared_label_name_once",
            ),
            models.UniqueConstraint(
                "review",
                "owner",
                models.functions.Lower("name"),
                condition=Q(owner__isnull=False),
                name="own_label_name_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LabellingQuerySet(models.QuerySet["Labelling"]):
    def live(self) -> "LabellingQuerySet":
        return self.filter(removed_at=None)

    def visible_to(self, membership: Membership) -> "LabellingQuerySet":
        """One's own, and colleagues' uses of shared labels where nothing is blinded any more.

        A use was made while its record was at ``stage``. A colleague's use is shown if, at that stage and the one
        before, the record's outcome is told (``Verdict.objects.told``) or the stage's settings do not hide labels.
        Both stages, since a record that is opened again at title and abstract is blinded there, and what was said of
        it at full text would tell. Private labels are never shown to others. Resolvers see what reviewers see.
        """
        shared = Q(label__owner=None) & _open_at(Stage.TITLE_ABSTRACT)
        early = Q(stage=Stage.TITLE_ABSTRACT)
        return self.filter(
            Q(by=membership.user) | shared & (early | _open_at(Stage.FULL_TEXT)),
            label__review=membership.review,
        )


def _open_at(stage: Stage) -> Q:
    """Of a use: no label need be hidden at ``stage`` (by setting), or the outcome there is told."""
    told = Verdict.objects.told().filter(record=models.OuterRef("record"), stage=stage)
    shown = StageSettings.objects.filter(
        review=models.OuterRef("label__review"), stage=stage, labels_hidden=False
    )
    return Q(models.Exists(told)) | Q(models.Exists(shown))


class Labelling(models.Model):
    """One label on one record, put there by one person."""

    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="uses")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="labellings")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(
        max_length=20,
        choices=Stage.choices,
        default=Stage.TITLE_ABSTRACT,
        help_text="Where the record was then; blinding goes by it.",
    )
    lot = models.UUIDField(
        null=True, blank=True, db_index=True, help_text="The gesture on many records that put it there."
    )
    merged_from = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="The use of a merged label whose place it takes.",
    )
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = LabellingQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["label", "record", "by"],
                condition=Q(removed_at=None),
                name="one_live_use_of_a_label_per_person_record",
            )
        ]

    def __str__(self) -> str:
        return f"{self.label} on record {self.record_id}"
