"""Which records, and which pairs of records, to list."""

import json

import django_filters
from django.db.models import Q, QuerySet

from records.models import DuplicateCandidate, Record, RecordQuerySet
from records.queue import pairs_to_decide
from reviews.filters import LONGEST_QUESTION


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


class CandidateFilter(django_filters.FilterSet):
    """By state; ``to_decide=true`` are those of the waiting ones that a person is asked about."""

    to_decide = django_filters.BooleanFilter(method="asked", label="Waits for a person")

    class Meta:
        model = DuplicateCandidate
        fields = ["state", "automatic"]

    def asked(
        self, queryset: QuerySet[DuplicateCandidate], name: str, value: bool
    ) -> QuerySet[DuplicateCandidate]:
        asked = pairs_to_decide(self.request.parser_context["view"].review)
        return queryset.filter(pk__in=asked) if value else queryset.exclude(pk__in=asked)
