"""The marks of terms (static/js/terms.js) in a real browser: what is found, what is marked, how quickly."""

import pytest
from django.conf import settings
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

FOUND = """async ([text, lists]) => {
  const { findTerms } = await import("/static/js/terms.js");
  return findTerms(text, lists).map(({ start, end, list }) => [text.slice(start, end), list]);
}"""
MARKED = """async ([html, lists]) => {
  const { markTerms, clearTerms } = await import("/static/js/terms.js");
  const root = document.createElement("div");
  root.innerHTML = html;
  const counts = markTerms(root, lists);
  const marks = [...root.querySelectorAll(".term")].map((mark) => [mark.className, mark.textContent]);
  const text = root.textContent;
  clearTerms(root);
  return { counts, marks, text, after: root.innerHTML };
}"""
TIMED = """async ([text, lists]) => {
  const { markTerms, clearTerms } = await import("/static/js/terms.js");
  const root = document.createElement("div");
  root.textContent = text;
  document.body.append(root);
  const begin = performance.now();
  const counts = markTerms(root, lists);
  const first = performance.now() - begin;
  clearTerms(root);
  const again = performance.now();
  markTerms(root, lists);
  return { first, second: performance.now() - again, count: counts[0] };
}"""


@pytest.fixture(scope="module")
def plain(browser):
    """An empty page that may load the module, without a server."""
    page = browser.new_page()
    page.route("http://terms.test/", lambda route: route.fulfill(body="<p>", content_type="text/html"))
    page.route(
        "http://terms.test/static/**",
        lambda route: route.fulfill(
            path=settings.BASE_DIR / route.request.url.removeprefix("http://terms.test/"),
            content_type="text/javascript",
        ),
    )
    page.goto("http://terms.test/")
    yield page
    page.close()


def terms(*words: str, colour: int = 1) -> dict:
    return {"name": "A list", "kind": "include", "colour": colour, "terms": list(words)}


CASES = {
    "a word, whatever its case": ("Trial, trials, TRIAL.", ["trial"], ["Trial", "TRIAL"]),
    "not within a word": ("industrial alphabet", ["trial", "alpha"], []),
    "any number of letters": ("random, randomised, RANDOMLY", ["random*"], ["random", "randomised", "RANDOMLY"]),
    "at the beginning, too": ("psychotherapy and therapy", ["*therapy"], ["psychotherapy", "therapy"]),
    "exactly one letter": ("woman women womn womaan", ["wom?n"], ["woman", "women"]),
    "a phrase": ("sham-control, sham control; sham, control", ["sham control"], ["sham-control", "sham control"]),
    "a phrase over lines": ("usual\n  care", ["usual care"], ["usual\n  care"]),
    "a phrase with a wildcard": ("double-blinded trials", ["double blind* trial*"], ["double-blinded trials"]),
    "any hyphen": ("meta\u2010analysis; meta\u2013x", ["meta-*"], ["meta\u2010analysis", "meta\u2013x"]),
    "after a Greek letter": ("β-blocker, TNF-α", ["blocker", "tnf α"], ["blocker", "TNF-α"]),
    "Greek capitals and the last sigma": ("ΝΟΣΟΣ νόσος", ["νοσος"], ["ΝΟΣΟΣ", "νόσος"]),
    "accents, in either writing": ("Ménière, Me\u0301nie\u0300re", ["meniere"], ["Ménière", "Me\u0301nie\u0300re"]),
    "letters of one piece": ("ﬁbromyalgia and fibromyalgia", ["fibromyalgia"], ["ﬁbromyalgia", "fibromyalgia"]),
    "an apostrophe": ("Crohn’s disease", ["crohn's disease"], ["Crohn’s disease"]),
    "digits": ("5-HT2A and 5-HT", ["5-HT2A"], ["5-HT2A"]),
    "the longest": ("usual care group", ["usual", "usual care group", "care"], ["usual care group"]),
    "signs alone are no term": ("a * b ? c", ["*", "?", "**", "+"], []),
    "signs of a regular expression are text": ("(a.c) abc", ["a.c", "(("], ["a.c"]),
    "signs of the term": ("p < 0.05, p<0.05, p = 0.05", ["p<0.05"], ["p < 0.05", "p<0.05"]),
    "after a letter outside the first plane": ("𝛼 𝑥 trial", ["trial"], ["trial"]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_found(plain: Page, case):
    text, words, expected = CASES[case]
    assert [found for found, _ in plain.evaluate(FOUND, [text, [terms(*words)]])] == expected


def test_of_equal_terms_the_earlier_list_counts(plain: Page):
    lists = [terms("trial", colour=4), terms("trial", "random* trial", colour=2)]
    found = plain.evaluate(FOUND, ["A trial; a randomised trial.", lists])
    assert found == [["trial", 0], ["randomised trial", 1]]


def test_marks_cross_italics_and_lines_and_go_without_a_trace(plain: Page):
    html = "<h3>Aims</h3><p>CO<sub>2</sub> in a <i>sham</i>-control<br>trial &amp; more</p><p>sham</p><p>control</p>"
    result = plain.evaluate(MARKED, [html, [terms("CO2", colour=3), terms("sham control trial", colour=6)]])
    assert result["counts"] == [1, 1]
    assert result["marks"] == [
        ["term term-3", "CO"],
        ["term term-3", "2"],
        ["term term-6", "sham"],
        ["term term-6", "-control"],
        ["term term-6", "trial"],
    ]
    assert result["text"] == "AimsCO2 in a sham-controltrial & moreshamcontrol"
    assert result["after"] == html


def test_terms_and_texts_are_never_markup(plain: Page):
    html = "<p>&lt;img src=x&gt; img</p>"
    result = plain.evaluate(MARKED, [html, [terms("img")]])
    assert result["counts"] == [2]
    assert result["after"] == html


def test_five_hundred_terms_in_three_thousand_words_take_no_time(plain: Page):
    words = [f"word{number % 700}" if number % 3 else "randomisé" for number in range(3000)]
    lists = [
        terms(
            "random*", *(f"word{number} word*" for number in range(300)), *(f"other{n}*" for n in range(200))
        )
    ]
    took = plain.evaluate(TIMED, [" ".join(words), lists])
    assert took["count"] > 1000
    assert took["second"] < 100, took  # about 10 ms on a laptop
