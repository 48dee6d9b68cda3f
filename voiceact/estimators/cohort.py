"""Scores beside those of a cohort: the clips of the same source, without labels.

Between corpora, rooms, languages and engines the level of each class's score shifts, while the order of the clips within
a source stays. Speaker verification meets the same shift by normalising a score over a cohort (Z-norm; Auckenthaler et
al. 2000, Digital Signal Processing 10): each class's score less its mean over the cohort, in units of its spread there.

What it assumes: the cohort holds several feelings. A cohort of one feeling would move that feeling's own level to
nought and hide it, so such a cohort is refused: by what its clips were asked to be, where that is known, and by
what the judge answers, where it is not (`check_answers`).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from voiceact.errors import UsageError, count_noun
from voiceact.runtime.untrusted_text import UNPRINTABLE, clean_text

Floats = NDArray[np.float64]

LEAST_CLIPS: Final = 24
LEAST_FEELINGS: Final = 3
"""neutral counts as one"""
MOST_OF_ONE: Final = 0.6


@dataclass(frozen=True)
class Cohort:
    """Level and spread of each class's score over the clips of one source.

    Attributes:
        mean, spread: float [classes]
        clips: how many there were
        source: what they are, for the record ("EmoTale", "hibari, panel of readings")
        regime: what was known of the voices while its clips were heard
        revision: of the judge that heard them
    """

    mean: Floats
    spread: Floats
    clips: int
    source: str = ""
    regime: str = ""
    revision: str = ""

    def describe(self) -> str:
        """Say what the cohort is, as profiles and verdicts name it: "pilot of smoke (120 clips)"."""
        return f"{self.source or 'cohort'} ({count_noun(self.clips, 'clip')})"


def make_cohort(scores: ArrayLike, *, asked: Sequence[str] | None = None, source: str = "") -> Cohort:
    """Measure a cohort, or refuse it.

    Args:
        scores: float [clips, classes], finite: the class scores of each clip
        asked: what each clip was to be (category ids, "neutral"), where that is known; used to refuse, never to score
        source: what the clips are

    Raises:
        UsageError: fewer than LEAST_CLIPS clips, a score that is not finite, or clips of fewer than LEAST_FEELINGS feelings
            or mostly of one
    """
    rows = np.asarray(scores, np.float64)
    whose = f"the cohort {source!r}" if source else "the cohort"
    if rows.ndim != 2 or not np.isfinite(rows).all():
        raise UsageError(f"{whose} must be finite scores [clips, classes]; leave out the clips that were not judged")
    if len(rows) < LEAST_CLIPS:
        raise UsageError(f"{whose} has {count_noun(len(rows), 'clip')}; expected at least {LEAST_CLIPS}, of several feelings")
    if asked is not None:
        if len(asked) != len(rows):
            raise UsageError(f"{whose} has {count_noun(len(rows), 'clip')} and {len(asked)} labels; expected one for each")
        check_cohort_categories(asked, source)
    spread = rows.std(axis=0)
    return Cohort(rows.mean(axis=0), np.where(spread > 1e-9, spread, 1.0), len(rows), source)


def check_answers(answers: Sequence[str], source: str = "") -> None:
    """Refuse a cohort whose feelings nobody stated, if one of them is answered for most of its clips, or fewer than three are.

    It notices strongly acted cohorts of one feeling. Weak acting is answered as neutral, which may be the most of any cohort.

    Args:
        answers: class answered for each clip, "neutral" among them
        source: what the clips are

    Raises:
        UsageError: such a cohort
    """
    whose = f"the cohort {source!r}" if source else "the cohort"
    feelings = Counter(answer for answer in answers if answer != "neutral")
    name, most = feelings.most_common(1)[0] if feelings else ("", 0)
    if most > MOST_OF_ONE * len(answers) or len(set(answers)) < LEAST_FEELINGS:
        what = f"{most} of the {count_noun(len(answers), 'clip')} of {whose} are heard as {name or 'a feeling'}"
        raise UsageError(
            f"{what}; expected several feelings, since centring on one would hide it: add clips of other feelings, or state "
            "what each was asked to be"
        )


def shrink_spread(spread: ArrayLike, usual: ArrayLike) -> Floats:
    """Shrink a cohort's spreads half way (in variance) to those of the training speech.

    Where nobody in a cohort performs a class, its scores differ little: in units of that little, somebody always would.
    """
    return np.sqrt(0.5 * np.square(np.asarray(spread, np.float64)) + 0.5 * np.square(np.asarray(usual, np.float64)))


def check_cohort_categories(asked: Sequence[str], source: str = "") -> None:
    """Refuse a cohort by what its clips were asked to be: fewer than LEAST_FEELINGS, or more than MOST_OF_ONE of one.

    Args:
        asked: category id of each clip, "neutral" among them
        source: what the clips are

    Raises:
        UsageError: such a cohort
    """
    whose = f"the cohort {source!r}" if source else "the cohort"
    feelings = Counter(asked)
    if len(feelings) < LEAST_FEELINGS:
        raise UsageError(
            f"{whose} holds {len(feelings)} feelings ({', '.join(sorted(feelings))}); expected at least "
            f"{LEAST_FEELINGS}, neutral among them or not: centring on it would hide what it is made of"
        )
    name, most = feelings.most_common(1)[0]
    if most > MOST_OF_ONE * len(asked):
        raise UsageError(
            f"{most} of the {count_noun(len(asked), 'clip')} of {whose} are {name}; expected at most {MOST_OF_ONE:.0%} of one "
            "feeling: centring on it would hide that one"
        )


# --- In a file

FORMAT: Final = "voiceact-cohort/1"
MOST_CLASSES: Final = 1000


class _CohortFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A cohort as a file holds it; attributes as of `Cohort`."""

    format: str
    source: str
    clips: int
    regime: str
    revision: str
    mean: list[float]
    spread: list[float]


def encode_cohort(cohort: Cohort) -> bytes:
    """Encode a cohort as JSON; `decode_cohort` gives the same numbers back."""
    document = _CohortFile(
        format=FORMAT,
        source=cohort.source,
        clips=cohort.clips,
        regime=cohort.regime,
        revision=cohort.revision,
        mean=cohort.mean.tolist(),
        spread=cohort.spread.tolist(),
    )
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def decode_cohort(data: bytes, name: str) -> Cohort:
    """Decode a cohort from a file that may be from anywhere.

    Args:
        data: the file
        name: of the file, for messages

    Raises:
        UsageError: a file that `encode_cohort` did not write
    """
    written = "expected what `voiceact recipe run` wrote"
    try:
        document = msgspec.json.decode(data, type=_CohortFile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{name}: is no cohort ({clean_text(error, 200)}); {written}") from error
    if document.format != FORMAT:
        raise UsageError(f"{name}: has format {clean_text(document.format, 40)!r}; this voiceact reads {FORMAT!r}")
    mean, spread = np.array(document.mean, np.float64), np.array(document.spread, np.float64)
    if not 0 < len(mean) == len(spread) <= MOST_CLASSES or not np.isfinite(mean).all() or not (spread > 0).all():
        raise UsageError(f"{name}: its levels and spreads are none of a cohort; {written}")
    texts = document.source, document.regime, document.revision
    if document.clips < LEAST_CLIPS or any(len(text) > 200 or UNPRINTABLE.search(text) for text in texts):
        raise UsageError(f"{name}: says of itself what no cohort does; {written}")
    return Cohort(mean, spread, document.clips, *texts)
