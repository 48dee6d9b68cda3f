"""JSON nested so deep that no reader can follow is told like any other damage: wherever people or networks hand it in."""

from collections.abc import Callable
from pathlib import Path

import pytest

from voiceact.clip.record import load_record
from voiceact.engines.remote.client import read_mapping_file
from voiceact.errors import VoiceactError
from voiceact.judge.corpus.manifest import read_manifest
from voiceact.lines.table import read_lines
from voiceact.store.filesystem import Store
from voiceact.store.run_file import need_run

DEEP = '{"a":' * 50_000


@pytest.mark.parametrize(("name", "read"), [
    ("clip.json", load_record), ("lines.jsonl", read_lines), ("manifest.jsonl", read_manifest),
    ("run.json", lambda path: need_run(Store(path.parent))), ("cast.json", lambda path: read_mapping_file(str(path), "cast")),
])
def test_it_is_refused_in_words(tmp_path: Path, name: str, read: Callable[[Path], object]) -> None:
    (tmp_path / name).write_text(DEEP)
    with pytest.raises(VoiceactError, match=name):
        read(tmp_path / name)
