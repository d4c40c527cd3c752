"""What a person may type about labels and term lists."""

from django import forms

from reviews.models import Membership, Review
from screening.models import COLOURS, Label, TermList

SIGNS = ("● blue", "■ green", "▲ red", "◆ amber", "★ violet", "✚ teal", "▼ pink", "▬ grey")
COLOUR_CHOICES = [(number, sign) for number, sign in zip(range(1, COLOURS + 1), SIGNS, strict=True)]
#: How the terms of a list look, as screening.css draws them.
LOOKS = list(
    enumerate(
        (
            "Green, underlined",
            "Red, wavy",
            "Blue, double line",
            "Amber, dashed",
            "Violet, dotted",
            "Teal, framed",
            "Pink, dashed frame",
            "Grey, line above and below",
        ),
        start=1,
    )
)


class LabelForm(forms.Form):
    name = forms.CharField(max_length=60, help_text="For example: background, check dose, protocol.")
    colour = forms.TypedChoiceField(choices=COLOUR_CHOICES, coerce=int)


class NewLabelForm(LabelForm):
    private = forms.BooleanField(
        required=False, label="Only for me", help_text="Nobody else sees it, nor where you put it."
    )


class MergeForm(forms.Form):
    into = forms.ModelChoiceField(Label.objects.none(), label="Merge into", empty_label="Choose")

    def __init__(self, *args, label: Label, membership: Membership, **kwargs):
        super().__init__(*args, **kwargs)
        others = Label.objects.visible_to(membership).in_use().exclude(pk=label.pk)
        if label.owner_id is None:
            others = others.filter(owner=None)
        self.fields["into"].queryset = others  # type: ignore[attr-defined]


class TermListForm(forms.Form):
    """One list; its terms one a line in one field."""

    name = forms.CharField(max_length=80)
    kind = forms.ChoiceField(choices=TermList.Kind.choices, widget=forms.RadioSelect, label="Its terms")
    colour = forms.TypedChoiceField(
        choices=LOOKS, coerce=int, help_text="Each colour has a shape of its own."
    )
    terms = forms.CharField(
        required=False,
        max_length=60_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false", "autocapitalize": "off"}),
        help_text="One a line, or parted by commas: words, phrases (sham control), * for any letters (randomi*), "
        "? for one letter (wom?n). Put a term with a comma in quotes.",
    )


class NewTermListForm(TermListForm):
    own = forms.BooleanField(required=False, label="Only for me")


class TermFileForm(forms.Form):
    file = forms.FileField(
        label="Lists from a file",
        help_text="CSV or XLSX with a column “term”, and if you like “list”, “kind” and “colour”.",
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,text/csv"}),
    )
    own = forms.BooleanField(required=False, label="Only for me")


class CopyForm(forms.Form):
    """Which of one's other reviews to copy the lists of."""

    source = forms.ModelChoiceField(
        Review.objects.none(), label="Copy the lists of", empty_label="Choose a review"
    )
    own = forms.BooleanField(required=False, label="Only for me")

    def __init__(self, *args, membership: Membership, **kwargs):
        super().__init__(*args, **kwargs)
        others = Review.objects.of(membership.user).exclude(pk=membership.review_id)
        self.fields["source"].queryset = others  # type: ignore[attr-defined]
