"""Explorations for programs."""

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from analysis import services
from analysis.models import Exploration, Run
from reviews.api_base import ReviewViewSet
from reviews.models import Job
from reviews.permissions import Permission


class ExplorationRow(serializers.ModelSerializer):
    """An exploration in a list: without its result. ``done`` of ``total`` fits are computed."""

    state = serializers.CharField(source="job.state")
    error = serializers.CharField(source="job.error")
    done = serializers.IntegerField(source="job.done")
    total = serializers.IntegerField(source="job.total")

    class Meta:
        model = Exploration
        fields = ["id", "run", "kind", "settings", "seed", "job", "state", "error", "done", "total"]
        fields += ["engine_version", "requested_by", "created_at", "finished_at"]
        read_only_fields = fields


class ExplorationOut(ExplorationRow):
    class Meta(ExplorationRow.Meta):
        fields = [*ExplorationRow.Meta.fields, "result"]
        read_only_fields = fields


class RunOfReview(serializers.PrimaryKeyRelatedField):
    """A run of the review in the address; another review's is unknown."""

    def get_queryset(self):
        return super().get_queryset().filter(review=self.context.get("review"))


class ExploreIn(serializers.Serializer):
    run = RunOfReview(queryset=Run.objects.select_related("plan", "review"))
    kind = serializers.ChoiceField(choices=Exploration.Kind.choices)
    seed = serializers.IntegerField(
        min_value=0,
        max_value=services.MOST_SEED,
        required=False,
        allow_null=True,
        help_text="The run's if not given.",
    )
    settings = serializers.DictField(
        default=dict, help_text='Of the kind, such as {"subsets": 50000}; see docs/explorations.md.'
    )


class SizeOut(serializers.Serializer):
    units = serializers.IntegerField(help_text="How many fits it takes.")
    exact = serializers.BooleanField(help_text="Everything is gone through; nothing is drawn.")
    sentence = serializers.CharField()
    settings = serializers.DictField(help_text="Complete, with what was not given.")


class ExplorationFilter(django_filters.FilterSet):
    """By run, kind and the state of the work."""

    run = django_filters.NumberFilter(field_name="run", label="Run")
    state = django_filters.ChoiceFilter(field_name="job__state", choices=Job.State.choices, label="State")

    class Meta:
        model = Exploration
        fields = ["run", "kind", "state"]


class ExplorationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Big computations beside a run's result: always exploratory, immutable once finished."""

    queryset = Exploration.objects.none()
    filterset_class = ExplorationFilter
    permissions = dict.fromkeys(("create", "count", "cancel", "retry"), Permission.ANALYSE)

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        found = Exploration.objects.filter(review=self.review).select_related("job")
        if self.action == "list":
            return found.defer("result")
        return found.select_related("run__plan", "review")

    def get_serializer_class(self):
        return ExplorationRow if self.action == "list" else ExplorationOut

    @extend_schema(request=ExploreIn, responses={202: ExplorationOut})
    def create(self, request: Request, slug: str) -> Response:
        """Explore a finished run; equal settings and seed give the exploration there is already."""
        given = self._given(request)
        found = services.request_exploration(
            run=given["run"],
            kind=given["kind"],
            by=self.membership.user,
            settings=given["settings"],
            seed=given.get("seed"),
        )
        return Response(self.get_serializer(found).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=ExploreIn, responses=SizeOut)
    @action(detail=False, methods=["post"])
    def count(self, request: Request, slug: str) -> Response:
        """How much work it would be; nothing is queued."""
        given = self._given(request)
        work, size = services.count_exploration(
            run=given["run"], kind=given["kind"], settings=given["settings"]
        )
        told = {
            "units": size.units,
            "exact": size.exact,
            "sentence": size.sentence,
            "settings": work.settings,
        }
        return Response(SizeOut(told).data)

    @extend_schema(request=None, responses=ExplorationOut)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, slug: str, pk: str) -> Response:
        """Stop an exploration that has not finished."""
        found = self.get_object()
        services.cancel_exploration(exploration=found, by=self.membership.user)
        return Response(self.get_serializer(found).data)

    @extend_schema(request=None, responses={202: ExplorationOut})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, slug: str, pk: str) -> Response:
        """Take up a failed or cancelled exploration again; what is done stays done."""
        found = self.get_object()
        services.retry_exploration(exploration=found, by=self.membership.user)
        return Response(self.get_serializer(found).data, status=status.HTTP_202_ACCEPTED)

    def _given(self, request: Request) -> dict:
        given = ExploreIn(data=request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        return given.validated_data
