"""What tells two evidences of a finding apart, in sentences. No Django here."""

from collections.abc import Iterable
from typing import Any

from analysis.choices import short
from analysis.wording import Scale
from certainty.grade.proposal import Evidence, listed, scale_of


def changes_between(old: Evidence, new: Evidence) -> list[str]:
    """What differs between the evidence that was rated and another one, a sentence each.

    Both as certainty.evidence tells them; what a rating does not rest on is not compared.
    """
    return [
        *_pooled(old, new),
        *_studies(old, new),
        *_judgements(old, new),
        *_participants(old, new),
        *_test(old, new),
        *_asked(old, new),
    ]


def _pooled(old: Evidence, new: Evidence) -> Iterable[str]:
    if not old["pooled"] and not new["pooled"]:
        if old["told"] != new["told"]:
            yield f"What was found was “{old['told'] or 'nothing'}” and is “{new['told'] or 'nothing'}”."
        elif old["kind"] != new["kind"]:
            yield f"What the finding rests on changed: {new['reason']}"
        return
    if not old["pooled"] or not new["pooled"]:
        yield (
            f"There is a pooled result now: {_result(new)}."
            if new["pooled"]
            else f"There is no pooled result any more; it was {_result(old)}. {new['reason']}"
        )
        return
    names = ("estimate", "ci_low", "ci_high", "pi_low", "pi_high", "k")
    if old["measure"] != new["measure"]:
        one, other = (short(each["measure"]).lower() for each in (old, new))
        yield f"The effect measure was {one} and is {other}: {_result(old)} then, {_result(new)} now."
    elif any(_differ(old["pooled"][name], new["pooled"][name]) for name in names):
        before, after = _result(old), _result(new)
        yield (
            f"The pooled result was {before} and is {after}."
            if before != after
            else f"The pooled result changed in digits that are not printed; it is still {after}."
        )
    if _differ(old["pooled"]["i2"], new["pooled"]["i2"]):
        yield f"Heterogeneity: I² was {_percent(old)} and is {_percent(new)}."


def _result(evidence: Evidence) -> str:
    pooled, scale = evidence["pooled"], scale_of(evidence)
    studies = "1 study" if pooled["k"] == 1 else f"{pooled['k']} studies"
    return (
        f"{scale.text(pooled['estimate'])} ({scale.interval(pooled['ci_low'], pooled['ci_high'])}; {studies})"
    )


def _percent(evidence: Evidence) -> str:
    i2 = evidence["pooled"]["i2"]
    return "not computed" if i2 is None else f"{i2:.0f}%"


def _studies(old: Evidence, new: Evidence) -> Iterable[str]:
    before, after = _by_row(old), _by_row(new)
    if came := [after[row]["study"] for row in after if row not in before]:
        yield f"New: {listed(came)}."
    if went := [before[row]["study"] for row in before if row not in after]:
        yield f"Not in it any more: {listed(went)}."
    scale = Scale(new["measure"])
    for row, one in after.items():
        earlier = before.get(row)
        if earlier is None:
            continue
        if any(_differ(earlier[name], one[name]) for name in ("yi", "ci_low", "ci_high")):
            yield (
                f"{one['study']}: its effect was {scale.text(earlier['yi'])} "
                f"({scale.interval(earlier['ci_low'], earlier['ci_high'])}) and is {scale.text(one['yi'])} "
                f"({scale.interval(one['ci_low'], one['ci_high'])})."
            )
        elif earlier["direction"] != one["direction"]:
            yield f"{one['study']}: the direction of its effect changed."
        if earlier["design"] != one["design"]:
            words = [(each["design"] or "not recorded").replace("_", " ") for each in (earlier, one)]
            yield f"{one['study']}: its design was {words[0]} and is {words[1]}."


def _judgements(old: Evidence, new: Evidence) -> Iterable[str]:
    """Once per study, however many of its results are in."""
    before, after = _by_study(old), _by_study(new)
    for study, one in after.items():
        earlier = before.get(study)
        if earlier is None:
            continue
        if earlier["judged"] != one["judged"] or earlier["risk"] != one["risk"]:
            yield (
                f"{one['study']}: its risk of bias was agreed as “{earlier['judged']}” and is “{one['judged']}” now."
            )
        elif earlier["tool"] != one["tool"] or earlier["critical"] != one["critical"]:
            yield f"{one['study']}: its risk of bias was judged anew with another tool."


def _participants(old: Evidence, new: Evidence) -> Iterable[str]:
    one, other = old["participants"]["total"], new["participants"]["total"]
    if one != other:
        yield f"Participants: {_count(one)} then, {_count(other)} now."


def _count(value: Any) -> str:
    return "not known" if value is None else f"{value:,}"


def _test(old: Evidence, new: Evidence) -> Iterable[str]:
    one, other = old["small_study"] or {}, new["small_study"] or {}
    if one.get("key") != other.get("key") or _differ(one.get("pval"), other.get("pval")):
        yield f"The test of small-study effects: {_p(one)} then, {_p(other)} now."


def _p(test: dict[str, Any]) -> str:
    return f"p {test['pval']:.3f} ({test['name']})" if "pval" in test else "none"


def _asked(old: Evidence, new: Evidence) -> Iterable[str]:
    names = {
        "mid": "The minimal important difference",
        "ois": "The optimal information size given with the finding",
        "direction": "Which direction is better",
        "outcome_kind": "The kind of the outcome",
    }
    for name, label in names.items():
        one, other = old["asked"][name], new["asked"][name]
        if _differ(one, other):
            yield f"{label} was {_said(one)} and is {_said(other)}."


def _said(value: Any) -> str:
    return "not given" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def _differ(one: Any, other: Any) -> bool:
    """Whether two values differ in six significant digits."""
    if isinstance(one, int | float) and isinstance(other, int | float):
        return f"{one:.6g}" != f"{other:.6g}"
    return bool(one != other)


def _by_row(evidence: Evidence) -> dict[str, Any]:
    return {one["row"]: one for one in evidence["studies"] if not one["dropped"]}


def _by_study(evidence: Evidence) -> dict[int, Any]:
    return {one["id"]: one for one in evidence["studies"]}
