"""Many PDFs, for programs."""

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from records.models import Record
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission
from screening.models import FullText, PdfUpload
from screening.services import NotEligible
from screening.services.open_access import request_open_access
from screening.services.pdfs import Taken, attach_pdf, discard_pdf, read_again, take_pdfs


class PdfUploadSerializer(serializers.ModelSerializer):
    proposals = serializers.SerializerMethodField(help_text="What it may be: [{record, why}], best first.")

    class Meta:
        model = PdfUpload
        fields = [
            "id",
            "file_name",
            "sha256",
            "pages",
            "title",
            "state",
            "way",
            "why_not",
            "record",
            "created_at",
        ]
        fields += ["proposals"]
        extra_kwargs = {
            "state": {"help_text": "waiting, matched, unmatched, refused, replaced or discarded."}
        }

    def get_proposals(self, upload: PdfUpload) -> list[dict[str, int | str]]:
        return [{"record": record, "why": why} for record, why in upload.found.get("proposals", ())]


class PdfsTakenSerializer(serializers.Serializer):
    uploads = PdfUploadSerializer(many=True)
    jobs = serializers.ListField(child=serializers.IntegerField(), help_text="They read and match.")


class PdfsSerializer(serializers.Serializer):
    file = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True),
        help_text="PDFs or zips of PDFs; repeat the field.",
    )


class PdfRecordSerializer(serializers.Serializer):
    record = serializers.IntegerField(min_value=1, help_text="The record whose full text this is.")


class JobsSerializer(serializers.Serializer):
    jobs = serializers.ListField(child=serializers.IntegerField())


class PdfUploadViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin, ReviewViewSet
):
    """PDFs that were brought: matched to a report, waiting for a person's choice, or not taken."""

    queryset = PdfUpload.objects.none()
    serializer_class = PdfUploadSerializer
    filterset_fields = ["state", "record"]
    permission = Permission.MANAGE_FULL_TEXT

    def get_queryset(self):
        return PdfUpload.objects.filter(review=self.review).order_by("pk")

    @extend_schema(request={"multipart/form-data": PdfsSerializer}, responses={202: PdfsTakenSerializer})
    def create(self, request: Request, slug: str) -> Response:
        """Bring PDFs (multipart, field ``file``, repeated); they are read and matched in the background."""
        given = PdfsSerializer(data={"file": request.FILES.getlist("file")})
        given.is_valid(raise_exception=True)
        taken = take_pdfs(review=self.review, files=given.validated_data["file"], by=self.user)
        return Response(self._told(taken), status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=PdfRecordSerializer, responses=PdfUploadSerializer)
    @action(detail=True, methods=["post"])
    def attach(self, request: Request, slug: str, pk: str) -> Response:
        """Put this PDF to a report; an earlier PDF there stays in the history."""
        upload = self.get_object()
        given = PdfRecordSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        record = Record.objects.filter(review=self.review, pk=given.validated_data["record"]).first()
        if record is None:
            raise NotEligible("No record of this review has this number.", field="record")
        attach_pdf(review=self.review, upload=upload, record=record, by=self.user)
        return Response(self.get_serializer(self.get_object()).data)

    def perform_destroy(self, upload: PdfUpload) -> None:
        """Throw a PDF away that belongs to no report."""
        discard_pdf(review=self.review, upload=upload, by=self.user)

    @extend_schema(request=None, responses={202: JobsSerializer})
    @action(detail=False, methods=["post"])
    def read(self, request: Request, slug: str) -> Response:
        """Read again what a failed or cancelled job left."""
        jobs = read_again(review=self.review, by=self.user)
        return Response({"jobs": [job.pk for job in jobs]}, status=status.HTTP_202_ACCEPTED)

    def get_parsers(self):
        if getattr(self, "action_map", {}).get("post") == "create":
            return [MultiPartParser()]
        return super().get_parsers()

    def _told(self, taken: Taken) -> dict:
        uploads = self.get_serializer(taken.uploads, many=True).data
        return {"uploads": uploads, "jobs": [job.pk for job in taken.jobs]}


class OpenAccessSerializer(serializers.ModelSerializer):
    class Meta:
        model = FullText
        fields = ["record", "open_access"]


class OpenAccessViewSet(mixins.ListModelMixin, ReviewViewSet):
    """What Unpaywall said of reports that may be read freely."""

    queryset = FullText.objects.none()
    serializer_class = OpenAccessSerializer
    permission = Permission.MANAGE_FULL_TEXT

    def get_queryset(self):
        found = FullText.objects.current().filter(review=self.review, open_access__open=True)
        return found.order_by("record_id")

    @extend_schema(request=None, responses={202: JobsSerializer})
    def create(self, request: Request, slug: str) -> Response:
        """Ask for all reports without PDF, in the background; refused unless the server allows it."""
        job = request_open_access(review=self.review, by=self.user)
        return Response({"jobs": [job.pk]}, status=status.HTTP_202_ACCEPTED)
