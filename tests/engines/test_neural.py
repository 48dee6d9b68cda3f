"""What every large engine needs, with no large engine at hand."""

from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceact.acting.direction import direct
from voiceact.acting.persona import load_persona
from voiceact.audio.level import loudness_lufs
from voiceact.engines.base import CALIBRATION, BatchLine, Capabilities, Card, Licences
from voiceact.engines.neural import common as neural
from voiceact.engines.neural.base import NeuralEngine, model_digest
from voiceact.errors import UnknownNameError, UsageError, VoiceactError
from voiceact.runtime import torch_support
from voiceact.runtime.extras import MissingExtraError


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

    assert torch_support.in_batches(range(7), 8, work, report=said.append) == [0, 10, 20, 30, 40, 50, 60]
    assert sizes == [7, 3, 1, 1, 1, 1, 1, 1, 1]
    assert said == [f"the device's memory was full: going on with {n} at a time" for n in ("3 lines", "1 line")]


def test_one_line_that_does_not_fit_ends_it_with_a_sentence():
    def work(batch):
        raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate")

    with pytest.raises(VoiceactError, match="one line alone does not fit"):
        torch_support.in_batches([1, 2], 2, work)


def test_another_fault_of_the_library_is_not_taken_for_lack_of_memory():
    def work(batch):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes"):
        torch_support.in_batches([1, 2], 2, work)


class Noise(NeuralEngine):
    """An engine whose model is a table of noise; a piece is its text."""

    name = "noise"
    modules = ("no_such_library",)
    card = Card("nothing", ("en",), Licences("MIT", "MIT", "MIT"), ("no-such-library",), "noise")
    joins_lines = True
    most_characters = 20
    batch_size = 2
    level = 0.02

    def __init__(self, languages=("en",), deterministic=False):
        super().__init__("auto", injected=True)
        self.batches, self.drawn_from = [], []
        self.capabilities = Capabilities(frozenset({"energy"}), languages, self.card.licences, 24_000, deterministic)

    def pieces(self, request):
        return self.text_pieces(request)

    def speak(self, pieces, seeds):
        self.drawn_from += zip(pieces, seeds, strict=True)
        return super().speak(pieces, seeds)

    def speak_batch(self, pieces):
        self.batches.append(list(pieces))
        return [np.random.default_rng(len(piece)).normal(0, self.level, 24_000).astype(np.float32) for piece in pieces]


NURSE = load_persona("nurse")
PLAIN = direct(NURSE, [], language="en")


def test_the_gain_brings_the_plain_voice_to_the_personas_loudness_and_is_measured_once():
    engine = Noise()
    calibration = np.concatenate(
        [
            sound
            for piece in engine.pieces(BatchLine(CALIBRATION, NURSE, PLAIN))
            for sound in [np.random.default_rng(len(piece)).normal(0, 0.02, 24_000).astype(np.float32)]
        ]
    )
    gain = engine.gain(BatchLine("Hello.", NURSE, PLAIN))
    assert loudness_lufs(calibration * np.float32(gain), 24_000) == pytest.approx(NURSE.voice.loudness, abs=0.01)
    before = len(engine.batches)
    assert engine.gain(BatchLine("Another text.", NURSE, PLAIN)) == gain and len(engine.batches) == before
    assert engine.gains == {"nurse": gain}


def test_energy_comes_on_top_of_the_personas_gain():
    engine = Noise()
    engine.gains["nurse"] = 0.5
    louder = replace(PLAIN, moves=replace(PLAIN.moves, energy=-20.0))
    assert engine.gain(BatchLine("Hello.", NURSE, louder)) == pytest.approx(0.05)


def test_a_silent_calibration_leaves_the_level_alone():
    engine = Noise()
    engine.level = 0.0
    assert engine.gain(BatchLine("Hello.", NURSE, PLAIN)) == 1.0


def test_a_model_without_english_is_calibrated_in_its_own_language():
    engine = Noise(languages=("de", "fr"))
    assert engine.perform("Guten Tag.", NURSE, PLAIN, language="de").duration == 1.0
    with pytest.raises(UsageError, match="does not speak 'en'; it speaks: de, fr"):
        engine.perform("Hello.", NURSE, PLAIN)


def test_lines_are_joined_into_batches_and_each_take_has_its_own_pieces():
    engine = Noise()
    engine.gains["nurse"] = 1.0
    texts = ("One.", "Two and two are four. Three.", "Five.")
    lines = [BatchLine(text, NURSE, PLAIN, seed=seed) for text, seed in zip(texts, (3, 8, 5), strict=True)]
    takes = engine.perform_batch(lines)
    assert engine.batches == [["One.", "Two and two are"], ["four. Three.", "Five."]]
    assert [take.duration for take in takes] == [1.0, 2.12, 1.0]  # 0.12 s between two pieces
    assert [take.seed for take in takes] == [3, 8, 5] and engine.speaks_batches
    # Each line is drawn from its own seed, and a further piece from the next one.
    assert engine.drawn_from == [("One.", 3), ("Two and two are", 8), ("four. Three.", 9), ("Five.", 5)]


def test_a_line_in_company_is_drawn_from_the_seeds_that_it_is_drawn_from_alone():
    line = BatchLine("Two and two are four. Three.", NURSE, PLAIN, seed=8)
    alone, together = Noise(), Noise()
    for engine in (alone, together):
        engine.gains["nurse"] = 1.0
    alone.perform(line.text, NURSE, PLAIN, seed=8)
    together.perform_batch([BatchLine("One.", NURSE, PLAIN, seed=3), line])
    assert alone.drawn_from == together.drawn_from[1:] == [("Two and two are", 8), ("four. Three.", 9)]


def test_a_deterministic_engine_is_given_no_batch_because_a_model_rounds_otherwise_in_it():
    engine = Noise(deterministic=True)
    engine.gains["nurse"] = 1.0
    takes = engine.perform_batch([BatchLine("One.", NURSE, PLAIN, seed=3), BatchLine("Two.", NURSE, PLAIN, seed=4)])
    assert not engine.speaks_batches and engine.batches == [["One."], ["Two."]]
    assert [take.seed for take in takes] == [3, 4]


def test_pieces_that_the_model_cannot_be_given_at_once_are_batches_of_their_own():
    class Keyed(Noise):
        def batch_key(self, piece):
            return len(piece)

    engine = Keyed()
    assert [len(sound) for sound in engine.speak(["a", "b", "cc", "d", "e", "f"], range(6))] == [24_000] * 6
    assert engine.batches == [["a", "b"], ["cc"], ["d", "e"], ["f"]]


def test_an_engine_that_does_not_join_lines_speaks_them_one_after_another():
    class Single(Noise):
        joins_lines = False

    engine = Single()
    engine.gains["nurse"] = 1.0
    engine.perform_batch([BatchLine("One.", NURSE, PLAIN), BatchLine("Two.", NURSE, PLAIN)])
    assert engine.batches == [["One."], ["Two."]] and not engine.speaks_batches


def test_a_stream_speaks_a_piece_at_a_time_and_refuses_before_the_first():
    engine = Noise()
    engine.gains["nurse"] = 1.0
    chunks = engine.stream("Two and two are four. Three.", NURSE, PLAIN)
    assert engine.batches == []
    assert len(next(chunks)) == 24_000 and engine.batches == [["Two and two are"]]
    with pytest.raises(UsageError, match="has nothing to say"):
        engine.stream("[laughs]", NURSE, PLAIN)


def test_a_full_memory_halves_the_batch_and_that_is_said():
    class Small(Noise):
        def speak_batch(self, pieces):
            if len(pieces) > 1:
                raise OutOfMemoryError("out of memory")
            return super().speak_batch(pieces)

    engine = Small()
    engine.gains["nurse"] = 1.0
    with pytest.warns(UserWarning, match="engine 'noise': the device's memory was full: going on with 1 line"):
        engine.perform_batch([BatchLine("One.", NURSE, PLAIN), BatchLine("Two.", NURSE, PLAIN)])
    assert engine.batches == [["One."], ["Two."]]


def test_a_persona_has_a_voice_of_the_model_or_the_error_lists_them():
    engine = Noise()
    engine.speakers = {"nurse": "Anna"}
    assert engine.choose_voice(NURSE, ["anna", "ben"], spelling=str.lower) == "anna"
    with pytest.raises(UnknownNameError, match="unknown voice of the model 'Anna'"):
        engine.choose_voice(NURSE, ["anna", "ben"])
    engine.speakers = {}
    assert engine.choose_voice(NURSE, ["anna", "ben"], default="ben") == "ben"
    with pytest.raises(UsageError, match=r"persona 'nurse' has no voice among the 1 of the model \(anna\)"):
        engine.choose_voice(NURSE, ["anna", "ben"], offered=["anna"])


def test_the_library_that_is_missing_is_named_by_its_extra():
    with pytest.raises(MissingExtraError, match=r"engine 'noise' needs an optional part.*\[noise\]"):
        Noise.require_library()


def test_a_digest_is_that_of_the_weights_unless_something_else_decides_the_sound():
    assert model_digest(["ab"], speaker=None, speakers={}, temperature="") == "ab"
    expected = sha256(b"ab\ncd").hexdigest()
    assert model_digest(["ab", "cd"]) == expected != model_digest(["cd", "ab"])
    assert model_digest(["ab"], temperature="0.7", dtype="float16") == sha256(b"ab\ndtype=float16\ntemperature=0.7").hexdigest()


def test_pieces_are_joined_with_a_gap_and_resampled():
    take = neural.assemble_take([np.full(800, 0.1), np.full(800, 0.1)], 8000, out_rate=16000, gain=1.0, seed=3, gap_seconds=0.1)
    assert take.sample_rate == 16000 and take.seed == 3
    assert len(take.samples) == 2 * (800 + 800 + 800)
    assert np.abs(take.samples[1800:3000]).max() < 0.01


def test_no_take_is_louder_than_its_ceiling():
    take = neural.assemble_take([0.5 * np.sin(np.arange(8000) / 5)], 8000, out_rate=8000, gain=8.0, seed=0)
    assert np.abs(take.samples).max() <= 10 ** (-1 / 20) + 1e-3


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ([], "no sound"),
        ([np.array([])], "no sound"),
        ([np.array([0.1, np.nan])], "no numbers"),
        ([np.zeros((2, 5))], r"shape \(2, 5\)"),
    ],
)
def test_what_is_no_sound_is_told(pieces, words):
    with pytest.raises(VoiceactError, match=words):
        neural.assemble_take(pieces, 8000, out_rate=8000, gain=1.0, seed=0)


def test_whatever_a_library_gives_becomes_mono_float32():
    assert neural.as_samples([[0.5, -0.5]]).dtype == np.float32
    assert neural.as_samples(np.array([16384, -16384], np.int16)).tolist() == [0.5, -0.5]
    torch = pytest.importorskip("torch")
    assert neural.as_samples(torch.ones(1, 1, 3, dtype=torch.bfloat16)).tolist() == [1, 1, 1]


def test_devices_and_dtypes():
    torch = pytest.importorskip("torch")
    assert torch_support.device_of("cpu", "coqui") == torch.device("cpu")
    assert torch_support.dtype_of("auto", torch.device("cpu"), "coqui") == torch.float32
    assert torch_support.dtype_of("bfloat16", torch.device("cpu"), "coqui") == torch.bfloat16
    with pytest.raises(UsageError, match="device 'gpu' is not known; expected auto, cpu, cuda or cuda:N"):
        torch_support.device_of("gpu", "coqui")
    with pytest.raises(UsageError, match="dtype 'half' is not known"):
        torch_support.dtype_of("half", torch.device("cpu"), "coqui")
    with pytest.raises(UsageError, match="device 'cuda:99' is not here: this machine has"):
        torch_support.device_of("cuda:99", "coqui")


def test_a_seed_decides_what_is_drawn_and_leaves_no_trace():
    torch = pytest.importorskip("torch")
    cpu = torch.device("cpu")
    torch.manual_seed(1)
    expected = [torch.rand(1).item() for _ in range(2)]
    torch.manual_seed(1)
    first = torch.rand(1).item()
    with torch_support.seeded(7, cpu, "coqui"):
        drawn = torch.rand(1).item()
    with torch_support.seeded(7, cpu, "coqui"):
        assert torch.rand(1).item() == drawn
    assert [first, torch.rand(1).item()] == expected


def test_rows_of_a_batch_draw_their_tokens_as_each_would_alone():
    torch = pytest.importorskip("torch")
    cpu, chances = torch.device("cpu"), torch.ones(4, 50)

    def tokens(seeds, steps=20, codebooks=2):
        with torch_support.seeded_rows(seeds, cpu, "coqui"):
            drawn = [torch.multinomial(chances[:1].expand(codebooks * len(seeds), 50), 1) for _ in range(steps)]
        return torch.cat(drawn, 1).reshape(len(seeds), codebooks, steps)

    state = torch.get_rng_state()
    alone = torch.cat([tokens([seed]) for seed in (3, 9, 4)])
    assert torch.equal(tokens([3, 9, 4]), alone)
    assert torch.equal(tokens([4, 3, 9]), alone[[2, 0, 1]])
    assert not torch.equal(alone[0], alone[1])
    # What cannot be told apart is drawn together, and nothing is left behind.
    with torch_support.seeded_rows([3, 9], cpu, "coqui"):
        first = torch.multinomial(chances[:3], 1)
    with torch_support.seeded_rows([3, 8], cpu, "coqui"):
        assert torch.equal(torch.multinomial(chances[:3], 1), first)
    assert torch.equal(torch.get_rng_state(), state)
