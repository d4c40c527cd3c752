"""The verbs of extraction for programs."""

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from extraction import serializers as shapes
from extraction import services
from extraction.filters import ArmFilter, CharacteristicFilter, ResultFilter
from extraction.linting import warnings_of
from extraction.models import Arm, Characteristic, Result
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission


class ExtractionViewSet(ListModelMixin, RetrieveModelMixin, ReviewViewSet):
    """Reading for every member, every other verb for those who extract."""

    path_to_review = "review"
    permissions = dict.fromkeys(
        (
            *("create", "update", "destroy", "correct", "withdraw", "verify", "prefer"),
            *("dismiss", "restore", "as_means", "combine", "split_control"),
        ),
        Permission.EXTRACT,
    )

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset().none()
        return super().get_queryset().filter(**{self.path_to_review: self.review})

    def read(self, serializer: type[serializers.Serializer]) -> dict:
        """The validated body of the request."""
        given = serializer(data=self.request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        return given.validated_data

    def show(self, row, **kwargs) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=row.pk)).data, **kwargs)


class ArmViewSet(ExtractionViewSet):
    """Arms of the studies."""

    queryset = Arm.objects.select_related("study__review", "intervention")
    serializer_class = shapes.ArmOut
    filterset_class = ArmFilter
    path_to_review = "study__review"

    @extend_schema(request=shapes.ArmIn, responses={201: shapes.ArmOut})
    def create(self, request: Request, slug: str) -> Response:
        arm = services.add_arm(by=self.user, **self.read(shapes.ArmIn))
        return self.show(arm, status=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.ArmChangeIn, responses=shapes.ArmOut)
    def update(self, request: Request, slug: str, pk: str) -> Response:
        arm = services.change_arm(arm=self.get_object(), by=self.user, **self.read(shapes.ArmChangeIn))
        return self.show(arm)

    def destroy(self, request: Request, slug: str, pk: str) -> Response:
        services.remove_arm(arm=self.get_object(), by=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class CharacteristicViewSet(ExtractionViewSet):
    """Facts about the studies."""

    queryset = Characteristic.objects.select_related("study__review").order_by("study__label", "name")
    serializer_class = shapes.CharacteristicOut
    filterset_class = CharacteristicFilter
    path_to_review = "study__review"

    @extend_schema(request=shapes.CharacteristicIn, responses={200: shapes.CharacteristicOut, 204: None})
    def create(self, request: Request, slug: str) -> Response:
        """Set a characteristic; an empty value removes it (204)."""
        present = services.set_characteristic(by=self.user, **self.read(shapes.CharacteristicIn))
        return self.show(present) if present else Response(status=status.HTTP_204_NO_CONTENT)


class ResultViewSet(ExtractionViewSet):
    """Results, also the superseded ones (``?current=true`` leaves those out)."""

    queryset = Result.objects.with_names().select_related("study__review")
    serializer_class = shapes.ResultOut
    filterset_class = ResultFilter

    def get_queryset(self):
        """Shared results, and independent ones that this member may see."""
        membership = getattr(self, "membership", None)
        return super().get_queryset().visible_to(membership) if membership else super().get_queryset()

    @extend_schema(request=shapes.ResultIn, responses={201: shapes.ResultOut})
    def create(self, request: Request, slug: str) -> Response:
        given = self.read(shapes.ResultIn)
        with transaction.atomic():
            home = services.home_of(study=given["study"], by=self.user)
            result = services.record_result(by=self.user, extraction=home, **given)
        return self.show(result, status=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.CorrectionIn, responses={201: shapes.ResultOut})
    @action(detail=True, methods=["post"])
    def correct(self, request: Request, slug: str, pk: str) -> Response:
        """Supersede the result by a corrected one; 409 when it changed since ``seen_version``."""
        given = self.read(shapes.CorrectionIn)
        why, seen_version = given.pop("why"), given.pop("seen_version")
        corrected = services.correct_result(
            result=self.get_object(),
            by=self.user,
            changes=given.pop("values", {}) | given,
            why=why,
            seen_version=seen_version,
        )
        return self.show(corrected, status=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.WithdrawalIn, responses=shapes.ResultOut)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, slug: str, pk: str) -> Response:
        return self.show(
            services.withdraw_result(result=self.get_object(), by=self.user, **self.read(shapes.WithdrawalIn))
        )

    @extend_schema(request=shapes.VerificationIn, responses=shapes.ResultOut)
    @action(detail=True, methods=["post"])
    def verify(self, request: Request, slug: str, pk: str) -> Response:
        return self.show(
            services.verify_result(result=self.get_object(), by=self.user, **self.read(shapes.VerificationIn))
        )

    @extend_schema(request=None, responses=shapes.ResultOut)
    @action(detail=True, methods=["post"])
    def prefer(self, request: Request, slug: str, pk: str) -> Response:
        return self.show(services.prefer_result(result=self.get_object(), by=self.user))

    @extend_schema(responses=shapes.WarningOut(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def warnings(self, request: Request, slug: str, pk: str) -> Response:
        """What looks wrong with the result and was not dismissed."""
        result = self.get_object()
        peers = Result.objects.current().filter(outcome=result.outcome_id)
        own = Result.objects.filter(
            superseded_at=None, extraction=result.extraction_id, study=result.study_id
        )
        found = warnings_of((peers | own).with_names(), {result.pk}).get(result.pk, [])
        return Response(shapes.WarningOut(found, many=True).data)

    @extend_schema(request=shapes.DismissalIn, responses={201: shapes.DismissalOut})
    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, slug: str, pk: str) -> Response:
        """Dismiss a warning about the result, with the reason why its numbers are right."""
        given = self.read(shapes.DismissalIn)
        dismissed = services.dismiss_warning(result=self.get_object(), by=self.user, **given)
        return Response(shapes.DismissalOut(dismissed).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.MethodIn, responses={201: shapes.ResultOut})
    @action(detail=True, methods=["post"], url_path="as-means")
    def as_means(self, request: Request, slug: str, pk: str) -> Response:
        """Record means and SDs estimated from the medians of the result."""
        given = self.read(shapes.MethodIn)
        converted = services.convert_result(result=self.get_object(), by=self.user, **given)
        return self.show(converted, status=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.CombiningIn, responses={201: shapes.ResultOut})
    @action(detail=False, methods=["post"], filterset_class=None)
    def combine(self, request: Request, slug: str) -> Response:
        """One result in which the arms that differ between these are one."""
        given = self.read(shapes.CombiningIn)
        results = self._seen(given["results"])
        combined = services.combine_results(results=results, by=self.user, label=given["label"])
        return self.show(combined, status=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.ResultsIn, responses=shapes.ResultOut(many=True))
    @action(
        detail=False, methods=["post"], url_path="split-control", pagination_class=None, filterset_class=None
    )
    def split_control(self, request: Request, slug: str) -> Response:
        """Divide the comparator that these results share between them."""
        results = self._seen(self.read(shapes.ResultsIn)["results"])
        corrected = services.split_control(results=results, by=self.user)
        return Response(self.get_serializer(corrected, many=True).data)

    def _seen(self, chosen: list[Result]) -> list[Result]:
        """The rows with what the services need; one that the person may not see is unknown."""
        rows = self.get_queryset().select_related("extraction").in_bulk([one.pk for one in chosen])
        if len(rows) < len(chosen):
            raise NotFound("One of these results is not there.")
        return [rows[one.pk] for one in chosen]
