"""The Cochrane risk-of-bias tool of 2011 (RoB 1). The wording of the guidance is this project's own."""

from appraisal.instruments.base import Domain, Level
from appraisal.instruments.signalling import RANDOMISED, Tool

LOW = Level(key="low", label="Low risk", symbol="+", colour="low", robvis="Low")
HIGH = Level(key="high", label="High risk", symbol="−", colour="high", robvis="High")
UNCLEAR = Level(key="unclear", label="Unclear risk", symbol="?", colour="unclear", robvis="Unclear")

ROB1 = Tool(
    key="rob1",
    name="Cochrane RoB 1 (2011)",
    about="Seven domains of a randomised trial. The tool has no overall judgement.",
    reference="Higgins JPT, Altman DG, Gøtzsche PC, et al. BMJ 2011;343:d5928",
    reference_url="https://doi.org/10.1136/bmj.d5928",
    guidance_url="https://handbook-5-1.cochrane.org/",
    designs=RANDOMISED,
    severity=("low", "unclear", "high"),
    levels=(LOW, HIGH, UNCLEAR),
    domains=(
        Domain(
            key="sequence_generation",
            short="Sequence",
            label="Random sequence generation",
            guidance="Was the order of assignments made by chance, for example by computer or a table of random "
            "numbers? Alternation, dates or record numbers are predictable.",
        ),
        Domain(
            key="allocation_concealment",
            short="Concealment",
            label="Allocation concealment",
            guidance="Could those who enrolled people foresee the next assignment? Central assignment or sealed, "
            "opaque, numbered envelopes hide it; an open list does not.",
        ),
        Domain(
            key="blinding_participants",
            short="Participants",
            label="Blinding of participants and personnel",
            guidance="Did participants or those who treated them know the assignment, and could that knowledge have "
            "changed their behaviour or care?",
        ),
        Domain(
            key="blinding_assessors",
            short="Assessors",
            label="Blinding of outcome assessment",
            guidance="Did those who measured the outcome know the assignment, and could that have changed what they "
            "recorded? Participants who rate themselves are assessors too.",
        ),
        Domain(
            key="incomplete_outcome_data",
            short="Missing data",
            label="Incomplete outcome data",
            guidance="How many outcomes are missing in each arm, why, and could they have changed the result? Look "
            "at how the analysis dealt with them.",
        ),
        Domain(
            key="selective_reporting",
            short="Reporting",
            label="Selective reporting",
            guidance="Are all outcomes that were planned reported, as they were planned? Compare with the "
            "registration, the protocol or the methods section.",
        ),
        Domain(
            key="other_bias",
            short="Other",
            label="Other sources of bias",
            guidance="Anything else about this trial that could bias its result, for example an early stop or a "
            "problem of its design. Name it in the support.",
        ),
    ),
)
