"""The filter for randomised trials and the votes of a model, for programs."""

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from records.models import Record
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission
from screening import automated
from screening.api.outcomes import valid
from screening.models import AutomaticRemoval, RemovedRecord, VoteLot
from screening.priority.design import RULES, WIDEST
from screening.serializers import OfReview
from screening.services import automation, design_filter, removals
from screening.services.stage_settings import settings_of


class FilterAskedSerializer(serializers.Serializer):
    rule = serializers.ChoiceField(list(RULES), default=WIDEST)
    animals = serializers.BooleanField(default=True, help_text="Take out what is indexed with animals only.")


class FilterAppliedSerializer(FilterAskedSerializer):
    why = serializers.CharField(max_length=1000)


class AutomationJobSerializer(serializers.Serializer):
    job = serializers.IntegerField()


class DesignRemovalSerializer(serializers.ModelSerializer):
    taken = serializers.SerializerMethodField()
    out = serializers.SerializerMethodField(help_text="How many of them are out of screening now.")

    class Meta:
        model = AutomaticRemoval
        fields = [
            "id",
            "number",
            "numbers",
            "sentence",
            "why",
            "by",
            "created_at",
            "undone_by",
            "undone_at",
            "taken",
            "out",
        ]
        read_only_fields = fields

    def get_taken(self, removal: AutomaticRemoval) -> int:
        return removal.removed.count()

    def get_out(self, removal: AutomaticRemoval) -> int:
        return removal.removed.live().count()


class DecidingWordsSerializer(serializers.Serializer):
    record = serializers.IntegerField()
    title = serializers.CharField()
    stays = serializers.BooleanField(help_text="The filter would keep it as its text is now.")
    why = serializers.CharField()


class BringBackSerializer(serializers.Serializer):
    record = OfReview(queryset=Record.objects.all())


class DesignFilterViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Each use of the filter for randomised trials."""

    queryset = AutomaticRemoval.objects.none()
    serializer_class = DesignRemovalSerializer
    permissions = dict.fromkeys(("look", "apply", "undo", "bring_back"), Permission.AMEND_PROTOCOL)

    def get_queryset(self):
        of_filter = AutomaticRemoval.Kind.DESIGN
        return AutomaticRemoval.objects.filter(review=self.review, kind=of_filter).order_by("-pk")

    @extend_schema(request=FilterAskedSerializer, responses={202: AutomationJobSerializer})
    @action(detail=False, methods=["post"])
    def look(self, request: Request, slug: str) -> Response:
        """What it would take out, counted in the background; the counts are the job's result."""
        given = valid(FilterAskedSerializer(data=request.data))
        job = design_filter.request_look(review=self.review, by=self.user, **given)
        return Response({"job": job.pk}, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=FilterAppliedSerializer, responses={202: AutomationJobSerializer})
    @action(detail=False, methods=["post"])
    def apply(self, request: Request, slug: str) -> Response:
        """Take out of screening, in the background, what has no word of a trial and nobody voted on."""
        given = valid(FilterAppliedSerializer(data=request.data))
        job = design_filter.request_filter(review=self.review, by=self.user, **given)
        return Response({"job": job.pk}, status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses=DecidingWordsSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def records(self, request: Request, slug: str, pk: str) -> Response:
        """The records that are out by this use, each with what decided."""
        removal = self.get_object()
        out = removal.removed.live().select_related("record").order_by("record")
        found = design_filter.with_reasons(removal, [row.record for row in out])
        return Response(
            [
                {"record": each.pk, "title": each.title, "stays": said.stays, "why": said.why}
                for each, said in found
            ]
        )

    @extend_schema(request=None, responses=DesignRemovalSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, slug: str, pk: str) -> Response:
        """Bring all of its records back."""
        return Response(self.get_serializer(removals.undo(removal=self.get_object(), by=self.user)).data)

    @extend_schema(request=BringBackSerializer, responses=DesignRemovalSerializer)
    @action(detail=True, methods=["post"], url_path="bring-back")
    def bring_back(self, request: Request, slug: str, pk: str) -> Response:
        """Bring one of its records back."""
        removal = self.get_object()
        given = valid(BringBackSerializer(data=request.data, context=self.get_serializer_context()))
        record = given["record"]
        if not RemovedRecord.objects.live().filter(removal=removal, record=record).exists():
            raise removals.NotRemoved("The record is not out of screening by this use of the filter.")
        removals.bring_back(record=record, by=self.user)
        return Response(self.get_serializer(removal).data)


class RecallSerializer(serializers.Serializer):
    recall = serializers.FloatField(
        default=automation.RECALL, help_text="Share of known inclusions above the threshold."
    )


class ModelVotesSerializer(serializers.Serializer):
    cast = serializers.IntegerField(help_text="Votes of the model that stand.")
    complete = serializers.IntegerField(help_text="Of these, on records whose outcome is told.")
    overruled = serializers.IntegerField(help_text="Of these, on records that are included all the same.")


class ModelRunSerializer(serializers.ModelSerializer):
    class Meta:
        model = VoteLot
        fields = ["id", "vote", "result", "created_at", "undone_at"]
        read_only_fields = fields


class AutomationStateSerializer(serializers.Serializer):
    on = serializers.BooleanField()
    why_not = serializers.CharField(help_text="Why the model may not vote now; empty if it may.")
    included = serializers.IntegerField(help_text="Known inclusions.")
    excluded = serializers.IntegerField(help_text="Known exclusions.")
    votes = ModelVotesSerializer()
    runs = ModelRunSerializer(many=True)
    sentence = serializers.CharField(help_text="For the methods of the report.")


class AutomationViewSet(ReviewViewSet):
    """A model as one of the reviewers of title and abstract; switched on by the stage's settings."""

    queryset = VoteLot.objects.none()
    serializer_class = AutomationStateSerializer
    permissions = dict.fromkeys(("plan", "cast", "withdraw"), Permission.AMEND_PROTOCOL)

    @extend_schema(responses=AutomationStateSerializer)
    def list(self, request: Request, slug: str) -> Response:
        """Whether it may vote, and what it voted."""
        included, excluded = automation.known(self.review)
        state = {
            "on": settings_of(self.review, automation.STAGE).automation_votes,
            "why_not": automation.why_not(self.review),
            "included": included,
            "excluded": excluded,
            "votes": automated.cast_at(self.review, automation.STAGE),
            "runs": automated.lots_at(self.review, automation.STAGE),
            "sentence": automated.sentence(self.review),
        }
        return Response(self.get_serializer(state).data)

    @extend_schema(request=RecallSerializer, responses={202: AutomationJobSerializer})
    @action(detail=False, methods=["post"])
    def plan(self, request: Request, slug: str) -> Response:
        """What it would vote, in the background; the numbers are the job's result."""
        return self._asked(automation.request_plan)

    @extend_schema(request=RecallSerializer, responses={202: AutomationJobSerializer})
    @action(detail=False, methods=["post"])
    def cast(self, request: Request, slug: str) -> Response:
        """Let it vote, in the background."""
        return self._asked(automation.request_votes)

    @extend_schema(request=None, responses={202: AutomationJobSerializer})
    @action(detail=False, methods=["post"])
    def withdraw(self, request: Request, slug: str) -> Response:
        """Take its votes back, in the background, where nobody could learn from that."""
        job = automation.request_withdrawal(review=self.review, by=self.user)
        return Response({"job": job.pk}, status=status.HTTP_202_ACCEPTED)

    def _asked(self, ask) -> Response:
        given = valid(RecallSerializer(data=self.request.data))
        job = ask(review=self.review, by=self.user, **given)
        return Response({"job": job.pk}, status=status.HTTP_202_ACCEPTED)
