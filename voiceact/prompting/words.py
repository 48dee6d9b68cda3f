"""The words of a description: split, contractions written out, and what each may be an inflection of.

>>> [word.text for word in split_words("Can't stop, won't stop!")]
['can', 'not', 'stop', '|', 'wo', 'not', 'stop', '|']
>>> sorted(base_forms("worried"))
['worri', 'worrie', 'worried', 'worry']
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from voiceact.errors import UsageError, count_noun

BOUNDARY = "|"
"""stands for a punctuation mark"""
LONGEST = 1000
"""characters of a description; a longer text is a script and no description"""
ARTICLES = frozenset(
    "a an the my your his her its our their one's whose this that these those i you he she it we they me him us them "
    "am is are was were be been being someone somebody everyone everybody".split()
)
"""words that a lexicon entry and a phrase may differ in"""
SHORTEST_MISSPELT = 5
"""letters of a word from which on a near miss is taken for a misspelling"""

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[.,;:!?…—–()\"“”\n|]|\s-\s")
_ENDINGS = {"n't": "not", "'re": "are", "'m": "am", "'ll": "will", "'ve": "have", "'d": "would"}
_REFLEXIVE = frozenset("myself yourself himself herself itself ourselves yourselves themselves".split())
_IS_AFTER = frozenset("it that what there who he she here where how this".split())
_IRREGULAR = {
    "felt": "feel", "wept": "weep", "swept": "sweep", "slept": "sleep", "kept": "keep", "lost": "lose", "broke": "break",
    "broken": "break", "fell": "fall", "fallen": "fall", "tore": "tear", "torn": "tear", "wore": "wear", "worn": "wear",
    "bit": "bite", "bitten": "bite", "blew": "blow", "blown": "blow", "threw": "throw", "thrown": "throw", "flew": "fly",
    "saw": "see", "seen": "see", "ran": "run", "sank": "sink", "sunk": "sink", "sang": "sing", "sung": "sing",
    "shook": "shake", "shaken": "shake", "froze": "freeze", "frozen": "freeze", "held": "hold", "hung": "hang",
    "fought": "fight", "caught": "catch", "thought": "think", "took": "take", "taken": "take", "gave": "give",
    "given": "give", "got": "get", "gotten": "get", "had": "have", "has": "have", "did": "do", "does": "do", "done": "do",
    "went": "go", "gone": "go", "made": "make", "left": "leave", "won": "win", "beat": "beat", "beaten": "beat",
    "bore": "bear", "spoke": "speak", "stood": "stand", "swore": "swear", "rose": "rise", "drank": "drink",
    "dug": "dig", "dying": "die", "lying": "lie", "children": "child", "teeth": "tooth", "knees": "knee", "feet": "foot",
    "wrung": "wring", "stung": "sting", "clung": "cling", "flung": "fling", "strung": "string", "swung": "swing",
    "stuck": "stick", "struck": "strike", "sprang": "spring", "sprung": "spring", "shrank": "shrink", "shrunk": "shrink",
    "bled": "bleed", "fled": "flee", "led": "lead", "met": "meet", "told": "tell", "sold": "sell", "bound": "bind",
    "crept": "creep", "leapt": "leap", "meant": "mean", "spat": "spit", "stole": "steal", "stolen": "steal", "woke": "wake",
    "eyes": "eye", "better": "good", "worse": "bad", "forgot": "forget", "sought": "seek", "drove": "drive",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlainWord:
    """A word of a description, lower case, or `BOUNDARY`; `start` and `end` are places in what was written."""

    text: str
    start: int
    end: int


def check_description(text: str, what: str) -> str:
    """Return the text without surrounding space.

    Raises:
        UsageError: if it is empty, longer than `LONGEST` characters, or has no word in it
    """
    stripped = text.strip()
    if not stripped:
        raise UsageError(f"{what} is empty; describe it in a few words")
    if len(stripped) > LONGEST:
        raise UsageError(f"{what} has {count_noun(len(stripped), 'character')}; expected a description of at most {LONGEST:,}")
    if not re.search(r"[^\W\d_]", stripped):
        raise UsageError(f"{what} {stripped[:40]!r} holds no word; describe it in a few words")
    return stripped


def split_words(text: str) -> list[PlainWord]:
    """Split a text into lower-case words; punctuation is `BOUNDARY`, hyphens separate, contractions are written out."""
    words: list[PlainWord] = []
    for match in _TOKEN.finditer(text):
        token, start, end = match[0].casefold().replace("’", "'"), match.start(), match.end()
        if not token[0].isalnum():
            words.append(PlainWord(BOUNDARY, start, end))
            continue
        parts = ["oneself" if token in _REFLEXIVE else token]
        if token in ("cannot", "can't"):
            parts = ["can", "not"]
        elif token.endswith("'s"):
            parts = [token[:-2], "is"] if token[:-2] in _IS_AFTER else [token[:-2]]
        else:
            ending = next((ending for ending in _ENDINGS if token.endswith(ending) and len(token) > len(ending)), None)
            if ending:
                parts = [token.removesuffix(ending), _ENDINGS[ending]]
        words += [PlainWord(part.strip("'"), start, end) for part in parts if part.strip("'")]
    return words


@cache
def base_forms(word: str) -> frozenset[str]:
    """Return the word and everything it may be an inflection of; most of it is no word, which does no harm in a look-up."""
    found = {word}
    if word in _IRREGULAR:
        found.add(_IRREGULAR[word])
    if len(word) < 4:
        return frozenset(found)
    if word.endswith("ies"):
        found.add(word[:-3] + "y")
    elif word.endswith("es"):
        found |= {word[:-1], word[:-2]}
    elif word.endswith("s") and not word.endswith("ss"):
        found.add(word[:-1])
    for ending in ("ed", "ing"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= 2:
            found |= {stem, stem + "e"}
            if stem.endswith("i"):
                found.add(stem[:-1] + "y")
            if stem[-1:] == stem[-2:-1]:
                found.add(stem[:-1])
    if word.endswith("ly") and len(word) > 5:
        found |= {word[:-2], word[:-2] + "e"} | ({word[:-3] + "y"} if word.endswith("ily") else set())
    if word.endswith("ness"):
        stem = word.removesuffix("ness")
        found |= {stem} | ({stem[:-1] + "y"} if stem.endswith("i") else set())
    return frozenset(found)


def is_english(word: str) -> bool:
    """Return whether the recognizer's pronouncing dictionary lists the word."""
    return word in _dictionary()


@cache
def _dictionary() -> frozenset[str]:
    # pocketsphinx is in the core for the transcript check; its dictionary tells a misspelling from a rarer word.
    from importlib.resources import files

    lines = (files("pocketsphinx") / "model" / "en-us" / "cmudict-en-us.dict").read_text(encoding="utf-8")
    return frozenset(line.partition(" ")[0] for line in lines.splitlines())


def correct_spelling(word: str, known: Iterable[str], cutoff: float = 0.84) -> str | None:
    """Return the known word that a misspelt one most likely means; None for an English word, a short one or nonsense."""
    if len(word) < SHORTEST_MISSPELT or not word.isalpha():
        return None
    near = [other for other in known if abs(len(other) - len(word)) <= 2 and other[0] == word[0]]
    matches = difflib.get_close_matches(word, near, n=1, cutoff=cutoff)
    return matches[0] if matches and not is_english(word) else None
