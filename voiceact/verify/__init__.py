"""Verification of clips: checks, each with its figure and reason, and the verdict that joins them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voiceact.verify.base import Check, Verdict
    from voiceact.verify.pass_rate import Tally, measure_pass_rate
    from voiceact.verify.verdict import judge_clip, judge_file, verify
    from voiceact.vocabulary import CHECKS, INCLUDED, LEVELS

_HOMES = {  # public name -> module, imported at first use
    "Check": "voiceact.verify.base",
    "Verdict": "voiceact.verify.base",
    "Tally": "voiceact.verify.pass_rate",
    "measure_pass_rate": "voiceact.verify.pass_rate",
    "judge_clip": "voiceact.verify.verdict",
    "judge_file": "voiceact.verify.verdict",
    "verify": "voiceact.verify.verdict",
    "CHECKS": "voiceact.vocabulary",
    "INCLUDED": "voiceact.vocabulary",
    "LEVELS": "voiceact.vocabulary",
}

__all__ = [
    "CHECKS",
    "INCLUDED",
    "LEVELS",
    "Check",
    "Tally",
    "Verdict",
    "judge_clip",
    "judge_file",
    "measure_pass_rate",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'voiceact.verify' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
