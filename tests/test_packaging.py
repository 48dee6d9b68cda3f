"""The package is whole: every folder is packed, nothing heavy at import, the public names are there."""

import configparser
import subprocess
import sys
from pathlib import Path

import voiceact

ROOT = Path(__file__).parents[1]


def settings() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


def test_every_folder_with_code_is_packed() -> None:
    packed = set(settings()["options"]["packages"].split())
    folders = {path.parent for path in (ROOT / "voiceact").rglob("*.py")}
    assert {".".join(folder.relative_to(ROOT).parts) for folder in folders} | {"voiceact.personas", "voiceact.recipes"} == packed


def test_importing_loads_nothing_heavy() -> None:
    code = ("import sys, voiceact; heavy = {'numpy', 'onnxruntime', 'hibari', 'rich', 'msgspec', 'click'} & set(sys.modules);"
            "print(sorted(heavy))")
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
    from voiceact.health import CORE, EXTRAS

    parser = settings()
    required = [line.split(">=")[0].split("==")[0].strip() for line in parser["options"]["install_requires"].splitlines()
                if line.strip() and not line.strip().startswith("#")]
    assert set(required) == set(CORE)
    assert set(parser["options.extras_require"]) - {"test", "test-engines", "dev"} == set(EXTRAS)
