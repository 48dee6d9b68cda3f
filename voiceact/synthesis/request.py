"""What is to be performed: the one parameter object of the command line, Python, tables and servers, and its resolution."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

import msgspec

from voiceact.acting import taxonomy
from voiceact.acting.bursts import Place, draw_bursts
from voiceact.acting.direction import Direction, direct
from voiceact.acting.intensity import DEFAULT_INTENSITY
from voiceact.acting.mix import EmotionMix
from voiceact.acting.persona import Persona, load_persona
from voiceact.acting.script import pick_line
from voiceact.acting.stage_directions import Stage, apply_stage, parse_stage
from voiceact.clip.record import LineOrigin, RecipeOrigin, Record, Requested, engine_spec
from voiceact.engines.base import Engine, adapt_engine, check_language, unfollowed
from voiceact.engines.capability_card import describe_dead_cells, find_dead_cells
from voiceact.engines.registry import DEFAULT_ENGINE, ENTRY_POINT_GROUP, is_loaded, load_engine, spec_of
from voiceact.errors import UsageError, count_noun
from voiceact.runtime.untrusted_settings import check_stated_file, check_stated_setting, replaying_engine, shown_setting
from voiceact.runtime.untrusted_text import clean_text as clean_foreign_text
from voiceact.synthesis.inline import (
    MOST_BURSTS,
    Cue,
    burst_cues,
    cues_for,
    cues_within,
    neutral_cues,
    performs_bursts,
    read_cues,
    write_out_ssml,
)
from voiceact.synthesis.joining import is_long
from voiceact.text.cleaning import MAX_CHARACTERS, clean_text
from voiceact.text.markup import has_words
from voiceact.text.passages import Passage, reading_notes

MOST_SEED = 2**32 - 1
LONGEST_RECORD_CHARACTERS = 50_000
"""of a text that is spoken again because a record says so: about an hour of speech"""


@dataclass(frozen=True, kw_only=True)
class SynthesisRequest:
    """A line to be performed, as a user asks for it.

    Attributes:
        persona: a name, a file, or a loaded persona
        emotions: categories or keywords, each with ":N" for its own intensity; none is neutral
        intensity: 0 to 7 or a word of the scale, for emotions that do not state their own; None means 5
        text: what is said; None picks a fitting line from the scripts
        language: of the text
        engine: a name with options, or an engine
        seed: of the take; 0 is the plain reading, others vary it a little
        direction: a stage direction on top ("whispering, slower", "rate=0.9")
        lexicon: word to pronunciation, beside the persona's own
        personas: folders to look personas up in first
        origin: the table row it comes from, if any
        strict: refuse markup in the text instead of leaving it unspoken, and emotions that were never heard from the engine
        mix: what `emotions` mean, where they were read by a room above; None reads them as names and keywords
        variant: in which the strongest emotion that has it is acted ("cold"), or `any`, drawn by the seed; None is what the
            words of the emotions mean, else the usual reading
        notes: what was read out of plain words, one sentence each, to be told before it is spoken
        bursts: whether the direction may add a burst of its own to the line, drawn by the seed (`voiceact.acting.bursts`)
    """

    persona: str | os.PathLike[str] | Persona
    emotions: str | Iterable[str] = ()
    intensity: float | str | None = None
    text: str | None = None
    language: str = "en"
    engine: str | Engine = DEFAULT_ENGINE
    seed: int = 0
    direction: str = ""
    lexicon: Mapping[str, str] = field(default_factory=dict)
    personas: Sequence[str | os.PathLike[str]] = ()
    origin: LineOrigin | None = None
    strict: bool = False
    mix: EmotionMix | None = None
    variant: str | None = None
    notes: tuple[str, ...] = ()
    bursts: bool = False


@dataclass(frozen=True)
class ResolvedRequest:
    """A request in which nothing needs to be looked up again.

    Attributes:
        persona: with the lexicon it speaks with
        mix: the emotions, with what each word was taken to mean
        text: what is said
        language: of the text
        seed: of the take
        direction: what the actor is asked; of the same mix
        engine: what speaks
        requested: what the user typed
        origin: the table row or recipe cell it comes from, if any
        notes: what was changed or cannot be followed, one sentence each
        stage: the stage direction that lies over the direction
        cues: directions and bursts within the line; of these a neutral twin has its pauses, or bursts where there are no words
        adds_bursts: whether the direction may add bursts of its own
    """

    persona: Persona
    mix: EmotionMix
    text: str
    language: str
    seed: int
    direction: Direction
    engine: Engine
    requested: Requested
    origin: LineOrigin | RecipeOrigin | None = None
    notes: tuple[str, ...] = ()
    stage: Stage = Stage()
    cues: tuple[Cue, ...] = ()
    adds_bursts: bool = False

    def __post_init__(self) -> None:
        if self.direction.mix != self.mix.pairs():
            raise ValueError(f"the direction is of {self.direction.mix}; the mix is {self.mix.pairs()}")

    @property
    def category(self) -> str | None:
        """Id of the category of highest intensity, of equals the first; None if none is asked."""
        strongest = self.mix.strongest
        return strongest.category.id if strongest else None

    @property
    def intensity(self) -> float:
        """Intensity of that category, 0 if none is asked."""
        strongest = self.mix.strongest
        return strongest.intensity if strongest else 0.0

    @property
    def pause(self) -> float:
        """How much longer pauses are than usual: the persona's habit times the move of the direction."""
        return self.persona.voice.pause * self.direction.moves.pause

    @property
    def performed_cues(self) -> tuple[Cue, ...]:
        """The directions and bursts within the line, with the bursts that the direction adds."""
        return (*self.cues, *burst_cues(self.direction.bursts, len(self.text)))

    @property
    def may_add_bursts(self) -> bool:
        """Whether the direction may add a burst: wanted, in the persona's voice, to words of one take that have none."""
        able = performs_bursts(self.engine.capabilities.moves) and has_words(self.text) and not is_long(self.text)
        return self.adds_bursts and able and not any(cue.burst for cue in self.cues)

    def with_drawn_bursts(self) -> Self:
        """Return the request with the bursts that its seed draws, where it may have any."""
        if not self.may_add_bursts or self.category is None:
            return self
        drawn = draw_bursts(self.mix.pairs(), seed=self.seed, strength=self.persona.strength(self.category))
        return replace(self, direction=replace(self.direction, bursts=drawn))

    @property
    def sounds(self) -> tuple[int, ...]:
        """Characters of the text at which a vocal burst is performed."""
        return tuple(cue.start for cue in self.cues if cue.burst)

    def passage(self, passage: Passage) -> Self:
        """Return the request for one passage of its text, with the directions that stand in it or reach into it."""
        return replace(self, text=passage.text, cues=cues_within(self.cues, passage.start, passage.end))

    def with_seed(self, seed: int) -> Self:
        """Return the same request for another take: same line, persona and mix, another seed."""
        direction = direct(self.persona, self.mix.pairs(), language=self.language, seed=seed, variants=self.mix.variants())
        return replace(self, seed=seed, direction=with_stage(direction, self.stage)).with_drawn_bursts()

    def __reduce__(self) -> tuple[Any, ...]:
        # To another process goes the name of a registered engine: engines hold models that cannot be pickled.
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        if is_loaded(self.engine):
            values["engine"] = spec_of(self.engine)
        return _restore_request, (values,)

    def neutral(self) -> Self:
        """Return the neutral twin: the same line by the same persona with the same seed, read without emotion."""
        plain = direct(self.persona, (), language=self.language, seed=self.seed)
        requested = msgspec.structs.replace(self.requested, emotions=[], intensity=None)
        cues = neutral_cues(self.text, self.cues)
        return replace(self, mix=EmotionMix(), direction=plain, requested=requested, stage=Stage(), cues=cues)


def _restore_request(values: dict[str, Any]) -> ResolvedRequest:
    engine = values["engine"]
    return ResolvedRequest(**{**values, "engine": load_engine(engine) if isinstance(engine, str) else engine})


def resolve_request(request: SynthesisRequest, *, longest: int | None = MAX_CHARACTERS) -> ResolvedRequest:
    """Look up everything a request names, without speaking.

    Args:
        request: what a user asks for
        longest: characters its text may have; None is any number, for what is spoken passage by passage

    Raises:
        UsageError: naming what was given and what is expected
        MissingExtraError: if the engine needs an extra that is not installed
    """
    # Who speaks
    named = request.persona
    persona = named if isinstance(named, Persona) else load_persona(named, request.personas)
    if request.lexicon:
        persona = msgspec.structs.replace(persona, lexicon={**persona.lexicon, **request.lexicon})

    # What is felt
    emotions = [request.emotions] if isinstance(request.emotions, str) else list(request.emotions)
    mix = request.mix
    if mix is None:
        mix = EmotionMix.parse(emotions, DEFAULT_INTENSITY if request.intensity is None else request.intensity)
    if request.variant:
        mix = mix.with_variant(request.variant)

    # What speaks
    engine = load_engine(request.engine) if isinstance(request.engine, str) else adapt_engine(request.engine)
    check_language(engine, request.language)
    check_seed(request.seed)
    if request.strict and (dead := find_dead_cells(engine, mix.pairs(), language=request.language)):
        raise UsageError(f"{describe_dead_cells(engine, dead)}; without --strict it is spoken all the same")

    # What is said: the user's text, or a line that fits the strongest category
    notes: tuple[str, ...] = ()
    if request.text is not None:
        text = write_out_ssml(request.text)
        if not has_words(text) and cues_for(read_cues(text), engine.capabilities.moves, engine.capabilities.sounds)[1]:
            # Bursts alone are a line too; there is no word in it to clean.
            text = " ".join(text.split())
        else:
            text, notes = clean_text(text, language=request.language, longest=longest)
    else:
        strongest = None if mix.is_neutral else mix.strongest
        line = pick_line(
            kind="evocative" if strongest else "neutral",
            category=strongest.category.name if strongest else None,
            language=request.language,
            tags=persona.tags,
            seed=request.seed,
        )
        text = line.text

    # The persona's lexicon holds names that stand in other lines; only what was given with this line must occur in it.
    reading, sounds = cues_for(read_cues(text), engine.capabilities.moves, engine.capabilities.sounds)
    known = [tag.name for tag in reading.understood]
    spoken = reading_notes(text, request.language, request.lexicon, known_tags=known, strict=request.strict)
    notes = (*request.notes, *notes, *spoken, *sounds)

    # How it is acted
    stage = parse_stage(request.direction)
    acted = direct(persona, mix.pairs(), language=request.language, seed=request.seed, variants=mix.variants())
    direction = with_stage(acted, stage)
    notes += tuple(
        f"{taxonomy.get(category).name} is acted as its variant {variant!r}" for category, variant in direction.variants
    )
    requested = Requested(
        persona=named.name if isinstance(named, Persona) else str(named),
        emotions=emotions,
        intensity=request.intensity,
        text=request.text,
        direction=request.direction,
    )
    notes += ignored(engine, persona, direction, stage)
    resolved = ResolvedRequest(
        persona,
        mix,
        text,
        request.language,
        request.seed,
        direction,
        engine,
        requested,
        request.origin,
        notes,
        stage,
        reading.cues,
        request.bursts,
    ).with_drawn_bursts()
    return replace(resolved, notes=notes + tuple(map(_describe_burst, resolved.direction.bursts)))


def _describe_burst(burst: tuple[Place, str]) -> str:
    place, kind = burst
    where = "opens" if place == "open" else "closes"
    name = kind.replace("_", " ")
    return f"the direction {where} the line with a vocal burst, {name}, drawn by the seed (--no-bursts leaves it out)"


class UnspeakableRecordError(UsageError):
    """Raise for a record that no engine could speak: its moves, seed or text are none."""


def recall_request(record: Record, *, engine: str | Engine | None = None) -> ResolvedRequest:
    """Return the request that a record came from; its persona is the one in the record, not the one on the disk.

    A record may be from anywhere: an engine or a recording that it names and that would reach for a server, an address, a
    variable or a file is used only if the user has named it too (docs/security.md).

    Args:
        record: of the clip
        engine: speaks in place of the engine that the record names; it must have the same model

    Raises:
        UsageError: if the engine is not here, its model is another one, or it reaches out and the user has not named it
        UnspeakableRecordError: if the record holds what no engine could speak
    """
    speaker = _recalled_engine(record, engine)
    try:
        direction = record.directed()
        direction.moves.check()
        if len(burst_cues(direction.bursts, 0)) > MOST_BURSTS:
            raise UsageError(
                f"its direction adds {count_noun(len(direction.bursts), 'vocal burst')}; expected at most {MOST_BURSTS}"
            )
        mix = EmotionMix.of(record.mix, record.direction.variants)
        check_seed(record.seed)
    except (TypeError, UsageError) as error:
        raise UnspeakableRecordError(
            f"the record of clip {record.id} cannot be spoken again ({clean_foreign_text(error)}); "
            "expected a record that voiceact wrote"
        ) from None
    if len(record.text) > LONGEST_RECORD_CHARACTERS:
        raise UnspeakableRecordError(
            f"the record of clip {record.id} has a text of {count_noun(len(record.text), 'character')}; "
            f"expected at most {LONGEST_RECORD_CHARACTERS:,}"
        )
    persona = record.replay.persona
    if persona.voice.reference and speaker.capabilities.reference:
        check_stated_file(persona.voice.reference, source=f"the record of clip {record.id}", what="the recording")
    return ResolvedRequest(
        persona=persona,
        mix=mix,
        text=record.text,
        language=record.language,
        seed=record.seed,
        direction=direction,
        engine=speaker,
        requested=record.requested,
        origin=record.origin,
        cues=cues_for(read_cues(record.text), speaker.capabilities.moves)[0].cues,
    )


def _recalled_engine(record: Record, engine: str | Engine | None) -> Engine:
    """Load the engine the user names, else the record's if it reaches for nothing; check that its model is the record's."""
    stated, named = engine_spec(record), engine or replaying_engine()
    if named is None:
        check_stated_setting(ENTRY_POINT_GROUP, stated, source=f"the record of clip {record.id}", how="--engine {1}")
    speaker = load_engine(named or stated) if isinstance(named, str | None) else adapt_engine(named)
    if speaker.model_sha256 != record.engine.model_sha256:
        name, version = clean_foreign_text(record.engine.name, 60), clean_foreign_text(record.engine.version, 60)
        what = f" (it says {shown_setting(stated)})" if named is not None else ""
        raise UsageError(
            f"the record was made by {name} {version}{what}, whose model is not the one "
            f"{'given' if named is not None else 'installed'} here ({speaker.name} {speaker.version}); "
            "install that version to replay it, or name the same model with --engine"
        )
    return speaker


def with_stage(direction: Direction, stage: Stage) -> Direction:
    """Lay a stage direction over a direction: its moves, and its other words in the instruction."""
    words = [f"{', '.join(stage.words)}."] if stage.words else []
    return replace(
        direction,
        moves=apply_stage(direction.moves, stage) if stage.changes else direction.moves,
        instruction=" ".join([direction.instruction, *words]),
    )


def ignored(engine: Engine, persona: Persona, direction: Direction, stage: Stage) -> tuple[str, ...]:
    """List what the engine will not follow, one sentence each, to be reported before it speaks."""
    missing = unfollowed(engine, persona, direction)
    if stage.words and not engine.capabilities.instruction:
        missing.append(f"the words {', '.join(stage.words)!r} of the direction")
    # What is followed in part is not ignored: "category 'anger' but by energy".
    return tuple(
        f"engine {engine.name!r} cannot follow {what}" + ("" if " but by " in what else "; it is ignored") for what in missing
    )


def check_seed(seed: int) -> None:
    """Raise UsageError unless the seed is a whole number from 0 to 2^32 - 1."""
    if not isinstance(seed, int) or not 0 <= seed <= MOST_SEED:
        raise UsageError(f"seed is {seed!r}; expected a whole number from 0 to {MOST_SEED}")
