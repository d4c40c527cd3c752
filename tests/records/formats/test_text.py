"""Bytes to text: encodings, line ends, stray bytes, damaged accents, markup."""

from io import BytesIO

import pytest

from records.formats import parse
from records.formats.encoding import detect_encoding
from records.formats.notices import Notices
from records.formats.text import clean, has_mojibake, lines

RECORD = "TY  - JOUR\nTI  - Körper und Seele — naïve Fälle\nAU  - Müller, Zoë\nER  - \n"


def title(data):
    parsed = parse(data)
    (record,) = parsed
    return record.title, parsed


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac_roman"]
)
def test_encodings_and_line_ends(encoding, end):
    found, parsed = title(RECORD.replace("\n", end).encode(encoding))
    assert found == "Körper und Seele — naïve Fälle"
    assert len(parsed.warnings) == (encoding in {"cp1252", "mac_roman"}), "a code page is a guess, and told"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Психотерапия хронической депрессии у взрослых", "cp1251"),
        ("慢性抑郁症的心理治疗随机对照试验研究方法", "gb18030"),
        ("慢性うつ病に対する心理療法のランダム化比較試験", "shift_jis"),
        ("Ψυχοθεραπεία της χρόνιας κατάθλιψης", "utf-8"),
        ("العلاج النفسي للاكتئاب المزمن", "utf-8"),
        ("טיפול פסיכולוגי בדיכאון כרוני", "utf-16"),
    ],
)
def test_scripts_that_are_not_latin(text, encoding):
    found, _ = title(f"TY  - JOUR\nTI  - {text}\nAB  - {text * 4}\nER  - \n".encode(encoding))
    assert found == text


def test_mixed_line_ends_in_one_file():
    data = b"TY  - JOUR\r\nTI  - A\rAB  - one\ntwo\r\nER  - \r\rTY  - JOUR\rTI  - B\nER  - "
    assert [record.title for record in parse(data)] == ["A", "B"]


def test_one_bad_byte_leaves_the_other_lines_alone():
    good = "TI  - Körper\n".encode()
    data = b"TY  - JOUR\n" + good + b"AB  - K\xf6rper\nAU  - M\xc3\xbcller, Z\xebo\nER  - \n"
    parsed = parse(data)
    (record,) = parsed
    assert (parsed.encoding, record.title, record.abstract) == ("utf-8", "Körper", "Körper")
    assert record.authors == ["Müller, Zëo"]
    assert parsed.warnings == [
        "2 lines were not valid UTF-8: their stray bytes were read as Windows-1252, for example line 3."
    ]


def test_a_bad_byte_far_behind_the_beginning():
    data = "".join(f"TY  - JOUR\nTI  - Fälle {n}\nER  - \n" for n in range(60000)).encode()
    data += b"TY  - JOUR\nTI  - F\xe4lle\nER  - \n"
    parsed = parse(data)
    *_, last = parsed
    assert (parsed.encoding, last.title) == ("utf-8", "Fälle")
    assert parsed.warnings[0].startswith("1 line was not valid UTF-8")
    assert parsed.warnings[0].endswith("(line 180,002).")


def test_a_bad_byte_on_the_only_line_with_accents():
    parsed = parse(b"TY  - JOUR\nTI  - K\xc3\xb6rper und Seele: F\xc3\xa4lle caf\xe9\nER  - \n")
    assert ([r.title for r in parsed], parsed.encoding) == (["Körper und Seele: Fälle café"], "utf-8")


def test_a_capital_before_a_quotation_mark_is_no_utf8():
    parsed = parse("TY  - JOUR\nTI  - “CAFÉ” déjà vu\nER  - \n".encode("cp1252"))
    assert ([r.title for r in parsed], parsed.encoding) == (["“CAFÉ” déjà vu"], "cp1252")


def test_a_file_wholly_in_a_code_page_is_no_damage():
    parsed = parse(RECORD.encode("cp1252"))
    list(parsed)
    assert parsed.encoding == "cp1252"
    assert [text[:36] for text in parsed.warnings] == ["The file does not say its encoding; "]


def test_what_is_lost_already_is_told():
    parsed = parse("TY  - JOUR\nTI  - K\ufffdrper\nER  - \n".encode())
    (record,) = parsed
    assert record.title == "K\ufffdrper"
    assert "put there by another program" in parsed.warnings[0]


def test_damaged_accents_are_mended_and_told_and_the_source_stays():
    parsed = parse("TY  - JOUR\nTI  - MÃ¼ller donâ€™t\nER  - \n".encode())
    (record,) = parsed
    assert record.title == "Müller don’t"
    assert "MÃ¼ller" in record.raw
    assert parsed.warnings == [
        "1 record held accents that were damaged before (“Ã¼” for “ü”): they were mended (line 1)."
    ]


@pytest.mark.parametrize(
    ("damaged", "mended"),
    [("Ã–sterreich", "Österreich"), ("ÃƒÂ¼ber", "über"), ("Â± 3 Â°C", "± 3 °C"), ("Î²-blocker", "β-blocker"),
     ("VojtÄ›ch", "Vojtěch"), ("â€œsoâ€\x9d", "“so”"), ("ï¬\x81nal", "ﬁnal")],
)  # fmt: skip
def test_mojibake(damaged, mended):
    assert has_mojibake(damaged)
    assert clean(damaged) == mended


@pytest.mark.parametrize(
    "text",
    ["SÃO PAULO", "CAFÉ”", "„ÄÖÄ“", "« LIBERTÉ »", "5 Å²", "Ångström Å·", "crème brûlée", "Αθήνα", "Ñ€"],
)
def test_what_only_looks_like_mojibake_stays(text):
    assert clean(text) == text
    assert not has_mojibake(text)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("p &lt; 0.05 &amp;amp; q &#8805; 3", "p < 0.05 & q ≥ 3"),
        ("H<sub>2</sub>O in <i>E. coli</i><br/>next", "H2O in E. coli next"),
        ("<p>One.</p><p>Two.</p>", "One. Two."),
        ('<span class="x">a</span> <jats:italic>b</jats:italic>', "a b"),
        ("a <b and c> d, n<5 and m>3, p<0.01", "a <b and c> d, n<5 and m>3, p<0.01"),
        ("https://x.org?a=1&not=2&amp;lang=3", "https://x.org?a=1&not=2&lang=3"),
        ("soft\u00adhyphen zero\u200bwidth\u2028line\x0bfeed", "softhyphen zerowidth line feed"),
        ("e\u0301te\u0301", "été"),
        ("  many \t\n spaces\u00a0here ", "many spaces here"),
    ],
)
def test_clean(raw, text):
    assert clean(raw) == text


def test_zero_characters_and_stray_marks_are_dropped():
    data = "\ufeffTY  - JOUR\nTI  - A\x00B\n\ufeffAB  - text\nER  - \n\x1a".encode()
    (record,) = parse(data)
    assert (record.title, record.abstract) == ("AB", "text")


def test_text_that_breaks_off_is_refused_with_the_line():
    data = "TY  - JOUR\nTI  - A\n".encode("utf-16") + b"\xd8"
    assert len(list(lines(BytesIO(data), "utf-16"))) >= 2


def test_the_stream_is_left_where_it_was():
    stream = BytesIO(b"skip" + "Köln".encode())
    stream.seek(4)
    assert (detect_encoding(stream), stream.tell()) == ("utf-8", 4)


def test_a_notice_counts_each_kind_once():
    notices = Notices()
    for line in (7, 9, 1200):
        notices.add("{n} cat", "{n} cats", line=line)
    notices.add("{n} dog", "{n} dogs", line=3)
    assert notices.sentences() == ["3 cats, for example line 7.", "1 dog (line 3)."]


class TestGuessedCodePages:
    RIS = "TY  - JOUR\nTI  - {}\nER  - \n"

    @pytest.mark.parametrize(
        ("text", "encoding", "name"),
        [
            (
                "Skuteczność leczenia bezsenności u osób starszych, Łukasiewicz Zdzisław",
                "cp1250",
                "Windows-1250",
            ),
            ("Wirkungsgröße übermäßig geprüft, Müller Jörg", "mac_roman", "Mac OS Roman"),
            ("Études répétées de la santé", "mac_roman", "Mac OS Roman"),
            ("Wirkungsgröße übermäßig geprüft, Müller Jörg", "cp1252", "Windows-1252"),
            ("Dose of 5 m³ at £5 for Škoda and ¿qué?", "cp1252", "Windows-1252"),
        ],
    )
    def test_are_found_and_told(self, text, encoding, name):
        parsed = parse(self.RIS.format(text).encode(encoding))
        (record,) = parsed
        assert record.title == text
        (warning,) = parsed.warnings
        assert warning.startswith(
            f"The file does not say its encoding; it was read as {name}. If letters look wrong"
        )

    def test_are_not_told_of_where_nothing_was_guessed(self):
        text = self.RIS.format("Größe")
        for parsed in (
            parse(text.encode()),
            parse(text.encode("cp1252"), encoding="cp1252"),
            parse(text.encode("utf-16")),
            parse(self.RIS.format("It’s – so").encode("cp1252")),  # no letters
        ):
            assert list(parsed)
            assert parsed.warnings == []
