"""The instruments on offer, as data. No Django here: pages, figures, files and tests read the same objects."""

from appraisal.instruments.base import Domain, Instrument, Level
from appraisal.instruments.metapsy_rob1 import METAPSY_ROB1
from appraisal.instruments.rob1 import ROB1

INSTRUMENTS: dict[str, Instrument] = {instrument.key: instrument for instrument in (ROB1, METAPSY_ROB1)}

__all__ = ["INSTRUMENTS", "Domain", "Instrument", "Level"]
