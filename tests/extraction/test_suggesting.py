"""Suggestions from the text of a report: the rules on texts written for this, with what each of them says."""

import time

import pytest

from extraction.countries import countries_in
from extraction.suggesting import suggest

#: Text, and what a careful reader finds in it; None: it is not there, and nothing may be suggested.
TEXTS = {
    "structured abstract": (
        "Background: Insomnia is common. Methods: We randomly assigned 120 adults with insomnia to cognitive "
        "behavioural therapy or to waiting list. The primary outcome was the Insomnia Severity Index at 8 "
        "weeks. Results: Participants had a mean age of 46.3 years (SD 12.1) and 64% were women. Trial "
        "registration: ClinicalTrials.gov NCT01234567.",
        {
            "randomised": "120",
            "age": "46.3",
            "age_sd": "12.1",
            "women": "64",
            "country": None,
            "registration": "NCT01234567",
            "primary": "the Insomnia Severity Index at 8 weeks",
            "funding": None,
            "conflicts": None,
        },
    ),
    "methods in the British way": (
        "Participants\nPatients were recruited from twelve general practices in England between 2012 and 2014. Of "
        "512 people who were screened, 234 patients were randomised in a 1:1 ratio (117 to each arm). The mean (SD) "
        "age was 51·2 (13·4) years and 142 (60·7%) were female. The primary end point was remission, defined as a "
        "score of 7 or less on the HRSD-17, at six months. Funding: The trial was funded by the National Institute "
        "for Health Research (grant 08/99/34). Competing interests: JK has received fees from a publisher of "
        "manuals. ISRCTN12345678.",
        {
            "randomised": "234",
            "age": "51.2",
            "age_sd": "13.4",
            "women": "60.7",
            "country": "United Kingdom",
            "registration": "ISRCTN12345678",
            "primary": "remission, defined as a score of 7 or less on the HRSD-17, at six months",
            "funding": "funded by",
            "conflicts": "received fees",
        },
    ),
    "number in words": (
        "Eighty-four outpatients were randomly allocated to mindfulness training or usual care. They were "
        "aged 38.5 ± 10.2 years. The study was conducted at the university hospital of Kyoto, Japan. The authors "
        "declare that they have no conflict of interest. This work was supported by a grant from the "
        "Ministry of Education.",
        {
            "randomised": "84",
            "age": "38.5",
            "age_sd": "10.2",
            "women": None,
            "country": "Japan",
            "registration": None,
            "primary": None,
            "funding": "supported by a grant",
            "conflicts": "no conflict of interest",
        },
    ),
    "broken lines and hyphens": (
        "A total of 1,204 partici-\npants were random-\nised (602 per group). Two thirds were men (68.5% "
        "male). The mean age of the sam-\nple was 61 years.\nThe co-primary endpoints were death from any cause and "
        "stroke. The trial took place at 40 sites in Germany, Austria and Switzerland.",
        {
            "randomised": "1204",
            "age": "61",
            "age_sd": None,
            "women": "31.5",
            "country": "Germany, Austria, Switzerland",
            "registration": None,
            "primary": "death from any cause and stroke",
            "funding": None,
            "conflicts": None,
        },
    ),
    "nothing of it": (
        "This letter comments on the analysis of repeated measures. Figure 2 shows 45% of the variance. The "
        "mean score was 12.4 (SD 3.1). We thank the reviewers. In 1999 a consensus was published by the World "
        "Health Organization. Seventy percent of journals ask for it.",
        dict.fromkeys(
            [
                "randomised",
                "age",
                "age_sd",
                "women",
                "country",
                "registration",
                "primary",
                "funding",
                "conflicts",
            ]
        ),
    ),
    "a protocol's plans": (
        "We planned a sample size of 200 patients to be randomised. In the end 156 patients were randomised "
        "between May 2010 and June 2012. Girls made up the larger part: 101 girls (64.7%). The average age was 14.8 "
        "years (range 12 to 17). EudraCT number 2009-012345-67. No specific funding was received. The primary "
        "outcome measure was change in the CDRS-R from baseline to week 12. Children were recruited in three clinics "
        "in the USA.",
        {
            "randomised": "156",
            "age": "14.8",
            "age_sd": None,
            "women": "64.7",
            "country": "United States",
            "registration": "EudraCT number 2009-012345-67",
            "primary": "change in the CDRS-R from baseline to week 12",
            "funding": "No specific funding",
            "conflicts": None,
        },
    ),
    "screened, eligible, randomised": (
        "Between 2015 and 2018 we screened 980 veterans; 310 were eligible and 205 were randomized to "
        "exposure therapy (n = 103) or present-centred therapy (n = 102). Most were men (89%), with a mean age of 44 "
        "years. The study was undertaken at eight Veterans Affairs medical centers in the United States. The "
        "sponsor, the Department of Veterans Affairs, had no role in the analysis. Dr Hill reports no "
        "financial disclosures.",
        {
            "randomised": "205",
            "age": "44",
            "age_sd": None,
            "women": "11",
            "country": "United States",
            "registration": None,
            "primary": None,
            "funding": "sponsor",
            "conflicts": "financial disclosures",
        },
    ),
    "a crossover in Latin America": (
        "In this crossover trial in Santiago, Chile, 24 healthy volunteers received each diet in random "
        "order. Participants (12 women, 50%) were 29.1 years old on average. Primary outcome: fasting glucose after "
        "four weeks. The trial is registered as ACTRN12612000123456. Financial support came from FONDECYT.",
        {
            "randomised": None,
            "age": "29.1",
            "age_sd": None,
            "women": "50",
            "country": "Chile",
            "registration": "ACTRN12612000123456",
            "primary": "fasting glucose after four weeks",
            "funding": "FONDECYT",
            "conflicts": None,
        },
    ),
}
#: Written after the rules were settled; the rules were not changed for them.
LATER = {
    "an Italian trial of statins": (
        "ABSTRACT Objective. To compare two statins. Design. Double-blind trial in 14 Italian centres. A sample of "
        "412 subjects, 198 of them women (48.1%), underwent randomisation. Mean age was 63 +/- 9 years. The main "
        "endpoint was LDL cholesterol at month 6. Supported by an unrestricted grant from Example Pharma "
        "S.p.A. Dr Rossi is "
        "an employee of Example Pharma. NCT00112233 (www.clinicaltrials.gov).",
        {
            "randomised": "412",
            "age": "63",
            "age_sd": "9",
            "women": "48.1",
            "country": None,
            "registration": "NCT00112233",
            "primary": "LDL cholesterol at month 6",
            "funding": "unrestricted grant",
            "conflicts": "employee",
        },
    ),
    "a school trial": (
        "Pupils in 24 schools in New South Wales, Australia, took part. Schools were randomly assigned to the "
        "programme (12 schools, 640 pupils) or to lessons as usual (12 schools, 655 pupils). Pupils were "
        "13 to 14 years old; "
        "52 per cent were girls. Our primary outcome was alcohol use in the past month. The authors have nothing "
        "to declare. The Australian Research Council funded this study.",
        {
            "randomised": None,
            "age": None,
            "age_sd": None,
            "women": "52",
            "country": "Australia",
            "registration": None,
            "primary": "alcohol use in the past month",
            "funding": "Research Council",
            "conflicts": "nothing to declare",
        },
    ),
    "surgery in two countries": (
        "From January 2011, one hundred and sixty-two consecutive patients with hernia were randomised "
        "intraoperatively. Their mean age was 57.8 (SD 14.9) years; 91% were male. The study was carried "
        "out in hospitals in Sweden "
        "and Finland. The primary outcome was chronic pain after one year (Inguinal Pain Questionnaire). Conflict "
        "of interest: none declared. The study was supported by the Swedish Research Council. ISRCTN 87654321",
        {
            "randomised": "162",
            "age": "57.8",
            "age_sd": "14.9",
            "women": "9",
            "country": "Sweden, Finland",
            "registration": "ISRCTN87654321",
            "primary": "chronic pain after one year (Inguinal Pain Questionnaire)",
            "funding": "Swedish Research Council",
            "conflicts": "none declared",
        },
    ),
    "an editorial": (
        "Randomised trials with 200 participants rarely settle a question. In the United Kingdom, funders ask for "
        "more. The mean effect of such trials was 0.4 (SD 0.2). Age matters: 60% of trials exclude people above 65.",
        dict.fromkeys(
            [
                "randomised",
                "age",
                "age_sd",
                "women",
                "country",
                "registration",
                "primary",
                "funding",
                "conflicts",
            ]
        ),
    ),
}
SENTENCES = {"funding", "conflicts"}


def judged(texts: dict) -> tuple[int, int, int, list[tuple]]:
    """(right, missed, wrong, what was not right) of the first suggestion of each kind in each text."""
    right = missed = wrong = 0
    remarks = []
    for name, (text, truth) in texts.items():
        first = {}
        for one in suggest([text]):
            first.setdefault(one.key, one.value)
        for key, expected in truth.items():
            given = first.get(key)
            same = given == expected or (key in SENTENCES and given and expected and expected in given)
            right += bool(same and expected)
            missed += bool(expected and given is None)
            wrong += bool(given is not None and not same)
            if not same:
                remarks.append((name, key, expected, given))
    return right, missed, wrong, remarks


@pytest.mark.parametrize(
    ("texts", "expected"), [(TEXTS, (45, 0, 0)), (LATER, (14, 7, 1))], ids=["own", "later"]
)
def test_what_the_rules_find_and_how_often_they_are_wrong(texts, expected):
    """The numbers are those of docs/extraction.md."""
    *counts, remarks = judged(texts)
    assert tuple(counts) == expected, remarks


def test_each_says_its_sentence_page_and_rule():
    (found,) = [
        one
        for one in suggest(["Nothing here yet.", "Well. " + TEXTS["number in words"][0]])
        if one.key == "randomised"
    ]
    assert (found.page, found.label) == (2, "Number randomised")
    assert (
        found.sentence
        == "Eighty-four outpatients were randomly allocated to mindfulness training or usual care."
    )
    assert found.why == "a number of people who “were randomised”"


def test_countries_are_told_from_names_like_them():
    text = "In New England and the UK, let us say England, India ink was bought for US$5 in Papua New Guinea."
    assert countries_in(text) == ["United Kingdom", "Papua New Guinea"]


def test_a_text_made_to_be_slow_is_not():
    start = time.monotonic()
    for hostile in (
        "twenty " * 20_000,
        "5 (" * 20_000,
        "the mean age of 40 patients " * 5_000,
        "a" * 100_000,
    ):
        suggest([hostile])
    assert time.monotonic() - start < 20
