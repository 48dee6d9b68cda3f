"""A checker of captions that reads their words alone, and random profiles to check; benchmarks/annotate.py uses it too."""

import random
import re
from functools import cache

from voiceact.annotate.baseline import AFFECT, DIMENSIONS, SPOKEN_ATTRIBUTES, Baseline, Usual
from voiceact.annotate.caption import load_words
from voiceact.estimators.human.estimator import IDS

USUAL = {name: Usual(1.0 if name.startswith("score_") else 0.0, 0.5, 100) for name in DIMENSIONS}
BASELINE = Baseline("test", "human", "r", "none", USUAL)


def random_row(number: int) -> dict:
    """A profile with evidence of every kind, values up to eight spreads from what is usual, bursts and stated speakers."""
    draw = random.Random(number)
    row: dict = {"id": f"clip{number}", "bursts": [], "gender": draw.choice([None, "female", "male", "robot"])}
    row["age"] = draw.choice([None, 5, 40, 80])
    for name in IDS:
        row[f"score_{name}"] = draw.choice([None, min(7.0, max(0.0, draw.gauss(1, 1.5)))])
        row[f"evidence_{name}"] = draw.choice(["category", "burst", "dimension", "none"])
    for name in (*AFFECT, *SPOKEN_ATTRIBUTES):
        row[name] = draw.choice([None, draw.gauss(0, 1.0)])
    kinds = [None, "Relief Sigh", "Chuckle", "Sharp Inhale", "Effort Grunt"]
    row["bursts"] = [{"kind": draw.choice(kinds)} for _ in range(draw.choice([0, 0, 1, 3]))]
    return row


# --- A checker that reads the words alone


@cache
def inverse(language: str) -> tuple[re.Pattern[str], dict[str, tuple[str, str, int]]]:
    """Every comparison and statement of a language: a pattern that finds them, longer ones first, and what each claims."""
    words = load_words(language)
    claims: dict[str, tuple[str, str, int]] = {}

    def add(template: str, name: str, claim: str, adverbs: list[list[str]], noun: str = "") -> None:
        of = f"d'{noun}" if noun and noun[0] in "aâàeéèêiîïoôuy" else f"de {noun}"
        for degree, same in enumerate(adverbs):
            for adverb in same:
                text = template.replace("{adv}", adverb).replace("{noun}", noun).replace("{of}", of).rstrip(".")
                assert text not in claims, f"two meanings of {text!r}"
                claims[text] = (name, claim, degree)

    for name, both in words["dimensions"].items():
        for claim, templates in both.items():
            for template in templates:
                add(template, name, claim, words["compared"])
    for name, noun in words["categories"].items():
        for claim in ("more", "less"):
            for template in words[claim]:
                add(template, f"score_{name}", claim, words["compared"], noun)
        for template in words["heard"]:
            add(template, f"score_{name}", "heard", words["present"], noun)
    longest_first = "|".join(re.escape(text) for text in sorted(claims, key=lambda text: -len(text)))
    return re.compile(rf"(?<!\w)(?:{longest_first})(?!\w)"), claims


def claims_of(text: str, language: str) -> list[tuple[str, str, int]]:
    """Return what a caption claims, read from its words: dimension, claim, degree."""
    pattern, claims = inverse(language)
    return [claims[match[0]] for match in pattern.finditer(text)]


def is_true(row: dict, name: str, claim: str, degree: int) -> bool:
    """Whether a claim holds, from the row and the test's baseline by the definition in docs/annotate.md."""
    value = row[name]
    if value is None or (name.startswith("score_") and row["evidence_" + name[6:]] != "category"):
        return False
    if claim == "heard":
        low, high = [(2.0, 3.5), (3.5, 5.0), (5.0, 8.0)][degree]
        return low <= value < high
    usual = 1.0 if name.startswith("score_") else 0.0
    far = (value - usual) / 0.5
    low, high = [(1.0, 1.75), (1.75, 3.0), (3.0, 99.0)][degree]
    return low <= (far if claim == "more" else -far) < high
