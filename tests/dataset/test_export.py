"""What every export has in common: what is chosen, what is refused, and that a folder is whole or not there."""

import hashlib
import json
import subprocess
import sys
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from exports import awkward_run, change_rows, known_clips, texts, write_samples
from hypothesis import given
from tiny_run import write_tiny_run

from voiceact.dataset.export.export import Terms, export
from voiceact.dataset.export.formats import format_names, load_format
from voiceact.dataset.export.formats.base import check_id
from voiceact.dataset.export.selection import Selection
from voiceact.errors import UnknownNameError, UsageError, VoiceactError
from voiceact.runtime.extras import MissingExtraError
from voiceact.store.filesystem import Store
from voiceact.store.reader import open_run
from voiceact.store.run_file import read_run, write_run

FREE = Terms(commercial_only=True)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    write_tiny_run(tmp_path / "run")
    return tmp_path / "run"


def ids(folder: Path) -> set[str]:
    """Of an audiofolder or NeMo export."""
    return {path.stem for path in folder.rglob("*.flac")}


def change_run(folder: Path, **changes: Any) -> None:
    """Write run.json anew; recipe: keys to be added to it."""
    store = Store(folder)
    file = read_run(store)
    changes["recipe"] = {**file.recipe, **changes.get("recipe", {})}
    write_run(store, msgspec.structs.replace(file, **changes))


def left_behind(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- What is chosen


@pytest.mark.parametrize(
    ("selection", "verdicts"),
    [
        (Selection(), {"verified"}),
        (Selection(evidence="dimension"), {"verified", "consistent"}),
        (Selection(evidence="category"), {"verified"}),
        (Selection(levels=("rejected",)), {"rejected"}),
        (Selection(levels=("consistent", "rejected")), {"consistent", "rejected"}),
    ],
)
def test_what_is_taken(run: Path, tmp_path: Path, selection: Selection, verdicts: set[str]) -> None:
    done = export(run, tmp_path / "out", "nemo", selection=selection)
    wanted = {name for name, clip in known_clips(run).items() if clip.row["verdict"] in verdicts}
    assert ids(tmp_path / "out") == wanted and done.clips == len(wanted)
    assert done.verdicts == {"verified": 12, "consistent": 6, "rejected": 18}


def test_one_split_alone(run: Path, tmp_path: Path) -> None:
    done = export(run, tmp_path / "out", "nemo", selection=Selection(splits=("test",)))
    assert ids(tmp_path / "out") == set(known_clips(run, included=True, split="test"))
    assert done.splits == {"test": done.clips}


def test_the_runs_own_rule_of_splits_holds(run: Path, tmp_path: Path) -> None:
    from voiceact.store.splits import Rule, write_rule

    rule = Rule({"mine": 0.5, "yours": 0.5}, "persona", 3)
    write_rule(Store(run), rule)
    done = export(run, tmp_path / "out", "nemo")
    known = known_clips(run, included=True)
    assert done.splits == Counter(rule.of(clip.row["persona"], clip.row["line"]) for clip in known.values())


def test_a_failed_take_has_nothing_to_export(run: Path, tmp_path: Path) -> None:
    known = known_clips(run, included=True)
    lost = min(known)
    change_rows(
        run,
        lambda row: (
            {**row, "verdict": "failed", "included": False, "tar": None, "sha256": None, "file_name": None, "evidence": None}
            if row["id"] == lost
            else row
        ),
    )
    export(run, tmp_path / "out", "nemo", selection=Selection(evidence="none"))
    assert lost not in ids(tmp_path / "out") and ids(tmp_path / "out") >= set(known) - {lost}


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        ({"levels": ("verifed",)}, "unknown verdict 'verifed'; did you mean 'verified'"),
        ({"evidence": "categry"}, "unknown evidence 'categry'; did you mean 'category'"),
        ({"levels": ("verified",), "evidence": "none"}, r"levels \(--level\) and evidence \(--evidence\) are both given"),
    ],
)
def test_words_that_mean_nothing(selection: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Selection(**selection)


def test_an_unknown_split_or_format_is_answered(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="unknown split 'tst'; did you mean 'test'"):
        export(run, tmp_path / "out", "nemo", selection=Selection(splits=("tst",)))
    with pytest.raises(UnknownNameError, match="unknown format 'parket'; did you mean 'parquet'"):
        export(run, tmp_path / "out", "parket")


def test_an_empty_selection_says_what_there_is_and_what_to_change(run: Path, tmp_path: Path) -> None:
    change_rows(run, lambda row: {**row, "included": False})
    with pytest.raises(UsageError) as told:
        export(run, tmp_path / "out", "nemo")
    assert "none of its 36 takes is wanted (12 verified, 6 consistent, 18 rejected)" in str(told.value)
    assert "the recipe asks for evidence 'category' or stronger" in str(told.value)
    assert "--evidence dimension" in str(told.value)
    assert left_behind(tmp_path) == ["run"]


def test_clips_that_were_not_kept_are_told(run: Path, tmp_path: Path) -> None:
    change_rows(run, lambda row: {**row, "tar": None} if row["verdict"] == "rejected" else row)
    with pytest.raises(UsageError, match="18 would be, but the recipe did not keep their audio"):
        export(run, tmp_path / "out", "nemo", selection=Selection(levels=("rejected",)))
    done = export(run, tmp_path / "out", "nemo", selection=Selection(levels=("verified", "rejected")))
    assert done.clips == 12 and "18 takes wanted too, but the recipe did not keep their audio" in done.notes


# --- Unfinished runs


def test_an_unfinished_run_is_exported_with_a_note_or_refused(run: Path, tmp_path: Path) -> None:
    (run / "index" / "shard-000001.parquet").unlink()
    with pytest.raises(UsageError, match=r"1 of 2 shards are finished; go on with: voiceact recipe resume"):
        export(run, tmp_path / "out", "nemo", terms=Terms(complete=True))
    done = export(run, tmp_path / "out", "nemo")
    assert "the run is not finished: 1 of 2 shards are finished, and only they are exported" in done.notes
    assert 0 < done.clips < 12


def test_a_run_without_any_shard_has_nothing_yet(run: Path, tmp_path: Path) -> None:
    for path in (run / "index").iterdir():
        path.unlink()
    with pytest.raises(UsageError, match="has no finished shard yet"):
        export(run, tmp_path / "out", "nemo")


def test_what_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no run folder"):
        export(tmp_path, tmp_path / "out", "nemo")


# --- Whole or not at all


def test_a_folder_in_use_is_refused_and_an_empty_one_is_filled(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="is not empty"):
        export(run, out, "nemo")
    assert left_behind(out) == ["mine.txt"]
    (out / "mine.txt").unlink()
    assert export(run, out, "nemo").clips == 12 and ids(out)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("run.json", "is a file"),
        ("s3://bucket/out", "written to a folder on this machine"),
        ("run/out", "lies in the run folder"),
        ("run", "lies in the run folder"),
    ],
)
def test_places_where_nothing_can_be_exported(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(UsageError, match=words):
        export(run, place, "nemo")


def test_folders_on_the_way_are_made(run: Path, tmp_path: Path) -> None:
    export(run, tmp_path / "a" / "b" / "out", "nemo")
    assert ids(tmp_path / "a" / "b" / "out") and left_behind(tmp_path) == ["a", "run"]


@pytest.mark.parametrize("form", format_names())
def test_a_damaged_clip_leaves_nothing_behind(run: Path, tmp_path: Path, form: str) -> None:
    last = max(known_clips(run, included=True))
    change_rows(run, lambda row: {**row, "sha256": "0" * 64} if row["id"] == last else row)
    with pytest.raises(VoiceactError, match=f"clip {last} .* is not the audio its row describes"):
        export(run, tmp_path / "x" / "out", form)
    assert left_behind(tmp_path) == ["run"]


def test_a_shard_that_is_cut_short_leaves_nothing_behind(run: Path, tmp_path: Path) -> None:
    tar = run / "verified" / "shard-000001.tar"
    tar.write_bytes(tar.read_bytes()[:3000])
    with pytest.raises(VoiceactError, match="is cut short"):
        export(run, tmp_path / "out", "webdataset")
    assert left_behind(tmp_path) == ["run"]


def test_ctrl_c_leaves_nothing_behind(run: Path, tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        assert total == 12
        if done == 5:
            raise KeyboardInterrupt

    for form in format_names():
        with pytest.raises(KeyboardInterrupt):
            export(run, tmp_path / "out", form, progress=stop)
        assert left_behind(tmp_path) == ["run"], form


@pytest.mark.parametrize("name", ["../x", "/x", "a/b", "a.b", "", ".", "..", "a b", "é", "x" * 91, "a\n", "-a", "con:", "a\\b"])
def test_an_id_that_would_leave_the_folder_is_refused(run: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(VoiceactError, match="cannot name a file"):
        check_id(name)
    first = min(known_clips(run, included=True))
    change_rows(run, lambda row: {**row, "id": name} if row["id"] == first else row)
    for form in ("nemo", "webdataset", "ljspeech"):
        with pytest.raises(VoiceactError, match="cannot name a file"):
            export(run, tmp_path / "out" / "deep", form)
    assert left_behind(tmp_path) == ["run"]


@given(texts)
def test_a_good_id_is_one_word(name: str) -> None:
    try:
        check_id(name)
    except VoiceactError:
        return
    assert Path(name).name == name and name.isascii() and not set(name) & set('./\\:*?"<>| \n')


def test_an_index_that_points_elsewhere_is_refused(run: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"x" * 10_000)
    change_rows(run, lambda row: {**row, "tar": "../secret", "audio_start": 0})
    with pytest.raises(VoiceactError, match="where no clip of a run is"):
        export(run, tmp_path / "out", "nemo")


def test_two_clips_of_one_id_are_not_written_over(run: Path, tmp_path: Path) -> None:
    change_rows(run, lambda row: {**row, "id": "same"})
    with pytest.raises(VoiceactError, match="two clips have the id 'same'"):
        export(run, tmp_path / "out", "nemo")


# --- What stands beside the clips


@pytest.mark.parametrize("form", format_names())
def test_checksums_are_those_of_every_file(run: Path, tmp_path: Path, form: str) -> None:
    done = export(run, tmp_path / "out", form)
    lines = dict(reversed(line.split("  ", 1)) for line in (tmp_path / "out" / "checksums.sha256").read_text().splitlines())
    files = {path.relative_to(tmp_path / "out").as_posix(): path for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert lines == {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items() if name != "checksums.sha256"
    }
    assert done.files == len(files) and done.bytes == sum(path.stat().st_size for path in files.values())


def test_notice_names_engine_voices_and_lines(run: Path, tmp_path: Path) -> None:
    export(run, tmp_path / "out", "parquet")
    text = (tmp_path / "out" / "NOTICE").read_text()
    for said in (
        "weights of engine fake: MIT (12 clips)",
        "persona nurse: CC0-1.0 (4 clips)",
        "the lines of voiceact: Apache-2.0",
        "Commercial use is allowed",
        "no recording of a person",
    ):
        assert said in text


def test_notice_names_whoever_lent_a_voice(run: Path, tmp_path: Path) -> None:
    personas = open_run(run).file.personas
    lent = {"license": "CC-BY-NC-4.0", "consent": {"who": "Ann Example"}}
    change_run(run, personas={**personas, "nurse": {**personas["nurse"], **lent}})
    export(run, tmp_path / "out", "parquet")
    text = (tmp_path / "out" / "NOTICE").read_text()
    assert "Persona nurse has the voice of Ann Example, with consent" in text and "fictional" not in text
    assert "Commercial use is not allowed:\n  persona nurse: CC-BY-NC-4.0 forbids it" in text


# --- Licences


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        (
            {"code": "MIT", "weights": "CC-BY-NC-4.0", "output": "MIT"},
            "weights of engine fake: CC-BY-NC-4.0 forbids it (12 clips)",
        ),
        ({"code": "MIT", "weights": "MIT"}, "output of engine fake: no licence is stated (12 clips)"),
        (
            {"code": "MIT", "weights": "mine", "output": "MIT"},
            "weights of engine fake: mine is not known to allow it (12 clips)",
        ),
    ],
)
def test_an_engine_that_forbids_commerce_refuses_all(run: Path, tmp_path: Path, engine: dict[str, str], words: str) -> None:
    change_run(run, engine={"name": "fake", "version": "1", "model_sha256": "0" * 64, "license": engine})
    with pytest.raises(UsageError) as told:
        export(run, tmp_path / "out", "nemo", terms=FREE)
    assert "12 of 12 clips are not known to allow commercial use; nothing was written" in str(told.value)
    assert words in str(told.value) and "no clip would be left" in str(told.value)
    assert left_behind(tmp_path) == ["run"]


def test_a_voice_that_forbids_it_is_named_and_can_be_left_out(run: Path, tmp_path: Path) -> None:
    personas = open_run(run).file.personas
    change_run(run, personas={**personas, "nurse": {**personas["nurse"], "license": "CC-BY-NC-SA-4.0"}})
    words = r"(?s)4 of 12 clips.*persona nurse: CC-BY-NC-SA-4.0 forbids it \(4 clips\).*--skip-restricted"
    with pytest.raises(UsageError, match=words):
        export(run, tmp_path / "out", "nemo", terms=FREE)
    done = export(run, tmp_path / "out", "nemo", terms=Terms(commercial_only=True, skip_restricted=True))
    wanted = {name for name, clip in known_clips(run, included=True).items() if clip.row["persona"] != "nurse"}
    assert ids(tmp_path / "out") == wanted and (done.restricted, done.use) == (4, "allowed")
    assert "4 clips left out for their licence" in done.notes
    assert "nurse" not in (tmp_path / "out" / "NOTICE").read_text()


def test_a_voice_that_run_json_does_not_know_is_unknown(run: Path, tmp_path: Path) -> None:
    change_run(run, personas={})
    with pytest.raises(UsageError, match="persona nurse: no licence is stated"):
        export(run, tmp_path / "out", "nemo", terms=FREE)


def test_own_lines_need_a_stated_licence(run: Path, tmp_path: Path) -> None:
    change_run(run, recipe={"scripts": {"files": ["mine.csv"], "shipped": True}})
    from voiceact.acting.script import load_lines

    change_rows(
        run,
        lambda row: (
            {**row, "line": load_lines("en")[0].id} if row["cell"] % 2 else {**row, "line": "mine-1", "line_license": None}
        ),
    )
    with pytest.raises(UsageError, match=r"(?s)6 of 12.*your own lines: no licence is stated \(6 clips\).*--script-license"):
        export(run, tmp_path / "out", "nemo", terms=FREE)
    with pytest.raises(UsageError, match="your own lines: CC-BY-NC-4.0 forbids it"):
        export(run, tmp_path / "out", "nemo", terms=Terms(commercial_only=True, script_licence="CC-BY-NC-4.0"))
    assert export(run, tmp_path / "out", "nemo", terms=Terms(commercial_only=True, script_licence="CC-BY-4.0")).use == "allowed"
    assert "your own lines: CC-BY-4.0 (6 clips)" in (tmp_path / "out" / "NOTICE").read_text()


def test_a_licence_that_the_recipe_states_of_its_tables_is_believed(run: Path, tmp_path: Path) -> None:
    change_run(
        run,
        recipe={
            "scripts": {
                "files": ["a.csv", "b.csv"],
                "shipped": False,
                "license": {"a.csv": "CC-BY-4.0", "b.csv": "CC-BY-NC-4.0"},
            }
        },
    )
    change_rows(
        run,
        lambda row: {**row, "line": f"mine-{row['cell']}", "line_license": "CC-BY-NC-4.0" if row["cell"] % 2 else "CC-BY-4.0"},
    )
    with pytest.raises(UsageError, match=r"(?s)6 of 12.*your own lines: CC-BY-NC-4.0 forbids it \(6 clips\)") as told:
        export(run, tmp_path / "out", "nemo", terms=FREE)
    assert "--script-license" not in str(told.value), "nothing is left to be stated"
    # What the recipe says of a table is not overruled.
    with pytest.raises(UsageError, match="6 of 12"):
        export(run, tmp_path / "out", "nemo", terms=Terms(commercial_only=True, script_licence="CC0-1.0"))
    done = export(run, tmp_path / "out", "nemo", terms=Terms(commercial_only=True, skip_restricted=True))
    assert (done.clips, done.use) == (6, "allowed")
    told_of = (tmp_path / "out" / "NOTICE").read_text()
    assert "your own lines: CC-BY-4.0 (6 clips)" in told_of and "CC-BY-NC-4.0" not in told_of


def test_a_clip_whose_own_row_says_otherwise_is_believed(run: Path, tmp_path: Path) -> None:
    change_rows(run, lambda row: {**row, "license": "CC-BY-NC-4.0" if row["cell"] == 0 else row["license"]})
    with pytest.raises(UsageError, match=r"1 of 12.*\n  output, by the clips' own rows: CC-BY-NC-4.0 forbids it \(1 clip\)"):
        export(run, tmp_path / "out", "nemo", terms=FREE)


def test_without_the_wish_everything_is_exported_and_said(run: Path, tmp_path: Path) -> None:
    change_run(
        run,
        engine={
            "name": "fake",
            "version": "1",
            "model_sha256": "0" * 64,
            "license": {"code": "MIT", "weights": "CC-BY-NC-4.0", "output": "MIT"},
        },
    )
    assert export(run, tmp_path / "out", "nemo").use == "forbidden"


# --- Audio


def test_audio_can_be_turned_into_wav_without_a_change_of_sound(run: Path, tmp_path: Path) -> None:
    from exports import decode

    export(run, tmp_path / "out", "nemo", audio="wav")
    known = known_clips(run, included=True)
    rows = [json.loads(line) for path in (tmp_path / "out").glob("*.json") for line in path.read_bytes().splitlines()]
    assert len(rows) == len(known)
    for row in rows:
        path = tmp_path / "out" / row["audio_filepath"]
        assert path.suffix == ".wav" and hashlib.sha256(path.read_bytes()).hexdigest() == row["sha256"]
        assert (decode(path)[0] == known[row["id"]].samples).all()


def test_a_run_kept_as_wav_stays_wav(tmp_path: Path) -> None:
    run = awkward_run(tmp_path / "run", suffix="wav")
    export(run, tmp_path / "out", "nemo")
    assert {path.stem for path in (tmp_path / "out").rglob("*.wav")} == set(known_clips(run, included=True))


# --- Formats as such


def test_every_format_has_a_sentence() -> None:
    assert format_names() == [
        "audformat",
        "audiofolder",
        "gottalent",
        "instruct",
        "lhotse",
        "ljspeech",
        "nemo",
        "parquet",
        "webdataset",
    ]
    assert all(len(load_format(name).sentence) > 30 for name in format_names())


def test_without_audformat_the_extra_is_named(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "audformat", None)
    with pytest.raises(MissingExtraError, match=r"\[audformat\]"):
        export(run, tmp_path / "out", "audformat")
    assert left_behind(tmp_path) == ["run"]


def test_no_format_but_audformat_loads_its_reader() -> None:
    code = (
        "import sys; from voiceact.dataset.export.formats import format_names, load_format\n"
        "for name in format_names(): load_format(name)\n"
        "print(sorted({'torch', 'lhotse', 'webdataset', 'datasets', 'audformat', 'pandas', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("form", [name for name in format_names() if name not in ("audformat", "instruct")])
def test_memory_does_not_grow_with_the_clips(tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from voiceact.dataset.export.formats import parquet, webdataset

    for module in (parquet, webdataset):
        monkeypatch.setattr(module, "CLIPS_A_FILE", 50)
    write_samples(form, tmp_path / "warm", ["a"] * 60)
    peaks = []
    for clips in (150, 600):
        tracemalloc.start()
        write_samples(form, tmp_path / str(clips), ("a" for _ in range(clips)))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # 450 clips more are 2 MB of audio and rows; a list of them alone would be more than this.
    assert peaks[1] - peaks[0] < 300_000
