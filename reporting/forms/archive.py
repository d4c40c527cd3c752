"""What may be chosen when an archive is made or restored."""

from django import forms

from reporting.archive import People
from reporting.exports.archive import NAMES, PEOPLE


class MakeArchiveForm(forms.Form):
    """Whether the archive names people."""

    people = forms.BooleanField(
        label="With names and e-mail addresses of the people", required=False, help_text=PEOPLE.help
    )

    def options(self) -> dict[str, str]:
        return {"people": NAMES} if self.cleaned_data["people"] else {}


class RestoreArchiveForm(forms.Form):
    """An archive, and for administrators whose its deeds are."""

    file = forms.FileField(
        label="Archive",
        widget=forms.FileInput(attrs={"accept": ".zip,application/zip"}),
        help_text="The ZIP as it was made, unchanged.",
    )
    by_address = forms.BooleanField(
        label="Give what people did to the accounts with their addresses",
        required=False,
        help_text="Their accounts become members with the roles they had; whoever has none gets an account that is "
        "not active. Only for archives that you trust: it says who did what.",
    )

    def __init__(self, *args, administrator: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if not administrator:
            del self.fields["by_address"]

    def people(self) -> People:
        return People.BY_ADDRESS if self.cleaned_data.get("by_address") else People.OWN
