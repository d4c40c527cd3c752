"""Makes labelled sets of references of any size: invented works, the copies databases make of them, and look-alikes.

    python benchmarks/synthetic.py 50000 out.csv --seed 7

Every title, name and journal is put together from the word lists below, so nothing is anybody's text. A work is
given to one to five "databases", each with its way of writing names, journals, pages and titles and its own losses
and slips; the copies share a `true_group`. About one work in eight has a neighbour that only looks like it: a reply,
an erratum, part II, the 24-month follow-up, the conference abstract, the preprint, next year's annual report, another
abstract under the DOI of the same supplement. Neighbours are groups of their own.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from words import (
    CONDITIONS,
    DESIGNS,
    DRUG_ENDS,
    DRUG_STARTS,
    ENDS,
    FAMILIES,
    FIELDS,
    FILLERS,
    GENERIC,
    GIVEN,
    JOURNALS,
    MIDDLES,
    OUTCOMES,
    PEOPLE,
    PLACES,
    SHORT,
    STARTS,
    TREATMENTS,
)

COLUMNS = (
    "record_id", "title", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid", "abstract",
    "database", "true_group",
)  # fmt: skip


@dataclass(frozen=True)
class Work:
    """A reference as its publisher would print it; names are (family, given)."""

    title: str
    names: tuple[tuple[str, str], ...]
    year: int
    journal: str
    volume: str
    issue: str
    first: str
    last: str
    doi: str
    pmid: str = ""
    abstract: str = ""
    databases: int = 0  # 0: as it falls


def works(rng: random.Random) -> Iterator[Work]:
    """Works without end, each followed by the look-alikes it may have."""
    drugs = [a + m + b for a in DRUG_STARTS for m in ("", "ro", "li", "va") for b in DRUG_ENDS]
    journals = [pattern.format(name) for pattern in JOURNALS for name in FIELDS]
    serial = 0
    while True:
        serial += 1
        work = _work(rng, serial, drugs, journals)
        yield work
        yield from _neighbours(rng, work, serial, drugs)


def _work(rng: random.Random, serial: int, drugs: list[str], journals: list[str]) -> Work:
    title = rng.choice(GENERIC) if rng.random() < 0.012 else _title(rng, drugs)
    length = rng.choice((1, 2, 3, 4, 5, 6, 6, 7, 8, 10, 14)) if title not in GENERIC else 1
    journal = journals[min(int(rng.expovariate(1 / 110)), len(journals) - 1)]
    year = 2024 - min(int(rng.expovariate(1 / 9)), 60)
    first = rng.randint(1, 1900)
    electronic = year > 2008 and rng.random() < 0.2
    last = "" if electronic else str(first + rng.randint(1, 14))
    return Work(
        title=title,
        names=tuple(_name(rng) for _ in range(length)),
        year=year,
        journal=journal,
        volume=str(max(1, year - 1960 + hash_of(journal) % 30)),
        issue=str(rng.randint(1, 12)) if rng.random() < 0.9 else "",
        first=f"e{first * 37}" if electronic else str(first),
        last=last,
        doi=_doi(journal, year, serial) if rng.random() < 0.85 else "",
        pmid=str(10_000_000 + serial * 13) if rng.random() < 0.7 else "",
        abstract=_abstract(rng, title) if title not in GENERIC and rng.random() < 0.85 else "",
    )  # fmt: skip


def _doi(journal: str, year: int, serial: int) -> str:
    return f"10.{1000 + hash_of(journal) % 400}/{journal[:3].lower()}.{year}.{serial:06d}"


def hash_of(text: str) -> int:
    """The same number in every process, unlike `hash`."""
    return sum(ord(letter) * (place + 7) for place, letter in enumerate(text))


def _title(rng: random.Random, drugs: list[str]) -> str:
    pick = rng.choice
    condition, people = pick(CONDITIONS), pick(PEOPLE)
    other = pick([c for c in CONDITIONS if c != condition])
    treatment = pick(drugs) if rng.random() < 0.55 else pick(TREATMENTS)
    number = rng.choice(("two", "12-week", "24-month", "five-year", "6-month", "10-year", "one-year"))
    shapes = (
        f"{treatment} for {condition} in {people}: {pick(DESIGNS)}",
        f"Effect of {treatment} on {pick(OUTCOMES)} in {people} with {condition}: {pick(DESIGNS)}",
        f"{treatment} versus {pick(drugs)} in the treatment of {condition}",
        f"{pick(OUTCOMES)} and {pick(OUTCOMES)} among {people} with {condition} in {pick(PLACES)}",
        f"Efficacy and safety of {treatment} in {people} with {condition}: {number} results of {pick(DESIGNS)}",
        f"Association between {other} and {condition}: {pick(DESIGNS)} in {pick(PLACES)}",
        f"Prevalence of {condition} among {people} in {pick(PLACES)}, {rng.randint(1990, 2022)}",
        f"{pick(drugs)} plus {treatment} as {pick(('first', 'second', 'third'))}-line therapy for {condition}",
        f"Experiences of {people} with {condition} receiving {treatment}: {pick(DESIGNS)}",
        f"The role of {treatment} in {condition}",
        f"β-endorphin, TNF-α and {pick(OUTCOMES)} in {condition}: the effect of {treatment}",
        f"{condition} in {people}: does {treatment} improve {pick(OUTCOMES)}?",
    )
    text = pick(shapes)
    if rng.random() < 0.35:
        text += f" - results from the {''.join(rng.choices('ABCDEFGHILMNOPRSTV', k=rng.randint(4, 7)))} study"
    return text[0].upper() + text[1:]


def _name(rng: random.Random) -> tuple[str, str]:
    family = (
        rng.choice(FAMILIES)
        if rng.random() < 0.35
        else rng.choice(STARTS) + rng.choice(MIDDLES) + rng.choice(ENDS)
    )
    given = rng.choice(GIVEN)
    return family, f"{given} {rng.choice('ABCDEFGHJKLMNPRSTVW')}." if rng.random() < 0.5 else given


def _abstract(rng: random.Random, title: str) -> str:
    pool = FILLERS + title.lower().split() + rng.sample(OUTCOMES, 6) + rng.sample(CONDITIONS, 3)
    parts = []
    for heading in ("BACKGROUND", "METHODS", "RESULTS", "CONCLUSIONS"):
        sentences = (
            " ".join(rng.choices(pool, k=rng.randint(9, 22))).capitalize() for _ in range(rng.randint(1, 3))
        )
        parts.append(
            f"{heading}: {'. '.join(sentences)} ({rng.randint(1, 99)}.{rng.randint(0, 9)}%, n={rng.randint(9, 900)})."
        )
    return " ".join(parts)


def _neighbours(rng: random.Random, work: Work, serial: int, drugs: list[str]) -> Iterator[Work]:
    """Other works that are easily taken for this one."""
    if work.title in GENERIC:
        if rng.random() < 0.6:  # the same heading in the next issue
            yield replace(
                work,
                issue=str(int(work.issue or 1) % 12 + 1),
                first="1",
                last="2",
                doi="",
                pmid="",
                databases=1,
            )
        return
    chance = rng.random() * 8
    page = str(rng.randint(1901, 2400))
    later = replace(work, first=page, last=str(int(page) + 1), doi=work.doi and work.doi + "1", pmid="")
    if chance < 0.1:
        yield replace(later, title=f"{work.title}: authors' reply", abstract="")
    elif chance < 0.17:
        yield replace(later, title=f"Erratum: {work.title}", abstract="")
    elif chance < 0.3:
        yield replace(later, title=f"{work.title}. Part II", abstract=_abstract(rng, work.title))
    elif chance < 0.5:  # the abstract at a congress, in a supplement of another journal
        yield replace(
            later, journal=f"{rng.choice(FIELDS)} Supplements", volume=str(rng.randint(2, 60)), issue="Suppl 1",
            first=f"S{page}", last="", year=work.year - rng.randint(0, 2), abstract=_abstract(rng, work.title),
            names=work.names[: max(1, len(work.names) - 1)], doi="",
        )  # fmt: skip
    elif chance < 0.6:
        yield replace(
            later, journal="medRxiv", volume="", issue="", first="", last="", doi=f"10.1101/{work.year}.{serial:08d}",
            year=work.year - rng.randint(0, 1),
        )  # fmt: skip
    elif chance < 0.7:
        yield replace(
            later,
            title=f"{work.title}: 24-month follow-up",
            year=work.year + 2,
            abstract=_abstract(rng, work.title),
        )
    elif chance < 0.78:
        for offset in range(rng.randint(2, 4)):  # a report that comes every year
            yield replace(
                later, title=f"Annual report of the registry of {rng.choice(CONDITIONS)}, {work.year + offset}",
                year=work.year + offset, volume=str(int(work.volume) + offset), abstract="", names=work.names[:2],
                doi=work.doi and f"{work.doi}.{offset if serial % 4 else 0}",  # one series in four has one DOI
            )  # fmt: skip
    elif chance < 0.9:
        for number in range(rng.randint(2, 6)):  # abstracts of one supplement under its one DOI
            title = _title(rng, drugs)
            yield replace(
                later, title=title, names=tuple(_name(rng) for _ in range(4)), first=f"S{number + 1}", last="",
                issue="Suppl 2", abstract=_abstract(rng, title), doi=f"10.1000/suppl.{serial}", databases=1,
            )  # fmt: skip
    elif chance < 1.0:
        yield replace(
            later,
            title=f"Letter: {work.title}",
            names=(_name(rng),),
            year=work.year + rng.randint(0, 1),
            abstract="",
        )


def copies(rng: random.Random, work: Work) -> list[dict[str, str]]:
    """The work as one to five databases hold it; the first is always there."""
    count = work.databases or rng.choices((1, 2, 3, 4, 5), weights=(66, 20, 9, 4, 1))[0]
    return [DATABASES[name](rng, work) | {"database": name} for name in rng.sample(sorted(DATABASES), count)]


def _initials(given: str, dot: str = "") -> str:
    return "".join(word[0] + dot for word in given.replace("-", " ").split())


def _plain(text: str) -> str:
    table = str.maketrans("üöäøåæčćéèëáíóúñçşğığãõê", "uoaoaacceeeaiouncsgigaoe")
    return text.translate(table).replace("Ö", "O").replace("Ç", "C")


def _row(work: Work, **values: str) -> dict[str, str]:
    row = {
        "title": work.title, "year": str(work.year), "journal": work.journal, "volume": work.volume,
        "issue": work.issue, "doi": work.doi, "pmid": "", "abstract": work.abstract,
        "pages": f"{work.first}-{work.last}" if work.last else work.first,
    }  # fmt: skip
    return row | values


def _short_journal(journal: str) -> str:
    return " ".join(filter(None, (SHORT.get(word, word) for word in journal.split())))


def _short_pages(work: Work) -> str:
    if not work.last or len(work.first) != len(work.last):
        return f"{work.first}-{work.last}".rstrip("-")
    same = next((n for n, (a, b) in enumerate(zip(work.first, work.last, strict=True)) if a != b), 0)
    return f"{work.first}-{work.last[same:]}"


def pubmed(rng: random.Random, work: Work) -> dict[str, str]:
    return _row(
        work,
        title=work.title + ".",
        authors="; ".join(f"{family} {_initials(given)}" for family, given in work.names),
        journal=_short_journal(work.journal),
        pages=_short_pages(work),
        pmid=work.pmid,
        doi=work.doi if rng.random() < 0.9 else "",
    )


def embase(rng: random.Random, work: Work) -> dict[str, str]:
    year = work.year + (rng.choice((-1, 1)) if rng.random() < 0.03 else 0)
    return _row(
        work,
        title=_plain(work.title),
        authors="; ".join(f"{_plain(family)} {_initials(given, '.')}" for family, given in work.names),
        year=str(year),
        pages="(no pagination)" if work.first.startswith("e") and rng.random() < 0.5 else _row(work)["pages"],
        doi=("http://dx.doi.org/" + work.doi) if work.doi and rng.random() < 0.85 else "",
        abstract=work.abstract.replace("BACKGROUND: ", "Background: ")
        + (" Copyright" if work.abstract else ""),
    )


def scopus(rng: random.Random, work: Work) -> dict[str, str]:
    title = work.title if rng.random() < 0.9 else work.title.title()
    return _row(
        work,
        title=title.replace("β", "&beta;") if rng.random() < 0.3 else title,
        authors="; ".join(f"{family}, {_initials(given, '.')}" for family, given in work.names),
        pages=f"{work.first}--{work.last}" if work.last else "",
        doi=work.doi if rng.random() < 0.95 else "",
    )


def web_of_science(rng: random.Random, work: Work) -> dict[str, str]:
    return _row(
        work,
        title=_typo(rng, work.title) if rng.random() < 0.03 else work.title,
        authors="; ".join(f"{_plain(family)}, {_initials(given)}" for family, given in work.names),
        journal=work.journal.upper(),
        doi=work.doi.upper() if rng.random() < 0.8 else "",
        abstract=work.abstract if rng.random() < 0.9 else "",
    )


def psycinfo(rng: random.Random, work: Work) -> dict[str, str]:
    names = [f"{family}, {given}" for family, given in work.names]
    title = (
        work.title.split(": ")[0]
        if rng.random() < 0.06 and len(work.title.split(": ")[0]) > 40
        else work.title
    )
    return _row(
        work,
        title=title.upper() if rng.random() < 0.04 else title,
        authors="; ".join([*names[:6], "et al"] if len(names) > 6 and rng.random() < 0.3 else names),
        issue="" if rng.random() < 0.15 else work.issue,
        doi="" if rng.random() < 0.5 else work.doi,
        abstract="" if rng.random() < 0.3 else work.abstract,
    )


def _typo(rng: random.Random, text: str) -> str:
    place = rng.randrange(3, max(4, len(text) - 3))
    return rng.choice((text[:place] + text[place + 1 :], text[:place] + text[place] + text[place:]))


DATABASES = {
    "Embase": embase, "PsycINFO": psycinfo, "PubMed": pubmed, "Scopus": scopus, "Web of Science": web_of_science,
}  # fmt: skip


def records(size: int, seed: int) -> list[dict[str, str]]:
    """`size` rows in random order, keys as in `COLUMNS`; a smaller set is not the beginning of a larger one."""
    rng = random.Random(seed)

    def rows() -> Iterator[dict[str, str]]:
        for group, work in enumerate(works(rng)):
            for row in copies(rng, work):
                yield row | {"true_group": f"w{group}"}

    made = list(islice(rows(), size))
    rng.shuffle(made)
    return [row | {"record_id": f"r{place:06d}"} for place, row in enumerate(made)]


def write_ris(path: Path, made: list[dict[str, str]]) -> None:
    """The rows as RIS, for tools that read no CSV; the record id is in AN."""
    with open(path, "w", encoding="utf-8") as stream:
        for row in made:
            first, _, last = row["pages"].replace("--", "-").partition("-")
            tags = [("TI", row["title"]), *(("AU", name) for name in row["authors"].split("; ")), ("PY", row["year"]),
                    ("JO", row["journal"]), ("VL", row["volume"]), ("IS", row["issue"]), ("SP", first), ("EP", last),
                    ("DO", row["doi"]), ("AB", row["abstract"]), ("AN", row["record_id"])]  # fmt: skip
            lines = [f"{tag}  - {value}" for tag, value in tags if value]
            stream.write("\n".join(["TY  - JOUR", *lines, "ER  - ", "", ""]))


def write(path: Path, size: int, seed: int) -> None:
    """`path` as a labelled set, and beside it the same as RIS and with "key" for "record_id"."""
    made = records(size, seed)
    with open(path, "w", encoding="utf-8", newline="") as stream:
        table = csv.DictWriter(stream, COLUMNS)
        table.writeheader()
        table.writerows(made)
    write_ris(path.with_suffix(".ris"), made)
    text = path.read_text(encoding="utf-8")
    path.with_suffix(".keyed.csv").write_text(text.replace("record_id", "key", 1), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("size", type=int)
    parser.add_argument("path", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    write(options.path, options.size, options.seed)
