"""Finding full texts by the language they are in, and those that need a translation."""

import django_filters as filters
from django.db.models import Q, QuerySet

from screening.filters import FullTextFilter
from screening.languages import language_name
from screening.models import FullText


def spellings_of_languages(full_texts: QuerySet[FullText]) -> dict[str, list[str]]:
    """{English name: how it is written} of the languages of reports, as a person said or else as the records say."""
    written = full_texts.order_by().values_list("language", "record__language").distinct()
    found: dict[str, list[str]] = {}
    for language in {said or of_record for said, of_record in written} - {""}:
        found.setdefault(language_name(language), []).append(language)
    return found


class ReportFilter(FullTextFilter):
    language = filters.ChoiceFilter(empty_label="Any", label="Language", method="in_language")
    needs_translation = filters.ChoiceFilter(
        empty_label="Any", label="Needs a translation", choices=[("1", "Yes"), ("0", "No")]
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.spellings = spellings_of_languages(self.queryset)
        self.filters["language"].extra["choices"] = [(name, name) for name in sorted(self.spellings)]

    def in_language(self, rows: QuerySet[FullText], name: str, value: str) -> QuerySet[FullText]:
        written = self.spellings.get(value, [])
        return rows.filter(Q(language__in=written) | Q(language="", record__language__in=written))
