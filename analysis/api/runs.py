"""Runs for programs."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from analysis import services
from analysis.drawn import NotDrawn, addresses, draw, drawing_for, figures_of
from analysis.figures.catalogue import Drawing
from analysis.filters import RunFilter
from analysis.models import FigureSettings, Run
from analysis.reproduction import reproduction_of
from analysis.services.figures import settings_form
from analysis.staleness import what_changed
from analysis.what_if import TRIED, what_if
from reviews.api_base import ReviewViewSet
from reviews.errors import Refused
from reviews.figures.files import FORMATS, RESOLUTIONS, WIDTHS, figure_download
from reviews.figures.layout import LayoutError
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


class WhatIfAsked(serializers.Serializer):
    """Keys of rows to leave out (``row`` of the snapshot, else ``study_id``), and settings that differ."""

    without = serializers.ListField(child=serializers.CharField(max_length=60), required=False)
    measure = serializers.CharField(required=False)
    method = serializers.CharField(required=False)
    tau2_method = serializers.CharField(required=False)
    test = serializers.CharField(required=False)
    level = serializers.FloatField(required=False)


class WhatIfOut(serializers.Serializer):
    run = serializers.IntegerField()
    without = serializers.ListField(child=serializers.CharField())
    changes = serializers.DictField()
    in_words = serializers.CharField(allow_blank=True)
    sentences = serializers.ListField(child=serializers.CharField())
    reason = serializers.CharField(allow_blank=True, help_text="Why it cannot be computed.")
    result = serializers.DictField(allow_null=True, help_text="pooled, studies, tau2_interval, subgroups.")


class ChangesOut(serializers.Serializer):
    is_stale = serializers.BooleanField()
    changes = serializers.ListField(child=serializers.DictField(), help_text="What, who, when, why.")
    now = serializers.DictField(help_text="The planned fit on today's data, or a reason.")
    was = serializers.DictField()
    becomes = serializers.CharField(allow_blank=True)


class RunFigureOut(serializers.Serializer):
    """A figure of a run: ``defaults`` are its settings at first, ``settings`` what differs in this plan."""

    figure = serializers.CharField()
    title = serializers.CharField()
    about = serializers.CharField(allow_blank=True)
    why_not = serializers.CharField(allow_blank=True, help_text="Why this run has no such figure.")
    settings = serializers.DictField()
    version = serializers.IntegerField(help_text="Send it back as the version you saw; 0: never set.")
    defaults = serializers.DictField()


class FigureSet(serializers.Serializer):
    settings = serializers.DictField(help_text="All that is to differ from the defaults; {} resets.")
    version = serializers.IntegerField(help_text="The version that was looked at.")


class RunViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Runs: the list without their data, a single run with its inputs and every number."""

    queryset = Run.objects.none()
    filterset_class = RunFilter
    permissions = {"cancel": Permission.ANALYSE, "set_figure": Permission.ANALYSE}

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

    @extend_schema(responses=ChangesOut)
    @action(detail=True)
    def changes(self, request: Request, slug: str, pk: str) -> Response:
        """Whether plan or data changed since the run, what exactly, and what the estimate would become."""
        return Response(what_changed(self.get_object()).to_dict())

    @extend_schema(request=WhatIfAsked, responses=WhatIfOut)
    @action(detail=True, methods=["post"], url_path="what-if")
    def what_if(self, request: Request, slug: str, pk: str) -> Response:
        """The run without some rows or with other settings, computed at once; nothing is saved."""
        asked = WhatIfAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        given = {name: asked.validated_data.get(name) for name in TRIED}
        found = what_if(self.get_object(), without=asked.validated_data.get("without", []), **given)
        return Response(found.to_dict())

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    @action(detail=True, url_name="reproduce-file")
    def reproduce(self, request: Request, slug: str, pk: str) -> HttpResponse:
        """Data, R and Python scripts that compute the run again, numbers, figures and their sums, as a ZIP."""
        name, body = reproduction_of(self._finished())
        disposition = f'attachment; filename="{name}"'
        return HttpResponse(body, "application/zip", headers={"Content-Disposition": disposition})

    @extend_schema(responses=RunFigureOut(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def figures(self, request: Request, slug: str, pk: str) -> Response:
        """The figures of a finished run and how they are drawn."""
        run = self._finished()
        kept = {one.figure: one for one in FigureSettings.objects.filter(plan=run.plan_id)}
        return Response([_figure(run, one, kept.get(one.key)) for one in figures_of(run)])

    @extend_schema(
        parameters=[
            OpenApiParameter("type", str, enum=list(FORMATS), description="svg if not given."),
            OpenApiParameter("width", str, enum=list(WIDTHS), description="85, 174 or 254 mm."),
            OpenApiParameter("dpi", int, enum=RESOLUTIONS, description="Of PNG and TIFF; 300 if not given."),
        ],
        responses={(200, "image/svg+xml"): OpenApiTypes.BINARY},
    )
    @action(detail=True, url_path=r"figures/(?P<figure>[-\w]+)/file")
    def figure_file(self, request: Request, slug: str, pk: str, figure: str) -> HttpResponse:
        """A figure as a file."""
        run, asked = self._finished(), request.query_params
        extension, width, dpi = asked.get("type", "svg"), asked.get("width", ""), asked.get("dpi", "300")
        if extension not in FORMATS or width not in ("", *WIDTHS) or dpi not in map(str, RESOLUTIONS):
            raise Refused(
                f"A figure comes as {', '.join(FORMATS)}, its width is one of {', '.join(WIDTHS)}, its dpi one of "
                f"{', '.join(map(str, RESOLUTIONS))}."
            )
        name = f"{self.review.slug}-{run.plan.slug}-run-{run.pk}-{figure}"
        try:
            drawn = draw(run, figure, address=addresses(run, request.build_absolute_uri), width=width)
            return figure_download(drawn, extension, name, mm=WIDTHS.get(width), dpi=int(dpi))
        except LayoutError as error:  # a picture with too many pixels
            raise NotDrawn(str(error)) from error

    @extend_schema(request=FigureSet, responses=RunFigureOut)
    @action(detail=True, methods=["post"], url_path=r"figures/(?P<figure>[-\w]+)")
    def set_figure(self, request: Request, slug: str, pk: str, figure: str) -> Response:
        """Draw a figure so in every run of this run's plan."""
        run, asked = self._finished(), FigureSet(data=request.data)
        asked.is_valid(raise_exception=True)
        kept = services.set_figure(
            plan=run.plan,
            figure=figure,
            settings=asked.validated_data["settings"],
            seen_version=asked.validated_data["version"],
            by=self.user,
        )
        return Response(_figure(run, drawing_for(run, figure), kept))

    def _finished(self) -> Run:
        run = self.get_object()
        if run.result is None:
            raise NotDrawn("This run has no result yet, so there is nothing to draw.")
        return run


def _figure(run: Run, drawing: Drawing, kept: FigureSettings | None) -> dict[str, Any]:
    fields = settings_form(run.plan, drawing).fields if drawing.form else {}
    return {
        "figure": drawing.key,
        "title": drawing.title,
        "about": drawing.about,
        "why_not": drawing.why_not(run.snapshot, run.result or {}),
        "settings": kept.settings if kept else {},
        "version": kept.version if kept else 0,
        "defaults": {name: field.initial for name, field in fields.items()},
    }
