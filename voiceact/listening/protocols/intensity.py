"""How strong is each of many emotions, 0 to 7."""

from voiceact.listening.analysis.analyse import presence_report
from voiceact.listening.protocols.base import Protocol, choices
from voiceact.listening.protocols.material import ask_many

PROTOCOL = Protocol(
    name="intensity",
    summary="how strong each of many emotions is, 0 to 7; four raters a clip (EmoNet-Face HQ, arXiv 2505.20033)",
    choices=choices("intensity", tuple(range(8)), tuple(map(str, range(8)))),
    make=ask_many,
    many=True,
    raters=4,
    positive=frozenset(range(1, 8)),
    gold={"twin": (0, 1)},
    graded=True,
    figures=presence_report,
)
