"""metadata.csv and wavs of an export, read by pandas and as text-to-speech trainers do: a line, cut at its pipes."""

import csv
import json
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
import soundfile
from exports import assert_same_columns, assert_same_sound, awkward_run, decode, known_clips, texts, write_samples
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceact.dataset.export.export import export
from voiceact.dataset.export.formats.ljspeech import without_pipes
from voiceact.errors import UsageError

pandas = pytest.importorskip("pandas")


def table(path: Path) -> "pandas.DataFrame":
    return pandas.read_csv(path, sep="|", header=None, names=["id", "text", "normalised"], quoting=csv.QUOTE_NONE,
                           keep_default_na=False, dtype=str, encoding="utf-8", skip_blank_lines=False)


def test_pandas_gets_every_clip_as_it_was(tmp_path: Path) -> None:
    run = awkward_run(tmp_path / "run")
    export(run, tmp_path / "out", "ljspeech")
    known, found = known_clips(run, included=True), table(tmp_path / "out" / "metadata.csv")
    wavs = {name: tmp_path / "out" / "wavs" / f"{name}.wav" for name in found["id"]}
    assert_same_sound({name: decode(path) for name, path in wavs.items()}, known)
    assert {soundfile.info(path).subtype for path in wavs.values()} == {"PCM_16"}
    assert dict(zip(found["id"], found["text"], strict=True)) == {
        name: without_pipes(clip.row["text"]) for name, clip in known.items()}


def test_each_split_has_a_table(tmp_path: Path) -> None:
    run = awkward_run(tmp_path / "run")
    export(run, tmp_path / "out", "ljspeech")
    wanted = Counter(clip.row["split"] for clip in known_clips(run, included=True).values())
    assert {split: len(table(tmp_path / "out" / f"metadata_{split}.csv")) for split in wanted} == wanted


def test_nothing_is_lost_of_the_other_columns_or_the_text(tmp_path: Path) -> None:
    run = awkward_run(tmp_path / "run")
    export(run, tmp_path / "out", "ljspeech")
    known = known_clips(run, included=True)
    rows = [json.loads(line) for line in (tmp_path / "out" / "columns.jsonl").read_bytes().split(b"\n") if line]
    assert sorted(row["id"] for row in rows) == sorted(known)
    for row in rows:
        assert_same_columns(row, known[row["id"]].row, but=["sha256"])
        assert row["file_name"] == f"wavs/{row['id']}.wav"


def test_the_hash_is_that_of_the_wav(tmp_path: Path) -> None:
    import hashlib

    export(awkward_run(tmp_path / "run"), tmp_path / "out", "ljspeech")
    for line in (tmp_path / "out" / "columns.jsonl").read_bytes().splitlines():
        row = json.loads(line)
        assert hashlib.sha256((tmp_path / "out" / row["file_name"]).read_bytes()).hexdigest() == row["sha256"]


@pytest.mark.parametrize(("text", "kept"), [
    ("plain", "plain"), ("yes|no", "yes, no"), ("Stop!|Now", "Stop! Now"), ("two\r\nlines", "two lines"), ("a|a", "a, a"),
    ("|", ""), ("end|", "end"), ('"', '"'), ("a\u2028b\x85c", "a b c"),
])
def test_what_becomes_of_pipes_and_line_ends(text: str, kept: str) -> None:
    assert without_pipes(text) == kept


@settings(max_examples=30, deadline=None)
@given(st.lists(texts, min_size=1, max_size=6))
def test_any_text_stays_in_its_field(tmp_path_factory: pytest.TempPathFactory, said: list[str]) -> None:
    folder = write_samples("ljspeech", tmp_path_factory.mktemp("l") / "out", said)
    with (folder / "metadata.csv").open(encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("|") for line in file]
    assert [len(row) for row in rows] == [3] * len(said)
    assert [row[0] for row in rows] == [f"a-{number}" for number in range(len(said))]
    for (_, text, normalised), given_text in zip(rows, said, strict=True):
        assert [c for c in text if c not in " ,"] == [c for c in given_text if not c.isspace() and c not in "|,"]
        assert normalised == unicodedata.normalize("NFC", text)


def test_it_holds_nothing_but_wav(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="ljspeech holds wav files only; take away audio 'flac'"):
        export(awkward_run(tmp_path / "run"), tmp_path / "out", "ljspeech", audio="flac")
