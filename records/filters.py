"""Which records, and which pairs of records, to list."""

import json
from decimal import Decimal
from typing import ClassVar

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from records.models import DuplicateCandidate, Record, RecordQuerySet, Search
from records.queue import pairs_to_decide, shown_from
from reviews.filters import LONGEST_QUESTION

WORDS = 12  # more would be a query deeper than SQLite takes


class RecordFilter(django_filters.FilterSet):
    """By words in title or abstract, year, source, identifiers, and whether it is a duplicate or was corrected."""

    text = django_filters.CharFilter(
        method="with_words", label="Words in title, abstract or authors", max_length=LONGEST_QUESTION
    )
    year_from = django_filters.NumberFilter(field_name="year", lookup_expr="gte", label="From year")
    year_to = django_filters.NumberFilter(field_name="year", lookup_expr="lte", label="To year")
    search = django_filters.NumberFilter(field_name="search", label="Source")
    duplicate = django_filters.BooleanFilter(
        field_name="duplicate_of", lookup_expr="isnull", exclude=True, label="Duplicate"
    )
    number = django_filters.CharFilter(
        method="with_number", label="DOI, PMID, PMCID or trial register number", max_length=300
    )
    has_trial_number = django_filters.BooleanFilter(
        method="with_trial_number", label="Has a trial register number"
    )
    corrected = django_filters.BooleanFilter(method="that_were_corrected", label="Corrected by hand")
    by_hand = django_filters.BooleanFilter(method="added_by_hand", label="Added by hand")

    class Meta:
        model = Record
        fields = ["text", "year_from", "year_to", "search", "duplicate", "number", "doi", "pmid", "pmcid"]

    def with_words(self, queryset: QuerySet[Record], name: str, value: str) -> QuerySet[Record]:
        for word in value.split():
            in_json = json.dumps(word)[1:-1]  # SQLite keeps letters beyond ASCII escaped
            queryset = queryset.filter(
                Q(title__icontains=word)
                | Q(abstract__icontains=word)
                | Q(authors__icontains=word)
                | Q(authors__icontains=in_json)
            )
        return queryset

    def with_number(self, queryset: RecordQuerySet, name: str, value: str) -> RecordQuerySet:
        return queryset.identified_as(value)

    def with_trial_number(self, queryset: RecordQuerySet, name: str, value: bool) -> RecordQuerySet:
        return queryset.registered() if value else queryset.filter(registry_ids=[])

    def that_were_corrected(self, queryset: RecordQuerySet, name: str, value: bool) -> RecordQuerySet:
        return queryset.corrected() if value else queryset.filter(original={})

    def added_by_hand(self, queryset: RecordQuerySet, name: str, value: bool) -> RecordQuerySet:
        return queryset.filter(batch__format="manual") if value else queryset.exclude(batch__format="manual")


AUTOMATIC, BY_HAND = "automatic", "by_hand"


class PairFilter(django_filters.FilterSet):
    """Pairs by words, source of either record, who decided, and score."""

    q = django_filters.CharFilter(label="Words", method="with_words", max_length=LONGEST_QUESTION)
    source = django_filters.ModelChoiceFilter(
        label="Source", queryset=Search.objects.none(), method="from_source", empty_label="Any"
    )
    decided = django_filters.ChoiceFilter(
        label="Decided",
        choices=[(AUTOMATIC, "By rule"), (BY_HAND, "By a person")],
        method="decided_by_whom",
        empty_label="Any",
    )
    score_from = django_filters.NumberFilter(label="Score from", method="scored_from")
    score_to = django_filters.NumberFilter(label="Score to", method="scored_to")

    class Meta:
        model = DuplicateCandidate
        fields: ClassVar[list[str]] = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.request:  # none while the schema is written
            membership = getattr(self.request, "membership", None)
            review = (membership or self.request.parser_context["view"].membership).review
            self.filters["source"].queryset = Search.objects.filter(review=review)

    def with_words(
        self, queryset: QuerySet[DuplicateCandidate], name: str, value: str
    ) -> QuerySet[DuplicateCandidate]:
        for word in value.split()[:WORDS]:
            escaped = json.dumps(word)[1:-1]
            found = Q()
            for side in ("left", "right"):
                found |= Q(**{f"{side}__title__icontains": word}) | Q(**{f"{side}__doi__iexact": word})
                found |= Q(**{f"{side}__authors__icontains": word}) | Q(
                    **{f"{side}__authors__icontains": escaped}
                )
                found |= Q(**{f"{side}__pmid": word})
            queryset = queryset.filter(found)
        return queryset

    def from_source(
        self, queryset: QuerySet[DuplicateCandidate], name: str, value: Search
    ) -> QuerySet[DuplicateCandidate]:
        return queryset.filter(Q(left__search=value) | Q(right__search=value))

    def scored_from(
        self, queryset: QuerySet[DuplicateCandidate], name: str, value: Decimal
    ) -> QuerySet[DuplicateCandidate]:
        """By the score as it is shown: 0.869 reads 0.87."""
        return queryset.filter(score__gte=shown_from(float(value)))

    def scored_to(
        self, queryset: QuerySet[DuplicateCandidate], name: str, value: Decimal
    ) -> QuerySet[DuplicateCandidate]:
        score = float(value)
        above = shown_from(round(score + 0.01, 4))
        return (
            queryset.filter(score__lt=above)
            if round(score, 2) == score
            else queryset.filter(score__lte=score)
        )

    def decided_by_whom(
        self, queryset: QuerySet[DuplicateCandidate], name: str, value: str
    ) -> QuerySet[DuplicateCandidate]:
        return queryset.filter(automatic=value == AUTOMATIC)


class CandidateFilter(PairFilter):
    """Also by state; ``to_decide=true`` are those of the waiting ones that a person is asked about."""

    to_decide = django_filters.BooleanFilter(method="asked", label="Waits for a person")

    class Meta:
        model = DuplicateCandidate
        fields: ClassVar[list[str]] = ["state", "automatic"]

    def asked(
        self, queryset: QuerySet[DuplicateCandidate], name: str, value: bool
    ) -> QuerySet[DuplicateCandidate]:
        asked = pairs_to_decide(self.request.parser_context["view"].review)
        return queryset.filter(pk__in=asked) if value else queryset.exclude(pk__in=asked)


class GroupFilter(django_filters.FilterSet):
    """Groups, each by the record that leads it: by words, source of any member, who merged, and size."""

    q = django_filters.CharFilter(label="Words", method="with_words", max_length=LONGEST_QUESTION)
    source = django_filters.ModelChoiceFilter(
        label="Source", queryset=Search.objects.none(), method="from_source", empty_label="Any"
    )
    decided = django_filters.ChoiceFilter(
        label="Merged",
        choices=[(AUTOMATIC, "By rule only"), (BY_HAND, "By a person, too")],
        method="merged_by_whom",
        empty_label="Any",
    )
    least = django_filters.NumberFilter(label="Records at least", field_name="size", lookup_expr="gte")

    class Meta:
        model = Record
        fields: ClassVar[list[str]] = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.request:
            membership = getattr(self.request, "membership", None)
            review = (membership or self.request.parser_context["view"].membership).review
            self.filters["source"].queryset = Search.objects.filter(review=review)

    def with_words(self, queryset: RecordQuerySet, name: str, value: str) -> RecordQuerySet:
        for word in value.split()[:WORDS]:
            escaped = json.dumps(word)[1:-1]
            words = Q(title__icontains=word) | Q(authors__icontains=word) | Q(authors__icontains=escaped)
            words |= Q(doi__iexact=word) | Q(pmid=word)
            queryset = queryset.filter(words | Exists(self._followers().filter(words)))
        return queryset

    def from_source(self, queryset: RecordQuerySet, name: str, value: Search) -> RecordQuerySet:
        return queryset.filter(Q(search=value) | Exists(self._followers().filter(search=value)))

    def merged_by_whom(self, queryset: RecordQuerySet, name: str, value: str) -> RecordQuerySet:
        pairs = DuplicateCandidate.objects.filter(state=DuplicateCandidate.State.MERGED, automatic=False)
        by_hand = pairs.values_list(Coalesce("left__duplicate_of", "left"))  # both ends have the same leader
        return queryset.filter(pk__in=by_hand) if value == BY_HAND else queryset.exclude(pk__in=by_hand)

    def _followers(self) -> RecordQuerySet:
        return Record.objects.live().filter(duplicate_of=OuterRef("pk"))
