"""What a person may say about pairs and groups of records, and about the thresholds."""

from django import forms

from records.models import Record
from records.thresholds import LOWEST
from records.values import LABELS
from reviews.access import BIGGEST_ID
from reviews.errors import Refused
from reviews.models import Review


def _id(**more) -> forms.IntegerField:
    return forms.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID, **more)


def _score(label: str, help_text: str = "", least: float = 0, **more) -> forms.FloatField:
    widget = forms.NumberInput(
        attrs={"step": "0.01", "min": f"{least:g}", "max": "1", "inputmode": "decimal"}
    )
    return forms.FloatField(label=label, min_value=0, max_value=1, help_text=help_text, widget=widget, **more)


class PlaceForm(forms.Form):
    """Where in the list of pairs somebody is: at a pair, behind one, or before one. Nonsense is nowhere."""

    at = _id()
    after = _id()
    before = _id()
    back = forms.ChoiceField(
        required=False, choices=[(name, name) for name in ("merged", "distinct", "linked")]
    )

    @property
    def place(self) -> dict:
        """{"at", "after", "before"} as far as they are given."""
        given = self.cleaned_data if self.is_valid() else {}
        return {name: given.get(name) for name in ("at", "after", "before")}


class AnswerForm(forms.Form):
    """What a person says about a pair."""

    ANSWERS = [
        ("merge", "The same"),
        ("left", "The same, keep the left record"),
        ("right", "The same, keep the right record"),
        ("distinct", "Not a duplicate"),
        ("linked", "Same study, another report"),
    ]
    answer = forms.ChoiceField(choices=ANSWERS)
    anyway = forms.BooleanField(required=False)

    def given(self) -> tuple[str, bool]:
        """The answer, and whether it holds also when a settled outcome leaves; raises Refused for anything else."""
        if not self.is_valid():
            raise Refused(
                "Say whether the two are the same work: answer merge, left, right, distinct or linked."
            )
        return self.cleaned_data["answer"], self.cleaned_data["anyway"]


class ThresholdsForm(forms.Form):
    merge_at = _score(
        "Merge by itself from",
        f"{LOWEST:g} to 1. Pairs that score this much are merged, each with its reasons.",
        LOWEST,
    )
    ask_at = _score(
        "Ask a person from",
        f"{LOWEST:g} to 1. Pairs between the two wait here; those below are ignored.",
        LOWEST,
    )


class AcceptForm(forms.Form):
    """All pairs from a score up; ``expected`` is how many the person was shown."""

    score = _score("Score from", initial=0.9)
    expected = forms.IntegerField(required=False, min_value=0, max_value=BIGGEST_ID, widget=forms.HiddenInput)


class ValuesForm(forms.Form):
    """For each field of a record the id of the group's member whose value shall stand; blank leaves it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, label in LABELS.items():
            self.fields[name] = _id(label=label)

    def given(self) -> dict[str, int]:
        """{field: id}; raises Refused for anything that is no id."""
        if not self.is_valid():
            name, errors = next(iter(self.errors.items()))
            raise Refused(f"{LABELS[name]}: {errors[0]} Give the number of a record of the group.")
        return {name: pk for name, pk in self.cleaned_data.items() if pk}


class TogetherForm(forms.Form):
    """Records of a review to merge by hand, one of them to stay."""

    records = forms.ModelMultipleChoiceField(queryset=Record.objects.none())
    primary = forms.ModelChoiceField(queryset=Record.objects.none())

    def __init__(self, review: Review, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = review.records.live()

    def given(self) -> dict:
        """{"records", "primary"}; raises Refused for anything else."""
        if not self.is_valid():
            raise Refused("Choose at least two records of this review, one of them to stay.")
        return self.cleaned_data


class SureForm(forms.Form):
    """``anyway``: also when a settled outcome counts no more."""

    anyway = forms.BooleanField(required=False)

    @property
    def is_sure(self) -> bool:
        return self.is_valid() and self.cleaned_data["anyway"]


class SplitForm(forms.Form):
    linked = forms.BooleanField(required=False)
