"""What a person may type, one subject per module; never saves."""
