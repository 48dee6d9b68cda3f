"""Find estimators by name, path or rule: the shipped judge, registered estimators, model files, calibrations, ensembles."""

from functools import lru_cache
from pathlib import Path

from voiceact.estimators.base import Estimator
from voiceact.estimators.calibrated import CalibratedEstimator, read_calibration
from voiceact.estimators.ensemble.ensemble import Ensemble
from voiceact.estimators.ensemble.spec import parse_judges
from voiceact.estimators.human.estimator import load_judge, load_shipped
from voiceact.estimators.model_file import ModelFileError
from voiceact.runtime.plugins import load_plugin, plugin_names
from voiceact.runtime.spec import check_options, parse_spec

ENTRY_POINT_GROUP = "voiceact.estimators"
DEFAULT_ESTIMATOR = "human"


def estimator_names() -> list[str]:
    """Return the sorted names of the estimators that can be loaded by name."""
    return sorted({DEFAULT_ESTIMATOR, *plugin_names(ENTRY_POINT_GROUP)})


@lru_cache(maxsize=4)
def load_estimator(name: str = DEFAULT_ESTIMATOR) -> Estimator:
    """Return an estimator; the last four asked for stay loaded.

    Args:
        name: "human" (the shipped judge), a registered name with options (`empathic-insight:size=large,device=cpu`), the path
            of a `model.npz` that `voiceact judge train` wrote, the path of a `.json` calibration that `voiceact listen
            calibrate` wrote, or several judges under a rule: `all(human,empathic-insight:size=large)`, `majority(…)`,
            `weighted(…)`

    Raises:
        UnknownNameError: neither a known name nor a file
        UsageError: several judges in a form that cannot be read
        ModelFileError: a model file that is damaged or of another version
    """
    if name == DEFAULT_ESTIMATOR:
        return load_shipped()
    if (judges := parse_judges(name)) is not None:
        return Ensemble(judges.rule, [load_estimator(member) for member in judges.members])
    if name.endswith(".json"):
        return load_calibrated(Path(name))
    if name.endswith(".npz") or Path(name).is_file():
        return load_judge(Path(name))
    spec = parse_spec(name)
    hint = "or give the path of a model.npz"
    kind = load_plugin(ENTRY_POINT_GROUP, spec.name, "estimator", known=estimator_names(), hint=hint)
    estimator: Estimator = kind(**check_options(spec, getattr(kind, "options", {}), "estimator"))
    return estimator


def load_calibrated(path: Path) -> CalibratedEstimator:
    """Return the judge that a calibration file names, with the calibration laid over it.

    Raises:
        ModelFileError: no such file, not a calibration, of another format, or of another revision of the judge
    """
    calibration = read_calibration(path)
    # A judge given as a file is looked for beside the calibration too.
    beside = path.parent / calibration.judge
    judge = load_estimator(str(beside) if not Path(calibration.judge).is_file() and beside.is_file() else calibration.judge)
    if isinstance(judge, CalibratedEstimator):
        raise ModelFileError(f"{path}: lies over another calibration; calibrate the judge itself")
    if judge.revision != calibration.judge_revision:
        raise ModelFileError(
            f"{path}: was made for judge {calibration.judge} of revision {calibration.judge_revision}, and "
            f"this is revision {judge.revision}; calibrate it again with: voiceact listen calibrate"
        )
    return CalibratedEstimator(judge, calibration)
