"""A judge's answers to what people were asked: balanced accuracy, rank correlation and the present rule, beside people's own.

Benchmarks such as emolia-bench ask of one category at a time whether it is there; people's answers stand in the manifest
(`voiceact.judge.corpus.questions`). The judge is asked the same, and so are people: each listener's answer is held
against the majority of the others, which is how the benchmark measures its own human bound. A judge that agrees with people
as often as they agree with each other has nothing left to learn from them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from voiceact.acting.taxonomy import categories, get
from voiceact.estimators.base import Estimator
from voiceact.estimators.ensemble.voting import published_correlations
from voiceact.judge.corpus.manifest import Manifest
from voiceact.judge.corpus.questions import NOT_PRESENT, Question
from voiceact.judge.evaluation.judged import Flags, Floats, Ints, Judged
from voiceact.judge.evaluation.judging import count_steps, judge_corpus
from voiceact.judge.evaluation.present import FIELD_SCALE, TIMES_CHANCE, softmax
from voiceact.judge.evaluation.regimes import NO_REFERENCE
from voiceact.stats.discrimination import auc, uar
from voiceact.stats.figure import Figure, missing
from voiceact.stats.ranking import spearman

LEAST_LISTENERS = 3
"""listeners a question needs for one of them to be held against the majority of the others"""

FIGURES = (
    "people_balanced_accuracy",
    "preselection_balanced_accuracy",
    "balanced_accuracy",
    "auc",
    "spearman",
    "present_rule_balanced_accuracy",
)
"""keys of the figures of a group of questions, each {value, low, high, n} and `why` where a part of it is null"""

PUBLISHED: Mapping[str, Mapping[str, Any]] = {
    "emolia-bench": {
        "source": "LAION-AI/emolia-bench, analysis_outputs/report.md (7,988 questions, three listeners)",
        "people_balanced_accuracy": 0.572,
        "people_and_preselecting_model_balanced_accuracy": 0.632,
        "preselection_balanced_accuracy": 0.716,
        "fleiss_kappa": 0.086,
        "spearman": None,
    },
    "emonet-voice-bench": {
        "source": "EmoNet-Voice, arXiv 2506.09827, Tables 4 to 6 (12,600 questions, two to four listeners)",
        "confirmed_by_every_listener": 0.372,
        "cronbach_alpha": 0.138,
        "spearman": {"Empathic-Insight-Voice Large": 0.415, "Empathic-Insight-Voice Small": 0.418, "Gemini 2.5 Pro": 0.417},
        "spearman_by_category": "Empathic-Insight-Voice Large",
    },
}
"""what the publishers of a benchmark say of people and models, by the name of its importer; no intervals are published"""


@dataclass(frozen=True)
class Asked:
    """The questions of a corpus, a row each.

    Attributes:
        questions: [q] what was asked and answered
        rows: int [q], the clip's row among those that were judged
        places: int [q], the category's place in the taxonomy
        speakers: [q] who speaks, or the recording a clip was cut from
    """

    questions: Sequence[Question]
    rows: Ints
    places: Ints
    speakers: Sequence[str]

    @classmethod
    def of(cls, judged: Judged) -> "Asked":
        """Collect the questions about the clips that were judged."""
        place = {category.name: number for number, category in enumerate(categories())}
        pairs = [(row, question) for row, clip in enumerate(judged.recordings) for question in clip.questions]
        return cls(
            [question for _, question in pairs],
            np.array([row for row, _ in pairs], np.intp),
            np.array([place[get(question.category).name] for _, question in pairs], np.intp),
            [judged.recordings[row].speaker for row, _ in pairs],
        )


def question_figures(judged: Judged, *, draws: int, seed: int) -> dict[str, Any] | None:
    """Measure a judge on the questions that people answered about a corpus.

    Args:
        judged: what the judge said of its clips, under one regime
        draws, seed: of the bootstrap over speakers

    Returns:
        `all`, `unanimous` and, by name, `tasks` and `categories`: each the number of questions, the share that people
        heard, and FIGURES; None where the corpus has no questions
    """
    asked = Asked.of(judged)
    if not asked.questions:
        return None
    rule = call_each_present(judged.scores)
    tasks = np.array([question.task for question in asked.questions], object)
    unanimous = np.array([question.unanimous for question in asked.questions], bool)

    def measure(group: Flags) -> dict[str, Any]:
        return _group(judged, asked, rule, np.flatnonzero(group), draws=draws, seed=seed)

    return {
        "all": measure(np.ones(len(tasks), bool)),
        "unanimous": measure(unanimous),
        "tasks": {task: measure(tasks == task) for task in sorted(set(tasks)) if task},
        "categories": {categories()[place].id: measure(asked.places == place) for place in np.unique(asked.places)},
    }


def _group(judged: Judged, asked: Asked, rule: Flags, group: Ints, **options: int) -> dict[str, Any]:
    questions = [asked.questions[number] for number in group]
    rows, places = asked.rows[group], asked.places[group]
    speakers = [asked.speakers[number] for number in group]
    majority = [question.present for question in questions]
    decided = np.array([answer is not None for answer in majority], bool)
    present = np.array([bool(answer) for answer in majority], bool)
    answered = judged.judged[rows, places]
    scored = np.isfinite(judged.scores[rows, places])
    scores = judged.scores[rows, places]

    def balanced(yes: Flags, where: Flags, why: str) -> Figure:
        return _balanced(present[where], yes[where], [speakers[number] for number in np.flatnonzero(where)], why, **options)

    preselected = np.array([question.preselected is not None for question in questions], bool)
    chosen = np.array([bool(question.preselected) for question in questions], bool)
    both = decided & scored
    figures = {
        "people_balanced_accuracy": _people(questions, speakers, **options),
        "preselection_balanced_accuracy": balanced(chosen, decided & preselected, "nothing was preselected"),
        "balanced_accuracy": balanced(
            judged.accepts[rows, places], decided & answered, "the judge has no threshold for these categories"
        ),
        "auc": missing("the judge gives these categories no score")
        if not both.any()
        else auc(scores[both], present[both], speakers=[speakers[number] for number in np.flatnonzero(both)], **options),
        "spearman": missing("the judge gives these categories no score")
        if not scored.any()
        else spearman(
            scores[scored],
            np.array([question.mean_rating for question in questions])[scored],
            speakers=[speakers[number] for number in np.flatnonzero(scored)],
            **options,
        ),
        "present_rule_balanced_accuracy": balanced(rule[rows, places], both, "the judge gives these categories no score"),
    }
    return {
        "questions": len(questions),
        "judged": int(answered.sum()),
        "undecided": int((~decided).sum()),
        "heard_by_people": float(present[decided].mean()) if decided.any() else None,
        **{key: figures[key].to_dict() for key in FIGURES},
    }


def _balanced(present: Flags, yes: Flags, speakers: Sequence[str], why: str, **options: int) -> Figure:
    """Mean of the share said to be there of what is there, and of the share said not to be there of what is not."""
    if not len(present):
        return missing(why)
    if present.all() or not present.any():
        return missing(f"people heard it in {'all' if present.all() else 'none'} of these clips", len(present))
    return uar(present.astype(str), yes.astype(str), speakers=speakers, **options)


def _people(questions: Sequence[Question], speakers: Sequence[str], **options: int) -> Figure:
    """Each listener against the majority of the others; where the others are split in half, nothing is counted."""
    others: list[bool] = []
    own: list[bool] = []
    who: list[str] = []
    for question, speaker in zip(questions, speakers, strict=True):
        heard = [rating > NOT_PRESENT for rating in question.ratings]
        for answer in heard if len(heard) >= LEAST_LISTENERS else ():
            yes, rest = sum(heard) - answer, len(heard) - 1
            if 2 * yes != rest:
                others.append(2 * yes > rest)
                own.append(answer)
                who.append(speaker)
    why = f"no question was answered by {LEAST_LISTENERS} people of whom two agree"
    return _balanced(np.array(others, bool), np.array(own, bool), who, why, **options)


def call_each_present(scores: Floats) -> Flags:
    """Apply the field's rule to the fine categories themselves.

    Args:
        scores: float [n, 40], 0 to 7; NaN where a judge gives none

    Returns:
        bool [n, 40]: categories whose share of a softmax over all that are scored is more than 1.5 times the uniform one
    """
    used = np.isfinite(scores).any(axis=0)
    called = np.zeros(scores.shape, bool)
    if used.any():
        called[:, used] = softmax(scores[:, used] * FIELD_SCALE) > TIMES_CHANCE / used.sum()
    return called


def published_spearman(corpus: str | None, category: str) -> float | None:
    """Look up the rank correlation with people that was published for a category of a benchmark; None where none was."""
    model = PUBLISHED.get(corpus or "", {}).get("spearman_by_category")
    return published_correlations()[category].get(model) if model else None


def judge_beside(
    estimators: Sequence[Estimator],
    manifests: Mapping[str, Manifest],
    *,
    draws: int,
    seed: int,
    progress: Callable[[str, int, int], None],
) -> dict[str, dict[str, Any]]:
    """Ask other estimators the questions of each corpus that has any, knowing nothing of the voices.

    Args:
        estimators: loaded estimators; of one without thresholds there is no balanced accuracy, its ranks and the
            present rule are there all the same
        manifests: corpus -> its manifest
        draws, seed: of the bootstrap over speakers
        progress: told (estimator and corpus, clips done, clips in all)

    Returns:
        corpus -> estimator -> revision, and `question_figures`
    """
    results: dict[str, dict[str, Any]] = {}
    for name, manifest in manifests.items():
        if not any(recording.questions for recording in manifest.recordings):
            continue
        results[name] = {}
        for estimator in estimators:
            judged = judge_corpus(
                estimator,
                manifest,
                NO_REFERENCE,
                seed=seed,
                progress=count_steps(progress, f"{estimator.name}, {name}", len(manifest.recordings)),
            )
            results[name][estimator.name] = {
                "revision": estimator.revision,
                "not_judged": len(judged.not_judged),
                "questions": question_figures(judged, draws=draws, seed=seed),
            }
    return results
