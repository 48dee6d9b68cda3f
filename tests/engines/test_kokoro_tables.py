"""The style tables that ship: small, near to the published ones, the same on every machine, and built from a known file."""

import io
import tarfile
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceact.engines.kokoro.build_voices import FOLDER, VOICES, main, read_package
from voiceact.engines.kokoro.tables import digest_table, load_shipped_tables, pack_tables, unpack_table, write_tables
from voiceact.engines.kokoro.voices import find_voices, load_shipped_voices
from voiceact.errors import UsageError, VoiceactError


@given(st.integers(0, 99), st.integers(1, 4))
def test_a_table_of_few_components_comes_back(seed: int, rank: int) -> None:
    rng = np.random.default_rng(seed)
    table = (rng.normal(size=(20, rank)) @ rng.normal(size=(rank, 16)) + rng.normal(size=16)).astype(np.float32)
    again = unpack_table(pack_tables({"af_x": table}, rank), "af_x")
    assert again.dtype == np.float32 and np.abs(again - table).max() < 0.02


def test_what_is_lost_is_what_the_other_components_held() -> None:
    """Oracle: the least error of any table of that rank (Eckart and Young)."""
    table = np.random.default_rng(1).normal(size=(30, 12)).astype(np.float32)
    singular = np.linalg.svd(table - table.mean(axis=0), compute_uv=False)
    again = unpack_table(pack_tables({"af_x": table}, 5), "af_x")
    assert np.linalg.norm(again - table) == pytest.approx(np.sqrt((singular[5:] ** 2).sum()), rel=1e-3)


def test_the_same_tables_are_the_same_file(tmp_path: Path) -> None:
    tables = {name: np.random.default_rng(place).normal(size=(9, 7)).astype(np.float32) for place, name in enumerate("ba")}
    for name, given_ in (("1.npz", tables), ("2.npz", dict(reversed(tables.items())))):
        write_tables(tmp_path / name, pack_tables(given_, 3))
    assert (tmp_path / "1.npz").read_bytes() == (tmp_path / "2.npz").read_bytes()
    packed = pack_tables(tables, 3)
    assert digest_table(packed, "a") != digest_table(packed, "b")


def test_35_voices_ship_in_a_few_hundred_kilobytes() -> None:
    voices = load_shipped_voices()
    assert {*voices.names} == {*VOICES} and len(VOICES) == 35
    assert sum(array.nbytes for array in load_shipped_tables().values()) < 500_000
    for name in ("af_heart", "ff_siwis"):
        table = voices.table(name)
        assert table.shape == (510, 256) and np.isfinite(table).all()
        # Styles of neighbouring lengths are nearly alike, those of two voices are not.
        assert np.abs(np.diff(table[50:], axis=0)).max() < 0.05
    assert np.abs(voices.table("af_heart") - voices.table("am_adam")).max() > 0.5


def test_without_a_folder_the_shipped_voices_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICEACT_MODELS", str(tmp_path))
    voices = find_voices(model=str(tmp_path / "model.onnx"))
    assert voices.where == "voiceact" and voices.digest(["af_heart"]) == load_shipped_voices().digest(["af_heart"])


def test_they_are_built_from_the_published_package_alone(tmp_path: Path) -> None:
    package, out = tmp_path / "kokoro-js.tgz", tmp_path / "voices.npz"
    styles = {name: np.full((510, 256), place, "<f4") for place, name in enumerate(VOICES)}
    with tarfile.open(package, "w:gz") as archive:
        for name, table in styles.items():
            member = tarfile.TarInfo(f"{FOLDER}{name}.bin")
            member.size = table.nbytes
            archive.addfile(member, io.BytesIO(table.tobytes()))
    read = read_package(package, sha256(package.read_bytes()).hexdigest())
    assert {name: float(table.max()) for name, table in read.items()} == {
        name: float(place) for place, name in enumerate(VOICES)
    }
    with pytest.raises(VoiceactError, match=r"has SHA-256 .{12}…, expected 1f0d0383ef03… \(kokoro-js 1\.2\.1\)"):
        main([str(package), str(out)])
    with pytest.raises(UsageError, match="cannot be read; get it with: npm pack"):
        main([str(tmp_path / "nothing"), str(out)])
    with pytest.raises(UsageError, match="expected two arguments"):
        main([])
    assert not out.exists()
