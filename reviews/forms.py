"""What a person may type in this room. Forms check; services save."""

from typing import Any, cast

from django import forms

from reviews.errors import Conflict
from reviews.models import Criterion, ExclusionReason, Invitation, Outcome, Review
from reviews.permissions import ROLE_LABELS, Role
from reviews.services import PROTOCOL_FIELDS


class SeenForm(forms.ModelForm):
    """A form that remembers what the person saw, so that a colleague's change meanwhile is not overwritten.

    ``changes()`` holds the fields the person changed, ``seen()`` what stood there when the page was opened: hand
    both to the service.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self._meta.fields:
            self.fields[name].show_hidden_initial = self.instance.pk is not None

    def changes(self) -> dict[str, Any]:
        own = set(self._meta.fields or ())  # not "why"
        return {name: self.cleaned_data[name] for name in self.changed_data if name in own}

    def seen(self) -> dict[str, Any]:
        return {
            name: self._as_seen(name) for name in self.changes() if self[name].html_initial_name in self.data
        }

    def _as_seen(self, name: str) -> Any:
        try:
            return self.fields[name].to_python(self.data[self[name].html_initial_name])
        except forms.ValidationError as error:
            raise Conflict(
                "What you saw in this field did not come back as it was. Nothing was saved. Reload the page.",
                field=name,
            ) from error


class WhyMixin(forms.Form):
    why = forms.CharField(
        required=False,
        max_length=1000,
        label="Why",
        help_text="Kept in the history with the old and the new text; the amendments of the report come from it.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class OpenReviewForm(forms.ModelForm):
    class Meta:
        model = Review
        fields = ["title", "question"]
        help_texts = {"title": "As it will stand on the report; you can change it later."}
        widgets = {"question": forms.Textarea(attrs={"rows": 3})}


class ProtocolForm(WhyMixin, SeenForm):
    framework = forms.CharField(
        max_length=20,
        help_text="PICO, PICOS, PECO, SPIDER or PIRD put their elements first when criteria are written; any other "
        "word leaves the choice free.",
    )
    protocol_url = forms.URLField(required=False, label="Address of the protocol", assume_scheme="https")

    class Meta:
        model = Review
        fields = PROTOCOL_FIELDS
        widgets = {
            **{
                name: forms.Textarea(attrs={"rows": 3})
                for name in (
                    "question",
                    "population",
                    "intervention",
                    "comparator",
                    "study_designs",
                    "notice",
                )
            },
            "maybe_rule": forms.RadioSelect,
        }
        labels = {
            "notice": "Notice on every page",
            "maybe_rule": "A “maybe” at title and abstract",
            "reasons_must_agree": "Reasons must agree at full text",
            "registration": "Registration number",
        }

    #: How the fields are grouped on the page: heading and field names.
    GROUPS = (
        (
            "Question",
            ("title", "question", "framework", "population", "intervention", "comparator", "study_designs"),
        ),
        ("Screening", ("quorum_title_abstract", "quorum_full_text", "maybe_rule", "reasons_must_agree")),
        ("Registration", ("registration", "registry", "protocol_url", "notice")),
    )

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(heading, [self[name] for name in names]) for heading, names in self.GROUPS]


class CriterionForm(SeenForm):
    """A criterion of ``review``: the elements of its framework come first, reasons are those of its list."""

    class Meta:
        model = Criterion
        fields = ["kind", "element", "text", "reason"]
        labels = {"element": "About", "text": "Criterion", "reason": "Reason if it fails"}
        widgets = {"text": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args, review: Review, **kwargs):
        super().__init__(*args, **kwargs)
        first = Criterion.FRAMEWORKS.get(review.framework.strip().upper(), ())
        labels = dict(Criterion.Element.choices)
        others = [value for value in labels if value not in first]
        cast(forms.ChoiceField, self.fields["element"]).choices = [
            (value, labels[value]) for value in (*first, *others)
        ]
        reasons = review.exclusion_reasons.filter(retired_at=None)
        if self.instance.reason_id:
            reasons = reasons | review.exclusion_reasons.filter(pk=self.instance.reason_id)
        self.fields["reason"].queryset = reasons  # type: ignore[attr-defined]


class CriterionEditForm(WhyMixin, CriterionForm):
    pass


class ReasonForm(forms.ModelForm):
    class Meta:
        model = ExclusionReason
        fields = ["label"]
        labels = {"label": "Reason"}


class ReasonEditForm(WhyMixin, ReasonForm):
    pass


class LinesField(forms.CharField):
    """A list of short texts, one a line."""

    widget = forms.Textarea(attrs={"rows": 2})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        text = self.prepare_value(value) or ""
        return [" ".join(line.split()) for line in text.splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial) != self.to_python(data)

    def run_validators(self, value: Any) -> None:
        """The service says what a time point may be."""


class OutcomeForm(SeenForm):
    time_points = LinesField(required=False, label="Further time points", help_text="One a line: 6 months.")

    class Meta:
        model = Outcome
        fields = [
            "name",
            "kind",
            "direction",
            "domain",
            "scale",
            "scale_low",
            "scale_high",
            "unit",
            "time_point",
            "time_points",
            "minimal_important_difference",
            "is_primary",
        ]
        labels = {"kind": "Kind of data", "is_primary": "Primary outcome"}
        help_texts = {
            "name": "For example: Depression severity at the end of treatment.",
            "scale": "For example: BDI-II, or any validated scale.",
            "minimal_important_difference": "The smallest difference patients would notice, in the unit above.",
        }


class OutcomeEditForm(WhyMixin, OutcomeForm):
    pass


class InviteForm(forms.ModelForm):
    class Meta:
        model = Invitation
        fields = ["email", "role"]
        labels = {"email": "E-mail"}

    def __init__(self, *args, may_add_owners: bool, **kwargs):
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["role"]).choices = role_choices(may_add_owners)
        self.fields["role"].initial = Role.REVIEWER.value


def role_choices(may_add_owners: bool) -> list[tuple[str, str]]:
    """The roles to choose from; owners are made by owners only."""
    return [
        (role.value, label) for role, label in ROLE_LABELS.items() if may_add_owners or role != Role.OWNER
    ]
