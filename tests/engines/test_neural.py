"""What every large engine needs, with no large engine at hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceact.acting.persona import load_persona
from voiceact.audio.level import loudness_lufs
from voiceact.engines.neural import common as neural
from voiceact.errors import UsageError, VoiceactError


@given(st.text(alphabet="ab .,!? ", max_size=300), st.integers(1, 60))
def test_no_letter_is_lost_in_the_pieces_and_none_is_too_long(text, most):
    pieces = neural.split_text(text, most)
    assert " ".join(pieces).split() == text.split()
    assert all(len(piece) <= most or " " not in piece for piece in pieces)


def test_text_is_cut_at_sentences_before_commas_and_at_commas_before_words():
    text = "One two three. Four five, six seven eight nine."
    assert neural.split_text(text, 40) == ["One two three.", "Four five, six seven eight nine."]
    assert neural.split_text(text, 22) == ["One two three.", "Four five,", "six seven eight nine."]
    assert neural.split_text("short", 40) == ["short"]


class OutOfMemoryError(RuntimeError):
    """As torch.cuda names it."""


def test_a_batch_that_does_not_fit_is_halved_until_it_does_and_that_is_said():
    sizes, said = [], []

    def work(batch):
        sizes.append(len(batch))
        if len(batch) > 2:
            raise OutOfMemoryError("CUDA out of memory")
        return [item * 10 for item in batch]

    assert neural.in_batches(range(7), 8, work, told=said.append) == [0, 10, 20, 30, 40, 50, 60]
    assert sizes == [7, 3, 1, 1, 1, 1, 1, 1, 1]
    assert said == [f"the device's memory was full: going on with {n} lines at a time" for n in (3, 1)]


def test_one_line_that_does_not_fit_ends_it_with_a_sentence():
    def work(batch):
        raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate")

    with pytest.raises(VoiceactError, match="one line alone does not fit"):
        neural.in_batches([1, 2], 2, work)


def test_another_fault_of_the_library_is_not_taken_for_lack_of_memory():
    def work(batch):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes"):
        neural.in_batches([1, 2], 2, work)


def test_the_gain_brings_the_plain_voice_to_the_personas_loudness_and_is_measured_once():
    nurse, calls = load_persona("nurse"), []
    noise = np.random.default_rng(0).normal(0, 0.02, 24_000).astype(np.float32)

    def speak(persona):
        calls.append(persona.name)
        return noise, 24_000

    leveller = neural.Leveller(speak)
    gain = leveller.gain(nurse)
    assert loudness_lufs(noise * np.float32(gain), 24_000) == pytest.approx(nurse.voice.loudness, abs=0.01)
    assert leveller.gain(nurse) == gain and calls == ["nurse"]


def test_a_silent_calibration_leaves_the_level_alone():
    assert neural.Leveller(lambda persona: (np.zeros(24_000, np.float32), 24_000)).gain(load_persona("nurse")) == 1.0


def test_pieces_are_joined_with_a_gap_and_resampled():
    take = neural.finished([np.full(800, 0.1), np.full(800, 0.1)], 8000, out_rate=16000, gain=1.0, seed=3, gap_seconds=0.1)
    assert take.sample_rate == 16000 and take.seed == 3
    assert len(take.samples) == 2 * (800 + 800 + 800)
    assert np.abs(take.samples[1800:3000]).max() < 0.01


def test_no_take_is_louder_than_its_ceiling():
    take = neural.finished([0.5 * np.sin(np.arange(8000) / 5)], 8000, out_rate=8000, gain=8.0, seed=0)
    assert np.abs(take.samples).max() <= 10 ** (neural.CEILING_DB / 20) + 1e-3


@pytest.mark.parametrize(("pieces", "words"), [([], "no sound"), ([np.array([])], "no sound"),
                                               ([np.array([0.1, np.nan])], "no numbers"),
                                               ([np.zeros((2, 5))], r"shape \(2, 5\)")])
def test_what_is_no_sound_is_told(pieces, words):
    with pytest.raises(VoiceactError, match=words):
        neural.finished(pieces, 8000, out_rate=8000, gain=1.0, seed=0)


def test_whatever_a_library_gives_becomes_mono_float32():
    assert neural.as_samples([[0.5, -0.5]]).dtype == np.float32
    assert neural.as_samples(np.array([16384, -16384], np.int16)).tolist() == [0.5, -0.5]
    torch = pytest.importorskip("torch")
    assert neural.as_samples(torch.ones(1, 1, 3, dtype=torch.bfloat16)).tolist() == [1, 1, 1]


def test_devices_and_dtypes():
    torch = pytest.importorskip("torch")
    assert neural.device_of("cpu", "coqui") == torch.device("cpu")
    assert neural.dtype_of("auto", torch.device("cpu"), "coqui") == torch.float32
    assert neural.dtype_of("bfloat16", torch.device("cpu"), "coqui") == torch.bfloat16
    with pytest.raises(UsageError, match="device 'gpu' is not known; expected auto, cpu, cuda or cuda:N"):
        neural.device_of("gpu", "coqui")
    with pytest.raises(UsageError, match="dtype 'half' is not known"):
        neural.dtype_of("half", torch.device("cpu"), "coqui")
    with pytest.raises(UsageError, match="device 'cuda:99' is not here: this machine has"):
        neural.device_of("cuda:99", "coqui")


def test_a_seed_decides_what_is_drawn_and_leaves_no_trace():
    torch = pytest.importorskip("torch")
    cpu = torch.device("cpu")
    torch.manual_seed(1)
    expected = [torch.rand(1).item() for _ in range(2)]
    torch.manual_seed(1)
    first = torch.rand(1).item()
    with neural.seeded(7, cpu, "coqui"):
        drawn = torch.rand(1).item()
    with neural.seeded(7, cpu, "coqui"):
        assert torch.rand(1).item() == drawn
    assert [first, torch.rand(1).item()] == expected
