"""ROBINS-I (2016) for non-randomised studies of interventions, in our own words. It has no domain algorithms."""

from collections.abc import Mapping

from appraisal.instruments.base import Domain, Level
from appraisal.instruments.signalling import (
    NO,
    SCALE,
    SCALE_NA,
    YES,
    AllOf,
    AnyOf,
    Condition,
    Is,
    Proposal,
    SignallingQuestion,
    Tool,
    worst,
)

LEVELS = (
    Level(key="low", label="Low risk", symbol="+", colour="low", robvis="Low"),
    Level(key="moderate", label="Moderate risk", symbol="!", colour="moderate", robvis="Moderate"),
    Level(key="serious", label="Serious risk", symbol="−", colour="serious", robvis="Serious"),
    Level(key="critical", label="Critical risk", symbol="x", colour="critical", robvis="Critical"),
    Level(key="no_information", label="No information", symbol="NI", colour="no_information",
          robvis="No information", aliases=("NI",)),
)  # fmt: skip
SEVERITY = ("low", "moderate", "no_information", "serious", "critical")

DOMAINS = tuple(
    Domain(key=key, short=key, label=label, guidance=guidance)
    for key, label, guidance in (
        (
            "D1",
            "Confounding",
            "Did anything that predicts the outcome also steer who got which intervention?",
        ),
        (
            "D2",
            "Selection of participants",
            "Did entry into the study depend on the intervention and the outcome?",
        ),
        (
            "D3",
            "Classification of interventions",
            "Is it certain, and independent of the outcome, who got what?",
        ),
        (
            "D4",
            "Deviations from intended interventions",
            "Did care differ from what was intended, and matter?",
        ),
        ("D5", "Missing data", "Are participants missing in a way that depends on intervention and outcome?"),
        (
            "D6",
            "Measurement of outcomes",
            "Was the outcome measured alike, by people who could not be swayed?",
        ),
        ("D7", "Selection of the reported result", "Was this result picked among several?"),
    )
)
_BASELINE_ONLY = AnyOf((Is("1.2", NO), Is("1.3", NO)))
_TIME_VARYING = Is("1.3", YES)

_BEFORE: tuple[tuple[str, str, Condition | None], ...] = (
    ("1.1", "Could confounding affect this result at all?", None),
    ("1.2", "Was participants' follow-up split by the intervention they had received?", Is("1.1", (*YES, "NI"))),
    ("1.3", "Were stops or switches likely to be related to what predicts the outcome?", Is("1.2", YES)),
    ("1.4", "Did the analysis control for all important confounding at baseline?", _BASELINE_ONLY),
    ("1.5", "Were these confounders measured validly and reliably?", Is("1.4", YES)),
    ("1.6", "Did the analysis control for things the intervention may have changed?", _BASELINE_ONLY),
    ("1.7", "Did the analysis deal with important confounding, also what varied in time?", _TIME_VARYING),
    ("1.8", "Were these confounders measured validly and reliably?", Is("1.7", YES)),
    ("2.1", "Did entry depend on something seen after the intervention began?", None),
    ("2.2", "Was that likely to be associated with the intervention?", Is("2.1", YES)),
    ("2.3", "Was that likely to be influenced by the outcome or a cause of it?", Is("2.2", YES)),
    ("2.4", "Do follow-up and intervention start together for most participants?", None),
    ("2.5", "Did the analysis correct for this selection?",
     AnyOf((AllOf((Is("2.2", YES), Is("2.3", YES))), Is("2.4", NO)))),
    ("3.1", "Were the intervention groups clearly defined?", None),
    ("3.2", "Was what defines the groups recorded when the intervention began?", None),
    ("3.3", "Could the outcome, or its risk, have affected who was counted in which group?", None),
)  # fmt: skip
_ASSIGNMENT: tuple[tuple[str, str, Condition | None], ...] = (
    ("4.1", "Were there deviations beyond those of usual practice?", None),
    ("4.2", "Were they unbalanced and likely to have affected the outcome?", Is("4.1", YES)),
)
_ADHERING: tuple[tuple[str, str, Condition | None], ...] = (
    ("4.3", "Were important other interventions balanced between the groups?", None),
    ("4.4", "Was the intervention delivered as meant for most participants?", None),
    ("4.5", "Did participants adhere to their intervention?", None),
    ("4.6", "Does the analysis suit the effect of starting and adhering?",
     AnyOf((Is("4.3", NO), Is("4.4", NO), Is("4.5", NO)))),
)  # fmt: skip
_INCOMPLETE = AnyOf((Is("5.1", NO), Is("5.2", YES), Is("5.3", YES)))
_AFTER: tuple[tuple[str, str, Condition | None], ...] = (
    ("5.1", "Is the outcome known for all or nearly all participants?", None),
    ("5.2", "Were participants left out because their intervention was not known?", None),
    ("5.3", "Were participants left out because other variables were missing?", None),
    ("5.4", "Are the share missing and the reasons similar in the groups?", _INCOMPLETE),
    ("5.5", "Is there evidence that the result is robust to the missing data?", _INCOMPLETE),
    ("6.1", "Could knowing the intervention have influenced the outcome measure?", None),
    ("6.2", "Did assessors know the intervention?", None),
    ("6.3", "Was the outcome assessed in comparable ways in the groups?", None),
    ("6.4", "Were errors of measurement related to the intervention?", None),
    ("7.1", "Was the result probably picked from several measurements of the outcome?", None),
    ("7.2", "Was the result probably picked from several analyses?", None),
    ("7.3", "Was the result probably picked from several subgroups?", None),
)


def confounding(a: Mapping[str, str]) -> tuple[str | None, str]:
    """Domain 1: low when no confounding is to be expected; anything else is a judgement."""
    if a["1.1"] == "N":
        return "low", "No confounding is to be expected for this result (1.1)."
    return None, "The 2016 tool has no rule for this domain: judge it from the answers."


def overall_rule(tool: Tool, levels: Mapping[str, str], several_together: bool | None) -> Proposal:
    """Critical, else serious, by the worst domain; else no information if a domain lacks it; else the worst."""
    proposal = worst(tool, levels)
    if proposal.level != "no_information":
        return proposal
    where = ", ".join(key for key, level in levels.items() if level == "no_information")
    why = f"No serious or critical risk, but no information in {where}; override it where no key domain lacks it."
    return Proposal(level="no_information", why=why)


def _build(effect: str) -> Tool:
    rows = (*_BEFORE, *(_ADHERING if effect == "adhering" else _ASSIGNMENT), *_AFTER)
    return Tool(
        key="robins_i" if effect == "assignment" else "robins_i_adhering",
        name=f"ROBINS-I 2016 (effect of {'assignment' if effect == 'assignment' else 'starting and adhering'})",
        about="One result of a non-randomised study of an intervention, compared with a target trial.",
        reference="Sterne JA, Hernán MA, Reeves BC, et al. BMJ 2016;355:i4919",
        reference_url="https://doi.org/10.1136/bmj.i4919",
        guidance_url="https://www.riskofbias.info/welcome/home",
        domains=DOMAINS,
        levels=LEVELS,
        questions=tuple(
            SignallingQuestion(
                key=key,
                domain=f"D{key[0]}",
                text=text,
                options=SCALE_NA if when else SCALE,
                shown_when=when,
            )
            for key, text, when in rows
        ),
        rules={"D1": confounding},
        overall_rule=overall_rule,
        severity=SEVERITY,
        designs=("non_randomised",),
        version="1 August 2016",
        licence="The official tool is CC BY-NC-ND 4.0; the wording here is our own.",
        per_result=True,
    )


ROBINS_I = _build("assignment")
ROBINS_I_ADHERING = _build("adhering")
