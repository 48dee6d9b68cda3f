"""`make test-engines`: what its script makes of stacks, of pip's words and of pytest's outcomes."""

import configparser
import sys
import time
from pathlib import Path

import pytest
import run_engines
from run_engines import STACKS, Outcome, Stack, cover_stack, cover_stacks, cpu_build, extra_of, run_tests

TESTS = Path(__file__).parent
NEVER = float("inf")
BY_HAND = {"chatterbox", "indextts2"}
"""extras whose pins exclude voiceact's own: their stacks say what stands in for them"""


def test_every_file_of_tests_that_a_stack_names_is_there():
    assert [name for stack in STACKS for name in stack.tests if not list(TESTS.rglob(f"test_{name}.py"))] == []


def test_every_extra_that_brings_torch_is_in_a_stack():
    parser = configparser.ConfigParser()
    parser.read(TESTS.parent / "setup.cfg", "utf-8")
    heavy = {name for name in parser["options.extras_require"] if any(line.startswith("torch") for line in extra_of(name))}
    assert heavy - BY_HAND <= {extra for stack in STACKS for extra in stack.extras}
    assert {stack.name for stack in STACKS} >= BY_HAND


def test_torch_comes_from_below():
    asked = Stack("x", ("coqui",), ("torchaudio>=2", "onnx")).requirements()
    assert asked[0].startswith("coqui-tts") and asked[-1] == "onnx"
    assert not any(line.startswith(("torch>", "torchaudio")) for line in asked) and any("torchcodec" in line for line in asked)
    assert any(line.startswith("torchmetrics") for line in Stack("y", ("torchmetrics",)).requirements())


def test_the_newest_build_for_cpus_is_taken_where_pip_sees_one():
    assert cpu_build("torch (2.15.0)\nAvailable versions: 2.15.0, 2.13.0+cpu, 2.13.0, 2.12.0+cpu") == "torch==2.13.0+cpu"
    assert cpu_build("torch (2.15.0)\nAvailable versions: 2.15.0, 2.13.0") is None


def test_torch_can_be_given(monkeypatch):
    monkeypatch.setenv("VOICEACT_TORCH", "torch==2.9.1")
    assert run_engines.torch_requirement(Path(sys.executable)) == "torch==2.9.1"


def outcome(tmp_path, text, end=NEVER, seconds=120):
    file = tmp_path / "test_it.py"
    file.write_text(text, "utf-8")
    return run_tests(Path(sys.executable), [file], tmp_path / "report.xml", end, seconds)


def test_passed_failed_and_left_out_are_told_apart(tmp_path):
    found = outcome(
        tmp_path,
        "import pytest\ndef test_a(): pass\ndef test_b(): assert 0\n"
        "def test_c(): pytest.skip('no GPU')\ndef test_d(): pytest.skip('no GPU')\n",
    )
    assert (found.passed, found.failed, found.uncovered) == (1, 1, ["no GPU"])


@pytest.mark.parametrize(("text", "failed"), [("import nonsuch_module\n", 1), ("raise SystemExit(3)\n", 1), ("x = 1\n", 0)])
def test_tests_that_never_began_fail_and_a_file_without_any_does_not(tmp_path, text, failed):
    found = outcome(tmp_path, text)
    assert (found.passed, found.failed) == (0, failed)


def test_tests_that_hang_fail(tmp_path):
    assert outcome(tmp_path, "import time\ndef test_a(): time.sleep(60)\n", seconds=2).failed == 1


def test_tests_that_the_time_ends_are_left_out_and_do_not_fail(tmp_path):
    found = outcome(tmp_path, "import time\ndef test_a(): time.sleep(60)\n", end=time.monotonic() + 2)
    assert found.failed == 0 and found.uncovered[0].startswith("its tests took longer than the ")


def test_what_cannot_be_installed_is_told_and_is_no_failure(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(run_engines, "make_base", lambda folder, end: "")
    monkeypatch.setattr(run_engines, "make_layer", lambda folder, base, stack, end: "No matching distribution found for x")
    stacks = [Stack("one", tests=("neural",)), Stack("two", lacking="its package is on no index")]
    assert cover_stacks(stacks, tmp_path, NEVER) == 0
    assert capsys.readouterr().out.splitlines() == [
        "NOT COVERED: one: No matching distribution found for x",
        "NOT COVERED: two: its package is on no index",
        "0 passed, 0 failed",
    ]


def test_a_stack_whose_turn_does_not_come_is_named_and_is_no_failure(tmp_path, capsys):
    assert cover_stacks([Stack("one"), Stack("two", lacking="gone")], tmp_path / "none", 0.0) == 0
    assert capsys.readouterr().out.splitlines() == [
        "NOT COVERED: one: no time was left",
        "NOT COVERED: two: gone",
        "0 passed, 0 failed",
    ]
    assert not (tmp_path / "none").exists()


def test_a_failed_test_fails_all(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(run_engines, "make_base", lambda folder, end: "")
    monkeypatch.setattr(run_engines, "cover_stack", lambda stack, folder, base, end: Outcome(4, 1))
    assert cover_stacks([Stack("one")], tmp_path, NEVER) == 1 and capsys.readouterr().out.endswith("4 passed, 1 failed\n")


def test_pip_says_why(tmp_path):
    python = Path(sys.executable)
    assert "nowhere" in run_engines.install(python, ["--no-index", str(tmp_path / "nowhere")], NEVER)
    left = run_engines.install(python, ["--no-index", "nonsuch-package"], time.monotonic() + 0.01)
    assert left == "pip took longer than 0 s, all that were left"
    assert run_engines.import_fault(python, ("nonsuch_module",)) == "ModuleNotFoundError: No module named 'nonsuch_module'"


def test_a_folder_that_is_no_environment_is_left_alone(tmp_path):
    (tmp_path / "mine").mkdir()
    with pytest.raises(SystemExit, match="is no environment, and is not overwritten"):
        run_engines.make_environment(tmp_path / "mine")


def test_a_stack_that_lacks_its_package_needs_no_environment(tmp_path):
    assert cover_stack(Stack("x", lacking="gone"), tmp_path / "none", tmp_path / "none", NEVER).uncovered == ["gone"]
    assert not (tmp_path / "none").exists()
