"""Write the pinned cases of this folder from a full set of metafor reference values.

    python tests/analysis/stats/reference/pin_reference.py SHARED/reference/stats/open SHARED/data/trd/expected.json

A pinned case keeps the inputs, the values that the engine is compared with, and who computed them with which call."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FIT = (
    *("method", "k", "p", "m", "tau2", "se_tau2", "I2", "H2", "QE", "QEdf", "QEp", "R2", "error", "tests"),
    *("loglik_ml", "loglik_reml", "deviance_ml", "AIC_ml", "BIC_ml", "AICc_ml", "AIC_reml", "BIC_reml"),
    *("AICc_reml", "metafor_default_control"),
)
TEST = (*("beta", "se", "stat", "df", "pval", "ci_lb", "ci_ub", "pi_lb", "pi_ub", "vb", "QM", "QMdf", "QMp"),)
ESTIMATORS = ("FE", "DL", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM", "PMM", "GENQ")
CALLS = {
    "escalc_variants": "escalc(measure, ..., args)",
    "fits": "rma(yi, vi, method=, test=, control=list(threshold or tol = 1e-14 * median(vi))); predict()",
    "confint": "confint(rma(yi, vi, method=), control=list(tol=1e-13 * median(vi)))",
    "metareg": "rma(yi, vi, mods=formula, method=, test=)",
    "subgroup": "rma per level; rma(yi, vi, mods = ~ factor(level) and ~ factor(level) - 1)",
    "mh": "rma.mh(..., measure=, add=, to=, correct=, drop00=), leave1out(), cumul()",
    "peto": "rma.peto(...), leave1out()",
    "bias": "regtest(yi, vi, model='lm'), regtest(rma(...)), ranktest(yi, vi)",
    "sensitivity": "leave1out(), cumul(), blup(), influence(), rstandard(), rstudent() of rma(...)",
    "location_scale": "rma(yi, vi, mods = ~ ni100, scale = ~ ni100)",
    "predict": "predict(rma(yi, vi, mods = ~ ablat + year), newmods=)",
}
#: Everything the case has; the others are pinned for their effect sizes and a few fits.
WHOLE = (
    "bcg__RR",
    "debruin2009__PLO",
    "syn_k10_mod",
    "edge_k1",
    "edge_k2_conflict",
    "edge_identical_effects",
)
FITS = (
    *("gibson2002__MD", "normand1999__MD", "morris2008_trt__MC", "lau1992__OR", "pignon2000", "syn_k3"),
    *("syn_k40_widevi", "syn_k8_tiny_scale", "syn_k8_huge_scale", "edge_one_zero_vi", "edge_missing_values"),
)
MEASURES = (
    *(
        "bcg__OR",
        "bcg__RD",
        "bcg__AS",
        "bcg__PETO",
        "normand1999__SMD",
        "normand1999__SMDH",
        "normand1999__ROM",
    ),
    *("nakagawa2007__COR", "nakagawa2007__ZCOR", "debruin2009__PR", "debruin2009__PLN", "debruin2009__PAS"),
    *("debruin2009__PFT", "hart1999__IRR", "hart1999__IRD", "hart1999_arm1__IR", "hart1999_arm1__IRLN"),
    *("hart1999_arm1__IRS", "morris2008_trt__SMCC", "morris2008_trt__SMCR", "edge_double_zero"),
    *("edge_double_zero_RD", "edge_all_zero", "edge_zero_one_arm_all", "edge_events_gt_n", "edge_cor_one"),
    *("edge_sd_zero", "edge_rom_negative_mean", "edge_n_equals_2", "edge_prop_0_and_1", "edge_rate_zero"),
    *("dorn2007__PHI", "dorn2007__YUQ", "dorn2007__YUY", "bourassa1996__RTET", "bourassa1996__OR2D"),
    *("matchedpairs__MPRR", "matchedpairs__MPOR", "matchedpairs__MPRD", "matchedpairs__MPORC"),
    *("matchedpairs__MPPETO", "normand1999__SMD1", "normand1999__CVR", "normand1999__VR"),
    *("morris2008_trt__SMCRH", "morris2008_trt__ROMC", "molloy2014__UCOR", "aloe2013__PCOR"),
    *("aloe2013__ZPCOR", "aloe2013__SPCOR", "hart1999__IRSD", "hart1999_arm1__IRFT", "bonett2010__ARAW"),
    *("bonett2010__AHW", "bonett2010__ABT", "besson2016_s40__ROM"),
)
IDENTITY = ("id", "dataset", "generator", "measure", "inputs", "yi", "vi", "ni", "moderators", "error")


def fit(block: dict[str, Any]) -> dict[str, Any]:
    kept = {key: block[key] for key in FIT if key in block}
    for name, values in kept.get("tests", {}).items():
        kept["tests"][name] = {key: values[key] for key in TEST if key in values}
    return kept


def trimmed(case: dict[str, Any], sections: tuple[str, ...], methods: tuple[str, ...]) -> dict[str, Any]:
    out = {key: case[key] for key in IDENTITY if key in case}
    out["source"] = (
        f"R package metadat, {case['dataset']}" if case["dataset"].startswith("dat.") else "constructed"
    )
    out["calls"] = {name: CALLS[name] for name in sections if name in case}
    for name in sections:
        if name in case:
            out[name] = case[name]
    if "fits" in out:
        out["fits"] = [fit(block) for block in out["fits"] if block["method"] in methods]
    if "confint" in out:
        out["confint"] = {name: block for name, block in out["confint"].items() if name != "note"}
    for model in out.get("metareg", []):
        model["fits"] = [fit(block) for block in model["fits"]]
    for block in out.get("subgroup", []):
        for name in ("common_tau2_metareg", "common_tau2_contrast"):
            block[name] = [fit(one) for one in block[name]]
    if "bias" in out:
        keep = ("regtest", "ranktest_exact", "ranktest_normal")
        out["bias"] = {name: out["bias"][name] for name in keep if name in out["bias"]}
    if out.get("mh"):
        out["mh"] = [b for b in out["mh"] if "beta" in b or case["id"] in WHOLE]
    for block in out.get("sensitivity") or []:
        block.pop("baujat", None)
    return out


def main(folder: Path, trd: Path) -> None:
    everything = tuple(CALLS)
    plans = (
        *((name, everything, ESTIMATORS) for name in WHOLE),
        *((name, ("escalc_variants", "fits", "confint"), ESTIMATORS) for name in FITS),
        *((name, ("escalc_variants", "fits", "mh", "peto"), ("FE", "REML")) for name in MEASURES),
    )
    for name, sections, methods in plans:
        case = trimmed(json.loads((folder / f"{name}.json").read_text()), sections, methods)
        (HERE / f"{name}.json").write_text(json.dumps(case, separators=(",", ":"), ensure_ascii=False) + "\n")
    for name in ("ls_bangertdrowns", "predict_bcg_ablat"):
        content = json.loads((folder / f"{name}.json").read_text())
        content["source"] = f"R package metadat, {content['dataset']}"
        content["calls"] = {name: CALLS[content["kind"]]}
        (HERE / f"{name}.json").write_text(
            json.dumps(content, separators=(",", ":"), ensure_ascii=False) + "\n"
        )
    for path, name in ((trd, "trd"), (folder / "transf_open.json", "transformations")):
        content = json.loads(path.read_text())
        (HERE / f"{name}.json").write_text(
            json.dumps(content, separators=(",", ":"), ensure_ascii=False) + "\n"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
