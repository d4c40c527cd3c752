"""Replays of what is screened, for programs."""

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from reviews.api_base import ReviewViewSet
from screening.models import Replay, Stage
from screening.services import replays


class ReplayRowSerializer(serializers.ModelSerializer):
    """A replay in a list: the means of its runs, None until they are there."""

    mean = serializers.DictField(
        source="result.mean", allow_null=True, default=None, read_only=True, help_text="Shares in percent."
    )

    class Meta:
        model = Replay
        fields = [
            "id",
            "stage",
            "seed",
            "prior_included",
            "prior_excluded",
            "runs",
            "mean",
            "by",
            "created_at",
        ]
        read_only_fields = fields


class ReplaySerializer(ReplayRowSerializer):
    """With ``result``: the figures of each run, its priors and its curve ([read, found] pairs)."""

    class Meta(ReplayRowSerializer.Meta):
        fields = [*ReplayRowSerializer.Meta.fields, "result"]
        read_only_fields = fields


class ReplayAskSerializer(serializers.Serializer):
    stage = serializers.ChoiceField(Stage.choices, default=Stage.TITLE_ABSTRACT)
    seed = serializers.IntegerField(min_value=0, max_value=replays.MOST_SEED, default=0)
    runs = serializers.IntegerField(min_value=1, max_value=replays.MOST_RUNS, default=5)
    prior_included = serializers.IntegerField(min_value=1, max_value=replays.MOST_PRIORS, default=1)
    prior_excluded = serializers.IntegerField(min_value=1, max_value=replays.MOST_PRIORS, default=1)


class ReplayAskedSerializer(serializers.Serializer):
    replay = serializers.IntegerField()
    job = serializers.IntegerField()


class ReplayViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """What screening in the order of the model would have saved; asked for by who analyses or leads."""

    queryset = Replay.objects.none()
    filterset_fields = ["stage"]

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return Replay.objects.filter(review=self.review)

    def get_serializer_class(self):
        return ReplayRowSerializer if self.action == "list" else ReplaySerializer

    @extend_schema(request=ReplayAskSerializer, responses={202: ReplayAskedSerializer})
    def create(self, request: Request, slug: str) -> Response:
        """Replay the outcomes of a stage in the background."""
        given = ReplayAskSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        made, job = replays.request_replay(review=self.review, by=self.user, **given.validated_data)
        return Response({"replay": made.pk, "job": job.pk}, status=status.HTTP_202_ACCEPTED)
