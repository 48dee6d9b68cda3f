"""A judge listens to a corpus under one regime."""

import math
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from voiceact.acting.taxonomy import categories
from voiceact.audio import read
from voiceact.errors import UsageError, VoiceactError
from voiceact.estimators.base import Estimator, Profile, Reference, adapt_estimator
from voiceact.judge.corpus.manifest import Manifest, Recording, is_burst
from voiceact.judge.evaluation.judged import NEUTRAL, Judged
from voiceact.judge.evaluation.regimes import (
    NEUTRAL_REFERENCE,
    NO_REFERENCE,
    ONE_READING,
    SAME_LINE,
    SPEAKER_STATISTICS,
    line_of,
    neutral_references,
    one_reading,
)

NO_NEUTRAL = "no neutral clip of this voice"

Progress = Callable[[], None]


@dataclass(frozen=True)
class Hearing:
    """What a judge said of the clips of a corpus under one regime, before it is laid out as arrays.

    Attributes:
        profiles: row of the manifest -> profile
        references: speaker -> clips their reference was made of
        silent: path -> why nothing could be said
    """

    profiles: Mapping[int, Profile]
    references: Mapping[str, int]
    silent: Mapping[str, str]


def count_steps(progress: Callable[[str, int, int], None], what: str, total: int) -> Progress:
    """Return a function that tells `progress` with each call that one step more of `total` is done."""
    counter = count(1)
    return lambda: progress(what, next(counter), total)


class Listener:
    """A judge before one corpus; a judge that describes clips listens to each once, whatever the regimes.

    Args:
        judge: the estimator
        manifest: of the corpus
    """

    def __init__(self, judge: Estimator, manifest: Manifest):
        self.judge, self.manifest = judge, manifest
        self._described: dict[str, Any] = {}

    def profile(self, recording: Recording, reference: Reference | None) -> Profile:
        """Profile a clip; VoiceactError where nothing can be said of it."""
        judge: Any = self.judge
        if not hasattr(judge, "describe"):
            return self.judge.profile(*read(self.manifest.file(recording)), reference=reference)
        kind = "burst" if is_burst(recording) else "speech"
        profile: Profile = judge.profile_description(self._describe(recording), reference=reference, kind=kind)
        return profile

    def reference(self, recordings: Sequence[Recording], kind: str) -> Reference:
        """Make a reference of these clips; VoiceactError where one says nothing, or they are too few."""
        judge: Any = self.judge
        if not hasattr(judge, "describe"):
            return self.judge.reference((read(self.manifest.file(recording)) for recording in recordings), kind=kind)
        reference: Reference = judge.reference_descriptions([self._describe(recording) for recording in recordings], kind=kind)
        return reference

    def _describe(self, recording: Recording) -> Any:
        judge: Any = self.judge
        if recording.path not in self._described:
            try:
                self._described[recording.path] = judge.describe(*read(self.manifest.file(recording)))
            except VoiceactError as error:
                self._described[recording.path] = error
        if isinstance(found := self._described[recording.path], VoiceactError):
            raise found
        return found


def hear_corpus(
    listener: Listener,
    regime: str,
    *,
    seed: int = 0,
    unheard: Container[str] = (),
    progress: Progress = lambda: None,
) -> Hearing:
    """Judge every clip of a corpus under `regime`; clips it can say nothing of are listed with the reason.

    Args:
        listener: judge and corpus
        regime: one of REGIMES
        seed: of the choice of neutral references
        unheard: paths of clips known to say nothing, to be kept out of references: one must not silence its speaker
        progress: told that a clip is done
    """
    manifest = listener.manifest
    references = _Voices(listener, regime, seed, unheard)
    profiles: dict[int, Profile] = {}
    silent: dict[str, str] = {}
    for row in _by_speaker(manifest.recordings):
        recording = manifest.recordings[row]
        progress()
        if row in references.spent:
            continue
        try:
            profiles[row] = listener.profile(recording, references.of(row))
        except VoiceactError as error:
            silent[recording.path] = str(error)
    return Hearing({row: profiles[row] for row in sorted(profiles)}, references.counts, silent)


def hear_in_cohort(listener: Listener, hearing: Hearing, source: str) -> Hearing:
    """Say all profiles of a corpus anew beside each other; their labels only serve to refuse a cohort of one feeling.

    Raises:
        UsageError: a cohort that is too small or of one feeling, or clips without words
    """
    judge: Any = listener.judge
    recordings = [listener.manifest.recordings[row] for row in hearing.profiles]
    if any(is_burst(recording) for recording in recordings):
        raise UsageError("the corpus holds wordless bursts; a cohort is of speech")
    categories_of_clips = [
        NEUTRAL if recording.neutral else recording.category.id if recording.category else recording.emotion
        for recording in recordings
    ]
    cohort = judge.cohort(list(hearing.profiles.values()), asked=categories_of_clips, source=source)
    profiles = {row: judge.in_cohort(profile, cohort) for row, profile in hearing.profiles.items()}
    return Hearing(profiles, hearing.references, hearing.silent)


def judge_corpus(
    judge: Estimator,
    manifest: Manifest,
    regime: str,
    *,
    seed: int = 0,
    unheard: Container[str] = (),
    progress: Progress = lambda: None,
) -> Judged:
    """Judge every clip of a corpus under `regime`, as arrays; see `hear_corpus`."""
    listener = Listener(judge, manifest)
    return lay_out(listener, hear_corpus(listener, regime, seed=seed, unheard=unheard, progress=progress))


def corpus_classes(recordings: Sequence[Recording]) -> tuple[str, ...]:
    """Ids of the categories a corpus holds, in the order of the taxonomy, and "neutral" where it has that."""
    held = {recording.category for recording in recordings}
    ids = [category.id for category in categories() if category in held]
    return (*ids, NEUTRAL) if any(recording.neutral for recording in recordings) else tuple(ids)


def choose(judge: Estimator, profile: Profile, classes: Sequence[str]) -> Mapping[str, float]:
    """Scores by which the judge chooses among the corpus's classes (category ids and "neutral").

    A judge with a method `class_scores(profile, classes)` says itself. Of one without: where its profile holds
    log-probabilities of classes, their probabilities among these classes alone, and a class it does not know is
    never answered; where it holds none, the score of a category over its threshold, and 0 for neutral, which is
    so answered where no category reaches its threshold.
    """
    own = adapt_estimator(judge).class_scores(profile, classes)
    if own is not None:
        return own
    known = {name: profile.classes[name] for name in classes if name in profile.classes}
    if known:
        powers = {name: math.exp(value - max(known.values())) for name, value in known.items()}
        return {name: power / sum(powers.values()) for name, power in powers.items()}
    scores = {name: profile.scores.get(name) for name in classes if name in judge.thresholds}
    over = {name: score - judge.thresholds[name] for name, score in scores.items() if score is not None}
    return over | {NEUTRAL: 0.0} if NEUTRAL in classes and over else over


class _Voices:
    """References of one regime, made when a speaker is first heard; only the last speaker's are kept."""

    def __init__(self, listener: Listener, regime: str, seed: int, unheard: Container[str]):
        self.listener, self.regime, self.unheard = listener, regime, unheard
        recordings = listener.manifest.recordings
        self.rows = _reference_rows(recordings, regime, seed)
        self.readings = one_reading(recordings, regime, seed=seed, unheard=unheard) if regime in ONE_READING else {}
        self.spent = {row for rows in self.rows.values() for row in rows} if regime == NEUTRAL_REFERENCE else set()
        self.counts: dict[str, int] = {}
        self.speaker: str | None = None
        self.made: dict[tuple[int, ...], Reference | VoiceactError] = {}

    def of(self, row: int) -> Reference | None:
        """The reference of a clip, None where the regime has none; raises VoiceactError where it cannot be made."""
        if self.regime == NO_REFERENCE:
            return None
        recording = self.listener.manifest.recordings[row]
        if recording.speaker != self.speaker:
            self.speaker, self.made = recording.speaker, {}
        rows = (self.readings[row],) if row in self.readings else tuple(self.rows.get(recording.speaker, ()))
        if not rows:
            raise VoiceactError(_why_no_reading(recording, self.regime) if self.regime in ONE_READING else NO_NEUTRAL)
        if rows not in self.made:
            self.made[rows] = self._make(rows)
        reference = self.made[rows]
        if isinstance(reference, VoiceactError):
            raise reference
        return reference

    def _make(self, rows: Sequence[int]) -> Reference | VoiceactError:
        kind = "speaker" if self.regime == SPEAKER_STATISTICS else "neutral"
        chosen = [self.listener.manifest.recordings[row] for row in rows]
        chosen = [recording for recording in chosen if recording.path not in self.unheard]
        self.counts[self.listener.manifest.recordings[rows[0]].speaker] = len(chosen)
        try:
            return self.listener.reference(chosen, kind)
        except VoiceactError as error:
            return error


def _why_no_reading(recording: Recording, regime: str) -> str:
    if line_of(recording) is None:
        return "the manifest says neither sentence nor text of this clip"
    return f"no other neutral clip of this voice speaks {'this' if regime == SAME_LINE else 'another'} line"


def _reference_rows(recordings: Sequence[Recording], regime: str, seed: int) -> dict[str, list[int]]:
    if regime == NEUTRAL_REFERENCE:
        return neutral_references(recordings, seed=seed)
    rows: dict[str, list[int]] = {}
    for row, recording in enumerate(recordings if regime == SPEAKER_STATISTICS else ()):
        rows.setdefault(recording.speaker, []).append(row)
    return rows


def _by_speaker(recordings: Sequence[Recording]) -> list[int]:
    return sorted(range(len(recordings)), key=lambda row: (recordings[row].speaker, row))


def lay_out(listener: Listener, hearing: Hearing) -> Judged:
    """Lay out what was said of a corpus as arrays."""
    judge, manifest, heard = listener.judge, listener.manifest, hearing.profiles
    classes = corpus_classes(manifest.recordings)
    profiles = list(heard.values())
    ids = [category.id for category in categories()]
    chosen = [choose(judge, profile, classes) for profile in profiles]
    evidence: Mapping[str, str] = profiles[0].evidence if profiles else {}
    return Judged(
        recordings=tuple(manifest.recordings[row] for row in heard),
        scores=_table([[profile.scores.get(name) for name in ids] for profile in profiles], len(ids)),
        arousal=_table([[profile.arousal] for profile in profiles], 1)[:, 0],
        valence=_table([[profile.valence] for profile in profiles], 1)[:, 0],
        classes=classes,
        class_scores=_table([[scores.get(name) for name in classes] for scores in chosen], len(classes)),
        thresholds=judge.thresholds,
        evidence=evidence,
        references=hearing.references,
        not_judged=hearing.silent,
        log_ratios=_table([[profile.log_ratios.get(name) for name in ids] for profile in profiles], len(ids)),
        bound=adapt_estimator(judge).bound,
    )


def _table(rows: list[list[float | None]], width: int) -> Any:
    return np.array(rows, np.float64).reshape(len(rows), width)
