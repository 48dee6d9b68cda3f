"""Are two clips spoken by the same person: no, yes."""

from voiceact.listening.protocols.base import Protocol, choices
from voiceact.listening.protocols.material import ask_speakers

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
)
