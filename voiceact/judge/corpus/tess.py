"""TESS: two Toronto actresses, 200 words in "Say the word …", seven emotions. File name: OAF_back_angry.wav =
older or younger actress, word, emotion (ps: pleasant surprise).
"""

import re
from pathlib import PurePosixPath

from voiceact.judge.corpus.base import UNKNOWN_NAME, Corpus, Emotion, Fields, Skip, Tables

# One file of the published set lacks the F of its actress.
NAME = re.compile(r"(?P<actress>OA|YA)F?_(?P<word>[a-z]+)_(?P<emotion>[a-z_]+)", re.IGNORECASE)

EMOTIONS = {
    "angry": "angry",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happy",
    "neutral": "neutral",
    "sad": "sad",
    "ps": "pleasant surprise",
}
AGES = {"OA": 64, "YA": 26}


def fields(path: PurePosixPath, tables: Tables) -> Fields:
    match = NAME.fullmatch(path.stem)
    if not match or match["emotion"].lower() not in EMOTIONS:
        raise Skip(UNKNOWN_NAME)
    actress, word, emotion = match["actress"].upper(), match["word"].lower(), EMOTIONS[match["emotion"].lower()]
    return {
        "clip": f"{actress}_{word}_{emotion}",
        "speaker": f"{actress}F",
        "emotion": emotion,
        "gender": "female",
        "age": AGES[actress],
        "text": f"Say the word {word}.",
    }


CORPUS = Corpus(
    name="tess",
    title="Toronto Emotional Speech Set (TESS)",
    licence="CC-BY-NC-ND-4.0",
    commercial=False,
    citation="Pichora-Fuller and Dupuis, Toronto emotional speech set (TESS), Borealis, doi:10.5683/SP2/E8H2MF, 2020",
    language="en",
    fields=fields,
    note="Copies of it name CC-BY-NC-4.0 as well; the stricter licence is recorded here.",
    emotions={
        "angry": Emotion("Anger"),
        "disgust": Emotion("Disgust"),
        "fear": Emotion("Fear", ("Distress",)),
        "happy": Emotion("Elation"),
        "neutral": Emotion(),
        "sad": Emotion("Sadness"),
        "pleasant surprise": Emotion("Astonishment/Surprise", ("Elation",)),
    },
)
