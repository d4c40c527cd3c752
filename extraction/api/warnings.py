"""What the linter finds, and conversions, for programs."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from extraction import serializers as shapes
from extraction import services
from extraction.api.results import ExtractionViewSet
from extraction.conversions import CONVERSIONS, Conversion, ConversionError, convert, suggest
from extraction.linting import Found, all_found
from extraction.models import DismissedWarning
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission


class WarningViewSet(ReviewViewSet):
    """Every warning about the review's results."""

    queryset = DismissedWarning.objects.none()  # for the schema; the rows are worked out
    serializer_class = shapes.FoundOut

    @extend_schema(
        parameters=[
            OpenApiParameter("code", str, description="Only this rule."),
            OpenApiParameter("study", int, description="Only this study."),
            OpenApiParameter(
                "dismissed", bool, description="Only dismissed ones, or only open ones (false)."
            ),
        ],
        responses=shapes.FoundOut(many=True),
    )
    def list(self, request: Request, slug: str) -> Response:
        asked = request.query_params
        rows = [
            one
            for one in all_found(self.membership)
            if asked.get("code", "") in ("", one.warning.code)
            and asked.get("study", "") in ("", str(one.result.study_id))
            and asked.get("dismissed", "").lower() in ("", str(one.dismissal is not None).lower())
        ]
        page = self.paginate_queryset(rows)
        found = shapes.FoundOut([_row(one) for one in (rows if page is None else page)], many=True)
        return Response(found.data) if page is None else self.get_paginated_response(found.data)


class DismissalViewSet(ExtractionViewSet):
    """Warnings that somebody looked into; dismissed on their result (``results/<id>/dismiss/``)."""

    queryset = DismissedWarning.objects.select_related("review", "study", "outcome")
    serializer_class = shapes.DismissalOut

    @extend_schema(request=None, responses=shapes.DismissalOut)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, slug: str, pk: str) -> Response:
        """Let the warning stand again."""
        return self.show(services.restore_warning(dismissed=self.get_object(), by=self.user))


class ConversionViewSet(ReviewViewSet):
    """The table of conversions; nothing is saved here."""

    queryset = DismissedWarning.objects.none()  # for the schema; the table is data
    serializer_class = shapes.ConversionOut
    permissions = dict.fromkeys(("create", "suggest"), Permission.VIEW)
    pagination_class = None

    @extend_schema(responses=shapes.ConversionOut(many=True))
    def list(self, request: Request, slug: str) -> Response:
        return Response([_conversion(one) for one in CONVERSIONS.values()])

    @extend_schema(request=shapes.ConversionIn, responses=shapes.ConvertedOut)
    def create(self, request: Request, slug: str) -> Response:
        """Do one conversion: its value with formula, source and caution."""
        given = self._read(shapes.ConversionIn)
        try:
            done = convert(given["key"], **{str(name): value for name, value in given["inputs"].items()})
        except (ConversionError, TypeError) as error:
            raise ValidationError({"detail": str(error)}) from error
        return Response(done.to_dict(), status=status.HTTP_200_OK)

    @extend_schema(request=shapes.KnownIn, responses=shapes.ConversionOut(many=True))
    @action(detail=False, methods=["post"])
    def suggest(self, request: Request, slug: str) -> Response:
        """The conversions that can be done with what is known, those without a caution first."""
        known = self._read(shapes.KnownIn)["known"]
        return Response([_conversion(one) for one in suggest(known)])

    def _read(self, shape) -> dict:
        given = shape(data=self.request.data)
        given.is_valid(raise_exception=True)
        return given.validated_data


def _row(one: Found) -> dict:
    return {
        "result": one.result.pk,
        "study": one.result.study_id,
        "study_label": one.result.study.label,
        "outcome": one.result.outcome_id,
        "dismissal": one.dismissal.pk if one.dismissal else None,
        "reason": one.dismissal.reason if one.dismissal else "",
        **{
            name: getattr(one.warning, name)
            for name in ("code", "fingerprint", "field", "seen", "why", "check")
        },
    }


def _conversion(one: Conversion) -> dict:
    return {
        "key": one.key,
        "name": one.name,
        "inputs": {
            name: {"meaning": asked.meaning, "limits": asked.limits, "required": asked.required}
            for name, asked in one.inputs.items()
        },
        "outputs": dict(one.outputs),
        "formula": one.formula,
        "source": one.source,
        "caution": one.caution,
    }
