"""What lists of this room can be narrowed to."""

import django_filters

from extraction.models import Arm, Characteristic, Result


class ResultFilter(django_filters.FilterSet):
    verified = django_filters.BooleanFilter(field_name="verified_by", lookup_expr="isnull", exclude=True)
    current = django_filters.BooleanFilter(field_name="superseded_at", lookup_expr="isnull")

    class Meta:
        model = Result
        fields = ["study", "outcome", "kind", "rater", "is_preferred", "derived"]


class ArmFilter(django_filters.FilterSet):
    class Meta:
        model = Arm
        fields = ["study", "role"]


class CharacteristicFilter(django_filters.FilterSet):
    class Meta:
        model = Characteristic
        fields = ["study", "name"]
