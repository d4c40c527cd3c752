"""What programs send and get about certainty."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from analysis.models import Plan
from certainty.grade import Level, cautions
from certainty.models import Finding, Grade, Step
from certainty.services import FIELDS
from certainty.staleness import what_changed
from reviews.models import Outcome

WORDS = 4000
BIGGEST = 2**31 - 1


class OfThisReview(serializers.PrimaryKeyRelatedField):
    """A row of the review in the address; another review's is unknown."""

    def get_queryset(self):
        return super().get_queryset().filter(review=self.context.get("review"))


class BaselineIn(serializers.Serializer):
    """An assumed risk of the comparator per 1,000, or its typical mean and SD."""

    label = serializers.CharField(max_length=200, required=False, allow_blank=True)  # type: ignore[assignment]
    source = serializers.CharField(max_length=200, required=False, allow_blank=True)  # type: ignore[assignment]
    per_1000 = serializers.FloatField(required=False)
    mean = serializers.FloatField(required=False)
    sd = serializers.FloatField(required=False)


class FindingOut(serializers.ModelSerializer):
    outcome_name = serializers.CharField(source="outcome.name")
    plan_name = serializers.CharField(source="plan.name", default="")
    baselines = BaselineIn(many=True)

    class Meta:
        model = Finding
        fields = ["id", "outcome", "outcome_name", "plan", "plan_name", *FIELDS, "order", "version"]
        fields += ["created_by", "created_at", "retired_at"]
        read_only_fields = fields


class FindingIn(serializers.ModelSerializer):
    """A finding: with a plan its outcome and the names of its groups are taken unless given."""

    outcome = OfThisReview(queryset=Outcome.objects.all(), required=False)
    plan = OfThisReview(queryset=Plan.objects.all(), required=False, allow_null=True)
    intervention = serializers.CharField(max_length=200, required=False)
    comparison = serializers.CharField(max_length=200, required=False)
    baselines = BaselineIn(many=True, required=False)

    class Meta:
        model = Finding
        fields = ["outcome", "plan", *FIELDS]


class FindingChangeIn(FindingIn):
    """The fields to change, alone, and the version that was looked at."""

    seen_version = serializers.IntegerField(min_value=1, max_value=BIGGEST)

    class Meta:
        model = Finding
        fields = ["outcome", "plan", *FIELDS, "seen_version"]


class FindingOrderIn(serializers.Serializer):
    ids = OfThisReview(queryset=Finding.objects.all(), many=True, help_text="Those left out follow.")


class OfferOut(serializers.Serializer):
    """A plan without a finding; its ``fields`` can be sent as they are with the plan."""

    plan = serializers.IntegerField(source="plan.pk")
    plan_name = serializers.CharField(source="plan.name")
    outcome = serializers.IntegerField(source="plan.outcome_id")
    offered = serializers.DictField(source="fields", child=serializers.CharField())
    studies = serializers.IntegerField(source="k", allow_null=True)
    finished = serializers.BooleanField()


class GradeSuggestionOut(serializers.Serializer):
    """What the data suggest for a domain; ``change`` is null where they say nothing, and the sentence says why."""

    domain = serializers.ChoiceField(choices=Step.Domain.choices)
    change = serializers.IntegerField(allow_null=True)
    sentence = serializers.CharField()
    numbers = serializers.DictField()
    cautions = serializers.ListField(child=serializers.CharField())


class GradeStartOut(serializers.Serializer):
    start = serializers.ChoiceField(choices=Grade.Start.choices, allow_null=True)
    sentence = serializers.CharField()


class GradeEvidenceOut(serializers.Serializer):
    """What a finding rests on today, and what that suggests; keys of ``evidence`` are told in docs/certainty.md."""

    evidence = serializers.DictField()
    hash = serializers.CharField()
    start = GradeStartOut()
    suggestions = GradeSuggestionOut(many=True)


class StepOut(serializers.ModelSerializer):
    class Meta:
        model = Step
        fields = ["domain", "change", "proposed", "proposal", "reason"]


class GradeOut(serializers.ModelSerializer):
    """A rating; ``level`` is what its steps come to so far."""

    rater_name = serializers.CharField(source="rater.name")
    steps = StepOut(many=True)
    level = serializers.SerializerMethodField()

    class Meta:
        model = Grade
        fields = [
            "id",
            "finding",
            "rater",
            "rater_name",
            "kind",
            "state",
            "start",
            "start_reason",
            "level",
            "steps",
        ]
        fields += [
            "run",
            "evidence_hash",
            "version",
            "created_at",
            "changed_at",
            "completed_at",
            "superseded_at",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=[level.value for level in Level]))
    def get_level(self, grade: Grade) -> str:
        return grade.level.value


class GradeStandOut(GradeOut):
    """A rating with what changed since (``stale``) and what is unusual about it (``cautions``)."""

    stale = serializers.SerializerMethodField()
    cautions = serializers.SerializerMethodField()

    class Meta(GradeOut.Meta):
        fields = [*GradeOut.Meta.fields, "stale", "cautions"]
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_stale(self, grade: Grade) -> list[str]:
        return what_changed(grade)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_cautions(self, grade: Grade) -> list[str]:
        return cautions(grade.start, grade.changes)


class SeenGradeIn(serializers.Serializer):
    """The version of one's own draft that was looked at."""

    seen_version = serializers.IntegerField(min_value=1, max_value=BIGGEST)


class RateIn(SeenGradeIn):
    domain = serializers.ChoiceField(choices=Step.Domain.choices)
    change = serializers.IntegerField(min_value=-3, max_value=2, help_text="Levels down (negative) or up.")
    reason = serializers.CharField(max_length=WORDS, required=False, allow_blank=True)


class SeenDomainIn(SeenGradeIn):
    domain = serializers.ChoiceField(choices=Step.Domain.choices)


class AcceptSuggestionIn(SeenGradeIn):
    """Without a domain, everything that is suggested for what is not rated yet."""

    domain = serializers.ChoiceField(choices=Step.Domain.choices, required=False)
    reason = serializers.CharField(max_length=WORDS, required=False, allow_blank=True)


class GradeStartIn(SeenGradeIn):
    start = serializers.ChoiceField(choices=Grade.Start.choices)
    reason = serializers.CharField(max_length=WORDS, required=False, allow_blank=True)


class GradeComparisonOut(serializers.Serializer):
    """Two ratings side by side; ``stamp`` is sent back with the consensus."""

    ratings = GradeOut(many=True)
    consensus = GradeOut(allow_null=True)
    differing = serializers.ListField(child=serializers.CharField())
    stamp = serializers.CharField()
    waiting = serializers.CharField()


class GradeConsensusIn(serializers.Serializer):
    stamp = serializers.CharField(max_length=64, help_text="Of the comparison that was looked at.")
    start = serializers.ChoiceField(choices=Grade.Start.choices)
    start_reason = serializers.CharField(max_length=WORDS, required=False, allow_blank=True)
    changes = serializers.DictField(
        child=serializers.IntegerField(min_value=-3, max_value=2), help_text="{domain: levels}"
    )
    reasons = serializers.DictField(
        child=serializers.CharField(max_length=WORDS, allow_blank=True),
        required=False,
        help_text="{domain: why}",
    )


class GradeAgreementOut(serializers.Serializer):
    """Weighted kappa of a domain, or of the levels; null where it is not defined."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    n = serializers.IntegerField(help_text="Findings that two people rated.")
    same = serializers.IntegerField()
    kappa = serializers.FloatField(source="kappa.value", allow_null=True)
    ci_low = serializers.FloatField(source="kappa.low", allow_null=True)
    ci_high = serializers.FloatField(source="kappa.high", allow_null=True)
