"""A whole review through the pages alone: from two RIS files to a flow diagram and a forest plot.

Ana owns, Ben and Cleo screen, Dora adjudicates; the imports, the search for duplicates and the analysis are done
by a real worker. Eve, who is no member, finds none of it.
"""

import re
from pathlib import Path

import pytest
from django.core import mail
from playwright.sync_api import Locator, expect

from tests.factories import make_user
from tests.journeys.people import Cast, Person, link_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.core,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]

MEDLINE = """TY  - JOUR
AU  - Nakagawa, Atsuo
PY  - 2017
TI  - Supplementary cognitive behavioural therapy for pharmacotherapy-resistant depression
T2  - Journal of Clinical Psychiatry
VL  - 78
SP  - 1126
AB  - OBJECTIVE: To test the therapy. METHODS: Eighty patients were randomised.
ER  -

TY  - JOUR
AU  - Lynch, Thomas R
PY  - 2020
TI  - Refractory depression: radically open dialectical behaviour therapy
T2  - British Journal of Psychiatry
VL  - 216
SP  - 204
ER  -

TY  - JOUR
AU  - Smith, Ann
PY  - 2010
TI  - Growing tomatoes in cold climates
T2  - Journal of Gardening
ER  -

TY  - JOUR
AU  - Meyer, Otto
PY  - 2012
TI  - Chronic depression and its treatment in general practice
T2  - Family Practice
VL  - 4
SP  - 12
ER  -
"""
EMBASE = """TY  - JOUR
AU  - Nakagawa A.
PY  - 2017
TI  - Supplementary cognitive behavioural therapy for pharmacotherapy-resistant depression
T2  - J Clin Psychiatry
VL  - 78
SP  - 1126
ER  -

TY  - JOUR
AU  - Jones, Bea
PY  - 2015
TI  - Sleep in astronauts
T2  - Space Medicine
ER  -
"""
NUMBERS = {
    "Nakagawa 2017": ("8.2", "4.7", "40", "13.2", "6.9", "40"),
    "Lynch 2020": ("15.97", "8.8", "121", "19.74", "7.22", "62"),
}
BASE = "/reviews/resistant-depression"


@pytest.fixture
def cast(browser, browser_context_args):
    people = Cast(browser, browser_context_args)
    yield people
    people.leave()


def test_a_whole_review(cast, celery_worker_process, tmp_path):
    for name in ("ana", "ben", "cleo", "dora", "eve"):
        make_user(name)
    ana = cast.enters("ana").signs_in()
    open_the_review(ana)
    ben, cleo, dora = (
        invite(ana, cast, name, role)
        for name, role in [("ben", "Reviewer"), ("cleo", "Reviewer"), ("dora", "Adjudicator")]
    )
    import_two_files(ana, tmp_path)
    screen(ben, "title_abstract", {"cognitive": "i", "Refractory": "i", "Chronic": "i"})
    screen(cleo, "title_abstract", {"cognitive": "i", "Refractory": "m"})
    resolve(dora)
    read_full_texts(ana, ben, cleo)
    judge_risk_of_bias(ben, cleo, dora)
    extract(ben, cleo)
    analyse(ana)
    report(ana)
    a_stranger_finds_nothing(cast.enters("eve").signs_in())


def open_the_review(ana: Person) -> None:
    ana.clicks("Open a review", "link").fills(title="Resistant depression", question="Does therapy help?")
    ana.clicks("Open the review")
    ana.goes_to(f"{BASE}/protocol/")
    ana.page.locator("#reasons").get_by_role("textbox").fill("Not treatment-resistant")
    ana.page.locator("#reasons").get_by_role("button", name="Add", exact=True).click()
    ana.sees("Not treatment-resistant")
    ana.clicks("Plan an outcome", "link").fills(name="Depression severity", direction="Lower is better")
    ana.clicks("Save")
    ana.sees("Depression severity")


def invite(ana: Person, cast: Cast, name: str, role: str) -> Person:
    ana.goes_to(f"{BASE}/team/").fills(email=f"{name}@example.org")
    form = ana.page.locator("form", has=ana.page.get_by_role("button", name="Invite", exact=True))
    form.locator("select[name=role]").select_option(label=role)
    form.get_by_role("button", name="Invite", exact=True).click()
    ana.sees(f"{name}@example.org")
    invited = cast.enters(name).signs_in()
    link = next(link_in(message) for message in mail.outbox if message.to == [invited.email])
    invited.goes_to(re.sub(r"^https?://[^/]+", "", link))
    invited.clicks("Join as")
    return invited.goes_to(f"{BASE}/").sees("Resistant depression")


def import_two_files(ana: Person, folder: Path) -> None:
    for source, text in [("MEDLINE", MEDLINE), ("Embase", EMBASE)]:
        file = folder / f"{source}.ris"
        file.write_text(text)
        ana.goes_to(f"{BASE}/imports/new/").fills(source=source)
        ana.page.locator("input[type=file]").set_input_files(file)
        ana.clicks("Read and check")
        ana.sees("Nothing of this file is in the review yet.").sees("What the records lack")
        ana.clicks("records")
        ana.sees("are in the review.").sees("Imported")
    page_until(ana, f"{BASE}/duplicates/merged/", "same title")


def page_until(person: Person, path: str, text: str) -> None:
    """Reload a page that waits for the worker."""
    for _ in range(60):
        person.goes_to(path)
        if person.page.get_by_text(text).count():
            return
        person.page.wait_for_timeout(500)
    raise AssertionError(f"{path} never showed {text!r}")


def screen(person: Person, stage: str, keys: dict[str, str], otherwise: str = "e") -> None:
    """One key per record: the first of ``keys`` that is in the title, else ``otherwise``, until none is left."""
    person.goes_to(f"{BASE}/screen/{stage}/")
    title = person.page.locator("#screen .record-title")
    done = person.page.get_by_role("heading", name="Nothing left for you here")
    expect(title.or_(done)).to_be_attached()
    while title.count():
        shown = title.text_content() or ""
        expect(person.page.locator(".pane [aria-disabled=true]")).to_have_count(0)  # it may be read first
        person.presses(next((key for part, key in keys.items() if part in shown), otherwise))
        expect(person.page.locator("#screen .record-title", has_text=shown)).to_have_count(0)
        expect(title.or_(done)).to_be_attached()  # the next record may be on its way


def resolve(dora: Person) -> None:
    dora.goes_to(f"{BASE}/conflicts/").clicks("Resolve", "link")
    dora.sees("Chronic depression and its treatment")
    assert "Ben" not in dora.page.locator("main").inner_text(), "names are hidden"
    dora.presses("i").sees("No conflict to resolve")


def read_full_texts(ana: Person, ben: Person, cleo: Person) -> None:
    for citation in ("Nakagawa", "Lynch", "Meyer"):
        ana.goes_to(f"{BASE}/full-texts/")
        ana.page.locator("tr", has_text=citation).get_by_role("link").first.click()
        ana.fills(state="Retrieved").clicks("Save", exact=True).sees("Retrieved")
    for reviewer in (ben, cleo):
        screen(reviewer, "full_text", {"cognitive": "i", "Refractory": "i"}, otherwise="1")
    ana.goes_to(f"{BASE}/studies/").sees("Nakagawa 2017").sees("Lynch 2020")


def judge_risk_of_bias(ben: Person, cleo: Person, dora: Person) -> None:
    """With RoB 1; Ben and Cleo differ in the second domain."""
    for assessor, second in ((ben, "Low"), (cleo, "High")):
        assessor.goes_to(f"{BASE}/risk-of-bias/?instrument=rob1")
        assessor.page.locator("tr", has_text="Nakagawa 2017").get_by_role("button", name="Assess").click()
        domains = assessor.page.locator("section.rob-part")
        expect(domains.first).to_be_visible()
        for number in range(domains.count()):
            level = second if number == 1 else "Low"
            judge(domains.nth(number), level)
        assessor.clicks("Complete the assessment").sees("Complete")
    dora.goes_to(f"{BASE}/risk-of-bias/?instrument=rob1")
    dora.page.locator("tr", has_text="Nakagawa 2017").get_by_role(
        "link", name="Nakagawa 2017", exact=True
    ).click()
    dora.sees("1 of")
    dora.page.locator(".differs input[type=radio]").first.check()
    dora.clicks("Record the consensus").sees("is recorded")


def judge(domain: Locator, level: str) -> None:
    domain.get_by_text(f"{level} risk").first.click()
    expect(domain.locator("input[type=radio]:checked")).to_have_count(1)


def extract(ben: Person, cleo: Person) -> None:
    for label, numbers in NUMBERS.items():
        ben.goes_to(f"{BASE}/extraction/").clicks(label, "link")
        for arm, role in (("Therapy", "Experimental"), ("Usual care", "Comparator")):
            expect(ben.page.get_by_role("heading", name="Arms", exact=True)).to_be_visible()
            if not ben.page.locator("form[action*=arms] [name=label]").first.is_visible():
                ben.page.get_by_text("Add an arm").click()
            form = ben.page.locator("form", has=ben.page.get_by_role("button", name="Add the arm"))
            form.locator("[name=label]").fill(arm)
            form.locator("[name=role]").select_option(label=role)
            form.get_by_role("button", name="Add the arm").click()
            arms = ben.page.get_by_role("group", name="Arms of the study")
            expect(arms.get_by_role("rowheader", name=arm)).to_be_visible()
        ben.page.get_by_role("link", name=re.compile("^Add a result")).first.click()
        ben.fills(experimental="Therapy", comparator="Usual care", scale="HDRS-17", source="Table 2")
        ben.fills(**dict(zip(("mean1", "sd1", "n1", "mean2", "sd2", "n2"), numbers, strict=True)))
        ben.clicks("Record the result").sees("HDRS-17")
        cleo.goes_to(f"{BASE}/extraction/").clicks(label, "link")
        cleo.page.get_by_role("link", name="Verify HDRS-17").click()
        cleo.clicks("The numbers match the source").sees("Verified")


def analyse(ana: Person) -> None:
    ana.goes_to(f"{BASE}/analyses/").clicks("Write a plan", "link")
    ana.fills(name="Main analysis", outcome="Depression severity").clicks("Write the plan")
    ana.sees("Not run yet").presses("r")
    ana.page.wait_for_url("**/runs/**")
    ana.sees("Pooled").sees("Forest plot")
    plot = Path(ana.downloads("SVG").path()).read_text()
    assert "Nakagawa 2017" in plot
    assert "Lynch 2020" in plot
    assert Path(ana.downloads("PDF").path()).read_bytes().startswith(b"%PDF-")


def report(ana: Person) -> None:
    ana.goes_to(f"{BASE}/prisma/").sees("Balanced")
    flow = Path(ana.downloads("SVG").path()).read_text()
    text = re.sub(r"<[^>]+>", " ", flow)
    assert "Not treatment-resistant" in text
    rows = Path(ana.downloads("CSV").path()).read_text()
    for line in ("MEDLINE, 4", "Embase, 2"):
        assert line in rows
    ana.page.get_by_text("The same as a table").click()
    duplicates = ana.page.locator("tr", has_text="Duplicate records removed")
    duplicates.get_by_role("link", name="1", exact=True).click()
    ana.sees("Duplicate of Nakagawa 2017")
    assert ana.goes_to(f"{BASE}/exports/").downloads("RIS").suggested_filename.endswith(".ris")
    ana.goes_to(f"{BASE}/history/").sees("imported 4 records from MEDLINE.ris")


def a_stranger_finds_nothing(eve: Person) -> None:
    rooms = (
        "protocol team searches duplicates screen/title_abstract conflicts full-texts studies risk-of-bias"
    )
    for room in ["", *rooms.split(), "extraction", "analyses", "prisma", "exports", "history"]:
        answer = eve.page.goto(f"{BASE}/{room}/".replace("//", "/"))
        assert answer is not None
        assert answer.status == 404, room
