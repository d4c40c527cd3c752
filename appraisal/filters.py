"""What a list of assessments can be narrowed to."""

from appraisal.models import Assessment
from reviews.api_filters import ListFilterSet


class AssessmentFilter(ListFilterSet):
    class Meta:
        model = Assessment
        fields = ["study", "instrument", "outcome", "time_point", "kind", "state", "assessor"]
