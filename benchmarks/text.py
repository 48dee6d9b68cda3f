"""How much is read right, and how much of what is said is heard.

`benchmarks/text.py CASES.jsonl [--language en] [--failures] [--json FILE]`: a text-normalisation suite.

Each line of the file holds `language`, `kind`, `written` and `spoken` (a list of accepted forms). An English case counts
where the embedded engine's phonemes of `written` equal those of one accepted form; marks, which move no phoneme, and the
"and" inside numbers, which both ways are right, are left out of the comparison, and `exact` counts without that grace. A
case of another language counts where the transcript check brings both to the same words.

`benchmarks/text.py heard [--rows FILE] [--acted 1] [--numbers 200] [--recognizer whisper-base]`: word error rates of the
embedded voice on the neutral shipped English lines and on lines of each category at intensity 5, and what the transcript check
says of lines with numbers: laid beside the line that was spoken, and beside the same line with one word or value changed (no
twin). What was heard is kept in FILE, a line each, so that a run that was stopped goes on.
"""

import argparse
import json
import random
import re
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

from voiceact.acting import taxonomy
from voiceact.acting.persona import list_personas
from voiceact.acting.script import load_lines, pick_line
from voiceact.engines.embedded.text import phonemes
from voiceact.runtime.plugins import load_plugin
from voiceact.synthesis.request import SynthesisRequest, resolve_request
from voiceact.synthesis.synthesize import perform
from voiceact.text import speak
from voiceact.verify.backends.registry import GROUPS, load_backend
from voiceact.verify.text_normalization import align, error_rate, normalised
from voiceact.verify.transcript import STRETCH, Limits, check_transcript, listen

_MARKS = re.compile(r"[;:,.!?—…\"()“”]+")


def bare(said: str) -> str:
    """Phonemes without marks, and without "and" between words."""
    return " ".join(_MARKS.sub(" ", said).replace(" ænd ", " ").replace(" ænd ", " ").split())


def read(text: str) -> str:
    """Phonemes of an English text."""
    return phonemes(speak(text, "en"))


def judged(case: dict) -> tuple[bool, bool, str]:
    """Whether a case is right, whether it is to the letter, and how it is said."""
    language, written = case["language"], case["written"]
    said = speak(written, language).spoken
    if language == "en":
        own, accepted = read(written), [read(form) for form in case["spoken"]]
        return bare(own) in map(bare, accepted), own in accepted, said
    own_words = normalised(written, language)
    right = own_words in [normalised(form, language) for form in case["spoken"]]
    return right, right, said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--language", action="append", help="only this one; may be repeated")
    parser.add_argument("--failures", action="store_true", help="list the cases that are read otherwise")
    parser.add_argument("--json", type=Path, help="write the counts")
    options = parser.parse_args()
    cases = [json.loads(line) for line in options.cases.read_text("utf-8").splitlines() if line.strip()]
    cases = [case for case in cases if not options.language or case["language"] in options.language]
    right, exact, all_of = Counter(), Counter(), Counter()
    began = time.perf_counter()
    for case in cases:
        key = case["language"], case["kind"]
        ok, letter, said = judged(case)
        all_of[key] += 1
        right[key] += ok
        exact[key] += letter
        if options.failures and not ok:
            print(f"{case['language']} {case['kind']}: {case['written']!r} -> {said!r}; expected {case['spoken']}")
    figures = {}
    for language in sorted({key[0] for key in all_of}):
        keys = [key for key in all_of if key[0] == language]
        for key in sorted(keys):
            print(f"{language} {key[1]:14} {right[key]:4} of {all_of[key]}")
        total, good = sum(all_of[key] for key in keys), sum(right[key] for key in keys)
        letter = sum(exact[key] for key in keys)
        figures[language] = {"cases": total, "right": good, "exact": letter}
        print(f"{language} {'all':14} {good:4} of {total}: {good / total:.1%} (to the letter {letter / total:.1%})")
    print(f"{time.perf_counter() - began:.1f} s")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


# --- What is heard of what is said

NUMBER_LINES = (
    ("We sold {a} {noun} before {weekday}.", ("a", "noun")),
    ("The train leaves at {h}:{m:02d} from {place}.", ("h", "place")),
    ("She was born in {year} near {place}.", ("year", "place")),
    ("It costs ${a}.{m:02d} at the {shop}.", ("a", "shop")),
    ("About {p}% of the {noun} were broken.", ("p", "noun")),
    ("Meet me on {month} {d} at the {shop}.", ("d", "month")),
    ("He ran {b} km in {h} hours.", ("b", "h")),
    ("Chapter {h} begins on page {a}.", ("a", "h")),
    ("They counted {big:,} {noun} in {place}.", ("big", "noun")),
    ("The box weighs {b}.{h} kg.", ("b", "h")),
)
"""lines with numbers, and what may be changed in each"""
WORDS = {
    "noun": "bottles chairs lamps horses letters windows tickets baskets".split(),
    "weekday": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
    "place": "London Berlin Boston Chicago Madrid Dublin".split(),
    "shop": "bakery station library museum airport hospital".split(),
    "month": "January March May July August October December".split(),
}
NUMBERS = {"a": (11, 999), "b": (2, 90), "h": (2, 12), "m": (10, 59), "p": (2, 99), "d": (1, 28), "year": (1850, 1999)}


def number_lines(count: int) -> list[tuple[str, str, str]]:
    """Lines with numbers, each also with one value or word changed, and which."""
    draw = random.Random(15)
    found = []
    for place in range(count):
        pattern, parts = NUMBER_LINES[place % len(NUMBER_LINES)]
        values: dict[str, object] = {name: draw.choice(words) for name, words in WORDS.items()}
        values |= {name: draw.randint(*span) for name, span in NUMBERS.items()} | {"big": draw.randint(1100, 99_999)}
        changed = parts[place // len(NUMBER_LINES) % 2]
        if changed in WORDS:
            other: object = draw.choice([word for word in WORDS[changed] if word != values[changed]])
        else:
            low, high = NUMBERS.get(changed, (1100, 99_999))
            other = draw.choice([value for value in range(low, high + 1) if value != values[changed]])
        kind = "word" if changed in WORDS else "value"
        found.append((pattern.format(**values), pattern.format(**{**values, changed: other}), kind))
    return found


PARTLY_WHISPERED, SLURRED = 0.1, 0.9
"""share of whisper above which, and precision of articulation below which, a take is listed apart"""


class Recorded:
    """A recognizer that says what another one has heard."""

    paces = (1.0,)

    def __init__(self, name: str, heard: str, model: type):
        self.name, self.heard, self.judges_numbers = name, heard, getattr(model, "judges_numbers", True)
        self.stretch = getattr(model, "stretch", STRETCH)

    def speaks(self, language: str) -> bool:
        return True

    def hear(self, samples: object, rate: int, *, language: str) -> str:
        return self.heard


def takes_to_hear(acted: int, numbers: int) -> list[dict]:
    """What is spoken: group, persona, emotion and text; the personas take turns.

    Args:
        acted: lines of each category
        numbers: lines with numbers
    """
    cast = [persona for persona in list_personas() if "child" not in persona.tags]
    neutral = [line for line in load_lines("en") if line.kind == "neutral"]
    found = [{"group": "neutral", "emotion": "", "text": line.text} for line in neutral]
    for category in taxonomy.categories():
        line = pick_line(category=category.name, language="en", seed=15)
        found.append({"group": "acted", "emotion": category.name, "text": line.text})
    for line, changed, kind in number_lines(numbers):
        found.append({"group": "number", "emotion": "", "text": line, "changed": changed, "kind": kind})
    # Behind the others, so that these keep the personas that they have with one line a category.
    for seed in range(16, 15 + acted):
        for category in taxonomy.categories():
            line = pick_line(category=category.name, language="en", seed=seed)
            found.append({"group": "acted", "emotion": category.name, "text": line.text})
    return [{**take, "persona": cast[place % len(cast)].name} for place, take in enumerate(found)]


def heard_row(take: dict, recognizers: dict) -> dict:
    """Perform a take and write down what each recognizer hears."""
    request = resolve_request(
        SynthesisRequest(
            persona=take["persona"], emotions=[take["emotion"]] if take["emotion"] else [], intensity=5, text=take["text"]
        )
    )
    clip = perform(request)
    moves = request.direction.moves
    said = speak(request.text)
    heard, seconds = {}, {}
    for name, recognizer in recognizers.items():
        if take["group"] == "number" and not getattr(recognizer, "judges_numbers", True):
            continue
        began = time.process_time()
        heard[name] = listen(recognizer, clip.samples, clip.record.audio.sample_rate, said, "en", Limits()).heard
        seconds[name] = round(time.process_time() - began, 3)
    apart = "whispered" if moves.whisper > PARTLY_WHISPERED else "slurred" if moves.articulation < SLURRED else ""
    return {**take, "heard": heard, "processor": seconds, "duration": clip.record.audio.duration, "apart": apart}


def errors_of(row: dict, name: str) -> tuple[int, int]:
    """Wrong words and words of a take."""
    own = normalised(row["text"])
    steps = align(own, normalised(row["heard"][name]))
    return round(error_rate(steps) * len(own)), len(own)


def print_heard(rows: list[dict], names: list[str]) -> None:
    """Print the rates of all rows."""
    for name in names:
        print(f"--- {name}")
        known = [row for row in rows if name in row["heard"]]
        groups = {
            "neutral": [row for row in known if row["group"] == "neutral"],
            "acted": [row for row in known if row["group"] == "acted" and not row["apart"]],
            "whispered": [row for row in known if row["apart"] == "whispered"],
            "slurred": [row for row in known if row["apart"] == "slurred"],
        }
        for group, members in groups.items():
            counts = [errors_of(row, name) for row in members]
            wrong, words = sum(count[0] for count in counts), sum(count[1] for count in counts)
            if words:
                print(f"{group:10} {len(members):4} lines {words:5} words {wrong:4} wrong: {wrong / words:.1%}")
                print(f"    the transcript check says: {dict(Counter(outcome(row, row['text'], name) for row in members))}")
            for row, count in zip(members, counts, strict=True):
                if count[0]:
                    print(f"    {row['persona']}, {row['emotion'] or 'neutral'}: {row['text']!r} heard {row['heard'][name]!r}")
        processor = sum(row["processor"][name] for row in known)
        if known:
            print(f"processor time over time of sound: {processor / sum(row['duration'] for row in known):.2f}")
        numbers = [row for row in known if row["group"] == "number"]
        if numbers:
            print_numbers(numbers, name)


def outcome(row: dict, text: str, name: str) -> str:
    """What the transcript check says of a text beside what was heard, without a twin."""
    recorded = Recorded(name, row["heard"][name], load_plugin(GROUPS["asr"], name, "recognizer"))
    check = check_transcript(np.zeros(2400, np.float32), 24_000, text=text, recognizer=recorded)
    return f"{check.outcome} {check.reason}".strip()


def print_numbers(rows: list[dict], name: str) -> None:
    """Print how many right and changed lines pass and fail."""
    right = [outcome(row, row["text"], name) for row in rows]
    print(f"numbers, as spoken: {dict(Counter(right))} of {len(rows)}")
    for row, found in zip(rows, right, strict=True):
        if found != "pass":
            print(f"    {found}: {row['text']!r} heard {row['heard'][name]!r}")
    for kind in ("value", "word"):
        members = [row for row in rows if row["kind"] == kind]
        found = [outcome(row, row["changed"], name) for row in members]
        print(f"numbers, one {kind} changed: {dict(Counter(found))} of {len(members)}")
        for row, answer in zip(members, found, strict=True):
            if not answer.startswith("fail"):
                print(f"    {answer}: {row['changed']!r} heard {row['heard'][name]!r}")


def heard_main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="text.py heard")
    parser.add_argument("--rows", type=Path, help="where what was heard is kept; takes that are there are not spoken again")
    parser.add_argument("--print-only", action="store_true", help="speak nothing more, print the rates of what is kept")
    parser.add_argument("--acted", type=int, default=1, help="lines of each category")
    parser.add_argument("--numbers", type=int, default=200, help="lines with numbers")
    parser.add_argument("--group", action="append", help="only this one: neutral, acted, number; may be repeated")
    parser.add_argument("--shard", default="1/1", help="I/N: only the I-th of N parts of the takes")
    parser.add_argument("--recognizer", action="append", help="default: whisper-base")
    options = parser.parse_args(arguments)
    names = options.recognizer or ["whisper-base"]
    rows = (
        [json.loads(line) for line in options.rows.read_text("utf-8").splitlines()]
        if options.rows and options.rows.exists()
        else []
    )
    there = {(row["group"], row["emotion"], row["text"]) for row in rows}
    takes = [
        take for take in takes_to_hear(options.acted, options.numbers) if not options.group or take["group"] in options.group
    ]
    part, parts = map(int, options.shard.split("/"))
    takes = takes[len(takes) * (part - 1) // parts : len(takes) * part // parts]
    todo = [take for take in takes if (take["group"], take["emotion"], take["text"]) not in there and not options.print_only]
    recognizers = {name: load_backend("asr", name) for name in names} if todo else {}
    for take in todo:
        rows.append(heard_row(take, recognizers))
        if options.rows:
            with options.rows.open("a", encoding="utf-8") as file:
                file.write(json.dumps(rows[-1], ensure_ascii=False) + "\n")
    print_heard(rows, names)


if __name__ == "__main__":
    heard_main(sys.argv[2:]) if sys.argv[1:2] == ["heard"] else main()
