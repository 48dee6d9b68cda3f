"""Backends of the checks by name: recognizers, speaker encoders and raters of naturalness.

    backends = load_backends(asr="faster-whisper:model=~/whisper-small-ct2", mos="distillmos")
    verdict = verify(samples, rate, text=text, category="anger", backends=backends)

The defaults are pocketsphinx, the GE2E encoder in numpy, and DNSMOS. Every other backend is an entry point, in this
package or another, and is imported when it is named.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.plugins import is_installed, list_plugins, load_plugin, plugin_names
from voiceact.runtime.spec import check_options, parse_spec
from voiceact.verify.backends.base import Backends, Kind, Unavailable

GROUPS: Mapping[Kind, str] = {"asr": "voiceact.asr", "speaker": "voiceact.speaker", "mos": "voiceact.mos"}
CHECK_OF: Mapping[Kind, str] = {"asr": "transcript", "speaker": "identity", "mos": "naturalness"}
DEFAULTS: Mapping[Kind, str] = {"asr": "pocketsphinx", "speaker": "ge2e", "mos": "dnsmos"}
"""backend of each kind where none is named; the recognizer is a Whisper where one is installed or in the cache"""
WHAT: Mapping[Kind, str] = {"asr": "recognizer", "speaker": "speaker encoder", "mos": "rater of naturalness"}


def load_backends(*, asr: str | None = None, speaker: str | None = None, mos: str | None = None) -> Backends:
    """Load the backends named by these texts; a kind without a text gets its default.

    Raises:
        UnknownNameError: a backend or an option that is not known
        MissingExtraError: one that is not installed
        VoiceactError: weights that are missing or are none
    """
    return Backends(
        load_backend("asr", asr) if asr else None,
        load_backend("speaker", speaker) if speaker else None,
        load_backend("mos", mos) if mos else None,
    )


def load_available_backends(*, asr: str | None = None, speaker: str | None = None, mos: str | None = None) -> Backends:
    """Load backends as `load_backends` does; one that cannot be loaded is `Unavailable`, and its check is not judged."""

    def tried(kind: Kind, text: str | None) -> Any:
        try:
            return load_backend(kind, text) if text else None
        except (VoiceactError, OSError) as error:
            return Unavailable(f"{text} is not here ({error})")

    return Backends(tried("asr", asr), tried("speaker", speaker), tried("mos", mos))


@lru_cache(maxsize=6)
def load_backend(kind: Kind, text: str) -> Any:
    """Load a backend of a kind by its text: `faster-whisper:model=~/whisper,device=cpu`.

    Raises:
        UnknownNameError, MissingExtraError, VoiceactError: as `load_backends`
    """
    spec = parse_spec(text)
    backend = load_plugin(GROUPS[kind], spec.name, WHAT[kind], hint="'voiceact doctor' shows all")
    return backend(**check_options(spec, getattr(backend, "options", {}), WHAT[kind]))


def backend_names(kind: Kind) -> list[str]:
    """Return the names of the backends of a kind, this package's and others'."""
    return plugin_names(GROUPS[kind])


def describe_backends() -> Iterator[dict[str, Any]]:
    """Yield each backend: kind, check, name, state, licence, default, options; nothing heavy is imported."""
    for kind, group in GROUPS.items():
        for point in list_plugins(group):
            try:
                made = point.load()
            except ImportError:
                made = None  # another package's backend may need something that is not here
            missing = [part for part in getattr(made, "needs", ()) if not is_installed(part)]
            yield {
                "kind": kind,
                "check": CHECK_OF[kind],
                "name": point.name,
                "default": point.name == DEFAULTS[kind],
                "missing": missing,
                "install": getattr(made, "install", "") if missing else "",
                "licence": getattr(made, "licence", ""),
                "options": dict(getattr(made, "options", {})),
            }


def limit_of(text: str | None, what: str, least: float | None) -> float | None:
    """Parse a limit given as an option; return the backend's own where it is not given."""
    if text is None:
        return least
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{what}={text} is no number; expected for instance {what}=0.5") from None
