"""What a person may type to correct a number of the flow diagram."""

from django import forms
from django.utils.html import escape

from reporting.counts import ADJUSTABLE, FlowCounts
from reporting.services.adjustments import LONGEST_REASON, MOST


class AdjustmentForm(forms.Form):
    """``counts`` say what is counted now: a help for the eye, nothing is taken from the form for it."""

    key = forms.ChoiceField(
        label="Number", choices=[(key, words.capitalize()) for key, words in ADJUSTABLE.items()]
    )
    name = forms.CharField(
        required=False,
        max_length=300,
        label="Source or reason",
        help_text="Only for records identified from databases or registers, and for reports excluded. "
        "A new name makes a new line.",
    )
    amount = forms.IntegerField(
        min_value=-MOST,
        max_value=MOST,
        label="Add or take away",
        help_text="Added to what is counted, whatever that will be. 12 adds twelve, -3 takes three away.",
    )
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Printed below the diagram and in the history.",
    )

    def __init__(self, *args, counts: FlowCounts | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        names = sorted(
            {
                name
                for key in ("databases", "registers", "reasons", "other_reasons")
                for name, _ in getattr(counts, key)
            }
            if counts
            else ()
        )
        if names:
            # a help text is put into the page as it is, and names are what people typed
            self.fields["name"].help_text += escape(f" There are: {', '.join(names[:30])}.")
