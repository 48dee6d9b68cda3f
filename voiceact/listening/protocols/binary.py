"""Ask whether an emotion is present: no, yes. One rater after the other, until one says no or the last has said yes."""

from collections.abc import Sequence
from typing import Any

from voiceact.listening.analysis.analyse import presence_report
from voiceact.listening.analysis.answer_table import AnswerTable
from voiceact.listening.analysis.sequential_agreement import count_sequence as count_sequence
from voiceact.listening.loading import ListeningTest
from voiceact.listening.protocols.base import Protocol, choices
from voiceact.listening.protocols.material import ask_category


def next_after_yes(values: Sequence[float], raters: int) -> int:
    """Want one rater, and another after each yes, up to `raters`."""
    yes = next((number for number, value in enumerate(values) if value <= 0), len(values))
    return min(raters, yes + 1)


def sequence_figures(test: ListeningTest, table: AnswerTable, *, draws: int, seed: int) -> dict[str, Any]:
    """Compute the figures of presence, and what the sequences of raters came to."""
    return {**presence_report(test, table, draws=draws, seed=seed), "sequence": count_sequence(table).to_dict()}


PROTOCOL = Protocol(
    name="binary",
    summary="one emotion, blind: yes or no; a second rater after a yes, a third after two (triple positive agreement), and "
    "as many questions about an emotion that should be absent, one rater each (EmoNet-Face Binary, arXiv 2505.20033)",
    choices=choices("binary", (0, 1)),
    make=ask_category,
    raters=3,
    wanted=next_after_yes,
    contrastive_raters=1,
    chunk=5,
    positive=frozenset({1}),
    contrastive=1.0,
    gold={"twin": (0,)},
    figures=sequence_figures,
)
