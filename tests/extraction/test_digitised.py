"""Digitised figures: the layouts of the files, pixels to units, and values taken over with where they are from."""

import json
import random

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from extraction.digitised import Axis, NotAnAxis, NotPoints, Point, doubts, read_points
from extraction.digitised_plot import plot
from extraction.models import DigitisedFigure, Result, Source
from extraction.services.digitised import BadPoints, add_figure, cite_figure, scale_figure
from reviews.errors import Conflict, Refused
from tests.extraction.conftest import MEANS
from tests.factories import make_arms, make_study

WPD = "CBT,,Usual care,\nX,Y,X,Y\n0,201.5,0,199\n8,300.25,8,240\n,,12,255\n"


def triples(text: str) -> list[tuple]:
    return [(point.series, point.x, point.y) for point in read_points("fig.csv", text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (WPD, [("CBT", 0, 201.5), ("CBT", 8, 300.25), ("Usual care", 0, 199), ("Usual care", 8, 240),
               ("Usual care", 12, 255)]),
        ("Default Dataset,\nX,Y\n0.1,2e-1\n", [("Default Dataset", 0.1, 0.2)]),
        ("X,Y\n0.1,0.2\n", [("", 0.1, 0.2)]),
        ("\ufeff1, 2\r\n3, 4\r\n\r\n", [("", 1, 2), ("", 3, 4)]),
        ("X;Y\n1,5;2,25\n", [("", 1.5, 2.25)]),
        ("series,x,y\nA,1,2\nB,3,4\n", [("A", 1, 2), ("B", 3, 4)]),
        ("week\tCBT\tUC\n0\t20\t21\n8\t12\t\n", [("CBT", 0, 20), ("CBT", 8, 12), ("UC", 0, 21)]),
        ("Bar0,12.3\nBar1,4.5\n", [("Bar0", 1, 12.3), ("Bar1", 2, 4.5)]),
        ("X,Y,X,Y\n1,2,3,4\n", [("", 1, 2), ("", 3, 4)]),
    ],
    ids=["datasets", "one dataset", "header", "plain", "decimal comma", "long", "wide", "bars", "no names"],
)  # fmt: skip
def test_the_layouts_of_digitisers_are_read(text, expected):
    assert triples(text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("X,Y\n", "has no points"),
        ("X,Y\n1,2\n3,here\n", "line 3: '3' and 'here' are not two numbers"),
        ("1,2\n3,nan\n", "line 2: '3' and 'nan' are not numbers"),
        ("Bar0,12\nBar1,tall\n", "line 2: 'tall' is not a number"),
        ("1,2\n" * 5001, "5,001 points"),
    ],
)
def test_what_is_no_list_of_points_says_where(text, says):
    with pytest.raises(NotPoints, match=says):
        read_points("fig.csv", text)


def test_an_axis_goes_through_its_two_marks():
    chance = random.Random(1)
    for _ in range(300):
        p1, p2, v1, v2 = (round(chance.uniform(-1e6, 1e6), chance.randrange(4)) for _ in range(4))
        axis = Axis.through((p1, v1), (p2, v2))
        span = max(abs(v1), abs(v2), abs(axis.factor * p1), 1)
        assert axis.value(p1) == pytest.approx(v1, abs=1e-9 * span)
        assert axis.value(p2) == pytest.approx(v2, abs=1e-9 * span)
        assert Axis.read(json.loads(json.dumps(axis.write()))) == axis
    for same in ((5, 1, 5, 2), (5, 1, 6, 1)):
        with pytest.raises(NotAnAxis):
            Axis.through(same[:2], same[2:])


def test_a_logarithmic_axis():
    axis = Axis.through((100, 0.1), (300, 10), log=True)
    assert axis.value(200) == pytest.approx(1)
    with pytest.raises(NotAnAxis, match="above 0"):
        Axis.through((100, 0), (300, 10), log=True)


def test_doubts_about_marks_and_direction():
    y = Axis.through((410, 0), (390, 2))
    said = doubts([Point("", 0, 400), Point("", 1, 95)], Axis(), y)
    assert "beyond the two reference points of the y axis" in said[0]
    assert "close together" in said[1]
    assert doubts([Point("", 0, 400), Point("", 1, 395)], Axis(), y) == []


def test_every_picture_of_points_stays_on_its_paper():
    chance = random.Random(2)
    for size in (1, 1, 2, 5, 40):
        for scale in (1e-6, 1, 1e9):
            rows = [
                Point(chance.choice("ABCDEFGH"), chance.gauss(0, scale), chance.uniform(0, scale))
                for _ in range(size)
            ]
            figure = plot(rows, Axis(), Axis(), title="Figure 2")
            for shape in figure.walk():
                for name, most in (("x", figure.width), ("y", figure.height)):
                    assert -1 <= getattr(shape, name, 0) <= most + 1


@pytest.fixture
def figure(study, ben):
    return add_figure(study=study, name="Figure 2", file_name="f.csv", data=WPD.encode(), by=ben)


@pytest.mark.django_db
def test_a_bad_file_and_a_strange_report_are_refused(study, review, ben):
    for wrong in ({"data": b"a,b\n"}, {"data": b"\x00"}, {"name": " "}):
        with pytest.raises(Refused):
            add_figure(
                **{"study": study, "name": "F", "file_name": "f.csv", "data": b"1,2\n", "by": ben} | wrong
            )
    assert not DigitisedFigure.objects.exists()


@pytest.mark.django_db
def test_scaling_overwrites_nothing_that_was_not_seen(figure, ben, cleo):
    y = Axis.through((410, 0), (95, 30), unit="points")
    scale_figure(figure=figure, x=Axis(), y=y, by=ben, seen={})
    with pytest.raises(Conflict):
        scale_figure(figure=figure, x=Axis(), y=Axis(), by=cleo, seen={})
    with pytest.raises(BadPoints, match="other than 0"):
        scale_figure(figure=figure, x=Axis(factor=0), y=y, by=ben)


@pytest.mark.django_db
def test_values_become_a_result_that_says_where_they_are_from(as_user, figure, study, outcome, ben):
    client, page = as_user(ben), f"/reviews/trd/extraction/figures/{figure.pk}/"
    marks = {
        "x_way": "plain",
        "y_way": "points",
        "y_p1": 410,
        "y_v1": 0,
        "y_p2": 95,
        "y_v2": 30,
        "seen": "{}",
    }
    assert client.post(f"{page}scale/", marks | {"y_v2": ""}).status_code == 422
    client.post(f"{page}scale/", marks | {"y_unit": "points"})
    shown = client.get(page).content.decode()
    assert "10.452" in shown
    assert "<svg" in shown
    assert " style=" not in shown
    choice = {"outcome": outcome.pk, "kind": "means", "use-2": "mean1", "use-4": "mean2"}
    assert client.post(f"{page}take/", choice | {"use-3": "mean1"}).status_code == 422
    assert client.post(f"{page}take/", {"outcome": outcome.pk, "kind": "means"}).status_code == 422
    form = client.post(f"{page}take/", choice)["Location"]
    opened = client.get(form).content.decode()
    assert 'value="10.452"' in opened
    assert "Digitised from Figure 2 (f.csv)." in opened
    arms = list(study.arms.order_by("pk"))
    typed = MEANS | {"mean1": "10.452", "mean2": "16", "outcome": outcome.pk, "derived": "on"}
    typed |= {
        "basis": "Digitised from Figure 2 (f.csv).",
        "experimental": arms[0].pk,
        "comparator": arms[1].pk,
    }
    answer = client.post(form, typed)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    result = Result.objects.get()
    assert (result.mean1, result.derived) == (10.452, True)
    source = Source.objects.get()  # the other value was changed by hand, so the figure is not its source
    assert (source.result, source.field, source.locator) == (result, "mean1", "Figure 2, digitised")


@pytest.mark.django_db
def test_a_figure_is_cited_for_results_of_its_study_only(figure, record, review, outcome, ben):
    other = make_study(review)
    make_arms(other)
    with pytest.raises(Refused, match="not of this study"):
        cite_figure(result=record(ben, on=other), figure=figure, fields=["mean1"], by=ben)


@pytest.mark.django_db
def test_for_programs_and_the_shell(as_user, study, record, ben, tmp_path, capsys):
    client, base = as_user(ben), "/api/reviews/trd/digitised-figures/"
    file = SimpleUploadedFile("f.csv", WPD.encode())
    made = client.post(base, {"study": study.pk, "name": "Figure 2", "file": file}).json()
    assert len(made["points"]) == 5
    scale = {"x": {}, "y": {"references": [[410, 0], [95, 30]], "unit": "points"}}
    one = f"{base}{made['id']}/"
    scaled = client.post(f"{one}scale/", scale, content_type="application/json").json()
    assert scaled["in_units"][1]["y"] == pytest.approx(10.4524, abs=1e-4)
    wrong = client.post(f"{one}scale/", {"x": {}, "y": {"factor": 0}}, content_type="application/json")
    assert wrong.status_code == 400
    result = record(ben)
    cited = client.post(
        f"{one}cite/", {"result": result.pk, "fields": ["mean1"]}, content_type="application/json"
    )
    assert cited.status_code == 201
    path = tmp_path / "g.csv"
    path.write_text("1,2\n3,4\n")
    call_command(
        "digitise", str(path), "--review", "trd", "--by", ben.email, "--study", study.label,
        "--name", "Figure 3", "--y-line", "2", "1",
        "--cite", str(result.pk), "--fields", "sd1", "--json",
    )  # fmt: skip
    printed = json.loads(capsys.readouterr().out)
    assert [point["y"] for point in printed["in_units"]] == [5, 9]
    assert set(result.sources.values_list("field", "locator")) == {
        ("mean1", "Figure 2, digitised"),
        ("sd1", "Figure 3, digitised"),
    }
    assert client.get(reverse("extraction:figures", args=["trd", study.pk])).status_code == 200
    assert client.delete(one).status_code == 204
