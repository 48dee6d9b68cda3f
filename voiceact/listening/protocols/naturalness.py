"""Ask how natural a clip sounds: 1 bad to 5 excellent, the mean over raters is the mean opinion score."""

from collections.abc import Mapping
from typing import Any

from voiceact.listening.analysis.answer_table import AnswerTable
from voiceact.listening.analysis.mos_icc import opinion_scores
from voiceact.listening.loading import ListeningTest
from voiceact.listening.protocols.base import Protocol, choices
from voiceact.listening.protocols.material import ask_clip
from voiceact.runtime.untrusted_text import clean_text


def opinion_figures(test: ListeningTest, table: AnswerTable, *, draws: int, seed: int) -> dict[str, Any]:
    """Compute the mean opinion score of all clips and of each persona."""
    personas = {clip.id: clean_text(clip.persona, 80) for clip in test.clips.values()}
    answers = table.of_kind("target", "contrastive", "other")
    return {"opinions": opinion_scores(answers, personas, draws=draws, seed=seed)}


def planned_opinions(
    test: ListeningTest, table: AnswerTable, strength: Mapping[tuple[str, str], float], *, draws: int
) -> dict[str, Any]:
    """Compute the mean opinion score of a simulated test."""
    return {"mean opinion score": opinion_scores(table.of_kind("target"), draws=draws)["all"]}


PROTOCOL = Protocol(
    name="naturalness",
    summary="how natural a clip sounds, 1 bad to 5 excellent (absolute category rating, ITU-T P.800)",
    choices=choices("naturalness", (1, 2, 3, 4, 5)),
    make=ask_clip,
    raters=8,
    gold={"noise": (1, 2)},
    needs_category=False,
    graded=True,
    figures=opinion_figures,
    planned_figures=planned_opinions,
)
