"""The unit that is kept: a take with the record of how it was made and what was judged of it."""
