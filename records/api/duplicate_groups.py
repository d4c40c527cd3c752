"""Groups of duplicates for programs: each is named by the record that leads it, or by any of its members."""

from django.db.models import Count, Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from records import services
from records.filters import GroupFilter
from records.forms.duplicates import TogetherForm
from records.models import ImportBatch, Record
from records.values import LABELS
from reviews.access import BIGGEST_ID
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission


class GroupMemberSerializer(serializers.ModelSerializer):
    class Meta:
        model = Record
        fields = ["id", "search", "batch", "title", "authors", "year", "doi", "pmid"]
        read_only_fields = fields


class GroupSerializer(serializers.ModelSerializer):
    """``id`` is the record that leads; its blanks were filled from the others as ``filled`` says."""

    size = serializers.SerializerMethodField()
    filled = serializers.DictField(
        child=serializers.IntegerField(), help_text="{field: id of the record that lent it}"
    )
    members = serializers.SerializerMethodField()

    class Meta:
        model = Record
        fields = ["id", "title", "size", "filled", "members"]
        read_only_fields = fields

    def get_size(self, leader: Record) -> int:
        return len(self._members(leader))

    @extend_schema_field(GroupMemberSerializer(many=True))
    def get_members(self, leader: Record) -> list[dict]:
        return list(GroupMemberSerializer(self._members(leader), many=True).data)

    def _members(self, leader: Record) -> list[Record]:
        done = ImportBatch.State.DONE
        return [leader, *(each for each in leader.duplicates.all() if each.batch.state == done)]


class SureSerializer(serializers.Serializer):
    anyway = serializers.BooleanField(default=False, help_text="Also when a settled outcome counts no more.")


class TogetherSerializer(SureSerializer):
    records = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=BIGGEST_ID))
    primary = serializers.IntegerField(
        min_value=1, max_value=BIGGEST_ID, help_text="The one of them that stays."
    )


class ValuesSerializer(serializers.Serializer):
    values = serializers.DictField(
        child=serializers.IntegerField(min_value=1, max_value=BIGGEST_ID),
        help_text=f"{{field: id of the member whose value stands}}; fields are {', '.join(LABELS)}.",
    )


class TakeOutSerializer(serializers.Serializer):
    linked = serializers.BooleanField(default=False, help_text="Another report of the same study.")


class PartedSerializer(serializers.Serializer):
    kept = serializers.IntegerField(help_text="The record that led.")
    members = serializers.ListField(child=serializers.IntegerField())


class GroupViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Records that were merged."""

    queryset = Record.objects.none()
    serializer_class = GroupSerializer
    filterset_class = GroupFilter
    permissions = dict.fromkeys(
        ("create", "lead", "choose_values", "take_out", "dissolve"), Permission.DEDUPLICATE
    )

    def get_queryset(self) -> QuerySet[Record]:
        followers = Count("duplicates", filter=Q(duplicates__batch__state=ImportBatch.State.DONE))
        leaders = self.review.records.unique().annotate(size=followers + 1).filter(size__gt=1)
        return leaders.prefetch_related("duplicates__batch").order_by("-size", "pk")

    def get_object(self) -> Record:
        """Any live record of the review; ``_group`` shows the group it is in."""
        live = self.review.records.live().select_related("duplicate_of", "review")
        return get_object_or_404(live, pk=self.kwargs["pk"])

    def retrieve(self, request: Request, *args, **kwargs) -> Response:
        return self._group(self.get_object())

    @extend_schema(request=TogetherSerializer, responses={201: GroupSerializer})
    def create(self, request: Request, slug: str) -> Response:
        """Merge records by hand; groups that they lead come along. 409 when a settled outcome would leave."""
        given = TogetherSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        chosen = TogetherForm(self.review, given.validated_data).given()
        anyway = given.validated_data["anyway"]
        record = services.merge(review=self.review, by=self.user, anyway=anyway, **chosen)
        return self._group(record, status.HTTP_201_CREATED)

    @extend_schema(request=SureSerializer, responses=GroupSerializer)
    @action(detail=True, methods=["post"])
    def lead(self, request: Request, slug: str, pk: str) -> Response:
        """Let this member stand for its group; 409 when a settled outcome would leave by it."""
        given = SureSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return self._group(
            services.choose_primary(record=self.get_object(), by=self.user, **given.validated_data)
        )

    @extend_schema(request=ValuesSerializer, responses=GroupSerializer)
    @action(detail=True, methods=["post"], url_path="values")
    def choose_values(self, request: Request, slug: str, pk: str) -> Response:
        """Let values of members stand in the record that leads; its own are kept and can be restored."""
        record = self.get_object()
        given = ValuesSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return self._group(services.choose_values(record=record, by=self.user, **given.validated_data))

    @extend_schema(request=TakeOutSerializer, responses=GroupSerializer)
    @action(detail=True, methods=["post"], url_path="take-out")
    def take_out(self, request: Request, slug: str, pk: str) -> Response:
        """This member is no duplicate, or another report of the same study; the group it left is the answer."""
        given = TakeOutSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        record = self.get_object()
        services.split(record=record, by=self.user, **given.validated_data)
        return self._group(record.duplicate_of or record)

    @extend_schema(request=None, responses=PartedSerializer)
    @action(detail=True, methods=["post"])
    def dissolve(self, request: Request, slug: str, pk: str) -> Response:
        """Part the whole group; each of its pairs waits for a decision."""
        event = services.dissolve(record=self.get_object(), by=self.user)
        return Response({"kept": event.detail["kept"], "members": event.detail["members"]})

    def _group(self, record: Record, code: int = status.HTTP_200_OK) -> Response:
        record.refresh_from_db()
        leader = self.review.records.prefetch_related("duplicates__batch").get(
            pk=record.duplicate_of_id or record.pk
        )
        return Response(self.get_serializer(leader).data, status=code)
