"""The verbs of risk of bias for programs."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from appraisal import services
from appraisal.filters import AssessmentFilter
from appraisal.instruments import INSTRUMENTS
from appraisal.models import Assessment, Judgement
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission
from screening.models import Study


class LevelOut(serializers.Serializer):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class DomainOut(serializers.Serializer):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    guidance = serializers.CharField()
    levels = serializers.ListField(child=serializers.CharField(), help_text="Empty: every level.")


class InstrumentOut(serializers.Serializer):
    key = serializers.CharField()
    name = serializers.CharField()
    reference = serializers.CharField()
    domains = DomainOut(many=True)
    levels = LevelOut(many=True)


class JudgementOut(serializers.ModelSerializer):
    class Meta:
        model = Judgement
        fields = ["domain", "value", "support", "changed_at"]


class AssessmentOut(serializers.ModelSerializer):
    study_label = serializers.CharField(source="study.label")
    assessor_name = serializers.CharField(source="assessor.name")
    judgements = JudgementOut(many=True)
    stamp = serializers.SerializerMethodField(
        help_text="Of a consensus: send it back as `seen` to change it."
    )

    class Meta:
        model = Assessment
        fields = [
            "id",
            "study",
            "study_label",
            "instrument",
            "kind",
            "state",
            "assessor",
            "assessor_name",
            "created_at",
            "completed_at",
            "stamp",
            "judgements",
        ]

    def get_stamp(self, assessment: Assessment) -> str:
        return services.consensus_stamp(assessment) if assessment.is_consensus else ""


class StudyInReview(serializers.PrimaryKeyRelatedField):
    """A study of the review in the address; another review's is unknown."""

    def get_queryset(self):
        return super().get_queryset().filter(review=self.context.get("review"))


class StartIn(serializers.Serializer):
    study = StudyInReview(queryset=Study.objects.all())
    instrument = serializers.ChoiceField(choices=list(INSTRUMENTS))


class AnswerIn(serializers.Serializer):
    domain = serializers.CharField(max_length=60)
    value = serializers.CharField(max_length=30, allow_blank=True)
    support = serializers.CharField(max_length=10_000, allow_blank=True, default="")


class ConsensusIn(serializers.Serializer):
    study = StudyInReview(queryset=Study.objects.all())
    instrument = serializers.ChoiceField(choices=list(INSTRUMENTS))
    values = serializers.DictField(child=serializers.CharField(max_length=30), help_text="{domain: level}")
    supports = serializers.DictField(
        child=serializers.CharField(max_length=10_000, allow_blank=True), required=False
    )
    seen = serializers.CharField(
        allow_blank=True, default="", help_text="`stamp` of the consensus to be changed."
    )


class AssessmentViewSet(ListModelMixin, RetrieveModelMixin, ReviewViewSet):
    """Assessments the signed-in member may see: their own, agreed ones, and a colleague's once comparable."""

    queryset = Assessment.objects.none()
    serializer_class = AssessmentOut
    filterset_class = AssessmentFilter
    permissions = {
        "create": Permission.ASSESS,
        "answer": Permission.ASSESS,
        "complete": Permission.ASSESS,
        "reopen": Permission.ASSESS,
        "consensus": Permission.ASSESS,
    }

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        visible = Assessment.objects.visible_to(self.membership)
        return visible.select_related("study", "assessor", "review").prefetch_related("judgements")

    @extend_schema(request=StartIn, responses={201: AssessmentOut})
    def create(self, request: Request, slug: str) -> Response:
        """Start one's own assessment of a study; the existing one, if there is one."""
        given = self._read(StartIn)
        return self._answer(
            services.start_assessment(**given, assessor=self.user), status=status.HTTP_201_CREATED
        )

    @extend_schema(request=AnswerIn, responses=AssessmentOut)
    @action(detail=True, methods=["post"])
    def answer(self, request: Request, slug: str, pk: str) -> Response:
        """Judge one domain of one's own draft."""
        assessment = self.get_object()
        services.judge(assessment=assessment, by=self.user, **self._read(AnswerIn))
        return self._answer(assessment)

    @extend_schema(request=None, responses=AssessmentOut)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, slug: str, pk: str) -> Response:
        """Hand in one's own assessment."""
        return self._answer(services.complete_assessment(assessment=self.get_object(), by=self.user))

    @extend_schema(request=None, responses=AssessmentOut)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, slug: str, pk: str) -> Response:
        """Take one's own assessment back while it cannot be compared yet."""
        return self._answer(services.reopen(assessment=self.get_object(), by=self.user))

    @extend_schema(request=ConsensusIn, responses=AssessmentOut)
    @action(detail=False, methods=["post"])
    def consensus(self, request: Request, slug: str) -> Response:
        """Record or change the consensus on a study."""
        return self._answer(services.reconcile(by=self.user, **self._read(ConsensusIn)))

    def _read(self, serializer: type[serializers.Serializer]) -> dict:
        given = serializer(data=self.request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        return given.validated_data

    def _answer(self, assessment: Assessment, **kwargs) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=assessment.pk)).data, **kwargs)


class InstrumentViewSet(ReviewViewSet):
    """The instruments on offer, with their domains and levels."""

    serializer_class = InstrumentOut
    pagination_class = None
    filter_backends = []

    @extend_schema(responses=InstrumentOut(many=True))
    def list(self, request: Request, slug: str) -> Response:
        return Response(self.get_serializer(INSTRUMENTS.values(), many=True).data)
