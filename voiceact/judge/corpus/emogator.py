"""EmoGator: wordless vocal bursts of 357 contributors, thirty categories, three of each. File name:
000001-03-2.mp3 = contributor, category (1 to 30, in the order below), instance.
"""

import re
from pathlib import PurePosixPath

from voiceact.judge.corpus.base import UNKNOWN_NAME, Corpus, Emotion, Fields, Skip, Tables

NAME = re.compile(r"(?P<contributor>\d{6})-(?P<category>\d\d)-(?P<instance>[123])")
SILENT = ("000160",)  # median level of its clips: -71 dB of full scale, against -22 dB of contributor 000001

EMOTIONS = {
    "Adoration": Emotion("Infatuation", ("Affection",)),
    "Amusement": Emotion("Amusement"),
    "Anger": Emotion("Anger"),
    "Awe": Emotion("Awe"),
    "Confusion": Emotion("Confusion"),
    "Contempt": Emotion("Contempt"),
    "Contentment": Emotion("Contentment"),
    "Desire": Emotion("Longing", ("Sexual Lust",)),
    "Disappointment": Emotion("Disappointment"),
    "Disgust": Emotion("Disgust"),
    "Distress": Emotion("Distress"),
    "Ecstasy": Emotion("Pleasure/Ecstasy"),
    "Elation": Emotion("Elation"),
    "Embarrassment": Emotion("Embarrassment"),
    "Fear": Emotion("Fear"),
    "Guilt": Emotion("Shame"),
    "Interest": Emotion("Interest"),
    "Neutral": Emotion(),
    "Pain": Emotion("Pain"),
    "Pride": Emotion("Pride"),
    "Realization": Emotion("Contemplation", ("Interest", "Astonishment/Surprise")),
    "Relief": Emotion("Relief"),
    "Romantic Love": Emotion("Infatuation", ("Affection",)),
    "Sadness": Emotion("Sadness"),
    "Serenity": Emotion("Contentment"),
    "Shame": Emotion("Shame"),
    "Surprise (Negative)": Emotion("Astonishment/Surprise", ("Fear",)),
    "Surprise (Positive)": Emotion("Astonishment/Surprise", ("Elation",)),
    "Sympathy": Emotion("Affection", ("Sadness",)),
    "Triumph": Emotion("Triumph"),
}


def fields(path: PurePosixPath, tables: Tables) -> Fields:
    match = NAME.fullmatch(path.stem)
    if not match or not 1 <= int(match["category"]) <= len(EMOTIONS):
        raise Skip(UNKNOWN_NAME)
    if match["contributor"] in SILENT:
        raise Skip("contributor whose recordings are all but silent")
    return {
        "clip": path.stem,
        "speaker": match["contributor"],
        "emotion": list(EMOTIONS)[int(match["category"]) - 1],
        "take": int(match["instance"]),
    }


CORPUS = Corpus(
    name="emogator",
    title="EmoGator",
    licence="Apache-2.0",
    commercial=True,
    kind="burst",
    citation="Buhl, EmoGator: A New Open Source Vocal Burst Dataset with Baseline Machine Learning Classification "
    "Methodologies, arXiv:2301.00508, 2023",
    language="zxx",
    fields=fields,
    emotions=EMOTIONS,
    note="The emotion is what the contributor was asked to express; `Realization` maps only loosely. "
    "zxx: no linguistic content (ISO 639-2).",
)
