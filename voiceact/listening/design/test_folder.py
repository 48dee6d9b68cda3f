"""Where a test is put together: the copies of its clips, in a folder that appears whole or not at all."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Self

from voiceact.audio import Sound, loudness_lufs
from voiceact.listening.design.item_generation import opaque
from voiceact.listening.design.source import UNJUDGED, Candidate, judge_scores
from voiceact.listening.design.stimuli import flac, match_level
from voiceact.listening.model import AUDIO, ClipSource, Stimulus, TestSettings
from voiceact.runtime.atomic_files import part_path
from voiceact.runtime.untrusted_paths import resolve_inside
from voiceact.store.filesystem import storage_error

LOUD_ENOUGH_LU = 0.5
"""a copy that much quieter than the others is told of"""


class AtomicFolder:
    """A folder under a temporary name that is renamed when complete.

    Args:
        out: final name; None writes nothing
        inside: folders to make in it
    """

    def __init__(self, out: Path | None, *inside: str):
        self._out, self._inside = out, inside
        self._part = part_path(out) if out else None

    def __enter__(self) -> Self:
        if self._part:
            for name in (".", *self._inside):
                self._guarded(partial(Path.mkdir, parents=True, exist_ok=True), name)
        return self

    def __exit__(self, *error: object) -> None:
        out = self._out
        if self._part and out:
            try:
                if error[0] is None:
                    self._guarded(lambda part: part.rename(out))
            finally:
                shutil.rmtree(self._part, ignore_errors=True)

    def write(self, name: str, data: bytes) -> None:
        """Write a file into the folder.

        Raises:
            UntrustedPathError: if the name leads out of it
            UsageError, VoiceactError: if it cannot be written
        """
        if self._part is not None:
            resolve_inside(self._part, name)
        self._guarded(lambda path: path.write_bytes(data), name)

    def _guarded(self, work: Callable[[Path], object], name: str = ".") -> None:
        if self._part is None:
            return
        try:
            work(self._part / name)
        except OSError as error:
            raise storage_error(self._out or self._part, error) from error


@dataclass
class TestFolderBuilder:
    """Makes the copies of clips, each once, with their metadata.

    Attributes:
        made: id -> clip
        quieter: of each copy, LU below what it should be
    """

    folder: AtomicFolder
    source: ClipSource
    settings: TestSettings
    seed: int
    made: dict[str, Stimulus] = field(default_factory=dict)
    quieter: list[float] = field(default_factory=list)

    @property
    def salt(self) -> str:
        """What makes ids those of this test."""
        return f"{self.source.plan or self.source.name}\x1f{self.seed}"

    @property
    def clips(self) -> tuple[Stimulus, ...]:
        """All, sorted by id."""
        return tuple(sorted(self.made.values(), key=lambda clip: clip.id))

    def copy(self, clip: Candidate, kind: str = "take", sound: Sound | None = None) -> Stimulus:
        """Write a level-matched copy of a take, or of what was made of it; return its metadata."""
        name = opaque(self.salt, "clip", kind, clip.key)
        if name not in self.made:
            samples, rate = sound or clip.sound()
            copy = match_level(samples, rate, lufs=self.settings.lufs, name=clip.key)
            data, path = flac(copy), f"{AUDIO}/{name}.flac"
            self.folder.write(path, data)
            self.quieter.append(self.settings.lufs - loudness_lufs(copy.samples, rate))
            scores, thresholds = judge_scores(clip.record()) if kind == "take" else ({}, {})
            own = kind in ("take", "same")
            self.made[name] = Stimulus(
                id=name,
                file=path,
                sha256=hashlib.sha256(data).hexdigest(),
                seconds=round(len(samples) / rate, 3),
                lufs_before=round(copy.lufs_before, 2),
                gain_db=round(copy.gain_db, 2),
                key=clip.key,
                made=kind,
                category=clip.category if own else None,
                intensity=clip.intensity if own else 0.0,
                persona=clip.persona,
                language=clip.language,
                text=clip.text,
                verdict=None if clip.level == UNJUDGED or not own else clip.level,
                evidence=clip.evidence if own else None,
                scores=scores,
                thresholds=thresholds,
            )
        return self.made[name]

    def notes(self) -> list[str]:
        """Note how far the copies are from equally loud."""
        short = [off for off in self.quieter if off > LOUD_ENOUGH_LU]
        if not short:
            return []
        return [
            f"{len(short)} of {len(self.quieter)} copies are up to {max(short):.1f} LU quieter than "
            f"{self.settings.lufs:g} LUFS, because their peaks had to be limited"
        ]
