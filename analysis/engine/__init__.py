"""From a snapshot to a result: plain data in, plain data out, no Django; one module per kind of plan."""

from analysis.engine.pairwise import CannotAnalyse, compute, engine_version, study_effects

__all__ = ["CannotAnalyse", "compute", "engine_version", "study_effects"]
