"""How good is the judge, on which people, and what does it get wrong: a report with intervals.

from voiceact.estimators import load_estimator
from voiceact.judge.evaluation import evaluate, write_report

write_report(evaluate(load_estimator("human"), {"emodb": "EmoDB/"}), "report/")
"""

from voiceact.judge.evaluation.report import evaluate, write_report

__all__ = ["evaluate", "write_report"]
