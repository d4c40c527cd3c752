"""Runs for programs."""

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from analysis import services
from analysis.filters import RunFilter
from analysis.models import Run
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission


class RunOut(serializers.ModelSerializer):
    state = serializers.CharField(source="job.state")
    error = serializers.CharField(source="job.error")
    stale = serializers.SerializerMethodField(help_text="Whether plan or data changed since.")

    class Meta:
        model = Run
        fields = [
            "id",
            "plan",
            "job",
            "state",
            "error",
            "stale",
            "input_hash",
            "engine_version",
            "requested_by",
            "created_at",
            "finished_at",
            "snapshot",
            "result",
        ]
        read_only_fields = fields

    def get_stale(self, run: Run) -> bool:
        return services.is_stale(run)


class RunRow(serializers.ModelSerializer):
    """A run in a list: without its data, which a single run carries."""

    state = serializers.CharField(source="job.state")
    error = serializers.CharField(source="job.error")

    class Meta:
        model = Run
        fields = ["id", "plan", "job", "state", "error", "input_hash", "created_at", "finished_at"]
        read_only_fields = fields


class RunViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Runs: the list without their data, a single run with its inputs and every number."""

    queryset = Run.objects.none()
    filterset_class = RunFilter
    permissions = {"cancel": Permission.ANALYSE}

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        found = Run.objects.filter(review=self.review).select_related("job")
        if self.action == "list":
            return found.defer("snapshot", "result")
        return found.select_related("plan__outcome", "plan__review", "review")

    def get_serializer_class(self):
        return RunRow if self.action == "list" else RunOut

    @extend_schema(request=None, responses=RunOut)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, slug: str, pk: str) -> Response:
        """Stop a run that has not finished."""
        run = self.get_object()
        services.cancel_run(run=run, by=self.membership.user)
        return Response(self.get_serializer(run).data)
