"""An estimator that was trained on synthetic speech is never a judge: it would find in takes what takes taught it.

>>> from voiceact.estimators import load_estimator
>>> from voiceact.estimators.synthetic import refuse_synthetic_judge, synthetic_data_of
>>> synthetic_data_of(load_estimator("human"))
()
"""

from typing import Any

from voiceact.errors import UsageError


def synthetic_data_of(estimator: Any) -> tuple[str, ...]:
    """Return the synthetic data that an estimator was trained on, by its card; of several, of all of them.

    Args:
        estimator: an estimator, a calibrated one, one beside a cohort, or several under a rule
    """
    card = getattr(estimator, "card", None) or {}
    inner = [*getattr(estimator, "judges", ()), getattr(estimator, "judge", None)]
    named = [str(name) for name in card.get("synthetic_data") or ()]
    for member in inner:
        if member is not None and member is not estimator:
            named += synthetic_data_of(member)
    return tuple(dict.fromkeys(named))


def refuse_synthetic_judge(estimator: Any) -> None:
    """Raise UsageError if an estimator was trained on synthetic speech and is about to judge."""
    if named := synthetic_data_of(estimator):
        raise UsageError(
            f"estimator {estimator.name!r} was trained on synthetic speech ({', '.join(named)}) and can be no judge; judge "
            "with 'human', and use this one with voiceact estimate or judge evaluate"
        )


__all__ = ["refuse_synthetic_judge", "synthetic_data_of"]
