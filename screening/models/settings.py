"""How one stage of a review is worked: everything about its method that is not in the protocol's own fields."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from reviews.models import Review, User
from reviews.permissions import ROLE_PERMISSIONS, Permission
from screening.models.common import Stage

#: The roles that may resolve conflicts where the settings name nobody.
RESOLVERS = sorted(role.value for role, may in ROLE_PERMISSIONS.items() if Permission.ADJUDICATE in may)


class StageSettings(models.Model):
    """The rules of one stage; a stage without a row has the defaults. The quorum, the rule for a maybe and whether
    reasons must agree are fields of the Review: they are part of its protocol.
    """

    class Agreement(models.TextChoices):
        ALL = "all", "All must agree"
        MAJORITY = "majority", "The majority decides"
        ANY_INCLUDE = "any_include", "One include is enough"

    class Order(models.TextChoices):
        OLDEST = "oldest", "As they came"
        RANDOM = "random", "Random"
        LIKELY = "likely", "Most likely first"
        UNCERTAIN = "uncertain", "Most uncertain first"
        MIXED = "mixed", "Most likely first, mixed with random ones"

    class Scores(models.TextChoices):
        HIDDEN = "hidden", "Hidden"
        STARS = "stars", "Stars"
        PROBABILITY = "probability", "Probability"

    #: The orders that are learned from decisions.
    LEARNED = (Order.LIKELY, Order.UNCERTAIN, Order.MIXED)

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="stage_settings")
    stage = models.CharField(max_length=20, choices=Stage.choices)
    agreement = models.CharField(max_length=12, choices=Agreement.choices, default=Agreement.ALL)
    reason_required = models.BooleanField(
        default=False,
        help_text="Title and abstract: an exclusion needs a reason. At full text it always does.",
    )
    third_person = models.BooleanField(
        default=True, help_text="A conflict is resolved by somebody who did not vote on the record."
    )
    names_hidden = models.BooleanField(
        default=True, help_text="Who resolves sees Reviewer A and B, not names."
    )
    authors_hidden = models.BooleanField(default=False)
    journal_hidden = models.BooleanField(default=False)
    labels_hidden = models.BooleanField(
        default=True, help_text="A colleague's labels are shown once the record is complete."
    )
    assigned_only = models.BooleanField(
        default=False, help_text="Records that are assigned to nobody wait; otherwise anybody takes them."
    )
    ask_criteria = models.BooleanField(
        default=False,
        help_text="Each criterion is answered yes, no or unclear; the answers propose the vote.",
    )
    criteria_needed = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(99)],
        help_text="How many criteria must be met to propose inclusion; 0 for all of them.",
    )
    claim_minutes = models.PositiveSmallIntegerField(
        default=20,
        validators=[MaxValueValidator(24 * 60)],
        help_text="How long a record in somebody's view is kept for them.",
    )
    hold_minutes = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(24 * 60)],
        help_text="The votes of a record are counted this long after its last one came in; until then each may be "
        "changed, and nobody can tell whether they agree.",
    )
    due_on = models.DateField(null=True, blank=True)
    order = models.CharField(
        max_length=10,
        choices=Order.choices,
        default=Order.OLDEST,
        help_text="In which order records come to be screened.",
    )
    random_share = models.PositiveSmallIntegerField(
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(99)],
        help_text="In a mixed order: how many of 100 records are random ones.",
    )
    order_seed = models.PositiveIntegerField(
        default=0, validators=[MaxValueValidator(2**31 - 1)], help_text="The same seed gives the same order."
    )
    scores_shown = models.CharField(
        max_length=12,
        choices=Scores.choices,
        default=Scores.HIDDEN,
        help_text="Whether who screens sees how likely the model finds a record.",
    )
    automation_votes = models.BooleanField(
        default=False, help_text="A model may cast one of the votes of a record, labelled as such."
    )
    must_screen = models.ManyToManyField(
        User, related_name="+", blank=True, help_text="Each record needs the vote of one of them."
    )
    may_resolve = models.ManyToManyField(
        User, related_name="+", blank=True, help_text="Nobody named: all whose role may resolve."
    )

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "stage settings"
        constraints = [models.UniqueConstraint(fields=["review", "stage"], name="settings_once_per_stage")]

    def __str__(self) -> str:
        return f"{self.get_stage_display()}: {self.get_agreement_display().lower()}"

    @property
    def is_learned(self) -> bool:
        """Whether its records come in an order learned from decisions."""
        return self.order in self.LEARNED


def resolves_here(user: User) -> models.Q:
    """Of rows with ``review`` and ``stage``: whether the settings of their stage let ``user`` resolve conflicts.

    Asks nothing about the role of ``user``. Those named who left, or whose role may not resolve any more, do not
    count: where none is left, all whose role may resolve are let in, so that no conflict waits for ever.
    """
    named = StageSettings.may_resolve.through.objects.filter(
        stagesettings__review=models.OuterRef("review"),
        stagesettings__stage=models.OuterRef("stage"),
        user__memberships__review=models.OuterRef("review"),
        user__memberships__left_at=None,
        user__memberships__role__in=RESOLVERS,
    )
    return ~models.Q(models.Exists(named)) | models.Q(models.Exists(named.filter(user=user)))


def voters_resolve_here() -> models.Q:
    """Of rows with ``review`` and ``stage``: whether a resolver may have voted on the record."""
    lenient = StageSettings.objects.filter(
        review=models.OuterRef("review"), stage=models.OuterRef("stage"), third_person=False
    )
    return models.Q(models.Exists(lenient))
