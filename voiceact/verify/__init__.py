"""Is a clip what was asked: checks, each with its figure and reason, and the verdict that joins them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voiceact.verify.again import judge_file
    from voiceact.verify.base import INCLUDED, LEVELS, Check, Verdict
    from voiceact.verify.pass_rate import confirmed
    from voiceact.verify.tally import Tally
    from voiceact.verify.verdict import CHECKS, judge_clip, verify

_HOMES = {"judge_file": "again", "INCLUDED": "base", "LEVELS": "base", "Check": "base", "Verdict": "base",
          "confirmed": "pass_rate", "Tally": "tally",
          "CHECKS": "verdict", "judge_clip": "verdict", "verify": "verdict"}

__all__ = ["CHECKS", "INCLUDED", "LEVELS", "Check", "Tally", "Verdict", "confirmed", "judge_clip", "judge_file", "verify"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'voiceact.verify' has no attribute {name!r}")
    return getattr(import_module(f"voiceact.verify.{_HOMES[name]}"), name)
