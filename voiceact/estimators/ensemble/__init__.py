"""Several judges combined: how an ensemble is named, and how its votes are counted."""
