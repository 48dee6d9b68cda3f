"""One sitting at the microphone: a request, its takes, each written with its record and judged.

This is what `voiceact synth` does, without its words on the screen.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from voiceact import audio
from voiceact.clip.record import Clip, record_path, save_record
from voiceact.engines.base import Take
from voiceact.synthesis.synthesize import Request, perform, prepare, twin

if TYPE_CHECKING:
    from voiceact.verify.verdict import Verdict


@dataclass(frozen=True)
class Wishes:
    """What the user asked of a session; names as in `voiceact.synthesis.synthesize.synth`.

    takes: how many, with seeds that count up from `seed`
    out: file of the first take; None makes a name from persona, category and intensity
    plot: picture of the first take against its twin
    """

    persona: str
    emotions: tuple[str, ...] = ()
    intensity: str | None = None
    text: str | None = None
    direction: str = ""
    language: str = "en"
    engine: str = "embedded"
    seed: int = 0
    takes: int = 1
    out: Path | None = None
    lexicon: Mapping[str, str] = field(default_factory=dict)
    personas: tuple[Path, ...] = ()
    verify: bool = True
    plot: Path | None = None


@dataclass(frozen=True)
class Made:
    """A take that was written: the clip, where, how it was judged (None if not asked), and its request."""

    clip: Clip
    path: Path
    request: Request
    verdict: "Verdict | None"
    plot: Path | None = None


def perform_takes(wishes: Wishes, *, announce: Callable[[Request], None] = lambda request: None) -> Iterator[Made]:
    """Perform, write and judge take after take; every file is checked for before the first word is spoken.

    announce: is called once with what will be performed, before it is
    Raises:
        UsageError: naming what was given and what is expected
    """
    first = _prepare(wishes, wishes.seed, wishes.text)
    paths = take_paths(wishes.out or default_path(first), wishes.takes)
    for path in paths:
        audio.check_writable(path)
    if wishes.plot is not None:
        from voiceact.audio.plot import check_picture

        check_picture(wishes.plot)
    announce(first)
    for number, path in enumerate(paths):
        # The text of the first take is everybody's: takes are to be compared.
        request = first if number == 0 else _prepare(wishes, wishes.seed + number, first.text)
        yield _make(request, path, wishes.verify, wishes.plot if number == 0 else None)


def default_path(request: Request) -> Path:
    """`nurse-distress-5.wav`, or `nurse-neutral.wav`, in the current folder."""
    category, intensity = request.strongest
    felt = f"{category.replace('_', '-')}-{intensity:g}" if category and intensity else "neutral"
    return Path(f"{request.persona.name}-{felt}.wav")


def take_paths(path: Path, takes: int) -> list[Path]:
    """The file itself for the first take; `NAME__t02.wav`, `NAME__t03.wav`, … beside it for more."""
    return [path, *(path.with_stem(f"{path.stem}__t{number:02d}") for number in range(2, takes + 1))]


def _prepare(wishes: Wishes, seed: int, text: str | None) -> Request:
    return prepare(persona=wishes.persona, emotion=wishes.emotions, intensity=wishes.intensity, text=text,
                   language=wishes.language, engine=wishes.engine, seed=seed, direction=wishes.direction,
                   lexicon=wishes.lexicon, personas=wishes.personas)


def _make(request: Request, path: Path, judged: bool, plot: Path | None) -> Made:
    clip = perform(request).save(path)
    plain = perform(twin(request)) if judged or plot else None
    verdict = None
    if judged and plain is not None:
        from voiceact.verify import judge_clip

        verdict = judge_clip(clip, plain)
        clip = clip.judged(verdict.as_dict())
        save_record(clip.record, record_path(path))
    if plot and plain is not None:
        from voiceact.audio.plot import plot_take

        plot_take(_as_take(clip), _as_take(plain), plot, title=_title(request))
    return Made(clip, path, request, verdict, plot)


def _as_take(clip: Clip) -> Take:
    assert clip.samples is not None  # both were just performed
    return Take(clip.samples, clip.record.audio.sample_rate, clip.record.seed, clip.words)


def _title(request: Request) -> str:
    category, intensity = request.strongest
    return f"{request.persona.name}, {category or 'neutral'} {intensity:g}: {request.text}"
