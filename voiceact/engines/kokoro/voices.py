"""Voices of Kokoro: a table of styles each, shipped with voiceact or in a folder of the user's; and blends of them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path

import numpy as np

from voiceact.engines.embedded.stages import FloatArray
from voiceact.engines.kokoro.weights import KOKORO_WEIGHTS
from voiceact.errors import UnknownNameError, UsageError
from voiceact.runtime import weights

LENGTHS, STYLE = 510, 256
"""number of styles, one for each number of phonemes, and their size: first half timbre, second half prosody"""
TIMBRE = slice(0, STYLE // 2)
PROSODY = slice(STYLE // 2, STYLE)
VOICE_SUFFIXES = (".bin", ".pt")
VOICE_LANGUAGES = {
    "a": "American English",
    "b": "British English",
    "e": "Spanish",
    "f": "French",
    "h": "Hindi",
    "i": "Italian",
    "j": "Japanese",
    "p": "Portuguese",
    "z": "Chinese",
}
"""first letter of a voice's name -> language; the second letter is f or m"""
ENGLISH = ("a", "b")
LETTERS = {"es": "e", "fr": "f", "it": "i", "pt": "p"}
"""code of each other language that the engine reads -> first letter of its voices"""
READ = (*ENGLISH, *LETTERS.values())
HUB_VOICES = "kokoro-82m"


@dataclass(frozen=True)
class Blend:
    """Voices with their shares, which add up to 1.

    Attributes:
        shares: pairs of voice and share

    >>> str(parse_blend("af_heart*3+bf_emma"))
    'af_heart*0.75+bf_emma*0.25'
    """

    shares: tuple[tuple[str, float], ...]

    def __str__(self) -> str:
        return "+".join(name if share == 1 else f"{name}*{share:g}" for name, share in self.shares)

    @property
    def british(self) -> bool:
        """Whether more than half of it is British."""
        return sum(share for name, share in self.shares if name.startswith("b")) > 0.5

    @property
    def male(self) -> float:
        """Share of male voices, 0 to 1."""
        return sum(share for name, share in self.shares if name[1:2] == "m")


def parse_blend(text: str) -> Blend:
    """Parse a voice, or several: `af_heart*0.7+bf_emma*0.3`; the shares are scaled to add up to 1.

    Raises:
        UsageError: if the text has another form, or a voice is one of a language that the engine does not read
    """
    shares: dict[str, float] = {}
    for part in text.split("+"):
        matched = re.fullmatch(r"\s*(\w+)\s*(?:\*\s*(\d*\.?\d+))?\s*", part)
        if not matched or matched[2] and not float(matched[2]):
            raise UsageError(f"{text!r} is no voice; expected a name, or a blend such as af_heart*0.7+bf_emma*0.3")
        if matched[1] in shares:
            raise UsageError(f"{text!r}: voice {matched[1]!r} is given twice; keep one")
        shares[matched[1]] = float(matched[2] or 1)
    for name in shares:
        _check_language(name)
    whole = sum(shares.values())
    return Blend(tuple((name, share / whole) for name, share in shares.items()))


def _check_language(name: str) -> None:
    language = VOICE_LANGUAGES.get(name[:1]) if re.match("[a-z][fm]_", name) else None
    if language and name[0] not in READ:
        raise UsageError(
            f"voice {name!r} reads {language}, and there is no grapheme-to-phoneme step for it here; expected a voice "
            "of English (af_, am_, bf_, bm_), Spanish (ef_, em_), French (ff_), Italian (if_, im_) or Portuguese (pf_, pm_)"
        )


@dataclass(frozen=True)
class VoiceSource:
    """Where a voice comes from.

    Attributes:
        table: reads its styles, float32 [510, 256]
        digest: returns the SHA-256 of what the styles are unpacked from; None if that is the table itself
    """

    table: Callable[[], FloatArray]
    digest: Callable[[], str] | None = None


class VoiceFolder:
    """Voices by name; a table is read at its first use.

    Args:
        sources: voice -> where it comes from
        where: the folder or package, for messages
    """

    def __init__(self, sources: Mapping[str, VoiceSource], where: str):
        self._sources, self.where = dict(sources), where
        self._table = lru_cache(maxsize=None)(self._read)

    @property
    def names(self) -> tuple[str, ...]:
        """Sorted names of the voices whose language is read."""
        return tuple(sorted(name for name in self._sources if name[:1] in READ))

    def table(self, name: str) -> FloatArray:
        """Return the styles of a voice, float32 [510, 256].

        Raises:
            UnknownNameError: if there is no such voice
            UsageError: if its file is not a table of styles
        """
        return self._table(name)

    def style(self, timbre: Blend, prosody: Blend, phonemes: int) -> tuple[FloatArray, FloatArray]:
        """Return timbre and prosody for a phrase of that many phonemes, float32 [1, 128] each."""
        row = min(max(phonemes, 1), LENGTHS) - 1
        return self._mix(timbre, row)[:, TIMBRE], self._mix(prosody, row)[:, PROSODY]

    def digest(self, names: Sequence[str]) -> str:
        """Return the SHA-256 of these voices: of their names, and of what their tables were read from."""
        lines = [f"{name} {self._digest(name)}" for name in sorted(names)]
        return sha256("\n".join(lines).encode()).hexdigest()

    def _digest(self, name: str) -> str:
        # A file is read once: its table, half a megabyte, is kept for the first take. Packed tables stay packed.
        digest = self._source(name).digest
        return digest() if digest else sha256(self.table(name).tobytes()).hexdigest()

    def _mix(self, blend: Blend, row: int) -> FloatArray:
        summed: FloatArray = sum(
            (np.float32(share) * self.table(name)[row] for name, share in blend.shares), start=np.zeros(STYLE, np.float32)
        )
        return summed[None]

    def _read(self, name: str) -> FloatArray:
        return self._source(name).table()

    def _source(self, name: str) -> VoiceSource:
        if name not in self._sources:
            raise UnknownNameError("voice of Kokoro", name, self.names, f"{self.where} holds {len(self.names)}")
        return self._sources[name]


def find_voices(own: str | None = None, model: str | None = None) -> VoiceFolder:
    """Find the voices: those of a folder, else those that ship with voiceact.

    Args:
        own: a folder of .bin or .pt files, or one that has them in voices/ (the unpacked npm package kokoro-js, a
            checkout of the hub's repository); None looks beside the model, then among the fetched weights, then takes
            those that ship with voiceact
        model: file or folder of the model, as the user gave it

    Raises:
        UsageError: if the given folder holds none
    """
    if own is not None:
        voices = _voices_in(weights.find(KOKORO_WEIGHTS, own))
        if voices is None:
            raise UsageError(
                f"{own}: holds no voices; expected files such as af_heart.bin or af_heart.pt, or a folder voices/ of them"
            )
        return voices
    beside = [Path(model).expanduser(), Path(model).expanduser().parent] if model else []
    fetched = [weights.models_folder() / name for name in (KOKORO_WEIGHTS, HUB_VOICES)]
    for folder in (*beside, *fetched):
        if (voices := _voices_in(folder)) is not None:
            return voices
    return load_shipped_voices()


def load_shipped_voices() -> VoiceFolder:
    """Return the voices that ship with voiceact."""
    from voiceact.engines.kokoro.tables import digest_table, load_shipped_tables, unpack_table

    packed = load_shipped_tables()
    sources = {
        name: VoiceSource(partial(unpack_table, packed, name), partial(digest_table, packed, name))
        for name in packed["names"].tolist()
    }
    return VoiceFolder(sources, "voiceact")


def _voices_in(folder: Path) -> VoiceFolder | None:
    for place in (folder, folder / "voices", folder / "package" / "voices"):
        paths = sorted(place.glob("*")) if place.is_dir() else []
        files = [path for path in paths if path.suffix in VOICE_SUFFIXES and re.fullmatch(r"[a-z][fm]_\w+", path.stem)]
        if files:
            return VoiceFolder({path.stem: VoiceSource(partial(read_style_table, path)) for path in files}, str(place))
    return None


def read_style_table(path: Path) -> FloatArray:
    """Read the table of a .bin file (plain float32) or of a .pt file, of which no code is run: float32 [510, 256].

    Raises:
        UsageError: if the file is not a table of styles
    """
    content = _tensor(path) if path.suffix == ".pt" else path.read_bytes()
    if len(content) != 4 * LENGTHS * STYLE:
        raise UsageError(
            f"{path}: is no voice of Kokoro v1.0: it holds {len(content):,} bytes, expected "
            f"{4 * LENGTHS * STYLE:,} ({LENGTHS} styles of {STYLE} float32)"
        )
    table = np.frombuffer(content, "<f4").reshape(LENGTHS, STYLE)
    if not np.isfinite(table).all():
        raise UsageError(f"{path}: is no voice of Kokoro v1.0: it holds values that are no numbers")
    return table.astype(np.float32)


def _tensor(path: Path) -> bytes:
    """Return the bytes of the only tensor of a torch file, which is a zip; its pickle is not read."""
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(path) as archive:
            data = [name for name in archive.namelist() if re.search(r"(^|/)data/\d+$", name)]
            return archive.read(data[0]) if len(data) == 1 else b""
    except BadZipFile:
        raise UsageError(f"{path}: is no torch file, or damaged; fetch it again") from None
