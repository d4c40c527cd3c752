"""References as the National Library of Medicine writes them."""

from types import SimpleNamespace

import pytest

from reporting.citing import cite, name, names

BARE = {
    "title": "A trial of rest",
    "authors": [],
    "year": None,
    "journal": "",
    "volume": "",
    "issue": "",
    "pages": "",
    "doi": "",
    "pmid": "",
    "registry_ids": [],
    "url": "",
}


def record(**fields):
    return SimpleNamespace(**(BARE | fields))


@pytest.mark.parametrize(
    ("author", "printed"),
    [
        ("Smith, Ann B.", "Smith AB"),
        ("Smith, AB", "Smith AB"),
        ("Van der Berg, Jean-Paul", "Van der Berg JP"),
        ("Ångström, Åsa", "Ångström Å"),
        ("King, Martin Luther, Jr", "King ML Jr"),
        ("WHO Collaborating Group", "WHO Collaborating Group"),
        ("Smith,", "Smith"),
    ],
)
def test_a_name(author, printed):
    assert name(author) == printed


def test_after_six_of_more_than_six_come_the_others():
    six = [f"A{n}, B" for n in range(6)]
    assert names(six).endswith("A5 B")
    assert names([*six, "C, D"]).endswith("A5 B, et al.")


def test_a_whole_reference():
    found = cite(
        record(
            authors=["Smith, Ann B.", "Jones, Carl"],
            year=2012,
            journal="Lancet.",
            volume="380",
            issue="9859",
            pages="2224-60",
            doi="10.1000/x y",
            pmid="123",
        )
    )
    assert found.text == (
        "Smith AB, Jones C. A trial of rest. Lancet 2012;380(9859):2224-60. doi:10.1000/x y. PMID 123."
    )
    assert found.links[0] == ("doi:10.1000/x y", "https://doi.org/10.1000/x%20y")


@pytest.mark.parametrize(
    ("fields", "printed"),
    [
        ({}, "A trial of rest."),
        ({"title": "Does it work?"}, "Does it work?"),
        ({"title": "  "}, "No title."),
        ({"year": 2012, "journal": "Lancet"}, "A trial of rest. Lancet 2012."),
        ({"year": 2012, "pages": "7"}, "A trial of rest. 2012;7."),
        ({"registry_ids": ["NCT01234567"]}, "A trial of rest. NCT01234567."),
        ({"url": "https://example.org/a"}, "A trial of rest. https://example.org/a."),
    ],
)
def test_what_is_not_known_is_left_out(fields, printed):
    assert cite(record(**fields)).text == printed


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://[x", "https://a b"])
def test_only_addresses_of_the_web_become_links(url):
    assert cite(record(url=url)).links == ((url, ""),)
