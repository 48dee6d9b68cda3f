"""How far personas differ, and how near one comes to a recording: `benchmarks/personas.py apart|voice|like|words [OPTIONS]`.

`apart` lets a speaker encoder (GE2E of `pip install --no-deps resemblyzer`) tell which of N shipped personas speaks. Each is known
by three neutral lines; it is then asked of four other neutral lines, and of one line in each category of an audition at
intensity 5 (with `--categories all`, in all 40). Chance is 1 in N. `--asked M` asks the first M alone. What it prints as "likeness" is
how like itself a persona stays (the median cosine with what it is known by), to be read beside "likeness_between_personas".

`voice CORPUS…` makes a persona of some neutral clips of each speaker of a corpus (a folder with a `manifest.jsonl`) with the embedded
engine, lets it speak lines that were not fitted, and measures F0, range and rate of both in the same way. It also says how often
one speaker's clips are taken for two voices, and the clips of two for one.

`like CORPUS…` takes the delivery of acted clips, each beside a neutral clip of its speaker (of the same sentence where the corpus says
which), lets a persona deliver an English line so, and compares what is measured of the take, beside its twin, with what was measured
of the recording; and the judge's arousal. `--unmatched` leaves the arousal as the moves make it.

`words CORPUS…` does so with the text of the clip itself (rows with a `text` and the language en): how far each word is moved in F0 and
length, take beside twin, is laid beside how far it is in the recording, with the marks of `--like` and with its moves alone.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from voiceact import audio
from voiceact.acting import taxonomy
from voiceact.acting.direction import direct
from voiceact.acting.mix import EmotionMix
from voiceact.acting.moves import MULTIPLIERS
from voiceact.acting.persona import Persona, list_personas, load_persona
from voiceact.acting.script import load_lines, pick_line
from voiceact.acting.stage_directions import parse_stage
from voiceact.audio.captions import timed_text
from voiceact.director.arousal import match_arousal
from voiceact.engines.base import Engine
from voiceact.engines.registry import load_engine
from voiceact.errors import UsageError
from voiceact.estimators.features.signal import prepare
from voiceact.estimators.features.voice_measures import measure_voice
from voiceact.estimators.registry import load_estimator
from voiceact.prompting.casting import AUDITION, choose_cast
from voiceact.prompting.delivery import Delivery, delivered_moves, read_delivery, word_heights
from voiceact.prompting.recorded_person import (
    LEAST_ALIKE,
    SHORTEST_SECONDS,
    VoiceFit,
    fit_voice,
    speak_texts,
    voices_alike,
)
from voiceact.synthesis.request import SynthesisRequest, with_stage
from voiceact.synthesis.synthesize import synth
from voiceact.verify.backends.speaker import ge2e
from voiceact.verify.word_alignment import align_words

KNOWN_BY, ASKED = 3, 4
INTENSITY = 5.0


def neutral_lines() -> list[str]:
    """Shipped neutral English lines of middling length, in their order."""
    return [line.text for line in load_lines("en") if line.kind == "neutral" and 40 <= len(line.text) <= 90]


def read_manifest(corpus: Path) -> list[dict[str, Any]]:
    """The rows of a corpus."""
    return [json.loads(line) for line in (corpus / "manifest.jsonl").read_text("utf-8").splitlines()]


def embed_line(engine: Engine, persona: Persona, text: str, category: str = "") -> np.ndarray:
    """Speaker embedding [256] of one line by a persona."""
    direction = direct(persona, [(category, INTENSITY)] if category else ())
    take = engine.perform(text, persona, direction, language="en", seed=0)
    return ge2e.embed(take.samples, take.sample_rate)


def measure_apart(engine: Engine, personas: list[Persona], categories: list[str], most: int) -> dict[str, object]:
    """Share of lines whose speaker is the nearest of all, and how much like itself each of the first `most` personas stays."""
    lines = neutral_lines()
    known = np.stack(
        [np.mean([embed_line(engine, persona, text) for text in lines[:KNOWN_BY]], axis=0) for persona in personas]
    )
    known /= np.linalg.norm(known, axis=1, keepdims=True)
    right: dict[str, list[bool]] = defaultdict(list)
    drift: dict[str, list[float]] = defaultdict(list)
    confused: dict[str, int] = defaultdict(int)
    by_persona: dict[str, list[bool]] = defaultdict(list)
    for number, persona in enumerate(personas[:most]):
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
        print(f"{number + 1} of {min(most, len(personas))} {persona.name}: {np.mean(by_persona[persona.name]):.0%}", flush=True)
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


def read_speakers(corpus: Path, clips: int = 6) -> dict[str, tuple[np.ndarray, int]]:
    """Speaker -> some neutral clips, one after another, and their rate."""
    paths: dict[str, list[Path]] = defaultdict(list)
    for row in read_manifest(corpus):
        if row["emotion"] == "neutral":
            paths[row["speaker"]].append(corpus / row["path"])
    found = {}
    for speaker, files in sorted(paths.items()):
        parts, rate = [], 0
        for file in files[:clips]:
            samples, rate = audio.read(file)
            parts += [samples, np.zeros(rate // 4, np.float32)]
        found[speaker] = np.concatenate(parts), rate
    return found


def measure_voices(engine: Engine, corpora: list[Path], most: int) -> dict[str, object]:
    """Differences between recordings and the personas made of them, on lines that were not fitted."""
    unseen = neutral_lines()[20:28]
    rows: list[dict[str, object]] = []
    alone: dict[str, float] = {}
    together: dict[str, float] = {}
    for corpus in corpora:
        speakers = read_speakers(corpus)
        names = list(speakers)
        for number, name in enumerate(names[:most]):
            samples, rate = speakers[name]
            alone[f"{corpus.name} {name}"] = voices_alike(prepare(samples, rate)) or 1.0
            other, _ = speakers[names[(number + 1) % len(names)]]
            half = np.concatenate([samples[: len(samples) // 2], other[len(other) // 2 :]])
            together[f"{corpus.name} {name} {names[(number + 1) % len(names)]}"] = voices_alike(prepare(half, rate)) or 1.0
            wanted = measure_voice(samples, rate)
            if wanted.seconds < SHORTEST_SECONDS:
                continue
            fit = fit_voice(wanted, samples, rate, engine)
            heard = measure_voice(*speak_texts(engine, fit.voice, unseen))
            row = {"corpus": corpus.name, "speaker": name, **VoiceFit(fit.voice, wanted, heard, fit.likeness).differences()}
            rows.append(row | {"tract": fit.voice.tract, "f0_hz": round(wanted.f0_hz, 1)})
            print(rows[-1], flush=True)
    share = {
        "f0_within_1_semitone": np.mean([abs(row["f0_semitones"]) <= 1 for row in rows]),
        "rate_within_10_percent": np.mean([abs(row["rate_percent"]) <= 10 for row in rows]),
        "range_within_20_percent": np.mean([abs(row["range_percent"]) <= 20 for row in rows]),
        "one_taken_for_two": np.mean([value < LEAST_ALIKE for value in alone.values()]),
        "two_noticed": np.mean([value < LEAST_ALIKE for value in together.values()]),
    }
    medians = {
        key: float(np.median([abs(row[key]) for row in rows])) for key in ("f0_semitones", "range_percent", "rate_percent")
    }
    return {
        "speakers": len(rows),
        "shares": {key: round(float(value), 3) for key, value in share.items()},
        "median_difference": medians,
        "rows": rows,
        "alone": alone,
        "together": together,
    }


def measure_likeness(engine: Engine, corpora: list[Path], most: int, *, matched: bool = True) -> dict[str, object]:
    """Correlation of delivered moves with those of recordings, and whose arousal is nearer, the take's or its twin's.

    Args:
        engine: that speaks
        corpora: folders of recordings
        most: clips of each corpus
        matched: whether the arousal of takes is brought to that of the recording, as `voiceact synth --like` does
    """
    judge = load_estimator()
    lines = neutral_lines()
    personas = [load_persona(name) for name in ("nurse", "weary-detective")]
    wanted: dict[str, list[float]] = defaultdict(list)
    heard: dict[str, list[float]] = defaultdict(list)
    nearer: list[bool] = []
    for corpus in corpora:
        rows = read_manifest(corpus)
        sentence = {row["path"]: row.get("text", row.get("sentence", row.get("take", ""))) for row in rows}
        neutral: dict[tuple[str, str], str] = {}
        for row in rows:
            if row["emotion"] == "neutral":
                neutral.setdefault((row["speaker"], sentence[row["path"]]), row["path"])
                neutral.setdefault((row["speaker"], ""), row["path"])
        acted = [row for row in rows if row["emotion"] != "neutral" and row["seconds"] >= 1.2]
        picked = np.random.default_rng(18).permutation(len(acted))[:most]
        for number, at in enumerate(picked):
            row = acted[at]
            plain = neutral.get((row["speaker"], sentence[row["path"]])) or neutral.get((row["speaker"], ""))
            if plain is None:
                continue
            clip, beside = audio.read(corpus / row["path"]), audio.read(corpus / plain)
            try:
                delivery = read_delivery(clip, beside)
            except UsageError:
                continue
            persona = personas[number % len(personas)]
            mix = delivery.mix_for(persona)
            text = lines[number % len(lines)]

            def request_for(
                delivery: Delivery, persona: Persona = persona, mix: EmotionMix = mix, text: str = text
            ) -> SynthesisRequest:
                direction = delivery.direction(persona, mix)
                return SynthesisRequest(persona=persona, mix=mix, text=text, engine=engine, direction=direction)

            if matched:
                delivery = match_arousal(delivery, request_for)
            stage = parse_stage(delivery.direction(persona, mix))
            directed = with_stage(direct(persona, mix.pairs()), stage)
            take = engine.perform(text, persona, directed, language="en", seed=0)
            twin = engine.perform(text, persona, direct(persona, ()), language="en", seed=0)
            sounds = (take.samples, take.sample_rate), (twin.samples, twin.sample_rate)
            delivered = delivered_moves(*sounds)
            for name, value in delivery.moves.items():
                if name not in delivered:
                    continue
                wanted[name].append(float(np.log(value)) if name in MULTIPLIERS else value)
                heard[name].append(float(np.log(delivered[name])) if name in MULTIPLIERS else delivered[name])
            aroused = judge.profile(*clip, reference=judge.reference([beside])).arousal
            known = judge.reference([sounds[1]])
            own, flat = (judge.profile(*sound, reference=known).arousal for sound in sounds)
            if aroused is not None and own is not None and flat is not None:
                nearer.append(abs(own - aroused) < abs(flat - aroused))
            print(
                number,
                row["emotion"],
                [f"{name} {value:.2f}" for name, value in delivery.moves.items()],
                nearer[-1:],
                flush=True,
            )
    return {
        "clips": len(nearer),
        "correlation": {name: round(float(np.corrcoef(wanted[name], heard[name])[0, 1]), 2) for name in wanted},
        "arousal_nearer_than_twin": round(float(np.mean(nearer)), 3),
    }


def measure_words(engine: Engine, corpora: list[Path], most: int, seed: int) -> dict[str, object]:
    """Correlation of what each word does in takes with what it does in recordings of the same text, beyond the whole line."""
    personas = [load_persona(name) for name in ("nurse", "weary-detective")]
    moved: dict[str, list[np.ndarray]] = defaultdict(list)
    clips = 0
    for corpus in corpora:
        rows = [row for row in read_manifest(corpus) if row.get("text") and row["language"] == "en"]
        plain = {(row["speaker"], row["text"]): row["path"] for row in rows if row["emotion"] == "neutral"}
        acted = [row for row in rows if row["emotion"] != "neutral" and (row["speaker"], row["text"]) in plain]
        for at in np.random.default_rng(seed).permutation(len(acted))[:most]:
            row, persona = acted[at], personas[clips % len(personas)]
            text = row["text"]
            clip, beside = audio.read(corpus / row["path"]), audio.read(corpus / plain[row["speaker"], text])
            try:
                delivery = read_delivery(clip, beside, text=text)
                recorded = word_changes(text, clip, beside)
            except UsageError as error:
                print(f"{row['path']}: {error}", flush=True)
                continue
            mix = delivery.mix_for(persona)
            twin = synth(persona=persona, text=text, engine=engine)
            changes = {"recording": recorded}
            for name, said in (("marks", delivery.text), ("moves alone", text)):
                take = synth(persona=persona, emotion=mix, text=said, direction=delivery.direction(persona, mix), engine=engine)
                changes[name] = word_changes(text, (take.samples, take.record.audio.sample_rate), (twin.samples, 24_000))
            for name, found in changes.items():
                moved[name].append(found)
            clips += 1
            print(row["path"], row["emotion"], delivery.text, flush=True)
    table = {name: np.concatenate(found, axis=1) for name, found in moved.items()}
    kept = np.isfinite(np.stack(list(table.values()))).all(axis=(0, 1))
    return {
        "clips": clips,
        "words": int(kept.sum()),
        "correlation": {
            name: {
                what: round(float(np.corrcoef(table["recording"][place, kept], table[name][place, kept])[0, 1]), 2)
                for place, what in enumerate(("f0", "length"))
            }
            for name in ("marks", "moves alone")
        },
    }


def word_changes(text: str, clip: tuple[Any, int], plain: tuple[Any, int]) -> np.ndarray:
    """How much higher (semitones) and longer (logarithm) each word is than in a plain reading, less the line's median, [2, words]."""
    rows = []
    words, known = (timed_text(text, align_words(*sound, text)) for sound in (clip, plain))
    rows.append(word_heights(clip, words) - word_heights(plain, known))
    rows.append(
        np.array([np.log((one.end - one.start) / (other.end - other.start)) for one, other in zip(words, known, strict=True)])
    )
    return np.stack([row - np.median(row[np.isfinite(row)]) for row in rows])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["apart", "voice", "like", "words"])
    parser.add_argument("corpora", nargs="*", type=Path)
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--speakers", type=int, default=12)
    parser.add_argument("--seed", type=int, default=18, help="of the clips that are drawn")
    parser.add_argument("--unmatched", action="store_true", help="leave the arousal of takes as the moves make it")
    parser.add_argument("--engine", default="embedded")
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--asked", type=int, default=100, help="how many of the personas are asked")
    parser.add_argument("--categories", choices=["audition", "all"], default="audition")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    engine = load_engine(given.engine)
    if given.what == "like":
        found = measure_likeness(engine, given.corpora, given.clips, matched=not given.unmatched)
    elif given.what == "words":
        found = measure_words(engine, given.corpora, given.clips, given.seed)
    elif given.what == "voice":
        found = measure_voices(engine, given.corpora, given.speakers)
    else:
        personas = [member.persona for member in choose_cast(list_personas(), given.count)]
        categories = list(AUDITION) if given.categories == "audition" else [one.id for one in taxonomy.categories()]
        found = measure_apart(engine, personas, categories, given.asked)
    text = json.dumps(found, indent=2)
    if given.json:
        given.json.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
