"""Gives the shipped personas formants and resonances that lie far apart: `python benchmarks/spread_voices.py [--write]`.

The embedded engine has one voice. F0 and tilt, by which its personas differ most, are what feelings move: a frightened man comes
near a calm woman. So each persona gets formants and resonances of its own in directions that feelings leave alone: what is left of
six bands without their mean, their slope over octaves and the curve of vocal effort.

Some are drawn for each persona; those with which a line sounds less natural (DNSMOS) than with the bare voice fall out; of the
rest those are chosen that push each other away the most, two personas the more, the nearer they are in F0, tract, formants and
resonances together. A few are drawn towards what their description says (CHARACTER). No speaker encoder and no judge has a
say in the choice. --write puts them into personas/*.yaml; those in UNCHANGED keep the bundled voice's own.
"""

import argparse
import re

import msgspec
import numpy as np
from numpy.typing import NDArray

from voiceact.acting.moves import Moves
from voiceact.acting.persona import Persona, Voice, list_personas, shipped_folder
from voiceact.acting.script import load_lines
from voiceact.engines.embedded.engine import EmbeddedEngine
from voiceact.engines.embedded.individual import RESONANCE_HZ
from voiceact.engines.embedded.stages import SAMPLE_RATE
from voiceact.engines.embedded.text import make_phrases
from voiceact.engines.embedded.timbre import effort_db
from voiceact.verify.naturalness import dnsmos

UNCHANGED = frozenset({"nurse", "grumpy-lovable-grandpa", "retired-judge"})
CHARACTER = {
    "bedtime-mother": (2, 1, 0, -1, -2, 0), "drill-sergeant": (-2, -1, 0, 2, 3, -1), "drama-queen": (0, -2, 2, -1, 2, 0),
    "opera-diva": (1, 0, -2, 2, 3, -3), "radio-host": (4, 0, -2, -1, 1, 0), "service-android": (-3, 2, 3, -2, 0, 2),
    "smoky-singer": (3, 1, -2, -1, -2, 1), "sly-villain": (1, -2, 2, -2, 1, 2), "emergency-dispatcher": (-2, 0, 2, 2, 0, -2),
    "conspiratorial-gossip": (-2, 2, 2, -2, 1, 0), "sharp-tongued-great-aunt": (-3, 0, 3, 0, 2, -1), "monk": (3, 0, -1, -2, 0, 1),
    "news-anchor": (1, -2, 0, 2, 1, -2), "ships-captain": (3, 0, -2, 1, 1, -2), "village-priest": (2, 1, -2, 1, -1, -1),
}  # fmt: skip
"""dB by band towards which a description draws: dark and soft, ringing, hollow, nasal"""
F0_STEP, TRACT_STEP, FORMANT_STEP, DECIBEL_STEP = 5.0, 1.73, 0.05, 1.7
"""semitones, semitones, share and dB that push alike; F0 counts less than a just noticeable difference, for feelings move it by more"""
FORMANTS = ((0.94, 0.97, 1.0, 1.03), (0.94, 0.97, 1.0, 1.03, 1.06), (0.94, 0.97, 1.0, 1.03, 1.06))
"""of which each formant's multiplier is drawn; a first formant that is raised further sounds less natural"""
LEAST_DB, MOST_DB = 2.0, 4.5
"""of the band that is moved the most"""
DRAWS, LEAST_KEPT = 5, 2
"""of each persona; and how many of them, the most natural ones, stay in any case"""
MOST_LOST = 0.03
"""of DNSMOS, beside the bare voice, that a draw may lose"""
LINES = slice(30, 31)
"""of the neutral lines: none by which personas are told apart (benchmarks/personas.py)"""
HALVED = frozenset({"kindly-grandmother", "service-android", "sharp-tongued-great-aunt", "stoic-mountaineer"})
"""go half as far as what was chosen: another line lost more than 0.15 of DNSMOS. So did shy-new-boy, who stays: with
him half as far, benchmarks/personas.py took a girl for him, the one choice that a speaker encoder led to"""
ROUNDS = 40


def main() -> None:
    """Draw, rate, choose, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the values into the files of the shipped personas")
    given = parser.parse_args()
    engine = EmbeddedEngine()
    personas = list_personas()
    draws = [kept_draws(engine, persona, number) for number, persona in enumerate(personas)]
    for persona, voice in zip(personas, choose(personas, draws), strict=True):
        lines = f"  formants: {_shown(voice.formants)}\n  resonance: {_shown(voice.resonance)}\n"
        print(f"{persona.name}\n{lines}", end="", flush=True)
        if given.write and persona.name not in UNCHANGED:
            path = shipped_folder() / f"{persona.name}.yaml"
            text = re.sub(r"^  (formants|resonance):.*\n", "", path.read_text("utf-8"), flags=re.MULTILINE)
            path.write_text(re.sub(r"^(  tract: .*\n)", rf"\g<1>{lines}", text, count=1, flags=re.MULTILINE), encoding="utf-8")


def quiet_directions() -> NDArray[np.float64]:
    """Orthonormal directions of the six bands that neither level, tilt nor effort moves, float [3, 6]."""
    hertz = np.asarray(RESONANCE_HZ)
    moved = np.stack([np.ones(6), np.log2(hertz), effort_db(hertz)])
    return np.asarray(np.linalg.svd(moved)[2][3:], np.float64)


def kept_draws(engine: EmbeddedEngine, persona: Persona, number: int) -> list[Voice]:
    """Voices that may become a persona's: drawn, and none that sounds less natural than the bare one."""
    bare = msgspec.structs.replace(persona.voice, formants=(1.0, 1.0, 1.0), resonance=(0.0,) * 6)
    if persona.name in UNCHANGED:
        return [bare]
    draw = np.random.default_rng([18, number])
    basis = quiet_directions()
    character = np.array(CHARACTER.get(persona.name, (0.0,) * 6)) @ basis.T
    voices = []
    for _ in range(DRAWS):
        way = draw.normal(size=3)
        way = way / np.linalg.norm(way) + 1.5 * character / max(np.linalg.norm(character), 1e-9)
        bands = way @ basis
        bands *= draw.uniform(LEAST_DB, MOST_DB) / np.abs(bands).max()
        formants = tuple(float(draw.choice(choices)) for choices in FORMANTS)
        voices.append(msgspec.structs.replace(bare, formants=formants, resonance=tuple(round(float(one), 1) for one in bands)))
    own = rate(engine, bare)
    lost = [own - rate(engine, voice) for voice in voices]
    kept = [at for at in np.argsort(lost) if lost[at] <= MOST_LOST]
    kept = kept if len(kept) >= LEAST_KEPT else list(np.argsort(lost)[:LEAST_KEPT])
    print(f"{persona.name}: DNSMOS {own:.2f}, lost by draw {np.round(lost, 2)}", flush=True)
    return [voices[at] for at in kept]


def rate(engine: EmbeddedEngine, voice: Voice) -> float:
    """Mean DNSMOS of neutral lines by a voice."""
    lines = [line.text for line in load_lines("en") if line.kind == "neutral" and 40 <= len(line.text) <= 90][LINES]
    takes = [engine._speak(make_phrases(line), voice, Moves(), seed=0)[0] for line in lines]
    return float(np.mean([dnsmos(take / np.abs(take).max() * np.float32(0.8), SAMPLE_RATE) for take in takes]))


def choose(personas: list[Persona], draws: list[list[Voice]]) -> list[Voice]:
    """Of the draws of each persona the one that is pushed the least by all others; round after round, until none changes."""
    basis = quiet_directions()

    def place(voice: Voice) -> NDArray[np.float64]:
        own = 12 * np.log2(voice.f0_hz) / F0_STEP, 12 * np.log2(voice.tract) / TRACT_STEP
        return np.concatenate(
            [own, (np.array(voice.formants) - 1) / FORMANT_STEP, basis @ np.array(voice.resonance) / DECIBEL_STEP]
        )

    places = [np.stack([place(voice) for voice in voices]) for voices in draws]
    chosen = [0] * len(personas)
    for _ in range(ROUNDS):
        before = list(chosen)
        for number, own in enumerate(places):
            others = np.stack([places[at][chosen[at]] for at in range(len(places)) if at != number])
            chosen[number] = int(np.argmin((1 / ((own[:, None] - others[None]) ** 2).sum(-1)).sum(1)))
        if chosen == before:
            break
    found = [voices[at] for voices, at in zip(draws, chosen, strict=True)]
    return [halved(voice) if persona.name in HALVED else voice for persona, voice in zip(personas, found, strict=True)]


def halved(voice: Voice) -> Voice:
    """A voice half as far from the bare one."""
    return msgspec.structs.replace(
        voice,
        formants=tuple(round(0.5 + one / 2, 3) for one in voice.formants),
        resonance=tuple(round(one / 2, 1) for one in voice.resonance),
    )


def _shown(values: tuple[float, ...]) -> str:
    return "[" + ", ".join(f"{value + 0.0:g}" for value in values) + "]"


if __name__ == "__main__":
    main()
