"""The graph of a network's treatments."""

from __future__ import annotations

from typing import Any

from analysis.drawings.options import form_of
from analysis.figures.catalogue import NETWORK, Address, Data, Drawing, Table
from analysis.figures.network_graph import Edge, Node, network_graph
from analysis.figures.synthesis_settings import NetworkGraphSettings
from reviews.figures.layout import Figure


def draw(
    snapshot: Data, result: Data, settings: Data, *, risk: Any = None, address: Address | None = None
) -> Figure:
    look = NetworkGraphSettings.read(settings)
    by = look.size_by
    nodes = [
        Node(
            name=one["name"],
            size=one[by],
            told=_told(one) if look.counts else "",
            part=one["part"],
        )
        for one in result["treatments"]
    ]
    edges = [
        Edge(one=one["treatment"], other=one["comparator"], studies=one["studies"]) for one in result["edges"]
    ]
    unknown = [one["name"] for one in result["treatments"] if one[by] is None]
    notes = (
        [f"Hollow: the number of people is not known in every study ({', '.join(unknown)})."]
        if unknown
        else []
    )
    return network_graph(
        nodes,
        edges,
        multi_arm=_designs(result) if look.shade else (),
        title=f"{snapshot['outcome']['name']}: network of {len(nodes)} treatments",
        size_of=by,
        page=look.page,
        notes=notes,
    )


def _told(one: Data) -> str:
    people = "" if one["people"] is None else f"{one['people']:,} people, "
    return f"{people}{one['studies']} {'study' if one['studies'] == 1 else 'studies'}"


def _designs(result: Data) -> list[tuple[str, ...]]:
    """The treatments of each design of three arms or more, once."""
    arms: dict[str, set[str]] = {}
    for one in result["contrasts"]:
        arms.setdefault(one["study"], set()).update((one["treatment"], one["comparator"]))
    return sorted({tuple(sorted(names)) for names in arms.values() if len(names) > 2})


def text(snapshot: Data, result: Data) -> Table:
    rows = [
        (
            one["treatment"],
            one["comparator"],
            str(one["studies"]),
            "–" if one["people"] is None else f"{one['people']:,}",
        )
        for one in result["edges"]
    ]
    return Table(("Treatment", "Compared with", "Studies", "People"), rows)


DRAWING = Drawing(
    key="network-graph",
    title="Network graph",
    about="Each circle is a treatment, each line a comparison that studies made; wide lines stand for many studies.",
    kinds=frozenset({NETWORK}),
    draw=draw,
    why_not=lambda snapshot, result: "",
    text=text,
    form=form_of(NetworkGraphSettings),
)
