"""DNSMOS where it is installed: limits, and what is never handed to it."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from voiceact.errors import VoiceactError
from voiceact.verify import naturalness
from voiceact.verify.naturalness import OVERALL, check_naturalness, dnsmos

RATE = 16000
SOUND = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)


class Network:
    """Answers with raw ratings, one after another, and keeps what it was given."""

    def __init__(self, *ratings: float):
        self.ratings, self.heard = list(ratings), []

    def run(self, names: Any, inputs: dict[str, np.ndarray]) -> list[Any]:
        self.heard.append(inputs["input_1"])
        return [[[0.0, 0.0, self.ratings.pop(0)]]]


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    network = Network()
    monkeypatch.setattr(naturalness, "_session", lambda: network)
    monkeypatch.setattr(naturalness, "model_path", lambda: SimpleNamespace())
    return network


def test_without_the_extra_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(naturalness, "model_path", lambda: None)
    found = check_naturalness(SOUND, RATE)
    assert (found.outcome, found.reason) == ("not judged", "not_installed")
    assert found.sentence == "DNSMOS is not installed; pip install 'voiceact[dnsmos]'"


def test_limits_alone_and_beside_the_twin(network: Network) -> None:
    network.ratings = [3.0, 1.0, 3.0, 4.5]
    good = check_naturalness(SOUND, RATE)
    assert (good.outcome, good.figure) == ("pass", pytest.approx(float(OVERALL(3.0))))
    bad = check_naturalness(SOUND, RATE)
    assert (bad.outcome, bad.reason, bad.threshold) == ("fail", "unnatural", naturalness.LEAST)
    beside = check_naturalness(SOUND, RATE, twin=(SOUND, RATE))
    assert beside.threshold == pytest.approx(float(OVERALL(4.5)) - naturalness.DROP)
    assert "the neutral twin" in beside.sentence


def test_whispers_are_not_judged(network: Network) -> None:
    assert check_naturalness(SOUND, RATE, whisper=0.8).reason == "whisper"
    assert not network.heard


def test_silence_is_not_judged(network: Network) -> None:
    assert check_naturalness(np.zeros(RATE, np.float32), RATE).reason == "silent"


def test_peaks_stay_below_full_scale_and_sounds_fill_the_window(network: Network) -> None:
    network.ratings = [3.0]
    dnsmos(SOUND * 40, RATE)
    assert network.heard[0].shape == (1, int(9.01 * RATE))
    assert np.abs(network.heard[0]).max() == pytest.approx(0.999)
    assert np.array_equal(network.heard[0][0, :RATE], network.heard[0][0, RATE:2 * RATE])


def test_an_answer_that_is_no_number_is_an_error_and_never_a_figure(network: Network) -> None:
    network.ratings = [float("nan")]
    with pytest.raises(VoiceactError, match="not finite"):
        dnsmos(SOUND, RATE)
    with pytest.raises(VoiceactError, match="silence"):
        dnsmos(np.zeros(RATE, np.float32), RATE)


@pytest.mark.skipif(naturalness.model_path() is None, reason="speechmos is not installed")
def test_the_real_network_prefers_speech_to_noise() -> None:
    from voiceact import synth

    spoken = synth(persona="nurse", text="The blue cup stands next to the kettle.").samples
    assert spoken is not None
    noisy = spoken + np.random.default_rng(0).normal(0, float(spoken.std()), len(spoken)).astype(np.float32)
    assert dnsmos(spoken, 24000) > dnsmos(noisy, 24000) + 1
