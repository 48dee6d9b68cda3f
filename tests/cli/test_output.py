"""What commands print: JSON of structs, tables whose cells are never cut, and progress that stays out of piped output."""

import json
import os
import pty
import subprocess
import sys

import msgspec
import pytest

from voiceact.cli.output import ProgressBar, print_fields, print_json, print_table
from voiceact.errors import count_noun


class Point(msgspec.Struct):
    x: int
    name: str


def test_json_holds_structs_and_keeps_letters(capsys) -> None:
    print_json({"points": [Point(1, "Grüße")]})
    printed = capsys.readouterr().out
    assert json.loads(printed) == {"points": [{"x": 1, "name": "Grüße"}]} and "Grüße" in printed


def test_json_on_one_line_is_a_line(capsys) -> None:
    print_json({"a": [1, 2]}, one_line=True)
    assert capsys.readouterr().out == '{"a": [1, 2]}\n'


def test_no_cell_of_a_table_is_cut_or_read_as_markup(capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    print_table(("name", "text"), [("a", "x" * 70), ("[bold]", None), ("n", 12345)], title="things")
    printed = capsys.readouterr().out
    assert printed.count("x") == 70 + len("text") - 3 and "…" not in printed
    assert "[bold]" in printed and "–" in printed and "12,345" in printed and "things" in printed


def test_rows_are_separated_by_tabs_where_a_program_reads(capsys) -> None:
    print_table(("name", "count"), [("a", 1), ("b", 2000)], tabs=True)
    assert capsys.readouterr().out == "a\t1\nb\t2,000\n"


def test_a_field_without_text_is_left_out(capsys) -> None:
    print_fields({"id": "anger", "note": ""})
    assert capsys.readouterr().out.split() == ["id", "anger"]


@pytest.mark.parametrize(
    ("total", "lines"), [(3, ["1 of 3", "2 of 3", "3 of 3"]), (40, [f"{n} of 40" for n in range(4, 41, 4)])]
)
def test_without_a_terminal_there_are_ten_lines_at_most(total, lines, capsys) -> None:
    with ProgressBar("speaking", total, plain="{done} of {total}") as bar:
        for done in range(1, total + 1):
            bar.update(done, total)
    printed = capsys.readouterr()
    assert (printed.out, printed.err.splitlines()) == ("", lines)


def test_colours_that_are_forced_force_no_bar(capsys, monkeypatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with ProgressBar("reading", 2) as bar:
        bar.update(1, 2)
    assert not bar.on_terminal and capsys.readouterr() == ("", "")


PRINTS_BESIDE_A_BAR = """
import click
from voiceact.cli.output import ProgressBar
with ProgressBar("listening", 2) as bar:
    bar.update(1, 2)
    click.echo("a result")
    print(bar.on_terminal)
"""


def test_a_bar_on_the_terminal_leaves_results_in_the_pipe() -> None:
    leader, follower = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-c", PRINTS_BESIDE_A_BAR], stdout=subprocess.PIPE, stderr=follower, text=True, check=True
        )
        shown = os.read(leader, 10_000).decode()
    finally:
        os.close(follower)
        os.close(leader)
    assert done.stdout == "a result\nTrue\n"
    assert "listening" in shown and "a result" not in shown


@pytest.mark.parametrize(
    ("number", "noun", "written"),
    [
        (1, "take", "1 take"),
        (0, "take", "0 takes"),
        (1200, "take", "1,200 takes"),
        (1, "category", "1 category"),
        (2, "category", "2 categories"),
        (2, "day", "2 days"),
        (2, "process", "2 processes"),
    ],
)
def test_a_number_is_written_with_its_noun(number: int, noun: str, written: str) -> None:
    assert count_noun(number, noun) == written


def test_a_title_wider_than_its_table_is_not_broken(capsys: pytest.CaptureFixture[str]) -> None:
    name = "categories, test 0123456789abcdef0123456789abcdef"
    print_table(("items", ""), [("real", 3)], title=name, caption=f"below {name}")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == name and lines[-1] == f"below {name}"
