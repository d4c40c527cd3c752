"""The labelled sets of the literature: what is merged, missed and asked."""

import csv
from collections import Counter
from dataclasses import fields
from pathlib import Path

import pytest

from records.dedup import MERGE_THRESHOLD, DedupRecord, cluster, find_pairs
from records.formats import parse

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the labelled sets (../shared) are not here")
csv.field_size_limit(10**8)

# Least sensitivity of the automatic tier, and with a person's answers to the queue (measured: a little above).
SETS = {
    "iebh_copper": (0.99, 0.99),
    "rathbone_stroke": (0.985, 0.99),
    "rathbone_respiratory": (0.97, 0.99),
    "asysd_diabetes": (0.998, 0.995),
    "wagner_digital_work": (0.985, 0.99),
}


def load(name):
    with open(SHARED / "dedup" / f"{name}.csv", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    records = [
        DedupRecord(
            id=row["record_id"],
            title=row["title"],
            authors=[name.strip() for name in row["authors"].split(";") if name.strip()],
            year=int(row["year"][:4]) if row["year"][:4].isdigit() else None,
            **{key: row[key] for key in ("journal", "volume", "issue", "pages", "doi", "abstract")},
        )
        for row in rows
    ]
    return records, {row["record_id"]: row["true_group"] for row in rows}


def count(pairs, truth):
    """(surplus copies removed, distinct references lost) when the pairs are merged."""
    removed = lost = 0
    for group in cluster(pairs, 0):
        works = Counter(truth[item] for item in group)
        removed += sum(n - 1 for n in works.values())
        lost += len(works) - 1
    return removed, lost


@needs_shared
@pytest.mark.parametrize("name", SETS)
def test_labelled_set(name):
    records, truth = load(name)
    pairs = find_pairs(records)
    distinct = len(set(truth.values()))
    surplus = len(truth) - distinct
    automatic = [p for p in pairs if p.score >= MERGE_THRESHOLD]
    queue = [p for p in pairs if p.score < MERGE_THRESHOLD]
    removed, lost = count(automatic, truth)
    answered = automatic + [p for p in queue if truth[p.left_id] == truth[p.right_id]]
    least, least_with_queue = SETS[name]
    assert lost / distinct <= 0.0005
    assert removed / surplus >= least
    assert count(answered, truth)[0] / surplus >= least_with_queue
    assert len(queue) < 0.02 * len(records)


@needs_shared
def test_known_trials_among_the_metapsy_references():
    def read(name):
        names = [f.name for f in fields(DedupRecord) if f.name != "id"]
        return [
            DedupRecord(f"{name}:{n}", **{key: getattr(item, key) for key in names})
            for n, item in enumerate(parse(SHARED / "trd" / name))
        ]

    known, metapsy = read("known_trials.ris"), read("metapsy_references.ris")
    by_id = {record.id: record for record in known + metapsy}
    pairs = find_pairs(known, against=metapsy)
    first_authors = sorted(by_id[p.left_id].authors[0].split(",")[0] for p in pairs)
    assert first_authors == ["Heshmati", "Röhricht", "Town"]
    assert all(p.score >= MERGE_THRESHOLD for p in pairs)
    assert find_pairs(metapsy) == []
