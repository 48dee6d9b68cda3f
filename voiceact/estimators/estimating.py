"""Files to profiles: what a user may name, one file after another, a bad one never ending the rest."""

import glob
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from voiceact.audio import Samples, read
from voiceact.errors import UsageError, VoiceactError, count_noun
from voiceact.estimators.base import Estimator, Profile, Reference
from voiceact.estimators.features.signal import MAX_SECONDS, UnheardError, prepare

SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".aif", ".au", ".caf", ".w64", ".rf64")
MOST_NEUTRAL = 5


Check = Callable[[Samples, int], None]
"""asked of samples and rate before a file is judged; raises VoiceactError where it must not be"""


def estimate(
    judge: Estimator, paths: Iterable[Path], *, reference: Reference | None = None, check: Check | None = None
) -> Iterator[tuple[Path, Profile | VoiceactError]]:
    """(path, profile) of each file in turn, or (path, error) with a sentence that names the file and the cause."""
    for path in paths:
        try:
            yield path, estimate_file(judge, path, reference=reference, check=check)
        except VoiceactError as error:
            yield path, error


def estimate_file(judge: Estimator, path: Path, *, reference: Reference | None = None, check: Check | None = None) -> Profile:
    """The profile of one file.

    Raises:
        UsageError: a file that cannot be read as audio, is longer than 120 s, or does not pass `check`
        UnheardError: audio of which nothing can be said
    """
    samples, rate = read(path, longest_seconds=MAX_SECONDS)
    if check is not None:
        try:
            check(samples, rate)
        except UsageError as error:
            raise UsageError(f"{path}: {error}") from error
    try:
        return judge.profile(samples, rate, reference=reference)
    except UnheardError as error:
        raise UnheardError(f"{path}: {error}") from error


def reference_of(judge: Estimator, neutral: Sequence[Path], statistics: Path | None) -> Reference | None:
    """What is known of the voice, from neutral files or from a folder of its recordings; None for neither.

    Raises:
        UsageError: both, more than five neutral files, or files that cannot be read
    """
    if neutral and statistics:
        raise UsageError("give neutral recordings (--reference) or a folder (--statistics), not both")
    if len(neutral) > MOST_NEUTRAL:
        raise UsageError(f"{count_noun(len(neutral), 'neutral recording')}; expected at most {MOST_NEUTRAL}")
    if neutral:
        return judge.reference([_clip(path) for path in neutral], kind="neutral")
    if statistics is None:
        return None
    return judge.reference((_clip(path) for path in expand([str(statistics)], ())), kind="speaker")


def _clip(path: Path) -> tuple[Samples, int]:
    samples, rate = read(path, longest_seconds=MAX_SECONDS)
    try:
        prepare(samples, rate)
    except UnheardError as error:
        raise UnheardError(f"reference {path}: {error}") from error
    return samples, rate


def expand(inputs: Sequence[str], listed: Iterable[str]) -> list[Path]:
    """Files named by paths, folders (searched to the bottom), patterns, and "-" for the lines of `listed`.

    Raises:
        UsageError: a folder without audio, a pattern that matches nothing, a list that is not UTF-8
    """
    paths: list[Path] = []
    for text in inputs:
        names = _lines(listed) if text == "-" else [text]
        for name in names:
            paths.extend(_expanded(name))
    if not paths:
        raise UsageError("the list on standard input names no file")
    return paths


def _lines(listed: Iterable[str]) -> list[str]:
    try:
        return [line.strip() for line in listed if line.strip()]
    except UnicodeDecodeError as error:
        raise UsageError("the list on standard input is not UTF-8; expected a file name a line") from error


def _expanded(name: str) -> list[Path]:
    path = Path(name)
    if not name:
        raise UsageError("a file name is empty; expected an audio file, a folder or a pattern")
    if os.path.isdir(path):
        recordings = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
        if not recordings:
            raise UsageError(f"{path}: holds no audio file; expected {', '.join(SUFFIXES[:4])} or the like")
        return recordings
    if not os.path.lexists(path) and glob.has_magic(name):
        matched = sorted(Path(match) for match in glob.glob(name, recursive=True) if Path(match).is_file())
        if not matched:
            raise UsageError(f"{name}: matches no file")
        return matched
    return [path]
