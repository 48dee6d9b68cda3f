"""Segments of sound -> rows: scores with their evidence, attributes of the voice, bursts, and what other backends say."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from voiceact.annotate.burst_kinds import name_burst
from voiceact.annotate.clips import RawClip, Segment
from voiceact.annotate.columns import BURSTS, EMBEDDING, columns_of, prefix_of
from voiceact.audio import loudness_lufs
from voiceact.errors import UsageError, VoiceactError
from voiceact.estimators.base import Estimator, Profile
from voiceact.estimators.burst_spans import Span, cut_spans, find_spans, spans_of_windows
from voiceact.estimators.features.low_level_descriptors import Tracks, extract_descriptors
from voiceact.estimators.features.signal import prepare
from voiceact.estimators.features.voice_measures import measure_utterance
from voiceact.estimators.human.estimator import IDS, HumanJudge
from voiceact.estimators.registry import load_estimator
from voiceact.store.columns import Column, Row
from voiceact.verify.backends.registry import load_backend
from voiceact.verify.quality import Sound

BATCH = 8
"""segments that an estimator with batches hears at a time"""
NO_VOICES, STATED, CLUSTERED = "none", "stated", "clustered"


class Task(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked of every clip; part of what identifies a run.

    Attributes:
        estimators: names for `load_estimator`; the first one's scores are those that captions and searches use
        attributes: whether the voice is measured
        bursts: whether wordless bursts are looked for
        asr, speaker, mos: backends to ask (`voiceact.verify.backends`), None asks none
        voices: how speakers are known: none, stated by the source, or clustered by the speaker encoder
        longest: seconds up to which a clip is one row; longer ones are cut where nobody speaks
        license: of every clip of which the source states none
        language: of every clip of which the source states none
        format: parquet or json
        shard_clips: clips in a shard at most
    """

    estimators: tuple[str, ...] = ("human",)
    attributes: bool = True
    bursts: bool = True
    asr: str | None = None
    speaker: str | None = None
    mos: str | None = None
    voices: str = NO_VOICES
    longest: float = 30.0
    license: str | None = None
    language: str | None = None
    format: str = "parquet"
    shard_clips: int = 500

    @property
    def columns(self) -> dict[str, Column]:
        """The columns of its rows, but bursts and embedding."""
        return columns_of(
            self.estimators, bursts=self.bursts, asr=bool(self.asr), speaker=bool(self.speaker), mos=bool(self.mos)
        )


@dataclass
class HeardSegment:
    """A row, and what a second look at it needs.

    Attributes:
        row: column -> value
        description: what the judge's ears heard, float16 [width]; empty where voices are not used
    """

    row: Row
    description: NDArray[np.float16] = field(default_factory=lambda: np.zeros(0, np.float16), repr=False)


class Listener:
    """Everything that listens, loaded once a process.

    Args:
        task: what is asked

    Attributes:
        estimators: in the order of the task
        revisions: what listened -> its revision

    Raises:
        VoiceactError: if a part of it is unknown or not installed
    """

    def __init__(self, task: Task):
        self.task = task
        self.estimators: list[Estimator] = [load_estimator(name) for name in task.estimators]
        self._asr: Any = load_backend("asr", task.asr) if task.asr else None
        self._encoder: Any = load_backend("speaker", task.speaker) if task.speaker else None
        self._rater: Any = load_backend("mos", task.mos) if task.mos else None
        self.revisions = {name: estimator.revision for name, estimator in zip(task.estimators, self.estimators, strict=True)}
        for text, backend in ((task.asr, self._asr), (task.speaker, self._encoder), (task.mos, self._rater)):
            if text and backend is not None:
                self.revisions[text] = str(getattr(backend, "revision", backend.name))

    @property
    def judge(self) -> HumanJudge | None:
        """The first estimator, if it is one whose ears can be used again."""
        return self.estimators[0] if self.estimators and isinstance(self.estimators[0], HumanJudge) else None

    def hear(self, segments: Sequence[Segment]) -> list[HeardSegment]:
        """Annotate segments; one of which nothing can be said gets a row with its `error`.

        Args:
            segments: of about one length, where an estimator hears them in a batch
        """
        batches = [self._profiles(estimator, segments) for estimator in self.estimators if estimator is not self.judge]
        heard = []
        for number, segment in enumerate(segments):
            try:
                heard.append(self._hear_one(segment, [batch[number] for batch in batches]))
            except VoiceactError as error:
                heard.append(HeardSegment(self.failed_row(segment.clip, str(error), segment)))
        return heard

    def failed_row(self, clip: RawClip, why: str, segment: Segment | None = None) -> Row:
        """Return the row of a clip of which nothing can be said."""
        return self._place(clip, segment) | {"error": " ".join(why.split())}

    def _profiles(self, estimator: Estimator, segments: Sequence[Segment]) -> list[Profile | VoiceactError]:
        """Ask an estimator, in batches if it has them; a batch that fails is asked one by one."""
        many: Any = getattr(estimator, "profiles", None)
        if many is None:
            return [_tried(estimator, segment) for segment in segments]
        profiles: list[Profile | VoiceactError] = []
        for start in range(0, len(segments), BATCH):
            batch = segments[start : start + BATCH]
            try:
                profiles += many([(segment.samples, segment.rate) for segment in batch])
            except VoiceactError:
                profiles += [_tried(estimator, segment) for segment in batch]
        return profiles

    def _hear_one(self, segment: Segment, others: list[Profile | VoiceactError]) -> HeardSegment:
        task, samples, rate = self.task, segment.samples, segment.rate
        audio = prepare(samples, rate)
        row = self._place(segment.clip, segment)
        heard = HeardSegment(row)

        # The judge, whose ears also tell words from bursts.
        judge, spans = self.judge, list[Span]()
        profiles: list[Profile | VoiceactError] = list(others)
        if judge is not None:
            windows = list(judge.ears.hear_windows(audio))
            description = judge.ears.sum_up(windows)
            profiles.insert(0, judge.profile_description(description))
            spans = spans_of_windows(windows) if task.bursts else []
            if task.voices != NO_VOICES:
                heard.description = description.astype(np.float16)
        elif task.bursts:
            spans = find_spans(samples, rate)
        for number, (name, profile) in enumerate(zip(task.estimators, profiles, strict=True)):
            if isinstance(profile, VoiceactError):
                raise profile
            estimator = self.estimators[number]
            long_enough = segment.end - segment.start >= estimator.least_seconds
            row.update(profile_columns(profile, prefix_of(number, name), has_evidence=long_enough))
            if not long_enough:
                row["warning"] = (
                    f"lasts {segment.end - segment.start:.2f} s; the scores of {name!r} have no evidence below "
                    f"{estimator.least_seconds} s of speech"
                )

        # The voice, whose pitch also tells what a burst is called.
        bursts = [span for span in spans if span.kind == "burst"]
        tracks = extract_descriptors(audio) if task.attributes or bursts else None
        if task.attributes and tracks is not None:
            row.update(measure_attributes(tracks, samples, rate))
        if task.bursts:
            row[BURSTS] = [self._burst(segment, span, tracks) for span in bursts]
            row["burst_seconds"] = sum(burst["end"] - burst["start"] for burst in row[BURSTS])

        # Other backends; one that cannot answer leaves its column empty.
        pair = (samples, rate)
        if self._rater is not None:
            row["mos"] = _asked(lambda: self._rater.rate([pair])[0])
        if self._asr is not None:
            row["transcript"] = _asked(lambda: self._asr.hear(samples, rate, language=row["language"] or "en"))
        if self._encoder is not None:
            row[EMBEDDING] = _asked(lambda: [round(float(value), 6) for value in self._encoder.embed([pair])[0]])
        return heard

    def _burst(self, segment: Segment, span: Span, tracks: Tracks | None) -> dict[str, Any]:
        kind, category, ratio = None, None, None
        cut = cut_spans(segment.samples, segment.rate, [span], "burst")
        judge = self.judge
        if judge is not None and tracks is not None:
            own_f0 = float(np.median(tracks.f0[tracks.voiced])) if tracks.voiced.any() else math.nan
            kind, category, ratio = name_burst(judge, np.asarray(cut, np.float32), segment.rate, own_f0)
        return {
            "start": round(segment.start + span.start, 3),
            "end": round(segment.start + span.end, 3),
            "kind": kind,
            "category": category,
            "log_ratio": ratio,
        }

    def _place(self, clip: RawClip, segment: Segment | None) -> Row:
        row: Row = dict.fromkeys(self.task.columns)
        stated = clip.stated
        row |= {"id": clip.id, "clip": clip.id, "path": clip.path, "segment": 0}
        row |= {name: stated.get(name) for name in ("license", "speaker", "text", "language", "gender")}
        row["license"] = row["license"] or self.task.license
        row["language"] = row["language"] or self.task.language
        row["age"] = _years(stated.get("age"))
        if self.task.bursts:
            row[BURSTS] = None
        if self.task.speaker:
            row[EMBEDDING] = None
        if segment is not None:
            row |= {"segment": segment.number, "start": segment.start, "end": segment.end}
            row |= {"duration": round(segment.end - segment.start, 3), "sampling_rate": segment.rate}
            if not segment.whole:
                row["id"] = f"{clip.id}@{segment.start:.2f}-{segment.end:.2f}"
        return row


def profile_columns(profile: Profile, prefix: str, *, has_evidence: bool = True) -> dict[str, Any]:
    """Return the columns of a profile.

    Args:
        profile: of a clip
        prefix: of the columns of its estimator
        has_evidence: whether the clip is long enough for its scores to be relied on; else no score has evidence
    """
    return {
        f"{prefix}estimator": profile.estimator,
        f"{prefix}revision": profile.revision,
        f"{prefix}reference": profile.reference,
        f"{prefix}arousal": profile.arousal,
        f"{prefix}valence": profile.valence,
        f"{prefix}dominance": profile.dominance,
        **{f"{prefix}score_{name}": profile.scores.get(name) for name in IDS},
        **{f"{prefix}evidence_{name}": profile.evidence.get(name, "none") if has_evidence else "none" for name in IDS},
        **{f"{prefix}log_ratio_{name}": profile.log_ratios.get(name) for name in IDS},
    }


def measure_attributes(tracks: Tracks, samples: NDArray[np.float32], rate: int) -> dict[str, float | None]:
    """Measure the attributes of a clip, of its voice and of its recording (`voiceact.annotate.columns`).

    Args:
        tracks: low-level descriptors of the prepared clip
        samples: float32 [n], as they were read
        rate: Hz
    """
    sound = Sound(samples, rate)
    measures = {
        **measure_utterance(tracks),
        "lufs": loudness_lufs(samples, rate),
        "snr": sound.loud_db - float(np.percentile(sound.levels_db, 5)) if len(sound.levels_db) else math.nan,
        "bandwidth": sound.band_hz,
        "clipped": sound.clipped_share,
    }
    return {name: round(float(value), 5) if math.isfinite(value) else None for name, value in measures.items()}


def _tried(estimator: Estimator, segment: Segment) -> Profile | VoiceactError:
    try:
        return estimator.profile(segment.samples, segment.rate)
    except VoiceactError as error:
        return error


def _asked(question: Any) -> Any:
    try:
        return question()
    except VoiceactError:
        return None


def _years(text: str | None) -> float | None:
    try:
        years = float(text) if text else math.nan
    except ValueError:
        return None
    return years if 0 <= years <= 130 else None


def check_task(task: Task) -> None:
    """Check what can be told of a task before anything is loaded.

    Raises:
        UsageError: for what cannot be done
    """
    if len(set(task.estimators)) < len(task.estimators):
        raise UsageError(f"--estimator names one twice: {', '.join(task.estimators)}")
    prefixes = [prefix_of(number, name) for number, name in enumerate(task.estimators)]
    if len(set(prefixes)) < len(prefixes):
        raise UsageError("--estimator: two of the estimators would have columns of one name; ask them in two runs")
    if not (task.estimators or task.attributes or task.bursts or task.asr or task.speaker or task.mos):
        raise UsageError("nothing is asked of the clips; name an estimator, or leave --no-attributes out")
    if task.voices == CLUSTERED and not task.speaker:
        raise UsageError("--voices clustered needs an encoder of speakers; add --speaker ge2e, or another of 'voiceact doctor'")
