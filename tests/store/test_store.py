"""A store: files that appear whole or not at all, in a folder and elsewhere, and what is said when it fails."""

import errno
import os
import secrets
from pathlib import Path

import pytest

from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.extras import MissingExtraError
from voiceact.store.filesystem import Store


@pytest.fixture(params=["folder", "memory"])
def store(request, tmp_path) -> Store:
    return Store(tmp_path / "run" if request.param == "folder" else f"memory://{secrets.token_hex(8)}/run")


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


# --- Any store


def test_what_is_written_is_read_back(store) -> None:
    store.write("verified/a.tar", b"abc")
    assert store.exists("verified/a.tar") and store.read("verified/a.tar") == b"abc" and store.size("verified/a.tar") == 3
    store.write("verified/a.tar", b"")
    assert store.read("verified/a.tar") == b"" and store.size("verified/a.tar") == 0


@pytest.mark.parametrize(
    ("start", "length", "found"), [(0, 3, b"abc"), (2, 2, b"cd"), (4, 10, b"ef"), (6, 1, b""), (99, 1, b"")]
)
def test_a_range_is_what_stands_there_and_ends_with_the_file(store, start, length, found) -> None:
    store.write("a", b"abcdef")
    assert store.read_range("a", start, length) == found


def test_names_are_those_of_one_folder_and_suffix_in_order(store) -> None:
    for name in ("index/b.parquet", "index/a.parquet", "index/c.txt", "index/.d.parquet", "index/deep/e.parquet", "f.parquet"):
        store.write(name, b"")
    assert store.names("index", ".parquet") == ["index/a.parquet", "index/b.parquet"]
    assert store.names("nowhere", ".parquet") == []


def test_all_files_of_a_suffix_are_found_however_deep_but_not_those_being_written(store) -> None:
    for name in ("b.tar", "verified/a.tar", "a/b/c/d.tar", "verified/.a.tar", "verified/a.tar.part", "tar"):
        store.write(name, b"")
    assert store.find(".tar") == ["a/b/c/d.tar", "b.tar", "verified/a.tar"]


def test_nothing_is_found_where_nothing_is(store) -> None:
    assert store.find(".tar") == [] and not store.exists("a") and not store.exists("")


def test_a_file_is_published_from_elsewhere_and_its_source_is_gone(store, tmp_path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"whole")
    store.publish(source, "rejected/a.tar")
    assert store.read("rejected/a.tar") == b"whole" and not source.exists()


def test_a_file_is_taken_away_and_one_that_is_not_there_is_no_fault(store) -> None:
    store.write("a/b", b"x")
    store.remove("a/b")
    store.remove("a/b")
    assert not store.exists("a/b")


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: store.read("a/b"),
        lambda store: store.size("a/b"),
        lambda store: store.open("a/b"),
        lambda store: store.read_range("a/b", 0, 1),
    ],
)
def test_a_file_that_is_not_there_is_named(store, ask) -> None:
    with pytest.raises(VoiceactError) as told:
        ask(store)
    assert str(told.value) == f"{store.url}: has no a/b"


# --- A folder


def test_a_failed_write_leaves_what_was_there_and_no_half_file(tmp_path, monkeypatch) -> None:
    store = Store(tmp_path)
    store.write("index/a", b"old")
    monkeypatch.setattr(os, "replace", lambda *paths: raising(OSError(errno.ENOSPC, "No space left on device")))
    with pytest.raises(
        VoiceactError, match=r"index/a: the disk is full; free some space and run again, nothing that was"
    ) as told:
        store.write("index/a", b"new")
    assert told.value.exit_status == 1
    assert files(tmp_path) == ["index/a"] and store.read("index/a") == b"old"


def test_a_disk_that_fills_while_it_is_written_leaves_no_file(tmp_path, monkeypatch) -> None:
    store = Store(tmp_path)
    monkeypatch.setattr(os, "fsync", lambda handle: raising(OSError(errno.ENOSPC, "No space left on device")))
    with pytest.raises(VoiceactError, match="the disk is full"):
        store.write("index/a", b"new")
    assert files(tmp_path) == []


def test_the_bytes_are_on_the_disk_before_the_name_is(tmp_path, monkeypatch) -> None:
    happened = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (happened.append("flush"), fsync(handle)))
    monkeypatch.setattr(os, "replace", lambda *paths: (happened.append("rename"), replace(*paths)))
    Store(tmp_path).write("a", b"x")
    assert happened == ["flush", "rename", "flush"]


def test_a_part_is_no_file_of_the_store(tmp_path) -> None:
    store = Store(tmp_path)
    part = store.part("verified/a.tar")
    part.write_bytes(b"half")
    assert part.parent == tmp_path / "verified" and store.names("verified", "") == [] and store.find("") == []
    store.publish(part, "verified/a.tar")
    assert files(tmp_path) == ["verified/a.tar"]


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.EPERM])
def test_a_folder_that_may_not_be_written_is_wrong_usage(tmp_path, monkeypatch, code) -> None:
    monkeypatch.setattr(os, "replace", lambda *paths: raising(OSError(code, os.strerror(code))))
    with pytest.raises(UsageError, match="permission denied; choose another folder") as told:
        Store(tmp_path).write("a", b"x")
    assert told.value.exit_status == 2 and files(tmp_path) == []


def test_another_trouble_of_the_disk_is_told_in_its_own_words(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(os, "replace", lambda *paths: raising(OSError(errno.EIO, "Input/output error")))
    with pytest.raises(VoiceactError, match="cannot write .*/a: Input/output error"):
        Store(tmp_path).write("a", b"x")


def test_a_file_where_a_folder_should_be_is_told(tmp_path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(UsageError, match=r"cannot write into .*: .*file is not a folder; choose another --out"):
        Store(tmp_path / "file").check_writable()
    with pytest.raises(UsageError, match="file is not a folder"):
        Store(tmp_path / "file" / "deeper").check_writable()
    with pytest.raises(VoiceactError, match="cannot write .*file"):
        Store(tmp_path / "file").write("a", b"x")
    assert (tmp_path / "file").read_bytes() == b"mine"


def test_a_folder_without_permission_is_told_before_work(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(UsageError, match="may not be written; choose another --out"):
        Store(tmp_path / "run").check_writable()


def test_asking_whether_it_can_be_written_makes_nothing(tmp_path) -> None:
    Store(tmp_path / "run" / "deep").check_writable()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_a_folder_whatever_it_is_called(tmp_path) -> None:
    for name in ("with space", "a#b", "a%20b", "ümlaut", "a{b}", "a*b", "[x]", "a::b", "s3:b"):
        store = Store(tmp_path / name)
        store.write("index/a.parquet", b"x")
        assert (tmp_path / name / "index" / "a.parquet").is_file()
        assert store.names("index", ".parquet") == ["index/a.parquet"] and store.find(".parquet") == ["index/a.parquet"]


# --- Elsewhere


def test_a_store_that_fails_leaves_nothing_and_says_why(monkeypatch) -> None:
    store = Store("memory://store-fails")
    monkeypatch.setattr(store._fs, "pipe_file", lambda *given: raising(OSError("connection reset")))
    with pytest.raises(VoiceactError, match="cannot write index/a in memory://store-fails: connection reset"):
        store.write("index/a", b"x")
    assert not store.exists("index/a")


def test_a_store_without_permission_is_wrong_usage_before_work(monkeypatch) -> None:
    store = Store("memory://store-locked")
    monkeypatch.setattr(store._fs, "pipe_file", lambda *given: raising(PermissionError("AccessDenied")))
    with pytest.raises(UsageError, match="in memory://store-locked: permission denied; check the store's keys"):
        store.check_writable()


def test_asking_whether_a_store_can_be_written_leaves_nothing() -> None:
    store = Store("memory://store-asked")
    store.check_writable()
    assert store._fs.find("store-asked") == []


def test_a_source_that_could_not_be_published_is_kept(monkeypatch, tmp_path) -> None:
    store, source = Store("memory://store-put"), tmp_path / "source"
    source.write_bytes(b"x")
    monkeypatch.setattr(store._fs, "put_file", lambda *given: raising(OSError("connection reset")))
    with pytest.raises(VoiceactError, match="connection reset"):
        store.publish(source, "a.tar")
    assert source.read_bytes() == b"x"


def test_a_scheme_that_nobody_knows_is_told() -> None:
    with pytest.raises(UsageError, match="nostore://bucket/run: is no folder and no store that fsspec knows"):
        Store("nostore://bucket/run")


def test_a_store_whose_package_is_missing_names_the_extra(monkeypatch) -> None:
    monkeypatch.setattr("fsspec.core.url_to_fs", lambda url: raising(ImportError("Install s3fs to access S3")))
    with pytest.raises(MissingExtraError, match=r"pip install .*\[s3\]"):
        Store("s3://bucket/run")
    with pytest.raises(UsageError, match="the package for gs:// stores is not installed"):
        Store("gs://bucket/run")


def test_without_fsspec_the_extra_is_named(monkeypatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(MissingExtraError, match=r"pip install .*\[dataset\]"):
        Store("run")


def raising(error: Exception):
    raise error
