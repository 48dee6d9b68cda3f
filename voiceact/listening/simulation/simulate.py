"""Listeners who do not exist, of whom all is known: what proves that the analysis finds what is there.

A clip carries a category with some strength. A listener hears that strength, shifted by their bias and blurred by their
noise, and answers by where it falls on the scale: present from 0 on, strongly present from 1 on. Or they do not listen at
all. Noise of 1 is the unit in which everything else is told.

>>> from voiceact.listening.simulation.simulate import crowd, make_world, take_test
>>> world = make_world("presence", clips=20, seed=1)
>>> answers = take_test(world, crowd(6, seed=1), seed=1)
>>> len(answers) > 40
True
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Literal

import numpy as np

from voiceact.acting.taxonomy import categories as taxonomy
from voiceact.listening.answers.answer import Answer, Value, sealed
from voiceact.listening.design.item_generation import attention_drafts, make_items
from voiceact.listening.loading import ListeningTest, open_test
from voiceact.listening.model import ASKED, OTHER, Item, Source, Stimulus, TestFile, TestSettings, signed
from voiceact.listening.protocols.base import Hearing
from voiceact.listening.protocols.material import Material
from voiceact.listening.protocols.registry import load_protocol

Habit = Literal["honest", "clicker", "one button", "hasty"]
HABITS: dict[Habit, str] = {
    "honest": "listens and answers as they hear",
    "clicker": "answers at random, as slowly as others",
    "one button": "answers the same whatever is played",
    "hasty": "answers at random before the clip can have been thought about",
}
NO_HEADPHONES = 2.0
"""times as much noise for somebody on a laptop's loudspeaker"""
ABSENT = -2.5
"""strength of a category that was not asked for, or of a neutral reading"""
CERTAIN = 3.0
"""strength that nobody mistakes"""
LIKELY_SECONDS, HASTY_SECONDS = 1.5, 0.1
AT = "2026-01-01T00:00:00Z"

Random_ = np.random.Generator


@dataclass(frozen=True)
class Simulated:
    """A listener.

    bias: how much stronger than it is everything sounds to them; noise: of one hearing
    habit: see HABITS; lazy: share of items they answer without having listened
    headphones: whether they wear any
    """

    name: str
    bias: float = 0.0
    noise: float = 1.0
    habit: Habit = "honest"
    lazy: float = 0.0
    headphones: bool = True


@dataclass(frozen=True)
class World:
    """A test, and the truth.

    strength: (clip, category) -> how strongly it is there; category "" for what is asked of the clip as such
    """

    test: ListeningTest
    strength: Mapping[tuple[str, str], float] = field(repr=False)


def crowd(
    size: int,
    *,
    bias: float = 0.5,
    noise: float = 1.0,
    seed: int = 0,
    clickers: int = 0,
    one_button: int = 0,
    hasty: int = 0,
    lazy: float = 0.0,
    without_headphones: int = 0,
    prefix: str = "listener",
) -> list[Simulated]:
    """Listeners whose biases are drawn with standard deviation `bias`; the named numbers of them are of another habit."""
    random = np.random.default_rng(seed)
    numbers: dict[Habit, int] = {"clicker": clickers, "one button": one_button, "hasty": hasty}
    habits: list[Habit] = [habit for habit, many in numbers.items() for _ in range(many)]
    habits += ["honest"] * (size - len(habits))
    return [
        Simulated(
            f"{prefix}-{place:04d}",
            float(random.normal(0, bias)),
            noise,
            habit,
            lazy,
            headphones=not len(habits) - without_headphones <= place,
        )
        for place, habit in enumerate(habits)
    ]


def make_world(
    protocol: str,
    *,
    clips: int = 60,
    categories: Sequence[str] = ("anger", "sadness", "pride"),
    mean: float = 0.0,
    spread: float = 1.0,
    judge_noise: float = 1.0,
    raters: int | None = None,
    contrastive: float | None = None,
    evidence: str = "category",
    seed: int = 0,
) -> World:
    """A test of clips whose strengths are drawn with that mean and standard deviation, and a judge that hears them blurred.

    Strengths of a category that a clip was not made for lie about ABSENT; the judge's score is 3.5 at strength 0, and
    `evidence` is what it claims to stand behind it.
    """
    random, known = np.random.default_rng(seed), load_protocol(protocol)
    takes = [_take(place, categories[place % len(categories)]) for place in range(clips)]
    twins = [
        _take(clips + place, takes[place].category or "", made=made) for place in range(min(16, clips)) for made in known.gold
    ]
    source = {twin.id: takes[place // max(len(known.gold), 1)] for place, twin in enumerate(twins)}
    share = known.contrastive if contrastive is None else contrastive
    asked = tuple(one.id for one in taxonomy() if one.id in categories) if known.many else ()
    material = Material(
        takes,
        {made: [one for one in twins if one.made == made] for made in known.gold},
        source,
        known.gold,
        asked,
        share,
        Random(seed),
    )
    drafts = known.make(material)
    drafts += attention_drafts(known, drafts, count=6, random=Random(seed))
    items = make_items(drafts, salt=f"simulated-{seed}", repeats=True)
    strength = _strengths(items, takes, twins, source, mean, spread, random)
    judged = [_judged(clip, strength, judge_noise, evidence, random) for clip in (*takes, *twins)]
    file = TestFile(
        protocol=protocol,
        seed=seed,
        source=Source("folder", "simulated"),
        clips=tuple(judged),
        items=items,
        settings=TestSettings(raters=raters or known.raters, contrastive=share),
    )
    return World(open_test(signed(file)), strength)


def take_test(
    world: World, listeners: Sequence[Simulated], *, seed: int = 0, checks: int = 6, seal: bool = False
) -> list[Answer]:
    """What these listeners answer: every item to the end of its rounds, by those who have answered least.

    checks: gold, repeated and attention items that each listener gets besides, of each kind as many as there are
    seal: give each row its digest, as a results file needs
    """
    random, numbers = np.random.default_rng(seed), {one.name: count(1) for one in listeners}
    rows: list[Answer] = []

    def ask(listener: Simulated, item: Item, stage: int) -> dict[str, Value]:
        values = respond(world, listener, item, random)
        rows.extend(_rows(world.test, listener, item, values, stage, next(numbers[listener.name]), random))
        return values

    first = _main_part(world, listeners, random, ask)
    for listener in listeners:
        _check_part(world, listener, checks, random, ask, first)
    return [sealed(row) for row in rows] if seal else rows


def respond(world: World, listener: Simulated, item: Item, random: Random_) -> dict[str, Value]:
    """Category asked ("" for none) -> this listener's answer to the item."""
    values = world.test.protocol.values
    if listener.habit == "one button":
        return dict.fromkeys(_asked(item), values[-1])
    if listener.habit != "honest" or random.random() < listener.lazy:
        return {category: int(random.choice(values)) for category in _asked(item)}
    if item.kind == "attention" and item.expected:
        return dict.fromkeys(_asked(item), item.expected[0])
    noise = listener.noise * (1.0 if listener.headphones else NO_HEADPHONES)
    answers: dict[str, Value] = {}
    for category in _asked(item):
        strengths = tuple(world.strength[clip, category] + random.normal(0, noise) for clip in item.clips)
        likeness = world.strength.get((item.clips[0], item.clips[-1]))
        hearing = Hearing(strengths, listener.bias, likeness, lambda: random.normal(0, noise))
        answers[category] = world.test.protocol.simulate(values, hearing)
    return answers


# --- The truth


def positive_rate(mean: float, spread: float, bias: float, *, raters: int = 1) -> float:
    """Share of clips that `raters` listeners all call present, noise being 1: what a test with no end would find."""
    from statistics import NormalDist

    clips = np.linspace(-6, 6, 2001)
    weight = np.exp(-(clips**2) / 2)
    present = np.array([NormalDist().cdf((mean + spread * one) / (1 + bias * bias) ** 0.5) for one in clips])
    return float((weight * present**raters).sum() / weight.sum())


# --- Parts


Ask = Callable[..., dict[str, Value]]


def _main_part(world: World, listeners: Sequence[Simulated], random: Random_, ask: Ask) -> dict[tuple[str, str], None]:
    """Ask every item of the test in rounds; who was asked what."""
    test, load = world.test, np.zeros(len(listeners))
    done: dict[tuple[str, str], None] = {}
    for item in sorted(test.asked, key=lambda item: item.id):
        values: list[float] = []
        raters = np.lexsort((random.random(len(listeners)), load))
        for place in raters:
            if len(values) >= test.protocol.raters_wanted(item.kind, values, test.settings.raters):
                break
            stage = test.protocol.stage(item.kind, values, test.settings.raters)
            found = ask(listeners[place], item, stage)
            values.append(float(found.get(item.category or "", next(iter(found.values())))))
            load[place] += 1
            done[listeners[place].name, item.id] = None
    return done


def _check_part(
    world: World, listener: Simulated, checks: int, random: Random_, ask: Ask, done: Mapping[tuple[str, str], None]
) -> None:
    test = world.test
    for items in (test.of_kind("gold"), test.of_kind("attention")):
        for place in random.permutation(len(items))[:checks]:
            ask(listener, items[place], 1)
    again = [test.repeats[item] for name, item in done if name == listener.name and item in test.repeats]
    for place in random.permutation(len(again))[:checks]:
        ask(listener, again[place], 1)


def _rows(
    test: ListeningTest,
    listener: Simulated,
    item: Item,
    values: Mapping[str, Value],
    stage: int,
    position: int,
    random: Random_,
) -> list[Answer]:
    typical = HASTY_SECONDS if listener.habit == "hasty" else LIKELY_SECONDS
    seconds, plays = round(float(random.lognormal(np.log(typical), 0.5)), 3), 1 + int(random.random() < 0.2)
    clip, *second = item.clips
    return [
        Answer(
            test=test.id,
            protocol=test.protocol.name,
            listener=listener.name,
            item=item.id,
            clip=clip,
            clip_b=second[0] if second else None,
            category=category or None,
            kind=_kind(test, item, category),
            stage=stage,
            position=position,
            value=value,
            seconds=seconds,
            plays=plays,
            at=AT,
            order_seed=0,
            repeats=item.repeats,
        )
        for category, value in values.items()
    ]


def _kind(test: ListeningTest, item: Item, category: str) -> str:
    return item.kind if not test.protocol.many or category == item.category else OTHER


def _asked(item: Item) -> tuple[str, ...]:
    return item.asked or ("",)


def _take(number: int, category: str, *, made: str = "take") -> Stimulus:
    name = f"clip-{number:05d}"
    return Stimulus(
        id=name,
        file=f"audio/{name}.flac",
        sha256="0" * 64,
        seconds=3.0,
        lufs_before=-23.0,
        gain_db=0.0,
        key=f"take-{number:05d}",
        made=made,
        category=category,
        intensity=float(3 + number % 5),
        persona=f"persona-{number % 4}",
        language="en",
        text="",
        verdict=None,
    )


def _strengths(
    items: Sequence[Item],
    takes: Sequence[Stimulus],
    twins: Sequence[Stimulus],
    source: Mapping[str, Stimulus],
    mean: float,
    spread: float,
    random: Random_,
) -> dict[tuple[str, str], float]:
    own = {clip.id: float(random.normal(mean, spread)) for clip in takes}
    found = {
        (clip.id, category): own[clip.id] if category in (clip.category, "") else ABSENT + float(random.normal(0, 0.5))
        for clip in takes
        for category in ("", *sorted({one for item in items for one in item.asked}))
    }
    found |= {(twin.id, category): -CERTAIN - 1 for twin in twins for category in {key[1] for key in found}}
    for item in items:
        if len(item.clips) == 2 and item.category is None:
            golden = any(clip in source for clip in item.clips)
            same = 1 if item.kind in ("target", "repeat") and not _strangers(item, takes) else -1
            found[item.clips[0], item.clips[1]] = CERTAIN + 1 if golden else same * abs(mean or 1.0)
    return found


def _strangers(item: Item, takes: Sequence[Stimulus]) -> bool:
    persona = {clip.id: clip.persona for clip in takes}
    return persona.get(item.clips[0]) != persona.get(item.clips[1])


def _judged(
    clip: Stimulus, strength: Mapping[tuple[str, str], float], noise: float, evidence: str, random: Random_
) -> Stimulus:
    import msgspec

    categories = sorted({category for _, category in strength if category and not category.startswith("clip-")})
    scores: dict[str, float | None] = {
        category: round(float(np.clip(3.5 + strength[clip.id, category] + random.normal(0, noise), 0, 7)), 4)
        for category in categories
    }
    return msgspec.structs.replace(clip, scores=scores, thresholds=dict.fromkeys(categories, 2.0), evidence=evidence)


__all__ = ["HABITS", "OTHER", "ASKED", "Simulated", "World", "crowd", "make_world", "positive_rate", "respond", "take_test"]
