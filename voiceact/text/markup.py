"""Markup in a text: brackets, braces, asterisks and angle brackets, which are never spoken.

>>> [(tag.name, tag.kind) for tag in find_tags("{w=0.5}Hello. [sighs] I am *very* tired. *sighs*")]
[('w=0.5', 'brace'), ('sighs', 'square'), ('sighs', 'asterisk')]
"""

import re

from voiceact.text.form import Tag

_PAIRS = {"[": ("]", "square"), "{": ("}", "brace"), "<": (">", "angle")}
_MARKUP = re.compile(r"[\[\]{}<>*_]")
_ANGLE = re.compile(r"</?[A-Za-z][^<>]*>|<[^<>\s\d=][^<>]*>")
_ASTERISKS = re.compile(r"(?<![\w*])(\*{1,3})(?=[^\s*])([^*\n]*[^\s*])\1(?![\w*])")
_UNDERLINES = re.compile(r"(?<![\w])(_{1,2})(?=[^\W_])([^_\n]*[^\W_])\1(?!\w)")
_ACTION = re.compile(
    r"""(?:(?:he|she|they|i)\ )?(?:\w+ly\ )?(?:\w+(?:ing|ly)|(?:laugh|sigh|gasp|giggle|chuckle|sob|cough|sniff|
    sniffle|groan|moan|growl|yawn|gulp|snort|scream|shriek|shout|yell|whisper|wheeze|hum|cr(?:y|ie)|weep|whimper|pause|
    breathe|inhale|exhale|clap|bow|nod|shrug|smile|smirk|grin|frown|wink|blink|stare|glare|look|turn|lean|walk|sit|stand|
    run|clear|shake|slam|knock|hug|kiss|wave|point|step|roll|blush|tremble|shiver|gag|burp|hiccup|sneeze|mumble|mutter|
    scoff|hesitate|stammer|tap|glance|jump|fall|drop|sing|hiss|purr|bark|swallow|take|raise|lower|cross|bite|lick|facepalm
    )(?:e?s)?)(?:\ .*)?""",
    re.VERBOSE | re.IGNORECASE,
)
"""what stands between asterisks when it is something the speaker does, not a word to stress"""


def find_tags(text: str) -> list[Tag]:
    """Find the markup of a text, in order.

    Square brackets, braces and angle brackets hold tags, nested ones within the outermost; asterisks hold a tag where
    what stands between them is an action ("*sighs*", "*laughs softly*"), else a stress ("*very*"), which is no tag.
    An opening bracket without its closing one is a tag of one character. "<" before a number or a space is a sign.
    """
    if not _MARKUP.search(text):
        return []
    found: list[Tag] = []
    at = 0
    while at < len(text):
        char = text[at]
        end = _closing(text, at) if char in _PAIRS else 0
        if end:
            kind = _PAIRS[char][1]
            inner = text[at + 1 : end - 1] if end - at > 1 else ""
            found.append(Tag(text[at:end], inner.strip(), at, end, kind))
            at = end
        elif char in "]}":
            found.append(Tag(char, "", at, at + 1, "square" if char == "]" else "brace"))
            at += 1
        else:
            at += 1
    taken = [(tag.start, tag.end) for tag in found]
    for match in _ASTERISKS.finditer(text):
        if _ACTION.fullmatch(match[2]) and not any(a < match.end() and b > match.start() for a, b in taken):
            found.append(Tag(match[0], match[2].strip(), match.start(), match.end(), "asterisk"))
    return sorted(found, key=lambda tag: tag.start)


def find_stressed(text: str) -> list[tuple[int, int]]:
    """Find what stands between asterisks or underlines and is no action: spans of the inner text."""
    if "*" not in text and "_" not in text:
        return []
    spans = [match.span(2) for match in _ASTERISKS.finditer(text) if not _ACTION.fullmatch(match[2])]
    return spans + [match.span(2) for match in _UNDERLINES.finditer(text)]


def _closing(text: str, at: int) -> int:
    """Where the markup that opens at `at` ends; 0 where "<" is a sign of comparison."""
    opening = text[at]
    closing = _PAIRS[opening][0]
    if opening == "<":
        match = _ANGLE.match(text, at)
        return match.end() if match else 0
    depth = 0
    for place in range(at, len(text)):
        if text[place] == opening:
            depth += 1
        elif text[place] == closing:
            depth -= 1
            if not depth:
                return place + 1
    return at + 1
