"""The kernel: takes in batches are those made one by one, with shared twins, in the order asked."""

import numpy as np
import pytest
from builders import RATE, ToneEngine, build_request
from judges import fixed

from voiceact.engines.base import Take
from voiceact.errors import UsageError, VoiceactError
from voiceact.synthesis.kernel import TakeMaker, batch_size
from voiceact.synthesis.request import ResolvedRequest


class PitchEngine(ToneEngine):
    """Hums as long as the text, pitched by what is directed, and keeps count of what it speaks."""

    def __init__(self) -> None:
        self.spoken: list[list[str]] = []

    def hum(self, text, direction, seed):
        if "refuse" in text:
            raise UsageError(f"{text!r} cannot be spoken")
        time = np.arange(len(text) * 400) / RATE
        hum = 0.1 * np.sin(2 * np.pi * (150 + 10 * direction.moves.pitch) * time)
        noise = np.random.default_rng(seed).normal(0, 1e-4, len(time))
        return Take((hum + noise).astype(np.float32), RATE, seed)

    def perform(self, text, persona, direction, *, language, seed):
        self.spoken.append([text])
        return self.hum(text, direction, seed)


class BatchEngine(PitchEngine):
    """Speaks three lines at a time."""

    batch_size = 3

    def perform_batch(self, lines):
        self.spoken.append([line.text for line in lines])
        return [self.hum(line.text, line.direction, line.seed) for line in lines]


TEXTS = ("A rather long line that takes its time.", "Short.", "One of middling length.", "Tiny", "And the last of them all.")


def requests(engine: PitchEngine, texts=TEXTS, moods=({"anger": 5.0}, {"fear": 3.0})) -> list[ResolvedRequest]:
    return [
        build_request(engine=engine, text=text, mix=mix, seed=seed) for seed, text in enumerate(texts, start=3) for mix in moods
    ]


def test_a_batch_says_what_lines_one_by_one_say_in_the_order_asked() -> None:
    single, batched = PitchEngine(), BatchEngine()
    assert (batch_size(single), batch_size(batched)) == (1, 3)
    maker = TakeMaker(checks=())
    one_by_one, together = list(maker.make(requests(single))), list(TakeMaker(checks=()).make(requests(batched)))
    assert [(made.request.text, made.request.category) for made in together] == [
        (made.request.text, made.request.category) for made in one_by_one
    ]
    for first, second in zip(one_by_one, together, strict=True):
        assert np.array_equal(first.take.samples, second.take.samples)
        assert first.take.seed == second.take.seed == second.request.seed == second.record().seed
        assert first.twin is not None and second.twin is not None
        assert np.array_equal(first.twin.samples, second.twin.samples)
        assert not np.array_equal(second.take.samples, second.twin.samples)
    assert max(len(batch) for batch in batched.spoken) == 3
    # Lines of a batch are of like length, so that little of it is padding.
    takes = [text for batch in batched.spoken for text in batch]
    assert takes.index("Tiny") < takes.index(TEXTS[0])


@pytest.mark.parametrize("kind", [PitchEngine, BatchEngine])
def test_requests_for_one_line_share_its_twin(kind: type[PitchEngine]) -> None:
    engine = kind()
    made = list(TakeMaker(checks=()).make(requests(engine)))
    spoken = [text for batch in engine.spoken for text in batch]
    assert len(spoken) == len(made) + len(TEXTS), "one neutral reading a line"
    assert all(spoken.count(text) == 3 for text in TEXTS)
    for first, second in zip(made[::2], made[1::2], strict=True):
        assert first.twin is second.twin


def test_a_neutral_request_is_its_own_twin() -> None:
    engine = PitchEngine()
    [made] = TakeMaker(checks=()).make([build_request(engine=engine, mix={})])
    assert made.twin is made.take and len(engine.spoken) == 1


def test_the_neutral_twin_is_judged_against_and_never_as_the_take() -> None:
    """A judge that hears pitch alone: anger is high, the neutral reading is not."""
    engine = BatchEngine()
    [made] = TakeMaker(checks=("emotion",), judge=fixed(anger=5, contentment=0)).make(
        [build_request(engine=engine, mix={"anger": 5.0})]
    )
    assert made.verdict is not None and dict(made.verdict.mix) == {"anger": 5.0} and made.verdict.reference == "twin"
    record = made.record()
    assert record.verdict is not None and record.verdict.level == made.verdict.level == "verified"


def test_without_checks_and_twins_nothing_more_is_spoken() -> None:
    engine = BatchEngine()
    made = list(TakeMaker(checks=(), twins=False).make(requests(engine)))
    assert [one.twin for one in made] == [None] * len(made)
    assert sum(map(len, engine.spoken)) == len(made)
    assert list(TakeMaker(checks=()).make([])) == []


def test_a_line_that_fails_stops_there_and_what_was_made_before_is_handed_over_first() -> None:
    engine = PitchEngine()
    made = []
    with pytest.raises(UsageError, match="'refuse' cannot be spoken"):
        for one in TakeMaker(checks=(), twins=False).make(requests(engine, ("one", "two", "refuse", "four"), ({},))):
            made.append(one.request.text)
    assert made == ["one", "two"] and ["four"] not in engine.spoken


def test_a_line_that_fails_in_a_batch_hands_over_the_batches_before() -> None:
    engine = BatchEngine()
    made = []
    texts = ("a", "bb", "ccc", "a refused line is refuse", "dddd")
    with pytest.raises(VoiceactError, match="cannot be spoken"):
        for one in TakeMaker(checks=(), twins=False).make(requests(engine, texts, ({},))):
            made.append(one.request.text)
    assert made == ["a", "bb", "ccc"]


def test_takes_of_16_bits_are_judged_as_they_are_kept() -> None:
    [made] = TakeMaker(checks=(), pcm16=True).make([build_request(engine=PitchEngine())])
    steps = made.take.samples * 32768
    assert np.array_equal(steps, np.round(steps)) and np.abs(steps).max() > 1000
