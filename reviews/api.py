"""The verbs of this room for programs."""

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from reviews import services
from reviews.access import find_membership
from reviews.api_base import ReviewViewSet
from reviews.filters import EventFilter
from reviews.mail import invitation_link
from reviews.models import AuditEvent, Criterion, ExclusionReason, Job, Membership, Outcome, Review
from reviews.permissions import ROLE_LABELS, Permission

WHY = "Why this is changed; kept in the history."


class ReviewSerializer(serializers.ModelSerializer):
    class Meta:
        model = Review
        fields = ["slug", "protocol_version", "created_at", *services.PROTOCOL_FIELDS]
        read_only_fields = ["slug", "protocol_version", "created_at"]


class ReviewOpenSerializer(serializers.Serializer):
    title = serializers.CharField(max_length=300)
    slug = serializers.SlugField(max_length=80, required=False, default="")
    question = serializers.CharField(required=False, default="", allow_blank=True)


class WithWhy(serializers.Serializer):
    why = serializers.CharField(required=False, write_only=True, allow_blank=True, help_text=WHY)


class ReviewAmendSerializer(WithWhy, ReviewSerializer):
    class Meta(ReviewSerializer.Meta):
        fields = [*ReviewSerializer.Meta.fields, "why"]


class ReasonOfReview(serializers.PrimaryKeyRelatedField):
    """An exclusion reason by its id, of the review in the address only."""

    def get_queryset(self):
        review = self.context.get("review")
        return review.exclusion_reasons.all() if review else ExclusionReason.objects.none()


class CriterionSerializer(WithWhy, serializers.ModelSerializer):
    reason = ReasonOfReview(allow_null=True, required=False)

    class Meta:
        model = Criterion
        fields = ["id", "kind", "element", "text", "reason", "order", "retired_at", "why"]
        read_only_fields = ["id", "order", "retired_at"]


class ReasonSerializer(WithWhy, serializers.ModelSerializer):
    class Meta:
        model = ExclusionReason
        fields = ["id", "label", "order", "retired_at", "why"]
        read_only_fields = ["id", "order", "retired_at"]


class OutcomeSerializer(WithWhy, serializers.ModelSerializer):
    time_points = serializers.ListField(child=serializers.CharField(max_length=120), required=False)

    class Meta:
        model = Outcome
        fields = [
            "id",
            "name",
            "kind",
            "domain",
            "scale",
            "direction",
            "scale_low",
            "scale_high",
            "unit",
            "time_point",
            "time_points",
            "minimal_important_difference",
            "is_primary",
            "order",
            "why",
        ]
        read_only_fields = ["id", "order"]


class OrderSerializer(serializers.Serializer):
    ids = serializers.ListField(
        child=serializers.IntegerField(), help_text="Every id in use, in the new order."
    )


class MemberSerializer(serializers.ModelSerializer):
    name = serializers.CharField(source="user.name", read_only=True)
    email = serializers.SerializerMethodField(help_text="Only for those who manage the team.")

    class Meta:
        model = Membership
        fields = ["id", "name", "email", "role", "joined_at", "left_at"]
        read_only_fields = ["id", "joined_at", "left_at"]

    def get_email(self, member: Membership) -> str:
        may = self.context["membership"].may
        return member.user.email if Permission.MANAGE_TEAM in may else ""


class OpenWorkSerializer(serializers.Serializer):
    sentences = serializers.ListField(child=serializers.CharField())


class InvitationSerializer(serializers.Serializer):
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=[(role.value, label) for role, label in ROLE_LABELS.items()])
    link = serializers.CharField(read_only=True, help_text="Shown only in this answer.")
    expires_at = serializers.DateTimeField(read_only=True)
    emailed_at = serializers.DateTimeField(read_only=True, allow_null=True)


class EventSerializer(serializers.ModelSerializer):
    actor = serializers.CharField(source="actor_name")
    target = serializers.CharField(source="target_label")

    class Meta:
        model = AuditEvent
        fields = ["id", "at", "actor", "verb", "target_type", "target_id", "target", "sentence", "detail"]


class JobSerializer(serializers.ModelSerializer):
    class Meta:
        model = Job
        fields = [
            "id",
            "task",
            "label",
            "state",
            "done",
            "total",
            "percent",
            "message",
            "error",
            "result",
            "attempts",
            "cancel_requested",
            "created_at",
            "started_at",
            "finished_at",
        ]
        read_only_fields = fields

    percent = serializers.IntegerField(read_only=True)


@extend_schema_view(partial_update=extend_schema(request=ReviewAmendSerializer, responses=ReviewSerializer))
class ReviewsViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """The person's own reviews; a review is found through its memberships, as on the pages."""

    serializer_class = ReviewSerializer
    queryset = Review.objects.none()
    lookup_field = "slug"
    lookup_value_regex = r"[-\w]+"

    def get_queryset(self):
        return Review.objects.of(self.request.user)

    @extend_schema(request=ReviewOpenSerializer, responses={201: ReviewSerializer})
    def create(self, request):
        sent = ReviewOpenSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        review = services.open_review(by=request.user, **sent.validated_data)
        return Response(self.get_serializer(review).data, status=status.HTTP_201_CREATED)

    def retrieve(self, request, slug):
        return Response(self.get_serializer(find_membership(request.user, slug).review).data)

    def partial_update(self, request, slug):
        membership = find_membership(request.user, slug)
        if Permission.AMEND_PROTOCOL not in membership.may:
            raise PermissionDenied(f"Your role lacks the permission '{Permission.AMEND_PROTOCOL}'.")
        sent = ReviewAmendSerializer(membership.review, data=request.data, partial=True)
        sent.is_valid(raise_exception=True)
        changes = dict(sent.validated_data)
        why = changes.pop("why", "")
        review = services.amend_protocol(review=membership.review, by=request.user, changes=changes, why=why)
        return Response(self.get_serializer(review).data)


class ProtocolListViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """One of the protocol's lists: everybody reads, who amends the protocol writes."""

    permissions = dict.fromkeys(
        ("create", "partial_update", "retire", "restore", "reorder"), Permission.AMEND_PROTOCOL
    )

    def add(self, values: dict):
        raise NotImplementedError

    def edit(self, row, changes: dict, why: str):
        raise NotImplementedError

    def create(self, request, slug):
        values, _ = self._sent(request)
        return Response(self.get_serializer(self.add(values)).data, status=status.HTTP_201_CREATED)

    def partial_update(self, request, slug, pk):
        row = self.get_object()
        changes, why = self._sent(request, row)
        return Response(self.get_serializer(self.edit(row, changes, why)).data)

    def _sent(self, request, row=None) -> tuple[dict, str]:
        sent = self.get_serializer(row, data=request.data, partial=row is not None)
        sent.is_valid(raise_exception=True)
        values = dict(sent.validated_data)
        return values, values.pop("why", "")

    def _order(self, request) -> list[int]:
        sent = OrderSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        return sent.validated_data["ids"]


class CriteriaViewSet(ProtocolListViewSet):
    serializer_class = CriterionSerializer
    queryset = Criterion.objects.none()

    def get_queryset(self):
        return self.review.criteria.all()

    def add(self, values):
        return services.add_criterion(review=self.review, by=self.request.user, **values)

    def edit(self, row, changes, why):
        return services.edit_criterion(criterion=row, by=self.request.user, changes=changes, why=why)

    @extend_schema(request=None, responses=CriterionSerializer)
    @action(detail=True, methods=["post"])
    def retire(self, request, slug, pk):
        row = services.retire_criterion(criterion=self.get_object(), by=request.user)
        return Response(self.get_serializer(row).data)

    @extend_schema(request=None, responses=CriterionSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request, slug, pk):
        row = services.restore_criterion(criterion=self.get_object(), by=request.user)
        return Response(self.get_serializer(row).data)

    @extend_schema(request=OrderSerializer, responses={204: None})
    @action(detail=False, methods=["post"])
    def reorder(self, request, slug):
        services.reorder_criteria(review=self.review, by=request.user, ids=self._order(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ReasonsViewSet(ProtocolListViewSet):
    serializer_class = ReasonSerializer
    queryset = ExclusionReason.objects.none()

    def get_queryset(self):
        return self.review.exclusion_reasons.all()

    def add(self, values):
        return services.add_exclusion_reason(review=self.review, by=self.request.user, **values)

    def edit(self, row, changes, why):
        label = changes.get("label", row.label)
        return services.rename_exclusion_reason(reason=row, by=self.request.user, label=label, why=why)

    @extend_schema(request=None, responses=ReasonSerializer)
    @action(detail=True, methods=["post"])
    def retire(self, request, slug, pk):
        row = services.retire_exclusion_reason(reason=self.get_object(), by=request.user)
        return Response(self.get_serializer(row).data)

    @extend_schema(request=OrderSerializer, responses={204: None})
    @action(detail=False, methods=["post"])
    def reorder(self, request, slug):
        services.reorder_exclusion_reasons(review=self.review, by=request.user, ids=self._order(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class OutcomesViewSet(ProtocolListViewSet):
    serializer_class = OutcomeSerializer
    queryset = Outcome.objects.none()

    def get_queryset(self):
        return self.review.outcomes.all()

    def add(self, values):
        return services.add_outcome(review=self.review, by=self.request.user, **values)

    def edit(self, row, changes, why):
        return services.edit_outcome(outcome=row, by=self.request.user, changes=changes, why=why)


class MembersViewSet(mixins.ListModelMixin, ReviewViewSet):
    """The team: ``left_at`` is set for former members. DELETE ends a membership, ``restore`` takes that back."""

    permissions = dict.fromkeys(
        ("partial_update", "destroy", "restore", "invite", "open_work"), Permission.MANAGE_TEAM
    )
    serializer_class = MemberSerializer
    queryset = Membership.objects.none()

    def get_queryset(self):
        return self.review.memberships.select_related("user")

    def partial_update(self, request, slug, pk):
        sent = self.get_serializer(data=request.data)
        sent.is_valid(raise_exception=True)
        member = services.change_role(
            membership=self.get_object(), role=sent.validated_data["role"], by=request.user
        )
        return Response(self.get_serializer(member).data)

    def destroy(self, request, slug, pk):
        services.remove_member(membership=self.get_object(), by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=OpenWorkSerializer)
    @action(detail=True, methods=["get"], url_path="open-work")
    def open_work(self, request, slug, pk):
        """What is open of this member."""
        return Response({"sentences": services.open_work(self.get_object())})

    @extend_schema(request=None, responses=MemberSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request, slug, pk):
        member = services.restore_member(membership=self.get_object(), by=request.user)
        return Response(self.get_serializer(member).data)

    @extend_schema(request=InvitationSerializer, responses={201: InvitationSerializer})
    @action(detail=False, methods=["post"])
    def invite(self, request, slug):
        sent = InvitationSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        invitation, token = services.invite_member(review=self.review, by=request.user, **sent.validated_data)
        answer = InvitationSerializer(invitation).data | {"link": invitation_link(token)}
        return Response(answer, status=status.HTTP_201_CREATED)


class HistoryViewSet(mixins.ListModelMixin, ReviewViewSet):
    """What happened, newest first; blinded events are given to their actor alone."""

    serializer_class = EventSerializer
    queryset = AuditEvent.objects.none()
    filterset_class = EventFilter

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return self.review.events.visible_to(self.request.user)


class JobsViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    serializer_class = JobSerializer
    queryset = Job.objects.none()
    filterset_fields = ["state", "task"]

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return self.review.jobs.whole()

    @extend_schema(request=None, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request, slug, pk):
        job = self.get_object()
        return Response(self.get_serializer(services.cancel_job(job=job, membership=self.membership)).data)

    @extend_schema(request=None, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request, slug, pk):
        job = self.get_object()
        return Response(self.get_serializer(services.retry_job(job=job, membership=self.membership)).data)


def register(router: SimpleRouter) -> None:
    """Add this room to the API."""
    router.register("reviews", ReviewsViewSet, basename="review")
    for name, viewset in {
        "criteria": CriteriaViewSet,
        "reasons": ReasonsViewSet,
        "outcomes": OutcomesViewSet,
        "members": MembersViewSet,
        "history": HistoryViewSet,
        "jobs": JobsViewSet,
    }.items():
        router.register(rf"reviews/(?P<slug>[-\w]+)/{name}", viewset, basename=f"reviews-{name}")
