"""voiceact lines: what is printed, and the exit status."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from voiceact.cli.main import main

TABLE = "id,persona,text,emotion\nscene/a,nurse,Sit down.,Concern:5\nb,farmer,It rains.,\n"
SAMPLE = Path(__file__).parents[2] / "samples" / "lines.csv"


@pytest.fixture
def path(tmp_path):
    found = tmp_path / "lines.csv"
    found.write_text(TABLE)
    return found


def lines(*arguments: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main(["lines", *map(str, arguments)])
    printed = capsys.readouterr()
    return int(stopped.value.code or 0), printed.out, printed.err


def test_a_table_becomes_named_files(path, tmp_path, capsys) -> None:
    out = tmp_path / "out"
    status, printed, told = lines(path, "--out", out, "--format", "flac", "--srt", "--vtt", "--words", capsys=capsys)
    assert (status, printed) == (0, f"2 made, 0 unchanged, 0 failed, 0 skipped; see {out / 'lines.jsonl'}\n")
    # The engine's card knows that the concern of the table was never heard.
    assert told.splitlines()[1:] == ["1 of 2", "2 of 2"] and "was never heard from engine 'embedded'" in told.splitlines()[0]
    assert sorted(file.name for file in (out / "scene").iterdir()) == ["a.flac", "a.json", "a.srt", "a.vtt", "a.words.json"]
    status, printed, told = lines(path, "--out", out, "--format", "flac", capsys=capsys)
    assert (status, printed[:20], told) == (0, "0 made, 2 unchanged,", "")


def test_json_is_one_document(path, tmp_path, capsys) -> None:
    status, printed, _ = lines(path, "--out", tmp_path / "out", "--takes", 2, "--json", capsys=capsys)
    found = json.loads(printed)
    assert (status, found["made"], found["stopped"], found["orphans"]) == (0, 4, None, [])
    assert [(row["id"], row["take"], row["path"]) for row in found["rows"]] == [
        ("scene/a", 1, "scene/a.wav"),
        ("scene/a", 2, "scene/a__t02.wav"),
        ("b", 1, "b.wav"),
        ("b", 2, "b__t02.wav"),
    ]


def test_dry_run_says_what_would_be_made_and_writes_nothing(path, tmp_path, capsys) -> None:
    out = tmp_path / "out"
    status, printed, _ = lines(path, "--out", out, "--dry-run", capsys=capsys)
    assert (status, out.exists()) == (0, False)
    assert printed.splitlines() == [
        f"{out / 'scene/a.wav'}  new",
        f"{out / 'b.wav'}  new",
        "2 files would be made, 0 stay as they are, 0 skipped",
    ]
    lines(path, "--out", out, capsys=capsys)
    path.write_text(TABLE.replace("Sit down.", "Sit up.").replace("b,farmer", "c,farmer"))
    _, printed, _ = lines(path, "--out", out, "--only", "scene/*", "--dry-run", capsys=capsys)
    assert printed.splitlines() == [
        f"{out / 'scene/a.wav'}  edited: text",
        "1 file no longer in the table, kept: b.wav",
        "1 file would be made, 0 stay as they are, 1 skipped",
    ]
    _, printed, _ = lines(path, "--out", out, "--dry-run", "--json", capsys=capsys)
    assert [(item["id"], item["state"], item["make"]) for item in json.loads(printed)["items"]] == [
        ("scene/a", "edited: text", True),
        ("c", "new", True),
    ]


def test_dry_run_says_what_a_server_would_be_asked_for(path, tmp_path, capsys) -> None:
    engine = "openai-compatible:url=http://localhost:1,voice=alloy,price=1000"
    asked = ("--out", tmp_path / "out", "--dry-run", "--engine", engine)
    table = path.read_text().splitlines()
    texts = [row["text"] for row in csv.DictReader(table)]
    _, printed, _ = lines(path, *asked, capsys=capsys)
    count = sum(map(len, texts))
    assert (
        printed.splitlines()[-1]
        == f"asked of the server: 2 requests, {count} characters, {count / 1000:.2f} at the price given"
    )
    _, printed, _ = lines(path, *asked, "--json", "--only", "b", capsys=capsys)
    assert json.loads(printed)["server"]["requests"] == 1


def test_what_failed_stands_in_a_table_and_the_status_is_1(path, tmp_path, capsys) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "scene").write_text("in the way")
    status, printed, _ = lines(path, "--out", out, capsys=capsys)
    assert status == 1
    assert "scene/a" in printed and "cannot make the folder" in printed.replace("\n", " ")
    assert printed.endswith(f"1 made, 0 unchanged, 1 failed, 0 skipped; see {out / 'lines.jsonl'}\n")


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        ("id,text\na,x\n", [], "has no persona; fill the column, or give --persona"),
        ("id,persona,text,emotion\na,nurse,x,Zadness\n", [], "row 2 (a): unknown emotion 'Zadness'; did you mean 'Sadness'?"),
        (TABLE, ["--language", "de"], "does not speak 'de'"),
        (TABLE, ["--engine", "embeded"], "unknown engine 'embeded'; did you mean 'embedded'?"),
        (TABLE, ["--only", "scene/c"], "unknown id 'scene/c'"),
        (TABLE, ["--seed", "-1"], "seed is -1"),
        (TABLE, ["--persona", "nurs"], None),
    ],
)
def test_a_bad_table_or_option_is_status_2(path, tmp_path, capsys, table, options, message) -> None:
    path.write_text(table)
    status, printed, told = lines(path, "--out", tmp_path / "out", "--dry-run", *options, capsys=capsys)
    if message is None:  # no row needs the default persona, so nobody looks for it
        assert status == 0
        return
    assert (status, printed) == (2, "")
    assert message in told and "Traceback" not in told
    assert not (tmp_path / "out").exists()


def test_a_missing_table_is_status_2(tmp_path, capsys) -> None:
    status, _, told = lines(tmp_path / "none.csv", "--out", tmp_path / "out", capsys=capsys)
    assert status == 2
    assert "none.csv: cannot be read: No such file or directory; expected a table of lines" in told


def test_notes_go_to_standard_error(path, tmp_path, capsys) -> None:
    path.write_text("id,persona,text,direction,scene\na,nurse,Hello 🎉.,to himself,1\n")
    _, printed, told = lines(path, "--out", tmp_path / "out", "--dry-run", capsys=capsys)
    assert "not read: column 'scene'" in told
    assert "row 2 (a): dropped what cannot be spoken: 🎉" in told
    assert "cannot follow the words 'to himself' of the direction; it is ignored" in told
    assert "row 2" not in printed


def test_the_sample_table_can_be_performed(tmp_path, capsys) -> None:
    status, printed, told = lines(SAMPLE, "--out", tmp_path / "out", "--dry-run", capsys=capsys)
    assert status == 0
    # Nothing is wrong with the table; what this engine was never heard to do is told, once.
    assert all("never heard from engine 'embedded'" in line for line in told.splitlines()) and len(told.splitlines()) <= 1
    assert printed.endswith("8 files would be made, 0 stay as they are, 0 skipped\n")


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("workers", [1, 2])
def test_interrupted_it_says_how_to_go_on(tmp_path, workers: int) -> None:
    path, out = tmp_path / "lines.csv", tmp_path / "out"
    rows = (f"s/{number},nurse,This is number {number} of very many.\n" for number in range(200))
    path.write_text("id,persona,text\n" + "".join(rows))
    run = subprocess.Popen(
        [sys.executable, "-m", "voiceact", "lines", str(path), "--out", str(out), "--workers", str(workers)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert run.stderr is not None
    assert run.stderr.readline() == "20 of 200\n"
    # The terminal sends Ctrl-C to the whole group, the workers too.
    os.killpg(run.pid, signal.SIGINT)
    _, told = run.communicate()
    assert run.returncode == 130
    rows = [json.loads(row) for row in (out / "lines.jsonl").read_text().splitlines()]
    done = [row["path"] for row in rows if row["status"] == "done"]
    assert 20 <= len(done) < 200
    assert f"interrupted; {len(done)} of 200 files are done and whole, the same command makes the rest" in told
    assert "Traceback" not in told
    written = sorted(file.relative_to(out).as_posix() for file in (out / "s").iterdir())
    assert written == sorted([*done, *(name.replace(".wav", ".json") for name in done)])


def test_a_cast_and_a_scene_in_one_command(tmp_path, capsys) -> None:
    table, cast, scene = tmp_path / "t.csv", tmp_path / "cast.yaml", tmp_path / "scene.wav"
    table.write_text("id,speaker,text,gap\na,Captain Vega,Sit.,\nb,nurse,It rains.,1\n")
    cast.write_text("Captain Vega: ships-captain\n")
    arguments = (table, "--out", tmp_path / "out", "--cast", cast, "--join", scene)
    status, printed, _ = lines(*arguments, capsys=capsys)
    assert status == 0
    assert printed.splitlines()[1].startswith("2 lines joined, ")
    assert "It rains." in scene.with_suffix(".srt").read_text()
    status, printed, _ = lines(*arguments, "--json", capsys=capsys)
    found = json.loads(printed)
    assert (status, found["made"], [row["persona"] for row in found["rows"]]) == (0, 0, ["ships-captain", "nurse"])
    assert list(found["scene"]["lines"]) == ["a", "b"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--gap", "1"], "--gap is the silence between lines of a scene; name its file with --join"),
        (["--join", "scene.mp3"], "mp3"),
    ],
)
def test_a_scene_that_cannot_be_is_refused_at_once(path, tmp_path, capsys, options: list[str], message: str) -> None:
    status, _, told = lines(path, "--out", tmp_path / "out", *options, capsys=capsys)
    assert status == 2
    assert message in told
    assert not (tmp_path / "out").exists()
