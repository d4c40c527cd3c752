"""What changed since a version, with the numbers as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from analysis.wording import Scale
from reporting.models import Version
from reporting.state import state_of
from reporting.what_changed import Changes, Estimate, compare


class Told(NamedTuple):
    """One estimate before and now, in words; "" where there is none."""

    label: str
    slug: str
    before: str
    k_before: int | None
    now: str
    k_now: int | None
    changed: bool
    stale: bool
    note: str


def changes_since(version: Version, until: Version | None = None) -> Changes:
    """Between what ``version`` said and what ``until`` said, or what the review says now."""
    return compare(version.state, until.state if until else state_of(version.review))


def told(one: Estimate) -> Told:
    shown = one.now or one.before or {}
    return Told(
        label=one.name,
        slug=shown.get("slug", ""),
        before=_words(one.before),
        k_before=(one.before or {}).get("k"),
        now=_words(one.now),
        k_now=(one.now or {}).get("k"),
        changed=one.changed,
        stale=bool((one.now or {}).get("stale")),
        note=one.crossed,
    )


def _words(estimate: Mapping[str, Any] | None) -> str:
    if estimate is None:
        return ""
    if "estimate" not in estimate:
        return estimate.get("in_short", "")
    scale = Scale.of(estimate)
    text, interval = scale.text(estimate["estimate"]), scale.interval(estimate["ci_low"], estimate["ci_high"])
    return f"{scale.label} {text} ({interval})"
