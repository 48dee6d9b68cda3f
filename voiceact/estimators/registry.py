"""Find estimators by name, path or rule: the shipped judge, registered estimators, model files, calibrations, ensembles."""

from functools import lru_cache
from pathlib import Path

from voiceact.errors import UnknownNameError
from voiceact.estimators.base import Estimator, adapt_estimator
from voiceact.estimators.calibrated import FILE_SUFFIXES, CalibratedEstimator, read_calibration
from voiceact.estimators.ensemble.ensemble import Ensemble
from voiceact.estimators.ensemble.spec import judge_text, parse_judges
from voiceact.estimators.human.estimator import load_judge, load_shipped
from voiceact.estimators.model_file import ModelFileError
from voiceact.runtime.plugins import load_plugin, plugin_names
from voiceact.runtime.spec import check_options, parse_spec
from voiceact.runtime.untrusted_paths import resolve_inside
from voiceact.runtime.untrusted_settings import UntrustedSettingError, check_stated_setting, is_allowed, shown_setting

ENTRY_POINT_GROUP = "voiceact.estimators"
DEFAULT_ESTIMATOR = "human"


def estimator_names() -> list[str]:
    """Return the sorted names of the estimators that can be loaded by name."""
    return sorted({DEFAULT_ESTIMATOR, *plugin_names(ENTRY_POINT_GROUP)})


@lru_cache(maxsize=4)
def load_estimator(name: str = DEFAULT_ESTIMATOR) -> Estimator:
    """Load an estimator; the last four stay loaded.

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
    estimator_class = load_plugin(ENTRY_POINT_GROUP, spec.name, "estimator", known=estimator_names(), hint=hint)
    options = check_options(spec, getattr(estimator_class, "options", {}), "estimator")
    return adapt_estimator(estimator_class(**options))


def stated_estimator(text: str, *, source: str, folder: Path | None = None, how: str = "add --allow {0}") -> str:
    """Check a judge that a run or a calibration names, which may be from anywhere, and return it for `load_estimator`.

    Args:
        text: a name with options, a model or calibration, or several of them with their rule
        source: what states it, for messages
        folder: in which a model or calibration must lie; None refuses them
        how: what allows a judge that reaches out, for the message

    Returns:
        The judge, with models as paths inside `folder`.

    Raises:
        UntrustedPathError: for a file outside `folder`
        UntrustedSettingError: for a judge that reaches for files or servers and that the user has not named
        UnknownNameError: if it is no judge
    """
    judges = parse_judges(text)
    members = [_stated_member(name, source, folder, how) for name in (judges.members if judges else (text,))]
    return judge_text(members, judges.rule) if judges else members[0]


def _stated_member(name: str, source: str, folder: Path | None, how: str) -> str:
    if is_allowed(name):
        return name
    if name.endswith(FILE_SUFFIXES):
        if folder is None:
            raise UntrustedSettingError(
                f"{source} names the judge {shown_setting(name)}; a file of this machine is not read "
                "because another file names it"
            )
        return str(resolve_inside(folder, name, source=source))
    if name != DEFAULT_ESTIMATOR:
        # Otherwise load_estimator would take it for the name of a file.
        if (known := parse_spec(name).name) not in estimator_names():
            raise UnknownNameError("estimator", known, estimator_names())
        check_stated_setting(ENTRY_POINT_GROUP, name, source=source, how=how)
    return name


def load_calibrated(path: Path) -> CalibratedEstimator:
    """Return the judge that a calibration file names, with the calibration laid over it.

    Raises:
        ModelFileError: no such file, not a calibration, of another format, or of another revision of the judge
    """
    calibration = read_calibration(path)
    judge = load_estimator(stated_estimator(calibration.judge, source=f"{path}: judge", folder=path.parent))
    if isinstance(judge, CalibratedEstimator):
        raise ModelFileError(f"{path}: lies over another calibration; calibrate the judge itself")
    if judge.revision != calibration.judge_revision:
        raise ModelFileError(
            f"{path}: was made for judge {calibration.judge} of revision {calibration.judge_revision}, and "
            f"this is revision {judge.revision}; calibrate it again with: voiceact listen calibrate"
        )
    return CalibratedEstimator(judge, calibration)
