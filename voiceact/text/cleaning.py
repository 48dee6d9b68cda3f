"""A user's own text made ready to be spoken: what cannot be spoken is dropped or refused.

>>> from voiceact.text.cleaning import clean_text
>>> clean_text("  Well   done 🎉!  ", language="en")
('Well done!', ('dropped what cannot be spoken: 🎉',))
"""

import re
import unicodedata

from voiceact.errors import UsageError, count_noun, listed
from voiceact.text.markup import without_markup

MAX_CHARACTERS = 20_000
"""of a text that is held in memory as one take: from Python, a recipe or a server"""

# Languages of which every letter is Latin; the text of any other language is not checked for its letters.
LATIN_LANGUAGES = {
    "de": "German", "en": "English", "es": "Spanish", "fr": "French", "it": "Italian", "nl": "Dutch",
    "pl": "Polish", "pt": "Portuguese",
}  # fmt: skip

_UNSPEAKABLE = {
    "Cc": "control character", "Cs": "lone surrogate", "Co": "private-use character",
    "Cn": "unassigned character",
}  # fmt: skip
_WHITE_CONTROLS = "\t\n\v\f\r\x85"
_REPLACEMENT = "\ufffd"

_EMOJI = "[\U0001f000-\U0001faff\u2600-\u27bf\u231a\u231b\u2328\u23cf\u23e9-\u23fa\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55]"
_EMOJI_PART = f"{_EMOJI}[\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*"
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_EMOJI_CLUSTER = re.compile(f"{_FLAG}|{_EMOJI_PART}(?:\u200d{_EMOJI_PART})*")
# With the space before it; where punctuation follows at once, that space goes as well.
_EMOJI_RUN = re.compile(f"(?: ?(?:{_EMOJI_CLUSTER.pattern}))+(?P<mark>(?=[.,;:!?…]))?")

# Soft hyphens, joiners, direction marks, variation selectors. Scripts from Hebrew to Sinhala spell with
# joiners (U+200C, U+200D), so those stay behind one of their letters.
_INVISIBLE = re.compile(
    "[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufe00-\ufe0f\u20e3\U000e0001\U000e0020-\U000e007f]"
    "|(?<![\u0590-\u0dff])[\u200c\u200d]"
)


def clean_text(text: str, *, language: str | None = None, longest: int | None = MAX_CHARACTERS) -> tuple[str, tuple[str, ...]]:
    """A user's text as an engine may have it, and what was dropped from it.

    Unicode NFC, single spaces, no emoji, nothing invisible; an empty line between paragraphs stays, a word that is broken
    over a line end is joined. Markup stays, as it is found and left unspoken later (`voiceact.text.find_tags`). Cleaning twice
    is cleaning once.

    Args:
        text: plain text
        language: ISO 639-1; if None, or none of `LATIN_LANGUAGES`, the letters are not checked
        longest: characters that the cleaned text may have; None is any number

    Returns:
        the text, and notes for the user, one sentence each; no note if only white space was changed

    Raises:
        UsageError: if the text is empty, too long, or has nothing to speak, such as markup alone; if it holds a control
            character, or letters that the language is not written in
    """
    _refuse_unspeakable(text)
    text, notes = _without_unsounded(_single_spaces(text))
    text = _single_spaces(unicodedata.normalize("NFC", text))
    if notes and not text:
        raise UsageError(f"nothing is left to speak of the text: {'; '.join(notes)}; write some words")
    _refuse_unusable(text, longest)
    if language is not None:
        check_letters(text, _primary(language))
    return text, notes


_EMPTY_LINE = re.compile(r"(?:\r\n|[^\S\n])*\n(?:[^\S\n]*\n)+\s*")
_BROKEN_WORD = re.compile(r"(?<=[^\W\d_])-\r?\n[ \t]*(?=[a-zß-öø-ÿ])")


def _single_spaces(text: str) -> str:
    """White space as single spaces, empty lines as one, words that are broken over a line end joined."""
    text = _BROKEN_WORD.sub("", text.replace("\r\n", "\n"))
    paragraphs = (" ".join(paragraph.split()) for paragraph in _EMPTY_LINE.split(text))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _refuse_unspeakable(text: str) -> None:
    for position, character in enumerate(text):
        kind = _UNSPEAKABLE.get(unicodedata.category(character))
        if character == _REPLACEMENT:
            kind = "replacement character of a text read in the wrong encoding"
        # Emoji newer than this Python's Unicode tables are unassigned to it, and dropped like the others.
        if kind and character not in _WHITE_CONTROLS and not _EMOJI_CLUSTER.match(character):
            raise UsageError(
                f"the text holds U+{ord(character):04X} ({kind}) at character {position + 1};"
                " remove it, or read the file as UTF-8"
            )


def _without_unsounded(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without emoji and invisible characters, and a note on each of the two."""
    emoji = dict.fromkeys(_EMOJI_CLUSTER.findall(text))
    text = _EMOJI_RUN.sub(lambda run: " " if run["mark"] is None else "", text)
    invisible = dict.fromkeys(_INVISIBLE.findall(text))
    text = _INVISIBLE.sub("", text)
    notes = []
    if emoji:
        notes.append(f"dropped what cannot be spoken: {listed(emoji)}")
    if invisible:
        notes.append(f"dropped what cannot be seen: {listed(f'U+{ord(c):04X}' for c in invisible)}")
    return text, tuple(notes)


def _refuse_unusable(text: str, longest: int | None) -> None:
    spoken = without_markup(text)
    if not any(character.isalnum() for character in spoken):
        if any(character.isalnum() for character in text):
            raise UsageError(f"the text is nothing but markup, which is not spoken ({text[:60]!r}); write some words")
        raise UsageError(
            "the text has no letter or digit, so there is nothing to speak; write some words"
            if text
            else "the text is empty; write some words"
        )
    if longest is not None and len(text) > longest:
        raise UsageError(
            f"the text has {count_noun(len(text), 'character')} and {longest:,} can be spoken at once;"
            " `voiceact synth --text-file` speaks a text of any length, `voiceact lines` a table of paragraphs"
        )


def check_letters(text: str, language: str) -> None:
    """Raise UsageError where a word is not in the letters of its language, for the languages of `LATIN_LANGUAGES`."""
    name = LATIN_LANGUAGES.get(language)
    for word in without_markup(text).split() if name else ():
        if not all(map(_is_latin, word)):
            shown = re.sub(r"^[\W_]+|[\W_]+$", "", word)
            raise UsageError(
                f"{shown!r} is not in Latin letters, in which {name} ({language}) is written;"
                " write it in Latin letters, or name the language of the text"
            )


def _is_latin(character: str) -> bool:
    """Whether it is a Latin letter or no letter at all; modifier letters and µ, ª, º belong to all."""
    return (
        unicodedata.category(character) not in ("Lu", "Ll", "Lt", "Lo")
        or character in "µªº"
        or "LATIN" in unicodedata.name(character, "")
    )


def _primary(language: str) -> str:
    return re.split("[-_]", language.strip().casefold())[0]
