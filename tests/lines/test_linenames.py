"""Ids of lines as names of files: on every system, inside the folder, never two on one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceact.errors import UsageError
from voiceact.lines.names import check_id, check_names, take_path
from voiceact.lines.table import Faults, Line


@pytest.mark.parametrize("name", ["a", "scene1/nurse_01", "a.b-c/D_2", "_x", "00012", "concert", "a/b/c/d"])
def test_names_that_every_system_can_write(name: str) -> None:
    check_id(name)


@pytest.mark.parametrize(("name", "message"), [
    ("", "has no id"), ("../a", "leaves the folder"), ("a/../b", "leaves the folder"), ("/a", "leaves the folder"),
    ("a//b", "leaves the folder"), ("a/", "leaves the folder"), ("./a", "leaves the folder"),
    ("C:/a", "leaves the folder"), ("c:a", "leaves the folder"), ("a\\b", "leaves the folder"),
    ("..\\a", "leaves the folder"), (".hidden", "ASCII"), ("-rf", "ASCII"), ("a b", "ASCII"), ("Müller", "ASCII"),
    ("a.", "no '.' last"), ("ab:c", "ASCII"), ("a\nb", "ASCII"), ("a\x00", "ASCII"), ("a?", "ASCII"), ("~", "ASCII"),
    ("con", "Windows"), ("x/NUL", "Windows"), ("com1.line", "Windows"), ("a.wav", "leave the ending out"),
    ("a.WAV/b", "leave the ending out"), ("a.words", "leave the ending out"), ("a.json", "leave the ending out"),
    ("a__t02", "kept for --takes"), ("x" * 101, "a part of 101"), ("x/" * 120 + "y", "241 characters"),
])
def test_names_that_are_refused(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_id(name)


@given(st.lists(st.text("ab./_tT0", min_size=1, max_size=6), min_size=2, max_size=6, unique_by=str.casefold))
def test_ids_that_pass_never_share_a_file(ids: list[str]) -> None:
    faults = Faults(Path("t"))
    check_names([Line(n, name, "x") for n, name in enumerate(ids)], faults)
    refused = {row for row, _, _ in faults.found}
    files = [take_path(Path("o"), name, take, suffix).as_posix().casefold()
             for n, name in enumerate(ids) if n not in refused for take in (1, 2)
             for suffix in (".wav", ".ogg", ".json", ".srt", ".words.json")]
    assert len(set(files)) == len(files)
    assert not {Path(file).parent.as_posix() for file in files} & set(files)
