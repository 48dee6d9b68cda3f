"""Training a judge: human corpora in, weights and a card out; the same data and seed give the same bytes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from voiceact.errors import UsageError
from voiceact.estimators.features import features
from voiceact.estimators.human.judge_model import pack_flat, pack_parts
from voiceact.estimators.human.score_scale import PERFORMED, PRESENT
from voiceact.estimators.model_file import Arrays, write_model
from voiceact.judge.corpus.manifest import Manifest, check_audio, read_manifest
from voiceact.judge.training import calibration, evidence
from voiceact.judge.training.evidence import Trial, draft, settle
from voiceact.judge.training.folds import Ears, learn_ears, teach, unheard_bursts, unheard_speech
from voiceact.judge.training.material import Material, listen
from voiceact.judge.training.provenance import corpus_cards
from voiceact.judge.training.reference_modes import REGIMES
from voiceact.judge.training.targets import Lesson, class_names, lesson_of, numbered
from voiceact.stats.discrimination import uar
from voiceact.stats.figure import missing

SPEECH_PASSES, BURST_PASSES = 6, 0

Say = Callable[[str], None]
Progress = Callable[[int, int], None]


def train_judge(
    folders: list[Path],
    out: Path,
    *,
    seed: int = 0,
    commercial_only: bool = False,
    say: Say = lambda sentence: None,
    progress: Progress = lambda done, total: None,
) -> dict[str, Any]:
    """Train on the manifests in `folders`, write `out` (.npz) and its card, and return the card.

    Raises:
        UsageError: a manifest or clip that is missing, a corpus that is not human or (with
            commercial_only) not free for commercial use, or too little material
    """
    if out.suffix != ".npz":
        raise UsageError(f"--out {out} is not the name of a model; expected one that ends in .npz")
    corpora = _corpora(folders)
    cards = corpus_cards(corpora, commercial_only=commercial_only)
    for manifest in corpora.values():
        check_audio(manifest)
    say("listening to speech")
    speech, unheard = listen(corpora, burst=False, passes=SPEECH_PASSES, seed=seed, progress=progress)
    say("listening to bursts")
    bursts, deaf = listen(corpora, burst=True, passes=BURST_PASSES, seed=seed, progress=progress)
    arrays, figures = _taught(speech, bursts, seed, say)
    card = _card(cards, seed, speech, bursts, unheard | deaf) | figures
    write_model(out, arrays, card)
    return card


def _corpora(folders: list[Path]) -> dict[str, Manifest]:
    found: dict[str, Manifest] = {}
    for folder in folders:
        name = (folder if folder.is_dir() else folder.parent).resolve().name
        if name in found:
            raise UsageError(f"two corpora lie in folders called {name!r}; rename one, the card tells them by it")
        found[name] = read_manifest(folder)
    return found


def _taught(speech: Material, bursts: Material, seed: int, say: Say) -> tuple[Arrays, dict[str, Any]]:
    lesson, ears = lesson_of(speech, bursts), learn_ears(speech, bursts)
    arrays: Arrays = pack_flat(ears.speech, "voices") | pack_flat(ears.bursts, "burst_voices")
    figures: dict[str, Any] = {"classes": list(lesson.classes), "burst_labels": list(lesson.labels), "regimes": {}}
    for regime in REGIMES:
        say(f"training with reference: {regime}")
        packed, figures["regimes"][regime] = _one_regime(speech, bursts, ears, lesson, regime, seed)
        arrays |= packed
    return arrays, figures


def _one_regime(
    speech: Material, bursts: Material, ears: Ears, lesson: Lesson, regime: str, seed: int
) -> tuple[Arrays, dict[str, Any]]:
    whole = teach(speech, bursts, ears, lesson, regime, seed)
    spoken = Trial(speech, unheard_speech(speech, bursts, whole, ears, lesson, regime, seed))
    burst = Trial(bursts, unheard_bursts(bursts, whole, ears, lesson, regime, seed))
    plan, figures = settle(draft(lesson, bursts), spoken, burst)
    scales = calibration.scales_of(plan, spoken, burst)
    arrays = pack_parts(whole, regime) | pack_flat(plan, f"{regime}.plan") | {f"{regime}.scales": scales}
    figures |= {
        "rates": calibration.rates(plan, scales, spoken, burst),
        "intensity_error": calibration.intensity_error(plan, scales, spoken),
        "speech_uar": _uar(spoken, lesson),
        "speech_uar_other_chains": _uar(spoken, lesson, recorded=False),
        "burst_uar": _burst_uar(burst, lesson),
    }
    return arrays, figures


def _uar(trial: Trial, lesson: Lesson, recorded: bool = True) -> dict[str, Any]:
    names = numbered(class_names(trial.material), lesson.classes)
    rows = (names >= 0) & (trial.as_recorded if recorded else ~trial.as_recorded)
    answers = trial.heard.speech[rows].argmax(axis=1)
    return uar(names[rows], answers, speakers=list(trial.material.speakers[rows])).to_dict()


def _burst_uar(trial: Trial, lesson: Lesson) -> dict[str, Any]:
    if not lesson.labels:
        return missing("no bursts in the training data").to_dict()
    labels = numbered([one.emotion for one in trial.material.recordings], lesson.labels)
    rows = trial.as_recorded
    answers = trial.heard.burst.argmax(axis=1)
    return uar(labels[rows], answers[rows], speakers=list(trial.material.speakers[rows])).to_dict()


def _card(
    corpora: list[dict[str, Any]], seed: int, speech: Material, bursts: Material, unheard: dict[str, str]
) -> dict[str, Any]:
    return {
        "title": "The human-trained judge",
        "seed": seed,
        "feature_revision": features.REVISION,
        "features": features.feature_names(),
        "corpora": corpora,
        "synthetic_data": [],
        "commercial": all(one["commercial"] for one in corpora),
        "clips": {"speech": int((speech.passes == 0).sum()), "burst": int((bursts.passes == 0).sum())},
        "speakers": {"speech": len(np.unique(speech.speakers)), "burst": len(np.unique(bursts.speakers))},
        "chains_a_voice": {"speech": SPEECH_PASSES, "burst": BURST_PASSES},
        "unheard": unheard,
        "scale": {
            "present": PRESENT,
            "performed": PERFORMED,
            "promised": calibration.PROMISED,
            "aimed": calibration.AIMED,
            "evidence_auc_above": evidence.EARNED,
        },
    }
