"""Docs are checked, not remembered: the command reference, links, and what the samples page shows."""

import html
import re
import subprocess
import sys
from pathlib import Path

import pytest

from voiceact.clip.record import load_record
from voiceact.estimators import load_estimator

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "docs" / "engines").glob("*.md"),
        *(ROOT / "docs" / "estimators").glob("*.md"),
    ]
)


def test_the_command_reference_is_what_the_commands_say() -> None:
    # In a process of its own: click remembers a command's help option as it was first asked for.
    made = subprocess.run([sys.executable, ROOT / "docs" / "make_reference.py", "--print"], capture_output=True, check=True)
    assert (ROOT / "docs" / "cli.md").read_text("utf-8") == made.stdout.decode(), "run: make reference"


def test_the_picture_of_the_rooms_is_drawn_from_the_code() -> None:
    drawn = subprocess.run([sys.executable, ROOT / "docs" / "make_architecture.py", "--print"], capture_output=True, check=True)
    assert (ROOT / "docs" / "architecture.svg").read_text("utf-8") == drawn.stdout.decode(), "run: make reference"


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_every_path_that_a_map_of_the_code_names_is_there(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    paths = re.findall(r"`((?:voiceact|tests|docs|personas|recipes|benchmarks)/[\w./-]*)`", text)
    assert len(paths) >= 15
    assert [path for path in paths if not (ROOT / path.replace("NAME", "nurse")).exists()] == []


def test_every_function_that_the_architecture_places_in_a_file_is_defined_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    places = re.findall(r"`([A-Za-z_.]+)`(?:, `([A-Za-z_.]+)`)? in `(voiceact/[\w./]+\.py)`", text)
    assert len(places) >= 12
    for first, second, path in places:
        code = (ROOT / path).read_text("utf-8")
        for name in filter(None, (first, second)):
            assert re.search(rf"(def|class) {name.rpartition('.')[2]}\b|^{name}\b", code, re.MULTILINE), f"{name} in {path}"


def test_the_architecture_names_every_room() -> None:
    tree = (ROOT / "docs" / "architecture.md").read_text("utf-8").split("```")[1]
    rooms = {path.parent.name for path in (ROOT / "voiceact").glob("*/__init__.py")}
    assert {room for room in rooms if not re.search(rf"^  {room}/ ", tree, re.MULTILINE)} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_of_ours_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_samples_page_plays_what_is_there() -> None:
    folder = ROOT / "samples"
    page = (folder / "index.html").read_text("utf-8")
    clips = re.findall(r'<audio [^>]*src="([^"]+)"', page)
    assert len(clips) >= 12
    for name in clips:
        record = load_record((folder / name).with_suffix(".json"))
        assert (folder / name).is_file() and record.audio.path == name
        assert record.persona in page
        # What the page says of a clip is the verdict in its record, by the judge that ships.
        verdict = record.verdict
        assert verdict is not None and verdict.judge is not None
        assert verdict.judge.revision == load_estimator().revision, "the judge is another one: make samples"
        if record.category is not None:
            sentences = [check.sentence for check in verdict.checks if check.name == "emotion" or check.outcome == "fail"]
            assert html.escape(f"{verdict.level}: {'; '.join(sentences)}") in page


def _printed(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], list[str]]:
    """What the readme shows of a command, and what the command prints with the core alone."""
    from click.testing import CliRunner

    from voiceact.cli.main import cli
    from voiceact.verify.backends.asr.pocketsphinx import PocketSphinx

    # Whisper base would be taken where it is installed.
    monkeypatch.setattr("voiceact.verify.transcript.default_recognizer", PocketSphinx)
    monkeypatch.chdir(tmp_path)
    printed = CliRunner(env={"FORCE_COLOR": "1"}).invoke(cli, command.split()[1:]).stdout.splitlines()
    _, _, shown = (ROOT / "README.md").read_text("utf-8").partition(f"$ {command}\n")
    return shown.partition("\n```")[0].splitlines(), printed


def test_the_readme_shows_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown, printed = _printed("voiceact synth --persona nurse --emotion Concern", tmp_path, monkeypatch)
    assert _same_everywhere(shown) == _same_everywhere(printed)


def test_the_readmes_first_example_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown, printed = _printed("voiceact synth --persona nurse --emotion Sadness --director", tmp_path, monkeypatch)
    # Which of near takes the coach likes best may hang on the processor's last digits; what is heard may not.
    assert shown[:3] == printed[:3]
    assert shown[-1] == printed[-1] == "verdict    verified"


def _same_everywhere(lines: list[str]) -> list[str]:
    """Without the checks that depend on which extras are installed, and the figures whose last digits depend on the processor."""
    measured = ("  ", "wrote ")
    return [
        re.sub(r"\d+(\.\d+)?", "#", line) if line.startswith(measured) and "│" not in line else line
        for line in lines
        if not line.startswith(("  naturalness", "  identity"))
    ]


def test_the_readmes_figures_of_personas_and_lines_are_true() -> None:
    from voiceact.acting.persona import persona_names
    from voiceact.acting.script import load_lines

    text = (ROOT / "README.md").read_text("utf-8")
    assert f"{len(persona_names())} personas" in text
    assert f"{len(load_lines('en'))} English lines" in text
