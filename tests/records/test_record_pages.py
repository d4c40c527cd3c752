"""Correcting and adding a record, on pages and by program: who may, what is shown, what is refused."""

import pytest
from django.urls import reverse

from records.models import Record
from records.registers import trial_address
from records.services import add_record, correct_record, merge
from records.values import LABELS, as_text
from tests.factories import make_batch, make_record, make_search
from tests.records.conftest import events_of, said, text


@pytest.fixture
def record(review):
    return make_record(
        review,
        "A trail of rest",
        authors=["Silva, Ana", "Berg, Bo"],
        year=2019,
        journal="Sleep",
        abstract="First.\nSecond.",
        doi="10.1234/a",
        registry_ids=["NCT01234567"],
        type="article",
    )


def answers(record: Record, **changes: str) -> dict[str, str]:
    """What a browser sends of the form as it is shown, with the person's changes."""
    shown = {name: as_text(getattr(record, name)).replace("\n", "\r\n") for name in LABELS}
    return (
        {f"initial-{name}": value for name, value in shown.items()}
        | shown
        | {"why": "", "next": ""}
        | changes
    )


class TestWhoMay:
    PAGES = ("record_edit", "record_restore")

    @pytest.mark.parametrize("name", PAGES)
    def test_a_stranger_gets_404_and_nobody_the_sign_in(self, as_user, eve, client, to, record, name):
        assert as_user(eve).get(to(name, record.pk)).status_code == 404
        assert as_user(eve).post(to(name, record.pk)).status_code == 404
        assert client.get(to(name, record.pk)).status_code == 302
        assert as_user(eve).get(to("record_add")).status_code == 404

    @pytest.mark.parametrize("name", PAGES)
    def test_a_statistician_and_an_observer_do_not_correct(self, as_user, stan, observer, to, record, name):
        assert as_user(stan).post(to(name, record.pk)).status_code == 403
        assert as_user(observer).post(to(name, record.pk)).status_code == 403

    def test_reviewers_correct_but_do_not_add(self, as_user, ben, to, record):
        assert as_user(ben).get(to("record_edit", record.pk)).status_code == 200
        assert as_user(ben).get(to("record_add")).status_code == 403

    def test_another_reviews_record_is_not_found(self, as_user, ana, eve, to):
        foreign = make_record(eve.memberships.get().review)
        client = as_user(ana)
        assert client.get(to("record_edit", foreign.pk)).status_code == 404
        assert client.post(to("record_restore", foreign.pk)).status_code == 404


class TestCorrecting:
    def test_what_is_sent_as_shown_changes_nothing(self, as_user, ben, to, record):
        response = as_user(ben).post(to("record_edit", record.pk), answers(record))
        assert response.status_code == 422
        assert "says this already" in text(response)
        assert events_of(record.review, "records.record_corrected") == []

    def test_a_change_is_saved_and_leads_back(self, as_user, ben, to, record):
        client, back = as_user(ben), to("searches")
        sent = answers(record, title="A trial of rest", authors="Silva, Ana", why="Misprint", next=back)
        response = client.post(to("record_edit", record.pk), sent)
        assert (response.status_code, response.url) == (302, back)
        assert "Corrected. The first text is kept" in said(client, response)
        record.refresh_from_db()
        assert (record.title, record.authors) == ("A trial of rest", ["Silva, Ana"])
        assert set(record.original) == {"title", "authors"}

    def test_each_wrong_field_has_its_sentence(self, as_user, ben, to, record):
        response = as_user(ben).post(
            to("record_edit", record.pk), answers(record, doi="none", year="soon", title="")
        )
        page = text(response)
        assert response.status_code == 422
        assert all(said in page for said in ("“none” is none", "“soon” is no year", "This field is required"))

    def test_a_colleagues_change_meanwhile_is_shown_and_can_be_overruled(
        self, as_user, ben, cleo, to, record
    ):
        sent = answers(record, year="2021")
        correct_record(record=record, changes={"year": 2020}, by=cleo)
        client = as_user(ben)
        response = client.post(to("record_edit", record.pk), sent)
        assert response.status_code == 409
        assert "Year says “2020” now, you wrote “2021”" in text(response)
        assert "Says now: 2020" in text(response)
        record.refresh_from_db()
        assert record.year == 2020
        form = response.context["form"]
        again = {form.add_initial_prefix(name): form.data[form.add_initial_prefix(name)] for name in LABELS}
        response = client.post(to("record_edit", record.pk), sent | again)
        assert response.status_code == 302
        record.refresh_from_db()
        assert (record.year, record.original) == (2021, {"year": 2019})

    def test_it_leads_to_the_record_and_may_be_left(self, as_user, ben, to, record):
        record_page = reverse("screening:record", args=[record.review.slug, record.pk])
        client = as_user(ben)
        page = client.get(to("record_edit", record.pk)).content.decode()
        assert page.count(f'href="{record_page}"') == 3, "back, its name, and Cancel"
        page = client.get(to("record_edit", record.pk), {"next": to("searches")}).content.decode()
        assert f'<a class="btn" href="{to("searches")}">Cancel</a>' in page
        response = client.post(to("record_edit", record.pk), answers(record, title="A trial of rest"))
        assert response.url == record_page

    def test_the_page_shows_the_first_text_and_gives_it_back(self, as_user, ben, to, record):
        correct_record(record=record, changes={"title": "Other", "year": 2020, "doi": ""}, by=ben, why="So")
        client = as_user(ben)
        page = text(client.get(to("record_edit", record.pk)))
        assert "Last corrected by Ben" in page
        assert "Title A trail of rest Restore the first text" in page
        client.post(to("record_restore", record.pk), {"field": "year"})
        record.refresh_from_db()
        assert (record.year, record.title) == (2019, "Other")
        response = client.post(to("record_restore", record.pk))
        assert "The first text is back." in said(client, response)
        assert "there is nothing to restore" in said(client, client.post(to("record_restore", record.pk)))

    def test_a_duplicate_says_which_record_is_screened(self, as_user, ana, to, review, record):
        twin = make_record(review, batch=record.batch)
        merge(review=review, records=[record, twin], primary=record, by=ana)
        assert f"This is a duplicate of record {record.pk}" in text(
            as_user(ana).get(to("record_edit", twin.pk))
        )

    @pytest.mark.parametrize(
        "to_where", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "x"]
    )
    def test_it_leads_to_no_other_site(self, as_user, ben, to, record, to_where):
        page = as_user(ben).get(to("record_edit", record.pk), {"next": to_where})
        assert f'href="{to_where}"' not in page.content.decode()
        assert '<input type="hidden" name="next" value="">' in page.content.decode()
        response = as_user(ben).post(
            to("record_edit", record.pk), answers(record, year="2020", next=to_where)
        )
        assert response.url == reverse("screening:record", args=[record.review.slug, record.pk])

    def test_hostile_text_stays_text(self, as_user, ben, to, record):
        correct_record(record=record, changes={"title": "<script>alert(1)</script>"}, by=ben)
        correct_record(record=record, changes={"title": "Quiet"}, by=ben)
        assert "<script>alert" not in as_user(ben).get(to("record_edit", record.pk)).content.decode()


class TestAdding:
    FIELDS = {"title": "Rest at home", "doi": "https://doi.org/10.1234/HOME", "source": "WHO website"}

    def test_a_pasted_reference_fills_the_form(self, as_user, ana, to):
        cited = "Silva A, Berg BC. Rest for adults. Sleep. 2019;12(3):11-20. doi:10.1234/abc"
        response = as_user(ana).post(to("record_add"), {"step": "read", "pasted": cited})
        initial = response.context["form"].initial
        assert response.status_code == 200
        assert (initial["title"], initial["authors"]) == ("Rest for adults", "Silva, A\nBerg, BC")
        assert initial["pasted"] == cited
        assert not Record.objects.exists()

    def test_one_that_is_known_is_told_when_the_fields_are_filled_in(self, as_user, ana, to, review, search):
        make_record(review, "A trial of rest", doi="10.1000/rest")
        response = as_user(ana).post(to("record_add"), {"step": "read", "pasted": "doi:10.1000/REST"})
        assert "In the review already: A trial of rest" in text(response)
        page = response.content.decode()
        assert 'value="10.1000/rest"' in page
        assert '<option value="" selected>' in page.split('name="type"')[1].split("</select>")[0]

    def test_what_cannot_be_read_is_said(self, as_user, ana, to):
        response = as_user(ana).post(to("record_add"), {"step": "read", "pasted": "word " * 1000})
        assert response.status_code == 422
        assert "too long for one citation" in text(response)

    def test_it_is_added_to_a_new_source_and_can_be_taken_out(self, as_user, ana, to, review):
        client = as_user(ana)
        response = client.post(to("record_add"), self.FIELDS | {"source_type": "website"})
        record = Record.objects.get()
        assert response.status_code == 302
        page = client.get(response.url)
        assert f"Record {record.pk}, Rest at home, was added to WHO website." in text(page)
        assert to("batch", record.batch_id) in page.content.decode()
        assert record.doi == "10.1234/home"

    def test_one_that_is_known_is_shown_first(self, as_user, ana, to, review, record, search):
        client = as_user(ana)
        sent = {"title": "A trail of rest.", "search": search.pk}
        response = client.post(to("record_add"), sent)
        assert response.status_code == 409
        assert "In the review already" in text(response)
        assert "Add it all the same" in text(response)
        assert client.post(to("record_add"), sent | {"anyway": "1"}).status_code == 302
        assert Record.objects.count() == 2

    @pytest.mark.parametrize(
        ("sent", "sentence"),
        [
            ({"title": "A"}, "Say where these records come from"),
            ({"source": "WHO"}, "This field is required"),
            ({"title": "A", "source": "WHO", "search": "99999"}, "Select a valid choice"),
            ({"title": "A", "source": "Embase", "search": "1"}, "not both"),
            ({"title": "A", "source": "WHO", "doi": "x"}, "is none"),
        ],
    )
    def test_nonsense_gets_a_sentence(self, as_user, ana, to, search, sent, sentence):
        known = {"search": search.pk} if sent.get("search") == "1" else {}
        response = as_user(ana).post(to("record_add"), sent | known)
        assert response.status_code == 422
        assert sentence in text(response)
        assert not Record.objects.exists()

    def test_nothing_is_told_of_another_reviews_record(self, as_user, ana, eve, to):
        foreign = make_record(eve.memberships.get().review, "Secret")
        for asked in (foreign.pk, "x", "9" * 40, ""):
            assert "Secret" not in text(as_user(ana).get(to("record_add"), {"added": asked}))

    def test_ten_more_sources_cost_no_more_queries(
        self, as_user, ana, to, review, django_assert_max_num_queries
    ):
        make_search(review)
        client = as_user(ana)
        with django_assert_max_num_queries(12) as first:
            client.get(to("record_add"))
        for number in range(10):
            make_search(review, f"Source {number}")
        with django_assert_max_num_queries(len(first)):
            client.get(to("record_add"))


class TestWhileScreening:
    def test_the_record_page_shows_the_correction_and_links_identifiers(self, as_user, ben, record):
        correct_record(record=record, changes={"pmcid": "PMC1234567", "title": "Other"}, by=ben)
        page = as_user(ben).get(reverse("screening:record", args=[record.review.slug, record.pk]))
        source = page.content.decode()
        assert text(page).count("Corrected by Ben") == 1
        assert "Title A trail of rest" in text(page)
        for address in (
            "https://clinicaltrials.gov/study/NCT01234567",
            "https://doi.org/10.1234/a",
            "https://pmc.ncbi.nlm.nih.gov/articles/PMC1234567/",
        ):
            assert f'<a href="{address}" rel="noreferrer noopener" target="_blank">' in source
        assert reverse("records:record_edit", args=[record.review.slug, record.pk]) in source

    def test_those_who_may_not_are_offered_nothing(self, as_user, observer, record):
        page = as_user(observer).get(reverse("screening:record", args=[record.review.slug, record.pk]))
        assert "Correct" not in text(page)


@pytest.mark.parametrize(
    ("number", "address"),
    [
        ("NCT01234567", "https://clinicaltrials.gov/study/NCT01234567"),
        ("ISRCTN12345678", "https://www.isrctn.com/ISRCTN12345678"),
        (
            "EudraCT 2010-019996-14",
            "https://www.clinicaltrialsregister.eu/ctr-search/search?query=eudract_number:2010-019996-14",
        ),
        (
            "CTRI/2010/091/000123",
            "https://trialsearch.who.int/Trial2.aspx?TrialID=CTRI%2F2010%2F091%2F000123",
        ),
        ("UMIN000012345", "https://trialsearch.who.int/Trial2.aspx?TrialID=JPRN-UMIN000012345"),
        ("REG-9", ""),
        ('NCT01234567"><script>', ""),
        ("javascript:alert(1)", ""),
    ],
)
def test_a_number_leads_to_its_register(number, address):
    assert trial_address(number) == address


class TestProgram:
    @pytest.fixture
    def base(self, review):
        return f"/api/reviews/{review.slug}/records/"

    def patch(self, client, base, record, body):
        return client.patch(f"{base}{record.pk}/", body, content_type="application/json")

    def test_a_correction_and_its_undoing(self, as_user, ben, base, record):
        client = as_user(ben)
        answer = self.patch(
            client, base, record, {"title": "A trial", "authors": ["Kim, K"], "year": None, "why": "Misprint"}
        )
        assert answer.status_code == 200
        assert answer.json()["original"] == {
            "title": "A trail of rest",
            "authors": ["Silva, Ana", "Berg, Bo"],
            "year": 2019,
        }
        answer = client.post(
            f"{base}{record.pk}/restore/", {"only": ["year"]}, content_type="application/json"
        )
        assert (answer.json()["year"], answer.json()["title"]) == (2019, "A trial")
        answer = client.post(f"{base}{record.pk}/restore/", {}, content_type="application/json")
        assert answer.json()["original"] == {}

    def test_what_changed_meanwhile_is_not_overwritten(self, as_user, ben, cleo, base, record):
        correct_record(record=record, changes={"year": 2020}, by=cleo)
        answer = self.patch(as_user(ben), base, record, {"year": 2021, "seen": {"year": 2019}})
        assert answer.status_code == 409
        assert answer.json()["now"] == {"year": 2020}
        assert "you wrote “2021”" in answer.json()["detail"]

    @pytest.mark.parametrize(
        ("body", "status", "said"),
        [
            ({"titel": "A"}, 400, "There is no such field."),
            ({"year": "soon"}, 400, "valid integer"),
            ({"authors": "Kim"}, 400, "Expected a list"),
            ({"doi": "none"}, 422, "is none"),
            ({"title": "A trail of rest"}, 422, "says this already"),
            ({"year": 2020, "seen": {"year": {"a": 1}}}, 400, "as you read it here"),
            ({"year": 2020, "why": "x" * 501}, 400, "no more than 500"),
            ([], 400, "Invalid data"),
        ],
    )
    def test_nonsense_is_refused(self, as_user, ben, base, record, body, status, said):
        answer = self.patch(as_user(ben), base, record, body)
        assert (answer.status_code, said in answer.content.decode()) == (status, True)
        record.refresh_from_db()
        assert record.original == {}

    def test_adding(self, as_user, ana, base, review, search):
        client = as_user(ana)
        answer = client.post(
            base, {"title": "Rest at home", "search": search.pk}, content_type="application/json"
        )
        assert answer.status_code == 201
        same = {"title": "Rest at home", "source": "WHO", "source_type": "organisation"}
        answer = client.post(base, same, content_type="application/json")
        assert (answer.status_code, answer.json()["records"]) == (409, [Record.objects.get().pk])
        answer = client.post(base, same | {"anyway": True}, content_type="application/json")
        assert answer.status_code == 201
        assert review.searches.get(source="WHO").source_type == "organisation"
        answer = client.post(base, {"pasted": "PMID: 77"}, content_type="application/json")
        assert answer.status_code == 400
        answer = client.post(base, {"pasted": "PMID: 77", "source": "Hint"}, content_type="application/json")
        assert (answer.status_code, "a record needs one" in answer.json()["detail"]) == (422, True)

    def test_who_may(self, as_user, ben, stan, eve, base, record, search):
        new = {"title": "A", "search": search.pk}
        assert as_user(ben).post(base, new, content_type="application/json").status_code == 403
        assert self.patch(as_user(stan), base, record, {"year": 2020}).status_code == 403
        assert self.patch(as_user(eve), base, record, {"year": 2020}).status_code == 404
        assert as_user(eve).post(base, new, content_type="application/json").status_code == 404
        assert as_user(stan).post(f"{base}{record.pk}/restore/").status_code == 403

    def test_another_reviews_search_is_not_found(self, as_user, ana, eve, base):
        foreign = make_search(eve.memberships.get().review)
        answer = as_user(ana).post(
            base, {"title": "A", "search": foreign.pk}, content_type="application/json"
        )
        assert answer.status_code == 404

    def test_filters(self, as_user, ana, base, review, record, search):
        plain = make_record(review, batch=make_batch(review), pmid="77")
        added = add_record(review=review, search=search, values={"title": "By hand"}, by=ana)
        correct_record(record=plain, changes={"year": 2001}, by=ana)
        client = as_user(ana)

        def found(**filters) -> set[int]:
            return {row["id"] for row in client.get(base, filters).json()["results"]}

        assert found(has_trial_number="true") == {record.pk}
        assert found(has_trial_number="false") == {plain.pk, added.pk}
        assert found(number="nct 01234567") == found(number="https://doi.org/10.1234/A") == {record.pk}
        assert found(number="PMID: 77") == {plain.pk}
        assert found(number="NCT0123456") == set()
        assert found(corrected="true") == {plain.pk}
        assert found(by_hand="true") == {added.pk}

    def test_ten_more_records_cost_no_more_queries(
        self, as_user, ana, base, review, record, django_assert_max_num_queries
    ):
        client = as_user(ana)
        with django_assert_max_num_queries(10) as first:
            client.get(base)
        for _ in range(10):
            make_record(review, batch=record.batch)
        with django_assert_max_num_queries(len(first)):
            client.get(base)
