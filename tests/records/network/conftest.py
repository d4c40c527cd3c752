"""A server that plays PubMed or OpenAlex in the place of the real ones, and short ways to ask."""

import pytest

from records.services import request_pubmed
from records.sources import openalex, pubmed, web
from reviews.models import Job
from tests.records.answering import Server


@pytest.fixture
def server(monkeypatch, settings):
    settings.NETWORK_IMPORTS = True
    settings.NCBI_API_KEY = "secret"
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(web, "SCHEMES", ("http", "https"))
    server = Server()
    monkeypatch.setattr(pubmed, "BASE", server.address)
    monkeypatch.setattr(openalex, "BASE", server.address)
    yield server
    server.close()


@pytest.fixture
def search_pubmed(review, ana, work_all):
    """``search_pubmed()`` asks, does the work, and returns the fetch's job."""

    def search(**more):
        given = {"review": review, "by": ana, "query": "yoga[tiab]", "check_first": False} | more
        return work_all(request_pubmed(**given))

    return search


@pytest.fixture
def work_all(work, django_capture_on_commit_callbacks):
    def finish(job: Job) -> Job:
        work()
        job.refresh_from_db()
        return job

    return finish
