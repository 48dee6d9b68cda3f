"""The journal of a work unit: whatever is cut off it, what stands before the cut is there, and no half take is."""

import hashlib
import json
from pathlib import Path

import pytest

from voiceact.errors import VoiceactError
from voiceact.store.journal import Entry, Journal, JournalHeader, read_journal, read_journal_rows

TITLE = JournalHeader("plan", 3, 0, 7)


def entry(number: int) -> Entry:
    row = {"id": f"a-{number}", "cell": 0, "take": number, "included": number % 2 == 0, "lufs": -23.123456789012345 / number}
    return Entry(row, {"flac": bytes([number]) * 40 * number, "json": b"{}\n"})


def written(path: Path, count: int = 3) -> Path:
    with Journal(path, TITLE) as journal:
        for number in range(1, count + 1):
            journal.append(entry(number))
    return path


def test_what_is_appended_is_read_back(tmp_path) -> None:
    path = written(tmp_path / "deep" / "a.journal")
    assert list(read_journal(path, TITLE)) == [entry(1), entry(2), entry(3)]
    assert list(read_journal_rows(path, "plan")) == [entry(number).row for number in (1, 2, 3)]
    assert list(read_journal_rows(path, "another")) == []
    with Journal(path, TITLE) as journal:
        assert [(one.cell, one.take, one.included) for one in journal.takes] == [(0, 1, False), (0, 2, True), (0, 3, False)]


def test_a_header_line_says_sizes_and_digest(tmp_path) -> None:
    _, header, rest = written(tmp_path / "a.journal", 1).read_bytes().split(b"\n", 2)
    found = json.loads(header)
    assert list(found["sizes"]) == ["row", "flac", "json"]
    assert (found["sizes"]["flac"], found["sha256"]) == (40, hashlib.sha256(rest).hexdigest())


def test_cut_anywhere_it_goes_on_after_the_last_whole_take(tmp_path) -> None:
    whole = written(tmp_path / "a.journal").read_bytes()
    path = tmp_path / "b.journal"
    seen = set()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        with Journal(path, TITLE) as journal:
            kept = len(journal.takes)
            for number in range(kept + 1, 4):
                journal.append(entry(number))
        seen.add(kept)
        assert path.read_bytes() == whole
    assert seen == {0, 1, 2}


def test_a_byte_that_changed_costs_its_take_and_those_behind(tmp_path) -> None:
    path = written(tmp_path / "a.journal")
    data = bytearray(path.read_bytes())
    data[data.index(bytes([2]) * 80) + 3] ^= 1
    path.write_bytes(data)
    with Journal(path, TITLE) as journal:
        assert [one.take for one in journal.takes] == [1]


def test_the_journal_of_another_plan_or_stint_is_begun_anew(tmp_path) -> None:
    path = written(tmp_path / "a.journal")
    other = JournalHeader("another", 3, 0, 7)
    with pytest.raises(VoiceactError, match="is the journal of something else"):
        list(read_journal(path, other))
    with Journal(path, other) as journal:
        assert journal.takes == []
        journal.append(entry(1))
    assert list(read_journal(path, other)) == [entry(1)]


def test_a_journal_that_is_gone_is_told(tmp_path) -> None:
    with pytest.raises(VoiceactError, match="the journal is gone; run again"):
        list(read_journal(tmp_path / "none", TITLE))
    assert list(read_journal_rows(tmp_path / "none", "plan")) == []


def test_another_process_that_looks_sees_whole_takes_only(tmp_path) -> None:
    path = written(tmp_path / "a.journal")
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    assert [row["take"] for row in read_journal_rows(path, "plan")] == [1, 2]
