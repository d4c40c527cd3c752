"""What a person may type in this room, by subject."""
