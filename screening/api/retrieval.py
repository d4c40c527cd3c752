"""Retrieval of many reports at once, taking that back, and reminders, for programs."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from reviews.api_base import ReviewViewSet
from reviews.models import AuditEvent
from reviews.permissions import Permission
from screening import services
from screening.models import FullText
from screening.serializers import FullTextSerializer, OfReview
from screening.services.retrieval import LOT, MOST, Lot

LARGEST = 2**63 - 1


class StatesSerializer(serializers.Serializer):
    records = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST), allow_empty=False, max_length=MOST
    )
    state = serializers.ChoiceField(FullText.State.choices)
    on = serializers.DateField(allow_null=True, default=None, help_text="Since which day; null: today.")
    requested_from = serializers.CharField(max_length=200, allow_blank=True, default="")
    why_not = serializers.CharField(max_length=300, allow_blank=True, default="")


class StatesLeftSerializer(serializers.Serializer):
    record = serializers.IntegerField()
    sentence = serializers.CharField()


class StatesLotSerializer(serializers.Serializer):
    lot = serializers.IntegerField(allow_null=True, help_text="What undo takes; null when nothing changed.")
    taken = serializers.IntegerField()
    left = StatesLeftSerializer(many=True)


class StatesLotIdSerializer(serializers.Serializer):
    lot = OfReview(queryset=AuditEvent.objects.filter(verb=LOT))


class ReminderSerializer(serializers.Serializer):
    record = serializers.IntegerField(min_value=1, max_value=LARGEST)
    on = serializers.DateField(allow_null=True, default=None)


class RetrievalViewSet(ReviewViewSet):
    """Retrieval of many reports."""

    queryset = FullText.objects.none()
    serializer_class = StatesSerializer
    permission = Permission.MANAGE_FULL_TEXT
    pagination_class = None
    filter_backends = []

    @extend_schema(request=StatesSerializer, responses=StatesLotSerializer)
    @action(detail=False, methods=["post"])
    def states(self, request: Request, slug: str) -> Response:
        """Change many reports; what is refused is left and told."""
        given = self._valid(StatesSerializer)
        return self._answer(
            services.set_states_of(
                review=self.review, by=self.user, **given | {"records": set(given["records"])}
            )
        )

    @extend_schema(request=StatesLotIdSerializer, responses=StatesLotSerializer)
    @action(detail=False, methods=["post"])
    def undo(self, request: Request, slug: str) -> Response:
        """Take such a change back, but for reports that were changed since."""
        event = self._valid(StatesLotIdSerializer)["lot"]
        return self._answer(services.undo_states(review=self.review, event=event, by=self.user))

    @extend_schema(request=ReminderSerializer, responses=FullTextSerializer)
    @action(detail=False, methods=["post"])
    def remind(self, request: Request, slug: str) -> Response:
        """A requested report was asked for again."""
        given = self._valid(ReminderSerializer)
        full_text = FullText.objects.filter(review=self.review, record=given["record"]).first()
        if full_text is None:
            raise services.NotEligible(
                f"Record {given['record']} has no report that is sought.", field="record"
            )
        saved = services.remind(review=self.review, record=full_text.record, by=self.user, on=given["on"])
        return Response(FullTextSerializer(saved).data)

    def _valid(self, serializer: type[serializers.Serializer]) -> dict:
        given = serializer(data=self.request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        return given.validated_data

    def _answer(self, lot: Lot) -> Response:
        left = [{"record": pk, "sentence": sentence} for pk, sentence in lot.left]
        return Response({"lot": lot.event and lot.event.pk, "taken": lot.taken, "left": left})
