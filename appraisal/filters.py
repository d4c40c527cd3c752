"""What a list of assessments can be narrowed to."""

import django_filters

from appraisal.models import Assessment


class AssessmentFilter(django_filters.FilterSet):
    class Meta:
        model = Assessment
        fields = ["study", "instrument", "kind", "state", "assessor"]
