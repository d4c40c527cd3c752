"""What programs send and get about agreement, progress, pilots and checks."""

from rest_framework import serializers

from records.models import Record
from reviews.models import ExclusionReason, User
from screening import pair_tables
from screening.models import Round, Stage
from screening.serializers import AgreementSerializer, EstimateSerializer, OfReview, ProgressSerializer


class AgreementQuery(serializers.Serializer):
    stage = serializers.ChoiceField(Stage.choices, default=Stage.TITLE_ABSTRACT)
    maybe = serializers.ChoiceField(list(pair_tables.MAYBE.items()), default=pair_tables.WITH_INCLUDE)


class PairSerializer(serializers.Serializer):
    first = serializers.CharField()
    second = serializers.CharField()
    agreement = AgreementSerializer()


class ManyRatersSerializer(serializers.Serializer):
    records = serializers.IntegerField()
    votes = serializers.IntegerField()
    raters = serializers.IntegerField(allow_null=True, help_text="Votes a record, if the same on all.")
    raw = EstimateSerializer()
    fleiss = EstimateSerializer()
    fleiss_se0 = serializers.FloatField(
        allow_null=True, help_text="Standard error under chance: Fleiss, Nee & Landis 1979."
    )
    ac1 = EstimateSerializer()


class PeriodSerializer(serializers.Serializer):
    start = serializers.DateField()
    unit = serializers.CharField(help_text="week or month.")
    agreement = ManyRatersSerializer()


class RoundAgreementSerializer(serializers.Serializer):
    pairs = PairSerializer(many=True)
    overall = ManyRatersSerializer()
    kappa = serializers.FloatField(allow_null=True)
    disputed = serializers.ListField(child=serializers.IntegerField(), help_text="Records to discuss.")


class RoundSerializer(serializers.ModelSerializer):
    class Meta:
        model = Round
        fields = [
            "id",
            "kind",
            "number",
            "stage",
            "state",
            "size",
            "seed",
            "people",
            "excused",
            "afterwards",
            "target",
            "created_at",
            "discussed_at",
            "closed_at",
            "why",
        ]
        read_only_fields = fields


class Someone(serializers.PrimaryKeyRelatedField):
    """A member of the review, by the id of the user."""

    def get_queryset(self):
        review = self.context.get("review")
        return self.queryset.filter(memberships__review=review) if review else self.queryset.none()


class PilotSerializer(serializers.Serializer):
    stage = serializers.ChoiceField(Stage.choices)
    size = serializers.IntegerField()
    people = Someone(queryset=User.objects.all(), many=True)
    seed = serializers.IntegerField(allow_null=True, default=None)
    afterwards = serializers.ChoiceField(Round.Afterwards.choices, default=Round.Afterwards.KEPT)
    target = serializers.FloatField(allow_null=True, default=None)


class CheckSerializer(serializers.Serializer):
    stage = serializers.ChoiceField(Stage.choices)
    percent = serializers.FloatField()
    people = Someone(queryset=User.objects.all(), many=True)
    seed = serializers.IntegerField(allow_null=True, default=None)


class ClosingSerializer(serializers.Serializer):
    passed = serializers.BooleanField(default=True, help_text="Pilots only.")
    why = serializers.CharField(max_length=500, allow_blank=True, default="")
    afterwards = serializers.ChoiceField(Round.Afterwards.choices, allow_null=True, default=None)


class ExcusedSerializer(serializers.Serializer):
    person = Someone(queryset=User.objects.all())


class AnswerSerializer(serializers.Serializer):
    record = OfReview(queryset=Record.objects.all())
    included = serializers.BooleanField()
    reason = OfReview(queryset=ExclusionReason.objects.all(), allow_null=True, default=None)
    note = serializers.CharField(max_length=2000, allow_blank=True, default="")


class RecordIdSerializer(serializers.Serializer):
    record = OfReview(queryset=Record.objects.all())


class PartSerializer(serializers.Serializer):
    person = serializers.CharField()
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    waits = serializers.BooleanField()


class CheckResultSerializer(serializers.Serializer):
    drawn = serializers.IntegerField()
    checked = serializers.IntegerField()
    wrong = serializers.IntegerField()
    rate = EstimateSerializer()
    excluded = serializers.IntegerField()
    records = serializers.ListField(child=serializers.IntegerField(), help_text="Found wrongly excluded.")


class PaceSerializer(serializers.Serializer):
    votes = serializers.IntegerField()
    seconds = serializers.FloatField(help_text="Mean time of a decision.")
    per_hour = serializers.FloatField()


class OwnStageSerializer(ProgressSerializer):
    stage = serializers.ChoiceField(Stage.choices)


class OwnRoundSerializer(serializers.Serializer):
    round = serializers.IntegerField()
    left = serializers.IntegerField()


class OwnSerializer(serializers.Serializer):
    stages = OwnStageSerializer(many=True)
    conflicts = serializers.DictField(child=serializers.IntegerField())
    asked = serializers.IntegerField()
    rounds = OwnRoundSerializer(many=True)
    pace = PaceSerializer(allow_null=True)


class ForecastSerializer(serializers.Serializer):
    per_day = serializers.FloatField()
    on = serializers.DateField()
    early = serializers.DateField()
    late = serializers.DateField(allow_null=True)


class AwaitedSerializer(serializers.Serializer):
    """What waits for those who must screen; ``waiting`` is null for who votes at the stage."""

    people = serializers.ListField(child=serializers.CharField())
    waiting = serializers.IntegerField(allow_null=True)
    open = serializers.IntegerField()
    recent = serializers.IntegerField(help_text="Their votes of the last days that the reader may count.")
    days = serializers.IntegerField()
    shut_out = serializers.IntegerField(help_text="Open records assigned to others only.")
    behind = serializers.BooleanField()


class StageBarSerializer(serializers.Serializer):
    stage = serializers.ChoiceField(Stage.choices)
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    conflicts = serializers.IntegerField()
    open = serializers.IntegerField()
    waiting = serializers.IntegerField(allow_null=True)
    due_on = serializers.DateField(allow_null=True)
    forecast = ForecastSerializer(allow_null=True)
    stuck = serializers.IntegerField()
    left_behind = serializers.IntegerField()
    awaited = AwaitedSerializer(allow_null=True, help_text="Null where nobody must screen.")


class PersonVotesSerializer(serializers.Serializer):
    name = serializers.CharField(source="user")
    present = serializers.BooleanField()
    votes = serializers.DictField(child=serializers.IntegerField())
    pace = PaceSerializer(allow_null=True)


class LeadSerializer(serializers.Serializer):
    stages = StageBarSerializer(many=True)
    people = PersonVotesSerializer(many=True)
    narrow = serializers.ListField(child=serializers.CharField())


class WhereScreeningStandsSerializer(serializers.Serializer):
    own = OwnSerializer()
    lead = LeadSerializer(allow_null=True, help_text="For owners and managers.")
