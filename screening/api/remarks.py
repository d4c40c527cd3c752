"""Labels, notes and lists of terms for programs; every list is what the reader may see."""

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from records.models import Record
from reviews.api_base import ReviewViewSet
from reviews.models import Review, User
from screening import remarks
from screening.api.outcomes import valid
from screening.models import Label, Labelling, Note, Stage, TermList
from screening.serializers import OfReview
from screening.services import labellings, labels, notes, terms


class LabelSerializer(serializers.ModelSerializer):
    private = serializers.SerializerMethodField()

    class Meta:
        model = Label
        fields = ["id", "name", "colour", "private", "order", "retired_at", "merged_into"]
        read_only_fields = fields

    def get_private(self, label: Label) -> bool:
        return label.owner_id is not None


class NewLabelSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=labels.LONGEST)
    colour = serializers.IntegerField(min_value=0, max_value=8, default=0, help_text="0: the next one.")
    private = serializers.BooleanField(default=False)


class ChangedLabelSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=labels.LONGEST, required=False)
    colour = serializers.IntegerField(min_value=1, max_value=8, required=False)


class VisibleLabel(serializers.PrimaryKeyRelatedField):
    """A label by id that the reader may see."""

    def get_queryset(self):
        membership = self.context.get("membership")
        return Label.objects.visible_to(membership) if membership else Label.objects.none()


class IntoSerializer(serializers.Serializer):
    into = VisibleLabel(queryset=Label.objects.all())


class NewOrderSerializer(serializers.Serializer):
    ids = serializers.ListField(child=serializers.IntegerField(min_value=1), max_length=200)


class RecordsSerializer(serializers.Serializer):
    records = serializers.ListField(child=serializers.IntegerField(min_value=1), max_length=50_000)


class PutLotSerializer(serializers.Serializer):
    lot = serializers.UUIDField()


class LabelLotSerializer(PutLotSerializer):
    taken = serializers.IntegerField(read_only=True)
    already = serializers.IntegerField(read_only=True)


class LabellingSerializer(serializers.ModelSerializer):
    by_name = serializers.CharField(source="by.name", read_only=True)

    class Meta:
        model = Labelling
        fields = ["id", "label", "record", "by", "by_name", "stage", "created_at"]
        read_only_fields = fields


class NewLabellingSerializer(serializers.Serializer):
    label = VisibleLabel(queryset=Label.objects.all())  # type: ignore[assignment]
    record = OfReview(queryset=Record.objects.all())


class LabelViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """The shared labels and one's own."""

    queryset = Label.objects.none()
    serializer_class = LabelSerializer

    def get_queryset(self):
        return Label.objects.visible_to(self.membership).select_related("review", "owner", "merged_into")

    @extend_schema(request=NewLabelSerializer, responses={201: LabelSerializer})
    def create(self, request: Request, slug: str) -> Response:
        """Make a label."""
        given = valid(NewLabelSerializer(data=request.data))
        label = labels.make_label(review=self.review, by=self.user, **given)
        return Response(self.get_serializer(label).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ChangedLabelSerializer, responses=LabelSerializer)
    def partial_update(self, request: Request, slug: str, pk: str) -> Response:
        """Rename or recolour a label; its uses stay."""
        given = valid(ChangedLabelSerializer(data=request.data))
        return self._answer(labels.change_label(label=self.get_object(), by=self.user, **given))

    @extend_schema(request=None, responses=LabelSerializer)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, slug: str, pk: str) -> Response:
        """Offer it no more."""
        return self._answer(labels.retire_label(label=self.get_object(), by=self.user))

    @extend_schema(request=None, responses=LabelSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, slug: str, pk: str) -> Response:
        """Offer it again; takes a merge back."""
        return self._answer(labels.restore_label(label=self.get_object(), by=self.user))

    @extend_schema(request=IntoSerializer, responses=LabelSerializer)
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, slug: str, pk: str) -> Response:
        """Merge it into another, which is the answer."""
        given = valid(IntoSerializer(data=request.data, context=self.get_serializer_context()))
        return self._answer(labels.merge_labels(label=self.get_object(), by=self.user, **given))

    @extend_schema(request=NewOrderSerializer, responses={204: None})
    @action(detail=False, methods=["post"])
    def order(self, request: Request, slug: str) -> Response:
        """Put the shared ones in use, or one's own, into this order."""
        labels.order_labels(review=self.review, by=self.user, **valid(NewOrderSerializer(data=request.data)))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=RecordsSerializer, responses=LabelLotSerializer)
    @action(detail=True, methods=["post"])
    def put(self, request: Request, slug: str, pk: str) -> Response:
        """Put it on many records; the answer's ``lot`` takes it back."""
        ids = valid(RecordsSerializer(data=request.data))["records"]
        chosen = Record.objects.filter(review=self.review, pk__in=ids)
        lot = labellings.label_many(review=self.review, label=self.get_object(), records=chosen, by=self.user)
        return Response(LabelLotSerializer(lot).data)

    @extend_schema(request=PutLotSerializer, responses={204: None})
    @action(detail=False, methods=["post"], url_path="take-back")
    def take_back(self, request: Request, slug: str) -> Response:
        """Take back what one's own gesture on many records did."""
        given = valid(PutLotSerializer(data=request.data))
        labellings.unlabel_lot(review=self.review, by=self.user, **given)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _answer(self, label: Label) -> Response:
        return Response(self.get_serializer(label).data)


class LabellingViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Which labels are on which records: one's own uses, and colleagues' where nothing is blinded."""

    queryset = Labelling.objects.none()
    serializer_class = LabellingSerializer
    filterset_fields = ["record", "label"]

    def get_queryset(self):
        uses = Labelling.objects.live().visible_to(self.membership)
        return uses.select_related("by", "label", "record").order_by("pk")

    @extend_schema(request=NewLabellingSerializer, responses={201: LabellingSerializer})
    def create(self, request: Request, slug: str) -> Response:
        """Put a label on a record."""
        given = valid(NewLabellingSerializer(data=request.data, context=self.get_serializer_context()))
        use = labellings.put_label(review=self.review, by=self.user, **given)
        return Response(self.get_serializer(use).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, slug: str, pk: str) -> Response:
        """Take one's own use off."""
        use = self.get_object()
        if use.by_id != self.user.pk:
            raise labels.LabelRefused("This is a colleague's use of the label: only they take it off.")
        labellings.take_label(review=self.review, label=use.label, record=use.record, by=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class NoteSerializer(serializers.ModelSerializer):
    author_name = serializers.CharField(source="author.name", read_only=True)

    class Meta:
        model = Note
        fields = [
            "id",
            "record",
            "stage",
            "author",
            "author_name",
            "audience",
            "asked",
            "parent",
            "text",
            "created_at",
            "changed_at",
        ]
        read_only_fields = fields


class Colleague(serializers.PrimaryKeyRelatedField):
    """A person by id, of those in the review."""

    def get_queryset(self):
        review = self.context.get("review")
        present = User.objects.filter(memberships__review=review, memberships__left_at=None)
        return present if review else User.objects.none()


class NewNoteSerializer(serializers.Serializer):
    record = OfReview(queryset=Record.objects.all())
    text = serializers.CharField(max_length=notes.LONGEST)
    audience = serializers.ChoiceField(Note.Audience.choices, default=Note.Audience.TEAM)
    stage = serializers.ChoiceField(
        Stage.choices, allow_blank=True, default="", help_text="Without: where the record is now."
    )
    asked = Colleague(
        queryset=User.objects.all(), allow_null=True, default=None, help_text="Of a question: to whom."
    )


class TextSerializer(serializers.Serializer):
    text = serializers.CharField(max_length=notes.LONGEST)


class NoteViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Notes the reader may see: their own, questions to them, and the team's on complete records."""

    queryset = Note.objects.none()
    serializer_class = NoteSerializer
    filterset_fields = ["record", "stage", "audience", "parent"]

    def get_queryset(self):
        found = Note.objects.visible_to(self.membership)
        if self.action != "restore":
            found = found.live()
        return found.select_related("author", "asked", "record", "review").order_by("pk")

    @extend_schema(request=NewNoteSerializer, responses={201: NoteSerializer})
    def create(self, request: Request, slug: str) -> Response:
        """Write a note, or ask a colleague."""
        given = valid(NewNoteSerializer(data=request.data, context=self.get_serializer_context()))
        note = notes.write_note(review=self.review, by=self.user, **given)
        return Response(self.get_serializer(note).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=TextSerializer, responses=NoteSerializer)
    def partial_update(self, request: Request, slug: str, pk: str) -> Response:
        """Change one's own note."""
        given = valid(TextSerializer(data=request.data))
        note = notes.change_note(note=self.get_object(), by=self.user, **given)
        return Response(self.get_serializer(note).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, slug: str, pk: str) -> Response:
        """Take one's own note away."""
        notes.remove_note(note=self.get_object(), by=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=NoteSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, slug: str, pk: str) -> Response:
        """Bring one's own note back."""
        return Response(self.get_serializer(notes.restore_note(note=self.get_object(), by=self.user)).data)

    @extend_schema(request=TextSerializer, responses={201: NoteSerializer})
    @action(detail=True, methods=["post"])
    def answer(self, request: Request, slug: str, pk: str) -> Response:
        """Answer a note."""
        given = valid(TextSerializer(data=request.data))
        note = notes.answer_note(note=self.get_object(), by=self.user, **given)
        return Response(self.get_serializer(note).data, status=status.HTTP_201_CREATED)


class TermListSerializer(serializers.ModelSerializer):
    own = serializers.SerializerMethodField()

    class Meta:
        model = TermList
        fields = ["id", "name", "kind", "colour", "terms", "own", "order", "retired_at"]
        read_only_fields = fields

    def get_own(self, term_list: TermList) -> bool:
        return term_list.owner_id is not None


class ChangedTermListSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=terms.LONGEST_NAME, required=False)
    kind = serializers.ChoiceField(TermList.Kind.choices, required=False)
    colour = serializers.IntegerField(min_value=1, max_value=8, required=False)
    terms = serializers.ListField(child=serializers.CharField(), required=False)


class NewTermListSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=terms.LONGEST_NAME)
    kind = serializers.ChoiceField(TermList.Kind.choices, default=TermList.Kind.OTHER)
    colour = serializers.IntegerField(min_value=0, max_value=8, default=0, help_text="0: the next one.")
    terms = serializers.ListField(child=serializers.CharField())
    own = serializers.BooleanField(default=False, help_text="Only for oneself.")


class CopyTermsSerializer(serializers.Serializer):
    source = serializers.SlugRelatedField("slug", queryset=Review.objects.none())  # type: ignore[assignment]
    own = serializers.BooleanField(default=False)

    def __init__(self, *args, user: User | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        if user is not None:
            self.fields["source"].queryset = Review.objects.of(user)  # type: ignore[attr-defined]


class MarkSwitchSerializer(serializers.Serializer):
    on = serializers.BooleanField()


class MarkedTermsSerializer(serializers.Serializer):
    name = serializers.CharField()
    kind = serializers.CharField()
    colour = serializers.IntegerField()
    terms = serializers.ListField(child=serializers.CharField())


class TermListViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """The review's lists of terms to mark, and one's own."""

    queryset = TermList.objects.none()
    serializer_class = TermListSerializer

    def get_queryset(self):
        return (
            TermList.objects.visible_to(self.membership)
            .select_related("review", "owner")
            .order_by("order", "pk")
        )

    @extend_schema(request=NewTermListSerializer, responses={201: TermListSerializer})
    def create(self, request: Request, slug: str) -> Response:
        """Make a list."""
        given = valid(NewTermListSerializer(data=request.data))
        made = terms.make_list(review=self.review, by=self.user, **given)
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ChangedTermListSerializer, responses=TermListSerializer)
    def partial_update(self, request: Request, slug: str, pk: str) -> Response:
        """Change a list."""
        given = valid(ChangedTermListSerializer(data=request.data))
        return self._answer(terms.change_list(term_list=self.get_object(), by=self.user, **given))

    @extend_schema(request=None, responses=TermListSerializer)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, slug: str, pk: str) -> Response:
        """Mark its terms no more."""
        return self._answer(terms.retire_list(term_list=self.get_object(), by=self.user))

    @extend_schema(request=None, responses=TermListSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, slug: str, pk: str) -> Response:
        """Bring a retired list back."""
        return self._answer(terms.restore_list(term_list=self.get_object(), by=self.user))

    @extend_schema(request=MarkSwitchSerializer, responses={204: None})
    @action(detail=True, methods=["post"])
    def switch(self, request: Request, slug: str, pk: str) -> Response:
        """Mark its terms for oneself, or not."""
        given = valid(MarkSwitchSerializer(data=request.data))
        terms.switch_list(term_list=self.get_object(), by=self.user, **given)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=NewOrderSerializer, responses={204: None})
    @action(detail=False, methods=["post"])
    def order(self, request: Request, slug: str) -> Response:
        """Put the review's lists in use, or one's own, into this order."""
        terms.order_lists(review=self.review, by=self.user, **valid(NewOrderSerializer(data=request.data)))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=CopyTermsSerializer, responses=TermListSerializer(many=True))
    @action(detail=False, methods=["post"], pagination_class=None, filter_backends=[])
    def copy(self, request: Request, slug: str) -> Response:
        """Copy the lists of another review one is a member of."""
        given = valid(CopyTermsSerializer(data=request.data, user=self.user))
        copied = terms.copy_lists(review=self.review, by=self.user, **given)
        return Response(self.get_serializer(copied, many=True).data)

    @extend_schema(responses=MarkedTermsSerializer(many=True))
    @action(detail=False, methods=["get"], pagination_class=None, filter_backends=[])
    def marked(self, request: Request, slug: str) -> Response:
        """What is marked for the reader: lists in use that they did not switch off."""
        return Response(MarkedTermsSerializer(remarks.terms_for(self.membership), many=True).data)

    def _answer(self, term_list: TermList) -> Response:
        return Response(self.get_serializer(term_list).data)
