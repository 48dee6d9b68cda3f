"""A plan becomes a run folder: work units, executors, locks, progress and resume."""
