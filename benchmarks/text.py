"""How much of a text-normalisation suite is read right: `benchmarks/text.py CASES.jsonl [--language en] [--failures] [--json FILE]`.

Each line of the file holds `language`, `kind`, `written` and `spoken` (a list of accepted forms). An English case counts
where the embedded engine's phonemes of `written` equal those of one accepted form; marks, which move no phoneme, and the
"and" inside numbers, which both ways are right, are left out of the comparison, and `exact` counts without that grace. A
case of another language counts where the transcript check brings both to the same words.
"""

import argparse
import json
import re
import time
from collections import Counter
from pathlib import Path

from voiceact.engines.embedded.text import phonemes
from voiceact.text import speak
from voiceact.verify.text_normalization import normalised

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


if __name__ == "__main__":
    main()
