"""Finding records, without any filter telling what is blinded."""

from types import SimpleNamespace

import django_filters as filters
from django import forms
from django.db.models import Exists, OuterRef, Q, TextField
from django.db.models.functions import Cast, Lower
from django.http import QueryDict

from records.formats import TYPES
from records.models import Record, RecordQuerySet, Search
from reviews.errors import Refused
from reviews.models import ExclusionReason, Membership
from reviews.permissions import Permission
from screening.likeliness import stages_shown
from screening.models import (
    Decision,
    FullText,
    Label,
    Labelling,
    Note,
    Postponement,
    Retraction,
    Stage,
    Verdict,
    left_unread,
)
from screening.search_words import LONGEST, Mistake, Tree, parse, to_q, with_text

OPEN = "open"
TOLD = [("included", "Included"), ("excluded", "Excluded")]
UNREAD = "unread"
STATES = {
    Stage.TITLE_ABSTRACT: [(OPEN, "Open"), *TOLD, (UNREAD, "Left unread")],
    Stage.FULL_TEXT: [
        (OPEN, "Open"),
        *TOLD,
        ("awaiting", "Awaiting classification"),
        ("ongoing", "Ongoing study"),
    ],
}
NONE = "none"
YES_NO = [("yes", "Yes"), ("no", "No")]
#: Nothing that a colleague does moves a record in the list: it is sorted by what was imported.
ORDERS = {
    "-id": (["-pk"], "Newest first"),
    "title": ([Lower("title"), "pk"], "Title"),
    "author": ([Lower(Cast("authors", TextField())), "pk"], "First author"),
    "year": (["year", "pk"], "Year, oldest first"),
    "-year": (["-year", "pk"], "Year, newest first"),
}
#: Orders by what the model says, offered where a stage shows it; ``screening.likeliness`` puts the rows in order.
LIKELY = {
    "likely": (Stage.TITLE_ABSTRACT, "Most likely first"),
    "likely-full-text": (Stage.FULL_TEXT, "Most likely at full text first"),
}
HELP = (
    'Words are found anywhere. AND, OR, NOT, (parentheses), "phrases" and random* work; fields are ti: ab: tiab: au: '
    "jo: kw: doi: pmid: year:2010-2015."
)


class BadFilter(Refused):
    """A filter that cannot be read; nothing is done with what it would find."""


class WordsField(forms.CharField):
    """A search in the language of search_words; cleans to its tree."""

    def clean(self, value: object) -> Tree | None:  # type: ignore[override]
        text = super().clean(value)
        try:
            return parse(text)
        except Mistake as mistake:
            raise forms.ValidationError(str(mistake)) from mistake


class WordsFilter(filters.CharFilter):
    field_class = WordsField


def _choice(label: str, choices: list, **more) -> filters.ChoiceFilter:
    return filters.ChoiceFilter(label=label, choices=choices, empty_label="Any", **more)


class RecordFilter(filters.FilterSet):
    """Of unique records, for ``request.membership``: states are those the member may see; all else counts as open."""

    q = WordsFilter(
        label="Words",
        method="find_words",
        max_length=LONGEST,
        widget=forms.SearchInput(attrs={"title": HELP, "data-key": "/", "data-key-label": "Search"}),
    )
    source = filters.ModelChoiceFilter(queryset=Search.objects.none(), label="Source", empty_label="Any")
    year_from = filters.NumberFilter(field_name="year", lookup_expr="gte", label="From year")
    year_to = filters.NumberFilter(field_name="year", lookup_expr="lte", label="To year")
    mine = _choice("My vote", [*Decision.Vote.choices[:3], (NONE, "None yet")], method="by_own_vote")
    title_abstract = _choice("Title and abstract", STATES[Stage.TITLE_ABSTRACT], method="by_state")
    full_text = _choice("Full text", STATES[Stage.FULL_TEXT], method="by_state")
    label = filters.ModelChoiceFilter(
        label="Label", method="by_label", queryset=Label.objects.none(), empty_label="Any"
    )
    note = filters.CharFilter(label="Words of a note", method="by_note", max_length=100)
    mine_full_text = _choice(
        "My vote at full text", [*Decision.Vote.choices, (NONE, "None yet")], method="by_own_vote"
    )
    reason = filters.ModelChoiceFilter(
        label="Reason", method="by_reason", queryset=ExclusionReason.objects.none(), empty_label="Any"
    )
    retrieval = _choice("Retrieval", FullText.State.choices, field_name="full_text__state")
    pdf = _choice("Has a PDF", YES_NO, method="by_pdf")
    abstract = _choice("Has an abstract", YES_NO, method="by_abstract")
    trial_number = _choice(
        "Trial register number", [("yes", "Has one"), ("no", "Has none")], method="by_trial_number"
    )
    type = _choice("Publication type", [(kind, kind.capitalize()) for kind in TYPES], field_name="type")
    retracted = _choice(
        "Retraction notice", [("any", "Any notice"), *Retraction.Nature.choices], method="by_retraction"
    )
    postponed = _choice("Put off by me", YES_NO, method="by_postponed")
    version = filters.NumberFilter(label="I voted under protocol version", method="by_version", min_value=1)
    sort = filters.ChoiceFilter(
        label="Order",
        method="in_order",
        choices=[(key, label) for key, (_, label) in ORDERS.items()],
        empty_label="As imported",
    )

    #: The fields that are always in view; the others are under "More filters".
    FIRST = ("q", "source", "year_from", "year_to", "mine", "title_abstract", "full_text", "label")

    class Meta:
        model = Record
        fields: list[str] = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.membership = self.request.membership
        review = self.membership.review
        self.filters["source"].queryset = Search.objects.filter(review=review)
        self.filters["source"].field_name = "search"
        self.filters["reason"].queryset = ExclusionReason.objects.filter(review=review)
        self.filters["label"].queryset = Label.objects.visible_to(self.membership).in_use()
        shown = stages_shown(self.membership)
        self.filters["sort"].extra["choices"] = [
            *self.filters["sort"].extra["choices"],
            *((key, label) for key, (stage, label) in LIKELY.items() if stage in shown),
        ]
        if Permission.ADJUDICATE in self.membership.may:
            for stage, states in STATES.items():
                self.filters[stage].extra["choices"] = [*states, ("conflict", "Conflict")]

    @property
    def first_fields(self) -> list[forms.BoundField]:
        return [self.form[name] for name in self.FIRST]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        return [field for field in self.form if field.name not in self.FIRST]

    @property
    def more_in_use(self) -> int:
        """How many of the fields that are not in view say something."""
        return sum(1 for field in self.more_fields if self.data.get(field.name))

    @property
    def in_use(self) -> bool:
        return any(self.data.get(name) for name in self.filters)

    @property
    def likely_at(self) -> Stage | None:
        """The stage whose likely records come first, if that was asked for and is shown."""
        return LIKELY.get(self.form.cleaned_data.get("sort", ""), (None, ""))[0]

    @property
    def reads_text(self) -> bool:
        """Whether every record's text is read, so that it should be done once."""
        return bool(self.data.get("q") or self.data.get("note"))

    def find_words(self, rows: RecordQuerySet, name: str, value: Tree) -> RecordQuerySet:
        return with_text(rows).filter(to_q(value))  # type: ignore[return-value]

    def by_trial_number(self, rows: RecordQuerySet, name: str, value: str) -> RecordQuerySet:
        return rows.registered() if value == "yes" else rows.filter(registry_ids=[])

    def by_abstract(self, rows: RecordQuerySet, name: str, value: str) -> RecordQuerySet:
        return rows.exclude(abstract="") if value == "yes" else rows.filter(abstract="")

    def by_pdf(self, rows: RecordQuerySet, name: str, value: str) -> RecordQuerySet:
        held = FullText.objects.filter(record=OuterRef("pk")).exclude(file="")
        return rows.filter(Exists(held) if value == "yes" else ~Exists(held))

    def by_own_vote(self, rows: RecordQuerySet, name: str, value: str) -> RecordQuerySet:
        stage = Stage.TITLE_ABSTRACT if name == "mine" else Stage.FULL_TEXT
        own = self._own().filter(stage=stage)
        if value != NONE:
            return rows.filter(Exists(own.filter(vote=value)))
        if stage == Stage.FULL_TEXT:
            rows = rows.filter(full_text__isnull=False)
        return rows.filter(~Exists(own))

    def by_version(self, rows: RecordQuerySet, name: str, value) -> RecordQuerySet:
        return rows.filter(Exists(self._own().filter(protocol_version=int(value))))

    def by_postponed(self, rows: RecordQuerySet, name: str, value: str) -> RecordQuerySet:
        own = Postponement.objects.filter(record=OuterRef("pk"), reviewer=self.membership.user)
        return rows.filter(Exists(own) if value == "yes" else ~Exists(own))

    def by_state(self, rows: RecordQuerySet, name: str, value: str) -> RecordQuerySet:
        shown = self._shown().filter(stage=name)
        if value == UNREAD:
            return rows.filter(left_unread())
        if value != OPEN:
            return rows.filter(Exists(shown.filter(state=value)))
        if name == Stage.TITLE_ABSTRACT:
            rows = rows.filter(~left_unread())
        if name == Stage.FULL_TEXT:
            rows = rows.filter(full_text__isnull=False)
        return rows.filter(~Exists(shown))

    def by_reason(self, rows: RecordQuerySet, name: str, value: ExclusionReason) -> RecordQuerySet:
        return rows.filter(Exists(self._shown().filter(reason=value)))

    def by_label(self, rows: RecordQuerySet, name: str, value: Label) -> RecordQuerySet:
        uses = Labelling.objects.live().visible_to(self.membership)
        return rows.filter(Exists(uses.filter(record=OuterRef("pk"), label=value)))

    def by_note(self, rows: RecordQuerySet, name: str, value: str) -> RecordQuerySet:
        """Words of a note or of a vote's remark: one's own, and those of colleagues that may be read.

        Looked up by the words first, and only what has them by who may read it.
        """
        notes = Note.objects.live().visible_to(self.membership).filter(text__icontains=value)
        votes = Decision.objects.live().visible_to(self.membership).exclude(note="")
        remarks = votes.filter(note__icontains=value)
        return rows.filter(Q(pk__in=notes.values("record")) | Q(pk__in=remarks.values("record")))

    def by_retraction(self, rows: RecordQuerySet, name: str, value: str) -> RecordQuerySet:
        notices = Retraction.objects.filter(record=OuterRef("pk"))
        return rows.filter(Exists(notices if value == "any" else notices.filter(nature=value)))

    def in_order(self, rows: RecordQuerySet, name: str, value: str) -> RecordQuerySet:
        return rows.order_by(*ORDERS[value][0]) if value in ORDERS else rows  # type: ignore[misc]

    def _own(self):
        return Decision.objects.live().filter(record=OuterRef("pk"), reviewer=self.membership.user)

    def _shown(self):
        shown = Verdict.objects.visible_to(self.membership, of_unique=True)
        return shown.filter(record=OuterRef("pk"))


def found_by(membership: Membership, query: str) -> RecordQuerySet:
    """The records that the list's address ``query`` (``q=alpha&year_from=2010``) finds for this member.

    Raises BadFilter with the sentence of each field that cannot be read, so that nothing is done with more records
    than were meant.
    """
    rows = Record.objects.unique().filter(review=membership.review).order_by("pk")
    found = RecordFilter(QueryDict(query), rows, request=SimpleNamespace(membership=membership))
    if not found.is_valid():
        said = [
            f"{found.form[name].label}: {' '.join(map(str, each))}" for name, each in found.errors.items()
        ]
        raise BadFilter("This filter cannot be read. " + " ".join(said))
    return found.qs


class FullTextFilter(filters.FilterSet):
    q = filters.CharFilter(label="Title", field_name="record__title", lookup_expr="icontains")
    state = filters.ChoiceFilter(
        choices=FullText.State.choices, empty_label="Any", label="Retrieval", widget=forms.Select
    )

    class Meta:
        model = FullText
        fields: list[str] = []
