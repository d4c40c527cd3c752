"""Filters of this room's long lists."""

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from reviews.models import AuditEvent, User

#: Characters of a search for words; each word is a condition, and SQLite takes no more than a thousand of them.
LONGEST_QUESTION = 300


class EventFilter(django_filters.FilterSet):
    """The history by words, person, kind of event and date; offers only what is in the given events."""

    q = django_filters.CharFilter(label="Words", method="by_words", max_length=LONGEST_QUESTION)
    actor = django_filters.ModelChoiceFilter(
        label="Person", queryset=User.objects.none(), empty_label="Everybody"
    )
    verb = django_filters.ChoiceFilter(label="What", choices=[], empty_label="Everything")
    since = django_filters.DateFilter(
        label="From", field_name="at__date", lookup_expr="gte", widget=forms.DateInput(attrs={"type": "date"})
    )
    until = django_filters.DateFilter(
        label="To", field_name="at__date", lookup_expr="lte", widget=forms.DateInput(attrs={"type": "date"})
    )

    class Meta:
        model = AuditEvent
        fields = ["q", "actor", "verb", "since", "until"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        events = self.queryset.order_by()
        self.filters["actor"].field.queryset = User.objects.filter(
            pk__in=events.exclude(actor=None).values("actor")
        ).order_by("name")
        self.filters["verb"].field.choices = grouped_verbs(events.values_list("verb", flat=True).distinct())

    def by_words(self, events: QuerySet, name: str, words: str) -> QuerySet:
        for word in words.split():
            events = events.filter(
                Q(sentence__icontains=word) | Q(target_label__icontains=word) | Q(actor_name__icontains=word)
            )
        return events


def grouped_verbs(verbs) -> list[tuple[str, list[tuple[str, str]]]]:
    """Dotted verbs as choices, grouped by room: ``[("Reviews", [("reviews.opened", "Opened"), ...]), ...]``."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for verb in sorted(verbs):
        room, _, what = verb.partition(".")
        groups.setdefault(room.capitalize(), []).append((verb, what.replace("_", " ").capitalize()))
    return list(groups.items())
