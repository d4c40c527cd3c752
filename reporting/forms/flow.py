"""What a person may type about the drawing of the flow diagram, and choose of a PRISMA2020 CSV."""

import base64
import binascii
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import cached_property

from reporting.counts import FlowCounts
from reporting.flow.labels import LABELS, LIST_KEYS, LONGEST, LONGEST_STAGE, Words
from reporting.flow.notes import told_of
from reporting.models import FlowSettings
from reporting.prisma2020.cells import LARGEST
from reporting.services.flow_settings import OPTIONS

_PREFIX = "label:"


def group_of(key: str) -> str:
    """The heading of the group of the form in which a label stands."""
    listed, _, name = key.partition(":")
    if name:
        return "Exclusion reasons" if listed.endswith("reasons") else "Sources"
    if key.startswith("stage_") or key.endswith("header"):
        return "Stages and columns"
    if (
        key.endswith("_in_analysis")
        or key.startswith(("previous_", "total_"))
        or key in ("studies", "reports")
    ):
        return "Included"
    other = key.startswith("other_") and key != "other_removed"
    return (
        "Other methods"
        if other or key in ("websites", "organisations", "citations")
        else "Databases and registers"
    )


#: Short, for a narrow column.
TEMPLATES = {
    "auto": "As the numbers ask for",
    "new": "New review",
    "new_other": "New review, with other methods",
    "updated": "Updated review",
    "updated_other": "Updated review, with other methods",
}


class FlowSettingsForm(forms.ModelForm):
    """The settings with a field for the words of each label; empty ones are the template's."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput)
    template = forms.ChoiceField(choices=list(TEMPLATES.items()), widget=forms.RadioSelect)

    class Meta:
        model = FlowSettings
        fields = ["template", *OPTIONS]

    def __init__(self, data: QueryDict | None = None, *, counts: FlowCounts, instance: FlowSettings):
        super().__init__(data, instance=instance, initial={"seen_version": instance.version})
        listed = [f"{key}:{name}" for key in LIST_KEYS for name, _ in getattr(counts, key)]
        kept = [key for key in instance.labels if ":" in key and key not in listed]
        words = Words(updated=counts.has_previous)
        for number, key in enumerate([*LABELS, *listed, *kept]):
            self.fields[_PREFIX + key] = forms.CharField(
                required=False,
                max_length=LONGEST_STAGE if key.startswith("stage_") else LONGEST,
                label=told_of(key) if ":" not in key else words(key),
                initial=instance.labels.get(key, ""),
                widget=forms.TextInput(attrs={"placeholder": words(key), "id": f"label-{number}"}),
            )

    @cached_property
    def groups(self) -> list[tuple[str, list[forms.BoundField], int]]:
        """The fields of labels by heading, and how many of them have own words."""
        found: dict[str, list[forms.BoundField]] = {}
        for name in self.fields:
            if name.startswith(_PREFIX):
                found.setdefault(group_of(name.removeprefix(_PREFIX)), []).append(self[name])
        return [(heading, each, sum(bool(one.value()) for one in each)) for heading, each in found.items()]

    @property
    def settings(self) -> dict[str, Any]:
        """What the service takes."""
        data = self.cleaned_data
        labels = {
            name.removeprefix(_PREFIX): words for name, words in data.items() if name.startswith(_PREFIX)
        }
        return {"template": data["template"], **{name: data[name] for name in OPTIONS}, "labels": labels}


class FlowFileForm(forms.Form):
    file = forms.FileField(
        label="CSV of PRISMA2020",
        help_text="The file of the R package or of its web page, with your numbers in the column “n”.",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise forms.ValidationError(f"The file has {file.size:,} bytes; at most {LARGEST:,} are read.")
        return file


class TakeForm(forms.Form):
    """What is chosen of a file that is carried along: differences as `seen:id`, keys of labels."""

    content = forms.CharField(widget=forms.HiddenInput, max_length=LARGEST * 2)
    file_name = forms.CharField(widget=forms.HiddenInput, max_length=500)
    reason = forms.CharField(
        required=False,
        max_length=2_000,
        label="Reason",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="For numbers; printed below the diagram. For example: Screened on paper before the import.",
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.numbers: dict[str, int] = {}

    def clean_content(self) -> bytes:
        try:
            return base64.b64decode(self.cleaned_data["content"], validate=True)
        except (binascii.Error, ValueError) as error:
            raise forms.ValidationError("The file was lost on its way: upload it again.") from error

    def choose(self, chosen: list[str]) -> bool:
        """Read the ticked numbers; whether each says what was seen."""
        for each in chosen:
            seen, _, key = each.partition(":")
            if not key or not seen.removeprefix("-").isdecimal() or len(seen) > 12:
                self.add_error(None, f"“{each[:60]}” is no number of the file: compare it again.")
                return False
            self.numbers[key] = int(seen)
        return True
