"""A robvis file as one's own assessments: page, program and shell; agreement before consensus."""

import csv
import io
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from appraisal.agreement import agreement_by_domain
from appraisal.instruments import BUILT_IN
from appraisal.models import Assessment
from appraisal.robvis_import import import_robvis
from appraisal.sheet import WHOLE_STUDY_NOTE, sheet_for
from reviews.errors import Refused
from reviews.models import Membership
from reviews.tables import BadTable
from tests.factories import make_outcome, make_study

HEAD = "Study,D1,D2,D3,D4,D5,Overall,Weight\r\n"
ROWS = (
    "Nakagawa 2017,Low,Some concerns,Low,Low,Some concerns,Some concerns,12.5\r\n"
    "li 2010,High,Low,Low,Low,Low,High,1\r\n"
)


@pytest.fixture
def outcome(review):
    return make_outcome(review, "Depression severity")


@pytest.fixture
def other(review, study):
    return make_study(review, "Li 2010")


@pytest.fixture
def take(review, ben, outcome, other):
    def do(text, key="rob2", by=ben, about=outcome, **options):
        data = text if isinstance(text, bytes) else text.encode("utf-8-sig")
        return import_robvis(
            review=review,
            tool=BUILT_IN[key],
            assessor=by,
            name="rob.csv",
            data=data,
            outcome=about,
            **options,
        )

    return do


def values(study, **where):
    found = Assessment.objects.get(study=study, **where)
    return found.values | {"overall": found.overall}, found.state


def test_every_row_is_a_complete_assessment(take, study, other, outcome):
    done = take(HEAD + ROWS)
    assert (done.assessments, done.drafts) == (2, [])
    found, state = values(study, outcome=outcome)
    assert found == {"D1": "low", "D2": "some_concerns", "D3": "low", "D4": "low", "D5": "some_concerns",
                     "overall": "some_concerns"}  # fmt: skip
    assert state == "complete"
    assert values(other)[0]["overall"] == "high"
    one = Assessment.objects.get(study=study)
    assert one.several_together is False, "some concerns overall: they do not count together"
    assert one.judgements.get(domain="D1").support == "As judged in rob.csv."
    assert one.judgements.get(domain="D1").override_reason == ""


def test_an_overall_judgement_that_the_rule_would_not_give_comes_with_its_reason(take, study):
    take("Study,D1,D2,D3,D4,D5,Overall\nNakagawa 2017,Low,Low,Low,Low,Low,High\n")
    whole = Assessment.objects.get().judgements.get(domain="overall")
    assert (whole.value, whole.proposed, whole.override_reason) == ("high", "low", "As judged in rob.csv.")


def test_what_is_missing_stays_a_draft(take, study, other):
    done = take("Study,D1,D2,D3,D4,D5,Overall\nNakagawa 2017,Low,No information,,Low,Low,Low\n")
    assert done.drafts == ["Nakagawa 2017"]
    assert done.sentence == "1 assessment was taken in. Something is still missing in: Nakagawa 2017."
    found, state = values(study)
    assert (set(found), state) == ({"D1", "D4", "D5", "overall"}, "draft")
    quadas = take(
        "Study,D1,D2,D3,D4,Overall\nLi 2010,Low,Some concerns,High,Low,High\n", "quadas2", about=None
    )
    assert quadas.drafts == ["Li 2010"]
    assert values(other)[0] == {"D1": "low", "D2": "unclear", "D3": "high", "D4": "low", "overall": ""}


def test_rob1_by_names_in_any_order_and_robins(take, study):
    names = [domain.label for domain in BUILT_IN["rob1"].domains][::-1]
    text = ",".join(["Study", *(name.replace(" ", ".") for name in names), "Overall"])
    take(f"{text}\nNakagawa 2017,High,Unclear,Low,Low,Low,Low,Low,High\n", "rob1", about=None)
    assert values(study, instrument="rob1")[0]["other_bias"] == "high"
    assert values(study, instrument="rob1")[1] == "complete"
    row = "Nakagawa 2017,Low,Moderate,Serious,Critical,No information,Low,Low,Critical"
    take(f"Study,D1,D2,D3,D4,D5,D6,D7,Overall\n{row}\n", "robins_i")
    assert values(study, instrument="robins_i")[0]["D5"] == "no_information"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        (HEAD, "no row below its header"),
        ("Name,D1,D2,D3,D4,D5,Overall\nA,,,,,,\n", "the first column is 'Name'"),
        ("Study,D1,D2,D3,D4,Overall\nNakagawa 2017,Low,Low,Low,Low,Low\n", "4 columns of domains, but RoB 2"),
        (HEAD + "Nobody 1999,Low,Low,Low,Low,Low,Low,1\n", "line 2, column Study: the review has no study 'Nobody"),
        (HEAD + ROWS + ROWS, "line 4, column Study: Nakagawa 2017 is already in line 2"),
        (HEAD + "Nakagawa 2017,+,Low,Low,Low,Low,Low,1\n", "line 2, column D1: '+' is not a judgement of RoB 2"),
        (HEAD + "Nakagawa 2017,Low,Low,Low,Low,Low,Critical,1\n", "use one of: Low risk, Some concerns, High risk"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place_and_nothing_is_kept(take, text, sentence):
    with pytest.raises(BadTable) as refusal:
        take(text)
    assert sentence in str(refusal.value)
    assert not Assessment.objects.exists()


def test_a_second_time_and_stars_and_a_missing_outcome_are_refused(take):
    take(HEAD + ROWS)
    with pytest.raises(BadTable, match="already"):
        take(HEAD + ROWS)
    with pytest.raises(Refused, match="counts stars"):
        take(HEAD + ROWS, "nos_cohort")
    with pytest.raises(BadTable, match="which outcome"):
        take(HEAD + ROWS, about=None)
    assert Assessment.objects.count() == 2


def test_the_page_takes_a_file_and_tells_faults(review, outcome, other, ben, eve, as_user):
    url = reverse("appraisal:robvis_in", args=[review.slug])
    assert "From a robvis file" in as_user(ben).get(url).content.decode()
    form = {
        "instrument": "rob2",
        "result": f"{outcome.pk}:",
        "file": SimpleUploadedFile("x.csv", b"Study,D1\nA,Low\n"),
    }
    answer = as_user(ben).post(url, form)
    assert answer.status_code == 422
    assert "1 columns of domains" in answer.content.decode()
    form["file"] = SimpleUploadedFile("x.csv", (HEAD + ROWS).encode())
    answer = as_user(ben).post(url, form, follow=True)
    assert "2 assessments were taken in." in answer.content.decode()
    assert as_user(eve).get(url).status_code == 404


def test_a_program_and_the_shell_take_it_too(review, outcome, other, ben, cleo, as_user, tmp_path):
    url = reverse("appraisal-risk-of-bias-figures-robvis", args=[review.slug])
    file = SimpleUploadedFile("x.csv", (HEAD + ROWS).encode())
    answer = as_user(ben).post(url, {"instrument": "rob2", "outcome": outcome.pk, "file": file})
    assert (answer.status_code, answer.json()) == (201, {"assessments": 2, "drafts": []})
    path = tmp_path / "rob.csv"
    path.write_text(HEAD + ROWS.replace("Nakagawa 2017,Low", "Nakagawa 2017,High"))
    out = StringIO()
    call_command(
        "import_robvis", str(path), review=review.slug, assessor=cleo.email, instrument="rob2",
        outcome="depression severity", stdout=out,
    )  # fmt: skip
    assert "2 assessments were taken in." in out.getvalue()
    answer = as_user(cleo).get(
        reverse("appraisal-risk-of-bias-figures-list", args=[review.slug]) + "?instrument=rob2"
    )
    first = answer.json()["agreement"][0]
    assert (first["domain"], first["pairs"], first["agreed"]) == ("D1", 2, 1)
    assert first["weighted_kappa"]["value"] == 0.0


def test_the_overall_judgement_has_its_agreement_and_results_are_pairs_of_their_own(
    take, review, ana, ben, cleo, outcome
):
    take(HEAD + ROWS)
    take(HEAD + ROWS.replace("High,1", "Some concerns,1"), by=cleo)
    take(HEAD + ROWS, by=cleo, about=make_outcome(review, "Remission"))
    membership = Membership.objects.get(user=ana)
    *_, whole = agreement_by_domain(membership, BUILT_IN["rob2"])
    assert (whole.domain.key, whole.agreement.n, whole.agreement.agreed) == ("overall", 2, 1)
    assert whole.weighted.n == 2
    assert agreement_by_domain(membership, BUILT_IN["robins_i"]) == []


@pytest.fixture
def agreed(review, study, other, outcome, dora):
    """A consensus about a result of one study, and one about the other study as a whole."""
    for one, about, level in ((study, outcome, "high"), (study, None, "low"), (other, None, "some_concerns")):
        found = Assessment.objects.create(
            review=review, study=one, instrument="rob2", outcome=about, kind="consensus", state="complete",
            completed_at=timezone.now(), assessor=dora,
        )  # fmt: skip
        for domain in ("D1", "D2", "D3", "D4", "D5", "overall"):
            found.judgements.create(domain=domain, value=level)


def test_a_judgement_of_the_outcome_goes_before_the_studys_and_that_is_marked(agreed, review, outcome, ana):
    membership = Membership.objects.get(user=ana)
    sheet = sheet_for(membership, BUILT_IN["rob2"], outcome)
    assert [(row.label, row.overall) for row in sheet.rows] == [
        ("Li 2010 *", "some_concerns"),
        ("Nakagawa 2017", "high"),
    ]
    assert sheet.notes == [WHOLE_STUDY_NOTE]
    whole = sheet_for(membership, BUILT_IN["rob2"])
    labels = ["Li 2010", "Nakagawa 2017", "Nakagawa 2017: Depression severity"]
    assert [row.label for row in whole.rows] == labels


def test_figures_and_robvis_of_one_outcome(agreed, review, outcome, ana, as_user):
    client, query = as_user(ana), f"?instrument=rob2&outcome={outcome.pk}"
    text = client.get(reverse("appraisal:figures", args=[review.slug]) + query).content.decode()
    assert "Li 2010 *" in text
    assert "Judged for the study as a whole" in text
    answer = client.get(reverse("appraisal:robvis", args=[review.slug, "rob2"]) + query)
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert rows[0] == ["Study", "D1", "D2", "D3", "D4", "D5", "Overall"]
    assert [row[-1] for row in rows[1:]] == ["Some concerns", "High"]
    for wrong in ("?outcome=999999", "?outcome=x", "?layout=QUIPS"):
        assert client.get(reverse("appraisal:robvis", args=[review.slug, "rob2"]) + wrong).status_code == 404
    generic = client.get(reverse("appraisal:robvis", args=[review.slug, "rob2"]) + "?layout=Generic")
    assert generic.content.decode().startswith("Study,Randomisation.process,")


def test_many_studies_have_pages_in_one_pdf(review, dora, ana, as_user, django_assert_max_num_queries):
    for number in range(45):
        one = Assessment.objects.create(
            review=review, study=make_study(review, f"Trial {number:03}"), instrument="rob1", kind="consensus",
            state="complete", completed_at=timezone.now(), assessor=dora,
        )  # fmt: skip
        one.judgements.create(domain="other_bias", value="low")
    client = as_user(ana)
    with django_assert_max_num_queries(25):  # however many studies
        text = client.get(
            reverse("appraisal:figures", args=[review.slug]) + "?instrument=rob1"
        ).content.decode()
    assert "Page 2 of 2 alone" in text
    url = reverse("appraisal:figure", args=[review.slug, "rob1", "traffic-light", "pdf"])
    assert client.get(url).content.count(b"/Type /Page\n") == 2 or b"/Count 2" in client.get(url).content
    svg = url.replace(".pdf", ".svg")
    assert "studies 24 to 45 of 45" in client.get(svg + "?page=2").content.decode()
    assert "Trial 044" in client.get(svg + "?page=3").content.decode(), "no such page: the whole figure"
