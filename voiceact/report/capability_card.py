"""The card of an engine as files: JSON, a heat map, and one page to listen to."""

import base64
from collections.abc import Sequence
from pathlib import Path

from voiceact.acting.taxonomy import get
from voiceact.director.measure_card import NEUTRAL, CellClip
from voiceact.engines.capability_card import HEARD_EVIDENCE, CapabilityCard, CardCategory, CardCell, Count, encode_card
from voiceact.errors import count_noun
from voiceact.report.svg import HeatCell, as_file, heat_map
from voiceact.report.templates import Markup, render_page
from voiceact.runtime.atomic_files import write_together
from voiceact.store.sound import PAGE_TYPE

CARD_FILE, PICTURE_FILE, PAGE_FILE = "card.json", "heat-map.svg", "index.html"


def write_card(card: CapabilityCard, clips: Sequence[CellClip], folder: Path) -> Path:
    """Write card.json, heat-map.svg and index.html of a card, together or not at all.

    Args:
        card: what was measured
        clips: what the page lets a person hear
        folder: that gets the files

    Returns:
        The page.
    """
    picture = draw_card(card)
    page = folder / PAGE_FILE
    write_together(
        [
            (folder / CARD_FILE, encode_card(card)),
            (folder / PICTURE_FILE, as_file(picture).encode()),
            (page, render_card(card, clips, picture).encode()),
        ]
    )
    return page


def draw_card(card: CapabilityCard) -> Markup:
    """Draw the heat map of a card: judge at each intensity, null and people of all together, coach at each intensity."""
    levels = card.intensities
    columns = [(f"judge at {level:g}", 0) for level in levels] + [("null", 3), ("people", 2)]
    columns += [(f"coach at {level:g}", 1) for level in levels]
    rows: list[tuple[str, list[HeatCell | None]]] = []
    for row in card.categories:
        name, cells = get(row.category).name, card.cells_of(row.category)
        null = card.null_of(row.category)
        judge = [_heat(cell.judge, f"{name} at {cell.intensity:g}: the judge heard it in {cell.judge}") for cell in cells]
        coach = [_heat(cell.coach, f"{name} at {cell.intensity:g}: the coach heard it in {cell.coach}") for cell in cells]
        hears = row.evidence != "none"
        people = None
        if row.people:
            people = HeatCell(
                row.people.value, f"{name}: people are heard in {row.people.value:.0%} of {count_noun(row.people.n, 'clip')}"
            )
        rows.append(
            (
                name,
                [
                    *(judge if hears else [None] * len(cells)),
                    _heat(null, f"{name}: heard in {null} takes asked for other categories") if hears else None,
                    people,
                    *(coach if row.coach_evidence != "none" else [None] * len(cells)),
                ],
            )
        )
    caption = (
        f"Shares in per cent of {count_noun(card.takes, 'take')} a cell in which judge and coach hear "
        f"what engine {card.engine.name} was "
        "asked for, a row a category; the page and card.json hold the same in words"
    )
    return heat_map(rows, columns, caption=caption)


def render_card(card: CapabilityCard, clips: Sequence[CellClip], picture: Markup) -> str:
    """Render the page of a card: heat map, neutral readings, and a clip of each cell with what was heard of it."""
    by_cell = {(clip.category, clip.intensity): clip for clip in clips if clip.category != NEUTRAL}
    sections = [
        {
            "id": row.category.replace("_", "-"),
            "name": get(row.category).name,
            "said": _describe_category(card, row),
            "cells": [
                {
                    "level": f"{cell.intensity:g}",
                    "said": _describe_cell(row, cell),
                    "clip": _shown(by_cell.get((row.category, cell.intensity)), get(row.category).name, row),
                }
                for cell in card.cells_of(row.category)
            ],
        }
        for row in card.categories
    ]
    return render_page(
        "voiceact.report",
        "engine_card.html",
        title=f"What {card.engine.name} is heard to act",
        style="engine_card.css",
        card=card,
        intensities=", ".join(f"{level:g}" for level in card.intensities),
        picture=picture,
        sections=sections,
        neutral=[_shown(clip, "Neutral reading", None) for clip in clips if clip.category == NEUTRAL],
    )


def _heat(count: Count, words: str) -> HeatCell | None:
    return None if count.share is None else HeatCell(count.share, words)


def _describe_category(card: CapabilityCard, row: CardCategory) -> str:
    if row.evidence == "none":
        return "The judge has no evidence for it and says nothing of it."
    people = f"{row.people.value:.0%} of people's {count_noun(row.people.n, 'clip')}" if row.people else "people not measured"
    weak = "" if row.evidence in HEARD_EVIDENCE else ", by its place in valence and arousal alone"
    return f"Judge ({row.evidence} evidence{weak}): {people}; {row.twins} neutral readings; null {card.null_of(row.category)}."


def _describe_cell(row: CardCategory, cell: CardCell) -> str:
    judge = f"judge {cell.judge}, " if row.evidence != "none" else ""
    failed = f"; {cell.failed} could not be spoken" if cell.failed else ""
    return f"{judge}coach {cell.coach}{failed}"


def _shown(clip: CellClip | None, name: str, row: CardCategory | None) -> dict[str, str] | None:
    """Return what the page needs of a clip: its sound, its name for a screen reader, and what the judge said of it."""
    if clip is None:
        return None
    at = f" at {clip.intensity:g}" if clip.intensity else ""
    heard = ("heard" if clip.present else "not heard") if row is not None and row.evidence != "none" else ""
    return {
        "sound": f"data:{PAGE_TYPE};base64,{base64.b64encode(clip.path.read_bytes()).decode()}",
        "label": f"{name}{at}, {clip.persona}",
        "persona": clip.persona,
        "text": clip.text,
        "heard": heard,
    }
