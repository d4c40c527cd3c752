"""When to stop, the decision and its undo, the sample of what is left, and what was left unread, for programs."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from records.models import Record
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission
from screening import round_serializers as rounds
from screening.models import AutomaticRemoval
from screening.serializers import OfReview
from screening.services import removals, stopping
from screening.services.rounds import SEEDS
from screening.stopping_state import State
from screening.stopping_words import Rule

ONE_LIST: dict[str, Any] = {"pagination_class": None, "filter_backends": []}


class StoppingQuery(serializers.Serializer):
    rule = serializers.ChoiceField(choices=Rule.choices, default=Rule.REPEATED_LOOKS.value)
    target = serializers.FloatField(
        min_value=0.5, max_value=1, default=0.95, help_text="Recall, a share of 1."
    )
    confidence = serializers.FloatField(min_value=0.5, max_value=0.999, default=0.95)


class StoppingTestSerializer(serializers.Serializer):
    form = serializers.CharField(help_text="repeated_looks (corrected) or published.")
    p = serializers.FloatField()
    published_p = serializers.FloatField()
    level = serializers.FloatField()
    rejected = serializers.BooleanField(help_text="Recall below the target is rejected: screening may stop.")
    more_without_a_find = serializers.IntegerField(
        allow_null=True, help_text="How many more excluded records in a row would do."
    )
    recall_at_least = serializers.FloatField()
    left_at_most = serializers.IntegerField()
    caution = serializers.CharField(
        help_text="What the order of the stage means for the test; empty if nothing."
    )


class RemainingSerializer(serializers.Serializer):
    expected = serializers.FloatField()
    low = serializers.IntegerField()
    high = serializers.IntegerField()
    recall = serializers.FloatField()
    recall_low = serializers.FloatField()
    recall_high = serializers.FloatField()
    method = serializers.CharField()


class StoppingSampleSerializer(serializers.Serializer):
    number = serializers.IntegerField()
    seed = serializers.IntegerField()
    pool = serializers.IntegerField(help_text="Unread records it was drawn from.")
    found_before = serializers.IntegerField(help_text="Records included when it was drawn.")
    drawn = serializers.IntegerField()
    read = serializers.IntegerField(help_text="Those with an outcome.")
    relevant = serializers.IntegerField()
    result = serializers.DictField(
        allow_null=True, help_text="Exact intervals of what is left and of recall, once all of it is read."
    )


class StoppingSerializer(serializers.Serializer):
    """Where title and abstract screening stands, from the outcomes that everybody is told."""

    total = serializers.IntegerField()
    screened = serializers.IntegerField()
    included = serializers.IntegerField()
    unscreened = serializers.IntegerField()
    rule = serializers.CharField()
    rule_is_met = serializers.BooleanField()
    target = serializers.FloatField()
    confidence = serializers.FloatField()
    test = StoppingTestSerializer()
    estimate = RemainingSerializer(allow_null=True)
    sample = StoppingSampleSerializer(allow_null=True, help_text="The latest one.")
    irrelevant_in_a_row = serializers.IntegerField()
    heuristics = serializers.DictField(
        child=serializers.IntegerField(allow_null=True),
        help_text="Rule of thumb: after how many records it was met, or null.",
    )


class RemovalSerializer(serializers.ModelSerializer):
    class Meta:
        model = AutomaticRemoval
        fields = [
            "id",
            "kind",
            "number",
            "numbers",
            "sentence",
            "why",
            "by",
            "created_at",
            "undone_by",
            "undone_at",
        ]
        read_only_fields = fields


class StopSerializer(StoppingQuery):
    why = serializers.CharField(
        max_length=2000,
        required=False,
        default="",
        allow_blank=True,
        help_text="Needed if the rule is not met.",
    )


class StopUndoSerializer(serializers.Serializer):
    number = serializers.IntegerField(required=False, help_text="Of the stop; the latest if not given.")


class SampleOfUnreadSerializer(serializers.Serializer):
    size = serializers.IntegerField(min_value=1, max_value=stopping.LARGEST_SAMPLE)
    seed = serializers.IntegerField(min_value=0, max_value=SEEDS - 1, required=False)


class EndSampleOfUnreadSerializer(serializers.Serializer):
    why = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class LeftUnreadRecordSerializer(serializers.Serializer):
    record = OfReview(queryset=Record.objects.all())


class LeftUnreadSerializer(serializers.Serializer):
    records = serializers.ListField(child=serializers.IntegerField(), help_text="Ids of those out now.")


class StoppingViewSet(ReviewViewSet):
    """When title and abstract screening may stop."""

    queryset = AutomaticRemoval.objects.none()
    serializer_class = StoppingSerializer
    permission = Permission.VIEW
    permissions = dict.fromkeys(
        ("stop", "undo", "sample", "end_sample", "bring_back"), Permission.AMEND_PROTOCOL
    )

    def _given(self, kind, data) -> dict:
        serializer = kind(data=data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    @extend_schema(parameters=[StoppingQuery], responses=StoppingSerializer)
    def list(self, request: Request, slug: str) -> Response:
        """Where screening stands."""
        state = State(self.review, **self._given(StoppingQuery, request.query_params))
        return Response(StoppingSerializer(state.numbers()).data)

    @extend_schema(request=StopSerializer, responses={201: RemovalSerializer})
    @action(detail=False, methods=["post"])
    def stop(self, request: Request, slug: str) -> Response:
        """Stop: records without any vote of a person are left unread."""
        removal = stopping.stop(review=self.review, by=self.user, **self._given(StopSerializer, request.data))
        return Response(RemovalSerializer(removal).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=StopUndoSerializer, responses=RemovalSerializer)
    @action(detail=False, methods=["post"])
    def undo(self, request: Request, slug: str) -> Response:
        """Take a stop back."""
        given = self._given(StopUndoSerializer, request.data)
        return Response(RemovalSerializer(stopping.undo_stop(review=self.review, by=self.user, **given)).data)

    @extend_schema(request=SampleOfUnreadSerializer, responses={201: rounds.RoundSerializer})
    @action(detail=False, methods=["post"])
    def sample(self, request: Request, slug: str) -> Response:
        """Draw a random sample of what nobody voted on; it comes first in every queue."""
        given = self._given(SampleOfUnreadSerializer, request.data)
        round = stopping.begin_sample(review=self.review, by=self.user, **given)
        context = self.get_serializer_context()
        return Response(rounds.RoundSerializer(round, context=context).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=EndSampleOfUnreadSerializer, responses=rounds.RoundSerializer)
    @action(detail=False, methods=["post"], url_path="end-sample")
    def end_sample(self, request: Request, slug: str) -> Response:
        """End the open sample."""
        given = self._given(EndSampleOfUnreadSerializer, request.data)
        round = stopping.close_sample(review=self.review, by=self.user, **given)
        return Response(rounds.RoundSerializer(round, context=self.get_serializer_context()).data)

    @extend_schema(request=LeftUnreadRecordSerializer, responses={204: None})
    @action(detail=False, methods=["post"], url_path="bring-back")
    def bring_back(self, request: Request, slug: str) -> Response:
        """Bring one record that was left unread back into screening."""
        given = self._given(LeftUnreadRecordSerializer, request.data)
        removals.bring_back(record=given["record"], by=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class RemovalViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Records left unread: by a stop, or by the filter for study designs."""

    queryset = AutomaticRemoval.objects.none()
    serializer_class = RemovalSerializer
    filterset_fields = ["kind"]

    def get_queryset(self):
        return AutomaticRemoval.objects.filter(review=self.review).order_by("pk")

    @extend_schema(responses=LeftUnreadSerializer)
    @action(detail=True, methods=["get"], **ONE_LIST)
    def records(self, request: Request, slug: str, pk: str) -> Response:
        """The records of it that are out now."""
        out = self.get_object().removed.live().order_by("record").values_list("record", flat=True)
        return Response({"records": list(out)})
