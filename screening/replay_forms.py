"""What a person may type about a replay; nothing here saves."""

from django import forms

from screening.models import Stage
from screening.services.replays import MOST_PRIORS, MOST_RUNS, MOST_SEED


class ReplayForm(forms.Form):
    stage = forms.ChoiceField(
        label="Outcomes of",
        choices=Stage.choices,
        help_text="Full text: the final inclusion of every record, found by title and abstract.",
    )
    runs = forms.IntegerField(
        label="Runs", min_value=1, max_value=MOST_RUNS, initial=5, help_text="Each begins with other records."
    )
    prior_included = forms.IntegerField(
        label="Included records known at the start", min_value=1, max_value=MOST_PRIORS, initial=1
    )
    prior_excluded = forms.IntegerField(
        label="Excluded records known at the start", min_value=1, max_value=MOST_PRIORS, initial=1
    )
    seed = forms.IntegerField(
        min_value=0,
        max_value=MOST_SEED,
        initial=0,
        help_text="The same seed draws the same records again.",
    )
