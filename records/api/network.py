"""Searching PubMed and following citations for programs."""

from typing import ClassVar

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from records import services
from records.api.duplicates import QueuedSerializer
from records.models import Search
from records.services.from_network import DIRECTIONS
from reviews.api_base import ReviewViewSet
from reviews.models import Job
from reviews.permissions import Permission


class SwitchSerializer(serializers.Serializer):
    on = serializers.BooleanField()
    detail = serializers.CharField(help_text="Who can switch it on; empty when it is on.")


class PubMedSerializer(serializers.Serializer):
    """A new query, or a search that was fetched before."""

    query = serializers.CharField(required=False)
    platform = serializers.CharField(
        required=False, max_length=120, help_text="Tells several searches of PubMed apart."
    )
    search = serializers.IntegerField(required=False, help_text="Id of a fetched search to run again.")
    check_first = serializers.BooleanField(default=True, help_text="Wait for a person before importing.")

    def validate(self, given: dict) -> dict:
        if ("query" in given) == ("search" in given):
            raise serializers.ValidationError(
                "Send query (a new search) or search (the id of one to run again)."
            )
        return given


class CitationsSerializer(serializers.Serializer):
    records = serializers.ListField(child=serializers.IntegerField(), required=False, default=list)
    dois = serializers.ListField(child=serializers.CharField(), required=False, default=list)
    directions = serializers.ListField(
        child=serializers.ChoiceField(choices=list(DIRECTIONS)), required=False, default=list(DIRECTIONS)
    )
    check_first = serializers.BooleanField(default=True, help_text="Wait for a person before importing.")


class NetworkViewSet(ReviewViewSet):
    """Imports over the network, when the server allows them."""

    permissions: ClassVar[dict[str, Permission]] = dict.fromkeys(("pubmed", "citations"), Permission.IMPORT)
    queryset = Search.objects.none()
    serializer_class = SwitchSerializer
    pagination_class = None
    filterset_class = None

    @extend_schema(responses=SwitchSerializer)
    def list(self, request: Request, slug: str) -> Response:
        on = services.network_is_on()
        return Response({"on": on, "detail": "" if on else services.NETWORK_OFF})

    @extend_schema(request=PubMedSerializer, responses={202: QueuedSerializer})
    @action(detail=False, methods=["post"])
    def pubmed(self, request: Request, slug: str) -> Response:
        """Search PubMed, or run a search again; the job's result says what came of it."""
        serializer = PubMedSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        if "search" in given:
            search = get_object_or_404(self.review.searches.select_related("review"), pk=given.pop("search"))
            given.pop("platform", None)
            return self._queued(services.request_pubmed_again(search=search, by=self.user, **given))
        return self._queued(services.request_pubmed(review=self.review, by=self.user, **given))

    @extend_schema(request=CitationsSerializer, responses={202: QueuedSerializer})
    @action(detail=False, methods=["post"])
    def citations(self, request: Request, slug: str) -> Response:
        """Fetch what papers cite and what cites them."""
        given = CitationsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return self._queued(
            services.request_citations(review=self.review, by=self.user, **given.validated_data)
        )

    def _queued(self, job: Job) -> Response:
        return Response({"job": job.pk, "state": job.state}, status=status.HTTP_202_ACCEPTED)
