"""Which runs to list."""

import django_filters

from analysis.models import Run
from reviews.models import Job


class RunFilter(django_filters.FilterSet):
    """By plan and by the state of the run."""

    plan = django_filters.NumberFilter(field_name="plan", label="Plan")
    state = django_filters.ChoiceFilter(field_name="job__state", choices=Job.State.choices, label="State")

    class Meta:
        model = Run
        fields = ["plan", "state"]
