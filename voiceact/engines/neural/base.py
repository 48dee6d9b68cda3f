"""Base class of engines whose model runs in this process: everything but the model's own call.

An engine loads its model in its constructor and supplies `pieces` (what the model is given for a line) and `speak_batch` (the
model's call). Seeds, batches, loudness, streams and the digest of the model are the same for all and written here.
"""

import sys
import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from hashlib import sha256
from importlib import import_module
from importlib.metadata import version
from itertools import groupby
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from voiceact.acting.controls import add_markers, named_sounds, remove_markup
from voiceact.acting.direction import Direction
from voiceact.acting.moves import Moves
from voiceact.acting.persona import Persona
from voiceact.audio import Samples, loudness_lufs
from voiceact.engines.base import CALIBRATION, BatchLine, Card, Engine, Take, check_language
from voiceact.engines.neural.common import assemble_take, split_text
from voiceact.errors import UnknownNameError, UsageError, listed
from voiceact.runtime.extras import MissingExtraError
from voiceact.runtime.torch_support import device_of, dtype_of, in_batches, seeded_rows, within_memory

PieceT = TypeVar("PieceT")
ModelT = TypeVar("ModelT")


class NeuralEngine(Engine, Generic[PieceT]):
    """An engine whose model runs in this process; `PieceT` is what the model is given to speak at once.

    Attributes:
        modules: modules of the library, imported to check that it is installed; the first package of `card` gives its version
        joins_lines: whether the model can be given several lines at once, each drawn from its own seed (`seeded_rows`)
        neutral_instruction: instruction in words that the calibration is read with
        gap_seconds: silence between two pieces of a line
        most_characters: length of a piece of text
        batch_size: pieces at once, halved where they do not fit into memory
        device: torch device of the model; None for an injected model
        dtype: torch dtype of the model; None for an injected model
        markers: name of the model's row of tags in data/controls.yaml, which are put into its texts; "" if it has none
        speaker: voice of the model for every persona, or None
        speakers: persona name -> voice of the model
        gains: persona name -> linear gain, measured at the persona's first line
    """

    card: ClassVar[Card]
    modules: ClassVar[tuple[str, ...]] = ()
    joins_lines: bool = False
    neutral_instruction: ClassVar[str] = ""
    gap_seconds: ClassVar[float] = 0.12
    most_characters: int = 400
    batch_size: int = 1

    markers: str = ""
    device: Any = None
    dtype: Any = None
    speaker: str | None = None
    speakers: Mapping[str, Any] = {}

    def __init__(self, device: str, dtype: str = "auto", *, injected: bool = False):
        """Check that the library is installed, and choose device and number type.

        Args:
            device: "auto", "cpu", "cuda" or "cuda:N"
            dtype: "auto", "float32", "float16" or "bfloat16"
            injected: whether the caller brings a loaded model, which needs neither the library nor a device

        Raises:
            MissingExtraError: if the library is not installed
            UsageError: if there is no such device or number type
        """
        self.gains: dict[str, float] = {}
        self._warned: set[str] = set()
        if injected:
            self.version = "injected"
            return
        self.version = self.require_library()
        self.device = device_of(device, self.name)
        self.dtype = dtype_of(dtype, self.device, self.name)

    # --- What an engine supplies

    @abstractmethod
    def pieces(self, request: BatchLine) -> list[PieceT]:
        """Return what the model is given for a line, one entry for each piece of its text.

        Raises:
            UsageError: another language, no voice for the persona, a recording without consent, or nothing to say
        """

    @abstractmethod
    def speak_batch(self, pieces: Sequence[PieceT]) -> Sequence[Samples]:
        """Speak at most `batch_size` pieces with one `batch_key` at once: float32 [n] each, in order.

        What is drawn comes from torch's generators, which `speak` has seeded.
        """

    def batch_key(self, piece: PieceT) -> object:
        """Return what pieces that are given to the model at once have in common; by default all can be."""
        return None

    @classmethod
    def require_library(cls) -> str:
        """Return the version of the library.

        Raises:
            MissingExtraError: if it or torch is not installed
        """
        try:
            # Some libraries print on stdout what they miss, where only results belong.
            with redirect_stdout(sys.stderr):
                for module in cls.modules:
                    import_module(module)
        except ImportError as error:
            raise MissingExtraError(f"engine {cls.name!r}", cls.card.extra) from error
        return version(cls.card.packages[0])

    # --- What all have in common

    @property
    def speaks_batches(self) -> bool:
        """Whether several lines are spoken at once: never where the engine is deterministic.

        A model rounds otherwise in a batch than alone, so that a take would depend on the lines beside it.
        """
        return self.joins_lines and not self.capabilities.deterministic

    @property
    def runs_on_cpu(self) -> bool:
        """Whether the model runs on a CPU, where the same call returns the same samples."""
        return self.device is None or self.device.type == "cpu"

    def perform(self, text: str, persona: Persona, direction: Direction, *, language: str = "en", seed: int = 0) -> Take:
        """Speak `text` (see `Engine.perform`); the pieces of a long text are given to the model in batches.

        The first piece is drawn from `seed`, each further one from the next seed.

        Raises:
            UsageError: see `pieces`
            VoiceactError: the device's memory is full, or the model failed
        """
        return self._perform_together([BatchLine(text, persona, direction, language, seed)])[0]

    def perform_batch(self, lines: Sequence[BatchLine]) -> list[Take]:
        """Speak several lines, each from its own seed; one after another unless `speaks_batches`. Raises as `perform`."""
        return self._perform_together(lines) if self.speaks_batches else super().perform_batch(lines)

    def stream(
        self, text: str, persona: Persona, direction: Direction, *, language: str = "en", seed: int = 0
    ) -> Iterator[Samples]:
        """Speak `text` one piece at a time, float32 [n] at the engine's rate; raises as `perform`, before the first piece.

        The libraries return no sound before a piece has ended; the seed rises by 1 from piece to piece.
        """
        request = BatchLine(text, persona, direction, language, seed)
        pieces, gain = self.pieces(request), self.gain(request)
        return (
            self._make_take(self.speak([piece], [seed + number]), gain, seed + number).samples
            for number, piece in enumerate(pieces)
        )

    def speak(self, pieces: Sequence[PieceT], seeds: Sequence[int]) -> list[Samples]:
        """Speak pieces, each drawn from its own seed: float32 [n] each, in order.

        Raises:
            VoiceactError: if a single piece does not fit into the device's memory
        """

        def speak_seeded(batch: Sequence[tuple[PieceT, int]]) -> Sequence[Samples]:
            with seeded_rows([seed for _, seed in batch], self.device, self.name):
                return self.speak_batch([piece for piece, _ in batch])

        groups = groupby(zip(pieces, seeds, strict=True), lambda pair: self.batch_key(pair[0]))
        return [
            sound for _, group in groups for sound in in_batches(list(group), self.batch_size, speak_seeded, report=self.warn)
        ]

    def gain(self, request: BatchLine) -> float:
        """Return the linear gain of a line: the persona's gain and the energy of the direction.

        The persona's gain brings its neutral reading of `CALIBRATION` to its loudness. It is measured once, so that a
        whisper stays quiet.
        """
        persona = request.persona
        if persona.name not in self.gains:
            languages = self.capabilities.languages
            neutral = Direction(Moves(), self.neutral_instruction)
            calibration = BatchLine(CALIBRATION, persona, neutral, "en" if "en" in languages else languages[0])
            pieces = self.pieces(calibration)
            sounds = self.speak(pieces, range(len(pieces)))
            lufs = loudness_lufs(np.concatenate(sounds), self.capabilities.sample_rate)
            self.gains[persona.name] = 10 ** ((persona.voice.loudness - lufs) / 20) if np.isfinite(lufs) else 1.0
        return self.gains[persona.name] * 10 ** (request.direction.moves.energy / 20)

    def spoken_text(self, request: BatchLine) -> str:
        """Return the text of a line without its tags, and with the model's own where it has some (`add_markers`).

        Raises:
            UsageError: if the engine does not speak the language, or neither words nor a sound of the model's are left
        """
        check_language(self, request.language)
        text = remove_markup(request.text)
        if not any(letter.isalnum() for letter in text) and not named_sounds(self.markers, request.text):
            raise UsageError(f"text {request.text!r} has nothing to say; expected words")
        return add_markers(self.markers, request.text, request.direction.mix) if self.markers else text

    def text_pieces(self, request: BatchLine) -> list[str]:
        """Return the text of a line without its tags, in pieces of at most `most_characters`; raises as `spoken_text`."""
        return split_text(self.spoken_text(request), self.most_characters)

    def choose_voice(
        self,
        persona: Persona,
        names: Sequence[str],
        *,
        offered: Sequence[str] | None = None,
        default: str | None = None,
        spelling: Callable[[str], str] = str,
    ) -> str:
        """Return the voice of the model that plays a persona: of `speakers`, else `speaker`, else `default`.

        Args:
            persona: who speaks
            names: all voices of the model
            offered: voices that the error lists; default is all
            default: voice for a persona that the user gave none
            spelling: brings a name to the spelling of `names`

        Raises:
            UsageError: if the persona has no voice
            UnknownNameError: if the model does not have it
        """
        chosen = self.speakers.get(persona.name, self.speaker) or default
        if chosen is None:
            offered = names if offered is None else offered
            raise UsageError(
                f"persona {persona.name!r} has no voice among the {len(offered)} of the model ({listed(offered)}); "
                f'give speaker=NAME for all, or speakers=FILE.json with {{"{persona.name}": "NAME"}}'
            )
        if spelling(str(chosen)) not in names:
            raise UnknownNameError("voice of the model", str(chosen), names)
        return spelling(str(chosen))

    def load_within_memory(self, load: Callable[[], ModelT]) -> ModelT:
        """Return what `load` returns; raises VoiceactError if it does not fit into the device's memory."""
        return within_memory(self.device, load)

    def warn(self, sentence: str, *, once: str = "") -> None:
        """Warn the user, with the engine's name before the sentence.

        Args:
            sentence: what to say
            once: key of a warning that is given only once
        """
        if once and once in self._warned:
            return
        self._warned.add(once)
        warnings.warn(f"engine {self.name!r}: {sentence}", stacklevel=3)

    def _perform_together(self, lines: Sequence[BatchLine]) -> list[Take]:
        prepared = [self.pieces(line) for line in lines]
        seeds = [line.seed + number for line, pieces in zip(lines, prepared, strict=True) for number in range(len(pieces))]
        sounds = iter(self.speak([piece for pieces in prepared for piece in pieces], seeds))
        return [
            self._make_take([next(sounds) for _ in pieces], self.gain(line), line.seed)
            for line, pieces in zip(lines, prepared, strict=True)
        ]

    def _make_take(self, sounds: Sequence[Samples], gain: float, seed: int) -> Take:
        rate = self.capabilities.sample_rate
        return assemble_take(sounds, rate, out_rate=rate, gain=gain, seed=seed, gap_seconds=self.gap_seconds)


def model_digest(fingerprints: Sequence[str], **settings: Any) -> str:
    """Return what tells a model, and what else decides its sound, from every other.

    With one set of weights and no setting, it is the fingerprint of the weights; else the SHA-256 of all fingerprints and
    settings.

    Args:
        fingerprints: SHA-256 of each set of weights (`voiceact.runtime.weights.fingerprint`)
        settings: options that change the sound; None, and what else is empty, stands for the default
    """
    lines = [*fingerprints, *(f"{name}={value}" for name, value in sorted(settings.items()) if value)]
    return lines[0] if len(lines) == 1 else sha256("\n".join(lines).encode()).hexdigest()
