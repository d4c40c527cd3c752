"""Two of one review: what a colleague votes or judges must show nowhere in the house before its time.

tests/screening/test_blinding.py attacks the pages of three rooms one gesture at a time; here every address of every
room is read at once, by each role, with files, fragments, filters, orders and jobs.
"""

import pytest
from django.urls import reverse

from appraisal import services as appraisal
from appraisal.models import Assessment
from screening.models import Decision, Stage, Verdict
from tests.extraction.dual import add_result, make_extraction
from tests.factories import make_record
from tests.security.addresses import addresses
from tests.security.tools import body_of, faces
from tests.security.world import TOOL, World, assess, cast

pytestmark = pytest.mark.django_db
MARK = "zebra-crossing"
SORTS = ["?ordering=-vote", "?ordering=votes", "?ordering=verdicts__votes", "?o=-state", "?sort=decisions"]
WORDS = ["?title_abstract=open", "?title_abstract=conflict", "?mine=none", f"?q={MARK}", "?reason=1"]


def asked(world: World) -> list[str]:
    """Every GET address, the lists with filters and orders, and the ids that a colleague's row would get."""
    found = [address.path for address in addresses(world) if address.needs("get")]
    slug = world.review.slug
    records, full = f"/reviews/{slug}/records/", f"/reviews/{slug}/full-texts/"
    api = [f"/api/reviews/{slug}/{name}/" for name in ("records", "decisions", "verdicts", "full-texts")]
    found += [path + more for path in (records, full, *api) for more in SORTS + WORDS]
    for name in ("decisions", "verdicts", "conflicts", "assessments"):
        rows = {"decisions": Decision, "verdicts": Verdict}.get(name, Verdict).objects
        top = max(rows.values_list("pk", flat=True), default=0)
        found += [f"/api/reviews/{slug}/{name}/{top + number}/" for number in (1, 2)]
    for record in (world.pending, world.untouched, world.conflict, world.disputed):
        for name in ("screening:record", "screening:full_text"):
            found.append(reverse(name, args=[slug, record.pk]))
        for stage in Stage:
            found.append(reverse("screening:screen_record", args=[slug, stage, record.pk]))
    for study in world.studies:
        found.append(reverse("appraisal:reconcile", args=[slug, TOOL.key, study.pk]))
    return list(dict.fromkeys(found))


def everything(client, paths: list[str]) -> dict[str, tuple]:
    seen = {}
    for path in paths:
        for fragment, answer in faces(client, path):
            text = (
                body_of(answer)
                .replace(f"q={MARK}", "")
                .replace(f"q%3D{MARK}", "")
                .replace(f'value="{MARK}"', "")
            )
            kept = {
                name: answer.headers.get(name) for name in ("ETag", "Last-Modified", "Link", "HX-Trigger")
            }
            seen[path, fragment] = (answer.status_code, text, kept)
    return seen


def showing(seen: dict, word: str) -> list:
    return [place for place, (_, text, _) in seen.items() if word in text]


def differing(before: dict, after: dict) -> list:
    return [place for place in before if before[place] != after[place]]


def vote_in_secret(world: World) -> None:
    """The second reviewer votes where one vote is, where none is, and wavers."""
    cast(world, "second", world.untouched, "exclude", note=MARK, reason=world.reason)
    cast(world, "second", world.untouched, "maybe", note=MARK)
    cast(world, "second", world.untouched, "exclude", note=MARK, reason=world.reason)
    cast(world, "second", world.pending, "exclude", note=MARK, reason=world.reason)  # a conflict


def test_a_vote_changes_nothing_for_those_who_resolve_nothing(here, as_user):
    for number in range(3):
        make_record(here.review, f"Beside {number}", batch=here.batch)
    client, paths = as_user(here.people["reviewer"]), asked(here)
    everything(client, paths[:3])  # what a first visit makes is there before
    before = everything(client, paths)
    vote_in_secret(here)
    after = everything(client, paths)
    assert Verdict.objects.get(record=here.pending, stage=Stage.TITLE_ABSTRACT).state == "conflict"
    assert showing(after, MARK) == []
    assert differing(before, after) == []
    assert sum(status == 200 for status, _, _ in after.values()) > 60


def test_who_resolves_learns_of_the_conflict_but_not_who_voted_how(here, as_user):
    client, slug = as_user(here.people["adjudicator"]), here.review.slug
    undecided = reverse("screening:record", args=[slug, here.untouched.pk])
    paths = [f"/reviews/{slug}/conflicts/", f"/api/reviews/{slug}/conflicts/", undecided]
    paths += [f"/api/reviews/{slug}/decisions/", f"/reviews/{slug}/history.csv"]
    before = everything(client, paths)
    vote_in_secret(here)
    after = everything(client, paths)
    assert f"/api/reviews/{slug}/conflicts/" in {path for path, _ in showing(after, MARK)}
    own_page = f"/reviews/{slug}/conflicts/title_abstract/{here.pending.pk}/"
    page = body_of(client.get(own_page))
    assert MARK in page
    for person in ("reviewer", "second"):
        assert str(here.people[person]) not in page
    assert before[undecided, False] == after[undecided, False]


def test_an_owner_who_voted_does_not_see_the_other_vote(here, as_user):
    """Owners screen and resolve: where they voted they are reviewers until somebody else has resolved it."""
    cast(here, "owner", here.untouched, "include")
    client, paths = as_user(here.owner), asked(here)
    before = everything(client, paths)
    cast(here, "second", here.untouched, "exclude", note=MARK, reason=here.reason)
    after = everything(client, paths)
    assert showing(after, MARK) == []
    slug = here.review.slug
    counters = (f"/reviews/{slug}/conflicts/", f"/reviews/{slug}/standing/")  # how many conflicts there are
    assert [path for path, _ in differing(before, after) if not path.startswith(counters)] == []


def test_a_risk_of_bias_draft_and_a_single_assessment_show_nowhere(here, as_user):
    client, paths = as_user(here.people["extractor"]), asked(here)
    before, last = everything(client, paths), here.review.events.latest("pk").pk
    assess(here, "second", here.second_study, complete=False, support=MARK, sequence_generation="high")
    drafted = everything(client, paths)
    assert showing(drafted, MARK) == []
    slug = here.review.slug
    told = {path for path, _ in differing(before, drafted)}
    # that somebody began is said in the history, and how many have begun on two pages of the room; no more
    history = {f"/reviews/{slug}/", f"/reviews/{slug}/history/", f"/api/reviews/{slug}/history/"}
    assert told <= history | {f"/reviews/{slug}/risk-of-bias/", f"/reviews/{slug}/risk-of-bias/tools/"}
    news = here.review.events.visible_to(here.people["extractor"]).filter(pk__gt=last)
    assert "high" not in str(list(news.values_list("sentence", "detail", "target_label"))).lower()
    appraisal.complete_assessment(
        assessment=Assessment.objects.get(assessor=here.people["second"], state="draft"),
        by=here.people["second"],
    )
    rooms = [path for path in paths if "risk-of-bias" in path or "assessments" in path or "analyses" in path]
    assert showing(everything(client, rooms), MARK) == []


def test_a_draft_of_an_independent_extraction_shows_nowhere(here, as_user):
    client = as_user(here.people["owner"])
    words = (
        "/extract",
        "/history/",
        "/results",
        "/sources",
        "/warnings",
        "s/extraction.",
        "s/values.",
        "s/analysis.",
    )
    paths = [path for path in asked(here) if any(word in path for word in words)]
    before = everything(client, paths)
    draft = make_extraction(here.second_study, here.people["second"], values={"age": MARK}, complete=False)
    add_result(draft, here.outcome, scale=MARK, mean1=987.25, basis=MARK)
    after = everything(client, paths)
    assert showing(after, MARK) + showing(after, "987.25") == []
    told = {path for path, _ in differing(before, after)}
    slug = here.review.slug
    # that somebody began may be said where a study stands; no more
    assert told <= {f"/reviews/{slug}/extraction/", f"/api/reviews/{slug}/extraction-studies/"}


def test_when_all_have_voted_the_votes_are_open(here, as_user):
    """The attack would find something if it were there."""
    client, slug = as_user(here.people["reviewer"]), here.review.slug
    paths = [reverse("screening:record", args=[slug, here.pending.pk]), f"/reviews/{slug}/history/"]
    paths += [f"/api/reviews/{slug}/decisions/", f"/reviews/{slug}/prisma/", f"/reviews/{slug}/records/"]
    before = everything(client, paths)
    cast(here, "second", here.pending, "include", note=MARK)
    after = everything(client, paths)
    assert {path for path, _ in showing(after, MARK)} == {paths[0], paths[2]}
    assert {path for path, _ in differing(before, after)} == set(paths)


def test_no_log_line_holds_a_vote(here, caplog):
    caplog.set_level("DEBUG")
    vote_in_secret(here)
    assert MARK not in caplog.text
    ours = [record for record in caplog.records if not record.name.startswith("django.db")]
    assert "exclude" not in " ".join(record.getMessage() for record in ours)
