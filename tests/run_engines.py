"""Tests of what needs large libraries, each stack of them in an environment of its own: `python tests/run_engines.py`.

The stacks exclude each other by their pins, so each gets a virtual environment in FOLDER, laid over one that holds what all
need: pytest, voiceact's core, torch and torchaudio. What cannot be installed, and every test left out for want of something,
is told in a line `NOT COVERED: stack: reason`, and is no failure; a test that fails, or hangs, is.

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
"""in which no more is begun; what was begun has its own limits"""
INSTALL_SECONDS = 900
TEST_SECONDS = 900
"""of a stack"""
COMMON = ("pytest>=8", "hypothesis>=6.100", "scipy>=1.12")


@dataclass(frozen=True)
class Stack:
    """Libraries that bear each other.

    extras: of voiceact; packages: beside them
    loose: packages whose own pins are left aside, because nothing could stand beside them otherwise
    imports: modules without which there is nothing to test
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
        """What pip is asked for; torch and its kin are in the environment below."""
        asked = [line for extra in self.extras for line in extra_of(extra)]
        return [*dict.fromkeys(line for line in [*asked, *self.packages] if not re.match(r"torch(audio)?\b", line))]


STACKS = (
    Stack(
        "coqui and transformers",
        ("coqui", "transformers", "hub", "test-engines", "dataset"),
        imports=("TTS", "transformers", "diffusers"),
        tests=(
            "neural",
            "engine_coqui",
            "engine_transformers",
            "empathic",
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
        tests=("engine_chatterbox",),
    ),
    Stack("indextts2", lacking="its package is on no index"),
)


@dataclass
class Outcome:
    """What came of a stack: tests that passed, failed, and why others were left out."""

    passed: int = 0
    failed: int = 0
    uncovered: list[str] = field(default_factory=list)


def core() -> str:
    """What voiceact itself requires, as setup.cfg has it."""
    return _setup()["options"]["install_requires"]


def _setup() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", "utf-8")
    return parser


def extra_of(name: str) -> list[str]:
    """The requirements of an extra, as setup.cfg has them."""
    lines = (line.strip() for line in _setup()["options.extras_require"][name].splitlines())
    return [line for line in lines if line and not line.startswith(("#", "voiceact["))]


# --- Environments


def torch_requirement(python: Path) -> str:
    """Which torch to install; see the head of this file."""
    if given := os.environ.get("VOICEACT_TORCH"):
        return given
    if shutil.which("nvidia-smi"):
        return "torch>=2.6"
    found = subprocess.run([python, "-m", "pip", "index", "versions", "torch"], capture_output=True, text=True)
    return cpu_build(found.stdout) or "torch>=2.6"


def cpu_build(versions: str) -> str | None:
    """The newest build for CPUs among what `pip index versions torch` says; None if it says none."""
    found = re.findall(r"\b(\d+(?:\.\d+)+\+cpu)\b", versions)
    return f"torch=={found[0]}" if found else None


def make_base(folder: Path) -> str:
    """The environment below all others; the reason if it cannot be made. Those above are made anew with it."""
    recipe = "\n".join([*COMMON, core(), os.environ.get("VOICEACT_TORCH", "")])
    if (folder / "ready").is_file() and (folder / "ready").read_text("utf-8") == recipe:
        return ""
    for above in folder.parent.glob("*/ready"):
        above.unlink()
    python = _made(folder)
    if fault := _install(python, [torch_requirement(python)]) or _install(python, ["--no-deps", "torchaudio"]):
        return fault
    _fit_torchaudio(python)
    fault = _install(python, [*COMMON, "-e", str(ROOT)])
    if not fault:
        (folder / "ready").write_text(recipe, "utf-8")
    return fault


def _fit_torchaudio(python: Path) -> None:
    """torchaudio's compiled part, if it was built for another torch, is put away: it is not needed, and cannot be loaded."""
    if not _import_fault(python, ("torchaudio",)):
        return
    for part in _packages_of(python).glob("torchaudio/**/*.so"):
        part.unlink()
    print("torchaudio was built for another torch: without its compiled part", flush=True)


def make_layer(folder: Path, base: Path, stack: Stack) -> str:
    """A stack's environment over the base; the reason if it cannot be made."""
    asked = stack.requirements()
    ready = folder / "ready"
    if ready.is_file() and ready.read_text("utf-8") == _recipe(stack):
        return ""
    python = _made(folder)
    below = _packages_of(_python(base))
    # Its own packages come before those of the base, as a later folder of the path.
    (_packages_of(python) / "base.pth").write_text(f"import site; site.addsitedir({str(below)!r})\n", "utf-8")
    (folder / "constraints.txt").write_text(_torches(python), "utf-8")
    fault = _install(python, ["-c", str(folder / "constraints.txt"), *asked]) if asked else ""
    fault = fault or (_install(python, ["--no-deps", *stack.loose]) if stack.loose else "")
    fault = fault or _import_fault(python, stack.imports)
    if not fault:
        ready.write_text(_recipe(stack), "utf-8")
    return fault


def _recipe(stack: Stack) -> str:
    return "\n".join([*stack.requirements(), *stack.loose])


def _made(folder: Path) -> Path:
    if folder.exists() and not (folder / "pyvenv.cfg").is_file():
        sys.exit(f"{folder} is no environment, and is not overwritten; give another --folder")
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
    return _python(folder)


def _python(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _packages_of(python: Path) -> Path:
    asked = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    return Path(subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip())


def _torches(python: Path) -> str:
    """Lines that keep pip from taking another torch than the one below."""
    asked = [python, "-m", "pip", "list", "--format=freeze"]
    found = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.splitlines()
    return "\n".join(line for line in found if re.match(r"torch(audio)?==", line)) + "\n"


def _install(python: Path, asked: Sequence[str]) -> str:
    """The reason if pip cannot install this; empty if it can."""
    command = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
        "--prefer-binary",
        *asked,
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        return f"pip took longer than {INSTALL_SECONDS} s"
    return _reason(done.stderr or done.stdout) if done.returncode else ""


def _import_fault(python: Path, modules: Sequence[str]) -> str:
    if not modules:
        return ""
    done = subprocess.run([python, "-c", f"import {', '.join(modules)}"], capture_output=True, text=True)
    return done.stderr.strip().splitlines()[-1] if done.returncode else ""


def _reason(words: str) -> str:
    """The line that says most of what pip printed."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    faults = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return (faults or lines[-1:] or ["pip said nothing"])[0]


# --- Tests


def run_tests(python: Path, files: Sequence[Path], report: Path, seconds: int = TEST_SECONDS) -> Outcome:
    """What pytest says of these files; offline, on one thread."""
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *map(str, files)]
    environment = {"OMP_NUM_THREADS": "1", **os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    report.unlink(missing_ok=True)
    try:
        code = subprocess.run(command, cwd=ROOT, env=environment, timeout=seconds).returncode
    except subprocess.TimeoutExpired:
        print(f"the tests took longer than {seconds} s", flush=True)
        return Outcome(failed=1)
    outcome = read_report(report) if report.is_file() else Outcome()
    # 5: pytest found no test; whatever else is not 0 failed, also before a test began.
    outcome.failed = outcome.failed or int(code not in (0, 5))
    return outcome


def read_report(path: Path) -> Outcome:
    """The outcome that a JUnit file of pytest tells."""
    cases = list(xml.parse(path).iter("testcase"))
    failed = sum(case.find("failure") is not None or case.find("error") is not None for case in cases)
    skipped = [told for case in cases if (told := case.find("skipped")) is not None]
    return Outcome(len(cases) - failed - len(skipped), failed, list(dict.fromkeys(told.get("message", "") for told in skipped)))


def cover(stack: Stack, folder: Path, base: Path) -> Outcome:
    """Install a stack and run its tests."""
    if stack.lacking:
        return Outcome(uncovered=[stack.lacking])
    home = folder / re.sub(r"\W+", "-", stack.name)
    start = time.monotonic()
    if fault := make_layer(home, base, stack):
        return Outcome(uncovered=[fault])
    installed = time.monotonic()
    outcome = run_tests(
        _python(home), [path for name in stack.tests for path in (ROOT / "tests").rglob(f"test_{name}.py")], home / "report.xml"
    )
    print(
        f"{stack.name}: {outcome.passed} passed, {outcome.failed} failed; {installed - start:.0f} s to install, "
        f"{time.monotonic() - installed:.0f} s to test",
        flush=True,
    )
    return outcome


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 1 if a test failed, else 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stacks", nargs="*", metavar="STACK", help=f"default is all: {', '.join(one.name for one in STACKS)}")
    parser.add_argument("--folder", type=Path, default=ROOT / ".env-engines", help="where the environments are kept")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="in which no more is begun (default: %(default)s)")
    given = parser.parse_args(arguments)
    if strangers := {*given.stacks} - {stack.name for stack in STACKS}:
        parser.error(f"no stack {', '.join(sorted(strangers))}; expected {', '.join(stack.name for stack in STACKS)}")
    asked = [stack for stack in STACKS if not given.stacks or stack.name in given.stacks]
    return told(asked, given.folder.resolve(), time.monotonic() + 60 * given.minutes)


def told(stacks: Sequence[Stack], folder: Path, end: float) -> int:
    """Cover the stacks one after the other, and say what was not covered; the exit code.

    end: of time.monotonic(), after which none is begun
    """
    base = folder / "base"
    fault = make_base(base)
    outcomes = {}
    for stack in stacks:
        late = time.monotonic() > end
        reason = stack.lacking or fault or ("no time was left" if late else "")
        outcomes[stack.name] = Outcome(uncovered=[reason]) if reason else cover(stack, folder, base)
    for name, outcome in outcomes.items():
        print("".join(f"NOT COVERED: {name}: {reason}\n" for reason in outcome.uncovered), end="")
    passed, failed = (sum(getattr(outcome, key) for outcome in outcomes.values()) for key in ("passed", "failed"))
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
