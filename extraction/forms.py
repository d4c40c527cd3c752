"""What a person may type about a study and its results; nothing here saves."""

from django import forms
from django.db.models import QuerySet

from extraction.models import Arm, Characteristic
from screening.models import Study


class ArmForm(forms.Form):
    label = forms.CharField(max_length=200)
    role = forms.ChoiceField(choices=Arm.Role.choices)
    n_randomised = forms.IntegerField(label="n randomised", min_value=1, required=False)
    dose = forms.CharField(max_length=200, required=False, help_text="Dose, sessions or intensity.")
    intervention = forms.CharField(
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"list": "interventions"}),
        help_text="The review's word for it; a new word joins the vocabulary.",
    )
    description = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}), max_length=5000)


class ArmChangeForm(ArmForm):
    seen_version = forms.IntegerField(widget=forms.HiddenInput)


class CharacteristicForm(forms.Form):
    """A fact under a name the review's studies share."""

    name = forms.CharField(max_length=80, help_text="For example therapy. Used for subgroups.")
    value = forms.CharField(
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Empty removes it.",
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)


class DismissForm(forms.Form):
    """Why a warning is no mistake; ``code`` and ``fingerprint`` are the warning's."""

    code = forms.CharField(max_length=40)
    fingerprint = forms.CharField(max_length=64)
    reason = forms.CharField(max_length=2000)


class CombineForm(forms.Form):
    label = forms.CharField(max_length=200, required=False)


class MethodForm(forms.Form):
    method = forms.CharField(max_length=20)


class VersionForm(forms.Form):
    """Which version of a result the person had in view."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput)


class WhyForm(VersionForm):
    why = forms.CharField(label="Reason", max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


def offer(field: forms.Field, rows: QuerySet) -> None:
    """Let a choice of rows be one of ``rows``."""
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows


def known_characteristics(study: Study) -> list[str]:
    """The names in use in the review, so that people choose the same word."""
    names = Characteristic.objects.filter(study__review=study.review_id).order_by("name")
    return list(names.values_list("name", flat=True).distinct())
