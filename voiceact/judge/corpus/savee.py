"""SAVEE: four British men, fifteen sentences an emotion, seven emotions. File name: DC/a01.wav or DC_a01.wav =
speaker, emotion letters, sentence.
"""

import re
from pathlib import PurePosixPath

from voiceact.judge.corpus.base import UNKNOWN_NAME, Corpus, Emotion, Fields, Skip, Tables

NAME = re.compile(r"(?:(?P<speaker>DC|JE|JK|KL)_)?(?P<emotion>sa|su|[adfhn])(?P<sentence>\d\d)")

EMOTIONS = {"a": "anger", "d": "disgust", "f": "fear", "h": "happiness", "n": "neutral", "sa": "sadness", "su": "surprise"}
SPEAKERS = ("DC", "JE", "JK", "KL")


def fields(path: PurePosixPath, tables: Tables) -> Fields:
    match = NAME.fullmatch(path.stem)
    speaker = (match["speaker"] or path.parent.name) if match else ""
    if not match or speaker not in SPEAKERS:
        raise Skip(UNKNOWN_NAME)
    return {
        "clip": f"{speaker}_{match['emotion']}{match['sentence']}",
        "speaker": speaker,
        "emotion": EMOTIONS[match["emotion"]],
        "gender": "male",
        "take": int(match["sentence"]),
    }


CORPUS = Corpus(
    name="savee",
    title="Surrey Audio-Visual Expressed Emotion Database (SAVEE)",
    licence="LicenseRef-SAVEE (research only, on registration, no redistribution)",
    commercial=False,
    citation="Haq and Jackson, Speaker-Dependent Audio-Visual Emotion Recognition, AVSP 2009",
    language="en",
    fields=fields,
    note="`take` is the number of the sentence.",
    emotions={
        "anger": Emotion("Anger"),
        "disgust": Emotion("Disgust"),
        "fear": Emotion("Fear", ("Distress",)),
        "happiness": Emotion("Elation"),
        "neutral": Emotion(),
        "sadness": Emotion("Sadness"),
        "surprise": Emotion("Astonishment/Surprise"),
    },
)
