"""Office documents that any room writes: Word files in one look; the same content gives the same bytes."""
