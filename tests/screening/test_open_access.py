"""Looking reports up at Unpaywall: off unless allowed, kept with licence, fetched only if that is allowed, too."""

import json

import pytest
from django.urls import reverse

from records.services.from_network import NetworkOff
from records.sources import web
from screening import fetching, unpaywall
from screening.models import FullText
from screening.services import NotEligible
from screening.services.open_access import request_open_access
from tests.factories import make_record
from tests.pdfs import make_pdf
from tests.records.answering import Answer, Server

pytestmark = pytest.mark.django_db
DATA = make_pdf("Free words")


@pytest.fixture
def server(monkeypatch, settings):
    settings.NETWORK_IMPORTS, settings.CONTACT_EMAIL = True, "review@example.org"
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(web, "SCHEMES", ("http", "https"))
    server = Server()
    monkeypatch.setattr(unpaywall, "BASE", f"{server.address}v2/")
    server.always = lambda asked: answers(server, asked)
    yield server
    server.close()


def answers(server, asked):
    if asked.path.endswith(".pdf"):
        return Answer(DATA, headers={"Content-Type": "application/pdf"})
    if asked.path == "/v2/10.1000/closed":
        return Answer(json.dumps({"is_oa": False, "oa_status": "closed", "best_oa_location": None}))
    if asked.path != "/v2/10.1000/open":
        return Answer('{"error": true}', 404)
    place = {
        "url": "javascript:alert(1)",
        "url_for_landing_page": "https://example.org/paper",
        "url_for_pdf": f"{server.address}paper.pdf",
        "license": "cc-by",
        "version": "publishedVersion",
        "host_type": "publisher",
    }
    return Answer(json.dumps({"is_oa": True, "oa_status": "gold", "best_oa_location": place}))


@pytest.fixture
def sought(review):
    made = {}
    for name in ("open", "closed", "unknown", ""):
        record = make_record(review, f"Report {name}", doi=f"10.1000/{name}" if name else "")
        made[name] = FullText.objects.create(review=review, record=record)
    return made


@pytest.fixture
def look_up(review, ben, work):
    def act():
        job = request_open_access(review=review, by=ben)
        work()
        job.refresh_from_db()
        return job

    return act


def test_what_is_open_is_kept_with_licence_and_version_and_nothing_is_fetched(
    server, sought, look_up, as_user, ben
):
    job = look_up()
    assert (job.state, job.result["asked"], job.result["open"], job.result["stored"]) == ("done", 3, 1, 0)
    found = {name: FullText.objects.get(pk=each.pk) for name, each in sought.items()}
    kept = found["open"].open_access
    assert (kept["licence"], kept["version"], kept["host"]) == ("cc-by", "publishedVersion", "publisher")
    assert (kept["url"], kept["status"]) == ("https://example.org/paper", "gold")
    assert kept["found_at"]
    assert not found["open"].file
    assert found["closed"].open_access["open"] is False
    assert found["unknown"].open_access["unknown"] is True
    assert found[""].open_access == {}
    assert {asked.params["email"] for asked in server.asked} == {"review@example.org"}
    assert not [asked for asked in server.asked if asked.path.endswith(".pdf")]
    text = as_user(ben).get(reverse("screening:open_access", args=["trd"])).text
    assert "cc-by" in text
    assert "https://example.org/paper" in text
    assert "no PDF is fetched" in text


def test_the_pdf_is_fetched_only_if_the_server_allows_it(server, sought, look_up, settings, monkeypatch):
    settings.OPEN_ACCESS_PDFS = True
    job = look_up()
    assert job.result["stored"] == 0  # http, and on this very machine: refused
    assert "no https address" in FullText.objects.get(pk=sought["open"].pk).open_access["stored"]
    FullText.objects.update(open_access={})
    monkeypatch.setattr(fetching, "SCHEMES", ("http",))
    look_up()
    assert "not on the public internet" in FullText.objects.get(pk=sought["open"].pk).open_access["stored"]
    assert not [asked for asked in server.asked if asked.path.endswith(".pdf")]
    FullText.objects.update(open_access={})
    monkeypatch.setattr(fetching, "is_public", lambda address: True)
    assert look_up().result["stored"] == 1
    full_text = FullText.objects.get(pk=sought["open"].pk)
    assert (full_text.file.read(), full_text.state) == (DATA, "retrieved")


def test_off_by_default_and_says_so(review, sought, ben, as_user, settings):
    with pytest.raises(NetworkOff, match="NETWORK_IMPORTS"):
        request_open_access(review=review, by=ben)
    url = reverse("screening:open_access", args=["trd"])
    assert "switched off" in as_user(ben).get(url).text
    assert "switched off" in as_user(ben).post(url, follow=True).text
    settings.NETWORK_IMPORTS = True
    with pytest.raises(NotEligible, match="CONTACT_EMAIL"):
        request_open_access(review=review, by=ben)


def test_a_service_out_of_order_is_told_and_what_was_found_stays(server, sought, look_up, monkeypatch):
    monkeypatch.setattr(web, "ATTEMPTS", 1)
    server.answers = [answers(server, type("Asked", (), {"path": "/v2/10.1000/open"})), Answer("no", 403)]
    job = look_up()
    assert job.state == "failed"
    assert "1 of 3 reports were asked for" in job.error
    assert FullText.objects.get(pk=sought["open"].pk).open_access["open"] is True


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.1", "::1", "fe80::1%eth0", "::ffff:127.0.0.1", "0.0.0.0",
     "fd00::1", "224.0.0.1", "2002:7f00:1::", "100.64.0.1"],
)  # fmt: skip
def test_addresses_inside_are_not_public(address):
    assert not fetching.is_public(address)


def test_addresses_outside_are_public():
    assert fetching.is_public("8.8.8.8")
    assert fetching.is_public("2606:4700::1111")


def test_a_file_that_is_too_large_or_leads_inside_is_given_up(server, monkeypatch):
    monkeypatch.setattr(fetching, "SCHEMES", ("http",))
    monkeypatch.setattr(fetching, "is_public", lambda address: address == "127.0.0.1")
    with pytest.raises(fetching.CannotGet, match="larger than"):
        fetching.get(f"{server.address}a.pdf", most=100)
    server.answers = [Answer(status=302, headers={"Location": "http://10.0.0.1/x.pdf"})]
    with pytest.raises(fetching.CannotGet, match="not on the public internet"):
        fetching.get(f"{server.address}a.pdf", most=10**6)
    server.answers = [Answer(status=302, headers={"Location": "file:///etc/passwd"})]
    with pytest.raises(fetching.CannotGet, match="no https address"):
        fetching.get(f"{server.address}a.pdf", most=10**6)
    server.answers = [Answer(status=302, headers={"Location": "/a.pdf"})] * 9
    with pytest.raises(fetching.CannotGet, match="from one address to the next"):
        fetching.get(f"{server.address}a.pdf", most=10**6)
    server.answers = [Answer(DATA, cut=True)]
    with pytest.raises(fetching.CannotGet):
        fetching.get(f"{server.address}a.pdf", most=10**6)
