"""What was typed on the page of an assessment, handed to the services piece by piece."""

from typing import Any

from appraisal import services
from appraisal.filling import Asked, Filling, Part, fill
from appraisal.models import Answer, Assessment, Judgement
from reviews.models import User

PLACE = ("value", "support", "quote", "page", "full_text")


def keep_answer(filling: Filling, asked: Asked, by: User) -> None:
    """Store one answer, if it is another than before; its form is valid. A checklist's item is judged by it."""
    given = {name: asked.form.cleaned_data[name] for name in PLACE}
    if _same(given, asked.answer):
        return
    services.answer_question(assessment=filling.assessment, question=asked.question.key, by=by, **given)
    if filling.follows:
        services.accept_proposals(assessment=filling.assessment, by=by)


def keep_together(filling: Filling, by: User) -> bool:
    """Store whether several concerns count together, if that was said anew."""
    form = filling.together
    said = form.cleaned_data["together"] if form.is_valid() else None
    if said is None or said == filling.assessment.several_together:
        return False
    services.say_together(assessment=filling.assessment, yes=said, by=by)
    return True


def keep_judgement(filling: Filling, part: Part, by: User) -> list[str]:
    """Store one judgement, if it is another than before; its form is valid. Sentences about what it lacks."""
    given: dict[str, Any] = {name: part.form.cleaned_data[name] for name in (*PLACE, "override_reason")}
    given["direction"] = part.form.cleaned_data.get("direction", "")
    if not part.differs:
        given["override_reason"] = ""
    if _same(given, part.judgement):
        return []
    try:
        services.judge(assessment=filling.assessment, domain=part.domain.key, by=by, **given)
    except services.NeedsReason as refusal:
        part.form.add_error("override_reason", str(refusal))
        return [str(refusal)]
    return []


def keep_everything(filling: Filling, by: User) -> Filling:
    """Store the whole form; the filling that comes back has ``errors`` where something could not be stored."""
    valid = [form.is_valid() for form in filling.forms]
    if not all(valid):
        return filling
    for asked in filling.asked:
        keep_answer(filling, asked, by)
    if filling.overall:
        keep_together(filling, by)
    fresh = again(filling)
    for part in fresh.parts:
        part.form.is_valid()
        keep_judgement(fresh, part, by)
    if fresh.overall and not fresh.errors:
        fresh = again(fresh)
        assert fresh.overall
        fresh.overall.form.is_valid()
        keep_judgement(fresh, fresh.overall, by)
    return fresh


def accept(filling: Filling, part: Part, by: User) -> None:
    """Judge one domain as the tool proposes; what was written beside it stays."""
    if part.proposed is None:
        return
    old = part.judgement
    kept = {name: getattr(old, name) for name in (*PLACE[1:], "direction")} if old else {}
    services.judge(
        assessment=filling.assessment, domain=part.domain.key, value=part.proposed.key, by=by, **kept
    )


def again(filling: Filling) -> Filling:
    """The same form on the assessment as it is stored now."""
    rows = Assessment.objects.select_related("study", "review", "assessor", "outcome")
    assessment = rows.prefetch_related("judgements", "answers").get(pk=filling.assessment.pk)
    return fill(assessment, filling.data, filling.full_texts)


def _same(given: dict[str, Any], row: Answer | Judgement | None) -> bool:
    if row is None:
        return not any(given.values())
    return all(getattr(row, name) == value for name, value in given.items())
