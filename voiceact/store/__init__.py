"""The run format: columns, shards, index, journal, run file and splits."""
