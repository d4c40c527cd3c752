"""Whole reviews from archives, for programs. Archives are made as any other export: ``archive`` of exports."""

from typing import cast

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from reporting.archive import People, archive_schema
from reporting.services.archive import discard_restore, request_restore, restorations
from reviews.models import Job, User


class RestorationIn(serializers.Serializer):
    """``people`` by address is for administrators of the installation."""

    file = serializers.FileField()
    people = serializers.ChoiceField([each.value for each in People], default=People.OWN.value)


class RestorationOut(serializers.ModelSerializer):
    """The work that restores an archive, and the address of the review that it becomes."""

    review = serializers.CharField(source="review.slug")
    address = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields = [
            "id",
            "review",
            "address",
            "state",
            "done",
            "total",
            "message",
            "error",
            "created_at",
            "finished_at",
        ]
        read_only_fields = fields

    def get_address(self, job: Job) -> str:
        return reverse("reviews:job", args=[job.review.slug, job.pk])


class ArchiveViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin, viewsets.GenericViewSet
):
    """Archives that you are restoring or that could not be restored; POST brings one in, DELETE throws one away.

    One that is done is a review like any other and no longer listed. ``schema/`` is the format as JSON Schema.
    """

    permission_classes = [IsAuthenticated]
    queryset = Job.objects.none()
    serializer_class = RestorationOut
    filter_backends = []
    lookup_value_regex = r"[0-9]{1,18}"

    def get_queryset(self):
        return restorations(cast(User, self.request.user))

    @extend_schema(request={"multipart/form-data": RestorationIn}, responses={202: RestorationOut})
    def create(self, request: Request) -> Response:
        given = RestorationIn(data=request.data)
        given.is_valid(raise_exception=True)
        job = request_restore(
            file=given.validated_data["file"],
            by=cast(User, request.user),
            people=People(given.validated_data["people"]),
        )
        return Response(RestorationOut(job).data, status=status.HTTP_202_ACCEPTED)

    def perform_destroy(self, instance: Job) -> None:
        discard_restore(job=instance, by=cast(User, self.request.user))

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=False, url_path="schema", url_name="schema")
    def format(self, request: Request) -> Response:
        return Response(archive_schema())
