"""RAVDESS: 24 North American actors, two sentences, eight emotions, two intensities. File name:
03-01-06-02-01-02-12.wav = modality, vocal channel, emotion, intensity, statement, repetition, actor.
"""

import re
from pathlib import PurePosixPath

from voiceact.judge.corpus.base import UNKNOWN_NAME, Corpus, Emotion, Fields, Skip, Tables

NAME = re.compile(
    r"(?P<modality>0[123])-(?P<channel>0[12])-(?P<emotion>0[1-8])-(?P<intensity>0[12])-"
    r"(?P<statement>0[12])-(?P<repetition>0[12])-(?P<actor>\d\d)"
)

EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fearful",
    "07": "disgust",
    "08": "surprised",
}
INTENSITIES = {"01": "normal", "02": "strong"}
STATEMENTS = {"01": "Kids are talking by the door.", "02": "Dogs are sitting by the door."}
AUDIO_ONLY, SONG = "03", "02"


def fields(path: PurePosixPath, tables: Tables) -> Fields:
    match = NAME.fullmatch(path.stem)
    if not match or not 1 <= int(match["actor"]) <= 24:
        raise Skip(UNKNOWN_NAME)
    if match["channel"] == SONG:
        raise Skip("song, not speech")
    if match["modality"] != AUDIO_ONLY:
        raise Skip("video; its sound is among the audio-only files")
    emotion = EMOTIONS[match["emotion"]]
    record = {
        "clip": path.stem,
        "speaker": match["actor"],
        "emotion": emotion,
        "gender": "male" if int(match["actor"]) % 2 else "female",
        "text": STATEMENTS[match["statement"]],
        "take": int(match["repetition"]),
    }
    # Neutral was performed at one intensity only, which says nothing of strength.
    return record if emotion == "neutral" else record | {"intensity": INTENSITIES[match["intensity"]]}


CORPUS = Corpus(
    name="ravdess",
    title="Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS)",
    licence="CC-BY-NC-SA-4.0",
    commercial=False,
    citation="Livingstone and Russo, The Ryerson Audio-Visual Database of Emotional Speech and Song, "
    "PLoS ONE 13(5): e0196391, 2018",
    language="en",
    fields=fields,
    note="Speech only; the songs are left out. A commercial licence is sold by its owners.",
    emotions={
        "neutral": Emotion(),
        "calm": Emotion("Contentment"),
        "happy": Emotion("Elation"),
        "sad": Emotion("Sadness"),
        "angry": Emotion("Anger"),
        "fearful": Emotion("Fear", ("Distress",)),
        "disgust": Emotion("Disgust"),
        "surprised": Emotion("Astonishment/Surprise"),
    },
)
