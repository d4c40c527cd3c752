"""What changed since a run, who changed it, and what the estimate would become. Nothing is saved."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from textwrap import shorten
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime

from analysis.engine import CannotAnalyse, quick
from analysis.models import Plan, Run
from analysis.plan_settings import PLAN_SETTINGS, settings_in
from analysis.plan_words import in_words
from analysis.snapshot import fingerprint, take_snapshot
from analysis.snapshot_differences import CAME, CHANGED, LEFT_OUT, ORDER, WENT, Difference, Row, differences
from analysis.stats import StatsError
from analysis.wording import Scale
from analysis.wording.findings import size_in_words
from appraisal.models import Assessment
from extraction.models import Result
from reviews.models import AuditEvent

#: Of a fit, what is told.
NOW = ("estimate", "ci_low", "ci_high", "k", "measure", "level", "tau2", "i2", "size")
LONGEST = 120
READ = (
    *("pk", "previous", "created_at", "correction_reason", "superseded_at", "withdrawal_reason"),
    *("extracted_by__name", "extracted_by__email", "withdrawn_by__name", "withdrawn_by__email"),
)
FACT, CHOSEN, AGREED = "extraction.characteristic_set", "extraction.result_preferred", "appraisal.reconciled"


@dataclass(frozen=True)
class Change:
    """One thing that changed, in a sentence. ``study_id`` and ``result_id`` (of today, else of the run) lead to it.

    ``what``: setting, changed, came, went, left out, order or other. ``by``, ``at`` and ``why`` where they are known.
    """

    sentence: str
    what: str
    study: str = ""
    study_id: int | None = None
    result_id: int | None = None
    by: str = ""
    at: datetime | None = None
    why: str = ""


@dataclass(frozen=True)
class Staleness:
    """``now``: estimate, ci_low, ci_high, k, measure, level, tau2 and i2 on today's data, or {"reason": sentence}.

    It is {} for a run that is not stale. ``was`` has the same of the run's result. ``becomes``: what a run on today's
    data would find beside what this one found, in a sentence.
    """

    is_stale: bool
    changes: list[Change] = field(default_factory=list)
    now: dict[str, Any] = field(default_factory=dict)
    was: dict[str, Any] = field(default_factory=dict)
    becomes: str = ""

    def to_dict(self) -> dict[str, Any]:
        changes = [asdict(one) | {"at": one.at.isoformat() if one.at else None} for one in self.changes]
        return {
            "is_stale": self.is_stale,
            "changes": changes,
            "now": self.now,
            "was": self.was,
            "becomes": self.becomes,
        }


def what_changed(run: Run) -> Staleness:
    """Whether plan or data changed since the run, and if so what, by whom, and what the estimate would become."""
    snapshot = take_snapshot(run.plan)
    if fingerprint(snapshot, run.engine_version) == run.input_hash:
        return Staleness(False)
    now, found = _now(snapshot)
    pooled = (run.result or {}).get("pooled")
    was = {name: pooled[name] for name in NOW if name in pooled} if pooled else {}
    before = (
        f"This run found {_estimate(run.snapshot, run.result)}."
        if run.result and pooled and "reason" not in now
        else ""
    )
    return Staleness(True, _changes(run, snapshot), now, was, f"{found} {before}".strip())


def stale_runs(runs: Iterable[Run]) -> list[tuple[Run, Staleness]]:
    """Those of the runs that are stale, with what changed."""
    found = ((run, what_changed(run)) for run in runs)
    return [(run, one) for run, one in found if one.is_stale]


def _now(snapshot: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The planned fit on today's data, and in words: what else a run computes does not change what is said here."""
    if snapshot["plan"].get("kind", Plan.Kind.PAIRWISE) != Plan.Kind.PAIRWISE:
        why = "Run the plan again to see what it finds on today's data."
        return {"reason": why}, why
    try:
        found = quick(snapshot)
    except (CannotAnalyse, StatsError) as error:
        why = f"On today's data it cannot be computed: {error}"
        return {"reason": why}, why
    now = {name: found["pooled"][name] for name in NOW if name in found["pooled"]}
    return now, f"On today's data it would be {_estimate(snapshot, found)}."


def _changes(run: Run, snapshot: dict[str, Any]) -> list[Change]:
    found = differences(run.snapshot, snapshot)
    history = _History.of(run, found)
    changes = [*_settings(run, snapshot), *(_change(one, history) for one in found)]
    return changes or [Change("Something that goes into a run without a row of its own changed.", "other")]


def _settings(run: Run, snapshot: dict[str, Any]) -> Iterable[Change]:
    before, after = settings_in(run.snapshot["plan"]), settings_in(snapshot["plan"])
    later = list(run.plan.changes.filter(changed_at__gte=run.created_at).select_related("changed_by"))
    for name, setting in PLAN_SETTINGS.items():
        if name in before and before[name] != after[name]:
            one, other = ("; ".join(in_words(name, value)) for value in (before[name], after[name]))
            yield _setting(f"{setting.label}: {_short(one)} → {_short(other)}.", name, later)
    one, other = run.snapshot["outcome"], snapshot["outcome"]
    if one["name"] != other["name"]:
        yield _setting(f"Outcome: {one['name']} → {other['name']}.", "outcome", later)
    if one["direction"] != other["direction"]:
        yield Change(
            f"Direction of benefit of the outcome: {one['direction']} → {other['direction']}.", "setting"
        )


def _setting(sentence: str, name: str, later: Sequence[Any]) -> Change:
    change = next((one for one in reversed(later) if name in one.changed), None)
    if change is None:
        return Change(sentence, "setting")
    who = str(change.changed_by) if change.changed_by else ""
    said = _told("changed", who, change.changed_at, change.reason)
    return Change(f"{sentence} {said}", "setting", by=who, at=change.changed_at, why=change.reason)


def _change(one: Difference, history: "_History") -> Change:
    row = one.after or one.before
    result_id = row["result_id"] if row else None
    act = history.act(one)
    said = f" {act.sentence}" if act else ""
    by, at, why = (act.by, act.at, act.why) if act else ("", None, "")
    return Change(f"{_sentence(one)}{said}", one.what, one.study, one.study_id, result_id, by, at, why)


def _sentence(one: Difference) -> str:
    if one.what == ORDER:
        return "The order of the studies changed: a year or a name was corrected."
    if one.what == LEFT_OUT:
        return f"{one.study} is left out: {one.why.rstrip('.')}."
    part = (one.after or one.before or {}).get("part", "")
    if one.what == CAME:
        before = f" It had been left out: {one.why.rstrip('.')}." if one.why else ""
        return f"{one.study} came in{f' ({part})' if part else ''}.{before}"
    if one.what == WENT:
        why = one.why.rstrip(".")
        return f"{one.study} is not in any more{f': {why}' if why else ''}."
    if not one.fields:
        return f"{one.study}: recorded anew with the same numbers."
    told = "; ".join(f"{each.label} {_short(each.before)} → {_short(each.after)}" for each in one.fields)
    return f"{one.study}: {told}."


@dataclass(frozen=True)
class _Act:
    """Who did it, when and why; ``sentence`` says it."""

    sentence: str
    by: str
    at: datetime | None
    why: str = ""


@dataclass
class _History:
    """What is known of the results and studies that differ; read at once."""

    since: datetime
    results: dict[int, dict[str, Any]]
    events: dict[tuple[str, str, str], AuditEvent]
    consensus: dict[int, list[int]]

    @classmethod
    def of(cls, run: Run, found: Sequence[Difference]) -> "_History":
        studies = {one.study_id for one in found if one.study_id}
        names = {each.name for one in found for each in one.fields}
        results = Result.objects.filter(study__in=studies, extraction=None).order_by()
        read = {one["pk"]: one for one in results.values(*READ)} if studies else {}
        consensus: dict[int, list[int]] = defaultdict(list)
        if "risk" in names:
            agreed = Assessment.objects.consensus().filter(study__in=studies)
            for study, pk in agreed.values_list("study_id", "pk"):
                consensus[study].append(pk)
        return cls(run.created_at, read, _events(run, names), consensus)

    def act(self, one: Difference) -> _Act | None:
        """The act behind a difference, the latest since the run where there were several."""
        names = {each.name for each in one.fields}
        acts = [self._of_result(one)]
        if "risk" in names:
            acts += [self._of_event(AGREED, str(pk)) for pk in self.consensus.get(one.study_id or 0, ())]
        for each in one.fields:
            if each.name.startswith(("moderators.", "subgroup")):
                label = each.label if each.name.startswith("moderators.") else ""
                acts.append(self._of_event(FACT, str(one.study_id), label))
        known = [act for act in acts if act and act.at and act.at >= self.since]
        return max(known, key=lambda act: act.at or datetime.min) if known else None

    def _of_result(self, one: Difference) -> _Act | None:
        before, after = _ids(one.before), _ids(one.after)
        if one.what == WENT:
            return next((act for pk in before if (act := self._withdrawal(pk))), None)
        new = [self.results[pk] for pk in after if pk not in before and pk in self.results]
        if not new:
            return None
        latest = max(new, key=lambda result: result["created_at"])
        if one.what == CHANGED and not self._follows(latest, before):
            return self._of_event(CHOSEN, str(latest["pk"]))
        done = "Corrected" if latest["previous"] else "Recorded"
        return _act(done, _who(latest, "extracted_by"), latest["created_at"], latest["correction_reason"])

    def _follows(self, result: dict[str, Any], before: Iterable[int]) -> bool:
        """Whether ``result`` is a later version of one of those."""
        seen: dict[str, Any] | None = result
        while seen is not None:
            if seen["pk"] in before:
                return True
            seen = self.results.get(seen["previous"])
        return False

    def _withdrawal(self, pk: int) -> _Act | None:
        result = self.results.get(pk)
        if result is None or not (who := _who(result, "withdrawn_by")):
            return None
        return _act("Its result was withdrawn", who, result["superseded_at"], result["withdrawal_reason"])

    def _of_event(self, verb: str, target: str, name: str = "") -> _Act | None:
        event = self.events.get((verb, target, name))
        if event is None:
            return None
        words = {FACT: "Set", CHOSEN: "This result was chosen", AGREED: "Agreed"}[verb]
        return _act(words, event.actor_name, event.at)


def _act(done: str, who: str, at: datetime | None, why: str = "") -> _Act:
    return _Act(_told(done, who, at, why), who, at, why)


def _who(result: Mapping[str, Any], role: str) -> str:
    """As a User is printed; "" where there is none."""
    return result[f"{role}__name"] or result[f"{role}__email"] or ""


def _events(run: Run, names: set[str]) -> dict[tuple[str, str, str], AuditEvent]:
    """{(verb, id of the target, name of a fact or ""): the latest event since the run}; "" for that of subgroups."""
    verbs = [CHOSEN, *([AGREED] if "risk" in names else [])]
    verbs += [FACT] if any(name.startswith(("moderators.", "subgroup")) for name in names) else []
    found: dict[tuple[str, str, str], AuditEvent] = {}
    since = AuditEvent.objects.filter(
        review=run.review_id, verb__in=verbs, blinded=False, at__gte=run.created_at
    )
    for event in since.order_by("pk"):
        name = event.detail.get("name", "") if event.verb == FACT else ""
        found[event.verb, event.target_id, name] = event
        if name and name == run.plan.subgroup_by:
            found[event.verb, event.target_id, ""] = event
    return found


def _ids(row: Row | None) -> list[int]:
    return [] if row is None else list(row.get("result_ids") or [row["result_id"]])


def _told(done: str, who: str, at: datetime | None, why: str = "") -> str:
    """Corrected by Ben Okafor on 3 May 2026: misread the table."""
    when = f" on {date_format(localtime(at), 'j F Y')}" if at else ""
    reason = f": {_short(why.strip().rstrip('.'))}" if why.strip() else ""
    done = done[:1].upper() + done[1:]
    return f"{done}{f' by {who}' if who else ''}{when}{reason}."


def _short(text: str) -> str:
    return shorten(text, LONGEST, placeholder=" …")


def _estimate(snapshot: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    pooled = result["pooled"]
    scale = Scale.of(pooled)
    interval = scale.interval(pooled["ci_low"], pooled["ci_high"])
    size = size_in_words(snapshot, result)
    return f"{scale.label} {scale.text(pooled['estimate'])} ({pooled['level']:g}% CI {interval}; {size})"
