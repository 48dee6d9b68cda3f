"""voiceact recipe run, resume and status: what is printed, and the exit status."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hum import at_work, bytes_of, hum, in_session, recipe, wait_until  # noqa: F401
from rich.console import Console

from voiceact.cli.main import main
from voiceact.cli.recipe.progress import Display, Progress, coverage_grid
from voiceact.recipe.plan import make_plan
from voiceact.recipe.schema import StopRule
from voiceact.runs.inventory import Inventory, TakeCounts
from voiceact.store.index import Count

pytestmark = pytest.mark.usefixtures("hum")

RECIPE = """name: tiny
description: For tests.
personas: [nurse, farmer]
categories: [Anger, Fear, Distress, Pride]
intensities: [3, 5]
takes: 2
engine: hum
verify: {checks: [emotion], judge: lots}
store: {shard: 8}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "tiny.yaml"
    found.write_text(RECIPE)
    return found


def voiceact(*arguments: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main(["recipe", *map(str, arguments)])
    printed = capsys.readouterr()
    return int(stopped.value.code or 0), printed.out, printed.err


def test_a_run_says_what_became_of_the_takes(path, tmp_path, capsys) -> None:
    status, printed, told = voiceact("run", path, "--out", tmp_path / "run", capsys=capsys)
    levels, included, end = printed.splitlines()
    assert status == 0
    assert levels.endswith(" rejected") and [word.split()[1] for word in levels.split(", ")] == [
        "verified",
        "consistent",
        "undecided",
        "rejected",
    ]
    assert "of 32 takes included (" in included
    assert end.startswith("32 takes made in ") and end.endswith(f"4 of 4 shards whole in {tmp_path / 'run'}")
    status, printed, _ = voiceact("run", path, "--out", tmp_path / "run", capsys=capsys)
    assert status == 0 and printed.splitlines()[-1].startswith("0 takes made in ")


def test_json_is_one_document(path, tmp_path, capsys) -> None:
    status, printed, _ = voiceact("run", path, "--out", tmp_path / "run", "--workers", 2, "--json", capsys=capsys)
    found = json.loads(printed)
    assert (status, found["finished"], found["stopped"], found["made"], found["takes"]) == (0, True, None, 32, 32)
    assert found["shards"] == {"all": 4, "whole": 4}
    assert len(found["coverage"]) == 8
    status, printed, _ = voiceact("status", tmp_path / "run", "--json", capsys=capsys)
    found = json.loads(printed)
    assert (found["finished"], found["at_work"], found["takes_left"]) == (True, [], 0)
    assert found["shards"] == {"all": 4, "whole": 4, "begun": 0, "damaged": {}}
    assert found["sessions"][0]["takes"] == 32


def test_a_batch_schedulers_share_and_what_is_left(path, tmp_path, capsys) -> None:
    run = tmp_path / "run"
    status, printed, _ = voiceact("run", path, "--out", run, "--shard", "2/2", capsys=capsys)
    assert status == 0 and "2 of 2 shards whole" in printed
    (run / "rejected/shard-000001.tar").unlink()
    status, printed, _ = voiceact("status", run, capsys=capsys)
    assert printed.splitlines()[0] == "tiny  1 of 4 shards whole, 0 begun; nobody at work"
    assert "damaged: shard 1: rejected/shard-000001.tar is missing" in printed
    assert f"left: some 24 takes; go on with: voiceact recipe resume {run}" in printed
    status, printed, told = voiceact("resume", run, capsys=capsys)
    assert (status, "24 takes made" in printed) == (0, True)
    assert "voiceact: shard 1 is made again: rejected/shard-000001.tar is missing\n" in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "smok", "--out", "x"], "unknown recipe 'smok'; did you mean 'smoke'"),
        (["run", "smoke", "--out", "x", "--shard", "3/2"], "--shard '3/2': expected the number of a share"),
        (["run", "smoke", "--out", "x", "--address", "auto"], "--address names a Ray cluster; add --executor ray"),
        (["run", "smoke", "--out", "nosuch://x"], "nosuch://x"),
        (["status", "."], "is no run folder"),
        (["resume", "."], "is no run folder"),
    ],
)
def test_wrong_usage_is_one_sentence_and_nothing_is_written(arguments, told, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    status, printed, error = voiceact(*arguments, capsys=capsys)
    assert (status, printed) == (2, "")
    assert told in error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("personas: [nurse, farmer]", "personas: [nurs]"), "line 3: unknown persona 'nurs'; did you mean 'nurse'"),
        (("engine: hum", "engine: hun"), "line 7: unknown engine 'hun'; did you mean 'hum'"),
        (("Anger, Fear", "Angr, Fear"), "line 4: unknown emotion 'Angr'; did you mean"),
        (("takes: 2", "takes: 4000000000"), "at most 4,294,967,296 can have a seed"),
        (("categories: [Anger, Fear, Distress, Pride]", "categories: []"), "line 4"),
    ],
)
def test_a_recipe_that_cannot_be_made_leaves_no_folder(change, told, path, tmp_path, capsys) -> None:
    path.write_text(RECIPE.replace(*change))
    status, _, error = voiceact("run", path, "--out", tmp_path / "run", capsys=capsys)
    assert status == 2 and told in error
    assert not (tmp_path / "run").exists()


def test_a_changed_recipe_is_shown_and_forked(path, tmp_path, capsys) -> None:
    voiceact("run", path, "--out", tmp_path / "run", capsys=capsys)
    path.write_text(RECIPE.replace("takes: 2", "takes: 1"))
    status, _, error = voiceact("run", path, "--out", tmp_path / "run", capsys=capsys)
    assert status == 2
    assert "-takes: 2\n+takes: 1\n" in error
    status, printed, error = voiceact("run", path, "--out", tmp_path / "run", "--fork", capsys=capsys)
    assert status == 0 and printed.splitlines()[-1].endswith(str(tmp_path / "run-2"))
    assert f"this run goes to {tmp_path / 'run-2'}" in error


def test_only_failures_are_a_failure(path, tmp_path, capsys) -> None:
    (tmp_path / "own.csv").write_text("id,text\na,Please raisenow.\n")
    path.write_text(RECIPE + "scripts: {evocative: 0, files: [own.csv], shipped: false}\n")
    status, printed, error = voiceact("run", path, "--out", tmp_path / "run", capsys=capsys)
    assert (status, "32 failed" in printed) == (1, True)
    assert "every take failed; the column 'reasons' of the index says why" in error


needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="there are no signals to send")
STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143}


def begin(path: Path, out: Path, workers: int, *more: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "voiceact", "recipe", "run", path, "--out", out, "--workers", str(workers), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@needs_signals
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_signal_finishes_what_is_begun_and_says_how_to_go_on(path, tmp_path, monkeypatch, capsys, workers: int, sent) -> None:
    monkeypatch.setenv("HUM_SECONDS", "0.5")  # 32 takes: it is far from done when one is
    run = tmp_path / "run"
    process = begin(path, run, workers, "--json")
    wait_until(lambda: at_work(run) > 1000)
    if sent == signal.SIGINT:
        os.killpg(process.pid, sent)  # a terminal sends it to the workers too
    else:
        process.send_signal(sent)
    printed, told = process.communicate(timeout=60)
    found = json.loads(printed)
    assert (process.returncode, found["finished"]) == (STATUS[sent], False)
    assert found["stopped"] == {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}[sent]
    assert "voiceact: stopping after the takes begun; Ctrl-C again drops them\n" in told
    assert told.endswith(f"voiceact: stopped; what was made is kept, go on with: voiceact recipe resume {run}\n")
    assert "Traceback" not in told and nobody_left(process)
    assert 0 < found["made"] < 32
    monkeypatch.delenv("HUM_SECONDS")
    status, printed, _ = voiceact("resume", run, "--workers", workers, capsys=capsys)
    assert status == 0 and f"{32 - found['made']} takes made" in printed
    voiceact("run", path, "--out", tmp_path / "undisturbed", capsys=capsys)
    assert bytes_of(run) == bytes_of(tmp_path / "undisturbed")


@needs_signals
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_second_signal_stops_at_once(path, tmp_path, monkeypatch, capsys, workers: int, sent) -> None:
    monkeypatch.setenv("HUM_SECONDS", "600")
    monkeypatch.setenv("HUM_BEGUN", str(tmp_path / "begun"))
    run = tmp_path / "run"
    process = begin(path, run, workers)
    assert process.stderr is not None
    wait_until((tmp_path / "begun").exists)
    process.send_signal(sent)
    while "stopping after the takes begun" not in (line := process.stderr.readline()):
        assert line, "it ended without a word"
    process.send_signal(sent)
    _, told = process.communicate(timeout=60)  # of the 600 s of a take
    assert process.returncode == STATUS[sent]
    assert told == (
        "voiceact: interrupted; nothing is left half-written and what was made is kept, the same command goes on with it\n"
    )
    assert nobody_left(process)
    monkeypatch.delenv("HUM_SECONDS")
    status, printed, _ = voiceact("run", path, "--out", run, capsys=capsys)
    assert status == 0 and "32 takes made" in printed
    voiceact("run", path, "--out", tmp_path / "undisturbed", capsys=capsys)
    assert bytes_of(run) == bytes_of(tmp_path / "undisturbed")


@needs_signals
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_the_first_take_is_no_traceback(path, tmp_path, monkeypatch, capsys, sent) -> None:
    def planned(*given: object, **named: object) -> None:
        signal.raise_signal(sent)

    monkeypatch.setattr("voiceact.runs.run.make_plan", planned)
    status, printed, told = voiceact("run", path, "--out", tmp_path / "run", capsys=capsys)
    assert (status, printed) == (STATUS[sent], "")
    assert told.endswith("the same command goes on with it\n") and not (tmp_path / "run").exists()


def nobody_left(process: subprocess.Popen) -> bool:
    """Whether all processes of its session are gone; they may take a moment to go."""
    if Path("/proc/self/stat").exists():
        wait_until(lambda: not in_session(process.pid), 20)
    return True


# Progress


def count(category: str = "anger", intensity: float = 5.0, **levels: int) -> Count:
    return Count("en", category, intensity, "nurse", levels, levels.get("verified", 0), 4.0 * sum(levels.values()), 4.0)


def test_progress_counts_and_estimates_by_the_pass_rate(monkeypatch, capsys) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    progress = Progress()
    progress.begin(make_plan(recipe(stop=StopRule(included=1, takes=4))), 4, 16, Inventory())
    assert "evidence: category is asked" in capsys.readouterr().err  # what the plan has to say comes first
    assert progress.takes_left == 16 * 4  # nothing is known of the pass rate
    now[0] += 10
    progress.add_takes([count(verified=5, rejected=5)])
    progress.add_cells(6)
    assert progress.pace == 1.0
    assert progress.takes_left == pytest.approx(10 * (1 + 0.5 + 0.25 + 0.125))
    line = capsys.readouterr().err
    assert line == (
        "10 takes: 5 verified, 0 consistent, 0 undecided, 5 rejected; 0 of 16 cells, 0 of 4 shards; "
        "1.0 takes/s, about 20 s left\n"
    )
    progress.add_takes([count(rejected=1)])
    assert capsys.readouterr().err == ""  # a line every few seconds at most


def test_a_fixed_number_of_takes_is_known_to_the_last() -> None:
    progress = Progress()
    progress.begin(make_plan(recipe()), 4, 16, Inventory())
    progress.add_takes([count(verified=3)])
    assert progress.takes_left == 29


def test_the_live_display_shows_counts_map_and_time() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100, height=30, color_system=None)
    display = Display(console)
    display.begin(make_plan(recipe()), 4, 16, Inventory())
    display.add_takes([count(verified=3, rejected=1), count("fear", 3.0, rejected=2)])
    display.add_shard(0)
    console.print(display.render())
    display.end()
    shown = console.file.getvalue()
    assert "3 verified" in shown and "3 rejected" in shown and "0 of 16 cells, 1 of 4 shards" in shown
    assert "anger" in shown and "▇ 3" in shown and "▁ 0" in shown


def test_the_map_folds_where_it_would_be_too_tall() -> None:
    tally = TakeCounts()
    tally.add([count(f"c{number:02d}", verified=1) for number in range(40)])
    assert coverage_grid(tally).row_count == 40
    assert coverage_grid(tally, rows=15).row_count <= 14
    console = Console(file=io.StringIO(), width=100)
    console.print(coverage_grid(tally, rows=15))
    assert all(f"c{number:02d}" in console.file.getvalue() for number in range(40))


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="there is no terminal to be had")
def test_on_a_terminal_it_draws(path, tmp_path) -> None:
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "voiceact", "recipe", "run", path, "--out", tmp_path / "run"],
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "HUM_SECONDS": "0.05"},
    )
    os.close(theirs)
    shown = b""
    try:
        # Read while it runs: a terminal that nobody reads takes some kilobytes, then the run would wait for ever.
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:
        pass  # the other end is closed
    assert process.wait(60) == 0
    assert b"\x1b[" in shown and b"of 16 cells" in shown and b"anger" in shown
    assert bytes_of(tmp_path / "run")
