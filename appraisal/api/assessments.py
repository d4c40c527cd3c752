"""The verbs of risk of bias for programs."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from appraisal import services
from appraisal.api.serializers import (
    AssessmentOut,
    AssessmentsImportedOut,
    AssessmentsImportIn,
    AssessmentStandOut,
    AssessmentStartIn,
    ConsensusIn,
    InReview,
    InstrumentOut,
    JudgedOut,
    JudgeIn,
    NameResultIn,
    QuestionAnswerIn,
    TogetherIn,
)
from appraisal.filters import AssessmentFilter
from appraisal.importing import import_assessments
from appraisal.judged import levels_for
from appraisal.models import Assessment
from appraisal.proposing import gaps, proposals_of, shown_in
from appraisal.registry import tools_of
from reviews.api_base import ReviewViewSet
from reviews.models import Outcome
from reviews.permissions import Permission


class LevelsAsked(serializers.Serializer):
    outcome = InReview(queryset=Outcome.objects.all(), allow_null=True, default=None)
    time_point = serializers.CharField(max_length=120, allow_blank=True, default="")
    instrument = serializers.CharField(max_length=30, allow_null=True, default=None)


class AssessmentViewSet(ListModelMixin, RetrieveModelMixin, ReviewViewSet):
    """Assessments the signed-in member may see: their own, agreed ones, and a colleague's once comparable."""

    queryset = Assessment.objects.none()
    serializer_class = AssessmentOut
    filterset_class = AssessmentFilter
    permissions = {
        "create": Permission.ASSESS,
        "destroy": Permission.ASSESS,
        "answer": Permission.ASSESS,
        "judge": Permission.ASSESS,
        "together": Permission.ASSESS,
        "accept_proposals": Permission.ASSESS,
        "name_result": Permission.ASSESS,
        "complete": Permission.ASSESS,
        "reopen": Permission.ASSESS,
        "take_over_version": Permission.ASSESS,
        "consensus": Permission.ASSESS,
        "import_file": Permission.ASSESS,
    }

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        visible = Assessment.objects.visible_to(self.membership)
        visible = visible.select_related("study", "outcome", "assessor", "review")
        return visible.prefetch_related("judgements", "answers")

    @extend_schema(request=AssessmentStartIn, responses={201: AssessmentOut})
    def create(self, request: Request, slug: str) -> Response:
        """Start one's own assessment of a study or a result; the existing one, if there is one."""
        given = self._read(AssessmentStartIn)
        return self._tell(
            services.start_assessment(**given, assessor=self.user), status=status.HTTP_201_CREATED
        )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, slug: str, pk: str) -> Response:
        """Throw away one's own draft."""
        services.discard_assessment(assessment=self.get_object(), by=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=AssessmentStandOut)
    @action(detail=True, methods=["get"])
    def proposals(self, request: Request, slug: str, pk: str) -> Response:
        """The questions needed now, what the tool proposes, and what is missing."""
        assessment = self.get_object()
        found = proposals_of(assessment)
        stand = {
            "shown": shown_in(assessment),
            "proposals": [{"domain": key, **vars(proposal)} for key, proposal in found.items()],
            "missing": gaps(assessment).sentences,
        }
        return Response(AssessmentStandOut(stand).data)

    @extend_schema(request=QuestionAnswerIn, responses=AssessmentOut)
    @action(detail=True, methods=["post"])
    def answer(self, request: Request, slug: str, pk: str) -> Response:
        """Answer one question of one's own draft."""
        assessment = self.get_object()
        services.answer_question(assessment=assessment, by=self.user, **self._read(QuestionAnswerIn))
        return self._tell(assessment)

    @extend_schema(request=JudgeIn, responses=AssessmentOut)
    @action(detail=True, methods=["post"])
    def judge(self, request: Request, slug: str, pk: str) -> Response:
        """Judge one domain of one's own draft, or "overall"."""
        assessment = self.get_object()
        services.judge(assessment=assessment, by=self.user, **self._read(JudgeIn))
        return self._tell(assessment)

    @extend_schema(request=TogetherIn, responses=AssessmentOut)
    @action(detail=True, methods=["post"])
    def together(self, request: Request, slug: str, pk: str) -> Response:
        """Say whether several concerns together lower confidence, where the tool asks."""
        given = self._read(TogetherIn)
        return self._tell(services.say_together(assessment=self.get_object(), by=self.user, **given))

    @extend_schema(request=None, responses=AssessmentOut)
    @action(detail=True, methods=["post"], url_path="accept-proposals")
    def accept_proposals(self, request: Request, slug: str, pk: str) -> Response:
        """Take over what the tool proposes wherever nobody has judged."""
        assessment = self.get_object()
        services.accept_proposals(assessment=assessment, by=self.user)
        return self._tell(assessment)

    @extend_schema(request=NameResultIn, responses=AssessmentOut)
    @action(detail=True, methods=["post"], url_path="name-result")
    def name_result(self, request: Request, slug: str, pk: str) -> Response:
        """Say which numerical result one's own draft is about."""
        given = self._read(NameResultIn)
        return self._tell(services.name_result(assessment=self.get_object(), by=self.user, **given))

    @extend_schema(request=None, responses=AssessmentOut)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, slug: str, pk: str) -> Response:
        """Hand in one's own assessment."""
        return self._tell(services.complete_assessment(assessment=self.get_object(), by=self.user))

    @extend_schema(request=None, responses=AssessmentOut)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, slug: str, pk: str) -> Response:
        """Take one's own assessment back while it cannot be compared yet."""
        return self._tell(services.reopen(assessment=self.get_object(), by=self.user))

    @extend_schema(request=None, responses=AssessmentOut)
    @action(detail=True, methods=["post"], url_path="take-over-version")
    def take_over_version(self, request: Request, slug: str, pk: str) -> Response:
        """Move one's own assessment to the current version of the tool."""
        return self._tell(services.take_over_version(assessment=self.get_object(), by=self.user))

    @extend_schema(request=ConsensusIn, responses=AssessmentOut)
    @action(detail=False, methods=["post"])
    def consensus(self, request: Request, slug: str) -> Response:
        """Record or change the consensus on a study or a result."""
        return self._tell(services.reconcile(by=self.user, **self._read(ConsensusIn)))

    @extend_schema(
        request={"multipart/form-data": AssessmentsImportIn}, responses={201: AssessmentsImportedOut}
    )
    @action(detail=False, methods=["post"], url_path="import", parser_classes=[MultiPartParser])
    def import_file(self, request: Request, slug: str) -> Response:
        """Take in one's own assessments from a CSV file: a row per study, a column per domain. All or nothing."""
        given = self._read(AssessmentsImportIn)
        file = given.pop("file")
        done = import_assessments(
            review=self.review, assessor=self.user, name=file.name, data=file.read(), **given
        )
        return Response(AssessmentsImportedOut(done).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        responses=JudgedOut(many=True),
        parameters=[
            OpenApiParameter("outcome", int, description="For this outcome; the study's where it has none."),
            OpenApiParameter("time_point", str),
            OpenApiParameter("instrument", str),
        ],
    )
    @action(detail=False, methods=["get"], pagination_class=None, filter_backends=[])
    def levels(self, request: Request, slug: str) -> Response:
        """What was agreed about each study, the most specific consensus first."""
        asked = LevelsAsked(data=request.query_params.dict(), context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        found = levels_for(self.review, **asked.validated_data)
        return Response(
            JudgedOut([{"study": study, "judged": each} for study, each in found.items()], many=True).data
        )

    def _read(self, serializer: type[serializers.Serializer]) -> dict:
        given = serializer(data=self.request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        return given.validated_data

    def _tell(self, assessment: Assessment, **kwargs) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=assessment.pk)).data, **kwargs)


class InstrumentViewSet(ReviewViewSet):
    """The instruments on offer, with their domains, questions and levels."""

    serializer_class = InstrumentOut
    pagination_class = None
    filter_backends = []

    @extend_schema(responses=InstrumentOut(many=True))
    def list(self, request: Request, slug: str) -> Response:
        return Response(self.get_serializer(tools_of(self.review), many=True).data)
