"""Is a clip what was asked: checks, each with its figure and reason, and the verdict that joins them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voiceact.verify.again import judge_file
    from voiceact.verify.base import Check, Verdict
    from voiceact.verify.pass_rate import confirmed
    from voiceact.verify.tally import Tally
    from voiceact.verify.verdict import judge_clip, verify
    from voiceact.vocabulary import CHECKS, INCLUDED, LEVELS

_HOMES = {
    "judge_file": "voiceact.verify.again",
    "Check": "voiceact.verify.base",
    "Verdict": "voiceact.verify.base",
    "confirmed": "voiceact.verify.pass_rate",
    "Tally": "voiceact.verify.tally",
    "judge_clip": "voiceact.verify.verdict",
    "verify": "voiceact.verify.verdict",
    "CHECKS": "voiceact.vocabulary",
    "INCLUDED": "voiceact.vocabulary",
    "LEVELS": "voiceact.vocabulary",
}

__all__ = ["CHECKS", "INCLUDED", "LEVELS", "Check", "Tally", "Verdict", "confirmed", "judge_clip", "judge_file", "verify"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'voiceact.verify' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
