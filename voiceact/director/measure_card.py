"""Measure the card of an engine: every category at every intensity is spoken, and heard by a judge and by a coach.

Neither steers anything here. What was heard is kept take by take in a file, so that a measurement that was stopped goes on
where it was; the card is made of the file when it is whole.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from voiceact.acting.data_file import directions_digest
from voiceact.acting.persona import Persona
from voiceact.audio import encode
from voiceact.director.coach import Coach, CoachReport, check_independent
from voiceact.engines.base import ENGINE_FAILURES, Engine, Take, check_language
from voiceact.engines.capability_card import (
    FORMAT,
    CapabilityCard,
    CardCategory,
    CardCell,
    CardEngine,
    Count,
    Listener,
    People,
)
from voiceact.errors import UsageError
from voiceact.estimators.base import Estimator, Reference, people_heard
from voiceact.estimators.features.signal import UnheardError
from voiceact.runtime.atomic_files import write_whole
from voiceact.runtime.progress import quiet_steps, report_step
from voiceact.runtime.signals import Stop
from voiceact.synthesis.kernel import TakeMaker
from voiceact.synthesis.request import ResolvedRequest, SynthesisRequest, resolve_request
from voiceact.verify.apart import listen_apart, refer_to
from voiceact.verify.emotion import decide_presence
from voiceact.vocabulary import EVIDENCE_ORDER, Evidence

ROWS_FILE: Final = "takes.jsonl"
CLIPS_FOLDER: Final = "clips"
CLIP_SUFFIX: Final = ".ogg"
NEUTRAL: Final = "neutral"


@dataclass(frozen=True)
class CardPlan:
    """What is measured.

    Attributes:
        engine: that speaks
        judge, coach: who listen
        personas: who speak
        lines: neutral texts that each persona says in each cell
        spare_line: text whose neutral reading the twin of the last line is heard beside
        categories: ids
        intensities: above 0, to 7
        takes: of each persona, line and cell. Every take of a cell has another seed, counted up from 0, the plain reading that
            never has a burst; the cells share the seeds
        language: of the lines
        bursts: whether directions may add bursts of their own, as `voiceact synth` lets them

    Raises:
        UsageError: for nothing to measure, a line that is there twice, a language that the engine does not speak, and a coach
            that is the judge
    """

    engine: Engine
    judge: Estimator
    coach: Coach
    personas: Sequence[Persona]
    lines: Sequence[str]
    spare_line: str
    categories: Sequence[str]
    intensities: Sequence[float]
    takes: int = 1
    language: str = "en"
    bursts: bool = True

    def __post_init__(self) -> None:
        for what, values in (
            ("persona", [persona.name for persona in self.personas]),
            ("line", [*self.lines, self.spare_line]),
            ("category", self.categories),
            ("intensity", self.intensities),
        ):
            if not values:
                raise UsageError(f"a card needs at least one {what}")
            twice = next((value for at, value in enumerate(values) if value in values[:at]), None)
            if twice is not None:
                raise UsageError(f"{what} {twice!r} is named twice; name it once")
        if not self.lines or self.takes < 1:
            raise UsageError("a card needs at least one line, and one take of it")
        if any(not 0 < level <= 7 for level in self.intensities):
            raise UsageError(f"intensities are {list(self.intensities)}; expected each above 0, to 7")
        check_language(self.engine, self.language)
        check_independent(self.coach, self.judge)

    @property
    def identity(self) -> dict[str, Any]:
        """What decides the takes: a file of takes goes on only where it is the same."""
        return {
            "engine": f"{self.engine.name} {self.engine.version} {self.engine.model_sha256}",
            "judge": f"{self.judge.name} {self.judge.revision}",
            "coach": f"{self.coach.name} {self.coach.revision}",
            "directions": directions_digest(),
            "language": self.language,
            "bursts": self.bursts,
            "personas": [persona.name for persona in self.personas],
            "lines": [*self.lines, self.spare_line],
            "takes": self.takes,
            "categories": list(self.categories),
            "intensities": list(self.intensities),
        }

    def takes_to_hear(self) -> list["PlannedTake"]:
        """List all takes, those of one neutral reading together: the reading first."""
        return [
            PlannedTake(persona, line, seed, category, level)
            for seed, (persona, line, _) in enumerate(product(*map(range, (len(self.personas), len(self.lines), self.takes))))
            for category, level in [
                (NEUTRAL, 0.0),
                *((category, level) for category in self.categories for level in self.intensities),
            ]
        ]

    def clip_persona(self, category: str) -> int:
        """Return which persona is heard in the clips of a category: each in turn."""
        return self.categories.index(category) % len(self.personas)


References = dict[int, tuple[Take, Reference | str | None]]
"""by the identity of a twin, which is kept so that it stays its own: the judge's reference"""


class PlannedTake(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One take: places of persona and line in the plan, seed, category and intensity; of NEUTRAL at 0 the twin."""

    persona: int
    line: int
    seed: int
    category: str
    intensity: float


class HeardTake(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What was heard of one take.

    Attributes:
        take: which it is
        present, absent: ids of the categories that the judge calls so
        coach: ids of the categories whose ratio for the coach is at least the judge's bound
        log_ratio, coach_log_ratio: of the category that was asked for
        coach_evidence: what is behind the coach's ratio of it
        failed: why it could not be spoken; empty where it was
    """

    take: PlannedTake
    present: list[str] = []
    absent: list[str] = []
    coach: list[str] = []
    log_ratio: float | None = None
    coach_log_ratio: float | None = None
    coach_evidence: Evidence = "none"
    failed: str = ""


def measure_takes(plan: CardPlan, folder: Path, stop: Stop) -> bool:
    """Speak and hear the takes that are not in a folder yet, and add them to it.

    Args:
        plan: what is measured
        folder: gets takes.jsonl, a take a line, and a clip of each cell below clips/
        stop: no take is begun once it is asked for

    Returns:
        Whether all takes are there.

    Raises:
        UsageError: if the folder holds takes of another plan
    """
    known, takes = read_takes(plan, folder), plan.takes_to_hear()
    missing = [take for take in takes if take not in known]
    if not missing:
        return True
    maker, references = TakeMaker(checks=(), twins=True), References()
    with (folder / ROWS_FILE).open("ab") as out:
        for number, take in enumerate(missing):
            if stop.asked:
                return False
            report_step("measuring", len(takes) - len(missing) + number, len(takes))
            with quiet_steps():
                heard = hear_take(plan, take, maker, folder, references)
            out.write(msgspec.json.encode(heard) + b"\n")
            out.flush()
    return True


def read_takes(plan: CardPlan, folder: Path) -> dict[PlannedTake, HeardTake]:
    """Read what was heard before; a last line that was cut off is made anew, a file that is not there is begun.

    Raises:
        UsageError: if the file is of another plan, or damaged
    """
    path, first = folder / ROWS_FILE, json.dumps(plan.identity, ensure_ascii=False).encode()
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, first + b"\n")
    lines = path.read_bytes().splitlines(keepends=True)
    if not lines or lines[0].rstrip(b"\n") != first:
        raise UsageError(
            f"{path} was measured with other settings, or another engine, judge, coach or table of directions; "
            "name another --out, or remove that folder"
        )
    whole = [line for line in lines[1:] if line.endswith(b"\n")]
    if len(whole) < len(lines) - 1:
        write_whole(path, b"".join([lines[0], *whole]))
    try:
        heard = [msgspec.json.decode(line, type=HeardTake) for line in whole]
    except msgspec.DecodeError as error:
        raise UsageError(f"{path} is damaged ({error}); remove that folder and measure again") from None
    return {result.take: result for result in heard}


def hear_take(plan: CardPlan, take: PlannedTake, maker: TakeMaker, folder: Path, references: References) -> HeardTake:
    """Speak one take and let judge and coach hear it beside its neutral twin; what fails is told, and costs this take alone.

    Args:
        plan: what is measured
        take: of the plan
        maker: speaks, and keeps twins
        folder: gets the clip, where the take is the one that is listened to
        references: of the judge to the last twin; filled here
    """
    request = _request(plan, take)
    try:
        if take.category == NEUTRAL:
            # Beside itself a reading lies at nought; so it is heard beside that of another line.
            spoken, lines = maker.twin_of(request), [*plan.lines, plan.spare_line]
            twin = maker.twin_of(_request(plan, take, text=lines[take.line + 1]))
        else:
            spoken, twin = maker.speak(request), maker.twin_of(request)
    except ENGINE_FAILURES as error:
        return HeardTake(take=take, failed=str(error) or type(error).__name__)
    _keep_clip(plan, take, spoken, folder)

    # The judge
    beside = (twin.samples, twin.sample_rate)
    if id(twin) not in references:
        # All takes of a twin follow each other: one reference is kept, with the twin whose identity it goes by.
        references.clear()
        references[id(twin)] = twin, refer_to(plan.judge, beside)
    profile = listen_apart(
        plan.judge,
        spoken.samples,
        spoken.sample_rate,
        beside,
        text=request.text,
        words=spoken.words,
        reference=references[id(twin)][1],
    ).profile
    answers: dict[str, str] = {}
    log_ratio = None
    if not isinstance(profile, str):
        answers = {category: decide_presence(plan.judge, profile, category) for category in profile.scores}
        log_ratio = profile.log_ratios.get(take.category)

    # The coach
    try:
        report = plan.coach.listen(spoken.samples, spoken.sample_rate, beside, text=request.text, words=spoken.words)
    except UnheardError:
        report = CoachReport({}, {}, {}, {})
    least = float(np.log(plan.judge.bound))
    return HeardTake(
        take=take,
        present=[category for category, answer in answers.items() if answer == "present"],
        absent=[category for category, answer in answers.items() if answer == "absent"],
        coach=[category for category, ratio in report.log_ratios.items() if ratio >= least],
        log_ratio=_rounded(log_ratio),
        coach_log_ratio=_rounded(report.log_ratios.get(take.category)),
        coach_evidence=report.evidence.get(take.category, "none"),
    )


@dataclass(frozen=True)
class CellClip:
    """The clip of a cell that is listened to, or a persona's neutral reading.

    Attributes:
        category: id, or NEUTRAL
        intensity: 0 for a neutral reading
        persona: who speaks
        text: what is said
        path: of the file
        present: whether the judge calls the category present in this clip
    """

    category: str
    intensity: float
    persona: str
    text: str
    path: Path
    present: bool


def list_clips(plan: CardPlan, heard: Mapping[PlannedTake, HeardTake], folder: Path) -> list[CellClip]:
    """List the clips of a folder: neutral readings first, then a clip of each cell that could be spoken."""
    clips = []
    for take, result in heard.items():
        if result.failed or not _is_kept(plan, take):
            continue
        name = plan.personas[take.persona].name
        path = clip_path(folder, take.category, take.intensity, name)
        if path.is_file():
            clips.append(
                CellClip(take.category, take.intensity, name, plan.lines[take.line], path, take.category in result.present)
            )
    return sorted(clips, key=lambda clip: clip.category != NEUTRAL)


def clip_path(folder: Path, category: str, intensity: float, persona: str) -> Path:
    """Return the file of the clip of a cell, or of the neutral reading of a persona."""
    name = f"{category}-{intensity:g}" if category != NEUTRAL else f"{NEUTRAL}-{persona}"
    return folder / CLIPS_FOLDER / f"{name}{CLIP_SUFFIX}"


def _is_kept(plan: CardPlan, take: PlannedTake) -> bool:
    """Whether the clip of a take is kept: the first of the persona whose turn it is."""
    first = take.seed == take.persona * len(plan.lines) * plan.takes
    return first and (take.category == NEUTRAL or take.persona == plan.clip_persona(take.category))


def _keep_clip(plan: CardPlan, take: PlannedTake, spoken: Take, folder: Path) -> None:
    if _is_kept(plan, take):
        path = clip_path(folder, take.category, take.intensity, plan.personas[take.persona].name)
        path.parent.mkdir(exist_ok=True)
        write_whole(path, encode(spoken.samples, spoken.sample_rate, suffix=CLIP_SUFFIX))


def _request(plan: CardPlan, take: PlannedTake, *, text: str = "") -> ResolvedRequest:
    return resolve_request(
        SynthesisRequest(
            persona=plan.personas[take.persona],
            emotions=[f"{take.category}:{take.intensity:g}"] if take.category != NEUTRAL else [],
            text=text or plan.lines[take.line],
            language=plan.language,
            engine=plan.engine,
            seed=take.seed,
            bursts=plan.bursts,
        )
    )


# --- The card


def make_card(plan: CardPlan, heard: Mapping[PlannedTake, HeardTake]) -> CapabilityCard:
    """Make the card of what was heard.

    Args:
        plan: what was measured
        heard: every take of the plan
    """
    taken = list(heard.values())
    neutral = [result for result in taken if result.take.category == NEUTRAL and not result.failed]
    evidence = plan.judge.evidence(NEUTRAL)
    categories = [
        CardCategory(
            category=category,
            evidence=evidence.get(category, "none"),
            coach_evidence=_strongest(result.coach_evidence for result in taken if result.take.category == category),
            twins=_count([category in result.present for result in neutral]),
            people=_people(plan.judge, category),
        )
        for category in plan.categories
    ]
    return CapabilityCard(
        format=FORMAT,
        engine=CardEngine(plan.engine.name, plan.engine.version, plan.engine.model_sha256),
        judge=Listener(plan.judge.name, plan.judge.revision),
        coach=Listener(plan.coach.name, plan.coach.revision),
        directions=directions_digest(),
        language=plan.language,
        bursts=plan.bursts,
        personas=[persona.name for persona in plan.personas],
        lines=list(plan.lines),
        spare_line=plan.spare_line,
        seeds=list(range(len(plan.personas) * len(plan.lines) * plan.takes)),
        categories=categories,
        cells=list(_cells(plan, taken)),
    )


def _cells(plan: CardPlan, taken: Sequence[HeardTake]) -> Iterator[CardCell]:
    for category in plan.categories:
        for level in plan.intensities:
            requested = [result for result in taken if (result.take.category, result.take.intensity) == (category, level)]
            own = [result for result in requested if not result.failed]
            others = [
                result
                for result in taken
                if result.take.intensity == level and result.take.category != category and not result.failed
            ]
            yield CardCell(
                category=category,
                intensity=level,
                judge=_count([category in result.present for result in own]),
                denied=sum(category in result.absent for result in own),
                null=_count([category in result.present for result in others]),
                coach=_count([category in result.coach for result in own]),
                coach_null=_count([category in result.coach for result in others]),
                log_ratio=_mean([result.log_ratio for result in own]),
                coach_log_ratio=_mean([result.coach_log_ratio for result in own]),
                failed=len(requested) - len(own),
            )


def _count(answers: Sequence[bool]) -> Count:
    return Count(sum(answers), len(answers))


def _strongest(levels: Iterable[Evidence]) -> Evidence:
    """Return the strongest evidence of some takes: a burst among them is more than words alone."""
    return min(levels, key=EVIDENCE_ORDER.index, default="none")


def _people(judge: Estimator, category: str) -> People | None:
    figure = people_heard(judge, category)
    if figure is None:
        return None
    value, low, high = (round(float(figure[key]), 4) for key in ("value", "low", "high"))
    return People(value, low, high, int(figure["n"]))


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return _rounded(float(np.mean(known))) if known else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)
