"""A figure as it is written to a file."""

from voiceact.stats.figure import Figure, missing


def test_a_figure_tells_its_reason_only_when_there_is_one():
    assert Figure(0.5, 0.4, 0.6, 10).to_dict() == {"value": 0.5, "low": 0.4, "high": 0.6, "n": 10}
    assert missing("no ratings").to_dict() == {"value": None, "low": None, "high": None, "n": 0, "why": "no ratings"}
