"""Statistics of a finished listening test."""
