"""Duplicates marked by hand, for programs."""

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from records.models import DuplicateCandidate, Record
from reviews.api_base import ReviewViewSet
from reviews.filters import LONGEST_QUESTION
from reviews.permissions import Permission
from screening import likely, services
from screening.api.outcomes import valid
from screening.models import Stage
from screening.serializers import OfReview


class MarkedDuplicateSerializer(serializers.ModelSerializer):
    decided_by_name = serializers.CharField(source="decided_by.name", read_only=True)

    class Meta:
        model = DuplicateCandidate
        fields = ["id", "left", "right", "decided_by", "decided_by_name", "decided_at"]
        read_only_fields = fields


class MarkSerializer(serializers.Serializer):
    record = OfReview(queryset=Record.objects.all())
    of = OfReview(queryset=Record.objects.all())
    stays = OfReview(
        queryset=Record.objects.all(),
        allow_null=True,
        default=None,
        help_text="One of the two, if it matters.",
    )
    stage = serializers.ChoiceField(
        Stage.choices, allow_blank=True, default="", help_text="Where it was noticed."
    )
    anyway = serializers.BooleanField(default=False, help_text="Also when a settled outcome counts no more.")


class MarkedSerializer(serializers.Serializer):
    id = serializers.IntegerField(source="pair.pk", help_text="Of the pair; takes the mark back.")
    stays = serializers.IntegerField(source="stays.pk")
    left = serializers.IntegerField(source="left.pk")


class LikelyQuery(serializers.Serializer):
    record = OfReview(queryset=Record.objects.unique())
    q = serializers.CharField(
        max_length=LONGEST_QUESTION, default="", allow_blank=True, help_text="Words; likely ones without."
    )


class ProposalSerializer(serializers.Serializer):
    record = serializers.IntegerField(source="record.pk")
    title = serializers.CharField(source="record.title")
    authors = serializers.ListField(source="record.authors", child=serializers.CharField())
    year = serializers.IntegerField(source="record.year", allow_null=True)
    doi = serializers.CharField(source="record.doi")
    reasons = serializers.ListField(child=serializers.CharField())


class MarkedDuplicateViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Pairs that a person merged, and the search for the other record of one."""

    queryset = DuplicateCandidate.objects.none()
    serializer_class = MarkedDuplicateSerializer
    permissions = dict.fromkeys(("create", "undo", "likely"), Permission.DEDUPLICATE)

    def get_queryset(self):
        merged = self.review.duplicate_candidates.in_review().filter(
            state=DuplicateCandidate.State.MERGED, automatic=False
        )
        return merged.select_related("decided_by").order_by("pk")

    @extend_schema(request=MarkSerializer, responses={201: MarkedSerializer})
    def create(self, request: Request, slug: str) -> Response:
        """Say that two records are one; 409 with a sentence when a settled outcome would count no more."""
        given = valid(MarkSerializer(data=request.data, context=self.get_serializer_context()))
        marked = services.mark_duplicate(review=self.review, by=self.user, **given)
        return Response(MarkedSerializer(marked).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, slug: str, pk: str) -> Response:
        """Take the mark back: each record has its own votes again."""
        services.unmark_duplicate(review=self.review, pair=self.get_object(), by=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(parameters=[LikelyQuery], responses=ProposalSerializer(many=True))
    @action(detail=False, methods=["get"], pagination_class=None, filter_backends=[])
    def likely(self, request: Request, slug: str) -> Response:
        """The records most like one, or those found by words."""
        asked = valid(LikelyQuery(data=request.query_params, context=self.get_serializer_context()))
        record, words = asked["record"], asked["q"].strip()
        found = likely.found_by(record, words) if words else likely.likely(record)
        return Response(ProposalSerializer(found[: likely.SHOWN], many=True).data)
