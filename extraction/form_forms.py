"""What a person may type about forms: their names, where a new one begins, pilots, publishing."""

import json

from django import forms

from extraction.form_schema import STANDARD
from extraction.models import Form, FormVersion
from extraction.services.forms import FIRST_SECTIONS
from reviews.models import Membership, Review, User
from screening.models import Study

#: A form as JSON; 400 fields with long texts are far below.
LARGEST_FILE = 2 * 1024 * 1024


class JsonFileField(forms.FileField):
    """A form exported as JSON; gives the data. What is no JSON is told in a sentence."""

    def clean(self, data, initial=None):
        file = super().clean(data, initial)
        if not file:
            return None
        if (file.size or 0) > LARGEST_FILE:
            raise forms.ValidationError("The file is larger than 2 MB, so it is no form.")
        try:
            return json.loads(file.read().decode("utf-8-sig"))
        except (UnicodeDecodeError, RecursionError):
            raise forms.ValidationError("The file is no JSON text; choose a form exported here.") from None
        except ValueError as error:
            place = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
            raise forms.ValidationError(
                f"The file cannot be read as JSON{place}; export the form again."
            ) from None


class VersionChoice(forms.ModelChoiceField):
    def label_from_instance(self, version: FormVersion) -> str:
        return f"{version.form.review.title[:60]}: {version.form}, version {version.number}"


class FormNameForm(forms.Form):
    name = forms.CharField(max_length=120, label="Name", help_text="For example Trials, or All studies.")
    designs = forms.MultipleChoiceField(
        choices=Study.Design.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="For studies of these designs",
        help_text="None chosen: for every study. A study gets the first form in the list that is for its design.",
    )


class NewFormForm(FormNameForm):
    sections = forms.MultipleChoiceField(
        choices=[(key, section["label"]) for key, section in STANDARD.items()],
        required=False,
        initial=FIRST_SECTIONS,
        widget=forms.CheckboxSelectMultiple,
        label="Begin with these ready-made sections",
        help_text="Change them like your own.",
    )
    copy_of = VersionChoice(
        queryset=FormVersion.objects.none(),
        required=False,
        label="Or begin as a copy of",
        help_text="Forms of your reviews.",
        empty_label="No other form",
    )
    file = JsonFileField(required=False, label="Or as a form exported as JSON")

    def __init__(self, user: User, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["copy_of"].queryset = copies_for(user)  # type: ignore[attr-defined]

    def schema(self):
        """The form to begin with, or None for the ready-made sections."""
        if self.cleaned_data.get("file") is not None:
            return self.cleaned_data["file"]
        return self.cleaned_data["copy_of"].schema if self.cleaned_data["copy_of"] else None


class ImportForm(forms.Form):
    """Sections from elsewhere for a draft."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput)
    copy_of = VersionChoice(
        queryset=FormVersion.objects.none(),
        required=False,
        label="A form of your reviews",
        empty_label="None",
    )
    file = JsonFileField(required=False, label="Or a form exported as JSON")
    replace = forms.ChoiceField(
        choices=[("", "Add its sections at the end"), ("yes", "Put it in the place of everything here")],
        required=False,
        widget=forms.RadioSelect,
        label="What to do with it",
    )

    def __init__(self, user: User, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["copy_of"].queryset = copies_for(user)  # type: ignore[attr-defined]

    def clean(self):
        data = super().clean()
        if not self.errors and data.get("file") is None and not data.get("copy_of"):
            raise forms.ValidationError("Choose a form or a file.")
        return data

    def schema(self):
        given = self.cleaned_data
        return given["file"] if given.get("file") is not None else given["copy_of"].schema


class PilotForm(forms.Form):
    """On which studies a draft is tried: some chosen, or a number drawn at random."""

    k = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=1000,
        label="How many, drawn at random",
        help_text="2 to 5 show most.",
    )
    seed = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=2**31 - 1,
        label="Seed of the draw",
        help_text="The same seed draws the same studies again.",
    )
    studies = forms.ModelMultipleChoiceField(
        queryset=Study.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Or these studies",
    )

    def __init__(self, review: Review, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        studies = Study.objects.current().filter(review=review)
        self.fields["studies"].queryset = studies  # type: ignore[attr-defined]

    def clean(self):
        data = super().clean()
        if not self.errors and bool(data.get("k")) == bool(data.get("studies")):
            raise forms.ValidationError("Say how many studies to draw, or choose them: one of the two.")
        return data


class PublishForm(forms.Form):
    seen_version = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="What changed, for those who extract",
    )


class SeenForm(forms.Form):
    seen_version = forms.IntegerField()


def copies_for(user: User):
    """The latest version of each form in the reviews of ``user``."""
    reviews = Membership.objects.filter(user=user, left_at=None).values("review")
    forms_there = Form.objects.filter(review__in=reviews)
    versions = FormVersion.objects.filter(form__in=forms_there).order_by(
        "form__review__title", "form", "-number"
    )
    latest = {version.form_id: version.pk for version in reversed(versions.only("pk", "form_id"))}
    return versions.filter(pk__in=latest.values()).select_related("form__review")
