"""What a person may type about where something stands."""

import json
from typing import Any

from django import forms

from extraction.models import Result
from extraction.provenance import reports_of
from extraction.services.sources import LONGEST_QUOTE, Target, study_of
from extraction.values import FIELDS, sentence_case
from screening.models import FullText


class ReportField(forms.ModelChoiceField):
    def label_from_instance(self, full_text: FullText) -> str:
        return f"{full_text.record.citation} ({full_text.file_name})"


class BoxesField(forms.CharField):
    """[[left, top, right, bottom], …] as JSON, written by the viewer."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> list:  # type: ignore[override]
        if value in (None, ""):
            return []
        try:
            boxes = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError("The boxes are not in the form the viewer writes.") from error
        if not isinstance(boxes, list) or not all(isinstance(box, list) for box in boxes):
            raise forms.ValidationError("The boxes are not in the form the viewer writes.")
        return boxes

    def prepare_value(self, value: Any) -> Any:
        return json.dumps(value) if isinstance(value, list) else value


class SourceForm(forms.Form):
    """Where ``target`` stands: fields of ``services.add_source``."""

    field = forms.ChoiceField(label="Of which number", required=False)
    full_text = ReportField(FullText.objects.none(), label="Report", required=False, empty_label="Elsewhere")
    page = forms.IntegerField(
        min_value=1, max_value=100_000, required=False, help_text="As the PDF counts, from 1."
    )
    quote = forms.CharField(
        max_length=LONGEST_QUOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Word for word; … stands for words left out.",
    )
    locator = forms.CharField(
        label="Table, figure or other place", max_length=120, required=False, help_text="Table 2, Figure 3."
    )
    boxes = BoxesField(required=False)

    def __init__(self, target: Target, *args, **kwargs):
        super().__init__(*args, **kwargs)
        reports = reports_of(study_of(target))
        self.fields["full_text"].queryset = FullText.objects.filter(  # type: ignore[attr-defined]
            pk__in=[each.pk for each in reports]
        ).select_related("record")
        if isinstance(target, Result):
            numbers = [(each.name, sentence_case(each.label)) for each in FIELDS[target.kind]]
            self.fields["field"].choices = [("", "All of them"), *numbers]  # type: ignore[attr-defined]
        else:
            del self.fields["field"]
