"""The tars of an export in the layout of LAION's Got Talent, read as readers of the published sets read them."""

import io
import json
import tarfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile
import webdataset
from exports import assert_same_columns, assert_same_sound, awkward_run, change_rows, decode, known_clips, write_samples
from tiny_run import write_tiny_run

from voiceact.dataset.export.export import export
from voiceact.dataset.export.exported import find_export
from voiceact.dataset.export.formats.gottalent import name_tar
from voiceact.dataset.export.selection import Selection
from voiceact.errors import UsageError, VoiceactError


def clips(folder: Path, suffix: str = "wav") -> list[tuple[str, bytes, dict]]:
    """Tar, audio and JSON of every clip, by the published loader."""
    found = []
    for path in sorted(folder.glob("*/*.tar")):
        for clip in webdataset.WebDataset(str(path), shardshuffle=False):
            found.append((path.relative_to(folder).as_posix(), clip[suffix], json.loads(clip["json"])))
    return found


def transcript(annotation: str) -> str:
    """As readers of the enhanced edition cut it out; they refuse a text with line feeds."""
    text = annotation.split("<transcription_start>")[1].split("</transcription")[0].split("<transcription")[0].strip()
    assert "\n" not in text
    return text


def test_every_clip_is_as_it_was(tmp_path: Path) -> None:
    run = awkward_run(tmp_path / "run")
    done = export(run, tmp_path / "out", "gottalent")
    known, found = known_clips(run, included=True), clips(tmp_path / "out")
    assert_same_sound({item["sample_id"]: decode(data) for _, data, item in found}, known)
    for name, _, item in found:
        row = known[item["sample_id"]].row
        assert (item["text"], item["duration"], item["voice"]) == (row["text"], row["duration"], row["persona"])
        assert item["emotion"].casefold() == row["category"]
        assert transcript(item["annotation"]) == " ".join(row["text"].split())
        assert_same_columns(item["voiceact"], row, but=["sha256"])
        split, tar = name.split("/")
        assert split == row["split"]
        # Readers of the published sets take language and voice from the name.
        assert tar.split("_")[:2] == [row["language"], row["persona"]] and item["voiceact"]["file_name"].endswith(".wav")
    assert Counter(name.split("/")[0] for name, _, _ in found) == done.splits


def test_a_tar_holds_one_voice_and_one_feeling(tmp_path: Path) -> None:
    write_tiny_run(tmp_path / "run")
    export(tmp_path / "run", tmp_path / "out", "gottalent", selection=Selection(evidence="none"))
    groups: dict[str, set] = {}
    for name, _, item in clips(tmp_path / "out"):
        groups.setdefault(name, set()).add((item["voice"], item["emotion"], item["voiceact"]["intensity"]))
    assert all(len(group) == 1 for group in groups.values()) and len(groups) > 10
    assert "en_grumpy-lovable-grandpa_mild_anger_000000.tar" in {name.split("/")[1] for name in groups}


def test_mp3_sounds_as_it_did(tmp_path: Path) -> None:
    write_tiny_run(tmp_path / "run")
    export(tmp_path / "run", tmp_path / "out", "gottalent", audio="mp3")
    known = known_clips(tmp_path / "run", included=True)
    found = clips(tmp_path / "out", "mp3")
    assert len(found) == len(known)
    for _, data, item in found:
        samples, rate = soundfile.read(io.BytesIO(data))
        clip = known[item["sample_id"]]
        assert rate == clip.rate and data[:3] in (b"ID3", data[:3])
        length = min(len(samples), len(clip.samples))
        assert abs(len(samples) - len(clip.samples)) < 0.2 * rate
        assert np.corrcoef(samples[:length], clip.samples[:length])[0, 1] > 0.95


def test_mp3_of_a_rate_it_does_not_hold_is_refused(tmp_path: Path) -> None:
    write_tiny_run(tmp_path / "run", personas=("nurse",), categories=("anger",))
    from exports import make_samples

    sample = next(make_samples(["a"]))
    data = io.BytesIO()
    soundfile.write(data, np.zeros(20_000, np.float32), 20_000, format="FLAC")
    with pytest.raises(VoiceactError, match="20000 Hz, which MP3 does not hold.*export it as wav"):
        type(sample)(sample.row, data.getvalue()).encoded("mp3")


@pytest.mark.parametrize(("form", "audio"), [("parquet", "mp3"), ("gottalent", "flac"), ("gottalent", "ogg")])
def test_audio_that_a_format_does_not_hold_is_refused(tmp_path: Path, form: str, audio: str) -> None:
    write_tiny_run(tmp_path / "run", personas=("nurse",), categories=("anger",))
    with pytest.raises(UsageError, match=f"{form} does not hold audio as '{audio}'; expected"):
        export(tmp_path / "run", tmp_path / "out", form, audio=audio)
    assert not (tmp_path / "out").exists()


def test_a_tar_is_full_at_a_thousand_clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from voiceact.dataset.export.formats import gottalent

    monkeypatch.setattr(gottalent, "CLIPS_A_FILE", 2)
    write_samples("gottalent", tmp_path / "out", ["said"] * 9)
    names = Counter(name for name, _, _ in clips(tmp_path / "out", "flac"))
    assert max(names.values()) == 2 and sum(names.values()) == 9
    assert {name.rpartition("_")[2] for name in names if name.startswith("train")} == {"000000.tar", "000001.tar", "000002.tar"}


def test_takes_of_a_feeling_that_comes_back_get_another_tar(tmp_path: Path) -> None:
    run = tmp_path / "run"
    write_tiny_run(run)
    names = iter("abab" * 100)
    change_rows(run, lambda row: {**row, "persona": next(names), "split": "train"})
    done = export(run, tmp_path / "out", "gottalent")
    found = clips(tmp_path / "out")
    assert len({item["sample_id"] for _, _, item in found}) == len(found) == done.clips


def test_the_same_clips_give_the_same_bytes(tmp_path: Path) -> None:
    write_tiny_run(tmp_path / "run")
    for name in ("a", "b"):
        export(tmp_path / "run", tmp_path / name, "gottalent", audio="mp3")
    assert (tmp_path / "a" / "checksums.sha256").read_bytes() == (tmp_path / "b" / "checksums.sha256").read_bytes()
    for path in (tmp_path / "a").glob("*/*.tar"):
        with tarfile.open(path) as tar:
            assert all(member.mtime == 0 for member in tar)


def test_it_is_not_taken_for_the_plain_webdataset(tmp_path: Path) -> None:
    write_tiny_run(tmp_path / "run")
    export(tmp_path / "run", tmp_path / "out", "gottalent")
    with pytest.raises(UsageError, match="holds no export that a card can describe"):
        find_export(tmp_path / "out")


def test_a_name_of_a_tar_holds_no_blank_or_slash() -> None:
    row = {"language": "en", "persona": "old-man", "intensity": 6.0, "category": "jealousy_envy"}
    assert name_tar(row) == "en_old-man_intense_jealousy_envy"
