"""MSP-Podcast, or any set with a labels_consensus.csv like its own: FileName, EmoClass, EmoAct, EmoVal, EmoDom
(listeners' means, 1 to 7), SpkrID, Gender, Split_Set.
"""

from pathlib import Path, PurePosixPath

from voiceact.errors import UsageError
from voiceact.judge.corpus.base import Corpus, Emotion, Fields, Skip, need_table, read_table

TABLE = "labels_consensus.csv"
NEEDS = ("FileName", "EmoClass", "EmoAct", "EmoVal", "EmoDom", "SpkrID")
RATINGS = {"arousal": "EmoAct", "valence": "EmoVal", "dominance": "EmoDom"}
EMOTIONS = {
    "A": "anger",
    "S": "sadness",
    "H": "happiness",
    "U": "surprise",
    "F": "fear",
    "D": "disgust",
    "C": "contempt",
    "N": "neutral",
    "O": "other",
    "X": "no agreement",
}

Rows = dict[str, dict[str, str]]


def tables(folder: Path) -> Rows:
    """Rows of labels_consensus.csv by the name of the recording."""
    path = need_table(folder, TABLE, "it comes with the corpus and names every clip's emotion")
    rows = read_table(path, needs=NEEDS)
    for number, row in enumerate(rows, 2):
        _ratings(path, number, row)
    return {PurePosixPath(row["FileName"]).stem: row for row in rows}


def _ratings(path: Path, number: int, row: dict[str, str]) -> dict[str, float]:
    try:
        return {name: float(row[column]) for name, column in RATINGS.items() if row[column].strip()}
    except ValueError as error:
        raise UsageError(f"{path}, line {number}: a rating is no number ({error})") from error


def fields(path: PurePosixPath, tables: Rows) -> Fields:
    if path.stem not in tables:
        raise Skip(f"file is not in {TABLE}")
    row = tables[path.stem]
    if row["SpkrID"].strip().lower() in ("", "unknown"):
        raise Skip("speaker unknown; a judge is measured and trained by speakers")
    record: Fields = {
        "clip": path.stem,
        "speaker": row["SpkrID"].strip(),
        "emotion": EMOTIONS.get(row["EmoClass"].strip(), row["EmoClass"].strip()),
        **_ratings(Path(TABLE), 0, row),
    }
    if row.get("Gender", "").strip().lower() in ("male", "female"):
        record["gender"] = row["Gender"].strip().lower()
    return record | {"split": row["Split_Set"].strip()} if row.get("Split_Set") else record


CORPUS = Corpus(
    name="msp",
    title="MSP-Podcast, and sets with tables like its own",
    licence="LicenseRef-MSP-Podcast (academic licence; a commercial one is sold)",
    commercial=False,
    citation="Lotfian and Busso, Building Naturalistic Emotionally Balanced Speech Corpus by Retrieving Emotional "
    "Speech from Existing Podcast Recordings, IEEE Transactions on Affective Computing 10(4), 2019",
    language="en",
    fields=fields,
    tables=tables,
    listed=lambda tables: tables,
    note="Categories are listeners' majorities, ratings their means from 1 to 7.",
    emotions={
        "anger": Emotion("Anger"),
        "sadness": Emotion("Sadness"),
        "happiness": Emotion("Elation"),
        "surprise": Emotion("Astonishment/Surprise"),
        "fear": Emotion("Fear", ("Distress",)),
        "disgust": Emotion("Disgust"),
        "contempt": Emotion("Contempt"),
        "neutral": Emotion(),
        "other": Emotion(),
        "no agreement": Emotion(),
    },
)
