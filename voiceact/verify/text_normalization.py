"""Words as they are compared: spelling evened out, and what was heard laid beside what was written.

>>> [step.kind for step in align(normalised("The colour, twice!"), normalised("the color twice again"))]
['same', 'same', 'same', 'insertion']
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from voiceact.text import SpokenForm, speak
from voiceact.text.comparison import Unit, comparable

Kind = Literal["same", "substitution", "insertion", "deletion"]

SPELLINGS = {
    "mr": "mister",
    "mrs": "missus",
    "dr": "doctor",
    "st": "saint",
    "ok": "okay",
    "alright": "all right",
    "grey": "gray",
    "tyre": "tire",
    "plough": "plow",
    "storey": "story",
    "draught": "draft",
    "programme": "program",
    "cheque": "check",
    "kerb": "curb",
    "pyjamas": "pajamas",
    "sceptic": "skeptic",
    "practise": "practice",
    "practised": "practiced",
    "practises": "practices",
    "practising": "practicing",
    "mum": "mom",
    "mummy": "mommy",
    "moustache": "mustache",
    "aluminium": "aluminum",
    "till": "until",
    "wouldve": "would have",
    "couldve": "could have",
    "shouldve": "should have",
    "mightve": "might have",
    "mustve": "must have",
}
"""other spellings of one word"""

BRITISH = (
    (re.compile(r"(?<=[a-z]{2})our(s|ed|ing|able|ful|ite|ites|less)?$"), r"or\1"),
    (re.compile(r"(?<=[a-z]{3})is(e|es|ed|ing|ation|ations|er|ers)$"), r"iz\1"),
    (re.compile(r"(?<=[a-z]{2})lys(e|es|ed|ing)$"), r"lyz\1"),
    (re.compile(r"(?<=[a-z][aeiou])ll(ed|ing|er|ers|or|ors)$"), r"l\1"),
    (re.compile(r"(?<=[a-z]{2}[a-z])(?<![aeiou])re(s?)$"), r"er\1"),
    (re.compile(r"(?<=[a-z]{2})ence$"), r"ense"),
    (re.compile(r"(?<=[a-z]{2})ogue(s?)$"), r"og\1"),
)
"""British endings and what stands for both. They also bend words of one spelling ("science"), on both sides alike."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an alignment; `said` or `heard` is empty where a word has no partner."""

    kind: Kind
    said: str
    heard: str


def normalised(text: str, language: str = "en") -> list[str]:
    """Words in lower case without punctuation, numbers as digits whichever way they are read, British spelling as American.

    The text is read by `voiceact.text` first, so that "Dr.", "5 kg" and "1984" are the words that are said.
    """
    return [unit.key for unit in units(text, language)]


def units(text: "str | SpokenForm", language: str = "en") -> list[Unit]:
    """Words and numbers of a text, or of its spoken form, as they are compared, each with the words it stands for."""
    units_of_text: list[Unit] = []
    for unit in comparable(text, language):
        if unit.number or language.partition("-")[0] != "en":
            units_of_text.append(unit)
        else:
            units_of_text += [Unit(word, unit.said) for word in _evened(unit.key).split()]
    return units_of_text


def written(text: str, language: str = "en") -> list[str]:
    """Words as they are said, in lower case with their apostrophes."""
    return re.findall(r"[^\W_]+(?:'[^\W_]+)*", speak(text, language).spoken.lower().replace("’", "'"))


def _evened(word: str) -> str:
    if word in SPELLINGS:
        return SPELLINGS[word]
    for ending, replacement in BRITISH:
        word = ending.sub(replacement, word)
    return word


def align(expected: Sequence[str], heard: Sequence[str]) -> list[Step]:
    """The shortest way from what was to be said to what was heard (Levenshtein over words).

    A compound heard in two words, or two words heard as one, are the same ("light house").
    """
    costs = _costs(expected, heard)
    steps: list[Step] = []
    i, j = len(expected), len(heard)
    while i or j:
        di, dj, kind = _last_step(costs, expected, heard, i, j)
        steps.append(Step(kind, " ".join(expected[i - di : i]), " ".join(heard[j - dj : j])))
        i, j = i - di, j - dj
    return steps[::-1]


def _costs(expected: Sequence[str], heard: Sequence[str]) -> list[list[int]]:
    """[len(said) + 1][len(heard) + 1]: least errors between the first i and the first j words."""
    costs = [[0] * (len(heard) + 1) for _ in range(len(expected) + 1)]
    for i in range(len(expected) + 1):
        for j in range(len(heard) + 1):
            if i or j:
                costs[i][j] = min(costs[i - di][j - dj] + price for di, dj, _, price in _moves(expected, heard, i, j))
    return costs


def _moves(expected: Sequence[str], heard: Sequence[str], i: int, j: int) -> list[tuple[int, int, Kind, int]]:
    """Possible last steps at (i, j): words taken from either side, what that is called, and what it costs."""
    moves: list[tuple[int, int, Kind, int]] = []
    if i and j:
        same = expected[i - 1] == heard[j - 1]
        moves.append((1, 1, "same" if same else "substitution", 0 if same else 1))
    if i and j > 1 and expected[i - 1] == heard[j - 2] + heard[j - 1]:
        moves.append((1, 2, "same", 0))
    if i > 1 and j and expected[i - 2] + expected[i - 1] == heard[j - 1]:
        moves.append((2, 1, "same", 0))
    if i:
        moves.append((1, 0, "deletion", 1))
    if j:
        moves.append((0, 1, "insertion", 1))
    return moves


def _last_step(costs: list[list[int]], expected: Sequence[str], heard: Sequence[str], i: int, j: int) -> tuple[int, int, Kind]:
    di, dj, kind, _ = min(_moves(expected, heard, i, j), key=lambda move: costs[i - move[0]][j - move[1]] + move[3])
    return di, dj, kind


def error_rate(steps: Sequence[Step]) -> float:
    """Word error rate: substitutions, deletions and insertions over the words that were to be said."""
    errors = sum(step.kind != "same" for step in steps)
    words = sum(len(step.said.split()) for step in steps)
    return errors / words if words else float(errors)


def longest_run(steps: Sequence[Step]) -> int:
    """The longest run of wrong steps one after another."""
    longest = current = 0
    for step in steps:
        current = 0 if step.kind == "same" else current + 1
        longest = max(longest, current)
    return longest
