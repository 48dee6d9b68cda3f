"""Answers of a listening test -> a report: what people heard, how sure that is, who did not listen, how the judge compares.

>>> from voiceact.listening.analysis.analyse import analyse
>>> report = analyse(test, answers)  # doctest: +SKIP
>>> report["confirmation"]["all"]["value"]  # doctest: +SKIP
"""

import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from voiceact.acting.taxonomy import get
from voiceact.errors import UsageError
from voiceact.listening.analysis.agreement import cronbach_alpha, krippendorff_alpha, weighted_kappa
from voiceact.listening.analysis.answer_table import Sheet, make_sheet
from voiceact.listening.analysis.judge_vs_people import compare, judge_figures, published
from voiceact.listening.analysis.mixed_model import mixed_model
from voiceact.listening.analysis.mos_icc import intraclass
from voiceact.listening.analysis.screening import Screened, kept, screen
from voiceact.listening.analysis.statistics import RULES, Rounds, complete, confirmation, share, worth_of
from voiceact.listening.answers.answer import Answer, Listener
from voiceact.listening.loading import ListeningTest
from voiceact.runtime.atomic_files import check_folder, write_text_whole
from voiceact.runtime.untrusted_text import clean_text
from voiceact.stats.figure import CONFIDENCE, DRAWS, SEED, missing

FORMAT = "voiceact-listening-report/1"
FILES = ("report.json", "report.html", "summary.txt")


def analyse(
    test: ListeningTest,
    answers: Iterable[Answer],
    *,
    listeners: Sequence[Listener] = (),
    keep: Collection[str] = (),
    drop: Collection[str] = (),
    draws: int = DRAWS,
    seed: int = SEED,
) -> dict[str, Any]:
    """The report on a test.

    listeners: what is known of them (the headphone check)
    keep, drop: listeners to count or to leave out whatever the screening says

    Raises:
        UsageError: if there is no answer, none is left after the screening, or `keep` and `drop` name nobody
        MissingExtraError: if a library of the analysis is not installed
    """
    everything = make_sheet(answers, test.protocol.positive)
    if not len(everything):
        raise UsageError(f"test {test.id} has no answer yet; open it with: voiceact listen serve")
    screened = screen(everything, test, qualified={one.id: one.qualified for one in listeners}, keep=keep, drop=drop)
    sheet = everything.of_listeners(kept(screened))
    if not len(sheet.asked()):
        raise UsageError(
            f"no listener is left whose answers count: {_left_out(screened)}; count them all the same with "
            "--keep LISTENER, or ask others"
        )
    report = {
        "format": FORMAT,
        "test": _about(test),
        "settings": {"draws": draws, "seed": seed, "confidence": CONFIDENCE},
        "counted": _counted(everything, sheet),
        "screening": [one.to_dict() for one in screened],
    }
    return report | _figures(test, sheet, draws, seed) | {"notes": _notes(test, sheet, screened)}


def _left_out(screened: Sequence[Screened]) -> str:
    reasons = ((one.listener, ", ".join(one.reasons) or "left out by hand") for one in screened if not one.kept)
    return "; ".join(f"{listener} ({why})" for listener, why in reasons)


def presence_figures(test: ListeningTest, sheet: Sheet, *, draws: int = DRAWS, seed: int = SEED) -> dict[str, Any]:
    """Confirmation by each rule, and single answers of the first round, of target questions and of contrastive ones.

    Answers of later rounds are left out of the last: they were asked because others had heard it.
    """
    return {
        kind: _confirmed(test, sheet.of_kind(kind), _worth(test, sheet, kind), draws, seed)
        for kind in ("target", "contrastive")
    }


def write_report(report: Mapping[str, Any], folder: str | os.PathLike[str]) -> Path:
    """Write report.json, report.html and summary.txt into `folder`, which is made if it does not exist."""
    from voiceact.listening.analysis.page import page
    from voiceact.listening.analysis.text import summary

    folder = Path(folder)
    check_report_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    document = json.dumps(plain(report), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    for name, text in zip(FILES, (document, page(report), summary(report)), strict=True):
        write_text_whole(folder / name, text)
    return folder


def check_report_folder(folder: Path) -> None:
    """Raise UsageError unless a report can be written there; makes nothing."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; expected a folder for the report")
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    check_folder(there / FILES[0])


def plain(value: Any) -> Any:
    """The same as JSON can hold it: numbers of numpy as Python's, not-a-number and infinity as null."""
    if isinstance(value, Mapping):
        return {str(name): plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value


# --- Figures of each protocol


def _figures(test: ListeningTest, sheet: Sheet, draws: int, seed: int) -> dict[str, Any]:
    asked, protocol = sheet.of_kind("target", "contrastive", "other"), test.protocol
    # Whether listeners agree is nothing that one of them can show, whatever a coefficient makes of it.
    report: dict[str, Any] = {"agreement": {} if _is_alone(sheet) else _agreement(test, asked, draws, seed)}
    if protocol.figures:
        report |= protocol.figures(test, sheet, draws=draws, seed=seed)
    elif protocol.asks_presence:
        report |= presence_report(test, sheet, draws=draws, seed=seed)
    binary = bool(protocol.positive) and not protocol.graded
    report["mixed"] = None if protocol.names_clip else mixed_model(asked.of_kind("target"), binary=binary, seed=seed)
    return report


def _is_alone(sheet: Sheet) -> bool:
    """Whether all answers are one listener's."""
    return len(np.unique(sheet.listener)) < 2


def presence_report(test: ListeningTest, sheet: Sheet, *, draws: int = DRAWS, seed: int = SEED) -> dict[str, Any]:
    """Compute the parts of a report of a protocol that asks whether something is present.

    Args:
        test: the test
        sheet: answers of the listeners who count
        draws: of each bootstrap
        seed: of the bootstraps

    Returns:
        `confirmation` and `contrastive` (see `presence_figures`), `field` (published figures), `categories` and `judge`.
    """
    overall = presence_figures(test, sheet, draws=draws, seed=seed)
    compared = compare(sheet, test)
    judge = judge_figures(compared, draws=draws, seed=seed) if len(compared.people) else None
    # What a further round brings is learnt from the whole test: a category has too few that had one.
    worth = {kind: _worth(test, sheet, kind) for kind in ("target", "contrastive")}
    found = {
        "confirmation": overall["target"],
        "contrastive": overall["contrastive"],
        "field": {"confirmed_by_every_rater": published()["confirmed_by_every_rater"]},
        "categories": [_category(test, sheet, name, worth, draws, seed) for name in _in_order(sheet)],
        "judge": judge,
    }
    if _is_alone(sheet):
        # "By every rater" of one listener says no more than "one listener hears it".
        unconfirmed = {rule: missing("one listener cannot confirm; two are needed").to_dict() for rule in RULES}
        for one in (found, *found["categories"]):
            one["confirmation"], one["contrastive"] = one["confirmation"] | unconfirmed, one["contrastive"] | unconfirmed
        for one in found["categories"]:
            one["agreement"] = {}
    return found


def _category(
    test: ListeningTest, sheet: Sheet, name: str, worth: Mapping[str, Mapping[int, float]], draws: int, seed: int
) -> dict[str, Any]:
    about = sheet.about(name)
    own, others = (_confirmed(test, about.of_kind(kind), worth[kind], draws, seed) for kind in ("target", "contrastive"))
    asked = about.of_kind("target", "contrastive", "other")
    return {
        "category": name,
        "name": get(name).name,
        "clips": len(np.unique(asked.clip)),
        "confirmation": own,
        "contrastive": others,
        "agreement": _agreement(test, asked, draws, seed),
        "field": {"cronbach": published()["cronbach_alpha"]["categories"].get(name)},
    }


def _worth(test: ListeningTest, sheet: Sheet, kind: str) -> dict[int, float]:
    asked = sheet.of_kind(kind)
    return worth_of(*complete(asked, test)) if len(asked) else {}


def _confirmed(test: ListeningTest, sheet: Sheet, worth: Mapping[int, float], draws: int, seed: int) -> dict[str, Any]:
    if not len(sheet):
        return {name: missing("no such question").to_dict() for name in (*RULES, "answers")} | {"short": 0, "open": 0}
    whole, lacking = complete(sheet, test)
    rounds = Rounds(lacking, worth)
    figures = {rule: confirmation(whole, rule, rounds, draws=draws, seed=seed) for rule in RULES}
    return figures | {
        "answers": share(sheet.take(sheet.stage == 1), draws=draws, seed=seed),
        "short": sheet.questions - whole.questions,
        "open": int(lacking.sum()),
    }


def _agreement(test: ListeningTest, asked: Sheet, draws: int, seed: int) -> dict[str, Any]:
    """Agreement within the first round: a further rater is asked because of what the others said.

    Cronbach's alpha takes all answers, as EmoNet-Voice does, unless raters come one at a time.
    """
    if not len(asked):
        return {}
    first = asked.take(asked.stage == 1)
    level: Any = "nominal" if len(test.protocol.values) == 2 else "interval"
    found = {"krippendorff": krippendorff_alpha(first, level, draws=draws, seed=seed).to_dict() | {"level": level}}
    if not test.protocol.names_clip:
        alone = test.protocol.raters_wanted("target", (), test.settings.raters) < 2
        found["cronbach"] = cronbach_alpha(first if alone else asked)
        found["kappa"] = weighted_kappa(first, test.protocol.values, draws=draws, seed=seed)
    if test.protocol.graded:
        found["icc"] = intraclass(asked)
    return found


# --- About


def _in_order(sheet: Sheet) -> list[str]:
    asked = sheet.of_kind("target", "contrastive", "other")
    there = {sheet.categories[place] for place in np.unique(asked.category) if place >= 0}
    return sorted(there, key=lambda name: get(name).number)


def _about(test: ListeningTest) -> dict[str, Any]:
    return {
        "id": test.id,
        "protocol": test.protocol.name,
        "summary": test.protocol.summary,
        "positive": sorted(test.protocol.positive),
        "values": list(test.protocol.values),
        "clips": len(test.clips),
        "items": len(test.asked),
        "raters": test.settings.raters,
        "source": {"name": clean_text(test.file.source.name, 200), "judge": test.file.source.judge},
    }


def _counted(everything: Sheet, sheet: Sheet) -> dict[str, Any]:
    return {
        "answers": len(everything),
        "listeners": len(everything.listeners),
        "answers_kept": len(sheet),
        "listeners_kept": len(np.unique(sheet.listener)),
        "asked_kept": len(sheet.asked()),
    }


def _notes(test: ListeningTest, sheet: Sheet, screened: Sequence[Screened]) -> list[str]:
    """What a reader must know before believing a figure."""
    notes = []
    if left_out := sum(not one.kept for one in screened):
        if 3 * left_out > len(screened):
            notes.append("more than a third of the listeners are left out: see whether questions or sound are at fault")
        notes.append(f"{left_out} of {len(screened)} listeners are left out; --keep LISTENER counts one again")
    asked = sheet.asked()
    if len(asked) and test.protocol.asks_presence:
        whole, lacking = complete(asked, test)
        if short := asked.questions - whole.questions:
            notes.append(f"{short} questions lack raters of their first round and are in no confirmation rate")
        if lacking.any():
            notes.append(
                f"{int(lacking.sum())} questions were heard by all so far and lack a further rater; they count as "
                "often confirmed as those that had one"
            )
    if _is_alone(sheet):
        notes.append(
            "one listener: nothing is said of agreement or confirmation, which need two, and no interval knows how "
            "much listeners differ"
        )
    elif len(np.unique(sheet.listener)) < 5:
        notes.append("fewer than five listeners: intervals are wide, for nobody knows how much listeners differ")
    return notes
