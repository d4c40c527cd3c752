"""The order of a stage for programs: what it was learned from, learning it anew, as a file, and why a record is where
it is."""

from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from records.models import Record
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission
from screening import ranked
from screening.models import Ranking, Stage
from screening.services import NotAllowed, NotEligible, rankings
from screening.services.stage_settings import settings_of


class WeightSerializer(serializers.Serializer):
    term = serializers.CharField()
    weight = serializers.FloatField(help_text="Positive speaks for inclusion.")


class StageRankingSerializer(serializers.Serializer):
    stage = serializers.ChoiceField(Stage.choices)
    order = serializers.CharField(help_text="The order that the stage's settings ask for.")
    kind = serializers.ChoiceField(
        Ranking.Kind.choices, allow_null=True, help_text="null: nothing is ranked yet."
    )
    start = serializers.CharField(
        allow_null=True,
        help_text="What speaks: decisions, the words of the protocol, a file, or nothing yet.",
    )
    own = serializers.BooleanField(help_text="Your own votes that nobody else may know yet are in it.")
    ranked = serializers.IntegerField(help_text="Records that it puts in an order.")
    labelled = serializers.IntegerField(help_text="Decisions that it was learned from.")
    included = serializers.IntegerField(help_text="How many of these are inclusions.")
    model = serializers.CharField()
    seed = serializers.IntegerField()
    learned_at = serializers.DateTimeField(allow_null=True)
    terms = WeightSerializer(many=True, help_text="Those that weigh most.")


class RankingJobSerializer(serializers.Serializer):
    job = serializers.IntegerField()


class RankingFileSerializer(serializers.Serializer):
    file = serializers.FileField()


class TakenRankingSerializer(serializers.Serializer):
    ranked = serializers.IntegerField()
    rows = serializers.IntegerField()
    unknown = serializers.ListField(
        child=serializers.CharField(), help_text="Rows of no record of this review."
    )
    unknown_count = serializers.IntegerField()


class ExplanationQuery(serializers.Serializer):
    record = serializers.IntegerField(min_value=1)


class ExplanationSerializer(serializers.Serializer):
    record = serializers.IntegerField()
    score = serializers.FloatField(allow_null=True)
    terms = WeightSerializer(many=True)
    sentence = serializers.CharField(help_text="How exact the terms are, or why there are none.")


class RankingViewSet(ReviewViewSet):
    """The orders of both stages, by the name of the stage, as the signed-in person is given them."""

    queryset = Ranking.objects.none()
    serializer_class = StageRankingSerializer
    lookup_field = "stage"
    lookup_value_regex = "[a-z_]+"
    permissions = {"take_file": Permission.AMEND_PROTOCOL, "order_file": Permission.EXPORT}

    @extend_schema(responses=StageRankingSerializer(many=True))
    def list(self, request: Request, slug: str) -> Response:
        return Response([self._shown(stage) for stage in Stage])

    def retrieve(self, request: Request, slug: str, stage: str) -> Response:
        return Response(self._shown(_stage(stage)))

    @extend_schema(request=None, responses={202: RankingJobSerializer})
    @action(detail=True, methods=["post"])
    def learn(self, request: Request, slug: str, stage: str) -> Response:
        """Learn the order anew, in the background: for who screens or leads."""
        job = rankings.request_ranking(review=self.review, stage=_stage(stage), by=self.user)
        return Response({"job": job.pk}, status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses={200: dict})
    @action(detail=True, methods=["get"], url_path="file")
    def order_file(self, request: Request, slug: str, stage: str) -> JsonResponse:
        """All of the ranking as JSON: order, scores, labels, model, seed, versions. Where scores are shown, or to who
        leads."""
        self._require_scores(stage)
        found = ranked.shown_to(self.review, _stage(stage), self.user)
        if found is None:
            raise NotEligible("Nothing is ranked yet at this stage.")
        return JsonResponse(rankings.export_ranking(found))

    @extend_schema(
        request={"multipart/form-data": RankingFileSerializer}, responses={201: TakenRankingSerializer}
    )
    @order_file.mapping.post
    def take_file(self, request: Request, slug: str, stage: str) -> Response:
        """Take the order of a file (multipart, field ``file``): one of ours, or a table with a place or a score."""
        given = RankingFileSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        file = given.validated_data["file"]
        made = rankings.import_ranking(
            review=self.review, stage=_stage(stage), by=self.user, name=file.name, data=file.read()
        )
        return Response(TakenRankingSerializer(made.about).data, status=status.HTTP_201_CREATED)

    @extend_schema(parameters=[ExplanationQuery], responses=ExplanationSerializer)
    @action(detail=True, methods=["get"])
    def explain(self, request: Request, slug: str, stage: str) -> Response:
        """Which terms moved a record. Where scores are shown, or to who leads."""
        self._require_scores(stage)
        asked = ExplanationQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        unique = Record.objects.unique().filter(review=self.review)
        record = get_object_or_404(unique, pk=asked.validated_data["record"])
        found = ranked.explain(self.review, _stage(stage), self.user, record)
        told = {"record": record.pk, "score": found.score, "sentence": found.sentence}
        return Response(told | {"terms": _terms(found.terms)})

    def get_parsers(self):
        if getattr(self, "action_map", {}).get("post") == "take_file":
            return [MultiPartParser()]
        return super().get_parsers()

    def _require_scores(self, stage: str) -> None:
        if not ranked.may_see_scores(self.membership, _stage(stage)):
            raise NotAllowed("Scores are hidden at this stage, so that they do not sway who screens.")

    def _shown(self, stage: Stage) -> dict:
        found = ranked.shown_to(self.review, stage, self.user)
        about = found.about if found else {}
        return {
            "stage": stage,
            "order": settings_of(self.review, stage).order,
            "kind": found.kind if found else None,
            "start": about.get("start"),
            "own": bool(found and found.reviewer_id),
            "ranked": about.get("ranked", 0),
            "labelled": found.n_labelled if found else 0,
            "included": found.n_included if found else 0,
            "model": found.model if found else "",
            "seed": found.seed if found else 0,
            "learned_at": found.created_at if found else None,
            "terms": _terms(about.get("terms", [])),
        }


def _terms(pairs) -> list[dict]:
    return [{"term": term, "weight": weight} for term, weight in pairs]


def _stage(name: str) -> Stage:
    if name not in Stage.values:
        raise Http404(f"There is no stage {name}.")
    return Stage(name)
