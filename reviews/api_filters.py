"""How lists of the API are narrowed: an id that is not in the list gives no rows, wherever else it may exist."""

from django.db.models import ForeignKey, OneToOneField
from django_filters import NumberFilter
from django_filters.rest_framework import DjangoFilterBackend, FilterSet

BY_ID = {"filter_class": NumberFilter}


class ListFilterSet(FilterSet):
    """Rows are asked for by id as a number. A choice among all rows would tell which ids other reviews have."""

    FILTER_DEFAULTS = {**FilterSet.FILTER_DEFAULTS, ForeignKey: BY_ID, OneToOneField: BY_ID}


class ListFilterBackend(DjangoFilterBackend):
    filterset_base = ListFilterSet
