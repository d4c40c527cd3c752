"""The list of files that wait: what is odd about each, and which of them are imported or discarded."""

import pytest

from records.models import ImportBatch
from tests.records.conftest import ris, said, text

FULL = {"TI": "A trial of rest", "PY": "2019", "JO": "Sleep", "AB": "Rest."}
ODD = b"Ref;Name of paper;Who\n1;A trial of rest;Silva A\n"


@pytest.fixture
def ready(bring_in):
    return lambda *entries, **more: bring_in(ris(*entries), check_first=True, **more)


class TestToNotice:
    def test_fields_that_nearly_every_record_has_and_hits(self, as_user, ana, to, search, ready):
        search.hits_reported = 3
        search.save()
        ready(FULL, {"TI": "Yoga at work"})
        page = text(as_user(ana).get(to("to_check")))
        assert "3 to notice" in page
        assert "1 of 2 records has no year. 1 of 2 records has no journal." in page
        assert "MEDLINE reported 3 hits, 2 records were read: 1 fewer." in page

    def test_warnings(self, as_user, ana, to, ready):
        ImportBatch.objects.filter(pk=ready(FULL).pk).update(warnings=["3 lines were not UTF-8."])
        page = text(as_user(ana).get(to("to_check")))
        assert "1 to notice 3 lines were not UTF-8." in page

    def test_nothing_where_all_is_well(self, as_user, ana, to, search, ready):
        search.hits_reported = 2
        search.save()
        ready(FULL)
        ready({**FULL, "TI": "Yoga at work"}, name="two.ris")
        assert "to notice" not in text(as_user(ana).get(to("to_check"))), "both files together are complete"

    def test_ten_more_files_cost_no_more_queries(
        self, as_user, ana, to, search, ready, django_assert_max_num_queries
    ):
        search.hits_reported = 3
        search.save()
        client = as_user(ana)
        for number in range(11):
            ready({**FULL, "TI": f"Trial {number}"}, name=f"{number}.ris")
            if number in (0, 10):
                with django_assert_max_num_queries(11):
                    assert client.get(to("to_check")).status_code == 200


class TestSelection:
    def test_only_ticked_files_are_imported(self, as_user, librarian, to, ready):
        first, second = ready(FULL), ready({"TI": "Yoga at work"}, name="two.ris")
        client = as_user(librarian)
        assert client.get(to("to_check")).content.decode().count('form="import-some"') == 2
        response = client.post(to("import_all"), {"batches": [second.pk]})
        assert response.url == to("to_check"), "the other one waits on"
        states = dict(ImportBatch.objects.values_list("pk", "state"))
        assert states == {first.pk: "ready", second.pk: "done"}

    def test_none_ticked_is_said(self, as_user, ana, to, ready):
        ready(FULL)
        client = as_user(ana)
        assert "No file is ticked" in said(client, client.post(to("import_all"), {}))

    def test_one_is_discarded_from_the_list(self, as_user, ana, to, ready):
        batch = ready(FULL)
        client = as_user(ana)
        response = client.post(to("batch_discard", batch.pk), {"from": "check"})
        assert response.url == to("to_check")
        assert "medline.ris was discarded." in said(client, response)

    def test_a_reader_has_neither(self, as_user, observer, to, ready):
        ready(FULL)
        page = as_user(observer).get(to("to_check")).content.decode()
        assert "import-some" not in page
        assert "Discard" not in page


def test_tables_with_columns_to_name_are_counted(as_user, ana, to, bring_in):
    client = as_user(ana)
    bring_in(ODD, "a.csv", check_first=True)
    assert "1 table waits for its columns to be named." in text(client.get(to("to_check")))
    for name in "bcd":
        bring_in(ODD.replace(b"1;", b"1;" + name.encode()), f"{name}.csv", check_first=True)
    assert "4 tables wait for their columns to be named." in text(client.get(to("to_check")))


class TestColumns:
    def test_rows_can_be_matched(self, as_user, ana, to, bring_in):
        table = b"Ref;Name of paper;Who\n;A trial of rest;Silva A\n2;Yoga at work;\n"
        batch = bring_in(table, "hits.csv", check_first=True)
        page = text(as_user(ana).get(to("columns", batch.pk)))
        assert "(empty) 2" in page
        assert "Silva A (empty)" in page
        assert "The first 2 rows as a table" in page

    def test_a_column_that_is_filled_later_shows_where(self, as_user, ana, to, bring_in):
        rows = b"".join(b"%d;Paper %d;%s\n" % (n, n, b"Silva A" if n == 4 else b"") for n in range(1, 5))
        batch = bring_in(b"Ref;Name of paper;Who\n" + rows, "hits.csv", check_first=True)
        assert "row 4: Silva A" in text(as_user(ana).get(to("columns", batch.pk)))

    def test_one_row_is_told_as_one(self, as_user, ana, to, bring_in):
        batch = bring_in(ODD, "hits.csv", check_first=True)
        assert "The first row as a table" in text(as_user(ana).get(to("columns", batch.pk)))
