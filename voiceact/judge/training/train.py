"""Training a judge: human corpora in, weights and a card out; the same data and seed give the same bytes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from voiceact.errors import UsageError
from voiceact.estimators.ears import load_ears
from voiceact.estimators.human.judge_model import pack
from voiceact.estimators.human.score_scale import PERFORMED, PRESENT
from voiceact.estimators.likelihood import BOUND
from voiceact.estimators.model_file import Arrays, write_model
from voiceact.judge.corpus.manifest import Manifest, check_audio, read_manifest
from voiceact.judge.training import calibration, evidence
from voiceact.judge.training.evidence import Trial, draft, settle
from voiceact.judge.training.folds import burst_trial, learn_spaces, place_taught, speech_trial, teach
from voiceact.judge.training.material import Material, listen
from voiceact.judge.training.provenance import corpus_cards
from voiceact.judge.training.reference_modes import ACTED, REGIMES
from voiceact.judge.training.targets import Lesson, class_names, lesson_of, numbered
from voiceact.stats.discrimination import uar
from voiceact.stats.figure import missing

SPEECH_PASSES, BURST_PASSES = 2, 0
BURST_TAKES = 1
"""takes of one label by one contributor: a third of EmoGator, which listens in a third of the time"""

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
    bursts, deaf = listen(corpora, burst=True, passes=BURST_PASSES, seed=seed, most_takes=BURST_TAKES, progress=progress)
    arrays, figures = teach_judge(speech, bursts, seed, say)
    card = make_card(cards, seed, speech, bursts, unheard | deaf) | figures
    write_model(out, arrays, card)
    return card


def _corpora(folders: list[Path]) -> dict[str, Manifest]:
    manifests: dict[str, Manifest] = {}
    for folder in folders:
        name = (folder if folder.is_dir() else folder.parent).resolve().name
        if name in manifests:
            raise UsageError(f"two corpora lie in folders called {name!r}; rename one, the card tells them by it")
        manifests[name] = read_manifest(folder)
    return manifests


def teach_judge(
    speech: Material, bursts: Material, seed: int, say: Say = lambda sentence: None
) -> tuple[Arrays, dict[str, Any]]:
    """Teach all regimes from described clips; return the arrays of the model and the figures of its card.

    Args:
        speech, bursts: from `voiceact.judge.training.material.listen`
        seed: of every random choice
        say: told what is done, in a sentence

    Raises:
        UsageError: too little material
    """
    lesson = lesson_of(speech, bursts)
    say("learning the spaces of voices")
    spaces = learn_spaces(speech, bursts)
    arrays: Arrays = pack(spaces.speech, "speech_space") | pack(spaces.burst, "burst_space")
    figures: dict[str, Any] = {"classes": list(lesson.classes), "burst_labels": list(lesson.labels), "regimes": {}}
    for regime in REGIMES:
        say(f"training with reference: {regime}")
        taught = place_taught(speech, spaces, regime, seed)
        heads = teach(speech, bursts, spaces, taught, lesson, regime, seed)
        spoken = speech_trial(speech, spaces, taught, heads, lesson, regime, seed)
        burst = burst_trial(bursts, spaces, lesson, regime, seed)
        plan, measured = settle(draft(lesson, bursts), spoken, burst)
        plan, scales = calibration.scales_of(plan, spoken, burst)
        arrays |= pack(heads, f"{regime}.heads") | pack(plan, f"{regime}.plan") | pack(scales, f"{regime}.scales")
        figures["regimes"][regime] = measured | {
            "rates": calibration.rates(plan, scales, spoken, burst),
            "ratios": calibration.ratio_figures(plan, scales, spoken),
            "intensity_error": calibration.intensity_error(plan, scales, spoken),
            "speech_uar": _uar(spoken, lesson),
            "speech_uar_other_chains": _uar(spoken, lesson, recorded=False),
            "burst_uar": _burst_uar(burst, lesson),
        }
    return arrays, figures


def _uar(trial: Trial, lesson: Lesson, recorded: bool = True) -> dict[str, Any]:
    names = numbered(class_names(trial.material), lesson.classes)
    rows = (names >= 0) & (trial.acted == 1) & ((trial.material.passes == 0) == recorded)
    answers = trial.heard.speech[rows].argmax(axis=1)
    return uar(names[rows], answers, speakers=list(trial.material.speakers[rows])).to_dict()


def _burst_uar(trial: Trial, lesson: Lesson) -> dict[str, Any]:
    if not lesson.labels:
        return missing("no bursts in the training data").to_dict()
    labels = numbered([recording.emotion for recording in trial.material.recordings], lesson.labels)
    rows = trial.as_recorded
    answers = trial.heard.burst.argmax(axis=1)
    return uar(labels[rows], answers[rows], speakers=list(trial.material.speakers[rows])).to_dict()


def make_card(
    corpora: list[dict[str, Any]], seed: int, speech: Material, bursts: Material, unheard: dict[str, str]
) -> dict[str, Any]:
    """Say what a model is made of: corpora, ears, clips, settings."""
    ears = load_ears().card
    return {
        "title": "The human-trained judge",
        "seed": seed,
        "ears_sha256": ears["sha256"],
        "ears": {key: ears[key] for key in ("origin", "licence", "layers")},
        "corpora": corpora,
        "synthetic_data": [],
        "commercial": all(corpus["commercial"] for corpus in corpora),
        "clips": {"speech": int((speech.passes == 0).sum()), "burst": int((bursts.passes == 0).sum())},
        "speakers": {"speech": len(np.unique(speech.speakers)), "burst": len(np.unique(bursts.speakers))},
        "chains_a_voice": {"speech": SPEECH_PASSES, "burst": BURST_PASSES},
        "acted": list(ACTED),
        "unheard": unheard,
        "scale": {
            "present": PRESENT,
            "performed": PERFORMED,
            "promised": calibration.PROMISED,
            "bound": BOUND,
            "shift": calibration.SHIFT,
            "evidence_auc_above": evidence.EARNED,
        },
    }
