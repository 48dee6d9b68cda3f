"""Shards: what is written is read back by us, by tarfile and by WebDataset; what is damaged or foreign is told."""

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceact.errors import VoiceactError
from voiceact.store.shard import ShardWriter, read_members, read_shard

KEYS = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-_ ", min_size=1, max_size=40)
EXTENSIONS = st.sampled_from(["flac", "json", "twin.flac", "wav"])
CLIPS = st.lists(st.tuples(KEYS, st.dictionaries(EXTENSIONS, st.binary(max_size=1500), min_size=1)), max_size=5,
                 unique_by=lambda clip: clip[0])


def shard(*clips) -> bytes:
    file = io.BytesIO()
    with ShardWriter(file) as writer:
        for key, members in clips:
            writer.add(key, members)
    return file.getvalue()


def foreign(*members: tarfile.TarInfo | tuple[str, bytes], format=tarfile.USTAR_FORMAT) -> bytes:
    """A tar as somebody else might write it."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=format) as tar:
        for member in members:
            if isinstance(member, tuple):
                header = tarfile.TarInfo(member[0])
                header.size = len(member[1])
                tar.addfile(header, io.BytesIO(member[1]))
            else:
                tar.addfile(member)
    return file.getvalue()


def link(name: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.type, header.linkname = kind, "/etc/passwd"
    return header


def read(data: bytes) -> list:
    return list(read_shard(io.BytesIO(data), "verified/shard-000000.tar"))


TWO = [("a-1", {"flac": b"x" * 700, "json": b"{}"}), ("a-2", {"flac": b"y", "json": b"{ }"})]


# --- Whole ones


@given(CLIPS)
def test_what_is_written_is_read_back(clips) -> None:
    assert read(shard(*clips)) == clips


@given(CLIPS)
def test_the_standard_tarfile_reads_the_same(clips) -> None:
    with tarfile.open(fileobj=io.BytesIO(shard(*clips))) as tar:
        found = [(member.name, tar.extractfile(member).read()) for member in tar]
    assert found == [(f"{key}.{extension}", data) for key, members in clips for extension, data in members.items()]


@given(CLIPS)
def test_places_are_where_the_bytes_are(clips) -> None:
    file = io.BytesIO()
    with ShardWriter(file) as writer:
        places = [writer.add(key, members) for key, members in clips]
    data = file.getvalue()
    for (_, members), found in zip(clips, places, strict=True):
        assert {name: data[place.start:place.start + place.length] for name, place in found.items()} == members


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**9), st.binary(max_size=800), st.binary(max_size=800)), min_size=1, max_size=4,
                unique_by=lambda clip: clip[0]))
def test_the_webdataset_reader_finds_the_same_clips(tmp_path_factory, clips) -> None:
    webdataset = pytest.importorskip("webdataset", reason="the reader of WebDataset is not installed")
    path = tmp_path_factory.mktemp("shard") / "shard-000000.tar"
    written = [(f"r-{key:09d}-001", {"flac": one, "json": b"{}", "twin.flac": other}) for key, one, other in clips]
    path.write_bytes(shard(*written))
    found = [(sample["__key__"], {name: data for name, data in sample.items() if not name.startswith("__")})
             for sample in webdataset.WebDataset(str(path), shardshuffle=False)]
    assert found == written


def test_the_same_clips_give_the_same_bytes_which_name_nobody() -> None:
    one = shard(*TWO)
    assert one == shard(*TWO)
    with tarfile.open(fileobj=io.BytesIO(one)) as tar:
        assert {(member.mtime, member.uid, member.gid, member.uname, member.gname, member.mode) for member in tar} == {
            (0, 0, 0, "", "", 0o644)}


def test_a_member_of_several_pieces_is_whole() -> None:
    large = bytes(range(256)) * 12_000  # 3 MB, three times what is read at once
    assert read(shard(("a", {"flac": large}), ("b", {"flac": b""}))) == [("a", {"flac": large}), ("b", {"flac": b""})]


def test_a_shard_without_clips_is_whole() -> None:
    assert read(shard()) == []


@pytest.mark.parametrize(("key", "extension"), [
    ("a.b", "flac"), ("../a", "flac"), ("/a", "flac"), ("a\\b", "flac"), ("", "flac"), ("a", ""), ("a", "../flac"),
    ("a", ".flac"), ("a", "flac."), ("a\0", "flac"), ("k" * 120, "flac")])
def test_a_key_that_would_not_come_back_is_refused_and_nothing_of_the_clip_written(key, extension) -> None:
    file = io.BytesIO()
    with ShardWriter(file) as writer:
        writer.add(*TWO[0])
        with pytest.raises(ValueError):
            writer.add(key, {"json": b"{}", extension: b"x"} if key == "a" else {extension: b"x"})
        writer.add(*TWO[1])
    assert read(file.getvalue()) == TWO


def test_a_shard_whose_writing_failed_has_no_end() -> None:
    file = io.BytesIO()
    with pytest.raises(RuntimeError), ShardWriter(file) as writer:
        writer.add(*TWO[0])
        raise RuntimeError
    with pytest.raises(VoiceactError, match="without the mark of its end"):
        read(file.getvalue())


# --- Damaged ones


def ends() -> list[int]:
    """Where a member of TWO ends and the next begins: tarfile takes a tar that is cut there for a whole one."""
    return [member.place.start + -(-member.place.length // 512) * 512 for member in read_members(io.BytesIO(shard(*TWO)))]


@pytest.mark.parametrize("end", ends())
def test_a_cut_between_two_members_is_told(end) -> None:
    data = shard(*TWO)[:end]
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert len(tar.getnames()) >= 1  # nothing tells tarfile
    with pytest.raises(VoiceactError, match=f"shard-000000.tar: is not a whole tar file .it ends at byte {end}, without the mark"):
        read(data)


@given(st.integers(0, ends()[-1] + 1023))
def test_a_cut_anywhere_before_the_mark_of_the_end_is_told(end) -> None:
    with pytest.raises(VoiceactError, match="is not a whole tar file"):
        read(shard(*TWO)[:end])


@pytest.mark.parametrize(("data", "words"), [
    (b"", "it is empty"),
    (b"\0" * 300, "it ends at byte 300"),
    (b"\0" * 512, "within the mark of its end"),
    (b"<html>not found</html>" * 100, "the header at byte 0 is damaged"),
    (shard(*TWO) + shard(*TWO), "something stands behind its end"),
])
def test_what_is_no_tar_is_told(data, words) -> None:
    with pytest.raises(VoiceactError, match=words):
        read(data)


def test_a_flipped_bit_in_a_header_is_told_not_taken_for_the_end() -> None:
    data = bytearray(shard(*TWO))
    data[ends()[0] + 2] ^= 1
    with tarfile.open(fileobj=io.BytesIO(bytes(data)), mode="r|") as tar:
        assert len(tar.getnames()) == 1  # tarfile stops without a word
    with pytest.raises(VoiceactError, match=f"the header at byte {ends()[0]} is damaged"):
        read(bytes(data))


def test_a_header_that_promises_a_terabyte_costs_nothing() -> None:
    header = tarfile.TarInfo("a.flac")
    header.size = 2**40
    with pytest.raises(VoiceactError, match=r"member 'a\.flac' at byte 0 ends early"):
        read(header.tobuf(tarfile.GNU_FORMAT) + b"x" * 2000)


# --- Foreign ones


@pytest.mark.parametrize(("member", "words"), [
    (("../x.flac", b"x"), r"'\.\./x\.flac' is not named KEY\.EXTENSION"),
    (("/etc/x.flac", b"x"), "'/etc/x.flac' is not named"),
    (("folder/a.flac", b"x"), "'folder/a.flac' is not named"),
    (("noextension", b"x"), "'noextension' is not named"),
    ((".hidden", b"x"), "'.hidden' is not named"),
    (link("a.flac"), "'a.flac' is no plain file"),
    (link("a.flac", tarfile.LNKTYPE), "'a.flac' is no plain file"),
    (link("a.d", tarfile.DIRTYPE), "is no plain file"),
    (link("a.fifo", tarfile.FIFOTYPE), "is no plain file"),
])
def test_a_member_that_would_leave_the_folder_is_told_and_nothing_is_extracted(tmp_path, monkeypatch, member, words) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(VoiceactError, match=words):
        read(foreign(("a.json", b"{}"), member))
    assert list(Path(tmp_path).iterdir()) == []


def test_a_long_name_of_another_format_is_told() -> None:
    with pytest.raises(VoiceactError, match="is no plain file"):
        read(foreign((f"{'k' * 150}.flac", b"x"), format=tarfile.PAX_FORMAT))


def test_members_go_on_behind_a_member_that_has_no_place() -> None:
    found = list(read_members(io.BytesIO(foreign(("../x", b"x" * 600), link("l"), ("a.flac", b"y")))))
    assert [(member.name, bool(member.fault)) for member in found] == [("../x", True), ("l", True), ("a.flac", False)]
    assert found[2].data == b"y" and found[2].place.start == 512 * 5


def test_a_member_that_stands_there_twice_is_told() -> None:
    with pytest.raises(VoiceactError, match=r"member 'a\.flac' stands in it twice"):
        read(foreign(("a.flac", b"x"), ("a.json", b"{}"), ("a.flac", b"y")))
