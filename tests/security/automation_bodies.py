"""A body that works for every gesture of automation, by page and by program."""

from tests.security.gestures import PK, Gesture, fixed

RULE = {"rule": "sensitive", "animals": True}
WHY = {"why": "Trials alone"}

AUTOMATION = [
    Gesture("screening:filter_look", "owner", fixed(**RULE)),
    Gesture("screening:filter_apply", "owner", fixed(**RULE, **WHY)),
    Gesture("screening:filter_undo", "owner", fixed(), arguments=PK),
    Gesture("screening:filter_back", "owner", fixed(), arguments=PK),
    Gesture("screening:automation_switch", "owner", fixed(why="People alone")),
    Gesture("screening:automation_plan", "owner", fixed(recall="0.98")),
    Gesture("screening:automation_cast", "owner", fixed(recall="0.98")),
    Gesture("screening:automation_withdraw", "owner", fixed()),
    Gesture("screening-design-filter-look", "owner", fixed(**RULE)),
    Gesture("screening-design-filter-apply", "owner", fixed(**RULE, **WHY)),
    Gesture("screening-design-filter-undo", "owner", fixed(), arguments=PK),
    Gesture(
        "screening-design-filter-bring-back",
        "owner",
        lambda here, ids: {"record": ids.filtered_record.record_id},
        ("record",),
        arguments=PK,
    ),
    Gesture("screening-automation-plan", "owner", fixed(recall=0.98)),
    Gesture("screening-automation-cast", "owner", fixed(recall=0.98)),
    Gesture("screening-automation-withdraw", "owner", fixed()),
]
