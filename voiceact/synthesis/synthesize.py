"""Perform one line: a persona and an emotion in, a clip with its record out.

>>> from voiceact import synth
>>> clip = synth(persona="nurse", emotion="Concern")  # doctest: +SKIP
>>> clip.record.category  # doctest: +SKIP
'distress'
"""

import os
from collections.abc import Iterable, Mapping, Sequence

from voiceact.acting.mix import EmotionMix
from voiceact.acting.persona import Persona
from voiceact.clip.clip import Clip
from voiceact.clip.record import Record
from voiceact.engines.base import Engine
from voiceact.engines.registry import DEFAULT_ENGINE
from voiceact.synthesis.kernel import TakeMaker
from voiceact.synthesis.request import ResolvedRequest, SynthesisRequest, recall_request, resolve_request


def synth(
    *,
    persona: str | os.PathLike[str] | Persona,
    emotion: str | Iterable[str] | EmotionMix = (),
    intensity: float | str | None = None,
    text: str | None = None,
    language: str = "en",
    engine: str | Engine = DEFAULT_ENGINE,
    seed: int = 0,
    direction: str = "",
    lexicon: Mapping[str, str] | None = None,
    personas: Sequence[str | os.PathLike[str]] = (),
) -> Clip:
    """Perform a line as a persona that feels an emotion.

    Args:
        persona: a name, a file, or a loaded persona
        emotion: a category, keyword or list of them, each with ":N" for its own intensity, or a mix;
            none is neutral. Plain words are read by `voiceact.prompting.feeling.read_feeling("…").mix`
        intensity: 0 to 7, for emotions that do not state their own; None means 5
        text: what is said; None picks a fitting line from the scripts
        language: of the text
        engine: a name or an engine
        seed: of the take; 0 is the plain reading, others vary it a little
        direction: a stage direction on top ("whispering, slower", "rate=0.9")
        lexicon: word to pronunciation, beside the persona's own
        personas: folders to look personas up in first

    Returns:
        a clip with its samples; `clip.save("out.wav")` writes it and its record

    Raises:
        UsageError: naming what was given and what is expected
    """
    request = SynthesisRequest(
        persona=persona,
        emotions=[str(entry.category) for entry in emotion] if isinstance(emotion, EmotionMix) else emotion,
        mix=emotion if isinstance(emotion, EmotionMix) else None,
        intensity=intensity,
        text=text,
        language=language,
        engine=engine,
        seed=seed,
        direction=direction,
        lexicon=lexicon or {},
        personas=personas,
    )
    return perform(resolve_request(request))


def perform(request: ResolvedRequest) -> Clip:
    """Speak a resolved request; nothing is judged."""
    [made] = TakeMaker(checks=(), twins=False).make([request])
    return made.clip()


def replay(record: Record, *, engine: str | Engine | None = None) -> Clip:
    """Speak what a record describes again, from the record alone.

    With the embedded engine the samples are those of the first time, if voiceact, its engine and numpy are.

    Args:
        record: of the clip; it may be from anywhere
        engine: speaks in place of the engine that the record names; it must have the same model

    Raises:
        UsageError: if the engine is not here, its model is another one, or it reaches out and the user has not named it
    """
    return perform(recall_request(record, engine=engine))


def neutral_twin(record: Record, *, engine: str | Engine | None = None) -> Clip:
    """Speak the neutral reading that belongs to a record: what a judge compares its clip with.

    Arguments and errors are those of `replay`.
    """
    return perform(recall_request(record, engine=engine).neutral())
