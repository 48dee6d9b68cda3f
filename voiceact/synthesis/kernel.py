"""The kernel: a resolved request becomes a take, its neutral twin and its verdict.

Everything that makes clips calls it: `synth`, `lines`, `replay` and recipe runs.

>>> from voiceact.synthesis.kernel import TakeMaker
>>> from voiceact.synthesis.request import SynthesisRequest, resolve_request
>>> request = resolve_request(SynthesisRequest(persona="nurse", emotions="Concern"))
>>> [made] = TakeMaker().make([request])  # doctest: +SKIP
>>> made.verdict.level  # doctest: +SKIP
'rejected'
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from voiceact import __version__, audio
from voiceact.acting.direction import Direction
from voiceact.audio.words import Word
from voiceact.clip.clip import Clip
from voiceact.clip.director import DirectorRecord
from voiceact.clip.record import (
    SCHEMA_VERSION,
    AudioRecord,
    DirectionRecord,
    EngineRecord,
    Record,
    Replay,
    describe_audio,
    identity,
    timestamp,
)
from voiceact.engines.base import BatchLine, Engine, Take
from voiceact.engines.registry import spec_of
from voiceact.estimators.base import Estimator
from voiceact.runtime.progress import quiet_steps, report_step
from voiceact.synthesis.inline import perform_cues
from voiceact.synthesis.joining import PassageJoiner, is_long, shift_words
from voiceact.synthesis.request import ResolvedRequest
from voiceact.text.passages import iterate_passages
from voiceact.verify.backends.base import Backends
from voiceact.verify.base import Verdict
from voiceact.vocabulary import CHECKS

if TYPE_CHECKING:
    from voiceact.verify.passages import PassageVerdicts

TWINS_KEPT = 16
"""neutral readings kept at hand; requests that share persona, line and seed share the reading"""

TwinKey = tuple[str, str, str, int, str]


@dataclass(frozen=True)
class MadeTake:
    """A take that was made.

    Attributes:
        request: what was asked
        take: what the engine spoke
        twin: the neutral reading of the same line; None where none was wanted
        verdict: None where the take was not judged
        director: the takes that a coach heard before this one was chosen; None where nobody directed
    """

    request: ResolvedRequest
    take: Take
    twin: Take | None = None
    verdict: Verdict | None = None
    director: DirectorRecord | None = None

    def record(self, *, created: str | None = None) -> Record:
        """Return the record of the take, its audio not yet written (see `record_take`)."""
        record = record_take(self.request, self.take, created=created)
        verdict = None if self.verdict is None else self.verdict.to_record()
        return msgspec.structs.replace(record, verdict=verdict, director=self.director or msgspec.UNSET)

    def clip(self) -> Clip:
        """Return the take as a clip, made now."""
        return Clip(self.record(created=timestamp()), self.take.samples, self.take.words)


class TakeMaker:
    """Makes takes, several at a time where the engine speaks batches.

    Args:
        judge: estimator that decides, or its name; None is the shipped judge
        backends: recognizer, speaker encoder and rater of the checks
        checks: names of the checks to make; none leaves takes unjudged
        frugal: skip expensive checks of a take that has already failed
        twins: whether each take gets its neutral twin; a judged take always does
        pcm16: round takes to 16 bits before they are judged, so that what is judged is what is kept
    """

    def __init__(
        self,
        *,
        judge: Estimator | str | None = None,
        backends: Backends | None = None,
        checks: Sequence[str] = CHECKS,
        frugal: bool = False,
        twins: bool = True,
        pcm16: bool = False,
    ):
        self._judge, self._backends, self._checks, self._frugal = judge, backends or Backends(), tuple(checks), frugal
        self._with_twins, self._pcm16 = twins or bool(checks), pcm16
        self._twins: OrderedDict[TwinKey, Take] = OrderedDict()

    @property
    def judges(self) -> bool:
        """Whether takes are judged."""
        return bool(self._checks)

    def passage_verdicts(self, mix: Mapping[str, float]) -> "PassageVerdicts":
        """Return what joins the verdicts of passages of one text.

        Args:
            mix: category id -> intensity that was asked
        """
        from voiceact.estimators.model_file import ModelFileError
        from voiceact.estimators.registry import load_estimator
        from voiceact.verify.passages import PassageVerdicts

        if not isinstance(self._judge, str | None):
            return PassageVerdicts(mix, self._judge)
        try:
            return PassageVerdicts(mix, load_estimator(self._judge) if self._judge else load_estimator())
        except ModelFileError:
            # The checks of the passages have said so.
            return PassageVerdicts(mix, None)

    def make(self, requests: Sequence[ResolvedRequest]) -> Iterator[MadeTake]:
        """Make takes of requests that share one engine, in the order given.

        Lines are spoken in batches of the engine's size, sorted by length so that little of a batch is padding. While one batch
        is judged, the next is spoken. An engine without batches speaks and is judged line by line.

        Raises:
            UsageError, VoiceactError: what the engine or a check raises; takes made before are yielded first
        """
        if not requests:
            return
        size = batch_size(requests[0].engine)
        if size == 1:
            for request in requests:
                yield self._judged(request, *self._spoken([request])[0])
            return
        order = sorted(range(len(requests)), key=lambda index: len(requests[index].text))
        batches = [order[start : start + size] for start in range(0, len(order), size)]
        done: dict[int, MadeTake] = {}
        position = 0
        with ThreadPoolExecutor(max_workers=1) as speaker:
            coming = speaker.submit(self._spoken, [requests[index] for index in batches[0]])
            for number, batch in enumerate(batches):
                spoken = coming.result()
                if number + 1 < len(batches):
                    coming = speaker.submit(self._spoken, [requests[index] for index in batches[number + 1]])
                for index, (take, twin) in zip(batch, spoken, strict=True):
                    done[index] = self._judged(requests[index], take, twin)
                while position in done:
                    yield done.pop(position)
                    position += 1

    def speak(self, request: ResolvedRequest) -> Take:
        """Speak a request once, without its twin and unjudged.

        Raises:
            UsageError, VoiceactError: what the engine raises
        """
        return self._perform([request])[0]

    def twin_of(self, request: ResolvedRequest) -> Take:
        """Return the neutral reading of a request's line: one made before, where it is still at hand."""
        neutral = request.neutral()
        key = _twin_key(neutral)
        if key not in self._twins:
            self._keep_twin(neutral, self._perform([neutral])[0])
        twin = self._twins[key]
        while len(self._twins) > TWINS_KEPT:
            self._twins.popitem(last=False)
        return twin

    def judge(self, request: ResolvedRequest, take: Take) -> MadeTake:
        """Judge a take that was spoken before, beside the twin of its seed.

        Raises:
            UsageError, VoiceactError: what the engine or a check raises
        """
        return self._judged(request, take, self.twin_of(request) if self._with_twins else None)

    def _spoken(self, requests: Sequence[ResolvedRequest]) -> list[tuple[Take, Take | None]]:
        """Speak a batch and the twins it lacks."""
        takes = self._perform(requests)
        if not self._with_twins:
            return [(take, None) for take in takes]
        plain = [request.neutral() for request in requests]
        for request, neutral, take in zip(requests, plain, takes, strict=True):
            if neutral.direction == request.direction:
                self._keep_twin(neutral, take)  # intensity 0 is the neutral reading
        missing = {_twin_key(neutral): neutral for neutral in plain if _twin_key(neutral) not in self._twins}
        for neutral, take in zip(missing.values(), self._perform(list(missing.values())), strict=True):
            self._keep_twin(neutral, take)
        pairs: list[tuple[Take, Take | None]] = [
            (take, self._twins[_twin_key(neutral)]) for take, neutral in zip(takes, plain, strict=True)
        ]
        while len(self._twins) > TWINS_KEPT:
            self._twins.popitem(last=False)
        return pairs

    def _perform(self, requests: Sequence[ResolvedRequest]) -> list[Take]:
        takes = perform_requests(requests)
        return [replace(take, samples=audio.round_to_pcm16(take.samples)) for take in takes] if self._pcm16 else takes

    def _keep_twin(self, neutral: ResolvedRequest, take: Take) -> None:
        self._twins[_twin_key(neutral)] = take
        self._twins.move_to_end(_twin_key(neutral))

    def _judged(self, request: ResolvedRequest, take: Take, twin: Take | None) -> MadeTake:
        if not self._checks:
            return MadeTake(request, take, twin)
        # The checks load the judge: `lines` and an unjudged `synth` start without them.
        from voiceact.verify.verdict import Question, answer

        question = Question(
            samples=take.samples,
            rate=take.sample_rate,
            text=request.text,
            mix=request.mix.as_dict(),
            language=request.language,
            twin=(twin.samples, twin.sample_rate) if twin else None,
            instruction=request.direction.instruction,
            whisper=request.direction.moves.whisper,
            backends=self._backends,
            words=take.words,
        )
        return MadeTake(request, take, twin, answer(question, checks=self._checks, estimator=self._judge, frugal=self._frugal))


def batch_size(engine: Engine) -> int:
    """Return how many lines an engine speaks at a time; 1 for an engine without batches."""
    return engine.batch_size if engine.speaks_batches else 1


def perform_requests(requests: Sequence[ResolvedRequest]) -> list[Take]:
    """Speak requests that share one engine, each from its own seed: as one batch where the engine can, else one by one."""
    engine = requests[0].engine if requests else None
    if any(is_long(request.text) for request in requests):
        return [
            take
            for request in requests
            for take in ([perform_long(request)] if is_long(request.text) else perform_requests([request]))
        ]
    if (
        engine is not None
        and len(requests) > 1
        and engine.speaks_batches
        and not any(request.performed_cues for request in requests)
    ):
        return engine.perform_batch(
            [
                BatchLine(request.text, request.persona, request.direction, request.language, request.seed)
                for request in requests
            ]
        )
    return [_perform_one(request) for request in requests]


def _perform_one(request: ResolvedRequest) -> Take:
    """Speak a request, with the directions within its line."""

    def perform(text: str, direction: Direction) -> Take:
        return request.engine.perform(text, request.persona, direction, language=request.language, seed=request.seed)

    if not request.performed_cues:
        return perform(request.text, request.direction)
    return perform_cues(
        request.text,
        request.performed_cues,
        replace(request.direction, bursts=()),
        request.persona,
        perform,
        language=request.language,
        seed=request.seed,
        rate=request.engine.capabilities.sample_rate,
        word_times=request.engine.capabilities.word_times,
    )


def perform_long(request: ResolvedRequest) -> Take:
    """Speak a long text passage by passage into one take in memory, as `voiceact.synthesis.long_text` writes it to a file."""
    joiner = PassageJoiner(request.engine.capabilities.sample_rate, pause=request.pause)
    parts: list[audio.Samples] = []
    words: list[Word] = []
    for passage in iterate_passages(request.text, request.language, sounds=request.sounds):
        report_step("speaking", passage.start, len(request.text))
        with quiet_steps():
            [take] = perform_requests([request.passage(passage)])
        samples, start = joiner.append(passage, take)
        parts.append(samples)
        words += shift_words(take.words, start)
    return replace(take, samples=np.concatenate(parts), words=tuple(words))


def record_take(
    request: ResolvedRequest, take: Take, *, created: str | None = None, audio_record: AudioRecord | None = None
) -> Record:
    """Return the record of a take that was just made, not judged and its audio not yet written.

    Args:
        request: what was asked
        take: what was spoken
        created: UTC in ISO 8601; None in a run, whose bytes depend on its plan alone
        audio_record: what was measured of the audio; None measures the take
    """
    engine, licences = request.engine, request.engine.capabilities.licences
    spec = spec_of(engine)
    record = Record(
        schema_version=SCHEMA_VERSION,
        id="",
        text=request.text,
        language=request.language,
        persona=request.persona.name,
        requested=request.requested,
        origin=request.origin,
        category=request.category,
        intensity=request.intensity,
        mix=request.mix.as_dict(),
        direction=DirectionRecord.of(request.direction),
        engine=EngineRecord(
            engine.name,
            engine.version,
            engine.model_sha256,
            {"code": licences.code, "weights": licences.weights, "output": licences.output},
        ),
        seed=take.seed,
        audio=audio_record or describe_audio(take.samples, take.sample_rate),
        created=created,
        replay=Replay(voiceact=__version__, persona=request.persona, engine=spec if spec != engine.name else ""),
    )
    return msgspec.structs.replace(record, id=identity(record))


def record_unspoken(request: ResolvedRequest) -> Record:
    """Return the record of a take before it is spoken: all but its audio depends on the request and the engine alone."""
    rate = request.engine.capabilities.sample_rate
    nothing = AudioRecord(path=None, sha256=None, sample_rate=rate, duration=0.0, peak=0.0, lufs=None)
    return record_take(request, Take(np.zeros(0, np.float32), rate, request.seed), audio_record=nothing)


def _twin_key(request: ResolvedRequest) -> TwinKey:
    return request.persona.name, request.language, request.text, request.seed, spec_of(request.engine)
