"""Work grows with the records, groups of any size stay free of contradictions, and later imports cost what is new."""

import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from records.dedup import MERGE_THRESHOLD, DedupRecord, Partition, cluster, find_pairs, prepare
from records.dedup.block import candidate_pairs
from records.dedup.normalise import Prepared
from records.dedup.score import Pair
from records.dedup.settle import settle

WORDS = [
    a + b
    for a in ("ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "zu")
    for b in ("ban", "der", "fin", "gol")
]


def invented(number, seed=1):
    """`number` references of unlike titles."""
    rng = random.Random(seed)
    return [
        DedupRecord(
            id=f"r{n:05}",
            title=" ".join(rng.choices(WORDS, k=9)),
            authors=[f"{rng.choice(WORDS).title()}{rng.choice(WORDS)}, {rng.choice('ABCDE')}."],
            year=rng.randint(1990, 2020),
            journal=f"Journal of {rng.choice(WORDS)}",
            volume=str(rng.randint(1, 60)),
            pages=f"{rng.randint(2, 900)}-{rng.randint(901, 999)}",
        )
        for n in range(number)
    ]


def test_comparisons_grow_with_the_records():
    def compared(number):
        return sum(1 for _ in candidate_pairs([prepare(record) for record in invented(number)]))

    assert compared(6000) < 3 * compared(3000) + 100


def test_a_group_of_a_thousand_copies():
    copies = [replace(invented(1)[0], id=f"c{n:04}") for n in range(1000)]
    (group,) = cluster(find_pairs(copies), MERGE_THRESHOLD)
    assert len(group) == 1000


def test_a_large_group_keeps_out_what_contradicts_it():
    """A record without DOI and pages links two works; however large their groups, they stay two."""
    work = replace(
        invented(1)[0], issue="3", title="Exercise for fatigue in multiple sclerosis: a randomised trial"
    )
    first = [replace(work, id=f"a{n:03}", doi="10.1/first", pages="1-10", issue="1") for n in range(150)]
    second = [replace(work, id=f"b{n:03}", doi="10.1/second", pages="401-410") for n in range(150)]
    link = replace(work, id="link", doi="", pages="", issue="")
    groups = cluster(find_pairs([*first, *second, link]), MERGE_THRESHOLD)
    assert sorted(map(len, groups)) == [150, 151]


def test_different_records_beyond_the_first_of_a_group_are_looked_at_too():
    """Members 2, 3, ... of a group speak too: here the fourth has another DOI."""
    base = prepare(
        replace(invented(1)[0], title="Exercise for fatigue in multiple sclerosis", pages="", doi="")
    )
    work = [replace_prepared(base, id=name) for name in "abcde"]
    work[3] = replace_prepared(base, id="d", doi="10.1/one")
    work[4] = replace_prepared(base, id="e", doi="10.1/two", volume="")
    pairs = [Pair(a, b, score, "", ()) for a, b, score in
             (("a", "b", 0.99), ("b", "c", 0.985), ("c", "d", 0.98), ("a", "e", 0.97))]  # fmt: skip
    kept = settle(pairs, {record.id: record for record in work}, MERGE_THRESHOLD, Partition())
    assert [pair.score for pair in kept] == [0.99, 0.985, 0.98, 0.94]
    assert "contradict" in kept[-1].reasons[-1]


def replace_prepared(record: Prepared, **values) -> Prepared:
    return replace(record, **values)


def test_new_records_against_earlier_ones_find_what_all_together_find():
    """Pairs among the earlier ones apart; and prepared records give the same answer as records."""
    earlier = invented(400)
    new = [
        replace(record, id=f"n{record.id}", pages="", authors=[*record.authors, "Else, E."])
        for record in earlier[::10]
    ] + [replace(record, id=f"x{record.id}") for record in invented(50, seed=2)]
    together = {(p.left_id, p.right_id, p.score) for p in find_pairs([*earlier, *new])}
    found = find_pairs(new, against=earlier)
    assert {(p.left_id, p.right_id, p.score) for p in found} == together
    assert len(found) == 40
    assert find_pairs(map(prepare, new), against=(prepare(record) for record in earlier)) == found


def test_only_pairs_with_a_new_record_are_compared():
    earlier = [replace(record, id=f"{record.id}{n}") for record in invented(300) for n in "ab"]
    assert find_pairs(invented(3, seed=9), against=earlier) == []
    prepared = [prepare(record) for record in [*earlier, *invented(3, seed=9)]]
    assert all(j >= len(earlier) for _, j in candidate_pairs(prepared, len(earlier)))


def test_what_is_found_does_not_hang_on_the_hashing_of_strings(tmp_path):
    """Keys are hashed, and Python hashes strings anew in every process."""
    script = tmp_path / "pairs.py"
    script.write_text(
        "from records.dedup import DedupRecord, find_pairs\n"
        "made = [DedupRecord(n, f'Trial of {w} in {v}', ['A B'], 2000 + n % 3) for n, (w, v) in enumerate(\n"
        "    (w, v) for w in ('zinc', 'zincs', 'iron', 'irons') for v in ('adults', 'adult', 'men', 'women'))]\n"
        "print(find_pairs(made, review=0.2))\n"
    )
    said = {
        subprocess.run(
            [sys.executable, str(script)],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[3])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1
    assert "Pair(" in said.pop()
