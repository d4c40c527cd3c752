"""What a person may say about a pair of records."""

from django import forms

from reviews.errors import Refused

BIGGEST_ID = 2**63 - 1


class PlaceForm(forms.Form):
    """Where in the list of pairs somebody is: behind which pair, and which one they decided last."""

    after = forms.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    decided = forms.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)


class AnswerForm(forms.Form):
    """What a person says about a pair."""

    ANSWERS = [
        ("merge", "The same"),
        ("left", "The same, keep the left record"),
        ("right", "The same, keep the right record"),
        ("distinct", "Not a duplicate"),
    ]
    answer = forms.ChoiceField(choices=ANSWERS)

    def given(self) -> str:
        """The answer; raises Refused for anything else."""
        if not self.is_valid():
            raise Refused("Say whether the two are the same work: answer merge, left, right or distinct.")
        return self.cleaned_data["answer"]
