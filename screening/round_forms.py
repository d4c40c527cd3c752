"""What a person may type about pilots and checks of exclusions; nothing here saves."""

from django import forms

from reviews.models import ExclusionReason, Review, User
from screening.forms import present_reasons
from screening.models import Round, Stage
from screening.services.gates import SCREENERS
from screening.services.rounds import LARGEST, SEEDS


class People(forms.ModelMultipleChoiceField):
    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: User) -> str:
        return str(obj)


class _Begin(forms.Form):
    stage = forms.ChoiceField(choices=Stage.choices)
    people = People(User.objects.none())
    seed = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=SEEDS - 1,
        help_text="The same seed draws the same records again; empty for one of its own.",
    )

    def __init__(self, *args, review: Review, **kwargs):
        super().__init__(*args, **kwargs)
        here = review.memberships.present().filter(role__in=SCREENERS)
        people = User.objects.filter(pk__in=here.values("user")).order_by("name")
        self.fields["people"].queryset = people  # type: ignore[attr-defined]


class PilotForm(_Begin):
    size = forms.IntegerField(label="Records", min_value=1, max_value=LARGEST, initial=50)
    target = forms.FloatField(
        label="Kappa to reach",
        required=False,
        min_value=-1,
        max_value=1,
        help_text="0.6 to 0.8 are common. Passing below it needs a reason.",
        widget=forms.NumberInput(attrs={"step": "0.05"}),
    )
    afterwards = forms.ChoiceField(
        label="Afterwards the votes",
        choices=Round.Afterwards.choices,
        initial=Round.Afterwards.KEPT,
        widget=forms.RadioSelect,
    )
    field_order = ("stage", "size", "people", "target", "afterwards", "seed")


class CheckForm(_Begin):
    percent = forms.FloatField(
        label="Percent of the excluded records", min_value=0.01, max_value=100, initial=10
    )
    field_order = ("stage", "percent", "people", "seed")


class CloseForm(forms.Form):
    """Passing a pilot, or closing it as not passed."""

    passed = forms.BooleanField(required=False)
    why = forms.CharField(
        label="Why",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Needed below the target; goes into the history.",
    )
    afterwards = forms.ChoiceField(
        label="The votes", choices=Round.Afterwards.choices, required=False, widget=forms.RadioSelect
    )


class CheckVoteForm(forms.Form):
    """One answer in a check."""

    vote = forms.ChoiceField(choices=[("include", "Include"), ("exclude", "Exclude")])
    reason = forms.ModelChoiceField(ExclusionReason.objects.none(), required=False)
    note = forms.CharField(max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args, review: Review, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].queryset = present_reasons(review)  # type: ignore[attr-defined]
