"""Which pairs merge by themselves, which a person is asked about, and which are let be."""

from dataclasses import replace

import pytest

from records.dedup import (
    MERGE_THRESHOLD,
    REVIEW_THRESHOLD,
    DedupRecord,
    Pair,
    choose_primary,
    cluster,
    find_pairs,
)

TRIAL = DedupRecord(
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
SPARSE = replace(
    TRIAL, id="b", doi="", authors=["Cladder-Micus MB", "Speckens AE"], journal="Depress Anxiety"
)
EDITORIAL = DedupRecord("a", "Editorial", ["Smith, J."], 2010, "The Lancet", "375", "1", "1-2")
ABSTRACT = (
    "Background. " + "Patients with chronic depression were randomised to group therapy or usual care. " * 4
)


def fate(left: DedupRecord, right: DedupRecord) -> str:
    pairs = find_pairs([left, replace(right, id="b")])
    if not pairs:
        return "apart"
    return "merge" if pairs[0].score >= MERGE_THRESHOLD else "ask"


MERGED = {
    "identical": replace(TRIAL),
    "abbreviated journal and initials, no DOI": SPARSE,
    "short page range": replace(TRIAL, doi="", pages="914-24"),
    "subtitle dropped": replace(TRIAL, doi="", title=TRIAL.title.split(":")[0]),
    "upper case": replace(TRIAL, doi="", title=TRIAL.title.upper()),
    "a typing error": replace(TRIAL, doi="", title=TRIAL.title.replace("treatment", "treatmnt")),
    "one year apart, online first": replace(TRIAL, doi="", year=2017),
    "language mark": replace(TRIAL, doi="", title=TRIAL.title + " [English]"),
    "erratum notice in brackets": replace(
        TRIAL,
        doi="",
        title=TRIAL.title + ".[Erratum appears in Depress Anxiety 2019;36(1):2 Note: X [added]]",
    ),
    "supplement spelled into the volume": replace(TRIAL, doi="", volume="35 Suppl 1"),
    "DOI and title only": DedupRecord("b", TRIAL.title, doi=TRIAL.doi),
    "particle lost from the first author": replace(TRIAL, doi="", authors=["van Cladder-Micus, M. B."]),
    "a wrong DOI on the very same pages": replace(TRIAL, doi="10.1002/da.99999"),
    "translated title in the same place": replace(
        TRIAL, doi="", title="Achtsamkeitsbasierte kognitive Therapie bei chronischer Depression"
    ),
}
ASKED = {
    "same DOI and authors, clearly another title": replace(
        TRIAL, title="Sleep in shift workers of a paper mill", pages="", volume=""
    ),
    "same DOI, other volume and pages": replace(TRIAL, volume="9", pages="12-20"),
    "another DOI and no pages": replace(TRIAL, doi="10.1002/da.99999", pages=""),
    "other pages": replace(TRIAL, doi="", pages="1011-1020"),
    "conference abstract of the article": replace(
        TRIAL, doi="", journal="European Psychiatry", volume="41", pages="S120", type="conference"
    ),
    "preprint of the article": replace(
        TRIAL, doi="10.1101/2018.01.01", journal="medRxiv", volume="", issue="", pages="", type="preprint"
    ),
    "two PubMed numbers": replace(TRIAL, doi="", pmid="222"),
}
APART = {
    "another paper of the same people": replace(
        TRIAL,
        doi="",
        title="Working mechanisms of mindfulness in recurrent depression: secondary analysis",
        pages="33-41",
        issue="1",
    ),
    "same first page only": DedupRecord(
        "b", "Sleep in shift workers", ["Brown, A."], 2018, "Sleep", "35", "2", "914-920"
    ),
    "another abstract under the DOI of the supplement": replace(
        TRIAL, title="Sleep in shift workers", pages="S120", authors=["Brown, A."]
    ),
    "reply to the paper": replace(
        TRIAL,
        doi="10.1002/da.3",
        title="Reply to: mindfulness for depression",
        pages="925",
        authors=["Lo, A"],
    ),
}


@pytest.mark.parametrize("other", MERGED.values(), ids=MERGED.keys())
def test_merged_without_asking(other):
    left = replace(TRIAL, pmid="111") if other.pmid else TRIAL
    assert fate(left, other) == "merge"


@pytest.mark.parametrize("other", ASKED.values(), ids=ASKED.keys())
def test_a_person_is_asked(other):
    left = replace(TRIAL, type="article", pmid="111" if other.pmid else "")
    assert fate(left, other) == "ask"


@pytest.mark.parametrize("other", APART.values(), ids=APART.keys())
def test_let_be(other):
    assert fate(TRIAL, other) == "apart"


def test_parts_of_a_series_are_not_one_paper():
    one = replace(TRIAL, doi="", title="Cognitive therapy of depression. Part I", pages="1-9")
    two = replace(one, title="Cognitive therapy of depression. Part II", pages="10-19")
    assert fate(one, two) != "merge"
    assert fate(replace(one, pages=""), replace(two, pages="")) != "merge"


def test_an_erratum_and_a_reply_are_not_the_paper():
    erratum = replace(TRIAL, doi="", title="Correction to: " + TRIAL.title, pages="925")
    assert fate(TRIAL, erratum) != "merge"
    assert fate(TRIAL, replace(erratum, title=TRIAL.title + ": authors' reply")) != "merge"


@pytest.mark.parametrize(
    "title", ["Editorial", "Correction", "Abstracts", "Letters to the editor", "Introduction"]
)
def test_a_generic_title_proves_nothing(title):
    one = replace(EDITORIAL, title=title, pages="", issue="")
    assert fate(one, replace(one, volume="", year=None)) != "merge"
    assert fate(one, replace(one, authors=["Smith, J."])) != "merge"
    assert (
        fate(replace(EDITORIAL, title=title), replace(EDITORIAL, title=title, issue="2", pages="100-101"))
        != "merge"
    )


def test_identical_copies_of_a_generic_title_merge():
    assert fate(EDITORIAL, replace(EDITORIAL)) == "merge"


def test_one_trial_number_does_not_make_two_reports_one():
    report = replace(TRIAL, doi="", registry_ids=["NCT00000001"], type="article")
    entry = DedupRecord("b", TRIAL.title, year=2012, registry_ids=["NCT00000001"], type="register")
    assert fate(report, entry) != "merge"


def test_people_of_one_name_are_told_apart_by_initials():
    one = DedupRecord("a", "Cognitive therapy for depression", ["Wang, Xin"], 2015, "J Affect Disord")
    two = replace(one, authors=["Wang, Yong"], journal="Psychol Med")
    assert fate(one, two) != "merge"


def test_reasons_read_as_phrases():
    (pair,) = find_pairs([TRIAL, SPARSE])
    assert pair.rule == "title+pages"
    assert "same title" in pair.reasons
    assert "same first page" in pair.reasons
    assert (pair.left_id, pair.right_id) == ("a", "b")


def test_against_leaves_earlier_pairs_out():
    earlier = [TRIAL, SPARSE]
    new = [replace(TRIAL, id="c")]
    found = {frozenset((p.left_id, p.right_id)) for p in find_pairs(new, against=earlier)}
    assert found == {frozenset("ac"), frozenset("bc")}
    assert find_pairs([], against=earlier) == []


def test_a_chain_does_not_join_records_that_contradict_each_other():
    """A bare record resembles two editions; the two differ in year, volume, pages and DOI."""
    first = replace(TRIAL, id="1", doi="10.1/first", year=2008, volume="4", pages="11-20")
    second = replace(TRIAL, id="2", doi="10.1/second", year=2012, volume="8", pages="301-311")
    bare = replace(first, id="3", doi="", volume="", issue="", pages="")
    bare_two = replace(second, id="4", doi="", volume="", issue="", pages="", year=2012)
    pairs = find_pairs([first, second, bare, bare_two])
    groups = cluster(pairs, MERGE_THRESHOLD)
    assert not any({"1", "2"} <= group for group in groups)


def test_pairs_settled_by_a_merge_are_not_asked_again():
    records = [TRIAL, SPARSE, replace(TRIAL, id="c", year=2019), replace(TRIAL, id="d", doi="10.1/other")]
    pairs = find_pairs(records)
    groups = cluster(pairs, MERGE_THRESHOLD)
    asked = [p for p in pairs if REVIEW_THRESHOLD <= p.score < MERGE_THRESHOLD]
    assert {"a", "b", "c"} in groups
    assert len(asked) == 1


def test_cluster_is_transitive_and_heeds_the_threshold():
    pairs = [Pair("a", "b", 0.99, "", ()), Pair("b", "c", 0.97, "", ()), Pair("d", "e", 0.6, "", ())]
    assert cluster(pairs, 0.95) == [{"a", "b", "c"}]
    assert cluster(pairs, 0.5) == [{"a", "b", "c"}, {"d", "e"}]
    assert cluster([], 0.5) == []


def test_the_most_complete_record_is_kept():
    full = replace(SPARSE, id="z", doi=TRIAL.doi, abstract=ABSTRACT)
    assert choose_primary([SPARSE, TRIAL, full]) == "z"
    assert choose_primary([replace(TRIAL, id="n"), replace(TRIAL, id="m")]) == "m"
    preprint = replace(TRIAL, id="a", type="preprint")
    assert choose_primary([preprint, replace(TRIAL, id="b", type="article")]) == "b"


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (DedupRecord(1), DedupRecord(2)),
        (DedupRecord(1, title="?!"), DedupRecord(2, title="...")),
        (DedupRecord(1, authors=["", ";"]), DedupRecord(2, authors=["Anonymous"])),
    ],
)
def test_empty_records_are_no_duplicates(one, two):
    assert find_pairs([one, two]) == []
