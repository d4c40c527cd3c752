"""Write the pinned cases of this folder from a full set of metafor reference values.

python tests/analysis/stats/reference/small_study/pin_small_study.py SHARED/reference/stats/open"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
CASES = ("bcg__RR", "dagostino1998_rnic1__SMD", "edge_k2_conflict", "edge_equal_vi", "edge_identical_effects")
CASES += ("edge_one_zero_vi", "syn_k3", "syn_k8_tiny_scale", "hartmannboyce2018__RR")
SELECTION = ("sel_bangertdrowns", "sel_hartmannboyce_stepfun")
IDENTITY = ("id", "dataset", "generator", "measure", "yi", "vi", "ni")
CALLS = {
    "regtest": "regtest(yi, vi, model='lm', predictor=); regtest(rma(yi, vi, method=, test=), predictor=)",
    "ranktest": "ranktest(yi, vi); ranktest(yi, vi, exact=FALSE)",
    "trimfill": "trimfill(rma(yi, vi, method=), estimator=, side=)",
    "fsn": "fsn(yi, vi, type=, alpha=, weighted=)",
    "tes": "tes(rma(yi, vi, method='FE'), test=)",
    "hc": "hc(rma(yi, vi, method='DL'))",
    "baujat": "baujat(rma(yi, vi, method=, test=))",
}
TRIMMED = (
    "filled_yi",
    "filled_vi",
    "method",
    "estimator",
    "side_arg",
    "side",
    "k0",
    "se_k0",
    "p_k0",
    "k",
    "error",
)
TRIMMED += ("beta", "se", "ci_lb", "ci_ub", "pval", "tau2", "I2", "QE")


def source(case: dict) -> str:
    dataset = case["dataset"]
    return f"R package metadat, {dataset}" if dataset.startswith("dat.") else "constructed"


def trimmed(case: dict) -> dict:
    out = {key: case[key] for key in IDENTITY if key in case}
    out |= {"source": source(case), "calls": CALLS, "bias": dict(case["bias"])}
    out["bias"].pop("ranktest_note", None)
    out["bias"]["trimfill"] = [
        {key: block[key] for key in TRIMMED if key in block} for block in case["bias"].get("trimfill") or []
    ]
    out["sensitivity"] = [
        {key: block[key] for key in ("method", "test", "baujat")}
        for block in case.get("sensitivity") or []
        if "baujat" in block
    ]
    return out


def main(shared: Path) -> None:
    for name in CASES:
        write(name, trimmed(json.loads((shared / f"{name}.json").read_text(encoding="utf-8"))))
    for name in SELECTION:
        case = json.loads((shared / f"{name}.json").read_text(encoding="utf-8"))
        write(
            name,
            case | {"source": source(case), "calls": "selmodel(rma(yi, vi, method='ML'), type=, steps=)"},
        )


def write(name: str, case: dict) -> None:
    text = json.dumps(case, ensure_ascii=False, separators=(",", ":"))
    (HERE / f"{name}.json").write_text(text.replace("],", "],\n") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
