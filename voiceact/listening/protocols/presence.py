"""Ask whether an emotion is present: not, weakly, strongly. Two raters, and a third where both heard it."""

from collections.abc import Sequence

from voiceact.listening.analysis.analyse import presence_report
from voiceact.listening.protocols.base import Protocol, choices
from voiceact.listening.protocols.material import ask_category


def third_if_all_positive(values: Sequence[float], raters: int) -> int:
    """Want the first round's raters, and one more where every one of them answered above 0."""
    return raters + (len(values) >= raters and all(value > 0 for value in values[:raters]))


PROTOCOL = Protocol(
    name="presence",
    summary="one emotion, blind: not, weakly or strongly present; two raters, then a third if both heard it "
    "(EmoNet-Voice, arXiv 2506.09827)",
    choices=choices("presence", (0, 1, 2)),
    make=ask_category,
    raters=2,
    wanted=third_if_all_positive,
    chunk=8,
    positive=frozenset({1, 2}),
    contrastive=0.25,
    gold={"twin": (0,)},
    figures=presence_report,
)
