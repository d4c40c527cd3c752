"""The vocabulary for programs."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from extraction.api.results import ExtractionViewSet
from extraction.models import VocabularyTerm
from extraction.serializers import OfReview
from extraction.services import vocabulary as services
from reviews.permissions import Permission


class TermOut(serializers.ModelSerializer):
    preferred_name = serializers.CharField(source="preferred.name", default="")

    class Meta:
        model = VocabularyTerm
        fields = ["id", "kind", "name", "preferred", "preferred_name"]


class TermIn(serializers.Serializer):
    kind = serializers.ChoiceField(choices=VocabularyTerm.Kind.choices)
    name = serializers.CharField(max_length=200)


class TermNameIn(serializers.Serializer):
    name = serializers.CharField(max_length=200)
    seen = serializers.CharField(required=False, help_text="The name you saw; another one there is refused.")


class TermMergeIn(serializers.Serializer):
    into = OfReview(queryset=VocabularyTerm.objects.all())


class VocabularyViewSet(ExtractionViewSet):
    """Words agreed on for interventions, outcomes, populations and scales."""

    queryset = VocabularyTerm.objects.select_related("preferred", "review")
    serializer_class = TermOut
    permissions = dict.fromkeys(("create", "partial_update", "destroy", "merge", "part"), Permission.EXTRACT)

    @extend_schema(request=TermIn, responses={201: TermOut})
    def create(self, request: Request, slug: str) -> Response:
        term = services.add_term(review=self.review, by=self.user, **self.read(TermIn))
        return self.show(term, status=status.HTTP_201_CREATED)

    @extend_schema(request=TermNameIn, responses=TermOut)
    def partial_update(self, request: Request, slug: str, pk: str) -> Response:
        """Rename a term."""
        return self.show(services.rename_term(term=self.get_object(), by=self.user, **self.read(TermNameIn)))

    def destroy(self, request: Request, slug: str, pk: str) -> Response:
        """Take away a term that nothing uses."""
        services.remove_term(term=self.get_object(), by=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=TermMergeIn, responses=TermOut)
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, slug: str, pk: str) -> Response:
        """Make this term a synonym of another one."""
        term = self.get_object()
        services.merge_term(term=term, by=self.user, **self.read(TermMergeIn))
        return self.show(term)

    @extend_schema(request=None, responses=TermOut)
    @action(detail=True, methods=["post"])
    def part(self, request: Request, slug: str, pk: str) -> Response:
        """Take back that this term is a synonym."""
        return self.show(services.unmerge_term(term=self.get_object(), by=self.user))
