"""The tools there are, as data. No Django here: pages, figures, files and tests read the same objects.

``INSTRUMENTS`` are judged domain by domain; ``TOOLS`` have signalling questions and rules as well. ``BUILT_IN`` are
all a review may use; ``appraisal.registry`` adds the tools of its own.
"""

from appraisal.instruments.base import Domain, Instrument, Level
from appraisal.instruments.custom import tool_from_data
from appraisal.instruments.jbi import JBI
from appraisal.instruments.metapsy_rob1 import METAPSY_ROB1
from appraisal.instruments.nos import NOS_CASE_CONTROL, NOS_COHORT, Stars, ahrq, stars, with_ahrq
from appraisal.instruments.quadas2 import QUADAS2
from appraisal.instruments.rob1 import ROB1
from appraisal.instruments.rob2 import (
    ROB2,
    ROB2_ADHERING,
    ROB2_CLUSTER,
    ROB2_CLUSTER_ADHERING,
    ROB2_CROSSOVER,
    ROB2_CROSSOVER_ADHERING,
)
from appraisal.instruments.robins_i import ROBINS_I, ROBINS_I_ADHERING
from appraisal.instruments.robins_i_v2 import ROBINS_I_V2, ROBINS_I_V2_PER_PROTOCOL
from appraisal.instruments.signalling import (
    Proposal,
    SignallingQuestion,
    Tool,
    ToolError,
    overall,
    propose,
    shown,
)

INSTRUMENTS: dict[str, Tool] = {tool.key: tool for tool in (ROB1, METAPSY_ROB1)}
TOOLS: dict[str, Tool] = {
    tool.key: tool
    for tool in (
        ROB2,
        ROB2_ADHERING,
        ROB2_CLUSTER,
        ROB2_CLUSTER_ADHERING,
        ROB2_CROSSOVER,
        ROB2_CROSSOVER_ADHERING,
        ROBINS_I,
        ROBINS_I_ADHERING,
        ROBINS_I_V2,
        ROBINS_I_V2_PER_PROTOCOL,
        QUADAS2,
        NOS_COHORT,
        NOS_CASE_CONTROL,
        *JBI.values(),
    )
}
CONVERTED = (with_ahrq(NOS_COHORT), with_ahrq(NOS_CASE_CONTROL))
BUILT_IN: dict[str, Tool] = INSTRUMENTS | TOOLS | {tool.key: tool for tool in CONVERTED}

__all__ = [
    "BUILT_IN",
    "INSTRUMENTS",
    "TOOLS",
    "Domain",
    "Instrument",
    "Level",
    "Proposal",
    "SignallingQuestion",
    "Stars",
    "Tool",
    "ToolError",
    "ahrq",
    "overall",
    "propose",
    "shown",
    "stars",
    "tool_from_data",
    "with_ahrq",
]
