"""What programs send and get in this room."""

import uuid

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from records.models import DuplicateCandidate, Record
from reviews.models import AuditEvent, ExclusionReason
from screening.anonymity import anonymous
from screening.earlier import hide_decisions
from screening.linked import Link
from screening.models import Decision, FullText, Report, Stage, Study, Verdict


class OfReview(serializers.PrimaryKeyRelatedField):
    """A related row by id, of the review in the address only."""

    def get_queryset(self):
        review = self.context.get("review")
        path = "study__review" if self.queryset.model is Report else "review"
        return self.queryset.filter(**{path: review}) if review else self.queryset.none()


class StageQuery(serializers.Serializer):
    stage = serializers.ChoiceField(Stage.choices, default=Stage.TITLE_ABSTRACT)
    after = serializers.IntegerField(required=False, min_value=0, help_text="Skip: the record after this id.")


class DecisionSerializer(serializers.ModelSerializer):
    reviewer_name = serializers.CharField(source="reviewer.name", read_only=True)

    class Meta:
        model = Decision
        fields = [
            "id",
            "record",
            "stage",
            "reviewer",
            "reviewer_name",
            "vote",
            "reason",
            "note",
            "answers",
            "protocol_version",
            "intake",
            "created_at",
            "withdrawn_at",
        ]
        read_only_fields = fields


class VoteSerializer(serializers.Serializer):
    record = OfReview(queryset=Record.objects.all())
    stage = serializers.ChoiceField(Stage.choices)
    vote = serializers.ChoiceField(Decision.Vote.choices)
    reason = OfReview(queryset=ExclusionReason.objects.all(), allow_null=True, default=None)
    note = serializers.CharField(max_length=2000, allow_blank=True, default="")
    key = serializers.UUIDField(
        default=uuid.uuid4, help_text="Your own; the same key again is the same vote."
    )
    seconds = serializers.IntegerField(min_value=0, allow_null=True, default=None)


class QueueRecordSerializer(serializers.ModelSerializer):
    class Meta:
        model = Record
        fields = ["id", "title", "abstract", "authors", "year", "journal", "doi", "pmid", "keywords"]
        read_only_fields = fields

    def to_representation(self, instance: Record) -> dict:
        return super().to_representation(hide_decisions(instance))


class ProgressSerializer(serializers.Serializer):
    total = serializers.IntegerField()
    left = serializers.IntegerField()
    done = serializers.IntegerField()
    complete = serializers.IntegerField()


class QueueSerializer(serializers.Serializer):
    record = QueueRecordSerializer(allow_null=True)
    progress = ProgressSerializer()


class VerdictSerializer(serializers.ModelSerializer):
    class Meta:
        model = Verdict
        fields = ["id", "record", "stage", "state", "reason", "settled_at"]
        read_only_fields = fields


class RecountSerializer(serializers.Serializer):
    job = serializers.IntegerField()


class ReopenSerializer(serializers.Serializer):
    why = serializers.CharField(max_length=500)


class BallotSerializer(serializers.Serializer):
    reviewer = serializers.CharField(help_text="Reviewer A, B, ...: no names.")
    vote = serializers.CharField()
    reason = serializers.IntegerField(allow_null=True)
    note = serializers.CharField()


class ConflictSerializer(serializers.ModelSerializer):
    title = serializers.CharField(source="record.title", read_only=True)
    ballots = serializers.SerializerMethodField()

    class Meta:
        model = Verdict
        fields = ["id", "record", "title", "stage", "ballots"]
        read_only_fields = fields

    @extend_schema_field(BallotSerializer(many=True))
    def get_ballots(self, verdict: Verdict) -> list[dict]:
        ballots: list[Decision] = verdict.record.ballots  # type: ignore[attr-defined] # prefetched by the view
        votes = [vote for vote in ballots if vote.stage == verdict.stage]
        return [
            {"reviewer": letter, "vote": vote.vote, "reason": vote.reason_id, "note": vote.note}
            for letter, vote in anonymous(votes)
        ]


class StageSerializer(serializers.Serializer):
    stage = serializers.ChoiceField(Stage.choices)


class ReopenedSerializer(serializers.Serializer):
    record = serializers.IntegerField()


class ResolutionSerializer(serializers.Serializer):
    included = serializers.BooleanField()
    outcome = serializers.ChoiceField(
        ["awaiting", "ongoing"],
        allow_blank=True,
        default="",
        help_text="At full text, with `included` false: neither included nor excluded.",
    )
    reason = OfReview(queryset=ExclusionReason.objects.all(), allow_null=True, default=None)
    comment = serializers.CharField(max_length=2000, allow_blank=True, default="")


class FullTextSerializer(serializers.ModelSerializer):
    on = serializers.DateField(
        write_only=True, allow_null=True, default=None, help_text="Since which day; null: today."
    )

    class Meta:
        model = FullText
        fields = [
            "record",
            "state",
            "on",
            "requested_from",
            "why_not",
            "requested_at",
            "reminders",
            "retrieved_at",
            "given_up_at",
            "file_name",
            "sha256",
            "language",
            "needs_translation",
            "open_access",
            "changed_at",
        ]
        read_only_fields = [
            name for name in fields if name not in ("state", "on", "requested_from", "why_not")
        ]
        extra_kwargs = {"state": {"required": True}}


class LanguageSerializer(serializers.Serializer):
    language = serializers.CharField(
        max_length=40, allow_blank=True, default="", help_text="Blank: as the record says."
    )
    needs_translation = serializers.BooleanField(default=False)


class PdfSerializer(serializers.Serializer):
    file = serializers.FileField()


class ReportSerializer(serializers.ModelSerializer):
    class Meta:
        model = Report
        fields = ["id", "record", "is_main"]
        read_only_fields = fields


class StudySerializer(serializers.ModelSerializer):
    reports = ReportSerializer(many=True, read_only=True)

    class Meta:
        model = Study
        fields = ["id", "label", "year", "registration", "design", "reports"]
        read_only_fields = ["id", "year", "registration", "design", "reports"]
        validators: list = []  # the service's sentence, not DRF's


class DesignSerializer(serializers.Serializer):
    studies = OfReview(queryset=Study.objects.all(), many=True, allow_empty=False)
    design = serializers.ChoiceField(choices=Study.Design.choices, allow_blank=True)


class ReportsSerializer(serializers.Serializer):
    reports = OfReview(queryset=Report.objects.all(), many=True, allow_empty=False)


class ReportIdSerializer(serializers.Serializer):
    report = OfReview(queryset=Report.objects.all())


class LinkSerializer(serializers.Serializer):
    pair = serializers.IntegerField(source="pair.pk")
    studies = serializers.SerializerMethodField()
    records = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_studies(self, link: Link) -> list[int]:
        return [link.one.pk, link.other.pk]

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_records(self, link: Link) -> list[int]:
        return [report.record_id for report in link.reports]


class SetAsideSerializer(serializers.Serializer):
    state = serializers.CharField(help_text="awaiting or ongoing")
    records = serializers.ListField(child=serializers.IntegerField())
    registry_ids = serializers.ListField(child=serializers.CharField())
    notes = serializers.ListField(child=serializers.CharField())
    study = serializers.IntegerField(allow_null=True, help_text="The included study it seems to belong to.")


class PairIdSerializer(serializers.Serializer):
    pair = OfReview(queryset=DuplicateCandidate.objects.all())


class GroupingSerializer(serializers.Serializer):
    study = serializers.IntegerField()
    grouping = serializers.IntegerField()


class GroupingIdSerializer(serializers.Serializer):
    grouping = OfReview(queryset=AuditEvent.objects.filter(verb="screening.reports_grouped"))


class EstimateSerializer(serializers.Serializer):
    value = serializers.FloatField(allow_null=True)
    se = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class AgreementSerializer(serializers.Serializer):
    n = serializers.IntegerField()
    agreed = serializers.IntegerField()
    table = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()))
    raw = EstimateSerializer()
    kappa = EstimateSerializer()
    pabak = EstimateSerializer()
    ac1 = EstimateSerializer()
