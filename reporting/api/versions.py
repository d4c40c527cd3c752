"""Versions, what changed, and public links for programs."""

from dataclasses import asdict

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from reporting.changes import changes_since
from reporting.links import public_link
from reporting.models import PublicPage, Version
from reporting.public import PARTS
from reporting.services.public import publish, revoke_public_page
from reporting.services.versions import close_version, restore_version, withdraw_version
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission


class VersionOut(serializers.ModelSerializer):
    class Meta:
        model = Version
        fields = ["number", "label", "note", "closed_at", "closed_by", "withdrawn_at", "state"]
        read_only_fields = fields


class VersionIn(serializers.Serializer):
    label = serializers.CharField(max_length=120)  # type: ignore[assignment]
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=5000)


class VersionChanges(serializers.Serializer):
    """What is different; ``estimates`` and ``certainty`` with what stayed as well."""

    in_short = serializers.CharField()
    studies_new = serializers.ListField(child=serializers.DictField())
    studies_gone = serializers.ListField(child=serializers.DictField())
    reports_changed = serializers.ListField(child=serializers.ListField())
    estimates = serializers.ListField(child=serializers.DictField())
    certainty = serializers.ListField(child=serializers.DictField())
    flow = serializers.ListField(child=serializers.ListField())


class VersionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Closed versions of the review. Closing and taking back need the permission to publish."""

    permission = Permission.REPORT
    permissions = {
        "create": Permission.PUBLISH,
        "withdraw": Permission.PUBLISH,
        "restore": Permission.PUBLISH,
    }
    serializer_class = VersionOut
    lookup_field = "number"
    lookup_value_regex = r"\d{1,9}"
    queryset = Version.objects.none()

    def get_queryset(self):
        return Version.objects.filter(review=self.review).order_by("number")

    @extend_schema(request=VersionIn, responses={201: VersionOut})
    def create(self, request: Request, slug: str) -> Response:
        given = VersionIn(data=request.data)
        given.is_valid(raise_exception=True)
        version = close_version(review=self.review, by=self.user, **given.validated_data)
        return Response(VersionOut(version).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=VersionOut)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, slug: str, number: str) -> Response:
        version = self.get_object()
        withdraw_version(version=version, by=self.user)
        return Response(VersionOut(version).data)

    @extend_schema(request=None, responses=VersionOut)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, slug: str, number: str) -> Response:
        version = self.get_object()
        restore_version(version=version, by=self.user)
        return Response(VersionOut(version).data)

    @extend_schema(
        parameters=[OpenApiParameter("until", int, description="Another version; now if not given.")],
        responses=VersionChanges,
    )
    @action(detail=True)
    def changes(self, request: Request, slug: str, number: str) -> Response:
        until = request.query_params.get("until", "")
        if until and not (until.isascii() and until.isdecimal() and len(until) < 10):
            raise Http404
        other = get_object_or_404(self.get_queryset(), number=until) if until else None
        found = changes_since(self.get_object(), until=other)
        estimates = [asdict(one) | {"changed": one.changed, "note": one.crossed} for one in found.estimates]
        return Response(asdict(found) | {"estimates": estimates, "in_short": found.in_short})


class PublicPageOut(serializers.ModelSerializer):
    class Meta:
        model = PublicPage
        fields = ["public_id", "label", "parts", "created_by", "created_at", "expires_at", "revoked_at"]
        read_only_fields = fields


class PublicPageIn(serializers.Serializer):
    parts = serializers.ListField(
        child=serializers.ChoiceField(choices=list(PARTS)), min_length=1, max_length=20
    )
    label = serializers.CharField(  # type: ignore[assignment]
        required=False, allow_blank=True, default="", max_length=120
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class PublicPageMade(PublicPageOut):
    """The only answer that has the link: its token is stored nowhere."""

    link = serializers.CharField()

    class Meta(PublicPageOut.Meta):
        fields = [*PublicPageOut.Meta.fields, "link"]
        read_only_fields = fields


class PublicPageViewSet(mixins.ListModelMixin, ReviewViewSet):
    """Public links to a snapshot of the review."""

    permission = Permission.PUBLISH
    serializer_class = PublicPageOut
    lookup_field = "public_id"
    lookup_value_regex = "[0-9a-f-]{36}"
    queryset = PublicPage.objects.none()

    def get_queryset(self):
        return PublicPage.objects.filter(review=self.review).defer("content")

    @extend_schema(request=PublicPageIn, responses={201: PublicPageMade})
    def create(self, request: Request, slug: str) -> Response:
        given = PublicPageIn(data=request.data)
        given.is_valid(raise_exception=True)
        page, token = publish(membership=self.membership, **given.validated_data)
        return Response(
            PublicPageOut(page).data | {"link": public_link(token)}, status=status.HTTP_201_CREATED
        )

    @extend_schema(request=None, responses=PublicPageOut)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, slug: str, public_id: str) -> Response:
        page = self.get_object()
        revoke_public_page(page=page, by=self.user)
        page.refresh_from_db()
        return Response(PublicPageOut(page).data)
