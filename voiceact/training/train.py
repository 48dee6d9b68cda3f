"""Train heads on clips with known scores: from sources to a folder with heads and card.

voiceact estimator train my-run --out my-heads
"""

import hashlib
import json
import shutil
import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.intensity import seven_to_empathic
from voiceact.dataset.export.folder import check_out, whole_folder
from voiceact.errors import UsageError, count_noun
from voiceact.estimators.model_file import pack
from voiceact.runtime.atomic_files import write_whole
from voiceact.training.encoders import EARS, load_encoder_named
from voiceact.training.heads import Settings, State, rescale, run_head, train_heads
from voiceact.training.layout import write_heads
from voiceact.training.material import CATEGORIES, Material, Source, Target, collect
from voiceact.training.measure import measure, split_speakers

Floats = NDArray[np.float32]
LEAST_CLIPS = 3
"""clips with something of a category, among those trained on, from which it gets a head"""
NEVER_A_JUDGE = (
    "Trained on speech that nobody is known to have spoken: it can be no judge of voiceact, and voiceact refuses it as one."
)


def train_estimator(
    places: Sequence[Path],
    out: Path,
    *,
    target: Target = "asked",
    encoder: str = EARS,
    settings: Settings = Settings(),  # noqa: B008
    control: bool = True,
    say: Callable[[str], None] = lambda sentence: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Hear clips, train heads, measure them on speakers they were not trained on, and write them.

    What was heard, and the state after each epoch, lie in `.NAME.training` beside the folder until it is whole: the same call
    goes on from there after a stop.

    Args:
        places: run folders, tables, folders with a manifest.jsonl
        out: the folder to write
        target: of runs, what heads are to give: "asked" or "judged"
        encoder: "ears", or a folder with a Whisper encoder
        settings: how heads are trained
        control: whether to train once more on shuffled targets, which nothing can be learned from
        say: told in a sentence what is done
        progress: told clips heard, and in all

    Returns:
        The card.

    Raises:
        UsageError: too few speakers or categories, a source that is none, or a folder in use
        MissingExtraError: without torch or onnx
    """
    folder = check_out(out)
    work = folder.parent / f".{folder.name}.training"
    work.mkdir(parents=True, exist_ok=True)
    listener = load_encoder_named(encoder, settings.device)
    say("listening")
    material = _hear_once(places, listener, target, work, progress)
    validation, test = split_speakers(material.speakers, settings.seed)
    targets = np.where(np.isfinite(material.targets), material.targets * np.float32(seven_to_empathic(1.0)), np.nan)
    names, columns = choose_heads(targets, ~validation & ~test)
    targets = targets[:, columns]
    say(
        f"training {count_noun(len(names), 'head')} on {count_noun(int((~test).sum()), 'clip')}, of "
        f"which {int(validation.sum())} decide when to stop"
    )

    # Heads, brought to the scale of what was asked, and measured on people they never heard.
    rest = ~test
    facts: dict[str, Any] = {}
    states, facts["training"] = _train(
        material.features[rest], targets[rest], validation[rest], names, settings, work / "heads.pt", say
    )
    speakers = [who for who, in_test in zip(material.speakers, test, strict=True) if in_test]
    constant = np.nanmean(targets[~validation & ~test], axis=0)
    facts["test"] = _measure(states, material.features[test], targets[test], speakers, constant)
    if control:
        say("training the control on shuffled targets")
        shuffled = shuffle_targets(targets[rest], settings.seed)
        wrong, _ = _train(material.features[rest], shuffled, validation[rest], names, settings, work / "control.pt", say)
        facts["control"] = _measure(wrong, material.features[test], targets[test], speakers, constant)

    card = make_card(material, target, settings, test, facts)
    with whole_folder(folder) as temporary:
        card = write_heads(temporary, states, card, frames=listener.frames)
    shutil.rmtree(work, ignore_errors=True)
    return card


def choose_heads(targets: Floats, fitted: NDArray[np.bool_]) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """Choose the categories that can be trained: something of them, and clips without, among those trained on.

    Args:
        targets: float32 [clips, 40]; NaN where not known
        fitted: bool [clips]: those that are trained on

    Returns:
        Category ids, and their columns.

    Raises:
        UsageError: if there is none
    """
    part = targets[fitted]
    known = np.isfinite(part)
    there = (np.nan_to_num(part) > 0).sum(axis=0)
    differ = np.array([len(set(part[known[:, n], n])) > 1 for n in range(part.shape[1])])
    columns = np.flatnonzero((there >= LEAST_CLIPS) & differ)
    if not len(columns):
        raise UsageError(
            f"no category has {LEAST_CLIPS} clips with it and others without it among those trained on; take more clips, or "
            "more than one feeling"
        )
    return tuple(CATEGORIES[column] for column in columns), columns


def shuffle_targets(targets: Floats, seed: int) -> Floats:
    """Give each clip the targets of another, whole rows, so that every head keeps its distribution."""
    return targets[np.random.default_rng(seed + 1).permutation(len(targets))]


def make_card(
    material: Material, target: Target, settings: Settings, test: NDArray[np.bool_], facts: dict[str, Any]
) -> dict[str, Any]:
    """Compose the card of heads."""
    from voiceact import __version__

    return {
        "voiceact": __version__,
        "encoder": material.encoder,
        "target": target,
        "scale": "0 (absent) to 4 (extreme), as Empathic-Insight-Voice; times 7/4 on the scale of voiceact",
        "sources": [asdict(source) for source in material.sources],
        "synthetic_data": list(material.synthetic),
        "judge": NEVER_A_JUDGE
        if material.synthetic
        else "Trained on people, and not calibrated: it has no evidence as a judge.",
        "clips": len(material.speakers),
        "speakers": len(set(material.speakers)),
        "test_speakers": sorted({who for who, in_test in zip(material.speakers, test, strict=True) if in_test}),
        "unheard": dict(material.unheard),
        "settings": asdict(settings),
        **facts,
    }


def fit_scale(predicted: Floats, targets: Floats) -> tuple[float, float]:
    """Fit slope and offset that bring scores to their targets by least squares; the slope is never below a tenth.

    The balanced loss ranks well and scores too high; a straight line changes no rank.
    """
    known = np.isfinite(targets)
    a, b = predicted[known].astype(np.float64), targets[known].astype(np.float64)
    spread = float(((a - a.mean()) ** 2).sum()) if len(a) else 0.0
    slope = float(((a - a.mean()) * (b - b.mean())).sum()) / spread if spread > 1e-9 else 1.0
    slope = max(slope, 0.1)
    return slope, float(b.mean() - slope * a.mean()) if len(a) else 0.0


def _train(
    features: Floats,
    targets: Floats,
    validation: NDArray[np.bool_],
    names: tuple[str, ...],
    settings: Settings,
    checkpoint: Path,
    say: Callable[[str], None],
) -> tuple[dict[str, State], dict[str, Any]]:
    """Train, and bring each head to the scale of its targets by the clips that decided when to stop."""
    trained = train_heads(
        features,
        targets,
        validation,
        names,
        settings,
        checkpoint=checkpoint,
        report=lambda epoch, loss: say(f"epoch {epoch}: validation loss {loss:.4f}"),
    )
    states = {}
    for number, (name, state) in enumerate(trained.states.items()):
        scale = fit_scale(run_head(state, features[validation]), targets[validation, number])
        states[name] = rescale(state, *scale)
    return states, {"epochs": trained.epochs, "best_epoch": trained.best, "validation_loss": round(min(trained.validation), 5)}


def _measure(
    states: dict[str, State], features: Floats, targets: Floats, speakers: list[str], constant: Floats
) -> dict[str, Any]:
    predicted = np.stack([run_head(state, features) for state in states.values()], axis=1)
    return measure(tuple(states), predicted, targets, speakers, constant.astype(np.float32))


def _hear_once(
    places: Sequence[Path], encoder: Any, target: Target, work: Path, progress: Callable[[int, int], None]
) -> Material:
    """Hear the clips, or take what was heard before a stop."""
    inputs = {"places": [str(place.resolve()) for place in places], "encoder": encoder.name, "target": target}
    key = hashlib.sha256(json.dumps(inputs).encode()).hexdigest()
    heard, facts = work / "heard.npz", work / "heard.json"
    if heard.is_file() and facts.is_file():
        try:
            cached = json.loads(facts.read_text("utf-8"))
            former_key, speakers, unheard = cached["key"], tuple(cached["speakers"]), cached["unheard"]
            sources = tuple(Source(**source) for source in cached["sources"])
            with np.load(heard, allow_pickle=False) as arrays:
                material = Material(arrays["features"], arrays["targets"], speakers, sources, encoder.name, unheard)
        except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, zlib.error):
            # Damaged, as by a machine that stopped: the clips are heard again.
            heard.unlink()
        else:
            if former_key != key:
                raise UsageError(f"{work} is of a training on other clips; remove it, or name another --out")
            return material
    material = collect(places, encoder, target=target, progress=progress)
    write_whole(heard, pack({"features": material.features, "targets": material.targets}))
    stated = {
        "key": key,
        "speakers": material.speakers,
        "sources": [asdict(source) for source in material.sources],
        "unheard": dict(material.unheard),
    }
    write_whole(facts, json.dumps(stated).encode())
    return material


__all__ = ["choose_heads", "fit_scale", "make_card", "shuffle_targets", "train_estimator"]
