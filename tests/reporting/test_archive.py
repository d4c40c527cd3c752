"""A whole review as an archive: the same review, the same bytes, here and wherever it is restored."""

import io
import json
import re
import shutil
import zipfile

import jsonschema
import pytest
from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.test import override_settings
from django.urls import reverse

from analysis.services import is_stale
from reporting.archive import People, archive_schema, open_archive, restore, write_archive
from reporting.archive.schema import left_out
from reporting.archive.tables import LEFT_OUT, ROOMS, tables
from reviews.models import Review, User
from reviews.permissions import Role
from screening.automated import NAME, account
from screening.models import Decision
from tests.reporting.archived import EACH, FIRST, full_world, spread_keys


@pytest.fixture(scope="module")
def whole(django_db_setup, django_db_blocker, tmp_path_factory):
    """A review with rows in every table, made once in one transaction that is rolled back; its archive; its files."""
    media = tmp_path_factory.mktemp("archived")
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with (
        django_db_blocker.unblock(),
        override_settings(MEDIA_ROOT=media, PASSWORD_HASHERS=hashers),
        transaction.atomic(),
    ):
        spread_keys()
        world = full_world("whole")
        yield world, written(world.review), media
        transaction.set_rollback(True)


@pytest.fixture
def world(whole, settings, db):
    shutil.copytree(whole[2], settings.MEDIA_ROOT, dirs_exist_ok=True)
    return whole[0]


@pytest.fixture
def archived(whole) -> bytes:
    return whole[1]


def written(review: Review, *, people: bool = True) -> bytes:
    out = io.BytesIO()
    write_archive(review, out, people=people)
    return out.getvalue()


def restored(data: bytes, by: User, people: People = People.OWN) -> Review:
    with open_archive(io.BytesIO(data)) as archive:
        return restore(archive, by=by, people=people).review


def lines(data: bytes, table: str) -> list[dict]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return [json.loads(line) for line in packed.read(f"tables/{table}.jsonl").splitlines()]


class TestWhatIsInIt:
    def test_every_table_has_rows_so_that_what_follows_is_about_all_of_them(self, whole):
        with open_archive(io.BytesIO(whole[1])) as archive:
            assert [name for name, rows in archive.counts.items() if not rows] == []
            assert set(archive.counts) == set(tables())

    def test_a_model_is_in_it_or_left_out_with_a_reason(self):
        models = {model._meta.label for room in ROOMS for model in apps.get_app_config(room).get_models()}
        known = {table.model._meta.label for table in tables().values()} | LEFT_OUT.keys()
        assert models == known
        assert all(len(why) > 10 for why in left_out().values())

    def test_the_document_names_every_table(self):
        said = (settings.BASE_DIR / "docs" / "archive.md").read_text(encoding="utf-8")
        assert [name for name in tables() if f"`{name}`" not in said] == []

    def test_of_the_orders_it_has_those_from_files(self, archived):
        found = lines(archived, "screening.ranking")
        assert {row["kind"] for row in found} == {"imported"}
        latest = f"⟦#records.record:{len(lines(archived, 'records.record'))}⟧"
        assert found[0]["labels"][0] == [found[0]["order"][0], 1] == [latest, 1]
        assert "screening.Ranking learned from decisions" in left_out()

    def test_each_row_is_as_the_schema_says(self, archived):
        schema = archive_schema()
        with zipfile.ZipFile(io.BytesIO(archived)) as packed:
            assert json.loads(packed.read("schema.json")) == schema
            jsonschema.validate(json.loads(packed.read("archive.json")), schema)
        for name in tables():
            checker = jsonschema.Draft202012Validator(schema["$defs"][name])
            for row in lines(archived, name):
                checker.validate(row)

    def test_no_key_of_this_database_is_left_in_it(self, archived):
        """tests/reporting/archived.py spreads the keys so that they cannot be anything else."""
        left = []
        for name in tables():
            for row in lines(archived, name):
                text = json.dumps(row, ensure_ascii=False)
                for digits in re.findall(r"(?<![0-9a-f.\-])[0-9]{8}(?![0-9a-f])", text):
                    place, offset = divmod(int(digits) - FIRST, EACH)
                    if 0 <= place < len(tables()) and 0 < offset < 5000:
                        left.append((name, row.get("verb"), text[max(0, text.index(digits) - 60) :][:90]))
        assert left == []

    def test_it_holds_no_secret_and_nothing_of_the_machine(self, whole):
        world, archived, media = whole
        with zipfile.ZipFile(io.BytesIO(archived)) as packed:
            everything = b"".join(packed.read(name) for name in packed.namelist())
        secrets = [world.owner.password, world.invitation.token_sha256, world.token, str(media)]
        secrets += [str(world.batch.file), "traceback_of_"]
        assert [one for one in secrets if one and one.encode() in everything] == []


class TestThereAndBack:
    def test_the_same_review_gives_the_same_bytes(self, world, archived):
        assert written(world.review) == archived

    @pytest.mark.parametrize("people", list(People))
    def test_restored_and_archived_again_it_is_the_same_byte_for_byte(self, world, archived, people):
        Review.objects.filter(pk=world.review.pk).update(slug="before")
        again = restored(archived, world.owner, people)
        assert again.pk != world.review.pk
        assert again.slug == "whole"
        assert written(again) == archived
        assert Review.objects.get(slug="before").records.count() == again.records.count()
        found, were = (dict(one.memberships.values_list("user", "role")) for one in (again, world.review))
        assert (found == were) == (people == People.BY_ADDRESS)

    def test_where_everybody_is_unknown_the_importer_is_one_person_more(self, world, archived, eve):
        Review.objects.filter(pk=world.review.pk).update(slug="before")
        again = restored(archived, eve)
        assert again.memberships.get(user=eve).role == Role.OWNER
        data = written(again)
        differ = [name for name in tables() if lines(data, name) != lines(archived, name)]
        assert differ == ["reviews.user", "reviews.membership"]
        assert lines(data, "reviews.user")[:-1] == lines(archived, "reviews.user")
        others = User.objects.filter(memberships__review=again).exclude(pk=eve.pk)
        assert not any(user.is_active or user.has_usable_password() for user in others)
        assert all(user.email.endswith("placeholder.invalid") for user in others)

    def test_what_was_computed_is_not_out_of_date(self, world, archived):
        again = restored(archived, world.owner)
        run = again.runs.get()
        assert run.input_hash != world.run.input_hash  # other keys, other hash
        assert is_stale(world.run) == is_stale(run)
        assert {row["study_id"] for row in run.snapshot["rows"]} <= set(
            again.studies.values_list("pk", flat=True)
        )

    def test_an_undo_in_the_history_finds_its_rows(self, world, archived):
        again = restored(archived, world.owner)
        lot = again.events.get(verb="records.merged_above")
        assert again.duplicate_candidates.filter(pk__in=lot.detail["pairs"]).count() == 1
        vote = again.events.filter(verb="screening.vote_cast").first()
        assert Decision.objects.filter(
            review=again, pk=vote.detail["decision"], record=vote.target_id
        ).exists()

    def test_orders_and_records_left_unread_are_those_of_the_copy(self, world, archived):
        again = restored(archived, world.owner)
        ids = [*again.records.order_by("-pk").values_list("pk", flat=True)]
        ranking, replay = again.rankings.get(model="linear 1"), again.replays.get(seed=3)
        assert ranking.order == ids
        run = replay.result["runs"][0]
        assert (run["priors"], run["curve"]) == (ids[:2], [[0, 0], [9, 4]])
        assert ranking.about["extent"] == [len(ids), ids[0]]
        left = again.automatic_removals.get(number=40)
        assert left.numbers["test"] == {"p": 0.04}
        assert left.removed.get().record.review == again
        vote = again.decisions.get(model="second reader 1")
        assert vote.reviewer == account()

    def test_files_come_along_and_are_files_of_their_own(self, world, archived):
        again = restored(archived, world.owner)
        for mine, was in zip(
            again.pdf_uploads.order_by("pk"), world.review.pdf_uploads.order_by("pk"), strict=True
        ):
            assert mine.file.name != was.file.name
            assert mine.file.read() == was.file.read()
        text = again.full_texts.exclude(file="").first()
        assert text.record.pdf_uploads.filter(file=text.file.name).exists()  # one file, as before

    def test_its_pages_open(self, world, archived, as_user):
        again = restored(archived, world.owner)
        client = as_user(world.owner)
        run, study = again.runs.get(), again.studies.first()
        for name, arguments in [
            ("reviews:overview", []),
            ("screening:records", []),
            ("appraisal:overview", []),
            ("extraction:study", [study.pk]),
            ("analysis:run", [run.pk]),
        ]:
            assert client.get(reverse(name, args=[again.slug, *arguments])).status_code == 200, name


class TestWithoutNames:
    def test_no_name_and_no_address_of_the_people_is_in_it_and_it_is_restored(self, world, eve):
        data = written(world.review, people=False)
        known = [user.name for user in world.people.values()] + [user.email for user in world.people.values()]
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            text = "".join(
                packed.read(name).decode() for name in packed.namelist() if name.startswith("tables/")
            )
        assert [
            one for one in known if re.search(rf"(?<!\w){re.escape(one)}(?!\w)", text, re.IGNORECASE)
        ] == []
        assert "Person 2" in text
        assert NAME in text  # no person
        again = written(restored(data, eve), people=False)
        differ = [name for name in tables() if lines(again, name) != lines(data, name)]
        assert differ == [
            "reviews.user",
            "reviews.membership",
            "reviews.review",
        ]  # one owner more; another address
