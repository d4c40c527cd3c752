"""Sharing records out, and votes sent together, for programs."""

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission
from screening.api.outcomes import valid
from screening.models import Allocation, Decision, Stage
from screening.services import allocation as sharing_out
from screening.services.vote_batches import AT_MOST, cast_many


class AllocationSerializer(serializers.ModelSerializer):
    class Meta:
        model = Allocation
        fields = ["id", "stage", "way", "params", "result", "by", "created_at", "undone_by", "undone_at"]
        read_only_fields = fields


class WishSerializer(serializers.Serializer):
    stage = serializers.ChoiceField(Stage.choices)
    way = serializers.ChoiceField(Allocation.Way.choices)
    shares = serializers.DictField(
        child=serializers.FloatField(min_value=0),
        help_text="{user id: per cent or number}; for the other ways 0.",
    )
    query = serializers.CharField(max_length=2000, allow_blank=True, default="")
    each = serializers.IntegerField(min_value=1, max_value=50, allow_null=True, default=None)
    seed = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False)
    anew = serializers.BooleanField(default=False)

    def validate_shares(self, given: dict) -> dict[int, float]:
        if not all(person.isdecimal() and len(person) < 19 for person in given):
            raise serializers.ValidationError("Shares are given by user ids.")
        return {int(person): share for person, share in given.items()}


class GivenSerializer(serializers.Serializer):
    records = serializers.IntegerField(help_text="Open records that were asked about.")
    given = serializers.DictField(child=serializers.IntegerField())
    ends = serializers.IntegerField(help_text="Assignments without a vote that would end first.")
    short = serializers.IntegerField(help_text="Records that would still have too few people.")
    seed = serializers.IntegerField()


class MadeSerializer(serializers.Serializer):
    allocation = serializers.IntegerField()
    job = serializers.IntegerField(allow_null=True)


class AllocationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Acts of sharing records out."""

    queryset = Allocation.objects.none()
    serializer_class = AllocationSerializer
    permission = Permission.MANAGE_TEAM
    filterset_fields = ["stage"]

    def get_queryset(self):
        return self.review.allocations.order_by("-pk")

    def _asked(self, request: Request) -> dict:
        given = valid(WishSerializer(data=request.data))
        stage, seed = given.pop("stage"), given.pop("seed", None)
        wish = sharing_out.Wish(**given, seed=sharing_out.new_seed() if seed is None else seed)
        return {"review": self.review, "stage": stage, "wish": wish, "by": self.user}

    @extend_schema(request=WishSerializer, responses={201: MadeSerializer})
    def create(self, request: Request, slug: str) -> Response:
        """Share out; with many records in the background (``job``)."""
        lot, job = sharing_out.request_allocation(**self._asked(request))
        made = {"allocation": lot.pk, "job": job.pk if job else None}
        return Response(MadeSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=WishSerializer, responses=GivenSerializer)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request, slug: str) -> Response:
        """Who would get how many; nothing is written."""
        asked = self._asked(request)
        found = sharing_out.preview(**asked)
        given = {str(person): number for person, number in found.given.items()}
        told = {"records": found.records, "given": given, "ends": found.ends, "short": found.short}
        return Response(GivenSerializer(told | {"seed": asked["wish"].seed}).data)

    @extend_schema(request=None, responses=AllocationSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, slug: str, pk: str) -> Response:
        """Take it back; votes stay."""
        lot = self.get_object()
        sharing_out.undo_allocation(review=self.review, allocation=lot, by=self.user)
        lot.refresh_from_db()
        return Response(self.get_serializer(lot).data)


class VotesSerializer(serializers.Serializer):
    stage = serializers.ChoiceField(Stage.choices)
    votes = serializers.ListField(
        child=serializers.DictField(), max_length=AT_MOST, help_text="{record, vote, key, reason, note, ...}"
    )


class ToldSerializer(serializers.Serializer):
    votes = serializers.DictField(
        child=serializers.DictField(), help_text="By key: {state: taken or refused, sentence, status}."
    )


class VoteBatchViewSet(ReviewViewSet):
    """Votes sent together."""

    queryset = Decision.objects.none()
    serializer_class = ToldSerializer
    permission = Permission.SCREEN

    @extend_schema(request=VotesSerializer, responses=ToldSerializer)
    def create(self, request: Request, slug: str) -> Response:
        """Cast at most 50 votes, each by itself: a refused one never loses the others."""
        given = valid(VotesSerializer(data=request.data))
        told = cast_many(review=self.review, reviewer=self.user, **given)
        return Response({"votes": told})
