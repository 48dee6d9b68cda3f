"""What a client wrote in plain words, as a request of this package. Runs in the pool's processes."""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from voiceact.acting.intensity import DEFAULT_INTENSITY
from voiceact.acting.mix import EmotionMix, MixEntry
from voiceact.acting.moves import NEUTRAL
from voiceact.acting.persona import Persona, load_persona, persona_names
from voiceact.acting.stage_directions import parse_stage
from voiceact.acting.taxonomy import Category
from voiceact.engines.registry import load_engine
from voiceact.errors import UnknownNameError
from voiceact.prompting.feeling import UnknownFeelingError, describe_reading, read_emotions, read_feeling
from voiceact.prompting.inline import write_out_phrases
from voiceact.prompting.person import read_person
from voiceact.prompting.traits import traits
from voiceact.prompting.words import LONGEST
from voiceact.synthesis.request import SynthesisRequest

PERSONA_SECONDS = 5.0
"""for which a process remembers what it read of the personas' files: a file that was changed is spoken by after that"""
PERSONAS_KEPT = 256
"""voices of which it remembers them"""
_HEADING = re.compile(r"(?:^|(?<=[.;\n]))[ \t]*[*#_]*[A-Z][\w/& -]{0,30}:(?=\s|\*)[*_]*")
"""the word before what it is about: "Tone: warm" """
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|\n+")
_PIECE_END = re.compile(r"(?:[,;\n]|\.(?!\d))+\s*|\s+and\s+")


@dataclass(frozen=True)
class PlainRequest:
    """What a client asks for, before anything of it is read; calling it reads it.

    Attributes:
        voice: name of a persona, or a description
        text: what is said
        engine: name with options, as the server was set up
        instructions: how it is spoken, in plain words
        emotions: categories, keywords or plain words; read before the instructions
        intensity: of emotions that state none; None is the usual
        direction: a stage direction
        language: of the text
        seed: of the take
        bursts: whether the bursts of the text are performed
        pronunciations: word -> how it is said
        speed: of the speech, at the same pitch; what is read does not depend on it
        personas: folders in which personas are looked up first
    """

    voice: str
    text: str
    engine: str
    instructions: str = ""
    emotions: tuple[str, ...] = ()
    intensity: float | None = None
    direction: str = ""
    language: str = "en"
    seed: int = 0
    bursts: bool = True
    pronunciations: tuple[tuple[str, str], ...] = ()
    speed: float = 1.0
    personas: tuple[str, ...] = ()

    def __call__(self) -> SynthesisRequest:
        """Return the request.

        Raises:
            UsageError: if the voice or an emotion is unknown, or a text cannot be read
        """
        default = DEFAULT_INTENSITY if self.intensity is None else self.intensity
        persona, notes = self._persona()
        mix, felt = self._mix(default)
        text, directed = write_out_phrases(self.text, default, bursts=self.bursts)
        return SynthesisRequest(
            persona=persona,
            emotions=[str(entry.category) for entry in mix],
            mix=mix,
            text=text,
            language=self.language,
            engine=self.engine,
            seed=self.seed,
            direction=self._direction(),
            lexicon=dict(self.pronunciations),
            personas=self.personas,
            notes=(*notes, *felt, *directed),
        )

    def _persona(self) -> tuple[Persona, tuple[str, ...]]:
        """Return the persona of that name, or the one that the words describe; a client names no file."""
        period = int(time.monotonic() / PERSONA_SECONDS)
        persona = _load_named_persona(self.voice, self.personas, period)
        if persona is not None:
            return persona, ()
        if len(self.voice.split()) == 1 and self.voice.casefold() not in traits():
            names = persona_names(self.personas)
            raise UnknownNameError(
                "voice", self.voice, names, "GET /v1/audio/voices lists them, or describe one in plain words"
            )
        reading = read_person(self.voice)
        return reading.persona, reading.notes()

    def _mix(self, default: float) -> tuple[EmotionMix, tuple[str, ...]]:
        """Return what is felt: by the emotions where any are given, else by the instructions."""
        if self.emotions:
            asked = read_emotions(self.emotions, default)
            return asked.mix, asked.notes
        return read_instructions(self.instructions, default)

    def _direction(self) -> str:
        """Return the stage direction: the client's own, and what of the instructions is one.

        An engine that follows written instructions is given all of them; of others, only what means a move.
        """
        parts = [self.direction] if self.direction else []
        if self.instructions and load_engine(self.engine).capabilities.instruction:
            parts.append(" ".join(self.instructions.replace("=", " ").split()))
        else:
            parts += stage_phrases(self.instructions)
        return ", ".join(parts)


@lru_cache(maxsize=PERSONAS_KEPT)
def _load_named_persona(voice: str, folders: tuple[str, ...], _period: int) -> Persona | None:
    """Return the persona of that name, None if there is none: reading folders and file takes longer than all else that is read.

    Args:
        voice: as a client names it, in capitals or not
        folders: in which personas are looked up first
        _period: number of the `PERSONA_SECONDS` that it is remembered for
    """
    name = voice.strip().lower()
    return load_persona(name, folders) if name in persona_names(folders) else None


def read_instructions(instructions: str, default: float) -> tuple[EmotionMix, tuple[str, ...]]:
    """Return the feeling that instructions in plain words mean, sentence by sentence, and a note for each.

    Instructions are free words: a sentence in which no feeling is understood is noted and not refused. Where two
    sentences mean one category, the stronger is meant.

    Args:
        instructions: "Affect: a gentle, curious narrator. Pacing: slow."
        default: intensity where no degree word moves it
    """
    entries: dict[Category, MixEntry] = {}
    notes: list[str] = []
    for sentence in _sentences(instructions):
        try:
            reading = read_feeling(sentence, default)
        except UnknownFeelingError:
            if not stage_phrases(sentence):
                notes.append(f"no feeling is understood in the instructions {sentence[:80]!r}")
            continue
        for entry in reading.mix:
            known = entries.get(entry.category)
            if known is None or known.intensity < entry.intensity:
                entries[entry.category] = entry
        notes.append(describe_reading(reading))
    return EmotionMix(tuple(entries.values())), tuple(notes)


def stage_phrases(instructions: str) -> list[str]:
    """Return the phrases of instructions that mean acoustic moves, as `parse_stage` reads them: "whispering", "rate=0.9"."""
    phrases = []
    for piece in _PIECE_END.split(_HEADING.sub("", instructions)):
        name, equals, value = (part.strip() for part in piece.partition("="))
        if equals and not (name in NEUTRAL and re.fullmatch(r"-?\d+(\.\d+)?", value)):
            continue
        if parse_stage(piece).changes:
            phrases.append(piece.strip())
    return phrases


def _sentences(instructions: str) -> Iterable[str]:
    """Yield the sentences that hold a word, without their headings; of a very long one, its beginning."""
    for sentence in _SENTENCE_END.split(_HEADING.sub("", instructions)):
        if re.search(r"[^\W\d_]", sentence):
            yield sentence.strip()[:LONGEST]
