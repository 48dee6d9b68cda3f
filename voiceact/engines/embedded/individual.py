"""Give the one bundled voice the formants and resonances of a person: what stays the same whatever that person feels."""

import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from voiceact.acting.persona import Voice
from voiceact.engines.embedded.stages import BIN_HZ, FloatArray, Spectra

NEPER_DB = 8.686
FORMANT_HZ = (600.0, 1700.0, 2900.0)
"""middle of the region of the first, the second and the higher formants of the bundled voice"""
UNMOVED_HZ = 8000.0
"""from here on nothing is moved: noise of consonants"""
RESONANCE_HZ = (250.0, 500.0, 1000.0, 2000.0, 4000.0, 7000.0)
"""where the gains of `Voice.resonance` apply, as heard; between them they are interpolated over the logarithm"""


def shape_voice(spectra: Spectra, voice: Voice, *, tract: float) -> None:
    """Move formants and raise or lower bands of the spectra in place.

    Args:
        spectra: float32 [601, F] each, before any feeling is acted on them
        voice: its `formants` and `resonance`; a voice without them changes nothing
        tract: by which the samples will be stretched
    """
    hertz = np.arange(len(spectra.harmonic), dtype=np.float64) * BIN_HZ
    parts = (spectra.harmonic, spectra.noise, spectra.free)
    if voice.formants is not UNSET:
        source = _source_hertz(hertz, voice.formants) / BIN_HZ
        floor = np.clip(source.astype(int), 0, len(hertz) - 2)
        share = (source - floor).astype(np.float32)[:, None]
        for part in parts:
            part[:] = (1 - share) * part[floor] + share * part[floor + 1]
    if voice.resonance is not UNSET:
        log_hertz = np.log(np.maximum(hertz / tract, 1.0))
        gain: FloatArray = (np.interp(log_hertz, np.log(RESONANCE_HZ), voice.resonance) / NEPER_DB).astype(np.float32)
        for part in parts:
            part += gain[:, None]


def _source_hertz(hertz: NDArray[np.float64], formants: tuple[float, float, float]) -> NDArray[np.float64]:
    """Return the frequency from which each frequency takes its level, so that formants move by these multipliers."""
    places = np.log((*FORMANT_HZ, UNMOVED_HZ))
    moved = hertz * np.interp(np.log(np.maximum(hertz, 1.0)), places, (*formants, 1.0))
    source: NDArray[np.float64] = np.interp(hertz, moved, hertz)
    return source
