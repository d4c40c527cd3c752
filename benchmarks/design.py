"""How well the filter for randomised trials does: python -m benchmarks.design [SHARED]

Writes benchmarks/design.md. SHARED is the folder with `data/screening` and `data/import` (default ../shared).
"""

import csv
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from records import formats
from screening.priority.design import RULES, SHORTEST_ABSTRACT, decide
from screening.record_types import types_in

HERE = Path(__file__).parent
#: Sets of reviews of drugs, for which nearly everything included is a randomised trial.
TRIALS_WANTED = "Cohen_2006_"
INTRO = """# The filter for randomised trials, measured

`python -m benchmarks.design` writes this file. Sensitivity is the share of trials that stay; what goes is the
share of all other records that a filter takes out of screening. Intervals are exact (Clopper and Pearson).
Published for the sensitive filter, in MEDLINE with its index: 96 % of 27,617 trials (Glanville et al. 2020, J
Med Libr Assoc 108:556).

"""
BY_TYPE = """## Against MEDLINE's publication types

{all} records with abstract and MeSH headings from sample files of PubMed and Ovid, {trials} of type
Randomized Controlled Trial. The filter is shown title, abstract and headings, not the type (with it no trial
of that type goes).
"""
BY_REVIEW = """## Against what reviews included

Titles and abstracts of published, labelled reviews; no publication types. The reviews of drugs (Cohen 2006)
sought controlled trials, but included other studies, too, so a lost include is not always a trial. Of those
that `widest` would lose there we read 14, drawn at random: by their abstracts all are observational studies,
uncontrolled series and narrative reviews. So a team that includes anything but trials (for harms, say) must
not use the filter. The other sets did not seek trials: they show what such a filter does where it does not
belong. *Kept* is the share of includes that stay, *go* the share of all records.
"""


def main() -> None:
    shared = Path(sys.argv[1] if len(sys.argv) > 1 else HERE.parent.parent / "shared") / "data"
    indexed = list(indexed_records(shared / "import"))
    text = INTRO + by_publication_type(indexed) + by_review(shared / "screening")
    (HERE / "design.md").write_text(text)
    print(text)


def indexed_records(folder: Path) -> Iterator[formats.ParsedRecord]:
    """Records that MEDLINE indexed (they have MeSH headings), with a publication type and an abstract, once each."""
    seen = set()
    files = [*folder.glob("medline_nbib/*"), *folder.glob("pubmed_xml/*"), *folder.glob("ovid_tagged/*")]
    for path in sorted(files):
        try:
            found = list(formats.parse(path))
        except formats.UnreadableFile:  # some of the samples are damaged on purpose
            continue
        for record in found:
            if not isinstance(record, formats.ParsedRecord) or len(record.abstract) < SHORTEST_ABSTRACT:
                continue
            headings = {word.casefold().strip("*") for word in record.keywords}
            if not types_in(record.extra) or not headings & {"humans", "animals"}:
                continue
            if record.title not in seen:
                seen.add(record.title)
                yield record


def by_publication_type(records: list[formats.ParsedRecord]) -> str:
    """Against MEDLINE's own publication type, which the filter is not shown here."""
    trials = [r for r in records if is_trial(r)]
    others = [r for r in records if not is_trial(r)]
    lines = [
        BY_TYPE.format(all=len(records), trials=len(trials)),
        "| filter | trials kept | sensitivity | others that go |",
        "|---|---|---|---|",
    ]
    for rule in RULES:
        kept = [stays(r, rule) for r in trials]
        gone = [not stays(r, rule) for r in others]
        share = interval(sum(kept), len(kept))
        lines.append(f"| {rule} | {sum(kept)} of {len(kept)} | {share} | {percent(sum(gone), len(gone))} |")
    lost = [r.title for r in trials if not stays(r, "sensitive")]
    lines.append(
        "\nTrials that `sensitive` would lose without their type: " + ("; ".join(lost) or "none") + ".\n"
    )
    return "\n".join(lines) + "\n"


def by_review(folder: Path) -> str:
    """Against what reviews of drugs included at the end, by titles and abstracts alone."""
    rows = {path.stem: list(csv.DictReader(path.open(newline=""))) for path in sorted(folder.glob("*.csv"))}
    lines = [
        BY_REVIEW,
        "| set | N | included | no abstract | " + " | ".join(f"{r}: kept | {r}: go" for r in RULES) + " |",
        "|---|---|---|---|" + "---|---|" * len(RULES),
    ]
    pooled: dict[str, Counter] = {rule: Counter() for rule in RULES}
    seconds, judged = 0.0, 0
    for name, records in sorted(
        rows.items(), key=lambda item: (not item[0].startswith(TRIALS_WANTED), item[0])
    ):
        included = [r for r in records if r["label_included"] == "1"]
        bare = sum(len(r["abstract"]) < SHORTEST_ABSTRACT for r in records)
        cells = []
        for rule in RULES:
            start = time.process_time()
            gone = {r["record_id"] for r in records if not decide(r["title"], r["abstract"], rule=rule).stays}
            seconds, judged = seconds + time.process_time() - start, judged + len(records)
            kept = sum(r["record_id"] not in gone for r in included)
            cells += [f"{kept} of {len(included)}", percent(len(gone), len(records))]
            if name.startswith(TRIALS_WANTED):
                pooled[rule] += Counter(kept=kept, included=len(included), gone=len(gone), all=len(records))
        lines.append(f"| {name} | {len(records)} | {len(included)} | {bare} | " + " | ".join(cells) + " |")
    lines.append(
        "\nThe reviews of drugs together:\n\n| filter | includes kept | records that go |\n|---|---|---|"
    )
    for rule, sums in pooled.items():
        share = interval(sums["kept"], sums["included"])
        lines.append(
            f"| {rule} | {sums['kept']} of {sums['included']}: {share} | {percent(sums['gone'], sums['all'])} |"
        )
    lines.append(f"\n{judged / seconds:,.0f} records a second on one core.\n")
    return "\n".join(lines)


def is_trial(record: formats.ParsedRecord) -> bool:
    return any(each.casefold() == "randomized controlled trial" for each in types_in(record.extra))


def stays(record: formats.ParsedRecord, rule: str) -> bool:
    return decide(record.title, record.abstract, keywords=record.keywords, rule=rule).stays


def interval(part: int, whole: int) -> str:
    from scipy.special import betaincinv

    low = betaincinv(part, whole - part + 1, 0.025) if part else 0.0
    high = betaincinv(part + 1, whole - part, 0.975) if part < whole else 1.0
    return f"{100 * part / whole:.1f} % ({100 * low:.1f} to {100 * high:.1f})" if whole else "none"


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "none"


if __name__ == "__main__":
    main()
