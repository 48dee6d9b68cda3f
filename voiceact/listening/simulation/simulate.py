"""Simulate listeners whose biases and noise are known, to prove that the analysis recovers them.

A clip carries a category with some strength. A listener hears that strength, shifted by their bias and blurred by their
noise, and answers by where it falls on the scale: present from 0 on, strongly present from 1 on. Or they do not listen at
all. The noise of one hearing, 1, is the unit of strengths and biases.

>>> from voiceact.listening.simulation.simulate import make_listeners, make_world, take_test
>>> world = make_world("presence", clips=20, seed=1)
>>> answers = take_test(world, make_listeners(6, seed=1), seed=1)
>>> len(answers) > 40
True
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random
from statistics import NormalDist
from typing import Literal

import msgspec
import numpy as np

from voiceact.acting.taxonomy import categories as taxonomy
from voiceact.listening.answers.answer import Answer, Value, with_digest
from voiceact.listening.design.item_generation import attention_drafts, make_items
from voiceact.listening.loading import ListeningTest, open_test
from voiceact.listening.model import OTHER, ClipSource, ListeningItem, Stimulus, TestFile, TestSettings, with_id
from voiceact.listening.protocols.base import SimulatedHearing
from voiceact.listening.protocols.material import ItemMaterial
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

Generator = np.random.Generator


@dataclass(frozen=True)
class SimulatedListener:
    """A simulated listener.

    Attributes:
        name: id
        bias: added to the strength of everything they hear
        noise: standard deviation of one hearing
        habit: see HABITS
        lazy: share of items they answer without having listened
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
    """A simulated test, and the true strengths of its clips.

    Attributes:
        test: the test
        strength: (clip, category) -> how strongly it is there; category "" for what is asked of the clip as such
    """

    test: ListeningTest
    strength: Mapping[tuple[str, str], float] = field(repr=False)


def make_listeners(
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
) -> list[SimulatedListener]:
    """Make listeners whose biases are drawn with standard deviation `bias`.

    Args:
        size: number of listeners
        bias: standard deviation of their biases
        noise: of one hearing
        seed: of the biases
        clickers: how many have the habit "clicker"
        one_button: how many have the habit "one button"
        hasty: how many have the habit "hasty"
        lazy: share of items that each answers without having listened
        without_headphones: how many wear none
        prefix: of their ids
    """
    random = np.random.default_rng(seed)
    numbers: dict[Habit, int] = {"clicker": clickers, "one button": one_button, "hasty": hasty}
    habits: list[Habit] = [habit for habit, many in numbers.items() for _ in range(many)]
    habits += ["honest"] * (size - len(habits))
    return [
        SimulatedListener(
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
    """Make a test of clips whose strengths are drawn, and a judge that hears them blurred.

    Args:
        protocol: its name
        clips: number of clips
        categories: ids, which the clips take in turn
        mean: of the strengths of the category a clip was made for; others lie about ABSENT
        spread: standard deviation of the strengths
        judge_noise: standard deviation of the judge's score, which is 3.5 at strength 0
        raters: of the first round; None takes the protocol's
        contrastive: contrastive items for each target item; None takes the protocol's
        evidence: what the judge claims to stand behind its scores
        seed: of all draws
    """
    random, known = np.random.default_rng(seed), load_protocol(protocol)
    share = known.contrastive if contrastive is None else contrastive

    # Clips: takes, and what the protocol's gold items are made of.
    takes = [_take(number, categories[number % len(categories)]) for number in range(clips)]
    twins = [
        _take(clips + number, takes[number].category or "", made=kind)
        for number in range(min(16, clips))
        for kind in known.gold
    ]
    source = {twin.id: takes[number // max(len(known.gold), 1)] for number, twin in enumerate(twins)}

    # Items, from the protocol's own drafts.
    material = ItemMaterial(
        takes,
        {kind: [twin for twin in twins if twin.made == kind] for kind in known.gold},
        source,
        known.gold,
        tuple(category.id for category in taxonomy() if category.id in categories) if known.many else (),
        share,
        Random(seed),
    )
    drafts = known.make(material)
    drafts += attention_drafts(known, drafts, count=6, random=Random(seed))
    items = make_items(drafts, salt=f"simulated-{seed}", repeats=True)

    # True strengths, and the scores of a judge that hears them blurred.
    strength = _strengths(items, takes, twins, source, mean, spread, random)
    judged = [score_clip(clip, strength, judge_noise, evidence, random) for clip in (*takes, *twins)]
    file = TestFile(
        protocol=protocol,
        seed=seed,
        source=ClipSource("folder", "simulated"),
        clips=tuple(judged),
        items=items,
        settings=TestSettings(raters=raters or known.raters, contrastive=share),
    )
    return World(open_test(with_id(file)), strength)


def score_clip(
    clip: Stimulus, strength: Mapping[tuple[str, str], float], noise: float, evidence: str, random: Generator
) -> Stimulus:
    """Return a clip with the scores of a judge that hears its true strengths, blurred by noise."""
    categories = sorted({category for _, category in strength if category and not category.startswith("clip-")})
    scores: dict[str, float | None] = {
        category: round(float(np.clip(3.5 + strength[clip.id, category] + random.normal(0, noise), 0, 7)), 4)
        for category in categories
    }
    return msgspec.structs.replace(clip, scores=scores, thresholds=dict.fromkeys(categories, 2.0), evidence=evidence)


def take_test(
    world: World, listeners: Sequence[SimulatedListener], *, seed: int = 0, checks: int = 6, seal: bool = False
) -> list[Answer]:
    """Simulate the answers: every item to the end of its rounds, by those who have answered least.

    Args:
        world: the test and its true strengths
        listeners: who answer
        seed: of the order and the noise
        checks: gold, repeated and attention items that each listener gets besides, of each kind as many as there are
        seal: whether each row gets its digest, as a results file needs
    """
    random, numbers = np.random.default_rng(seed), {listener.name: count(1) for listener in listeners}
    rows: list[Answer] = []

    def ask(listener: SimulatedListener, item: ListeningItem, stage: int) -> dict[str, Value]:
        values = respond(world, listener, item, random)
        rows.extend(_rows(world.test, listener, item, values, stage, next(numbers[listener.name]), random))
        return values

    # Ask every item of the test in rounds.
    test, load = world.test, np.zeros(len(listeners))
    answered: dict[tuple[str, str], None] = {}
    for item in sorted(test.asked, key=lambda item: item.id):
        values: list[float] = []
        for index in np.lexsort((random.random(len(listeners)), load)):
            if len(values) >= test.protocol.raters_wanted(item.kind, values, test.settings.raters):
                break
            stage = test.protocol.stage(item.kind, values, test.settings.raters)
            answer = ask(listeners[index], item, stage)
            values.append(float(answer.get(item.category or "", next(iter(answer.values())))))
            load[index] += 1
            answered[listeners[index].name, item.id] = None

    # Ask the checks of every listener: gold, attention, and repeats of what they answered.
    for listener in listeners:
        own = (test.repeats[item] for name, item in answered if name == listener.name and item in test.repeats)
        for items in (test.of_kind("gold"), test.of_kind("attention"), list(own)):
            for index in random.permutation(len(items))[:checks]:
                ask(listener, items[index], 1)
    return [with_digest(row) for row in rows] if seal else rows


def respond(world: World, listener: SimulatedListener, item: ListeningItem, random: Generator) -> dict[str, Value]:
    """Return this listener's answer to the item: category ("" for none) -> value."""
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
        hearing = SimulatedHearing(strengths, listener.bias, likeness, lambda: random.normal(0, noise))
        answers[category] = world.test.protocol.simulate(values, hearing)
    return answers


# --- The truth


def positive_rate(mean: float, spread: float, bias: float, *, raters: int = 1) -> float:
    """Compute the share of clips that `raters` listeners all call present, noise being 1, by numerical integration."""
    clips = np.linspace(-6, 6, 2001)
    weight = np.exp(-(clips**2) / 2)
    present = np.array([NormalDist().cdf((mean + spread * clip) / (1 + bias * bias) ** 0.5) for clip in clips])
    return float((weight * present**raters).sum() / weight.sum())


# --- Parts


def _rows(
    test: ListeningTest,
    listener: SimulatedListener,
    item: ListeningItem,
    values: Mapping[str, Value],
    stage: int,
    position: int,
    random: Generator,
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
            kind=item.kind if not test.protocol.many or category == item.category else OTHER,
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


def _asked(item: ListeningItem) -> tuple[str, ...]:
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
    items: Sequence[ListeningItem],
    takes: Sequence[Stimulus],
    twins: Sequence[Stimulus],
    source: Mapping[str, Stimulus],
    mean: float,
    spread: float,
    random: Generator,
) -> dict[tuple[str, str], float]:
    """Draw (clip, category) -> strength, and for pairs that ask about no category (clip, clip) -> likeness."""
    own = {clip.id: float(random.normal(mean, spread)) for clip in takes}
    categories = ("", *sorted({category for item in items for category in item.asked}))
    strength = {
        (clip.id, category): own[clip.id] if category in (clip.category, "") else ABSENT + float(random.normal(0, 0.5))
        for clip in takes
        for category in categories
    }
    strength |= {(twin.id, category): -CERTAIN - 1 for twin in twins for category in categories}
    persona = {clip.id: clip.persona for clip in takes}
    for item in items:
        if len(item.clips) == 2 and item.category is None:
            first, second = item.clips
            golden = first in source or second in source
            same = 1 if item.kind in ("target", "repeat") and persona.get(first) == persona.get(second) else -1
            strength[first, second] = CERTAIN + 1 if golden else same * abs(mean or 1.0)
    return strength
