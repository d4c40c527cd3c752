"""How to explore a run: the settings of each kind, with what the run's data offer."""

from typing import Any, cast

from django import forms

from analysis.explorations import bootstrap, gosh, offered, permutation
from analysis.models import Run
from analysis.services.explorations import MOST_SEED

FACTOR = "factor_"


class ExploreForm(forms.Form):
    """The seed, which every kind has. ``settings()`` of a valid form is what the service takes."""

    seed = forms.IntegerField(
        min_value=0,
        max_value=MOST_SEED,
        required=False,
        help_text="The same seed gives the same numbers. Empty: the run's.",
    )
    field_order: list[str] | None = None

    def __init__(self, run: Run, *args: Any, **kwargs: Any) -> None:
        self.run = run
        super().__init__(*args, **kwargs)
        self.fields["seed"].widget.attrs["placeholder"] = run.seed
        self.order_fields([name for name in self.fields if name != "seed"])

    def settings(self) -> dict[str, Any]:
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name != "seed" and value not in (None, "")
        }


class GoshForm(ExploreForm):
    subsets = forms.IntegerField(
        min_value=100,
        max_value=gosh.MOST,
        initial=gosh.DEFAULT,
        required=False,
        help_text="All subsets are taken when there are no more than that; else so many are drawn.",
    )


class PermutationForm(ExploreForm):
    of = forms.ChoiceField(label="What is tested", required=False)
    iterations = forms.IntegerField(
        label="Arrangements",
        min_value=500,
        max_value=permutation.MOST,
        initial=permutation.DEFAULT,
        required=False,
        help_text="All are gone through when there are no more than that; else so many are drawn.",
    )

    def __init__(self, run: Run, *args: Any, **kwargs: Any) -> None:
        super().__init__(run, *args, **kwargs)
        choices = [("effect", "The pooled effect")]
        if run.snapshot["plan"].get("moderators"):
            choices.append(("moderators", "The moderators of the plan"))
        cast(forms.ChoiceField, self.fields["of"]).choices = choices


class BootstrapForm(ExploreForm):
    replicates = forms.IntegerField(
        min_value=200, max_value=bootstrap.MOST, initial=bootstrap.DEFAULT, required=False
    )
    schemes = forms.MultipleChoiceField(
        choices=list(bootstrap.SCHEMES.items()),
        initial=list(bootstrap.SCHEMES),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


class MultiverseForm(ExploreForm):
    """A row of boxes for each factor the run's data offer."""

    why = forms.CharField(
        label="Why these choices",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Who agreed on them and when; it stands beside the result.",
    )

    def __init__(self, run: Run, *args: Any, **kwargs: Any) -> None:
        super().__init__(run, *args, **kwargs)
        self.factors = offered(run.snapshot)
        for factor in self.factors:
            self.fields[FACTOR + factor.key] = forms.MultipleChoiceField(
                label=factor.label,
                help_text=factor.why,
                choices=[(level.key, level.label) for level in factor.levels],
                initial=[level.key for level in factor.levels if level.usual],
                widget=forms.CheckboxSelectMultiple,
                required=True,
                error_messages={"required": "Tick at least one level."},
            )
        self.order_fields([*(FACTOR + factor.key for factor in self.factors), "why", "seed"])

    def settings(self) -> dict[str, Any]:
        chosen = {factor.key: self.cleaned_data[FACTOR + factor.key] for factor in self.factors}
        return {"factors": chosen, "why": self.cleaned_data["why"]}


FORMS: dict[str, type[ExploreForm]] = {
    "gosh": GoshForm,
    "multiverse": MultiverseForm,
    "permutation": PermutationForm,
    "bootstrap": BootstrapForm,
}
