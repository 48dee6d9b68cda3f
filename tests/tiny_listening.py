"""A listening test of a few short tones, made by hand: what the server's tests serve."""

from pathlib import Path

import numpy as np

from voiceact import audio
from voiceact.listening.loading import encode_test
from voiceact.listening.model import ClipSource, ListeningItem, Stimulus, TestFile, TestSettings, with_id
from voiceact.listening.protocols.registry import load_protocol
from voiceact.runtime.atomic_files import sha256_file

CATEGORIES = ("fear", "elation", "sadness", "anger", "pride", "relief")
RATE = 16000
SECRETS = ("nurse-of-the-key", "persona-nobody-may-see", "spoken-words-nobody-reads")
"""key, persona and text of every clip: no listener may be told"""


def make_test(
    folder: Path,
    *,
    protocol: str = "presence",
    clips: int = 4,
    seconds: float = 0.3,
    per_listener: int = 12,
    gold: bool = True,
    **settings: object,
) -> Path:
    """A folder with test.json and audio; item i asks for CATEGORIES[i] of clip i, whose own category is another."""
    (folder / "audio").mkdir(parents=True)
    made = [_clip(folder, number, seconds) for number in range(clips)]
    items = _items(protocol, made, gold)
    languages = settings.pop("languages", ("en", "de", "es", "fr"))
    file = TestFile(
        protocol=protocol,
        seed=7,
        source=ClipSource(kind="folder", name="tones"),
        clips=tuple(made),
        items=tuple(items),
        settings=TestSettings(
            raters=settings.pop("raters", load_protocol(protocol).raters),
            per_listener=per_listener,
            gap=2,
            repeats=0.0,
            attention=0.0,
            gold=0.2 if gold else 0.0,
            languages=languages,
            **settings,
        ),
    )
    (folder / "test.json").write_bytes(encode_test(with_id(file)))
    return folder


def _clip(folder: Path, number: int, seconds: float) -> Stimulus:
    path = folder / "audio" / f"c{number:03}.flac"
    tone = 0.1 * np.sin(2 * np.pi * (300 + 40 * number) * np.arange(round(seconds * RATE)) / RATE)
    audio.write(path, tone.astype(np.float32), RATE)
    key, persona, text = SECRETS
    return Stimulus(
        id=f"c{number:03}",
        file=f"audio/{path.name}",
        sha256=sha256_file(path),
        seconds=seconds,
        lufs_before=-20.0,
        gain_db=-3.0,
        key=f"{key}-{number}",
        category="disgust",
        intensity=6.0,
        persona=persona,
        language="en",
        text=text,
        verdict="verified",
        scores={"disgust": 6.5},
        thresholds={"disgust": 3.0},
    )


def _items(protocol: str, clips: list[Stimulus], gold: bool) -> list[ListeningItem]:
    known = load_protocol(protocol)
    made = []
    for number, clip in enumerate(clips):
        asked = CATEGORIES if known.many else (CATEGORIES[number % len(CATEGORIES)],) if known.needs_category else ()
        ids = (clip.id, clips[number - 1].id)[: known.clips_per_item]
        made.append(
            ListeningItem(id=f"i{number:03}", clips=ids, category=asked[0] if asked else None, kind="target", asked=asked)
        )
    if gold:
        item = made[0]
        made.append(
            ListeningItem(
                id="i900",
                clips=item.clips[::-1],
                category=item.category,
                kind="gold",
                asked=item.asked,
                expected=(known.values[0],),
            )
        )
    return made
