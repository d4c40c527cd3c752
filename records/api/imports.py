"""Imported files for programs: every verb of the pages."""

from dataclasses import asdict
from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError

from records import services
from records.api.import_shapes import (
    BatchDetailSerializer,
    BatchSerializer,
    CommitSerializer,
    EncodingSerializer,
    MoveSerializer,
    NamedColumnsSerializer,
    PreviewSerializer,
    SeveralSerializer,
    SeveralTakenSerializer,
    TableSerializer,
    UndoingSerializer,
    UndoSerializer,
    UploadSerializer,
)
from records.formats import UnreadableFile
from records.formats.mapping import TARGETS
from records.models import ImportBatch, Search
from records.preview import Preview
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission

NO_SEARCH = (
    "There is no search {pk} in this review. GET /api/reviews/{slug}/searches/ lists them; make one with "
    'POST {{"source": "MEDLINE"}} to the same address.'
)
ANY = [JSONParser, FormParser, MultiPartParser]


class BatchViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Imported files: upload, follow the job, look at what was read, commit or discard, undo."""

    queryset = ImportBatch.objects.none()
    serializer_class = BatchDetailSerializer
    permissions: ClassVar[dict[str, Permission]] = dict.fromkeys(
        [
            "create",
            "several",
            "commit",
            "commit_all",
            "discard",
            "move",
            "name_columns",
            "read_again",
            "loss",
            "undo",
        ],
        Permission.IMPORT,
    )
    parser_classes = [MultiPartParser]

    def get_queryset(self):
        batches = self.review.import_batches.select_related("job", "search")
        return batches.light() if self.action == "list" else batches

    def get_serializer_class(self):
        return BatchSerializer if self.action == "list" else BatchDetailSerializer

    @extend_schema(request=UploadSerializer, responses={202: BatchDetailSerializer})
    def create(self, request: Request, slug: str) -> Response:
        given = self._given(UploadSerializer)
        search = self._search(given.pop("search"))
        given["mapping"] = _mapping(given["mapping"])
        batch = services.import_file(review=self.review, search=search, by=self.user, **given)
        return Response(self.get_serializer(batch).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=SeveralSerializer, responses={202: SeveralTakenSerializer})
    @action(detail=False, methods=["post"])
    def several(self, request: Request, slug: str) -> Response:
        """Several files, or zip and gz files of them; refused ones do not hold up the others."""
        given = self._given(SeveralSerializer)
        search = self._search(given.pop("search"))
        batches, refusals = services.import_files(
            review=self.review, by=self.user, search=search, new_search={}, **given
        )
        said = [str(refusal) for refusal in refusals]
        if not batches:
            raise type(refusals[0])("\n".join(said)) if refusals else ValidationError({"files": "No file."})
        taken = SeveralTakenSerializer({"imports": batches, "refused": said})
        return Response(taken.data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses=PreviewSerializer)
    @action(detail=True)
    def preview(self, request: Request, slug: str, pk: str) -> Response:
        """What was read, in words, with five samples."""
        return Response(PreviewSerializer(Preview(self.get_object())).data)

    @extend_schema(request=None, responses=BatchDetailSerializer)
    @action(detail=True, methods=["post"], parser_classes=ANY)
    def commit(self, request: Request, slug: str, pk: str) -> Response:
        """Let the records that were read into the review."""
        return self._answer(services.commit_import(batch=self.get_object(), by=self.user))

    @extend_schema(
        operation_id="reviews_imports_commit_several",
        request=CommitSerializer,
        responses=BatchSerializer(many=True),
    )
    @action(detail=False, methods=["post"], url_path="commit", parser_classes=ANY, pagination_class=None)
    def commit_all(self, request: Request, slug: str) -> Response:
        """Several at once: all, or none."""
        wanted = set(self._given(CommitSerializer)["imports"])
        batches = list(self.get_queryset().filter(pk__in=wanted).order_by("pk"))
        if len(batches) < len(wanted):
            missing = ", ".join(str(pk) for pk in sorted(wanted - {batch.pk for batch in batches}))
            raise ValidationError({"imports": [f"There is no import {missing} in this review."]})
        done = services.commit_imports(batches=batches, by=self.user)
        return Response(BatchSerializer(done, many=True).data)

    @extend_schema(request=None, responses=BatchDetailSerializer)
    @action(detail=True, methods=["post"], parser_classes=ANY)
    def discard(self, request: Request, slug: str, pk: str) -> Response:
        """Drop a file that is not in the review."""
        return self._answer(services.discard_import(batch=self.get_object(), by=self.user))

    @extend_schema(request=MoveSerializer, responses=BatchDetailSerializer)
    @action(detail=True, methods=["post"], parser_classes=ANY)
    def move(self, request: Request, slug: str, pk: str) -> Response:
        """Count the file and its records under another search of the review."""
        batch = self.get_object()
        search = self._search(self._given(MoveSerializer)["search"])
        return self._answer(services.move_import(batch=batch, search=search, by=self.user))

    @extend_schema(responses=TableSerializer)
    @action(detail=True, parser_classes=ANY)
    def columns(self, request: Request, slug: str, pk: str) -> Response:
        """Columns, first rows and guess of a table that waits. ``?sheet=`` looks at another sheet."""
        batch = self.get_object()
        services.may_name_columns(batch)
        try:
            table = services.table_in(batch, request.query_params.get("sheet", "")[:100])
        except UnreadableFile as error:
            raise services.CannotImport(str(error)) from error
        offer = services.offer_for(batch, table, self.user)
        return Response(TableSerializer(asdict(table) | {"offer": offer.mapping, "targets": TARGETS}).data)

    @extend_schema(request=NamedColumnsSerializer, responses={202: BatchDetailSerializer})
    @columns.mapping.post
    def name_columns(self, request: Request, slug: str, pk: str) -> Response:
        """Say what the columns hold, and have the table read so."""
        batch = services.remap_import(
            batch=self.get_object(), by=self.user, **self._given(NamedColumnsSerializer)
        )
        return self._answer(batch, status.HTTP_202_ACCEPTED)

    @extend_schema(request=EncodingSerializer, responses={202: BatchDetailSerializer})
    @action(detail=True, methods=["post"], url_path="read-again", parser_classes=ANY)
    def read_again(self, request: Request, slug: str, pk: str) -> Response:
        """Read a file that waits in another encoding."""
        batch = services.reread_import(
            batch=self.get_object(), by=self.user, **self._given(EncodingSerializer)
        )
        return self._answer(batch, status.HTTP_202_ACCEPTED)

    @extend_schema(responses=UndoingSerializer)
    @action(detail=True, url_path="undo", parser_classes=ANY)
    def loss(self, request: Request, slug: str, pk: str) -> Response:
        """What undoing the import would take along."""
        return Response(UndoingSerializer(services.what_undo_loses(self.get_object())).data)

    @extend_schema(request=UndoSerializer, responses=BatchDetailSerializer)
    @loss.mapping.post
    def undo(self, request: Request, slug: str, pk: str) -> Response:
        """Take the records out of the review; ``confirm`` is needed where work of people is lost."""
        return self._answer(
            services.undo_import(batch=self.get_object(), by=self.user, **self._given(UndoSerializer))
        )

    def _given(self, shape: type) -> dict:
        given = shape(data=self.request.data)
        given.is_valid(raise_exception=True)
        return given.validated_data

    def _search(self, pk: int) -> Search:
        search = self.review.searches.filter(pk=pk).first()
        if search is None:
            raise NotFound(NO_SEARCH.format(pk=pk, slug=self.review.slug))
        return search

    def _answer(self, batch: ImportBatch, code: int = status.HTTP_200_OK) -> Response:
        return Response(self.get_serializer(batch).data, status=code)


def _mapping(given: object) -> dict[str, str] | None:
    if given is None:
        return None
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise ValidationError({"mapping": ['Give an object: {"column header": "field"}.']})
    return given
