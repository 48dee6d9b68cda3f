"""Ask whether two clips are spoken by the same person: no, yes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from voiceact.listening.analysis.answer_table import AnswerTable
from voiceact.listening.analysis.same_different import identity_figures
from voiceact.listening.analysis.statistics import positive_share
from voiceact.listening.loading import ListeningTest
from voiceact.listening.protocols.base import Protocol, SimulatedHearing, choices
from voiceact.listening.protocols.material import ask_speakers


def speaker_figures(test: ListeningTest, table: AnswerTable, *, draws: int, seed: int) -> dict[str, Any]:
    """Compute accuracy, hits, false alarms and d'."""
    return {"identity": identity_figures(table, draws=draws, seed=seed)}


def planned_accuracy(
    test: ListeningTest, table: AnswerTable, strength: Mapping[tuple[str, str], float], *, draws: int
) -> dict[str, Any]:
    """Compute the share of right answers in a simulated test: targets are pairs of one speaker, contrastive items of two."""
    answers = table.asked()
    return {"accuracy": positive_share(replace(answers, positive=answers.positive == (answers.kind == "target")), draws=draws)}


def compare_speakers(values: Sequence[int], hearing: SimulatedHearing) -> int:
    """Return 1 where a simulated listener takes the two clips for one speaker's, else 0."""
    return int((hearing.likeness or 0.0) + hearing.bias + hearing.noise() > 0)


PROTOCOL = Protocol(
    name="identity",
    summary="whether two clips are spoken by the same speaker; half of the pairs are, as far as the run says",
    choices=choices("identity", (0, 1)),
    make=ask_speakers,
    clips_per_item=2,
    swaps=True,
    raters=3,
    positive=frozenset({1}),
    gold={"same": (1,)},
    needs_category=False,
    figures=speaker_figures,
    simulate=compare_speakers,
    planned_figures=planned_accuracy,
)
