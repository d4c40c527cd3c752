"""Finding records, without any filter telling what is blinded."""

import json

import django_filters as filters
from django import forms
from django.db.models import Exists, OuterRef, Q, TextField
from django.db.models.functions import Cast

from records.models import Record, RecordQuerySet, Search
from reviews.filters import LONGEST_QUESTION
from reviews.models import ExclusionReason
from reviews.permissions import Permission
from screening.models import Decision, FullText, Stage, Verdict

OPEN = "open"
STATES = [(OPEN, "Open"), ("included", "Included"), ("excluded", "Excluded")]
NONE = "none"
WORDS = 12  # more would be a query deeper than SQLite takes


class RecordFilter(filters.FilterSet):
    """Needs ``request.membership``: states are those the member may see; all else counts as open."""

    q = filters.CharFilter(label="Words", method="find_words", max_length=LONGEST_QUESTION)
    source = filters.ModelChoiceFilter(queryset=Search.objects.none(), label="Source", empty_label="Any")
    year_from = filters.NumberFilter(field_name="year", lookup_expr="gte", label="From year")
    year_to = filters.NumberFilter(field_name="year", lookup_expr="lte", label="To year")
    trial_number = filters.ChoiceFilter(
        label="Trial register number",
        method="by_trial_number",
        choices=[("yes", "Has one"), ("no", "Has none")],
        empty_label="Any",
    )
    mine = filters.ChoiceFilter(
        label="My vote",
        method="by_own_vote",
        choices=[*Decision.Vote.choices, (NONE, "None yet")],
        empty_label="Any",
    )
    title_abstract = filters.ChoiceFilter(
        label="Title and abstract", method="by_state", choices=STATES, empty_label="Any"
    )
    full_text = filters.ChoiceFilter(label="Full text", method="by_state", choices=STATES, empty_label="Any")
    retrieval = filters.ChoiceFilter(
        label="Retrieval", field_name="full_text__state", choices=FullText.State.choices, empty_label="Any"
    )
    reason = filters.ModelChoiceFilter(
        label="Reason", method="by_reason", queryset=ExclusionReason.objects.none(), empty_label="Any"
    )

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
        if Permission.ADJUDICATE in self.membership.may:
            for name in ("title_abstract", "full_text"):
                self.filters[name].extra["choices"] = [*STATES, ("conflict", "Conflict")]

    def find_words(self, rows: RecordQuerySet, name: str, value: str) -> RecordQuerySet:
        """Records with every word (the first dozen) in the title, abstract, authors, journal or an identifier."""
        rows = rows.annotate(
            author_text=Cast("authors", TextField()), trial_numbers=Cast("registry_ids", TextField())
        )
        for word in value.split()[:WORDS]:
            escaped = json.dumps(word)[1:-1]  # SQLite keeps JSON with \\u escapes
            rows = rows.filter(
                Q(title__icontains=word)
                | Q(abstract__icontains=word)
                | Q(author_text__icontains=word)
                | Q(author_text__icontains=escaped)
                | Q(journal__icontains=word)
                | Q(doi__iexact=word)
                | Q(pmid=word)
                | Q(pmcid__iexact=word)
                | Q(trial_numbers__icontains=word)
            )
        return rows

    def by_trial_number(self, rows: RecordQuerySet, name: str, value: str) -> RecordQuerySet:
        return rows.registered() if value == "yes" else rows.filter(registry_ids=[])

    def by_own_vote(self, rows: RecordQuerySet, name: str, value: str) -> RecordQuerySet:
        own = Decision.objects.live().filter(
            record=OuterRef("pk"), stage=Stage.TITLE_ABSTRACT, reviewer=self.membership.user
        )
        return rows.filter(~Exists(own) if value == NONE else Exists(own.filter(vote=value)))

    def by_state(self, rows: RecordQuerySet, name: str, value: str) -> RecordQuerySet:
        shown = self._shown().filter(stage=name)
        if value != OPEN:
            return rows.filter(Exists(shown.filter(state=value)))
        if name == Stage.FULL_TEXT:
            rows = rows.filter(full_text__isnull=False)
        return rows.filter(~Exists(shown))

    def by_reason(self, rows: RecordQuerySet, name: str, value: ExclusionReason) -> RecordQuerySet:
        return rows.filter(Exists(self._shown().filter(reason=value)))

    def _shown(self):
        return Verdict.objects.visible_to(self.membership).filter(record=OuterRef("pk"))


class FullTextFilter(filters.FilterSet):
    q = filters.CharFilter(label="Title", field_name="record__title", lookup_expr="icontains")
    state = filters.ChoiceFilter(
        choices=FullText.State.choices, empty_label="Any", label="Retrieval", widget=forms.Select
    )

    class Meta:
        model = FullText
        fields: list[str] = []
