"""How each stage is worked, for programs."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from reviews.api_base import ReviewViewSet
from reviews.models import Review
from reviews.permissions import Permission
from screening import services
from screening.models import Stage, StageSettings
from screening.services.recounting import affected
from screening.services.stage_settings import settings_of, values_of, with_changes


class StageSettingsSerializer(serializers.ModelSerializer):
    quorum = serializers.IntegerField(min_value=1, max_value=9)
    maybe = serializers.ChoiceField(Review.MaybeRule.choices, required=False, help_text="Title and abstract.")
    reasons_must_agree = serializers.BooleanField()
    must_screen = serializers.ListField(child=serializers.IntegerField(), help_text="Ids of users.")
    may_resolve = serializers.ListField(child=serializers.IntegerField(), help_text="Ids of users.")
    why = serializers.CharField(required=False, write_only=True, allow_blank=True, max_length=1000)

    class Meta:
        model = StageSettings
        fields = [
            "stage",
            "quorum",
            "agreement",
            "maybe",
            "reason_required",
            "reasons_must_agree",
            "hold_minutes",
            "third_person",
            "names_hidden",
            "may_resolve",
            "must_screen",
            "assigned_only",
            "claim_minutes",
            "due_on",
            "authors_hidden",
            "journal_hidden",
            "labels_hidden",
            "ask_criteria",
            "criteria_needed",
            "order",
            "random_share",
            "order_seed",
            "scores_shown",
            "automation_votes",
            "why",
        ]
        read_only_fields = ["stage"]


class AffectedSerializer(serializers.Serializer):
    reopened = serializers.IntegerField(help_text="Complete records that would wait for votes again.")
    disputed = serializers.IntegerField(help_text="Complete records that would be conflicts.")
    turned = serializers.IntegerField(help_text="Complete records with another outcome or reason.")
    counted = serializers.IntegerField(help_text="Waiting records that would have all their votes.")
    resolved = serializers.IntegerField(help_text="Conflicts you see that would be complete.")
    dropped = serializers.IntegerField(help_text="Conflicts you see that would wait for votes again.")
    kept = serializers.IntegerField(
        help_text="Included records that stay as they are: a PDF, full-text votes or data rest on them."
    )


class StageSettingsViewSet(ReviewViewSet):
    """The settings of both stages, by the name of the stage."""

    queryset = StageSettings.objects.none()
    serializer_class = StageSettingsSerializer
    lookup_field = "stage"
    lookup_value_regex = "[a-z_]+"
    permissions = dict.fromkeys(("partial_update", "preview"), Permission.AMEND_PROTOCOL)

    @extend_schema(responses=StageSettingsSerializer(many=True))
    def list(self, request: Request, slug: str) -> Response:
        return Response([self._shown(stage) for stage in Stage])

    def retrieve(self, request: Request, slug: str, stage: str) -> Response:
        return Response(self._shown(_stage(stage)))

    def partial_update(self, request: Request, slug: str, stage: str) -> Response:
        """Change settings; votes that were cast are counted anew by ``verdicts/recount/``."""
        stage = _stage(stage)
        changes = self._changes(request)
        why = changes.pop("why", "")
        services.change_stage_settings(
            review=self.review, stage=stage, changes=changes, by=self.user, why=why
        )
        return Response(self._shown(stage))

    @extend_schema(request=StageSettingsSerializer, responses=AffectedSerializer)
    @action(detail=True, methods=["post"])
    def preview(self, request: Request, slug: str, stage: str) -> Response:
        """What counting by these settings would do to the records; nothing is saved."""
        changes = self._changes(request)
        changes.pop("why", None)
        effect = affected(self.membership, *with_changes(self.review, _stage(stage), changes))
        return Response(AffectedSerializer(effect).data)

    def _changes(self, request: Request) -> dict:
        sent = self.get_serializer(data=request.data, partial=True)
        sent.is_valid(raise_exception=True)
        return dict(sent.validated_data)

    def _shown(self, stage: str) -> dict:
        review = Review.objects.get(pk=self.review.pk)
        return {"stage": str(stage)} | values_of(review, settings_of(review, stage))


def _stage(name: str) -> Stage:
    if name not in Stage.values:
        raise Http404(f"There is no stage “{name}”.")
    return Stage(name)
