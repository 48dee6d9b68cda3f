"""Tests of what needs large libraries, each stack of them in an environment of its own: `python tests/run_engines.py`.

The stacks exclude each other by their pins, so each gets a virtual environment in FOLDER, laid over one that holds what all
need: pytest, voiceact's core, torch and torchaudio. What cannot be installed, every test left out for want of something,
and every stack whose turn did not come, or did not end, within --minutes, gets a line `NOT COVERED: stack: reason`, and is no
failure; a test that fails, or hangs, is.

torch: $VOICEACT_TORCH (as `torch==2.13.0`), else a GPU's if this machine has one, else the newest build for CPUs that pip
finds where its own settings (PIP_INDEX_URL, PIP_EXTRA_INDEX_URL, PIP_FIND_LINKS, pip.conf) let it look, else plain torch.
"""

import argparse
import configparser
import os
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as xml
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
MINUTES = 45
"""after which nothing is begun, and what was begun is ended"""
INSTALL_SECONDS = 900
TEST_SECONDS = 900
"""of a stack"""
COMMON = ("pytest>=8", "hypothesis>=6.100", "scipy>=1.12")


@dataclass(frozen=True)
class Stack:
    """Libraries that can be installed beside each other, and the tests that need them.

    Attributes:
        name: of the stack
        extras: of voiceact
        packages: requirements beside the extras
        loose: packages whose own pins are left aside, because nothing could stand beside them otherwise
        imports: modules without which there is nothing to test
        tests: names of test files, without `test_` and `.py`
        lacking: why it cannot be installed at all
    """

    name: str
    extras: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    lacking: str = ""

    def requirements(self) -> list[str]:
        """Return the requirements that pip installs; torch and torchaudio are in the environment below."""
        lines = [line for extra in self.extras for line in extra_of(extra)]
        return [*dict.fromkeys(line for line in [*lines, *self.packages] if not re.match(r"torch(audio)?\b", line))]


STACKS = (
    Stack(
        "coqui and transformers",
        ("coqui", "transformers", "hub", "test-engines", "dataset", "train"),
        imports=("TTS", "transformers", "diffusers"),
        tests=(
            "neural",
            "engine_coqui",
            "engine_transformers",
            "engine_moss",
            "empathic",
            "training_heads",
            "estimator_dimensional",
            "estimator_audio_classifier",
            "export_lhotse",
        ),
    ),
    Stack(
        "checks",
        (
            "faster-whisper",
            "onnx-asr",
            "speechbrain",
            "resemblyzer",
            "wespeaker",
            "distillmos",
            "torchmetrics",
            "squim",
            "dnsmos",
        ),
        # The converter to CTranslate2 reads transformers' models; onnx writes the tiny recognizers.
        ("transformers>=5.23", "onnx>=1.16"),
        imports=("transformers", "torchmetrics"),
        tests=("backends_asr", "backends_mos", "backends_speaker"),
    ),
    Stack("funasr", ("emotion2vec", "train"), imports=("funasr",), tests=("estimator_emotion2vec", "ensemble")),
    Stack("qwen", ("qwen",), imports=("qwen_tts",), tests=("engine_qwen",)),
    Stack("parler", ("parler",), imports=("parler_tts",), tests=("engine_parler",)),
    # It pins torch 2.6, and numpy below 2 on Python 3.11 and 3.12: see docs/engines/chatterbox.md.
    Stack(
        "chatterbox",
        packages=(
            "transformers==5.2.0",
            "diffusers==0.29.0",
            "librosa",
            "onnx",
            "pyloudnorm",
            "omegaconf",
            "pykakasi",
            "einops",
            "setuptools<81",
        ),
        loose=("chatterbox-tts==0.1.7", "resemble-perth==1.0.1", "s3tokenizer", "conformer"),
        imports=("chatterbox",),
        tests=("engine_chatterbox", "engine_conversion"),
    ),
    Stack("indextts2", lacking="its package is on no index"),
)


@dataclass
class Outcome:
    """Result of a stack.

    Attributes:
        passed: number of tests that passed
        failed: number of tests that failed
        uncovered: reasons why others were left out
    """

    passed: int = 0
    failed: int = 0
    uncovered: list[str] = field(default_factory=list)


def read_setup() -> configparser.ConfigParser:
    """Return setup.cfg."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", "utf-8")
    return parser


def extra_of(name: str) -> list[str]:
    """Return the requirements of an extra in setup.cfg."""
    lines = (line.strip() for line in read_setup()["options.extras_require"][name].splitlines())
    return [line for line in lines if line and not line.startswith(("#", "voiceact["))]


def seconds_left(end: float, most: float) -> float:
    """Return the time until `end` of time.monotonic(), at most `most` and never below 0, in seconds."""
    return max(0.0, min(most, end - time.monotonic()))


def processor_seconds() -> float:
    """Return the processor time of all processes that this one has started and that have ended."""
    times = os.times()
    return times.children_user + times.children_system


# --- Environments


def torch_requirement(python: Path) -> str:
    """Return the requirement of torch (see the head of this file)."""
    if given := os.environ.get("VOICEACT_TORCH"):
        return given
    if shutil.which("nvidia-smi"):
        return "torch>=2.6"
    listed = subprocess.run([python, "-m", "pip", "index", "versions", "torch"], capture_output=True, text=True)
    return cpu_build(listed.stdout) or "torch>=2.6"


def cpu_build(versions: str) -> str | None:
    """Return the newest build for CPUs in the output of `pip index versions torch`; None if there is none."""
    builds = re.findall(r"\b(\d+(?:\.\d+)+\+cpu)\b", versions)
    return f"torch=={builds[0]}" if builds else None


def make_base(folder: Path, end: float) -> str:
    """Make the environment below all others; those above are made anew with it.

    Args:
        folder: of the environment
        end: of time.monotonic(), at which the installation is ended

    Returns:
        the reason if it cannot be made, else an empty text
    """
    core = read_setup()["options"]["install_requires"]
    recipe = "\n".join([*COMMON, core, os.environ.get("VOICEACT_TORCH", "")])
    if (folder / "ready").is_file() and (folder / "ready").read_text("utf-8") == recipe:
        return ""
    for above in folder.parent.glob("*/ready"):
        above.unlink()
    python = make_environment(folder)
    fault = install(python, [torch_requirement(python)], end) or install(python, ["--no-deps", "torchaudio"], end)
    if fault:
        return fault
    if import_fault(python, ("torchaudio",)):
        # Its compiled part was built for another torch: it is not needed, and cannot be loaded.
        for part in packages_of(python).glob("torchaudio/**/*.so"):
            part.unlink()
        print("torchaudio was built for another torch: without its compiled part", flush=True)
    fault = install(python, [*COMMON, "-e", str(ROOT)], end)
    if not fault:
        (folder / "ready").write_text(recipe, "utf-8")
    return fault


def make_layer(folder: Path, base: Path, stack: Stack, end: float) -> str:
    """Make a stack's environment over the base (see `make_base`)."""
    requirements, ready = stack.requirements(), folder / "ready"
    recipe = "\n".join([*requirements, *stack.loose])
    if ready.is_file() and ready.read_text("utf-8") == recipe:
        return ""
    python = make_environment(folder)
    below = packages_of(python_of(base))
    # Its own packages come before those of the base, as a later folder of the path.
    (packages_of(python) / "base.pth").write_text(f"import site; site.addsitedir({str(below)!r})\n", "utf-8")
    # Keep pip from taking another torch than the one below.
    listed = subprocess.run([python, "-m", "pip", "list", "--format=freeze"], check=True, capture_output=True, text=True)
    torches = [line for line in listed.stdout.splitlines() if re.match(r"torch(audio)?==", line)]
    (folder / "constraints.txt").write_text("\n".join(torches) + "\n", "utf-8")
    fault = install(python, ["-c", str(folder / "constraints.txt"), *requirements], end) if requirements else ""
    fault = fault or (install(python, ["--no-deps", *stack.loose], end) if stack.loose else "")
    fault = fault or import_fault(python, stack.imports)
    if not fault:
        ready.write_text(recipe, "utf-8")
    return fault


def make_environment(folder: Path) -> Path:
    """Make an empty environment in place of an older one, and return its Python; another kind of folder ends the program."""
    if folder.exists() and not (folder / "pyvenv.cfg").is_file():
        sys.exit(f"{folder} is no environment, and is not overwritten; give another --folder")
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
    return python_of(folder)


def python_of(folder: Path) -> Path:
    """Return the Python of an environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def packages_of(python: Path) -> Path:
    """Return the folder of an environment's packages."""
    command = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    return Path(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())


def install(python: Path, requirements: Sequence[str], end: float) -> str:
    """Install requirements by pip, until `end` of time.monotonic(); return the reason if it cannot, else an empty text."""
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--prefer-binary"]
    limit = seconds_left(end, INSTALL_SECONDS)
    try:
        done = subprocess.run(
            [python, "-m", "pip", "install", *options, *requirements], capture_output=True, text=True, timeout=limit
        )
    except subprocess.TimeoutExpired:
        return f"pip took longer than {limit:.0f} s" + (", all that were left" if limit < INSTALL_SECONDS else "")
    if not done.returncode:
        return ""
    # Return the first error, else the last line.
    lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    faults = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return (faults or lines[-1:] or ["pip said nothing"])[0]


def import_fault(python: Path, modules: Sequence[str]) -> str:
    """Return why one of these modules cannot be imported, else an empty text."""
    if not modules:
        return ""
    done = subprocess.run([python, "-c", f"import {', '.join(modules)}"], capture_output=True, text=True)
    return done.stderr.strip().splitlines()[-1] if done.returncode else ""


# --- Tests


def run_tests(python: Path, files: Sequence[Path], report: Path, end: float, seconds: float = TEST_SECONDS) -> Outcome:
    """Run test files, offline and on one thread.

    Args:
        python: of the environment
        files: to run
        report: JUnit file to write
        end: of time.monotonic(), at which the tests are ended, which is no failure
        seconds: after which they count as hanging, which is one
    """
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *map(str, files)]
    environment = {"OMP_NUM_THREADS": "1", **os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    report.unlink(missing_ok=True)
    limit = seconds_left(end, seconds)
    try:
        code = subprocess.run(command, cwd=ROOT, env=environment, timeout=limit).returncode
    except subprocess.TimeoutExpired:
        if limit < seconds:
            return Outcome(uncovered=[f"its tests took longer than the {limit:.0f} s that were left"])
        print(f"the tests took longer than {seconds} s", flush=True)
        return Outcome(failed=1)
    outcome = read_report(report) if report.is_file() else Outcome()
    # 5: pytest found no test; whatever else is not 0 failed, also before a test began.
    outcome.failed = outcome.failed or int(code not in (0, 5))
    return outcome


def read_report(path: Path) -> Outcome:
    """Return the outcome in a JUnit file of pytest."""
    cases = list(xml.parse(path).iter("testcase"))
    failed = sum(case.find("failure") is not None or case.find("error") is not None for case in cases)
    skipped = [skip for case in cases if (skip := case.find("skipped")) is not None]
    return Outcome(len(cases) - failed - len(skipped), failed, list(dict.fromkeys(skip.get("message", "") for skip in skipped)))


def cover_stack(stack: Stack, folder: Path, base: Path, end: float) -> Outcome:
    """Install a stack and run its tests, until `end` of time.monotonic()."""
    if stack.lacking:
        return Outcome(uncovered=[stack.lacking])
    home = folder / re.sub(r"\W+", "-", stack.name)
    start, spent = time.monotonic(), processor_seconds()
    if fault := make_layer(home, base, stack, end):
        return Outcome(uncovered=[fault])
    installed, spent_installing = time.monotonic(), processor_seconds()
    files = [path for name in stack.tests for path in (ROOT / "tests").rglob(f"test_{name}.py")]
    outcome = run_tests(python_of(home), files, home / "report.xml", end)
    print(
        f"{stack.name}: {outcome.passed} passed, {outcome.failed} failed; {installed - start:.0f} s to install "
        f"({spent_installing - spent:.0f} s of processor time), {time.monotonic() - installed:.0f} s to test "
        f"({processor_seconds() - spent_installing:.0f} s)",
        flush=True,
    )
    return outcome


def cover_stacks(stacks: Sequence[Stack], folder: Path, end: float) -> int:
    """Cover the stacks one after the other, and print what was not covered; return the exit code.

    Args:
        stacks: to cover
        folder: where their environments lie
        end: of time.monotonic(), at which all is ended
    """
    base = folder / "base"
    fault = make_base(base, end) if seconds_left(end, 1) else ""
    outcomes = {}
    for stack in stacks:
        reason = stack.lacking or fault or ("" if seconds_left(end, 1) else "no time was left")
        outcomes[stack.name] = Outcome(uncovered=[reason]) if reason else cover_stack(stack, folder, base, end)
    for name, outcome in outcomes.items():
        print("".join(f"NOT COVERED: {name}: {reason}\n" for reason in outcome.uncovered), end="")
    passed, failed = (sum(getattr(outcome, key) for outcome in outcomes.values()) for key in ("passed", "failed"))
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the stacks that the arguments name; return the exit code, 1 if a test failed, else 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stacks", nargs="*", metavar="STACK", help=f"default is all: {', '.join(one.name for one in STACKS)}")
    parser.add_argument("--folder", type=Path, default=ROOT / ".env-engines", help="where the environments are kept")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="after which all is ended (default: %(default)s)")
    options = parser.parse_args(arguments)
    if strangers := {*options.stacks} - {stack.name for stack in STACKS}:
        parser.error(f"no stack {', '.join(sorted(strangers))}; expected {', '.join(stack.name for stack in STACKS)}")
    stacks = [stack for stack in STACKS if not options.stacks or stack.name in options.stacks]
    return cover_stacks(stacks, options.folder.resolve(), time.monotonic() + 60 * options.minutes)


if __name__ == "__main__":
    sys.exit(main())
