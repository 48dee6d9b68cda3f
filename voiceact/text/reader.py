"""From a written text to its spoken form: markup off, tokens read by the language's rules, sentences told apart.

>>> speak("Dr. Lee paid $5 on May 3. Oh no.").spoken
'doctor Lee paid five dollars on May third. Oh no.'
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import ModuleType

from voiceact.errors import UsageError
from voiceact.text.form import Pause, Sentence, SpokenForm, SpokenWord, Tag
from voiceact.text.markup import find_stressed, find_tags
from voiceact.text.scan import Rule, Scan, Spoken

LANGUAGES = ("de", "en", "es", "fr")
"""languages with rules of their own; others are read plainly, and a note says so"""

MOST_NAMED = 20
"""tags, and brackets without a partner, that notes name"""

_SPACES = re.compile(r"\s+")
_PLAIN = re.compile(r"[A-Za-zà-öø-ÿœ][a-zà-öø-ÿœ]*(?:['’][a-zà-öø-ÿ]+)*(?=[\s,;!?]|:(?!/)|\.(?=\s|$|[\"'”’])|$)")
"""an everyday word: in small letters but perhaps for its first, with a space or a mark behind it"""
_ELLIPSIS = re.compile(r"\.(?:[ \u00a0]?\.)+|…\.*")
_DASH = re.compile(r"[-–—―‒]+")
_ODD = re.compile(r"(.)\1\1|^[IVXivx]{2,}$|.str$", re.IGNORECASE)
"""a letter three times, a word that may be a Roman numeral, or the short name of a German street"""
_OPENING = frozenset("([“‘«¿¡„‚‹")
_CLOSING = frozenset(")]”’»›")
_MARKS = frozenset(".,!?;:…—–-―‒\"'()[]“”‘’«»„‚‹›¿¡`´′″،")
_INVISIBLE = {
    ord(char): None for char in "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e\ufe0f"
}


def speak(
    text: str,
    language: str = "en",
    lexicon: Mapping[str, str] | None = None,
    *,
    known_tags: Iterable[str] = (),
    strict: bool = False,
) -> SpokenForm:
    """Bring a written text to its spoken form.

    Args:
        text: what the writer wrote; an empty line ends a paragraph
        language: code of the language, with or without a region ("en", "de-AT"); without rules it is read plainly
        lexicon: word -> how to say it, which comes before every rule; values are kept as they are for the engine
        known_tags: names of markup that something later understands, so that no note is made of it
        strict: refuse unknown markup instead of noting it
    Raises:
        UsageError: for unknown or unbalanced markup when strict, or a lone surrogate
    """
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise UsageError(
            f"the text holds a lone surrogate at character {_surrogate(text) + 1}; expected Unicode text: "
            "read the file as UTF-8"
        )
    notes: list[str] = []
    tags = find_tags(text)
    notes += _tag_notes(tags, {name.casefold() for name in known_tags}, strict)
    base = language.partition("-")[0].lower()
    if base not in LANGUAGES:
        notes.append(f"language {language!r} has no reading rules; numbers and signs are read as an engine reads them")
    scan = Scan(_blanked(text, tags))
    # Characters that nobody sees go first: what is left keeps its place through `places`.
    scan.text, places = _without_invisible(scan.text)
    spans = _stressed_spans(scan, text)
    sentences, missed = _scanned(scan, base, lexicon or {}, places, text, spans)
    notes += [f"the lexicon's {word!r} does not occur in the text" for word in missed]
    notes += [f"{char!r} is not read" for char in dict.fromkeys(scan.unread)]
    return SpokenForm(text, base if base in LANGUAGES else language, tuple(sentences), tuple(tags), tuple(notes))


def _surrogate(text: str) -> int:
    return next(place for place, char in enumerate(text) if "\ud800" <= char <= "\udfff")


def _tag_notes(tags: list[Tag], known: set[str], strict: bool) -> list[str]:
    """What to say of markup nobody knows; raises where it is refused."""
    notes: list[str] = []
    unbalanced = [tag for tag in tags if len(tag.text) == 1]
    unknown = [tag for tag in tags if len(tag.text) > 1 and tag.name.casefold() not in known]
    if strict and (unbalanced or unknown):
        tag = (unbalanced or unknown)[0]
        what = "has no partner" if tag in unbalanced else "is not known"
        raise UsageError(
            f"markup {tag.text!r} at character {tag.start + 1} {what}; take it out, or leave --strict away and it is not spoken"
        )
    if unknown:
        texts = list(dict.fromkeys(tag.text for tag in unknown))
        more = f" and {len(texts) - MOST_NAMED:,} more" if len(texts) > MOST_NAMED else ""
        notes.append("not spoken: " + ", ".join(texts[:MOST_NAMED]) + more)
    notes += [
        f"bracket {tag.text!r} at character {tag.start + 1} has no partner; it is not spoken" for tag in unbalanced[:MOST_NAMED]
    ]
    if len(unbalanced) > MOST_NAMED:
        notes.append(f"{len(unbalanced) - MOST_NAMED:,} more brackets have no partner; they are not spoken")
    return notes


def _blanked(text: str, tags: list[Tag]) -> str:
    """The text with spaces in place of its markup."""
    pieces: list[str] = []
    last = 0
    for tag in tags:
        filler = "".join("\n" if char == "\n" else "\u200b" for char in tag.text)
        # "Hello {b}there{/b}." keeps its full stop at the word: markup without a space of its own leaves none.
        pieces += [text[last : tag.start], filler]
        last = tag.end
    return "".join([*pieces, text[last:]])


def _without_invisible(text: str) -> tuple[str, list[int]]:
    """The text as it is scanned, composed and without invisible characters, and where each character came from."""
    pieces: list[str] = []
    places: list[int] = []
    if text.isascii():
        return text, list(range(len(text) + 1))
    for place, char in enumerate(text):
        if ord(char) in _INVISIBLE:
            continue
        if unicodedata.combining(char) and pieces:
            composed = unicodedata.normalize("NFC", pieces[-1] + char)
            if len(composed) == 1:
                pieces[-1] = composed
                continue
        pieces.append("'" if char in "’ʼ" else " " if char in "\u00a0\u202f\u2009\u2007" else char)
        places.append(place)
    return "".join(pieces), [*places, len(text)]


def _stressed_spans(scan: Scan, text: str) -> list[tuple[int, int]]:
    spans = find_stressed(scan.text)
    for start, end in spans:
        # The marks around a stress are silent; blanks keep the places.
        size = 1
        while start - size >= 0 and scan.text[start - size] in "*_":
            size += 1
        size -= 1
        scan.text = scan.text[: start - size] + " " * size + scan.text[start:end] + " " * size + scan.text[end + size :]
    return spans


class _Builder:
    """Collects words into sentences while the text is scanned."""

    def __init__(self, scan: Scan, places: list[int], text: str, spans: list[tuple[int, int]]):
        self.scan, self.places, self.text, self.spans = scan, places, text, spans
        self.sentences: list[Sentence] = []
        self.first = 0
        self.opening = ""

    def word(self, kind: str, start: int, end: int, verbalization: Spoken) -> None:
        """Add a word or value."""
        origin, stop = self.places[start], self.places[end - 1] + 1
        stressed = bool(self.spans) and any(a < end and b > start for a, b in self.spans)
        last = self.scan.words[-1] if len(self.scan.words) > self.first else None
        if last and not last.space and (not last.after or last.after[-1] in '”")') and not self.opening:
            last.space = True
        self.scan.words.append(
            SpokenWord(
                self.text[origin:stop],
                origin,
                stop,
                verbalization.spoken,
                verbalization.kind or kind,
                before=self.opening,
                space=False,
                ipa=verbalization.ipa,
                emphasis=max(verbalization.emphasis, float(stressed)),
                held=verbalization.held,
                stutter=verbalization.stutter,
                readings=verbalization.readings,
            )
        )
        self.opening = ""

    def mark(self, mark: str) -> None:
        """Add a mark to the word before it, or keep it for the next one."""
        words = self.scan.words
        if mark in _OPENING or len(words) == self.first or words[-1].space and mark in "\"'":
            if mark in '([{“"„«”' and not (mark == "”" and len(words) > self.first):
                self.opening += "“" if mark in "„«”" else mark
            return
        if words[-1].space and mark in "—…":
            words[-1].after += f" {mark}" if mark == "—" else mark
        else:
            words[-1].after += "”" if mark in "»" else mark

    def end(self, pause: Pause = "sentence") -> None:
        """End the sentence, if there is one."""
        words = self.scan.words
        if len(words) > self.first:
            marks = words[-1].after
            self.sentences.append(Sentence(tuple(words[self.first :]), pause, "?" in marks and "!" in marks))
            self.first = len(words)
        elif self.sentences and pause == "paragraph":
            last = self.sentences[-1]
            self.sentences[-1] = Sentence(last.words, pause, last.rising)


def _scanned(
    scan: Scan, language: str, lexicon: Mapping[str, str], places: list[int], text: str, spans: list[tuple[int, int]]
) -> tuple[list[Sentence], list[str]]:
    """Read the text token by token; also the keys of the lexicon that never matched."""
    rules = _rules(language)
    build = _Builder(scan, places, text, spans)
    entries, key_pattern = _lexicon_pattern(lexicon)
    used: set[str] = set()
    at = 0
    source = scan.text
    while at < len(source):
        char = source[at]
        if char.isspace():
            run = _SPACES.match(source, at)
            assert run
            if run[0].count("\n") > 1:
                build.end("paragraph")
            elif "\n" in run[0]:
                _line_end(scan, build, at, run.end())
            if scan.words:
                scan.words[-1].space = True
            at = run.end()
            continue
        if key_pattern and (entry := key_pattern.match(source, at)) and _whole(source, at, entry.end()):
            key = entry[0].casefold()
            used.add(key)
            build.word("lexicon", at, entry.end(), Spoken(entry[0]))
            scan.words[-1].given = entries[key]
            at = entry.end()
            continue
        if char in ",!?." and scan.after(at + 1).isspace():
            # No rule begins with a mark that ends a word; most tokens of prose are such marks.
            at = _read_mark(scan, build, rules, at)
            continue
        plain = _PLAIN.match(source, at)
        if plain and rules.is_plain(plain[0], scan, plain.end()):
            build.word("word", at, plain.end(), Spoken(plain[0]))
            at = plain.end()
            continue
        at = _token(scan, build, rules, at)
    build.end()
    return build.sentences, [word for word in lexicon if word.casefold() not in used]


def _whole(text: str, start: int, end: int) -> bool:
    """Whether a lexicon's key stands alone, not inside a longer word."""
    before, first, last, after = text[start - 1 : start], text[start], text[end - 1], text[end : end + 1]
    return not (before.isalnum() and first.isalnum()) and not (last.isalnum() and after.isalnum())


def _lexicon_pattern(lexicon: Mapping[str, str]) -> tuple[dict[str, str], "re.Pattern[str] | None"]:
    if not lexicon:
        return {}, None
    entries = {word.casefold(): value for word, value in lexicon.items()}
    keys = "|".join(re.escape(word) for word in sorted(lexicon, key=len, reverse=True) if word)
    return entries, re.compile(keys, re.IGNORECASE) if keys else None


def _line_end(scan: Scan, build: _Builder, start: int, end: int) -> None:
    """A single line end is a space, except behind a finished sentence or before a list."""
    if not scan.words:
        return
    after = scan.words[-1].after
    if after.endswith((".", "!", "?", "…", ":")) or scan.text[end : end + 1].isupper():
        build.end()


def _token(scan: Scan, build: _Builder, rules: "_Rules", at: int) -> int:
    """Read what stands at `at`, which is no space; return where the next token begins."""
    source = scan.text
    char = source[at]
    for rule in rules.at(char):
        match = rule.pattern.match(source, at)
        if not match or match.end() == at:
            continue
        if rule.kind not in ("symbol",) and source[match.end() - 1].isalnum() and _continued(source, match.end()):
            continue
        result = rule.say(match, scan)
        if result is None:
            continue
        verbalization = result if isinstance(result, Spoken) else Spoken(result)
        end = match.end() if verbalization.end is None else verbalization.end
        if verbalization.kind == "silent":
            return end
        if verbalization.spoken or verbalization.ipa:
            build.word(rule.kind, at, end, verbalization)
            if end < len(source) and source[end].isalnum() and source[end - 1] in "-–—.…":
                scan.words[-1].space = True
            if verbalization.joined:
                scan.words[-1].after, scan.words[-1].space = "-", False
            if verbalization.stop and source[end - 1] == "." and _ends_after_stop(scan, rules, end):
                scan.words[-1].after += "."
                build.end()
        return end
    return _read_mark(scan, build, rules, at)


def _continued(source: str, end: int) -> bool:
    """Whether letters go on behind a match that should have been a whole token."""
    return False


def _ends_after_stop(scan: Scan, rules: "_Rules", end: int) -> bool:
    """Whether the full stop of an abbreviation ends the sentence too."""
    rest = scan.text[end:]
    if not rest.strip():
        return True
    if rest.lstrip(" ").startswith("\n\n"):
        return True
    following = re.match(r"[\"'”’)]*\s+[\"'“‘(]*([^\W\d_]+)", rest)
    return bool(following and following[1][0].isupper() and following[1].lower() in rules.openers)


def _read_mark(scan: Scan, build: _Builder, rules: "_Rules", at: int) -> int:
    source = scan.text
    char = source[at]
    ellipsis = _ELLIPSIS.match(source, at)
    if ellipsis:
        build.mark("…")
        if scan.words:
            scan.words[-1].hesitates = True
        return _sentence_end(scan, build, ellipsis.end(), "…")
    dash = _DASH.match(source, at)
    if dash:
        return _read_dash(scan, build, at, dash.end())
    if source.startswith(("``", "''"), at):
        build.mark("“" if char == "`" else "”")
        return at + 2
    if char in ".!?":
        build.mark(char)
        end = at + 1
        while end < len(source) and source[end] in "!?.":
            if source[end] != char or source[end] == "?" and False:
                build.mark(source[end])
            end += 1
        return _sentence_end(scan, build, end, char)
    if char in _MARKS:
        if char not in "`´":
            build.mark(char)
        return at + 1
    if char.isalpha():
        # Another script, or a letter no rule knows: the engine says whether it can read it.
        end = at + 1
        while end < len(source) and source[end].isalpha():
            end += 1
        build.word("word", at, end, Spoken(source[at:end]))
        return end
    if not unicodedata.category(char).startswith(("C", "M")):
        scan.unread.append(char)
    return at + 1


def _read_dash(scan: Scan, build: _Builder, at: int, end: int) -> int:
    """A hyphen joins, a dash parts; one at the end of a clause breaks the speech off."""
    source = scan.text
    before, after = scan.before(at), scan.after(end)
    broken_line = re.match(r"\n[ \t]*(?=[^\W\d_])", source[end:])
    if source[at:end] == "-" and before.isalpha() and broken_line and scan.words:
        # A word broken over a line end is one word.
        match = re.compile(r"[^\W\d_]+").match(source, end + broken_line.end())
        if match and match[0].islower():
            word = scan.words[-1]
            word.spoken += match[0]
            word.end = build.places[match.end() - 1] + 1
            word.written = build.text[word.start : word.end]
            return match.end()
    if source[at:end] in ("-", "–") and before.isalnum() and after.isalnum():
        if scan.words:
            scan.words[-1].space = True
        return end
    if not scan.words or len(scan.words) == build.first:
        return end
    build.mark("—")
    if not re.match(r"[\"'”’)]*\s*[\w(“\"]", source[end:]) or re.match(r"[\"”’]", source[end:]):
        scan.words[-1].broken = True
        if not re.match(r"\s*[\"”’)]*\s*[a-z]", source[end:]):
            return _sentence_end(scan, build, end, "—")
    elif before.isspace() is False or True:
        scan.words[-1].space = True
    return end


def _sentence_end(scan: Scan, build: _Builder, end: int, mark: str) -> int:
    """Take closing quotes in, and end the sentence unless it goes on in small letters."""
    source = scan.text
    while end < len(source) and (source[end] in "”’»)" or source[end] in "\"'" and scan.after(end + 1).isspace()):
        build.mark(source[end])
        end += 1
    rest = source[end : end + 12]
    if not rest.strip():
        return end
    if not rest[0].isspace():
        if mark == "." and (rest[0].islower() or rest[0].isdigit()) or mark in "…—":
            return end
        if rest[0] in ",;:)":
            return end
        if scan.words:
            scan.words[-1].space = True
        if not rest[0].isupper():
            return end
    following = rest.lstrip().lstrip("\"'“‘(—–-¿¡«„")
    if following[:1].islower() and "\n\n" not in rest[:4]:
        return end
    build.end()
    return end


class _Rules:
    """The rules of a language by the character that a token begins with."""

    def __init__(self, module: ModuleType):
        self.digits: list[Rule] = module.ADDRESSES + module.NUMBERS
        self.letters: list[Rule] = module.ADDRESSES + module.LETTERS
        self.signs: list[Rule] = module.ADDRESSES + module.SIGNED + module.SIGNS
        self.watched: frozenset[str] = module.WATCHED
        self.openers: frozenset[str] = module.OPENERS
        self.counted: frozenset[str] = module.COUNTED
        self.plain: set[str] = set()

    def is_plain(self, word: str, scan: Scan, end: int) -> bool:
        """Whether no rule has anything to say of the word that ends at `end`; "I" and "a" depend on what is beside them."""
        if word in self.plain:
            return True
        if len(word) == 1:
            last = scan.last_word()
            if word == "a":
                return last.islower()
            spaced = scan.after(end) == " " and scan.after(end + 1).islower()
            return word == "I" and (last.islower() and last not in self.counted or not last and spaced)
        if word.lower() in self.watched or _ODD.search(word):
            return False
        if len(word) > 1 and len(self.plain) < 20_000:
            self.plain.add(word)
        return True

    def at(self, char: str) -> list[Rule]:
        if char.isdigit() or char in "½⅓¼⅕⅙⅐⅛⅑⅒⅔⅖¾⅗⅜⅘⅚⅝⅞":
            return self.digits
        return self.letters if char.isalpha() else self.signs


@lru_cache
def _rules(language: str) -> _Rules:
    from importlib import import_module

    names = {"en": "english", "de": "german", "es": "spanish", "fr": "french"}
    return _Rules(import_module(f"voiceact.text.{names.get(language, 'plain')}"))
