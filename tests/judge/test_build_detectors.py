"""The builders of the burst detector and of the same-voice projection, on made numbers whose answer is known."""

import numpy as np
import pytest

from voiceact.errors import UsageError
from voiceact.estimators import burst_spans, same_voice
from voiceact.judge import build_burst_spans, build_same_voice
from voiceact.judge.build_burst_spans import BURST, SPEECH, fit_detector, write_detector
from voiceact.judge.build_same_voice import HELD_OUT, fit_projection


def test_the_detector_finds_the_direction_that_tells_bursts(monkeypatch, tmp_path):
    monkeypatch.setattr(build_burst_spans, "COMPONENTS", 4)
    random = np.random.default_rng(0)
    kinds = np.tile([SPEECH, BURST], 400)
    rows = random.normal(0, 1, (800, 4)).astype(np.float32)
    rows[:, 2] += 8 * kinds
    held = np.arange(800) >= 600
    weights, threshold, rates = fit_detector(rows, kinds, held)
    assert np.abs(weights).argmax() == 2
    # The threshold is what 95 % of the held-out bursts reach.
    assert rates["bursts"] == pytest.approx(0.95, abs=0.011) and rates["speech"] == 0.0
    write_detector(tmp_path / "spans.npz", weights, threshold)
    with np.load(tmp_path / "spans.npz") as stored:
        assert stored["weights"].shape == (2, 2) and float(stored["threshold"]) == pytest.approx(threshold)


def test_the_projection_tells_voices_and_not_feelings():
    random = np.random.default_rng(1)
    names = [name for pair in HELD_OUT for name in pair]
    speakers = np.repeat(names, 40)
    neutral = np.tile(np.arange(40) < 10, len(names))
    rows = random.normal(0, 0.3, (len(speakers), 6)).astype(np.float32)
    voices = {name: random.normal(0, 3, 2) for name in names}
    rows[:, :2] += np.array([voices[name] for name in speakers], np.float32)
    # A feeling moves a voice as far as voices are apart, in a direction of its own.
    rows[:, 2] += np.where(neutral, 0, 6)
    chains = np.zeros(len(speakers), np.intp)
    bursts = random.normal(0, 1, (60, 6)).astype(np.float32)
    stored, noticed = fit_projection(rows, speakers, neutral, chains, bursts, np.repeat(["a", "b", "c"], 20))
    directions = stored["projection"].astype(np.float64) * 1.0
    strength = np.linalg.norm(directions, axis=1) / stored["spread"]
    assert -1 <= float(stored["least"]) <= 1 and 0 <= noticed <= 1
    told = (np.clip((rows - stored["mean"]) / stored["spread"], -6, 6) @ directions) - stored["centre"]
    assert told.mean(axis=0) == pytest.approx(np.zeros(told.shape[1]), abs=0.05)
    assert strength[:2].min() > strength[2]


@pytest.mark.parametrize("module", [build_burst_spans, build_same_voice])
def test_builders_want_two_folders(module):
    with pytest.raises(UsageError, match="expected two folders with a manifest: EmoDB's and EmoGator's"):
        module.main(["one"])


def test_what_ships_fits_the_ears():
    weights, threshold = burst_spans.load_detector()
    stored = same_voice.load_projection()
    from voiceact.estimators.ears import load_ears

    ears = load_ears()
    assert weights.shape == (2, ears.channels) and np.isfinite(weights).all() and np.isfinite(threshold)
    assert stored["projection"].shape[0] == ears.width == len(stored["mean"])
    assert -1 < same_voice.least_similarity() < 1
