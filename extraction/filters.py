"""What lists of this room can be narrowed to."""

import django_filters

from extraction.models import Arm, Characteristic, Result
from extraction.models.results import ResultQuerySet
from reviews.api_filters import ListFilterSet


class ResultFilter(ListFilterSet):
    verified = django_filters.BooleanFilter(field_name="verified_by", lookup_expr="isnull", exclude=True)
    current = django_filters.BooleanFilter(method="keep_current", label="Shared and in use")

    class Meta:
        model = Result
        fields = ["study", "outcome", "kind", "rater", "population", "is_preferred", "derived", "extraction"]

    def keep_current(self, rows: ResultQuerySet, name: str, value: bool) -> ResultQuerySet:
        return rows.current() if value else rows.exclude(pk__in=rows.current().values("pk"))


class ArmFilter(ListFilterSet):
    class Meta:
        model = Arm
        fields = ["study", "role"]


class CharacteristicFilter(ListFilterSet):
    class Meta:
        model = Characteristic
        fields = ["study", "name"]
