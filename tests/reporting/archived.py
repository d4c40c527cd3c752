"""A review with a row in every table of an archive, and keys that are told apart from all other numbers."""

from django.db import connection
from django.utils import timezone

from analysis.models import FigureSettings, PlanChange
from certainty.models import Finding, Grade, Step
from extraction.models import ExtractionSettings
from records.models import ColumnMapping, DeduplicationSettings, SearchReport
from reporting.archive.tables import tables
from reporting.models import Adjustment, ChecklistAnswer, FlowSettings, Version
from screening.automated import account
from screening.models import (
    Adjudication,
    AutomaticRemoval,
    CheckVote,
    Claim,
    Decision,
    Mention,
    Placement,
    Postponement,
    Ranking,
    RemovedRecord,
    Replay,
    Stage,
    StageSettings,
    VoteLot,
)
from tests.security.world import World, make_world

FIRST, EACH = 10_000_000, 1_000_000


def spread_keys() -> None:
    """Let the keys of every table begin at a number of its own, so that a key says whose it is."""
    with connection.cursor() as cursor:
        for place, table in enumerate(tables().values()):
            name, start = table.model._meta.db_table, FIRST + place * EACH
            if connection.vendor == "postgresql":
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {start})")
            else:
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [name])
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [name, start])


def full_world(slug: str) -> World:
    """The world of the attacks, and rows of what it lacks."""
    world = make_world(slug)
    review, owner, record = world.review, world.owner, world.untouched
    here = {"review": review, "record": record, "stage": Stage.TITLE_ABSTRACT}
    SearchReport.objects.create(review=review, contacts="Two authors", updated_by=owner)
    DeduplicationSettings.objects.create(review=review, merge_at=0.95, ask_at=0.5, updated_by=owner)
    ColumnMapping.objects.create(
        review=review, signature="a" * 64, columns=["Ref"], mapping={"Ref": ""}, updated_by=owner
    )
    settings, _ = StageSettings.objects.get_or_create(review=review, stage=Stage.TITLE_ABSTRACT)
    settings.must_screen.add(owner, world.people["reviewer"])
    CheckVote.objects.create(round=world.check, record=record, reviewer=owner, included=True)
    Adjudication.objects.create(**here, adjudicator=owner, included=True)
    Placement.objects.create(intake=world.intake, record=record, stage=Stage.TITLE_ABSTRACT, included=True)
    Mention.objects.create(note=world.note, user=owner)
    Claim.objects.create(**here, reviewer=owner, until=timezone.now())
    Postponement.objects.create(**here, reviewer=owner)
    ExtractionSettings.objects.get_or_create(review=review)
    PlanChange.objects.create(
        plan=world.plan, version=2, changed={"level": [95, 90]}, reason="Asked by a peer", post_hoc=True
    )
    FigureSettings.objects.create(plan=world.plan, figure="forest", settings={"width": 160})
    _ranked(world)
    _reported(world)
    return world


def _ranked(world: World) -> None:
    """Orders of the records, some of them left unread and one brought back, a replay, and a vote of a model."""
    review, owner = world.review, world.owner
    ids = [*review.records.order_by("-pk").values_list("pk", flat=True)]
    here = {"review": review, "stage": Stage.TITLE_ABSTRACT, "model": "linear 1", "order": ids}
    Ranking.objects.create(
        **here,
        kind=Ranking.Kind.IMPORTED,
        by=owner,
        scores=[0.5] * len(ids),
        labels=[[ids[0], 1], [ids[1], 0]],
        about={"start": "file", "file": "order.csv", "extent": [len(ids), ids[0]]},
    )
    Ranking.objects.create(**here, reviewer=world.people["reviewer"])
    removal = AutomaticRemoval.objects.create(
        review=review,
        kind=AutomaticRemoval.Kind.STOPPED,
        number=40,
        numbers={"total": 40, "test": {"p": 0.04}, "estimate": None},
        sentence="Screening was stopped after 38 of 40 records.",
        by=owner,
        undone_by=owner,
        undone_at=timezone.now(),
    )
    RemovedRecord.objects.create(removal=removal, record=world.untouched, withdrawn_at=timezone.now())
    run = {"priors": ids[:2], "curve": [[0, 0], [9, 4]], "stops": {"50_in_a_row": {"stopped_at": None}}}
    Replay.objects.create(review=review, seed=3, by=owner, result={"n": 12, "runs": [run]})
    lot = VoteLot.objects.create(
        review=review,
        stage=Stage.TITLE_ABSTRACT,
        by=account(),
        vote="exclude",
        records=[world.untouched.pk],
        result={"asked_by": str(owner), "taken": 1, "left": [], "model": "second reader 1"},
    )
    Decision.objects.create(
        review=review,
        record=world.untouched,
        stage=Stage.TITLE_ABSTRACT,
        reviewer=lot.by,
        vote="exclude",
        lot=lot,
        model="second reader 1",
    )


def _reported(world: World) -> None:
    review, owner = world.review, world.owner
    finding = Finding.objects.create(
        review=review, outcome=world.outcome, plan=None, intervention="Therapy", comparison="Usual care"
    )
    grade = Grade.objects.create(
        finding=finding,
        rater=owner,
        run=world.run,
        evidence={"run": {"id": world.run.pk}, "studies": [{"id": world.study.pk, "row": world.study.pk}]},
    )
    Step.objects.create(grade=grade, domain="imprecision", change=-1, reason="Few people")
    ChecklistAnswer.objects.create(review=review, checklist="prisma2020", item="1", location="p. 1")
    Adjustment.objects.create(
        review=review, key="registers", amount=3, reason="Counted by hand", made_by=owner
    )
    FlowSettings.objects.get_or_create(review=review)
    Version.objects.create(
        review=review,
        number=7,
        label="Seventh",
        closed_by=owner,
        state={
            "studies": [{"id": world.study.pk}],
            "estimates": [{"id": world.plan.pk, "run": world.run.pk}],
        },
    )
