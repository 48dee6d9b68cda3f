"""Ask which of two clips carries more of an emotion. Value 1: the item's first clip, 2: its second, in either order shown."""

from collections.abc import Mapping, Sequence
from typing import Any

from voiceact.listening.analysis.answer_table import AnswerTable
from voiceact.listening.analysis.bradley_terry import bradley_terry, preference_share, side_bias
from voiceact.listening.loading import ListeningTest
from voiceact.listening.protocols.base import Protocol, SimulatedHearing, choices
from voiceact.listening.protocols.material import ask_pairs
from voiceact.runtime.untrusted_text import clean_text


def pair_figures(test: ListeningTest, table: AnswerTable, *, draws: int, seed: int) -> dict[str, Any]:
    """Compute how often the stronger clip is preferred, the preference for the first, and Bradley-Terry strengths."""
    answers, clips = table.of_kind("target", "contrastive", "other"), test.clips.values()
    rank = {clip.id: clip.intensity for clip in clips}
    by_intensity = {clip.id: f"intensity {clip.intensity:g}" for clip in clips}
    by_persona = {clip.id: clean_text(clip.persona, 80) for clip in clips}
    return {
        "pairs": {
            "stronger_preferred": preference_share(answers, rank, draws=draws, seed=seed),
            "first_clip": side_bias(answers),
            "by_intensity": bradley_terry(answers, by_intensity, seed=seed),
            "by_persona": bradley_terry(answers, by_persona, seed=seed),
        }
    }


def planned_preference(
    test: ListeningTest, table: AnswerTable, strength: Mapping[tuple[str, str], float], *, draws: int
) -> dict[str, Any]:
    """Compute how often the clip that is truly stronger is preferred in a simulated test."""
    rank = {clip.id: strength[clip.id, clip.category or ""] for clip in test.clips.values() if clip.made == "take"}
    return {"stronger clip preferred": preference_share(table.of_kind("target"), rank, draws=draws)}


def choose_stronger(values: Sequence[int], hearing: SimulatedHearing) -> int:
    """Return 1 where the first clip sounds stronger to a simulated listener, else 2."""
    first, second = hearing.strengths
    return 1 if first + hearing.bias / 4 > second else 2


PROTOCOL = Protocol(
    name="pair",
    summary="which of two clips carries more of an emotion; forced choice (paired comparison)",
    choices=choices("pair", (1, 2)),
    make=ask_pairs,
    clips_per_item=2,
    swaps=True,
    swapped={1: 2, 2: 1},
    raters=3,
    figures=pair_figures,
    simulate=choose_stronger,
    planned_figures=planned_preference,
)
