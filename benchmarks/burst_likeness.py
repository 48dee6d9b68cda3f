"""How much a vocal burst sounds like the persona who performs it: `python benchmarks/burst_likeness.py [OPTIONS]`.

A speaker encoder (GE2E of `pip install --no-deps resemblyzer`) hears every kind of burst in each persona's voice (seed 0, the
clearest) and lines of the persona's own neutral speech. A persona is known by the mean of some lines; other lines are its own
speech, whose tenth percentile is the bound: a burst above it is as like its persona as nine tenths of its own speech. A burst is
short, so the same is asked of stretches of that speech of the bursts' median length; whatever is shorter than the encoder's 1.6 s
is repeated until it is not. Beside the likeness to its own persona stands that to the other personas.

The last line is one JSON object.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from voiceact.acting.direction import direct
from voiceact.acting.persona import Persona, load_persona
from voiceact.acting.script import load_lines
from voiceact.bursts.kinds import KINDS
from voiceact.bursts.render import perform_burst
from voiceact.cli.output import print_table
from voiceact.engines.registry import load_engine
from voiceact.verify.backends.speaker import ge2e

PERSONAS = ("nurse", "grumpy-lovable-grandpa", "street-poet", "village-priest")
RATE = 24_000
LEAST_SECONDS = 1.6
KNOWN_BY, ASKED, STRETCHES = 3, 10, 2
EDGE_SECONDS = 0.3
"""of a line, which no stretch touches"""


def embed(samples: "np.ndarray[Any, np.dtype[np.float32]]") -> "np.ndarray[Any, np.dtype[np.float32]]":
    """Speaker embedding [256] of a sound at 24 kHz, repeated until it is long enough for the encoder."""
    return ge2e.embed(np.tile(samples, max(1, int(np.ceil(LEAST_SECONDS * RATE / len(samples))))), RATE)


def speak_lines(persona: Persona) -> "list[np.ndarray[Any, np.dtype[np.float32]]]":
    """Neutral readings of neutral lines: what the persona is known by, then its own speech."""
    engine, neutral = load_engine("embedded"), direct(persona, ())
    texts = [line.text for line in load_lines("en") if line.kind == "neutral" and 40 <= len(line.text) <= 90]
    return [engine.perform(text, persona, neutral, language="en", seed=0).samples for text in texts[: KNOWN_BY + ASKED]]


def measure(names: list[str]) -> dict[str, Any]:
    """Likeness of every kind to each persona, and of the persona's own speech, whole and in stretches of a burst's length."""
    personas = [load_persona(name) for name in names]
    bursts = {
        (kind.id, name): perform_burst(kind, persona, rate=RATE)
        for kind in KINDS.values()
        for name, persona in zip(names, personas, strict=True)
    }
    length = int(np.median([len(samples) for samples in bursts.values()]))
    known, whole, short = {}, {}, {}
    for name, persona in zip(names, personas, strict=True):
        lines = speak_lines(persona)
        mean = np.mean([embed(line) for line in lines[:KNOWN_BY]], axis=0)
        known[name] = mean / np.linalg.norm(mean)
        whole[name] = [float(known[name] @ embed(line)) for line in lines[KNOWN_BY:]]
        edge = round(EDGE_SECONDS * RATE)
        stretches = [
            line[start : start + length]
            for line in lines[KNOWN_BY:]
            for start in np.linspace(edge, len(line) - edge - length, STRETCHES).astype(int)
        ]
        short[name] = [float(known[name] @ embed(part)) for part in stretches]
    likeness = {key: {other: float(known[other] @ embed(samples)) for other in names} for key, samples in bursts.items()}

    bound = {name: float(np.percentile(whole[name], 10)) for name in names}
    short_bound = {name: float(np.percentile(short[name], 10)) for name in names}
    own = {key: found[key[1]] for key, found in likeness.items()}
    others = [value for key, found in likeness.items() for other, value in found.items() if other != key[1]]
    kinds: dict[str, dict[str, Any]] = {
        kind.laion: {
            "own": [round(own[kind.id, name], 3) for name in names],
            "reaches": sum(own[kind.id, name] >= bound[name] for name in names),
            "reaches_short": sum(own[kind.id, name] >= short_bound[name] for name in names),
            "nearest": sum(max(likeness[kind.id, name], key=likeness[kind.id, name].__getitem__) == name for name in names),
        }
        for kind in KINDS.values()
    }
    print_table(
        ("kind", *names, "nearest of all"),
        [(kind, *(f"{value:.2f}" for value in row["own"]), f"{row['nearest']} of {len(names)}") for kind, row in kinds.items()],
        right=(*names, "nearest of all"),
    )
    return {
        "bursts": len(bursts),
        "likeness": round(float(np.median(list(own.values()))), 3),
        "likeness_to_others": round(float(np.median(others)), 3),
        "nearest": round(float(np.mean([row["nearest"] / len(names) for row in kinds.values()])), 3),
        "speech": {name: round(float(np.median(whole[name])), 3) for name in names},
        "speech_p10": {name: round(value, 3) for name, value in bound.items()},
        "short_speech": {name: round(float(np.median(short[name])), 3) for name in names},
        "short_speech_p10": {name: round(value, 3) for name, value in short_bound.items()},
        "reach_p10": sum(row["reaches"] for row in kinds.values()),
        "reach_short_p10": sum(row["reaches_short"] for row in kinds.values()),
        "kinds": kinds,
    }


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persona", nargs="+", default=list(PERSONAS), metavar="NAME")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too, kind by kind")
    given = parser.parse_args()
    found = measure(given.persona)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps({name: value for name, value in found.items() if name != "kinds"}))


if __name__ == "__main__":
    main()
