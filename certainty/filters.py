"""Which ratings a list shows."""

from django_filters import BooleanFilter

from certainty.models import Grade
from reviews.api_filters import ListFilterSet


class GradeFilter(ListFilterSet):
    current = BooleanFilter(
        field_name="superseded_at", lookup_expr="isnull", label="Whether no later rating took its place."
    )

    class Meta:
        model = Grade
        fields = ["finding", "kind", "state"]
