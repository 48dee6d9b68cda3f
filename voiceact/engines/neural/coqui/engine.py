"""The models of coqui-tts: XTTS, which imitates a recording, VITS, and whatever else its list names.

    from voiceact.engines.neural.coqui.engine import CoquiEngine

    engine = CoquiEngine(model="~/xtts", styles="~/styles.json")

docs/engines/coqui.md lists what is followed and what is not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from voiceact.acting.controls import choose_style_clip, strongest
from voiceact.acting.direction import Direction
from voiceact.acting.intensity import HIGHEST
from voiceact.acting.persona import Persona
from voiceact.audio import Samples
from voiceact.engines.base import CEILING_DB, BatchLine, Capabilities, Card, Licences
from voiceact.engines.neural.base import NeuralEngine, model_digest
from voiceact.engines.neural.coqui.loading import load_synthesizer, load_xtts, read_coqui_config, require_coqui
from voiceact.engines.neural.coqui.voices import Synthesizer
from voiceact.engines.neural.coqui.weights import ModelFiles, find_coqui_model
from voiceact.engines.neural.coqui.xtts import STREAM_TOKENS, CoquiVoice, Xtts, studio_speaker
from voiceact.engines.neural.reference import check_consent
from voiceact.engines.neural.styles import bank_digest, read_styles, style_categories
from voiceact.engines.remote.client import parse_number, read_mapping_file
from voiceact.errors import UsageError
from voiceact.runtime.spec import Option
from voiceact.runtime.torch_support import COMMON_OPTIONS

XTTS_LANGUAGES = ("en", "es", "fr", "de", "it", "pt", "pl", "tr", "ru", "nl", "cs", "ar", "zh", "hu", "ko", "ja", "hi")
CEILING = np.float32(10 ** (CEILING_DB / 20))
"""largest sample of a stream, full scale is 1"""


@dataclass(frozen=True)
class VoicedText:
    """A piece of text that is spoken at once.

    Attributes:
        text: what to say
        language: language code
        voice: who speaks, and in which style
        rate: speaking rate, a multiplier
    """

    text: str
    language: str
    voice: CoquiVoice
    rate: float


class CoquiEngine(NeuralEngine[VoicedText]):
    """A model of coqui-tts.

    Attributes:
        model: XTTS, or the synthesizer of another model
    """

    name = "coqui"
    reaches_out = False
    card = Card(
        "a reference recording, style recordings by intensity, rate and level",
        XTTS_LANGUAGES,
        Licences("MPL-2.0", "CPML (non-commercial) for XTTS-v2; of other models, theirs", "as the weights"),
        ("coqui-tts", "torch", "torchaudio", "torchcodec", "six"),
        "coqui",
    )
    options = {
        **COMMON_OPTIONS,
        "model": Option(
            "a folder or file of weights, or a name of the library's list (tts_models/…); default is xtts-v2", "a file"
        ),
        "styles": Option("recordings that carry a feeling: a JSON file, or a folder of verified clips (XTTS)", "a file"),
        "temperature": "of the drawing, above 0; default is the model's own (XTTS)",
        "speaker": "the model's voice for every persona without a recording",
        "speakers": Option("a JSON file: persona -> the model's voice", "a file"),
        "vocoder": Option("a folder with the vocoder of a model that makes spectra", "a file"),
        "language": "of a model that does not say which it speaks",
    }

    def __init__(
        self,
        model: str | None = None,
        device: str = "auto",
        dtype: str = "auto",
        styles: str | None = None,
        temperature: str | None = None,
        speaker: str | None = None,
        speakers: str | None = None,
        vocoder: str | None = None,
        language: str | None = None,
    ):
        """Load the model; the options are described in `options`."""
        # The library runs in float32, also on a GPU; less is autocast, and only on request.
        super().__init__(device, "float32" if dtype == "auto" else dtype)
        self._bank = read_styles(styles) if styles else ()
        self.speaker, self.speakers = speaker, read_mapping_file(speakers, "speakers")
        drawn_at = parse_temperature(temperature)

        # Load the model.
        files = find_coqui_model(model, vocoder)
        config = read_coqui_config(files)
        self.model: Xtts | Synthesizer
        if config.model == "xtts":
            self.model = self.load_within_memory(lambda: Xtts(load_xtts(files, config), self.device, self.dtype, drawn_at))
        else:
            spoken = find_languages(config, files, language)
            self.model = self.load_within_memory(lambda: Synthesizer(load_synthesizer(files, config).to(self.device), spoken))

        # Refuse what only XTTS can do, rather than leave it out in silence.
        lowered = None if dtype in ("auto", "float32") else dtype
        for option, value in (("styles", styles), ("temperature", temperature), ("dtype", lowered)):
            if value and not isinstance(self.model, Xtts):
                raise UsageError(f"option {option}={value} is followed by XTTS only, and the model is none; leave it out")

        # Declare what it is.
        self.model_sha256 = model_digest(
            [files.fingerprint()],
            styles=bank_digest(self._bank) if self._bank else None,
            temperature=temperature,
            speaker=speaker,
            speakers=self.speakers,
            dtype=lowered,
        )
        self.capabilities = Capabilities(
            moves=frozenset({"energy", "rate"} if self.model.paced else {"energy"}),
            languages=tuple(self.model.languages),
            licences=Licences("MPL-2.0", files.licences, files.output_licence),
            sample_rate=self.model.sample_rate,
            deterministic=self.runs_on_cpu,
            word_times=False,
            reference=self.model.clones,
        )

    @classmethod
    def require_library(cls) -> str:
        """Return the version of coqui-tts (see `NeuralEngine.require_library`)."""
        return require_coqui()

    def unheard(self, persona: Persona, direction: Direction) -> list[str]:
        """Return which categories of the mix no style clip carries, one phrase each."""
        category = strongest(direction.mix)
        if category is None:
            return []
        weaker = [
            f"category {name!r} beside the stronger {category[0]!r}"
            for name, level in direction.mix
            if level > 0 and name != category[0]
        ]
        if choose_style_clip(self._bank, direction.mix) is not None:
            return weaker
        names = ", ".join(style_categories(self._bank))
        has = f"the bank of styles has only {names}" if self._bank else "no bank of styles is given"
        return [f"category {category[0]!r} but by {' and '.join(sorted(self.capabilities.moves))} ({has})", *weaker]

    def pieces(self, request: BatchLine) -> list[VoicedText]:
        """Return the pieces of a line, each with voice and rate (see `NeuralEngine.pieces`)."""
        text, language, persona = self.spoken_text(request), request.language, request.persona
        voice = self.voice(persona, self.style(persona, request.direction))
        try:
            texts = self.model.pieces(text, language)
        except ImportError as error:
            raise UsageError(
                f"language {language!r} needs another part of the library ({str(error).strip()}); install it "
                f"with: pip install 'coqui-tts[{language}]'"
            ) from error
        rate = request.direction.moves.rate * persona.voice.rate
        return [VoicedText(piece, language, voice, rate) for piece in texts]

    def speak_batch(self, pieces: Sequence[VoicedText]) -> list[Samples]:
        """Speak a piece (see `NeuralEngine.speak_batch`); the library takes one at a time."""
        return [self.model.speak(piece.text, piece.language, piece.voice, piece.rate) for piece in pieces]

    def stream(
        self,
        text: str,
        persona: Persona,
        direction: Direction,
        *,
        language: str = "en",
        seed: int = 0,
        tokens: int = STREAM_TOKENS,
    ) -> Iterator[Samples]:
        """Speak `text` in chunks, float32 [n] at the engine's rate; XTTS returns one every `tokens` audio tokens.

        Other models return one for each piece of text. Raises as `perform`, before the first chunk. The words are the same
        as those of `perform`, the samples are not: XTTS draws and decodes a stream in another way.
        """
        request = BatchLine(text, persona, direction, language)
        return self._stream(request, self.pieces(request), seed, tokens)

    def _stream(self, request: BatchLine, pieces: Sequence[VoicedText], seed: int, tokens: int) -> Iterator[Samples]:
        gain = np.float32(self.gain(request))
        for index, piece in enumerate(pieces):
            if index:
                yield np.zeros(round(self.gap_seconds * self.model.sample_rate), np.float32)
            if isinstance(self.model, Xtts):
                chunks = self.model.stream(
                    piece.text, piece.language, piece.voice, piece.rate, seed=seed + index, tokens=tokens
                )
            else:
                chunks = iter(self.speak([piece], [seed + index]))
            while (chunk := self.load_within_memory(lambda chunks=chunks: next(chunks, None))) is not None:  # type: ignore[misc]
                # The gain of a whole take may look ahead; a stream cannot, so its peaks are cut.
                yield np.clip(chunk * gain, -CEILING, CEILING)

    def style(self, persona: Persona, direction: Direction) -> tuple[Path, float] | None:
        """Return a style clip and its share; a persona that shows more is given more of the clip."""
        shown = [(category, min(level * persona.strength(category), HIGHEST)) for category, level in direction.mix]
        category, clip = strongest(shown), choose_style_clip(self._bank, shown)
        if category and self._bank and not clip:
            self.warn(self.unheard(persona, direction)[0], once=category[0])
        return (clip[0].path, clip[1]) if clip else None

    def voice(self, persona: Persona, style: tuple[Path, float] | None) -> CoquiVoice:
        """Return the voice that plays a persona, with a style.

        Raises:
            UsageError: if it has none, or a recording without consent
            UnknownNameError: if the model does not have it
        """
        reference = persona.voice.reference
        check_consent(persona)
        if reference and self.model.clones:
            return CoquiVoice(Path(reference), style=style)
        if self.model.speakers:
            names = self.model.speakers
            chosen = self.choose_voice(persona, names, default=studio_speaker(persona, names))
            return CoquiVoice(speaker=chosen, style=style)
        if self.model.clones:
            raise UsageError(
                f"persona {persona.name!r} has no recording, and the model has no voices of its own; give the "
                "persona a voice.reference (with consent)"
            )
        return CoquiVoice()


def parse_temperature(text: str | None) -> float | None:
    """Return the temperature of the random draws; None for the model's own. Raises UsageError for 0 and less."""
    value = None if text is None else parse_number(text, "temperature")
    if value == 0:
        raise UsageError("temperature=0 draws nothing; expected a number above 0, such as 0.75")
    return value


def find_languages(config: Any, files: ModelFiles, language: str | None) -> list[str]:
    """Return what a model speaks: by its configuration, else the library's list, else the user.

    Args:
        config: the library's configuration of the model
        files: of the model
        language: code that the user gave, or None

    Raises:
        UsageError: if none of them says
    """
    declared = [
        *(config.get("languages") or []),
        *(code for entry in config.get("datasets") or [] if (code := entry.get("language"))),
    ]
    declared = declared or [code for code in (files.language, config.get("phoneme_language"), language) if code][:1]
    if not declared:
        raise UsageError(f"{files.config} does not say which language the model speaks; add the option language=CODE")
    return list(dict.fromkeys(declared))
