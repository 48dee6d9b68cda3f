"""Check naturalness with DNSMOS: how clean and natural a network trained on people's ratings finds the sound.

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

from voiceact.audio import Samples, Sound, resample
from voiceact.errors import VoiceactError
from voiceact.runtime import weights
from voiceact.runtime.extras import MissingExtraError, install_command
from voiceact.verify.backends.base import Rater, Unavailable
from voiceact.verify.backends.registry import limit_of
from voiceact.verify.base import WHISPERED, Check

NAME = "naturalness"

RATE = 16000
WINDOW = int(9.01 * RATE)
PEAK = 0.999
OVERALL = np.poly1d([-0.06766283, 1.11546468, 0.04602535])
"""what the network's third number is mapped with (the same for speech and background: published with the model)"""

LEAST = 1.9
DROP = 1.1
"""points of five a take may lose against its twin"""


class Dnsmos:
    """Implements `voiceact.verify.backends.base.Rater` with the network of the speechmos wheel."""

    needs, install, licence = ("speechmos",), install_command("dnsmos"), "MIT, weights too"
    reaches_out = False
    options = {"least": "below which a take fails", "drop": "what it may lose against its twin"}
    name, figure, highest, whispers = "dnsmos", "DNSMOS", 5.0, False

    def __init__(self, least: str | None = None, drop: str | None = None):
        if model_path() is None:
            raise MissingExtraError("DNSMOS", "dnsmos")
        self.least, self.drop = limit_of(least, "least", LEAST), limit_of(drop, "drop", DROP)
        self.revision = _revision()

    def rate(self, sounds: Sequence[Sound]) -> list[float]:
        """Compute DNSMOS overall, 1 to 5, of each sound."""
        return [dnsmos(*sound) for sound in sounds]


def check_naturalness(
    samples: Samples,
    rate: int,
    *,
    twin: tuple[Samples, int] | None = None,
    whisper: float = 0.0,
    rater: Rater | Unavailable | None = None,
) -> Check:
    """Check that a rater finds the take natural enough; not judged where none is installed.

    Args:
        samples: float32 [n], mono
        rate: Hz
        twin: samples and rate of the neutral reading
        whisper: requested share of whisper, 0 to 1 (a direction's move)
        rater: None takes DNSMOS, if speechmos is installed
    """
    if rater is None and model_path() is None:
        return Check(NAME, "not judged", "DNSMOS is not installed; 'voiceact doctor' says how", "not_installed")
    if isinstance(rater, Unavailable):
        return Check(NAME, "not judged", rater.why, "not_installed")
    rater = rater or Dnsmos()
    if whisper >= WHISPERED and not rater.whispers:
        return Check(NAME, "not judged", f"{rater.figure} punishes every whisper, a real one too", "whisper")
    if not np.any(samples):
        return Check(NAME, "not judged", "there is no sound to rate", "silent")

    # Rate the take, and its twin where that holds sound.
    take = (samples, rate)
    score, *twin_scores = rater.rate([take, twin] if twin and np.any(twin[0]) else [take])
    details: dict[str, Any] = {"rater": rater.name, "revision": rater.revision}
    beside, limits = "", [rater.least]
    if twin_scores:
        details["twin"] = twin_scores[0]
        beside = f", the neutral twin {twin_scores[0]:.2f}"
        limits.append(twin_scores[0] - rater.drop if rater.drop is not None else None)

    # Compare with the higher of the absolute limit and what the take may lose against its twin.
    limit = max((limit for limit in limits if limit is not None), default=None)
    if limit is None:
        sentence = (
            f"{rater.figure} {score:.2f} of {rater.highest:g}{beside}; no limit is known for it, say one with least= or drop="
        )
        return Check(NAME, "not judged", sentence, "no_limit", score, None, details)
    sentence = f"{rater.figure} {score:.2f} of {rater.highest:g} (limit {limit:.2f}{beside})"
    if score < limit:
        return Check(NAME, "fail", sentence, "unnatural", score, limit, details)
    return Check(NAME, "pass", sentence, "", score, limit, details)


def dnsmos(samples: Samples, rate: int) -> float:
    """Compute DNSMOS P.835 overall, 1 to 5, of the first 9 s (shorter sounds are repeated).

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
    """Return the path of the model if speechmos is installed (which is not imported: it needs librosa)."""
    package = find_spec("speechmos")
    folders = package.submodule_search_locations if package else None
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
