"""Voices of a corpus: who speaks in each clip, and what each voice sounds like on the whole, for a judge that hears with that.

A judge that knows how a voice usually sounds tells more (regime "statistics", docs/judge.md). Where speakers are stated, or
an encoder of speakers was asked, a run has two passes: in the first every clip is heard and what was heard is kept beside its
row; then the voices are found, and every clip's scores are worked out anew beside the statistics of its voice, which takes
no listening.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from voiceact.annotate.columns import EMBEDDING
from voiceact.annotate.listening import STATED, Task, profile_columns
from voiceact.annotate.run_file import ShardIndex
from voiceact.annotate.shard import load_listener, remove_journal, write_shard
from voiceact.errors import VoiceactError
from voiceact.estimators.base import Reference
from voiceact.estimators.human.estimator import LEAST_FOR_STATISTICS
from voiceact.runs.workspace import Workspace
from voiceact.runtime.blas import one_thread
from voiceact.store.columns import Row
from voiceact.store.filesystem import Store

VOICES_FILE = "speakers.json"
MOST_CLIPS = 60
"""clips of a voice from which its statistics are taken, evenly from the first to the last; more make them no surer"""
ALIKE = 0.85
"""cosine of an embedding and a mean from which the embedding joins it at once"""
SAME_VOICE = {"ge2e": 0.68, "resemblyzer": 0.68, "ecapa": 0.35, "wespeaker": 0.45}
"""mean cosine of the embeddings of two clusters from which they are one voice, by encoder. ge2e's was chosen on two corpora of
acted speech (docs/annotate.md); the others are their own publishers' usual limits, not measured here"""
OTHER_ENCODER = 0.6
MOST_CLUSTERS = 4000
"""before they are joined; where more are found, ALIKE is lowered by a step of 0.05"""

Vectors = NDArray[np.float32]


class Voice(msgspec.Struct, frozen=True):
    """A voice of the corpus.

    Attributes:
        name: the speaker stated, or voice-0001 and so on
        clips: rows that are of it
        places: shard and row of those from which its statistics are taken
    """

    name: str
    clips: int
    places: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class StagedShard:
    """Rows of a shard after the first pass, and what was heard in each."""

    rows: list[Row]
    width: int


# --- Between the passes


def staged_name(shard: int, suffix: str) -> str:
    """Return the name of a file of a staged shard: its rows (msgpack), or what was heard in them (npy)."""
    return f"stage/shard-{shard:06d}.{suffix}"


def stage_shard(shard: int, workspace: Workspace, rows: Sequence[Row], heard: Sequence[NDArray[np.float16]]) -> None:
    """Keep a shard's rows, and what was heard in them, until the voices are known; the rows come last."""
    width = max((len(description) for description in heard), default=0)
    table = np.zeros((len(rows), width), np.float16)
    for number, description in enumerate(heard):
        if len(description):
            table[number] = description
    workspace.store.write(staged_name(shard, "f16"), table.tobytes())
    workspace.store.write(staged_name(shard, "rows"), msgspec.msgpack.encode((width, list(rows))))
    remove_journal(workspace, shard)


def read_staged(store: Store, shard: int) -> StagedShard:
    """Read the rows of a staged shard.

    Raises:
        VoiceactError: if it is missing or damaged
    """
    try:
        width, rows = msgspec.msgpack.decode(store.read(staged_name(shard, "rows")), type=tuple[int, list[dict[str, Any]]])
    except msgspec.DecodeError as error:
        raise VoiceactError(
            f"{store.url}/{staged_name(shard, 'rows')}: is damaged ({error}); take it away and run again"
        ) from error
    return StagedShard(rows, width)


def _read_heard(store: Store, shard: int, width: int, row: int) -> NDArray[np.float32]:
    data = store.read_range(staged_name(shard, "f16"), row * width * 2, width * 2)
    return np.frombuffer(data, np.float16).astype(np.float32)


# --- Finding voices


def find_voices(task: Task, workspace: Workspace, shards: Iterable[int]) -> list[Voice]:
    """Find the voices of all staged shards and write them to speakers.json, with each shard's share of the answer.

    Memory grows with the number of voices, not with the number of clips.

    Args:
        task: says whether speakers are stated or clustered
        workspace: of the run
        shards: all of them
    """
    store, numbers = workspace.store, list(shards)
    clusters = Clusters(_threshold(task))
    if task.voices != STATED:
        for shard in numbers:
            for row in read_staged(store, shard).rows:
                if row.get(EMBEDDING):
                    clusters.add(np.asarray(row[EMBEDDING], np.float32))
        clusters.join()
    collected: dict[str, _Collected] = {}
    for shard in numbers:
        names = []
        for number, row in enumerate(read_staged(store, shard).rows):
            name = row["speaker"] if task.voices == STATED else clusters.name_of(row.get(EMBEDDING))
            names.append(name)
            if name is not None and not row["error"]:
                collected.setdefault(name, _Collected()).add((shard, number))
        store.write(staged_name(shard, "voices"), msgspec.json.encode(names))
    voices = [Voice(name, voice.count, tuple(voice.places)) for name, voice in sorted(collected.items())]
    store.write(VOICES_FILE, msgspec.json.encode(voices) + b"\n")
    return voices


class _Collected:
    """Places of a voice's rows, thinned to at most 2 × MOST_CLIPS evenly from the first to the last."""

    def __init__(self) -> None:
        self.count, self._step = 0, 1
        self.places: list[tuple[int, int]] = []

    def add(self, place: tuple[int, int]) -> None:
        if self.count % self._step == 0:
            self.places.append(place)
            if len(self.places) > 2 * MOST_CLIPS:
                self.places, self._step = self.places[::2], 2 * self._step
        self.count += 1


class Clusters:
    """Clusters of embeddings: each goes to the nearest mean if that is alike, or begins a cluster; then the clusters whose
    embeddings are alike on average are joined (average linkage).

    Memory is that of the clusters, not of the embeddings.

    Args:
        same: mean cosine from which two clusters are one voice
    """

    def __init__(self, same: float):
        self._same, self._alike = same, ALIKE
        self._sums: list[Vectors] = []
        self._counts: list[int] = []
        self._means = np.zeros((0, 0), np.float32)
        self._names: list[str] = []

    def add(self, embedding: Vectors) -> None:
        """Add an embedding, float32 [dimensions] of length 1."""
        self._place(embedding, 1)
        while len(self._sums) > MOST_CLUSTERS:
            self._alike -= 0.05
            sums, counts = self._sums, self._counts
            self._sums, self._counts = [], []
            for total, count in zip(sums, counts, strict=True):
                self._place(total, count)

    def _place(self, total: Vectors, count: int) -> None:
        length = max(float(np.linalg.norm(total)), 1e-9)
        near = self._means[: len(self._sums)] @ (total / length) if self._sums else np.zeros(0, np.float32)
        best = int(near.argmax()) if len(near) else -1
        if best >= 0 and near[best] >= self._alike:
            self._sums[best], self._counts[best] = self._sums[best] + total, self._counts[best] + count
        else:
            best = len(self._sums)
            self._sums.append(total.copy())
            self._counts.append(count)
            if best >= len(self._means):
                grown = np.zeros((max(16, 2 * best), len(total)), np.float32)
                grown[: len(self._means)] = self._means if self._means.size else 0
                self._means = grown
        self._means[best] = self._sums[best] / max(float(np.linalg.norm(self._sums[best])), 1e-9)

    def join(self) -> None:
        """Join the two clusters that are most alike on average until no two are; then name them, the largest first."""
        sums, counts = (
            np.stack(self._sums).astype(np.float64) if self._sums else np.zeros((0, 1)),
            np.array(self._counts, float),
        )
        dots, alive = sums @ sums.T, np.ones(len(sums), bool)
        average = dots / np.maximum(np.outer(counts, counts), 1)
        np.fill_diagonal(average, -2.0)
        while alive.sum() > 1:
            first, second = (int(number) for number in np.unravel_index(int(average.argmax()), average.shape))
            if average[first, second] < self._same:
                break
            sums[first] += sums[second]
            counts[first] += counts[second]
            dots[first] += dots[second]
            dots[:, first] = dots[first]
            alive[second] = False
            average[first] = np.where(alive, dots[first] / (counts * counts[first]), -2.0)
            average[first, first] = -2.0
            average[:, first] = average[first]
            average[second] = average[:, second] = -2.0
        order = sorted(np.flatnonzero(alive), key=lambda cluster: (-counts[cluster], cluster))
        totals = sums[order]
        self._means = (totals / np.maximum(np.linalg.norm(totals, axis=1, keepdims=True), 1e-9)).astype(np.float32)
        self._names = [f"voice-{number + 1:04d}" for number in range(len(order))]

    def name_of(self, embedding: Sequence[float] | None) -> str | None:
        """Return the cluster whose mean is nearest; None without an embedding."""
        if not embedding or not self._names:
            return None
        return self._names[int((self._means @ np.asarray(embedding, np.float32)).argmax())]


def _threshold(task: Task) -> float:
    return SAME_VOICE.get((task.speaker or "").partition(":")[0], OTHER_ENCODER)


# --- The second pass


def judge_staged(task: Task, shard: int, workspace: Workspace) -> ShardIndex:
    """Write a staged shard with its voices, the scores of known voices worked out beside their statistics."""
    store, listener = workspace.store, load_listener(task)
    staged = read_staged(store, shard)
    names: list[str | None] = msgspec.json.decode(store.read(staged_name(shard, "voices")), type=list[str | None])
    table = np.frombuffer(store.read(staged_name(shard, "f16")), np.float16).reshape(len(staged.rows), staged.width)
    with one_thread():
        for number, (row, name) in enumerate(zip(staged.rows, names, strict=True)):
            row["cluster"] = name
            reference = voice_reference(task, workspace, name) if name is not None and not row["error"] else None
            if reference is not None and listener.judge is not None and staged.width:
                profile = listener.judge.profile_description(table[number].astype(np.float32), reference=reference)
                row.update(profile_columns(profile, "", has_evidence=row["duration"] >= listener.judge.least_seconds))
    return write_shard(task, shard, workspace, staged.rows)


def remove_staged(workspace: Workspace, shards: Iterable[int]) -> None:
    """Delete what was kept between the passes, once every shard is whole: shards hold what voices of others need."""
    for shard in shards:
        for suffix in ("rows", "f16", "voices"):
            workspace.store.remove(staged_name(shard, suffix))


@lru_cache(maxsize=4096)
def voice_reference(task: Task, workspace: Workspace, name: str) -> Reference | None:
    """Return the statistics of a voice; None for fewer than twelve clips, or without a judge that can use them."""
    judge = load_listener(task).judge
    places = load_voices(workspace).get(name, Voice(name, 0, ())).places
    if judge is None or len(places) < LEAST_FOR_STATISTICS:
        return None
    heard = list(_iter_heard(workspace.store, thin(places), judge.ears.width))
    return judge.reference_descriptions(heard, kind="speaker") if len(heard) >= LEAST_FOR_STATISTICS else None


@lru_cache(maxsize=1)
def load_voices(workspace: Workspace) -> dict[str, Voice]:
    """Read the voices of a run, by name."""
    voices = msgspec.json.decode(workspace.store.read(VOICES_FILE), type=list[Voice])
    return {voice.name: voice for voice in voices}


def thin(places: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return at most MOST_CLIPS places, evenly from first to last."""
    if len(places) <= MOST_CLIPS:
        return list(places)
    return [places[number * len(places) // MOST_CLIPS] for number in range(MOST_CLIPS)]


def _iter_heard(store: Store, places: Iterable[tuple[int, int]], width: int) -> Iterator[NDArray[np.float32]]:
    for shard, row in places:
        heard = _read_heard(store, shard, width, row)
        if len(heard) == width and heard.any():
            yield heard
