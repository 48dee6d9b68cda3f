"""EMNS: one British woman telling stories in eight emotions. Emotion, level and words stand in metadata.csv
(columns parted by |), whose `audio_recording` names the file.

It comes as WebM, which libsndfile does not read: convert it first; the names stay as they are.
"""

from pathlib import Path, PurePosixPath

from voiceact.judge.corpus.base import Corpus, Emotion, Fields, Skip, need_table, read_table

Rows = dict[str, dict[str, str]]

NEEDS = ("utterance", "emotion", "gender", "level", "audio_recording", "user_id")
LEVELS = {"LO": "low", "MD": "medium", "HI": "high"}


def tables(folder: Path) -> Rows:
    """Rows of metadata.csv by the name of the recording; rows not yet recorded have none."""
    path = need_table(folder, "metadata.csv", "it comes with the corpus and names every clip's emotion")
    rows = read_table(path, delimiter="|", needs=NEEDS)
    return {PurePosixPath(row["audio_recording"]).stem: row for row in rows if row["audio_recording"].strip()}


def fields(path: PurePosixPath, tables: Rows) -> Fields:
    if path.stem not in tables:
        raise Skip("file is not in metadata.csv")
    row = tables[path.stem]
    record: Fields = {
        "clip": path.stem,
        "speaker": row["user_id"].strip() or "1",
        "emotion": row["emotion"].strip().lower(),
        "gender": row["gender"].strip().lower(),
        "text": row["utterance"].strip(),
    }
    return record | {"intensity": LEVELS[row["level"].strip()]} if row["level"].strip() in LEVELS else record


CORPUS = Corpus(
    name="emns",
    title="Emotive Narrative Storytelling Corpus (EMNS)",
    licence="Apache-2.0",
    commercial=True,
    citation="Noriy, Yang and Zhang, EMNS /Imz/ Corpus: An emotive single-speaker dataset for narrative "
    "storytelling in games, television and graphic novels, arXiv:2305.13137, 2023",
    language="en",
    fields=fields,
    tables=tables,
    listed=lambda tables: tables,
    note="`sarcastic` has no category: no EmoNet keyword names it.",
    emotions={
        "neutral": Emotion(),
        "happy": Emotion("Elation"),
        "excited": Emotion("Elation"),
        "sad": Emotion("Sadness"),
        "angry": Emotion("Anger"),
        "disgust": Emotion("Disgust"),
        "surprised": Emotion("Astonishment/Surprise"),
        "sarcastic": Emotion(),
    },
)
