"""voiceact persona: what is printed, for people, for pipes and as JSON; what is said when it goes wrong."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from voiceact.acting.persona import cast, list_personas, load_persona, shipped_folder
from voiceact.cli.persona import command, complete_persona
from voiceact.errors import UnknownNameError, UsageError

HERO = "name: hero\ndescription: Brave.\ngender: male\nage: 30\ntags: [adult]\nvoice: {f0_hz: 110, tract: 1.15}\n"


@pytest.fixture(autouse=True)
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No personas of the user's own; a working folder with one persona in cast/."""
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: tmp_path / "user")
    monkeypatch.delenv("VOICEACT_PERSONAS", raising=False)
    monkeypatch.chdir(tmp_path)
    Path("cast").mkdir()
    Path("cast/hero.yaml").write_text(HERO)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def failure(*arguments: str) -> str:
    result = run(*arguments)
    assert isinstance(result.exception, UsageError) and result.exception.exit_status == 2
    return str(result.exception)


def test_list_through_a_pipe_is_one_line_a_persona() -> None:
    result = run("list")
    assert result.exit_code == 0
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert rows == [[p.name, str(p.age), p.gender, f"{p.voice.f0_hz:g}", p.description] for p in list_personas()]


def test_list_in_a_terminal_is_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    result = run("list", "--tag", "elder")
    assert result.exit_code == 0 and "\t" not in result.stdout
    assert "persona" in result.stdout.splitlines()[1]
    assert all(p.name in result.stdout for p in cast("elder")) and "nurse" not in result.stdout


def test_list_narrows_by_every_tag() -> None:
    result = run("list", "--tag", "child", "--tag", "school", "--json")
    assert [row["name"] for row in json.loads(result.stdout)] == [p.name for p in cast("child", "school")]


def test_list_of_nobody_says_so_and_is_no_failure() -> None:
    result = run("list", "--tag", "child", "--tag", "romance")
    assert result.exit_code == 0 and result.stdout == ""
    assert result.stderr == "no persona carries all of: child, romance\n"
    assert run("list", "--tag", "child", "--tag", "romance", "--json").stdout == "[]\n"


def test_list_of_an_unknown_tag_is_refused() -> None:
    assert failure("list", "--tag", "chlid") == "unknown tag 'chlid'; did you mean 'child'?"


def test_folders_are_added_by_flag() -> None:
    Path("other").mkdir()
    result = run("list", "--personas", "other", "--personas", "cast", "--json")
    assert "hero" in [row["name"] for row in json.loads(result.stdout)]
    assert "folder 'gone' does not exist" in failure("list", "--personas", "gone")


def test_show_as_json_is_the_whole_persona() -> None:
    document = json.loads(run("show", "nurse", "--json").stdout)
    assert document == json.loads(json.dumps(load_persona("nurse").as_dict()))
    assert document["voice"]["f0_hz"] == 196 and document["consent"] is None


def test_show_tells_what_is_special(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    text = run("show", "nurse").stdout
    nurse = load_persona("nurse")
    assert text.startswith(f"nurse\n{nurse.description}\n")
    assert "female, 34 years, nurse" in text and "f0_hz 196" in text and "tract 1," in text
    assert "Concern 1.3" in text and "Anger 0.5" in text and nurse.manner.note in text
    assert "creak" not in text and "consent" not in text


def test_show_takes_a_file() -> None:
    result = run("show", "cast/hero.yaml")
    assert result.exit_code == 0 and "male, 30 years" in result.stdout


def test_text_in_square_brackets_is_printed_as_it_is() -> None:
    Path("cast/hero.yaml").write_text(HERO.replace("Brave.", "'[red]Brave[/red]'"))
    assert "[red]Brave[/red]" in run("show", "cast/hero.yaml").stdout


def test_show_of_an_unknown_persona_names_the_nearest() -> None:
    result = run("show", "nurze")
    assert isinstance(result.exception, UnknownNameError)
    assert "did you mean 'nurse'?" in str(result.exception)


def test_path_is_the_file_or_the_folders() -> None:
    assert run("path", "nurse").stdout == f"{shipped_folder() / 'nurse.yaml'}\n"
    assert run("path", "hero", "--personas", "cast").stdout == "cast/hero.yaml\n"
    folders = run("path", "--personas", "cast").stdout.splitlines()
    assert folders[0] == "cast" and folders[1].endswith("personas") and folders[-1] == str(shipped_folder())


def test_validate_says_each_file_and_fails_if_one_is_wrong() -> None:
    Path("bad.yaml").write_text(HERO.replace("110", "-110"))
    good = run("validate", "cast/hero.yaml", str(shipped_folder() / "nurse.yaml"))
    assert good.exit_code == 0 and good.stderr == ""
    assert good.stdout.splitlines()[0] == "cast/hero.yaml: valid, hero"
    both = run("validate", "bad.yaml", "cast/hero.yaml", "gone.yaml")
    assert both.stdout == "cast/hero.yaml: valid, hero\n"
    first, second = both.stderr.splitlines()
    assert first == "bad.yaml: voice.f0_hz is -110; expected a number from 50 to 400 (median F0 in Hz)"
    assert second.startswith("persona file 'gone.yaml' does not exist")
    assert str(both.exception) == "2 of 3 persona files are not valid"
    assert failure("validate", "bad.yaml") == "1 of 1 persona file is not valid"


def test_validate_takes_no_name() -> None:
    assert "1 of 1 persona file is not valid" in failure("validate", "nurse")
    assert "persona file 'nurse' does not exist" in run("validate", "nurse").stderr


def test_validate_finds_what_is_extended_in_a_folder_given() -> None:
    Path("squire.yaml").write_text("name: squire\nextends: hero\n")
    assert run("validate", "squire.yaml", "--personas", "cast").exit_code == 0
    assert "extends: unknown persona 'hero'" in run("validate", "squire.yaml").stderr


def test_validate_needs_a_file() -> None:
    result = run("validate")
    assert result.exit_code == 2 and "Missing argument" in result.stderr


def test_the_shell_completes_names() -> None:
    import click

    show = command.commands["show"]
    context = click.Context(show)
    context.params = {"folders": (Path("cast"),)}
    assert complete_persona(context, show.params[0], "her") == ["hero"]
    assert complete_persona(context, show.params[0], "nur") == ["nurse"]
