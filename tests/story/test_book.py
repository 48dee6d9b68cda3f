"""A told story as an audiobook: chapter marks that another program reads."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from voiceact import audio
from voiceact.cli.main import main
from voiceact.errors import UsageError, VoiceactError
from voiceact.story.book import chapter_metadata, check_book_path, write_book

needs_ffmpeg = pytest.mark.skipif(
    shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None, reason="ffmpeg is not installed"
)
CHAPTERS = [("I. The Door; #1 = a\\b", 0.5), ("II. “Ünder”", 1.25)]


@pytest.fixture
def whole(tmp_path) -> Path:
    path = tmp_path / "story.wav"
    path.write_bytes(audio.encode(0.1 * np.sin(np.arange(48_000) / 9).astype(np.float32), 24_000, suffix=".wav"))
    return path


def probe(path: Path) -> dict:
    command = ["ffprobe", "-v", "error", "-show_chapters", "-show_format", "-of", "json", str(path)]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


@needs_ffmpeg
@pytest.mark.parametrize("suffix", [".m4b", ".mp3"])
def test_chapters_are_where_the_headings_are(whole, tmp_path, suffix: str) -> None:
    path = tmp_path / f"book{suffix}"
    for _ in range(2):
        write_book(path, whole, title="A Tale", chapters=CHAPTERS, seconds=2.0, comment="synthetic")
        first = path.read_bytes()
    found = probe(path)
    # What is heard before the first heading has the story's name.
    assert [(mark["tags"]["title"], float(mark["start_time"])) for mark in found["chapters"]] == [
        ("A Tale", 0.0),
        (CHAPTERS[0][0], 0.5),
        (CHAPTERS[1][0], 1.25),
    ]
    assert float(found["chapters"][-1]["end_time"]) == pytest.approx(2.0, abs=0.1)
    assert found["format"]["tags"]["title"] == "A Tale"
    assert float(found["format"]["duration"]) == pytest.approx(2.0, abs=0.15)
    assert path.read_bytes() == first
    assert not list(tmp_path.glob(".*.part"))


def test_marks_of_the_metadata_format_are_escaped() -> None:
    text = chapter_metadata("One\nTale", [("a=b;c#d\\e", 0.0)], 3.0)
    assert "title=One Tale\n" in text
    assert r"title=a\=b\;c\#d\\e" in text
    assert text.count("[CHAPTER]") == 1
    assert "START=0\nEND=3000" in text


@needs_ffmpeg
def test_sound_that_ffmpeg_cannot_read_leaves_nothing_behind(tmp_path) -> None:
    (tmp_path / "story.wav").write_bytes(b"RIFF nothing")
    with pytest.raises(VoiceactError, match=r"ffmpeg could not write .*book.mp3"):
        write_book(tmp_path / "book.mp3", tmp_path / "story.wav", title="x", chapters=[], seconds=1.0)
    assert [path.name for path in tmp_path.iterdir()] == ["story.wav"]


def test_what_cannot_be_written_is_said_before_anything_is_spoken(tmp_path, monkeypatch) -> None:
    with pytest.raises(UsageError, match=r"book.ogg is no audiobook that is written here; expected a file ending in .m4b"):
        check_book_path(tmp_path / "book.ogg")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="ffmpeg, which writes .m4b files, is not installed; install it"):
        check_book_path(tmp_path / "book.m4b")


def test_a_book_without_a_folder_is_refused(tmp_path, capsys) -> None:
    tale = tmp_path / "tale.txt"
    tale.write_text("It was dark.")
    with pytest.raises(SystemExit):
        main(
            ["tell", str(tale), "--persona", "monk", "--script-out", str(tmp_path / "s.txt"), "--book", str(tmp_path / "b.m4b")]
        )
    assert "--book is made of what is told; name a folder for that with --out" in capsys.readouterr().err
