"""Plans and runs for programs."""

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from analysis import services
from analysis.api.runs import RunOut
from analysis.choices import TAU2_LABELS, TEST_LABELS, measure_names
from analysis.models import Plan
from analysis.risk import BY_RISK
from extraction.models import Result
from reviews.api_base import ReviewViewSet
from reviews.models import Outcome
from reviews.permissions import Permission
from screening.models import Study


class PlanOut(serializers.ModelSerializer):
    class Meta:
        model = Plan
        fields = [
            "id",
            "slug",
            "name",
            "outcome",
            "measure",
            "tau2_method",
            "test",
            "level",
            "subgroup_by",
            "excluded_studies",
            "exclusion_note",
            "prefer_rater",
            "leave_out_derived",
            "risk_of_bias",
            "experimental_label",
            "comparator_label",
            "prespecified",
            "created_by",
            "created_at",
            "retired_at",
        ]
        read_only_fields = fields


class OfReview(serializers.PrimaryKeyRelatedField):
    """A row of the review in the address; another review's is unknown."""

    def get_queryset(self):
        return super().get_queryset().filter(review=self.context.get("review"))


class PlanIn(serializers.Serializer):
    name = serializers.CharField(max_length=200)
    outcome = OfReview(queryset=Outcome.objects.all())
    measure = serializers.ChoiceField(choices=measure_names(), default="SMD")
    tau2_method = serializers.ChoiceField(choices=list(TAU2_LABELS), default="REML")
    test = serializers.ChoiceField(choices=list(TEST_LABELS), default="knha")
    level = serializers.FloatField(default=95.0, help_text="In percent.")
    subgroup_by = serializers.CharField(max_length=80, default="", allow_blank=True)
    excluded_studies = OfReview(queryset=Study.objects.all(), many=True, default=list)
    exclusion_note = serializers.CharField(default="", allow_blank=True)
    prefer_rater = serializers.ChoiceField(choices=Result.Rater.choices, default="", allow_blank=True)
    leave_out_derived = serializers.BooleanField(default=False)
    risk_of_bias = serializers.ChoiceField(choices=Plan.RiskOfBias.choices, default="", allow_blank=True)
    experimental_label = serializers.CharField(max_length=60, default="intervention")
    comparator_label = serializers.CharField(max_length=60, default="control")
    prespecified = serializers.BooleanField(default=False)


class AlikeIn(serializers.Serializer):
    risk_of_bias = serializers.ChoiceField(
        choices=Plan.RiskOfBias.choices, required=False, allow_blank=True, help_text='"" pools all studies.'
    )
    subgroup_by = serializers.CharField(
        max_length=80, required=False, allow_blank=True, help_text=f'A characteristic, or "{BY_RISK}".'
    )


class PlanViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Analysis plans. A plan is not changed once written: write another and retire the old."""

    queryset = Plan.objects.none()
    serializer_class = PlanOut
    permissions = dict.fromkeys(("create", "run", "alike", "retire"), Permission.ANALYSE)

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        found = Plan.objects.filter(review=self.review)
        return found.select_related("outcome", "review").prefetch_related("excluded_studies")

    @extend_schema(request=PlanIn, responses={201: PlanOut})
    def create(self, request: Request, slug: str) -> Response:
        given = PlanIn(data=request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        plan = services.write_plan(review=self.review, by=self.membership.user, **given.validated_data)
        return Response(self.get_serializer(plan).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={202: RunOut})
    @action(detail=True, methods=["post"])
    def run(self, request: Request, slug: str, pk: str) -> Response:
        """Run the plan on today's data; equal plan and data give the run there is already."""
        run = services.request_run(plan=self.get_object(), by=self.membership.user)
        return Response(RunOut(run).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=AlikeIn, responses={202: RunOut})
    @action(detail=True, methods=["post"])
    def alike(self, request: Request, slug: str, pk: str) -> Response:
        """Run the plan with another choice of risk of bias or subgroups, as a plan of its own."""
        given = AlikeIn(data=request.data)
        given.is_valid(raise_exception=True)
        run = services.run_alike(plan=self.get_object(), by=self.membership.user, **given.validated_data)
        return Response(RunOut(run).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses=PlanOut)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, slug: str, pk: str) -> Response:
        """Take the plan out of use."""
        plan = self.get_object()
        services.retire_plan(plan=plan, by=self.membership.user)
        return Response(self.get_serializer(plan).data)
