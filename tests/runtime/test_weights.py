"""Weights that do not travel with voiceact: found where the user says, fetched only when asked, checked by hash."""

import hashlib
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from voiceact.cli.model import command
from voiceact.errors import UnknownNameError, UsageError, VoiceactError
from voiceact.runtime import weights
from voiceact.runtime.extras import MissingExtraError


@pytest.fixture
def models(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("VOICEACT_MODELS", str(tmp_path))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    return tmp_path


@pytest.fixture
def hub(monkeypatch):
    """A hub with one repository of two files; `asked` is what was asked of it."""
    asked: list[tuple[str, str]] = []

    def snapshot_download(repo, *, revision, allow_patterns, local_dir):
        asked.append((repo, revision))
        (Path(local_dir) / "voices").mkdir(parents=True, exist_ok=True)
        (Path(local_dir) / ".cache").mkdir(exist_ok=True)
        (Path(local_dir) / ".cache/x").write_text("rubbish")
        (Path(local_dir) / "config.json").write_text("{}")
        (Path(local_dir) / "voices/heart.pt").write_bytes(revision.encode())

    class HfApi:
        def model_info(self, repo):
            return SimpleNamespace(sha="c" * 40)

    import huggingface_hub

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    monkeypatch.setattr(huggingface_hub, "HfApi", HfApi)
    return asked


def run(*arguments: str):
    return CliRunner().invoke(command, list(arguments))


def test_every_entry_names_repository_licence_and_purpose_and_pins_a_whole_commit_or_none():
    for name, entry in weights.known().items():
        assert "/" in entry.repo and entry.license and entry.purpose, name
        assert entry.revision is None or len(entry.revision) == 40, name


def test_weights_that_are_not_here_say_how_to_get_them(models):
    with pytest.raises(UsageError, match="voiceact models fetch kokoro-82m, or give a folder of your own"):
        weights.find("kokoro-82m")


def test_a_folder_of_the_users_own_is_taken_as_it_is(models, tmp_path):
    assert weights.find("kokoro-82m", tmp_path) == tmp_path
    with pytest.raises(UsageError, match="do not exist"):
        weights.find("kokoro-82m", tmp_path / "nothing")


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'kokoro-82m'"):
        weights.get("kokoro-82n")


def test_fetching_takes_the_pinned_commit_and_writes_down_every_hash(models, hub):
    folder = weights.fetch("kokoro-82m")
    pinned = weights.get("kokoro-82m").revision
    assert hub == [("hexgrad/Kokoro-82M", pinned)]
    lock = weights.read_lock(folder)
    assert lock.revision == pinned
    assert lock.sha256 == {
        "config.json": hashlib.sha256(b"{}").hexdigest(),
        "voices/heart.pt": hashlib.sha256(pinned.encode()).hexdigest(),
    }
    assert weights.verify(folder) == [] and weights.find("kokoro-82m") == folder


def test_where_nothing_is_pinned_the_commit_of_the_day_is_written_down(models, hub):
    assert weights.read_lock(weights.fetch("bark-small")).revision == "c" * 40


def test_fetching_again_replaces_the_folder_whole(models, hub):
    weights.fetch("kokoro-82m")
    (models / "kokoro-82m/stray").write_text("")
    folder = weights.fetch("kokoro-82m", revision="d" * 40)
    assert not (folder / "stray").exists() and weights.read_lock(folder).revision == "d" * 40
    assert [path.name for path in models.iterdir()] == ["kokoro-82m"]


def test_a_licence_is_never_accepted_on_the_users_behalf(models, hub):
    with pytest.raises(UsageError, match="Coqui Public Model License.*--accept-license"):
        weights.fetch("xtts-v2")
    assert hub == []
    assert weights.fetch("xtts-v2", accept=True).is_dir()


def test_offline_nothing_is_fetched(models, hub, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(UsageError, match="HF_HUB_OFFLINE is set"):
        weights.fetch("kokoro-82m")
    assert hub == []


def test_without_the_hub_library_the_extra_is_named(models, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingExtraError, match=r"\[hub\]"):
        weights.fetch("kokoro-82m")


def test_a_lost_network_is_told_in_one_sentence_and_leaves_no_folder(models, hub, monkeypatch):
    import huggingface_hub

    def lost(*_, **__):
        raise ConnectionError("Name or service not known\nand more")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", lost)
    with pytest.raises(VoiceactError, match="cannot fetch hexgrad/Kokoro-82M: Name or service not known; what was"):
        weights.fetch("kokoro-82m")
    assert not (models / "kokoro-82m").exists()


def test_a_changed_and_a_missing_file_are_named(models, hub):
    folder = weights.fetch("kokoro-82m")
    (folder / "config.json").write_text("{ }")
    (folder / "voices/heart.pt").unlink()
    found = run("verify", "kokoro-82m")
    assert found.exit_code == 1
    assert "config.json has SHA-256" in found.output and "voices/heart.pt is missing" in found.output


def test_a_folder_put_there_by_hand_has_nothing_to_be_held_against(models):
    (models / "kokoro-82m").mkdir()
    assert "put there by hand" in run("verify").output
    with pytest.raises(UsageError, match="has no weights.json"):
        weights.verify(models / "kokoro-82m")


def test_the_fingerprint_tells_files_names_and_places_apart(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_bytes(b"1")
    assert weights.fingerprint(tmp_path / "a") == weights.fingerprint(tmp_path / "b")
    (tmp_path / "b/x").rename(tmp_path / "b/y")
    assert weights.fingerprint(tmp_path / "a") != weights.fingerprint(tmp_path / "b")
    assert weights.fingerprint(tmp_path / "a/x") == hashlib.sha256(b"1").hexdigest()


def test_the_command_lists_paths_and_fetches(models, hub):
    assert json.loads(run("list", "--json").output)[0]["path"] is None
    assert run("fetch", "kokoro-82m").output.startswith(f"{models / 'kokoro-82m'}: 2 files of hexgrad/Kokoro-82M at f3ff")
    assert run("path", "kokoro-82m").output.strip() == str(models / "kokoro-82m")
    assert run("path").output.strip() == str(models)
    assert "here (f3ff3571791e)" in run("list").output
    assert run("verify").output == "kokoro-82m: whole\n"
