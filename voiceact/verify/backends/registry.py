"""What the checks are made with: a recognizer, a speaker encoder and a rater of naturalness, each chosen by a text.

    means = open_means(asr="faster-whisper:model=~/whisper-small-ct2", mos="distillmos")
    verdict = verify(samples, rate, text=text, category="anger", means=means)

What nothing is said of is as it was: pocketsphinx, our own reading of the GE2E encoder, DNSMOS. Every other backend
is an entry point, in this package or another, and is imported when it is asked for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from voiceact.audio import Samples
from voiceact.errors import UnknownNameError, VoiceactError
from voiceact.runtime.spec import check_options, parse_spec
from voiceact.verify.backends.asr.pocketsphinx import Recognizer

Kind = Literal["asr", "speaker", "mos"]
Sound = tuple[Samples, int]

GROUPS: Mapping[Kind, str] = {"asr": "voiceact.asr", "speaker": "voiceact.speaker", "mos": "voiceact.mos"}
CHECK_OF: Mapping[Kind, str] = {"asr": "transcript", "speaker": "identity", "mos": "naturalness"}
DEFAULTS: Mapping[Kind, str] = {"asr": "pocketsphinx", "speaker": "ge2e", "mos": "dnsmos"}
"""what a check is made with where nothing is said; the transcript's is a Whisper where faster-whisper has one in its cache"""
WHAT: Mapping[Kind, str] = {"asr": "recognizer", "speaker": "speaker encoder", "mos": "rater of naturalness"}


@runtime_checkable
class SpeakerEncoder(Protocol):
    """Who speaks, as a direction.

    Attributes:
        name, revision: identity, written into every record
        least: cosine of take and twin below which they are two voices; None where nobody measured one
    """

    name: str
    revision: str
    least: float | None

    def embed(self, sounds: Sequence[Sound]) -> NDArray[np.float32]:
        """[sounds, dimensions], each of length 1; VoiceactError where there is no speech."""
        ...


@runtime_checkable
class Rater(Protocol):
    """How natural or clean a sound is.

    Attributes:
        name, revision: identity, written into every record
        figure: what it is called in a sentence ("DNSMOS")
        highest: of its scale
        least: below which a take fails whatever its twin; None where nobody measured one
        drop: what a take may lose against its twin; None likewise
        whispers: whether it rates a whisper fairly
    """

    name: str
    revision: str
    figure: str
    highest: float
    least: float | None
    drop: float | None
    whispers: bool

    def rate(self, sounds: Sequence[Sound]) -> list[float]:
        """One finite figure each; VoiceactError for silence, or an answer that is no number."""
        ...


@dataclass(frozen=True)
class Absent:
    """Stands for a backend that is not here; `why` is what a check then says."""

    why: str


@dataclass(frozen=True)
class Means:
    """What the checks are made with; None is the default."""

    asr: Recognizer | Absent | None = None
    speaker: SpeakerEncoder | Absent | None = None
    mos: Rater | Absent | None = None

    def identities(self) -> dict[str, str]:
        """Kind -> name and revision, of those that were chosen."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {kind: f"{tool.name} {getattr(tool, 'revision', '')}".strip() for kind, tool in found.items()
                if tool is not None and not isinstance(tool, Absent)}


def open_means(*, asr: str | None = None, speaker: str | None = None, mos: str | None = None) -> Means:
    """What these texts name, loaded.

    Raises:
        UnknownNameError: a backend or an option that is not known
        MissingExtraError: one that is not installed
        VoiceactError: weights that are missing or are none
    """
    return Means(load_backend("asr", asr) if asr else None, load_backend("speaker", speaker) if speaker else None,
                 load_backend("mos", mos) if mos else None)


def open_what_is_here(*, asr: str | None = None, speaker: str | None = None, mos: str | None = None) -> Means:
    """As `open_means`; what cannot be loaded here is absent, and the check it is for is not judged."""
    def tried(kind: Kind, text: str | None) -> Any:
        try:
            return load_backend(kind, text) if text else None
        except (VoiceactError, OSError) as error:
            return Absent(f"{text} is not here ({error})")

    return Means(tried("asr", asr), tried("speaker", speaker), tried("mos", mos))


@lru_cache(maxsize=6)
def load_backend(kind: Kind, text: str) -> Any:
    """The backend of that kind: `faster-whisper:model=~/whisper,device=cpu`.

    Raises:
        UnknownNameError, MissingExtraError, VoiceactError: as `open_means`
    """
    spec = parse_spec(text)
    for point in entry_points(group=GROUPS[kind]):
        if point.name == spec.name:
            made = point.load()
            return made(**check_options(spec, getattr(made, "options", {}), WHAT[kind]))
    raise UnknownNameError(WHAT[kind], spec.name, backend_names(kind), hint="'voiceact doctor' shows all")


def backend_names(kind: Kind) -> list[str]:
    """Names of the backends of a kind, this package's and others'."""
    return sorted({point.name for point in entry_points(group=GROUPS[kind])})


def describe_backends() -> Iterator[dict[str, Any]]:
    """Each backend: kind, check, name, state, licence, default, options; nothing heavy is imported."""
    for kind, group in GROUPS.items():
        for point in sorted(entry_points(group=group), key=lambda one: one.name):
            made = _loaded(point)
            missing = [part for part in getattr(made, "needs", ()) if not _installed(part)]
            yield {"kind": kind, "check": CHECK_OF[kind], "name": point.name, "default": point.name == DEFAULTS[kind],
                   "missing": missing, "install": getattr(made, "install", "") if missing else "",
                   "licence": getattr(made, "licence", ""), "options": dict(getattr(made, "options", {}))}


def _loaded(point: EntryPoint) -> Any:
    """What an entry point names; None where another package's needs something that is not here."""
    try:
        return point.load()
    except ImportError:
        return None


def _installed(distribution: str) -> bool:
    try:
        version(distribution)
    except PackageNotFoundError:
        return False
    return True


def limit_of(text: str | None, what: str, least: float | None) -> float | None:
    """A limit as an option says it; the backend's own where it does not."""
    if text is None:
        return least
    try:
        return float(text)
    except ValueError:
        from voiceact.errors import UsageError

        raise UsageError(f"{what}={text} is no number; expected for instance {what}=0.5") from None
