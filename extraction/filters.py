"""What lists of this room can be narrowed to."""

import django_filters

from extraction.models import Arm, Characteristic, Result
from reviews.api_filters import ListFilterSet


class ResultFilter(ListFilterSet):
    verified = django_filters.BooleanFilter(field_name="verified_by", lookup_expr="isnull", exclude=True)
    current = django_filters.BooleanFilter(field_name="superseded_at", lookup_expr="isnull")

    class Meta:
        model = Result
        fields = ["study", "outcome", "kind", "rater", "is_preferred", "derived"]


class ArmFilter(ListFilterSet):
    class Meta:
        model = Arm
        fields = ["study", "role"]


class CharacteristicFilter(ListFilterSet):
    class Meta:
        model = Characteristic
        fields = ["study", "name"]
