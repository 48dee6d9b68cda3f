"""What an engine does on this machine: measured, kept, and shown in the list of engines."""

import json
from importlib.metadata import entry_points
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from voiceact.acting.persona import load_persona
from voiceact.cli.engine import command
from voiceact.engines.base import Capabilities, Engine, Licences, Take
from voiceact.engines.probe import measured_folder, probe, read_measurement, write_measurement
from voiceact.engines.registry import ENTRY_POINT_GROUP, describe_engines, load_engine
from voiceact.errors import UsageError

NURSE = load_persona("nurse")


class Half(Engine):
    """Follows rate and energy, promises pitch, and hears nothing of a category but its level."""

    name, version, model_sha256 = "half", "1", "0" * 64
    capabilities = Capabilities(frozenset({"rate", "energy", "pitch"}), ("en",), Licences("MIT", "MIT", "MIT"), 8000, True)

    def perform(self, text, persona, direction, *, language="en", seed=0):
        length = round(8000 / direction.moves.rate) if not direction.mix else 8000
        noise = np.random.default_rng(seed).normal(0, 0.1, length).astype(np.float32)
        return Take(noise * np.float32(10 ** (direction.moves.energy / 20)), 8000, seed)


def test_a_control_is_live_if_it_changes_the_sound_and_level_alone_is_no_category():
    found = probe(Half(), NURSE, tried=("anger", "sadness"))
    assert found.moves == {"energy": True, "pitch": False, "rate": True}
    assert found.categories == {"anger": False, "sadness": False}
    assert found.repeatable and found.seeded and found.real_time_factor >= 0


def test_the_embedded_engine_is_live_in_every_move_it_promises_and_every_category_tried():
    found = probe(load_engine(), NURSE, tried=("anger", "sadness"))
    assert all(found.moves.values()) and set(found.moves) == load_engine().capabilities.moves - {"tremor_hz"}
    assert all(found.categories.values()) and found.repeatable


def test_what_was_measured_is_in_the_list():
    assert read_measurement("embedded") is None
    done = CliRunner().invoke(command, ["probe", "embedded", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    listed = {entry["name"]: entry for entry in json.loads(CliRunner().invoke(command, ["list", "--json"]).stdout)}
    assert listed["embedded"]["measured"] == told == read_measurement("embedded") and listed["elevenlabs"]["measured"] is None
    assert f"RTF {told['real_time_factor']:g}" in CliRunner().invoke(command, ["list"], env={"COLUMNS": "300"}).output


def test_the_list_shows_brackets_as_they_are():
    shown = " ".join(CliRunner().invoke(command, ["list"], env={"COLUMNS": "400"}).output.split())
    assert "Turbo: [laugh] and [chuckle]" in shown


@pytest.mark.parametrize("entry", describe_engines(), ids=lambda entry: entry["name"])
def test_each_engine_says_what_a_user_chooses_by(entry):
    assert entry["steered_by"] and entry["languages"] and all(entry["licences"].values())
    assert entry["installed"] == (entry["state"] in ("here", "in an environment of its own"))
    assert entry["installed"] or entry["state"].startswith(("pip install ", "voiceact engine install "))
    assert all(language == "*" or 2 <= len(language) <= 3 for language in entry["languages"])


def test_the_page_of_engines_has_a_row_for_each_of_ours():
    page = (Path(__file__).parents[2] / "docs" / "engines.md").read_text("utf-8")
    ours = [point.name for point in entry_points(group=ENTRY_POINT_GROUP) if point.value.startswith("voiceact.")]
    missing = [name for name in ours if f"\n| {name} |" not in page and f"\n| [{name}](" not in page]
    assert not missing


def test_a_damaged_note_is_told():
    write_measurement(probe(Half(), NURSE, tried=()))
    (measured_folder() / "half.json").write_text("{", "utf-8")
    with pytest.raises(UsageError, match="measure again with: voiceact engine probe half"):
        read_measurement("half")
