"""Quoted speech of a paragraph, and who says it.

>>> tale = ["“Who is there?” asked Anna.", "“Only me,” said the old man."]
>>> [[(part.text, part.speaker) for part in parts] for parts in name_speakers(tale)]
[[('“Who is there?”', 'Anna'), ('asked Anna.', '')], [('“Only me,”', 'old man'), ('said the old man.', '')]]

A speaker is named by the words around the quotation ("said Anna", "Tom turned and asked:"). What is only inferred is marked as
a guess, and what is not known stays with the narrator.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from voiceact.prompting.cast import DETERMINER, TITLES, match_cast, name_key
from voiceact.story.dash_dialogue import split_dashes
from voiceact.story.genders import PERSON_NOUNS, gender_of
from voiceact.story.quotations import Piece, split_quotations
from voiceact.story.speech_tags import (
    AFTER_SUBJECT_FIRST,
    AFTER_VERB_FIRST,
    BEFORE_ADJACENT,
    BEFORE_INVERTED,
    BEFORE_VERB,
    PLAIN_VERBS,
    PROPER_NAME,
    SAID_SO,
    SENTENCE_END,
    SUBJECT,
)

How = Literal["narration", "named", "first person", "continued", "pronoun", "guessed", "unresolved", "unknown"]
"""by what a speaker is known: the words around the quotation, the paragraph before, a pronoun, a guess, words that do not say
who is meant ("they cried"), or nothing"""

_TELLER = "I"
MENTIONS_KEPT = 8
"""names last mentioned, among which a pronoun is resolved"""

_STRANGERS = {"female": "a woman", "male": "a man"}
_SOMEBODY = re.compile(r"\b(?:an?|another)\s+(?:[\w’'-]+\s+){0,3}?(" + "|".join(sorted(PERSON_NOUNS)) + r")\b", re.IGNORECASE)
"""somebody who is brought in without a name: a tall lady in black"""
_OPENING = re.compile(r"\W*(?:(?:then|but|and|so|now|again|at last)\W+)*", re.IGNORECASE)
_PREPOSITIONS = frozenset(
    "in on at of to with from by for into upon over under behind after before near through as like".split()
)
_NO_NAMES = frozenset(
    "and but then so when while after before if as at in on for the a an that this these those there here yes no oh "
    "now what who how why where which with once one suddenly finally not never perhaps still only just even all both "
    "each later soon meanwhile to from by chapter it he she they we i you his her their my our god heaven".split()
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


def _telling_parts(names: Sequence[str]) -> dict[str, str]:
    """Return the words of names by which one person alone is meant: "Gorse" and "Inspector" of "Inspector Gorse"."""
    words = [(word.strip("."), name) for name in names for word in name.split() if len(name.split()) > 1]
    counts = Counter(word for word, _ in words)
    return {word: name for word, name in words if counts[word] == 1 and word[:1].isupper() and word.casefold() not in TITLES}


@dataclass
class _Context:
    """What is known when a paragraph is read: who was mentioned last, who spoke in the paragraphs before, and to whom."""

    mentions: list[str]
    turns: list[str]
    addressed: str = ""
    announced: str = ""
    acting: str = ""
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

    def __init__(self, names: Sequence[str] = (), genders: Mapping[str, str] | None = None):
        self._cast = list(names)
        self._parts = _telling_parts(self._cast)
        self.names = {name_key(name): name for name in self._cast}
        self._genders = {name_key(name): gender for name, gender in (genders or {}).items()}
        self._context = _Context([], [])

    def gender(self, name: str) -> str:
        """Return "female", "male" or "" where it is not known."""
        return self._genders.get(name_key(name)) or gender_of(name)

    def read(self, paragraph: str) -> list[SpeechPart]:
        """Return the parts of the next paragraph, in order."""
        context, pieces = self._context, split_dashes(paragraph) or split_quotations(paragraph)
        parts: list[SpeechPart] = []
        for number, piece in enumerate(pieces):
            if not piece.quoted:
                parts.append(SpeechPart(piece.text))
                self._note_mentions(piece.text)
                continue
            before = pieces[number - 1].text if number and not pieces[number - 1].quoted else ""
            after = pieces[number + 1].text if number + 1 < len(pieces) and not pieces[number + 1].quoted else ""
            first = not any(part.how != "narration" for part in parts)
            if not number:
                # Then Tom said: (a new paragraph) “No.”
                before = context.announced
            own = next((part.speaker for part in reversed(parts) if part.how in ("named", "pronoun", "continued")), "")
            speaker, how = self._speaker(piece, before, after, context.turns[-1] if context.turns else "", own)
            if piece.unsure and how == "unknown":
                how = "unresolved"
            if how == "unknown" and context.is_open and first:
                speaker, how = context.open_speaker, "continued" if context.open_how not in _UNNAMED else "unknown"
            if speaker:
                speaker = match_cast(speaker, self._cast) or self.names.setdefault(name_key(speaker), speaker)
                context.mention(speaker)
            parts.append(SpeechPart(piece.text, speaker, how, f"{before if number else ''} {after}".strip()))
        parts = self._shared_within(parts)
        parts = self._inferred(parts)

        context.acting = "" if any(piece.quoted for piece in pieces) else self._acting_alone(paragraph)
        context.announced = paragraph if pieces and not pieces[-1].quoted and paragraph.rstrip()[-1:] in tuple(":,") else ""
        # Remember for the next paragraph who spoke to whom, and whether the quotation goes on.
        quotes = [part for part in parts if part.how != "narration"]
        speakers = {name_key(part.speaker) for part in quotes}
        teller = _TELLER if quotes and quotes[0].how == "first person" else ""
        if quotes or not self._only_names(paragraph, [*context.turns, context.addressed]):
            speaking = (quotes[0].speaker or teller) if len(speakers) == 1 else ""
            again = bool(speaking) and context.turns[-1:] == [speaking]
            context.turns = context.turns if again else [*context.turns[-1:], speaking]
            called = self._addressed(" ".join(part.text for part in quotes))
            context.addressed = called or (context.addressed if again else "")
        context.is_open = bool(pieces) and pieces[-1].open
        if quotes:
            context.open_speaker, context.open_how = quotes[-1].speaker, quotes[-1].how
        return parts

    def _speaker(self, piece: Piece, before: str, after: str, previous: str, own: str) -> tuple[str, How]:
        """Return who says a quotation by the narration right before and behind it.

        Args:
            piece: the quotation
            before: narration before it
            after: narration behind it
            previous: who spoke in the paragraph before
            own: who has spoken in this paragraph already
        """
        last = piece.text.rstrip('”"»’“」 ')[-1:]
        behind = AFTER_VERB_FIRST.match(after)
        deed = False
        if behind is None:
            behind = AFTER_SUBJECT_FIRST.match(after)
            if behind and behind["verb"] not in PLAIN_VERBS:
                # “Come.” Anna cried all night: behind a full stop only a plain verb of speech is a tag.
                behind = None if last == "." else behind
                # “I never—” Anna called Tom to the door: whoever speaks up to a break may be another.
                deed = last != "," and behind is not None and not SAID_SO.match(after, behind.end())
        if behind and own and self.gender(own) in ("", {"he": "male", "she": "female"}.get(behind["subject"].casefold())):
            # “No,” said Tom. “Never,” he added.
            return own, "pronoun"
        if behind and (named := self._resolve(behind["subject"], previous)):
            return (named[0], "guessed") if deed and named[1] in ("named", "pronoun") else named
        sentence = SENTENCE_END.split(before)[-1]
        if sentence.rstrip()[-1:] in tuple(",:—–") and sentence.strip():
            match = BEFORE_ADJACENT.search(sentence) or BEFORE_INVERTED.search(sentence)
            if match and (named := self._resolve(match["subject"], previous)):
                deed = sentence.rstrip()[-1] in "—–" and match["verb"] not in PLAIN_VERBS and match.re is BEFORE_ADJACENT
                deed = deed and not SAID_SO.match(sentence, match.end("verb"))
                return (named[0], "guessed") if deed and named[1] in ("named", "pronoun") else named
            # Tom got up and said: the first person of the sentence, which is certain only where nobody else is in it.
            verb = BEFORE_VERB.search(sentence)
            lead = sentence[: verb.start()] if verb else ""
            for subject in re.finditer(SUBJECT, lead):
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
            name = re.sub(r"^\w+[’']s?\s+(?=[a-z])", "", DETERMINER.sub("", subject.strip(), count=1))
            while name and name.split()[0].casefold().strip(".") in _NO_NAMES:
                name = " ".join(name.split()[1:])
            name = re.sub(r"[’']s$", "", name)
            if capitals := re.match(r"(?:[A-Z][\w’'-]*\.?\s?)+", name):
                # "the Dormouse woke": only the name itself is a name.
                name = name if " of " in name or " the " in name else capitals[0].strip()
            spouse = re.fullmatch(r"([Hh]is|[Hh]er)\s+(?:wife|husband|lady|lord)", subject.strip())
            if spouse and name_key(name) not in map(name_key, self._cast) and (other := self._spouse(spouse[1].casefold())):
                return other, "guessed"
            return (self.names.get(name_key(name), name), "named") if name else None
        wanted = "male" if word == "he" else "female"
        fitting = self._mentioned(wanted)
        certain = [name for name in fitting if self.gender(name) == wanted]
        if not fitting:
            return "", "unresolved"
        if certain and self.gender(fitting[0]):
            # Whoever was named before them, and may be a man or a woman, is not meant.
            fitting = certain
        if len(fitting) == 1 and fitting[0] not in _STRANGERS.values():
            return fitting[0], "pronoun"
        # Nobody answers himself: of several the one who spoke in the paragraph before is the last choice.
        fitting = [name for name in fitting if name not in _STRANGERS.values()]
        if not fitting:
            return "", "unresolved"
        return next((name for name in fitting if name_key(name) != name_key(previous)), fitting[0]), "guessed"

    def _mentioned(self, gender: str) -> list[str]:
        """Return who was mentioned and may be of a gender, the last one first."""
        return [name for name in reversed(self._context.mentions) if self.gender(name) in ("", gender)]

    def _spouse(self, whose: str) -> str:
        """Return Mrs. Brown for the wife of whoever was mentioned last, if he is Mr. Brown, and the other way round."""
        theirs = r"mr\s+(.+)" if whose == "his" else r"mrs\s+(.+)"
        for name in (*self._mentioned("male" if whose == "his" else "female"), *self._cast):
            if family := re.fullmatch(theirs, name_key(name)):
                return self.names.get(f"{'mrs' if whose == 'his' else 'mr'} {family[1]}", "")
        return ""

    def _known_in(self, text: str) -> list[str]:
        """Return the known names in a text, in order."""
        seen, folded = [], text.casefold().replace("’", "'").replace(".", "")
        for key, name in self.names.items():
            if key and (match := re.search(rf"\b{re.escape(key)}\b", folded)):
                seen.append((match.start(), match_cast(name, self._cast) or name))
        for part, name in self._parts.items():
            if match := re.search(rf"\b(?:{part}\b|[Tt]he\s+{part.casefold()}\b)", text):
                seen.append((match.start(), name))
        return list(dict.fromkeys(name for _, name in sorted(seen)))

    def _note_mentions(self, text: str) -> None:
        # A name that says whether it is a man's or a woman's is a person's; others may be of places.
        for match in PROPER_NAME.finditer(text):
            if gender_of(match[0]):
                self.names.setdefault(name_key(match[0]), match[0])
        for name in self._known_in(text):
            self._context.mention(name)
        for match in _SOMEBODY.finditer(text):
            if stranger := _STRANGERS.get(gender_of(match[1])):
                self._context.mention(stranger)

    def _shared_within(self, parts: list[SpeechPart]) -> list[SpeechPart]:
        """Give quotations without a tag to the one person who speaks in their paragraph."""
        known = {(name_key(part.speaker), part.how == "first person"): part for part in parts if part.how not in _UNNAMED}
        if len(known) != 1:
            return parts
        [only] = known.values()
        shared = []
        for number, part in enumerate(parts):
            if part.how == "unknown":
                before = parts[number - 1] if number else None
                after = parts[number + 1] if number + 1 < len(parts) else None
                how: How = only.how if only.how in ("guessed", "first person", "pronoun") else "continued"
                if any(other and other.how != "narration" for other in (before, after)):
                    # “Who is it?” “Only me,” said Anna: two quotations side by side are two people's.
                    shared.append(part)
                    continue
                # “I never—” Tom rose. “Silence!” cried Anna: whoever acts in between may be the one who spoke, or not.
                acting = [before.text] if before else [after.text] if after else []
                if any(self._another_acts(sentence, only.speaker) for text in acting for sentence in SENTENCE_END.split(text)):
                    how = "guessed"
                part = replace(part, speaker=only.speaker, how=how)
            shared.append(part)
        return shared

    def _another_acts(self, sentence: str, speaker: str) -> bool:
        """Return whether a sentence begins with a person who is not the speaker."""
        starts = re.compile(r"\W*(?:the\s+)?", re.IGNORECASE).match(sentence)
        folded = sentence[starts.end() if starts else 0 :].casefold()
        begins = [name for name in self._known_in(sentence) if folded.startswith(name.casefold())]
        return bool(begins) and all(name_key(name) != name_key(speaker) for name in begins)

    def _only_names(self, paragraph: str, turns: Sequence[str]) -> bool:
        """Return whether a paragraph of narration names none but those who speak by turns."""
        return all(name_key(name) in map(name_key, turns) for name in self._known_in(paragraph))

    def _addressed(self, text: str) -> str:
        """Return the one person whom a quotation calls by name: "Tom, come here!"; else nobody."""
        called = {
            name
            for name in self._known_in(text)
            if any(
                re.search(rf"(?:^\W*|[,.!?]\W+)(?:[Mm]y\s+)?(?:dear\s+)?{re.escape(word)}\s*[,.!?]", text)
                for word in (name, *(part for part, whole in self._parts.items() if whole == name))
            )
        }
        return called.pop() if len(called) == 1 else ""

    def _acting_alone(self, narration: str) -> str:
        """Return the one known person of a narration, if a sentence begins with them; else nobody."""
        present = self._known_in(narration)
        if len(present) != 1:
            return ""
        words = [present[0], *(part for part, whole in self._parts.items() if whole == present[0])]
        begins = rf"(?:^|[.!?]\s+)(?:The\s+)?(?:{'|'.join(map(re.escape, words))})\b"
        return present[0] if re.search(begins, narration, re.IGNORECASE) else ""

    def _inferred(self, parts: list[SpeechPart]) -> list[SpeechPart]:
        """Guess who speaks in a paragraph without any tag: whoever alone acts in it, or by turns."""
        if not any(part.how == "unknown" for part in parts) or any(part.how not in _UNNAMED for part in parts):
            return parts
        narration = " ".join(part.text for part in parts if part.how == "narration")
        present, guess = self._known_in(narration), self._acting_alone(narration)
        turns = self._context.turns
        others_turn = len(turns) == 2 and all(turns) and name_key(turns[0]) != name_key(turns[1])
        if not guess and others_turn and self._only_names(narration, turns[:1]):
            guess = turns[0]
        called = self._context.addressed
        if not guess and called and turns and turns[-1] and name_key(called) != name_key(turns[-1]) and not present:
            # Whoever was called by name answers.
            guess = called
        if not guess and not narration:
            # The captain turned round. (a new paragraph) “You?”
            guess = self._context.acting
        beat = re.search(r"(?:^|[.!?]\s+)(He|She)\s+[a-z]", narration)
        if not guess and beat and not present and (acting := self._resolve(beat[1], turns[-1] if turns else "")):
            guess = acting[0]
        if not guess or guess == _TELLER:
            return parts
        return [replace(part, speaker=guess, how="guessed") if part.how == "unknown" else part for part in parts]


_UNNAMED = ("narration", "unresolved", "unknown")


def name_speakers(
    paragraphs: Sequence[str], names: Sequence[str] = (), genders: Mapping[str, str] | None = None
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
    second = SpeakerNaming(names, genders)
    second.names |= first.names
    yield from map(second.read, paragraphs)
