"""What a person gives with a lot of votes, and with a saved search; nothing here saves."""

import uuid

from django import forms

from reviews.models import ExclusionReason, Review
from screening.forms import present_reasons
from screening.models import Decision, Stage


class LotForm(forms.Form):
    """One vote for many records. A reason's own button sends the reason alone, which is an exclusion."""

    stage = forms.ChoiceField(choices=Stage.choices)
    vote = forms.ChoiceField(choices=Decision.Vote.choices, required=False)
    reason = forms.ModelChoiceField(ExclusionReason.objects.none(), required=False)
    note = forms.CharField(max_length=2000, required=False)
    key = forms.UUIDField(initial=uuid.uuid4, required=False)

    def __init__(self, *args, review: Review, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].queryset = present_reasons(review)  # type: ignore[attr-defined]

    def clean(self) -> dict:
        data = super().clean() or self.cleaned_data
        if not data.get("vote"):
            if not data.get("reason"):
                raise forms.ValidationError("Choose a vote, or a reason to exclude.")
            data["vote"] = Decision.Vote.EXCLUDE
        return data

    def sentences(self) -> list[str]:
        return [str(error) for errors in self.errors.values() for error in errors]


class SearchForm(forms.Form):
    name = forms.CharField(max_length=80)
    query = forms.CharField(max_length=4000, required=False)
    shared = forms.BooleanField(required=False)
