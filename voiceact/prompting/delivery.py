"""A delivery from a recording: what a speaker did, relative to how they speak, becomes the direction of another persona.

Moves are measured against a neutral recording of the same speaker, pauses and stress are found where the words are known, and
the judge says which feelings it hears. Nothing of the speaker's voice is kept: who speaks is the persona.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voiceact.acting import taxonomy
from voiceact.acting.direction import direct
from voiceact.acting.mix import EmotionMix
from voiceact.acting.moves import LIMITS, MULTIPLIERS, NEUTRAL
from voiceact.acting.persona import Persona
from voiceact.audio import Sound
from voiceact.audio.captions import timed_text
from voiceact.audio.words import Word
from voiceact.errors import UsageError
from voiceact.estimators.base import Profile
from voiceact.estimators.features.low_level_descriptors import FRAME_RATE, extract_descriptors
from voiceact.estimators.features.signal import UnheardError, prepare
from voiceact.estimators.features.voice_measures import VoiceMeasures, measure_voice
from voiceact.estimators.registry import load_estimator
from voiceact.text.markup import find_tags, without_markup
from voiceact.verify.word_alignment import align_words

MOST_SECONDS = 30.0
"""of a recording whose delivery is taken: one line, not a speech"""
USUAL = {"f0_range": 7.0, "rate": 5.0, "tilt": -8.0, "noise": 10.0, "loudness_range": 14.5}
"""of plain speech by adults (EmoDB, German, measured by `measure_voice`): what a speaker is laid beside of whom no plain speech
is known"""
NOISE_TO_BREATH = 0.12
"""breath for each dB by which the harmonics stand out less"""
LEAST_PAUSE = 0.2
"""seconds between two words from which a pause is written into the text"""
LEAST_STRESS, MOST_STRESSED = 1.2, 2
"""standard deviations by which a word stands out from the others of its line; and words that are marked"""
PITCH_STEP, RATE_STEP = 1.5, 0.15
"""semitones and share of the rate in which a word's own melody and length are written; less than half a step is not"""
MOST_PITCH, RATES = 6.0, (0.7, 1.3)
"""semitones, and multipliers, of a single word beside its line"""
MOST_APART, LEAST_VOICED = 9.0, 5
"""semitones from the line's median beyond which an F0 is taken for an octave error; and frames of 16 ms by which a word's F0 is
known"""
LEAST_RATIO = 1.3
"""how many times as often people who perform a category sound like the recording as others do, from which it is taken up"""
MOST_FEELINGS = 2
AROUSED: Mapping[str, float] = {"rate": 1.1, "range": 1.07, "pitch": 0.7, "tilt": 0.7, "effort": 0.4}
"""what a step of arousal does to each move; of the single moves, these change arousal most (docs/prompting.md)"""
MOST_STEPS = 3.0
"""of arousal, either way"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a recording does, apart from whose voice it is.

    Attributes:
        moves: name of each move that was measured -> value, relative to the speaker's plain speech
        mix: what the judge hears; neutral where it hears nothing
        text: the line with pauses and stress marked; as given where its words were not found
        notes: what was measured and what could not be, one sentence each
        arousal: that the judge hears, -1 to 1, knowing the neutral recording; None without one
        steps: of arousal beyond the moves, above 0 more and below 0 less (`AROUSED`); see `voiceact.director.arousal`
    """

    moves: Mapping[str, float]
    mix: EmotionMix
    text: str
    notes: tuple[str, ...]
    arousal: float | None = None
    steps: float = 0.0

    def mix_for(self, persona: Persona) -> EmotionMix:
        """Return the mix without the categories that a persona is not cast for."""
        return EmotionMix.of({name: value for name, value in self.mix.as_dict().items() if persona.plays(name)})

    def direction(self, persona: Persona, mix: EmotionMix | None = None) -> str:
        """Return the stage direction by which a persona does the same, beside a mix.

        The mix has moves of its own: what is measured replaces these, and the others (tremor, sobs, laughter) stay.

        Args:
            persona: who is to do it
            mix: what is asked for; None takes the mix of this delivery
        """
        asked = direct(persona, (self.mix if mix is None else mix).pairs()).moves
        wanted = dict(self.moves)
        for name, step in AROUSED.items() if self.steps else ():
            value = wanted.get(name, getattr(asked, name))
            value = value * step**self.steps if name in MULTIPLIERS else value + step * self.steps
            wanted[name] = min(max(value, LIMITS[name][0]), LIMITS[name][1])
        changes = []
        for name, value in wanted.items():
            own = getattr(asked, name)
            change = value / own if name in MULTIPLIERS else value - own
            low, high = LIMITS[name]
            # Shares between 0 and 1 can only grow by a stage direction.
            change = min(max(change, low if name in MULTIPLIERS or low < 0 else 0.0), high)
            if abs(change - NEUTRAL[name]) > 0.005:
                changes.append(f"{name}={change:.3g}")
        return ", ".join(changes)


def read_delivery(clip: Sound, neutral: Sound | None = None, *, text: str = "", same_text: bool = True) -> Delivery:
    """Read what a recording does.

    Args:
        clip: samples (float32 [n]) and rate of a line as somebody performs it
        neutral: a plain recording of the same speaker, best of the same line; None lays the clip beside a usual adult's speech
        text: the line that is to be spoken
        same_text: whether `text` is said in the clip (in English), so that its pauses and stress are taken over

    Raises:
        UsageError: for a recording that is too short, too long, silent or without a voice
    """
    for what, sound in (("the recording", clip), ("the neutral recording", neutral)):
        if sound is not None and len(sound[0]) > MOST_SECONDS * sound[1]:
            raise UsageError(
                f"{what} lasts {len(sound[0]) / sound[1]:.0f} s; expected one line of at most {MOST_SECONDS:g} s, so cut it out"
            )
    try:
        heard = measure_voice(*clip)
    except UsageError as error:
        raise UsageError(f"the recording whose delivery is asked for: {error}") from error
    try:
        plain = measure_voice(*neutral) if neutral is not None else None
    except UsageError as error:
        raise UsageError(f"the neutral recording: {error}") from error
    moves = measured_moves(heard, plain)
    notes = [
        "delivery measured"
        + ("" if plain else ", beside a usual adult's speech, so pitch and loudness stay the persona's own")
        + ": "
        + ", ".join(f"{name} {value:.2f}" for name, value in moves.items())
    ]

    # What is felt, to the judge
    judge = load_estimator()
    reference = judge.reference([neutral], kind="neutral") if neutral is not None else None
    profile = judge.profile(*clip, reference=reference)
    mix = estimate_mix(profile)
    arousal = profile.arousal if neutral is not None else None
    felt = " + ".join(f"{entry.category.name}:{entry.intensity:g}" for entry in mix)
    notes.append(f"the judge hears {felt}" if felt else "the judge hears no feeling that it could name; the moves say it all")

    # When each word is said
    marked = text
    if text and same_text:
        try:
            words = align_words(*clip, without_markup(text))
            plain_words = _words_of(neutral, text) if neutral is not None else ()
            if neutral is not None and plain_words:
                marked = mark_prosody(text, clip, words, (neutral, plain_words), span=moves["range"])
                notes.append(
                    f"pauses and each word's melody and length taken over: {marked}" if marked != text else "no word stands out"
                )
            else:
                marked = mark_words(text, clip, words)
                notes.append(f"pauses and stress taken over: {marked}" if marked != text else "no pause or stress stands out")
        except UsageError as error:
            notes.append(f"pauses and stress are not taken over: {error}")
    return Delivery(moves, mix, marked, tuple(notes), arousal)


def _words_of(neutral: Sound, text: str) -> tuple[Word, ...]:
    """The words of the line in a neutral recording; none where it says something else."""
    try:
        return align_words(*neutral, without_markup(text))
    except UsageError:
        return ()


def measured_moves(heard: VoiceMeasures, plain: VoiceMeasures | None) -> dict[str, float]:
    """Return the moves that lead from plain speech to what was heard, within `LIMITS`.

    Args:
        heard: a performance
        plain: plain speech of the same person, best recorded alike; None takes `USUAL`, and leaves pitch and level alone
    """
    known = {name: getattr(plain, name) for name in USUAL} if plain else USUAL
    moves = {
        "rate": heard.rate / max(known["rate"], 0.1),
        "range": heard.f0_range / max(known["f0_range"], 0.1),
        "dynamics": heard.loudness_range / max(known["loudness_range"], 0.1),
        "tilt": heard.tilt - known["tilt"],
        "breath": NOISE_TO_BREATH * max(known["noise"] - heard.noise, 0.0),
    }
    if plain is not None:
        moves["pitch"] = float(12 * np.log2(heard.f0_hz / plain.f0_hz))
        # Who speaks up sounds tenser: a level that goes the other way was set by whoever recorded it.
        louder = heard.level - plain.level
        if louder * moves["tilt"] >= 0:
            moves["energy"] = louder
    return {name: min(max(value, LIMITS[name][0]), LIMITS[name][1]) for name, value in moves.items()}


def estimate_mix(profile: Profile) -> EmotionMix:
    """Return the categories that a judge hears in a recording, at most `MOST_FEELINGS`, each with the intensity it hears."""
    ranked = sorted(
        (
            (ratio, category)
            for category, ratio in profile.log_ratios.items()
            if profile.evidence.get(category, "none") != "none" and profile.scores.get(category) is not None
        ),
        reverse=True,
    )
    found = {
        category: round(min(max(float(profile.scores[category] or 0.0), 1.0), 7.0), 1)
        for ratio, category in ranked[:MOST_FEELINGS]
        if ratio >= np.log(LEAST_RATIO)
    }
    return EmotionMix.of({taxonomy.get(category).id: intensity for category, intensity in found.items()})


def mark_words(text: str, clip: Sound, words: Sequence[Word]) -> str:
    """Mark in a text where a recording of it pauses and what it stresses: "[pause 400ms]" and "*word*".

    Args:
        text: of the line; where it holds directions already, it stays as it is
        clip: the recording
        words: when they are spoken in it
    """
    pieces = _unmarked_pieces(text, words)
    if pieces is None:
        return text
    weights = _prominence(clip, pieces)
    spread = float(weights.std())
    stressed = set()
    if spread > 0:
        order = np.argsort(-weights)[:MOST_STRESSED]
        stressed = {int(at) for at in order if (weights[at] - weights.mean()) / spread >= LEAST_STRESS}
    marked = []
    for number, piece in enumerate(pieces):
        shown = re.sub(r"\w(?:.*\w)?", lambda match: f"*{match[0]}*", piece.text, count=1) if number in stressed else piece.text
        marked.append(shown + _pause_behind(pieces, number))
    return " ".join(marked)


def mark_prosody(text: str, clip: Sound, words: Sequence[Word], plain: tuple[Sound, Sequence[Word]], *, span: float) -> str:
    """Mark in a text the melody and length of each word of a recording, and its pauses, beside a neutral recording of the line.

    What a word does beside the whole line becomes `<prosody pitch="+3st" rate="85%">`; what the whole line does is left to the
    moves of the delivery.

    Args:
        text: of the line; where it holds directions already, it stays as it is
        clip: the recording
        words: when they are spoken in it
        plain: the neutral recording and its words
        span: the move `range` of the delivery, which widens or flattens the melody of the whole line
    """
    pieces = _unmarked_pieces(text, words)
    known = _unmarked_pieces(text, plain[1])
    if pieces is None or known is None:
        return text
    acted, flat = word_heights(clip, pieces), word_heights(plain[0], known)

    # What remains of each word's F0 and length once the whole line is as high, as wide and as fast as the recording
    higher = np.zeros(len(pieces))
    heard = np.isfinite(acted - flat)
    if heard.any():
        change = (acted - flat - (span - 1) * (flat - np.median(flat[heard])))[heard]
        higher[heard] = change - np.median(change)
    lengths = np.array([(one.end - one.start, other.end - other.start) for one, other in zip(pieces, known, strict=True)])
    faster = lengths[:, 1] / lengths[:, 0] * lengths[:, 0].sum() / lengths[:, 1].sum()
    pitches = np.clip(np.round(higher / PITCH_STEP) * PITCH_STEP, -MOST_PITCH, MOST_PITCH)
    rates = np.clip(1 + np.round((faster - 1) / RATE_STEP) * RATE_STEP, *RATES)

    # Words that do the same share one element, for each element is a rendering of its own
    marked: list[str] = []
    opened = ""
    for number, piece in enumerate(pieces):
        asked = f' pitch="{pitches[number]:+g}st"' if pitches[number] else ""
        asked += f' rate="{rates[number]:.0%}"' if rates[number] != 1 else ""
        element = f"<prosody{asked}>" if asked else ""
        if element != opened:
            if opened:
                marked[-1] += "</prosody>"
            opened = element
            marked.append(element + piece.text)
        else:
            marked.append(piece.text)
        if pause := _pause_behind(pieces, number):
            marked[-1] += "</prosody>" * bool(opened) + pause
            opened = ""
    return " ".join(marked) + "</prosody>" * bool(opened)


def _unmarked_pieces(text: str, words: Sequence[Word]) -> list[Word] | None:
    """The words of a text as they are written, timed; None where it holds directions, or they are not all of it."""
    if find_tags(text) or "*" in text:
        return None
    pieces = list(timed_text(text, words))
    return pieces if " ".join(piece.text for piece in pieces).split() == text.split() and len(pieces) >= 2 else None


def _pause_behind(pieces: Sequence[Word], number: int) -> str:
    """The tag of the silence behind a word; at a mark an engine pauses by itself."""
    gap = pieces[number + 1].start - pieces[number].end if number + 1 < len(pieces) else 0.0
    return f" [pause {round(gap * 1000, -1):.0f}ms]" if gap >= LEAST_PAUSE and pieces[number].text[-1].isalnum() else ""


def word_heights(sound: Sound, pieces: Sequence[Word]) -> NDArray[np.float64]:
    """Median F0 of each word in semitones, float [words]; NaN where it has too little voice to tell."""
    try:
        tracks = extract_descriptors(prepare(*sound))
    except UnheardError:
        return np.full(len(pieces), np.nan)
    if not tracks.voiced.any():
        return np.full(len(pieces), np.nan)
    sure = tracks.voiced & (np.abs(tracks.f0 - np.median(tracks.f0[tracks.voiced])) < MOST_APART)
    heights = []
    for piece in pieces:
        frames = slice(round(piece.start * FRAME_RATE), round(piece.end * FRAME_RATE) + 1)
        f0 = tracks.f0[frames][sure[frames]]
        heights.append(float(np.median(f0)) if len(f0) >= LEAST_VOICED else np.nan)
    return np.array(heights)


def _prominence(clip: Sound, pieces: Sequence[Word]) -> NDArray[np.float64]:
    """How much each word stands out by F0, level and length, float [words], in standard deviations of the line."""
    try:
        tracks = extract_descriptors(prepare(*clip))
    except UnheardError:
        return np.zeros(len(pieces))
    rows = []
    for piece in pieces:
        first, last = round(piece.start * FRAME_RATE), max(round(piece.end * FRAME_RATE), round(piece.start * FRAME_RATE) + 1)
        voiced = tracks.voiced[first:last]
        f0, level = tracks.f0[first:last][voiced], tracks.level[first:last]
        length = (piece.end - piece.start) / max(sum(map(str.isalnum, piece.text)), 1)
        rows.append((f0.max() if len(f0) else np.nan, level.max() if len(level) else np.nan, length))
    table = np.array(rows, np.float64)
    table = np.where(np.isnan(table), np.nanmean(table, axis=0), table)
    table = (table - table.mean(axis=0)) / (table.std(axis=0) + 1e-6)
    total: NDArray[np.float64] = table.mean(axis=1)
    return total


def delivered_moves(take: Sound, twin: Sound) -> dict[str, float]:
    """Return the moves measured between a take and its neutral twin, as they are measured of a recording."""
    return measured_moves(measure_voice(*take), measure_voice(*twin))
