"""Act on the sound of the voice: tilt, breath, whisper, effort, articulation and the shape of its level.

All edits change the vocoder's parameters, before there is any audio, and together they leave
the K-weighted level as it was; the loudness of an effort or a whisper is a number of its own.
"""

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.moves import Moves
from voiceact.engines.embedded.melody import UNVOICED_HZ, Rhythm
from voiceact.engines.embedded.smoothing import soften_edges
from voiceact.engines.embedded.stages import BIN_HZ, FRAME_SECONDS, FloatArray, Spectra

NEPER_DB = 8.686
TILT_PIVOT_HZ, TILT_FLOOR_HZ, TILT_TOP_HZ = 500.0, 80.0, 8000.0
SILENCE_DB = -42.0
"""frames this far below the loudest are no speech: their level is not acted on"""
EFFORT_HZ = (125.0, 180.0, 250.0, 350.0, 500.0, 700.0, 1000.0, 1400.0, 2000.0, 2800.0, 4000.0, 5600.0, 7200.0)
EFFORT_DB = (-9.5, -9.3, -9.0, -6.3, -2.5, 1.5, 3.7, 4.4, 5.2, 4.0, 2.0, 1.0, 0.5)
"""what the harmonics of a voice gain at an effort of 1, and where: the anger of EmoDB's ten actors beside their neutral reading
of the same text, smoothed by hand (benchmarks/human_moves.py)"""
FADE_SECONDS = 0.6
WAVER_BREATH = 0.5
"""breath in the unsteady stretches of a full waver"""
SHOUT_DB, WHISPER_DB = 8.0, -9.0
"""level of a full shout and of a full whisper, beside the same words spoken"""
DYNAMICS_MOST_DB = 12.0
_OFF = -30.0
_STRIDE = 4


def colour_spectra(
    spectra: Spectra,
    f0: FloatArray,
    before: NDArray[np.float64],
    moves: Moves,
    beat: Rhythm,
    syllables_db: NDArray[np.float64] | None = None,
    *,
    noisy: bool = False,
) -> None:
    """Act on the spectra in place.

    Args:
        spectra: float32 [601, F] each
        f0: float32 [F], Hz, as it will be rendered
        before: float64 [F], their `power`
        moves: what is acted
        beat: tremor, laughter and sobs, float64 [F]
        syllables_db: float64 [F], what syllables and consonants gain in level
        noisy: whether the voice's own noise is within `harmonic`, so that turning that down makes a voice clearer
    """
    hertz = np.arange(len(spectra.harmonic), dtype=np.float64) * (BIN_HZ / moves.tract)
    voiced = f0 > UNVOICED_HZ
    if moves.articulation != 1:
        _articulate(spectra.harmonic, voiced, moves.articulation)
    if moves.shout:
        _raise_first_formant(spectra.harmonic, moves.shout)
    if moves.breath or moves.whisper or moves.laugh or moves.sob or moves.waver:
        _aspirate(spectra, f0, voiced, hertz, moves, beat, noisy=noisy)
    level_db = _level_db(before, moves, beat, voiced)
    if syllables_db is not None:
        level_db = level_db + syllables_db.astype(np.float32)
    gain_db = _spectral_db(hertz, moves)[:, None] + level_db[None]
    if moves.effort:
        gain_db = gain_db + np.float32(moves.effort) * effort_db(hertz)[:, None] * soften_edges(voiced)[None]
    if gain_db.any():
        _amplify(spectra, gain_db)
    _restore_level(spectra, f0, before, moves)


def frame_power(spectra: Spectra, f0: FloatArray) -> NDArray[np.float64]:
    """Return the K-weighted power of every frame (float64 [F], arbitrary unit), without rendering it."""
    hertz = np.arange(0, len(spectra.harmonic), _STRIDE, dtype=np.float64) * BIN_HZ
    weight = (_k_weight(hertz) / len(hertz))[:, None]
    parts = [np.exp(2 * np.minimum(part[::_STRIDE], 7)) for part in (spectra.harmonic, spectra.noise, spectra.free)]
    # A unit pulse train holds 1.5 bins of power each F0 Hz; complex unit noise holds 2 a bin.
    pulse = np.where(f0 > UNVOICED_HZ, 1.5 * BIN_HZ / np.maximum(f0, UNVOICED_HZ), 0.0)
    summed: NDArray[np.float64] = (weight * (parts[0] * pulse + 2 * parts[1] + parts[2])).sum(0, dtype=np.float64)
    return summed


def _k_weight(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a power response near that of ITU-R BS.1770: high-pass at 38 Hz, shelf of 4 dB above 1.7 kHz."""
    high_pass = (hertz / 38.0) ** 4 / (1 + (hertz / 38.0) ** 4)
    shelf = (hertz / 1700.0) ** 4
    weight: NDArray[np.float64] = high_pass * (1 + 10**0.4 * shelf) / (1 + shelf)
    return weight


def _spectral_db(hertz: NDArray[np.float64], moves: Moves) -> FloatArray:
    """Return the gain of each bin in dB: tilt, and the lift of 1.2 to 4 kHz by which effort is heard."""
    octaves = np.log2(np.clip(hertz, TILT_FLOOR_HZ, TILT_TOP_HZ) / TILT_PIVOT_HZ)
    presence = np.exp(-0.5 * (np.log2(np.maximum(hertz, 1.0) / 2200.0) / 0.9) ** 2)
    gain: FloatArray = ((moves.tilt + 1.5 * moves.shout) * octaves + 6 * moves.shout * presence).astype(np.float32)
    return gain


def effort_db(hertz: NDArray[np.float64]) -> FloatArray:
    """Return what bins of these frequencies gain at an effort of 1, dB: `EFFORT_DB`, interpolated over the logarithm."""
    gain: FloatArray = np.interp(np.log(np.maximum(hertz, 1.0)), np.log(EFFORT_HZ), EFFORT_DB).astype(np.float32)
    return gain


def _level_db(frame_power: NDArray[np.float64], moves: Moves, beat: Rhythm, voiced: NDArray[np.bool_]) -> FloatArray:
    """Return the gain of each frame in dB: dynamics, the fade of the end, and the pulse of tremor, laughter and sobs."""
    level = 10 * np.log10(frame_power + 1e-12)
    speech = level > level.max() + SILENCE_DB
    # Four frames are 50 ms, a syllable's nucleus: shorter would tear single sounds apart.
    smooth = np.convolve(np.pad(level, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    spread = np.where(speech, smooth - smooth[speech].mean(), 0.0)
    gain = np.clip((moves.dynamics - 1) * spread, -DYNAMICS_MOST_DB, DYNAMICS_MOST_DB)
    if moves.fade and voiced.any():
        last = beat.seconds[np.flatnonzero(voiced)[-1]]
        gain = gain + moves.fade * np.clip((beat.seconds - (last - FADE_SECONDS)) / FADE_SECONDS, 0.0, 1.0)
    gain += 2.5 * moves.tremor * beat.tremor + 9 * moves.laugh * (beat.laugh - 1) - 18 * beat.sob
    return gain.astype(np.float32)


def _articulate(harmonic: FloatArray, voiced: NDArray[np.bool_], articulation: float) -> None:
    """Draw voiced sounds towards their common colour (slurred: a small vowel space) or away from it (crisp).

    Only below 4 kHz, where the vowels live, and only where there are pulses: elsewhere this branch is undefined.
    """
    columns, top = np.flatnonzero(voiced), int(4000 / BIN_HZ)
    if not len(columns):
        return
    share = np.float32(0.8 * (1 - articulation) if articulation < 1 else 0.5 * (1 - articulation))
    part = harmonic[:top, columns]
    shape = part - part.mean(axis=0)
    harmonic[:top, columns] = part + share * (shape.mean(axis=1, keepdims=True) - shape)


def _raise_first_formant(harmonic: FloatArray, shout: float) -> None:
    """Raise F1, as an open jaw does: stretch 200 to 1,400 Hz upwards by up to 15 %."""
    low, high = int(200 / BIN_HZ), int(1400 / BIN_HZ)
    place = np.arange(low, high) - low
    # Widest stretch in the middle, none at both ends.
    source = low + place - 0.15 * shout * place * (1 - place / (high - low))
    floor = source.astype(int)
    share = (source - floor).astype(np.float32)[:, None]
    harmonic[low:high] = (1 - share) * harmonic[floor] + share * harmonic[floor + 1]


def _aspirate(
    spectra: Spectra,
    f0: FloatArray,
    voiced: NDArray[np.bool_],
    hertz: NDArray[np.float64],
    moves: Moves,
    beat: Rhythm,
    *,
    noisy: bool,
) -> None:
    """Let air through: noise in the shape of the vowels in place of pulses, in voiced frames."""
    columns = np.flatnonzero(voiced)
    envelope = spectra.harmonic[:, columns]
    # Noise of the same power as the pulses it stands for.
    as_noise = envelope + (0.5 * np.log(0.75 * BIN_HZ / f0[columns])).astype(np.float32)
    breath = _breath_share(moves, beat)[columns]
    whisper = np.float32(moves.whisper)
    breath_colour = _step_db(hertz, 300.0, -18.0, -3.0)[:, None]
    whisper_colour = _step_db(hertz, 700.0, -14.0, 3.0)[:, None]
    # A voice's own noise is turned down with its pulses: it must not be gone before the air is there.
    blown = breath + np.float32(moves.breath**0.8 - moves.breath if noisy else 0)
    air = as_noise + np.log(blown * np.exp(breath_colour / NEPER_DB) + whisper * np.exp(whisper_colour / NEPER_DB) + 1e-9)
    spectra.noise[:, columns] = np.logaddexp(spectra.noise[:, columns], air)
    less_db = (breath**2 if noisy else breath) * _step_db(hertz, 1000.0, 0.0, -7.0)[:, None]
    remaining = np.float32(max(float(np.log(1 - min(moves.whisper, 0.999999))), _OFF))
    spectra.harmonic[:, columns] = envelope + less_db / np.float32(NEPER_DB) + (remaining if whisper < 1 else _OFF)
    spectra.free[:, columns] += remaining if whisper < 1 else _OFF


def _breath_share(moves: Moves, beat: Rhythm) -> FloatArray:
    """Return the breath of each frame, 0 to 1.

    It is steady, and more in the troughs of laughter, in the catches of sobs and where the voice wavers.
    """
    extra = 0.5 * moves.laugh * (1 - beat.laugh) + 0.6 * beat.sob + WAVER_BREATH * moves.waver * beat.waver
    share: FloatArray = np.clip(moves.breath + extra, 0, 1).astype(np.float32)
    return share


def _step_db(hertz: NDArray[np.float64], edge: float, below_db: float, above_db: float) -> FloatArray:
    """Return a soft step of one octave around `edge`, in dB."""
    rise = 1 / (1 + np.exp(-4 * np.log2(np.maximum(hertz, 1.0) / edge)))
    step: FloatArray = (below_db + (above_db - below_db) * rise).astype(np.float32)
    return step


def _amplify(spectra: Spectra, gain_db: FloatArray) -> None:
    gain = gain_db / np.float32(NEPER_DB)
    for part in (spectra.harmonic, spectra.noise, spectra.free):
        part += gain


def _restore_level(spectra: Spectra, f0: FloatArray, before: NDArray[np.float64], moves: Moves) -> None:
    """Bring the power back to what it was, then add what effort and whisper mean in level."""
    after = frame_power(spectra, f0)
    wanted_db = SHOUT_DB * moves.shout + WHISPER_DB * moves.whisper
    gain = np.float32(0.5 * np.log(before.sum() / after.sum()) + wanted_db / NEPER_DB)
    if gain:
        for part in (spectra.harmonic, spectra.noise, spectra.free):
            part += gain


def creak_share(f0: FloatArray, moves: Moves) -> FloatArray:
    """Return the share of creak in each frame, 0 to 1: most in the last half second of voice, some where F0 is low."""
    share = np.zeros(len(f0), np.float32)
    voiced = f0 > UNVOICED_HZ
    if not moves.creak or not voiced.any():
        return share
    last = np.flatnonzero(voiced)[-1]
    ending = np.clip(1 - (last - np.arange(len(f0))) * FRAME_SECONDS * moves.tract / 0.5, 0, 1)
    low = f0 < np.median(f0[voiced]) * 0.88
    share[voiced] = np.clip(moves.creak * (1.3 * ending + 0.7 * low + 0.25), 0, 1)[voiced]
    return share
