"""Figures of an order, by hand and against those that another program's orders were published with."""

import csv
import re
from pathlib import Path

import pytest

from screening.priority.metrics import metrics, recall_curve

SETS = Path(__file__).resolve().parents[4] / "shared/data/screening"
COLUMNS = ("recall_at_10", "recall_at_20", "n95", "wss95", "n100", "atd")


def test_a_small_order_by_hand():
    """Ten records, included at places 1, 2 and 6: ceil(0.95 x 3) = 3 are found after 6."""
    assert metrics([1, 1, 0, 0, 0, 1, 0, 0, 0, 0]) == {
        "n": 10,
        "included": 3,
        "wss95": pytest.approx(35.0),
        "wss100": pytest.approx(40.0),
        "recall_at_10": pytest.approx(100 / 3),
        "recall_at_20": pytest.approx(200 / 3),
        "n95": 6,
        "n100": 6,
        "atd": pytest.approx(30.0),
    }


def test_shares_of_records_are_rounded_up():
    """Of 11 records a tenth is 2, not 1; of 30 it is 3, not 4 (0.1 x 30 is above 3 for a computer)."""
    assert metrics([0, 1] + [0] * 9)["recall_at_10"] == 100
    assert metrics([0, 0, 0, 1] + [0] * 26)["recall_at_10"] == 0
    assert metrics([0, 0, 1] + [0] * 27)["recall_at_10"] == 100


def test_the_share_of_included_is_rounded_up():
    """Of 20 included 19 are 95 %, of 21 it takes 20."""
    assert metrics([1] * 19 + [0] * 80 + [1])["n95"] == 19
    assert metrics([1] * 19 + [0] * 79 + [1, 1])["n95"] == 99


def test_the_worst_order_saves_less_than_nothing():
    assert metrics([0] * 99 + [1])["wss95"] == pytest.approx(-5)


def test_nothing_included_has_no_figures():
    figures = metrics([0, 0, 0])
    assert (figures["n"], figures["included"], figures["wss95"], figures["atd"]) == (3, 0, None, None)


def test_a_label_is_0_or_1():
    with pytest.raises(ValueError, match=r"1 \(included\) or 0 \(excluded\), not 2"):
        metrics([0, 2])


def test_recall_curve_counts_what_is_found():
    assert recall_curve([0, 1, 1, 0]) == [0, 0, 1, 2, 2]


def _published() -> dict[str, list[float]]:
    rows = re.findall(r"^\| (\w[\w-]*) \| tune \|(.*)$", (SETS / "README.md").read_text(), re.MULTILINE)
    found = {}
    for name, rest in rows:
        n, _, ten, twenty, n95, wss, n100, atd, *_ = (cell.strip() for cell in rest.split("|"))
        found[name] = [float(cell) for cell in (n, ten, twenty, n95, wss, n100, atd)]
    return found


@pytest.mark.skipif(not (SETS / "order").is_dir(), reason="the published orders are not beside this folder")
def test_the_figures_of_published_orders_are_found_again():
    """Percentages with one decimal; the mean place was rounded twice, hence 0.06."""
    published = _published()
    assert len(published) >= 15
    for name, (total, *expected) in published.items():
        with (SETS / f"order/{name}__535.csv").open(newline="") as file:
            labels = [int(row["label"]) for row in csv.DictReader(file) if row["prior"] == "0"]
        labels += [0] * (int(total) - 2 - len(labels))  # the orders end at the last included record
        figures = metrics(labels)
        assert [figures[column] for column in COLUMNS] == pytest.approx(expected, abs=0.06), name
