"""The log of questions to authors, for programs."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from extraction.contacts import log, with_state
from extraction.models import AuthorContact, Result
from extraction.serializers import OfReview
from extraction.services.contacts import ask_authors, change_contact, remind_authors, remove_contact
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission
from screening.models import Study


class ContactOut(serializers.ModelSerializer):
    study_label = serializers.CharField(source="study.label")
    state = serializers.SerializerMethodField(help_text="draft, waiting, due or answered.")

    class Meta:
        model = AuthorContact
        fields = ["id", "study", "study_label", "asked_of", "question", "sent_at", "reminders", "reply"]
        fields += ["replied_at", "value_used", "result", "state", "written_by", "created_at", "version"]

    def get_state(self, contact: AuthorContact) -> str:
        return next(with_state([contact])).state  # type: ignore[attr-defined]


class ContactIn(serializers.Serializer):
    study = OfReview(queryset=Study.objects.all())
    asked_of = serializers.CharField(max_length=200)
    question = serializers.CharField(max_length=10_000)
    sent_at = serializers.DateField(required=False, allow_null=True)
    result = OfReview(queryset=Result.objects.current(), required=False, allow_null=True)


class ContactChangeIn(serializers.Serializer):
    """Send what changes."""

    asked_of = serializers.CharField(max_length=200, required=False)
    question = serializers.CharField(max_length=10_000, required=False)
    sent_at = serializers.DateField(required=False, allow_null=True)
    reply = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    replied_at = serializers.DateField(required=False, allow_null=True)
    value_used = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    result = OfReview(queryset=Result.objects.current(), required=False, allow_null=True)
    seen_version = serializers.IntegerField()


class ReminderIn(serializers.Serializer):
    on = serializers.DateField(required=False, allow_null=True, help_text="Today if not given.")


class ContactViewSet(ListModelMixin, RetrieveModelMixin, ReviewViewSet):
    """Questions to the authors of studies, with reminders, replies and what was used of them."""

    queryset = AuthorContact.objects.none()
    serializer_class = ContactOut
    filterset_fields = ["study", "result"]
    permissions = dict.fromkeys(("create", "partial_update", "destroy", "remind"), Permission.EXTRACT)

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return log().filter(study__review=self.review).order_by("pk")

    @extend_schema(request=ContactIn, responses={201: ContactOut})
    def create(self, request: Request, slug: str) -> Response:
        contact = ask_authors(by=self.user, **self._read(ContactIn))
        return Response(ContactOut(contact).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ContactChangeIn, responses=ContactOut)
    def partial_update(self, request: Request, slug: str, pk: str) -> Response:
        """Change an entry or add the reply; 409 when it changed since ``seen_version``."""
        changes = self._read(ContactChangeIn)
        seen = changes.pop("seen_version")
        contact = change_contact(contact=self.get_object(), by=self.user, seen_version=seen, changes=changes)
        return Response(ContactOut(contact).data)

    def destroy(self, request: Request, slug: str, pk: str) -> Response:
        remove_contact(contact=self.get_object(), by=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=ReminderIn, responses=ContactOut)
    @action(detail=True, methods=["post"])
    def remind(self, request: Request, slug: str, pk: str) -> Response:
        contact = remind_authors(contact=self.get_object(), by=self.user, **self._read(ReminderIn))
        return Response(ContactOut(contact).data)

    def _read(self, serializer: type[serializers.Serializer]) -> dict:
        given = serializer(data=self.request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        return given.validated_data
