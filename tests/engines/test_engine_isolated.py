"""Engines of other packages, in this process and in one of their own: the example of the docs is really installed."""

import json
import os
import subprocess
import sys
import textwrap
from email.message import Message
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from voiceact.acting.direction import direct
from voiceact.acting.persona import load_persona
from voiceact.cli.main import cli
from voiceact.engines.base import BatchLine, unfollowed
from voiceact.engines.process import environments
from voiceact.engines.process.isolated import IsolatedEngine
from voiceact.engines.registry import close_engines, describe_engines, engine_names, install_engine, load_engine
from voiceact.errors import UnknownNameError, UsageError, VoiceactError
from voiceact.runtime.extras import MissingExtraError

ROOT = Path(__file__).parents[2]
NURSE = load_persona("nurse")
PLAIN = direct(NURSE, (), language="en", seed=0)
SHRILL = direct(NURSE, [("fear", 6)], language="en", seed=0)

TROUBLED = """
    import os, sys, time
    from voiceact_hum import HumEngine
    from voiceact.errors import UsageError
    from voiceact.runtime.extras import MissingExtraError

    class Troubled(HumEngine):
        name = "troubled"
        options = {}

        def perform(self, text, *rest, **more):
            if "crash" in text: os.kill(os.getpid(), 9)
            if "once" in text and not os.path.exists(os.environ["MARK"]):
                open(os.environ["MARK"], "w").close(); os._exit(3)
            if "tarry" in text: time.sleep(60)
            if "refuse" in text: raise UsageError("that cannot be spoken")
            if "raise" in text: raise RuntimeError("tensor of a bad shape")
            print("loading 100 %", flush=True)
            return super().perform(text, *rest, **more)

        def perform_batch(self, lines):
            takes = [self.perform(one.text, one.persona, one.direction, language=one.language, seed=one.seed + len(lines))
                     for one in lines]
            return takes

        def unheard(self, persona, direction):
            return [f"category {name!r} of {persona.name}" for name, level in direction.mix]

    class Lacking:
        card = HumEngine.card
        def __init__(self):
            raise MissingExtraError("engine 'lacking'", "lacking")

    class Alone(HumEngine):
        name = "alone"
        def __init__(self):
            if "VOICEACT_WITHIN_ENVIRONMENT" not in os.environ:
                raise MissingExtraError("engine 'alone'", "alone")
            super().__init__()
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory) -> Path:
    """A folder with the example package, installed by pip, and an engine that has every fault."""
    folder = tmp_path_factory.mktemp("packages")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--no-index",
            "--no-build-isolation",
            "--disable-pip-version-check",
            "--target",
            str(folder),
            str(ROOT / "docs/example_engine"),
        ],
        check=True,
        cwd=folder,
    )
    (folder / "troubled.py").write_text(textwrap.dedent(TROUBLED))
    info = folder / "troubled-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: troubled\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[voiceact.engines]\ntroubled = troubled:Troubled\nlacking = troubled:Lacking\nalone = troubled:Alone\n"
    )
    return folder


@pytest.fixture(autouse=True)
def installed(packages, monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(packages))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(packages), str(ROOT), *filter(None, sys.path)]))
    monkeypatch.setenv("VOICEACT_ENGINES", str(tmp_path / "engines"))
    monkeypatch.setenv("MARK", str(tmp_path / "mark"))
    close_engines()
    yield
    close_engines()


@pytest.fixture
def isolated():
    made = []

    def make(spec: str, **times) -> IsolatedEngine:
        made.append(IsolatedEngine(spec, sys.executable, **times))
        return made[-1]

    yield make
    for engine in made:
        engine.close()


def act(engine, text="Sit down.", direction=PLAIN):
    return engine.perform(text, NURSE, direction, language="en", seed=4)


# --- The example package


def test_the_example_of_the_docs_is_an_engine_like_any_other(tmp_path):
    assert "hum" in engine_names()
    found = CliRunner().invoke(
        cli,
        [
            "synth",
            "--persona",
            "nurse",
            "--emotion",
            "Fear:6",
            "--engine",
            "hum:volume=0.2",
            "--text",
            "One two three.",
            "--no-verify",
            "--out",
            str(tmp_path / "a.wav"),
        ],
    )
    assert found.exit_code == 0, found.output
    record = json.loads((tmp_path / "a.json").read_text())
    assert record["engine"]["name"] == "hum" and record["replay"]["engine"] == "hum:volume=0.2"


def test_the_example_does_what_it_declares():
    engine = load_engine("hum")
    plain, shrill = act(engine), act(engine, direction=SHRILL)
    assert len(shrill.samples) < len(plain.samples)  # rate
    crossings = [np.sum(np.diff(np.sign(take.samples)) != 0) / take.duration for take in (plain, shrill)]
    assert crossings[1] > crossings[0] * 1.1  # pitch
    assert any("tremor" in phrase or "move" in phrase for phrase in unfollowed(engine, NURSE, SHRILL))


def test_the_list_says_what_each_engine_is_steered_by_without_loading_it():
    found = {entry["name"]: entry for entry in describe_engines()}
    assert found["hum"]["steered_by"] == "pitch and rate" and found["hum"]["installed"]
    assert found["hum"]["options"] == {"volume": "of the hum, 0 to 1"}
    assert found["embedded"]["licences"]["weights"] == "Apache-2.0"


# --- In a process of its own


def test_an_isolated_engine_gives_the_same_take_to_the_bit(isolated):
    here, there = load_engine("hum"), isolated("hum")
    assert (there.name, there.version, there.model_sha256) == ("hum", "1.0", "0" * 64)
    assert there.capabilities == here.capabilities
    for text, direction in (("Sit down.", PLAIN), ("Not there! Never.", SHRILL)):
        one, other = act(here, text, direction), act(there, text, direction)
        assert np.array_equal(one.samples, other.samples)
        assert (one.sample_rate, one.seed, one.words) == (other.sample_rate, other.seed, other.words)


def test_the_embedded_engine_is_the_same_in_another_process(isolated):
    one, other = (act(engine, direction=SHRILL) for engine in (load_engine("embedded"), isolated("embedded")))
    assert np.array_equal(one.samples, other.samples)


def test_what_a_library_prints_does_not_disturb_the_conversation(isolated):
    assert act(isolated("troubled")).duration > 0


def test_lines_are_spoken_together_there_if_the_engine_can_and_one_by_one_if_not(isolated):
    lines = [BatchLine("Sit down.", NURSE, PLAIN, seed=4), BatchLine("Not there! Never.", NURSE, SHRILL, seed=9)]
    for spec, seeds in (("troubled", [4 + len(lines), 9 + len(lines)]), ("hum", [4, 9])):
        engine = isolated(spec)
        takes = engine.perform_batch(lines)
        assert [take.seed for take in takes] == seeds
        for line, take in zip(lines, takes, strict=True):
            assert np.array_equal(take.samples, act(engine, line.text, line.direction).samples)
        assert engine.perform_batch([]) == []
        assert list(engine.sound_folder.iterdir()) == []


def test_what_an_engine_cannot_be_told_is_said_from_there_too(isolated):
    assert isolated("troubled").unheard(NURSE, SHRILL) == ["category 'fear' of nurse"]
    assert isolated("hum").unheard(NURSE, SHRILL) == []
    assert unfollowed(isolated("troubled"), NURSE, SHRILL)[-1] == "category 'fear' of nurse"


def test_a_refusal_and_a_fault_come_back_in_their_own_words(isolated):
    engine = isolated("troubled")
    with pytest.raises(UsageError, match="that cannot be spoken"):
        act(engine, "refuse")
    with pytest.raises(VoiceactError, match="RuntimeError: tensor of a bad shape"):
        act(engine, "raise")
    assert act(engine).duration > 0


def test_a_process_that_dies_is_started_again_and_the_line_tried_once_more(isolated):
    assert act(isolated("troubled"), "once").duration > 0


def test_a_line_that_kills_it_twice_is_given_up_and_the_next_one_is_spoken(isolated):
    engine = isolated("troubled")
    with pytest.raises(VoiceactError, match="engine 'troubled' was killed by signal 9 over the line 'crash', 2 times"):
        act(engine, "crash")
    assert act(engine).duration > 0


def test_a_process_that_says_nothing_is_ended(isolated):
    engine = isolated("troubled", line_seconds=1.0)
    with pytest.raises(VoiceactError, match="said nothing for 1 s over the line 'tarry'"):
        act(engine, "tarry")


def test_an_engine_that_cannot_be_loaded_says_why(isolated):
    with pytest.raises(UsageError, match="unknown engine 'nobody'"):
        isolated("nobody")
    with pytest.raises(UsageError, match=r"\[lacking\]"):
        isolated("lacking")
    with pytest.raises(UsageError, match="cannot be started"):
        IsolatedEngine("hum", "/nowhere/python")


def test_nothing_is_left_behind_when_it_is_closed(isolated):
    engine = isolated("hum")
    act(engine)
    pid, folder = engine.pid, engine.sound_folder
    assert list(folder.iterdir()) == []
    engine.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert act(engine).duration > 0  # and it comes back when it is asked again


# --- Environments


def test_an_engine_whose_extra_is_missing_is_found_in_its_environment(tmp_path, monkeypatch):
    with pytest.raises(MissingExtraError):
        load_engine("alone")
    folder = environments.environments_folder() / "alone"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/python").symlink_to(sys.executable)
    with pytest.raises(MissingExtraError):  # it is not whole yet
        load_engine("alone")
    (folder / "ready").touch()
    engine = load_engine("alone")
    assert isinstance(engine, IsolatedEngine) and act(engine).duration > 0
    engine.close()


def test_an_environment_is_made_anew_and_counts_when_it_is_whole(monkeypatch):
    commands = []

    def run(command):
        commands.append(command)
        if "venv" in command:
            (Path(command[-1]) / "bin").mkdir(parents=True)
            (Path(command[-1]) / "bin/python").symlink_to(sys.executable)

    monkeypatch.setattr(environments, "run_command", run)
    python = install_engine("hum", packages=("torch==2.6.0",))
    assert environments.interpreter("hum") == python
    assert commands[1][commands[1].index("torch==2.6.0") + 1 :] == environments.requirement("hum")
    commands.clear()
    with pytest.raises(UnknownNameError, match="did you mean 'hum'"):
        install_engine("humm")
    assert commands == []


@pytest.mark.parametrize(
    ("origin", "asked"),
    [
        ({"url": "file:///home/a%20b/voiceact", "dir_info": {"editable": True}}, ["--editable", "/home/a b/voiceact[kokoro]"]),
        ({"url": "file:///tmp/voiceact.whl", "archive_info": {}}, ["voiceact[kokoro] @ file:///tmp/voiceact.whl"]),
        (None, ["voiceact[kokoro]==1.2"]),
    ],
)
def test_an_environment_holds_the_same_voiceact_as_runs_here(monkeypatch, origin, asked):
    class Found:
        version, metadata = "1.2", Message()

        def read_text(self, name):
            return json.dumps(origin) if origin else None

    Found.metadata["Provides-Extra"] = "kokoro"
    monkeypatch.setattr(environments, "distribution", lambda name: Found())
    assert environments.requirement("kokoro") == asked


def test_a_pip_that_fails_leaves_no_environment_that_counts(monkeypatch):
    real = environments.run_command
    monkeypatch.setattr(
        environments,
        "run_command",
        lambda command: (
            None
            if "venv" in command
            else real(
                [sys.executable, "-c", "import sys; print('ERROR: No matching distribution', file=sys.stderr); sys.exit(1)"]
            )
        ),
    )
    with pytest.raises(VoiceactError, match="failed: ERROR: No matching distribution"):
        environments.install("hum")
    assert environments.interpreter("hum") is None
