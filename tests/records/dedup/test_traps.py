"""The traps of the field, one pair each: what merges, what a person is asked, what is let be."""

from dataclasses import replace

import pytest

from records.dedup import MERGE_THRESHOLD, DedupRecord, find_pairs

PAPER = DedupRecord(
    id="a",
    title="Mindfulness-based cognitive therapy for chronic, treatment-resistant depression: a randomized trial",
    authors=["Cladder-Micus, Mira B.", "Speckens, Anne E. M.", "Vrijsen, Janna N."],
    year=2018,
    journal="Depression and Anxiety",
    volume="35",
    issue="10",
    pages="914-924",
    doi="10.1002/da.22788",
)
PLAIN = replace(PAPER, doi="")
PAGELESS = replace(PLAIN, pages="")
NAMED = DedupRecord("a", PAPER.title, PAPER.authors, 2018)
REVIEW = replace(
    PLAIN,
    journal="Cochrane Database of Systematic Reviews",
    volume="",
    issue="2",
    pages="CD001876",
    year=2007,
)
GERMAN = "Wirksamkeit der kognitiven Therapie bei chronischer Depression"
ENGLISH = "Efficacy of cognitive therapy in chronic depression"
ENTRY = DedupRecord("a", "MBCT for depression", year=2012, registry_ids=["NCT00000001"], type="register")


def fate(left, right):
    pairs = find_pairs([replace(left, id="a"), replace(right, id="b")])
    return "apart" if not pairs else "merge" if pairs[0].score >= MERGE_THRESHOLD else "ask"


def titled(record, one, two):
    return replace(record, title=one), replace(record, title=two)


MERGED = {
    "markup and entities": titled(
        PLAIN, "TNF-&alpha; and CO<sub>2</sub> in <i>E. coli</i> growth", "TNF-α and CO2 in E. coli growth"
    ),
    "LaTeX residue": titled(
        PLAIN,
        r"{\"U}ber die Wirkung von $\beta$-Blockern bei M{\"u}nchner Patienten",
        "Über die Wirkung von β-Blockern bei Münchner Patienten",
    ),
    "umlauts written out, in capitals": titled(
        PLAIN, "EFFEKTE DER KÖRPERPSYCHOTHERAPIE", "Effekte der Koerperpsychotherapie"
    ),
    "original = translation": titled(PAGELESS, f"{GERMAN} = {ENGLISH}", ENGLISH),
    "original [translation]": titled(PAGELESS, f"{GERMAN} [{ENGLISH}]", GERMAN),
    "title in brackets": titled(PLAIN, f"[{ENGLISH}].", ENGLISH),
    "title cut off": (PLAIN, replace(PLAIN, title=PAPER.title[:80] + "...")),
    "retracted since": (PAPER, replace(PAPER, title=f"RETRACTED: {PAPER.title}")),
    "Anonymous and nobody": (replace(PLAIN, authors=["Anonymous"]), replace(PLAIN, authors=[])),
    "given name first": (PLAIN, replace(PLAIN, authors=["Mira B. Cladder-Micus", "Anne E. M. Speckens"])),
    "et al.": (PLAIN, replace(PLAIN, authors=["Cladder-Micus, M.", "et al."])),
    "pages short and with pp.": (PLAIN, replace(PLAIN, pages="pp. 914-24")),
    "pages that overlap": (PLAIN, replace(PLAIN, pages="912-922")),
    "several ranges in another order": (
        replace(PLAIN, pages="233-238+230-235+246-251"),
        replace(PLAIN, pages="230-5, 246-51, 233-8"),
    ),
    "article number and nothing": (replace(PLAIN, pages="e43268"), PAGELESS),
    "supplement for a volume": (
        replace(PLAIN, volume="35", issue="Suppl 1", pages="S12"),
        replace(PLAIN, volume="1", issue="", pages="S12"),
    ),
    "month for an issue": (replace(PLAIN, issue="May"), replace(PLAIN, issue="5")),
    "journal and its conference": (
        replace(PLAIN, journal="Diabetes"),
        replace(PLAIN, journal="Diabetes. Conference: 70th Scientific Sessions"),
    ),
    "journal with its long name": (
        replace(PLAIN, journal="Kinderkrankenschwester : Organ der Sektion Kinderkrankenpflege"),
        replace(PLAIN, journal="Kinderkrankenschwester", authors=[]),
    ),
    "DOI as an address": (PAPER, DedupRecord("b", PAPER.title, doi="https://doi.org/10.1002/DA.22788/full")),
    "one version of a Cochrane review": (replace(REVIEW, doi="10.1002/14651858.CD001876.pub2"), REVIEW),
    "abstracts in two languages": (
        replace(PLAIN, abstract="Hintergrund: Die chronische Depression ist schwer zu behandeln. " * 4),
        replace(PLAIN, abstract="Background: chronic depression is hard to treat in many people. " * 4),
    ),
    "nothing but a long title, twice": (DedupRecord("a", PAPER.title), DedupRecord("b", PAPER.title)),
    "one entry of a register from two sources": (
        ENTRY,
        replace(ENTRY, journal="ClinicalTrials.gov", year=2013),
    ),
}
ASKED = {
    "a long title beside the whole record": (DedupRecord("a", PAPER.title), PAPER),
    "12 and 24 months": titled(
        PAGELESS, "Yoga for pain: 12-month follow-up", "Yoga for pain: 24-month follow-up"
    ),
    "the trial and its follow-up": titled(
        PAGELESS, "Yoga for back pain", "Yoga for back pain: 12-month follow-up"
    ),
    "two and five years": titled(
        PAGELESS, "Two-year survival after hip repair", "Five-year survival after hip repair"
    ),
    "part A and B": titled(PAGELESS, "Depression in China, part A", "Depression in China, part B"),
    "parts in roman and arabic": titled(
        PAGELESS, "Depression in China. Part I", "Depression in China. Part 2"
    ),
    "men and women": titled(
        PAGELESS,
        "Cognitive therapy for depression in older men",
        "Cognitive therapy for depression in older women",
    ),
    "hyper and hypo": titled(
        PAGELESS,
        "Severe hyperglycaemia in hospitalised adults",
        "Severe hypoglycaemia in hospitalised adults",
    ),
    "increased and decreased": titled(
        PAGELESS, "Factors of increased mortality in sepsis", "Factors of decreased mortality in sepsis"
    ),
    "vitamin D and E": titled(
        PAGELESS,
        "Vitamin D in pregnant women: a randomised trial",
        "Vitamin E in pregnant women: a randomised trial",
    ),
    "with and without": titled(
        PAGELESS, "Outcomes in heart failure with diabetes", "Outcomes in heart failure without diabetes"
    ),
    "two abstracts of one team on a page": titled(
        replace(PLAIN, pages="S120"),
        "Effect of exenatide on infarcts in rats",
        "Effect of exenatide on infarcts in pigs",
    ),
    "an update of a Cochrane review": (REVIEW, replace(REVIEW, year=2008, issue="4")),
    "versions of a preprint": (
        replace(NAMED, doi="10.21203/rs.3.rs-123/v1"),
        replace(NAMED, doi="10.21203/rs.3.rs-123/v2"),
    ),
    "preprint known by its DOI alone": (
        replace(NAMED, doi="10.1101/2018.01.01.123", abstract="Depression is hard to treat in many. " * 9),
        replace(PAGELESS, abstract="Depression is hard to treat in many. " * 9),
    ),
    "published twice": (
        PLAIN,
        replace(PLAIN, journal="Psychological Medicine", volume="48", issue="3", pages="1"),
    ),
    "congress abstract and article": (
        PLAIN,
        replace(PLAIN, journal="European Psychiatry", volume="41", issue="S1", pages="S120", year=2017),
    ),
    "one PubMed number on two works": (
        replace(PLAIN, pmid="123"),
        replace(PLAIN, pmid="123", title="Falls in older people", authors=["Li, X"], pages="3-4"),
    ),
    "two names of one register entry": (
        ENTRY,
        replace(ENTRY, title="Mindfulness in depressed adults, a trial"),
    ),
    "register entry and article": (
        replace(PLAIN, registry_ids=["NCT00000001"], type="article"),
        replace(ENTRY, title=PAPER.title),
    ),
    "letters under the title of the paper": (
        replace(PLAIN, authors=["Rosa, Ute"]),
        replace(PLAIN, authors=["Bouros, Demosthenes"]),
    ),
    "letter of the authors, pages unknown": (PAGELESS, replace(PAGELESS, title=f"Re: {PAPER.title}")),
    "yearly report, the year in the title": (
        DedupRecord("a", "Annual report of the national joint registry 2015", ["NJR"], 2015),
        DedupRecord("b", "Annual report of the national joint registry 2016", ["NJR"], 2016),
    ),
    "yearly report under one DOI": (
        replace(PAPER, title="Report of the joint registry 2015", year=2015, volume="3"),
        replace(PAPER, title="Report of the joint registry 2016", year=2016, volume="4"),
    ),
    "yearly report without the year": (
        DedupRecord("a", "Annual report of the national joint registry", ["NJR"], 2015, "J Reg", "5"),
        DedupRecord("b", "Annual report of the national joint registry", ["NJR"], 2016, "J Reg", "6"),
    ),
    "book and chapter of one name": (
        DedupRecord("a", "Handbook of depression in adolescents", ["Nolen, S"], 2009, type="book"),
        DedupRecord("b", "Handbook of depression in adolescents", ["Nolen, S"], 2009, type="chapter"),
    ),
    "two pieces of news on one page": (
        DedupRecord("a", "Drug approvals", [], 2010, "Lancet", "375", "1", "12"),
        DedupRecord("b", "Drug approvals", [], 2010, "Lancet", "375", "1", "12", abstract=""),
    ),
    "a correction marked at the end": (PAGELESS, replace(PAGELESS, title=f"{PAPER.title} [Correction]")),
    "no title, same place": (replace(PLAIN, title=""), PLAIN),
    "similar abstracts of one team under the supplement's DOI": (
        replace(PAPER, title="Sleep in shift workers of a mill", pages="S1"),
        replace(PAPER, title="Sleep quality in shift workers of a mine", pages="S2"),
    ),
}
APART = {
    "retraction notice": (
        PAPER,
        replace(PAPER, title=f"Retraction: {PAPER.title}", doi="10.1002/da.9", pages="1100"),
    ),
    "erratum": (PLAIN, replace(PLAIN, title=f"Erratum: {PAPER.title}", pages="1100")),
    "reply": (PLAIN, replace(PLAIN, title=f"{PAPER.title}: authors' reply", pages="1101")),
    "letter": (PLAIN, replace(PLAIN, title=f"Re: {PAPER.title}", pages="1102", authors=["Lo, A"])),
    "protocol": (PLAIN, replace(PLAIN, title=f"{PAPER.title}: study protocol", year=2015, pages="1-9")),
    "review of the book": (
        replace(NAMED, title="Feeling good: the new mood therapy", type="book"),
        replace(PLAIN, title="Feeling good: the new mood therapy [book review]", authors=["Lo, A"]),
    ),
    "editions": (
        DedupRecord("a", "Handbook of depression, 2nd edition", ["Nolen, S"], 2009, type="book"),
        DedupRecord("b", "Handbook of depression, 3rd edition", ["Nolen, S"], 2014, type="book"),
    ),
    "designs behind one heading": titled(
        PAGELESS, "Depression in adults: a systematic review", "Depression in adults: a cohort study"
    ),
    "abstracts under the DOI of their supplement": (
        replace(PAPER, title="Sleep in shift workers", authors=["Brown, A."], pages="S1"),
        replace(PAPER, title="Falls in older people at home", authors=["Li, X."], pages="S2"),
    ),
    "the DOI of the journal": (
        replace(PAPER, doi="10.1111/(issn)1365-2648"),
        replace(
            PAPER,
            doi="10.1111/(issn)1365-2648",
            title="Falls in older people",
            pages="3-4",
            authors=["Li, X"],
        ),
    ),
    "a wrong DOI": (
        PAPER,
        replace(
            PAPER,
            title="Falls in older people",
            journal="Age Ageing",
            pages="7-9",
            year=2011,
            authors=["Li, X"],
        ),
    ),
    "one trial number, other titles": (
        replace(PLAIN, registry_ids=["NCT00000001"], type="article"),
        replace(ENTRY, title="MBCT study"),
    ),
    "a heading and nothing else": (DedupRecord("a", "Editorial"), DedupRecord("b", "Editorial")),
    "the index of two issues": (
        DedupRecord("a", "Index", [], 2010, "Lancet", "375", "1", "1-9"),
        DedupRecord("b", "Index", [], 2010, "Lancet", "375", "2", "1-9"),
    ),
}


@pytest.mark.parametrize("name", MERGED)
def test_one_report(name):
    assert fate(*MERGED[name]) == "merge"


@pytest.mark.parametrize("name", ASKED)
def test_a_question(name):
    assert fate(*ASKED[name]) == "ask"


@pytest.mark.parametrize("name", APART)
def test_two_works(name):
    assert fate(*APART[name]) == "apart"


def test_a_doi_on_many_unlike_titles_names_none_of_them():
    """The DOI of a congress: its abstracts are compared as if they had none, copies of one still merge."""
    titles = [
        "Sleep in shift workers",
        "Falls of older people at home",
        "Zinc and copper in the soil of Kenya",
    ]
    abstracts = [
        DedupRecord(
            f"{n}", title, [f"Author{n}, A."], 2015, "Congress", "5", "S1", f"S{n + 2}", "10.1000/congress"
        )
        for n, title in enumerate(titles)
    ]
    copies = [replace(item, id=f"copy {item.id}", pages="") for item in abstracts]
    pairs = find_pairs([*abstracts, *copies])
    assert {(p.left_id, p.right_id) for p in pairs} == {("0", "copy 0"), ("1", "copy 1"), ("2", "copy 2")}
    assert all(p.score >= MERGE_THRESHOLD and p.rule != "doi" for p in pairs)
    assert "same DOI" in find_pairs([abstracts[0], copies[0]])[0].reasons


def test_surer_pairs_score_higher():
    """From a copy to a stranger the score falls with every field that is lost or differs."""
    fading = [
        PAPER,
        PLAIN,
        PAGELESS,
        replace(PAGELESS, volume="", issue=""),
        replace(PAGELESS, volume="", issue="", year=2017, authors=PAPER.authors[:1], title=PAPER.title[:-4]),
        replace(PAGELESS, volume="", issue="", journal="Psychological Medicine"),
    ]
    scores = [find_pairs([replace(PAPER, id="a"), replace(other, id="b")])[0].score for other in fading]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0.99
    assert scores[-1] < MERGE_THRESHOLD
