"""EmoDB: ten German actors, ten everyday sentences, seven emotions. File name: 03a01Fa.wav =
speaker 03, text a01, emotion F (Freude), take a.
"""

import re
from pathlib import PurePosixPath

from voiceact.judge.corpus.base import UNKNOWN_NAME, Corpus, Emotion, Fields, Skip, Tables

NAME = re.compile(r"(?P<speaker>\d\d)(?P<text>[ab]\d\d)(?P<emotion>[WLEAFTN])(?P<take>[a-z])")

LETTERS = {
    "W": "anger",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happiness",
    "T": "sadness",
    "N": "neutral",
}  # Wut, Langeweile, Ekel, Angst, Freude, Trauer, neutral

SPEAKERS = {
    "03": ("male", 31),
    "08": ("female", 34),
    "09": ("female", 21),
    "10": ("male", 32),
    "11": ("male", 26),
    "12": ("male", 30),
    "13": ("female", 32),
    "14": ("female", 35),
    "15": ("male", 25),
    "16": ("female", 31),
}

TEXTS = {
    "a01": "Der Lappen liegt auf dem Eisschrank.",
    "a02": "Das will sie am Mittwoch abgeben.",
    "a04": "Heute abend könnte ich es ihm sagen.",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
    "a07": "In sieben Stunden wird es soweit sein.",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
}


def fields(path: PurePosixPath, tables: Tables) -> Fields:
    match = NAME.fullmatch(path.stem)
    if not match or match["speaker"] not in SPEAKERS or match["text"] not in TEXTS:
        raise Skip(UNKNOWN_NAME)
    gender, age = SPEAKERS[match["speaker"]]
    return {
        "clip": path.stem,
        "speaker": match["speaker"],
        "emotion": LETTERS[match["emotion"]],
        "gender": gender,
        "age": age,
        "text": TEXTS[match["text"]],
        "take": match["take"],
    }


CORPUS = Corpus(
    name="emodb",
    title="Berlin Database of Emotional Speech (EmoDB)",
    licence="CC0-1.0",
    commercial=True,
    citation="Burkhardt, Paeschke, Rolfes, Sendlmeier and Weiss, A Database of German Emotional Speech, Interspeech 2005",
    language="de",
    fields=fields,
    emotions={
        "anger": Emotion("Anger"),
        "boredom": Emotion("Emotional Numbness", ("Fatigue/Exhaustion",)),
        "disgust": Emotion("Disgust"),
        "fear": Emotion("Fear", ("Distress",)),
        "happiness": Emotion("Elation"),
        "neutral": Emotion(),
        "sadness": Emotion("Sadness"),
    },
)
