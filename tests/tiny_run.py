"""A small run folder with known contents, written by the same code that writes large ones; no engine, no judge."""

import hashlib
import io
from pathlib import Path

import msgspec
import numpy as np
from acted_lines import FakeEngine

from voiceact import audio
from voiceact.acting.direction import direct
from voiceact.acting.mix import EmotionMix
from voiceact.acting.persona import load_persona
from voiceact.acting.taxonomy import categories, get
from voiceact.clip.record import RecipeOrigin, Record, Requested, encode_record
from voiceact.engines.base import Take
from voiceact.store.columns import is_included, make_row, placed, weakest
from voiceact.store.filesystem import Store
from voiceact.store.index import Footer, Tar, count_rows, tar_name
from voiceact.store.run_file import RunFile, Session, write_run
from voiceact.store.shard import ShardWriter
from voiceact.store.sidecar import write_index
from voiceact.store.splits import split_of
from voiceact.synthesis.kernel import record_take
from voiceact.synthesis.request import ResolvedRequest
from voiceact.verify.base import Check, Verdict
from voiceact.verify.verdict import Question, answer

PERSONAS = ("nurse", "grumpy-lovable-grandpa", "curious-first-grader")
CATEGORIES = ("anger", "sadness", "distress")
EVIDENCE = {"anger": "category", "sadness": "category", "distress": "dimension"}
INTENSITIES = (3.0, 5.0)
TAKES = 2
SPLITS = {"train": 0.6, "test": 0.4}
PLAN = "0" * 64
CHECKS = ("quality", "emotion")


class Hum(FakeEngine):
    """Hums as long as a person would speak: 20 characters a second, as 16 bits hold it."""

    def perform(self, text, persona, direction, *, language, seed):
        take = super().perform(text * 5, persona, direction, language=language, seed=seed)
        samples = audio.to_pcm16(take.samples) / np.float32(32768)
        return Take(samples, take.sample_rate, seed, ())


class Heard:
    """Stands for a judge's profile."""

    def __init__(self, category: str, score: float):
        self.scores = {one.id: None if EVIDENCE.get(one.id) is None else 0.5 for one in categories()} | {category: score}
        self.arousal, self.valence, self.dominance = 0.25, -0.5, None
        self.scale = self.cohort = ""


def write_tiny_run(
    folder: Path | str,
    *,
    shards: int = 2,
    twins: bool = True,
    personas=PERSONAS,
    categories=CATEGORIES,
    intensities=INTENSITIES,
    takes: int = TAKES,
    suffix: str = "flac",
    judge=None,
) -> Path | str:
    """Personas × categories × intensities × takes, in equal shards.

    judge: whose verdicts they are; by default the second take of each cell is rejected and the others are not
    """
    store = Store(folder)
    cells = [(category, intensity, persona) for category in categories for intensity in intensities for persona in personas]
    each = -(-len(cells) // shards)
    write_run(store, _run_file(cells, shards, personas, categories, intensities, takes, twins, suffix))
    for shard in range(shards):
        _write_shard(
            store,
            shard,
            [(n, *cells[n]) for n in range(shard * each, min((shard + 1) * each, len(cells)))],
            takes,
            twins,
            suffix,
            judge,
        )
    return folder


def _run_file(cells, shards, personas, categories, intensities, takes, twins, suffix) -> RunFile:
    recipe = {
        "name": "tiny",
        "description": "A run for tests.",
        "seed": 0,
        "languages": ["en"],
        "personas": list(personas),
        "categories": list(categories),
        "intensities": list(intensities),
        "engine": "fake",
        "takes": takes,
        "verify": {"checks": list(CHECKS), "judge": "scripted", "evidence": "category"},
        "store": {"format": suffix, "shard": 1000, "keep": "all", "twins": twins},
        "splits": {**SPLITS, "by": "both"},
    }
    speakers = {name: load_persona(name) for name in personas}
    return RunFile(
        voiceact="0.0",
        name="tiny",
        recipe=recipe,
        fingerprint={"recipe": "1"},
        plan=PLAN,
        cells=len(cells),
        most_takes=takes,
        takes=len(cells) * takes,
        shards=shards,
        engine={
            "name": "fake",
            "version": "1",
            "model_sha256": "0" * 64,
            "deterministic": True,
            "license": {"code": "MIT", "weights": "MIT", "output": "MIT"},
        },
        judge={"name": "scripted", "revision": "r1"},
        personas={
            name: {
                "license": one.license,
                "gender": one.gender,
                "age": one.age,
                "description": one.description,
                "consent": None,
            }
            for name, one in speakers.items()
        },
        sessions=(Session("2026-01-01T00:00:00Z", "process", 1, "2026-01-01T00:01:00Z", len(cells) * takes, 60.0),),
    )


def _write_shard(store: Store, shard: int, cells, takes: int, twins: bool, suffix: str, judge=None) -> None:
    files: dict[str, io.BytesIO] = {}
    writers: dict[str, ShardWriter] = {}
    rows, clips = [], {}
    for index, category, intensity, persona in cells:
        for take in range(1, takes + 1):
            record, sound, twin = make_clip(index, category, intensity, persona, take, suffix, judge)
            level = record.verdict.level
            writer = writers.setdefault(level, ShardWriter(files.setdefault(level, io.BytesIO())))
            key = f"tiny-{index:09d}-{take:03d}"
            members = {suffix: sound, "json": encode_record(record)} | ({f"twin.{suffix}": twin} if twins else {})
            places = writer.add(key, members)
            speaker = load_persona(persona)
            evidence = weakest(list(record.verdict.evidence.values()))
            row = make_row(
                record,
                speaker,
                key=key,
                included=is_included(level, evidence, least="category"),
                split=split_of(persona, record.origin.line, SPLITS, by="both", seed=0),
            )
            rows.append(placed(row, tar_name(level, shard), places, suffix))
            clips[level] = clips.get(level, 0) + 1
    tars = []
    for level, file in files.items():
        writers[level].__exit__(None)
        data, name = file.getvalue(), tar_name(level, shard)
        store.write(name, data)
        tars.append(Tar(name, clips[level], len(data), hashlib.sha256(data).hexdigest()))
    write_index(store, rows, Footer(shard, PLAN, tuple(tars), count_rows(rows)))


def make_clip(
    index: int, category: str, intensity: float, persona: str, take: int, suffix: str = "flac", judge=None
) -> tuple[Record, bytes, bytes]:
    """A record with its verdict, its audio and its twin's."""
    speaker, engine = load_persona(persona), Hum()
    direction = direct(speaker, [(category, intensity)], language="en", seed=take)
    text = f"Line {index} is said in take {take}."
    spoken = engine.perform(text, speaker, direction, language="en", seed=take)
    plain = engine.perform(text, speaker, direct(speaker, (), language="en", seed=take), language="en", seed=take)
    request = ResolvedRequest(
        persona=speaker,
        mix=EmotionMix.of({category: intensity}),
        text=text,
        language="en",
        seed=take,
        direction=direction,
        engine=engine,
        requested=Requested(persona=persona, emotions=[f"{category}:{intensity:g}"]),
        origin=RecipeOrigin(
            recipe="tiny", cell=index, take=take, line=f"en-{index:04d}", line_license="Apache-2.0", script="neutral"
        ),
    )
    record = record_take(request, spoken)
    data = _encoded(spoken, suffix)
    asked = Question(
        spoken.samples,
        spoken.sample_rate,
        text,
        {category: intensity},
        "en",
        (plain.samples, plain.sample_rate),
        direction.instruction,
        direction.moves.whisper,
    )
    verdict = answer(asked, checks=CHECKS, estimator=judge, frugal=True) if judge else _verdict(category, intensity, take)
    record = msgspec.structs.replace(
        record,
        verdict=verdict.to_record(),
        audio=msgspec.structs.replace(
            record.audio, path=f"tiny-{index:09d}-{take:03d}.{suffix}", sha256=hashlib.sha256(data).hexdigest()
        ),
    )
    return record, data, _encoded(plain, suffix)


def _encoded(take: Take, suffix: str) -> bytes:
    return audio.encode(take.samples, take.sample_rate, suffix=f".{suffix}")


def _verdict(category: str, intensity: float, take: int) -> Verdict:
    """The first take is heard, the second is not."""
    evidence, name, score = EVIDENCE[category], get(category).name, intensity if take == 1 else 0.5
    outcome, reason = ("pass", "") if take == 1 else ("fail", "absent")
    level = "rejected" if take > 1 else "verified" if evidence == "category" else "consistent"
    checks = (
        Check("quality", "pass", "whole"),
        Check("emotion", outcome, f"{name}: {score}", reason, score, 2.0, {"category": category, "evidence": evidence}),
    )
    return Verdict(
        level,
        checks,
        {category: intensity},
        {category: evidence},
        {"name": "scripted", "revision": "r1"},
        "twin",
        Heard(category, score),
    )
