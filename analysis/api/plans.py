"""Plans for programs."""

from dataclasses import fields
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from analysis import services
from analysis.api.runs import RunOut
from analysis.choices import (
    PREDICTION_LABELS,
    SENSITIVITY,
    SMALL_STUDY_TESTS,
    TAU2_LABELS,
    TEST_LABELS,
    measure_names,
)
from analysis.models import Plan, PlanChange
from analysis.plan_settings import PLAN_SETTINGS
from analysis.risk import BY_RISK
from analysis.selection import Selection
from analysis.services.plan_checks import MODERATOR_TYPES
from analysis.snapshot import preview
from reviews.api_base import ReviewViewSet
from reviews.models import Outcome
from reviews.permissions import Permission
from screening.models import Study

RULES = ", ".join(field.name for field in fields(Selection))


class PlanOut(serializers.ModelSerializer):
    class Meta:
        model = Plan
        fields = ["id", "slug", *PLAN_SETTINGS, "version", "created_by", "created_at", "retired_at"]
        read_only_fields = fields


class PlanChangeOut(serializers.ModelSerializer):
    changed = serializers.DictField(
        child=serializers.ListField(),
        help_text="{setting: [before, after]}; outcome and studies by their names.",
    )

    class Meta:
        model = PlanChange
        fields = ["version", "changed", "reason", "post_hoc", "changed_by", "changed_at"]
        read_only_fields = fields


class PlanWhole(PlanOut):
    """A plan with what was changed in it since it was written, oldest first."""

    changes = PlanChangeOut(many=True, read_only=True)

    class Meta(PlanOut.Meta):
        fields = [*PlanOut.Meta.fields, "changes"]
        read_only_fields = fields


class OfReview(serializers.PrimaryKeyRelatedField):
    """A row of the review in the address; another review's is unknown."""

    def get_queryset(self):
        return super().get_queryset().filter(review=self.context.get("review"))


class ModeratorIn(serializers.Serializer):
    name = serializers.CharField(max_length=80, help_text="Of a characteristic.")
    type = serializers.ChoiceField(choices=MODERATOR_TYPES)


class PlanIn(serializers.ModelSerializer):
    """The settings of a plan; those left out are at their defaults."""

    outcome = OfReview(queryset=Outcome.objects.all())
    selection = serializers.DictField(
        required=False,
        help_text=f"Which results are eligible and which goes first: any of {RULES}. {{}} is the result "
        "marked as preferred in extraction.",
    )
    measure = serializers.ChoiceField(choices=measure_names(), required=False)
    tau2_method = serializers.ChoiceField(choices=list(TAU2_LABELS), required=False)
    test = serializers.ChoiceField(choices=list(TEST_LABELS), required=False)
    prediction = serializers.ChoiceField(choices=list(PREDICTION_LABELS), required=False)
    moderators = ModeratorIn(many=True, required=False)
    sensitivity = serializers.ListField(
        child=serializers.ChoiceField(choices=list(SENSITIVITY)),
        required=False,
        allow_null=True,
        help_text="null: all of them.",
    )
    small_study_tests = serializers.ListField(
        child=serializers.ChoiceField(choices=list(SMALL_STUDY_TESTS)),
        required=False,
        help_text="[]: the one proposed for the measure.",
    )
    excluded_studies = OfReview(queryset=Study.objects.all(), many=True, required=False)

    class Meta:
        model = Plan
        fields = list(PLAN_SETTINGS)


class PlanTryIn(PlanIn):
    """Settings to look at; nothing is saved, so a name is not needed."""

    name = serializers.CharField(max_length=200, default="Plan")


class PlanChangeIn(PlanIn):
    """The settings to change, alone; why; and the version that was looked at."""

    outcome = OfReview(queryset=Outcome.objects.all(), required=False)
    seen_version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    reason = serializers.CharField(max_length=2000)

    class Meta:
        model = Plan
        fields = [*PLAN_SETTINGS, "seen_version", "reason"]
        extra_kwargs: ClassVar[dict] = {"name": {"required": False}}


class LeftOutOut(serializers.Serializer):
    study_id = serializers.IntegerField()
    study = serializers.CharField()
    why = serializers.CharField()


class TieOut(LeftOutOut):
    results = serializers.ListField(child=serializers.IntegerField())


class EligibleRow(serializers.Serializer):
    study_id = serializers.IntegerField()
    study = serializers.CharField()
    result_id = serializers.IntegerField()
    part = serializers.CharField(default="", help_text="What was done to a study of several arms.")


class EligibleOut(serializers.Serializer):
    """What a plan takes in of today's data."""

    eligible = serializers.IntegerField(help_text="Studies with a row.")
    rows = EligibleRow(many=True)
    ties = TieOut(many=True, help_text="Studies that need a choice, with the results that stand equal.")
    left_out = LeftOutOut(many=True)
    notes = serializers.ListField(child=serializers.CharField())
    without_result = serializers.ListField(child=serializers.CharField(), help_text="Labels of studies.")


class AlikeIn(serializers.Serializer):
    risk_of_bias = serializers.ChoiceField(
        choices=Plan.RiskOfBias.choices, required=False, allow_blank=True, help_text='"" pools all studies.'
    )
    subgroup_by = serializers.CharField(
        max_length=80, required=False, allow_blank=True, help_text=f'A characteristic, or "{BY_RISK}".'
    )
    leave_out_derived = serializers.BooleanField(
        required=False, allow_null=True, help_text="true: without converted and derived values."
    )


class PlanViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Analysis plans. A later change keeps what was before, with the reason; a retired plan can be restored."""

    queryset = Plan.objects.none()
    serializer_class = PlanOut
    permissions = dict.fromkeys(
        ("create", "change", "eligible", "run", "alike", "retire", "restore"), Permission.ANALYSE
    )

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        found = Plan.objects.filter(review=self.review)
        return found.select_related("outcome", "review").prefetch_related("excluded_studies")

    def get_serializer_class(self):
        return PlanOut if self.action == "list" else PlanWhole

    @extend_schema(request=PlanIn, responses={201: PlanWhole})
    def create(self, request: Request, slug: str) -> Response:
        plan = services.write_plan(review=self.review, by=self.membership.user, **self._read(PlanIn, request))
        return self._whole(plan, status.HTTP_201_CREATED)

    @extend_schema(request=PlanChangeIn, responses=PlanWhole)
    @action(detail=True, methods=["post"])
    def change(self, request: Request, slug: str, pk: str) -> Response:
        """Change the settings that are sent; 409 when somebody else changed the plan since `seen_version`."""
        given = self._read(PlanChangeIn, request)
        return self._whole(services.change_plan(plan=self.get_object(), by=self.membership.user, **given))

    @extend_schema(request=PlanTryIn, responses=EligibleOut)
    @action(detail=False, methods=["post"])
    def eligible(self, request: Request, slug: str) -> Response:
        """Which studies a plan with these settings would take in; nothing is saved."""
        given = self._read(PlanTryIn, request)
        left_out = [study.pk for study in given.get("excluded_studies", ())]
        plan = services.draft_plan(review=self.review, **given)
        return Response(EligibleOut(preview(plan, left_out)).data)

    @extend_schema(responses=EligibleOut)
    @action(detail=True, methods=["get"], url_path="eligible")
    def eligible_now(self, request: Request, slug: str, pk: str) -> Response:
        """Which studies the plan takes in today."""
        return Response(EligibleOut(preview(self.get_object())).data)

    @extend_schema(request=None, responses={202: RunOut})
    @action(detail=True, methods=["post"])
    def run(self, request: Request, slug: str, pk: str) -> Response:
        """Run the plan on today's data; equal plan and data give the run there is already."""
        run = services.request_run(plan=self.get_object(), by=self.membership.user)
        return Response(RunOut(run).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=AlikeIn, responses={202: RunOut})
    @action(detail=True, methods=["post"])
    def alike(self, request: Request, slug: str, pk: str) -> Response:
        """Run the plan with another choice of risk of bias, subgroups or converted values, as a plan of its own."""
        given = AlikeIn(data=request.data)
        given.is_valid(raise_exception=True)
        changes = {name: value for name, value in given.validated_data.items() if value is not None}
        run = services.run_alike(plan=self.get_object(), by=self.membership.user, **changes)
        return Response(RunOut(run).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses=PlanWhole)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, slug: str, pk: str) -> Response:
        """Take the plan out of use."""
        plan = self.get_object()
        services.retire_plan(plan=plan, by=self.membership.user)
        return self._whole(plan)

    @extend_schema(request=None, responses=PlanWhole)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, slug: str, pk: str) -> Response:
        """Bring a retired plan back into use."""
        plan = self.get_object()
        services.restore_plan(plan=plan, by=self.membership.user)
        return self._whole(plan)

    def _read(self, form: type[PlanIn], request: Request) -> dict[str, Any]:
        given = form(data=request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        return given.validated_data

    def _whole(self, plan: Plan, code: int = status.HTTP_200_OK) -> Response:
        return Response(PlanWhole(plan, context=self.get_serializer_context()).data, status=code)
