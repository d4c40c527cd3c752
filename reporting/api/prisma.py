"""The PRISMA counts for programs, of now or a past moment, and what people corrected in them."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from reporting.asked import Asked, asked_for
from reporting.counts import ADJUSTABLE
from reporting.models import Adjustment
from reporting.prisma import BOXES, REASONS
from reporting.services.adjustments import LONGEST_REASON, MOST, adjust, withdraw
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission

ASKED = [
    OpenApiParameter(
        "as_of", str, description="A day (its end) or a time, ISO 8601: the numbers as they were then."
    ),
    OpenApiParameter(
        "since",
        str,
        description="The number of a version: its update. “whole”: the review from its beginning. Without it the "
        "newest version counts if records were imported after it was closed.",
    ),
]


class FlowCheck(serializers.Serializer):
    """One rule that ties the numbers to each other; ``box`` is the key of the number it is about."""

    box = serializers.CharField()
    words = serializers.CharField()
    ok = serializers.BooleanField()
    sentence = serializers.CharField()


class PrismaSerializer(serializers.Serializer):
    counts = serializers.DictField()
    problems = serializers.ListField(child=serializers.CharField())
    balance = FlowCheck(many=True)


class FlowCorrection(serializers.ModelSerializer):
    class Meta:
        model = Adjustment
        fields = [
            "id", "key", "name", "amount", "reason", "source", "made_by", "created_at", "withdrawn_by", "withdrawn_at"
        ]  # fmt: skip
        read_only_fields = fields


class FlowCorrectionIn(serializers.Serializer):
    key = serializers.ChoiceField(choices=list(ADJUSTABLE))
    name = serializers.CharField(required=False, allow_blank=True, default="", max_length=300)
    amount = serializers.IntegerField(min_value=-MOST, max_value=MOST)
    reason = serializers.CharField(max_length=LONGEST_REASON)


class PrismaViewSet(ReviewViewSet):
    """The numbers of the flow diagram, and the ids of the records behind each."""

    permission = Permission.REPORT
    serializer_class = PrismaSerializer
    pagination_class = None
    filter_backends = []

    def _asked(self, request: Request) -> Asked:
        return asked_for(self.review, request.query_params.dict())

    @extend_schema(parameters=ASKED, responses=PrismaSerializer)
    def list(self, request: Request, slug: str) -> Response:
        counts = self._asked(request).counts()
        told = {
            "counts": counts.to_json(),
            "problems": counts.problems(),
            "balance": [check._asdict() for check in counts.balance],
        }
        return Response(PrismaSerializer(told).data)

    @extend_schema(
        parameters=[
            *ASKED,
            OpenApiParameter("name", str, description="One line of a box, such as a source or a reason."),
        ],
        responses={200: {"type": "array", "items": {"type": "integer"}}},
    )
    @action(detail=False, url_path=r"records/(?P<key>\w+)")
    def records(self, request: Request, slug: str, key: str) -> Response:
        if key not in BOXES and key not in REASONS:
            raise Http404
        rows = self._asked(request).rows(key, request.query_params.get("name", ""))
        return Response(list(rows.values_list("pk", flat=True)))


class FlowCorrectionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Numbers corrected by hand, those taken back too. Correcting needs the permission to publish."""

    permission = Permission.REPORT
    permissions = {"create": Permission.PUBLISH, "withdraw": Permission.PUBLISH}
    serializer_class = FlowCorrection
    queryset = Adjustment.objects.none()

    def get_queryset(self):
        return Adjustment.objects.filter(review=self.review).order_by("pk")

    @extend_schema(request=FlowCorrectionIn, responses={201: FlowCorrection})
    def create(self, request: Request, slug: str) -> Response:
        given = FlowCorrectionIn(data=request.data)
        given.is_valid(raise_exception=True)
        made = adjust(review=self.review, by=self.user, **given.validated_data)
        return Response(FlowCorrection(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=FlowCorrection)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, slug: str, pk: str) -> Response:
        adjustment = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(
            FlowCorrection(withdraw(review=self.review, by=self.user, adjustment=adjustment)).data
        )
