"""What a person sends to accept a suggestion."""

from typing import Any

from django import forms

from extraction.models import Arm
from screening.models import FullText, Study


class AcceptForm(forms.Form):
    """``place`` is the value of an extraction.suggestion_page.Place."""

    full_text = forms.ModelChoiceField(FullText.objects.none())
    value = forms.CharField(
        max_length=5000, error_messages={"required": "There is no value to keep; type one."}
    )
    sentence = forms.CharField(max_length=5000)
    page = forms.IntegerField(min_value=1, max_value=100_000)
    place = forms.RegexField(r"^(characteristic|arm:\d{1,18}:\d{1,9}|form:[a-z0-9_]{1,60}:\d{1,9})$")
    characteristic = forms.CharField(max_length=80, required=False)
    seen = forms.CharField(required=False, strip=False)

    def __init__(self, study: Study, reports: list[FullText], *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.study = study
        mine = FullText.objects.filter(pk__in=[each.pk for each in reports]).select_related("record")
        self.fields["full_text"].queryset = mine  # type: ignore[attr-defined]

    def clean_place(self) -> tuple[str, ...]:
        kind, *rest = self.cleaned_data["place"].split(":")
        if kind == "arm" and not Arm.objects.filter(study=self.study, pk=int(rest[0])).exists():
            raise forms.ValidationError("This is not an arm of the study.")
        return (kind, *rest)

    def given(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("full_text", "value", "sentence", "page")}

    def target(self) -> dict[str, Any]:
        """Where it goes, as ``accept_suggestion`` wants it; an extraction is still to be added to a field."""
        kind, *rest = self.cleaned_data["place"]
        if kind == "arm":
            return {
                "arm": Arm.objects.select_related("study").get(pk=int(rest[0])),
                "seen_version": int(rest[1]),
            }
        if kind == "form":
            return {"field": rest[0], "seen_version": int(rest[1])}
        return {"characteristic": self.cleaned_data["characteristic"], "seen": self.cleaned_data["seen"]}
