"""Which of two clips carries more of an emotion. Value 1: the item's first clip, 2: its second, whatever the order shown."""

from voiceact.listening.protocols.base import Protocol, choices
from voiceact.listening.protocols.material import ask_pairs

PROTOCOL = Protocol(
    name="pair",
    summary="which of two clips carries more of an emotion; forced choice (paired comparison)",
    choices=choices("pair", (1, 2)),
    make=ask_pairs,
    clips_per_item=2,
    swaps=True,
    swapped={1: 2, 2: 1},
    raters=3,
)
