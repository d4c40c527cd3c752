"""What an instrument is: data, and one function where the instrument has a rule for the overall judgement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Level:
    """One possible judgement.

    ``symbol`` tells it apart without colour (one of + − ! ? x, or two letters); ``colour`` names the level of
    appraisal.figures.LEVELS whose colours it wears; ``robvis`` is the word robvis understands; ``aliases`` are
    the codes a file may use instead of the key or the label.
    """

    key: str
    label: str
    symbol: str
    colour: str
    robvis: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Domain:
    """One thing to judge. ``short`` heads its column, ``levels`` limits the choice (empty: every level)."""

    key: str
    short: str
    label: str
    guidance: str
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """A published tool. ``overall`` gives the overall level key from {domain key: level key}, if the tool has one."""

    key: str
    name: str
    about: str
    reference: str
    reference_url: str
    guidance_url: str
    domains: tuple[Domain, ...]
    levels: tuple[Level, ...]
    overall: Callable[[Mapping[str, str]], str] | None = None

    def domain(self, key: str) -> Domain:
        """The domain called ``key``; KeyError when the instrument has no such domain."""
        return {domain.key: domain for domain in self.domains}[key]

    def level(self, key: str) -> Level:
        """The level called ``key``; KeyError when the instrument has no such level."""
        return {level.key: level for level in self.levels}[key]

    def levels_of(self, domain: Domain) -> tuple[Level, ...]:
        """The levels a person may choose for ``domain``, in order."""
        return tuple(level for level in self.levels if not domain.levels or level.key in domain.levels)

    def read_level(self, domain: Domain, text: str) -> Level | None:
        """The level a file means by ``text`` (key, label or alias, in any case), or None."""
        return read(self.levels_of(domain), text)


def read(levels: Iterable[Level], text: str) -> Level | None:
    """The level that a file means by ``text`` (key, label, robvis' word or alias, in any case), or None."""
    wanted = text.strip().casefold()
    for level in levels:
        if wanted in {name.casefold() for name in (level.key, level.label, level.robvis, *level.aliases)}:
            return level
    return None
