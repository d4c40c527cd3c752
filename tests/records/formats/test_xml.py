"""XML of records is cut record by record: verbatim, in flat memory, and what is broken takes nothing else along."""

import re
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.formats import ParsedRecord, Rejected, UnreadableFile, parse, xml
from records.formats.notices import Notices


def endnote(*records, head='<?xml version="1.0" encoding="UTF-8"?>', tail="</records></xml>"):
    return f"{head}<xml><records>{''.join(records)}{tail}"


def one(title, more=""):
    kind = '<ref-type name="Journal Article">17</ref-type>'
    return f"<record>{kind}<titles><title>{title}</title></titles>{more}</record>"


def pubmed(article, more="", pmid="7"):
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="1">{pmid}</PMID>'
        f"<Article>{article}</Article>{more}</MedlineCitation></PubmedArticle>"
    )


def articles(*parts, root="PubmedArticleSet"):
    doctype = f'<!DOCTYPE {root} PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2019//EN" "https://x.test/pubmed.dtd">'
    return f'<?xml version="1.0" ?>\n{doctype}\n<{root}>\n' + "\n".join(parts) + f"\n</{root}>\n"


def read(text, **options):
    return list(parse(text.encode() if isinstance(text, str) else text, **options))


def read_one(text):
    (record,) = read(text)
    assert isinstance(record, ParsedRecord), record
    return record


def test_the_source_is_verbatim_whatever_its_spacing_and_quotes():
    source = (
        "<record  >\r\n<titles><title\n>A &#xD; b &amp; c</title></titles><!-- </record> -->"
        "<label><![CDATA[</record>]]></label></record >"
    )
    record = read_one(endnote(source))
    assert record.raw == source
    assert record.title == "A b & c"
    assert record.extra["label"] == ["</record>"]


def test_lines_are_counted_in_the_file():
    found = read(
        '<?xml version="1.0"?>\n<xml>\n<records>\n' + one("A\nB") + "\n\n" + one("C") + "</records></xml>"
    )
    assert [(item.title, item.line) for item in found] == [("A B", 4), ("C", 7)]


def test_styled_runs_and_markup_are_joined():
    runs = {"normal": "CO", "subscript": "2", "italic": " and <i>E. coli</i>"}
    title = "".join(f'<style face="{face}">{text}</style>' for face, text in runs.items())
    assert read_one(endnote(one(title))).title == "CO2 and E. coli"


def test_paragraphs_part_words():
    assert (
        read_one(endnote(one("T", "<abstract><p>One.</p><p>Two<br/>three</p></abstract>"))).abstract
        == "One. Two three"
    )


def test_authors_given_name_first():
    authors = "".join(f"<author>{name}</author>" for name in ("Ana Maria Silva", "Ben Roe"))
    record = read_one(endnote(one("T", f"<contributors><authors>{authors}</authors></contributors>")))
    assert record.authors == ["Silva, Ana Maria", "Roe, Ben"]


def test_the_number_of_web_of_science_is_no_address():
    record = read_one(
        endnote(
            one(
                "T",
                "<urls><related-urls><url>&lt;Go to ISI&gt;://WOS:000200148800007</url></related-urls></urls>",
            )
        )
    )
    assert (record.url, record.accession) == ("", "WOS:000200148800007")


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("AT&T &eacute;tude &nbsp;x", "AT&T étude x"),
        ("a &lt; b &amp;lt;i&amp;gt; c", "a < b c"),
        ("bell\x07 and &#x1F;unit and \x0bbreak", "bell and unit and break"),
        ("&zzzz; and &#99999999;", "&zzzz; and"),
        ("p <b>bold</b><![CDATA[ & <raw>]]>", "p bold & <raw>"),
    ],
)
def test_what_the_rules_of_xml_forbid_but_exports_hold(source, title):
    assert read_one(endnote(one(source))).title == title


def test_a_broken_record_is_told_and_takes_no_other_along():
    broken = "<record><titles><title>Half <<< =</title></record>"
    unclosed = "<record><titles><title>No end</title></titles>"
    found = read(endnote(one("A"), broken, one("B"), unclosed, one("C"), "</record>", one("D")))
    assert [item.title for item in found if isinstance(item, ParsedRecord)] == ["A", "B", "C", "D"]
    assert [item.cause for item in found if isinstance(item, Rejected)] == [
        "The record is no well-formed XML (StartTag: invalid element name).",
        "The record has no end: the next one begins inside it.",
        "The beginning of a record is missing before this </record>; what stood there was not read.",
    ]


def test_a_record_that_can_be_mended_is_kept_with_a_warning():
    parsed = parse(endnote("<record><titles><title>Sound</titles></title></record>").encode())
    assert [item.title for item in parsed] == ["Sound"]
    assert parsed.warnings == [
        "1 record was no well-formed XML and was read as far as its parts could be told (line 1)."
    ]


def test_several_documents_pasted_together():
    text = endnote(one("A")) + "\n" + endnote(one("B"))
    assert [item.title for item in read(text)] == ["A", "B"]


def test_text_after_the_document_is_told():
    *_, last = read(endnote(one("A")) + "\n\nTY  - JOUR\nTI  - Pasted\n")
    assert isinstance(last, Rejected)
    assert (last.line, last.raw[:10]) == (3, "TY  - JOUR")


def test_records_without_any_root():
    assert len(read(pubmed("<ArticleTitle>A</ArticleTitle>") + pubmed("<ArticleTitle>B</ArticleTitle>"))) == 2


def test_namespaces_are_disregarded():
    named = endnote(one("A")).replace("<", "<e:").replace("<e:/", "</e:").replace("<e:?", "<?")
    (record,) = read(named.replace("<e:xml>", '<e:xml xmlns:e="urn:x">'), format="endnote_xml")
    assert record.title == "A"
    assert read_one(endnote(one("A")).replace("<xml>", '<xml xmlns="urn:x">')).title == "A"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252", "windows-1251"]
)
def test_the_declared_encoding(encoding):
    title = "Ж" if encoding == "windows-1251" else "Größe"
    text = endnote(one(title), head=f'<?xml version="1.0" encoding="{encoding}"?>')
    assert [item.title for item in read(text.encode(encoding))] == [title]


@pytest.mark.parametrize("encoding", ["hex", "undefined", "nonsense", "idna", "utf-7", "utf-16"])
def test_a_declaration_that_is_nonsense(encoding):
    text = endnote(one("Größe"), head=f'<?xml version="1.0" encoding="{encoding}"?>')
    assert [item.title for item in read(text.encode())] == ["Größe"]


def test_formulas_without_parts():
    assert (
        read_one(endnote(one("A <math><msup/><mfrac><a/></mfrac><msup><mn>1</mn></msup></math> B"))).title
        == "A 1 B"
    )


def test_a_declaration_that_is_wrong():
    text = endnote(one("Größe"), head='<?xml version="1.0" encoding="utf-8"?>')
    assert [item.title for item in read(text.encode("cp1252"))] == ["Größe"]
    text = endnote(one("Größe"), head='<?xml version="1.0" encoding="iso-8859-1"?>')
    assert [item.title for item in read(text.encode("utf-8"))] == ["Größe"]


@pytest.mark.parametrize(
    "cut",
    [
        "<record><titles><title>Hal",
        "<record>",
        "<record",
        "<record><!-- ",
        "<record></record",
        "",
        "</records>",
    ],
)
def test_a_file_that_is_cut_off_anywhere_is_told_after_its_whole_records(cut):
    items = iter(parse(endnote(one("A"), cut, tail="").encode()))
    assert next(items).title == "A"
    with pytest.raises(UnreadableFile, match=r"damaged at line 1 after 1 complete records .*has no end"):
        list(items)


def test_deep_nesting_and_huge_text_are_told():
    deep = "<record>" + "<a>" * 5000 + "</a>" * 5000 + "</record>"
    found = read(endnote(one("A"), deep, one("B")))
    assert [type(item) for item in found] == [ParsedRecord, Rejected, ParsedRecord]
    huge = one("A", f"<abstract>{'x' * 11_000_000}</abstract>")
    assert isinstance(read(endnote(huge))[0], Rejected)
    with pytest.raises(UnreadableFile, match="never ends"):
        read(endnote(one("A", f"<abstract>{'x' * 17_000_000}")))
    with pytest.raises(UnreadableFile, match="too deeply"):
        read(endnote(one("A")) + "<a>" * 300)


def test_entities_are_refused_wherever_they_are_declared():
    bomb = "<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]>"
    for text in (bomb + endnote(one("&b;"), head=""), endnote(one("A")) + bomb, endnote(bomb, one("&b;"))):
        with pytest.raises(UnreadableFile, match="declares entities"):
            read(text, format="endnote_xml")
    assert "&b;" in read_one(endnote(one("&b;"))).title


def test_a_document_type_is_accepted_and_nothing_is_fetched(monkeypatch):
    monkeypatch.setattr("socket.socket.connect", lambda *a: pytest.fail("nothing may be fetched"))
    assert read_one(articles(pubmed("<ArticleTitle>A</ArticleTitle>"))).title == "A"


class Endless:
    """A stream of `count` equal records."""

    def __init__(self, count, record):
        self._left, self._record = count, record.encode() * 100
        self._head = b"<xml><records>"

    def read(self, size):
        if self._head:
            head, self._head = self._head, b""
            return head
        if self._left <= 0:
            tail, self._left = (b"</records></xml>", -1) if self._left == 0 else (b"", -1)
            return tail
        self._left -= 100
        return self._record


def test_memory_stays_flat_on_one_giant_line():
    stream = Endless(4_000, one("A title", f"<abstract>{'text ' * 300}</abstract>"))
    tracemalloc.start()
    count = sum(1 for _ in xml.pieces(stream, "utf-8", ("record",), "EndNote XML", Notices()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 4_000
    assert peak < 3 * 1024 * 1024  # of 7 MB


def test_endnotes_first_xml_in_capitals():
    text = (
        "<XML><RECORDS><RECORD><REFERENCE_TYPE>0</REFERENCE_TYPE><REFNUM>1</REFNUM><AUTHORS>"
        "<AUTHOR>Silva, A.</AUTHOR><AUTHOR>Roe, B.</AUTHOR></AUTHORS><YEAR>1999</YEAR><TITLE>Old</TITLE>"
        "<SECONDARY_TITLE>J Old</SECONDARY_TITLE>"
        "<VOLUME>3</VOLUME><NUMBER>2</NUMBER><PAGES>1-9</PAGES><KEYWORDS><KEYWORD>age</KEYWORD></KEYWORDS>"
        "<ABSTRACT>Text.</ABSTRACT><URL>http://x.test</URL></RECORD></RECORDS></XML>"
    )
    record = parse(text.encode(), format="endnote_xml")
    (record,) = record
    assert (record.title, record.authors, record.year, record.journal) == (
        "Old",
        ["Silva, A.", "Roe, B."],
        1999,
        "J Old",
    )
    assert (record.volume, record.issue, record.pages, record.keywords, record.type) == (
        "3",
        "2",
        "1-9",
        ["age"],
        "article",
    )
    assert (record.abstract, record.url) == ("Text.", "http://x.test")


class TestPubMed:
    def test_structured_abstract_and_formulas(self):
        math = (
            '<mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML"><mml:mrow><mml:msup><mml:mi>x</mml:mi> '
            "<mml:mn>2</mml:mn></mml:msup><mml:mo>+</mml:mo><mml:msub><mml:mi>a</mml:mi><mml:mi>i</mml:mi></mml:msub>"
            "</mml:mrow></mml:math>"
        )
        power = "<math><msup><mn>10</mn><mn>6</mn></msup></math>"
        half = "<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>"
        record = read_one(articles(pubmed(
            f"<ArticleTitle>On <i>{math}</i>, {power} and {half} in H<sub>2</sub>O.</ArticleTitle><Abstract>"
            '<AbstractText Label="AIM" NlmCategory="OBJECTIVE">To <b>see</b>.</AbstractText>'
            "<AbstractText>Unlabelled.</AbstractText></Abstract>"
        )))  # fmt: skip
        assert record.title == "On x2+ai, 10^6 and 1/2 in H2O"
        assert record.abstract == "AIM: To see. Unlabelled."

    def test_a_title_that_is_not_there(self):
        record = read_one(articles(pubmed(
            "<ArticleTitle>[Not Available].</ArticleTitle><VernacularTitle>Über Schlaf.</VernacularTitle>"
        )))  # fmt: skip
        assert record.title == "Über Schlaf"

    def test_groups_editors_and_invalid_names(self):
        record = read_one(articles(pubmed(
            '<ArticleTitle>A</ArticleTitle>'
            '<AuthorList Type="editors"><Author><LastName>Ed</LastName></Author></AuthorList>'
            '<AuthorList Type="authors"><Author ValidYN="N"><LastName>Wrong</LastName></Author>'
            "<Author><LastName>Silva</LastName><ForeName>Ana</ForeName><Suffix>Jr</Suffix></Author>"
            "<Author><CollectiveName>The Sleep Group</CollectiveName></Author></AuthorList>"
        )))  # fmt: skip
        assert record.authors == ["Silva, Ana, Jr", "The Sleep Group"]

    def test_identifiers(self):
        record = read_one(articles(pubmed(
            '<ArticleTitle>A</ArticleTitle><ELocationID EIdType="doi" ValidYN="N">10.1000/wrong</ELocationID>'
            '<ELocationID EIdType="doi" ValidYN="Y">10.1000/RIGHT</ELocationID><DataBankList><DataBank><DataBankName>'
            "ClinicalTrials.gov</DataBankName><AccessionNumberList><AccessionNumber>NCT01234567</AccessionNumber>"
            "</AccessionNumberList></DataBank></DataBankList>",
            '<OtherID Source="NLM">PMC1234567 [Available on 01/01/20]</OtherID>',
        )))  # fmt: skip
        assert (record.doi, record.pmid, record.pmcid) == ("10.1000/right", "7", "PMC1234567")
        assert record.registry_ids == ["NCT01234567"]

    def test_an_abstract_in_another_language_where_there_is_no_other(self):
        other = '<OtherAbstract Language="spa"><AbstractText>Hola</AbstractText></OtherAbstract>'
        title = "<ArticleTitle>A</ArticleTitle>"
        own = "<Abstract><AbstractText>Own</AbstractText></Abstract>"
        assert read_one(articles(pubmed(title, other))).abstract == "Hola"
        assert read_one(articles(pubmed(title + own, other))).abstract == "Own"

    def test_citation_sets_without_the_pubmed_shell(self):
        citation = (
            pubmed("<ArticleTitle>A</ArticleTitle>")
            .removeprefix("<PubmedArticle>")
            .removesuffix("</PubmedArticle>")
        )
        record = read_one(articles(citation, root="MedlineCitationSet"))
        assert (record.title, record.pmid) == ("A", "7")
        assert record.raw == citation

    def test_the_year_of_entry_is_the_last_resort(self):
        date = '<PubMedPubDate PubStatus="pubmed"><Year>2004</Year></PubMedPubDate>'
        history = f"<PubmedData><History>{date}</History></PubmedData>"
        article = pubmed("<ArticleTitle>A</ArticleTitle>").replace(
            "</PubmedArticle>", history + "</PubmedArticle>"
        )
        assert read_one(articles(article)).year == 2004


PIECES = re.split(
    r"[|]",
    "<record>|</record>|<record/>|<titles><title>T</title></titles>|<title>|</title>|<xml>|</xml>|<records>|</records>|<!--|-->|"
    "<![CDATA[|]]>|&|&amp;|&x;|\x00|\n|é|<|>|text|<PubmedArticle>|</PubmedArticle>|<MedlineCitation>|</MedlineCitation>|"
    "<PMID>1</PMID>|<?xml version='1.0'?>|<!DOCTYPE a>|<record><titles><title>T</title></titles></record>",
)
NAMES = {"EndNote XML": ("record",), "PubMed XML": ("PubmedArticle", "MedlineCitation")}


@pytest.mark.parametrize("what", NAMES)
@given(parts=st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=30), chunk=st.integers(1, 40))
@settings(max_examples=200, deadline=None)
def test_fuzz_and_no_cut_of_the_stream_matters(what, parts, chunk):
    """Nothing but UnreadableFile is raised, and it is all the same in how many pieces the stream comes."""

    def outcome(size):
        stream = Dribble("".join(parts).encode("utf-8", "replace"), size)
        found = []
        try:
            for item in xml.pieces(stream, "utf-8", NAMES[what], what, Notices()):
                found.append(item if isinstance(item, Rejected) else (item.raw, item.line))
        except UnreadableFile as error:
            found.append(str(error))
        return found

    assert outcome(chunk) == outcome(1 << 16)


class Dribble:
    def __init__(self, data, size):
        self._data, self._size = data, size

    def read(self, _):
        head, self._data = self._data[: self._size], self._data[self._size :]
        return head


@given(st.lists(st.sampled_from(["whole", "broken", "unclosed"]), max_size=8))
@settings(max_examples=100, deadline=None)
def test_every_record_comes_out_or_is_told(kinds):
    source = {"whole": one("T"), "broken": "<record><a <b></record>", "unclosed": "<record><titles>"}
    text = endnote(*(source[kind] for kind in kinds), one("Last"))
    found = read(text)
    assert [isinstance(item, ParsedRecord) for item in found] == [kind == "whole" for kind in kinds] + [True]
