"""CREMA-D: 91 actors, twelve sentences, six emotions, with what some ten listeners heard in each voice.
File name: 1001_IEO_ANG_HI.wav = actor, sentence, emotion, level (LO, MD, HI; XX unspecified).

Actors: VideoDemographics.csv. Votes from the voice alone: processedResults/tabulatedVotes.csv (row names
below 200000 are voice), else finishedResponses.csv (queryType 1), else none. `heard` by a majority is not
stored: it follows from the votes.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from voiceact.judge.corpus.base import UNKNOWN_NAME, Corpus, Emotion, Fields, Skip, find_table, read_table

NAME = re.compile(r"(?P<actor>1\d{3})_(?P<text>[A-Z]{3})_(?P<emotion>[A-Z]{3})_(?P<level>LO|MD|HI|XX?)")

EMOTIONS = {"ANG": "anger", "DIS": "disgust", "FEA": "fear", "HAP": "happy", "NEU": "neutral", "SAD": "sad"}
VOTES = {emotion[0].upper(): emotion for emotion in EMOTIONS.values()}
LEVELS = {"LO": "low", "MD": "medium", "HI": "high"}
VOICE_ONLY = "1"

TEXTS = {
    "IEO": "It's eleven o'clock.",
    "TIE": "That is exactly what happened.",
    "IOM": "I'm on my way to the meeting.",
    "IWW": "I wonder what this is about.",
    "TAI": "The airplane is almost full.",
    "MTI": "Maybe tomorrow it will be cold.",
    "IWL": "I would like a new alarm clock.",
    "ITH": "I think I have a doctor's appointment.",
    "DFA": "Don't forget a jacket.",
    "ITS": "I think I've seen this before.",
    "TSI": "The surface is slick.",
    "WSI": "We'll stop in a couple of minutes.",
}


@dataclass(frozen=True)
class Tables:
    """actors: id -> gender, age; votes: clip -> own word -> listeners"""

    actors: Mapping[str, tuple[str, int]]
    votes: Mapping[str, dict[str, int]]


def tables(folder: Path) -> Tables:
    return Tables(_actors(folder), _tabulated(folder) or _counted(folder))


def _actors(folder: Path) -> dict[str, tuple[str, int]]:
    path = find_table(folder, "VideoDemographics.csv")
    rows = read_table(path, needs=("ActorID", "Age", "Sex")) if path else []
    return {row["ActorID"]: (row["Sex"].lower(), int(row["Age"])) for row in rows}


def _tabulated(folder: Path) -> dict[str, dict[str, int]]:
    path = find_table(folder, "tabulatedVotes.csv")
    rows = read_table(path, needs=("", "fileName", *VOTES)) if path else []
    return {
        row["fileName"]: _votes({letter: int(row[letter]) for letter in VOTES})
        for row in rows
        if row[""].startswith(VOICE_ONLY) and len(row[""]) == 6
    }


def _counted(folder: Path) -> dict[str, dict[str, int]]:
    path = find_table(folder, "finishedResponses.csv")
    rows = read_table(path, needs=("queryType", "clipName", "respEmo")) if path else []
    heard: dict[str, Counter[str]] = {}
    for row in rows:
        if row["queryType"] == VOICE_ONLY and row["respEmo"] in VOTES:
            heard.setdefault(row["clipName"], Counter())[row["respEmo"]] += 1
    return {clip: _votes(count) for clip, count in heard.items()}


def _votes(letters: Mapping[str, int]) -> dict[str, int]:
    return {VOTES[letter]: letters[letter] for letter in VOTES if letters.get(letter)}


def fields(path: PurePosixPath, tables: Tables) -> Fields:
    match = NAME.fullmatch(path.stem)
    if not match or match["text"] not in TEXTS or match["emotion"] not in EMOTIONS:
        raise Skip(UNKNOWN_NAME)
    record: Fields = {
        "clip": path.stem,
        "speaker": match["actor"],
        "emotion": EMOTIONS[match["emotion"]],
        "text": TEXTS[match["text"]],
    }
    if match["level"] in LEVELS:
        record["intensity"] = LEVELS[match["level"]]
    if match["actor"] in tables.actors:
        record["gender"], record["age"] = tables.actors[match["actor"]]
    if path.stem in tables.votes:
        record["votes"] = tables.votes[path.stem]
    return record


CORPUS = Corpus(
    name="cremad",
    title="Crowd-sourced Emotional Multimodal Actors Dataset (CREMA-D)",
    licence="ODbL-1.0 AND LicenseRef-DbCL-1.0",
    commercial=True,
    citation="Cao, Cooper, Keutmann, Gur, Nenkova and Verma, CREMA-D: Crowd-Sourced Emotional Multimodal Actors "
    "Dataset, IEEE Transactions on Affective Computing 5(4), 2014",
    language="en",
    fields=fields,
    tables=tables,
    note="The emotion is the one performed; from the voice alone listeners named it in 40.9 % of the clips.",
    emotions={
        "anger": Emotion("Anger"),
        "disgust": Emotion("Disgust"),
        "fear": Emotion("Fear", ("Distress",)),
        "happy": Emotion("Elation"),
        "neutral": Emotion(),
        "sad": Emotion("Sadness"),
    },
)
