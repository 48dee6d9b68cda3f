"""Analyse the answers of a listening test: confirmation, agreement, screening of listeners, comparison with the judge.

>>> from voiceact.listening.analysis.analyse import analyse_test
>>> report = analyse_test(test, answers)  # doctest: +SKIP
>>> report["confirmation"]["all"]["value"]  # doctest: +SKIP
"""

import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from voiceact.acting.taxonomy import get
from voiceact.errors import UsageError, count_noun
from voiceact.listening.analysis.agreement import cronbach_alpha, krippendorff_alpha, weighted_kappa
from voiceact.listening.analysis.answer_table import AnswerTable, make_answer_table
from voiceact.listening.analysis.judge_vs_people import compare_judge, judge_figures, published_figures
from voiceact.listening.analysis.mixed_model import mixed_model
from voiceact.listening.analysis.mos_icc import intraclass
from voiceact.listening.analysis.screening import ScreenedListener, kept_listeners, screen
from voiceact.listening.analysis.statistics import (
    RULES,
    OpenRounds,
    confirmation,
    confirmation_by_yes,
    positive_share,
    select_complete,
)
from voiceact.listening.answers.answer import Answer, Listener
from voiceact.listening.loading import ListeningTest
from voiceact.runtime.atomic_files import check_folder, write_text_whole
from voiceact.runtime.untrusted_text import clean_text
from voiceact.stats.figure import CONFIDENCE, DRAWS, SEED, missing

FORMAT = "voiceact-listening-report/1"
FILES = ("report.json", "report.html", "summary.txt")


def analyse_test(
    test: ListeningTest,
    answers: Iterable[Answer],
    *,
    listeners: Sequence[Listener] = (),
    keep: Collection[str] = (),
    drop: Collection[str] = (),
    draws: int = DRAWS,
    seed: int = SEED,
) -> dict[str, Any]:
    """Compute the report on a test.

    Args:
        test: the test
        answers: all of them
        listeners: what is known of them (the headphone check)
        keep: listeners to count whatever the screening says
        drop: listeners to leave out whatever the screening says
        draws: of each bootstrap
        seed: of the bootstraps

    Raises:
        UsageError: if there is no answer, none is left after the screening, or `keep` and `drop` name nobody
        MissingExtraError: if a library of the analysis is not installed
    """
    # Leave out the listeners who failed the screening.
    everything = make_answer_table(answers, test.protocol.positive)
    if not len(everything):
        raise UsageError(f"test {test.id} has no answer yet; open it with: voiceact listen serve")
    qualified = {listener.id: listener.qualified for listener in listeners}
    screened = screen(everything, test, qualified=qualified, keep=keep, drop=drop)
    table = everything.of_listeners(kept_listeners(screened))
    if not len(table.asked()):
        excluded = "; ".join(
            f"{listener.listener} ({', '.join(listener.reasons) or 'left out by hand'})"
            for listener in screened
            if not listener.kept
        )
        raise UsageError(
            f"no listener is left whose answers count: {excluded}; count them all the same with --keep LISTENER, or ask others"
        )

    # Agreement of a single listener is undefined, whatever a coefficient makes of it.
    protocol, questions = test.protocol, table.of_kind("target", "contrastive", "other")
    figures: dict[str, Any] = {"agreement": {} if _is_alone(table) else _agreement(test, questions, draws, seed)}
    if protocol.figures:
        figures |= protocol.figures(test, table, draws=draws, seed=seed)
    elif protocol.asks_presence:
        figures |= presence_report(test, table, draws=draws, seed=seed)
    binary = bool(protocol.positive) and not protocol.graded
    figures["mixed"] = None if protocol.names_clip else mixed_model(questions.of_kind("target"), binary=binary, seed=seed)

    counted = {
        "answers": len(everything),
        "listeners": len(everything.listeners),
        "answers_kept": len(table),
        "listeners_kept": len(np.unique(table.listener)),
        "asked_kept": len(table.asked()),
    }
    return {
        "format": FORMAT,
        "test": describe_test(test),
        "settings": {"draws": draws, "seed": seed, "confidence": CONFIDENCE},
        "counted": counted,
        "screening": [listener.to_dict() for listener in screened],
        **figures,
        "notes": _notes(test, table, screened),
    }


def describe_test(test: ListeningTest) -> dict[str, Any]:
    """Return what a report states of the test itself."""
    protocol = test.protocol
    return {
        "id": test.id,
        "protocol": protocol.name,
        "summary": protocol.summary,
        "positive": sorted(protocol.positive),
        "values": list(protocol.values),
        "clips": len(test.clips),
        "items": len(test.asked),
        "raters": test.settings.raters,
        "source": {"name": clean_text(test.file.source.name, 200), "judge": test.file.source.judge},
    }


def presence_figures(test: ListeningTest, table: AnswerTable, *, draws: int = DRAWS, seed: int = SEED) -> dict[str, Any]:
    """Compute confirmation by each rule, and the share of single answers, of target and of contrastive questions.

    Single answers are those of the first round: later ones were asked because others had heard it.
    """
    return {
        kind: _confirmation_figures(test, table.of_kind(kind), _rates_by_yes(test, table, kind), draws, seed)
        for kind in ("target", "contrastive")
    }


def write_analysis(report: Mapping[str, Any], folder: str | os.PathLike[str]) -> Path:
    """Write report.json, report.html and summary.txt into `folder`, which is created if it does not exist."""
    from voiceact.listening.analysis.page import render_report_page
    from voiceact.listening.analysis.text import render_text

    folder = Path(folder)
    check_analysis_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    document = json.dumps(to_json_values(report), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    for name, text in zip(FILES, (document, render_report_page(report), render_text(report)), strict=True):
        write_text_whole(folder / name, text)
    return folder


def check_analysis_folder(folder: Path) -> None:
    """Raise UsageError unless a report can be written there; write nothing."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; expected a folder for the report")
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    check_folder(there / FILES[0])


def to_json_values(value: Any) -> Any:
    """Convert a value to what JSON can hold: numbers of numpy to Python's, not-a-number and infinity to null."""
    if isinstance(value, Mapping):
        return {str(name): to_json_values(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [to_json_values(entry) for entry in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value


# --- Figures of each protocol


def _is_alone(table: AnswerTable) -> bool:
    """Return whether all answers are one listener's."""
    return len(np.unique(table.listener)) < 2


def presence_report(test: ListeningTest, table: AnswerTable, *, draws: int = DRAWS, seed: int = SEED) -> dict[str, Any]:
    """Compute the parts of a report of a protocol that asks whether something is present.

    Args:
        test: the test
        table: answers of the listeners who count
        draws: of each bootstrap
        seed: of the bootstraps

    Returns:
        `confirmation` and `contrastive` (see `presence_figures`), `field` (published figures), `categories` and `judge`.
    """
    overall = presence_figures(test, table, draws=draws, seed=seed)
    compared = compare_judge(table, test)
    report = {
        "confirmation": overall["target"],
        "contrastive": overall["contrastive"],
        "field": {"confirmed_by_every_rater": published_figures()["confirmed_by_every_rater"]},
        "categories": _category_figures(test, table, draws, seed),
        "judge": judge_figures(compared, draws=draws, seed=seed) if len(compared.people) else None,
    }
    if _is_alone(table):
        # "By every rater" of one listener says no more than "one listener hears it".
        unconfirmed = {rule: missing("one listener cannot confirm; two are needed").to_dict() for rule in RULES}
        for part in (report, *report["categories"]):
            part["confirmation"], part["contrastive"] = part["confirmation"] | unconfirmed, part["contrastive"] | unconfirmed
        for category in report["categories"]:
            category["agreement"] = {}
    return report


def _category_figures(test: ListeningTest, table: AnswerTable, draws: int, seed: int) -> list[dict[str, Any]]:
    """Compute the figures of each category, in the order of the taxonomy."""
    # What a further round brings is learnt from the whole test: a category has too few that had one.
    rates = {kind: _rates_by_yes(test, table, kind) for kind in ("target", "contrastive")}
    questions = table.of_kind("target", "contrastive", "other")
    names = {table.categories[index] for index in np.unique(questions.category) if index >= 0}
    figures = []
    for name in sorted(names, key=lambda name: get(name).number):
        about = table.about(name)
        own, others = (
            _confirmation_figures(test, about.of_kind(kind), rates[kind], draws, seed) for kind in ("target", "contrastive")
        )
        answers = about.of_kind("target", "contrastive", "other")
        figures.append(
            {
                "category": name,
                "name": get(name).name,
                "clips": len(np.unique(answers.clip)),
                "confirmation": own,
                "contrastive": others,
                "agreement": _agreement(test, answers, draws, seed),
                "field": {"cronbach": published_figures()["cronbach_alpha"]["categories"].get(name)},
            }
        )
    return figures


def _rates_by_yes(test: ListeningTest, table: AnswerTable, kind: str) -> dict[int, float]:
    """Compute `confirmation_by_yes` of the questions of one kind; empty where there are none."""
    answers = table.of_kind(kind)
    return confirmation_by_yes(*select_complete(answers, test)) if len(answers) else {}


def _confirmation_figures(
    test: ListeningTest, table: AnswerTable, rates: Mapping[int, float], draws: int, seed: int
) -> dict[str, Any]:
    """Compute confirmation by each rule, the share of single answers, and how many questions lack raters."""
    if not len(table):
        return {name: missing("no such question").to_dict() for name in (*RULES, "answers")} | {"short": 0, "open": 0}
    whole, lacking = select_complete(table, test)
    rounds = OpenRounds(lacking, rates)
    figures = {rule: confirmation(whole, rule, rounds, draws=draws, seed=seed) for rule in RULES}
    return figures | {
        "answers": positive_share(table.take(table.stage == 1), draws=draws, seed=seed),
        "short": table.questions - whole.questions,
        "open": int(lacking.sum()),
    }


def _agreement(test: ListeningTest, answers: AnswerTable, draws: int, seed: int) -> dict[str, Any]:
    """Compute agreement within the first round: a further rater is asked because of what the others said.

    Cronbach's alpha takes all answers, as EmoNet-Voice does, unless raters come one at a time.
    """
    if not len(answers):
        return {}
    first = answers.take(answers.stage == 1)
    level: Any = "nominal" if len(test.protocol.values) == 2 else "interval"
    figures = {"krippendorff": krippendorff_alpha(first, level, draws=draws, seed=seed).to_dict() | {"level": level}}
    if not test.protocol.names_clip:
        alone = test.protocol.raters_wanted("target", (), test.settings.raters) < 2
        figures["cronbach"] = cronbach_alpha(first if alone else answers)
        figures["kappa"] = weighted_kappa(first, test.protocol.values, draws=draws, seed=seed)
    if test.protocol.graded:
        figures["icc"] = intraclass(answers)
    return figures


def _notes(test: ListeningTest, table: AnswerTable, screened: Sequence[ScreenedListener]) -> list[str]:
    """Return the sentences that a reader must know before believing a figure."""
    notes = []
    if left_out := sum(not listener.kept for listener in screened):
        if 3 * left_out > len(screened):
            notes.append("more than a third of the listeners are left out: see whether questions or sound are at fault")
        notes.append(f"{left_out} of {count_noun(len(screened), 'listener')} are left out; --keep LISTENER counts one again")
    answers = table.asked()
    if len(answers) and test.protocol.asks_presence:
        whole, lacking = select_complete(answers, test)
        if short := answers.questions - whole.questions:
            notes.append(f"{count_noun(short, 'question')} lack raters of their first round and are in no confirmation rate")
        if lacking.any():
            notes.append(
                f"{count_noun(int(lacking.sum()), 'question')} were heard by all so far and lack a "
                f"further rater; they count as "
                "often confirmed as those that had one"
            )
    if _is_alone(table):
        notes.append(
            "one listener: nothing is said of agreement or confirmation, which need two, and no interval knows how "
            "much listeners differ"
        )
    elif len(np.unique(table.listener)) < 5:
        notes.append("fewer than five listeners: intervals are wide, for nobody knows how much listeners differ")
    return notes
