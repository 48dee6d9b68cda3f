"""A judge listens to a corpus under one regime."""

import math
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from voiceact.acting.taxonomy import categories
from voiceact.audio import Samples, read
from voiceact.errors import VoiceactError
from voiceact.estimators.base import Estimator, Profile, Reference, adapt_estimator
from voiceact.judge.corpus.manifest import Manifest, Recording
from voiceact.judge.evaluation.judged import NEUTRAL, Judged
from voiceact.judge.evaluation.regimes import NEUTRAL_REFERENCE, NO_REFERENCE, SPEAKER_STATISTICS, neutral_references

NO_NEUTRAL = "no neutral clip of this voice"

Progress = Callable[[], None]


def judge_corpus(
    judge: Estimator,
    manifest: Manifest,
    regime: str,
    *,
    seed: int = 0,
    unheard: Container[str] = (),
    progress: Progress = lambda: None,
) -> Judged:
    """Every clip of the corpus judged under `regime`; clips it can say nothing of are listed with the reason.

    unheard: paths of clips known to say nothing, to be kept out of references: one must not silence its speaker
    """
    references = _Voices(judge, manifest, regime, seed, unheard)
    classes = corpus_classes(manifest.recordings)
    heard: dict[int, Profile] = {}
    silent: dict[str, str] = {}
    for row in _by_speaker(manifest.recordings):
        recording = manifest.recordings[row]
        progress()
        if row in references.spent:
            continue
        try:
            samples, rate = read(manifest.file(recording))
            heard[row] = judge.profile(samples, rate, reference=references.of(recording.speaker))
        except VoiceactError as error:
            silent[recording.path] = str(error)
    return _judged(judge, manifest, classes, {row: heard[row] for row in sorted(heard)}, references.counts, silent)


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
    """References of one regime, made when a speaker is first heard; only the last speaker's is kept."""

    def __init__(self, judge: Estimator, manifest: Manifest, regime: str, seed: int, unheard: Container[str]):
        self.judge, self.manifest, self.regime, self.unheard = judge, manifest, regime, unheard
        self.rows = _reference_rows(manifest.recordings, regime, seed)
        self.spent = {row for rows in self.rows.values() for row in rows} if regime == NEUTRAL_REFERENCE else set()
        self.counts: dict[str, int] = {}
        self.speaker: str | None = None
        self.reference: Reference | VoiceactError | None = None

    def of(self, speaker: str) -> Reference | None:
        """The speaker's reference, None where the regime has none; raises VoiceactError where it cannot be made."""
        if self.regime == NO_REFERENCE:
            return None
        if speaker != self.speaker:
            self.speaker, self.reference = speaker, self._made(speaker)
        if isinstance(self.reference, VoiceactError):
            raise self.reference
        return self.reference

    def _made(self, speaker: str) -> Reference | VoiceactError:
        if speaker not in self.rows:
            return VoiceactError(NO_NEUTRAL)
        kind = "neutral" if self.regime == NEUTRAL_REFERENCE else "speaker"
        try:
            return self.judge.reference(self._clips(speaker), kind=kind)
        except VoiceactError as error:
            return error

    def _clips(self, speaker: str) -> Iterator[tuple[Samples, int]]:
        self.counts[speaker] = 0
        for recording in (self.manifest.recordings[row] for row in self.rows[speaker]):
            if recording.path not in self.unheard:
                self.counts[speaker] += 1
                yield read(self.manifest.file(recording))


def _reference_rows(recordings: Sequence[Recording], regime: str, seed: int) -> dict[str, list[int]]:
    if regime == NEUTRAL_REFERENCE:
        return neutral_references(recordings, seed=seed)
    rows: dict[str, list[int]] = {}
    for row, recording in enumerate(recordings if regime == SPEAKER_STATISTICS else ()):
        rows.setdefault(recording.speaker, []).append(row)
    return rows


def _by_speaker(recordings: Sequence[Recording]) -> list[int]:
    return sorted(range(len(recordings)), key=lambda row: (recordings[row].speaker, row))


def _judged(
    judge: Estimator,
    manifest: Manifest,
    classes: tuple[str, ...],
    heard: Mapping[int, Profile],
    references: Mapping[str, int],
    silent: Mapping[str, str],
) -> Judged:
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
        class_scores=_table([[one.get(name) for name in classes] for one in chosen], len(classes)),
        thresholds=judge.thresholds,
        evidence=evidence,
        references=references,
        not_judged=silent,
    )


def _table(rows: list[list[float | None]], width: int) -> Any:
    return np.array(rows, np.float64).reshape(len(rows), width)
