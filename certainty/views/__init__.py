"""The pages of this room, one subject per module."""
