"""Earlier decisions and stages of files, for programs."""

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from records.models import ImportBatch
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission
from screening import earlier, services
from screening.api.outcomes import valid
from screening.models import Intake
from screening.serializers import OfReview


class IntakeSerializer(serializers.ModelSerializer):
    class Meta:
        model = Intake
        fields = [
            "id",
            "batch",
            "kind",
            "people",
            "shown_first",
            "why",
            "result",
            "job",
            "by",
            "created_at",
            "undone_by",
            "undone_at",
        ]
        read_only_fields = fields


class SaidSerializer(serializers.Serializer):
    batch = OfReview(queryset=ImportBatch.objects.all())
    kind = serializers.ChoiceField(Intake.Kind.choices)
    people = serializers.DictField(
        child=serializers.IntegerField(min_value=1),
        default=dict,
        help_text="Votes: the name in the file and the id of the member.",
    )
    shown_first = serializers.BooleanField(default=False)
    why = serializers.CharField(max_length=300, allow_blank=True, default="")


class PersonSerializer(serializers.Serializer):
    name = serializers.CharField()
    include = serializers.IntegerField(source="votes.include", default=0)
    exclude = serializers.IntegerField(source="votes.exclude", default=0)
    maybe = serializers.IntegerField(source="votes.maybe", default=0)
    at_full_text = serializers.IntegerField()


class FoundSerializer(serializers.Serializer):
    batch = serializers.IntegerField(source="batch.pk")
    file_name = serializers.CharField(source="batch.file_name")
    records = serializers.IntegerField()
    people = serializers.SerializerMethodField()

    @extend_schema_field(PersonSerializer(many=True))
    def get_people(self, found: earlier.Found) -> list[dict]:
        return list(PersonSerializer(list(found.people.values()), many=True).data)


class UndoJobSerializer(serializers.Serializer):
    job = serializers.IntegerField(source="pk")


class IntakeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """What was said of files: what their earlier decisions mean, and the stage their records come in at."""

    queryset = Intake.objects.none()
    serializer_class = IntakeSerializer
    permission = Permission.MANAGE_TEAM
    filterset_fields = ["batch", "kind"]

    def get_queryset(self):
        return Intake.objects.filter(review=self.review).select_related("batch", "job").order_by("-pk")

    @extend_schema(request=SaidSerializer, responses={202: IntakeSerializer})
    def create(self, request: Request, slug: str) -> Response:
        """Say it; the records are taken in by the job named in the answer."""
        given = valid(SaidSerializer(data=request.data, context=self.get_serializer_context()))
        intake = services.request_intake(review=self.review, by=self.user, **given)
        return Response(self.get_serializer(intake).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses={202: UndoJobSerializer})
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, slug: str, pk: str) -> Response:
        """Take it back, in the background."""
        job = services.request_undo(review=self.review, intake=self.get_object(), by=self.user)
        return Response(UndoJobSerializer(job).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses=FoundSerializer(many=True))
    @action(detail=False, methods=["get"], pagination_class=None, filter_backends=[])
    def found(self, request: Request, slug: str) -> Response:
        """The decisions that came with each file, counted by person."""
        return Response(FoundSerializer(earlier.found_in(self.review), many=True).data)
