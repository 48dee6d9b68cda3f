"""Takes on disk: a request, its takes, each written with its record and judged. What `voiceact synth` does."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from voiceact import audio
from voiceact.clip.clip import Clip
from voiceact.errors import UsageError
from voiceact.synthesis.joining import LONGEST_TAKE_CHARACTERS, is_long
from voiceact.synthesis.kernel import MadeTake, TakeMaker
from voiceact.synthesis.long_text import write_long_take
from voiceact.synthesis.request import ResolvedRequest, SynthesisRequest, check_seed, resolve_request
from voiceact.verify.base import Verdict
from voiceact.vocabulary import CHECKS


@dataclass(frozen=True)
class WrittenTake:
    """A take that was written.

    Attributes:
        clip: as it lies on disk; of a long text, which is never whole in memory, without samples
        path: of its audio
        request: what was asked
        verdict: None if it was not judged
        plot: of its picture, if one was drawn
    """

    clip: Clip
    path: Path
    request: ResolvedRequest
    verdict: Verdict | None
    plot: Path | None = None


def perform_takes(
    request: SynthesisRequest,
    *,
    takes: int = 1,
    out: Path | None = None,
    verify: bool = True,
    plot: Path | None = None,
    announce: Callable[[ResolvedRequest], None] = lambda request: None,
    direct: Callable[[ResolvedRequest, TakeMaker], MadeTake] | None = None,
) -> Iterator[WrittenTake]:
    """Perform, judge and write take after take; every file is checked before the first word is spoken.

    Args:
        request: what to perform
        takes: how many, with seeds that count up from the request's
        out: file of the first take; None makes a name from persona, category and intensity
        verify: whether the takes are judged
        plot: picture of the first take against its twin
        announce: called once with what will be performed, before it is
        direct: makes each take in place of the maker, such as `voiceact.director.director.Director.direct`

    Raises:
        UsageError: naming what was given and what is expected
    """
    # Check every file and every take's request before anything is spoken.
    first = resolve_request(request, longest=None)
    # The text of the first take is everybody's: takes are to be compared.
    check_seed(request.seed + takes - 1)
    later = [first.with_seed(request.seed + number) for number in range(1, takes)]
    paths = take_paths(out or default_path(first), takes)
    for path in paths:
        audio.check_writable(path)
    if plot is not None and is_long(first.text):
        raise UsageError(
            f"a picture shows a text of at most {LONGEST_TAKE_CHARACTERS:,} characters, and this one has {len(first.text):,}; "
            "leave --plot out"
        )
    if plot is not None:
        # Only who wants a picture waits for what draws it.
        from voiceact.audio import plot as picture

        picture.check_picture(plot)
    announce(first)

    maker = TakeMaker(checks=CHECKS if verify else (), twins=verify or plot is not None)
    for number, (path, resolved) in enumerate(zip(paths, [first, *later], strict=True)):
        if is_long(resolved.text) and direct is None:
            written, verdict = write_long_take(resolved, maker, path)
            yield WrittenTake(written, path, resolved, verdict)
            continue
        made = direct(resolved, maker) if direct else next(iter(maker.make([resolved])))
        clip = made.clip().save(path)
        drawn = plot if number == 0 else None
        if drawn is not None:
            from voiceact.audio import plot as picture

            picture.plot_take(made.take, made.twin, drawn, title=_title(made))
        yield WrittenTake(clip, path, made.request, made.verdict, drawn)


def default_path(request: ResolvedRequest) -> Path:
    """Return `nurse-distress-5.wav`, or `nurse-neutral.wav`, in the current folder."""
    felt = request.category is not None and request.intensity > 0
    named = f"{str(request.category).replace('_', '-')}-{request.intensity:g}" if felt else "neutral"
    return Path(f"{request.persona.name}-{named}.wav")


def take_paths(path: Path, takes: int) -> list[Path]:
    """Return the file itself for the first take; `NAME__t02.wav`, `NAME__t03.wav`, … beside it for more."""
    return [path, *(path.with_stem(f"{path.stem}__t{number:02d}") for number in range(2, takes + 1))]


def _title(made: MadeTake) -> str:
    request = made.request
    return f"{request.persona.name}, {request.category or 'neutral'} {request.intensity:g}: {request.text}"
