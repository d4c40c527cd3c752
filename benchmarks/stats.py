"""Times the statistics engine beside R metafor, PyMARE, statsmodels and PyMetaAnalysis, and writes stats.md.

    python benchmarks/stats.py                        # everything: about four minutes on a quiet machine
    python benchmarks/stats.py --peers FOLDER         # keep (or take up again) the environment of the Python peers

The peers are installed by pip into a virtual environment of their own, which is thrown away unless --peers names a
place for it; metafor is called through `Rscript` where there is one. Every tool is a process of its own with one
BLAS thread, gets the same numbers, and reports CPU seconds (user and system) of the work alone, after imports: the
least of several repetitions. Long loops are shortened for the slow tools and multiplied up; the table says so. The
tools take turns, so that a busy machine slows all of them."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

PEERS = ("pymare==0.0.13", "statsmodels==0.15.0", "PyMetaAnalysis==0.9.0")
ENVIRONMENT = os.environ | dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
OURS, METAFOR = "this engine", "metafor"
ROWS = {
    "one": "one REML + Knapp-Hartung fit, k = 13",
    "many": "10,000 such fits, k = 20",
    "large": "one REML + Knapp-Hartung fit, k = 10,000",
    "permutations": "1,000 permutations (signs), k = 13, REML",
    "moderator": "1,000 permutations of a moderator, k = 13, REML",
    "gosh": "GOSH, all 8,191 subsets of k = 13, REML",
    "leave_one_out": "leave-one-out, k = 13, REML",
    "influence": "case diagnostics, k = 13, REML",
    "regress": "meta-regression, k = 13, one moderator, REML",
    "import": "import",
}
#: Log risk ratios and variances of the 13 BCG trials (Colditz et al. 1994), and their absolute latitude.
BCG = {
    "ai": [4, 6, 3, 62, 33, 180, 8, 505, 29, 17, 186, 5, 27],
    "n1i": [123, 306, 231, 13598, 5069, 1541, 2545, 88391, 7499, 1716, 50634, 2498, 16913],
    "ci": [11, 29, 11, 248, 47, 372, 10, 499, 45, 65, 141, 3, 29],
    "n2i": [139, 303, 220, 12867, 5808, 1451, 629, 88391, 7277, 1665, 27338, 2341, 17854],
}
LATITUDE = [44, 55, 42, 52, 13, 44, 19, 13, 27, 42, 18, 33, 33]


def make_data(folder: Path) -> None:
    """The numbers that every tool gets: one.csv (k = 13), many.csv (10,000 x 20), large.csv (k = 10,000)."""
    from analysis import stats

    generator = np.random.default_rng(20)
    effects = stats.effect_sizes("RR", **BCG)
    many_v = generator.gamma(2.0, 0.05, (10_000, 20)) + 0.01
    many_y = generator.normal(0.3, np.sqrt(many_v + 0.05))
    large_v = generator.gamma(2.0, 0.05, 10_000) + 0.01
    large_y = generator.normal(0.3, np.sqrt(large_v + 0.05))
    tables = {
        "one": np.column_stack((effects.yi, effects.vi, LATITUDE)),
        "many": np.concatenate((many_y, many_v), axis=1),
        "large": np.column_stack((large_y, large_v)),
    }
    for name, table in tables.items():
        np.savetxt(folder / f"{name}.csv", table, delimiter=",", fmt="%.17g")


def least(work: Callable[[], object], *, times: int = 1, rounds: int = 5) -> float:
    """CPU seconds of one call: the least of `rounds` averages over `times` calls."""
    work()
    best = float("inf")
    for _ in range(rounds):
        begun = time.process_time()
        for _ in range(times):
            work()
        best = min(best, (time.process_time() - begun) / times)
    return best


def ours(folder: Path) -> dict[str, object]:
    """Seconds per row of the table, and what was found, for the comparison of results."""
    from analysis import stats

    one, many, large = (np.loadtxt(folder / f"{n}.csv", delimiter=",") for n in ("one", "many", "large"))
    small = stats.effect_sizes("GEN", yi=one[:, 0], vi=one[:, 1])
    big = stats.effect_sizes("GEN", yi=large[:, 0], vi=large[:, 1])
    y, v, latitude = many[:, :20], many[:, 20:], {"latitude": one[:, 2]}
    pooled, batch = stats.pool(small, test="knha"), stats.fit_many(y, v, test="knha")
    found = {
        "one": [pooled.tau2, pooled.se],
        "many": [batch.tau2[:100].tolist(), batch.se[:100].tolist()],
        "large": [stats.pool(big, test="knha").tau2],
        "gosh": stats.gosh(small).tau2.tolist(),
    }
    seconds = {
        "one": least(lambda: stats.pool(small, test="knha"), times=500, rounds=9),
        "many": least(lambda: stats.fit_many(y, v, test="knha"), rounds=7),
        "large": least(lambda: stats.pool(big, test="knha"), times=20, rounds=7),
        "permutations": least(lambda: stats.permutation_test(small, exact=False), times=10, rounds=7),
        "moderator": least(lambda: stats.permutation_test(small, latitude, exact=False), times=5, rounds=7),
        "gosh": least(lambda: stats.gosh(small), rounds=7),
        "leave_one_out": least(lambda: stats.leave_one_out(small), times=20),
        "influence": least(lambda: stats.influence(small), times=20),
        "regress": least(lambda: stats.regress(small, latitude), times=50),
    }
    return {"tools": {OURS: seconds}, "found": {OURS: found}, "versions": {"numpy": np.__version__}}


def import_seconds(python: str, statement: str) -> float:
    """CPU seconds of an import in a fresh process, the least of three."""
    code = f"import time; t = time.process_time(); {statement}; print(time.process_time() - t)"
    run = [python, "-c", code]
    return min(
        float(subprocess.run(run, cwd=HERE.parent, env=ENVIRONMENT, capture_output=True, check=True).stdout)
        for _ in range(3)
    )


def run_tool(command: list[str]) -> dict[str, dict]:
    """The JSON that a tool's script prints last; what it says goes to this terminal."""
    done = subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        print(f"{' '.join(command[:2])} failed; its rows are left out", file=sys.stderr)
        return {"tools": {}, "found": {}, "versions": {}}
    return json.loads(done.stdout.strip().splitlines()[-1])


def peers_python(folder: Path) -> str:
    """The interpreter of the peers' environment, which is made when it is not there."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *PEERS], check=True)
    return str(python)


def merge(results: list[dict[str, dict]]) -> dict[str, dict]:
    """The least seconds of every tool and row."""
    merged: dict[str, dict] = {"tools": {}, "found": {}, "versions": {}}
    for result in results:
        for tool, seconds in result["tools"].items():
            best = merged["tools"].setdefault(tool, {})
            for row, value in seconds.items():
                best[row] = min(value, best.get(row, value))
        merged["found"] |= result["found"]
        merged["versions"] |= result["versions"]
    return merged


def number(seconds: float | None) -> str:
    """Two significant digits, in seconds."""
    if seconds is None:
        return "-"
    digits = max(0, 1 - int(np.floor(np.log10(seconds))))
    return f"{seconds:.{digits}f}" if seconds < 10 else f"{seconds:,.0f}"


def times_slower(theirs: float | None, own: float) -> str:
    if theirs is None:
        return "-"
    ratio = theirs / own
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}"


def write(merged: dict[str, dict], path: Path) -> None:
    tools = merged["tools"]
    peers = [t for t in ("PyMARE", "statsmodels", "PyMetaAnalysis") if t in tools]
    lines = [
        "# The statistics engine beside others: CPU seconds",
        "",
        f"Written by `python benchmarks/stats.py` on {date.today().isoformat()}: one BLAS thread, the least of",
        "several repetitions, the same numbers for every tool. Ratios say how many times longer the other takes.",
        "",
        f"| task | {OURS} | {METAFOR} | {' | '.join(peers)} | {METAFOR} : ours | best Python peer : ours |",
        "|---" * (5 + len(peers)) + "|",
    ]
    for row, title in ROWS.items():
        own = tools[OURS].get(row)
        if own is None:
            continue
        metafor = tools.get(METAFOR, {}).get(row)
        theirs = [tools[t].get(row) for t in peers]
        best = min((value for value in theirs if value is not None), default=None)
        cells = [number(own), number(metafor), *map(number, theirs)]
        ratios = [times_slower(metafor, own), times_slower(best, own)]
        lines.append(f"| {title} | {' | '.join(cells + ratios)} |")
    lines += ["", *notes(merged), "", "## Same results", "", *agreement(merged["found"]), ""]
    path.write_text("\n".join(lines), encoding="utf-8")


def notes(merged: dict[str, dict]) -> list[str]:
    versions = ", ".join(f"{name} {version}" for name, version in sorted(merged["versions"].items()))
    large = merged["tools"].get(METAFOR, {}).get("large_2000")
    lines = [
        "- statsmodels has Paule-Mandel in place of REML, which is less work: a loop over `combine_effects` for the",
        "  10,000 fits (1,000 of them, times ten) and for the subsets.",
        "- PyMARE fits many sets of equal size at once, and so it is called: the 10,000 in one call, the subsets in",
        "  one call for each size. `VarianceBasedLikelihoodEstimator` and `permutation_test()`.",
        "- PyMetaAnalysis: `meta_analysis()`, 100 fits of the 10,000, times a hundred.",
        "- metafor: 2,000 fits of the 10,000, times five; `permutest(iter=1000)`; `gosh()` in full.",
        "- This engine: `pool`, `fit_many`, `permutation_test`, `gosh`, `leave_one_out`, `influence`, `regress`.",
    ]
    if large is not None:
        own = merged["tools"][OURS]["large"]
        lines += [
            f"- metafor works with k x k matrices: one fit takes {number(large)} s at k = 2,000, and k = 10,000 is",
            f"  out of reach; this engine takes {number(own)} s there.",
        ]
    return [*lines, f"- {platform.machine()}, Python {platform.python_version()}, {versions}."]


def agreement(found: dict[str, dict]) -> list[str]:
    """The largest difference of tau2 and se from ours, relative above 0.01, per tool and row."""
    lines = []
    for tool, values in found.items():
        if tool == OURS:
            continue
        said = []
        for row, value in values.items():
            a, b = (np.ravel(np.array(v, dtype=float)) for v in (value, found[OURS][row]))
            n = min(len(a), len(b))
            with np.errstate(all="ignore"):
                off = np.where(a[:n] == b[:n], 0.0, np.abs(a[:n] - b[:n]) / np.maximum(np.abs(b[:n]), 0.01))
            failed = int(np.isnan(off).sum())
            said.append(
                f"{row} {np.nanmax(off):.1g}" + (f" ({failed} of {n:,} fits failed)" if failed else "")
            )
        lines.append(
            f"- {tool}: largest difference from this engine, relative above 0.01: {', '.join(said)}."
        )
    lines.append("")
    lines.append(
        "metafor's and PyMARE's REML stop at their default rules, which is what those differences are;"
    )
    lines.append("docs/statistics.md compares with metafor's converged values.")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peers", type=Path, help="folder of the peers' environment, kept")
    parser.add_argument("--out", type=Path, default=HERE / "stats.md")
    parser.add_argument("--ours", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ours:
        print(json.dumps(ours(options.ours)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make_data(folder)
        peers = peers_python(options.peers or folder / "peers")
        own = [sys.executable, str(HERE / "stats.py"), "--ours", str(folder)]
        theirs = [peers, str(HERE / "stats_peers.py"), str(folder)]
        results = [run_tool(own), run_tool(theirs), run_tool(own)]
        results.append(run_tool(["Rscript", str(HERE / "stats_metafor.R"), str(folder)]))
        results.append(run_tool(own))
        merged = merge(results)
        imports = {OURS: (sys.executable, "import analysis.stats")}
        imports |= {"PyMARE": (peers, "import pymare"), "PyMetaAnalysis": (peers, "import meta_analyze")}
        imports["statsmodels"] = (peers, "import statsmodels.stats.meta_analysis")
        for tool, (python, statement) in imports.items():
            if tool in merged["tools"]:
                merged["tools"][tool]["import"] = import_seconds(python, statement)
    write(merged, options.out)
    print(options.out.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
