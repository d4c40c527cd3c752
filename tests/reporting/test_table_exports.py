"""The workbook of everything, effect sizes for metafor, and judgements for robvis."""

import csv
import io
import math
import zipfile

import openpyxl
import pytest

from analysis import services as analysis
from appraisal import services as appraisal
from appraisal.instruments import INSTRUMENTS
from reporting.exports import UnknownOption, build_export
from reporting.exports.metafor import ABOUT, EFFECT
from reporting.exports.workbook import README, SHEETS
from reporting.services.exports import request_export
from reviews import workbooks
from screening.models import Stage
from tests.factories import make_outcome, make_reason, make_record, make_result, make_study
from tests.reporting.conftest import settle, vote


def built(membership, what, extension, **options):
    pieces = list(build_export(membership=membership, what=what, extension=extension, options=options))
    return b"".join(pieces) if pieces and isinstance(pieces[0], bytes) else "".join(pieces)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def member(ana, review):
    return review.memberships.select_related("review", "user").get(user=ana)


class TestWorkbook:
    @pytest.fixture
    def book(self, member):
        def read(membership=member):
            data = built(membership, "workbook", "xlsx")
            return openpyxl.load_workbook(io.BytesIO(data), read_only=True), data

        return read

    @staticmethod
    def sheet(book, name) -> list[dict]:
        header, *lines = book[name].iter_rows(values_only=True)
        return [dict(zip(header, line, strict=True)) for line in lines]

    def test_a_sheet_per_stage_and_one_that_tells_what_is_where(self, flowing, book, ben, member):
        vote(flowing.excluded, ben, what="exclude")
        read, _ = book()
        assert read.sheetnames == [README, *(sheet.name for sheet in SHEETS)]
        told = {line[0]: line[1:] for line in read[README].iter_rows(values_only=True) if line and line[0]}
        assert told["Review"][0] == member.review.title
        assert told["Seen by"][0] == "Ana (owner)"
        for sheet in SHEETS:
            lines = self.sheet(read, sheet.name)
            assert told[sheet.name] == (sheet.about, len(lines)), sheet.name
        early = {line["title"]: line for line in self.sheet(read, "Title and abstract")}
        assert early["Excluded on title"]["votes"] == "Ben: exclude"
        late = {line["title"]: line for line in self.sheet(read, "Full text")}
        assert set(late) == {
            "Included trial", "Second report of it", "Never retrieved", "Excluded at full text", "Only on the site",
        }  # fmt: skip
        assert late["Included trial"]["study"] == "Trial 2017"
        assert late["Excluded at full text"]["reason"] == "Wrong population"
        assert late["Never retrieved"]["retrieval"] == "Not retrieved"
        numbers = {line["number"]: line["n"] for line in self.sheet(read, "PRISMA")}
        assert numbers["Records screened"] == 5
        found = {
            line["source"]: (line["records"], line["duplicates"]) for line in self.sheet(read, "Searches")
        }
        assert found == {"MEDLINE": (4, 0), "Embase": (3, 1), "WHO site": (3, 1)}

    def test_blinded_and_the_same_bytes_also_after_it_was_asked_for(self, flowing, book, cleo, member):
        _, before = book()
        vote(flowing.waiting, cleo, what="exclude", reason=make_reason(member.review, "Secret reason", 9))
        settle(flowing.waiting, Stage.TITLE_ABSTRACT, "conflict")
        request_export(membership=member, what="workbook", extension="xlsx")
        read, after = book()
        assert after == before
        assert "Nobody voted yet" in [line["title"] for line in self.sheet(read, "Title and abstract")]
        with zipfile.ZipFile(io.BytesIO(after)) as package:
            assert {entry.date_time for entry in package.infolist()} == {(2000, 1, 1, 0, 0, 0)}

    def test_no_cell_is_a_formula(self, review, book):
        make_record(review, "=HYPERLINK(1)", authors=["+evil"], abstract="@x")
        (line,) = self.sheet(book()[0], "Records")
        assert [line[name][:1] for name in ("title", "authors", "abstract")] == ["'"] * 3

    def test_more_rows_than_a_sheet_holds_are_counted_and_said(self, flowing, book, monkeypatch):
        monkeypatch.setattr(workbooks, "LONGEST_SHEET", 4)
        monkeypatch.setattr("reporting.exports.workbook.LONGEST_SHEET", 4)
        read, _ = book()
        assert len(self.sheet(read, "Records")) == 3
        (told,) = (line for line in read[README].iter_rows(values_only=True) if line and line[0] == "Records")
        assert told[2] == 10
        assert told[1].endswith("Cut after 3 rows, which is all a sheet holds.")


@pytest.fixture
def run(review, ana, ben, work):
    """``run("All trials", ...)`` is a finished run of a new plan on three trials."""
    outcome = make_outcome(review)
    for label, mean1, mean2, n in [
        ("Ade 2001", 12.0, 15.0, 30),
        ("Bol 2005", 11.0, 14.5, 45),
        ("=Cruz", 5.0, 19.0, 25),
    ]:
        study = make_study(review, label)
        make_result(study, outcome, ben, mean1=mean1, sd1=5.0, n1=n, mean2=mean2, sd2=6.0, n2=n)

    def do(name, **settings):
        plan = analysis.write_plan(review=review, name=name, outcome=outcome, by=ana, **settings)
        found = analysis.request_run(plan=plan, by=ana)
        work()
        found.refresh_from_db()
        return found

    return do


class TestMetafor:
    def test_effects_with_what_they_come_from(self, run, member):
        done = run(name="All trials")
        text = built(member, "metafor", "csv")
        table = rows(text)
        assert text.startswith("plan,")  # R would take a mark of UTF-8 for a part of the name
        assert list(table[0])[: len(ABOUT) + len(EFFECT)] == [*ABOUT, *EFFECT]
        assert sorted(row["slab"] for row in table) == [
            "'=Cruz",
            "Ade 2001",
            "Bol 2005",
        ]  # no cell is a formula
        effects = {one["study"]: one for one in done.result["studies"]}
        for row in table:
            one = effects[row["slab"].removeprefix("'")]
            assert (float(row["yi"]), float(row["vi"])) == (one["yi"], one["vi"])
            assert float(row["sei"]) == pytest.approx(math.sqrt(one["vi"]), rel=1e-15)
            n1, n2, m1, m2 = (float(row[name]) for name in ("n1i", "n2i", "m1i", "m2i"))
            # Hedges' g from the columns (metafor: escalc(measure = "SMD"), J by the gamma function)
            df = n1 + n2 - 2
            pooled = math.sqrt(((n1 - 1) * float(row["sd1i"]) ** 2 + (n2 - 1) * float(row["sd2i"]) ** 2) / df)
            j = math.exp(math.lgamma(df / 2) - math.log(math.sqrt(df / 2)) - math.lgamma((df - 1) / 2))
            assert float(row["yi"]) == pytest.approx(j * (m1 - m2) / pooled, rel=1e-9)
        assert built(member, "metafor", "csv") == text

    def test_one_plan_or_all(self, run, member):
        first, second = run(name="All trials"), run(name="Others", test="z")
        assert {row["plan"] for row in rows(built(member, "metafor", "csv"))} == {"All trials", "Others"}
        one = rows(built(member, "metafor", "csv", plan=second.plan.slug))
        assert {row["run"] for row in one} == {str(second.pk)}
        with pytest.raises(UnknownOption, match="Choose one of: "):
            built(member, "metafor", "csv", plan="nothing")
        assert first.pk != second.pk

    def test_without_a_run_there_is_a_head(self, member):
        assert rows(built(member, "metafor", "csv")) == []


class TestRobvis:
    def test_without_assessments_it_is_said(self, member):
        with pytest.raises(UnknownOption, match="Assess risk of bias first"):
            built(member, "robvis", "csv")
        with pytest.raises(UnknownOption, match="There is nothing to choose yet"):
            built(member, "robvis", "csv", tool="rob2")

    def test_the_tool_in_use_in_its_template_and_only_what_one_may_see(self, review, ana, ben, member):
        tool = INSTRUMENTS["metapsy_rob1"]
        one = appraisal.start_assessment(study=make_study(review, "=Kim"), instrument=tool.key, assessor=ana)
        for domain in tool.domains:
            appraisal.judge(assessment=one, domain=domain.key, value="low", by=ana)
        appraisal.complete_assessment(assessment=one, by=ana)
        (row,) = rows(built(member, "robvis", "csv"))
        assert (row.pop("Study"), row.pop("Overall")) == ("'=Kim", "No information")
        assert (set(row.values()), len(row)) == ({"Low"}, len(tool.domains))
        with pytest.raises(UnknownOption, match=r"does not fit the template ROB2\. Choose one of: Generic"):
            built(member, "robvis", "csv", layout="ROB2")
        with pytest.raises(UnknownOption, match="Assess risk of bias first"):
            built(review.memberships.get(user=ben), "robvis", "csv")
