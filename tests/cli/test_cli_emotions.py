"""voiceact emotion: the table and the meaning of a word, for people and as JSON."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from voiceact.acting.script import load_lines
from voiceact.acting.taxonomy import categories, get, groups
from voiceact.cli.emotion import command
from voiceact.errors import UnknownNameError, UsageError


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def document(*arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0
    return json.loads(result.stdout)


def test_list_shows_all_forty_uncut() -> None:
    result = run("list")
    assert result.exit_code == 0
    rows = [line.split() for line in result.stdout.split("\n")]
    numbers = [row[0] for row in rows if row and row[0].isdigit()]
    assert numbers == [str(number) for number in range(1, 41)]
    assert "…" not in result.stdout
    for text in ("Hope/Enthusiasm/Optimism", "Jealousy & Envy", "medium-high", "Consciousness"):
        assert text in result.stdout


def test_list_as_json_is_the_whole_table() -> None:
    assert document("list") == [json.loads(json.dumps(category.record())) for category in categories()]


def test_list_of_a_group() -> None:
    found = document("list", "--group", "longing")
    assert [row["name"] for row in found] == [category.name for category in groups()["Longing & Lust"]]
    result = run("list", "--group", "cognitive")
    assert "Confusion" in result.stdout
    assert "Anger" not in result.stdout


def test_list_of_an_unknown_group_is_refused() -> None:
    result = run("list", "--group", "loud")
    assert isinstance(result.exception, UnknownNameError)
    assert "unknown group 'loud'" in str(result.exception)
    assert result.stdout == ""


def test_show_says_what_the_word_was_taken_for() -> None:
    result = run("show", "worried")
    assert result.exit_code == 0
    assert result.stdout.startswith("'worried' is a form of 'worry', a word of Distress.\n")
    for text in (
        "Negative High-Energy Emotions",
        "negative (-1)",
        "medium-high (+0.5)",
        "trepidation, Concern",
    ):
        assert text in " ".join(result.stdout.split())


def test_show_names_variants_and_the_other_owners() -> None:
    text = " ".join(run("show", "envy").stdout.split())
    assert text.startswith("'envy' is another name of Jealousy & Envy (also of Longing).")
    assert "also accepted Jealousy / Envy, Jealousy, Envy" in text


def test_show_prints_the_word_as_given() -> None:
    assert run("show", "[angry]").stdout.startswith("'[angry]' is a form of 'Anger'.")


def test_show_as_json() -> None:
    found = document("show", "bliss")
    assert (found["word"], found["via"], found["matched"]) == ("bliss", "keyword", "bliss")
    assert found["category"] == json.loads(json.dumps(get("pleasure_ecstasy").record()))
    assert found["others"] == ["elation", "contentment"]
    assert found["contrast"] == "sadness"


def test_show_counts_the_script_lines_of_each_language() -> None:
    found = document("show", "Distress")["lines"]
    assert found["en"] == len([line for line in load_lines("en") if line.category == "Distress"]) > 0
    assert f"en {found['en']}" in run("show", "Distress").stdout


@pytest.mark.parametrize(("name", "sentence"), [
    ("Embarasment", "did you mean 'Embarrassment'?; 'voiceact emotion list' shows all 40"),
    ("neutral", "ask for any emotion at intensity 0"),
    ("[bold]", "unknown emotion '[bold]'"),
])  # fmt: skip
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_show_of_no_emotion_is_refused(name: str, sentence: str, form: list[str]) -> None:
    result = run("show", name, *form)
    assert isinstance(result.exception, UsageError)
    assert sentence in str(result.exception)
    assert result.stdout == ""
