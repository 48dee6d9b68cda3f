"""Empathic-Insight-Voice: LAION's published estimator of the 40 categories (arXiv 2506.09827)."""

from voiceact.estimators.published.empathic.estimator import EmpathicInsight

__all__ = ["EmpathicInsight"]
