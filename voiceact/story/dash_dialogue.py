"""Speech behind a dash, as French, Spanish and some English texts write it.

>>> [(piece.quoted, piece.text) for piece in split_dashes("— I know — she said — but I won’t.")]
[(True, '— I know —'), (False, 'she said —'), (True, 'but I won’t.')]
>>> [(piece.quoted, piece.text) for piece in split_dashes("— Come in, said Anna. It isn’t locked.")]
[(True, '— Come in,'), (False, 'said Anna.'), (True, 'It isn’t locked.')]

No mark closes such speech, so where the narration begins and ends is read from the words. What may be either is marked as
unsure.
"""

import re

from voiceact.story.genders import gender_of
from voiceact.story.quotations import Piece
from voiceact.story.speech_tags import AFTER_VERB_FIRST, DASH, DESCRIBED, FILLER, NAME, NO_TITLE, VERB, VERBS

_STOPS = rf"{NO_TITLE}[.!?…]+"
_OPENING = re.compile(rf"\s*{DASH}\s*(?=[^\W_a-z]|[’…¿¡(])")
"""a dash and a capital; a small letter goes on with what was told"""
_INTRODUCED = re.compile(rf"(?P<lead>[^—–―:]*\b(?:{'|'.join(VERBS)})\b[^.!?—–―:]*:)\s*(?={DASH}\s*[^\W_a-z])")
_SIGNATURE = re.compile(rf"\s*{DASH}\s*[A-Z][\w.’'-]*(?:,?\s+(?:(?:of|the|de|von|van|and)\s+)?[A-Z][\w.’'-]*)+\s*")
_SEAM = re.compile(rf"(?P<dash>\s*{DASH}[.,;:]?\s*)|(?<=[,!?…])\s+|(?<=\.)\s+(?=[a-z])")
"""where narration may begin: at a dash, or behind a mark"""
_THIRD = rf"(?P<subject>(?:[Hh]e|[Ss]he|[Tt]hey|I)\b|{DESCRIBED}|{NAME})"
_TAIL = (
    r"(?:\s+(?:\w+ly|again|aloud|out|back|at\s+last|at\s+once|then|slowly|"
    r"(?:to|at)\s+(?:him|her|me|them|us|himself|herself|nobody|the\s+\w+|[A-Z]\w+)|"
    r"(?:in|with)\s+(?:an?|his|her|the)(?:\s+[\w’'-]+){1,4}?))*"
)
_TAG = re.compile(rf"{_THIRD}{FILLER}\s+{VERB}\b{_TAIL}(?=\s*(?:[,.;:!?…]|{DASH}|$|and\s))")
_NO_INVERSION = frozenset("say ask read told tells lied".split())
"""verbs that stand before an object more often than before who speaks: "say the word" """
_BEATS = (
    "turned looked smiled laughed nodded stood sat rose walked closed opened shook sighed shrugged took put pointed leaned "
    "grinned frowned paused stopped hesitated wiped poured lifted raised lowered bowed knelt crossed reached stared glanced "
    "gazed waited wept blushed coloured moved stepped sprang dropped folded rubbed scratched swallowed blinked winked"
).split()
_BEAT = re.compile(rf"{_THIRD}{FILLER}\s+(?:{'|'.join(_BEATS)})\b")
_PAST = re.compile(
    r"\b(?:[a-z]{2,}ed|was|were|had|went|came|took|gave|got|stood|sat|rose|ran|fell|held|put|made|drew|threw|left|kept|knew|saw|"
    r"let|said|told|thought|felt|heard|found|began|shook|spoke|lay|led|lit|met|paid|sent|struck|swore|tore|woke|wore|wept|won|"
    r"wrote|broke|brought|caught|could|did|drank|drove|ate|bent|bit|blew|sprang|would)\b"
)
_SPOKEN = re.compile(
    r"\b(?:I|you|your|yours|we|us|our|my|me|mine|is|are|am|has|have|will|shall|can|must|do|does|don|let's)\b|\w['’](?:t|re|ll|m|ve|d)\b|"
    r"[!?]\s*$",
    re.IGNORECASE,
)
"""of the persons and tenses in which people speak, and tales are not told"""
_FIRST = re.compile(r"\b(?:I|we)\b(?!['’])")
_GOES_ON = re.compile(
    r"(?:(?!(?:any|every|no|some)?thing\b|king\b|bring\b|sing\b|spring\b|during\b)(?:still\s+|and\s+)?[a-z]+ing\b|[a-z]+ly\b|"
    r"who(?:se)?\b|which\b|with(?:out)?\b|while\b|when\s+(?:he|she|they)\b|as\s+(?:he|she|they|if|though)\b|"
    r"(?:in|to|at|from)\s+(?:an?|his|her|the|him|them)\b|(?:his|her)\s+\w+\s+\w+(?:ing|ed)\b)"
)
"""how the narration goes on behind a comma: "said Anna, wiping her hands" """
_CLAUSE_END = re.compile(rf"(?P<dash>\s*{DASH}[.,;:]?\s*)|(?P<stop>{_STOPS}\s+)|(?P<comma>,\s+)")
_SENTENCE_STOP = re.compile(rf"{_STOPS}(?=\s|$)|\s{DASH}")
_LONGEST_TAG = 300
"""characters in which the words that say who speaks are looked for"""
_DASH = re.compile(rf"\s*{DASH}[.,;:]?\s*")
_LEADING_DASH = re.compile(rf"\s*{DASH}\s*")


class _Reader:
    """Reads one paragraph from left to right into `pieces`.

    Args:
        text: the paragraph
    """

    def __init__(self, text: str):
        self.text = text
        self.pieces: list[Piece] = []
        self._subject = ""

    def add(self, start: int, end: int, *, quoted: bool, unsure: bool = False) -> None:
        """Add a stretch of the text; narration behind narration, and speech behind speech, is one piece."""
        words = self.text[start:end].strip()
        last = self.pieces[-1] if self.pieces else None
        if last and (last.quoted, last.unsure) == (quoted, unsure) and not unsure:
            self.pieces[-1] = Piece(f"{last.text} {words}".strip(), quoted)
        elif words:
            self.pieces.append(Piece(words, quoted, unsure=unsure))

    def read_from(self, place: int) -> None:
        """Read the rest of the paragraph, from a place at which somebody speaks."""
        while place < len(self.text):
            place = self._read_speech(place)

    def _read_speech(self, start: int) -> int:
        """Read speech to its end, and the narration behind it; return where somebody speaks again."""
        unsure = False
        opening = _LEADING_DASH.match(self.text, start)
        for seam in _SEAM.finditer(self.text, opening.end() if opening else start):
            rest, dash = self.text[seam.end() : seam.end() + _LONGEST_TAG], bool(seam["dash"])
            subject = self._subject_of_tag(rest)
            if subject is not None:
                self._subject = subject
                self.add(start, seam.end(), quoted=True, unsure=unsure)
                return self._read_narration(seam.end(), opened_by_dash=dash)
            if dash and _BEAT.match(rest):
                # Tom may look up here, or be told of.
                self.add(start, seam.end(), quoted=True, unsure=unsure)
                end = _DASH.search(self.text, seam.end())
                self.add(seam.end(), end.end() if end else len(self.text), quoted=True, unsure=True)
                return end.end() if end else len(self.text)
            if dash and self.text[start : seam.start()].rstrip()[-1:] in tuple(".!?…") and rest[:1].isupper():
                # A new sentence behind a dash may be another person's.
                self.add(start, seam.start(), quoted=True, unsure=unsure)
                start, unsure = seam.start(), True
        self.add(start, len(self.text), quoted=True, unsure=unsure)
        return len(self.text)

    def _subject_of_tag(self, rest: str) -> str | None:
        """Return the subject of "said Anna" or "she said quietly,"; None where the text begins with something else."""
        inverted = AFTER_VERB_FIRST.match(rest)
        if inverted and rest[0].isalpha() and (inverted["verb"] not in _NO_INVERSION or inverted["subject"] in ("I", "they")):
            return inverted["subject"]
        tag = _TAG.match(rest)
        return tag["subject"] if tag else None

    def _read_narration(self, start: int, *, opened_by_dash: bool) -> int:
        """Read narration from the words that say who speaks; return where somebody speaks again."""
        place = start
        for end in _CLAUSE_END.finditer(self.text, start):
            if end["dash"]:
                self.add(start, end.end(), quoted=False)
                return end.end()
            place = end.end()
            following = _CLAUSE_END.search(self.text, place)
            clause = self.text[place : following.end() if following else len(self.text)].strip()
            if end["comma"]:
                if opened_by_dash or self._goes_on(clause):
                    continue
                self.add(start, place, quoted=False)
                return place
            sentence_end = _SENTENCE_STOP.search(self.text, place)
            stop = sentence_end.end() if sentence_end else len(self.text)
            kind = self._kind(self.text[place:stop].strip())
            if kind == "told" or (opened_by_dash and _DASH.search(self.text, place)):
                continue
            self.add(start, place, quoted=False)
            if kind == "said" and not opened_by_dash:
                return place
            self.add(place, stop, quoted=True, unsure=True)
            start = stop
        self.add(start, len(self.text), quoted=False)
        return len(self.text)

    def _goes_on(self, clause: str) -> bool:
        """Return whether the narration goes on behind a comma."""
        if _FIRST.search(clause) or re.search(r"\b(?:you|your|my|me)\b|[!?]$", clause):
            return False
        if _GOES_ON.match(clause):
            return True
        also = re.match(r"(?:and|but|then|for|so)\s+(?:then\s+)?(?:(?P<who>he|she|they|[A-Z]\w+)\s+)?(?=\w)", clause)
        return bool(also and _PAST.match(clause, also.end()) and (not also["who"] or self._means_speaker(also["who"])))

    def _kind(self, sentence: str) -> str:
        """Return whether a sentence behind the narration is "said", "told", or "unsure"."""
        past = _PAST.search(sentence)
        if _SPOKEN.search(sentence):
            return "unsure" if past and _FIRST.match(sentence) and _BEAT.match(sentence) else "said"
        if not past:
            return "said"
        subject = re.match(_THIRD, re.sub(r"^(?:Then|But|And|So)\s+", "", sentence))
        # Nobody speaks of himself as "he".
        return "told" if subject and self._means_speaker(subject["subject"]) else "unsure"

    def _means_speaker(self, subject: str) -> bool:
        """Return whether a subject is who speaks in this paragraph."""
        speaker, word = self._subject.casefold(), subject.casefold()
        if word in ("he", "she"):
            return speaker == word or gender_of(self._subject) == ("male" if word == "he" else "female")
        return word == speaker


def split_dashes(paragraph: str) -> list[Piece]:
    """Cut a paragraph that begins with a dash, or whose dash stands behind "Tom said:", into what is said and what is told.

    Args:
        paragraph: on one line

    Returns:
        its stretches; none where it is no such paragraph
    """
    lead = _INTRODUCED.match(paragraph)
    begin = lead.end() if lead else 0
    opening = _OPENING.match(paragraph, begin)
    if not opening or _SIGNATURE.fullmatch(paragraph):
        return []
    reader = _Reader(paragraph)
    if lead:
        reader.add(0, begin, quoted=False)
    reader.read_from(begin)
    return reader.pieces
