"""What figures of risk of bias show, how well assessors agreed, and robvis files, for programs."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from appraisal import registry
from appraisal.agreement import WEIGHTS, DomainAgreement, agreement_by_domain
from appraisal.robvis_import import import_robvis
from appraisal.sheet import SheetRow, sheet_for
from reviews.api_base import ReviewViewSet
from reviews.models import Outcome
from reviews.permissions import Permission
from screening.agreement import Estimate


class OutcomeOfReview(serializers.PrimaryKeyRelatedField):
    """An outcome of the review in the address; another review's is unknown."""

    def get_queryset(self):
        return super().get_queryset().filter(review=self.context.get("review"))


class Asked(serializers.Serializer):
    instrument = serializers.CharField(max_length=30)
    outcome = OutcomeOfReview(queryset=Outcome.objects.all(), required=False, default=None)
    weights = serializers.ChoiceField(choices=WEIGHTS, default=WEIGHTS[0])


class KappaEstimateOut(serializers.Serializer):
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class JudgedRowOut(serializers.Serializer):
    study = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]
    outcome = serializers.IntegerField(allow_null=True)
    time_point = serializers.CharField()
    judgements = serializers.DictField(child=serializers.CharField(), help_text="{domain: level}")
    overall = serializers.CharField()


class DomainAgreementOut(serializers.Serializer):
    domain = serializers.CharField()
    pairs = serializers.IntegerField()
    agreed = serializers.IntegerField()
    kappa = KappaEstimateOut()
    weighted_kappa = KappaEstimateOut(allow_null=True, help_text="Null where the levels have no order.")
    left_out = serializers.IntegerField(help_text="Pairs without a place on the scale from best to worst.")


class FiguresOut(serializers.Serializer):
    basis = serializers.CharField(help_text="consensus, own (nothing agreed yet) or none")
    rows = JudgedRowOut(many=True)
    agreement = DomainAgreementOut(many=True)


class RobvisIn(serializers.Serializer):
    instrument = serializers.CharField(max_length=30)
    outcome = OutcomeOfReview(queryset=Outcome.objects.all(), required=False, default=None)
    time_point = serializers.CharField(max_length=120, default="", allow_blank=True)
    file = serializers.FileField(allow_empty_file=True)


class RobvisOut(serializers.Serializer):
    assessments = serializers.IntegerField()
    drafts = serializers.ListField(
        child=serializers.CharField(), help_text="Studies whose assessment still lacks something."
    )


class FigureViewSet(ReviewViewSet):
    """What the figures of risk of bias show, and the agreement of the assessors before consensus."""

    serializer_class = FiguresOut
    pagination_class = None
    filter_backends = []
    permissions = {"robvis": Permission.ASSESS}

    @extend_schema(
        parameters=[
            OpenApiParameter("instrument", str, required=True, description="Key of a tool of the review."),
            OpenApiParameter("outcome", int, description="Judgements of one outcome, else of the study."),
            OpenApiParameter("weights", str, enum=list(WEIGHTS), description="Of the weighted kappa."),
        ],
        responses=FiguresOut,
    )
    def list(self, request: Request, slug: str) -> Response:
        given = self._given(Asked, request.query_params)
        tool = registry.tool_of(self.review, given["instrument"])
        sheet = sheet_for(self.membership, tool, given["outcome"])
        agreement = agreement_by_domain(self.membership, tool, given["weights"])
        return Response(
            {
                "basis": sheet.basis,
                "rows": [_row(row) for row in sheet.rows],
                "agreement": [_agreement(one) for one in agreement],
            }
        )

    @extend_schema(request=RobvisIn, responses={201: RobvisOut})
    @action(detail=False, methods=["post"])
    def robvis(self, request: Request, slug: str) -> Response:
        """Take in a CSV for robvis (multipart, field ``file``) as one's own assessments, all or nothing."""
        given = self._given(RobvisIn, request.data)
        file = given.pop("file")
        done = import_robvis(
            review=self.review,
            tool=registry.tool_of(self.review, given.pop("instrument")),
            assessor=self.user,
            name=file.name,
            data=file.read(),
            **given,
        )
        return Response(
            {"assessments": done.assessments, "drafts": done.drafts}, status=status.HTTP_201_CREATED
        )

    def get_parsers(self):
        if "post" in getattr(self, "action_map", {}):
            return [MultiPartParser()]
        return super().get_parsers()

    def _given(self, kind: type[serializers.Serializer], data: Any) -> dict[str, Any]:
        given = kind(data=data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        return given.validated_data


def _row(row: SheetRow) -> dict[str, Any]:
    return {
        "study": row.study_id,
        "label": row.label,
        "outcome": row.outcome_id,
        "time_point": row.time_point,
        "judgements": row.values,
        "overall": row.overall,
    }


def _agreement(one: DomainAgreement) -> dict[str, Any]:
    return {
        "domain": one.domain.key,
        "pairs": one.agreement.n,
        "agreed": one.agreement.agreed,
        "kappa": _estimate(one.agreement.kappa),
        "weighted_kappa": _estimate(one.weighted.kappa) if one.weighted else None,
        "left_out": one.weighted.left_out if one.weighted else 0,
    }


def _estimate(found: Estimate) -> dict[str, float | None]:
    return {"value": found.value, "low": found.low, "high": found.high}
