"""The settings of a plan: the one list that pages, forms, the API, commands, snapshots and changes go by.

``PLAN_SETTINGS`` has an entry for every field of Plan that a person decides, in the order in which they are shown.
A new setting is a field of the model and a line here; a test refuses a model and a list that differ. No Django.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

PAIRWISE, NETWORK, NARRATIVE = "pairwise", "network", "narrative"
KINDS = (PAIRWISE, NETWORK, NARRATIVE)
#: How a setting comes into a snapshot: always; only where it is not the default (so that a run of before the setting
#: was known is still the same run); or in a part of the snapshot of its own (the outcome, who is left out and why).
ALWAYS, UNLESS_DEFAULT, APART = "always", "unless default", "apart"


@dataclass(frozen=True)
class Setting:
    """``label`` names it in lists; ``kinds``: the plans it belongs to; ``wording``: it changes no number."""

    name: str
    label: str
    default: Any = ""
    snapshot: str = UNLESS_DEFAULT
    kinds: tuple[str, ...] = KINDS
    wording: bool = False


_ALL = (
    Setting("name", "Name", snapshot=ALWAYS, wording=True),
    Setting("kind", "Kind of synthesis", PAIRWISE),
    Setting("question", "Question"),
    Setting("prespecified", "Prespecified", False, ALWAYS),
    Setting("outcome", "Outcome", None, APART),
    Setting("selection", "Eligible results", {}),
    Setting("prefer_rater", "Results by", snapshot=ALWAYS),
    Setting("leave_out_derived", "Derived values left out", False, ALWAYS),
    Setting("risk_of_bias", "Risk of bias"),
    Setting("excluded_studies", "Studies left out", [], APART),
    Setting("exclusion_note", "Why they are left out", snapshot=ALWAYS),
    Setting("measure", "Effect measure", "SMD", ALWAYS),
    Setting("method", "Method of pooling", "iv", kinds=(PAIRWISE,)),
    Setting("tau2_method", "Between-study variance", "REML", ALWAYS, (PAIRWISE, NETWORK)),
    Setting("test", "Confidence interval", "knha", ALWAYS, (PAIRWISE,)),
    Setting("level", "Confidence level, percent", 95.0, ALWAYS),
    Setting("prediction", "Prediction interval", "as test", kinds=(PAIRWISE,)),
    Setting("subgroup_by", "Subgroups", snapshot=ALWAYS, kinds=(PAIRWISE,)),
    Setting("common_tau2", "One between-study variance for all subgroups", False, kinds=(PAIRWISE,)),
    Setting("moderators", "Meta-regression on", [], kinds=(PAIRWISE,)),
    Setting("sensitivity", "Sensitivity analyses", None, kinds=(PAIRWISE,)),
    Setting("small_study_tests", "Tests of small-study effects", [], kinds=(PAIRWISE,)),
    Setting("experimental_label", "What is tested, in the figures", "intervention", ALWAYS, wording=True),
    Setting("comparator_label", "What it is compared with, in the figures", "control", ALWAYS, wording=True),
)
PLAN_SETTINGS: dict[str, Setting] = {setting.name: setting for setting in _ALL}
#: Those whose values are stored in the plan's own row as they are.
PLAIN = tuple(name for name in PLAN_SETTINGS if name not in ("outcome", "excluded_studies"))


def default_of(name: str) -> Any:
    """A fresh copy of what a plan has when nobody decided."""
    return deepcopy(PLAN_SETTINGS[name].default)


def belongs(name: str, kind: str) -> bool:
    """Whether a plan of this kind has the setting; one that has not keeps the default."""
    return kind in PLAN_SETTINGS[name].kinds


def for_snapshot(plan: Any) -> dict[str, Any]:
    """The settings of a Plan as its snapshot keeps them, under "plan"."""
    return {
        name: deepcopy(value)
        for name in PLAIN
        if (value := getattr(plan, name)) != PLAN_SETTINGS[name].default
        or PLAN_SETTINGS[name].snapshot == ALWAYS
    }


def settings_in(snapshot_plan: Mapping[str, Any]) -> dict[str, Any]:
    """The settings back from the "plan" of a snapshot, those that it does not have at their defaults."""
    return {name: deepcopy(snapshot_plan.get(name, PLAN_SETTINGS[name].default)) for name in PLAIN}
