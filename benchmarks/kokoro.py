"""What cutting Kokoro costs: `python benchmarks/kokoro.py --model FILE --voices FOLDER [PART…]`.

Parts: bits (stages against the uncut graph), quality (DNSMOS of the uncut graph, of the same voice through the engine, and of
the embedded voice, on the same sentences), speed (real-time factors of the three in one run), voices (median F0 of each, as
kept in voiceact/engines/kokoro/voices.json), languages (word error rate of each voice of another language, by Whisper base),
tables (error of the shipped style tables on the audio; `--voices` is the npm package). Moves: `python benchmarks/synth.py
controls --engine kokoro:model=…,voices=…`. Needs the weights and the extra `dnsmos`.
"""

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from synth import BASE, neutral_texts, speak

from voiceact.acting.direction import Direction
from voiceact.acting.moves import Moves
from voiceact.acting.persona import Persona, Voice
from voiceact.engines.embedded.text import make_phrases
from voiceact.engines.kokoro import KokoroEngine
from voiceact.engines.kokoro.stages import open_session
from voiceact.engines.kokoro.voices import find_voices, parse_blend
from voiceact.engines.kokoro.weights import find_kokoro_model
from voiceact.verify.naturalness import dnsmos

VOICES = ("af_heart", "am_michael", "bf_emma", "bm_george")
RATE = 24000


class Whole:
    """The uncut graph."""

    def __init__(self, model: str | None, voices: str | None):
        found = find_kokoro_model(model)
        self._session, self._voices = open_session(found.content, found.where), find_voices(voices, model)
        self._names = [entry.name for entry in self._session.get_inputs()]

    def __call__(self, text: str, voice: str) -> np.ndarray:
        """Samples of the text's phrases, one after another."""
        return np.concatenate([self._phrase(phrase.ids, voice) for phrase in make_phrases(text, british=voice[0] == "b")])

    def _phrase(self, ids: tuple[int, ...], voice: str) -> np.ndarray:
        blend = parse_blend(voice)
        style = np.concatenate(self._voices.style(blend, blend, len(ids) - 2), axis=1)
        fed = {"style": style, "speed": np.ones(1, np.float32)}
        fed |= {name: np.asarray([ids], np.int64) for name in self._names if name not in fed}
        return self._session.run(None, fed)[0].reshape(-1)


def own_persona(engine: KokoroEngine, name: str) -> Persona:
    """Somebody who speaks as the voice does by itself, so that nothing is asked of it."""
    part = engine.part(Persona(name=name, description=name, gender="female", age=30))
    own = engine._own(part, "en")
    voice = Voice(f0_hz=round(own.f0_hz, 1), rate=1 / own.time, tract=own.tract)
    return Persona(name=name, description=name, gender="female", age=30, voice=voice)


def bits(model: str | None, voices: str | None) -> dict[str, Any]:
    """Largest difference between the stages, one after another, and the uncut graph, over voices and lines."""
    from voiceact.engines.kokoro.stages import KokoroStages

    found, table = find_kokoro_model(model), find_voices(voices, model)
    stages, whole = KokoroStages(found.content, found.where), Whole(model, voices)
    largest = 0.0
    for voice in VOICES:
        for text in neutral_texts(3):
            for phrase in make_phrases(text, british=voice[0] == "b"):
                style = table.style(parse_blend(voice), parse_blend(voice), len(phrase.ids) - 2)
                largest = max(
                    largest, float(np.abs(_staged(stages, phrase.ids, *style) - whole._phrase(phrase.ids, voice)).max())
                )
    return {"largest_difference": largest}


def _staged(stages: Any, ids: tuple[int, ...], timbre: Any, prosody: Any) -> np.ndarray:
    reading = stages.read(ids, prosody)
    contour = stages.contour(reading, np.maximum(np.round(reading.durations), 1).astype(np.int64), prosody)
    return stages.samples(contour, stages.excitation(contour.f0), timbre)


def quality(model: str | None, voices: str | None) -> dict[str, Any]:
    """DNSMOS, mean over ten neutral lines."""
    whole, found = Whole(model, voices), {}
    texts = neutral_texts(10)
    for voice in VOICES:
        engine = KokoroEngine(model=model, voices=voices, voice=voice)
        persona = own_persona(engine, voice.replace("_", "-"))
        takes = [engine.perform(text, persona, Direction(Moves(), "")) for text in texts]
        found[voice] = {
            "whole": _mean(dnsmos(_levelled(whole(text, voice)), RATE) for text in texts),
            "engine": _mean(dnsmos(take.samples, RATE) for take in takes),
        }
    embedded = _mean(dnsmos(take.samples, take.sample_rate) for take in (speak(text, BASE) for text in texts))
    return {
        "voices": found,
        "embedded": embedded,
        "difference": _mean(entry["engine"] - entry["whole"] for entry in found.values()),
    }


def _levelled(samples: np.ndarray) -> np.ndarray:
    """At the loudness of a persona."""
    from voiceact.audio import loudness_lufs

    return (samples * 10 ** ((BASE.voice.loudness - loudness_lufs(samples, RATE)) / 20)).astype(np.float32)


def speed(model: str | None, voices: str | None) -> dict[str, Any]:
    """Real-time factors on one core, median of three rounds of five lines, and the engine's over the uncut graph's."""
    whole, engine, texts = Whole(model, voices), KokoroEngine(model=model, voices=voices, voice=VOICES[0]), neutral_texts(5)
    persona = own_persona(engine, "own")
    acted = Moves(pitch=3.0, rate=1.1, breath=0.3, tremor=0.3)
    ways: dict[str, Callable[[str], int]] = {
        "whole": lambda text: len(whole(text, VOICES[0])),
        "engine": lambda text: len(engine.perform(text, persona, Direction(Moves(), "")).samples),
        "acted": lambda text: len(engine.perform(text, persona, Direction(acted, "")).samples),
        "embedded": lambda text: len(speak(text, BASE).samples),
    }
    for way in ways.values():
        way(texts[0])
    rounds = [{name: _rtf(way, texts) for name, way in ways.items()} for _ in range(3)]
    found = {f"rtf_{name}": float(np.median([each[name] for each in rounds])) for name in ways}
    return {**found, "engine_to_whole": float(np.median([each["engine"] / each["whole"] for each in rounds]))}


def _rtf(way: Callable[[str], int], texts: list[str]) -> float:
    start = time.perf_counter()
    samples = sum(way(text) for text in texts)
    return (time.perf_counter() - start) / (samples / RATE)


def voices(model: str | None, voices: str | None) -> dict[str, Any]:
    """Median F0 of each English voice in Hz, by the model's own contour of one sentence."""
    table = find_voices(voices, model)
    found = {}
    for name in (name for name in table.names if name[0] in "ab"):
        engine = KokoroEngine(model=model, voices=voices, voice=name)
        found[name] = round(engine._own(engine.part(BASE), "en").f0_hz, 1)
    return found


def tables(model: str | None, voices: str | None) -> dict[str, Any]:
    """Error of the shipped style tables on the audio against the published ones, twelve lines of twelve voices.

    Beside it the change that the published table makes itself when a line has one phoneme more ("next"), and the published
    table in float16. Durations are compared as the voices set them; F0 and spectra at the published table's durations.
    """
    from voiceact.engines.kokoro.stages import KokoroStages
    from voiceact.engines.kokoro.voices import load_shipped_voices

    found = find_kokoro_model(model)
    stages, published, shipped = KokoroStages(found.content, found.where), find_voices(voices), load_shipped_voices()
    results: dict[str, list[tuple[float, float, float]]] = {"shipped": [], "float16": [], "next": []}
    for text, name in zip(neutral_texts(12), [name for name in shipped.names if name[0] in "ab"][::2], strict=False):
        (ids, *_) = (phrase.ids for phrase in make_phrases(text, british=name[0] == "b"))
        row, table = len(ids) - 3, published.table(name)
        steps, f0, sound = _spoken(stages, ids, table[row])
        ways = {
            "shipped": shipped.table(name)[row],
            "float16": table[row].astype(np.float16).astype(np.float32),
            "next": table[row + 1],
        }
        for way, style in ways.items():
            own, other, changed = _spoken(stages, ids, style, steps)
            voiced = (f0 > 40) & (other > 40)
            cents = float(np.sqrt(np.mean((1200 * np.log2(other[voiced] / f0[voiced])) ** 2)))
            results[way].append((abs(own.sum() / steps.sum() - 1) * 100, cents, _spectral_distance(sound, changed)))
            print(name, way, *(round(value, 2) for value in results[way][-1]), flush=True)
    return {
        way: {
            "lines": len(rows),
            "duration_percent": _mean(row[0] for row in rows),
            "f0_cents": _mean(row[1] for row in rows),
            "spectrum_db": _mean(row[2] for row in rows),
        }
        for way, rows in results.items()
    }


def _spoken(stages: Any, ids: tuple[int, ...], style: np.ndarray, steps: np.ndarray | None = None) -> tuple[np.ndarray, ...]:
    """Own steps of each phoneme, and F0 and samples at the given steps (else at the own ones)."""
    timbre, prosody = style[None, :128], style[None, 128:]
    reading = stages.read(ids, prosody)
    own = np.maximum(np.round(reading.durations), 1).astype(np.int64)
    contour = stages.contour(reading, own if steps is None else steps, prosody)
    return own, contour.f0, stages.samples(contour, stages.excitation(contour.f0), timbre)


def _spectral_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Mean log-spectral distance in dB over frames of 50 ms within 50 dB of the loudest, bins within 80 dB."""
    window = np.hanning(1200)
    one, two = (
        np.abs(np.fft.rfft(np.lib.stride_tricks.sliding_window_view(each, 1200)[::300] * window, axis=1))
        for each in (first, second)
    )
    heard, floor = one.max(axis=1) > one.max() * 10 ** (-50 / 20), one.max() * 1e-4
    decibels = 20 * np.log10(np.maximum(one, floor) / np.maximum(two, floor))[heard]
    return float(np.sqrt((decibels**2).mean(axis=1)).mean())


OTHERS = {"es": "ef_dora em_alex", "fr": "ff_siwis", "it": "if_sara im_nicola", "pt": "pf_dora pm_alex"}
LINES = {
    "it": [
        "Domani mattina prendo il treno delle nove per Bologna.",
        "Il bambino ha lasciato gli stivali bagnati davanti alla porta.",
        "Perché non mi hai detto che la riunione era finita?",
        "Nella cucina c'è ancora un po' di zuppa calda.",
        "La chiave della cantina è appesa accanto allo specchio.",
        "Mio zio aggiusta vecchie biciclette e le regala ai vicini.",
    ],
    "pt": [
        "Amanhã de manhã eu pego o ônibus para a cidade.",
        "O menino deixou as botas molhadas na frente da porta.",
        "Por que você não me disse que a reunião tinha acabado?",
        "Na cozinha ainda tem um pouco de sopa quente.",
        "A chave do porão está pendurada ao lado do espelho.",
        "Meu tio conserta bicicletas velhas e dá de presente aos vizinhos.",
    ],
}
"""neutral lines of languages that have no shipped script"""


def languages(model: str | None, voices: str | None, personas: tuple[str, ...] = ("nurse",)) -> dict[str, Any]:
    """Word error rates that Whisper base hears in six neutral lines of each voice of another language, and three of a persona."""
    from voiceact.acting.persona import load_persona
    from voiceact.acting.script import load_lines
    from voiceact.text import speak as spoken
    from voiceact.verify.backends.asr.whisper_base import WhisperBase
    from voiceact.verify.transcript import Limits, listen

    ears, found = WhisperBase(), {}
    plain = KokoroEngine(model=model, voices=voices)
    for language, names in OTHERS.items():
        texts = LINES.get(language) or [line.text for line in load_lines(language) if line.kind == "neutral"][:6]
        speakers = [(name, KokoroEngine(model=model, voices=voices, voice=name), NEUTRAL_ONE) for name in names.split()]
        speakers += [(name, plain, load_persona(name)) for name in personas]
        for name, engine, persona in speakers:
            if persona is NEUTRAL_ONE:
                own = engine._own(engine.part(persona, language), language)
                voice = Voice(f0_hz=round(own.f0_hz, 1), tract=own.tract)
                persona = Persona(name="own", description="own", gender="female", age=30, voice=voice)
            wrong = words = 0
            for text in texts if persona.name == "own" else texts[:3]:
                take = engine.perform(text, persona, Direction(Moves(), ""), language=language)
                heard = listen(ears, take.samples, RATE, spoken(text, language), language, Limits())
                count = len(text.split())
                wrong, words = wrong + heard.error_rate * count, words + count
                print(f"{language} {name} {heard.error_rate:.2f} {text} | {heard.heard}", flush=True)
            found[f"{language} {name}"] = round(wrong / words, 3)
            print(f"{language} {name} {wrong / words:.3f}", flush=True)
    return found


NEUTRAL_ONE = Persona(name="own", description="own", gender="female", age=30, voice=Voice(f0_hz=190))


def _mean(values: Any) -> float:
    return float(np.mean(list(values)))


PARTS = {"bits": bits, "quality": quality, "speed": speed, "voices": voices, "languages": languages, "tables": tables}


def main() -> None:
    """Run the parts named on the command line, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    parser.add_argument("--model")
    parser.add_argument("--voices")
    arguments = parser.parse_args()
    for name in arguments.parts or PARTS:
        print(f"{name}\n{json.dumps(PARTS[name](arguments.model, arguments.voices), indent=2)}", flush=True)


if __name__ == "__main__":
    main()
