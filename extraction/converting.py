"""The part of a result's form in which something else than the numbers is given, and turned into them.

What was posted goes in, a ``Panel`` comes out; nothing is saved. The numbers and the list of conversions travel in
the form itself, so that everything works without script.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from extraction.conversions import Input
from extraction.offers import BY_KEY, Proposal, Way, missing, proposals, read_typed, ways_for
from extraction.services.conversions import entry
from extraction.values import EVERY_FIELD, check_values, sentence_case

#: Before the names of what a conversion needs, so that they are no numbers of the result.
PREFIX = "c-"
#: What the effect is that a group of conversions gives.
MEASURES_OF = {"hr": "HR", "es": "SMD", "change": "MD"}
#: What a button may ask for; anything else records the result.
SHOW, TAKE, DROP, CHECK = "show", "take:", "drop:", "check"


@dataclass(frozen=True)
class Asked:
    """One input of a way, as the panel shows it."""

    name: str
    input: Input
    value: str
    fault: str = ""

    @property
    def label(self) -> str:
        text = self.input.meaning
        return text[0].upper() + text[1:]

    @property
    def hint(self) -> str:
        if self.input.depth:
            return "Numbers with commas or spaces between them."
        return "" if self.input.required else f"If empty: {self.input.default}."


@dataclass(frozen=True)
class Kept:
    """A conversion that the form carries, with what it gave."""

    number: int
    entry: Mapping[str, Any]

    @property
    def gave(self) -> list[tuple[str, Any]]:
        return gave_of(self.entry)


@dataclass
class Panel:
    """``data`` is what was posted, changed by what the buttons did."""

    kind: str
    data: dict[str, str]
    asked_for: str = ""
    faults: dict[str, str] = field(default_factory=dict)
    proposals: list[Proposal] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def ways(self) -> list[Way]:
        return ways_for(self.kind)

    @property
    def way(self) -> Way | None:
        way = BY_KEY.get(self.data.get("way", ""))
        return way if way and self.kind in way.kinds else None

    @property
    def arm(self) -> str:
        return self.data["way_arm"] if self.data.get("way_arm") in ("1", "2") else "1"

    @property
    def asks_arm(self) -> bool:
        return bool(self.way and self.way.scope == "arm" and self.kind != "proportion")

    @property
    def fields(self) -> list[Asked]:
        if not self.way:
            return []
        return [
            Asked(name, one, self.data.get(PREFIX + name, ""), self.faults.get(name, ""))
            for name, one in self.way.fields().items()
        ]

    @property
    def kept(self) -> list[Kept]:
        return [Kept(number, one) for number, one in enumerate(self.entries)]

    @property
    def entries(self) -> list[dict[str, Any]]:
        return _json(self.data.get("conversions"), list)

    @property
    def initial(self) -> dict[str, Any]:
        """What the form shows after a button that saved nothing: everything as it was typed."""
        reported = _json(self.data.get("as_reported"), dict)
        return {**self.data} | {"conversions": self.entries, "as_reported": reported}

    @property
    def is_open(self) -> bool:
        return bool(self.way or self.entries)

    def act(self) -> None:
        """Do what the pressed button asks for."""
        if self.way and (self.asked_for == SHOW or self.asked_for.startswith(TAKE)):
            self._propose(self.way)
        if self.asked_for.startswith(TAKE):
            key = self.asked_for.removeprefix(TAKE)
            for proposal in self.proposals:
                if proposal.key == key:
                    self._take(proposal)
                    return
        if self.asked_for.startswith(DROP):
            self._drop(self.asked_for.removeprefix(DROP))

    def _numbers(self) -> dict[str, Any]:
        clean, _ = check_values(self.kind, {name: self.data.get(name) for name in EVERY_FIELD})
        return clean

    def _propose(self, way: Way) -> None:
        typed = {name: self.data.get(PREFIX + name, "") for name in way.fields()}
        inputs, self.faults = read_typed(way, typed)
        numbers = self._numbers()
        self.proposals, self.failed = proposals(way, self.arm, inputs, numbers)
        if not self.proposals and not self.failed and not self.faults:
            self.missing = missing(way, self.arm, inputs, numbers)

    def _take(self, proposal: Proposal) -> None:
        """The numbers into the form, the conversion and what was reported beside them."""
        done = entry(proposal.key, proposal.done.inputs, proposal.gave)
        others = [one for one in self.entries if not set(one["gave"]) & set(proposal.gave)]
        for name, value in proposal.values.items():
            self.data[name] = str(value)
        measure = MEASURES_OF.get(proposal.key.split(".")[0])
        if measure and self.kind == "effect":
            self.data["effect_measure"] = measure
        self.data["conversions"] = json.dumps([*others, done])
        way = self.way
        typed = {
            f"{name}{self.arm if self.asks_arm else ''}": text
            for name in (way.fields() if way else ())
            if (text := self.data.get(PREFIX + name, "").strip()) and name in proposal.done.inputs
        }
        self.data["as_reported"] = json.dumps(_json(self.data.get("as_reported"), dict) | typed)
        self.data["way"] = ""
        self.proposals = []

    def _drop(self, number: str) -> None:
        """Without one conversion; its numbers are emptied, since nothing else says where they came from."""
        entries = self.entries
        if number not in map(str, range(len(entries))):
            return
        for name in entries[int(number)]["gave"]:
            self.data[name] = ""
        del entries[int(number)]
        self.data["conversions"] = json.dumps(entries)
        if not entries:
            self.data["as_reported"] = ""


def panel_of(kind: str, posted: QueryDict | None, initial: Mapping[str, Any]) -> Panel:
    """The panel for what was posted, or for a form that was only opened."""
    if posted is None:
        carried = {name: json.dumps(initial.get(name)) for name in ("conversions", "as_reported")}
        return Panel(kind, carried)
    data = {name: str(value) for name, value in posted.items()}
    panel = Panel(kind, data, data.get("do", ""))
    panel.act()
    return panel


def gave_of(one: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """[(label, value)] of the numbers a conversion gave."""
    outputs = one.get("outputs", {})
    return [
        (
            sentence_case(EVERY_FIELD[name].label) if name in EVERY_FIELD else name,
            one["values"].get(outputs.get(name, name), ""),
        )
        for name in one["gave"]
    ]


def _json(text: str | None, shape: type) -> Any:
    """What the form carried, or nothing where somebody changed it into something else."""
    try:
        value = json.loads(text or "null")
    except ValueError:
        return shape()
    if type(value) is not shape:
        return shape()
    parts = value if isinstance(value, list) else []
    whole = all(isinstance(one, dict) and {"key", "gave", "values"} <= set(one) for one in parts)
    return value if whole else shape()
