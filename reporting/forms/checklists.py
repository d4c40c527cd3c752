"""What a person may say of an item of a checklist."""

from django import forms

from reporting.checklists.filling import Line
from reporting.services.checklists import LONGEST


class AnswerForm(forms.Form):
    location = forms.CharField(
        label="Where it is reported",
        max_length=LONGEST,
        required=False,
        help_text="Page, section or table; or why it does not apply.",
    )
    not_applicable = forms.BooleanField(label="Does not apply", required=False)
    seen_version = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    @classmethod
    def of(cls, line: Line) -> "AnswerForm":
        """The form of a line, as it stands."""
        answer = line.answer
        initial = {
            "location": answer.location if answer else "",
            "not_applicable": line.not_applicable,
            "seen_version": line.version,
        }
        return cls(initial=initial, auto_id=cls.ids(line.item.number))

    @staticmethod
    def ids(number: str) -> str:
        """Ids of fields carry the item's number, for a page has many."""
        return f"id_{number}_%s"
