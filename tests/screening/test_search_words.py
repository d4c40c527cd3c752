"""The search language: what it finds, and the sentences for mistakes."""

import pytest

from records.models import Record
from screening.search_words import DEEPEST, LONGEST, MOST_WORDS, Group, Mistake, Term, parse, to_q, with_text
from tests.factories import make_record


def short(tree) -> str:
    """The tree as text: ``(OR a (NOT b))``."""
    if isinstance(tree, Group):
        return f"({tree.joined} {' '.join(short(part) for part in tree.parts)})"
    text = f"{tree.text!r}" if tree.phrase else tree.text
    return f"{tree.field}:{text}" if tree.field else text


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("alpha", "alpha"),
        ("alpha beta", "(AND alpha beta)"),
        ("alpha AND beta", "(AND alpha beta)"),
        ("a b OR c d", "(OR (AND a b) (AND c d))"),
        ("a (b OR c)", "(AND a (OR b c))"),
        ("NOT a b", "(AND (NOT a) b)"),
        ("a NOT (b OR c)", "(AND a (NOT (OR b c)))"),
        ("NOT NOT a", "(NOT (NOT a))"),
        ('"low mood" and', "(AND 'low mood' and)"),
        ("“low  mood”", "'low mood'"),
        ("ti:alpha", "ti:alpha"),
        ("TI: alpha beta", "(AND ti:alpha beta)"),
        ('title:"low mood"', "ti:'low mood'"),
        ("tiab:(a OR au:b)", "(OR tiab:a au:b)"),
        ("ti:(a)(b)", "(AND ti:a b)"),
        ("(a OR b)AND(c)", "(AND (OR a b) c)"),
        ("10.1016/S0140-6736(05)66545-1", "10.1016/S0140-6736(05)66545-1"),
        ("(10.1016/S0140-6736(05)66545-1)", "10.1016/S0140-6736(05)66545-1"),
        ("Depression: a trial", "(AND Depression: a trial)"),
        ("https://doi.org/10.1/x NCT:01", "(AND https://doi.org/10.1/x NCT:01)"),
        ("cats and dogs or not", "(AND cats and dogs or not)"),
        ("year:2010-2015 pmid:123 id:7", "(AND year:2010-2015 pmid:123 id:7)"),
    ],
)
def test_a_search_is_read(text, tree):
    assert short(parse(text)) == tree


def test_nothing_is_no_search():
    assert parse("") is parse("   ") is None
    assert parse("b") == Term("b")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("(alpha", "The parenthesis at character 1 is not closed"),
        ("alpha)", "The parenthesis at character 6 closes nothing"),
        ("alpha ()", "The parentheses at character 7 are empty"),
        ('alpha "beta', "The quotation mark at character 7 is not closed"),
        ('alpha " "', "The quotation marks at character 7 are empty"),
        ("alpha AND", r"After “AND” \(character 7\) a word is missing"),
        ("NOT", r"After “NOT” \(character 1\) a word is missing"),
        ("OR alpha", r"Before “OR” \(character 1\) a word is missing"),
        ("(alpha OR) beta", r"Before “\)” \(character 10\) a word is missing"),
        ("ti:", r"After “ti:” \(character 1\) a word is missing"),
        ("ti: au:b", r"After “ti:” \(character 1\) a word is missing"),
        ("alpha titel:b", r"There is no field “titel:” \(character 7\). The fields are ti:, ab:"),
        ("year:soon", "“soon” .* is not a year"),
        ("year:-", "is not a year"),
        ("year:2015-2010", "run backwards: write year:2010-2015"),
        ("pmid:abc", "is not a number"),
        ("a * b", "needs letters beside it"),
        ("a*b*c*d*e", r"more than 3 \*"),
        ("a" * (LONGEST + 1), "1001 characters; 1000 are the most"),
        ("a " * (MOST_WORDS + 1), "61 words; 60 are the most"),
        ("(" * (DEEPEST + 1) + "a" + ")" * (DEEPEST + 1), "more than 12 deep"),
        ("NOT " * (DEEPEST + 1) + "a", "more than 12 deep"),
    ],
)
def test_a_mistake_is_told_with_its_place(text, sentence):
    with pytest.raises(Mistake, match=sentence):
        parse(text)


@pytest.fixture
def three(review):
    make_record(
        review,
        "Fluoxetine in depressed women (FLUX): a trial",
        abstract="Randomised to fluoxetine\nor sham. Low mood at week 8.",
        authors=["Müller, Änne", "Silva, B."],
        journal="Lancet",
        doi="10.1016/s0140-6736(05)66545-1",
        pmid="123456",
        year=2005,
        keywords=["Antidepressive agents", "Größe"],
    )
    make_record(review, "100% recovery in one woman", abstract="A case.", journal="BMJ", year=2012)
    make_record(review, "Protocol: underdepression", abstract="", journal="Trials", year=None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("depress", "FP"),
        ("depress*", "F"),
        ("*depression", "P"),
        ("wom*n", "FW"),
        ("WOM*N", "FW"),
        ("w*n NOT ti:woman", "F"),
        ("ti:trial", "F"),
        ("jo:trials", "P"),
        ("trial", "FP"),
        ('"low mood"', "F"),
        ('"mood low"', ""),
        ("ab:sham", "F"),
        ("ti:sham", ""),
        ("tiab:(sham OR case)", "FW"),
        ("au:müller", "F"),
        ("au:Mül*", "F"),
        ("au:änne au:silva", "F"),
        ("kw:antidep*", "F"),
        ("kw:größe", "F"),
        ("doi:10.1016/S0140-6736(05)66545-1", "F"),
        ("10.1016/S0140-6736(05)66545-1", "F"),
        ("https://doi.org/10.1016/S0140-6736(05)66545-1", "F"),
        ("doi:10.1016/*", "F"),
        ("pmid:123456", "F"),
        ("123456", "F"),
        ("year:2005", "F"),
        ("year:2006-", "W"),
        ("year:-2012", "FW"),
        ("NOT year:2005", "WP"),
        ("100%", "W"),
        ('"(FLUX)"', "F"),
        ("fluoxetine or", "F"),
        ("fluoxetine OR case", "FW"),
        ("NOT (fluoxetine OR case)", "P"),
        ("NOT ab:case", "FP"),
    ],
)
def test_records_are_found(three, text, found):
    rows = with_text(Record.objects.all()).filter(to_q(parse(text))).order_by("pk")
    initials = {"Fluoxetine": "F", "100%": "W", "Protocol:": "P"}
    assert "".join(initials[row.title.split()[0]] for row in rows) == found


@pytest.mark.django_db
def test_the_longest_search_is_not_too_deep_for_the_database(three):
    words = " ".join(f"NOT w{number}*" for number in range(MOST_WORDS))
    nested = "(" * DEEPEST + words.replace("NOT ", "OR ")[3:] + ")" * DEEPEST
    assert with_text(Record.objects.all()).filter(to_q(parse(words))).count() == 3
    assert with_text(Record.objects.all()).filter(to_q(parse(nested))).count() == 0
