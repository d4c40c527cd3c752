"""Which tools a review uses, and tools of its own, for programs."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from appraisal import services
from appraisal.api.serializers import (
    AddToolIn,
    ToolChangeIn,
    ToolDesignsIn,
    ToolDraftIn,
    ToolOut,
    ToolPublishIn,
)
from appraisal.models import ReviewTool, ToolVersion
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission


class ReviewToolViewSet(ListModelMixin, RetrieveModelMixin, ReviewViewSet):
    """The tools this review chose, and every version of its own ones. None chosen: every built-in tool is offered."""

    queryset = ReviewTool.objects.none()
    serializer_class = ToolOut
    lookup_field = "key"
    lookup_url_kwarg = "tool"
    lookup_value_regex = r"[A-Za-z0-9_-]+"
    pagination_class = None
    filter_backends = []
    permissions = {
        "create": Permission.AMEND_PROTOCOL,
        "partial_update": Permission.AMEND_PROTOCOL,
        "retire": Permission.AMEND_PROTOCOL,
        "begin_draft": Permission.AMEND_PROTOCOL,
        "draft": Permission.AMEND_PROTOCOL,
        "discard_draft": Permission.AMEND_PROTOCOL,
        "publish": Permission.AMEND_PROTOCOL,
    }

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return ReviewTool.objects.filter(review=self.review).prefetch_related("versions")

    @extend_schema(request=AddToolIn, responses={201: ToolOut})
    def create(self, request: Request, slug: str) -> Response:
        """Choose a tool, or offer a retired one again."""
        row = services.add_tool(review=self.review, by=self.user, **self._read(AddToolIn))
        return self._tell(row.key, status=status.HTTP_201_CREATED)

    @extend_schema(request=ToolDesignsIn, responses=ToolOut)
    def partial_update(self, request: Request, slug: str, tool: str) -> Response:
        """Say for which study designs the tool is."""
        key = self.get_object().key
        services.set_designs(review=self.review, key=key, by=self.user, **self._read(ToolDesignsIn))
        return self._tell(key)

    @extend_schema(request=None, responses=ToolOut)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, slug: str, tool: str) -> Response:
        """Stop offering the tool; assessments made with it stay."""
        key = self.get_object().key
        services.retire_tool(review=self.review, key=key, by=self.user)
        return self._tell(key)

    @extend_schema(request=ToolDraftIn, responses={201: ToolOut})
    @action(detail=False, methods=["post"], url_path="drafts")
    def begin_draft(self, request: Request, slug: str) -> Response:
        """Begin a tool of one's own, or the next version of one."""
        version = services.draft_tool(review=self.review, by=self.user, **self._read(ToolDraftIn))
        return self._tell(version.tool.key, status=status.HTTP_201_CREATED)

    @extend_schema(request=ToolChangeIn, responses=ToolOut)
    @action(detail=True, methods=["put"])
    def draft(self, request: Request, slug: str, tool: str) -> Response:
        """Write the draft of the tool anew."""
        version = services.change_draft(version=self._draft(), by=self.user, **self._read(ToolChangeIn))
        return self._tell(version.tool.key)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"], url_path="discard-draft")
    def discard_draft(self, request: Request, slug: str, tool: str) -> Response:
        """Throw the draft away, and the tool with it if it was never published."""
        services.discard_draft(version=self._draft(), by=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=ToolPublishIn, responses=ToolOut)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, slug: str, tool: str) -> Response:
        """Publish the draft: new assessments use it, older ones are outdated."""
        version = services.publish_tool(version=self._draft(), by=self.user, **self._read(ToolPublishIn))
        return self._tell(version.tool.key)

    def _draft(self) -> ToolVersion:
        return get_object_or_404(self.get_object().versions.drafts().select_related("tool__review"))

    def _read(self, serializer: type[serializers.Serializer]) -> dict:
        given = serializer(data=self.request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        return given.validated_data

    def _tell(self, key: str, **kwargs) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(key=key)).data, **kwargs)
