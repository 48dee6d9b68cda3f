"""Speech recognizers for the transcript check."""
