"""Mouth shapes of a take: the sounds of its words as the 15 visemes of Oculus Lipsync, for the faces of games.

The set and the sounds of each stand in Meta's "Viseme Reference" (after MPEG-4's visemes; OpenXR's extension
XR_META_face_tracking_visemes has the same 15). It names a few sounds of English for each; the others, marked below, are our own
choice by how alike they look.

>>> from voiceact.audio.words import Phone, Word
>>> [row["viseme"] for row in list_visemes([Word("my", 0.1, 0.5, (Phone("m", 0.1, 0.2), Phone("I", 0.2, 0.5)))])]
['sil', 'PP', 'aa', 'ih']
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from voiceact.audio.words import Phone, Word

REST = "sil"
"""the mouth at rest"""
SHORTEST_REST_SECONDS = 0.06
"""between two sounds: a mouth does not close for less (own choice)"""
VISEMES: Mapping[str, str] = {
    REST: "",
    "PP": "pbm" + "ɸβ",
    "FF": "fv" + "ʋɱ",
    "TH": "θð",
    "DD": "td" + "ʈɖɾ",
    "kk": "kgɡ" + "ŋqcɟxɣχʁɴɰçʝ",
    "CH": "ʃʒ" + "ɕʂʐ",
    "SS": "sz",
    "nn": "nl" + "ɲɳʎɫɭ",
    "RR": "ɹr" + "ɻɽʀ",
    "aa": "ɑ" + "aæʌɐ",
    "E": "e" + "ɛəᵊɜɘ",
    "ih": "ɪ" + "ijɨᵻɯ",
    "oh": "o" + "ɔɒɤøœ",
    "ou": "u" + "ʊwʍyʏɥʉ",
}
"""viseme -> its sounds in IPA: those that the reference names (or their IPA letters), then ours"""
SPELT_OUT: Mapping[str, str] = {
    "A": "eɪ",
    "I": "aɪ",
    "O": "oʊ",
    "Q": "əʊ",
    "W": "aʊ",
    "Y": "ɔɪ",
    "ʧ": "tʃ",
    "ʤ": "dʒ",
    "ʦ": "ts",
    "ʣ": "dz",
    "ʨ": "tɕ",
    "ʥ": "dʑ",
    "ꭧ": "tʂ",
    "ɚ": "əɹ",
    "ɝ": "ɜɹ",
}
"""letters for two sounds in one; each has half of the time (own choice), affricates the shape of their release alone"""
AS_THE_NEXT = frozenset("hɦʔ")
"""sounds of the throat, during which the mouth has the shape of what comes next (own choice)"""

_SHAPES = {sound: viseme for viseme, sounds in VISEMES.items() for sound in sounds}


def list_visemes(words: Iterable[Word], *, start: float = 0.0) -> list[dict[str, Any]]:
    """Return the mouth shapes of a take, one after another; after the last one the mouth is at rest.

    Args:
        words: with their sounds; a word without any moves no mouth
        start: seconds at which the first shape begins, of a part of a take

    Returns:
        for each shape: `viseme` (of `VISEMES`), `start` and `end` in seconds; neighbours of one shape are one. Empty where no
        word has sounds: the engine does not tell them
    """
    shapes = _shapes([phone for word in words for phone in word.phones])
    rows: list[dict[str, Any]] = []
    last = start
    for viseme, begin, end in shapes:
        # Where a line was cut and joined, sounds at the edge may overlap.
        begin = max(begin, last)
        if end <= begin:
            continue
        if begin - last >= SHORTEST_REST_SECONDS:
            rows.append({"viseme": REST, "start": last, "end": begin})
        elif rows:
            # A gap too short for the mouth to rest in belongs to the shape before it.
            rows[-1]["end"] = begin
        else:
            begin = last
        if rows and rows[-1]["viseme"] == viseme:
            rows[-1]["end"] = end
        else:
            rows.append({"viseme": viseme, "start": begin, "end": end})
        last = end
    return [{**row, "start": round(row["start"], 3), "end": round(row["end"], 3)} for row in rows]


def visemes_json(words: Sequence[Word]) -> str:
    """Return the mouth shapes of a take as JSON (`list_visemes`, `format_visemes`)."""
    return format_visemes(list_visemes(words))


def format_visemes(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return mouth shapes as a JSON list, a row a line."""
    text = ",\n".join("  " + json.dumps(row) for row in rows)
    return f"[\n{text}\n]\n" if text else "[]\n"


def _shapes(phones: Sequence[Phone]) -> list[tuple[str, float, float]]:
    """Return the shape of each sound, with its start and end; a sound of no shape of its own has that of a neighbour."""
    shapes: list[tuple[str, float, float]] = []
    waiting: float | None = None
    for phone in phones:
        sounds = [_SHAPES[sound] for sound in SPELT_OUT.get(phone.symbol, phone.symbol) if sound in _SHAPES]
        if "CH" in sounds or "SS" in sounds:
            sounds = sounds[-1:]
        if not sounds:
            if phone.symbol in AS_THE_NEXT and waiting is None:
                waiting = phone.start
            continue
        start = phone.start if waiting is None else waiting
        waiting = None
        step = (phone.end - start) / len(sounds)
        shapes += [(viseme, start + step * at, start + step * (at + 1)) for at, viseme in enumerate(sounds)]
    return shapes
