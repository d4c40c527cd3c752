"""Findings for programs: the rows of a summary of findings, what they rest on, and agreeing on their certainty."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from certainty import services
from certainty.api.serializers import (
    FindingChangeIn,
    FindingIn,
    FindingOrderIn,
    FindingOut,
    GradeAgreementOut,
    GradeComparisonOut,
    GradeConsensusIn,
    GradeEvidenceOut,
    GradeOut,
    OfferOut,
)
from certainty.comparison import agreement_in_review, comparison
from certainty.evidence import evidence_of, hash_of
from certainty.grade import suggest, suggest_start
from certainty.models import Finding
from certainty.offers import offered
from certainty.tables import evidence_profile, summary_of_findings
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission

WHICH = OpenApiParameter("comparison", str, description="The key of the comparison; the first if not given.")


class FindingViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Findings: an outcome of a comparison with the analysis it rests on. Retired ones can be restored."""

    queryset = Finding.objects.none()
    serializer_class = FindingOut
    permissions = dict.fromkeys(
        ("create", "change", "retire", "restore", "order", "begin", "consensus"), Permission.GRADE
    )

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return Finding.objects.filter(review=self.review).select_related("outcome", "plan", "review")

    @extend_schema(request=FindingIn, responses={201: FindingOut})
    def create(self, request: Request, slug: str) -> Response:
        given = self._read(FindingIn)
        return self._tell(
            services.add_finding(review=self.review, by=self.user, **given), status.HTTP_201_CREATED
        )

    @extend_schema(request=FindingChangeIn, responses=FindingOut)
    @action(detail=True, methods=["post"])
    def change(self, request: Request, slug: str, pk: str) -> Response:
        """Change the fields that are sent; 409 when somebody else changed the finding since `seen_version`."""
        given = self._read(FindingChangeIn)
        return self._tell(services.change_finding(finding=self.get_object(), by=self.user, **given))

    @extend_schema(request=None, responses=FindingOut)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, slug: str, pk: str) -> Response:
        """Take a finding out of use."""
        services.retire_finding(finding=self.get_object(), by=self.user)
        return self._tell(self.get_object())

    @extend_schema(request=None, responses=FindingOut)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, slug: str, pk: str) -> Response:
        """Bring a retired finding back."""
        services.restore_finding(finding=self.get_object(), by=self.user)
        return self._tell(self.get_object())

    @extend_schema(request=FindingOrderIn, responses=FindingOut(many=True))
    @action(detail=False, methods=["post"], pagination_class=None)
    def order(self, request: Request, slug: str) -> Response:
        """Put the findings into the order of the ids."""
        ids = [finding.pk for finding in self._read(FindingOrderIn)["ids"]]
        services.order_findings(review=self.review, by=self.user, order=ids)
        return Response(FindingOut(self.get_queryset().live(), many=True).data)

    @extend_schema(responses=OfferOut(many=True))
    @action(detail=False, methods=["get"], pagination_class=None)
    def offers(self, request: Request, slug: str) -> Response:
        """Plans that no finding rests on yet."""
        return Response(OfferOut(offered(self.review), many=True).data)

    @extend_schema(responses=GradeEvidenceOut)
    @action(detail=True, methods=["get"])
    def evidence(self, request: Request, slug: str, pk: str) -> Response:
        """What the finding rests on today, and what that suggests for each domain."""
        found = evidence_of(self.get_object())
        start = suggest_start(found)
        suggestions = suggest(found, start.start or "high").values()
        told = {"evidence": found, "hash": hash_of(found), "start": start, "suggestions": list(suggestions)}
        return Response(GradeEvidenceOut(told).data)

    @extend_schema(request=None, responses={201: GradeOut})
    @action(detail=True, methods=["post"])
    def begin(self, request: Request, slug: str, pk: str) -> Response:
        """Begin one's own rating of the finding; the existing one, if there is one of this round."""
        grade = services.begin_grade(finding=self.get_object(), by=self.user)
        return Response(GradeOut(grade).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=GradeComparisonOut)
    @action(detail=True, methods=["get"])
    def comparison(self, request: Request, slug: str, pk: str) -> Response:
        """The ratings side by side, once they can be compared."""
        return Response(GradeComparisonOut(comparison(self.get_object(), self.membership)).data)

    @extend_schema(request=GradeConsensusIn, responses={201: GradeOut})
    @action(detail=True, methods=["post"])
    def consensus(self, request: Request, slug: str, pk: str) -> Response:
        """Agree on one rating; 409 when ratings, consensus or evidence changed since the `stamp`."""
        given = {"reasons": {}} | self._read(GradeConsensusIn)
        grade = services.reconcile_grades(finding=self.get_object(), by=self.user, **given)
        return Response(GradeOut(grade).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=GradeAgreementOut(many=True))
    @action(detail=False, methods=["get"], pagination_class=None)
    def agreement(self, request: Request, slug: str) -> Response:
        """Weighted kappa (linear) of levels and domains, of the ratings before a consensus."""
        return Response(GradeAgreementOut(agreement_in_review(self.membership), many=True).data)

    @extend_schema(parameters=[WHICH], responses=OpenApiTypes.OBJECT)
    @action(detail=False, methods=["get"])
    def summary(self, request: Request, slug: str) -> Response:
        """The summary of findings of a comparison, as the table prints it."""
        return Response(summary_of_findings(self.review, self._which()).to_dict())

    @extend_schema(parameters=[WHICH], responses=OpenApiTypes.OBJECT)
    @action(detail=False, methods=["get"])
    def profile(self, request: Request, slug: str) -> Response:
        """The evidence profile of a comparison, as the table prints it."""
        return Response(evidence_profile(self.review, self._which()).to_dict())

    def _which(self) -> str | None:
        return self.request.query_params.get("comparison") or None

    def _read(self, form: type[serializers.BaseSerializer]) -> dict[str, Any]:
        given = form(data=self.request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        return given.validated_data

    def _tell(self, finding: Finding, code: int = status.HTTP_200_OK) -> Response:
        return Response(FindingOut(finding).data, status=code)
