"""One HTML page about a run: what was asked, what is there, what the judge heard."""
