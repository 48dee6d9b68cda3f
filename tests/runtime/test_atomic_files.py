"""Files that appear whole or not at all."""

import os
from pathlib import Path

import pytest

from voiceact.runtime.atomic_files import write_together, write_whole


def test_an_old_last_file_never_vouches_for_new_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audio, record = tmp_path / "a.wav", tmp_path / "a.json"
    write_together([(audio, b"old"), (record, b"old record")])
    replace = os.replace

    def killed_after_the_first(source: Path, target: Path) -> None:
        if Path(target) == record:
            raise KeyboardInterrupt
        replace(source, target)

    monkeypatch.setattr(os, "replace", killed_after_the_first)
    with pytest.raises(KeyboardInterrupt):
        write_together([(audio, b"new"), (record, b"new record")])
    assert audio.read_bytes() == b"new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav"]


@pytest.mark.parametrize("character", ["a", "ß", "声", "🎭"])
def test_a_file_with_the_longest_name_is_written(tmp_path: Path, character: str) -> None:
    # 255 bytes are what Linux allows; the temporary name beside it must fit too.
    path = tmp_path / (character * (255 // len(character.encode())))
    write_whole(path, b"x")
    assert [found.name for found in tmp_path.iterdir()] == [path.name] and path.read_bytes() == b"x"
