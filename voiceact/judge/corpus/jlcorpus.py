"""JL-Corpus: four New Zealand actors, five primary and five secondary emotions. File name:
female1_angry_10a_2.wav = speaker, emotion, sentence, session (a, b), repetition; its words in a .txt beside it.
"""

import re
from pathlib import Path, PurePosixPath

from voiceact.judge.corpus.base import UNKNOWN_NAME, Corpus, Emotion, Fields, Skip

NAME = re.compile(r"(?P<speaker>(?P<gender>female|male)[12])_(?P<emotion>[a-z]+)_(?P<take>\d+[ab]_\d)", re.IGNORECASE)

Texts = dict[str, str]


def tables(folder: Path) -> Texts:
    """The words of each clip, by the name of its text."""
    return {
        path.stem.lower(): path.read_text("utf-8", "replace").strip()
        for path in folder.rglob("*.txt")
        if NAME.fullmatch(path.stem)
    }


def fields(path: PurePosixPath, tables: Texts) -> Fields:
    match = NAME.fullmatch(path.stem.lower())
    if not match:
        raise Skip(UNKNOWN_NAME)
    record: Fields = {
        "clip": path.stem.lower(),
        "speaker": match["speaker"],
        "emotion": match["emotion"],
        "gender": match["gender"],
        "take": match["take"],
    }
    return record | {"text": tables[path.stem.lower()]} if tables.get(path.stem.lower()) else record


CORPUS = Corpus(
    name="jlcorpus",
    title="JL-Corpus",
    licence="CC0-1.0",
    commercial=True,
    citation="James, Tian and Watson, An Open Source Emotional Speech Corpus for Human Robot Interaction "
    "Applications, Interspeech 2018",
    language="en",
    fields=fields,
    tables=tables,
    note="`assertive` has no category: nothing in EmoNet names a firm manner without a feeling.",
    emotions={
        "neutral": Emotion(),
        "happy": Emotion("Elation"),
        "sad": Emotion("Sadness"),
        "angry": Emotion("Anger"),
        "excited": Emotion("Elation"),
        "anxious": Emotion("Distress", ("Fear",)),
        "concerned": Emotion("Distress"),
        "apologetic": Emotion("Shame"),
        "encouraging": Emotion("Hope/Enthusiasm/Optimism"),
        "assertive": Emotion(),
    },
)
