"""The unit of a data set: a take with the record of how it was made and how it was judged."""
