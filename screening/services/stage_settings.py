"""How one stage is worked: reading its settings, and changing them together with the protocol's own fields."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.models import Membership, Review, User
from reviews.permissions import Permission
from reviews.services.protocol import AMENDMENT, begin_version
from screening.models import Stage, StageSettings
from screening.services.guards import require, stage_label
from screening.services.read_once import once

#: Fields of the Review, by the name they have here, for each stage.
PROTOCOL = {
    Stage.TITLE_ABSTRACT: {
        "quorum": "quorum_title_abstract",
        "maybe": "maybe_rule",
        "reasons_must_agree": "reasons_must_agree",
    },
    Stage.FULL_TEXT: {"quorum": "quorum_full_text", "reasons_must_agree": "reasons_must_agree"},
}
#: People named in the settings, and the right they need for it.
PEOPLE = {"must_screen": Permission.SCREEN, "may_resolve": Permission.ADJUDICATE}
PLAIN = (
    "agreement",
    "reason_required",
    "third_person",
    "names_hidden",
    "authors_hidden",
    "journal_hidden",
    "labels_hidden",
    "assigned_only",
    "ask_criteria",
    "criteria_needed",
    "claim_minutes",
    "hold_minutes",
    "due_on",
    "order",
    "random_share",
    "order_seed",
    "scores_shown",
    "automation_votes",
)
#: What decides outcomes: a change begins a new version of the protocol, and the votes may have to be counted anew.
DECIDES = ("quorum", "maybe", "agreement", "reasons_must_agree", "reason_required")
#: What a change of which is an amendment too, though it changes no outcome by itself.
AMENDS = (*DECIDES, "third_person", "criteria_needed", "automation_votes", *PEOPLE)
LABELS = {
    "quorum": "votes per record",
    "maybe": "what a maybe counts as",
    "agreement": "agreement rule",
    "reasons_must_agree": "whether reasons must agree",
    "reason_required": "whether an exclusion needs a reason",
    "third_person": "whether a third person resolves conflicts",
    "names_hidden": "names of voters in conflicts",
    "authors_hidden": "authors hidden",
    "journal_hidden": "journal hidden",
    "labels_hidden": "labels hidden until complete",
    "assigned_only": "assigned records only",
    "ask_criteria": "criteria as questions",
    "criteria_needed": "inclusion rule of the criteria",
    "claim_minutes": "minutes a record in view is kept",
    "hold_minutes": "minutes before votes are counted",
    "due_on": "due date",
    "order": "order of the records",
    "random_share": "random records of 100 in a mixed order",
    "order_seed": "seed of the order",
    "scores_shown": "how likely the model finds a record, while screening",
    "automation_votes": "whether a model casts one of the votes",
    "must_screen": "who must screen",
    "may_resolve": "who may resolve conflicts",
}
#: Settings with a few values that have words.
CHOICES: dict[str, dict] = {
    "agreement": dict(StageSettings.Agreement.choices),
    "maybe": dict(Review.MaybeRule.choices),
    "order": dict(StageSettings.Order.choices),
    "scores_shown": dict(StageSettings.Scores.choices),
}


class SettingsRefused(Refused):
    """A setting of a stage that cannot be."""


def settings_of(review: Review, stage: str) -> StageSettings:
    """The settings of a stage; without a row the defaults, not saved (ask for people only where ``pk`` is set)."""
    rows = StageSettings.objects.filter(review=review, stage=stage)
    found = once(("settings", review.pk, stage), rows.first)
    return found or StageSettings(review=review, stage=stage)


def named(settings: StageSettings, field: str) -> list[User]:
    """Those a stage names in ``must_screen`` or ``may_resolve``, present or not; none if it has no row."""
    return list(getattr(settings, field).order_by("name", "pk")) if settings.pk else []


def present_of(settings: StageSettings, field: str) -> set[int]:
    """Ids of those named in ``field`` who are in the team and whose role allows it: the others block nothing."""
    if not settings.pk:
        return set()
    members = Membership.objects.filter(
        review=settings.review_id, left_at=None, user__in=getattr(settings, field).all()
    )
    return {member.user_id for member in members if PEOPLE[field] in member.may}


def gone_of(settings: StageSettings, field: str) -> list[User]:
    """Those named in ``field`` who left or whose role does not allow it any more."""
    present = present_of(settings, field)
    return [user for user in named(settings, field) if user.pk not in present]


def values_of(review: Review, settings: StageSettings) -> dict[str, Any]:
    """All settings of a stage by name: those of its row, the protocol's own fields, people as ids in order."""
    values = {name: getattr(settings, name) for name in PLAIN}
    values |= {name: getattr(review, field) for name, field in PROTOCOL[Stage(settings.stage)].items()}
    return values | {name: sorted(user.pk for user in named(settings, name)) for name in PEOPLE}


def with_changes(review: Review, stage: str, changes: dict[str, Any]) -> tuple[Review, StageSettings]:
    """Review and settings with ``changes`` in them, not saved: what the page says beforehand is counted by these."""
    review = Review.objects.get(pk=review.pk)
    settings = settings_of(review, stage)
    _write(review, settings, changes)
    return review, settings


@transaction.atomic
def set_stage_settings(
    *, review: Review, stage: str, changes: dict[str, Any], by: User, why: str = "", seen: dict | None = None
) -> StageSettings:
    """Change settings of a stage; ``changes`` has the names of ``values_of``, people as users or ids.

    What decides outcomes begins a new version of the protocol if work was done under the present one. Votes that
    were cast are not touched: ``recounting.affected`` says beforehand what the new rules would make of them,
    ``request_recount`` applies it. ``seen`` holds the values the person saw; one that somebody changed meanwhile is
    refused. Raises NotAllowed (403), SettingsRefused (422), Conflict (409).
    """
    require(review, by, Permission.AMEND_PROTOCOL)
    review = Review.objects.select_for_update().get(pk=review.pk)
    settings = settings_of(review, stage)
    old = values_of(review, settings)
    _refuse_overwriting(old, changes, seen or {})
    people = {name: _people(review, settings, name, changes[name]) for name in PEOPLE if name in changes}
    _write(review, settings, changes)
    _check(review, settings)
    settings.save()
    for name, users in people.items():
        getattr(settings, name).set(users)
    new = values_of(review, settings)
    different = {name: {"old": old[name], "new": new[name]} for name in old if old[name] != new[name]}
    if different:
        _record(review, settings, different, by, why)
    return settings


def _write(review: Review, settings: StageSettings, changes: dict[str, Any]) -> None:
    """Put ``changes`` on the two rows, people apart; nothing is saved."""
    protocol = PROTOCOL[Stage(settings.stage)]
    for name, value in changes.items():
        if name in protocol:
            setattr(review, protocol[name], value)
        elif name in PLAIN:
            setattr(settings, name, value)
        elif name not in PEOPLE:
            raise SettingsRefused(
                f"{stage_label(settings.stage).capitalize()} has no setting called “{name}”. There are: "
                f"{', '.join([*protocol, *PLAIN, *PEOPLE])}.",
                field=name,
            )


def _check(review: Review, settings: StageSettings) -> None:
    """Refuse values that the models find wrong, named as the page names them."""
    protocol = {field: name for name, field in PROTOCOL[Stage(settings.stage)].items()}
    for row, names in ((review, protocol), (settings, {name: name for name in PLAIN})):
        try:
            row.clean_fields(exclude={field.name for field in row._meta.fields} - names.keys())
        except ValidationError as error:
            field, sentences = next(iter(error.message_dict.items()))
            label = LABELS[names[field]]
            raise SettingsRefused(
                f"{label[:1].upper()}{label[1:]}: {' '.join(sentences)}", field=names[field]
            ) from error
    quorum = policy_quorum(review, settings.stage)
    if settings.agreement != StageSettings.Agreement.ALL and quorum == 1:
        raise SettingsRefused(
            "With one vote per record there is nothing to agree on: choose “All must agree”, or ask for more votes.",
            field="agreement",
        )


def policy_quorum(review: Review, stage: str) -> int:
    """The votes a record needs by the protocol, whatever a pilot asks for."""
    return getattr(review, PROTOCOL[Stage(stage)]["quorum"])


def _people(review: Review, settings: StageSettings, name: str, given) -> list[User]:
    """The users meant; those newly named must be in the team with a role that allows it."""
    ids = {each.pk if isinstance(each, User) else each for each in given}
    before = {user.pk for user in named(settings, name)}
    members = Membership.objects.filter(review=review, left_at=None, user__in=ids).select_related("user")
    able = {member.user_id for member in members if PEOPLE[name] in member.may}
    if unable := ids - able - before:
        users = User.objects.filter(pk__in=unable, memberships__review=review).order_by("name")
        who = ", ".join(map(str, users)) or "Somebody named"
        raise SettingsRefused(
            f"{who} cannot be named under “{LABELS[name]}”: that needs a place in the team and a role with the right "
            f"to {PEOPLE[name].label.lower()}.",
            field=name,
        )
    return list(User.objects.filter(pk__in=ids))


def _refuse_overwriting(now: dict, changes: dict, seen: dict) -> None:
    for name in seen.keys() & changes.keys():
        if now[name] != seen[name]:
            raise Conflict(
                f"Somebody changed “{LABELS[name]}” while you were editing. Nothing was saved. Reload the page.",
                field=name,
            )


def _record(review: Review, settings: StageSettings, different: dict[str, dict], by: User, why: str) -> None:
    """One line; what decides is an amendment of the protocol and may begin a new version of it."""
    amends = any(name in AMENDS for name in different)
    began = any(name in DECIDES for name in different) and begin_version(review)
    review.save(update_fields=[*PROTOCOL[Stage(settings.stage)].values(), "protocol_version"])
    said = [LABELS[name] for name in different]
    in_words = " and ".join(filter(None, [", ".join(said[:-1]), said[-1]]))
    record_event(
        review=review,
        actor=by,
        verb=AMENDMENT if amends else "reviews.stage_settings_changed",
        target=review,
        sentence=f"changed the settings of {stage_label(settings.stage)}: {in_words}"
        + (f"; this began version {review.protocol_version} of the protocol" if began else ""),
        detail={
            "stage": str(settings.stage),
            "changes": {LABELS[name]: _told(name, change) for name, change in different.items()},
            "why": why.strip(),
            "protocol_version": review.protocol_version,
        },
    )


def _told(name: str, change: dict) -> dict:
    """Old and new value as the history shows them."""
    if name in PEOPLE:
        names = dict(User.objects.filter(pk__in=[*change["old"], *change["new"]]).values_list("pk", "name"))
        return {key: ", ".join(names[pk] for pk in pks) or "nobody named" for key, pks in change.items()}
    choices = CHOICES.get(name, {})
    return {
        key: value.isoformat() if isinstance(value, date) else choices.get(value, value)
        for key, value in change.items()
    }
