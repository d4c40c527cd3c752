"""Gestures of the pages of analyses: plans, explorations, figures, quoted results."""

from tests.security.gestures import PK, PLAN, Gesture, changed_plan, fixed

ANALYSES = [
    Gesture(
        "analysis:plan_new",
        "statistician",
        lambda here, ids: (
            PLAN
            | {
                "outcome": ids.outcome.pk,
                "excluded_studies": [ids.studies[1].pk],
                "exclusion_note": "doubtful",
            }
        ),
        ("outcome", "excluded_studies"),
    ),
    Gesture(
        "analysis:plan_change",
        "statistician",
        changed_plan,
        ("outcome", "excluded_studies"),
        arguments=(("plan_slug", None),),
    ),
    Gesture(
        "analysis:explore",
        "statistician",
        fixed(factor_measure="SMD", factor_tau2="PM", factor_test="z", why="agreed", seed=3),
        arguments=(*PK, ("kind", "multiverse")),
    ),
    Gesture(
        "analysis:figure_set",
        "statistician",
        fixed(version=0, sort="effect", style="ours", width="natural", data="all"),
        arguments=(*PK, ("figure", "forest")),
    ),
    Gesture("analysis:run_alike", "statistician", fixed(subgroup_by="overall risk of bias"), arguments=PK),
    Gesture(
        "analysis:quote",
        "statistician",
        lambda here, ids: (
            {"outcome": ids.outcome.pk, "label": "Other", "measure": "SMD", "estimate": -0.4}
            | {"ci_low": -0.9, "ci_high": 0.1, "k": 5, "citation": "Somebody 2021"}
        ),
        ("outcome",),
    ),
]
