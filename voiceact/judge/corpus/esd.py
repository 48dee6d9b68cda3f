"""ESD: ten Mandarin and ten English speakers, 350 sentences, five emotions. File name: 0011/Angry/0011_000351.wav =
speaker, emotion folder (with or without train, test, evaluation inside), sentence; the words in 0011/0011.txt.
"""

import re
from pathlib import Path, PurePosixPath

from voiceact.judge.corpus.base import UNKNOWN_NAME, Corpus, Emotion, Fields, Skip

NAME = re.compile(r"(?P<speaker>00(?:0[1-9]|1\d|20))_(?P<sentence>\d{6})")
EMOTIONS = ("Neutral", "Angry", "Happy", "Sad", "Surprise")
LAST_MANDARIN = 10

Texts = dict[str, str]


def tables(folder: Path) -> Texts:
    """The words of each clip; lines are clip, words, emotion, parted by tabs."""
    lines = (line.split("\t") for path in folder.rglob("00??.txt") for line in path.read_text("utf-8", "replace").splitlines())
    return {parts[0].strip().lstrip("\ufeff"): parts[1].strip() for parts in lines if len(parts) == 3}


def fields(path: PurePosixPath, tables: Texts) -> Fields:
    match = NAME.fullmatch(path.stem)
    emotion = next((part for part in reversed(path.parent.parts) if part in EMOTIONS), None)
    if not match or emotion is None:
        raise Skip(UNKNOWN_NAME)
    record: Fields = {
        "clip": path.stem,
        "speaker": match["speaker"],
        "emotion": emotion.lower(),
        "language": "zh" if int(match["speaker"]) <= LAST_MANDARIN else "en",
    }
    return record | {"text": tables[path.stem]} if tables.get(path.stem) else record


CORPUS = Corpus(
    name="esd",
    title="Emotional Speech Dataset (ESD)",
    licence="LicenseRef-ESD (research only, on a signed licence)",
    commercial=False,
    citation="Zhou, Sisman, Liu and Li, Emotional Voice Conversion: Theory, Databases and ESD, Speech Communication 137, 2022",
    language="en",
    fields=fields,
    tables=tables,
    emotions={
        "neutral": Emotion(),
        "angry": Emotion("Anger"),
        "happy": Emotion("Elation"),
        "sad": Emotion("Sadness"),
        "surprise": Emotion("Astonishment/Surprise"),
    },
)
