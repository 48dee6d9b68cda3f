"""A session writes its takes whole or not at all, and refuses what cannot be written before it speaks."""

import os
from pathlib import Path
from typing import Any

import pytest
from builders import ToneEngine

from voiceact.errors import UsageError, VoiceactError
from voiceact.synthesis.request import SynthesisRequest, resolve_request
from voiceact.synthesis.takes import WrittenTake, default_path, perform_takes, take_paths

TEXT = "A short one."


def perform(*, out: Path, takes: int = 1, plot: Path | None = None, **asked: Any) -> list[WrittenTake]:
    request = SynthesisRequest(**{"persona": "nurse", "text": TEXT, **asked})
    return list(perform_takes(request, takes=takes, out=out, verify=False, plot=plot))


class Silent(ToneEngine):
    """An engine that must not be asked to speak."""

    def perform(self, text, persona, direction, *, language, seed):
        pytest.fail("spoke")


def test_takes_stand_side_by_side_with_their_own_seeds(tmp_path: Path) -> None:
    made = perform(emotions=("Anger",), takes=3, seed=5, out=tmp_path / "x.wav")
    assert [take.path.name for take in made] == ["x.wav", "x__t02.wav", "x__t03.wav"]
    assert [take.clip.record.seed for take in made] == [5, 6, 7]
    assert len({take.path.read_bytes() for take in made}) == 3
    assert len({take.clip.record.text for take in made}) == 1


def test_takes_of_a_picked_line_share_the_line(tmp_path: Path) -> None:
    made = perform(emotions=("Anger",), text=None, takes=2, out=tmp_path / "x.wav")
    assert made[0].clip.record.text == made[1].clip.record.text


def test_a_file_is_named_after_who_feels_what() -> None:
    request = resolve_request(SynthesisRequest(persona="nurse", emotions="Jealousy:3", text=TEXT))
    assert default_path(request) == Path("nurse-jealousy-envy-3.wav")
    assert default_path(resolve_request(SynthesisRequest(persona="nurse", text=TEXT))) == Path("nurse-neutral.wav")
    assert take_paths(Path("a/b.ogg"), 1) == [Path("a/b.ogg")]


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("missing/x.wav", "does not exist"),
        ("x.mp3", "mp3"),
        ("folder.wav", "is a folder"),
    ],
)
def test_what_cannot_be_written_is_refused_before_a_word_is_spoken(tmp_path: Path, out: str, words: str) -> None:
    (tmp_path / "folder.wav").mkdir()
    with pytest.raises(UsageError, match=words):
        perform(engine=Silent(), out=tmp_path / out)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.wav"]


def test_a_picture_that_cannot_be_drawn_is_refused_first(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="bmp"):
        perform(engine=Silent(), out=tmp_path / "x.wav", plot=tmp_path / "x.bmp")


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(VoiceactError, match="the disk is full; nothing was left half-written"):
        perform(out=tmp_path / "x.wav")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="may not be written"):
        perform(out=tmp_path / "x.wav")
