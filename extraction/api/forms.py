"""Extraction forms for programs."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from extraction import services
from extraction.api.results import ExtractionViewSet
from extraction.form_schema import STANDARD, SchemaError, codebook, read_schema
from extraction.form_versions import Move, history_of, outdated
from extraction.models import Extraction, Form, FormVersion
from extraction.serializers import OfReview
from extraction.services.forms import FIRST_SECTIONS
from reviews.permissions import Permission
from screening.models import Study

BUILDING = ["create", "partial_update", "move", "retire", "restore", "begin", "draft", "undo", "add_section"]
BUILDING += ["discard", "pilot", "end_pilot", "publish"]


class FormOut(serializers.ModelSerializer):
    published = serializers.SerializerMethodField()
    open_version = serializers.SerializerMethodField()

    class Meta:
        model = Form
        fields = ["id", "name", "designs", "order", "retired_at", "published", "open_version"]

    def get_published(self, form: Form) -> int | None:
        """The id of the version that studies are extracted with."""
        return form.published.pk if form.published else None

    def get_open_version(self, form: Form) -> int | None:
        """The id of the draft or the pilot."""
        return form.open_version.pk if form.open_version else None


class FormVersionOut(serializers.ModelSerializer):
    faults = serializers.SerializerMethodField()
    seen_version = serializers.IntegerField(source="version", read_only=True)

    class Meta:
        model = FormVersion
        fields = ["id", "form", "number", "state", "seen_version", "note", "pilot_studies"]
        fields += ["made_at", "published_at", "schema", "faults"]

    def get_faults(self, version: FormVersion) -> list[str]:
        """What has to be finished before it can be piloted or published."""
        try:
            read_schema(version.schema)
        except SchemaError as error:
            return [str(fault) for fault in error.faults]
        return []


class FormIn(serializers.Serializer):
    name = serializers.CharField(max_length=120)
    designs = serializers.MultipleChoiceField(choices=Study.Design.choices, default=set)
    sections = serializers.MultipleChoiceField(choices=list(STANDARD), default=set(FIRST_SECTIONS))
    schema = serializers.JSONField(required=False, help_text="The form as JSON, in the place of sections.")


class FormChangeIn(serializers.Serializer):
    name = serializers.CharField(max_length=120, required=False)
    designs = serializers.MultipleChoiceField(choices=Study.Design.choices, required=False)


class FormMoveIn(serializers.Serializer):
    to = serializers.ChoiceField(choices=["up", "down"])


class DraftIn(serializers.Serializer):
    schema = serializers.JSONField(help_text="Sections and fields; it may be unfinished.")
    seen_version = serializers.IntegerField(help_text="The `seen_version` of the draft you changed.")


class DraftSeenIn(serializers.Serializer):
    seen_version = serializers.IntegerField()


class StandardSectionIn(DraftSeenIn):
    key = serializers.ChoiceField(choices=list(STANDARD))


class FormPilotIn(serializers.Serializer):
    studies = OfReview(queryset=Study.objects.all(), many=True, required=False)
    k = serializers.IntegerField(required=False, min_value=1, max_value=1000)
    seed = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)

    def validate(self, data: dict) -> dict:
        if ("k" in data) == bool(data.get("studies")):
            raise serializers.ValidationError("Give either studies or k, how many to draw.")
        return data


class FormPublishIn(DraftSeenIn):
    note = serializers.CharField(required=False, allow_blank=True, max_length=5000, default="")


class TakeOverIn(serializers.Serializer):
    extraction = OfReview(queryset=Extraction.objects.all())
    seen_version = serializers.IntegerField(help_text="The `version` of the extraction.")


class FormVersionViewSet(ExtractionViewSet):
    """The versions of the forms, each with its schema."""

    queryset = FormVersion.objects.select_related("form__review").prefetch_related("pilot_studies")
    serializer_class = FormVersionOut
    path_to_review = "form__review"
    filterset_fields = ("form", "state")

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"], pagination_class=None)
    def codebook(self, request: Request, slug: str, pk: str) -> Response:
        """A row per field: key, label, type, answers, limits, conditions, formula."""
        return Response([entry.to_dict() for entry in codebook(self.get_object().read())])


class FormViewSet(ExtractionViewSet):
    """Extraction forms: make them, draft, pilot and publish versions."""

    queryset = Form.objects.prefetch_related("versions").select_related("review")
    serializer_class = FormOut
    permissions = dict.fromkeys(BUILDING, Permission.AMEND_PROTOCOL) | {"take_over": Permission.EXTRACT}

    @extend_schema(request=FormIn, responses={201: FormOut})
    def create(self, request: Request, slug: str) -> Response:
        """Make a form with its first draft."""
        form = services.create_form(review=self.review, by=self.user, **self.read(FormIn))
        return self.show(form, status=status.HTTP_201_CREATED)

    @extend_schema(request=FormChangeIn, responses=FormOut)
    def partial_update(self, request: Request, slug: str, pk: str) -> Response:
        """Rename a form, say which study designs it is for."""
        form, given = self.get_object(), self.read(FormChangeIn)
        if "name" in given:
            services.rename_form(form=form, name=given["name"], by=self.user)
        if "designs" in given:
            services.set_form_designs(form=form, designs=given["designs"], by=self.user)
        return self.show(form)

    @extend_schema(request=FormMoveIn, responses=FormOut)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, slug: str, pk: str) -> Response:
        """Move a form up or down: a study gets the first that is for its design."""
        return self.show(services.move_form(form=self.get_object(), by=self.user, **self.read(FormMoveIn)))

    @extend_schema(request=None, responses=FormOut)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, slug: str, pk: str) -> Response:
        """Take a form out of use."""
        return self.show(services.retire_form(form=self.get_object(), by=self.user))

    @extend_schema(request=None, responses=FormOut)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, slug: str, pk: str) -> Response:
        """Use a retired form again."""
        return self.show(services.restore_form(form=self.get_object(), by=self.user))

    @extend_schema(request=None, responses={200: FormVersionOut})
    @action(detail=True, methods=["post"])
    def begin(self, request: Request, slug: str, pk: str) -> Response:
        """Begin the next version, which starts as the latest; gives the present draft if there is one."""
        return self.version(services.begin_draft(form=self.get_object(), by=self.user))

    @extend_schema(request=DraftIn, responses=FormVersionOut)
    @action(detail=True, methods=["put"])
    def draft(self, request: Request, slug: str, pk: str) -> Response:
        """Put a schema in the place of the draft; 409 when it changed since `seen_version`."""
        given = self.read(DraftIn)
        return self.version(services.save_draft(version=self.open_version(), by=self.user, **given))

    @extend_schema(request=DraftSeenIn, responses=FormVersionOut)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, slug: str, pk: str) -> Response:
        """Take back the last change of the draft."""
        given = self.read(DraftSeenIn)
        return self.version(services.undo_edit(version=self.open_version(), by=self.user, **given))

    @extend_schema(request=StandardSectionIn, responses=FormVersionOut)
    @action(detail=True, methods=["post"], url_path="add-section")
    def add_section(self, request: Request, slug: str, pk: str) -> Response:
        """Add a ready-made section at the end of the draft."""
        given = self.read(StandardSectionIn)
        return self.version(services.add_standard_section(version=self.open_version(), by=self.user, **given))

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def discard(self, request: Request, slug: str, pk: str) -> Response:
        """Throw the draft away; what is published stays."""
        services.discard_draft(version=self.open_version(), by=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=FormPilotIn, responses=FormVersionOut)
    @action(detail=True, methods=["post"])
    def pilot(self, request: Request, slug: str, pk: str) -> Response:
        """Try the draft on studies, given or drawn (`k`, `seed`)."""
        given = self.read(FormPilotIn)
        return self.version(services.start_pilot(version=self.open_version(), by=self.user, **given))

    @extend_schema(request=None, responses=FormVersionOut)
    @action(detail=True, methods=["post"], url_path="end-pilot")
    def end_pilot(self, request: Request, slug: str, pk: str) -> Response:
        """End the pilot; gives the draft to go on with."""
        return self.version(services.end_pilot(version=self.open_version(), by=self.user))

    @extend_schema(request=FormPublishIn, responses=FormVersionOut)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, slug: str, pk: str) -> Response:
        """Publish the draft or the pilot; from then on it never changes."""
        given = self.read(FormPublishIn)
        return self.version(services.publish_form(version=self.open_version(), by=self.user, **given))

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"], pagination_class=None)
    def changes(self, request: Request, slug: str, pk: str) -> Response:
        """What each version changed, and what moving extractions to the newest one would do."""
        form = self.get_object()
        versions = list(form.versions.select_related("form"))
        newest = max(versions, key=lambda version: version.number)
        told = [
            {"version": version.number, "changes": [change.sentence for change in said]}
            for version, said in history_of(versions)
        ]
        moves = outdated(form, newest, self.membership)
        return Response({"versions": told, "outdated": [_move(move) for move in moves]})

    @extend_schema(request=TakeOverIn, responses=OpenApiTypes.OBJECT)
    @action(detail=False, methods=["post"], url_path="take-over")
    def take_over(self, request: Request, slug: str) -> Response:
        """Move an extraction to the newest form of its study; tells what came along and what did not."""
        given = self.read(TakeOverIn)
        seen = Extraction.objects.visible_to(self.membership).filter(pk=given["extraction"].pk)
        if not seen.exists():
            raise NotFound("There is no such extraction.")
        return Response(_move(services.take_over_form_version(by=self.user, **given)))

    def open_version(self) -> FormVersion:
        versions = FormVersion.objects.open().select_related("form__review")
        return get_object_or_404(versions, form=self.get_object())

    def version(self, version: FormVersion) -> Response:
        return Response(FormVersionOut(version, context=self.get_serializer_context()).data)


def _move(move: Move) -> dict:
    return {
        "extraction": move.extraction.pk,
        "study": move.extraction.study_id,
        "version": move.version.number,
        "lacks": [{"field": one.key, "required": one.required} for one in move.lacks],
        "left": [
            {"field": one.field, "row": one.row, "value": one.words, "why": one.why} for one in move.left
        ],
    }
