"""What the API of extraction takes and gives."""

from rest_framework import serializers

from extraction.models import Arm, Characteristic, Result
from extraction.values import EVERY_NAME
from reviews.models import Outcome
from screening.models import Study


class OfReview(serializers.PrimaryKeyRelatedField):
    """A row of the review in the address; another review's is unknown. ``path`` leads from the row to the review."""

    def __init__(self, *, path: str = "review", **kwargs):
        self.path = path
        super().__init__(**kwargs)

    def get_queryset(self):
        return super().get_queryset().filter(**{self.path: self.context.get("review")})


class ArmOut(serializers.ModelSerializer):
    class Meta:
        model = Arm
        fields = ["id", "study", "label", "role", "n_randomised", "version"]


class ArmIn(serializers.Serializer):
    study = OfReview(queryset=Study.objects.all())
    label = serializers.CharField(max_length=200)  # type: ignore[assignment]
    role = serializers.ChoiceField(choices=Arm.Role.choices)
    n_randomised = serializers.IntegerField(min_value=1, allow_null=True, default=None)


class ArmChangeIn(serializers.Serializer):
    label = serializers.CharField(max_length=200)  # type: ignore[assignment]
    role = serializers.ChoiceField(choices=Arm.Role.choices)
    n_randomised = serializers.IntegerField(min_value=1, allow_null=True)
    seen_version = serializers.IntegerField()


class CharacteristicOut(serializers.ModelSerializer):
    class Meta:
        model = Characteristic
        fields = ["id", "study", "name", "value"]


class CharacteristicIn(serializers.Serializer):
    study = OfReview(queryset=Study.objects.all())
    name = serializers.CharField(max_length=80)
    value = serializers.CharField(allow_blank=True, help_text="Empty removes the characteristic.")
    seen = serializers.CharField(
        allow_blank=True,
        required=False,
        help_text="The value you saw; another one there is a conflict (409).",
    )


class ResultOut(serializers.ModelSerializer):
    study_label = serializers.CharField(source="study.label")
    outcome_name = serializers.CharField(source="outcome.name")
    experimental_label = serializers.CharField(source="experimental.label")
    comparator_label = serializers.CharField(source="comparator.label")

    class Meta:
        model = Result
        fields = [
            "id",
            "study",
            "study_label",
            "outcome",
            "outcome_name",
            "experimental",
            "experimental_label",
            "comparator",
            "comparator_label",
            "kind",
            "scale",
            "rater",
            "time_point",
            *EVERY_NAME,
            "is_preferred",
            "derived",
            "basis",
            "source",
            "extracted_by",
            "created_at",
            "verified_by",
            "verified_at",
            "version",
            "previous",
            "correction_reason",
            "superseded_at",
            "withdrawn_by",
            "withdrawal_reason",
        ]


class ResultIn(serializers.Serializer):
    study = OfReview(queryset=Study.objects.all())
    outcome = OfReview(queryset=Outcome.objects.all())
    experimental = OfReview(queryset=Arm.objects.all(), path="study__review")
    comparator = OfReview(queryset=Arm.objects.all(), path="study__review")
    kind = serializers.ChoiceField(choices=Result.Kind.choices)
    values = serializers.DictField(
        help_text="The numbers of the kind, for example {n1, mean1, sd1, n2, mean2, sd2}."
    )
    scale = serializers.CharField(max_length=120, allow_blank=True, default="")
    rater = serializers.ChoiceField(choices=Result.Rater.choices, allow_blank=True, default="")
    time_point = serializers.CharField(max_length=120, allow_blank=True, default="")
    derived = serializers.BooleanField(default=False)
    basis = serializers.CharField(allow_blank=True, default="")
    source = serializers.CharField(allow_blank=True, default="")  # type: ignore[assignment]
    preferred = serializers.BooleanField(allow_null=True, default=None)


class CorrectionIn(serializers.Serializer):
    """Send what changes; ``values`` holds numbers, the rest circumstances."""

    values = serializers.DictField(required=False)
    experimental = OfReview(queryset=Arm.objects.all(), path="study__review", required=False)
    comparator = OfReview(queryset=Arm.objects.all(), path="study__review", required=False)
    scale = serializers.CharField(max_length=120, allow_blank=True, required=False)
    rater = serializers.ChoiceField(choices=Result.Rater.choices, allow_blank=True, required=False)
    time_point = serializers.CharField(max_length=120, allow_blank=True, required=False)
    derived = serializers.BooleanField(required=False)
    basis = serializers.CharField(allow_blank=True, required=False)
    source = serializers.CharField(allow_blank=True, required=False)  # type: ignore[assignment]
    why = serializers.CharField(max_length=2000)
    seen_version = serializers.IntegerField()


class WithdrawalIn(serializers.Serializer):
    why = serializers.CharField(max_length=2000)
    seen_version = serializers.IntegerField()


class VerificationIn(serializers.Serializer):
    seen_version = serializers.IntegerField()


class WarningOut(serializers.Serializer):
    code = serializers.CharField()
    field = serializers.CharField()
    seen = serializers.CharField()
    why = serializers.CharField()
    check = serializers.CharField()
