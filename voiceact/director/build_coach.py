"""Make the coach from human speech and bursts: `python -m voiceact.director.build_coach EMODB EMOGATOR_ACTOR`.

EMODB and EMOGATOR_ACTOR are folders with a `manifest.jsonl` (docs/corpus.md). `--speakers 03,08,…` learns from these actors
alone, so that a judge trained on the others has never met them: every published gain of the director is measured so
(benchmarks/director.py). What comes out are small arrays (coach.npz) and the card that says what they are.

Each utterance is described by its functionals less those of the same speaker's neutral readings: of the same sentence, where
there is one. Classes are told apart by a linear discriminant with one shrunken covariance (Fisher 1936; Friedman 1989 for the
shrinkage), at full strength and at half, so that half an emotion lies between neutral and the whole. Log-odds become likelihood
ratios by a line fitted on speakers left out. Bursts are described by their functionals alone.
"""

import argparse
import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.taxonomy import categories, resolve
from voiceact.audio import read
from voiceact.director.coach import FORMAT, Floats, burst_odds, class_odds, score_classes, score_labels, standardize
from voiceact.errors import UsageError
from voiceact.estimators.features.features import REVISION, extract_features
from voiceact.estimators.features.signal import UnheardError
from voiceact.estimators.likelihood import fit_logistic
from voiceact.estimators.model_file import Arrays, card_path, pack
from voiceact.runtime.atomic_files import write_text_whole, write_whole
from voiceact.runtime.progress import report_step, show_progress
from voiceact.stats.discrimination import auc

NEUTRAL = "neutral"
SHRINKAGE = 0.6
"""of the covariance towards its diagonal; of .1, .3, .6 and .9 the best on EmoTale and ASED, which nothing is learned from"""
RIDGE, FLOOR = 30.0, 1e-3
WEAKER = 0.5
"""strength of the second copy of each utterance"""
BURST_FOLDS = 5
REACH = 0.95
"""share of people's clips of a class whose distance from its middle is called as far as people go"""
CATEGORY_OF = {"happiness": "elation", "boredom": "emotional_numbness", "neutral": NEUTRAL}

Labels = NDArray[np.str_]


def read_manifest(folder: Path, speakers: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Read the rows of a corpus, those of these speakers where any are named.

    Raises:
        UsageError: if there is no manifest, or a speaker is not in it
    """
    path = folder / "manifest.jsonl"
    if not path.is_file():
        raise UsageError(f"{path} is missing; expected a corpus with a manifest (docs/corpus.md)")
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    unknown = set(speakers) - {str(row["speaker"]) for row in rows}
    if unknown:
        raise UsageError(f"speaker {min(unknown)!r} is not in {path}")
    return [row for row in rows if not speakers or str(row["speaker"]) in speakers]


def describe(folder: Path, rows: Sequence[dict[str, Any]], what: str) -> tuple[list[dict[str, Any]], Floats]:
    """Compute the functionals [n, features] of the clips that can be heard, and return their rows with them."""
    recordings, descriptions = [], []
    for number, row in enumerate(rows):
        report_step(what, number, len(rows))
        try:
            descriptions.append(extract_features(*read(folder / row["path"])))
            recordings.append(row)
        except UnheardError:
            continue
    return recordings, np.array(descriptions, np.float64)


def relative_to_neutral(rows: Sequence[dict[str, Any]], features: Floats) -> tuple[Floats, Labels, Labels]:
    """Return functionals less those of the speaker's neutral readings (clips without are left out), classes and speakers."""
    speakers = np.array([str(row["speaker"]) for row in rows])
    names = np.array([CATEGORY_OF.get(row["emotion"], row["emotion"]) for row in rows])
    texts = np.array([row.get("text") or "" for row in rows])
    recordings, relative = [], []
    for at in range(len(rows)):
        neutral = (speakers == speakers[at]) & (names == NEUTRAL)
        neutral[at] = False
        same = neutral & (texts == texts[at])
        own = same if same.any() else neutral
        if own.any():
            recordings.append(at)
            relative.append(features[at] - np.nanmean(features[own], axis=0))
    return np.array(relative), names[recordings], speakers[recordings]


def fit_speech(rows: Floats, names: Labels, classes: Sequence[str]) -> Arrays:
    """Fit the discriminant of speech and the reading of valence and arousal.

    Args:
        rows: relative functionals [n, features]
        names: class of each
        classes: category ids, neutral last

    Returns:
        arrays "speech.*" and "affect.*" of a coach without lines, reach and people
    """
    fill = np.nanmedian(rows, axis=0)
    filled = np.where(np.isfinite(rows), rows, fill)
    scale = filled.std(axis=0) + 1e-9
    z = standardize(rows, fill, scale)
    z, names = np.concatenate((z, WEAKER * z)), np.concatenate((names, names))
    means = np.array([z[names == name].mean(axis=0) for name in classes])
    means[-1] = 0.0  # the neutral reading itself is where differences are measured from
    shrunken = shrunken_covariance(z, names, classes, means)
    # Places of the taxonomy, at half strength half way.
    places = {one.id: (float(one.valence_value), float(one.arousal_value)) for one in categories()} | {NEUTRAL: (0.0, 0.0)}
    strength = np.repeat((1.0, WEAKER), len(names) // 2)[:, None]
    targets = np.array([places[name] for name in names]) * strength
    weight = np.array([1 / (names == name).sum() for name in names]) * len(names) / len(classes)
    gram = (z * weight[:, None]).T @ z + RIDGE * np.eye(z.shape[1])
    return {
        "speech.fill": fill,
        "speech.scale": scale,
        "speech.means": means,
        "speech.precision": np.linalg.inv(shrunken),
        "affect.weights": np.linalg.solve(gram, (z * weight[:, None]).T @ targets),
    }


def shrunken_covariance(z: Floats, names: Labels, classes: Sequence[str], means: Floats) -> Floats:
    """Return the mean covariance [n, n] of classes around their means, shrunken towards its diagonal.

    Args:
        z: standardized functionals [clips, n]
        names: class of each clip
        classes: that are told apart
        means: [classes, n]
    """
    within = np.mean([np.cov((z[names == name] - mean).T) for name, mean in zip(classes, means, strict=True)], axis=0)
    return np.asarray((1 - SHRINKAGE) * within + SHRINKAGE * np.diag(np.diag(within)) + FLOOR * np.eye(len(within)))


def train_speech(rows: Floats, names: Labels, speakers: Labels) -> tuple[Arrays, list[str], dict[str, Any]]:
    """Train on all speakers; lines, reach and people's strength come from each speaker heard by a model of the others.

    Returns:
        arrays, classes (neutral last), figures of the card
    """
    classes = [one.id for one in categories() if one.id in set(names)] + [NEUTRAL]
    scores, squared, affect = np.zeros((len(rows), len(classes))), np.zeros((len(rows), len(classes))), np.zeros((len(rows), 2))
    for speaker in np.unique(speakers):
        out = speakers == speaker
        fold = fit_speech(rows[~out], names[~out], classes)
        scores[out], squared[out] = score_classes(fold, rows[out])
        affect[out] = standardize(rows[out], fold["speech.fill"], fold["speech.scale"]) @ fold["affect.weights"]
    odds = class_odds(scores)
    people, reach, figures = [], [], {}
    for at, name in enumerate(classes):
        own = names == name
        reach.append(float(np.quantile(squared[own, at], REACH)))
        if name == NEUTRAL:
            continue
        people.append(float(np.median(scores[own, at] - scores[own, -1])))
        figures[name] = _share(auc(odds[:, at], own, draws=1).value)
    hits = [float((odds[names == name].argmax(axis=1) == at).mean()) for at, name in enumerate(classes)]
    arrays = fit_speech(rows, names, classes) | {
        "speech.line": fit_line(odds[:, :-1], [names == name for name in classes[:-1]]),
        "speech.people": np.array(people),
        "speech.reach": np.array(reach),
        "affect.spread": affect.std(axis=0),
    }
    return arrays, classes, {"uar": round(float(np.mean(hits)), 3), "auc": figures, "clips": len(rows)}


def fit_line(odds: Floats, performed: Sequence[NDArray[np.bool_]]) -> Floats:
    """Fit one line from log-odds to log-likelihood ratios for all categories: some have too few clips for one of their own.

    Args:
        odds: [n, categories]
        performed: for each category, which of the n clips perform it

    Returns:
        slope and offset
    """
    yes = np.concatenate([odds[own, at] for at, own in enumerate(performed)])
    no = np.concatenate([odds[~own, at] for at, own in enumerate(performed)])
    line = fit_logistic(yes, no)
    return np.array([line.slope, line.offset])


def train_bursts(
    rows: Floats, labels: Labels, contributors: Labels, category_of: dict[str, str]
) -> tuple[Arrays, dict[str, Any]]:
    """Train the discriminant of bursts; lines come from contributors heard by a model of the others.

    Args:
        rows: functionals [n, features]
        labels: what each contributor was asked for
        contributors: who performed each
        category_of: label -> category id
    """
    known = sorted(set(labels))

    def fit(part: Floats, part_labels: Labels) -> Arrays:
        fill = np.nanmedian(part, axis=0)
        centre = np.where(np.isfinite(part), part, fill)
        scale = centre.std(axis=0) + 1e-9
        z = standardize(part, fill, scale)
        means = np.array([z[part_labels == label].mean(axis=0) for label in known])
        weights = np.linalg.solve(shrunken_covariance(z, part_labels, known, means), means.T)
        return {
            "burst.fill": fill,
            "burst.scale": scale,
            "burst.weights": weights,
            "burst.bias": -0.5 * np.einsum("cf,fc->c", means, weights),
        }

    fold_of = {name: at % BURST_FOLDS for at, name in enumerate(np.unique(contributors))}
    folds = np.array([fold_of[name] for name in contributors])
    logs = np.zeros((len(rows), len(known)))
    for fold in range(BURST_FOLDS):
        out = folds == fold
        logs[out] = score_labels(fit(rows[~out], labels[~out]), rows[out])
    groups: dict[str, list[int]] = defaultdict(list)
    for at, label in enumerate(known):
        if label in category_of:
            groups[category_of[label]].append(at)
    odds = burst_odds(logs, list(groups.values()))
    performed = [np.isin(labels, [known[one] for one in group]) for group in groups.values()]
    figures = {name: _share(auc(odds[:, at], performed[at], draws=1).value) for at, name in enumerate(groups)}
    arrays = fit(rows, labels) | {"burst.line": fit_line(odds, performed)}
    return arrays, {"labels": known, "categories": dict(groups), "auc": figures, "clips": len(rows)}


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def build(emodb: Path, bursts: Path, *, speakers: Sequence[str] = ()) -> tuple[bytes, dict[str, Any]]:
    """Train a coach and return the bytes of its file, and its card.

    Args:
        emodb: folder of EmoDB
        bursts: folder of EmoGator's contributors that no judge learns from
        speakers: actors of EmoDB to learn from; empty for all

    Raises:
        UsageError: a folder without a manifest, or an unknown speaker
    """
    speech_clips = describe(emodb, read_manifest(emodb, speakers), "speech")
    return assemble(*speech_clips, *describe(bursts, read_manifest(bursts), "bursts"))


def assemble(
    rows: list[dict[str, Any]], features: Floats, burst_rows: list[dict[str, Any]], burst_features: Floats
) -> tuple[bytes, dict[str, Any]]:
    """Train a coach from described clips (see `build`)."""
    speech, classes, heard = train_speech(*relative_to_neutral(rows, features))
    labels = np.array([row["emotion"] for row in burst_rows])
    category_of = {row["emotion"]: resolve(row["emonet"]).category.id for row in burst_rows if row.get("emonet")}
    burst, burst_card = train_bursts(burst_features, labels, np.array([str(row["speaker"]) for row in burst_rows]), category_of)
    data = pack({key: np.asarray(value, np.float32) for key, value in (speech | burst).items()})
    return data, {
        "format": FORMAT,
        "weights_sha256": hashlib.sha256(data).hexdigest(),
        "features": REVISION,
        "classes": classes,
        "burst_categories": burst_card["categories"],
        "speakers": sorted({str(row["speaker"]) for row in rows}),
        "corpora": {
            "EmoDB": {"licence": "CC0-1.0", "source": "Burkhardt et al., Interspeech 2005", "clips": heard["clips"]},
            "EmoGator": {"licence": "Apache-2.0", "source": "Buhl, arXiv 2301.00508", "clips": burst_card["clips"]},
        },
        "licence": "Apache-2.0",
        "synthetic_data": False,
        "speaker_left_out": {"uar": heard["uar"], "auc": heard["auc"]},
        "contributors_left_out": {"auc": burst_card["auc"]},
    }


def main() -> None:
    """Read the command line and write coach.npz and coach.card.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("emodb", type=Path)
    parser.add_argument("bursts", type=Path)
    parser.add_argument("--speakers", default="", help="actors of EmoDB to learn from, joined by commas; empty for all")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "data" / "coach.npz")
    arguments = parser.parse_args()
    with show_progress():
        data, card = build(arguments.emodb, arguments.bursts, speakers=[name for name in arguments.speakers.split(",") if name])
    write_whole(arguments.out, data)
    write_text_whole(card_path(arguments.out), json.dumps(card, indent=1, ensure_ascii=False) + "\n")
    print(json.dumps({key: card[key] for key in ("speaker_left_out", "contributors_left_out")}))


if __name__ == "__main__":
    main()
