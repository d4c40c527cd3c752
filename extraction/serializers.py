"""What the API of extraction takes and gives."""

from rest_framework import serializers

from extraction.models import Arm, Characteristic, DismissedWarning, Result
from extraction.services.medians import METHODS
from extraction.values import EVERY_NAME, SINGLE_GROUP
from reviews.models import Outcome
from screening.models import Study

#: Between where a result belongs and its numbers.
CIRCUMSTANCES = ("weeks", "population", "subgroup", "is_change", "adjusted")


class OfReview(serializers.PrimaryKeyRelatedField):
    """A row of the review in the address; another review's is unknown. ``path`` leads from the row to the review."""

    def __init__(self, *, path: str = "review", **kwargs):
        self.path = path
        super().__init__(**kwargs)

    def get_queryset(self):
        return super().get_queryset().filter(**{self.path: self.context.get("review")})


class ArmOut(serializers.ModelSerializer):
    intervention_name = serializers.CharField(source="intervention.name", default="")

    class Meta:
        model = Arm
        fields = [
            "id",
            "study",
            "label",
            "role",
            "n_randomised",
            "dose",
            "description",
            "intervention",
            "intervention_name",
            "version",
        ]


class AboutArm(serializers.Serializer):
    label = serializers.CharField(max_length=200)  # type: ignore[assignment]
    role = serializers.ChoiceField(choices=Arm.Role.choices)
    dose = serializers.CharField(max_length=200, allow_blank=True, required=False)
    description = serializers.CharField(max_length=5000, allow_blank=True, required=False)
    intervention = serializers.CharField(
        max_length=200,
        allow_blank=True,
        required=False,
        help_text="The review's word for it; a new word joins the vocabulary.",
    )


class ArmIn(AboutArm):
    study = OfReview(queryset=Study.objects.all())
    n_randomised = serializers.IntegerField(min_value=1, allow_null=True, default=None)


class ArmChangeIn(AboutArm):
    """Without dose, description or intervention they stay as they are."""

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
    comparator_label = serializers.CharField(source="comparator.label", default="")

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
            *CIRCUMSTANCES,
            *EVERY_NAME,
            "typed",
            "as_reported",
            "conversions",
            "is_preferred",
            "derived",
            "basis",
            "source",
            "extraction",
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


class Circumstances(serializers.Serializer):
    """What a new result may say besides its numbers, and a correction change."""

    scale = serializers.CharField(max_length=120, allow_blank=True, required=False)
    rater = serializers.ChoiceField(choices=Result.Rater.choices, allow_blank=True, required=False)
    time_point = serializers.CharField(max_length=120, allow_blank=True, required=False)
    weeks = serializers.FloatField(allow_null=True, required=False, min_value=0)
    population = serializers.ChoiceField(choices=Result.Population.choices, allow_blank=True, required=False)
    subgroup = serializers.CharField(max_length=120, allow_blank=True, required=False)
    is_change = serializers.BooleanField(required=False)
    adjusted = serializers.BooleanField(required=False)
    derived = serializers.BooleanField(required=False)
    basis = serializers.CharField(allow_blank=True, required=False)
    source = serializers.CharField(allow_blank=True, required=False)  # type: ignore[assignment]
    as_reported = serializers.DictField(
        child=serializers.CharField(allow_blank=True),
        required=False,
        help_text='What the report gives in place of the numbers, as text: {"se1": "0.75"}.',
    )
    conversions = serializers.ListField(
        child=serializers.DictField(),
        required=False,
        max_length=20,
        help_text='[{"key": "sd.from_se", "inputs": {"se": 0.75, "n": 40}, "gave": ["sd1"]}]; each is done again.',
    )


class ResultIn(Circumstances):
    study = OfReview(queryset=Study.objects.all())
    outcome = OfReview(queryset=Outcome.objects.all())
    experimental = OfReview(queryset=Arm.objects.all(), path="study__review")
    comparator = OfReview(
        queryset=Arm.objects.all(),
        path="study__review",
        allow_null=True,
        default=None,
        help_text="None for a kind about one group: " + ", ".join(SINGLE_GROUP) + ".",
    )
    kind = serializers.ChoiceField(choices=Result.Kind.choices)
    values = serializers.DictField(
        help_text="The numbers of the kind, for example {n1, mean1, sd1, n2, mean2, sd2}; text keeps its zeros."
    )
    preferred = serializers.BooleanField(allow_null=True, default=None)


class CorrectionIn(Circumstances):
    """Send what changes; ``values`` holds numbers, the rest circumstances."""

    values = serializers.DictField(required=False)
    experimental = OfReview(queryset=Arm.objects.all(), path="study__review", required=False)
    comparator = OfReview(queryset=Arm.objects.all(), path="study__review", required=False, allow_null=True)
    why = serializers.CharField(max_length=2000)
    seen_version = serializers.IntegerField()


class WithdrawalIn(serializers.Serializer):
    why = serializers.CharField(max_length=2000)
    seen_version = serializers.IntegerField()


class VerificationIn(serializers.Serializer):
    seen_version = serializers.IntegerField()


class WarningOut(serializers.Serializer):
    code = serializers.CharField()
    fingerprint = serializers.CharField()
    field = serializers.CharField()
    seen = serializers.CharField()
    why = serializers.CharField()
    check = serializers.CharField()


class FoundOut(WarningOut):
    """A warning of the review's list, with the result it is about and its dismissal."""

    result = serializers.IntegerField()
    study = serializers.IntegerField()
    study_label = serializers.CharField()
    outcome = serializers.IntegerField()
    dismissal = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField()


class DismissalIn(serializers.Serializer):
    code = serializers.CharField(max_length=40)
    fingerprint = serializers.CharField(max_length=64)
    reason = serializers.CharField(max_length=2000)


class DismissalOut(serializers.ModelSerializer):
    class Meta:
        model = DismissedWarning
        fields = [
            "id",
            "study",
            "outcome",
            "code",
            "fingerprint",
            "reason",
            "dismissed_by",
            "dismissed_at",
            "restored_by",
            "restored_at",
        ]


class MethodIn(serializers.Serializer):
    method = serializers.ChoiceField(choices=[(key, label) for key, (label, _) in METHODS.items()])


class ResultsIn(serializers.Serializer):
    results = serializers.ListField(
        child=OfReview(queryset=Result.objects.all()), min_length=2, max_length=20
    )


class CombiningIn(ResultsIn):
    label = serializers.CharField(  # type: ignore[assignment]
        max_length=200, allow_blank=True, default="", help_text="Of the combined arm."
    )


class ConversionIn(serializers.Serializer):
    key = serializers.CharField(max_length=60)
    inputs = serializers.DictField()


class KnownIn(serializers.Serializer):
    known = serializers.DictField(help_text='What is known by the names of inputs: {"se": 0.5, "n": 25}.')


class ConversionOut(serializers.Serializer):
    key = serializers.CharField()
    name = serializers.CharField()
    inputs = serializers.DictField()
    outputs = serializers.DictField()
    formula = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    caution = serializers.CharField()


class ConvertedOut(serializers.Serializer):
    key = serializers.CharField()
    name = serializers.CharField()
    values = serializers.DictField()
    inputs = serializers.DictField()
    formula = serializers.CharField()
    filled = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    caution = serializers.CharField()
    converted = serializers.BooleanField()
