"""Who speaks in a tale, beside what its reader says: `python benchmarks/speakers.py [FILE…] [--wrong]`.

Without files, those of `benchmarks/speakers/` are read. A file begins with a line `cast: NAME, NAME`; the tale follows, in which
`{NAME}` says who speaks from there on, and `{.}` that the narrator does (`{narrator}`: words of whoever tells the tale). An
empty line ends a paragraph, and with it what was marked. `{Mrs. Hartwell|wife}` counts the description as right too, which a
cast may name as well ("said his wife").

Each stretch of speech is right if all its letters are given to that person. A wrong one is listed where the command would list it:
the speaker unknown, marked as a guess, or not in the cast. All others are silently wrong: given to somebody else, or left in the narration. Counted
as well: stretches of narration of which letters are given to a person.
"""

import argparse
import re
from pathlib import Path

from voiceact.prompting.cast import match_cast
from voiceact.story.speech import SpeechPart, name_speakers

NARRATOR, SOMEBODY = "narrator", "?"
_MARK = re.compile(r"\{([^{}]*)\}")


def read_marked(text: str) -> tuple[list[str], list[list[tuple[str, str]]]]:
    """Return the names of the cast, and of each paragraph its stretches: who speaks ("" for narration), and the words."""
    head, _, tale = text.partition("\n")
    names = [name.strip() for name in head.removeprefix("cast:").split(",")]
    paragraphs = []
    for paragraph in re.split(r"\n\s*\n", tale.strip()):
        first, *rest = _MARK.split(" ".join(paragraph.split()))
        stretches = [("", first)] if first.strip() else []
        stretches += [("" if who == "." else who, words) for who, words in zip(rest[::2], rest[1::2], strict=True)]
        paragraphs.append(stretches)
    return names, paragraphs


def given_letters(parts: list[SpeechPart], names: list[str]) -> list[tuple[str, bool]]:
    """Return who speaks each letter and digit of a paragraph ("" for narration), and whether the command lists it."""
    letters: list[tuple[str, bool]] = []
    for part in parts:
        listed = part.how in ("unknown", "unresolved", "guessed")
        who = SOMEBODY if part.how in ("unknown", "unresolved") else NARRATOR if part.how == "first person" else part.speaker
        letters += [(match_cast(who, names) or who, listed or bool(who) and match_cast(who, names) is None)] * sum(
            map(str.isalnum, part.text)
        )
    return letters


def measure_passage(text: str, show: bool) -> dict[str, int]:
    """Count right, listed and silently wrong stretches of speech, and narration that a person speaks."""
    names, paragraphs = read_marked(text)
    counts = dict.fromkeys(("speech", "right", "listed", "silent", "narration", "taken"), 0)
    plain = ["".join(words for _, words in stretches) for stretches in paragraphs]
    read = name_speakers(plain, [name for name in names if name != NARRATOR])
    for stretches, parts in zip(paragraphs, read, strict=True):
        letters = given_letters(parts, names)
        for who, words in stretches:
            length = sum(map(str.isalnum, words))
            own, letters = letters[:length], letters[length:]
            if not own:
                continue
            if not who:
                counts["narration"] += 1
                verdict = "" if all(given in ("", SOMEBODY) for given, _ in own) else "taken"
            else:
                counts["speech"] += 1
                right = all(given in who.split("|") for given, _ in own)
                verdict = (
                    "right"
                    if right
                    else "listed"
                    if all(given in who.split("|") or listed for given, listed in own)
                    else "silent"
                )
            if verdict:
                counts[verdict] += 1
            if show and verdict in ("listed", "silent", "taken"):
                print(f"  {verdict}: {who or 'narration'!r} as {sorted(set(own))}: {words.strip()[:70]}")
    return counts


def main() -> None:
    """Measure and print a row for each passage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--wrong", action="store_true", help="print each stretch that is not right")
    given = parser.parse_args()
    files = given.files or sorted((Path(__file__).parent / "speakers").glob("*.txt"))
    total: dict[str, int] = {}
    for file in files:
        counts = measure_passage(file.read_text("utf-8"), given.wrong)
        print(f"{file.stem}: {counts}")
        total = {name: total.get(name, 0) + count for name, count in counts.items()}
    print(f"all: {total}; {total['right'] / max(total['speech'], 1):.0%} right")


if __name__ == "__main__":
    main()
