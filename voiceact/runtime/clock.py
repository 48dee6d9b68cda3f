"""The time as files of runs and records state it."""

from datetime import UTC, datetime


def utc_now() -> str:
    """Return the time now in ISO 8601, to the second."""
    return utc_text(datetime.now(UTC))


def utc_text(moment: datetime) -> str:
    """Return a moment of UTC in ISO 8601, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
