"""Where a value stands in the report: page, quote, and the place to highlight."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from extraction.models.arms import Arm, Characteristic
from extraction.models.extractions import Extraction
from extraction.models.forms import Value
from extraction.models.results import Result
from reviews.models import Membership, Review, User
from screening.models import FullText, Study


class SourceQuerySet(models.QuerySet["Source"]):
    def visible_to(self, membership: Membership) -> "SourceQuerySet":
        """The sources of what this member may see: a source of a colleague's blinded value would tell it."""
        return self.filter(review=membership.review).filter(
            Q(result__in=Result.objects.visible_to(membership))
            | Q(value__extraction__in=Extraction.objects.visible_to(membership))
            | Q(arm__isnull=False)
            | Q(characteristic__isnull=False)
        )


class Source(models.Model):
    """One place in one report that a result (or one number of it), a form value, an arm or a fact rests on."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="sources")
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="sources")
    full_text = models.ForeignKey(
        FullText, on_delete=models.PROTECT, related_name="sources", null=True, blank=True
    )
    page = models.PositiveIntegerField(null=True, blank=True, help_text="As the PDF counts, from 1.")
    quote = models.TextField(blank=True, help_text="Word for word from the report.")
    locator = models.CharField(max_length=120, blank=True, help_text="Table 2, Figure 3, an address.")
    #: Boxes to highlight where a quote cannot be found again (figures, tables, scans): each
    #: [left, top, right, bottom] as shares of the page's width and height.
    boxes = models.JSONField(default=list, blank=True)
    result = models.ForeignKey(
        Result, on_delete=models.PROTECT, related_name="sources", null=True, blank=True
    )
    field = models.CharField(max_length=30, blank=True, help_text="Which number of the result; empty: all.")
    value = models.ForeignKey(Value, on_delete=models.PROTECT, related_name="sources", null=True, blank=True)
    arm = models.ForeignKey(Arm, on_delete=models.PROTECT, related_name="sources", null=True, blank=True)
    characteristic = models.ForeignKey(
        Characteristic, on_delete=models.PROTECT, related_name="sources", null=True, blank=True
    )
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering = ["page", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(result__isnull=False, value=None, arm=None, characteristic=None)
                | Q(result=None, value__isnull=False, arm=None, characteristic=None)
                | Q(result=None, value=None, arm__isnull=False, characteristic=None)
                | Q(result=None, value=None, arm=None, characteristic__isnull=False),
                name="a_source_is_of_one_thing",
            ),
            models.CheckConstraint(
                condition=~Q(quote="") | ~Q(locator="") | Q(page__isnull=False),
                name="a_source_says_where",
            ),
            models.CheckConstraint(
                condition=Q(field="") | Q(result__isnull=False), name="a_field_is_of_a_result"
            ),
        ]

    def __str__(self) -> str:
        place = f"p. {self.page}" if self.page else self.locator
        return f"{place}: “{self.quote[:80]}”" if self.quote else place

    @property
    def target(self) -> Result | Value | Arm | Characteristic:
        """What it is the source of."""
        found = self.result or self.value or self.arm or self.characteristic
        assert found is not None, "a_source_is_of_one_thing"
        return found

    @property
    def place(self) -> str:
        """Where, in a few words: p. 5, Table 2."""
        return ", ".join(part for part in (f"p. {self.page}" if self.page else "", self.locator) if part)
