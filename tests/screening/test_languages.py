"""The language of reports: from the record, said by a person, filtered, counted; text of every script is read."""

import io

import pytest
from django.core.management import call_command
from django.urls import reverse
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject

from screening import pdf_text
from screening.languages import language_name
from screening.models import FullText
from screening.services import NotAllowed, NotEligible
from screening.services.full_texts import set_language
from tests.factories import make_record

# A page whose font has a ToUnicode table, as PDFs in every script have: code 1 is the first sign, and so on.
CMAP = """/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def
1 begincodespacerange <0000> <FFFF> endcodespacerange
{count} beginbfchar
{chars}
endbfchar
endcmap end end"""


def pdf_in(text: str) -> bytes:
    def stream(data: str):
        made = DecodedStreamObject()
        made.set_data(data.encode())
        return writer._add_object(made)

    def named(**values):
        return DictionaryObject({NameObject(f"/{key}"): value for key, value in values.items()})

    writer = PdfWriter()
    chars = "\n".join(f"<{n:04X}> <{sign.encode('utf-16-be').hex()}>" for n, sign in enumerate(text, 1))
    descendant = named(
        Type=NameObject("/Font"), Subtype=NameObject("/CIDFontType2"), BaseFont=NameObject("/X")
    )
    font = named(
        Type=NameObject("/Font"),
        Subtype=NameObject("/Type0"),
        BaseFont=NameObject("/X"),
        Encoding=NameObject("/Identity-H"),
        DescendantFonts=ArrayObject([writer._add_object(descendant)]),
        ToUnicode=stream(CMAP.format(count=len(text), chars=chars)),
    )
    page = writer.add_blank_page(595, 842)
    page[NameObject("/Resources")] = named(Font=named(F1=writer._add_object(font)))
    codes = "".join(f"{n:04X}" for n in range(1, len(text) + 1))
    page[NameObject("/Contents")] = stream(f"BT /F1 12 Tf 50 700 Td <{codes}> Tj ET")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "裸盖菇素治疗抑郁症的随机对照试验",
        "Влияние псилоцибина",
        "ψυχοθεραπεία",
        "안녕하세요",
        "Ångström naïve ﬁeld",
    ],
)
def test_text_of_every_script_is_read(tmp_path, text):
    path = tmp_path / "x.pdf"
    path.write_bytes(pdf_in(text))
    assert text in pdf_text.read(path).texts[0]


def test_half_characters_and_controls_do_not_pass():
    assert pdf_text.plain("a\ud800b\x00c\u202ed\u00ade") == "a?b cde"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("eng", "English"),
        ("en", "English"),
        ("English", "English"),
        ("ger", "German"),
        ("chi", "Chinese"),
        ("zh-CN", "Chinese"),
        ("eng; ger", "English, German"),
        ("jpn", "Japanese"),
        ("klingon", "Klingon"),
        ("", ""),
    ],
)
def test_names(written, name):
    assert language_name(written) == name


@pytest.fixture
def sought(review):
    records = [make_record(review, f"Report {code}", language=code) for code in ("eng", "English", "chi", "")]
    return [FullText.objects.create(review=review, record=record) for record in records]


@pytest.mark.django_db
def test_said_by_a_person_filtered_and_counted(as_user, review, ben, sought):
    client, url = as_user(ben), reverse("screening:full_texts", args=["trd"])
    page = client.get(url, {"language": "English"}).text
    assert "Report eng" in page
    assert "Report English" in page
    assert "Report chi" not in page
    post = reverse("screening:full_text_language", args=["trd", sought[3].record_id])
    answer = client.post(post, {"language": "ger", "needs_translation": "on"}, follow=True)
    assert "German" in answer.text
    assert "Needs a translation" in answer.text
    page = client.get(url, {"needs_translation": "1"}).text
    assert page.count("<tr>") == 2
    assert f"/full-texts/{sought[3].record_id}/" in page
    assert "Need a translation" in page
    assert f"/full-texts/{sought[3].record_id}/" in client.get(url, {"language": "German"}).text
    answer = client.post(post, {"language": "x" * 41})
    assert answer.status_code == 422


@pytest.mark.django_db
def test_who_may_not_say_it(review, sought, stan, ben):
    with pytest.raises(NotAllowed):
        set_language(review=review, record=sought[0].record, by=stan, language="German")
    with pytest.raises(NotEligible, match="at most 40"):
        set_language(review=review, record=sought[0].record, by=ben, language="x" * 41)


@pytest.mark.django_db
def test_the_command_says_it(review, sought, ana):
    call_command(
        "full_text_language",
        review="trd",
        record=sought[0].record_id,
        language="French",
        needs_translation=True,
    )
    full_text = FullText.objects.get(pk=sought[0].pk)
    assert (full_text.language, full_text.needs_translation) == ("French", True)
