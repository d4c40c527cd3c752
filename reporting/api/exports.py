"""Exports for programs: what there is, short ones at once, any one made in the background and kept."""

from typing import Any, ClassVar

from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from reporting.exports import EXPORTS, UnknownExport, build_export, export_name, find_export
from reporting.exports.answers import kept, streamed
from reporting.exports.catalogue import sections_for
from reporting.models import ExportFile
from reporting.services.exports import open_export, remove_export, request_export
from reviews.api_base import ReviewViewSet
from reviews.models import Membership
from reviews.permissions import Permission

BYTES = {(200, "application/octet-stream"): OpenApiTypes.BINARY}
EXTENSION = OpenApiParameter("extension", str, required=True, description="One of the export's formats.")


class ExportFileOut(serializers.ModelSerializer):
    state = serializers.CharField(source="job.state")
    error = serializers.CharField(source="job.error")

    class Meta:
        model = ExportFile
        fields = [
            "id",
            "job",
            "state",
            "error",
            "what",
            "extension",
            "options",
            "file_name",
            "sha256",
            "size",
            "created_at",
            "finished_at",
        ]
        read_only_fields = fields


class ExportAsked(serializers.Serializer):
    """``options`` are names and values as ``catalogue/`` lists them."""

    what = serializers.CharField(max_length=30)
    extension = serializers.CharField(max_length=10)
    options = serializers.DictField(child=serializers.CharField(max_length=200), required=False)


class ExportOptionOut(serializers.Serializer):
    name = serializers.CharField()
    title = serializers.CharField()
    help = serializers.CharField()
    choices = serializers.DictField(child=serializers.CharField(), help_text="{value: in words}")


class ExportOut(serializers.Serializer):
    what = serializers.CharField()
    title = serializers.CharField()
    about = serializers.CharField()
    formats = serializers.ListField(child=serializers.CharField())
    long = serializers.BooleanField(help_text="Made in the background only: POST it.")
    options = ExportOptionOut(many=True)


class ExportViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Files made for you; POST asks for one, its job tells when it is there. ``catalogue/`` lists what there is."""

    permission: ClassVar[Permission] = Permission.EXPORT
    queryset = ExportFile.objects.none()
    serializer_class = ExportFileOut
    filter_backends = []

    def get_queryset(self) -> Any:
        return ExportFile.objects.visible_to(self.membership).kept().select_related("job")

    @extend_schema(request=ExportAsked, responses={202: ExportFileOut})
    def create(self, request: Request, slug: str) -> Response:
        """Have an export made in the background; asked twice before it is made, it is one."""
        asked = ExportAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        made = request_export(membership=self.membership, **asked.validated_data)
        return Response(self.get_serializer(made).data, status=status.HTTP_202_ACCEPTED)

    def destroy(self, request: Request, slug: str, pk: str) -> Response:
        """Remove a file before its time."""
        remove_export(made=self.get_object(), by=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=BYTES)
    @action(detail=True)
    def file(self, request: Request, slug: str, pk: str) -> HttpResponseBase:
        """The file itself; your permission is asked again."""
        made = self.get_object()
        file = open_export(made=made, membership=self.membership)
        return kept(file, made.extension, made.file_name)

    @extend_schema(responses=ExportOut(many=True))
    @action(detail=False, pagination_class=None)
    def catalogue(self, request: Request, slug: str) -> Response:
        """Every export that is offered to you, with its formats, options and their choices."""
        offered = [what for part in sections_for(self.membership).values() for what in part]
        told = [_told(self.membership, what) | {"what": what} for what in offered]
        return Response(ExportOut(told, many=True).data)

    @extend_schema(parameters=[EXTENSION], responses=BYTES)
    @action(
        detail=False,
        url_path=r"catalogue/(?P<what>[\w-]+)/file",
        url_name="streamed-file",
        pagination_class=None,
    )
    def streamed_file(self, request: Request, slug: str, what: str) -> HttpResponseBase:
        """A short export at once; besides ``extension`` the query holds its options."""
        options = request.query_params.dict()
        extension = options.pop("extension", "")
        try:
            if find_export(what, extension).long:
                raise UnknownExport(
                    "This export takes a while: POST it to exports/ and fetch its file later."
                )
        except UnknownExport as error:
            raise Http404(str(error)) from error
        pieces = build_export(membership=self.membership, what=what, extension=extension, options=options)
        return streamed(pieces, extension, export_name(self.review, what, extension))


def _told(membership: Membership, what: str) -> dict[str, Any]:
    export = EXPORTS[what]
    options = [
        {
            "name": option.name,
            "title": option.label,
            "help": option.help,
            "choices": dict(option.choices_for(membership)),
        }
        for option in export.options
    ]
    return {
        "title": export.title,
        "about": export.about,
        "formats": list(export.formats),
        "long": export.long,
        "options": options,
    }
