"""The fields for eligible results and their order of preference; together they are the ``selection`` of a plan."""

from typing import Any

from django import forms

from analysis.forms import offers
from analysis.forms.fields import RankedField
from analysis.selection import (
    ADJUSTED,
    CHANGE,
    DATA,
    MULTI_ARM,
    WHEN,
    WITHOUT_WEEKS,
    Selection,
    SelectionError,
)
from reviews.models import Review

PREFIX = "select_"
#: Rules of the form, by what they are about.
ARMS = ("experimental", "comparator", "multi_arm")
TIME = ("weeks_from", "weeks_to", "without_weeks", "when", "nearest_weeks")
ORDER = (
    *("scales", "only_scales", "raters", "only_raters", "populations", "only_populations"),
    *("change", "adjusted", "data"),
)
LONGEST_NAME = 200
RULES = (*ARMS, *TIME, *ORDER)


def _weeks(label: str, help_text: str = "") -> forms.FloatField:
    return forms.FloatField(label=label, help_text=help_text, required=False, min_value=0)


class NamesField(forms.MultipleChoiceField):
    """Some of the names that are offered, or of those a plan named before they were gone."""

    widget = forms.CheckboxSelectMultiple

    def valid_value(self, value: Any) -> bool:
        return 0 < len(str(value)) <= LONGEST_NAME


def _names(label: str) -> NamesField:
    return NamesField(label=label, required=False)


def _choice(label: str, choices: dict[str, str]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=list(choices.items()), required=False)


def _only(label: str) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False)


class RuleFields(forms.Form):
    """The rules of analysis.selection, each as a field with the prefix."""

    select_experimental = _names("Tested")
    select_comparator = _names("Compared with")
    select_multi_arm = _choice("Studies with more than two arms", MULTI_ARM)
    select_weeks_from = _weeks("From week")
    select_weeks_to = _weeks("To week")
    select_without_weeks = _choice("Results without a number of weeks", WITHOUT_WEEKS)
    select_when = _choice("Of several times", WHEN)
    select_nearest_weeks = _weeks("Nearest to week")
    select_scales = RankedField(
        label="Scales, in order of preference", open_ended=True, help_text="1 is the first choice."
    )
    select_only_scales = _only("No other scales")
    select_raters = RankedField(label="Raters, in order of preference")
    select_only_raters = _only("No other raters")
    select_populations = RankedField(label="Populations, in order of preference")
    select_only_populations = _only("No other populations")
    select_change = _choice("Final scores and changes from baseline", CHANGE)
    select_adjusted = _choice("Adjustment for covariates", ADJUSTED)
    select_data = _choice("Arm data and effects as reported", DATA)

    def offer_rules(self, review: Review) -> None:
        """Fill in the words of the review, and those that the plan has already."""
        known = offers.arms(review)
        for name in ("experimental", "comparator"):
            field, chosen = self.fields[PREFIX + name], self[PREFIX + name].value() or []
            field.choices = [(one, one) for one in dict.fromkeys([*chosen, *known])]  # type: ignore[attr-defined]
        for name in ("scales", "raters", "populations"):
            self.fields[PREFIX + name].offer(getattr(offers, name)(review))  # type: ignore[attr-defined]

    def read_rules(self) -> dict[str, Any]:
        """The selection that the valid fields make, {} when it is no selection; the sentence goes to its field."""
        given = {name: self.cleaned_data.get(PREFIX + name) for name in RULES}
        try:
            return Selection.read({name: value for name, value in given.items() if _is_said(value)}).to_dict()
        except SelectionError as error:
            field = PREFIX + error.field
            self.add_error(field if field in self.fields else None, str(error))
            return {}


def initial_rules(selection: dict[str, Any]) -> dict[str, Any]:
    """A stored selection as the initial values of the fields."""
    return {PREFIX + name: value for name, value in selection.items()}


def _is_said(value: Any) -> bool:
    return value is not None and value is not False and value != "" and value != []
