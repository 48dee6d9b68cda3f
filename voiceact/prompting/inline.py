"""Plain words in the tags of a line: "[barely holding back tears] I am fine." becomes "[Sadness:5] I am fine.".

>>> text, notes = write_out_phrases("[barely holding back tears, but proud] I am fine.")
>>> text
'[Sadness:5+Pride:3] I am fine.'

What stands in the text of a record is thus a direction that needs no lexicon to be replayed.
"""

from voiceact.acting.intensity import DEFAULT_INTENSITY
from voiceact.errors import UsageError
from voiceact.prompting.feeling import describe_reading, read_feeling
from voiceact.synthesis.inline import read_cues, remove_bursts
from voiceact.text import find_tags


def write_out_phrases(
    text: str, default: float | str = DEFAULT_INTENSITY, *, bursts: bool = True
) -> tuple[str, tuple[str, ...]]:
    """Return the text with each tag of several plain words as categories, and a note for each; other tags stay as they are.

    Args:
        text: as written
        default: intensity where no degree word moves it
        bursts: whether tags of vocal bursts (`[sighs]`, `*gasps*`) stay; without, they are taken out

    Raises:
        UsageError: if bursts are taken out and nothing is left, and what `read_cues` raises
    """
    if not bursts:
        text = remove_bursts(text)
    if "[" not in text:
        return text, ()
    understood = {tag.start for tag in read_cues(text).understood}
    parts: list[str] = []
    notes: list[str] = []
    last = 0
    for tag in find_tags(text):
        if tag.kind != "square" or tag.start in understood or " " not in tag.name:
            continue
        try:
            reading = read_feeling(tag.name, default)
        except UsageError:
            continue
        mix = "+".join(f"{entry.category}:{entry.intensity:g}" for entry in reading.mix)
        parts += [text[last : tag.start], f"[{mix}]"]
        last = tag.end
        notes.append(describe_reading(reading))
    return "".join([*parts, text[last:]]), tuple(notes)
