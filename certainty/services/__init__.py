"""The verbs of this room, one subject per module."""
