"""ROBINS-I V2, a draft of its authors (20 November 2025), in our own words; the version of 2016 is the one in force.

The domains' decision trees are data: (question, {answers: level or further tree}). Facts about them: the draft at
https://sites.google.com/site/riskofbiastool/welcome/robins-i-v2, read through the decision diagrams of the open
program CoRATES. Where those leave a path open (2.3 not N and 2.4 WY or NI), a person judges. Triage (B1 to B3) comes
first: a yes to B2 or B3 makes the result critical, and nothing else is asked.
"""

from collections.abc import Mapping

from appraisal.instruments.base import Domain, Level
from appraisal.instruments.signalling import (
    NO,
    SCALE,
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

LOW_EXCEPT, NOT_ASSESSED = "low_except_confounding", "not_applicable"
LEVELS = (
    Level(key="low", label="Low risk", symbol="+", colour="low", robvis="Low"),
    Level(key=LOW_EXCEPT, label="Low risk except for uncontrolled confounding", symbol="LC", colour="low",
          robvis="Low", aliases=("low except",)),
    Level(key="moderate", label="Moderate risk", symbol="!", colour="moderate", robvis="Moderate"),
    Level(key="serious", label="Serious risk", symbol="−", colour="serious", robvis="Serious"),
    Level(key="critical", label="Critical risk", symbol="x", colour="critical", robvis="Critical"),
    Level(key=NOT_ASSESSED, label="Not assessed (critical by triage)", symbol="NA", colour="not_applicable",
          robvis="Not applicable", aliases=("NA",)),
)  # fmt: skip
SEVERITY = (NOT_ASSESSED, "low", LOW_EXCEPT, "moderate", "serious", "critical")
RISK = tuple(key for key in SEVERITY if key not in (NOT_ASSESSED, LOW_EXCEPT))
DOMAINS = tuple(
    Domain(key=key, short=key, label=label, guidance=guidance, levels=levels)
    for key, label, guidance, levels in (
        ("D1", "Confounding", "Did anything that predicts the outcome also steer who got which intervention?",
         ("low", LOW_EXCEPT, "moderate", "serious", "critical", NOT_ASSESSED)),
        ("D2", "Classification of interventions", "Is it certain, and independent of the outcome, who got what?",
         (*RISK, NOT_ASSESSED)),
        ("D3", "Selection of participants", "Did entry into the study or analysis depend on what came later?",
         (*RISK, NOT_ASSESSED)),
        ("D4", "Missing data", "Could the data that are missing have changed the result?", (*RISK, NOT_ASSESSED)),
        ("D5", "Measurement of the outcome", "Was the outcome measured alike, by people who could not be swayed?",
         (*RISK, NOT_ASSESSED)),
        ("D6", "Selection of the reported result", "Was this result picked among several?",
         (*RISK, NOT_ASSESSED)),
    )
)  # fmt: skip

FOUR, WEAK_NO, WEAK_YES = SCALE[:4], ("Y", "PY", "WN", "SN", "NI"), ("SY", "WY", "PN", "N", "NI")
WORDS = {
    "WN": "No, but it hardly matters",
    "SN": "No, and it probably matters",
    "SY": "Yes, and it probably matters",
    "WY": "Yes, but it hardly matters",
}
Y, N, N_NI, Y_NI = ("Y",), ("N",), ("N", "NI"), ("Y", "NI")
_NOT_NO, _NOT_YES = (*YES, "NI"), (*NO, "NI")
_PROCEED = AllOf((Is("B2", ("", *NO)), Is("B3", ("", *NO))))

Row = tuple[str, str, tuple[str, ...], Condition | None]
TRIAGE: tuple[Row, ...] = (
    ("B1", "Did the authors try to control for confounding in this result at all?", FOUR, None),
    (
        "B2",
        "Could confounding be so strong that the result should not be considered further?",
        FOUR,
        Is("B1", NO),
    ),
    ("B3", "Was the way the outcome was measured inappropriate?", FOUR, None),
)
ITT: tuple[Row, ...] = (
    ("1.1", "Did they control for all important confounders that needed it?", WEAK_NO, None),
    ("1.2", "Were those confounders measured validly and reliably?", WEAK_NO, Is("1.1", (*YES, "WN"))),
    (
        "1.3",
        "Did they control for things that the intervention may have changed?",
        SCALE,
        Is("1.1", (*YES, "WN")),
    ),
    (
        "1.4",
        "Do negative controls, bias analysis or the like suggest serious confounding left over?",
        FOUR,
        None,
    ),
)
PER_PROTOCOL: tuple[Row, ...] = (
    (
        "1.1",
        "Does the analysis suit confounding at baseline and confounding that varies in time?",
        SCALE,
        None,
    ),
    (
        "1.2",
        "Did they control for all important confounders, also those that vary in time?",
        WEAK_NO,
        Is("1.1", YES),
    ),
    ("1.3", "Were those confounders measured validly and reliably?", WEAK_NO, Is("1.2", (*YES, "WN"))),
    ("1.4", "Did they control for things measured after the intervention began?", SCALE, Is("1.1", _NOT_YES)),
    ("1.5", "Do negative controls or the like suggest serious confounding left over?", FOUR, None),
)
REST: tuple[Row, ...] = (
    ("2.1", "Could the interventions be told apart when follow-up would have begun?", SCALE, None),
    ("2.2", "Did nearly all outcome events come after they could be told apart?", SCALE, Is("2.1", _NOT_YES)),
    ("2.3", "Does the analysis avoid the problems of not telling them apart?", WEAK_YES, Is("2.2", _NOT_YES)),
    ("2.4", "Did knowing the outcome, or its risk, influence who was counted in which group?", WEAK_YES, None),
    ("2.5", "Are further errors of classification likely?", SCALE, None),
    ("3.1", "Did follow-up begin when the interventions began?", WEAK_NO, None),
    ("3.2", "Were early outcome events left out of the analysis?", SCALE, Is("3.1", YES)),
    ("3.3", "Did entry depend on something seen after the intervention began?", SCALE, None),
    ("3.4", "Was that likely to be associated with the intervention?", SCALE, Is("3.3", YES)),
    ("3.5", "Was that likely to be influenced by the outcome or a cause of it?", SCALE, Is("3.4", YES)),
    ("3.6", "Is it likely that the analysis corrected for all of this?", SCALE,
     AnyOf((Is("3.1", ("SN",)), Is("3.5", YES)))),
    ("3.7", "Did sensitivity analyses show that the impact is minimal?", SCALE, Is("3.6", _NOT_YES)),
    ("3.8", "Is it so severe that the result should not enter a synthesis?", SCALE, Is("3.7", _NOT_YES)),
    ("4.1", "Is the intervention known for nearly all participants?", SCALE, None),
    ("4.2", "Is the outcome known for nearly all participants?", SCALE, None),
    ("4.3", "Are important confounders known for nearly all participants?", SCALE, None),
    ("4.4", "Does the result rest on complete cases?", SCALE,
     AnyOf((Is("4.1", _NOT_YES), Is("4.2", _NOT_YES), Is("4.3", _NOT_YES)))),
    ("4.5", "Is leaving people out likely to be related to the true outcome?", SCALE, Is("4.4", _NOT_NO)),
    ("4.6", "Do the variables in the model probably explain that relation?", WEAK_NO, Is("4.5", _NOT_NO)),
    ("4.7", "Were missing values imputed?", SCALE, Is("4.4", NO)),
    ("4.8", "Is it reasonable to assume that they are missing at random?", SCALE, Is("4.7", YES)),
    ("4.9", "Was the imputation done well?", WEAK_NO, Is("4.8", YES)),
    ("4.10", "Was another suitable method used against bias from missing data?", WEAK_NO, Is("4.7", _NOT_YES)),
    ("4.11", "Is there evidence that missing data did not bias the result?", FOUR,
     AnyOf((Is("4.5", _NOT_NO), Is("4.8", _NOT_YES), Is("4.9", ("WN", "SN", "NI")),
            Is("4.10", ("WN", "SN", "NI"))))),
    ("5.1", "Could the outcome have been measured differently in the groups?", SCALE, None),
    ("5.2", "Did assessors know the intervention?", SCALE, None),
    ("5.3", "Could that knowledge have influenced the assessment?", WEAK_YES, Is("5.2", _NOT_NO)),
    ("6.1", "Does the result follow a plan made beforehand and available?", SCALE, None),
    ("6.2", "Was the result probably picked from several measurements of the outcome?", SCALE, None),
    ("6.3", "Was the result probably picked from several analyses?", SCALE, None),
    ("6.4", "Was the result probably picked from several subgroups?", SCALE, None),
)  # fmt: skip

#: A level, or a question with what follows from its answers.
Tree = str | tuple[str, Mapping[tuple[str, ...], "Tree"]]


def _ends(question: str, no: str, yes: str) -> Tree:
    return question, {N: no, Y: yes}


_LEFT_OVER: Tree = ("1.2", {("Y", "WN"): _ends("1.4", LOW_EXCEPT, "moderate"), ("SN", "NI"): "serious"})
_CHANGED: Tree = ("1.3", {N_NI: _LEFT_OVER, Y: _ends("1.4", "serious", "critical")})
ITT_TREE: Tree = ("1.1", {("Y", "WN"): _CHANGED, ("SN", "NI"): _ends("1.4", "serious", "critical")})
_MEASURED = _ends("1.5", LOW_EXCEPT, "serious")
PER_PROTOCOL_TREE: Tree = (
    "1.1",
    {
        Y: (
            "1.2",
            {
                Y: ("1.3", {Y: _ends("1.5", "low", "moderate"), ("WN",): _MEASURED, ("SN", "NI"): "serious"}),
                ("WN",): ("1.3", {("Y", "WN"): _MEASURED, ("SN", "NI"): "serious"}),
                ("SN", "NI"): "serious",
            },
        ),
        N_NI: ("1.4", {Y: "critical", N_NI: _ends("1.5", "serious", "critical")}),
    },
)
_E1: Tree = ("2.5", {N: "low", Y_NI: "moderate"})
_E2: Tree = ("2.5", {N: "moderate", Y_NI: "serious"})
_E3: Tree = ("2.5", {N: "serious", Y_NI: "critical"})
_APART: Tree = ("2.4", {N: _E1, ("WY", "NI"): _E2, ("SY",): _E3})
_ANALYSED: Tree = (
    "2.3",
    {
        ("SY", "WY", "NI"): ("2.4", {N: _E2, ("SY",): _E3}),
        N: ("2.4", {N: _E3, ("SY", "WY", "NI"): "critical"}),
    },
)
CLASSIFICATION_TREE: Tree = ("2.1", {Y: _APART, N_NI: ("2.2", {Y: _APART, N_NI: _ANALYSED})})
_PART_A: Tree = (
    "3.1",
    {Y: ("3.2", {N_NI: "low", Y: "moderate"}), ("WN", "NI"): "moderate", ("SN",): "serious"},
)
_CAUSED: Tree = ("3.5", {N_NI: "moderate", Y: "serious"})
_PART_B: Tree = (
    "3.3",
    {N: "low", ("NI",): "moderate", Y: ("3.4", {N: "low", ("NI",): "moderate", Y: _CAUSED})},
)
_SEVERE: Tree = (
    "3.6",
    {Y: "moderate", N_NI: ("3.7", {Y: "moderate", N_NI: ("3.8", {N_NI: "serious", Y: "critical"})})},
)
_EVIDENCE: Tree = ("4.11", {Y: "moderate", N: "serious"})
_WORSE: Tree = ("4.11", {Y: "serious", N: "critical"})
MISSING_TREE: Tree = (
    "4.4",
    {
        Y_NI: ("4.5", {N: "low", Y_NI: ("4.6", {("Y", "WN", "NI"): _EVIDENCE, ("SN",): _WORSE})}),
        N: (
            "4.7",
            {
                Y: (
                    "4.8",
                    {Y: ("4.9", {Y: "low", ("WN", "NI"): _EVIDENCE, ("SN",): _WORSE}), N_NI: _EVIDENCE},
                ),
                N_NI: ("4.10", {Y: "low", ("WN", "NI"): _EVIDENCE, ("SN",): _WORSE}),
            },
        ),
    },
)
MEASUREMENT_TREE: Tree = (
    "5.1",
    {
        Y: "serious",
        N: ("5.2", {N: "low", Y_NI: ("5.3", {N: "low", ("WY", "NI"): "moderate", ("SY",): "serious"})}),
        ("NI",): ("5.2", {N: "moderate", Y_NI: ("5.3", {("N", "WY", "NI"): "moderate", ("SY",): "serious"})}),
    },
)

Found = tuple[str | None, str]
Answers = Mapping[str, str]


def _walk(tree: Tree, a: Answers) -> tuple[str | None, list[str]]:
    """The level at the end of the tree (None where it leaves the path open), and the answers that led there."""
    path: list[str] = []
    while not isinstance(tree, str):
        question, branches = tree
        path.append(f"{question} {a[question]}")
        following = next((branch for answers, branch in branches.items() if a[question] in answers), None)
        if following is None:
            return None, path
        tree = following
    return tree, path


def _told(tree: Tree, a: Answers) -> Found:
    level, path = _walk(tree, a)
    if level is None:
        return None, f"The draft leaves this open ({', '.join(path)}): judge it from the answers."
    return level, f"From the answers {', '.join(path)}."


def _after_triage(a: Answers, first: str) -> Found | None:
    """What triage settled, or None when the domain is assessed; ``first`` is the domain's first own question."""
    stop = next((key for key in ("B2", "B3") if a.get(key) == "Y"), None)
    if stop:
        return "critical", f"Critical by triage ({stop}): nothing else needs to be assessed."
    return None if first in a else (NOT_ASSESSED, "Triage made the result critical (B2 or B3).")


def confounding_itt(a: Answers) -> Found:
    """Domain 1 for the effect of assignment, after B1 and B2."""
    return _after_triage(a, "1.1") or _told(ITT_TREE, a)


def confounding_per_protocol(a: Answers) -> Found:
    """Domain 1 for the per-protocol effect, after B1 and B2."""
    return _after_triage(a, "1.1") or _told(PER_PROTOCOL_TREE, a)


def classification(a: Answers) -> Found:
    """Domain 2."""
    return _after_triage(a, "2.1") or _told(CLASSIFICATION_TREE, a)


def selection(a: Answers) -> Found:
    """Domain 3: the worse of two parts; a serious one may be moderated by the analysis, or be critical."""
    settled = _after_triage(a, "3.1")
    if settled:
        return settled
    (first, path), (second, more) = _walk(_PART_A, a), _walk(_PART_B, a)
    level = max(str(first), str(second), key=SEVERITY.index)
    path = [*path, *more]
    if level == "serious":
        after, rest = _walk(_SEVERE, a)
        level, path = str(after), [*path, *rest]
    return level, f"From the answers {', '.join(path)}."


def missing_data(a: Answers) -> Found:
    """Domain 4."""
    settled = _after_triage(a, "4.1")
    if settled:
        return settled
    if all(a[key] == "Y" for key in ("4.1", "4.2", "4.3")):
        return "low", "The data are complete, or nearly so (4.1 to 4.3)."
    return _told(MISSING_TREE, a)


def measurement(a: Answers) -> Found:
    """Domain 5, after B3."""
    return _after_triage(a, "5.1") or _told(MEASUREMENT_TREE, a)


def reported_result(a: Answers) -> Found:
    """Domain 6: a plan, or how many ways there were to pick the result."""
    settled = _after_triage(a, "6.1")
    if settled:
        return settled
    if a["6.1"] == "Y":
        return "low", "The result follows a plan made beforehand (6.1)."
    given = [a[key] for key in ("6.2", "6.3", "6.4")]
    yes, unknown = given.count("Y"), given.count("NI")
    if yes >= 2:
        return "critical", "The result was probably picked in two ways or more (6.2 to 6.4)."
    if yes == 1 or unknown == len(given):
        return "serious", "The result was probably picked, or nothing is known about it (6.2 to 6.4)."
    if unknown:
        return "moderate", "It is not known in every way that the result was not picked (6.2 to 6.4)."
    return "low", "The result was probably not picked (6.2 to 6.4)."


def overall_rule(tool: Tool, levels: Mapping[str, str], several_together: bool | None) -> Proposal:
    """The worst domain; the best there can be is low except for uncontrolled confounding."""
    proposal = worst(tool, levels)
    if proposal.level not in ("low", NOT_ASSESSED):
        return proposal
    if proposal.level == NOT_ASSESSED:
        return Proposal(level=None, why="No domain was assessed: judge the result as a whole.")
    return Proposal(level=LOW_EXCEPT, why="Low risk in every domain; confounding can never be excluded.")


def _domain(key: str) -> str:
    return {"B1": "D1", "B2": "D1", "B3": "D5"}.get(key, f"D{key[0]}")


def _shown(key: str, when: Condition | None) -> Condition | None:
    if key in ("B1", "B2", "B3"):
        return when
    return AllOf((_PROCEED, when)) if when else _PROCEED


def _build(key: str, effect: str, first: tuple[Row, ...], confounding) -> Tool:
    return Tool(
        key=key,
        name=f"ROBINS-I V2, draft of November 2025 ({effect})",
        about="A draft of the tool's next version, for trying out: one result of a non-randomised study.",
        reference="Sterne J, Higgins J, et al. ROBINS-I V2, draft of 20 November 2025",
        reference_url="https://sites.google.com/site/riskofbiastool/welcome/robins-i-v2",
        guidance_url="https://sites.google.com/site/riskofbiastool/welcome/robins-i-v2",
        domains=DOMAINS,
        levels=LEVELS,
        questions=tuple(
            SignallingQuestion(
                key=row,
                domain=_domain(row),
                text=text,
                options=options if shown is None else ("NA", *options),
                shown_when=_shown(row, shown),
                labels={code: words for code, words in WORDS.items() if code in options},
            )
            for row, text, options, shown in (*TRIAGE, *first, *REST)
        ),
        rules={
            "D1": confounding,
            "D2": classification,
            "D3": selection,
            "D4": missing_data,
            "D5": measurement,
            "D6": reported_result,
        },
        overall_rule=overall_rule,
        overall_levels=tuple(level for level in LEVELS if level.key not in ("low", NOT_ASSESSED)),
        severity=SEVERITY,
        designs=("non_randomised",),
        version="Draft of 20 November 2025",
        licence="The official tool is CC BY-NC-ND 4.0; the wording here is our own.",
        per_result=True,
    )


ROBINS_I_V2 = _build("robins_i_v2", "intention to treat", ITT, confounding_itt)
ROBINS_I_V2_PER_PROTOCOL = _build(
    "robins_i_v2_per_protocol", "per protocol", PER_PROTOCOL, confounding_per_protocol
)
