"""The package is whole: every folder is packed, nothing heavy at import, the public names are there."""

import configparser
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import voiceact

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements" / "lock.txt"


def settings() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


def test_every_folder_with_code_is_packed() -> None:
    packed = set(settings()["options"]["packages"].split())
    folders = {path.parent for path in (ROOT / "voiceact").rglob("*.py")}
    assert {".".join(folder.relative_to(ROOT).parts) for folder in folders} | {
        "voiceact.personas",
        "voiceact.recipes",
    } == packed


@pytest.mark.parametrize("group", ["engines", "estimators"])
def test_whoever_speaks_or_listens_has_a_page(group: str) -> None:
    named = [
        line.partition("=")[0].strip() for line in settings()["options.entry_points"][f"voiceact.{group}"].split("\n") if line
    ]
    pages = {path.stem for path in (ROOT / "docs" / group).glob("*.md")} | {"embedded"}
    assert set(named) <= pages
    assert (ROOT / "docs/engine-embedded.md").is_file()


def test_importing_loads_nothing_heavy() -> None:
    code = (
        "import sys, voiceact; heavy = {'numpy', 'onnxruntime', 'hibari', 'rich', 'msgspec', 'click'} & set(sys.modules);"
        "print(sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_public_names_are_there() -> None:
    assert voiceact.__all__ == sorted(voiceact.__all__)
    assert all(getattr(voiceact, name) is not None for name in voiceact.__all__)
    assert callable(voiceact.synth), "not the module of that name"


def test_an_unknown_name_is_told() -> None:
    try:
        _ = voiceact.nothing
    except AttributeError as error:
        assert "no attribute 'nothing'" in str(error)
    else:
        raise AssertionError("expected an AttributeError")


def test_the_doctor_knows_every_core_dependency_and_every_extra() -> None:
    from voiceact.cli.health import CORE, EXTRAS

    parser = settings()
    required = [
        line.split(">=")[0].split("==")[0].strip()
        for line in parser["options"]["install_requires"].splitlines()
        if line.strip() and not line.strip().startswith("#")
    ]
    assert set(required) == set(CORE)
    assert set(parser["options.extras_require"]) - {"test", "test-cluster", "test-engines", "dev"} == set(EXTRAS)


# --- What is installed


def requirements_of(extra: str) -> list[Requirement]:
    """List what an extra requires, and what the extras of voiceact that it names require.

    Args:
        extra: A name in setup.cfg, or "" for what is required without any extra.

    Returns:
        The requirements in setup.cfg's order; none of them is voiceact itself.
    """
    parser = settings()
    text = parser["options.extras_require"][extra] if extra else parser["options"]["install_requires"]
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    requirements = []
    for requirement in map(Requirement, lines):
        if requirement.name == "voiceact":
            requirements += [inner for name in sorted(requirement.extras) for inner in requirements_of(name)]
        else:
            requirements.append(requirement)
    return requirements


def is_locked(extra: str) -> bool:
    """Tell whether the lock is for an extra: for each without torch, whose builds differ from machine to machine."""
    return extra != "test-engines" and all(requirement.name != "torch" for requirement in requirements_of(extra))


def pins_for(name: str, python: str, lock: str) -> list[Requirement]:
    """Find a distribution's pins that hold on Linux with a version of Python, such as "3.12"."""
    machine = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_system": "Linux",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }
    pins = [Requirement(line) for line in lock.splitlines() if line.strip() and not line.startswith(("#", " "))]
    return [
        pin for pin in pins if normal_name(pin.name) == normal_name(name) and (not pin.marker or pin.marker.evaluate(machine))
    ]


def normal_name(name: str) -> str:
    """Spell a distribution's name as an index does: "PyYAML" and "pyyaml" are one."""
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("extra", ["", *filter(is_locked, settings()["options.extras_require"])])
def test_the_lock_pins_what_an_extra_requires(extra: str, python: str) -> None:
    lock = LOCK.read_text("utf-8")
    for requirement in requirements_of(extra):
        pins = pins_for(requirement.name, python, lock)
        assert len(pins) == 1, f"{requirement} of '{extra}' has {len(pins)} pins for Python {python}; run `make lock`"
        version = re.fullmatch("==([^*]+)", str(pins[0].specifier))
        assert version, f"{pins[0]} is no pin of one version"
        assert requirement.specifier.contains(Version(version[1])), f"{pins[0]} does not fit {requirement}; run `make lock`"


def test_the_lock_is_for_every_extra_without_torch() -> None:
    locked = [extra for extra in settings()["options.extras_require"] if is_locked(extra)]
    assert {"dataset", "s3", "listen-stats", "test", "test-cluster", "dev"} <= set(locked)
    assert not {"coqui", "transformers", "chatterbox"} & set(locked)


def test_the_lock_names_no_address_and_no_torch() -> None:
    lines = LOCK.read_text("utf-8").splitlines()
    assert not [line for line in lines if "://" in line or line.startswith(("-", "torch", "nvidia"))]


# --- What is built


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[set[str], set[str]]:
    """Names of the files in a wheel and in a source archive, built of a copy of the sources alone."""
    pytest.importorskip("setuptools", minversion="77")
    source, out = (tmp_path_factory.mktemp(name) for name in ("source", "out"))
    for name in ("voiceact", "personas", "recipes"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for kind in ("sdist", "wheel"):
        code = f"import sys; from setuptools.build_meta import build_{kind} as build; build(sys.argv[1])"
        done = subprocess.run([sys.executable, "-c", code, out], cwd=source, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(out.glob("*.whl"))) as wheel, tarfile.open(next(out.glob("*.tar.gz"))) as archive:
        return set(wheel.namelist()), {name.partition("/")[2] for name in archive.getnames()}


def data_files() -> set[str]:
    """What is no code: words, scripts, models, style sheets, pages, what a listener's browser loads."""
    return {
        path.relative_to(ROOT).as_posix()
        for folder in ("voiceact", "personas", "recipes")
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
        and path.suffix not in (".py", ".pyc")
        and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    }


def test_the_wheel_holds_every_file_that_is_no_code(built: tuple[set[str], set[str]]) -> None:
    wanted = {name if name.startswith("voiceact/") else f"voiceact/{name}" for name in data_files()}
    assert {
        "voiceact/py.typed",
        "voiceact/dataset/report/report.css",
        "voiceact/dataset/report/report.html",
        "voiceact/judge/evaluation/page.html",
        "voiceact/listening/analysis/page.html",
        "voiceact/report/macros.html",
        "voiceact/recipe/recipe.schema.json",
        "voiceact/personas/nurse.yaml",
        "voiceact/recipes/emonet-voice-mini.yaml",
        "voiceact/listening/delivery/words/en.json",
    } <= wanted
    assert wanted <= built[0], sorted(wanted - built[0])


def test_the_wheel_holds_every_module_and_nothing_besides(built: tuple[set[str], set[str]]) -> None:
    code = {path.relative_to(ROOT).as_posix() for path in (ROOT / "voiceact").rglob("*.py")}
    assert code <= built[0]
    assert {name.partition("/")[0] for name in built[0]} == {"voiceact", f"voiceact-{voiceact.__version__}.dist-info"}


def test_the_source_archive_holds_all_that_a_wheel_is_made_of(built: tuple[set[str], set[str]]) -> None:
    code = {path.relative_to(ROOT).as_posix() for path in (ROOT / "voiceact").rglob("*.py")}
    needed = data_files() | code | {"setup.cfg", "pyproject.toml", "README.md", "LICENSE"}
    assert needed <= built[1], sorted(needed - built[1])
