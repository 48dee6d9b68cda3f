"""Pages that need nothing else: one HTML file, its style and its pictures inside, no script and no network."""
