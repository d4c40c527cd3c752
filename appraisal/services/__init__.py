"""The verbs of risk of bias, one subject per module; import them from here."""

from appraisal.registry import UnknownInstrument
from appraisal.services.answering import accept_proposals, answer_question, judge, say_together
from appraisal.services.assessments import (
    check_result,
    complete_assessment,
    discard_assessment,
    name_result,
    reopen,
    start_assessment,
)
from appraisal.services.guards import AlreadySettled, BadTool, Incomplete, NeedsReason, NotYours
from appraisal.services.outdating import outdated, take_over_version
from appraisal.services.reconciling import consensus_stamp, reconcile
from appraisal.services.tools import (
    add_tool,
    change_draft,
    discard_draft,
    draft_stamp,
    draft_tool,
    fault_of,
    name_of,
    publish_tool,
    retire_tool,
    set_designs,
)

__all__ = [
    "AlreadySettled",
    "BadTool",
    "Incomplete",
    "NeedsReason",
    "NotYours",
    "UnknownInstrument",
    "accept_proposals",
    "add_tool",
    "answer_question",
    "change_draft",
    "check_result",
    "complete_assessment",
    "consensus_stamp",
    "discard_assessment",
    "discard_draft",
    "draft_stamp",
    "draft_tool",
    "fault_of",
    "judge",
    "name_of",
    "name_result",
    "outdated",
    "publish_tool",
    "reconcile",
    "reopen",
    "retire_tool",
    "say_together",
    "set_designs",
    "start_assessment",
    "take_over_version",
]
