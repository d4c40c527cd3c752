"""BibTeX as databases and people really write it: nothing is lost, and what had to be guessed is said."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.formats import ParsedRecord, Rejected, UnreadableFile, parse
from records.formats.latex import plain


def read(text):
    return list(parse(text.encode(), format="bibtex"))


def read_one(text):
    (record,) = read(text)
    assert isinstance(record, ParsedRecord), record
    return record


def titles(text):
    return [item.title if isinstance(item, ParsedRecord) else item.cause for item in read(text)]


class TestEntries:
    def test_commas_may_lead_the_lines(self):
        text = b"@ARTICLE{mule\n   , author = {Mule, A}\n   , title = {Asses}\n   , year = 2001\n}\n"
        (record,) = parse(text)
        assert (record.title, record.year, record.authors) == ("Asses", 2001, ["Mule, A"])

    def test_several_on_one_line_and_in_parentheses(self):
        assert titles("@article{a,title={T}}@book{b,title={U}} @misc(c, title = {V (x)}, year = 2001)") == [
            "T",
            "U",
            "V (x)",
        ]

    def test_the_type_on_a_line_of_its_own_and_commas_first(self):
        text = "@article\n\n{a\n , title = {T}\n , year = 2001\n }\n@Book\n(\nb, title={U})\n@misc"
        assert [(item.title, item.line) for item in read(text)] == [("T", 1), ("U", 7)]

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_line_ends(self, end):
        text = end.join(["@article{a,", " title={T},", "}", "@article{b,", " title={U}", "}", ""])
        assert [(item.title, item.line) for item in read(text)] == [("T", 1), ("U", 4)]

    def test_the_source_ends_where_the_entry_does(self):
        text = "Scopus\nEXPORT DATE: 1 May\n\n@ARTICLE{X,\n title={T},\n}\n\nsome words\n@misc{y, title=U}"
        assert [item.raw for item in read(text)] == ["@ARTICLE{X,\n title={T},\n}", "@misc{y, title=U}"]

    @pytest.mark.parametrize(
        ("entry", "key"),
        [
            ("@article{Smith et al 2001, title={T}}", ["Smith et al 2001"]),
            ("@article{title={T}, year={2001}}", None),
            ("@article{, title={T}}", None),
            ("@article{\n title={T},\n}", None),
            ("@article{a\n title={T}\n}", ["a"]),
            ("@article{a{b}, title={T}}", ["a{b}"]),
            ("@article{DBLP:conf/x/Y01, title={T}}", ["DBLP:conf/x/Y01"]),
            ("@article{Kenny20103,17,\n title = {T}}", ["Kenny20103"]),
        ],
    )
    def test_keys_of_all_kinds_and_none(self, entry, key):
        record = read_one(entry)
        assert record.title == "T"
        assert record.extra.get("key") == key

    def test_strings_and_concatenation(self):
        record = read_one(
            '@string{ieee = "IEEE "}\n@STRING(tr = ieee # {Trans.})\n@preamble{"\\newcommand{\\x}{y}"}\n'
            '@article{a, title="A" # " B", journal = TR # " on X", month = jan, year = 1 # 999, note = acmtrans}'
        )
        assert (record.title, record.journal, record.year) == ("A B", "IEEE Trans. on X", 1999)
        assert record.extra["month"] == ["Jan"]
        assert record.extra["note"] == ["acmtrans"]

    def test_comments_are_no_entries(self):
        text = (
            "@comment{foo @article{x, title={no}}}\n% @article{y, title={no}}\n@comment jabref-meta: x\n"
            "@article{z,title={yes}}"
        )
        assert titles(text) == ["yes"]
        assert titles("@comment{never closed\n@article{z,title={yes}}\n@article{w,\n title={also}}") == [
            "yes",
            "also",
        ]

    def test_at_signs_in_values(self):
        text = (
            "@article{a, title={Mail @home: a@b.org}, abstract={We thank\n@misc{someone} and\n"
            "@article of faith {x}}, year=2001}"
        )
        record = read_one(text)
        assert record.title == "Mail @home: a@b.org"
        assert record.year == 2001

    def test_fields_with_spaces_comments_and_capitals(self):
        record = read_one(
            "@article{a,\n Title = {T},\n % title = {old},\n funding_text\u00a01={Money},\n"
            " Early Access Date = {May},\n Author-Keywords = {x; y}}"
        )
        assert record.title == "T"
        assert record.keywords == ["x", "y"]
        assert record.extra["funding_text-1"] == ["Money"]
        assert record.extra["early-access-date"] == ["May"]

    def test_repeated_fields(self):
        record = read_one(
            "@article{a, title={T}, author={A, B}, author={C, D}, keywords={x}, keywords={y}, title={T2}}"
        )
        assert record.authors == ["A, B", "C, D"]
        assert record.keywords == ["x", "y"]
        assert record.extra["title"] == ["T2"]

    def test_the_same_key_twice_is_two_records(self):
        assert titles("@article{a, title={T}}\n@article{a, title={U}}") == ["T", "U"]


class TestMending:
    @pytest.mark.parametrize(
        "broken",
        [
            "@article{a, title={One {two}, year=2001}\n",
            "@article{a,\n title = {One two,\n year = {2001}\n}\n",
            '@article{a, title="One two, year=2001}\n',
            "@article{a, title={One two}}, year=2001}\n",
            "@article{a\n title={One two}\n year={2001}\n}\n",
            "@article{a, title={One two}; year={2001},,}\n",
            '@article{a, title="One "two"", year={2001}}\n',
            '@article{a, title="One two, \n year = "2001"}\n',
            "@article{a, title={One two}, year={2001}\n",
        ],
    )
    def test_braces_quotes_and_commas_too_many_or_missing(self, broken):
        parsed = parse((broken + "\n@article{b,\n title={Next},\n}").encode(), format="bibtex")
        one, following = parsed
        assert (one.title.replace('"', ""), one.year) == ("One two", 2001)
        assert following.title == "Next"

    def test_what_was_mended_is_said(self):
        parsed = parse(b"@article{a, title={One}}, year=2001}\n@article{b, title={Half of", format="bibtex")
        assert [item.title for item in parsed] == ["One", "Half of"]
        assert parsed.warnings == [
            "1 entry has a brace, quotation mark or comma too many or missing: its fields were told apart by their "
            "names (line 1).",
            "1 entry has no closing brace: it was read as far as the next one or the end of the file (line 2).",
        ]

    def test_sound_entries_warn_of_nothing(self):
        parsed = parse(
            b'@article{a, title={A {B} \\{c\\}}, note = "x {"} y", year = 2001,}\n', format="bibtex"
        )
        assert len(list(parsed)) == 1
        assert parsed.warnings == []

    @pytest.mark.parametrize(
        "entry", ["@article{a}", "@article{b,}", "@misc{}", "@article{c,title={}}", "@misc{d"]
    )
    def test_entries_without_fields_are_rejected(self, entry):
        first, second = read(entry + "\n@article{z,\n title={yes}}")
        assert isinstance(first, Rejected)
        assert second.title == "yes"

    def test_an_entry_without_its_at_sign_is_told(self):
        text = "@article{a, title={T}}\n\nbook{b,\n author = {Doe, J.},\n title = {Lost}\n}\n\n@misc{c, title={U}}"
        first, lost, last = read(text)
        assert (first.title, last.title) == ("T", "U")
        assert isinstance(lost, Rejected)
        assert (lost.line, lost.raw[:6]) == (3, "book{b")

    def test_an_entry_that_never_ends(self, monkeypatch):
        monkeypatch.setattr("records.formats.bibtex.MAX_RECORD_CHARS", 500)
        with pytest.raises(UnreadableFile, match="begins on line 1 never ends"):
            read("@article{a,\n abstract={" + "text\n" * 200)


class TestInheritance:
    def test_from_a_parent_further_down_and_in_order(self):
        text = (
            "@inproceedings{a, title={Paper}, crossref={Conf}, pages={1--2}}\n@article{b, title={Between}}\n"
            "@proceedings{conf, title={Proc of X}, subtitle={Y}, year={2010}, volume=3, publisher={P}, abstract={no}}"
        )
        child, between, parent = read(text)
        assert (child.title, child.journal, child.year, child.volume) == ("Paper", "Proc of X: Y", 2010, "3")
        assert (child.abstract, child.pages, child.raw) == ("", "1-2", text.partition("\n")[0])
        assert (between.title, parent.title) == ("Between", "Proc of X: Y")

    def test_xdata_and_grandparents(self):
        text = (
            "@xdata{x, publisher={P}, date={2011-02}}\n@collection{c, title={Coll}, xdata={x}}\n"
            "@incollection{i, title={Part}, crossref={c}}"
        )
        assert [(item.title, item.year) for item in read(text)] == [("Coll", 2011), ("Part", 2011)]

    def test_from_a_parent_of_the_same_kind(self):
        text = "@software{s, title={Tool}, date={2020}}\n@softwareversion{v, crossref={s}, version={2}}"
        assert [(item.title, item.year) for item in read(text)] == [("Tool", 2020), ("Tool", 2020)]

    def test_parents_that_are_not_there_or_go_in_circles(self):
        parsed = parse(b"@inproceedings{a, title={T}, crossref={gone}}", format="bibtex")
        assert [item.title for item in parsed] == ["T"]
        assert "refers to another (crossref) that is not in the file" in parsed.warnings[0]
        assert titles(
            "@book{a, title={T}, crossref={b}}@book{b, title={U}, crossref={a}}@misc{c, title={V}, crossref={c}}"
        ) == ["T", "U", "V"]

    def test_waiting_for_a_parent_has_a_limit(self, monkeypatch):
        monkeypatch.setattr("records.formats.bibtex._MOST_WAITING", 3)
        text = "@inbook{a, title={T}, crossref={z}}\n" + "@misc{b, title={U}}\n" * 10 + "@book{z, title={Z}}"
        assert titles(text) == ["T", *["U"] * 10, "Z"]

    def test_scielo_writes_the_doi_into_crossref(self):
        assert read_one("@article{a, title={T}, crossref={10.15517/aie.v19i1}}").doi == "10.15517/aie.v19i1"


LATEX = {
    r"{\"u} \"{u} \"u {\"{u}} \v{c} \v c \c{c} \k{a} \u{g}": "ü ü ü ü č č ç ą ğ",
    r"\H{o} \r{u} \d{s} \.I \=a \'{\i} \^\i{} na{\"\i}ve {\i}": "ő ů ṣ İ ā í î naïve ı",
    r"stra\ss e {\ss} \o{}re \O re \L\'od\'z \aa\ \AE sop {\dh}": "straße ß øre Øre Łódź å Æsop ð",
    r"5\% \& 6\$ \_ \# \{x\} \textbackslash{} \copyright": "5% & 6$ _ # {x} \\ ©",
    r"\textless{}0.05 p\,<\,0.05 a\textendash b \ldots": "<0.05 p < 0.05 a–b ...",
    r"AT&T, 50% and M&ouml;bius &amp; R\&D": "AT&T, 50% and Möbius & R&D",
    r"$\alpha$-, $\beta_{2}$ $\leq$ 5 $\pm$ 2": "α-, β2 ≤ 5 ± 2",
    r"${<}$0.05 $p<0.05$ $\mu$m $\sim$5 $n=10$": "<0.05 p<0.05 μm ~5 n=10",
    r"H$_2$O, 10$^{-3}$, $10^6$, CD4$^+$, $R^2$": "H2O, 10^-3, 10^6, CD4+, R2",
    r"5^{th} $ M $-estimates": "5th M -estimates",
    r"$4^{\textrm{th}}$, $\frac{1}{2}$, $\sqrt{x}$": "4th, 1/2, √x",
    r"between $5 and $10; x_1 a^b; ~5 (~7) 5~kg": "between $5 and $10; x_1 a^b; ~5 (~7) 5 kg",
    r"\emph{E. coli} {\em x} \textsc{Cap} \textsuperscript{2}": "E. coli x Cap 2",
    r"\url{http://x.y/a_b%20} \href{http://x}{Link}": "http://x.y/a_b%20 Link",
    r"\textcolor{red}{hot} \unknown{kept} \mkbibquote{q}": "hot kept q",
    r"``q'' `s' a--b c---d": "“q” ‘s’ a–b c—d",
    r"$\Delta$\emph{F}508 \textit{{Nested \textbf{braces}}}": "ΔF508 Nested braces",
    r"{\noopsort{1973b}}Volume \textit{two}": "Volume two",
    r"5{\thinspace}mg ({\textpm}2) {\textgreek{b}}-blocker 37\,$^{\circ}$C": "5 mg (±2) β-blocker 37 °C",
    r"\^{} \~{} \"{} \' \frac": "^ ~ \" ' /",
    r"\ensuremath{x^{2}_{i}} \{\vphantom{\}}a\vphantom{\{}\}": "x2i {a}",
    r"{\textless}i{\textgreater}E. coli{\textless}/i{\textgreater}": "E. coli",
}


@pytest.mark.parametrize("latex", LATEX)
def test_latex(latex):
    assert read_one("@article{a, title={" + latex + "}}").title == LATEX[latex]


@given(st.text("\\{}$^_~`'\"-=abAB19 %&é[]", max_size=60))
@settings(max_examples=400, deadline=None)
def test_latex_never_fails(text):
    plain(text)


def test_latex_nested_without_end():
    assert plain("\\emph{" * 3000 + "a" + "}" * 3000).endswith("a")
    assert "a" in plain("{" * 100_000 + "a")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (r"van der Berg, Jr, Jan and Ludwig van Beethoven and {World Health Organization} and {\'A}lvarez, J.",
         ["van der Berg, Jan, Jr", "van Beethoven, Ludwig", "World Health Organization", "Álvarez, J."]),
        (r"de la Cruz, Mar{\'i}a and Smith, J. and others", ["de la Cruz, María", "Smith, J."]),
        ("{{The Group}} and {NIH, Office of X}", ["The Group", "NIH, Office of X"]),
        ("Guo, W and Cai, Z and ...", ["Guo, W", "Cai, Z"]),
        ("Smith J and Doe JA and van Dam PQ", ["Smith, J", "Doe, JA", "van Dam, PQ"]),
        ("Xiaoming LI and Ana Roe", ["LI, Xiaoming", "Roe, Ana"]),
        ("Smith, John; Doe, Jane", ["Smith, John", "Doe, Jane"]),
        ("Smith, John and Doe, Jane; Roe, B.", ["Smith, John", "Doe, Jane", "Roe, B."]),
        ("John Smith, Jane Doe, Bob Ray", ["Smith, John", "Doe, Jane", "Ray, Bob"]),
        ("Smith, J., Doe, A., Roe, B.", ["Smith, J.", "Doe, A.", "Roe, B."]),
        ("Ana   Silva\n AND\tBo Ek", ["Silva, Ana", "Ek, Bo"]),
        ("Müller, J. and et al.", ["Müller, J."]),
        ("family=Beethoven, given=Ludwig, prefix=van, useprefix=true and given=Ana, family=Roe",
         ["van Beethoven, Ludwig", "Roe, Ana"]),
        (r"M{\'{u}}{\~{n}}oz, P. and \v{S}{\'{\i}}ma, J. and \'Eva \'Ujv\'ari and J. \"Ozg\"ur",
         ["Múñoz, P.", "Šíma, J.", "Újvári, Éva", "Özgür, J."]),
        ("A. Roe and and {Research and Development} and", ["Roe, A.", "Research and Development"]),
        ("José Luis López 0001", ["López, José Luis"]),
        ("Milton {Abramowitz} and Irene A. {Stegun}", ["Abramowitz, Milton", "Stegun, Irene A."]),
        ("王, 明 and 李华", ["王, 明", "李华"]),
    ],
)  # fmt: skip
def test_names(names, expected):
    assert read_one("@article{a, title={T}, author={" + names + "}}").authors == expected


class TestDialects:
    def test_biblatex(self):
        record = read_one(
            "@article{a, title={T}, subtitle={Sub}, journaltitle={J}, date={2015-05/2016}, number=3, volume=2,\n"
            " location={X}, eprint={23456789}, eprinttype={pubmed}, doi={10.1000/ABC}, langid={german}}"
        )
        assert (record.title, record.journal, record.year, record.issue) == ("T: Sub", "J", 2015, "3")
        assert (record.pmid, record.doi, record.language) == ("23456789", "10.1000/abc", "german")

    def test_scopus(self):
        record = read_one(
            "@ARTICLE{X, title={T}, journal={J}, art_number={e123}, document_type={Conference Paper},\n"
            " source={Scopus}, pubmed_id={32741292}, author_keywords={a;  b}, keywords={c;  d}, note={cited By 3}}"
        )
        assert (record.type, record.pages, record.pmid) == ("conference", "e123", "32741292")
        assert record.keywords == ["c", "d", "a", "b"]

    def test_ebsco_writes_null(self):
        record = read_one("@article{a, title={T}, volume={null}, number={null}, journal={J}}")
        assert (record.volume, record.issue) == ("", "")

    def test_acm_and_wiley_put_the_doi_into_the_key(self):
        assert read_one("@inproceedings{10.1145/1125170.1125191, title={T}}").doi == "10.1145/1125170.1125191"
        assert read_one("@article{doi:https://doi.org/10.1111/x.29, title={T}}").doi == "10.1111/x.29"
        assert read_one("@article{DBLP:x, title={T}, ee={https://doi.org/10.1000/y}}").doi == "10.1000/y"

    def test_arxiv(self):
        record = read_one("@misc{a, title={T}, archivePrefix={arXiv}, eprint={1706.03762}, year={2017}}")
        assert record.type == "preprint"
        assert read_one("@article{a, title={T}, archivePrefix={arXiv}, journal={Nature}}").type == "article"

    @pytest.mark.parametrize(
        ("pages", "expected"),
        [("1--5, 7--9", "1-5, 7-9"), ("123–145", "123-145"), ("e1-e5", "e1-e5"), ("12+", "12+")],
    )
    def test_pages(self, pages, expected):
        assert read_one("@article{a, title={T}, pages={" + pages + "}}").pages == expected


PIECES = [
    "@article{a,", "@book(", "@string{s=", "@comment{", "@misc{k", "title", "=", "{", "}", '"', ",", "#", "\n", "\r",
    "author = {A and B}", "crossref={k}", "\\", "\\'", "$", "%", "~", "_{", "^", "(", ")", "x", "2001", " and ", "@",
    "\\frac", "é", "10.1000/x", "``", "--",
]  # fmt: skip


N = 60_000
SLOW = {
    "blanks": "@article{a, title={" + " " * N * 3 + "x",
    "blanks without braces": "@article{a, year = " + " " * N * 3 + "x y}",
    "line ends": "@article{a, title={" + "\n " * N + "x",
    "quotation marks": '@article{a, title="' + 'a "b c ' * N + '"}',
    "fields": "@article{a, {" + "x={y},\n" * N + "}",
    "open braces": "@article{a, title=" + "{" * N,
    "formulas": "@article{a, title={" + "$x_1$ " * N + "}}",
    "dollars": "@article{a, title={" + "$ " * N + "}}",
    "accents": "@article{a, title={" + "\\'" * N + "}}",
    "names": "@article{a, author={" + "A B and " * N + "}}",
    "keys": "@article{" + "a\n" * N + "}",
    "beginnings": "word{k,\n" * N,
}


@pytest.mark.parametrize("what", SLOW)
def test_no_text_makes_the_reader_slow(what):
    """Time grows with the length of the text and not with its square (that would take many minutes)."""
    before = time.monotonic()
    read(SLOW[what])
    assert time.monotonic() - before < 30


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=40).map("".join))
@settings(max_examples=400, deadline=None)
def test_fuzz(text):
    try:
        items = read(text)
    except UnreadableFile:
        return
    for item in items:
        assert isinstance(item, ParsedRecord | Rejected)
        assert 1 <= item.line <= text.count("\n") + text.count("\r") + 1


@given(
    st.lists(
        st.tuples(st.sampled_from(["article", "Book", "MISC"]), st.text('abc{}\\"#=,@ é\n', max_size=20)),
        min_size=1,
        max_size=6,
    )
)
@settings(max_examples=200, deadline=None)
def test_no_entry_is_lost_whatever_its_neighbour_holds(entries):
    """Every entry that begins on a line of its own with a key answers for at least one item."""
    text = "".join(
        f"@{kind}{{key{n},\n title = {{T{n}}},\n note = {{{note}}}\n}}\n"
        for n, (kind, note) in enumerate(entries)
    )
    found = " ".join(item.title if isinstance(item, ParsedRecord) else item.raw for item in read(text))
    for n in range(len(entries)):
        assert f"T{n}" in found
