"""Digitised figures, for programs."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from extraction.digitised import Axis, NotAnAxis, doubts, scaled
from extraction.models import DigitisedFigure, Result
from extraction.serializers import OfReview
from extraction.services.digitised import (
    add_figure,
    axes_of,
    cite_figure,
    points_of,
    remove_figure,
    scale_figure,
)
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission
from screening.models import FullText, Study


class FigureOut(serializers.ModelSerializer):
    in_units = serializers.SerializerMethodField(help_text="The points, scaled: [{series, x, y}].")
    doubts = serializers.SerializerMethodField(help_text="What to look at before trusting them.")

    class Meta:
        model = DigitisedFigure
        fields = ["id", "study", "full_text", "name", "file_name", "points", "scaling", "in_units", "doubts"]
        fields += ["made_by", "made_at"]

    def get_in_units(self, figure: DigitisedFigure) -> list[dict]:
        found = scaled(points_of(figure), *axes_of(figure))
        return [{"series": point.series, "x": point.x, "y": point.y} for point in found]

    def get_doubts(self, figure: DigitisedFigure) -> list[str]:
        return doubts(points_of(figure), *axes_of(figure))


class FigureIn(serializers.Serializer):
    study = OfReview(queryset=Study.objects.all())
    name = serializers.CharField(max_length=200, help_text="As the report names it: Figure 2.")
    full_text = OfReview(queryset=FullText.objects.all(), required=False, allow_null=True)
    file = serializers.FileField(help_text="The digitiser's CSV.")


class AxisIn(serializers.Serializer):
    """Two ``references`` [[pixel, value], [pixel, value]], or ``factor`` and ``offset``; neither: units already."""

    references = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2),
        min_length=2,
        max_length=2,
        required=False,
    )
    factor = serializers.FloatField(required=False)
    offset = serializers.FloatField(required=False)
    unit = serializers.CharField(max_length=60, allow_blank=True, default="")
    log = serializers.BooleanField(default=False)

    def to_axis(self, given: dict) -> Axis:
        more = {"unit": given["unit"], "log": given["log"]}
        try:
            if "references" in given:
                first, second = given["references"]
                return Axis.through((first[0], first[1]), (second[0], second[1]), **more)
            return Axis(given.get("factor", 1.0), given.get("offset", 0.0), **more).check()
        except NotAnAxis as fault:
            raise serializers.ValidationError(str(fault)) from fault

    def validate(self, attrs: dict) -> dict:
        return {"axis": self.to_axis(attrs)}


class ScaleIn(serializers.Serializer):
    x = AxisIn()
    y = AxisIn()


class CiteIn(serializers.Serializer):
    result = OfReview(queryset=Result.objects.all())
    fields = serializers.ListField(  # type: ignore[assignment]
        child=serializers.CharField(max_length=30), help_text="Numbers of the result, for example mean1."
    )


class CitedOut(serializers.Serializer):
    sources = serializers.ListField(child=serializers.IntegerField())


class FigureViewSet(ListModelMixin, RetrieveModelMixin, ReviewViewSet):
    """Points read off figures, in pixels and in units."""

    queryset = DigitisedFigure.objects.none()
    serializer_class = FigureOut
    filterset_fields = ["study"]
    permissions = dict.fromkeys(("create", "destroy", "scale", "cite"), Permission.EXTRACT)
    parser_classes = [MultiPartParser, JSONParser]

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        found = DigitisedFigure.objects.filter(study__review=self.review).order_by("pk")
        return found.select_related("study__review", "full_text")

    @extend_schema(request={"multipart/form-data": FigureIn}, responses={201: FigureOut})
    def create(self, request: Request, slug: str) -> Response:
        given = self._read(FigureIn)
        file = given.pop("file")
        figure = add_figure(file_name=file.name, data=file.read(), by=self.user, **given)
        return Response(FigureOut(figure).data, status=status.HTTP_201_CREATED)

    def destroy(self, request: Request, slug: str, pk: str) -> Response:
        remove_figure(figure=self.get_object(), by=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=ScaleIn, responses=FigureOut)
    @action(detail=True, methods=["post"])
    def scale(self, request: Request, slug: str, pk: str) -> Response:
        """Say how pixels become units."""
        given = self._read(ScaleIn)
        x, y = given["x"]["axis"], given["y"]["axis"]
        return Response(FigureOut(scale_figure(figure=self.get_object(), x=x, y=y, by=self.user)).data)

    @extend_schema(request=CiteIn, responses={201: CitedOut})
    @action(detail=True, methods=["post"])
    def cite(self, request: Request, slug: str, pk: str) -> Response:
        """Make the figure the source of numbers of a result."""
        made = cite_figure(figure=self.get_object(), by=self.user, **self._read(CiteIn))
        return Response({"sources": [one.pk for one in made]}, status=status.HTTP_201_CREATED)

    def _read(self, serializer: type[serializers.Serializer]) -> dict:
        given = serializer(data=self.request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        return given.validated_data
