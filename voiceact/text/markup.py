"""Markup in a text: brackets, braces, asterisks and angle brackets, which are never spoken.

>>> [(tag.name, tag.kind) for tag in find_tags("{w=0.5}Hello. [sighs] I am *very* tired. *sighs*")]
[('w=0.5', 'brace'), ('sighs', 'square'), ('sighs', 'asterisk')]
"""

import re
from bisect import bisect_left

from voiceact.text.form import Tag

_PAIRS = {"[": ("]", "square"), "{": ("}", "brace"), "<": (">", "angle"), "(": (")", "round")}
_MARKUP = re.compile(r"[\[\]{}<>*_(]")
_PLACES = re.compile(r"[\[\]{}<(]")
_ANGLE = re.compile(r"<!--.*?-->|</?[A-Za-z][^<>]*>|<[^<>\s\d=][^<>]*>", re.DOTALL)
_ASTERISKS = re.compile(r"(?<![\w*])(\*{1,3})(?=[^\s*])([^*\n]*[^\s*])\1(?![\w*])")
_UNDERLINES = re.compile(r"(?<![\w])(_{1,2})(?=[^\W_])([^_\n]*[^\W_])\1(?!\w)")
_ACTION = re.compile(
    r"""(?:(?:he|she|they|i)\ )?(?:\w+ly\ )?(?:\w+(?:ing|ly)|(?:laugh|sigh|gasp|giggle|chuckle|sob|cough|sniff|
    sniffle|groan|moan|growl|yawn|gulp|snort|scream|shriek|shout|yell|whisper|wheeze|hum|cr(?:y|ie)|weep|whimper|pause|
    breathe|inhale|exhale|clap|bow|nod|shrug|smile|smirk|grin|frown|wink|blink|stare|glare|look|turn|lean|walk|sit|stand|
    run|clear|shake|slam|knock|hug|kiss|wave|point|step|roll|blush|tremble|shiver|gag|burp|hiccup|sneeze|mumble|mutter|
    scoff|hesitate|stammer|tap|glance|jump|fall|drop|sing|hiss|purr|bark|swallow|take|raise|lower|cross|bite|lick|facepalm
    )(?:e?s)?)(?:\ .*)?[.…]*""",
    re.VERBOSE | re.IGNORECASE,
)
"""what stands between asterisks when it is something the speaker does, not a word to stress"""
_DIRECTION = re.compile(
    r"""\s*(?:(?:he|she|they)\ )?(?:(?:softly|loudly|quietly|nervously|heavily|deeply|bitterly|still|both|all)\ )?
    (?:(?:laugh|sigh|gasp|chuckl|giggl|sob|cough|sniff|sniffl|groan|moan|growl|yawn|gulp|snort|scream|shriek|shout|yell|
    whisper|wheez|weep|whimper|paus|inhal|exhal|hiccup|sneez|mumbl|mutter|murmur|scoff|humm?|cry|crie|stammer|sing)
    (?:e?s|e|ing)?|laughter|clear(?:s|ing)\ (?:his|her|their)?\ ?throat|(?:takes?|taking)\ a\ (?:deep\ )?breath|
    softly|loudly|quietly|angrily|nervously|excitedly|sarcastically|tearfully)
    (?:\ (?:softly|loudly|quietly|nervously|heavily|deeply|bitterly|again))?
    (?:\ (?:at|to|in|into|with|under|from)\ [\w']+(?:\ [\w']+){0,3})?[.…]*\s*""",
    re.VERBOSE | re.IGNORECASE,
)
"""what stands in round brackets when it is a direction; other round brackets are part of the text"""
LONGEST_DIRECTION = 80
"""characters in round brackets up to which they may be a direction"""


def find_tags(text: str) -> list[Tag]:
    """Find the markup of a text, in order.

    Square brackets, braces and angle brackets hold tags, nested ones within the outermost; asterisks hold a tag where
    what stands between them is an action ("*sighs*", "*laughs softly*"), else a stress ("*very*"), which is no tag; round
    brackets hold one where they hold a direction of known words ("(sighing)"), else they are part of the text.
    An opening bracket without its closing one is a tag of one character. "<" before a number or a space is a sign.

    Args:
        text: as written

    Returns:
        Tags that do not overlap, by their start. The time taken grows in proportion to the text.
    """
    if not _MARKUP.search(text):
        return []
    tags: list[Tag] = []
    partners = _partners(text)
    at = 0
    while opening := _PLACES.search(text, at):
        at = opening.start()
        char = text[at]
        if char in "]}":
            tags.append(Tag(char, "", at, at + 1, "square" if char == "]" else "brace"))
            at += 1
            continue
        end = _closing(text, at, partners)
        if end:
            inner = text[at + 1 : end - 1] if end - at > 1 else ""
            tags.append(Tag(text[at:end], inner.strip(), at, end, _PAIRS[char][1]))
        at = end or at + 1
    starts = [tag.start for tag in tags]
    for match in _ASTERISKS.finditer(text):
        if _ACTION.fullmatch(match[2]):
            # Tags do not overlap, so only the last one that begins before the asterisks' end can reach into them.
            before = bisect_left(starts, match.end()) - 1
            if before < 0 or tags[before].end <= match.start():
                tags.append(Tag(match[0], match[2].strip(" .…"), match.start(), match.end(), "asterisk"))
    return sorted(tags, key=lambda tag: tag.start)


def find_stressed(text: str) -> list[tuple[int, int]]:
    """Find what stands between asterisks or underlines and is no action: spans of the inner text."""
    if "*" not in text and "_" not in text:
        return []
    spans = [match.span(2) for match in _ASTERISKS.finditer(text) if not _ACTION.fullmatch(match[2])]
    return spans + [match.span(2) for match in _UNDERLINES.finditer(text)]


def without_markup(text: str) -> str:
    """Return the text without its tags and without the marks around what is stressed; a tag leaves a space."""
    marks: list[tuple[int, int]] = []
    for start, end in find_stressed(text):
        size = 1
        while start > size and text[start - size - 1] in "*_":
            size += 1
        marks += [(start - size, start), (end, end + size)]
    pieces: list[str] = []
    last = 0
    for start, end in sorted([*((tag.start, tag.end) for tag in find_tags(text)), *marks]):
        if start >= last:
            pieces += [text[last:start], "" if (start, end) in marks else " "]
            last = end
    return "".join([*pieces, text[last:]])


def has_words(text: str) -> bool:
    """Whether a text has a letter or digit outside its markup."""
    return any(character.isalnum() for character in without_markup(text))


def _partners(text: str) -> dict[int, int]:
    """Place of each opening square bracket or brace -> place of the closing one of its kind."""
    partners: dict[int, int] = {}
    for pair in ("[]", "{}"):
        if pair[0] not in text or pair[1] not in text:
            continue
        open_at: list[int] = []
        for match in re.finditer(f"[{re.escape(pair)}]", text):
            if match[0] == pair[0]:
                open_at.append(match.start())
            elif open_at:
                partners[open_at.pop()] = match.start()
    return partners


def _closing(text: str, at: int, partners: dict[int, int]) -> int:
    """Where the markup that opens at `at` ends; 0 where "<" is a sign of comparison or "(" holds no direction."""
    opening = text[at]
    if opening == "<":
        match = _ANGLE.match(text, at)
        return match.end() if match else 0
    if opening == "(":
        end = text.find(")", at + 1, at + LONGEST_DIRECTION)
        return end + 1 if end > 0 and _DIRECTION.fullmatch(text, at + 1, end) else 0
    return partners.get(at, at) + 1
