"""Rankings as files: all of one written out, so that it can be learned again; an order taken in from elsewhere."""

import io
import json
import math
import platform
from collections import defaultdict
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from records.dedup.titles import title_key
from records.formats import xlsx
from records.formats.base import UnreadableFile
from records.formats.normalise import normalise_doi, normalise_pmid
from records.models import Record
from reviews.audit import record_event
from reviews.models import Review, User
from reviews.permissions import Permission
from reviews.tables import BadTable, Faults, Row, read_table
from screening.models import Ranking, Stage
from screening.services.guards import NotEligible, require, stage_label
from screening.services.rankings.known import extent_of
from screening.services.rankings.learning import DECIMALS, replace_older
from screening.services.stage_settings import settings_of

FORMAT, VERSION = "screening ranking", 1
#: How a row names its record, the surest first.
KEYS = ("record_id", "doi", "pmid", "title")
PLACES = ("place", "rank", "ranking", "position", "asreview_ranking")
SCORES = ("score", "probability", "proba", "likelihood")
#: Of the lines that name no record of the review, so many are told.
TOLD = 20


class Wanted(NamedTuple):
    """One row of a file: where it stands, how it names its record, and its place or score."""

    line: int
    names: dict[str, str]
    place: float | None
    score: float | None


def export_ranking(ranking: Ranking) -> dict[str, Any]:
    """All there is to say of a ranking, as JSON can hold it: order, scores, labels, model and what it depends on.

    The caller asks ``Ranking.objects.visible_to`` first. From the same texts, labels and seed the same scores are
    learned again; ``texts`` is the digest to see that by.
    """
    review, about = ranking.review, ranking.about
    named = Record.objects.filter(review=review).values_list("pk", "doi", "pmid", "title", "year")
    known = {pk: rest for pk, *rest in named.iterator(2000)}
    settings = settings_of(review, ranking.stage)
    return {
        "format": FORMAT,
        "version": VERSION,
        "review": review.slug,
        "title": review.title,
        "stage": ranking.stage,
        "kind": ranking.kind,
        "learned_for": "everybody" if ranking.reviewer_id is None else "one reviewer, with their own votes",
        "learned_at": ranking.created_at.isoformat(),
        "learned_from": {"records": ranking.n_labelled, "included": ranking.n_included},
        "start": about.get("start"),
        "settings": {
            "order": settings.order,
            "random_share": settings.random_share,
            "order_seed": settings.order_seed,
        },
        "seed": ranking.seed,
        "model": ranking.model,
        "state": about.get("state"),
        "terms": about.get("terms", []),
        "texts": about.get("features"),
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in ("numpy", "scipy")},
        "labels": [
            {"record_id": pk, "included": bool(said)} | _names(known, pk) for pk, said in ranking.labels
        ],
        "records": [
            {"place": place, "record_id": pk, "score": score} | _names(known, pk)
            for place, (pk, score) in enumerate(zip(ranking.order, ranking.scores, strict=True), 1)
        ],
    }


def import_ranking(*, review: Review, stage: str, by: User, name: str, data: bytes) -> Ranking:
    """Take the order of a file: what ``export_ranking`` wrote, or a table (CSV or XLSX) with a row for each record.

    A row names its record by ``record_id``, ``doi``, ``pmid`` or ``title``, and has a place (1 is read first) or a
    score (the highest is read first); files of ASReview do. The records it does not name come after. It is the order
    for everybody until somebody who leads asks for one to be learned. Raises NotAllowed (403), BadTable (422) with a
    line for every fault; rows of other records are passed over and told in ``about["unknown"]``.
    """
    require(review, by, Permission.AMEND_PROTOCOL)
    if stage not in Stage.values:
        raise NotEligible(f"“{stage}” is none of {', '.join(Stage.values)}.", field="stage")
    wanted = _from_json(name, data) if data.lstrip()[:1] == b"{" else _from_table(name, data)
    found, unknown = _matched(review, wanted)
    if not found:
        raise BadTable(
            f"{name}: none of its {len(wanted)} rows names a record of this review. Nothing was imported."
        )
    order, scores = _in_order(found)
    with transaction.atomic():
        made = Ranking(
            review=review,
            stage=stage,
            kind=Ranking.Kind.IMPORTED,
            by=by,
            model=f"File {name}"[:200],
            order=order,
            scores=scores,
            about={
                "start": "file",
                "file": name[:255],
                "rows": len(wanted),
                "unknown": unknown[:TOLD],
                "unknown_count": len(unknown),
                "ranked": len(order),
                "extent": extent_of(review, stage),
            },
            created_at=timezone.now(),
        )
        replace_older(made)
        record_event(
            review=review,
            actor=by,
            verb="screening.ranking_imported",
            sentence=f"took the order of {stage_label(stage)} from {name}: {len(order)} records",
            target=review,
            detail={"stage": str(stage), "file": name, "rows": len(wanted), "unknown": len(unknown)},
        )
    return made


def _names(known: dict[int, list], pk: int) -> dict[str, Any]:
    doi, pmid, title, year = known.get(pk, ["", "", "", None])
    return {"doi": doi, "pmid": pmid, "title": title, "year": year}


def _from_json(name: str, data: bytes) -> list[Wanted]:
    try:
        sent = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadTable(f"{name} begins like JSON but is none: {error}.") from error
    if sent.get("format") != FORMAT or not isinstance(sent.get("records"), list):
        raise BadTable(f"{name} is no ranking: write one with export_ranking, or give a table.")
    faults, wanted = Faults(name), []
    for number, row in enumerate(sent["records"], 1):
        if not isinstance(row, dict):
            faults.add(number, "an entry of “records” is no object.")
            continue
        names = {key: str(row[key]).strip() for key in KEYS if row.get(key)}
        wanted.append(_row(number, names, str(row.get("place", "")), str(row.get("score", "")), faults))
    faults.raise_if_any()
    return wanted


def _from_table(name: str, data: bytes) -> list[Wanted]:
    rows, columns = _table(name, data)
    keys = [key for key in KEYS if key in columns]
    if any(column.startswith("asreview") for column in columns) and len(keys) > 1:
        keys = [key for key in keys if key != "record_id"]  # there it counts the rows of ASReview's own file
    place = next((column for column in PLACES if column in columns), None)
    score = next((column for column in SCORES if column in columns), None)
    if not keys:
        raise BadTable(f"{name}: no column names the record; give one of {', '.join(KEYS)}.")
    if place is None and score is None:
        raise BadTable(
            f"{name}: no column has the order; give a place ({', '.join(PLACES)}) or a score ({', '.join(SCORES)})."
        )
    faults, wanted = Faults(name), []
    for row in rows:
        names = {key: row[key] for key in keys if row[key]}
        wanted.append(_row(row.line, names, row[place or ""], row[score or ""], faults))
    faults.raise_if_any()
    return wanted


def _table(name: str, data: bytes) -> tuple[list[Row], list[str]]:
    """Rows with column names in small letters."""
    try:
        xlsx.refuse_others(data[:8192], name)
        if not data.startswith(b"PK\x03\x04"):
            table = read_table(name, data, required=[])
            rows = [
                Row(row.line, {key.casefold(): cell for key, cell in row.cells.items()}) for row in table.rows
            ]
            return rows, [column.casefold() for column in table.columns]
        lines = [
            (each.line, [cell.strip() for cell in each.cells])
            for each in xlsx.rows(io.BytesIO(data), name=name)
        ]
    except UnreadableFile as error:
        raise BadTable(str(error)) from error
    columns = [cell.casefold() for cell in lines[0][1]] if lines else []
    return [
        Row(line, dict(zip(columns, cells, strict=False))) for line, cells in lines[1:] if any(cells)
    ], columns


def _row(line: int, names: dict[str, str], place: str, score: str, faults: Faults) -> Wanted:
    if not names:
        faults.add(line, f"no record is named: fill one of {', '.join(KEYS)}.")
    at, worth = _number(place), _number(score)
    if at is None and worth is None:
        said = place or score
        faults.add(
            line, f"“{said[:40]}” is not a number." if said else "neither a place nor a score is given."
        )
    return Wanted(line, names, at, worth)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _matched(review: Review, wanted: list[Wanted]) -> tuple[dict[int, Wanted], list[str]]:
    """The first row of each record; and how the rows are named that no record, or more than one, answers to."""
    index: dict[tuple[str, str], set[int]] = defaultdict(set)
    rows = (
        Record.objects.live().filter(review=review).values_list("pk", "duplicate_of", "doi", "pmid", "title")
    )
    for pk, primary, *values in rows.iterator(2000):
        for key, value in zip(KEYS, (str(pk), *values), strict=True):
            if plain := _plain(key, value):
                index[key, plain].add(primary or pk)
    found: dict[int, Wanted] = {}
    unknown = []
    for row in wanted:
        answers: Iterable[set[int]] = (
            index.get((key, _plain(key, row.names[key])), set()) for key in KEYS if key in row.names
        )
        one = next((each for each in answers if len(each) == 1), None)
        if one is None:
            unknown.append(f"line {row.line}: {next(iter(row.names.values()))[:80]}")
        else:
            found.setdefault(next(iter(one)), row)
    return found, unknown


def _plain(key: str, value: str) -> str:
    if key == "doi":
        return normalise_doi(value) or value.casefold()
    if key == "pmid":
        return normalise_pmid(value) or value
    return title_key(value) if key == "title" else value.removesuffix(".0")


def _in_order(found: dict[int, Wanted]) -> tuple[list[int], list[float]]:
    """Ids and scores, the first to read first. By place where every row has one; scores are kept where they are
    between 0 and 1 and fall along the order, else they fall evenly from 1 to 0."""
    placed = all(row.place is not None for row in found.values())
    value = {
        pk: -row.place if placed and row.place is not None else row.score or 0.0 for pk, row in found.items()
    }
    order = sorted(found, key=lambda pk: (-value[pk], pk))
    scores = [found[pk].score for pk in order]
    kept = [round(score, DECIMALS) for score in scores if score is not None and 0 <= score <= 1]
    if len(kept) == len(order) and kept == sorted(kept, reverse=True):
        return order, kept
    return order, [round(1 - (place + 0.5) / len(order), DECIMALS) for place in range(len(order))]
