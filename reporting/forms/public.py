"""What a person may type to publish a snapshot or close a version."""

from datetime import datetime, timedelta

from django import forms
from django.utils import timezone

from reporting.public import PARTS

LASTS = [("", "Until it is revoked"), ("30", "30 days"), ("90", "90 days"), ("365", "A year")]


class PublishForm(forms.Form):
    label = forms.CharField(
        max_length=120, required=False, help_text="For the team alone: who the link is for."
    )
    parts = forms.MultipleChoiceField(
        choices=[(key, part.label) for key, part in PARTS.items()],
        initial=list(PARTS),
        widget=forms.CheckboxSelectMultiple,
        label="What is shown",
        error_messages={"required": "Choose at least one part to show."},
    )
    lasts = forms.ChoiceField(choices=LASTS, required=False, label="How long the link works")

    @property
    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["lasts"]
        return timezone.now() + timedelta(days=int(days)) if days else None


class VersionForm(forms.Form):
    label = forms.CharField(
        max_length=120, label="Name of the version", help_text="For example: Searches to May 2024."
    )
    note = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Where it was published, for example.",
    )
