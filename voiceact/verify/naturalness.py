"""DNSMOS, where it is installed: how clean and natural a network trained on people's ratings finds the sound.

Reddy et al., DNSMOS P.835 (ICASSP 2022); the model is in the speechmos wheel. It was made to rate noise
suppression and gives every whisper less than 2, a real one too: whispers are not judged by it.
"""

import os
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from voiceact.audio import Samples, resample
from voiceact.errors import MissingExtraError, VoiceactError
from voiceact.runtime import weights
from voiceact.verify.backends.registry import Absent, Rater, Sound, limit_of
from voiceact.verify.base import Check

NAME = "naturalness"

RATE = 16000
WINDOW = int(9.01 * RATE)
PEAK = 0.999
OVERALL = np.poly1d([-0.06766283, 1.11546468, 0.04602535])
"""what the network's third number is mapped with (the same for speech and background: published with the model)"""

LEAST = 1.9
DROP = 1.1
"""points of five a take may lose against its twin"""
WHISPERED = 0.3
"""share of whisper from which a take is not judged"""


class Dnsmos:
    """Implements `voiceact.verify.backends.registry.Rater` with the network of the speechmos wheel."""

    needs, install, licence = ("speechmos",), "pip install 'voiceact[dnsmos]'", "MIT, weights too"
    options = {"least": "below which a take fails", "drop": "what it may lose against its twin"}
    name, figure, highest, whispers = "dnsmos", "DNSMOS", 5.0, False

    def __init__(self, least: str | None = None, drop: str | None = None):
        if model_path() is None:
            raise MissingExtraError("DNSMOS", "dnsmos")
        self.least, self.drop = limit_of(least, "least", LEAST), limit_of(drop, "drop", DROP)
        self.revision = _revision()

    def rate(self, sounds: Sequence[Sound]) -> list[float]:
        """DNSMOS overall of each."""
        return [dnsmos(*sound) for sound in sounds]


def check_naturalness(samples: Samples, rate: int, *, twin: tuple[Samples, int] | None = None,
                      whisper: float = 0.0, rater: Rater | Absent | None = None) -> Check:
    """Whether a network finds the take no worse than it may be; not judged where it is missing.

    whisper: the share of whisper that was asked (a direction's move)
    rater: None takes DNSMOS, if speechmos is installed
    """
    if rater is None and model_path() is None:
        return Check(NAME, "not judged", "DNSMOS is not installed; pip install 'voiceact[dnsmos]'", "not_installed")
    if isinstance(rater, Absent):
        return Check(NAME, "not judged", rater.why, "not_installed")
    return _heard(rater or Dnsmos(), samples, rate, twin, whisper)


def _heard(rater: Rater, samples: Samples, rate: int, twin: Sound | None, whisper: float) -> Check:
    if whisper >= WHISPERED and not rater.whispers:
        return Check(NAME, "not judged", f"{rater.figure} punishes every whisper, a real one too", "whisper")
    if not np.any(samples):
        return Check(NAME, "not judged", "there is no sound to rate", "silent")
    return _rated(rater, (samples, rate), twin if twin and np.any(twin[0]) else None)


def _rated(rater: Rater, take: Sound, twin: Sound | None) -> Check:
    score, *rest = rater.rate([take, twin] if twin else [take])
    plain = rest[0] if rest else None
    details: dict[str, Any] = {"rater": rater.name, "revision": rater.revision, **({} if plain is None else {"twin": plain})}
    beside = f", the neutral twin {plain:.2f}" if plain is not None else ""
    limit = _limit(rater, plain)
    if limit is None:
        return Check(NAME, "not judged", f"{rater.figure} {score:.2f} of {rater.highest:g}{beside}; no limit is known for it, "
                     "say one with least= or drop=", "no_limit", score, None, details)
    sentence = f"{rater.figure} {score:.2f} of {rater.highest:g} (limit {limit:.2f}{beside})"
    if score < limit:
        return Check(NAME, "fail", sentence, "unnatural", score, limit, details)
    return Check(NAME, "pass", sentence, "", score, limit, details)


def _limit(rater: Rater, plain: float | None) -> float | None:
    """The higher of what a take needs whatever its twin, and what it may lose against it; None where neither is known."""
    limits = [rater.least, plain - rater.drop if plain is not None and rater.drop is not None else None]
    return max((one for one in limits if one is not None), default=None)


def dnsmos(samples: Samples, rate: int) -> float:
    """DNSMOS P.835 overall, 1 to 5, of the first 9 s (shorter sounds are repeated).

    Raises:
        MissingExtraError: without speechmos
        VoiceactError: if the network's answer is not a finite number, or there is no sound
    """
    sound = resample(np.asarray(samples, np.float32), rate, RATE)
    peak = float(np.abs(sound).max(initial=0.0))
    if peak == 0 or not np.isfinite(peak):
        raise VoiceactError("DNSMOS cannot rate silence or samples that are not finite")
    # Beyond full scale the model's own package refuses; overshoot of resampling is enough for that.
    sound = sound * np.float32(min(1.0, PEAK / peak))
    window = np.resize(sound, WINDOW)[None]
    answer = _session().run(None, {"input_1": window})[0][0][2]
    score = float(OVERALL(answer))
    if not np.isfinite(score):
        raise VoiceactError("DNSMOS answered with a number that is not finite")
    return score


def model_path() -> Path | None:
    """Where the model lies, if speechmos is installed (which is not imported: it needs librosa)."""
    found = find_spec("speechmos")
    folders = found.submodule_search_locations if found else None
    path = Path(folders[0], "dnsmos_models", "sig_bak_ovr.onnx") if folders else None
    return path if path and path.is_file() else None


@cache
def _revision() -> str:
    path = model_path()
    return weights.fingerprint(path)[:12] if isinstance(path, Path) and path.is_file() else ""


@cache
def _session() -> Any:
    import onnxruntime

    path = model_path()
    if path is None:
        raise MissingExtraError("DNSMOS", "dnsmos")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(os.fspath(path), options, providers=["CPUExecutionProvider"])
