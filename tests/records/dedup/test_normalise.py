"""One spelling for titles, journals, names, pages and numbers."""

import pytest

from records.dedup import DedupRecord
from records.dedup.normalise import journal_key, prepare
from records.dedup.similarity import author_similarity, journal_similarity
from records.dedup.text import fold
from records.dedup.titles import is_generic, notice_of, title_key


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ("Röhricht", "rohricht"),
        ("Straße Ærø Łódź", "strasse aero lodz"),
        ("ＦＵＬＬ", "full"),
    ],
)
def test_fold(raw, key):
    assert fold(raw) == key


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ("The <i>two</i>-year follow-up.", "the 2 year follow up"),
        ("Depression & anxiety [Chinese]", "depression and anxiety"),
        ("A trial. [Erratum appears in Lancet. 2001;3(2):5 [added]]", "a trial"),
        ("β-blockers", "beta blockers"),
        ("Part II", "part 2"),
        ("Part XI of a series", "part 11 of a series"),
        ("Part XXIX of a series", "part xxix of a series"),
        ("UNKNOWN", ""),
    ],
)
def test_title_key(raw, key):
    assert title_key(raw) == key


@pytest.mark.parametrize(
    ("title", "notice"),
    [
        ("Erratum: Cognitive therapy", "correction"),
        ("“Cognitive therapy”: Correction", "correction"),
        ("Retraction: Cognitive therapy", "retraction"),
        ("Cognitive therapy: authors' reply", "reply"),
        ("Reply to Smith", "reply"),
        ("Comment on cognitive therapy", "comment"),
        ("Cognitive therapy: study protocol for a trial", "protocol"),
        ("Immune response in mice", ""),
        ("Early response to treatment", ""),
        ("Editorial decisions in journals of psychology", "comment"),
    ],
)
def test_notices(title, notice):
    assert notice_of(title) == notice


@pytest.mark.parametrize(
    "title", ["Editorial", "Letters to the Editor", "Abstracts of the 79th EAS Congress", "In reply", ""]
)
def test_generic(title):
    assert is_generic(title)


@pytest.mark.parametrize(
    "title", ["Editorial independence of journals", "Depression", "Introduction of a falls programme"]
)
def test_not_generic(title):
    assert not is_generic(title)


@pytest.mark.parametrize(
    ("left", "right", "alike"),
    [
        ("J Affect Disord", "Journal of Affective Disorders", True),
        ("The Lancet (London, England)", "Lancet", True),
        ("JPEN", "Journal of Parenteral and Enteral Nutrition", True),
        ("Br J Psychiatry", "British Journal of Psychiatry", True),
        ("Psychological Medicine", "Psychosomatic Medicine", False),
        ("JAMA Psychiatry", "European Psychiatry", False),
    ],
)
def test_journals(left, right, alike):
    assert (journal_similarity(journal_key(left), journal_key(right)) >= 0.85) is alike


@pytest.mark.parametrize(
    ("left", "right", "least", "most"),
    [
        (["Smith, John", "Doe, Kay"], ["Smith J", "Doe K"], 1.0, 1.0),
        (["Van Schil, P."], ["Schil, P."], 1.0, 1.0),
        (["Hong, Yili", "Zheng, Alvin"], ["Zheng, A.", "Hong, Y."], 0.8, 0.8),
        (["Carignani, Andrea", "Negri, Lorenzo"], ["Andrea, C.", "Lorenzo, N."], 0.8, 0.8),
        (["Smith, Maria", "Li, J."], ["Maria, J.", "Doe, K."], 0.0, 0.4),
        (["Wang, Xin"], ["Wang, Yong"], 0.0, 0.7),
        (["Smith, J."], ["Müller, K."], 0.0, 0.0),
    ],
)
def test_authors(left, right, least, most):
    found = author_similarity(prepare(DedupRecord(1, authors=left)), prepare(DedupRecord(2, authors=right)))
    assert least <= found <= most


@pytest.mark.parametrize(
    ("pages", "first", "last"),
    [
        ("221-8", "221", "228"),
        ("pp. 0221--0228", "221", "228"),
        ("e43268", "e43268", ""),
        ("S12-S15", "s12", "s15"),
        ("no pagination", "", ""),
    ],
)
def test_pages(pages, first, last):
    found = prepare(DedupRecord(1, pages=pages))
    assert (found.first_page, found.last_page) == (first, last)


def test_volume_with_its_issue():
    found = prepare(DedupRecord(1, volume="Vol. 12(3)", issue=""))
    assert found.volume.startswith("12")
