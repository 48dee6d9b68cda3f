"""How far personas differ: `benchmarks/personas.py apart [--engine NAME] [--count N] [--json FILE]`.

`apart` lets a speaker encoder (GE2E of `pip install --no-deps resemblyzer`) tell which of N shipped personas speaks. Each is known
by three neutral lines; it is then asked of four other neutral lines, and of one line in each category of an audition at
intensity 5 (with `--categories all`, in all 40). Chance is 1 in N.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np

from voiceact.acting import taxonomy
from voiceact.acting.direction import direct
from voiceact.acting.persona import Persona, list_personas
from voiceact.acting.script import load_lines, pick_line
from voiceact.engines.base import Engine
from voiceact.engines.registry import load_engine
from voiceact.prompting.casting import AUDITION, choose_cast
from voiceact.verify.backends.speaker import ge2e

KNOWN_BY, ASKED = 3, 4
INTENSITY = 5.0


def embed_line(engine: Engine, persona: Persona, text: str, category: str = "") -> np.ndarray:
    """Speaker embedding [256] of one line by a persona."""
    direction = direct(persona, [(category, INTENSITY)] if category else ())
    take = engine.perform(text, persona, direction, language="en", seed=0)
    return ge2e.embed(take.samples, take.sample_rate)


def measure_apart(engine: Engine, personas: list[Persona], categories: list[str]) -> dict[str, object]:
    """Share of lines whose speaker is the nearest of all, and how much like itself each persona stays."""
    lines = [line.text for line in load_lines("en") if line.kind == "neutral" and 40 <= len(line.text) <= 90]
    known = np.stack(
        [np.mean([embed_line(engine, persona, text) for text in lines[:KNOWN_BY]], axis=0) for persona in personas]
    )
    known /= np.linalg.norm(known, axis=1, keepdims=True)
    right: dict[str, list[bool]] = defaultdict(list)
    drift: dict[str, list[float]] = defaultdict(list)
    confused: dict[str, int] = defaultdict(int)
    by_persona: dict[str, list[bool]] = defaultdict(list)
    for number, persona in enumerate(personas):
        asked = [("neutral", text, "") for text in lines[KNOWN_BY : KNOWN_BY + ASKED]]
        for category in categories:
            if persona.plays(category):
                name = taxonomy.get(category).name
                asked.append(
                    (name, pick_line(kind="evocative", category=name, language="en", tags=persona.tags).text, category)
                )
        for name, text, category in asked:
            likeness = known @ embed_line(engine, persona, text, category)
            first = int(np.argmax(likeness))
            right[name].append(first == number)
            by_persona[persona.name].append(first == number)
            drift[name].append(float(likeness[number]))
            if first != number:
                confused[f"{persona.name} as {personas[first].name}"] += 1
        print(f"{number + 1} of {len(personas)} {persona.name}: {np.mean(by_persona[persona.name]):.0%}", flush=True)
    acted = [one for name, found in right.items() if name != "neutral" for one in found]
    between = known @ known.T
    return {
        "engine": engine.name,
        "personas": len(personas),
        "neutral": {"lines": len(right["neutral"]), "right": float(np.mean(right["neutral"]))},
        "acted": {"lines": len(acted), "right": float(np.mean(acted))},
        "by_category": {name: round(float(np.mean(found)), 3) for name, found in right.items()},
        "likeness": {name: round(float(np.median(found)), 3) for name, found in drift.items()},
        "likeness_between_personas": round(float(np.median(between[~np.eye(len(personas), dtype=bool)])), 3),
        "by_persona": {name: round(float(np.mean(found)), 3) for name, found in by_persona.items()},
        "confused": dict(sorted(confused.items(), key=lambda pair: -pair[1])[:15]),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["apart"])
    parser.add_argument("--engine", default="embedded")
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--categories", choices=["audition", "all"], default="audition")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    personas = [member.persona for member in choose_cast(list_personas(), given.count)]
    categories = list(AUDITION) if given.categories == "audition" else [one.id for one in taxonomy.categories()]
    found = measure_apart(load_engine(given.engine), personas, categories)
    text = json.dumps(found, indent=2)
    if given.json:
        given.json.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
