"""The published algorithms of RoB 2, one pure function per domain.

Each takes {question: answer} of the needed questions (Y stands for yes and probably yes, N for no and probably no,
NI for no information, NA for not applicable) and gives (level, why). Source: RoB 2 of 22 August 2019 (Sterne et
al., BMJ 2019;366:l4898); cluster-randomised version of 18 March 2021. Domain S and question 5.4 (crossover) follow
general knowledge of that version and were not compared with its crib sheet. Guidance: https://www.riskofbias.info
"""

from collections.abc import Mapping

from appraisal.instruments.signalling import Proposal, Tool, worst

LOW, SOME, HIGH = "low", "some_concerns", "high"
ORDER = (LOW, SOME, HIGH)
Found = tuple[str, str]
Answers = Mapping[str, str]

SEVERAL = "Do the domains with some concerns together substantially lower your confidence in the result?"


def randomisation(a: Answers, *, at: str = "1") -> Found:
    """Domain 1. ``at`` is the prefix of the question numbers ("1a" in cluster trials)."""
    sequence, concealed, baseline = f"{at}.1", f"{at}.2", f"{at}.3"
    problem = a[baseline] == "Y"
    if a[concealed] == "N":
        return HIGH, f"The allocation was not concealed ({concealed})."
    if a[concealed] == "NI":
        if problem:
            return (
                HIGH,
                f"Concealment is unknown ({concealed}) and baseline differences are suspicious ({baseline}).",
            )
        return SOME, f"Nothing is known about concealment ({concealed})."
    if a[sequence] == "N":
        return SOME, f"The allocation was concealed but its sequence was not random ({sequence})."
    if problem:
        return SOME, f"Baseline differences suggest a problem with the randomisation ({baseline})."
    return (
        LOW,
        f"The allocation was concealed ({concealed}) and nothing suggests a problem ({sequence}, {baseline}).",
    )


def recruitment(a: Answers) -> Found:
    """Domain 1b of cluster trials: were people found and recruited without knowing the cluster's arm?"""
    if a["1b.1"] == "Y":
        return LOW, "Participants were identified and recruited before the clusters were randomised (1b.1)."
    if a["1b.2"] == "Y":
        return HIGH, "Knowing the cluster's arm probably affected who was selected (1b.2)."
    imbalance = a["1b.3"] == "Y"
    if a["1b.2"] == "N":
        if imbalance:
            return SOME, "Baseline imbalances suggest that recruitment differed between the groups (1b.3)."
        return LOW, "Selection was probably not affected (1b.2) and the groups look alike (1b.3)."
    if imbalance:
        return HIGH, "Selection may have been affected (1b.2) and imbalances suggest that it was (1b.3)."
    return SOME, "It is not known whether selection was affected (1b.2)."


def carryover(a: Answers) -> Found:
    """Domain S of crossover trials: period effects and carry-over."""
    if a["S.3"] == "N":
        return HIGH, "Effects of the first period may have lasted into the second (S.3)."
    if a["S.3"] == "NI":
        return SOME, "It is not known whether effects of the first period had gone (S.3)."
    if a["S.1"] != "Y" and a["S.2"] != "Y":
        return SOME, "Unequal sequences, with period effects not accounted for (S.1, S.2)."
    return LOW, "Carry-over is unlikely (S.3) and period effects are balanced or accounted for (S.1, S.2)."


def assignment(a: Answers, *, awareness: tuple[str, ...] = ("2.1", "2.2")) -> Found:
    """Domain 2 for the effect of assignment: the worse of deviations (2.1-2.5) and analysis (2.6-2.7)."""
    deviations, analysis = _deviations(a, awareness), _analysis(a)
    return (
        deviations if ORDER.index(deviations[0]) > ORDER.index(analysis[0]) else _joined(deviations, analysis)
    )


def _joined(deviations: Found, analysis: Found) -> Found:
    if deviations[0] == analysis[0]:
        return analysis[0], f"{deviations[1]} {analysis[1]}"
    return analysis


def _deviations(a: Answers, awareness: tuple[str, ...]) -> Found:
    if all(a.get(key, "N") == "N" for key in awareness):
        return LOW, f"Nobody concerned knew the assignment ({', '.join(awareness)})."
    if a["2.3"] == "N":
        return LOW, "No deviations arose because of the trial (2.3)."
    if a["2.3"] == "NI":
        return SOME, "Nothing is known about deviations because of the trial (2.3)."
    if a["2.4"] == "N":
        return SOME, "Deviations arose but probably did not affect the outcome (2.4)."
    if a["2.5"] == "Y":
        return SOME, "Deviations may have affected the outcome but were balanced (2.5)."
    return HIGH, "Deviations may have affected the outcome and were not known to be balanced (2.4, 2.5)."


def _analysis(a: Answers) -> Found:
    if a["2.6"] == "Y":
        return LOW, "The analysis suits the effect of assignment (2.6)."
    if a["2.7"] == "N":
        return SOME, "The analysis may not suit the effect of assignment (2.6), with little impact (2.7)."
    return HIGH, "Not analysing people as randomised may have had a substantial impact (2.6, 2.7)."


def adhering(a: Answers) -> Found:
    """Domain 2 for the effect of adhering: problems with co-interventions, delivery or adherence, then analysis."""
    unbalanced = ["2.3"] if a.get("2.3") in ("N", "NI") else []
    problems = unbalanced + [key for key in ("2.4", "2.5") if a[key] in ("Y", "NI")]
    if not problems:
        return LOW, "No important deviations from the interventions are likely (2.1 to 2.5)."
    found = f"Deviations may matter ({', '.join(problems)})"
    if a["2.6"] == "Y":
        return SOME, f"{found}, but the analysis suits the effect of adhering (2.6)."
    return HIGH, f"{found}, and no suitable analysis for the effect of adhering is known (2.6)."


def missing_data(a: Answers, *, complete: tuple[str, ...] = ("3.1",)) -> Found:
    """Domain 3. ``complete`` are the questions on completeness (3.1a, 3.1b in cluster trials)."""
    if all(a[key] == "Y" for key in complete):
        return LOW, f"Data are there for all or nearly all ({', '.join(complete)})."
    if a["3.2"] == "Y":
        return LOW, "There is evidence that missing data did not bias the result (3.2)."
    if a["3.3"] == "N":
        return LOW, "Missingness could not depend on the true value (3.3)."
    if a["3.4"] == "N":
        return SOME, "Missingness could depend on the true value (3.3) but probably did not (3.4)."
    return HIGH, "Missingness may well have depended on the true value (3.3, 3.4)."


def measurement(a: Answers, *, awareness: tuple[str, ...] = ("4.3",)) -> Found:
    """Domain 4. ``awareness`` are the questions on what assessors knew (4.3a, 4.3b in cluster trials)."""
    if a["4.1"] == "Y":
        return HIGH, "The method of measuring was inappropriate (4.1)."
    if a["4.2"] == "Y":
        return HIGH, "Measurement may have differed between the groups (4.2)."
    best = LOW if a["4.2"] == "N" else SOME
    start = "" if best == LOW else "It is not known whether measurement differed (4.2). "
    blind = [key for key in awareness if a.get(key) == "N"]
    if blind:
        return best, f"{start}Assessors were not aware ({blind[0]})."
    if a["4.4"] == "N":
        return best, f"{start}Knowing the intervention could not influence the assessment (4.4)."
    if a["4.5"] == "N":
        return (
            SOME,
            f"{start}Knowing the intervention could influence the assessment (4.4) but probably did not (4.5).",
        )
    return HIGH, f"{start}Knowing the intervention may well have influenced the assessment (4.4, 4.5)."


def selection(a: Answers, *, choices: tuple[str, ...] = ("5.2", "5.3")) -> Found:
    """Domain 5. ``choices`` are the ways a result may have been picked (5.4 joins them in crossover trials)."""
    picked = [key for key in choices if a[key] == "Y"]
    if picked:
        return HIGH, f"The result was probably picked because of what it shows ({', '.join(picked)})."
    unknown = [key for key in choices if a[key] == "NI"]
    if unknown:
        return SOME, f"It is not known whether the result was picked ({', '.join(unknown)})."
    if a["5.1"] != "Y":
        return SOME, "The result was probably not picked, but no plan written beforehand is known (5.1)."
    return LOW, "The analysis followed a plan (5.1) and the result was probably not picked."


def overall_rule(tool: Tool, levels: Mapping[str, str], several_together: bool | None) -> Proposal:
    """The worst domain; two or more domains with some concerns (and none high) ask, and never jump by themselves."""
    proposal = worst(tool, levels)
    some = [key for key, level in levels.items() if level == SOME]
    if proposal.level != SOME or len(some) < 2:
        return proposal
    where = ", ".join(some)
    if several_together is None:
        return Proposal(level=SOME, why=f"Some concerns in {len(some)} domains ({where}).", asks=SEVERAL)
    if several_together:
        return Proposal(level=HIGH, why=f"Some concerns in {where} together substantially lower confidence.")
    return Proposal(
        level=SOME, why=f"Some concerns in {where}, which together do not substantially lower confidence."
    )
