"""Plain words read as what is acted: a feeling, a person, a whole request, directions within a line (docs/prompting.md)."""
