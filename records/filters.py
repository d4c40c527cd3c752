"""Which records to list."""

import django_filters
from django.db.models import Q, QuerySet

from records.models import Record


class RecordFilter(django_filters.FilterSet):
    """By words in title or abstract, year, source and whether it is a duplicate."""

    text = django_filters.CharFilter(method="with_words", label="Words in title, abstract or authors")
    year_from = django_filters.NumberFilter(field_name="year", lookup_expr="gte", label="From year")
    year_to = django_filters.NumberFilter(field_name="year", lookup_expr="lte", label="To year")
    search = django_filters.NumberFilter(field_name="search", label="Source")
    duplicate = django_filters.BooleanFilter(
        field_name="duplicate_of", lookup_expr="isnull", exclude=True, label="Duplicate"
    )

    class Meta:
        model = Record
        fields = ["text", "year_from", "year_to", "search", "duplicate", "doi", "pmid"]

    def with_words(self, queryset: QuerySet[Record], name: str, value: str) -> QuerySet[Record]:
        for word in value.split():
            queryset = queryset.filter(
                Q(title__icontains=word) | Q(abstract__icontains=word) | Q(authors__icontains=word)
            )
        return queryset
