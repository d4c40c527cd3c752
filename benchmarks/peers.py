"""Runs one other de-duplication tool on a labelled set; for the environment in which that tool is installed.

    PEERS/bin/python benchmarks/peers.py TOOL set.csv set.ris scratch_folder

The tool is called as its documentation says, with its defaults, on the file it reads (RIS or CSV), and writes what it
writes. The last line printed is JSON: {"seconds": the tool's own work after imports, "kept": [record ids it leaves]}.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def asreview_datatools(csv_path: Path, ris_path: Path, scratch: Path) -> list[str]:
    """`asreview data dedup set.csv -o out.csv`; its own ids are called record_id, so ours stand in "key"."""
    import pandas as pd
    from asreview import ASReviewData
    from asreviewcontrib.datatools.dedup import deduplicate_data

    data = ASReviewData.from_file(str(csv_path.with_suffix(".keyed.csv")))
    deduplicate_data(data)
    data.df.to_csv(scratch / "out.csv", index=False)
    return [str(item) for item in pd.read_csv(scratch / "out.csv", usecols=["key"])["key"]]


def deduplicate_it(csv_path: Path, ris_path: Path, scratch: Path) -> list[str]:
    """`deduplicate-it --source FOLDER --outdir OUT`"""
    from deduplicate_it import core

    source = scratch / "source"
    source.mkdir()
    (source / "set.ris").symlink_to(ris_path.resolve())
    core.main(["--source", str(source), "--outdir", str(scratch / "out")])
    return _ids_in_ris(scratch / "out" / "deduplicated.ris")


def bib_dedupe(csv_path: Path, ris_path: Path, scratch: Path) -> list[str]:
    """prep, block, match, cluster, on one core"""
    import pandas as pd
    from bib_dedupe.bib_dedupe import block, cluster, match, prep

    records = pd.read_csv(csv_path, dtype=str, keep_default_na=False)
    records = records.rename(columns={"record_id": "ID", "authors": "author", "issue": "number"})
    records["ENTRYTYPE"] = "article"
    records["author"] = records["author"].str.replace("; ", " and ", regex=False)
    pairs = match(block(prep(records.copy(), cpu=1), cpu=1), cpu=1)
    removed = {item for group in cluster(pairs) for item in sorted(group)[1:]}
    return [item for item in records["ID"] if item not in removed]


def _ids_in_ris(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line[6:].strip() for line in lines if line.startswith("AN  - ")]


TOOLS = {tool.__name__: tool for tool in (asreview_datatools, bib_dedupe, deduplicate_it)}

if __name__ == "__main__":
    name, csv_name, ris_name, folder = sys.argv[1:]
    begun = time.process_time()
    left = TOOLS[name](Path(csv_name), Path(ris_name), Path(folder))
    print()
    print(json.dumps({"seconds": time.process_time() - begun, "kept": left}))
