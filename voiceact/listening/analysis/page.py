"""Render a report of a listening test as one HTML page that needs nothing else; `page.html` is its template."""

from collections.abc import Mapping
from typing import Any

from voiceact.acting.taxonomy import get
from voiceact.errors import count_noun
from voiceact.listening.analysis.text import sequence_lines
from voiceact.report.svg import Point, forest
from voiceact.report.templates import Markup, render_page

Report = Mapping[str, Any]

SERIES = ("every rater", "majority", "one listener", "contrastive, one listener")
MODELS = ("Empathic-Insight-Voice Large", "Gemini 2.5 Pro")
CHECKS = ("gold", "repeats", "speed", "one button", "playing", "others", "qualified")


def render_report_page(report: Report) -> str:
    """Render the report as one HTML document."""
    test, counted, mixed = report["test"], report["counted"], report.get("mixed") or {}
    drawn_over = "over listeners and clips" if counted["listeners_kept"] > 1 else "over the clips that figure listener heard"
    about = (
        f"Test {test['id']}, protocol {test['protocol']}: {test['summary']}. {counted['answers_kept']} of "
        f"{count_noun(counted['answers'], 'answer')} of {counted['listeners_kept']} of "
        f"{count_noun(counted['listeners'], 'listener')} count, on "
        f"{count_noun(test['clips'], 'clip')}. Intervals are 95%, {drawn_over} (seed {report['settings']['seed']})."
    )
    parts = ", ".join(f"{name} {value:.0%}" for name, value in mixed.get("variance", {}).items())
    variance = (
        f"A mixed-effects model ({count_noun(mixed['answers'], 'answer')}, {count_noun(mixed['listeners'], 'listener')}, "
        f"{count_noun(mixed['clips'], 'clip')}): share of variance of {parts}."
        if parts
        else ""
    )
    # Parts that a protocol does not have are empty.
    shown = {name: report.get(name) for name in ("sequence", "opinions", "identity", "pairs", "judge", "mixed")}
    return render_page(
        __package__,
        "page.html",
        title=f"What people heard: {test['source']['name']}",
        filters={"category": lambda id: get(id).name},
        about=about,
        report={**report, **shown},
        confirmation_pictures=confirmation_pictures(report),
        sequence=sequence_lines(report["sequence"]) if report.get("sequence") else [],
        variance=variance,
        models=MODELS,
        checks=CHECKS,
        dict_of_checks=lambda listener: {check["name"]: check for check in listener["checks"]},
    )


def confirmation_pictures(report: Report) -> list[tuple[str, Markup]]:
    """Draw the shares confirmed of each category; no picture where there is no category."""
    if not report.get("confirmation") or not report["categories"]:
        return []
    rows = []
    for category in report["categories"]:
        figures = [category["confirmation"][key] for key in ("all", "majority", "answers")]
        figures.append(category["contrastive"]["answers"])
        points = [
            None if figure["value"] is None else Point(figure["value"], figure.get("low"), figure.get("high"))
            for figure in figures
        ]
        rows.append((category["name"], points))
    return [("", forest(rows, SERIES, width=420, caption="share"))]
