"""Tables of a judge's answers to what people were asked, for `voiceact judge evaluate`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from voiceact.cli.output import print_note, print_table

if TYPE_CHECKING:
    from voiceact.estimators import Estimator

PEOPLE = "no two figures of this table are to be compared without their intervals: report.json and report.html have them"

PEER = "empathic-insight"
"""published for such questions; asked beside the judge wherever its weights are"""


def estimators_beside(folders: Mapping[str, str], names: Sequence[str]) -> "list[Estimator]":
    """Load the estimators that are asked beside the judge.

    Args:
        folders: corpus -> folder
        names: what the user named; empty means empathic-insight, if a corpus has questions and its weights are here

    Raises:
        VoiceactError: one that the user named cannot be loaded, or a manifest cannot be read
    """
    from voiceact.errors import VoiceactError
    from voiceact.estimators import load_estimator
    from voiceact.judge.corpus import read_manifest

    if names:
        return [load_estimator(name) for name in names]
    if not any(recording.questions for folder in folders.values() for recording in read_manifest(folder).recordings):
        return []
    try:
        return [load_estimator(PEER)]
    except VoiceactError as error:
        print_note(f"{PEER} is not asked beside the judge: {error}")
        return []


def print_questions(report: Mapping[str, Any], name: str) -> None:
    """Print what people and judges answer about a corpus, if people were asked anything about it.

    Args:
        report: of `voiceact.judge.evaluation.evaluate`
        name: of the corpus
    """
    from voiceact.judge.evaluation.page import OF_OTHERS, QUESTION_FIGURES, list_groups
    from voiceact.judge.evaluation.questions import published_spearman

    corpus = report["sources"][name]["corpus"]
    beside = {other: results["questions"] for other, results in report["beside"].get(name, {}).items() if results["questions"]}
    for regime, figures in report["corpora"][name].items():
        if not figures["questions"]:
            continue
        groups = list_groups(figures["questions"])
        others = {other: list_groups(questions) for other, questions in beside.items()}
        published = {group: published_spearman(corpus, group) for group in figures["questions"]["categories"]}
        columns = ["question", "asked", "people hear it", *QUESTION_FIGURES.values()]
        columns += [f"{other}, {what}" for other in others for what in OF_OTHERS.values()]
        columns += ["published rank correlation"] if any(published.values()) else []
        rows = []
        for group, results in groups.items():
            row = [group, results["questions"], _share(results["heard_by_people"])]
            row += [_share(results[key]["value"]) for key in QUESTION_FIGURES]
            row += [
                _share(other[group][key]["value"]) if group in other else None for other in others.values() for key in OF_OTHERS
            ]
            rows.append(row + ([_share(published.get(group))] if any(published.values()) else []))
        print_table(columns, rows, title=f"{name}, {regime}: what people were asked", caption=PEOPLE, right=set(columns[1:]))
    for line in _published(report["published_questions"].get(corpus)):
        click.echo(f"{name}: {line}")


def _share(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}"


def _published(figures: Mapping[str, Any] | None) -> list[str]:
    """Say in sentences what the publishers of a benchmark found of people and models."""
    if not figures:
        return []
    lines = [f"published: {figures['source']}"]
    if figures.get("people_balanced_accuracy"):
        lines.append(
            f"published: people against the majority of the others {figures['people_balanced_accuracy']:.3f}, with the "
            f"preselecting model among them {figures['people_and_preselecting_model_balanced_accuracy']:.3f}; that model "
            f"against people {figures['preselection_balanced_accuracy']:.3f}; Fleiss' kappa {figures['fleiss_kappa']:.2f}"
        )
    if figures.get("confirmed_by_every_listener"):
        lines.append(
            f"published: every listener hears what was prompted in {figures['confirmed_by_every_listener']:.1%}; Cronbach's "
            f"alpha {figures['cronbach_alpha']:.2f}"
        )
    if figures.get("spearman"):
        lines.append(
            "published: rank correlation with people "
            + ", ".join(f"{model} {value:.3f}" for model, value in figures["spearman"].items())
        )
    return lines
