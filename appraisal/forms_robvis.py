"""What a person says about a robvis file. Forms check; services save."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from appraisal.forms import WHOLE, planned_results, read_result
from appraisal.instruments import Tool
from reviews.models import Outcome

BIGGEST_FILE = 5 * 1024 * 1024


class RobvisForm(forms.Form):
    """The file, the tool it is of, and the result it is about; ``given`` are keywords of ``import_robvis``."""

    instrument = forms.ChoiceField(label="Tool")
    result = forms.ChoiceField(label="What was assessed")
    file = forms.FileField(
        label="File",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        help_text="CSV as robvis reads it: Study, one column per domain, Overall. A Weight column is passed over.",
    )

    def __init__(self, tools: Mapping[str, Tool], outcomes: Iterable[Outcome], *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.tools = tools
        self.outcomes = {outcome.pk: outcome for outcome in outcomes}
        instrument, result = self.fields["instrument"], self.fields["result"]
        assert isinstance(instrument, forms.ChoiceField)
        assert isinstance(result, forms.ChoiceField)
        instrument.choices = [(key, tool.name) for key, tool in tools.items()]
        result.choices = [(WHOLE, "The studies as a whole"), *planned_results(self.outcomes.values())]

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        if file.size > BIGGEST_FILE:
            raise forms.ValidationError("This file is larger than 5 MB; a robvis file has a line per study.")
        return file

    @property
    def given(self) -> dict[str, Any]:
        data = self.cleaned_data
        outcome, time_point = read_result(data["result"], self.outcomes)
        return {
            "tool": self.tools[data["instrument"]],
            "name": data["file"].name,
            "data": data["file"].read(),
            "outcome": outcome,
            "time_point": time_point,
        }
