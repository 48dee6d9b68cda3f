"""The straight line, once: a persona and an emotion in, a clip with its record out.

>>> from voiceact import synth
>>> clip = synth(persona="nurse", emotion="Concern")  # doctest: +SKIP
>>> clip.record.category  # doctest: +SKIP
'distress'
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from voiceact.acting import taxonomy
from voiceact.acting.direction import Direction, direct
from voiceact.acting.intensity import DEFAULT_INTENSITY, parse_intensity, parse_mix
from voiceact.acting.moves import Moves
from voiceact.acting.persona import Persona, load_persona
from voiceact.acting.script import clean_text, pick_line
from voiceact.acting.stage_directions import Stage, apply_stage, parse_stage
from voiceact.clip.record import Clip, Record, engine_spec, make_record
from voiceact.engines.base import Engine, Take, adapt_engine, check_language, unfollowed
from voiceact.engines.registry import DEFAULT_ENGINE, load_engine
from voiceact.errors import UsageError


@dataclass(frozen=True)
class Request:
    """What is to be performed, fully resolved: nothing in it needs to be looked up again.

    mix: category id and intensity, in the order asked
    requested: what the user asked, as typed
    notes: what was changed or cannot be followed, one sentence each
    """

    persona: Persona
    mix: tuple[tuple[str, float], ...]
    text: str
    language: str
    seed: int
    direction: Direction
    engine: Engine
    requested: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    @property
    def strongest(self) -> tuple[str | None, float]:
        """The category of highest intensity (the first of equals) and its intensity; (None, 0) if none is asked."""
        return max(self.mix, key=lambda entry: entry[1], default=(None, 0.0))


def synth(
    *,
    persona: str | os.PathLike[str] | Persona,
    emotion: str | Iterable[str] = (),
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
        emotion: a category, keyword or list of them, each with ":N" for its own intensity; none is neutral
        intensity: 0 to 7, for emotions that do not say their own; None means 5
        text: what is said; None picks a fitting line from the scripts
        language: of the text
        engine: a name or an engine
        seed: of the take; 0 is the plain reading, others vary it a little
        direction: a stage direction on top ("whispering, slower", "rate=0.9")
        lexicon: word -> pronunciation, beside the persona's own
        personas: folders to look personas up in first
    Returns:
        a clip with its samples; `clip.save("out.wav")` writes it and its record
    Raises:
        UsageError: naming what was given and what is expected
    """
    return perform(
        prepare(
            persona=persona,
            emotion=emotion,
            intensity=intensity,
            text=text,
            language=language,
            engine=engine,
            seed=seed,
            direction=direction,
            lexicon=lexicon,
            personas=personas,
        )
    )


def prepare(
    *,
    persona: str | os.PathLike[str] | Persona,
    emotion: str | Iterable[str] = (),
    intensity: float | str | None = None,
    text: str | None = None,
    language: str = "en",
    engine: str | Engine = DEFAULT_ENGINE,
    seed: int = 0,
    direction: str = "",
    lexicon: Mapping[str, str] | None = None,
    personas: Sequence[str | os.PathLike[str]] = (),
) -> Request:
    """Resolve everything `synth` is asked, without speaking (arguments as there)."""
    speaker = persona if isinstance(persona, Persona) else load_persona(persona, personas)
    speaker = _with_lexicon(speaker, lexicon or {})
    emotions = [emotion] if isinstance(emotion, str) else list(emotion)
    degree = DEFAULT_INTENSITY if intensity is None else parse_intensity(intensity)
    mix = tuple((category.id, level) for category, level in parse_mix(emotions, degree))
    actor = load_engine(engine) if isinstance(engine, str) else adapt_engine(engine)
    check_language(actor, language)
    check_seed(seed)
    said, notes = _text(text, speaker, mix, language, seed)
    stage = parse_stage(direction)
    asked = staged(direct(speaker, mix, language=language, seed=seed), stage)
    requested = {
        "persona": str(persona) if not isinstance(persona, Persona) else persona.name,
        "emotions": emotions,
        "intensity": intensity,
        "text": text,
        "direction": direction,
    }
    return Request(speaker, mix, said, language, seed, asked, actor, requested, notes + ignored(actor, speaker, asked, stage))


def perform(request: Request) -> Clip:
    """Speak what was prepared."""
    take = _take(request)
    category, intensity = request.strongest
    record = make_record(
        text=request.text,
        language=request.language,
        persona=request.persona,
        requested=request.requested,
        category=category,
        intensity=intensity,
        mix=dict(request.mix),
        direction=request.direction,
        engine=request.engine,
        take=take,
    )
    return Clip(record, take.samples, take.words)


def twin(request: Request) -> Request:
    """The same line by the same persona with the same seed, read neutrally."""
    plain = direct(request.persona, (), language=request.language, seed=request.seed)
    return replace(request, mix=(), direction=plain, requested={**request.requested, "emotions": [], "twin": True})


def replay(record: Record) -> Clip:
    """Speak what a record describes again, from the record alone.

    With the embedded engine the samples are those of the first time, if voiceact, its engine and numpy are.

    Raises:
        UsageError: if the engine is not here, or its model is another one
    """
    return perform(recall(record))


def neutral_twin(record: Record) -> Clip:
    """The neutral reading that belongs to a record: what a judge compares its clip with."""
    return perform(twin(recall(record)))


def recall(record: Record) -> Request:
    """The request that a record came from; the persona is the one in the record, not the one on the disk."""
    import msgspec

    engine = load_engine(engine_spec(record))
    if engine.model_sha256 != record.engine.model_sha256:
        raise UsageError(
            f"the record was made by {record.engine.name} {record.engine.version}, whose model is not the "
            f"one installed here ({engine.version}); install that version to replay it"
        )
    persona = msgspec.convert(record.replay["persona"], Persona)
    mix = tuple(record.mix.items())
    direction = Direction(Moves(**record.direction.moves), record.direction.instruction, mix)
    return Request(persona, mix, record.text, record.language, record.seed, direction, engine, record.requested)


def staged(direction: Direction, stage: Stage) -> Direction:
    """A direction with a stage direction on top: its moves, and its other words in the instruction."""
    words = [f"{', '.join(stage.words)}."] if stage.words else []
    return replace(
        direction,
        moves=apply_stage(direction.moves, stage) if stage.changes else direction.moves,
        instruction=" ".join([direction.instruction, *words]),
    )


def ignored(engine: Engine, persona: Persona, direction: Direction, stage: Stage) -> tuple[str, ...]:
    """What the engine will not follow, one sentence each, to be told before it speaks."""
    missing = unfollowed(engine, persona, direction)
    if stage.words and not engine.capabilities.instruction:
        missing.append(f"the words {', '.join(stage.words)!r} of the direction")
    # What is followed in part is not ignored: "category 'anger' but by energy".
    return tuple(
        f"engine {engine.name!r} cannot follow {what}" + ("" if " but by " in what else "; it is ignored") for what in missing
    )


def check_seed(seed: int) -> None:
    """Raise UsageError unless the seed is a whole number from 0 to 2^32 - 1."""
    if not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise UsageError(f"seed is {seed!r}; expected a whole number from 0 to {2**32 - 1}")


def _take(request: Request) -> Take:
    return request.engine.perform(
        request.text, request.persona, request.direction, language=request.language, seed=request.seed
    )


def _with_lexicon(persona: Persona, lexicon: Mapping[str, str]) -> Persona:
    import msgspec

    if not lexicon:
        return persona
    return msgspec.structs.replace(persona, lexicon={**persona.lexicon, **lexicon})


def _text(
    text: str | None, persona: Persona, mix: Sequence[tuple[str, float]], language: str, seed: int
) -> tuple[str, tuple[str, ...]]:
    """The user's text, cleaned; or a line of the script that fits the strongest category."""
    if text is not None:
        return clean_text(text, language=language)
    felt = [entry for entry in mix if entry[1] > 0]
    if not felt:
        return pick_line(kind="neutral", language=language, tags=persona.tags, seed=seed).text, ()
    strongest = max(felt, key=lambda entry: entry[1])[0]
    name = taxonomy.get(strongest).name
    return pick_line(category=name, language=language, tags=persona.tags, seed=seed).text, ()
