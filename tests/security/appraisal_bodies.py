"""Gestures of the pages of risk of bias: results, tools, the builder."""

from appraisal.models import ToolVersion
from appraisal.services import draft_stamp
from tests.security.gestures import PK, STUDY, Gesture, fixed
from tests.security.world import OWN_TOOL, World

RESULT = (("instrument", "rob2"), *STUDY)
ROB2 = (("instrument", "rob2"),)
OWN = (("instrument", OWN_TOOL["key"]),)


def seen(here: World) -> str:
    return draft_stamp(ToolVersion.objects.drafts().get(tool__review=here.review))


APPRAISAL = [
    Gesture(
        "appraisal:begin",
        "reviewer",
        lambda here, ids: {"instrument": "rob2", "result": f"{ids.outcome.pk}:", "result_label": "OR 2"},
        ("result",),
        arguments=STUDY,
    ),
    Gesture(
        "appraisal:start",
        "reviewer",
        lambda here, ids: {"result": f"{ids.outcome.pk}:"},
        ("result",),
        arguments=RESULT,
    ),
    Gesture(
        "appraisal:answer",
        "reviewer",
        fixed(
            **{"q-1.1-value": "PY", "q-1.1-support": "A table", "q-1.1-quote": "random", "q-1.1-page": "3"}
        ),
        arguments=(*PK, ("question", "1.1")),
    ),
    Gesture(
        "appraisal:judge",
        "reviewer",
        fixed(**{"sequence_generation-value": "high", "sequence_generation-support": "Alternation"}),
        arguments=(*PK, ("domain", "sequence_generation")),
    ),
    Gesture("appraisal:name_result", "reviewer", fixed(result_label="OR 2"), arguments=PK),
    Gesture("appraisal:discard", "reviewer", fixed(), arguments=PK),
    Gesture("appraisal:take_over", "reviewer", fixed(), arguments=PK),
    Gesture(
        "appraisal:weigh",
        "adjudicator",
        fixed(**{"q-1.1-value": "Y", "D1-value": "low"}),
        arguments=RESULT,
        saves=False,
    ),
    Gesture("appraisal:add_tool", "owner", fixed(key="quadas2")),
    Gesture("appraisal:designs", "owner", fixed(designs=["cohort"]), arguments=ROB2),
    Gesture("appraisal:retire_tool", "owner", fixed(), arguments=ROB2),
    Gesture("appraisal:new_tool", "owner", fixed(name="Another tool", description='{"about": "Us"}')),
    Gesture("appraisal:next_version", "owner", fixed(), arguments=OWN, saves=False),
    Gesture(
        "appraisal:draft",
        "owner",
        lambda here, ids: {
            "seen": seen(here),
            "name": "Renamed",
            "overall": "none",
            "level-0-label": "Good",
            "level-0-symbol": "+",
            "level-0-colour": "low",
            "domain-0-label": "Training",
            "domain-0-rule": "otherwise: Good",
            "domain-0-question-0-text": "Was it?",
            "domain-0-question-0-answers": "Y, N",
            "domain-0-question-0-shown_when": "",
            "act": "add-domain",
        },
        arguments=OWN,
    ),
    Gesture(
        "appraisal:publish_tool",
        "owner",
        lambda here, ids: {"seen": seen(here), "note": "Better"},
        arguments=OWN,
    ),
    Gesture("appraisal:discard_draft", "owner", fixed(), arguments=OWN),
]
