"""How early the model finds what belongs, set by set, beside ASReview; and how it copes with 50,000 records.

    python benchmarks/priority.py sets FOLDER --priors priors.json --asreview FOLDER --out results.json
    python benchmarks/priority.py table results.json
    python benchmarks/priority.py large --records 50000

FOLDER holds labelled sets as CSV (record_id, title, abstract, label_included). ``--priors`` is {"SET_SEED": [id of an
included record, id of an excluded one]}; without it they are drawn with the seed. ``--asreview`` is a folder of
SET_SEED.json, each {"order": [record ids as shown], "priors": [...], "seconds", "cpu"} of
``asreview simulate SET.csv --prior-record-id ID ID --seed 535`` (records that were not shown any more, since all
included ones were found, are put last; they change no figure).
"""

import argparse
import csv
import json
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from screening.priority import explain, features, model, simulate
from screening.priority.metrics import metrics

FIGURES = ("atd", "wss95", "recall_at_10", "recall_at_20")


def read(path: Path) -> dict[str, list[str]]:
    csv.field_size_limit(10**9)
    with path.open(encoding="utf-8-sig", newline="") as rows:
        found = list(csv.DictReader(rows))
    return {
        name: [row.get(name) or "" for row in found]
        for name in ("record_id", "title", "abstract", "label_included")
    }


def sets(options: argparse.Namespace) -> None:
    """Simulate every set with every seed of priors; write one row of figures for each."""
    priors = json.loads(options.priors.read_text()) if options.priors else {}
    done = []
    for path in sorted(options.folder.glob("*.csv")):
        made = read(path)
        place = {name: row for row, name in enumerate(made["record_id"])}
        labels = [int(label) for label in made["label_included"]]
        for seed in range(options.seeds):
            key = f"{path.stem}_{seed}"
            known = [place[name] for name in priors[key]] if priors else None
            began = time.process_time()
            found = simulate.simulate(
                made["title"], made["abstract"], labels, seed=seed, priors=known, rules=False
            )
            row = {"set": path.stem, "seed": seed, "records": len(labels), "cpu": time.process_time() - began}
            row |= {"seconds": found.seconds, "ours": found.metrics}
            row["asreview"] = _theirs(options.asreview, key, made["record_id"], labels)
            done.append(row)
            print(
                f"{key:42} ATD {row['ours']['atd']:5.1f}  WSS@95 {row['ours']['wss95']:5.1f}"
                f"  {row['cpu']:.1f} s"
                + (
                    f"   ASReview {row['asreview']['atd']:5.1f} {row['asreview']['wss95']:5.1f}"
                    if row["asreview"]
                    else ""
                ),
                file=sys.stderr,
            )
    options.out.write_text(json.dumps(done, indent=0))


def _theirs(folder: Path | None, key: str, ids: list[str], labels: list[int]) -> dict | None:
    if folder is None or not (folder / f"{key}.json").exists():
        return None
    said = json.loads((folder / f"{key}.json").read_text())
    label = dict(zip(ids, labels, strict=True))
    shown = [name for name in said["order"] if name not in said["priors"]]
    unseen = set(ids) - set(shown) - set(said["priors"])
    figures = metrics([label[name] for name in shown] + [label[name] for name in sorted(unseen)])
    return {**figures, "seconds": said["seconds"], "cpu": said.get("cpu")}


def table(options: argparse.Namespace) -> None:
    """Print a Markdown table: mean and standard deviation over seeds, ours / ASReview, and who is ahead."""
    rows = json.loads(options.results.read_text())
    names = sorted({row["set"] for row in rows})
    print("| set | records | included | ATD | WSS@95 | recall@10 | recall@20 | CPU s |")
    print("|---|---|---|---|---|---|---|---|")
    means: dict[str, list[list[float]]] = {}
    for name in names:
        mine = [row for row in rows if row["set"] == name and (row["asreview"] or not options.paired)]
        if not mine:
            continue
        cells = [name.replace("_", " "), str(mine[0]["records"]), str(mine[0]["ours"]["included"] + 1)]
        for figure in FIGURES:
            ours = [row["ours"][figure] for row in mine]
            theirs = [row["asreview"][figure] for row in mine if row["asreview"]]
            cells.append(f"{_spread(ours)}" + (f" / {_spread(theirs)}" if theirs else ""))
            means.setdefault(figure, []).append([np.mean(ours), np.mean(theirs) if theirs else np.nan])
        cpu = [row["cpu"] for row in mine]
        other = [row["asreview"]["cpu"] for row in mine if row["asreview"]]
        cells.append(f"{np.mean(cpu):.1f}" + (f" / {np.mean(other):.1f}" if other else ""))
        print("| " + " | ".join(cells) + " |")
    whole = ["**mean**", "", ""]
    for figure in FIGURES:
        ours, theirs = np.array(means[figure]).T
        better = ours < theirs if figure == "atd" else ours > theirs
        whole.append(f"**{ours.mean():.2f} / {theirs.mean():.2f}**; better on {better.sum()} of {len(ours)}")
    print("| " + " | ".join([*whole, ""]) + " |")


def _spread(values: list[float]) -> str:
    return f"{np.mean(values):.1f} ± {np.std(values, ddof=1):.1f}" if len(values) > 1 else f"{values[0]:.1f}"


def large(options: argparse.Namespace) -> None:
    """Time and memory of a large review of invented words: Zipf's law, so that most pairs of words occur once."""
    rng = np.random.default_rng(7)
    titles, abstracts = [], []
    for _ in range(options.records):
        drawn = [f"w{word}" for word in np.minimum(rng.zipf(1.25, 240), 10**6).tolist()]
        titles.append(" ".join(drawn[:14]))
        abstracts.append(" ".join(drawn[14:]))
    print(f"texts: {_memory():.0f} MB")
    began = time.process_time()
    made = features.build(titles, abstracts)
    print(
        f"build: {time.process_time() - began:.1f} s, {_memory():.0f} MB at most; {made.matrix.shape}, ",
        end="",
    )
    print(f"{made.matrix.nnz} weights")
    labels = (rng.random(options.records) < 0.03).astype(int)
    for size in (100, 1000, 5000, 20_000):
        if size > options.records:
            break
        rows = rng.choice(options.records, size, replace=False)
        began = time.process_time()
        learned = model.fit(made, rows, labels[rows])
        fitted = time.process_time()
        learned.scores(made)
        scored = time.process_time()
        explain.explain(learned, made, 5)
        print(
            f"{size} labelled: fit {fitted - began:.2f} s, score {scored - fitted:.2f} s, "
            f"explain {1000 * (time.process_time() - scored):.1f} ms; {_memory():.0f} MB at most"
        )


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    verb = verbs.add_parser("sets")
    verb.add_argument("folder", type=Path)
    verb.add_argument("--priors", type=Path)
    verb.add_argument("--asreview", type=Path)
    verb.add_argument("--seeds", type=int, default=10)
    verb.add_argument("--out", type=Path, default=Path("priority.json"))
    verb.set_defaults(do=sets)
    verb = verbs.add_parser("table")
    verb.add_argument("results", type=Path)
    verb.add_argument("--paired", action="store_true", help="only seeds that ASReview has, too")
    verb.set_defaults(do=table)
    verb = verbs.add_parser("large")
    verb.add_argument("--records", type=int, default=50_000)
    verb.set_defaults(do=large)
    options = parser.parse_args()
    options.do(options)


if __name__ == "__main__":
    main()
