"""A body that works for every gesture of the application, and which of its fields are ids of rows.

``body(here, here)`` is taken; ``body(here, there)`` is the same with the ids of another review.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from extraction.services.sheets import differences, workbook_of
from extraction.workbook import stamp_of
from records.services import what_undo_loses
from tests.security.addresses import ROWS
from tests.security.world import RIS, TOOL, World

Maker = Callable[[World, World], dict[str, Any]]
MEANS = {"n1": 40, "mean1": 8.2, "sd1": 4.7, "n2": 40, "mean2": 13.2, "sd2": 6.9}
PLACE = {"scale": "BDI-II", "time_point": "post", "source": "p. 3"}
PROTOCOL = {
    "title": "A title",
    "framework": "PICO",
    "quorum_title_abstract": 2,
    "quorum_full_text": 2,
    "maybe_rule": "include",
    "initial-quorum_title_abstract": 2,
}
OUTCOME = {"name": "Remission", "kind": "dichotomous", "direction": "higher"}
NAMED_COLUMNS = {"column-0": "", "column-1": "title", "again": "on"}
JUDGED = {f"{domain.key}-value": "low" for domain in TOOL.domains}
PLAN = {"name": "Second plan", "measure": "SMD", "tau2_method": "REML", "test": "knha", "level": "95"}
PLAN |= {"experimental_label": "therapy", "comparator_label": "control"}
PLAN |= {"method": "iv", "prediction": "as test", "sensitivity": ["tests", "estimators"]}


@dataclass(frozen=True)
class Gesture:
    """``who`` sends ``body`` to ``name``; ``ids`` are its fields that hold ids of rows.

    A gesture that only asks (a preview) changes nothing: ``saves=False``. ``json``: a page that takes JSON.
    """

    name: str
    who: str
    body: Maker
    ids: tuple[str, ...] = ()
    method: str = "post"
    files: bool = False
    arguments: tuple[tuple[str, Any], ...] = ()
    saves: bool = True
    json: bool = False

    @property
    def is_api(self) -> bool:
        return ":" not in self.name

    @property
    def is_form(self) -> bool:
        return self.files or not (self.is_api or self.json)

    def path(self, world: World) -> str:
        given = dict(self.arguments)
        start = max((start for start in ROWS if self.name.startswith(start)), key=len, default="")
        for argument in ("pk", "record_id"):
            if argument in given and given[argument] is None:
                given[argument] = getattr(world, ROWS[start]).pk
        if "plan_slug" in given:
            given["plan_slug"] = world.rows["plan"].slug
        if "study_pk" in given:
            given["study_pk"] = getattr(world, given["study_pk"]).pk
        return reverse(self.name, kwargs={"slug": world.review.slug, **given})

    def send(self, client: Client, world: World, body: dict[str, Any]):
        if not self.is_form:
            return getattr(client, self.method)(self.path(world), body, content_type="application/json")
        return client.post(self.path(world), body)


def changed_plan(here: World, ids: World) -> dict[str, Any]:
    """Everything the form of a plan sends, with a reason and the version as it is."""
    seen = type(here.plan).objects.get(pk=here.plan.pk).version
    return PLAN | {
        "outcome": ids.outcome.pk,
        "excluded_studies": [ids.studies[1].pk],
        "exclusion_note": "doubtful",
        "name": f"Plan after version {seen}",
        "select_scales-more": "HDRS; BDI-II",
        "select_experimental": ["Therapy"],
        "moderators-1-name": "age",
        "reason": "asked by a referee",
        "seen_version": seen,
    }


def changed_settings(here: World, ids: World) -> dict[str, Any]:
    """A change by a program: only what changes."""
    return {
        "outcome": ids.outcome.pk,
        "excluded_studies": [ids.studies[1].pk],
        "exclusion_note": "doubtful",
        "selection": {"scales": ["HDRS"], "weeks_to": 26},
        "moderators": [{"name": "age", "type": "number"}],
        "small_study_tests": ["egger"],
        "level": 90,
        "reason": "asked by a referee",
        "seen_version": type(here.plan).objects.get(pk=here.plan.pk).version,
    }


def tried_settings(here: World, ids: World) -> dict[str, Any]:
    """What a program asks about before it writes a plan."""
    return {"outcome": ids.outcome.pk, "selection": {"when": "last", "raters": ["clinician"]}}


def fixed(**fields: Any) -> Maker:
    return lambda here, ids: dict(fields)


def place(here: World, ids: World) -> dict[str, Any]:
    return PLACE | {
        "outcome": ids.outcome.pk,
        "experimental": ids.arms[0].pk,
        "comparator": ids.arms[1].pk,
    }


def confirm(here: World) -> int:
    """How much undoing the import of ``here`` would lose."""
    return what_undo_loses(here.batch).confirm


def upload(field: str, more: Maker) -> Maker:
    """Each time a file that was not read before."""

    def body(here: World, ids: World) -> dict[str, Any]:
        content = RIS.replace(b"rest", uuid.uuid4().hex.encode())
        return {field: SimpleUploadedFile("found.ris", content), **more(here, ids)}

    return body


def filled_sheet(here: World, ids: World) -> dict[str, Any]:
    """The workbook of extraction of this review, as it was taken out."""
    membership = ids.people["extractor"].memberships.get(review=ids.review)
    return {"file": SimpleUploadedFile("filled.xlsx", workbook_of(membership=membership))}


def ticked_rows(here: World, ids: World) -> dict[str, Any]:
    """Every difference of the workbook that was sent back."""
    items = differences(here.sheet)
    return {"take": [item.id for item in items], "seen": stamp_of(items)}


def robvis_file(ids: World) -> SimpleUploadedFile:
    """A judgement of the first study with the review's own tool, as robvis would read it."""
    text = f"Study,Blinding,Overall\r\n{ids.studies[0].label},Low,Low\r\n"
    return SimpleUploadedFile("robvis.csv", text.encode())


PK, RECORD = (("pk", None),), (("record_id", None),)
STUDY = (("study_pk", "study"),)
ORDER = {"order": "oldest", "random_share": 10, "order_seed": 0, "scores_shown": "hidden"}
VOTING = {
    "agreement": "all",
    "maybe": "include",
    "hold_minutes": 0,
    "claim_minutes": 20,
    "criteria_needed": 0,
}
SETTINGS = fixed(quorum=2, **VOTING, **ORDER)
PREVIEW = fixed(quorum=3, why="so", **VOTING, **ORDER)
TA = (("stage", "title_abstract"), ("pk", None))
FT = (("stage", "full_text"), ("pk", None))
ROB = (("instrument", TOOL.key), ("study_pk", "study"))
