"""The audit: every fault is made here by hand, and is told; a run without one is clean.

`forged.Shard` rewrites a shard as a careful forger would, with digests, places and counts that fit, so that each check is
met alone and not only through the digest of the file.
"""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from forged import Shard, encoded, measures
from judges import ScriptedJudge
from tiny_run import Hum, write_tiny_run

from voiceact import __version__
from voiceact.acting.direction import direct
from voiceact.acting.persona import load_persona
from voiceact.cli.recipe.audit import audit
from voiceact.clip.record import Record
from voiceact.dataset.audit.audit import audit_run
from voiceact.dataset.audit.clips import DecodedAudio
from voiceact.dataset.audit.issues import KINDS, MOST_SHOWN, Faults
from voiceact.dataset.audit.report import AuditReport
from voiceact.errors import UsageError, VoiceactError
from voiceact.store.columns import COLUMNS, STORE_COLUMNS
from voiceact.store.filesystem import Store
from voiceact.store.index import Footer, Tar, count_rows
from voiceact.store.run_file import read_run, write_run
from voiceact.store.shard import ShardWriter
from voiceact.store.sidecar import encode_sidecar, write_index
from voiceact.store.splits import split_of

FIRST = "tiny-000000000-001"
SECOND = "tiny-000000000-002"
THIRD = "tiny-000000001-001"
LAST = "tiny-000000001-002"
VERIFIED = "verified/shard-000000.tar"
REJECTED = "rejected/shard-000000.tar"
INDEX = "index/shard-000000.parquet"
SIDECAR = "index/_shard-000000.json"


@pytest.fixture
def run(tmp_path) -> Path:
    """Two cells of two takes in one shard."""
    return write_tiny_run(tmp_path / "run", personas=("nurse",), categories=("anger",), shards=1)


@pytest.fixture
def shard(run) -> Shard:
    return Shard(run)


def edit_run(run: Path, **changes) -> None:
    document = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**document, **changes}))


def edit_recipe(run: Path, *gone: str, **changes) -> None:
    recipe = {**json.loads((run / "run.json").read_text())["recipe"], **changes}
    edit_run(run, recipe={key: value for key, value in recipe.items() if key not in gone})


def told(run: Path, **asked) -> dict[str, list[str]]:
    """Kind of fault -> lines; every fault of the run."""
    return {kind: [fault.line for fault in faults] for kind, faults in audit_run(run, **asked).faults.first.items()}


def only(run: Path, kind: str, **asked) -> list[str]:
    """The lines of the one kind of fault there is."""
    found = told(run, **asked)
    assert set(found) == {kind}, found
    return found[kind]


# --- Whole runs


@pytest.mark.parametrize("suffix", ["flac", "wav"])
@pytest.mark.parametrize("twins", [True, False])
def test_a_whole_run_is_clean(tmp_path, twins, suffix) -> None:
    report = audit_run(write_tiny_run(tmp_path / "run", twins=twins, suffix=suffix, shards=3))
    assert report.clean and report.finished and report.faults.counts == {}
    assert (report.takes, report.clips, report.shards) == (36, 36, 3)
    every = {name: report.checked[name] for name in ("rows", "clips", "records", "columns", "sounds")}
    assert set(every.values()) == {36} and report.checked["indexes"] == 3
    assert report.checked["twins"] == (36 if twins else 0)


def test_a_run_in_any_store_is_audited() -> None:
    assert audit_run(write_tiny_run("memory://audited/run", shards=1)).clean


def test_a_run_of_its_own_rule_of_splits_is_clean(run) -> None:
    (run / "splits.json").write_text('{"format": "voiceact-splits/1", "rule": {"shares": {"a": 1}, "by": "line", "seed": 0}}')
    assert audit_run(run).clean


def test_a_forger_who_changes_nothing_is_not_told(run, shard) -> None:
    # Else the faults below could be those of rewriting.
    shard.write()
    assert audit_run(run).clean


def test_an_audit_changes_nothing(run) -> None:
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in run.rglob("*") if path.is_file()}
    audit_run(run)
    assert before == {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in run.rglob("*") if path.is_file()}


def test_a_folder_without_a_run_is_refused(tmp_path) -> None:
    with pytest.raises(UsageError, match="is no run folder"):
        audit_run(tmp_path)


def test_a_run_whose_recipe_cannot_be_read_is_refused(run) -> None:
    edit_recipe(run, takes="many")
    with pytest.raises(UsageError, match=r"run\.json: holds no recipe of this voiceact"):
        audit_run(run)


# --- Files


def test_a_flipped_byte_of_audio_is_told_by_file_and_clip(run, shard) -> None:
    data = bytearray((run / VERIFIED).read_bytes())
    data[shard.row(FIRST)["audio_start"] + 500] ^= 1
    (run / VERIFIED).write_bytes(data)
    found = told(run)
    assert found["changed"][0].startswith(f"{VERIFIED}: its SHA-256 is ")
    assert any(line.startswith(f"{VERIFIED}: {FIRST}: its SHA-256 is ") for line in found["sound"])


def test_a_flipped_byte_in_the_padding_is_told(run) -> None:
    data = bytearray((run / VERIFIED).read_bytes())
    data[-1] ^= 1
    (run / VERIFIED).write_bytes(data)
    found = told(run)
    assert set(found) == {"changed", "damaged"} and "something stands behind its end" in found["damaged"][0]


def test_a_flipped_byte_in_a_twin_is_told_by_the_file(run, shard) -> None:
    data = bytearray((run / VERIFIED).read_bytes())
    data[shard.row(FIRST)["twin_start"] + 60] ^= 1  # in the tags of the file: it still decodes
    (run / VERIFIED).write_bytes(data)
    assert "changed" in told(run)


def test_a_tar_that_is_gone_is_told_once(run) -> None:
    (run / VERIFIED).unlink()
    assert only(run, "missing") == [f"{VERIFIED}: is not there; it held 2 clips"]


def test_a_tar_cut_within_a_member_is_told(run, shard) -> None:
    data = (run / VERIFIED).read_bytes()
    (run / VERIFIED).write_bytes(data[: shard.row(THIRD)["audio_start"] + 100])
    found = told(run)
    assert f"member '{THIRD}.flac' at byte" in found["damaged"][0] and "bytes; " in found["changed"][0]
    assert f"{INDEX}: {THIRD}: is not in {VERIFIED}" in found["clip"]


def test_a_tar_cut_between_two_clips_is_told(run, shard) -> None:
    end = shard.row(THIRD)["audio_start"] - 512
    (run / VERIFIED).write_bytes((run / VERIFIED).read_bytes()[:end])
    found = told(run)
    assert found["damaged"] == [f"{VERIFIED}: is not a whole tar file (it ends at byte {end}, without the mark of its end)"]
    assert f"{VERIFIED}: holds 1 clip; 2 were written" in found["clip"]


def test_an_empty_tar_is_told(run) -> None:
    (run / VERIFIED).write_bytes(b"")
    assert "it is empty" in told(run)["damaged"][0]


def test_a_tar_that_grew_is_told(run) -> None:
    with (run / VERIFIED).open("ab") as file:
        file.write(b"\0" * 10240)
    assert "bytes; " in only(run, "changed")[0]


@pytest.mark.parametrize("name", ["verified/shard-000099.tar", "consistent/shard-000000.tar", "more.tar", "a/b/c.tar"])
def test_a_stray_tar_is_told(run, name) -> None:
    (run / name).parent.mkdir(parents=True, exist_ok=True)
    (run / name).write_bytes((run / VERIFIED).read_bytes())
    assert only(run, "stray") == [f"{name}: is named by no index"]


@pytest.mark.parametrize("name", ["verified/notes.txt", "undecided/tiny-000000000-001.flac"])
def test_a_file_beside_the_tars_is_told(run, name) -> None:
    (run / name).parent.mkdir(exist_ok=True)
    (run / name).write_bytes(b"x")
    (run / "notes.txt").write_bytes(b"x")  # beside the folders nobody takes it for a part of the set
    assert only(run, "stray") == [f"{name}: is no tar of a run"]


def test_a_tar_of_a_journal_is_not_of_the_run(run) -> None:
    (run / "work").mkdir()
    (run / "work" / "x.tar").write_bytes(b"")
    assert audit_run(run).clean


@pytest.mark.parametrize("name", ["index/shard-000001.parquet", "index/copy.parquet", "index/notes.txt"])
def test_a_stray_index_is_told(run, name) -> None:
    (run / name).write_bytes((run / INDEX).read_bytes())
    assert only(run, "stray") == [f"{name}: is no index of a shard from 0 to 0"]


@pytest.mark.parametrize(
    ("member", "words"),
    [
        (
            "../../outside.flac",
            "member '../../outside.flac' is not named KEY.EXTENSION; it was not extracted, do not extract it",
        ),
        ("/outside.flac", "member '/outside.flac' is not named"),
        ("link", "member 'a.flac' is no plain file"),
    ],
)
def test_a_member_that_would_leave_the_folder_is_told_and_never_extracted(run, tmp_path, member, words) -> None:
    data = (run / VERIFIED).read_bytes()
    header = tarfile.TarInfo("a.flac" if member == "link" else member)
    if member == "link":
        header.type, header.linkname = tarfile.SYMTYPE, "/etc/passwd"
    header.size = 0 if member == "link" else 3
    foreign = header.tobuf(tarfile.USTAR_FORMAT) + (b"" if member == "link" else b"xxx" + b"\0" * 509)
    (run / VERIFIED).write_bytes(foreign + data)
    before = sorted(tmp_path.rglob("*"))
    found = told(run)
    assert words in found["member"][0] and sorted(tmp_path.rglob("*")) == before


# --- Indexes


def two_shards(tmp_path) -> Path:
    return write_tiny_run(tmp_path / "two", personas=("nurse",), categories=("anger", "sadness"), shards=2, twins=False)


def test_a_shard_that_is_not_there_is_told_and_the_rest_is_checked(tmp_path) -> None:
    run = two_shards(tmp_path)
    Path(run, INDEX).unlink()
    report = audit_run(run)
    assert not report.finished and (report.there, report.clips) == (1, 4)
    assert only(run, "unfinished") == [
        f"{INDEX}: is not there: the shard was not made, or was taken away",
        f"{REJECTED}: belongs to a shard without an index: it may not be whole",
        f"{VERIFIED}: belongs to a shard without an index: it may not be whole",
    ]


def test_a_damaged_index_is_told_and_the_other_shards_are_checked(tmp_path) -> None:
    run = two_shards(tmp_path)
    Path(run, INDEX).write_bytes(Path(run, INDEX).read_bytes()[:-30])
    assert only(run, "index")[0].startswith(f"{INDEX}: is damaged")
    assert audit_run(run).checked["clips"] == 4


def test_a_changed_statistic_of_a_column_is_told(run) -> None:
    """Rows and footer are whole; but who filters by the column would leave its rows out."""
    data = bytearray((run / INDEX).read_bytes())
    at = data.rindex(FIRST.encode())  # the least id, as the file's own footer has it
    data[at] ^= 1
    (run / INDEX).write_bytes(data)
    assert "its bytes are not those its rows give" in only(run, "index")[0]


def test_an_index_by_another_parquet_writer_is_no_fault_and_no_pass(run, shard) -> None:
    data = (run / INDEX).read_bytes().replace(b"parquet-cpp-arrow", b"parquet-cpp-arroz")
    (run / INDEX).write_bytes(data)
    assert only(run, "index") == [f"{INDEX}: is not the file whose SHA-256 {SIDECAR} states"]
    (run / SIDECAR).write_bytes(encode_sidecar(shard.footer, data))
    report = audit_run(run)
    assert report.clean and report.unchecked["bytes of indexes"] == "1 were written by another pyarrow than is here"
    printed = CliRunner().invoke(audit, [str(run), "--sample", "0"])
    assert "not checked: bytes of indexes: 1 were written by another pyarrow than is here\n" in printed.output


@pytest.mark.parametrize(
    ("data", "words"), [(b'{"format": "\xd4"}', "cannot be read"), (b"", "cannot be read"), (b"[]", "cannot be read")]
)
def test_a_run_file_that_is_none_is_refused(run, data, words) -> None:
    (run / "run.json").write_bytes(data)
    with pytest.raises(UsageError, match=words):
        audit_run(run)


@pytest.mark.parametrize(
    ("what", "said", "words"),
    [
        ("engine", {"name": "fake"}, "its engine lacks 'version'"),
        ("judge", {"name": "x"}, "its judge lacks 'revision'"),
        ("personas", {"nurse": {"age": 3}}, "its persona 'nurse' lacks 'gender'"),
    ],
)
def test_a_run_file_that_lacks_what_all_rely_on_is_refused(run, what, said, words) -> None:
    edit_run(run, **{what: said})
    with pytest.raises(UsageError, match=words):
        audit_run(run)


def test_an_index_whose_rows_are_damaged_is_told(tmp_path) -> None:
    run = two_shards(tmp_path)
    data = bytearray(Path(run, INDEX).read_bytes())
    data[4:400] = bytes(396)
    Path(run, INDEX).write_bytes(data)
    assert only(run, "index")[0].startswith(f"{INDEX}: is damaged")


def test_a_bit_of_a_sidecar_is_told_wherever_it_is(run) -> None:
    data = (run / SIDECAR).read_bytes()
    for at in range(0, len(data), 7):
        changed = bytearray(data)
        changed[at] ^= 1 << at % 8
        (run / SIDECAR).write_bytes(changed)
        (fault,) = only(run, "index")
        assert fault.startswith((f"{SIDECAR}: ", f"{INDEX}: is not the file whose SHA-256 {SIDECAR} states"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: b"{", f"{SIDECAR}: cannot be read"),
        (lambda data: data.replace(b'"included":', b'"included":1'), f"{SIDECAR}: does not state what {INDEX} states"),
        (lambda data: data.replace(b'"index_bytes":', b'"index_bytes":1'), f"{INDEX}: is not the file whose SHA-256"),
        (lambda data: data + b" ", f"{SIDECAR}: is not as it was written"),
    ],
)
def test_a_sidecar_that_does_not_fit_is_told(run, change, words) -> None:
    (run / SIDECAR).write_bytes(change((run / SIDECAR).read_bytes()))
    (fault,) = only(run, "index")
    assert fault.startswith(words)


def test_an_index_that_was_written_anew_is_told(run, shard) -> None:
    shard.rows[0]["text"] = "Something else."
    shard.put(shard.rows[0]["id"], {**shard.document(shard.rows[0]["id"]), "text": "Something else."}, like=True)
    sidecar = (run / SIDECAR).read_bytes()
    shard.write()
    (run / SIDECAR).write_bytes(sidecar)
    assert any(SIDECAR in fault for fault in told(run)["index"])


def test_a_run_without_sidecars_is_clean_and_the_report_says_so(run) -> None:
    (run / SIDECAR).unlink()
    report = audit_run(run)
    assert report.clean and report.unchecked["sidecars"] == (
        "1 shard without one (index/*.json); voiceact recipe resume writes them"
    )


@pytest.mark.parametrize(
    ("footer", "words"),
    [
        ({"plan": "1" * 64}, "belongs to another plan than run.json: it comes from another run"),
        ({"shard": 5}, "says that it is of shard 5"),
        ({"counts": ()}, "its counts (0 takes) are not those of its 4 rows"),
    ],
)
def test_a_footer_that_does_not_fit_is_told(run, shard, footer, words) -> None:
    shard.write(**footer)
    assert only(run, "index") == [f"{INDEX}: {words}"]


def test_a_footer_that_counts_wrongly_is_told(run, shard) -> None:
    first, second = shard.footer.counts
    shard.write(counts=(msgspec.structs.replace(first, included=9), second))
    assert only(run, "index") == [f"{INDEX}: its counts (4 takes) are not those of its 4 rows"]


def test_a_footer_that_names_a_file_outside_is_told_and_not_read(run, shard) -> None:
    shard.write()
    tars = (*Shard(run).footer.tars, Tar("../../etc/passwd", 1, 1, "0" * 64))
    shard.write(tars=tars)
    assert only(run, "index") == ["../../etc/passwd: is named by an index, and is no tar of a run"]


def test_a_footer_with_another_number_of_clips_is_told(run, shard) -> None:
    tars = tuple(msgspec.structs.replace(tar, clips=tar.clips + 1) for tar in shard.footer.tars)
    write_index(Store(run), shard.rows, Footer(0, shard.footer.plan, tars, count_rows(shard.rows)))
    assert f"{VERIFIED}: holds 2 clips; 3 were written" in only(run, "clip")


# --- Rows and records


def edited(value):
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, list):
        return [*value, "emotion:absent"]
    return value + 1 if isinstance(value, int | float) else f"{value}x" if isinstance(value, str) else 1.5


FROM_RECORD = [name for name in COLUMNS if name not in (*STORE_COLUMNS, "id", "split", "included", "cell", "take")]


@pytest.mark.parametrize("column", FROM_RECORD)
def test_a_row_edited_in_the_table_is_told_by_column(run, shard, column) -> None:
    row = shard.row(THIRD)
    row[column] = edited(row[column])
    if COLUMNS[column].type == "string" and row[column] == 1.5:
        row[column] = "x"
    shard.write()
    assert any(f"{VERIFIED}: {THIRD}: its row says {column} " in line for line in told(run)["row"]), told(run)


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0, 0.0])
def test_a_duration_that_is_none_is_told(run, shard, seconds) -> None:
    counts = shard.footer.counts
    shard.row(FIRST)["duration"] = seconds
    shard.write(counts=counts)
    found = told(run)
    assert json.loads(call(run, "--json").stdout)["seconds"] < 10
    assert f"{INDEX}: {FIRST}: its duration is {seconds}; expected seconds above 0" in found["row"]
    assert any(f"{FIRST}: its row says duration {seconds}; its record " in line for line in found["row"])


def test_a_text_edited_in_the_record_is_told(run, shard) -> None:
    shard.put(FIRST, {**shard.document(FIRST), "text": "Line 0 was never said, take 1."})
    shard.write()
    found = told(run)
    assert "its row says text 'Line 0 is said in take 1.'; its record 'Line 0 was never said, take 1.'" in found["row"][0]
    assert "it was changed" in found["record"][0] and set(found) == {"row", "record"}


def test_a_text_edited_in_record_and_row_is_told_by_the_id(run, shard) -> None:
    document = {**shard.document(FIRST), "text": "Line 0 was never said, take 1."}
    was = document["id"]
    shard.put(FIRST, document, like=True)
    shard.put(FIRST, document | {"id": was})
    shard.write()
    assert f"{FIRST}: its id is {was}, and what it describes has " in only(run, "record")[0]


def test_two_records_that_were_swapped_are_told(run, shard) -> None:
    one, other = shard.members(FIRST), shard.members(THIRD)
    one["json"], other["json"] = other["json"], one["json"]
    shard.write()
    found = told(run)
    assert {line.split(": ")[1] for line in found["record"]} == {FIRST, THIRD}
    assert any("names the audio tiny-000000001-001.flac" in line for line in found["record"])
    assert any("its row says cell 0; its record 1" in line for line in found["row"])


def test_two_sounds_that_were_swapped_are_told(run, shard) -> None:
    one, other = shard.members(FIRST), shard.members(SECOND)
    one["flac"], other["flac"] = other["flac"], one["flac"]
    shard.write()
    assert {line.split(": ")[1] for line in told(run)["sound"]} == {FIRST, SECOND}


def change(document: dict, path: str, value) -> dict:
    head, _, rest = path.partition(".")
    document = dict(document)
    if value is None and not rest and path != "created":
        del document[head]
    else:
        document[head] = change(document[head], rest, value) if rest else value
    return document


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("schema_version", 3, "has schema version 3; this voiceact reads versions 1 and 2"),
        ("created", "2026-01-01T00:00:00Z", "says when it was made; in a run that stands in run.json"),
        ("audio.path", "other.flac", "names the audio other.flac"),
        ("seed", 99, "it was changed"),
        ("direction.instruction", "Other words.", "it was changed"),
        ("replay.persona.description", "Somebody else.", "it was changed"),
        ("origin.line", None, "is not a valid record: Object missing required field `line` - at `$.origin`"),
        ("origin", {"from": "lines", "line": "en-0000", "take": 1}, "does not say which take of a recipe it is"),
        ("origin.recipe", "other", "is of the recipe 'other'; the run is of 'tiny'"),
        ("requested.emotions", ["sadness:3"], "asks for ['sadness:3'] and describes anger:3"),
        ("requested.emotions", ["anger:4"], "asks for ['anger:4'] and describes anger:3"),
        ("requested.persona", "farmer", "asks for persona 'farmer' and describes 'nurse'"),
        ("mix", {"anger": 3.0, "sadness": 1.0}, "a take of a recipe has one category, anger at 3"),
        ("verdict.level", "consistent", "its verdict is consistent; its checks and its evidence come to verified"),
        ("verdict.evidence", {"anger": "dimension"}, "its verdict is verified; its checks and its evidence come to consistent"),
        ("verdict.reasons", ["emotion:absent"], "its reasons are ['emotion:absent']; its checks give []"),
        ("verdict.checks", [], "its verdict lacks the check 'quality', which the recipe asks for"),
        ("verdict.mix", {"sadness": 3.0}, "its verdict is of {'sadness': 3.0}; {'anger': 3.0} was asked"),
        ("verdict.profile", None, "is not a valid record: Object missing required field `profile` - at `$.verdict`"),
        ("verdict", "good", "is not a valid record: Expected `object | null`, got `str` - at `$.verdict`"),
        ("verdict", None, "has no verdict"),
        ("verdict", None, "no row can be made of it"),
        ("replay.persona", {"name": "nurse"}, "is not a valid record: Object missing required field `description`"),
        ("replay", {}, "is not a valid record: Object missing required field `voiceact` - at `$.replay`"),
        ("text", None, "is not a valid record: Object missing required field `text`"),
        ("more", 1, "is not a valid record: Object contains unknown field `more`"),
        ("intensity", 9, "is not a valid record: Expected `float` <= 7.0"),
    ],
)
def test_a_record_edited_by_hand_is_told(run, shard, path, value, words) -> None:
    shard.put(FIRST, change(shard.document(FIRST), path, value))
    shard.write()
    assert any(f"{VERIFIED}: {FIRST}: " in line and words in line for line in told(run)["record"]), told(run)["record"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is not JSON ("),
        (b"{", "is not JSON ("),
        (b"null", "is not the record of a clip (it has no schema_version)"),
        (b"\xff\xfe", "is not JSON ("),
        (b'{"text": NaN}', "is not JSON ("),
    ],
)
def test_a_record_that_is_no_json_is_told(run, shard, data, words) -> None:
    shard.members(FIRST)["json"] = data
    shard.write()
    assert only(run, "record")[0].startswith(f"{VERIFIED}: {FIRST}: {words}")


def test_a_failed_check_hidden_in_a_verdict_is_told(run, shard) -> None:
    document = shard.document(SECOND)
    document["verdict"] |= {"level": "verified", "reasons": []}
    shard.put(SECOND, document, like=True)
    row = shard.row(SECOND)
    row |= {"included": True, "tar": VERIFIED}
    shard.clips["verified"].insert(1, (SECOND, shard.members(SECOND)))
    shard.clips["rejected"] = [clip for clip in shard.clips["rejected"] if clip[0] != SECOND]
    shard.write()
    assert only(run, "record") == [
        f"{VERIFIED}: {SECOND}: its verdict is verified; its checks and its evidence come to rejected",
        f"{VERIFIED}: {SECOND}: its reasons are []; its checks give ['emotion:absent']",
    ]


# --- Clips and where they lie


def test_a_clip_in_the_folder_of_another_verdict_is_told(run, shard) -> None:
    members = shard.members(SECOND)
    shard.clips["verified"].append((SECOND, members))
    shard.clips["rejected"] = [clip for clip in shard.clips["rejected"] if clip[0] != SECOND]
    shard.row(SECOND)["tar"] = VERIFIED
    shard.write()
    assert only(run, "level") == [f"{INDEX}: {SECOND}: its verdict is rejected, and its row places it in {VERIFIED}"]


def test_a_clip_that_lies_elsewhere_than_its_row_says_is_told(run, shard) -> None:
    shard.clips["verified"].append((SECOND, shard.members(SECOND)))
    shard.clips["rejected"] = [clip for clip in shard.clips["rejected"] if clip[0] != SECOND]
    shard.write()
    assert only(run, "clip") == [f"{VERIFIED}: {SECOND}: lies there, and its row places it in {REJECTED}"]


@pytest.mark.parametrize("place", ["verified/shard-000001.tar", "../outside.tar", "accepted/shard-000000.tar"])
def test_a_row_that_points_elsewhere_is_told(run, shard, place) -> None:
    shard.write()
    shard.rows = [row | {"tar": place} if row["id"] == FIRST else row for row in shard.rows]
    write_index(Store(run), shard.rows, Shard(run).footer)
    found = told(run)
    assert f"{INDEX}: {FIRST}: its verdict is verified, and its row places it in " in found["level"][0]
    assert f"{VERIFIED}: {FIRST}: lies there, and its row places it in {place}" in found["clip"]


def test_an_unknown_verdict_is_told(run, shard) -> None:
    shard.row(FIRST)["verdict"] = "superb"
    shard.write()
    assert "its verdict is 'superb'; expected verified, consistent, undecided, rejected or failed" in told(run)["level"][0]


@pytest.mark.parametrize(
    "column", ["audio_start", "audio_length", "record_start", "record_length", "twin_start", "twin_length"]
)
def test_a_place_that_is_not_that_of_the_bytes_is_told(run, shard, column) -> None:
    shard.row(FIRST)[column] += 1
    write_index(Store(run), shard.rows, shard.footer)
    extension = {"audio": "flac", "record": "json", "twin": "twin.flac"}[column.partition("_")[0]]
    assert f"{VERIFIED}: {FIRST}: its {extension} lies at byte " in only(run, "clip")[0]


def test_a_clip_that_stands_twice_in_a_tar_is_told(run, shard) -> None:
    shard.clips["verified"].append((FIRST, shard.members(FIRST)))
    rows = [dict(row) for row in shard.rows]
    shard.write()
    shard.rows = [
        row | {name: old[name] for name in STORE_COLUMNS} if row["id"] == FIRST else row
        for row, old in zip(shard.rows, rows, strict=True)
    ]
    write_index(Store(run), shard.rows, Shard(run).footer)
    assert f"{VERIFIED}: {FIRST}: stands there twice, or its members do not stand side by side" in only(run, "clip")


def test_a_clip_that_stands_in_two_tars_is_told(run, shard) -> None:
    shard.clips["verified"].insert(0, (SECOND, shard.members(SECOND)))
    shard.write()
    lines = only(run, "clip")
    assert f"{VERIFIED}: {SECOND}: lies there, and its row places it in {REJECTED}" in lines
    assert f"{REJECTED}: {SECOND}: stands there twice, or its members do not stand side by side" in lines


def test_members_that_do_not_stand_side_by_side_are_told(run, shard) -> None:
    one, other = shard.members(FIRST), shard.members(THIRD)
    file = io.BytesIO()
    with ShardWriter(file) as writer:
        writer.add(FIRST, {"flac": one["flac"]})
        writer.add(THIRD, other)
        writer.add(FIRST, {"json": one["json"], "twin.flac": one["twin.flac"]})
    (run / VERIFIED).write_bytes(file.getvalue())
    lines = told(run)["clip"]
    assert f"{VERIFIED}: {FIRST}: has no json" in lines
    assert f"{VERIFIED}: {FIRST}: stands there twice, or its members do not stand side by side" in lines


def test_a_clip_without_a_row_is_told(run, shard) -> None:
    shard.clips["verified"].append(("tiny-000000002-001", shard.members(THIRD)))
    shard.write()
    assert only(run, "clip") == [f"{VERIFIED}: tiny-000000002-001: has no row in the index"]


def test_a_clip_that_is_not_in_its_tar_is_told(run, shard) -> None:
    shard.clips["verified"] = shard.clips["verified"][:1]
    shard.write()
    assert only(run, "clip") == [f"{INDEX}: {THIRD}: is not in {VERIFIED}"]


@pytest.mark.parametrize("extension", ["flac", "json", "twin.flac"])
def test_a_member_that_is_missing_is_told(run, shard, extension) -> None:
    del shard.members(FIRST)[extension]
    shard.write()
    assert f"{VERIFIED}: {FIRST}: has no {extension}" in only(run, "clip")


def test_a_member_too_many_is_told(run, shard) -> None:
    shard.members(FIRST)["mp3"] = b"x"
    shard.write()
    assert only(run, "member") == [f"{VERIFIED}: {FIRST}: member {FIRST}.mp3 is none that this recipe writes"]


def test_a_member_that_stands_twice_is_told(run, shard) -> None:
    members = shard.members(FIRST)
    file = io.BytesIO()
    with ShardWriter(file) as writer:
        writer.add(FIRST, members)
        writer.add(FIRST, {"flac": b"other"})
        writer.add(THIRD, shard.members(THIRD))
    (run / VERIFIED).write_bytes(file.getvalue())
    assert f"{VERIFIED}: {FIRST}: member '{FIRST}.flac' stands there twice" in told(run)["member"]


def test_a_twin_that_the_recipe_does_not_keep_is_told(tmp_path) -> None:
    run = write_tiny_run(tmp_path / "run", personas=("nurse",), categories=("anger",), shards=1)
    edit_recipe(run, store={"format": "flac", "shard": 1000, "keep": "all", "twins": False})
    found = told(run)
    assert f"{VERIFIED}: {FIRST}: member {FIRST}.twin.flac is none that this recipe writes" in found["member"]
    assert f"{VERIFIED}: {FIRST}: its row places a twin, and the recipe keeps none" in found["clip"]


# --- Audio


def hum(shard: Shard, key: str) -> np.ndarray:
    return soundfile.read(io.BytesIO(shard.members(key)["flac"]), dtype="float32")[0]


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (lambda samples: samples * 0.5, "its true peak is 0.05"),
        (lambda samples: samples * 0.5, "its loudness (LUFS) is "),
        (lambda samples: samples[:-1], "its duration (s) is "),
        (lambda samples: samples * 0, "its loudness (LUFS) is None"),
        (lambda samples: np.concatenate([samples[:4000], [0.11], samples[4001:]]), "its true peak is 0.10999"),
    ],
)
def test_other_audio_under_the_same_record_is_told(run, shard, other, words) -> None:
    shard.sound(FIRST, other(hum(shard, FIRST)))
    shard.write()
    assert any(f"{VERIFIED}: {FIRST}: {words}" in line and "its record says" in line for line in only(run, "measure"))


def test_another_sampling_rate_is_told(run, shard) -> None:
    shard.sound(FIRST, hum(shard, FIRST), 16000)
    shard.write()
    assert f"{VERIFIED}: {FIRST}: its sampling rate (Hz) is 16000; its record says 8000" in only(run, "measure")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"format": "wav"}, "its audio is wav, PCM_16, with 1 channels; expected flac, PCM_16, 1 channel"),
        ({"subtype": "PCM_24"}, "its audio is flac, PCM_24, with 1 channels"),
    ],
)
def test_audio_of_another_kind_is_told(run, shard, how, words) -> None:
    shard.sound(FIRST, hum(shard, FIRST), **how)
    shard.write()
    assert words in only(run, "sound")[0]


def test_stereo_is_told(run, shard) -> None:
    shard.sound(FIRST, np.stack([hum(shard, FIRST)] * 2, axis=1))
    shard.write()
    assert "its audio is flac, PCM_16, with 2 channels" in only(run, "sound")[0]


@pytest.mark.parametrize(("data", "words"), [(b"", "cannot be decoded"), (b"not audio at all", "cannot be decoded")])
def test_audio_that_is_none_is_told(run, shard, data, words) -> None:
    shard.members(FIRST)["flac"] = data
    document = shard.document(FIRST)
    document["audio"]["sha256"] = shard.row(FIRST)["sha256"] = hashlib.sha256(data).hexdigest()
    shard.put(FIRST, document)
    shard.write()
    assert f"{VERIFIED}: {FIRST}: its audio {words}" in only(run, "sound")[0]


def test_audio_that_is_cut_short_is_told(tmp_path) -> None:
    run = write_tiny_run(tmp_path / "run", personas=("nurse",), categories=("anger",), shards=1, suffix="wav", twins=False)
    shard = Shard(run)
    shard.suffix = "wav"
    data = shard.members(FIRST)["wav"][:-2000]
    shard.members(FIRST)["wav"] = data
    document = shard.document(FIRST)
    document["audio"]["sha256"] = shard.row(FIRST)["sha256"] = hashlib.sha256(data).hexdigest()
    shard.put(FIRST, document)
    shard.write()
    assert any("its duration (s) is 1.125; its record says 1.25" in line for line in only(run, "measure")), told(run)


def test_a_twin_that_cannot_be_decoded_is_told(run, shard) -> None:
    shard.members(FIRST)["twin.flac"] = b"noise"
    shard.write()
    assert f"{VERIFIED}: {FIRST}: its twin cannot be decoded" in only(run, "sound")[0]


def test_a_twin_of_another_rate_is_told(run, shard) -> None:
    shard.members(FIRST)["twin.flac"] = encoded(hum(shard, FIRST), 16000)
    shard.write()
    assert only(run, "measure") == [f"{VERIFIED}: {FIRST}: its twin has 16000 Hz, the clip 8000 Hz"]


# --- Texts


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "its text '' holds nothing to be said"),
        ("…!", "its text '…!' holds nothing to be said"),
        ("Much more than anybody says. " * 4, "92 letters in 1.25 s; expected 2.30 to 49.0 s"),
    ],
)
def test_a_text_that_cannot_have_been_said_is_told(run, shard, text, words) -> None:
    shard.put(FIRST, {**shard.document(FIRST), "text": text}, like=True)
    shard.write()
    assert words in only(run, "text")[0] and f"{INDEX}: {FIRST}: " in only(run, "text")[0]


def test_a_text_too_short_for_its_time_is_told(run, shard) -> None:
    long = np.tile(hum(shard, FIRST), 4)
    shard.sound(FIRST, long)
    document = shard.document(FIRST) | {"text": "Oh no."}
    document["audio"] |= measures(long)
    shard.put(FIRST, document, like=True)
    shard.write()
    assert audit_run(run).clean  # four letters may take five seconds
    shard.put(FIRST, document | {"text": "Oh."}, like=True)
    shard.write()
    assert "2 letters in 5.00 s; expected 0.05 to 4.0 s for 'Oh.'" in only(run, "text")[0]


# --- Order, stop rule, inclusion, split


def test_a_row_that_stands_twice_is_told(run, shard) -> None:
    shard.rows.insert(1, dict(shard.rows[0]))
    shard.write()
    assert f"{INDEX}: {FIRST}: stands there twice, after take 1 of cell 0" in told(run)["order"]


def test_a_key_that_stands_twice_under_another_number_is_told(run, shard) -> None:
    shard.row(THIRD)["id"] = FIRST
    shard.write()
    assert f"{INDEX}: {FIRST}: take 1 of cell 1 is called {THIRD}" in told(run)["order"]


def test_a_key_that_stands_in_two_shards_is_told(tmp_path) -> None:
    run = Path(two_shards(tmp_path))
    edit_run(run, shards=3)
    shard = Shard(run, 1)
    other = Shard(run, 0)
    shard.number, shard.rows, shard.clips = 2, other.rows, other.clips
    for row in shard.rows:
        row["tar"] = row["tar"].replace("000000", "000002")
    shard.write()
    lines = told(run)["order"]
    assert f"index/shard-000002.parquet: {FIRST}: stands out of order, after take 2 of cell 3" in lines


def test_rows_in_another_order_are_told(run, shard) -> None:
    shard.rows[0], shard.rows[1] = shard.rows[1], shard.rows[0]
    shard.write()
    lines = told(run)["order"]
    assert f"{INDEX}: {SECOND}: take 1 of cell 0 is missing before it" in lines
    assert f"{INDEX}: {FIRST}: stands out of order, after take 2 of cell 0" in lines


@pytest.mark.parametrize(
    ("gone", "kinds"),
    [
        ((FIRST,), {"order": f"{INDEX}: {SECOND}: take 1 of cell 0 is missing before it"}),
        ((SECOND,), {"stop": f"{INDEX}: cell 0 ends too early: 1 take, 1 of them included; the recipe asks for 2"}),
        ((FIRST, SECOND), {"order": f"{INDEX}: {THIRD}: cell 0 is missing before it"}),
        ((THIRD, LAST), {"order": f"{INDEX}: the plan has cells 0 to 1; the last one here is 0"}),
        ((FIRST, SECOND, THIRD, LAST), {"order": f"{INDEX}: the plan has cells 0 to 1; the last one here is none"}),
    ],
)
def test_takes_that_are_missing_are_told(run, shard, gone, kinds) -> None:
    for key in gone:
        shard.drop(key)
    shard.write()
    assert {kind: lines[0] for kind, lines in told(run).items()} == kinds


def test_a_cell_of_the_middle_is_missed_across_shards(tmp_path) -> None:
    run = Path(two_shards(tmp_path))
    shard = Shard(run, 1)
    shard.drop("tiny-000000002-001")
    shard.drop("tiny-000000002-002")
    shard.write()
    assert only(run, "order") == ["index/shard-000001.parquet: tiny-000000003-001: cell 2 is missing before it"]


def test_a_shard_that_is_missing_is_not_told_as_missing_cells_too(tmp_path) -> None:
    run = Path(write_tiny_run(tmp_path / "three", personas=("nurse",), shards=3, twins=False))
    (run / "index" / "shard-000001.parquet").unlink()
    assert set(told(run)) == {"unfinished"}


def test_a_take_after_its_cell_was_full_is_told(run) -> None:
    edit_recipe(run, "takes", stop={"included": 1, "takes": 2})
    assert only(run, "stop") == [
        f"{INDEX}: {SECOND}: was made although the cell was full: 1 take, 1 of them included; the recipe asks for until 1 are "
        "included, at most 2",
        f"{INDEX}: {LAST}: was made although the cell was full: 1 take, 1 of them included; the recipe asks for until 1 are "
        "included, at most 2",
    ]


def test_a_cell_that_stopped_too_early_is_told(run) -> None:
    edit_recipe(run, "takes", stop={"included": 2, "takes": 3})
    assert [line.partition(":")[2] for line in only(run, "stop")] == [
        f" cell {cell} ends too early: 2 takes, 1 of them included; the recipe asks for until 2 are included, at most 3"
        for cell in (0, 1)
    ]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        (FIRST, False, "is not included: verified on category evidence, where the recipe asks for category"),
        (SECOND, True, "is included: rejected on category evidence, where the recipe asks for category"),
        (FIRST, None, "is not included: verified"),
    ],
)
def test_an_inclusion_against_the_rule_is_told(run, shard, key, value, words) -> None:
    shard.row(key)["included"] = value
    shard.write()
    assert only(run, "included")[0].startswith(f"{INDEX}: {key}: {words}")


def test_a_weaker_rule_than_the_rows_follow_is_told(tmp_path) -> None:
    run = write_tiny_run(tmp_path / "run", personas=("nurse",), categories=("distress",), shards=1)
    verify = {"checks": ["quality", "emotion"], "judge": "scripted", "evidence": "dimension"}
    edit_recipe(run, verify=verify)
    assert "is not included: consistent on dimension evidence, where the recipe asks for dimension" in only(run, "included")[0]


@pytest.mark.parametrize(
    ("by", "shared"), [("both", "persona nurse × line en-0000"), ("line", "line en-0000"), ("persona", "persona nurse")]
)
def test_a_clip_in_another_split_is_told(run, shard, by, shared) -> None:
    edit_recipe(run, splits={"train": 0.5, "test": 0.5, "by": by})
    for row in shard.rows:
        row["split"] = split_of(row["persona"], row["line"], {"train": 0.5, "test": 0.5}, by=by, seed=0)
    shard.write()
    assert audit_run(run).clean
    row = shard.row(SECOND)
    right = row["split"]
    row["split"] = "test" if right == "train" else "train"
    shard.write()
    assert only(run, "split") == [f"{INDEX}: {SECOND}: stands in {row['split']}; the rule keeps {shared} in {right}"]


# --- Failed takes, and clips that were not kept


def without_clip(shard: Shard, key: str, **row) -> None:
    shard.clips = {level: [clip for clip in clips if clip[0] != key] for level, clips in shard.clips.items()}
    shard.row(key).update(dict.fromkeys(STORE_COLUMNS), **row)


FAILED = {
    "verdict": "failed",
    "reasons": ["nothing can be spoken"],
    "duration": None,
    "sha256": None,
    "file_name": None,
    "engine_revision": None,
    "judge": None,
    "judge_revision": None,
    "evidence": None,
}


def test_a_take_that_failed_is_no_fault(run, shard) -> None:
    without_clip(shard, SECOND, **FAILED)
    shard.write()
    assert audit_run(run).clean


def test_a_take_that_failed_without_a_reason_is_told(run, shard) -> None:
    without_clip(shard, SECOND, **{**FAILED, "reasons": []})
    shard.write()
    assert only(run, "row") == [f"{INDEX}: {SECOND}: failed, and no reason is given"]


def test_a_take_that_failed_and_has_a_clip_is_told(run, shard) -> None:
    shard.row(SECOND).update(FAILED)
    shard.write()
    assert f"{INDEX}: {SECOND}: is said to have failed, and yet to have a clip" in told(run)["clip"]


def test_a_clip_that_was_not_kept_is_told_only_if_it_should_have_been(run, shard) -> None:
    without_clip(shard, SECOND)
    shard.write()
    assert only(run, "clip") == [f"{INDEX}: {SECOND}: has no place in a tar, though the recipe keeps such clips"]
    edit_recipe(run, store={"format": "flac", "shard": 1000, "keep": "included", "twins": True})
    assert audit_run(run).clean
    without_clip(shard, FIRST)
    shard.write()
    assert only(run, "clip") == [f"{INDEX}: {FIRST}: has no place in a tar, though the recipe keeps such clips"]


# --- By whom


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"engine": {"name": "other", "version": "1", "model_sha256": "0" * 64}}, "its engine is 'fake', by run.json 'other'"),
        (
            {"engine": {"name": "fake", "version": "2", "model_sha256": "0" * 64}},
            "its engine_revision is '1+000000000000', by run.json",
        ),
        ({"judge": {"name": "scripted", "revision": "r2"}}, "its judge_revision is 'r1', by run.json 'r2'"),
        ({"judge": {"name": "other", "revision": "r1"}}, "its judge is 'scripted', by run.json 'other'"),
        ({"personas": {}}, "its persona is 'nurse', which run.json does not name"),
        ({"personas": {"nurse": {"gender": "male", "age": 34}}}, "its gender is 'female', by run.json of nurse 'male'"),
    ],
)
def test_clips_by_others_than_run_json_names_are_told(run, changes, words) -> None:
    edit_run(run, **changes)
    assert words in only(run, "made")[0]


# --- Verdicts


def loud(samples: np.ndarray) -> dict[str, float]:
    """What a judge might hear: something that the samples decide."""
    return {"anger": float(1 + 5000 * np.abs(np.diff(samples[:4000])).mean() % 6)}


def judge(scores=loud, revision: str = "r1") -> ScriptedJudge:
    found = ScriptedJudge(scores, {"anger": "category", "sadness": "category"})
    found.revision = revision
    return found


class Beside(ScriptedJudge):
    """A judge whose scores hang on the neutral reading that it hears beside the clip."""

    def __init__(self) -> None:
        super().__init__(lambda samples: {"anger": self.beside}, {"anger": "category", "sadness": "category"})
        self.beside = 0.0

    def reference(self, clips, *, kind: str = "neutral"):
        clips = list(clips)
        self.beside = 2 + float(np.abs(clips[0][0]).mean())
        return super().reference(clips, kind=kind)


@pytest.fixture
def judged(tmp_path) -> Path:
    return write_tiny_run(tmp_path / "judged", personas=("nurse", "farmer"), categories=("anger",), shards=2, judge=judge())


def speak(record: Record) -> DecodedAudio:
    persona = load_persona(record.persona)
    take = Hum().perform(
        record.text, persona, direct(persona, (), language="en", seed=record.seed), language="en", seed=record.seed
    )
    return DecodedAudio(take.samples, take.sample_rate)


@pytest.mark.parametrize(("sample", "count"), [(None, 8), (3, 3), (100, 8), (0, 0)])
def test_verdicts_are_given_again(judged, sample, count) -> None:
    report = audit_run(judged, judge=judge(), sample=sample)
    assert report.clean and report.checked["verdicts"] == count
    assert ("verdicts" in report.unchecked) is (sample == 0)


def test_a_verdict_that_is_not_given_again_is_told(judged) -> None:
    other = judge(lambda samples: {"anger": loud(samples)["anger"] + 0.01})
    report = audit_run(judged, judge=other, sample=None)
    # A score, and the two checks that rest on it, of each of 8 clips; the first few are shown.
    assert report.faults.counts == {"verdict": 24}
    lines = [fault.line for fault in report.faults.first["verdict"]]
    assert len(lines) == MOST_SHOWN
    assert sum("its score of anger is " in line and "; judged again " in line for line in lines) == MOST_SHOWN // 3


def test_a_hair_is_no_difference(judged) -> None:
    assert audit_run(judged, judge=judge(lambda samples: {"anger": loud(samples)["anger"] + 0.0008}), sample=None).clean


def test_another_level_and_other_reasons_are_told(judged) -> None:
    lines = only(judged, "verdict", judge=judge(lambda samples: {"anger": 0.0}), sample=None)
    assert any("its reasons are " in line and "'emotion:absent'" in line.partition("judged again")[2] for line in lines)
    assert any("its check emotion is pass; judged again fail absent" in line for line in lines)


def test_another_sound_with_all_else_made_to_fit_is_told_by_the_verdict(judged) -> None:
    """The forger of forgers: audio, measures, digests and row agree; the judge hears something else."""
    shard = Shard(judged)
    shard.sound(FIRST, hum(shard, FIRST) * 0.95)
    document = shard.document(FIRST)
    document["audio"] |= measures(hum(shard, FIRST))
    shard.put(FIRST, document, like=True)
    shard.write()
    assert audit_run(judged, sample=0).clean
    assert all(FIRST in line for line in only(judged, "verdict", judge=judge(), sample=None))


def test_a_judge_of_another_revision_is_not_asked_and_that_is_no_pass(judged) -> None:
    report = audit_run(judged, judge=judge(revision="r2"))
    assert report.clean and report.checked["verdicts"] == 0
    assert report.unchecked["verdicts"] == "the run was judged by scripted r1; here is scripted r2, which may say otherwise"


def test_a_judge_that_is_not_here_is_told(judged) -> None:
    assert "the judge 'scripted' is not here" in audit_run(judged).unchecked["verdicts"]


def test_the_sample_is_drawn_by_its_seed(judged) -> None:
    other = judge(lambda samples: {"anger": 7.0})
    draws = [
        tuple(
            sorted(line.split(": ")[1] for line in only(judged, "verdict", judge=other, sample=3, seed=seed) if "score" in line)
        )
        for seed in (0, 0, 1, 2)
    ]
    assert draws[0] == draws[1] and len(set(draws)) > 1 and all(len(draw) == 3 for draw in draws)


def test_where_no_twin_was_kept_it_is_spoken_again(tmp_path) -> None:
    run = write_tiny_run(tmp_path / "run", personas=("nurse",), categories=("anger",), shards=1, judge=Beside(), twins=False)
    report = audit_run(run, judge=Beside(), speak=speak, sample=None)
    assert report.clean and report.checked["verdicts"] == 4

    def louder(record: Record) -> DecodedAudio:
        return DecodedAudio(speak(record).samples * 1.5, speak(record).rate)

    assert only(run, "verdict", judge=Beside(), speak=louder, sample=None)


def test_a_twin_that_cannot_be_spoken_here_is_told_and_is_no_pass(tmp_path) -> None:
    run = write_tiny_run(tmp_path / "run", personas=("nurse",), categories=("anger",), shards=1, judge=judge(), twins=False)
    report = audit_run(run, judge=judge())
    assert report.clean and report.checked["verdicts"] == 0
    assert report.unchecked["verdicts"].startswith("4 of the sample: the twin cannot be spoken here: unknown engine 'fake'")


def test_a_check_that_is_not_installed_here_is_told_and_is_no_pass(judged, monkeypatch) -> None:
    from voiceact.verify.base import Check

    monkeypatch.setattr(
        "voiceact.verify.verdict.check_quality", lambda *given, **how: Check("quality", "not judged", "", "not_installed")
    )
    report = audit_run(judged, judge=judge())
    assert report.clean and report.checked["verdicts"] == 0
    assert "8 of the sample: what the check 'quality' needs is installed either there or here" in report.unchecked["verdicts"]


# --- The plan


class Spec:
    def __init__(self, row: dict):
        self.kind, self.line_id, self.text, self.seed = row["script"], row["line"], row["text"], row["seed"]
        self.licence = row["line_license"]
        self.cell = type("Cell", (), {name: row[name] for name in ("language", "category", "intensity", "persona")})


class Planned:
    """Answers as the plan that these rows were made of."""

    judge = "scripted"

    def __init__(self, rows: list[dict], cells: range = range(2)):
        self._specs = {(row["cell"], row["take"]): Spec(dict(row)) for row in rows}
        self._cells = cells

    def cell(self, index: int) -> int:
        return index

    def take(self, cell: int, number: int) -> Spec:
        if (cell, number) not in self._specs:
            raise IndexError
        return self._specs[cell, number]

    def cells_of(self, shard: int) -> range:
        return self._cells


def test_takes_of_the_plan_are_clean(run, shard) -> None:
    report = audit_run(run, plan=Planned(shard.rows))
    assert report.clean and report.checked["plan"] == 4 and "plan" not in report.unchecked


@pytest.mark.parametrize(
    "column", ["text", "language", "persona", "category", "intensity", "script", "line", "line_license", "seed"]
)
def test_a_take_that_is_not_the_plans_is_told(run, shard, column) -> None:
    rows = [dict(row) for row in shard.rows]
    rows[2][column] = edited(rows[2][column])
    lines = only(run, "plan", plan=Planned(rows))
    assert len(lines) == 1 and lines[0].startswith(f"{INDEX}: {THIRD}: its {column} is ") and "by the plan" in lines[0]


def test_a_take_that_the_plan_does_not_have_is_told(run, shard) -> None:
    assert only(run, "plan", plan=Planned(shard.rows[:3])) == [f"{INDEX}: {LAST}: the plan has no take 2 of cell 1"]


def test_a_cell_of_another_shard_is_told(run, shard) -> None:
    assert only(run, "plan", plan=Planned(shard.rows, range(1, 9)))[0] == (
        f"{INDEX}: {FIRST}: the plan puts cells 1 to 8 into this shard, not 0"
    )


def test_a_run_without_its_recipe_says_what_was_not_checked(run) -> None:
    assert audit_run(run).unchecked["plan"] == "the folder has no recipe.yaml"


def test_a_recipe_that_cannot_be_planned_here_says_so(run) -> None:
    (run / "recipe.yaml").write_text("name: tiny\ndescription: A run.\nengine: nobody\n")
    assert "the recipe cannot be planned here" in audit_run(run).unchecked["plan"]


@pytest.mark.parametrize(("version", "faults"), [(__version__, 1), ("0.0.0", 0)])
def test_a_recipe_that_nobody_can_read_is_a_fault_of_a_run_of_this_version(run, version, faults) -> None:
    store = Store(run)
    write_run(store, msgspec.structs.replace(read_run(store), voiceact=version))
    (run / "recipe.yaml").write_bytes(b"\xff\xfe")
    report = audit_run(run)
    assert "not UTF-8" in report.unchecked["plan"]
    assert report.faults.counts.get("run", 0) == faults


# --- The whole, with the engine that comes with voiceact


RECIPE = """\
name: tiny-real
description: A run of two cells, for a test.
seed: 5
personas: [nurse]
categories: [anger, sadness]
takes: 1
verify: {checks: [quality, emotion]}
store: {shard: 1}
"""


@pytest.fixture(scope="module")
def real(tmp_path_factory) -> Path:
    from voiceact.runs.run import run_recipe

    folder = tmp_path_factory.mktemp("real")
    (folder / "recipe.yaml").write_text(RECIPE)
    run_recipe(folder / "recipe.yaml", folder / "run")
    return folder / "run"


def test_a_real_run_is_clean_and_everything_is_checked(real) -> None:
    report = audit_run(real, sample=None)
    assert report.faults.first == {} and report.clean and report.finished
    assert report.checked["plan"] == report.checked["verdicts"] == report.clips == 2
    assert report.unchecked == {"twins": "the recipe keeps none"}


def test_a_recipe_edited_beside_the_run_is_told(real, tmp_path) -> None:
    import shutil

    run = tmp_path / "run"
    shutil.copytree(real, run)
    (run / "recipe.yaml").write_text(RECIPE.replace("seed: 5", "seed: 6"))
    report = audit_run(run, sample=0)
    assert [fault.line for fault in report.faults.first["run"]] == ["recipe.yaml: its seed is 6; run.json says 5"]
    assert "what differs: recipe" in report.unchecked["plan"]


def test_a_run_json_that_miscounts_is_told(real, tmp_path) -> None:
    import shutil

    run = tmp_path / "run"
    shutil.copytree(real, run)
    edit_run(run, cells=3, takes=3)
    assert [fault.line for fault in audit_run(run, sample=0).faults.first["run"]] == [
        "run.json: its cells is 3; expected 2",
        "run.json: its takes is 3; expected 2",
    ]


@pytest.mark.parametrize(
    ("part", "change", "words"),
    [
        (
            "engine",
            {"license": {"code": "Apache-2.0", "weights": "CC0-1.0", "output": ""}},
            "its engine license is {'code': 'Apache-2.0'",
        ),
        ("judge", {"license": "CC-BY-NC-4.0"}, "its judge license is CC-BY-NC-4.0; expected None"),
        (
            "personas",
            {"nurse": {"license": "CC0-1.0", "gender": "female", "age": 34, "description": "", "consent": None}},
            "its personas nurse is {'license': 'CC0-1.0'",
        ),
        ("fingerprint", {"scripts": "0"}, "its fingerprint scripts is 0; expected "),
    ],
)
def test_a_run_json_whose_terms_were_edited_is_told(real, tmp_path, part, change, words) -> None:
    import shutil

    run = tmp_path / "run"
    shutil.copytree(real, run)
    edit_run(run, **{part: {**json.loads((run / "run.json").read_text())[part], **change}})
    assert words in only(run, "run")[0]


# --- Telling


def test_the_first_faults_of_a_kind_are_kept_and_all_are_counted() -> None:
    faults = Faults()
    for number in range(MOST_SHOWN + 5):
        faults.add("split", "s", f"{number}")
    faults.add("run", "s", "")
    assert len(faults.first["split"]) == MOST_SHOWN and faults.counts["split"] == len(faults) - 1 == MOST_SHOWN + 5
    assert faults.kinds() == ["run", "split"]


def test_a_kind_that_is_not_known_cannot_be_entered() -> None:
    with pytest.raises(AssertionError):
        Faults().add("odd", "s", "")


def call(*words) -> "object":
    return CliRunner().invoke(audit, [str(word) for word in words], standalone_mode=False)


def status(result) -> int:
    if isinstance(result.exception, SystemExit):
        return result.exception.code
    if isinstance(result.exception, VoiceactError):
        return result.exception.exit_status
    assert result.exception is None, result.exception
    return result.return_value or result.exit_code


def test_the_command_prints_what_was_checked_and_ends_with_0(run) -> None:
    result = call(run)
    assert status(result) == 0
    assert "sounds: decoded, SHA-256, rate, duration, peak, loudness" in result.output
    assert "not checked: verdicts given again: the judge 'scripted' is not here" in result.output
    assert result.output.endswith("tiny: 4 takes, 4 clips, 0.00 h in 1 shard: nothing is wrong\n")


def test_the_command_prints_faults_with_what_to_do_and_ends_with_1(run, shard) -> None:
    shard.row(FIRST)["text"] = "Something else that was said."
    shard.write()
    result = call(run)
    assert status(result) == 1
    lines = result.output.splitlines()
    assert lines[0] == "1 × rows that disagree with their record"
    assert lines[1].startswith(f"  {VERIFIED}: {FIRST}: its row says text ")
    assert lines[2] == (
        "  what to do: take away that shard's files in index/, then: voiceact recipe resume "
        f"{run} (it is made again, byte for byte)"
    )
    assert result.output.endswith("1 fault\n")


def test_the_command_caps_what_it_prints(tmp_path) -> None:
    run = write_tiny_run(tmp_path / "run", twins=False)
    edit_run(run, personas={})
    result = call(run)
    assert "36 × clips by another engine, judge or persona than run.json names" in result.output
    assert "  … and 16 more" in result.output and result.output.count("which run.json does not name") == 20


def test_an_unfinished_run_ends_with_1_and_says_so(tmp_path) -> None:
    run = Path(two_shards(tmp_path))
    (run / INDEX).unlink()
    result = call(run)
    assert status(result) == 1
    assert f"finish the run: voiceact recipe resume {run}" in result.output
    assert "in 1 shard of 2; the run is not finished, and this is what is there: 3 faults" in result.output


def test_the_command_as_json(run, shard) -> None:
    document = json.loads(call(run, "--json").stdout)
    assert document["clean"] and document["finished"] and document["faults"] == []
    assert document["shards"] == {"planned": 1, "there": 1} and document["checked"]["sounds"] == 4
    shard.row(FIRST)["split"] = "nowhere"
    shard.write()
    document = json.loads(call(run, "--json").stdout)
    assert not document["clean"] and document["faults"][0]["kind"] == "split" and document["faults"][0]["count"] == 1
    assert document["faults"][0]["first"][0]["id"] == FIRST


@pytest.mark.parametrize("words", [("--all-verdicts", "--sample", "3"), ("--sample", "-1")])
def test_a_wrong_call_is_refused(run, words) -> None:
    result = CliRunner().invoke(audit, [str(run), *words])
    assert result.exit_code == 2


def test_no_run_ends_with_2(tmp_path) -> None:
    result = call(tmp_path)
    assert status(result) == 2 and "is no run folder" in str(result.exception)


def test_every_kind_of_fault_is_made_in_this_file() -> None:
    text = Path(__file__).read_text()
    assert [kind for kind in KINDS if f'"{kind}"' not in text] == []


def test_a_report_is_clean_only_without_faults() -> None:
    report = AuditReport("f", "n", 1, there=1)
    assert report.clean and report.finished
    report.faults.add("split", "s", "")
    assert not report.clean
