"""How natural does it sound: 1 bad to 5 excellent, the mean over raters is the mean opinion score."""

from voiceact.listening.protocols.base import Protocol, choices
from voiceact.listening.protocols.material import ask_clip

PROTOCOL = Protocol(
    name="naturalness",
    summary="how natural a clip sounds, 1 bad to 5 excellent (absolute category rating, ITU-T P.800)",
    choices=choices("naturalness", (1, 2, 3, 4, 5)),
    make=ask_clip,
    raters=8,
    gold={"noise": (1, 2)},
    needs_category=False,
)
