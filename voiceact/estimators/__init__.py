"""Estimators: audio in, a profile of 40 scores out, each with its evidence; no estimator decides anything.

from voiceact.estimators import load_estimator

judge = load_estimator("human")
profile = judge.profile(samples, 16_000, reference=judge.reference([(twin, 16_000)]))
"""

from voiceact.estimators.base import Estimator, Profile, Reference
from voiceact.estimators.registry import estimator_names, load_estimator
from voiceact.vocabulary import Evidence

__all__ = ["Estimator", "Evidence", "Profile", "Reference", "estimator_names", "load_estimator"]
