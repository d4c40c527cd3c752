"""The tables of certainty among the exports."""

import csv
import io
import zipfile

import pytest

from certainty import services
from reporting.exports import UnknownOption, build_export
from reviews.models import Membership
from tests.factories import make_outcome


@pytest.fixture
def findings(review, ana):
    """A result in words of each of two comparisons."""
    harms = make_outcome(review, "Harms", kind="dichotomous")
    told = {"review": review, "by": ana, "outcome": harms, "narrative": "None was reported."}
    return [
        services.add_finding(**told, intervention="Therapy", comparison=other)
        for other in ("Usual care", "=Drug")
    ]


@pytest.fixture
def built(review, ana):
    def do(extension, **options):
        membership = Membership.objects.get(review=review, user=ana)
        pieces = build_export(membership=membership, what="certainty", extension=extension, options=options)
        return b"".join(piece.encode() if isinstance(piece, str) else piece for piece in pieces)

    return do


def test_all_comparisons_or_one(findings, built):
    rows = list(csv.DictReader(io.StringIO(built("csv").decode("utf-8-sig"))))
    assert [row["comparison"] for row in rows] == ["Usual care", "'=Drug"]
    assert {row["relative_effect"] for row in rows} == {"None was reported."}
    assert {row["certainty"] for row in rows} == {"Not rated yet"}
    [row] = csv.DictReader(io.StringIO(built("csv", comparison="therapy-vs-drug").decode("utf-8-sig")))
    assert row["comparison"] == "'=Drug"
    with pytest.raises(UnknownOption, match="therapy-vs-drug"):
        built("csv", comparison="other")


def test_the_profile_has_the_domains(findings, built):
    header = built("csv", table="profile").decode("utf-8-sig").splitlines()[0].split(",")
    assert {"risk_of_bias", "inconsistency", "indirectness", "imprecision", "publication_bias"} <= set(header)


def test_the_document_is_the_same_each_time(findings, built):
    document = built("docx")
    assert document == built("docx")
    text = zipfile.ZipFile(io.BytesIO(document)).read("word/document.xml").decode()
    assert text.count("None was reported.") == 2


def test_a_review_without_findings_says_so(built):
    assert (
        "No finding is chosen"
        in zipfile.ZipFile(io.BytesIO(built("docx"))).read("word/document.xml").decode()
    )
    assert len(built("csv").decode().splitlines()) == 1
