"""Quoted speech of a paragraph, and who says it.

>>> tale = ["“Who is there?” asked Anna.", "“Only me,” said the old man."]
>>> [[(part.text, part.speaker) for part in parts] for parts in name_speakers(tale)]
[[('“Who is there?”', 'Anna'), ('asked Anna.', '')], [('“Only me,”', 'old man'), ('said the old man.', '')]]

A speaker is named by the words around the quotation ("said Anna", "Tom turned and asked:"). What is only inferred is marked as
a guess, and what is not known stays with the narrator.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from voiceact.prompting.cast import DETERMINER, name_key

How = Literal["narration", "named", "first person", "continued", "pronoun", "guessed", "unresolved", "unknown"]
"""by what a speaker is known: the words around the quotation, the paragraph before, a pronoun, a guess, words that do not say
who is meant ("they cried"), or nothing"""

_TELLER = "I"
MENTIONS_KEPT = 8
"""names last mentioned, among which a pronoun is resolved"""

_VERBS = (
    "said says say asked asks ask replied replies answered answers cried cries shouted shouts whispered whispers "
    "murmured murmurs muttered mutters mumbled exclaimed exclaims called calls yelled screamed shrieked roared "
    "bellowed growled snarled hissed sobbed wept sighed groaned moaned gasped laughed chuckled giggled added adds "
    "continued continues went began begins remarked observed declared announced explained insisted protested objected "
    "demanded inquired enquired repeated returned responded rejoined retorted interrupted suggested agreed admitted "
    "confessed promised warned begged pleaded ordered commanded urged stammered stuttered snapped grumbled complained "
    "thought wondered thundered croaked squeaked panted breathed drawled boomed barked purred sneered teased joked "
    "lied noted stated told tells quoth ejaculated concluded resumed pursued ventured hinted assured mused pronounced "
    "read recited sang chanted reiterated persisted argued advised corrected encouraged whimpered blurted"
).split()
_VERB = rf"(?P<verb>{'|'.join(sorted(_VERBS, key=len, reverse=True))})"
_PLAIN_VERBS = frozenset("said says asked asks replied answered".split())
_NAME = r"(?:(?:Mr|Mrs|Ms|Dr|St)\.?\s+)?[A-Z][\w’'-]*(?:\s+(?:(?:of|the|de|von|van)\s+)?[A-Z][\w’'-]*){0,3}"
_PROPER_NAME = re.compile(r"(?:(?:Mr|Mrs|Ms|Dr|St)\.?\s+)?\b[A-Z][a-z]+\b(?:\s+[A-Z][a-z]+\b)?")
_NOUN_STOPS = (
    "with of in at to from who as and when while after before but again then once for by on over behind into out up down "
    "suddenly softly quietly aloud at last its his her their was were had did is took shook went came got stood sat rose "
    "ran fell held put made gave drew threw left kept knew saw let"
)
_DESCRIBED = (
    r"(?:[Tt]he|[Aa]n?|[Hh]is|[Hh]er|[Tt]heir|[Mm]y|[Oo]ur)\s+"
    rf"(?:(?!(?:{'|'.join(_NOUN_STOPS.split())})\b)(?!\w+ly\b)[\w’'-]+)"
    rf"(?:\s+(?!(?:{'|'.join(_NOUN_STOPS.split())}|{'|'.join(_VERBS)})\b)(?!\w+(?:ly|ed)\b)[\w’'-]+){{0,3}}"
)
_SUBJECT = rf"(?P<subject>(?:[Hh]e|[Ss]he|[Tt]hey|[Ii]t|I|[Ww]e)\b|{_DESCRIBED}|{_NAME})"
_FILLER = r"(?:\s*,?\s*(?:\w+ly|then|also|had|at last|at once|only|just|again))?"
_LEAD = r"^[\s,—–-]*"
_AFTER_VERB_FIRST = re.compile(rf"{_LEAD}{_VERB}(?:\s+(?:\w+ly|out|on))?\s+{_SUBJECT}")
_AFTER_SUBJECT_FIRST = re.compile(rf"{_LEAD}{_SUBJECT}{_FILLER}\s+{_VERB}\b(?!\s+(?:nothing|no\s+more|not|it)\b)")
_BEFORE_ADJACENT = re.compile(rf"(?:^|[\s,;“”—–]){_SUBJECT}{_FILLER}\s+{_VERB}\b[^.!?]*$")
_BEFORE_INVERTED = re.compile(rf"(?:^|[\s,;—–])(?i:{_VERB})\s+{_SUBJECT}[^.!?]*$")
_BEFORE_VERB = re.compile(rf"\b{_VERB}\b[^.!?]*$")
_SENTENCE_END = re.compile(r"(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)(?<!\bSt)[.!?…][’”\"]?\s+")
_OPENING = re.compile(r"\W*(?:(?:then|but|and|so|now|again|at last)\W+)*", re.IGNORECASE)
_PREPOSITIONS = frozenset(
    "in on at of to with from by for into upon over under behind after before near through as like".split()
)
_NO_NAMES = frozenset(
    "and but then so when while after before if as at in on for the a an that this these those there here yes no oh "
    "now what who how why where which with once one suddenly finally not never perhaps still only just even all both "
    "each later soon meanwhile to from by chapter it he she they we i you his her their my our god heaven".split()
)

_PAIRS = {"“": "”", "«": "»", "„": "“", "「": "」"}
_ENDS_OF_SPEECH = ".,!?…—–;:-"

_FEMALE = frozenset(
    "mrs ms miss lady madam madame queen princess mother mum mama grandmother grandma aunt auntie sister daughter "
    "girl woman wife widow witch duchess countess nurse maid hostess mistress nun anna anne ann mary maria martha "
    "alice elizabeth jane emma sarah sara lucy clara rose ruth julia julie kate katherine catherine margaret helen "
    "ellen grace eva eve ella lily laura lydia charlotte sophie sophia susan amy beth meg jo dorothy nora molly polly "
    "wendy peggy betty nancy harriet agnes marianne elinor rebecca rachel hannah esther lena mina irene olga natasha "
    "sonia isabella gretel heidi".split()
)
_MALE = frozenset(
    "mr sir lord king prince father dad papa grandfather grandpa uncle brother son boy man husband widower wizard "
    "duke count monk gentleman master fellow lad tom thomas john jack james william will bill henry harry george "
    "charles charlie edward ned robert bob peter paul david daniel samuel sam ben benjamin joseph joe michael mike "
    "simon mark luke matthew adam arthur albert alfred frank fred frederick philip richard dick walter oliver oscar "
    "sherlock watson holmes jim tim timothy toby hans hansel karl otto ivan boris anton victor hugo scrooge huck "
    "jonathan stephen andrew alexander".split()
)


@dataclass(frozen=True, slots=True)
class SpeechPart:
    """A stretch of a paragraph that one person says.

    Attributes:
        text: as written, quotation marks included
        speaker: a name without article; empty for the narrator
        how: by what the speaker is known
        tag: the narration beside a quotation, in which its manner is told
    """

    text: str
    speaker: str = ""
    how: How = "narration"
    tag: str = ""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of a paragraph: quoted, and whether its closing mark is missing, or not."""

    text: str
    quoted: bool
    open: bool = False


def gender_of(name: str) -> str:
    """Return "female", "male" or, where no word of a name says it, ""."""
    words = set(re.findall(r"[^\W\d_]+", name.casefold()))
    female, male = bool(words & _FEMALE), bool(words & _MALE)
    return "" if female == male else "female" if female else "male"


def split_speech(paragraph: str) -> list[_Piece]:
    """Cut a paragraph into quoted and other stretches.

    Quotations stand between “ ”, « », „ “ or straight marks; between ‘ ’ where the paragraph has no other marks. A closing mark
    that is missing ends with the paragraph.
    """
    pieces: list[_Piece] = []
    single = "‘" in paragraph and not any(mark in paragraph for mark in '“"«„')
    last = place = 0
    while place < len(paragraph):
        char = paragraph[place]
        if char == '"':
            end = paragraph.find('"', place + 1)
        elif char in _PAIRS:
            end = paragraph.find(_PAIRS[char], place + 1)
            if end < 0 and char == "„":
                end = paragraph.find("”", place + 1)
        elif char == "‘" and single:
            closing = re.compile(r"(?<=[.,!?…—–;:-])’(?!\w)").search(paragraph, place + 1)
            end = closing.start() if closing else -1
            if end < 0 and place > 0:
                place += 1
                continue
        else:
            place += 1
            continue
        is_open = end < 0
        end = len(paragraph) if is_open else end + 1
        if paragraph[last:place].strip():
            pieces.append(_Piece(paragraph[last:place].strip(), False))
        pieces.append(_Piece(paragraph[place:end].strip(), True, is_open))
        last = place = end
    if paragraph[last:].strip():
        pieces.append(_Piece(paragraph[last:].strip(), False))
    return _merge_mentions(pieces)


def _merge_mentions(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Join quoted words that nobody says, as in: the so-called "Beast" was a cat, with the narration around them."""
    merged: list[_Piece] = []
    for number, piece in enumerate(pieces):
        inner = piece.text.strip('“”"«»„‘’「」 ')
        after = pieces[number + 1].text if number + 1 < len(pieces) else ""
        tagged = _AFTER_VERB_FIRST.match(after) or _AFTER_SUBJECT_FIRST.match(after)
        said = number == 0 or piece.open or inner[-1:] in _ENDS_OF_SPEECH or tagged or pieces[number - 1].text[-1:] in ":,"
        quoted = piece.quoted and bool(said) and any(map(str.isalnum, inner))
        alone_behind = bool(merged) and not merged[-1].quoted
        if not quoted and alone_behind:
            glue = "" if not piece.quoted and piece.text[0] in ".,!?;:" else " "
            merged[-1] = _Piece(merged[-1].text + glue + piece.text, False)
        else:
            merged.append(_Piece(piece.text, quoted, piece.open))
    return merged


@dataclass
class _Context:
    """What is known when a paragraph is read: who was mentioned last, and who spoke in the paragraphs before."""

    mentions: list[str]
    turns: list[str]
    open_speaker: str = ""
    open_how: How = "unknown"
    is_open: bool = False

    def mention(self, name: str) -> None:
        self.mentions = [other for other in self.mentions if name_key(other) != name_key(name)][-MENTIONS_KEPT:] + [name]


class SpeakerNaming:
    """Names the speakers of a tale, paragraph by paragraph.

    Args:
        names: of people who may speak, beside those that the text itself names
        genders: name -> "female" or "male", where the name does not say it
    """

    def __init__(self, names: Iterable[str] = (), genders: Mapping[str, str] | None = None):
        self.names = {name_key(name): name for name in names}
        self._genders = {name_key(name): gender for name, gender in (genders or {}).items()}
        self._context = _Context([], [])

    def gender(self, name: str) -> str:
        """Return "female", "male" or "" where it is not known."""
        return self._genders.get(name_key(name)) or gender_of(name)

    def read(self, paragraph: str) -> list[SpeechPart]:
        """Return the parts of the next paragraph, in order."""
        context, pieces = self._context, split_speech(paragraph)
        parts: list[SpeechPart] = []
        for number, piece in enumerate(pieces):
            if not piece.quoted:
                parts.append(SpeechPart(piece.text))
                self._note_mentions(piece.text)
                continue
            before = pieces[number - 1].text if number and not pieces[number - 1].quoted else ""
            after = pieces[number + 1].text if number + 1 < len(pieces) and not pieces[number + 1].quoted else ""
            first = not any(part.how != "narration" for part in parts)
            speaker, how = self._speaker(piece, before, after, context.turns[-1] if context.turns else "")
            if how == "unknown" and context.is_open and first:
                speaker, how = context.open_speaker, "continued" if context.open_how not in _UNNAMED else "unknown"
            if speaker:
                speaker = self.names.setdefault(name_key(speaker), speaker)
                context.mention(speaker)
            parts.append(SpeechPart(piece.text, speaker, how, f"{before} {after}".strip()))
        parts = self._shared_within(parts)
        parts = self._inferred(parts)

        # Remember for the next paragraph who spoke, and whether the quotation goes on.
        quotes = [part for part in parts if part.how != "narration"]
        speakers = {name_key(part.speaker) for part in quotes}
        teller = _TELLER if quotes and quotes[0].how == "first person" else ""
        context.turns = [*context.turns[-1:], (quotes[0].speaker or teller) if len(speakers) == 1 else ""]
        context.is_open = bool(pieces) and pieces[-1].open
        if quotes:
            context.open_speaker, context.open_how = quotes[-1].speaker, quotes[-1].how
        return parts

    def _speaker(self, piece: _Piece, before: str, after: str, previous: str) -> tuple[str, How]:
        """Return who says a quotation by the narration right before and behind it."""
        ends_sentence = piece.text.rstrip('”"»’“」 ')[-1:] == "."
        behind = _AFTER_VERB_FIRST.match(after)
        if behind is None:
            behind = _AFTER_SUBJECT_FIRST.match(after)
            # “Come.” Anna cried all night: behind a full stop only a plain verb of speech is a tag.
            if behind and ends_sentence and behind["verb"] not in _PLAIN_VERBS:
                behind = None
        if behind and (named := self._resolve(behind["subject"], previous)):
            return named
        sentence = _SENTENCE_END.split(before)[-1]
        if sentence.rstrip()[-1:] in tuple(",:—–") and sentence.strip():
            match = _BEFORE_ADJACENT.search(sentence) or _BEFORE_INVERTED.search(sentence)
            if match and (named := self._resolve(match["subject"], previous)):
                return named
            # Tom got up and said: the first person of the sentence, which is certain only where nobody else is in it.
            verb = _BEFORE_VERB.search(sentence)
            lead = sentence[: verb.start()] if verb else ""
            for subject in re.finditer(_SUBJECT, lead):
                if lead[: subject.start()].split()[-1:] and lead[: subject.start()].split()[-1].casefold() in _PREPOSITIONS:
                    continue
                if named := self._resolve(subject["subject"], previous):
                    at_start = _OPENING.fullmatch(lead[: subject.start()]) is not None or named[1] == "unresolved"
                    return named if at_start and len(self._known_in(lead)) <= 1 else (named[0], "guessed")
        return "", "unknown"

    def _resolve(self, subject: str, previous: str) -> tuple[str, How] | None:
        """Return the speaker that a subject names; None where it is nobody."""
        word = subject.casefold()
        if word in ("i", "we"):
            return "", "first person"
        if word in ("they", "it"):
            return "", "unresolved"
        if word not in ("he", "she"):
            name = DETERMINER.sub("", subject.strip(), count=1)
            while name and name.split()[0].casefold().strip(".") in _NO_NAMES:
                name = " ".join(name.split()[1:])
            name = re.sub(r"[’']s$", "", name)
            if capitals := re.match(r"(?:[A-Z][\w’'-]*\.?\s?)+", name):
                # "the Dormouse woke": only the name itself is a name.
                name = name if " of " in name or " the " in name else capitals[0].strip()
            return (self.names.get(name_key(name), name), "named") if name else None
        wanted = "male" if word == "he" else "female"
        fitting = [name for name in reversed(self._context.mentions) if self.gender(name) in ("", wanted)]
        certain = [name for name in fitting if self.gender(name) == wanted]
        # Nobody answers himself: of several the one who spoke in the paragraph before is the last choice.
        candidates = certain or fitting
        others = [name for name in candidates if name_key(name) != name_key(previous)]
        if not candidates:
            return "", "unresolved"
        if len(candidates) == 1 and (certain or len(fitting) == 1):
            return candidates[0], "pronoun"
        return (others or candidates)[0], "guessed"

    def _known_in(self, text: str) -> list[str]:
        """Return the known names in a text, in order."""
        seen, folded = [], text.casefold().replace("’", "'").replace(".", "")
        for key, name in self.names.items():
            if key and (match := re.search(rf"\b{re.escape(key)}\b", folded)):
                seen.append((match.start(), name))
        return [name for _, name in sorted(seen)]

    def _note_mentions(self, text: str) -> None:
        # A name that says whether it is a man's or a woman's is a person's; others may be of places.
        for match in _PROPER_NAME.finditer(text):
            if gender_of(match[0]):
                self.names.setdefault(name_key(match[0]), match[0])
        for name in self._known_in(text):
            self._context.mention(name)

    def _shared_within(self, parts: list[SpeechPart]) -> list[SpeechPart]:
        """Give quotations without a tag to the one person who speaks in their paragraph."""
        known = {(name_key(part.speaker), part.how == "first person"): part for part in parts if part.how not in _UNNAMED}
        if len(known) != 1:
            return parts
        [only] = known.values()
        how: How = only.how if only.how in ("guessed", "first person", "pronoun") else "continued"
        return [replace(part, speaker=only.speaker, how=how) if part.how == "unknown" else part for part in parts]

    def _inferred(self, parts: list[SpeechPart]) -> list[SpeechPart]:
        """Guess who speaks in a paragraph without any tag: whoever alone acts in it, or by turns."""
        if not any(part.how == "unknown" for part in parts) or any(part.how not in _UNNAMED for part in parts):
            return parts
        narration = " ".join(part.text for part in parts if part.how == "narration")
        present, guess = self._known_in(narration), ""
        if len(present) == 1 and re.search(rf"(?:^|[.!?]\s+)(?:The\s+)?{re.escape(present[0])}\b", narration, re.IGNORECASE):
            guess = present[0]
        turns = self._context.turns
        if not guess and not narration and len(turns) == 2 and all(turns) and name_key(turns[0]) != name_key(turns[1]):
            guess = turns[0]
        if not guess or guess == _TELLER:
            return parts
        return [replace(part, speaker=guess, how="guessed") if part.how == "unknown" else part for part in parts]


_UNNAMED = ("narration", "unresolved", "unknown")


def name_speakers(
    paragraphs: Sequence[str], names: Iterable[str] = (), genders: Mapping[str, str] | None = None
) -> Iterator[list[SpeechPart]]:
    """Yield the parts of each paragraph of a tale.

    The tale is read twice, so that a person who is named late is known from the beginning.

    Args:
        paragraphs: in order
        names: of people who may speak, beside those whom the text names
        genders: name -> "female" or "male", for pronouns
    """
    first = SpeakerNaming(names, genders)
    for paragraph in paragraphs:
        first.read(paragraph)
    second = SpeakerNaming(first.names.values(), genders)
    yield from map(second.read, paragraphs)
