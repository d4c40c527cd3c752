"""What a person chooses of an export."""

from django import forms

from reporting.exports import Export
from reporting.exports.catalogue import format_name
from reviews.models import Membership


class ExportForm(forms.Form):
    """The format and one choice per option; ``options()`` is what services take."""

    extension = forms.ChoiceField(label="Format", widget=forms.RadioSelect)

    def __init__(self, *args, export: Export, membership: Membership, **kwargs):
        super().__init__(*args, **kwargs)
        self._names = [option.name for option in export.options]
        field = self.fields["extension"]
        field.choices = [(extension, format_name(extension)) for extension in export.formats]  # type: ignore[attr-defined]
        field.initial = next(iter(export.formats))
        for option in export.options:
            self.fields[option.name] = forms.ChoiceField(
                label=option.label,
                required=False,
                choices=[("", option.nothing), *option.choices_for(membership)],
                help_text=option.help,
            )

    def options(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in self._names if self.cleaned_data[name]}
