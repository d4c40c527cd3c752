"""Which tools a review uses, for which designs; and tools of its own, version by version."""

import json
import re
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from appraisal import registry
from appraisal.instruments import BUILT_IN, ToolError, tool_from_data
from appraisal.models import Assessment, ReviewTool, ToolVersion
from appraisal.services.guards import BadTool
from reviews.audit import record_event
from reviews.errors import Conflict
from reviews.models import Review, User
from screening.models import Study

KEY = re.compile(r"[a-z][a-z0-9_]{1,29}")


def add_tool(*, review: Review, key: str, by: User, designs: list[str] | None = None) -> ReviewTool:
    """Offer a tool in this review, for ``designs`` (None: those it is made for; []: every one).

    A retired one is offered again. With the first choice a review stops offering every built-in tool; those that it
    already has assessments with are chosen too, so that nobody's work is cut off.
    """
    with transaction.atomic():
        _lock(review)
        row = ReviewTool.objects.filter(review=review, key=key).first()
        if row is None and key not in BUILT_IN:
            raise registry.UnknownInstrument(
                f"There is no instrument '{key}'. Instruments on offer: {', '.join(registry.known_keys(review))}."
            )
        if row and row.retired_at is None and (designs is None or row.designs == designs):
            return row
        wanted = _designs(designs) if designs is not None else None
        if row is None:
            _keep_used(review, by)
            row = ReviewTool.objects.filter(review=review, key=key).first() or _new(review, key, by)
        row.retired_at = None
        row.designs = row.designs if wanted is None else wanted
        row.save(update_fields=["retired_at", "designs"])
        _tell(row, by, "appraisal.tool_added", f"added {name_of(row)} to the tools for risk of bias.")
    return row


def retire_tool(*, review: Review, key: str, by: User) -> ReviewTool:
    """Stop offering a tool; assessments made with it stay and can be finished."""
    with transaction.atomic():
        _lock(review)
        row = _row(review, key)
        if row.retired_at is None:
            row.retired_at = timezone.now()
            row.save(update_fields=["retired_at"])
            _tell(
                row, by, "appraisal.tool_retired", f"retired {name_of(row)} from the tools for risk of bias."
            )
    return row


def set_designs(*, review: Review, key: str, designs: list[str], by: User) -> ReviewTool:
    """Say for which study designs a tool is; [] stands for every design."""
    with transaction.atomic():
        _lock(review)
        row, designs = _row(review, key), _designs(designs)
        if row.designs != designs:
            old, row.designs = row.designs, designs
            row.save(update_fields=["designs"])
            words = ", ".join(Study.Design(each).label for each in designs) or "every design"
            sentence = f"uses {name_of(row)} for: {words}."
            _tell(row, by, "appraisal.designs_set", sentence, {"old": old, "new": designs})
    return row


def draft_tool(*, review: Review, data: dict[str, Any], by: User, note: str = "") -> ToolVersion:
    """Begin a tool of one's own, or the next version of one; a draft until ``publish_tool``.

    ``data`` is as ``appraisal.instruments.tool_from_data`` takes it; of a draft only "key" and "name" must be there,
    ``fault_of`` says what is still wrong.
    """
    key = _key(data)
    with transaction.atomic():
        _lock(review)
        row = ReviewTool.objects.filter(review=review, key=key).first()
        if row is None:
            row = _new(review, key, by, is_own=True)
        if row.versions.drafts().exists():
            raise Conflict(f"There is a draft of '{key}' already. Change it, or throw it away first.")
        newest = row.versions.order_by("-number").first()
        version = ToolVersion.objects.create(
            tool=row, number=newest.number + 1 if newest else 1, data=data, note=note.strip(), made_by=by
        )
        _tell(
            row, by, "appraisal.tool_drafted", f"began version {version.number} of the tool “{data['name']}”."
        )
    return version


def change_draft(
    *, version: ToolVersion, data: dict[str, Any], by: User, note: str | None = None, seen: str = ""
) -> ToolVersion:
    """Write the draft anew. ``seen`` is ``draft_stamp`` of what the person looked at ("" to overwrite anyway)."""
    key = _key(data)
    with transaction.atomic():
        version = _draft(version)
        if seen and seen != draft_stamp(version):
            raise Conflict(f"The draft of '{version.tool}' was changed in the meantime; load it again.")
        if key != version.tool.key:
            raise BadTool(f"The key of a tool stays: '{version.tool.key}', not '{key}'.", field="key")
        note = version.note if note is None else note.strip()
        if (version.data, version.note) == (data, note):
            return version
        version.data, version.note, version.changed_at = data, note, timezone.now()
        version.save(update_fields=["data", "note", "changed_at"])
        sentence = f"changed the draft of version {version.number} of the tool “{data['name']}”."
        _tell(version.tool, by, "appraisal.draft_changed", sentence)
    return version


def discard_draft(*, version: ToolVersion, by: User) -> None:
    """Throw a draft away; a tool that was never published goes with it."""
    with transaction.atomic():
        version = _draft(version)
        row = version.tool
        sentence = f"threw away the draft of version {version.number} of the tool “{version.data['name']}”."
        _tell(row, by, "appraisal.draft_discarded", sentence, {"data": version.data})
        version.delete()
        if not row.versions.exists():
            row.delete()


def publish_tool(*, version: ToolVersion, by: User, note: str | None = None) -> ToolVersion:
    """Make a draft the version that new assessments use. Older assessments stay as they are and are ``outdated``.

    As with ``add_tool``, the first choice of a review keeps the tools that it has assessments with.
    """
    with transaction.atomic():
        version = _draft(version)
        fault = fault_of(version.data)
        if fault:
            raise BadTool(f"This tool cannot be used yet. {fault}")
        row = version.tool
        before = row.versions.published().order_by("-number").first()
        if before and before.data == version.data:
            raise BadTool(f"Nothing differs from version {before.number}, so there is nothing to publish.")
        _keep_used(row.review, by)
        version.note = version.note if note is None else note.strip()
        version.published_at = timezone.now()
        version.save(update_fields=["note", "published_at"])
        registry.forget()
        sentence = f"published version {version.number} of the tool “{version.data['name']}”."
        _tell(row, by, "appraisal.tool_published", sentence, {"data": version.data, "note": version.note})
    return version


def fault_of(data: object) -> str:
    """What keeps ``data`` from being a tool, with its place; "" when nothing does."""
    try:
        tool_from_data(data)
    except ToolError as error:
        return str(error)
    return ""


def draft_stamp(version: ToolVersion) -> str:
    """What a page remembers of the draft it showed, so that a later change is noticed."""
    return version.changed_at.isoformat()


def name_of(row: ReviewTool) -> str:
    """The tool's name, also of one that has only a draft."""
    if row.key in BUILT_IN:
        return BUILT_IN[row.key].name
    newest = row.versions.order_by("-number").first()
    return f"“{newest.data['name'] if newest else row.key}”"


def _lock(review: Review) -> None:
    Review.objects.select_for_update().get(pk=review.pk)


def _row(review: Review, key: str) -> ReviewTool:
    row = ReviewTool.objects.filter(review=review, key=key).first()
    if row is None:
        chosen = ", ".join(ReviewTool.objects.filter(review=review).values_list("key", flat=True))
        raise BadTool(
            f"This review has not chosen the tool '{key}': add it first. Chosen: {chosen or 'none yet'}."
        )
    return row


def _new(review: Review, key: str, by: User, *, is_own: bool = False) -> ReviewTool:
    last = ReviewTool.objects.filter(review=review).order_by("-order").first()
    designs = [] if is_own else list(BUILT_IN[key].designs)
    return ReviewTool.objects.create(
        review=review,
        key=key,
        is_own=is_own,
        designs=designs,
        order=last.order + 1 if last else 0,
        added_by=by,
    )


def _keep_used(review: Review, by: User) -> None:
    """Before the first choice: choose the built-in tools that there are assessments with."""
    rows = ReviewTool.objects.filter(review=review).with_newest_version()
    if rows.filter(Q(is_own=False) | Q(newest__isnull=False)).exists():
        return
    used = Assessment.objects.filter(review=review).order_by().values_list("instrument", flat=True).distinct()
    for key in [key for key in BUILT_IN if key in set(used)]:
        _new(review, key, by)


def _designs(designs: list[str]) -> list[str]:
    unknown = [each for each in designs if each not in Study.Design.values]
    if unknown:
        known = ", ".join(Study.Design.values)
        raise BadTool(f"'{unknown[0]}' is not a study design. Designs: {known}.", field="designs")
    return [each for each in Study.Design.values if each in designs]


def _key(data: dict[str, Any]) -> str:
    if not isinstance(data, dict):
        raise BadTool("A tool is an object with 'key', 'name', 'levels' and 'domains'.")
    if not _can_be_stored(data):
        raise BadTool(
            "The tool holds a null character, half a character or a number that is none; take it out."
        )
    key, name = data.get("key"), data.get("name")
    if not isinstance(key, str) or not KEY.fullmatch(key):
        raise BadTool(
            f"The key '{key}' of a tool has 2 to 30 small letters, digits and _, a letter first.", field="key"
        )
    if key in BUILT_IN:
        raise BadTool(f"'{key}' is a built-in tool; give your own another key.", field="key")
    if not isinstance(name, str) or not name.strip():
        raise BadTool("Give the tool a name.", field="name")
    return key


def _can_be_stored(data: dict[str, Any]) -> bool:
    """Whether every database takes this as JSON."""
    try:
        text = json.dumps(data, ensure_ascii=False, allow_nan=False)
        text.encode()
    except ValueError:  # half characters cannot be encoded, NaN is no JSON
        return False
    return "\\u0000" not in text


def _draft(version: ToolVersion) -> ToolVersion:
    """The draft as it is now, locked with its review; refused once it is published."""
    _lock(version.tool.review)
    fresh = ToolVersion.objects.select_related("tool__review").filter(pk=version.pk).first()
    if fresh is None:
        raise Conflict("This draft was thrown away in the meantime.")
    if not fresh.is_draft:
        raise BadTool(f"Version {fresh.number} is published and stays as it is. Begin a new version.")
    return fresh


def _tell(row: ReviewTool, by: User, verb: str, sentence: str, detail: dict | None = None) -> None:
    record_event(
        review=row.review,
        actor=by,
        verb=verb,
        target=row,
        sentence=sentence,
        detail=detail or {"key": row.key},
    )
