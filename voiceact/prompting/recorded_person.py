"""A persona from a recording: the voice is measured, and numbers are found with which an engine speaks as it does.

No recording is used without a statement of consent. F0, range, pace, tilt and breath are fitted by speaking a few sentences,
measuring them as the recording was measured, and correcting; the vocal tract is that of the nearest of several renderings. What
remains between recording and rendering is told.
"""

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from voiceact import audio
from voiceact.acting.direction import direct
from voiceact.acting.persona import Consent, Persona, Voice
from voiceact.audio import Samples
from voiceact.engines.base import CALIBRATION, Engine
from voiceact.errors import UsageError
from voiceact.estimators.ears import load_ears
from voiceact.estimators.features.low_level_descriptors import FRAME_RATE, HOP, Tracks, extract_descriptors
from voiceact.estimators.features.signal import UnheardError, prepare
from voiceact.estimators.features.voice_measures import (
    LONGEST_SECONDS,
    VoiceMeasures,
    envelope_distance,
    find_pauses,
    level_of,
    measure_tracks,
    measure_voice,
)
from voiceact.estimators.same_voice import cosine, embed_voices, project_voices
from voiceact.prompting.person import ADULT_AGE, read_person
from voiceact.runtime.atomic_files import sha256_file

SHORTEST_SECONDS = 2.0
"""of speech, pauses left out, by which a voice is known"""
WINDOW_SECONDS = 1.6
"""of speech in which one of two voices is looked for"""
LEAST_ALIKE = 0.45
"""of two parts of a recording: below every recording of one person's neutral speech that was tried (docs/prompting.md)"""
STEADY_SEMITONES = 0.06
MOST_STEADY, LEAST_DIPS = 0.4, 0.15
"""share of steps of F0 below `STEADY_SEMITONES` a frame, and of frames 15 dB below the loud ones: of speech up to .2 and at
least .4, of held notes some .9 and 0"""

TEXTS = (
    CALIBRATION,
    "The post office opens at eight on weekdays.",
    "He painted the fence in spring, and the gate the summer after that.",
    "Most of the chairs are in the other room, under the window.",
    "The road goes past the school and down to the lake.",
    "They planted the trees in a row along the wall.",
    "The paint on the window frames has to dry first.",
    "My sister lives two streets away from the library.",
)
"""read to lay an engine's voice beside the recording; the embedded engine reads them as high and as fast as neutral lines"""
ROUNDS = 4
TRACTS = (0.94, 0.97, 1.0, 1.03, 1.06)
"""factors of the tract that is usual for an F0, of which the nearest rendering is taken"""
VOICE_LIMITS = {"f0_hz": (50, 400), "f0_range": (0.3, 1.8), "rate": (0.7, 1.35), "tilt": (-3, 3)}
"""of what a persona can have, least and most; a fit that ends at one says so"""
_NOISE_TO_BREATH = 0.15
"""breath that lowers the harmonics-to-noise ratio by 1 dB"""


@dataclass(frozen=True, slots=True)
class VoiceFit:
    """A voice fitted to a recording.

    Attributes:
        voice: its numbers
        wanted: what was measured of the recording
        rendered: what was measured of the engine's reading with these numbers
        likeness: cosine between the voices of recording and reading, by the judge's ears, -1 to 1
    """

    voice: Voice
    wanted: VoiceMeasures
    rendered: VoiceMeasures
    likeness: float

    def differences(self) -> dict[str, float]:
        """Return how far the rendering is from the recording: name of each measure -> difference, in the unit of its name."""
        wanted, rendered = self.wanted, self.rendered
        return {
            "f0_semitones": round(12 * math.log2(rendered.f0_hz / wanted.f0_hz), 2),
            "range_percent": round(100 * (rendered.f0_range / max(wanted.f0_range, 0.1) - 1), 1),
            "rate_percent": round(100 * (rendered.rate / max(wanted.rate, 0.1) - 1), 1),
            "tilt_db_octave": round(rendered.tilt - wanted.tilt, 2),
            "noise_db": round(rendered.noise - wanted.noise, 2),
            "envelope_db": round(envelope_distance(rendered.envelope, wanted.envelope), 2),
            "likeness": round(self.likeness, 2),
        }

    def notes(self) -> tuple[str, ...]:
        """Return sentences for a reader: what was measured, how near the rendering is, and which number reached its limit."""
        wanted, far = self.wanted, self.differences()
        found = [
            f"measured: {wanted.seconds:.1f} s of speech, F0 {wanted.f0_hz:.0f} Hz, range {wanted.f0_range:.1f} semitones, "
            f"{wanted.rate:.1f} syllables a second, tilt {wanted.tilt:.1f} dB an octave, "
            f"harmonics {wanted.noise:.0f} dB over noise",
            f"the engine's rendering is {far['f0_semitones']:+.1f} semitones, {far['range_percent']:+.0f} % of range, "
            f"{far['rate_percent']:+.0f} % of rate and {far['tilt_db_octave']:+.1f} dB an octave away; "
            f"the spectral envelopes differ by {far['envelope_db']:.1f} dB, and the likeness of the voices is "
            f"{far['likeness']:.2f} (1 is the same)",
        ]
        reached = [name for name, limits in VOICE_LIMITS.items() if getattr(self.voice, name) in limits]
        if reached:
            found.append(f"at the limit of what a persona can have: {', '.join(reached)}")
        return tuple(found)


@dataclass(frozen=True, slots=True)
class RecordedPerson:
    """A persona made from a recording.

    Attributes:
        persona: with consent; its reference is the recording it was made from
        fit: how near an engine comes to it
        described: notes on a description that was given with it
    """

    persona: Persona
    fit: VoiceFit
    described: tuple[str, ...] = ()

    def notes(self) -> tuple[str, ...]:
        """Return sentences for a reader."""
        return (*self.described, *self.fit.notes())

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "measured": self.fit.wanted.as_dict(),
            "rendered": self.fit.rendered.as_dict(),
            "differences": self.fit.differences(),
            "persona": self.persona.as_dict(),
        }


def read_recorded_person(
    recording: Path, name: str, *, statement: str, who: str = "", engine: Engine, description: str = ""
) -> RecordedPerson:
    """Make a persona of a recording.

    Args:
        recording: audio file of one person who speaks
        name: of the persona
        statement: by which that person, or whoever may speak for them, consents to this use
        who: that person; empty names the recording
        engine: whose rendering is fitted
        description: plain words for what a recording does not say (age, manner); the voice is the recording's all the same

    Raises:
        UsageError: without consent, for a recording that is no speech of one person, or a description that says nothing
    """
    if len(statement.split()) < 2:
        raise UsageError(
            "a recording of a person is used only with their consent; state it, as in "
            "--consent 'Anna Berg agrees that her voice is used for this game'"
        )
    samples, rate = audio.read(recording)
    wanted = check_recording(samples, rate)
    fit = fit_voice(wanted, samples, rate, engine)
    described: tuple[str, ...] = ()
    # A semitone of F0 counts as much as 3 % of tract.
    high = 12 * math.log2(wanted.f0_hz / 160) + 30 * (1.07 - fit.voice.tract)
    gender: Literal["female", "male"] = "female" if high > 0 else "male"
    persona = Persona(
        name=name,
        description=f"A voice measured in a recording: {gender}, F0 {wanted.f0_hz:.0f} Hz.",
        gender=gender,
        age=ADULT_AGE,
        tags=("adult",),
        license="by agreement with the person recorded",
        voice=fit.voice,
    )
    if description:
        reading = read_person(description, name)
        described = reading.notes()
        persona = msgspec.structs.replace(reading.persona, license=persona.license, voice=fit.voice)
    consent = Consent(
        who=who or f"the person recorded in {recording.name}",
        statement=statement,
        date=datetime.date.today(),
        evidence=f"stated when the persona was made; the recording has the SHA-256 {sha256_file(recording)}",
    )
    voice = msgspec.structs.replace(fit.voice, reference=str(recording))
    return RecordedPerson(msgspec.structs.replace(persona, consent=consent, voice=voice), fit, described)


def check_recording(samples: Samples, rate: int) -> VoiceMeasures:
    """Measure a recording and check that it holds enough speech of one person.

    Args:
        samples: float32 [n]; of a longer recording the first `LONGEST_SECONDS` count
        rate: Hz

    Raises:
        UsageError: too short, silent, music, or two voices
    """
    seconds = len(samples) / rate
    if seconds < SHORTEST_SECONDS:
        raise UsageError(
            f"the recording lasts {seconds:.1f} s; expected at least {SHORTEST_SECONDS:g} s of speech by one person, better ten"
        )
    try:
        sound = prepare(samples[: round(LONGEST_SECONDS * rate)], rate)
    except UnheardError as error:
        raise UsageError(f"the recording cannot be used: {error}") from error
    tracks = extract_descriptors(sound)
    steady, dips, voiced = speech_signs(tracks)
    if voiced < 0.1 or steady > MOST_STEADY or dips < LEAST_DIPS:
        raise UsageError(
            "the recording does not sound like speech (music, a tone or noise?); expected one person who speaks, without music"
        )
    wanted = measure_tracks(tracks, level_of(sound, tracks))
    if wanted.seconds < SHORTEST_SECONDS:
        raise UsageError(
            f"the recording holds {wanted.seconds:.1f} s of speech; expected at least {SHORTEST_SECONDS:g} s by one person"
        )
    alike = voices_alike(sound, tracks)
    if alike is not None and alike < LEAST_ALIKE:
        raise UsageError(
            f"two voices seem to speak in the recording, or one in very different moods (likeness {alike:.2f}, expected "
            f"{LEAST_ALIKE:g}); give plain speech of one person"
        )
    return wanted


def speech_signs(tracks: Tracks) -> tuple[float, float, float]:
    """Return what tells speech from music in the descriptors of a recording.

    Returns:
        share of steps between voiced frames in which F0 is held, share of frames at least 15 dB below the loud ones, and
        share of voiced frames
    """
    if not tracks.active.any():
        return 0.0, 0.0, 0.0
    both = tracks.voiced[1:] & tracks.voiced[:-1]
    steps = np.abs(np.diff(tracks.f0))[both]
    steady = float((steps < STEADY_SEMITONES).mean()) if len(steps) else 0.0
    level = tracks.level[tracks.active]
    return steady, float((level < -15).mean()), float(tracks.voiced[tracks.active].mean())


def voices_alike(sound: Samples, tracks: Tracks | None = None) -> float | None:
    """Return how alike the two most different groups of stretches of prepared audio are; None where it is too short to say.

    The speech is cut at pauses into stretches of at least `WINDOW_SECONDS`. These are parted in two groups as unlike as
    possible, with the judge's ears and the F0 of each as its place; alike are the mean voices of both, -1 to 1.

    Args:
        sound: float32 [n] at 16 kHz (see `signal.prepare`)
        tracks: its descriptors, where they are extracted already
    """
    tracks = extract_descriptors(sound) if tracks is None else tracks
    bounds = [0, *(round((start + end) / 2) for start, end in find_pauses(tracks.level)), len(tracks.level)]
    stretches: list[tuple[int, int]] = []
    start = 0
    for end in bounds[1:]:
        if (end - start) / FRAME_RATE >= WINDOW_SECONDS and tracks.voiced[start:end].sum() >= 10:
            stretches.append((start, end))
            start = end
    if len(stretches) < 2:
        return None
    rows = [load_ears().describe(sound[first * HOP : last * HOP]) for first, last in stretches]
    voices = project_voices(np.stack(rows)).astype(np.float64)
    voices /= np.linalg.norm(voices, axis=1, keepdims=True)
    height = np.array([np.median(tracks.f0[first:last][tracks.voiced[first:last]]) for first, last in stretches])

    # Every way to part the stretches by their order along the direction in which they differ most
    centred = voices - voices.mean(axis=0)
    axes = [np.linalg.svd(centred, full_matrices=False)[2][0], None]
    worst = 1.0
    for axis in axes:
        order = np.argsort(centred @ axis if axis is not None else height)
        for cut in range(1, len(order)):
            first, second = order[:cut], order[cut:]
            likeness = cosine(voices[first].mean(axis=0), voices[second].mean(axis=0))
            # People move by some semitones from sentence to sentence; two people are often further apart.
            apart = abs(float(np.median(height[first]) - np.median(height[second])))
            worst = min(worst, likeness - 0.1 * max(apart - 3.0, 0.0))
    return worst


def fit_voice(wanted: VoiceMeasures, samples: Samples, rate: int, engine: Engine) -> VoiceFit:
    """Find the numbers of a voice with which an engine speaks as a recording does.

    Args:
        wanted: what was measured of the recording
        samples, rate: the recording, float32 [n] and Hz
        engine: that speaks
    """
    usual = usual_tract(wanted.f0_hz)
    voice = Voice(f0_hz=_limited(wanted.f0_hz, *VOICE_LIMITS["f0_hz"]), tract=round(usual, 3), loudness=-23.0)
    voice = _fit_numbers(voice, wanted, engine, rounds=ROUNDS)

    # Of several tracts the one whose rendering sounds most like the recording
    known = _voice_of(samples, rate)
    renderings = [msgspec.structs.replace(voice, tract=round(_limited(usual * factor, 0.75, 1.25), 3)) for factor in TRACTS]
    alike = [cosine(known, _voice_of(*speak_texts(engine, one, TEXTS[:2]))) for one in renderings]
    best = int(np.argmax(alike))
    voice = _fit_numbers(renderings[best], wanted, engine, rounds=1)
    spoken = speak_texts(engine, voice)
    return VoiceFit(voice, wanted, measure_voice(*spoken), cosine(known, _voice_of(*spoken)))


def _fit_numbers(voice: Voice, wanted: VoiceMeasures, engine: Engine, *, rounds: int) -> Voice:
    """Correct a voice by what is measured of its rendering, round by round."""
    for _ in range(rounds):
        heard = measure_voice(*speak_texts(engine, voice))
        voice = msgspec.structs.replace(
            voice,
            f0_hz=round(_limited(voice.f0_hz * wanted.f0_hz / heard.f0_hz, *VOICE_LIMITS["f0_hz"]), 1),
            f0_range=round(_limited(voice.f0_range * wanted.f0_range / max(heard.f0_range, 0.1), *VOICE_LIMITS["f0_range"]), 3),
            rate=round(_limited(voice.rate * wanted.rate / max(heard.rate, 0.1), *VOICE_LIMITS["rate"]), 3),
            tilt=round(_limited(voice.tilt + 0.7 * (wanted.tilt - heard.tilt), *VOICE_LIMITS["tilt"]), 2),
            breath=round(_limited(voice.breath + _NOISE_TO_BREATH * (heard.noise - wanted.noise), 0, 0.7), 3),
        )
    return voice


def speak_texts(engine: Engine, voice: Voice, texts: Sequence[str] = TEXTS) -> tuple[Samples, int]:
    """Speak texts neutrally with a voice, one after another; samples and rate."""
    persona = Persona(
        name="measured", description="A voice that is measured.", gender="androgynous", age=ADULT_AGE, voice=voice
    )
    rate = engine.capabilities.sample_rate
    parts: list[Samples] = []
    for text in texts:
        take = engine.perform(text, persona, direct(persona, ()), language="en", seed=0)
        parts += [take.samples, np.zeros(rate // 4, np.float32)]
    return np.concatenate(parts), rate


def _voice_of(samples: Samples, rate: int) -> NDArray[np.float32]:
    """Return the place of a voice in the directions in which voices differ."""
    place: NDArray[np.float32] = embed_voices([(samples[: round(LONGEST_SECONDS * rate)], rate)])[0]
    return place


def usual_tract(f0_hz: float) -> float:
    """Return the vocal tract that goes with an F0 in most adults: 1 at a woman's 205 Hz, 1.15 at a man's 118 Hz.

    >>> round(usual_tract(205), 2), round(usual_tract(118), 2)
    (1.0, 1.15)
    """
    share = _limited(math.log2(205 / f0_hz) / math.log2(205 / 118), -0.6, 1.1)
    return 1 + 0.15 * share


def _limited(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
