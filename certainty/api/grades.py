"""One's own ratings for programs, and those one may see."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from certainty import services
from certainty.api.serializers import (
    AcceptSuggestionIn,
    GradeOut,
    GradeStandOut,
    GradeStartIn,
    RateIn,
    SeenDomainIn,
    SeenGradeIn,
)
from certainty.filters import GradeFilter
from certainty.models import Grade
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission


class GradeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Ratings the signed-in member may see: their own, agreed ones, and colleagues' once they can be compared."""

    queryset = Grade.objects.none()
    serializer_class = GradeOut
    filterset_class = GradeFilter
    permissions = dict.fromkeys(
        ("destroy", "rate", "unrate", "accept", "start", "look_again", "complete", "reopen"), Permission.GRADE
    )

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        visible = Grade.objects.visible_to(self.membership)
        related = ("rater", "finding__outcome", "finding__plan", "finding__review")
        visible = visible.select_related(*related).prefetch_related("steps")
        return visible.defer("evidence") if self.action == "list" else visible

    @extend_schema(responses=GradeStandOut)
    def retrieve(self, request: Request, slug: str, pk: str) -> Response:
        """A rating, what changed in the data since, and what is unusual about it."""
        return Response(GradeStandOut(self.get_object()).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, slug: str, pk: str) -> Response:
        """Take back one's own draft; it stays in the history."""
        services.discard_grade(grade=self.get_object(), by=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=RateIn, responses=GradeOut)
    @action(detail=True, methods=["post"])
    def rate(self, request: Request, slug: str, pk: str) -> Response:
        """Say by how many levels a domain changes the certainty of one's own draft, and why."""
        return self._tell(services.rate(grade=self.get_object(), by=self.user, **self._read(RateIn)))

    @extend_schema(request=SeenDomainIn, responses=GradeOut)
    @action(detail=True, methods=["post"])
    def unrate(self, request: Request, slug: str, pk: str) -> Response:
        """Take back what was said of a domain."""
        return self._tell(services.unrate(grade=self.get_object(), by=self.user, **self._read(SeenDomainIn)))

    @extend_schema(request=AcceptSuggestionIn, responses=GradeOut)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, slug: str, pk: str) -> Response:
        """Accept what the data suggest for a domain, or for all that are not rated yet."""
        given = self._read(AcceptSuggestionIn)
        if "domain" in given:
            return self._tell(services.accept_suggestion(grade=self.get_object(), by=self.user, **given))
        seen = given["seen_version"]
        return self._tell(
            services.accept_suggestions(grade=self.get_object(), by=self.user, seen_version=seen)
        )

    @extend_schema(request=GradeStartIn, responses=GradeOut)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, slug: str, pk: str) -> Response:
        """Say where the rating starts; another start than the designs suggest needs a reason."""
        return self._tell(
            services.set_start(grade=self.get_object(), by=self.user, **self._read(GradeStartIn))
        )

    @extend_schema(request=SeenGradeIn, responses=GradeOut)
    @action(detail=True, methods=["post"], url_path="look-again")
    def look_again(self, request: Request, slug: str, pk: str) -> Response:
        """Put today's evidence under one's own draft."""
        return self._tell(
            services.look_again(grade=self.get_object(), by=self.user, **self._read(SeenGradeIn))
        )

    @extend_schema(request=SeenGradeIn, responses=GradeOut)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, slug: str, pk: str) -> Response:
        """Hand in one's own rating."""
        return self._tell(
            services.complete_grade(grade=self.get_object(), by=self.user, **self._read(SeenGradeIn))
        )

    @extend_schema(request=None, responses=GradeOut)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, slug: str, pk: str) -> Response:
        """A new draft in place of one's own complete rating, with its steps."""
        return self._tell(services.reopen_grade(grade=self.get_object(), by=self.user))

    def _read(self, form: type[serializers.Serializer]) -> dict[str, Any]:
        given = form(data=self.request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        return given.validated_data

    def _tell(self, grade: Grade) -> Response:
        return Response(GradeOut(grade).data)
