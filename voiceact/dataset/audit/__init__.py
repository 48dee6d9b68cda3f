"""Check a finished run from its bytes alone: rows, tars, records, sound and verdicts."""
