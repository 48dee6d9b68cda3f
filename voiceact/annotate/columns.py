"""The columns of an annotation: one row a clip, or an utterance of a long one. docs/annotate.md explains them.

>>> from voiceact.annotate.columns import columns_of
>>> columns_of(())["f0_hz"].meaning
'median of the fundamental frequency, Hz; null where nothing is voiced'
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from voiceact.acting.taxonomy import categories
from voiceact.store.columns import Column

FORMAT = "voiceact-annotation/1"

_PLACE = {
    "id": Column("string", "key of the row, unique in the run: the clip's place in the source, and of a long one the seconds"),
    "clip": Column("string", "the clip's place in the source"),
    "path": Column("string", "file that holds it: the clip's own, or a tar or Parquet"),
    "segment": Column("int32", "number of the utterance in its clip, from 0"),
    "start": Column("float64", "second of the clip at which the row begins"),
    "end": Column("float64", "second of the clip at which it ends"),
    "duration": Column("float64", "seconds"),
    "sampling_rate": Column("int32", "Hz"),
    "error": Column("string", "why there is nothing else in the row; null if the clip was heard"),
    "warning": Column("string", "why its scores have no evidence although it was heard: it is too short; null otherwise"),
}
_STATED = {
    "license": Column("string", "as the source states it, or --license; null if nothing does"),
    "speaker": Column("string", "as the source states it"),
    "text": Column("string", "what is said, as the source states it"),
    "language": Column("string", "as the source states it"),
    "gender": Column("string", "as the source states it"),
    "age": Column("float32", "years, as the source states it; null where that is no number"),
}
_ATTRIBUTES = {
    "f0_hz": Column("float32", "median of the fundamental frequency, Hz; null where nothing is voiced"),
    "f0_range": Column("float32", "its range from the 5th to the 95th percentile, semitones"),
    "rate": Column("float32", "syllables a second, pauses included, from peaks of the level"),
    "pauses": Column("float32", "share of the speech that is pauses of at least 0.1 s"),
    "voiced": Column("float32", "share of frames that are voiced"),
    "jitter": Column("float32", "mean absolute second difference of F0, semitones"),
    "shimmer": Column("float32", "mean absolute second difference of the level of voiced frames, dB"),
    "hnr": Column("float32", "harmonics-to-noise ratio of voiced frames, mean, dB"),
    "level_range": Column("float32", "standard deviation of the level within speech, dB"),
    "lufs": Column("float32", "integrated loudness in LUFS (ITU-R BS.1770-4); null if silent"),
    "snr": Column("float32", "level of the loud frames over that of the quietest twentieth, dB"),
    "bandwidth": Column("float32", "highest frequency heard, Hz"),
    "clipped": Column("float32", "share of samples that are clipped"),
}
ATTRIBUTES = tuple(_ATTRIBUTES)
BURSTS = "bursts"
EMBEDDING = "embedding"


@cache
def columns_of(
    estimators: Sequence[str], *, bursts: bool = True, asr: bool = False, speaker: bool = False, mos: bool = False
) -> dict[str, Column]:
    """Return the columns of an annotation, without `bursts` and `embedding`, which are no plain values.

    Args:
        estimators: names; the scores of the first have no prefix, those of others that of their name
        bursts: whether bursts are looked for
        asr, speaker, mos: whether a recognizer, an encoder of speakers and a rater were asked
    """
    columns = dict(_PLACE) | _STATED
    for number, name in enumerate(estimators):
        columns |= _score_columns(prefix_of(number, name), name)
    columns |= _ATTRIBUTES
    if bursts:
        columns["burst_seconds"] = Column("float32", "seconds of wordless bursts")
    if mos:
        columns["mos"] = Column("float32", "naturalness as the rater put it, 1 to 5")
    if asr:
        columns["transcript"] = Column("string", "what a recognizer understood")
    columns["cluster"] = Column(
        "string", "voice within this corpus: the speaker stated, or a cluster of embeddings; null if unknown"
    )
    return columns


def prefix_of(number: int, name: str) -> str:
    """Return what stands before the columns of an estimator: nothing for the first, else its name."""
    bare = name.partition(":")[0].partition("(")[0].replace("-", "_")
    return "" if number == 0 else f"{bare}_"


def _score_columns(prefix: str, name: str) -> dict[str, Column]:
    whose = f"{name}'s"
    return {
        f"{prefix}estimator": Column("string", "estimator that listened"),
        f"{prefix}revision": Column("string", f"{whose} revision"),
        f"{prefix}reference": Column("string", f"what {name} knew of the voice: none or statistics"),
        f"{prefix}arousal": Column("float32", "-1 to 1"),
        f"{prefix}valence": Column("float32", "-1 to 1"),
        f"{prefix}dominance": Column("float32", "-1 to 1"),
        **{
            f"{prefix}score_{category.id}": Column("float32", f"{category.name}, 0 to 7; null where {name} cannot tell")
            for category in categories()
        },
        **{
            f"{prefix}evidence_{category.id}": Column("string", f"what stands behind the score of {category.name}")
            for category in categories()
        },
        **{
            f"{prefix}log_ratio_{category.id}": Column(
                "float32",
                f"natural logarithm of how many times as often people who perform {category.name} sound like this; "
                "null if unknown",
            )
            for category in categories()
        },
    }


def arrow_schema(columns: dict[str, Column], *, bursts: bool, embedding: bool, metadata: dict[str, str] | None = None) -> Any:
    """Return the Arrow schema of an annotation."""
    import pyarrow

    fields = [
        (name, pyarrow.string() if column.type == "string" else getattr(pyarrow, column.type)())
        for name, column in columns.items()
    ]
    if bursts:
        burst = [("start", pyarrow.float32()), ("end", pyarrow.float32()), ("kind", pyarrow.string())]
        burst += [("category", pyarrow.string()), ("log_ratio", pyarrow.float32())]
        fields.append((BURSTS, pyarrow.list_(pyarrow.struct(burst))))
    if embedding:
        fields.append((EMBEDDING, pyarrow.list_(pyarrow.float32())))
    return pyarrow.schema(fields, metadata=metadata)
