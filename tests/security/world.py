"""Two reviews with a row of every kind, so that every address can be asked with ids that exist."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from analysis import services as analysis
from analysis.models import Exploration, Run
from appraisal import services as appraisal
from appraisal.instruments import INSTRUMENTS
from records.models import DuplicateCandidate, ImportBatch, Record
from reporting.services.adjustments import adjust
from reviews import jobs
from reviews import services as protocol
from reviews.audit import record_event
from reviews.models import Job, Review, User
from reviews.permissions import Role
from screening import services as screening
from screening.models import FullText, PdfUpload, Report, Retraction, RetractionList, Stage, Study
from screening.services.allocation import Wish, request_allocation
from screening.services.bulk_votes import cast_lot
from screening.services.labellings import label_many, put_label
from screening.services.labels import make_label
from screening.services.notes import write_note
from screening.services.searches import save_search
from screening.services.terms import make_list
from tests.factories import (
    join,
    make_batch,
    make_outcome,
    make_reason,
    make_record,
    make_review,
    make_user,
)
from tests.security.world_automation import add_automation
from tests.security.world_certainty import add_certainty
from tests.security.world_exports import add_exports
from tests.security.world_extraction import add_extraction
from tests.security.world_replay import add_replay
from tests.security.world_stopping import add_stopping
from tests.security.world_versions import add_versions

TOOL = INSTRUMENTS["metapsy_rob1"]
OWN_TOOL: dict[str, Any] = {
    "key": "own_tool",
    "name": "Our tool",
    "levels": [
        {"key": "low", "label": "Low risk", "symbol": "+", "colour": "low"},
        {"key": "high", "label": "High risk", "symbol": "-", "colour": "high"},
    ],
    "domains": [{"key": "D1", "label": "Blinding"}],
}
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
TABLE = b"Ref,Name of paper,Who\n1,A trial of rest,Kim\n"
NOTICES = b"OriginalPaperDOI,OriginalPaperPubMedID,RetractionNature\r\n10.1000/x,0,Retraction\r\n"
RIS = b"TY  - JOUR\nTI  - A trial of rest\nAU  - Smith, Ann\nPY  - 2001\nER  - \n"


@dataclass
class World:
    """One review with its people by role and its rows by name."""

    review: Review
    people: dict[str, User]
    rows: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["rows"][name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def owner(self) -> User:
        return self.people["owner"]


def make_world(slug: str) -> World:
    """A review ``slug`` with one person per role (and a second reviewer) and a row of every kind."""
    review = make_review(slug, title=f"Review {slug}")
    people = {role.value: make_user(f"{slug}-{role.value}") for role in Role}
    people["second"] = make_user(f"{slug}-second")
    for name, user in people.items():
        join(review, user, "reviewer" if name == "second" else name)
    world = World(review, people)
    _protocol(world)
    _records(world)
    _intake(world)
    _pdf(world)
    _screening(world)
    _retrieval(world)
    _merged_reasons(world)
    _remarks(world)
    _shared_out(world)
    _grouping(world)
    add_stopping(world)
    add_automation(world)
    add_replay(world)
    _appraisal(world)
    add_extraction(world)
    _analysis(world)
    add_certainty(world)
    add_exports(world)
    add_versions(world)
    world.rows["adjustment"] = adjust(
        review=world.review, by=world.owner, key="duplicates", amount=2, reason="Removed before the import"
    )
    return world


def _protocol(world: World) -> None:
    review, owner = world.review, world.owner
    criterion = protocol.add_criterion(
        review=review, by=owner, kind="include", element="design", text="Randomised"
    )
    second = protocol.add_criterion(
        review=review, by=owner, kind="include", element="population", text="Adults"
    )
    retired = protocol.add_criterion(review=review, by=owner, kind="exclude", element="other", text="Animals")
    protocol.retire_criterion(criterion=retired, by=owner)
    invitation, token = protocol.invite_member(
        review=review, by=owner, email=f"new-{review.slug}@example.org", role="reviewer"
    )
    world.rows |= {
        "criterion": criterion,
        "second_criterion": second,
        "retired_criterion": retired,
        "reason": make_reason(review, "Wrong population", 1),
        "other_reason": make_reason(review, "Wrong design", 2),
        "outcome": make_outcome(review),
        "invitation": invitation,
        "token": token,
        "member": review.memberships.get(user=world.people["observer"]),
    }


def _records(world: World) -> None:
    review = world.review
    batch = make_batch(
        review, imported_by=world.owner, rejected=[{"line": 3, "cause": "No title.", "raw": "TY  - JOUR"}]
    )
    batch.job = Job.objects.create(
        review=review,
        task="records.import",
        key=f"import-{batch.pk}",
        label="Import",
        requested_by=world.owner,
        state=Job.State.DONE,
    )
    batch.save()
    records = [make_record(review, f"Trial {number} of {review.slug}", batch=batch) for number in range(9)]
    twin = make_record(review, "Trial 0 again", batch=batch, duplicate_of=records[0])

    def pair(left: Record, right: Record, **fields) -> DuplicateCandidate:
        return DuplicateCandidate.objects.create(
            review=review, left=left, right=right, score=0.8, rule="title", reasons=["same title"], **fields
        )

    world.rows |= {
        "search": batch.search,
        "batch": batch,
        "undone": make_batch(review, batch.search),
        "spare_batch": make_batch(review, batch.search),
        "records": records,
        "twin": twin,
        "candidate": pair(records[6], records[7]),
        "merged": pair(records[0], twin, state="merged", decided_by=world.owner),
        "distinct": pair(records[5], records[6], state="distinct", decided_by=world.owner),
        "failed_job": Job.objects.create(
            review=review,
            task="x.y",
            key="failed",
            label="Failed work",
            requested_by=world.owner,
            state=Job.State.FAILED,
            error="It failed.",
        ),
        "job": Job.objects.create(
            review=review,
            task="records.import",
            key="waiting",
            label="Waiting work",
            requested_by=world.owner,
        ),
    }
    ImportBatch.objects.filter(pk=world.undone.pk).update(state="undone")
    _waiting_files(world)
    DuplicateCandidate.objects.filter(pk=world.merged.pk).update(decided_at=timezone.now())
    with transaction.atomic():
        world.rows["lot"] = record_event(
            review=review,
            actor=world.owner,
            verb="records.merged_above",
            sentence="merged all 1 pairs that score 0.8 or more.",
            detail={"score": 0.8, "pairs": [world.merged.pk], "removed": [twin.pk]},
        )


def _waiting_files(world: World) -> None:
    """A file that was read and waits for a check, and a table whose columns nobody named yet."""
    ready = make_batch(world.review, world.search, check_first=True, records_read=1)
    make_record(world.review, "A trial that waits", batch=ready)
    ready.file.save("ready", ContentFile(RIS), save=False)
    table = make_batch(world.review, world.search, check_first=True)
    table.file.save("table", ContentFile(TABLE), save=False)
    ready.state, table.state, table.format = "ready", "mapping", "csv"
    ready.save()
    table.save()
    world.rows |= {"ready": ready, "table": table}


def _intake(world: World) -> None:
    """A file with an earlier decision of which something was said, beside everything else."""
    review, old = world.review, make_batch(world.review, world.search)
    decided = [{"by": "Kim", "decision": "include", "reason": "", "stage": ""}]
    make_record(review, "Decided before", batch=old, earlier=decided)
    make_record(review, "Decided before, too", batch=world.spare_batch, earlier=decided)
    world.rows["intake"] = screening.begin_intake(review=review, batch=old, kind="prior", by=world.owner)


def _pdf(world: World) -> None:
    """One that was brought with others and fits no report."""
    world.rows["pdf"] = PdfUpload.objects.create(
        review=world.review,
        by=world.owner,
        file=ContentFile(PDF, name="other.pdf"),
        file_name="other.pdf",
        sha256="2" * 64,
        state=PdfUpload.State.UNMATCHED,
    )


def _retrieval(world: World) -> None:
    """Reports that were requested together, and a notice about one of them."""
    review, owner = world.review, world.owner
    records = [make_record(review, f"Asked for {number}", batch=world.spare_batch) for number in range(2)]
    for record in records:
        FullText.objects.create(review=review, record=record, changed_by=owner)
    lot = screening.set_states_of(
        review=review, records=[record.pk for record in records], state="requested", by=owner
    )
    world.rows |= {
        "states": lot.event,
        "requested": records[0],
        "retraction": Retraction.objects.create(
            review=review, record=records[1], nature="retraction", found_by="doi"
        ),
    }
    RetractionList.objects.create(
        review=review,
        file_name="notices.csv",
        sha256="1" * 64,
        at=default_storage.save("retraction_lists/notices.csv", ContentFile(NOTICES)),
    )


def cast(world: World, who: str, record: Record, vote: str, stage=Stage.TITLE_ABSTRACT, **more):
    return screening.cast_vote(
        review=world.review,
        record=record,
        stage=stage,
        reviewer=world.people[who],
        vote=vote,
        key=uuid.uuid4(),
        **more,
    )


def to_full_text(world: World, record: Record) -> None:
    for who in ("reviewer", "second"):
        cast(world, who, record, "include")
    screening.attach_full_text(
        review=world.review, record=record, file=ContentFile(PDF, name="paper.pdf"), by=world.owner
    )


def _merged_reasons(world: World) -> None:
    """Two reasons more, one of which became the other."""
    gone, into = (
        make_reason(world.review, label, order) for order, label in ((8, "Too old"), (9, "Too young"))
    )
    world.rows["into"] = into
    world.rows["merge"] = screening.merge_reasons(review=world.review, reason=gone, into=into, by=world.owner)


def _screening(world: World) -> None:
    """0 and 1 are studies, 2 and 3 conflicts (full text, title), 4 has one vote, 5 none, the last is out."""
    included, second, disputed, conflict, pending, untouched, *_, excluded = world.records
    for record in (included, second, disputed):
        to_full_text(world, record)
    for record in (included, second):
        for who in ("reviewer", "second"):
            cast(world, who, record, "include", Stage.FULL_TEXT)
    cast(world, "reviewer", disputed, "include", Stage.FULL_TEXT)
    cast(world, "second", disputed, "exclude", Stage.FULL_TEXT, reason=world.reason)
    cast(world, "reviewer", conflict, "include")
    cast(world, "second", conflict, "exclude")
    for who in ("reviewer", "second"):
        cast(world, who, excluded, "exclude")
    decision = cast(world, "reviewer", pending, "include")
    studies = list(Study.objects.filter(review=world.review).order_by("pk"))
    world.rows |= {
        "included": included,
        "disputed": disputed,
        "conflict": conflict,
        "pending": pending,
        "untouched": untouched,
        "decision": decision,
        "verdict": conflict.verdicts.get(stage=Stage.TITLE_ABSTRACT),
        "settled": excluded.verdicts.get(stage=Stage.TITLE_ABSTRACT),
        "studies": studies,
        "study": studies[0],
        "second_study": studies[1],
        "report": studies[0].reports.get(),
        "spare_report": Report.objects.create(study=studies[0], record=world.records[7]),
    }


def _remarks(world: World) -> None:
    """What the owner wrote, labelled, marks and keeps beside the records."""
    own = {"review": world.review, "by": world.owner}
    label = make_label(**own, name="methods")
    make_record(world.review, "Labelled with others", batch=world.spare_batch)
    many = world.review.records.filter(title="Labelled with others")
    world.rows |= {
        "label": label,
        "labelling": put_label(**own, label=label, record=world.records[5]),
        "label_lot": label_many(**own, label=label, records=many),
        "note": write_note(**own, record=world.records[5], text="Look at the methods", audience="private"),
        "term_list": make_list(**own, name="Designs", terms="random*, blind*"),
        "saved_search": save_search(**own, name="Recent", query="year_from=2015", shared=True),
    }


def _shared_out(world: World) -> None:
    """A record for the manager alone, one voted on in a lot, and a check of what was excluded."""
    review, owner = world.review, world.owner
    make_record(review, "Shared out", batch=world.spare_batch)
    voted = make_record(review, "Voted on with others", batch=world.spare_batch)
    wish = Wish(way="filter", shares={world.people["manager"].pk: 0}, query="q=shared")
    here = {"review": review, "stage": Stage.TITLE_ABSTRACT, "by": owner}
    world.rows |= {
        "allocation": request_allocation(**here, wish=wish)[0],
        "vote_lot": cast_lot(**here, records=review.records.filter(pk=voted.pk), vote="include"),
        "check": screening.begin_check(**here, percent=100, people=[owner]),
    }


def _grouping(world: World) -> None:
    """Two studies of another pair of reports, put together because their records were linked."""
    review = world.review
    records = [make_record(review, f"Linked {number}", batch=world.batch) for number in range(2)]
    for stage in Stage:
        for record in records:
            for who in ("owner", "manager"):
                cast(world, who, record, "include", stage)
            if stage == Stage.TITLE_ABSTRACT:
                screening.set_full_text_state(review=review, record=record, state="retrieved", by=world.owner)
    link = DuplicateCandidate.objects.create(
        review=review, left=records[0], right=records[1], score=0.6, rule="title", state="linked"
    )
    event = screening.group_linked(review=review, pair=link, by=world.owner)[1]
    world.rows |= {"linked": link, "grouping": event}


def assess(world: World, who: str, study: Study, *, complete: bool = True, support: str = "p. 3", **values):
    by = world.people[who]
    mine = appraisal.start_assessment(study=study, instrument=TOOL.key, assessor=by)
    for domain in TOOL.domains:
        appraisal.judge(
            assessment=mine, domain=domain.key, value=values.get(domain.key, "low"), by=by, support=support
        )
    return appraisal.complete_assessment(assessment=mine, by=by) if complete else mine


def _appraisal(world: World) -> None:
    first, second = world.studies
    one = assess(world, "reviewer", first)
    assess(world, "second", first)
    consensus = appraisal.reconcile(
        study=first,
        instrument=TOOL.key,
        by=world.people["adjudicator"],
        values={domain.key: "low" for domain in TOOL.domains},
    )
    draft = assess(world, "reviewer", second, complete=False)
    world.rows |= {"assessment": one, "consensus": consensus, "draft": draft}
    by, text = world.people["reviewer"], FullText.objects.filter(record__report__study=second).first()
    result_draft = appraisal.start_assessment(
        study=second, instrument="rob2", assessor=by, outcome=world.outcome
    )
    for question, value in (("1.1", "Y"), ("1.2", "Y"), ("1.3", "N")):
        appraisal.answer_question(assessment=result_draft, question=question, value=value, by=by)
    _own_tool(world, OWN_TOOL)
    outdated = appraisal.start_assessment(study=second, instrument=OWN_TOOL["key"], assessor=by)
    _own_tool(world, OWN_TOOL | {"name": "Our better tool"})
    appraisal.draft_tool(review=world.review, data=OWN_TOOL | {"name": "Our best tool"}, by=world.owner)
    world.rows |= {"result_draft": result_draft, "outdated": outdated, "study_text": text}


def _own_tool(world: World, data: dict[str, Any]) -> None:
    version = appraisal.draft_tool(review=world.review, data=data, by=world.owner)
    appraisal.publish_tool(version=version, by=world.owner)


def _analysis(world: World) -> None:
    by = world.people["statistician"]
    plan = analysis.write_plan(
        review=world.review, name=f"All trials of {world.review.slug}", outcome=world.outcome, by=by
    )
    run = analysis.request_run(plan=plan, by=by)
    jobs.perform(run.job_id)
    run.refresh_from_db()
    assert run.result is not None, run.job.error
    analysis.quote_result(
        review=world.review,
        outcome=world.outcome,
        label="Published",
        by=by,
        estimate=-0.5,
        ci_low=-1,
        ci_high=0,
        citation="Somebody 2020",
    )
    with transaction.atomic():
        record_event(review=world.review, actor=by, verb="analysis.looked", sentence="looked")
    world.rows |= {"plan": plan, "run": run, "exploration": _explored(run, by)}


def _explored(run: Run, by: User) -> Exploration:
    """A small exploration of the run, finished: its work was shared out and put together."""
    found = analysis.request_exploration(
        run=run, kind="multiverse", by=by, settings={"factors": {"tau2": ["REML", "DL"]}}
    )
    jobs.perform(found.job_id)
    for part in found.job.parts.all():
        jobs.perform(part.pk)
    jobs.perform(found.job_id)
    found.refresh_from_db()
    assert found.result is not None, found.job.error
    return found
