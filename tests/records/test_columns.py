"""Tables whose columns are guessed, remembered, or named by a person."""

import io

import pytest
from openpyxl import Workbook

from records.models import ColumnMapping, Record
from records.services import (
    CannotImport,
    NotInThisState,
    commit_import,
    import_file,
    offer_for,
    remap_import,
    table_in,
)
from reviews import jobs
from tests.factories import join, make_search
from tests.records.conftest import ris, uploaded

ODD = b"Ref;Name of paper;Who;When\n1;A trial of rest;Silva A;2019\n2;Yoga at work;Berg B;2020\n"
OTHER_ROWS = b"Ref;Name of paper;Who;When\n7;Music for sleep;Ito C;2021\n"
PLAIN = b"Title,Authors,Year\nA trial of rest,Silva A,2019\n"
NAMES = {"Ref": "", "Name of paper": "title", "Who": "authors", "When": "year"}


@pytest.fixture
def table(bring_in):
    return lambda data=ODD, name="hits.csv", **more: bring_in(data, name, check_first=True, **more)


@pytest.fixture
def named(table, ana, work):
    """A table that a person named the columns of, and that was read so."""
    batch = remap_import(batch=table(), mapping=NAMES, by=ana)
    work()
    batch.refresh_from_db()
    return batch


def workbook(**sheets: list[list]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_header_that_says_it_all_needs_nobody(table):
    batch = table(PLAIN)
    assert (batch.state, batch.mapping, batch.records_read) == ("ready", {}, 1)


def test_an_odd_header_waits_unread(table, review):
    batch = table()
    assert (batch.state, batch.job, batch.records.count()) == ("mapping", None, 0)
    assert table_in(batch).columns == ["Ref", "Name of paper", "Who", "When"]


def test_named_it_is_read_so(named):
    assert (named.state, named.mapping) == ("ready", NAMES)
    first, second = named.records.order_by("position")
    assert (first.title, first.year, second.title) == ("A trial of rest", 2019, "Yoga at work")
    assert first.authors[0].startswith("Silva")


def test_it_may_be_named_otherwise_before_it_is_imported(named, ana, work):
    remap_import(batch=named, mapping={"Name of paper": "abstract", "Who": "title"}, by=ana)
    work()
    assert [record.title for record in named.records.order_by("position")] == ["Silva A", "Berg B"]
    assert named.records.count() == 2


def test_the_next_table_with_the_same_header_is_read_the_same_way(named, table):
    batch = table(OTHER_ROWS, "more.csv")
    assert (batch.state, batch.mapping) == ("ready", NAMES)
    assert batch.records.get().title == "Music for sleep"


def test_blanks_and_another_order_in_the_header_make_no_other_table(named, table):
    batch = table(b"When;Name  of paper;Ref;Who \n2021;Music for sleep;7;Ito C\n", "more.csv")
    assert batch.state == "ready"
    record = batch.records.get()
    assert (record.title, record.year) == ("Music for sleep", 2021)


def test_also_one_that_nobody_wants_to_check(named, bring_in):
    assert bring_in(OTHER_ROWS, "more.csv").state == "done"
    assert Record.objects.live().get().title == "Music for sleep"


def test_it_is_not_remembered_when_asked_not_to(table, ana, work):
    remap_import(batch=table(), mapping=NAMES, by=ana, remember=False)
    assert not ColumnMapping.objects.exists()
    assert table(OTHER_ROWS, "more.csv").state == "mapping"


class TestInAnotherReview:
    @pytest.fixture
    def elsewhere(self, named, eve, ana):
        """The same header, in a review of Eve's where Ana is, too."""
        other = eve.memberships.get().review
        join(other, ana, "librarian")
        return lambda by: import_file(
            review=other,
            search=make_search(other),
            file=uploaded(OTHER_ROWS, "x.csv"),
            by=by,
            check_first=True,
        )

    def test_what_the_same_person_said_is_offered_and_not_taken(self, elsewhere, ana):
        batch = elsewhere(ana)
        assert (batch.state, batch.mapping) == ("mapping", {})
        offer = offer_for(batch, table_in(batch), ana)
        assert (offer.mapping, offer.origin) == (NAMES, "elsewhere")

    def test_what_somebody_else_said_is_not(self, elsewhere, eve):
        batch = elsewhere(eve)
        offer = offer_for(batch, table_in(batch), eve)
        assert offer.origin == "guess"
        assert offer.mapping != NAMES


class TestWorkbooks:
    ROWS = [["Title", "Authors", "Year"], ["A trial of rest", "Silva A", 2019]]

    def test_another_sheet_may_be_chosen(self, table, ana, work):
        data = workbook(
            Notes=[["Remarks on the search"]], Hits=self.ROWS, More=[["Title"], ["Music for sleep"]]
        )
        batch = table(data, "hits.xlsx")
        assert set(table_in(batch).sheets) == {"Notes", "Hits", "More"}
        remap_import(batch=batch, mapping={"Title": "title"}, sheet="More", by=ana)
        work()
        batch.refresh_from_db()
        assert (batch.state, batch.sheet) == ("ready", "More")
        assert batch.records.get().title == "Music for sleep"

    def test_it_may_be_said_at_once(self, table):
        data = workbook(Hits=self.ROWS, More=[["Title"], ["Music for sleep"]])
        assert table(data, "hits.xlsx", sheet="More").records.get().title == "Music for sleep"

    def test_a_sheet_that_is_not_there_is_refused(self, table, review, search, ana):
        data = workbook(Hits=self.ROWS)
        with pytest.raises(CannotImport, match="has no sheet “Gone”: choose one of Hits"):
            import_file(review=review, search=search, file=uploaded(data, "a.xlsx"), by=ana, sheet="Gone")
        assert not review.import_batches.exists()
        with pytest.raises(CannotImport, match=r"hits\.csv is no workbook: it has no sheet “Gone”"):
            import_file(review=review, search=search, file=uploaded(ODD, "hits.csv"), by=ana, sheet="Gone")
        with pytest.raises(CannotImport, match="has no sheet “Gone”"):
            remap_import(batch=table(data, "a.xlsx"), mapping={"Title": "title"}, sheet="Gone", by=ana)


class TestNonsense:
    @pytest.mark.parametrize(
        ("mapping", "says"),
        [
            ({"Title": "title"}, "has no column “Title”; it has “Ref”, “Name of paper”"),
            ({"Name of paper": "heading"}, "“heading” is no field. Choose one of title"),
            ({"Name of paper": "abstract"}, "Say which column holds the title"),
            ({}, "Say which column holds the title"),
        ],
    )
    def test_a_mapping_that_cannot_be_is_refused_and_the_table_waits_on(self, table, ana, mapping, says):
        batch = table()
        with pytest.raises(CannotImport) as refusal:
            remap_import(batch=batch, mapping=mapping, by=ana)
        assert says in str(refusal.value)
        batch.refresh_from_db()
        assert (batch.state, batch.mapping, batch.job) == ("mapping", {}, None)
        assert not ColumnMapping.objects.exists()

    def test_given_with_the_file_it_is_refused_before_anything_is_kept(self, review, search, ana):
        given = {"review": review, "search": search, "by": ana}
        with pytest.raises(CannotImport, match="has no column “Title”"):
            import_file(file=uploaded(ODD, "hits.csv"), mapping={"Title": "title"}, **given)
        with pytest.raises(CannotImport, match=r"medline\.ris is no table"):
            import_file(file=uploaded(ris("A")), mapping={"Title": "title"}, **given)
        assert not review.import_batches.exists()

    def test_what_is_no_table_has_no_columns(self, bring_in, ana):
        with pytest.raises(NotInThisState, match=r"medline\.ris is no table"):
            remap_import(batch=bring_in(ris("A"), check_first=True), mapping={"Title": "title"}, by=ana)

    def test_what_is_in_the_review_is_not_read_again(self, named, ana):
        commit_import(batch=named, by=ana)
        with pytest.raises(NotInThisState, match="is in the review already"):
            remap_import(batch=named, mapping=NAMES, by=ana)

    def test_a_reading_that_finds_nothing_asks_for_the_columns_again(self, table, ana, work):
        data = b"A;B\n;x\n;y\n"
        batch = remap_import(batch=table(data, "blank.csv"), mapping={"A": "title"}, by=ana)
        work()
        batch.refresh_from_db()
        if batch.state == "mapping":
            assert "blank.csv" in batch.job.error
            assert bool(batch.file)
        else:
            assert batch.missing["title"] == batch.records_read

    def test_a_cancelled_reading_may_be_tried_again(self, table, ana, work):
        batch = remap_import(batch=table(), mapping=NAMES, by=ana)
        jobs.request_cancel(batch.job)
        batch = remap_import(batch=batch, mapping=NAMES, by=ana)
        work()
        batch.refresh_from_db()
        assert (batch.state, batch.records.count()) == ("ready", 2)
