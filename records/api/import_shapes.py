"""What the API says of an imported file, and what it takes."""

from typing import Any, ClassVar

from rest_framework import serializers

from records.models import ImportBatch, Record
from records.services import ENCODINGS

NEEDS: dict[str, Any] = {
    "required": "Say of which search it is a result: the id of one below searches/. Make one first with POST "
    'searches/ {{"source": "MEDLINE"}}.'
}


class BatchSerializer(serializers.ModelSerializer):
    state = serializers.ChoiceField(choices=ImportBatch.State.choices, source="present_state", read_only=True)
    error = serializers.CharField(
        source="job.error", default="", read_only=True, help_text="Why the reading failed, as a sentence."
    )

    class Meta:
        model = ImportBatch
        fields: ClassVar[list[str]] = [
            "id",
            "search",
            "file_name",
            "archive_name",
            "size",
            "sha256",
            "state",
            "check_first",
            "error",
            "format",
            "encoding",
            "sheet",
            "preset",
            "records_read",
            "records_rejected",
            "known",
            "doubled",
            "job",
            "created_at",
            "undone_at",
        ]
        read_only_fields = fields


class RejectedSerializer(serializers.Serializer):
    line = serializers.IntegerField()
    cause = serializers.CharField()
    raw = serializers.CharField()


class BatchDetailSerializer(BatchSerializer):
    """With the entries that could not be read (the first thousand), warnings, and what the columns were named."""

    rejected = RejectedSerializer(many=True, read_only=True)
    warnings = serializers.ListField(child=serializers.CharField(), read_only=True)
    missing = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    mapping = serializers.DictField(child=serializers.CharField(allow_blank=True), read_only=True)

    class Meta(BatchSerializer.Meta):
        fields: ClassVar[list[str]] = [
            *BatchSerializer.Meta.fields,
            "rejected",
            "warnings",
            "missing",
            "mapping",
        ]
        read_only_fields = fields


class MappingField(serializers.DictField):
    """``{column header: field, or blank for none}``; in a form, the same as a JSON text."""

    child = serializers.CharField(allow_blank=True)


class ReadingSerializer(serializers.Serializer):
    """How files are to be read."""

    check_first = serializers.BooleanField(
        default=False, help_text="Read only: the records wait for commit or discard."
    )
    encoding = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=100,
        help_text=f"Overrules the detected one: {', '.join(ENCODINGS)}",
    )


class UploadSerializer(ReadingSerializer):
    file = serializers.FileField(allow_empty_file=True)  # an empty file is refused by the service, by name
    search = serializers.IntegerField(help_text="The search this file is a result of.", error_messages=NEEDS)
    sheet = serializers.CharField(default="", allow_blank=True, max_length=100, help_text="Of a workbook.")
    mapping = serializers.JSONField(
        default=None, help_text="Tables: {column header: field, or blank for none}."
    )


class SeveralSerializer(ReadingSerializer):
    files = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True),
        max_length=100,
        help_text="Zip and gz files are opened.",
    )
    search = serializers.IntegerField(
        help_text="The search these files are results of.", error_messages=NEEDS
    )


class SeveralTakenSerializer(serializers.Serializer):
    imports = BatchSerializer(many=True)
    refused = serializers.ListField(
        child=serializers.CharField(), help_text="A sentence for each refused file."
    )


class CommitSerializer(serializers.Serializer):
    imports = serializers.ListField(child=serializers.IntegerField(), min_length=1, max_length=1000)


class MoveSerializer(serializers.Serializer):
    search = serializers.IntegerField(
        help_text="The search these records are results of.", error_messages=NEEDS
    )


class EncodingSerializer(serializers.Serializer):
    encoding = serializers.CharField(
        allow_blank=True, max_length=100, help_text="Blank for the detected one."
    )


class NamedColumnsSerializer(serializers.Serializer):
    mapping = MappingField()
    sheet = serializers.CharField(default="", allow_blank=True, max_length=100)
    remember = serializers.BooleanField(
        default=True, help_text="Read the next table with these columns so, too."
    )


class TableSerializer(serializers.Serializer):
    columns = serializers.ListField(child=serializers.CharField())
    rows = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    guess = MappingField()
    sure = serializers.BooleanField()
    sheets = serializers.ListField(child=serializers.CharField())
    sheet = serializers.CharField()
    preset = serializers.CharField()
    offer = MappingField(help_text="As named before, here or by you in another review; else the guess.")
    targets = serializers.DictField(child=serializers.CharField(), help_text="{field: its label}")


class SampleSerializer(serializers.ModelSerializer):
    class Meta:
        model = Record
        fields: ClassVar[list[str]] = [
            "position",
            "line",
            "title",
            "authors",
            "year",
            "journal",
            "volume",
            "issue",
            "pages",
            "doi",
            "pmid",
            "abstract",
            "keywords",
            "type",
            "raw",
        ]


class PreviewSerializer(serializers.Serializer):
    """What a person should know of a file before it enters the review."""

    format = serializers.CharField()
    encoding = serializers.CharField()
    records_read = serializers.IntegerField(source="batch.records_read")
    records_rejected = serializers.IntegerField(source="batch.records_rejected")
    hits = serializers.CharField(help_text="Hits reported against records read, as a sentence.")
    complete = serializers.BooleanField(allow_null=True, help_text="As many were read as hits reported.")
    known = serializers.CharField()
    doubled = serializers.CharField()
    missing = serializers.DictField(source="batch.missing", child=serializers.IntegerField())
    warnings = serializers.ListField(source="batch.warnings", child=serializers.CharField())
    samples = SampleSerializer(many=True)


class LossSerializer(serializers.Serializer):
    kind = serializers.CharField()
    count = serializers.IntegerField()
    sentence = serializers.CharField()
    lasting = serializers.BooleanField(help_text="It does not come back with the file.")


class UndoingSerializer(serializers.Serializer):
    records = serializers.IntegerField()
    confirm = serializers.IntegerField(help_text="The number to confirm; 0 when nothing need be.")
    losses = LossSerializer(many=True)


class UndoSerializer(serializers.Serializer):
    confirm = serializers.IntegerField(
        default=None, allow_null=True, min_value=0, help_text="How much is lost, as GET says."
    )
