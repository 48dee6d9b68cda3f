"""voiceact text: from an argument, from standard input, as JSON."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from voiceact.cli.main import cli, main


def run(*arguments: str, stdin: str | None = None):
    return CliRunner().invoke(cli, ["text", *arguments], input=stdin)


def test_letters_that_no_engine_could_read_in_the_language_are_refused_as_synth_does() -> None:
    result = CliRunner().invoke(cli, ["text", "Привет мир"])
    assert result.exit_code != 0 and "'Привет' is not in Latin letters, in which English (en) is written" in str(
        result.exception
    )
    assert CliRunner().invoke(cli, ["text", "Café — naïve, 5 µm"]).exit_code == 0


def test_a_line_is_shown_as_json() -> None:
    document = json.loads(run("Dr. Lee paid $5 [sighs] for it.", "--json").stdout)
    assert list(document) == ["written", "language", "spoken", "words", "phonemes", "tags", "notes"]
    assert document["spoken"] == "doctor Lee paid five dollars for it."
    assert document["words"][3] == {"written": "$5", "spoken": "five dollars", "start": 13, "end": 15}
    assert document["tags"] == ["[sighs]"]
    assert document["notes"] == ["not spoken: [sighs]"]
    assert "dˈɑləɹz" in document["phonemes"]


def test_standard_input_is_read_a_line_each() -> None:
    documents = [json.loads(line) for line in run("--json", "--language", "de", stdin="um 3 Uhr\n\nEnde\n").stdout.splitlines()]
    assert [document["spoken"] for document in documents] == ["um drei Uhr", "", "Ende"]
    assert [document["phonemes"] for document in documents] == ["", "", ""]


def test_strict_refuses_markup() -> None:
    found = run("[x] no", "--strict")
    assert found.exit_code != 0
    assert "is not known" in str(found.exception)


def test_plain_output_is_the_spoken_form() -> None:
    assert run("Oh no.").stdout.splitlines()[0] == "Oh no."


def test_the_lexicon_is_used() -> None:
    document = json.loads(run("C# it is", "--say", "C#=/sˈi/", "--json").stdout)
    assert document["phonemes"].startswith("sˈi ɪt")


def test_a_table_may_say_what_parts_its_cells(tmp_path) -> None:
    from voiceact.lines.table import read_lines

    for mark in (";", ",", "\t"):
        table = tmp_path / "lines.csv"
        table.write_text(f"sep={mark}\r\nid{mark}persona{mark}text\r\na1{mark}nurse{mark}Oh no.\r\n", "utf-8")
        (line,) = read_lines(table).lines
        assert (line.persona, line.text) == ("nurse", "Oh no.")


def test_a_cleaned_text_keeps_its_paragraphs_and_joins_broken_words() -> None:
    from voiceact.text.cleaning import clean_text

    assert clean_text("Chapter  One\n\n\nA hap-\npy\nday.")[0] == "Chapter One\n\nA happy day."


@pytest.mark.parametrize("verb", ["synth", "lines"])
def test_strict_refuses_markup_and_writes_nothing(verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, out = tmp_path / "lines.csv", tmp_path / "out.wav"
    table.write_text("id,persona,text\na,nurse,Hello <b>there</b>.\n", "utf-8")
    text = ["--persona", "nurse", "--text", "Hello <b>there</b>."] if verb == "synth" else [str(table)]
    with pytest.raises(SystemExit) as left:
        main([verb, *text, "--out", str(out), "--strict"])
    assert left.value.code == 2
    assert "markup '<b>' at character 7 is not known" in capsys.readouterr().err
    assert not out.exists()
