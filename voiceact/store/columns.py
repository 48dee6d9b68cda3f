"""The columns of a data set: one row a take, flat, with one sentence on each. docs/columns.md is made of this.

>>> from voiceact.store.columns import COLUMNS
>>> COLUMNS["lufs"].meaning
'integrated loudness in LUFS (ITU-R BS.1770-4); null if silent'
"""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from voiceact.acting.taxonomy import categories
from voiceact.vocabulary import EVIDENCE_ORDER, FAILED

if TYPE_CHECKING:
    from voiceact.acting.persona import Persona
    from voiceact.clip.record import Record
    from voiceact.clip.verdict import VerdictRecord
    from voiceact.store.shard import Place

Type = Literal["string", "int32", "int64", "float32", "float64", "bool", "list<string>"]

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its type as Arrow names it, and what stands in it."""

    type: Type
    meaning: str


COLUMNS: dict[str, Column] = {
    "id": Column("string", "key of the take, unique in the run: recipe, cell and number"),
    "file_name": Column("string", "name of the audio in its tar; null if the take failed"),
    "text": Column("string", "what was to be said"),
    "language": Column("string", "ISO 639-1 code of the text"),
    "persona": Column("string", "the fictional speaker"),
    "gender": Column("string", "of the persona: female, male or androgynous"),
    "age": Column("int32", "of the persona, in years"),
    "category": Column("string", "id of the EmoNet category that was asked"),
    "intensity": Column("float32", "that was asked, 0 (absent) to 7 (overwhelming)"),
    "script": Column("string", "kind of line: evocative (the words fit the category) or neutral"),
    "line": Column("string", "id of the line"),
    "line_license": Column("string", "of the line: that of voiceact, or what the recipe states of its table; null if nothing"),
    "seed": Column("int64", "of the take"),
    "take": Column("int32", "number of the take in its cell, from 1"),
    "cell": Column("int64", "number of the cell in the plan, from 0"),
    "engine": Column("string", "what spoke"),
    "engine_revision": Column("string", "version of the engine, and the first 12 digits of the SHA-256 of its model"),
    "license": Column("string", "of the spoken output"),
    "duration": Column("float64", "seconds"),
    "sampling_rate": Column("int32", "Hz"),
    "lufs": Column("float32", "integrated loudness in LUFS (ITU-R BS.1770-4); null if silent"),
    "peak": Column("float32", "true peak, linear, 1.0 is full scale"),
    "wer": Column("float32", "word error rate that the transcript check heard; null if it was not reached"),
    "dnsmos": Column("float32", "DNSMOS overall (P.835) of the naturalness check; null if it was not reached or not installed"),
    **{
        f"score_{category.id}": Column("float32", f"{category.name}, 0 to 7 as the judge heard it; null where it cannot tell")
        for category in categories()
    },
    "arousal": Column("float32", "-1 to 1 as the judge heard it"),
    "valence": Column("float32", "-1 to 1 as the judge heard it"),
    "evidence": Column("string", "behind the judge's score of the category asked: category, burst, dimension or none"),
    "judge": Column("string", "the estimator whose word decides"),
    "judge_revision": Column("string", "its revision"),
    "agreement": Column(
        "float32", "share of the judges with a vote on the category asked who said what came out; null unless two or more voted"
    ),
    "verdict": Column("string", "verified, consistent, undecided or rejected; failed if nothing could be spoken"),
    "included": Column("bool", "whether the recipe's verification takes the clip"),
    "reasons": Column("list<string>", "check:reason of every check that failed"),
    "split": Column("string", "by the recipe's rule; a rejected take has one too"),
    "sha256": Column("string", "of the audio file's bytes"),
    "tar": Column("string", "the shard that holds the clip"),
    "audio_start": Column("int64", "where its audio begins in the shard, in bytes"),
    "audio_length": Column("int64", "bytes of its audio"),
    "record_start": Column("int64", "where its record begins in the shard"),
    "record_length": Column("int64", "bytes of its record"),
    "twin_start": Column("int64", "where the neutral reading of the same line begins in the shard; null if it was not kept"),
    "twin_length": Column("int64", "bytes of the neutral reading"),
}
"""name -> column, in the order of the table"""

STORE_COLUMNS = ("tar", "audio_start", "audio_length", "record_start", "record_length", "twin_start", "twin_length")
"""where the bytes lie in this run; of no meaning in an export"""


def make_row(record: "Record", persona: "Persona", *, key: str, split: str, included: bool) -> Row:
    """Return the row of a judged take, without its place in a shard (see `placed`).

    Raises:
        ValueError: if the record is not of a recipe, or was not judged
    """
    # Readers of tables need the columns and nothing that loads numpy.

    # Readers of tables need the columns and nothing that loads numpy.
    from voiceact.clip.record import RecipeOrigin

    origin, sound, verdict = record.origin, record.audio, record.verdict
    if not isinstance(origin, RecipeOrigin) or record.category is None or verdict is None:
        raise ValueError(f"record {record.id} is no judged take of a recipe")
    row: Row = {
        "id": key,
        "file_name": sound.path,
        "text": record.text,
        "language": record.language,
        "persona": persona.name,
        "gender": persona.gender,
        "age": persona.age,
        "category": record.category,
        "intensity": record.intensity,
        "script": origin.script,
        "line": origin.line,
        "line_license": origin.line_license,
        "seed": record.seed,
        "take": origin.take,
        "cell": origin.cell,
        "engine": record.engine.name,
        "engine_revision": engine_revision(record),
        "license": record.engine.license.get("output"),
        "duration": sound.duration,
        "sampling_rate": sound.sample_rate,
        "lufs": sound.lufs,
        "peak": sound.peak,
        "sha256": sound.sha256,
        "split": split,
        "included": included,
    }
    return _complete(row | _judged(verdict, record.category))


def failed_row(asked: Mapping[str, Any], persona: "Persona", *, key: str, split: str, reason: str) -> Row:
    """The row of a take that could not be spoken.

    asked: text, language, category, intensity, script, line, seed, take, cell, engine, as they are known
    """
    return _complete(
        {
            **asked,
            "id": key,
            "persona": persona.name,
            "gender": persona.gender,
            "age": persona.age,
            "split": split,
            "included": False,
            "verdict": FAILED,
            "reasons": [reason],
        }
    )


def placed(row: Row, tar: str, places: "Mapping[str, Place]", suffix: str) -> Row:
    """The row with where its bytes lie.

    places: extension -> place, from `ShardWriter.add`
    suffix: of the audio, "flac" or "wav"
    """
    files = {"audio": places[suffix], "record": places["json"], "twin": places.get(f"twin.{suffix}")}
    bytes_ = {
        f"{name}_{end}": getattr(place, end) if place else None for name, place in files.items() for end in ("start", "length")
    }
    return {**row, "tar": tar, **bytes_}


def stored(column: str, value: Any) -> Any:
    """A value as the column holds it: 3.3 in 32 bits is not 3.3."""
    if COLUMNS[column].type not in ("float32", "float64") or not isinstance(value, int | float):
        return value
    if COLUMNS[column].type == "float64":
        return float(value)
    try:
        return struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)


def engine_revision(record: "Record") -> str:
    """`0.2.1+1f0c2a7d9b3e`: version and model."""
    return f"{record.engine.version}+{record.engine.model_sha256[:12]}"


def weakest(evidence: Sequence[str]) -> str:
    """The weakest of several kinds of evidence; "none" if there is none at all."""
    return max(evidence, key=EVIDENCE_ORDER.index, default="none")


def is_included(level: str, evidence: str, *, least: str) -> bool:
    """Whether a verdict of that level, resting on that evidence, enters a set that asks for `least`.

    least: category (verified clips only), burst, dimension, or none (all that was not rejected)
    """
    if level not in ("verified", "consistent", "undecided"):
        return False
    return EVIDENCE_ORDER.index(evidence) <= EVIDENCE_ORDER.index(least) and (level != "undecided" or least == "none")


def _judged(verdict: "VerdictRecord", category: str) -> Row:
    """Return the columns that a verdict fills."""
    profile, judge = verdict.profile, verdict.judge
    transcript, naturalness, emotion = (verdict.check(name) for name in ("transcript", "naturalness", "emotion"))
    return {
        "wer": transcript.details.get("word_error_rate") if transcript else None,
        "dnsmos": naturalness.figure if naturalness else None,
        **{f"score_{name}": score for name, score in (profile.scores if profile else {}).items()},
        "arousal": profile.arousal if profile else None,
        "valence": profile.valence if profile else None,
        "evidence": verdict.evidence.get(category, "none"),
        "judge": judge.name if judge else None,
        "judge_revision": judge.revision if judge else None,
        "agreement": emotion.details.get("agreement") if emotion else None,
        "verdict": verdict.level,
        "reasons": list(verdict.reasons),
    }


def _complete(row: Row) -> Row:
    """The row with every column, in their order; what is not known is null."""
    return {name: row.get(name) for name in COLUMNS}


__all__ = [
    "COLUMNS",
    "STORE_COLUMNS",
    "Column",
    "Row",
    "engine_revision",
    "failed_row",
    "is_included",
    "make_row",
    "placed",
    "stored",
    "weakest",
]
