"""What a person sends when a workbook comes back."""

from django import forms


class SheetForm(forms.Form):
    file = forms.FileField(
        label="Filled-in workbook", help_text="The XLSX file you downloaded here, at most 20 MB."
    )


class TakeForm(forms.Form):
    """The rows to take over; ``seen`` is the stamp of the differences that were shown."""

    take = forms.MultipleChoiceField(
        required=False, error_messages={"invalid_choice": "One of these rows is no difference any more."}
    )
    seen = forms.CharField(max_length=64)

    def __init__(self, *args, ids: list[str], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["take"].choices = [(each, each) for each in ids]  # type: ignore[attr-defined]
