"""Where things stand in the reports, for programs."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from extraction import services
from extraction.models import Arm, Characteristic, Result, Source, Value
from extraction.provenance import visible
from extraction.serializers import OfReview
from extraction.services.sources import REMOVED
from reviews.api_base import ReviewViewSet
from reviews.models import AuditEvent
from reviews.permissions import Permission
from screening.models import FullText


class Visible(OfReview):
    """A row of the review that this member may see: nothing of a colleague's own extraction."""

    def get_queryset(self):
        membership = self.context.get("membership")
        return super().get_queryset().visible_to(membership) if membership else super().get_queryset().none()


class SourceOut(serializers.ModelSerializer):
    record = serializers.IntegerField(
        source="full_text.record_id", default=None, read_only=True, help_text="The report's record."
    )

    class Meta:
        model = Source
        fields = ["id", "study", "result", "field", "value", "arm", "characteristic", "full_text", "record"]
        fields += ["page", "quote", "locator", "boxes", "added_by", "added_at"]


class SourceIn(serializers.Serializer):
    """One of result, value, arm and characteristic; and at least a page, a quote or a locator."""

    result = Visible(queryset=Result.objects.all(), required=False)
    value = Visible(queryset=Value.objects.all(), path="extraction__review", required=False)
    arm = OfReview(queryset=Arm.objects.all(), path="study__review", required=False)
    characteristic = OfReview(queryset=Characteristic.objects.all(), path="study__review", required=False)
    field = serializers.CharField(
        max_length=30, allow_blank=True, default="", help_text="One number of the result; empty: all."
    )
    full_text = OfReview(queryset=FullText.objects.all(), required=False, allow_null=True)
    page = serializers.IntegerField(min_value=1, max_value=100_000, required=False, allow_null=True)
    quote = serializers.CharField(max_length=5000, allow_blank=True, default="")
    locator = serializers.CharField(max_length=120, allow_blank=True, default="")
    boxes = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=4, max_length=4),
        default=list,
        help_text="[left, top, right, bottom] as shares of the page.",
    )

    def validate(self, attrs: dict) -> dict:
        given = [name for name in ("result", "value", "arm", "characteristic") if attrs.get(name)]
        if len(given) != 1:
            raise serializers.ValidationError("Name one of result, value, arm and characteristic.")
        return attrs


class RemovedOut(serializers.Serializer):
    event = serializers.IntegerField(help_text="Post it to restore/ to undo.")


class SourceViewSet(ListModelMixin, RetrieveModelMixin, ReviewViewSet):
    """Page, quote and boxes of results, form values, arms and characteristics."""

    queryset = Source.objects.none()
    serializer_class = SourceOut
    filterset_fields = ["study", "result", "value", "arm", "characteristic", "full_text"]
    permissions = dict.fromkeys(("create", "destroy", "restore"), Permission.EXTRACT)

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return visible(self.membership).order_by("pk")

    @extend_schema(request=SourceIn, responses={201: SourceOut})
    def create(self, request: Request, slug: str) -> Response:
        given = SourceIn(data=request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        source = services.add_source(by=self.user, **given.validated_data)
        return Response(SourceOut(source).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={200: RemovedOut})
    def destroy(self, request: Request, slug: str, pk: str) -> Response:
        event = services.remove_source(source=self.get_object(), by=self.user)
        return Response({"event": event.pk})

    @extend_schema(request=None, responses={201: SourceOut})
    @action(detail=False, methods=["post"], url_path=r"restore/(?P<pk>\d+)")
    def restore(self, request: Request, slug: str, pk: str) -> Response:
        """Undo one's own removal ``pk``, the event that removing gave."""
        event = get_object_or_404(AuditEvent, review=self.review, actor=self.user, verb=REMOVED, pk=pk)
        source = services.restore_source(review=self.review, event=event, by=self.user)
        return Response(SourceOut(source).data, status=status.HTTP_201_CREATED)
