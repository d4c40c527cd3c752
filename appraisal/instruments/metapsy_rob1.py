"""Four items of RoB 1 as the Metapsy project codes them for trials of psychotherapy.

In the Metapsy data bases 1 stands for low risk, 0 for high or unclear risk, and "sr" for an outcome that
participants rate themselves, where blinding of assessors does not apply. The wording of the guidance is ours.
"""

from appraisal.instruments.base import Domain, Level
from appraisal.instruments.signalling import RANDOMISED, Tool

LOW = Level(key="low", label="Low risk", symbol="+", colour="low", robvis="Low", aliases=("1",))
HIGH = Level(
    key="high", label="High or unclear risk", symbol="−", colour="high", robvis="High", aliases=("0",)
)
SELF_REPORT = Level(
    key="self_report",
    label="Self-report",
    symbol="SR",
    colour="no_information",
    robvis="Not applicable",
    aliases=("sr", "self-report"),
)
RISK = ("low", "high")

METAPSY_ROB1 = Tool(
    key="metapsy_rob1",
    name="RoB 1, four items (Metapsy)",
    about="Four items of the Cochrane tool of 2011 as the Metapsy data bases code them, with no overall judgement.",
    reference="Higgins JPT, Altman DG, Gøtzsche PC, et al. BMJ 2011;343:d5928; coding of the Metapsy project",
    reference_url="https://doi.org/10.1136/bmj.d5928",
    guidance_url="https://docs.metapsy.org/",
    designs=RANDOMISED,
    severity=("low", "high"),
    levels=(LOW, HIGH, SELF_REPORT),
    domains=(
        Domain(
            key="sequence_generation",
            short="Sequence",
            label="Sequence generation",
            guidance="Was the order of assignments made by chance, for example by computer or a table of "
            "random numbers?",
            levels=RISK,
        ),
        Domain(
            key="allocation_concealment",
            short="Concealment",
            label="Allocation concealment",
            guidance="Was the next assignment hidden from those who enrolled people, for example by an independent "
            "office or sealed envelopes?",
            levels=RISK,
        ),
        Domain(
            key="blinding_assessors",
            short="Assessors",
            label="Blinding of outcome assessors",
            guidance="Were interviewers who rated the outcome unaware of the assignment? Choose self-report when "
            "participants rated themselves: there is no assessor to blind.",
        ),
        Domain(
            key="itt",
            short="ITT",
            label="Intention to treat (incomplete outcome data)",
            guidance="Were all randomised people analysed in the arm they were assigned to, with missing outcomes "
            "dealt with in the analysis?",
            levels=RISK,
        ),
    ),
)
