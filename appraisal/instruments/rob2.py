"""RoB 2 as data: parallel, cluster-randomised and crossover trials, for the effect of assignment and of adhering.

The questions are in our own words; the official wording and guidance (CC BY-NC-ND) are linked, not copied.
"""

from functools import partial

from appraisal.instruments import rob2_rules as rules
from appraisal.instruments.base import Domain, Level
from appraisal.instruments.signalling import (
    NO,
    SCALE,
    SCALE_NA,
    UNKNOWN,
    YES,
    AllOf,
    AnyOf,
    Condition,
    Is,
    Rule,
    SignallingQuestion,
    Tool,
)

SITE = "https://www.riskofbias.info/welcome/rob-2-0-tool"
LICENCE = "The official tool is CC BY-NC-ND 4.0; the wording here is our own."
VERSIONS = {
    "parallel": "22 August 2019",
    "cluster": "18 March 2021",
    "crossover": "2021; compare domain S and question 5.4 with the official crib sheet",
}
NOT_YES, NOT_NO = (*NO, UNKNOWN), (*YES, UNKNOWN)
#: Optional predicted direction of bias, per domain and overall: key -> words.
DIRECTIONS = {
    "": "Not given",
    "experimental": "Favours experimental",
    "comparator": "Favours comparator",
    "towards_null": "Towards the null",
    "away_from_null": "Away from the null",
    "unpredictable": "Unpredictable",
}
#: For the effect of adhering: which deviations are addressed (one or more).
DEVIATIONS = {
    "non_protocol": "Interventions outside the protocol",
    "implementation": "Failures in delivering the intervention",
    "non_adherence": "Participants not adhering",
}

LEVELS = (
    Level(key="low", label="Low risk", symbol="+", colour="low", robvis="Low", aliases=("L",)),
    Level(key="some_concerns", label="Some concerns", symbol="!", colour="some_concerns",
          robvis="Some concerns", aliases=("some", "S")),
    Level(key="high", label="High risk", symbol="−", colour="high", robvis="High", aliases=("H",)),
)  # fmt: skip

D1 = Domain(
    key="D1",
    short="D1",
    label="Randomisation process",
    guidance="Was the order of assignments random and hidden, and do the groups look as chance would make them?",
)
D1B = Domain(
    key="D1b",
    short="D1b",
    label="Identification and recruitment of participants",
    guidance="Could people choose or be chosen for a cluster when its arm was known?",
)
DS = Domain(
    key="DS",
    short="DS",
    label="Period and carry-over effects",
    guidance="Could the order of treatments, or what is left of the first one, explain the result?",
)
D2_ASSIGNMENT = Domain(
    key="D2",
    short="D2",
    label="Deviations from intended interventions (effect of assignment)",
    guidance="Did the trial itself change the care people got, and were people analysed as randomised?",
)
D2_ADHERING = Domain(
    key="D2",
    short="D2",
    label="Deviations from intended interventions (effect of adhering)",
    guidance="Did other care, poor delivery or poor adherence matter, and did the analysis deal with it?",
)
D3 = Domain(
    key="D3",
    short="D3",
    label="Missing outcome data",
    guidance="Is the outcome known for nearly all, and could what is missing depend on the outcome itself?",
)
D4 = Domain(
    key="D4",
    short="D4",
    label="Measurement of the outcome",
    guidance="Was the outcome measured well, alike in both groups, and by people whom knowledge cannot sway?",
)
D5 = Domain(
    key="D5",
    short="D5",
    label="Selection of the reported result",
    guidance="Was this result planned, or picked among several measurements or analyses?",
)


def _ask(
    domain: str,
    key: str,
    text: str,
    when: Condition | None = None,
    options: tuple[str, ...] = (),
    na: bool = False,
) -> SignallingQuestion:
    usual = SCALE_NA if when or na else SCALE
    return SignallingQuestion(
        key=key, domain=domain, text=text, shown_when=when, options=options or usual, na_is_answer=na
    )


def _any(keys: tuple[str, ...], values: tuple[str, ...]) -> Condition:
    return AnyOf(tuple(Is(key, values) for key in keys))


def _randomisation(at: str, unit: str) -> list[SignallingQuestion]:
    return [
        _ask("D1", f"{at}.1", "Was the order of assignments random?"),
        _ask("D1", f"{at}.2", f"Was the order hidden until {unit} were enrolled and assigned?"),
        _ask("D1", f"{at}.3", "Do differences at baseline suggest a problem with the randomisation?"),
    ]


RECRUITMENT = [
    _ask("D1b", "1b.1", "Were all participants identified and recruited before the clusters were randomised?"),
    _ask("D1b", "1b.2", "Is it likely that knowing the cluster's arm affected who was selected?",
         Is("1b.1", NOT_YES)),
    _ask("D1b", "1b.3", "Do imbalances at baseline suggest that identification or recruitment differed?"),
]  # fmt: skip
CARRYOVER = [
    _ask("DS", "S.1", "Were about as many participants given each of the two sequences?"),
    _ask("DS", "S.2", "Did the analysis account for period effects?", Is("S.1", NOT_YES)),
    _ask("DS", "S.3", "Was there time enough for effects of the first period to disappear?"),
]


def _awareness(cluster: bool) -> list[SignallingQuestion]:
    knew = "Did participants know which intervention they were assigned to?"
    carers = _ask("D2", "2.2", "Did carers and those delivering the interventions know the assignment?")
    if not cluster:
        return [_ask("D2", "2.1", knew), carers]
    return [
        _ask("D2", "2.1a", "Did participants know that they were in a trial?"),
        _ask("D2", "2.1b", knew, Is("2.1a", NOT_NO)),
        carers,
    ]


def _assignment(aware: tuple[str, ...]) -> list[SignallingQuestion]:
    return [
        _ask("D2", "2.3", "Did deviations from the intervention arise because of the trial?", _any(aware, NOT_NO)),
        _ask("D2", "2.4", "Are these deviations likely to have affected the outcome?", Is("2.3", YES)),
        _ask("D2", "2.5", "Were these deviations balanced between the groups?", Is("2.4", NOT_NO)),
        _ask("D2", "2.6", "Does the analysis suit the effect of assignment?"),
        _ask("D2", "2.7", "Could not analysing people as randomised have had a substantial impact?",
             Is("2.6", NOT_YES)),
    ]  # fmt: skip


def _adhering() -> list[SignallingQuestion]:
    analysis = AnyOf((Is("2.3", NOT_YES), Is("2.4", NOT_NO), Is("2.5", NOT_NO)))
    return [
        _ask("D2", "2.3", "If applicable: were important interventions outside the protocol balanced?",
             _any(("2.1", "2.2"), NOT_NO), na=True),
        _ask("D2", "2.4", "If applicable: could failures in delivery have affected the outcome?", na=True),
        _ask("D2", "2.5", "If applicable: could non-adherence have affected participants' outcomes?", na=True),
        _ask("D2", "2.6", "Does the analysis suit the effect of adhering?", analysis),
    ]  # fmt: skip


def _missing(complete: tuple[str, ...]) -> list[SignallingQuestion]:
    first = [_ask("D3", "3.1", "Is the outcome known for all or nearly all randomised participants?")]
    if len(complete) > 1:
        first = [
            _ask("D3", "3.1a", "Are there data from all clusters that recruited participants?"),
            _ask("D3", "3.1b", "Is the outcome known for all or nearly all participants within clusters?"),
        ]
    return [
        *first,
        _ask("D3", "3.2", "Is there evidence that missing data did not bias the result?",
             _any(complete, NOT_YES), ("NA", "Y", "PY", "PN", "N")),
        _ask("D3", "3.3", "Could being missing depend on the true value of the outcome?", Is("3.2", NO)),
        _ask("D3", "3.4", "Is it likely that being missing depended on the true value?", Is("3.3", NOT_NO)),
    ]  # fmt: skip


def _measurement(aware: tuple[str, ...]) -> list[SignallingQuestion]:
    clear = AllOf((Is("4.1", NOT_YES), Is("4.2", NOT_YES)))
    knew = "Did assessors know which intervention participants received?"
    asked = [_ask("D4", "4.3", knew, clear)]
    if len(aware) > 1:
        asked = [
            _ask("D4", "4.3a", "Did assessors know that a trial was taking place?", clear),
            _ask("D4", "4.3b", knew, Is("4.3a", NOT_NO)),
        ]
    return [
        _ask("D4", "4.1", "Was the method of measuring the outcome inappropriate?"),
        _ask("D4", "4.2", "Could measurement have differed between the groups?"),
        *asked,
        _ask("D4", "4.4", "Could knowing the intervention influence the assessment?", Is(aware[-1], NOT_NO)),
        _ask("D4", "4.5", "Is it likely that it influenced the assessment?", Is("4.4", NOT_NO)),
    ]


def _selection(crossover: bool) -> list[SignallingQuestion]:
    asked = [
        _ask("D5", "5.1", "Was it analysed by a plan finished before unblinded outcomes were available?"),
        _ask("D5", "5.2", "Was the result probably picked from several measurements of the outcome?"),
        _ask("D5", "5.3", "Was the result probably picked from several analyses of the data?"),
    ]
    if crossover:
        text = "Was a result from both periods withheld because carry-over had been found?"
        asked.append(_ask("D5", "5.4", text))
    return asked


def _build(design: str, effect: str) -> Tool:
    cluster, crossover, to_adhere = design == "cluster", design == "crossover", effect == "adhering"
    at = "1a" if cluster else "1"
    split = cluster and not to_adhere
    aware = ("2.1b", "2.2") if split else ("2.1", "2.2")
    complete = ("3.1a", "3.1b") if cluster else ("3.1",)
    assessors = ("4.3a", "4.3b") if cluster else ("4.3",)
    choices = ("5.2", "5.3", "5.4") if crossover else ("5.2", "5.3")
    domains = [D1, D2_ADHERING if to_adhere else D2_ASSIGNMENT, D3, D4, D5]
    extra: dict[str, Rule] = {}
    questions = _randomisation(at, "clusters" if cluster else "participants")
    if cluster:
        domains.insert(1, D1B)
        questions += RECRUITMENT
        extra = {"D1b": rules.recruitment}
    if crossover:
        domains.insert(1, DS)
        questions += CARRYOVER
        extra = {"DS": rules.carryover}
    questions += _awareness(split) + (_adhering() if to_adhere else _assignment(aware))
    questions += _missing(complete) + _measurement(assessors) + _selection(crossover)
    words = {"parallel": "", "cluster": ", cluster-randomised", "crossover": ", crossover"}[design]
    page = {
        "parallel": "current-version-of-rob-2",
        "cluster": "rob-2-for-cluster-randomized-trials",
        "crossover": "rob-2-for-crossover-trials",
    }[design]
    return Tool(
        key="_".join(
            ["rob2", *([] if design == "parallel" else [design]), *(["adhering"] if to_adhere else [])]
        ),
        name=f"RoB 2{words} (effect of {effect})",
        about="One numerical result of a randomised trial: an outcome, a time point and a measure.",
        reference="Sterne JAC, Savović J, Page MJ, et al. BMJ 2019;366:l4898",
        reference_url="https://doi.org/10.1136/bmj.l4898",
        guidance_url=f"{SITE}/{page}",
        domains=tuple(domains),
        levels=LEVELS,
        questions=tuple(questions),
        rules={
            "D1": partial(rules.randomisation, at=at),
            **extra,
            "D2": rules.adhering if to_adhere else partial(rules.assignment, awareness=aware),
            "D3": partial(rules.missing_data, complete=complete),
            "D4": partial(rules.measurement, awareness=assessors),
            "D5": partial(rules.selection, choices=choices),
        },
        overall_rule=rules.overall_rule,
        severity=rules.ORDER,
        designs=(f"randomised_{design}",),
        version=VERSIONS[design],
        licence=LICENCE,
        per_result=True,
        together=rules.SEVERAL,
    )


ROB2 = _build("parallel", "assignment")
ROB2_ADHERING = _build("parallel", "adhering")
ROB2_CLUSTER = _build("cluster", "assignment")
ROB2_CLUSTER_ADHERING = _build("cluster", "adhering")
ROB2_CROSSOVER = _build("crossover", "assignment")
ROB2_CROSSOVER_ADHERING = _build("crossover", "adhering")
