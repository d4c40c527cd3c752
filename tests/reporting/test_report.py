"""The Word report: its parts, what is lacking, blinding, hostile texts, the same bytes; page, API and command."""

import io
import json

import docx
import pytest
from django.core.management import call_command
from django.urls import reverse
from docx.oxml.ns import qn

from analysis.reports import report_by_kind
from appraisal.instruments.jbi import JBI
from appraisal.sheet import Sheet, SheetRow
from certainty import services as certainty
from extraction.models import Characteristic
from records.models import Search
from reporting.models import ExportFile
from reporting.report.building import build_report
from reporting.report.methods import as_before
from reporting.report.outline import HEADINGS
from reporting.report.readiness import readiness
from reporting.report.results import MANY, write_judgements
from reporting.report.source import Source
from reporting.report.wording import counted, in_words, listed, sentence
from reporting.services.exports import request_export
from reviews.documents import word
from screening.models import Stage, Verdict
from tests.factories import join, make_user
from tests.reporting.conftest import vote

HOSTILE = 'A <b>bold</b> "trial"\x00 & =1+1 \u202e ]]>'


def opened(content: bytes):
    return docx.Document(io.BytesIO(content))


def text_of(content: bytes) -> str:
    """All text of a document in one string, with that of its tables."""
    return "\n".join(
        "".join(node.text or "" for node in paragraph.iter(qn("w:t")))
        for paragraph in opened(content).element.body.iter(qn("w:p"))
    )


def headings(content: bytes) -> list[str]:
    return [one.text for one in opened(content).paragraphs if one.style.name in ("Heading 1", "Heading 2")]


@pytest.fixture
def member(review, ana):
    return review.memberships.get(user=ana)


@pytest.fixture
def whole(review, ana, flowing, run):
    """A review with everything: a flow, a finished analysis, a finding; returns the plan."""
    review.question = "Does therapy help?"
    review.registration, review.registry = "CRD42024000001", "PROSPERO"
    review.save()
    study = review.studies.get(label="Ade 2001")
    Characteristic.objects.create(study=study, name="therapy", value="MBCT")
    Search.objects.filter(review=review, source="MEDLINE").update(query="1 exp Depression/\n2 therapy.tw.")
    plan = run("All trials", sensitivity=["estimators"]).plan
    certainty.add_finding(review=review, by=ana, plan=plan)
    return plan


def test_a_whole_review_is_told(review, member, whole):
    content = build_report(member)
    found = text_of(content)
    for said in (
        "Systematic review and meta-analysis",
        "Registration: PROSPERO CRD42024000001.",
        "Does therapy help?",
        "Titles and abstracts were screened by two reviewers, who did not see each other's decisions.",
        "1 exp Depression/",
        "Ade 2001",
        "therapy: MBCT",
        "Wrong population (1)",
        "Forest plot: All trials",
        "All trials",
        "Summary of findings: ",
        "Excluded at full text",
        "Not rated yet",
    ):
        assert said in found, said
    alts = [shape._inline.docPr.get("descr") for shape in opened(content).inline_shapes]
    assert len(alts) >= 2
    assert all(alts)
    wanted = [
        title for key, title in HEADINGS.items() if key not in ("references.awaiting", "references.ongoing")
    ]
    assert headings(content) == wanted
    assert content == build_report(member)


def test_networks_and_syntheses_without_meta_analysis_are_told(member, ran):
    reports = [report_by_kind(ran(kind, measure="MD")) for kind in ("network", "narrative")]
    content = build_report(member)
    found = text_of(content)
    for report in reports:
        assert report.headline in found
    assert "Network graph: All network" in found
    assert "Effect-direction plot: All narrative" in found
    assert "League table: All network" in found


def test_an_empty_review_says_what_is_not_there(review, member):
    content = build_report(member, prompts=False)
    found = text_of(content)
    for said in ("No study is included yet.", "No search is recorded.", "No analysis has a result yet."):
        assert said in found
    assert "To be written by the authors" not in found


def test_what_the_authors_write_is_marked(review, member):
    prompts = [one.text for one in opened(build_report(member)).paragraphs if one.style.name == "Prompt"]
    assert any("funders" in one for one in prompts)
    assert all(one.startswith("[To be written by the authors: ") for one in prompts)


def test_open_work_is_said_on_the_first_page(review, member, flowing):
    found = text_of(build_report(member))
    assert "In progress: 1 record awaits screening." in found.split("Contents")[0]


def test_nothing_blinded_is_told(review, ben, flowing):
    Verdict.objects.filter(record=flowing.refused, stage=Stage.FULL_TEXT).update(state=Verdict.State.PENDING)
    vote(flowing.refused, ben, Stage.FULL_TEXT, "exclude", reason=flowing.wrong, note="Secret thought")
    for who in ("owner", "reviewer"):
        member = review.memberships.filter(role=who).first()
        if member:
            found = text_of(build_report(member))
            assert "Secret thought" not in found
            assert "Excluded at full text" not in found


def test_hostile_texts_are_only_text(review, member, flowing):
    review.title = review.question = HOSTILE
    review.save()
    flowing.refused.title, flowing.refused.url = HOSTILE, "javascript:alert(1)"
    flowing.refused.save()
    content = build_report(member)
    assert 'A <b>bold</b> "trial" & =1+1' in text_of(content)
    targets = [one.target_ref for one in opened(content).part.rels.values() if one.is_external]
    assert [one for one in targets if not one.startswith("https://")] == []


def test_an_analysis_that_is_not_up_to_date_is_marked(review, member, whole, trials):
    trials[0].results.update(mean1=9.0)
    (part,) = [one for one in readiness(Source(member)) if one.key == "results.synthesis"]
    assert part.lacking == ("Data or plan changed since these analyses were run: All trials.",)


def test_each_part_says_what_is_lacking(review, member, flowing):
    parts = {part.key: part for part in readiness(Source(member))}
    assert parts["methods.outcomes"].lacking == ("No outcome is recorded.",)
    assert parts["results.included"].says == "2 studies with their characteristics."
    assert parts["results.included"].lacking[0] == "No design is recorded of Site 2018 and Trial 2017."
    assert parts["results.risk"].lacking == ("No assessment is agreed of Site 2018 and Trial 2017.",)


def test_the_page_leads_to_what_is_lacking(review, ana, eve, flowing, as_user):
    url = reverse("reporting:report", args=[review.slug])
    page = as_user(ana).get(url).content.decode()
    assert "No design is recorded of Site 2018 and Trial 2017." in page
    assert reverse("screening:studies", args=[review.slug]) in page
    assert reverse("reporting:export_choose", args=[review.slug, "report"]) in page
    assert as_user(eve).get(url).status_code == 404


def test_an_observer_sees_the_parts_and_cannot_make_it(review, as_user):
    client = as_user(join(review, make_user("olga"), "observer").user)
    page = client.get(reverse("reporting:report", args=[review.slug])).content.decode()
    assert "Make the report" not in page
    assert client.get(reverse("reporting:export_choose", args=[review.slug, "report"])).status_code == 403


def test_programs_are_told_the_same(review, ana, flowing, as_user):
    parts = as_user(ana).get(f"/api/reviews/{review.slug}/report/").json()
    assert [part["key"] for part in parts if part["key"] == "results.risk"]
    assert all(part["heading"] == HEADINGS[part["key"]] for part in parts)


def test_it_is_made_in_the_background(review, member, flowing, work, as_user):
    made = request_export(membership=member, what="report", extension="docx", options={"prompts": "without"})
    work()
    made = ExportFile.objects.get(pk=made.pk)
    with made.file.open("rb") as file:
        assert "Wrong population (1)" in text_of(file.read())
    answer = as_user(member.user).get(reverse("reporting:export_made_file", args=[review.slug, made.pk]))
    assert answer["Content-Disposition"] == f'attachment; filename="{made.file_name}"'


def test_the_command_writes_it_and_says_what_is_lacking(review, member, flowing, tmp_path, capsys):
    out = tmp_path / "report.docx"
    call_command("report", "--review", review.slug, "--out", str(out), "--json", "--without-prompts")
    told = json.loads(capsys.readouterr().out)
    assert told["lacking"]["Outcomes"] == ["No outcome is recorded."]
    assert out.read_bytes() == build_report(member, prompts=False)


def test_a_tool_of_many_domains_has_short_heads_that_are_explained():
    tool = next(tool for tool in JBI.values() if len(tool.domains) > MANY)
    values = {domain.key: tool.levels_of(domain)[0].key for domain in tool.domains}
    row = SheetRow(study_id=1, study="Ade 2001", label="Ade 2001", values=values)
    document = word.new_document("T")
    write_judgements(document, Sheet(tool, "consensus", [row]))
    content = word.save(document)
    (table,) = opened(content).tables
    assert [cell.text for cell in table.rows[0].cells][:3] == ["Study", "Q1", "Q2"]
    assert f"Q1: {tool.domains[0].label}" in text_of(content)


def test_methods_that_are_alike_are_told_once():
    first = "We pooled trials (Ade 2001; Bol 2002); intervals use t. Egger et al. 1997 was not used."
    assert as_before("Main", first, first) == "As “Main”."
    long = first + " " + "Other words follow here at some length. " * 6
    found = as_before("Main", long, long.replace("use t", "use z"))
    assert found == "As “Main”, except for what follows. Here: Intervals use z. Instead of: Intervals use t."
    assert as_before("Main", "A.", "B.") == "B."


def test_sentences_are_put_together():
    assert listed(["a", "", "b", "c"]) == "a, b and c"
    assert listed([]) == ""
    assert counted(1, "study", "studies") == "1 study"
    assert counted(1204, "record") == "1,204 records"
    assert (in_words(2), in_words(12)) == ("two", "12")
    assert (sentence("is it so?"), sentence(" a  b "), sentence("")) == ("Is it so?", "A b.", "")
