"""A judge, some corpora -> report.json and report.html."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from voiceact.errors import UsageError
from voiceact.estimators.base import COHORT, Estimator, adapt_estimator
from voiceact.judge.corpus.manifest import Manifest, check_audio, read_manifest
from voiceact.judge.evaluation import figures
from voiceact.judge.evaluation.judged import Judged
from voiceact.judge.evaluation.judging import Listener, corpus_classes, count_steps, hear_corpus, hear_in_cohort, lay_out
from voiceact.judge.evaluation.people import people_heard
from voiceact.judge.evaluation.present import COLUMNS, PUBLISHED, present_rule
from voiceact.judge.evaluation.questions import PUBLISHED as PUBLISHED_QUESTIONS
from voiceact.judge.evaluation.questions import judge_beside, question_figures
from voiceact.judge.evaluation.regimes import NEUTRAL_REFERENCE, NO_REFERENCE, ONE_READING, REGIMES, one_reading
from voiceact.runtime.atomic_files import check_folder, write_text_whole
from voiceact.stats.figure import CONFIDENCE, DRAWS, SEED, Figure, missing
from voiceact.stats.permutation import Null

FORMAT = "voiceact-judge-report/1"
MOST_NEUTRAL_ACCEPTED, MOST_OTHERS_ACCEPTED = 0.05, 0.15
LISTED = 20
HEARD_IN_TRAINING = (
    "The judge was trained on this corpus: its figures here say nothing of people it has not heard. "
    "Its card has the figures for speakers left out."
)

FIGURES = (
    "arousal_auc",
    "arousal_auc_broad",
    "valence_auc",
    "intensity_auc",
    "intensity_auc_arousal",
    "arousal_rho",
    "valence_rho",
    "uar",
    "present_rule_hit_rate",
    "present_rule_false_accept",
    "false_accept_neutral",
    "false_accept_contrastive",
    "false_accept_farthest",
    "true_accept",
)
"""keys of the figures of a regime, each {value, low, high, n} and `why` where a part of it is null"""


def evaluate(
    judge: Estimator,
    folders: Mapping[str, str | os.PathLike[str]],
    *,
    draws: int = DRAWS,
    seed: int = SEED,
    beside: Sequence[Estimator] = (),
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> dict[str, Any]:
    """The report on `judge` over corpora (name -> folder with a manifest.jsonl, or a manifest).

    beside: other estimators that are asked the questions people answered about a corpus (benchmarks)
    progress: told (corpus and regime, clips done, clips in all)

    Raises:
        UsageError: a manifest is missing or broken, or audio it names is missing, before anything is judged;
            or the judge can say nothing of a whole corpus
    """
    if not folders:
        raise UsageError("no corpus to evaluate on; give at least one as --corpus NAME DIR")
    manifests = {name: read_manifest(folder) for name, folder in folders.items()}
    for manifest in manifests.values():
        check_audio(manifest)
    everything: dict[tuple[str, str], Judged] = {}
    corpora = {name: _regimes(judge, name, manifest, draws, seed, progress, everything) for name, manifest in manifests.items()}
    unmet = {key: judged for key, judged in everything.items() if not trained_on(judge, key[0], manifests[key[0]])}
    return {
        "format": FORMAT,
        "judge": {
            "estimator": judge.name,
            "revision": judge.revision,
            "thresholds": dict(judge.thresholds),
            "bound": adapt_estimator(judge).bound,
        },
        "settings": {"draws": draws, "seed": seed, "confidence": CONFIDENCE},
        "published": {column: dict(PUBLISHED[place]) for place, column in enumerate(COLUMNS)},
        "published_questions": {name: dict(figures) for name, figures in PUBLISHED_QUESTIONS.items()},
        "sources": {
            name: _source(manifest) | {"trained_on": trained_on(judge, name, manifest)} for name, manifest in manifests.items()
        },
        "corpora": corpora,
        "people": people_heard(unmet, draws=draws, seed=seed),
        "beside": judge_beside(beside, manifests, draws=draws, seed=seed, progress=progress) if beside else {},
    }


def write_report(report: Mapping[str, Any], folder: str | os.PathLike[str]) -> Path:
    """Write report.json and report.html into `folder`, which is made if it does not exist; returns the folder."""
    from voiceact.judge.evaluation.page import page

    folder, shown = Path(folder), page(report)
    check_report_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_text_whole(folder / "report.html", shown)
    write_text_whole(folder / "report.json", json.dumps(report, ensure_ascii=False, indent=2, allow_nan=False) + "\n")
    return folder


def check_report_folder(folder: str | os.PathLike[str]) -> None:
    """Raise UsageError unless a report can be written to `folder`: to be asked before work is spent; makes nothing."""
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; expected a folder for the report")
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    check_folder(there / "report.json")


def _source(manifest: Manifest) -> dict[str, Any]:
    card = manifest.card
    return {
        "manifest_sha256": manifest.sha256,
        "clips": len(manifest.recordings),
        "speakers": len({recording.speaker for recording in manifest.recordings}),
        "languages": sorted({recording.language for recording in manifest.recordings if recording.language}),
        "kinds": sorted({recording.kind for recording in manifest.recordings}),
        "corpus": card.corpus if card else None,
        "title": card.title if card else None,
        "licence": card.licence if card else None,
        "commercial": card.commercial if card else None,
        "card_is_stale": manifest.card_is_stale,
    }


def trained_on(judge: Estimator, name: str, manifest: Manifest) -> bool | None:
    """Whether the judge's card lists this corpus, by the hash of its manifest or by name; None without a card."""
    card = adapt_estimator(judge).card
    if not isinstance(card, Mapping) or "corpora" not in card:
        return None
    names = {name.casefold()} | ({manifest.card.corpus} if manifest.card else set())
    return any(
        corpus.get("manifest_sha256") == manifest.sha256 or str(corpus.get("name")).casefold() in names
        for corpus in card["corpora"]
    )


def _regimes(
    judge: Estimator,
    name: str,
    manifest: Manifest,
    draws: int,
    seed: int,
    progress: Callable[[str, int, int], None],
    everything: dict[tuple[str, str], Judged],
) -> dict[str, Any]:
    unheard: Mapping[str, str] = {}
    figures: dict[str, Any] = {}
    listener = Listener(judge, manifest)
    centres = hasattr(judge, "in_cohort")
    # Without references first: it tells which clips say nothing and cannot be part of one.
    for regime in reversed(REGIMES):
        if why := _why_no_references(manifest, regime):
            for key in (regime, regime + COHORT) if centres else (regime,):
                figures[key] = _nothing(why, manifest)
            continue
        steps = count_steps(progress, f"{name}, {regime}", len(manifest.recordings))
        hearing = hear_corpus(listener, regime, seed=seed, unheard=unheard, progress=steps)
        unheard = hearing.silent if regime == NO_REFERENCE else unheard
        judged = lay_out(listener, hearing)
        everything[name, regime] = judged
        figures[regime] = _described(judged, manifest, draws, seed)
        if not centres:
            continue
        try:
            judged = lay_out(listener, hear_in_cohort(listener, hearing, name))
        except UsageError as error:
            figures[regime + COHORT] = _nothing(str(error), manifest, hearing.silent)
            continue
        everything[name, regime + COHORT] = judged
        figures[regime + COHORT] = _described(judged, manifest, draws, seed)
    if trained_on(judge, name, manifest):
        for regime_figures in figures.values():
            regime_figures["findings"].insert(0, HEARD_IN_TRAINING)
    return {key: figures[key] for regime in REGIMES for key in (regime, regime + COHORT) if key in figures}


def _why_no_references(manifest: Manifest, regime: str) -> str:
    """Say why no clip of a corpus has a reference under a regime; empty where some have."""
    if regime not in (NEUTRAL_REFERENCE, *ONE_READING):
        return ""
    if not any(recording.neutral for recording in manifest.recordings):
        return "the corpus holds no neutral clips to serve as references"
    if regime in ONE_READING and not one_reading(manifest.recordings, regime):
        return "no voice of the corpus has such a neutral reading, by the sentence or text that its manifest states"
    return ""


def _described(judged: Judged, manifest: Manifest, draws: int, seed: int) -> dict[str, Any]:
    if judged.recordings:
        return describe(judged, draws=draws, seed=seed)
    reason = next(iter(judged.not_judged.values()), "all its clips serve as references")
    return _nothing(f"no clip could be judged; the first: {reason}", manifest, judged.not_judged)


def describe(judged: Judged, *, draws: int = DRAWS, seed: int = SEED) -> dict[str, Any]:
    """What the report says of one corpus under one regime."""
    measured = figures.figures(judged, draws=draws, seed=seed)
    present = present_rule(judged, draws=draws, seed=seed)
    measured |= {"present_rule_hit_rate": present.hit_rate, "present_rule_false_accept": present.false_accept}
    null = figures.null(judged, draws=draws, seed=seed)
    return {
        "clips": len(judged.recordings),
        "speakers": len(set(judged.speakers)),
        "uar_classes": len(judged.classes),
        **{key: measured[key].to_dict() for key in FIGURES},
        "findings": findings(measured, null, judged.classes),
        "null": null.to_dict() if null else None,
        "categories": figures.by_category(judged, draws=draws, seed=seed),
        "confusion": figures.confusion(judged),
        "score_reliability": figures.score_reliability(judged),
        "ratio_reliability": figures.ratio_reliability(judged),
        "class_reliability": figures.class_reliability(judged),
        "present_rule": present.to_dict(),
        "questions": question_figures(judged, draws=draws, seed=seed),
        "references": dict(judged.references),
        "not_judged": _listed(judged.not_judged),
        "no_class": sum(1 for recording in judged.recordings if recording.category is None and not recording.neutral),
    }


def findings(measured: Mapping[str, Figure], null: Null | None, classes: tuple[str, ...]) -> list[str]:
    """What a reader must not overlook, in whole sentences; empty where nothing is amiss."""
    sentences = []
    if null and null.p > 0.05:
        sentences.append(
            "Its confirmations are no better than requests dealt out at random: "
            f"{null.observed:.0%} confirmed, {null.mean:.0%} at random (p = {null.p:.2f})."
        )
    if measured["true_accept"].value == 0:
        sentences.append("It confirms nothing: no clip's own category is called present.")
    chance = 1 / max(1, len(classes))
    if (low := measured["uar"].low) is not None and low <= chance:
        sentences.append(f"Forced to choose among {len(classes)} classes it is no better than chance ({chance:.0%}).")
    sentences += _accepts_too_much(measured["false_accept_neutral"], MOST_NEUTRAL_ACCEPTED, "neutral clips emotional")
    sentences += _accepts_too_much(
        measured["false_accept_contrastive"], MOST_OTHERS_ACCEPTED, "clips of other categories the category asked for"
    )
    return sentences


def _accepts_too_much(figure: Figure, most: float, what: str) -> list[str]:
    if figure.value is None or figure.value <= most:
        return []
    return [f"It calls {figure.value:.0%} of {what}; at most {most:.0%} is asked of a judge here."]


def _nothing(why: str, manifest: Manifest, not_judged: Mapping[str, str] | None = None) -> dict[str, Any]:
    classes = corpus_classes(manifest.recordings)
    return {
        "value": None,
        "why": why,
        "clips": 0,
        "speakers": 0,
        "uar_classes": len(classes),
        **{key: missing(why).to_dict() for key in FIGURES},
        "findings": [],
        "null": None,
        "categories": [],
        "confusion": None,
        "score_reliability": [],
        "ratio_reliability": [],
        "class_reliability": None,
        "present_rule": None,
        "questions": None,
        "references": {},
        "not_judged": _listed(not_judged or {}),
        "no_class": 0,
    }


def _listed(reasons: Mapping[str, str]) -> dict[str, Any]:
    first = [{"path": path, "why": why} for path, why in list(reasons.items())[:LISTED]]
    return {"count": len(reasons), "first": first}
