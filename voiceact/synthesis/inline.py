"""Directions within a line: tags that change how it is acted from one word to the next, and pauses between words.

>>> [(cue.start, cue.mix, cue.pause) for cue in read_cues("Well, [Embarrassment:5] I am [pause 500ms] here.").cues]
[(6, (('embarrassment', 5.0),), 0.0), (29, None, 0.5)]

A line with directions is spoken once whole for each of them, with the same seed, and the renderings are joined between
words: every word is spoken within the melody of the whole line, and no pause arises where none is asked for.
"""

import html
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from voiceact.acting import taxonomy
from voiceact.acting.bursts import Bursts
from voiceact.acting.controls import find_sound
from voiceact.acting.direction import Direction, direct
from voiceact.acting.intensity import DEFAULT_INTENSITY, parse_intensity, styledegree_to_seven
from voiceact.acting.mix import EmotionMix
from voiceact.acting.moves import LIMITS
from voiceact.acting.persona import Persona
from voiceact.acting.stage_directions import Stage, apply_stage, parse_stage
from voiceact.audio.words import Phone, Word
from voiceact.bursts.kinds import CLOSED_MOUTH, Kind, find_burst, fit_kind, get_kind
from voiceact.engines.base import Take
from voiceact.errors import UsageError, count_noun
from voiceact.synthesis.joining import fade_ends, shift_words
from voiceact.text import Tag, find_tags, speak
from voiceact.text.markup import has_words, without_markup

LONGEST_PAUSE = 10.0
"""seconds of one pause"""
CROSSFADE_SECONDS, SEARCH_SECONDS, ALIGN_SECONDS = 0.02, 0.03, 0.006
"""length of a join; how far around a word's edge its quietest place is looked for; how far two renderings are shifted to
fit in phase"""
MOST_BURSTS, CHARACTERS_A_BURST = 8, 60
"""bursts that any line may hold, and characters of a longer text that allow for one more"""
BURST_PAUSE_SECONDS = 0.12
"""silence between a burst and the words beside it"""
BREAKS = {"none": 0.0, "x-weak": 0.1, "weak": 0.2, "medium": 0.4, "strong": 0.75, "x-strong": 1.2}
"""seconds of SSML's strengths of a break, our own choice"""

_PAUSE = re.compile(
    r"(?:pause|wait|beat|silence)(?:\s*[:=]?\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>ms|s|sec|seconds?)?)?", re.IGNORECASE
)
_RENPY_WAIT = re.compile(r"[wp]=(?P<seconds>\d+(?:\.\d+)?)")
_TIME = re.compile(r"\+?(\d+(?:\.\d+)?)\s*(ms|s)")
_ELEMENT = re.compile(r"<(?P<close>/?)\s*(?P<name>[A-Za-z][\w:.-]*)(?P<attributes>[^<>]*?)(?P<empty>/?)>", re.DOTALL)
_ATTRIBUTE = re.compile(r"([\w:.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_PLAIN_ELEMENTS = frozenset(
    ("speak", "p", "s", "paragraph", "sentence", "voice", "mstts:express-as", "express-as", "prosody", "break")
)
_SCALES: dict[str, dict[str, float]] = {
    "rate": {"x-slow": 0.7, "slow": 0.82, "medium": 1.0, "default": 1.0, "fast": 1.2, "x-fast": 1.4},
    "pitch": {"x-low": -6.0, "low": -3.0, "medium": 0.0, "default": 0.0, "high": 3.0, "x-high": 6.0},
    "volume": {"silent": -18.0, "x-soft": -10.0, "soft": -5.0, "medium": 0.0, "default": 0.0, "loud": 5.0, "x-loud": 9.0},
    "range": {"x-low": 0.4, "low": 0.7, "medium": 1.0, "default": 1.0, "high": 1.4, "x-high": 1.8},
}  # fmt: skip
_MOVES = {"rate": "rate", "pitch": "pitch", "volume": "energy", "range": "range"}
_STYLES = {"cheerful": "elation", "sad": "sadness", "angry": "anger", "excited": "elation", "friendly": "affection",
           "terrified": "fear", "fearful": "fear", "shouting": "", "whispering": "", "unfriendly": "contempt",
           "hopeful": "hope_enthusiasm_optimism", "disgruntled": "impatience_and_irritability", "depressed": "sadness",
           "embarrassed": "embarrassment", "gentle": "affection", "calm": "contentment", "empathetic": "affection",
           "serious": "concentration", "envious": "jealousy_envy"}  # fmt: skip
"""styles of Microsoft's SSML and their categories; an empty one is a stage direction"""
_SOUND = re.compile(
    r"(?:laugh|sigh|gasp|chuckle|giggle|sob|cough|sniff|sniffle|groan|moan|growl|yawn|gulp|snort|scream|shriek|cry|cries|wail|"
    r"whimper|hum|clears? (?:his |her |their )?throat)(?:e?s|ter)?",
    re.IGNORECASE,
)
"""wordless sounds, performed where the library of bursts has them, else named: no direction of how words are spoken
("[laughing]" is one)"""
_RESET = frozenset({"normal", "plain", "reset", "end", "/"})
_NEUTRAL = frozenset({"neutral", "no emotion"})


@dataclass(frozen=True, slots=True)
class Cue:
    """A direction within a line.

    Attributes:
        start, end: characters of the text between which it holds
        mix: categories with intensities, in place of the line's; None leaves the line's
        variants: of these categories, where the tag names one ("panic")
        stage: lies over the direction
        pause: seconds of silence at `start`
        burst: kind of the vocal burst performed at `start`
        written: the tag as it is written, where it asks for a burst
    """

    start: int
    end: int
    mix: tuple[tuple[str, float], ...] | None = None
    stage: Stage = Stage()
    pause: float = 0.0
    burst: Kind | None = None
    written: str = ""
    variants: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CueReading:
    """The directions of a text, and the tags that are understood; all others are named and left out when it is spoken."""

    cues: tuple[Cue, ...]
    understood: tuple[Tag, ...]

    @property
    def bursts(self) -> tuple[Cue, ...]:
        """The cues that are vocal bursts, in the order of the text."""
        return tuple(cue for cue in self.cues if cue.burst)


def cues_within(cues: Sequence[Cue], start: int, end: int) -> tuple[Cue, ...]:
    """Return the directions of the characters from `start` to `end` of a text, as places in that part."""
    within = (
        replace(
            cue,
            start=max(cue.start - start, 0),
            end=min(cue.end, end) - start,
            pause=cue.pause if cue.start >= start else 0.0,
            burst=cue.burst if cue.start >= start else None,
        )
        for cue in cues
        if cue.start < end and (cue.end > start or cue.start >= start)
    )
    return tuple(cue for cue in within if cue.mix is not None or cue.stage != Stage() or cue.pause or cue.burst)


def neutral_cues(text: str, cues: Sequence[Cue]) -> tuple[Cue, ...]:
    """Return the cues of a line's neutral twin: its pauses, and its bursts where it has no words and would be empty."""
    return tuple(cue for cue in cues if cue.pause or (cue.burst and not has_words(text)))


def burst_cues(bursts: Bursts, length: int) -> tuple[Cue, ...]:
    """Return the cues of the bursts that a direction adds to a text of so many characters.

    Raises:
        UnknownNameError: for a kind of burst that is not known: a direction may be from anybody's record
    """
    places = {"open": 0, "close": length}
    kinds = [(places[place], get_kind(kind)) for place, kind in bursts]
    return tuple(Cue(at, at, burst=kind, written=f"[{kind.laion.casefold()}]") for at, kind in kinds)


def cues_for(reading: CueReading, moves: Collection[str], sounds: Collection[str] = ()) -> tuple[CueReading, tuple[str, ...]]:
    """Leave bursts out of a reading for an engine whose voice is not the persona's, and tell of those that are performed.

    A burst is rendered in the persona's F0 and tract. An engine that speaks with a recording's or a server's voice would be
    interrupted by somebody else; the tags are left to it, as words that are not spoken or as sounds of its own.

    Args:
        reading: of a text
        moves: that the engine performs
        sounds: that the engine has of its own (`Capabilities.sounds`)

    Returns:
        the reading, and a note on each burst
    """
    bursts = {cue.start: cue for cue in reading.bursts}
    if not bursts:
        return reading, ()
    if not performs_bursts(moves):
        own = {start for start, cue in bursts.items() if find_sound(_burst_name(cue)) in sounds}
        understood = tuple(tag for tag in reading.understood if tag.start not in bursts or tag.start in own)
        performed = dict.fromkeys(bursts[start].written for start in sorted(own))
        return CueReading(tuple(cue for cue in reading.cues if not cue.burst), understood), tuple(
            f"{written} is performed by the engine, as a sound of its own" for written in performed
        )
    notes = {cue.written: cue.burst.laion for cue in bursts.values() if cue.burst}
    return reading, tuple(
        f"{written} is performed as a vocal burst ({laion}, unless another kind is nearer to the feeling), rendered from "
        "EmoGator (Apache-2.0, docs/bursts.md)"
        for written, laion in notes.items()
    )


def performs_bursts(moves: Collection[str]) -> bool:
    """Whether an engine that performs these moves speaks with the persona's own voice, so that bursts can be rendered in it."""
    return {"pitch", "tract"} <= set(moves)


def caption_text(text: str, cues: Sequence[Cue]) -> str:
    """Return what subtitles show of a line: its words without tags, and each burst that is performed in brackets.

    >>> line = "[whisper] Oh, *sighs* it is you."
    >>> caption_text(line, read_cues(line).cues)
    'Oh, [sighs] it is you.'
    """
    shown, last = [], 0
    for cue in sorted((cue for cue in cues if cue.burst and cue.written), key=lambda cue: cue.start):
        shown += [without_markup(text[last : cue.start]), _burst_caption(cue)]
        last = cue.start + len(cue.written)
    shown.append(without_markup(text[last:]))
    return " ".join(piece for part in shown if (piece := " ".join(part.split())))


def _burst_caption(cue: Cue) -> str:
    return f"[{_burst_name(cue)}]"


def _burst_name(cue: Cue) -> str:
    """Return what stands within the brackets or asterisks of a burst's tag."""
    return cue.written.strip("[]()*_ ")


def remove_bursts(text: str) -> str:
    """Return the text without the tags that ask for vocal bursts.

    Raises:
        UsageError: if nothing is left of a text that held a burst
    """
    bursts = read_cues(text).bursts
    pieces, last = [], 0
    for cue in bursts:
        pieces.append(text[last : cue.start].rstrip())
        last = cue.start + len(cue.written)
    left = "".join([*pieces, text[last:]]).strip()
    if bursts and not has_words(left):
        raise UsageError(f"nothing is left to speak of {text[:60]!r} without its vocal bursts; write some words")
    return left if bursts else text


# --- What is written


def write_out_ssml(text: str) -> str:
    """Return the text with what SSML says of words written out: `emphasis`, `say-as`, `sub`, entities.

    Raises:
        UsageError: if one of these elements never closes
    """
    if "<" not in text:
        return text

    def element(name: str, rewrite: Callable[[dict[str, str], str], str], text: str) -> str:
        pattern = re.compile(rf"<{name}\b(?P<attributes>[^<>]*)>(?P<inner>.*?)</{name}\s*>", re.DOTALL | re.IGNORECASE)
        text = pattern.sub(lambda match: rewrite(_attributes(match["attributes"]), match["inner"]), text)
        left = re.search(rf"<{name}\b[^<>]*[^/<>]>|<{name}>", text, re.IGNORECASE)
        if left:
            raise UsageError(f"the tag {left[0]!r} never closes; write </{name}> behind the words it is for")
        return text

    text = element("emphasis", _emphasised, text)
    text = element("say-as", _read_say_as, text)
    text = element("sub", lambda attributes, inner: attributes.get("alias", inner), text)
    return html.unescape(text) if "&" in text and _ELEMENT.search(text) else text


def _emphasised(attributes: dict[str, str], inner: str) -> str:
    return inner if attributes.get("level") in ("none", "reduced") else " ".join(f"*{word}*" for word in inner.split())


def _read_say_as(attributes: dict[str, str], inner: str) -> str:
    kind = attributes.get("interpret-as", "")
    if kind in ("characters", "spell-out", "letters", "verbatim", "digits", "telephone"):
        return " ".join(character.upper() for character in inner if character.isalnum())
    if kind == "ordinal" and inner.strip().isdigit():
        number = int(inner)
        last = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
        return f"{number}{last}"
    return inner


def read_cues(text: str) -> CueReading:
    """Read the tags of a text as directions.

    Understood are `[Category:N]`, several joined by "+", `[neutral]`, stage directions such as `[whisper]` or
    `[slower, softly]`, which hold until `[/whisper]`, `[normal]` or the end, `[pause 500ms]`, Ren'Py's `{w=0.5}`, vocal bursts
    (`[sighs]`, `*gasps*`, `(laughs nervously)`), and of SSML `break`, `prosody` and `mstts:express-as`.

    Raises:
        UsageError: for an intensity off the scale, a pause that is too long, an element that never closes, an unknown name
            behind `burst:`, or more bursts than `MOST_BURSTS` and one for every `CHARACTERS_A_BURST` of a longer text
    """
    cues: list[Cue] = []
    understood: list[Tag] = []
    # Name, tag and place among `cues` of the elements that are open: `cues` keeps its order, its cues are replaced.
    open_elements: list[tuple[str, Tag, int]] = []
    for tag in find_tags(text):
        if tag.kind == "angle":
            if _read_element(tag, cues, open_elements, len(text)):
                understood.append(tag)
            continue
        cue = _read_tag(tag, len(text))
        if cue is None:
            continue
        understood.append(tag)
        if isinstance(cue, Cue):
            cues.append(cue)
        else:
            cues = [_ended(one, tag.start, cue) for one in cues]
    if open_elements:
        name, tag, _ = open_elements[-1]
        raise UsageError(f"the tag {tag.text!r} never closes; write </{name}> behind the words it is for")
    bursts, most = sum(cue.burst is not None for cue in cues), max(MOST_BURSTS, len(text) // CHARACTERS_A_BURST)
    if bursts > most:
        raise UsageError(
            f"the text asks for {count_noun(bursts, 'vocal burst')}; expected at most {most} in a text of this length"
        )
    return CueReading(tuple(cues), tuple(understood))


def _read_tag(tag: Tag, end: int) -> Cue | str | None:
    """Return a direction, what a closing tag ends ("" for all), or None for a tag that is none."""
    name = tag.name.strip()
    if not name:
        return None
    if tag.kind == "brace":
        match = _RENPY_WAIT.fullmatch(name)
        return Cue(tag.start, tag.start, pause=_checked_pause(float(match["seconds"]), tag)) if match else None
    if (kind := find_burst(name)) is not None:
        return Cue(tag.start, tag.start, burst=kind, written=tag.text)
    if tag.kind != "square":
        return None
    if name.casefold() in _RESET:
        return ""
    if name.startswith("/"):
        return name[1:].strip().casefold()
    if match := _PAUSE.fullmatch(name):
        number = float(match["number"] or 0.5)
        # A bare number above 20 can only be milliseconds.
        in_milliseconds = match["unit"] == "ms" or (match["unit"] is None and number > 20)
        return Cue(tag.start, tag.start, pause=_checked_pause(number / 1000 if in_milliseconds else number, tag))
    if _SOUND.fullmatch(name):
        return None
    if name.casefold() in _NEUTRAL:
        return Cue(tag.start, end, mix=())
    parts = [part.strip() for part in name.split("+")]
    if all(taxonomy.lookup(part.rpartition(":")[0] if ":" in part else part) for part in parts):
        mix = EmotionMix.parse(parts)
        return Cue(tag.start, end, mix=mix.pairs(), variants=tuple(mix.variants().items()))
    stage = parse_stage(name) if "=" not in name else Stage()
    return Cue(tag.start, end, stage=stage) if stage.changes and not stage.words else None


def _checked_pause(seconds: float, tag: Tag) -> float:
    if seconds > LONGEST_PAUSE:
        raise UsageError(f"the pause {tag.text!r} is longer than {LONGEST_PAUSE:g} s; expected at most that")
    return seconds


def _ended(cue: Cue, at: int, what: str) -> Cue:
    """The cue, ended at a closing tag if that means it."""
    if cue.end <= at or cue.pause or cue.burst:
        return cue
    matches = not what
    if what:
        resolution = taxonomy.lookup(what)
        matches = bool(cue.mix and resolution and resolution.category.id in dict(cue.mix)) or (
            bool(cue.stage.changes) and cue.stage == parse_stage(what)
        )
    return replace(cue, end=at) if matches else cue


def _attributes(text: str) -> dict[str, str]:
    return {match[1].casefold(): match[2] if match[2] is not None else match[3] for match in _ATTRIBUTE.finditer(text)}


def _read_element(tag: Tag, cues: list[Cue], open_elements: list[tuple[str, Tag, int]], end: int) -> bool:
    """Add what an SSML element says; whether it is understood."""
    match = _ELEMENT.fullmatch(tag.text)
    if match is None or match["name"].casefold() not in _PLAIN_ELEMENTS:
        return False
    name, attributes = match["name"].casefold(), _attributes(match["attributes"])
    if match["close"]:
        place = next((at for at in range(len(open_elements) - 1, -1, -1) if open_elements[at][0] == name), None)
        if place is not None:
            _, _, number = open_elements.pop(place)
            cues[number] = replace(cues[number], end=min(cues[number].end, tag.start))
        return True
    if name == "break":
        cues.append(Cue(tag.start, tag.start, pause=_checked_pause(_break_seconds(attributes, tag), tag)))
    elif name == "prosody":
        open_elements.append((name, tag, len(cues)))
        cues.append(Cue(tag.start, end, stage=Stage(_prosody_moves(attributes, tag))))
    elif name.endswith("express-as"):
        open_elements.append((name, tag, len(cues)))
        cues.append(_expressed(attributes, tag, end))
    return True


def _break_seconds(attributes: dict[str, str], tag: Tag) -> float:
    if "time" in attributes:
        match = _TIME.fullmatch(attributes["time"].strip())
        if not match:
            raise UsageError(f"the time of {tag.text!r} is none; expected such as '500ms' or '1.5s'")
        return float(match[1]) / (1000 if match[2] == "ms" else 1)
    strength = attributes.get("strength", "medium")
    if strength not in BREAKS:
        raise UsageError(f"the strength of {tag.text!r} is {strength!r}; expected one of {', '.join(BREAKS)}")
    return BREAKS[strength]


def _prosody_moves(attributes: dict[str, str], tag: Tag) -> dict[str, float]:
    changes: dict[str, float] = {}
    for key, value in attributes.items():
        if key not in _SCALES:
            continue
        move, text = _MOVES[key], value.strip().casefold()
        number = _SCALES[key].get(text)
        if number is None:
            number = _relative(key, text)
        if number is None:
            raise UsageError(f"{key}={value!r} of {tag.text!r} is not understood; expected a word, '+10%', or for pitch '+2st'")
        low, high = LIMITS[move]
        changes[move] = min(max(number, low), high)
    return changes


def _relative(key: str, text: str) -> float | None:
    """The value of "+10%", "80%", "1.2", "+2st" or "-6dB"; None for anything else."""
    match = re.fullmatch(r"([+-]?)(\d+(?:\.\d+)?)(%|st|db)?", text)
    if not match:
        return None
    number, unit = float(match[2]) * (-1 if match[1] == "-" else 1), match[3]
    if key in ("rate", "range"):
        factor = number / 100 if unit == "%" else number
        return 1 + factor if match[1] and unit == "%" else factor if unit in ("%", None) and factor > 0 else None
    if unit == "%" and key == "pitch":
        factor = 1 + number / 100 if match[1] else number / 100
        return float(12 * np.log2(factor)) if factor > 0 else None
    if unit == "%" and key == "volume":
        factor = 1 + number / 100 if match[1] else number / 100
        return float(20 * np.log10(factor)) if factor > 0 else -18.0
    return number if unit == {"pitch": "st", "volume": "db"}[key] else None


def _expressed(attributes: dict[str, str], tag: Tag, end: int) -> Cue:
    style = attributes.get("style", "").casefold()
    try:
        degree = styledegree_to_seven(float(attributes["styledegree"])) if "styledegree" in attributes else DEFAULT_INTENSITY
    except ValueError as error:
        raise UsageError(f"the styledegree of {tag.text!r} is none; expected a number from 0.01 to 2") from error
    category = _STYLES.get(style)
    if category is None and (resolution := taxonomy.lookup(style)):
        category = resolution.category.id
    if category:
        return Cue(tag.start, end, mix=((taxonomy.get(category).id, parse_intensity(degree)),))
    stage = parse_stage(style)
    if not stage.changes:
        raise UsageError(f"the style {style!r} of {tag.text!r} is not known; name a category or keyword, or 'whispering'")
    return Cue(tag.start, end, stage=stage)


# --- How it is spoken

Perform = Callable[[str, Direction], Take]
"""speaks a text with a direction"""


def perform_cues(
    text: str,
    cues: Sequence[Cue],
    base: Direction,
    persona: Persona,
    perform: Perform,
    *,
    language: str = "en",
    seed: int = 0,
    rate: int = 24000,
    word_times: bool | None = None,
) -> Take:
    """Speak a line whose directions change between words, with its vocal bursts.

    Args:
        text: as written, tags included
        cues: of the text
        base: direction of the words that no cue is for
        persona: who speaks
        perform: speaks a text with a direction. Where its takes have no word timings, the parts of the line are spoken one
            after another, each with a melody of its own
        language, seed: of the take
        rate: sample rate in Hz of a take of bursts alone; any other has the engine's
        word_times: whether takes of `perform` time their words; None finds out by speaking the whole line

    Returns:
        A take of one piece; word timings as of what is heard, bursts among them by their tags where words are timed.
    """
    bursts = [cue for cue in cues if cue.burst]
    written = list(speak(text, language).words)
    directions = [_direction_at(word.start, cues, base, persona, language, seed) for word in written]
    if not written:
        if not bursts:
            return perform(text, base)
        alone = _performed_bursts(bursts, cues, base, persona, language, seed, rate)
        return Take(alone[0], rate, seed, alone[1])
    if bursts:
        places = [word.start for word in written]
        return _with_bursts(text, bursts, cues, base, persona, perform, language, seed, places, word_times)
    # Silence before the first word and behind the last one belongs to no two words
    lead = sum(cue.pause for cue in cues if cue.start <= written[0].start)
    tail = sum(cue.pause for cue in cues if cue.start >= written[-1].end)

    # Runs of words with one direction and no pause between them
    runs: list[tuple[int, int, float]] = []
    start = 0
    for number in range(1, len(written) + 1):
        pause = 0.0
        if number < len(written):
            pause = sum(
                cue.pause for cue in cues if cue.pause and written[number - 1].end <= cue.start <= written[number].start
            )
        if number == len(written) or pause or directions[number] != directions[start]:
            runs.append((start, number, pause))
            start = number
    if len(runs) == 1:
        return _padded(perform(text, directions[0]), lead, tail)

    rendered: dict[Direction, Take] = {}
    for direction in dict.fromkeys(directions):
        if word_times is not False:
            rendered[direction] = perform(text, direction)
        if direction not in rendered or len(rendered[direction].words) != len(written):
            turns = _in_turn(text, [word.start for word in written], directions, runs, perform)
            return _padded(turns, lead, tail)
    first = rendered[directions[0]]
    return _padded(_joined(rendered, directions, runs, first), lead, tail)


def _padded(take: Take, lead: float, tail: float) -> Take:
    """A take with silence before and behind it, in seconds."""
    if not lead and not tail:
        return take
    silences = [np.zeros(round(seconds * take.sample_rate), np.float32) for seconds in (lead, tail)]
    return replace(take, samples=np.concatenate([silences[0], take.samples, silences[1]]), words=shift_words(take.words, lead))


def _with_bursts(
    text: str,
    bursts: Sequence[Cue],
    cues: Sequence[Cue],
    base: Direction,
    persona: Persona,
    perform: Perform,
    language: str,
    seed: int,
    places: Sequence[int],
    word_times: bool | None,
) -> Take:
    """Speak the words of a line, then insert its bursts between them.

    Where the engine times its words, the line is spoken whole and cut at the bursts, so that its melody goes on behind them.
    Where it does not, bursts before and behind all words are joined on, and one between words parts the line in two.
    """
    others = [cue for cue in cues if not cue.burst]
    # Bursts by the number of words before them
    before: dict[int, list[Cue]] = {}
    for cue in bursts:
        before.setdefault(sum(place < cue.start for place in places), []).append(cue)

    def spoken(start: int, end: int) -> Take:
        part = cues_within(others, start, end)
        return perform_cues(text[start:end], part, base, persona, perform, language=language, seed=seed, word_times=word_times)

    pieces: list[tuple[Take, int, int]] = []
    cuts = [0, *sorted(number for number in before if 0 < number < len(places)), len(places)]
    # A line that is to be parted anyway need not be spoken whole.
    whole = spoken(0, len(text)) if word_times is not False or len(cuts) == 2 else None
    timed = whole is not None and len(whole.words) == len(places)
    for low, high in zip(cuts[:-1], cuts[1:], strict=True):
        if whole is not None and timed:
            begin = _edge(whole, low) if low else 0
            stop = _edge(whole, high) if high < len(places) else len(whole.samples)
            pieces.append((whole, begin, stop))
        elif whole is not None and len(cuts) == 2:
            pieces.append((whole, 0, len(whole.samples)))
        else:
            part = spoken(places[low] if low else 0, places[high] if high < len(places) else len(text))
            pieces.append((part, 0, len(part.samples)))

    first = pieces[0][0]
    rate = first.sample_rate
    fade, silence = round(CROSSFADE_SECONDS * rate), np.zeros(round(BURST_PAUSE_SECONDS * rate), np.float32)
    parts: list[NDArray[np.float32]] = []
    words: list[Word] = []

    def add_bursts(number: int) -> None:
        """Append the bursts behind so many words, with a pause before them unless they open the line."""
        parts.extend([silence] if parts else [])
        offset = sum(map(len, parts)) / rate
        samples, timed_bursts = _performed_bursts(before[number], cues, base, persona, language, seed, rate)
        parts.append(samples)
        words.extend(_timed(word.shifted(offset), word.start + offset, word.end + offset) for word in timed_bursts)

    for number, (low, (take, begin, stop)) in enumerate(zip(cuts[:-1], pieces, strict=True)):
        if low in before:
            add_bursts(low)
            parts.append(silence)
        offset = sum(map(len, parts)) / rate - begin / rate
        piece = take.samples[begin:stop]
        # Cut edges fade; the take's own beginning and end stay as they are.
        piece = _faded_in(piece, fade) if number else piece
        parts.append(_faded_in(piece[::-1], fade)[::-1] if number + 1 < len(pieces) else piece)
        if timed:
            limit = stop / rate
            words += [
                _timed(word.shifted(offset), max(word.start, begin / rate) + offset, min(word.end, limit) + offset)
                for word in take.words[low : cuts[number + 1]]
            ]
    if len(places) in before:
        add_bursts(len(places))
    return replace(first, samples=np.concatenate(parts), words=tuple(words) if timed else ())


def _performed_bursts(
    bursts: Sequence[Cue], cues: Sequence[Cue], base: Direction, persona: Persona, language: str, seed: int, rate: int
) -> tuple[NDArray[np.float32], tuple[Word, ...]]:
    """Perform bursts one after another: samples, and their times under the tags that ask for them."""
    parts: list[NDArray[np.float32]] = []
    words: list[Word] = []
    silence = np.zeros(round(BURST_PAUSE_SECONDS * rate), np.float32)
    for cue in bursts:
        assert cue.burst is not None
        direction = _direction_at(cue.start, cues, base, persona, language, seed)
        category = max(direction.mix, key=lambda part: part[1])[0] if direction.mix else None
        # A line without bursts starts without what renders them.
        from voiceact.bursts.render import perform_burst

        kind = fit_kind(cue.burst, category)
        samples = perform_burst(kind, persona, seed=seed, rate=rate, energy=direction.moves.energy)
        parts += [silence] if parts else []
        start = sum(map(len, parts)) / rate
        parts.append(samples)
        start, end = round(start, 4), round(start + len(samples) / rate, 4)
        mouth = Phone("m" if kind.id in CLOSED_MOUTH else "ɑ", start, end)
        words.append(Word(_burst_caption(cue), start, end, (mouth,)))
    return np.concatenate(parts), tuple(words)


def _direction_at(place: int, cues: Sequence[Cue], base: Direction, persona: Persona, language: str, seed: int) -> Direction:
    """The direction of the word that begins at a place: the last mix said before it, all open stage directions on top."""
    direction = base
    mixes = [cue for cue in cues if cue.mix is not None and cue.start <= place < cue.end]
    if mixes:
        direction = direct(persona, mixes[-1].mix or (), language=language, seed=seed, variants=dict(mixes[-1].variants))
    for cue in cues:
        if cue.stage.changes and cue.start <= place < cue.end:
            direction = replace(direction, moves=apply_stage(direction.moves, cue.stage))
    return direction


def _in_turn(
    text: str, places: Sequence[int], directions: Sequence[Direction], runs: Sequence[tuple[int, int, float]], perform: Perform
) -> Take:
    """Speak the parts of a line one after another, for an engine that times no words."""
    takes = []
    for start, end, _ in runs:
        begin, stop = (places[start] if start else 0), (places[end] if end < len(places) else len(text))
        takes.append(perform(text[begin:stop], directions[start]))
    rate = takes[0].sample_rate
    pieces: list[NDArray[np.float32]] = []
    for take, (_, _, pause) in zip(takes, runs, strict=True):
        pieces += [fade_ends(take.samples, rate, seconds=CROSSFADE_SECONDS), np.zeros(round(pause * rate), np.float32)]
    return replace(takes[0], samples=np.concatenate(pieces), words=())


def _joined(
    rendered: dict[Direction, Take], directions: Sequence[Direction], runs: Sequence[tuple[int, int, float]], first: Take
) -> Take:
    """Join the runs, each cut from the rendering with its direction."""
    rate = first.sample_rate
    pieces: list[NDArray[np.float32]] = []
    words: list[Word] = []
    length = 0
    for number, (start, end, pause) in enumerate(runs):
        take = rendered[directions[start]]
        edge = round(CROSSFADE_SECONDS * rate)
        begin = 0 if number == 0 else _edge(take, start)
        stop = len(take.samples) if number + 1 == len(runs) else _edge(take, end)
        silent_before = number > 0 and runs[number - 1][2] > 0
        joins = number > 0 and not silent_before

        # The piece begins half a join early, shifted until it swings as what it follows
        if joins:
            tail = pieces[-1][-edge:]
            begin = _aligned(take.samples, begin - edge // 2, tail, round(ALIGN_SECONDS * rate))
        stop = min(len(take.samples), stop + (0 if pause or number + 1 == len(runs) else edge // 2))
        piece = take.samples[begin:stop].copy()
        offset = (length - edge if joins else length) / rate - begin / rate
        if joins and len(tail) == edge and len(piece) > edge:
            ramp = np.linspace(0, 1, edge, dtype=np.float32)
            piece[:edge] = tail * (1 - ramp) + piece[:edge] * ramp
            pieces[-1] = pieces[-1][:-edge]
            length -= edge
        elif number:
            piece = _faded_in(piece, edge)
        if pause:
            piece = np.concatenate([_faded_in(piece[::-1], edge)[::-1], np.zeros(round(pause * rate), np.float32)])
        pieces.append(piece)
        length += len(piece)
        last = words[-1].end if words else 0.0
        words += [
            _timed(word.shifted(offset), max(word.start + offset, last), max(word.end + offset, last))
            for word in take.words[start:end]
        ]
    samples = np.concatenate(pieces)
    limit = len(samples) / rate
    timed = tuple(word.between(min(word.start, limit), min(word.end, limit)) for word in words)
    return replace(first, samples=samples, words=timed)


def _timed(word: Word, start: float, end: float) -> Word:
    """Return a word between two times, to a tenth of a millisecond."""
    return word.between(round(start, 4), round(end, 4))


def _faded_in(piece: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    faded = piece.copy()
    size = min(size, len(faded))
    faded[:size] *= np.linspace(0, 1, size, dtype=np.float32)
    return faded


def _edge(take: Take, number: int) -> int:
    """The sample between two words where the rendering is quietest."""
    rate = take.sample_rate
    before, after = take.words[number - 1].end, take.words[number].start
    low = round((min(before, after) - SEARCH_SECONDS) * rate)
    high = round((max(before, after) + SEARCH_SECONDS) * rate)
    low, high = max(low, 0), min(high, len(take.samples))
    window = max(round(0.01 * rate), 1)
    power = np.convolve(take.samples[low:high] ** 2, np.ones(window, np.float32), mode="same")
    return low + int(np.argmin(power)) if len(power) else round(after * rate)


def _aligned(samples: NDArray[np.float32], begin: int, tail: NDArray[np.float32], most: int) -> int:
    """The place around `begin` from which the samples fit best to the end of what they follow."""
    size = len(tail)
    best, place = -np.inf, max(begin, 0)
    for at in range(max(begin - most, 0), max(min(begin + most, len(samples) - size), 0) + 1):
        part = samples[at : at + size]
        fit = float(part @ tail) / (float(np.linalg.norm(part)) + 1e-6)
        if fit > best:
            best, place = fit, at
    return place
