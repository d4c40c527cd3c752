"""A plan to be written, and one to be changed. Forms check; services save."""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict

from analysis.choices import (
    SENSITIVITY,
    SMALL_STUDY_TESTS,
    interval_choices,
    measure_choices,
    prediction_choices,
    tau2_choices,
)
from analysis.fitting import fit_of
from analysis.forms import offers
from analysis.forms.fields import ModeratorsField
from analysis.forms.outcomes import offer_outcomes
from analysis.forms.rules import ARMS, ORDER, PREFIX, TIME, RuleFields, initial_rules
from analysis.intake import OF_ONE_GROUP
from analysis.models import Plan
from analysis.moderator_values import SPECIAL
from analysis.plan_settings import NETWORK, PAIRWISE, PLAIN, PLAN_SETTINGS, belongs, default_of
from analysis.risk import BY_RISK
from analysis.stats import NETWORK_TAU2
from reviews.models import Review
from screening.models import Study

#: Settings that are a field each, of the model's kind or one declared below; the rest is composed.
COMPOSED = ("selection",)


@dataclass(frozen=True)
class Part:
    """Some fields under one heading. ``folded``: shown closed, because all are at their defaults."""

    key: str
    title: str
    fields: list[forms.BoundField]
    folded: bool
    help: str = ""


#: {key: (heading, fields, what to know)}; the first two are always open.
PARTS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "asked": ("What is asked", ("name", "question", "outcome", "prespecified"), ""),
    "effect": ("How it is pooled", ("measure", "method", "tau2_method", "test"), ""),
    "arms": (
        "Which comparisons",
        tuple(PREFIX + name for name in ARMS),
        "Nothing ticked: every comparison there is. Nobody is counted twice.",
    ),
    "time": ("Which time", tuple(PREFIX + name for name in TIME), "In weeks since randomisation."),
    "order": (
        "Which of several results of a study",
        ("prefer_rater", *(PREFIX + name for name in ORDER)),
        "In this order: rater, scale, time, population, final or change, adjusted, arm data. Between equals, the "
        "result marked as preferred in extraction is taken.",
    ),
    "studies": (
        "Which studies",
        ("risk_of_bias", "leave_out_derived", "excluded_studies", "exclusion_note"),
        "",
    ),
    "groups": ("Subgroups and meta-regression", ("subgroup_by", "common_tau2", "moderators"), ""),
    "intervals": ("Levels and intervals", ("level", "prediction"), ""),
    "checks": ("Checks", ("sensitivity", "small_study_tests"), ""),
    "words": ("Words in the figures", ("experimental_label", "comparator_label"), ""),
}
ALWAYS_OPEN = ("asked", "effect")


class PlanForm(RuleFields, forms.ModelForm):
    """A new plan of one ``kind``; ``settings()`` are the keywords for services.write_plan."""

    kind = forms.ChoiceField(
        choices=Plan.Kind.choices, label="Kind of synthesis", widget=forms.RadioSelect, required=False
    )
    #: The kind whose settings the page shows; with another ``kind`` the page is to be shown again.
    shown_kind = forms.CharField(required=False, widget=forms.HiddenInput)
    measure = forms.ChoiceField(choices=measure_choices, label="Effect measure")
    tau2_method = forms.ChoiceField(choices=tau2_choices, label="Between-study variance", initial="REML")
    test = forms.ChoiceField(choices=interval_choices, label="Confidence interval", initial="knha")
    prediction = forms.ChoiceField(choices=prediction_choices, label="Prediction interval")
    subgroup_by = forms.ChoiceField(
        required=False,
        label="Subgroups",
        help_text="By a characteristic from extraction, or by risk of bias.",
    )
    moderators = ModeratorsField(
        label="Meta-regression on",
        help_text="Characteristics from extraction, all in one model; each also alone for its bubble plot.",
    )
    sensitivity = forms.MultipleChoiceField(
        required=False,
        label="Sensitivity analyses",
        choices=list(SENSITIVITY.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    small_study_tests = forms.MultipleChoiceField(
        required=False,
        label="Tests of small-study effects",
        choices=list(SMALL_STUDY_TESTS.items()),
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: the one proposed for the measure. Below ten studies none is made.",
    )

    class Meta:
        model = Plan
        fields = [name for name in PLAN_SETTINGS if name not in COMPOSED]
        labels = {name: setting.label for name, setting in PLAN_SETTINGS.items()} | {
            "leave_out_derived": "Leave out converted and derived values",
            "common_tau2": "One between-study variance for all subgroups",
            "experimental_label": "What is tested",
            "comparator_label": "What it is compared with",
        }
        help_texts = {
            "name": "For example: All trials, Knapp-Hartung.",
            "question": "What this analysis is to answer, in a sentence.",
            "risk_of_bias": "By the agreed overall judgement about the result that is pooled.",
            "exclusion_note": "The reason stands beside them in the result.",
            "common_tau2": "Else each subgroup has its own.",
            "experimental_label": "In one or two words: Favours …",
            "prefer_rater": "Where a study has a result by this rater. The lists below say more.",
        }
        widgets = {
            "question": forms.Textarea(attrs={"rows": 2}),
            "excluded_studies": forms.CheckboxSelectMultiple,
            "exclusion_note": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, review: Review, data: QueryDict | None = None, *, kind: str = "", **kwargs: Any):
        initial = dict(kwargs.pop("initial", None) or {})
        instance = kwargs.get("instance")
        self.start = {name: value for name, value in initial.items() if name in PLAN_SETTINGS}
        stored = initial.pop("selection", None) or (instance.selection if instance else {})
        chosen = initial.get("sensitivity", instance.sensitivity if instance else None)
        if instance is None:
            initial = {name: default_of(name) for name in PLAIN if name not in COMPOSED} | initial
        initial["sensitivity"] = list(SENSITIVITY) if chosen is None else chosen
        super().__init__(data, initial=initial_rules(stored) | initial, **kwargs)
        self.review = review
        given = (
            kind
            or (data.get("kind") if data else "")
            or initial.get("kind")
            or (instance.kind if instance else "")
        )
        self.of_kind = given if given in Plan.Kind.values else PAIRWISE
        self.initial.update(kind=self.of_kind, shown_kind=self.of_kind)
        offer_outcomes(self, review)
        self.offer_rules(review)
        self._offer_words()
        self._keep_to_kind()

    def _offer_words(self) -> None:
        left_out = [getattr(one, "pk", one) for one in self.initial.get("excluded_studies") or ()]
        here = Study.objects.current().filter(review=self.review).values("pk")
        studies = Study.objects.filter(Q(pk__in=here) | Q(pk__in=left_out, review=self.review))
        known = offers.characteristics(self.review)
        self.fields["excluded_studies"].queryset = studies  # type: ignore[attr-defined]
        if not studies:
            del self.fields["excluded_studies"], self.fields["exclusion_note"]
        by = self.initial.get("subgroup_by")
        self.fields["subgroup_by"].choices = [  # type: ignore[attr-defined]
            ("", "None"),
            (BY_RISK, "Overall risk of bias, as agreed"),
            *((name, name) for name in dict.fromkeys([*known, *([by] if by else [])]) if name != BY_RISK),
        ]
        self.fields["moderators"].widget.names = [*known, *SPECIAL, BY_RISK]  # type: ignore[attr-defined]
        self.fields["risk_of_bias"].choices = [("", "All studies"), *Plan.RiskOfBias.choices]  # type: ignore[attr-defined]
        self.fields["prefer_rater"].choices = [  # type: ignore[attr-defined]
            ("", "whoever is preferred in extraction"),
            *list(self.fields["prefer_rater"].choices)[1:],  # type: ignore[attr-defined]
        ]

    def _keep_to_kind(self) -> None:
        for name in [
            name for name in self.fields if name in PLAN_SETTINGS and not belongs(name, self.of_kind)
        ]:
            del self.fields[name]
        if self.of_kind == NETWORK:
            self.fields["tau2_method"].choices = [  # type: ignore[attr-defined]
                choice for choice in tau2_choices() if choice[0] in NETWORK_TAU2
            ]
            self.fields["measure"].choices = [  # type: ignore[attr-defined]
                (group, kept)
                for group, choices in measure_choices()
                if (kept := [choice for choice in choices if choice[0] not in OF_ONE_GROUP])
            ]
            del self.fields[PREFIX + "multi_arm"]

    def clean(self) -> dict[str, Any]:
        """A measure that no result of the outcome gives is refused with the first reason."""
        data = super().clean() or self.cleaned_data
        data |= {"kind": self.of_kind, "selection": self.read_rules()}
        if data.get("prefer_rater") and data["selection"].get("raters"):
            self.add_error("prefer_rater", "Say the rater once: here, or in the list of raters.")
        if self.of_kind == PAIRWISE and data.get("outcome") and data.get("measure"):
            fit = fit_of(data["outcome"], data["measure"], data["selection"])
            if fit.none_fits:
                self.add_error("measure", f"No result of this outcome gives this measure. {fit.misfits[0]}")
        return data

    def settings(self) -> dict[str, Any]:
        """Of the valid fields: {setting: value} as services take them."""
        found = {name: self.cleaned_data[name] for name in PLAN_SETTINGS if name in self.cleaned_data}
        if set(found.get("sensitivity", ())) == set(SENSITIVITY):
            found["sensitivity"] = None
        return found

    def typed(self) -> dict[str, Any]:
        """What was typed, valid or not, as ``initial`` of a form that is shown again without complaints."""
        asked = self.data.get("shown_kind", self.of_kind)
        return {
            name: field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
            for name, field in self.fields.items()
            if name != "shown_kind" and (name not in PLAN_SETTINGS or belongs(name, asked))
        }

    def settings_shown(self) -> dict[str, Any]:
        """Of a form shown for the first time: the settings as it begins, by ``settings()``'s names."""
        plan = {name: getattr(self.instance, name) for name in PLAIN} | self.start
        outcome, left_out = self["outcome"].value(), self.initial.get("excluded_studies") or []
        first = self.fields["outcome"].queryset.filter(pk=getattr(outcome, "pk", outcome)).first()  # type: ignore[attr-defined]
        found = plan | {"kind": self.of_kind, "outcome": first, "excluded_studies": left_out}
        return {name: value for name, value in found.items() if belongs(name, self.of_kind)}

    @property
    def parts(self) -> list[Part]:
        """The fields in the order of the page."""
        found = []
        for key, (title, names, help_text) in PARTS.items():
            fields = [self[name] for name in names if name in self.fields]
            folded = key not in ALWAYS_OPEN and not any(self._is_told(field) for field in fields)
            if fields:
                found.append(Part(key, title, fields, folded, help_text))
        return found

    def _is_told(self, field: forms.BoundField) -> bool:
        """Whether the field has an error or anything but its default, so that it must not be hidden."""
        if self.is_bound and field.name in self.errors:
            return True
        value = field.value()
        if field.name == "sensitivity":
            return set(value or ()) != set(SENSITIVITY)
        if isinstance(value, dict):
            return bool(value["more"] or any(value["places"].values()))
        if field.name.startswith(PREFIX):
            choices = getattr(field.field, "choices", None)
            default = "" if not choices or isinstance(value, list) else next(iter(choices))[0]
            return bool(value) and value != default
        default = PLAN_SETTINGS[field.name].default
        if isinstance(default, float):
            return str(value).removesuffix(".0") != f"{default:g}"
        return str(value or "") != str(default or "")


class PlanChangeForm(PlanForm):
    """A plan to be changed, with the reason."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Why it is changed",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Shown with the change, on the page of the plan and in the report.",
    )

    def __init__(self, plan: Plan, data: QueryDict | None = None, **kwargs: Any):
        kwargs["initial"] = {"seen_version": plan.version} | (kwargs.get("initial") or {})
        super().__init__(plan.review, data, instance=copy(plan), **kwargs)


def names_in_parts() -> Iterable[str]:
    """Every field that has its place on the page; ``kind`` stands above all."""
    return ("kind", *(name for _, names, _ in PARTS.values() for name in names))
