"""Agreement, progress, pilots and checks of exclusions for programs."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission
from screening import pair_tables, services
from screening import round_serializers as forms
from screening.check_tables import result_of, wrongly_excluded
from screening.dashboard import Own, lead_view, own_list
from screening.models import Decision, Round
from screening.serializers import QueueRecordSerializer
from screening.services.stopping import close_sample

ONE_LIST: dict[str, Any] = {"pagination_class": None, "filter_backends": []}


def own_numbers(own: Own) -> dict:
    """One's own list as plain data, for the API and the command."""
    return {
        "stages": [{"stage": stage.value} | asdict(progress) for stage, progress in own.stages],
        "conflicts": {stage.value: number for stage, number in own.conflicts.items()},
        "asked": own.asked,
        "rounds": [{"round": each.pk, "left": left} for each, left in own.rounds],
        "pace": asdict(own.pace) if own.pace else None,
    }


class _Viewset(ReviewViewSet):
    def given(self, kind, data) -> dict:
        serializer = kind(data=data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data


class AgreementViewSet(_Viewset):
    """How well reviewers agree at a stage, in what the reader may see."""

    queryset = Decision.objects.none()
    serializer_class = forms.PairSerializer
    permission = Permission.ADJUDICATE

    @extend_schema(parameters=[forms.AgreementQuery], responses=forms.PairSerializer(many=True))
    def list(self, request: Request, slug: str) -> Response:
        """Each pair of reviewers."""
        return Response(forms.PairSerializer(self._of(pair_tables.pairs), many=True).data)

    @extend_schema(parameters=[forms.AgreementQuery], responses=forms.ManyRatersSerializer)
    @action(detail=False, methods=["get"], **ONE_LIST)
    def overall(self, request: Request, slug: str) -> Response:
        """All reviewers together."""
        return Response(forms.ManyRatersSerializer(self._of(pair_tables.overall)).data)

    @extend_schema(parameters=[forms.AgreementQuery], responses=forms.PairSerializer(many=True))
    @action(detail=False, methods=["get"], url_path="with-model", **ONE_LIST)
    def with_model(self, request: Request, slug: str) -> Response:
        """Each person beside the model; in none of the other numbers."""
        return Response(forms.PairSerializer(self._of(pair_tables.with_model), many=True).data)

    @extend_schema(parameters=[forms.AgreementQuery], responses=forms.PeriodSerializer(many=True))
    @action(detail=False, methods=["get"], **ONE_LIST)
    def periods(self, request: Request, slug: str) -> Response:
        """All reviewers together, by week or month of a record's last vote."""
        return Response(forms.PeriodSerializer(self._of(pair_tables.over_time), many=True).data)

    def _of(self, table):
        asked = self.given(forms.AgreementQuery, self.request.query_params)
        return table(self.membership, asked["stage"], asked["maybe"])


class ProgressViewSet(_Viewset):
    """Where screening stands: one's own list, and for leads the stages and the people."""

    queryset = Decision.objects.none()
    serializer_class = forms.WhereScreeningStandsSerializer
    permission = Permission.VIEW

    @extend_schema(responses=forms.WhereScreeningStandsSerializer)
    def list(self, request: Request, slug: str) -> Response:
        leads = Permission.MANAGE_TEAM in self.membership.may
        found = {
            "own": own_numbers(own_list(self.membership)),
            "lead": lead_view(self.membership) if leads else None,
        }
        return Response(self.get_serializer(found).data)


class RoundViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, _Viewset):
    """Pilots and checks of exclusions that the reader may know of."""

    queryset = Round.objects.none()
    serializer_class = forms.RoundSerializer
    filterset_fields = ["kind", "stage", "state"]
    permissions = (
        dict.fromkeys(("pilot", "check", "discuss", "excuse", "close"), Permission.AMEND_PROTOCOL)
        | dict.fromkeys(("next", "answer", "undo"), Permission.SCREEN)
        | dict.fromkeys(("result", "reopen"), Permission.ADJUDICATE)
    )

    def get_queryset(self):
        return Round.objects.visible_to(self.membership).select_related("review").prefetch_related(
            "people", "excused"
        )  # fmt: skip

    @extend_schema(request=forms.PilotSerializer, responses={201: forms.RoundSerializer})
    @action(detail=False, methods=["post"])
    def pilot(self, request: Request, slug: str) -> Response:
        """Begin a pilot."""
        given = self.given(forms.PilotSerializer, request.data)
        begun = services.begin_pilot(review=self.review, by=self.user, **given)
        return Response(self.get_serializer(begun).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=forms.CheckSerializer, responses={201: forms.RoundSerializer})
    @action(detail=False, methods=["post"])
    def check(self, request: Request, slug: str) -> Response:
        """Begin a check of exclusions."""
        given = self.given(forms.CheckSerializer, request.data)
        begun = services.begin_check(review=self.review, by=self.user, **given)
        return Response(self.get_serializer(begun).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=forms.PartSerializer(many=True))
    @action(detail=True, methods=["get"], **ONE_LIST)
    def parts(self, request: Request, slug: str, pk: str) -> Response:
        """How far each of an open pilot's people is."""
        return Response(
            forms.PartSerializer(services.pilot_parts(self._of(Round.Kind.PILOT)), many=True).data
        )

    @extend_schema(request=None, responses=forms.RoundSerializer)
    @action(detail=True, methods=["post"])
    def discuss(self, request: Request, slug: str, pk: str) -> Response:
        """Open a pilot's votes, all of them in, to its people."""
        return self._answer(services.open_discussion(round=self.get_object(), by=self.user))

    @extend_schema(request=forms.ExcusedSerializer, responses=forms.RoundSerializer)
    @action(detail=True, methods=["post"])
    def excuse(self, request: Request, slug: str, pk: str) -> Response:
        """Wait no longer for somebody's missing votes in a pilot."""
        given = self.given(forms.ExcusedSerializer, request.data)
        return self._answer(services.excuse(round=self.get_object(), by=self.user, **given))

    @extend_schema(request=forms.ClosingSerializer, responses=forms.RoundSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, slug: str, pk: str) -> Response:
        """Pass a pilot or close it as not passed; close a check; end a sample of what is left."""
        given, found = self.given(forms.ClosingSerializer, request.data), self.get_object()
        if found.kind == Round.Kind.SAMPLE:
            return self._answer(close_sample(review=self.review, by=self.user, why=given["why"]))
        if found.kind == Round.Kind.CHECK:
            return self._answer(services.close_check(round=found, by=self.user, why=given["why"]))
        return self._answer(services.close_pilot(round=found, by=self.user, **given))

    @extend_schema(responses=forms.RoundAgreementSerializer)
    @action(detail=True, methods=["get"], **ONE_LIST)
    def agreement(self, request: Request, slug: str, pk: str) -> Response:
        """A pilot's agreement, once its votes were opened."""
        found = self._of(Round.Kind.PILOT)
        if not pair_tables.may_see(self.membership, found):
            raise services.NotAllowed("The votes of this pilot were not opened yet, or not to you.")
        return Response(forms.RoundAgreementSerializer(pair_tables.of_round(found)).data)

    @extend_schema(responses=QueueRecordSerializer(many=True))
    @action(detail=True, methods=["get"], **ONE_LIST)
    def next(self, request: Request, slug: str, pk: str) -> Response:
        """The next twenty records that one has to check."""
        left = services.to_check(self._of(Round.Kind.CHECK), self.user)[:20]
        return Response(QueueRecordSerializer(left, many=True).data)

    @extend_schema(request=forms.AnswerSerializer, responses={204: None})
    @action(detail=True, methods=["post"])
    def answer(self, request: Request, slug: str, pk: str) -> Response:
        """Say of a record whether it should be included."""
        given = self.given(forms.AnswerSerializer, request.data)
        services.cast_check_vote(round=self._of(Round.Kind.CHECK), reviewer=self.user, **given)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, slug: str, pk: str) -> Response:
        """Take back one's latest answer."""
        services.undo_check_vote(round=self._of(Round.Kind.CHECK), reviewer=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=forms.CheckResultSerializer)
    @action(detail=True, methods=["get"], **ONE_LIST)
    def result(self, request: Request, slug: str, pk: str) -> Response:
        """The error rate of a check so far."""
        found = self._of(Round.Kind.CHECK)
        records = wrongly_excluded(found).values_list("record", flat=True)
        numbers = asdict(result_of(found)) | {"records": list(records)}
        return Response(forms.CheckResultSerializer(numbers).data)

    @extend_schema(request=forms.RecordIdSerializer, responses={204: None})
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, slug: str, pk: str) -> Response:
        """Open a record again that a check found wrongly excluded."""
        given = self.given(forms.RecordIdSerializer, request.data)
        services.reopen_checked(round=self._of(Round.Kind.CHECK), by=self.user, **given)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _of(self, kind: str) -> Round:
        found = self.get_object()
        if found.kind != kind:
            raise NotFound
        return found

    def _answer(self, found: Round) -> Response:
        return Response(self.get_serializer(found).data)
