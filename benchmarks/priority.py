"""How early the model finds what belongs, set by set, beside ASReview; and how it copes with 50,000 records.

    python benchmarks/priority.py sets FOLDER --priors priors.json --out results.json
    python benchmarks/priority.py table results.json FOLDER --asreview FOLDER
    python benchmarks/priority.py chances FOLDER priors.json
    python benchmarks/priority.py large --records 50000

FOLDER holds labelled sets as CSV (record_id, title, abstract, label_included). ``--priors`` is {"SET_SEED": [id of an
included record, id of an excluded one]}; without it they are drawn with the seed. ``--asreview`` is a folder of
SET_SEED.json, each {"order": [record ids as shown], "priors": [...], "seconds", "cpu"} of
``asreview simulate SET.csv --prior-idx ROW ROW --seed 535`` (records that were not shown any more, since all
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

from screening.priority import explain, features, model, simulate, strategy
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
        labels = np.array([int(label) for label in made["label_included"]])
        began = time.process_time()
        about = features.build(made["title"], made["abstract"])
        build = time.process_time() - began
        for seed in range(options.seeds):
            key = f"{path.stem}_{seed}"
            known = (
                [place[name] for name in priors[key]] if priors else simulate.draw_priors(labels, seed=seed)
            )
            began = time.process_time()
            figures = metrics(read_until_found(about, labels, known))
            spent = build + time.process_time() - began
            done.append({"set": path.stem, "seed": seed, "records": len(labels), "cpu": spent, **figures})
            print(f"{key:42} ATD {figures['atd']:5.1f}  WSS@95 {figures['wss95']:5.1f}", file=sys.stderr)
            options.out.write_text(json.dumps(done, indent=0))


def read_until_found(about: features.Features, labels: np.ndarray, priors: list[int]) -> list[int]:
    """Labels as ``simulate`` reads them, without the priors; it learns until the last included, as ASReview does."""
    order, left = list(priors), np.ones(len(labels), dtype=bool)
    left[order] = False
    learner = simulate.Learner(about)
    learner.add(order, labels[order])
    while labels[left].any():
        rows = np.flatnonzero(left)
        best = rows[strategy.arrange(learner.decisions()[rows], rows)[: simulate.batch_size(len(order))]]
        learner.add(best, labels[best])
        order += best.tolist()
        left[best] = False
    return labels[np.r_[order[len(priors) :], np.flatnonzero(left)].astype(int)].tolist()


def chances(options: argparse.Namespace) -> None:
    """A fifth of each set read in our order: how many of the unread the scores expect, and how many there are."""
    priors = json.loads(options.priors.read_text())
    print("| set | unread | included expected | included found |")
    print("|---|---|---|---|")
    for path in sorted(options.folder.glob("*.csv")):
        made = read(path)
        place = {name: row for row, name in enumerate(made["record_id"])}
        labels = [int(label) for label in made["label_included"]]
        known = [place[name] for name in priors[f"{path.stem}_0"]]
        found = simulate.simulate(made["title"], made["abstract"], labels, priors=known, rules=False)
        rows = found.order[: len(labels) // 5]
        unread = found.order[len(rows) :]
        about = features.build(made["title"], made["abstract"])
        scores = model.fit(about, rows, np.array(labels)[rows]).scores(about)[unread]
        there = sum(labels[row] for row in unread)
        print(f"| {path.stem.replace('_', ' ')} | {len(unread)} | {scores.sum():.1f} | {there} |")


def _theirs(folder: Path, path: Path, seeds: int) -> dict[int, dict]:
    """Figures of ASReview for each seed of priors it was run with."""
    made = read(path)
    label = {name: int(said) for name, said in zip(made["record_id"], made["label_included"], strict=True)}
    found = {}
    for seed in range(seeds):
        if not (kept := folder / f"{path.stem}_{seed}.json").exists():
            continue
        said = json.loads(kept.read_text())
        shown = [name for name in said["order"] if name not in said["priors"]]
        unseen = sorted(set(label) - set(shown) - set(said["priors"]))
        figures = metrics([label[name] for name in [*shown, *unseen]])
        found[seed] = {**figures, "seconds": said["seconds"], "cpu": said.get("cpu")}
    return found


def table(options: argparse.Namespace) -> None:
    """Print a Markdown table of ours / ASReview: mean and standard deviation over the seeds that both have."""
    rows = json.loads(options.results.read_text())
    print("| set | records | included | seeds | ATD | WSS@95 | recall@10 | recall@20 | CPU s |")
    print("|---|---|---|---|---|---|---|---|---|")
    means: dict[str, list[tuple[float, float]]] = {figure: [] for figure in (*FIGURES, "cpu")}
    for path in sorted(options.folder.glob("*.csv")):
        ours = {row["seed"]: row for row in rows if row["set"] == path.stem}
        theirs = _theirs(options.asreview, path, options.seeds)
        seeds = sorted(set(ours) & set(theirs))
        if not seeds:
            continue
        first = ours[seeds[0]]
        cells = [
            path.stem.replace("_", " "),
            str(first["records"]),
            str(first["included"] + 1),
            str(len(seeds)),
        ]
        for figure, kept in means.items():
            pair = [[side[seed][figure] for seed in seeds] for side in (ours, theirs)]
            kept.append((float(np.mean(pair[0])), float(np.mean(pair[1]))))
            cells.append(" / ".join(_spread(values) for values in pair))
        print("| " + " | ".join(cells) + " |")
    whole = ["**mean**", "", "", ""]
    for figure, kept in means.items():
        one, two = np.array(kept).T
        better = one < two if figure in ("atd", "cpu") else one > two
        whole.append(f"**{one.mean():.2f} / {two.mean():.2f}**, better on {better.sum()} of {len(one)}")
    print("| " + " | ".join(whole) + " |")


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
    verb.add_argument("--seeds", type=int, default=10)
    verb.add_argument("--out", type=Path, default=Path("priority.json"))
    verb.set_defaults(do=sets)
    verb = verbs.add_parser("table")
    verb.add_argument("results", type=Path)
    verb.add_argument("folder", type=Path)
    verb.add_argument("--asreview", type=Path, required=True)
    verb.add_argument("--seeds", type=int, default=10)
    verb.set_defaults(do=table)
    verb = verbs.add_parser("chances")
    verb.add_argument("folder", type=Path)
    verb.add_argument("priors", type=Path)
    verb.set_defaults(do=chances)
    verb = verbs.add_parser("large")
    verb.add_argument("--records", type=int, default=50_000)
    verb.set_defaults(do=large)
    options = parser.parse_args()
    options.do(options)


if __name__ == "__main__":
    main()
