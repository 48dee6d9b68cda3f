"""Pages of a voice and of an engine, to be read and played; made by the server and without a script.

`GET voice/NAME` and `GET engine/NAME` of a project; a sample is spoken when it is first played.
"""

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from voiceact import audio
from voiceact.acting.persona import load_persona, persona_names
from voiceact.acting.taxonomy import get
from voiceact.clip.record import provenance
from voiceact.engines.base import Engine
from voiceact.engines.capability_card import HEARD_EVIDENCE, Count, find_dead_cells, load_shipped_card
from voiceact.engines.pass_rates import load_pass_rates, people_beside
from voiceact.engines.registry import DEFAULT_ENGINE, describe_engines, load_engine
from voiceact.prompting.casting import AUDITION, audition_request, described_moves
from voiceact.report.templates import load_templates
from voiceact.runtime.spec import parse_spec
from voiceact.studio.keeping import Studio
from voiceact.studio.project import the_project
from voiceact.synthesis.kernel import MadeTake, TakeMaker
from voiceact.synthesis.request import resolve_request
from voiceact.web.security import Refused

INTENSITY = 5.0
"""of every sample"""
NEUTRAL = "neutral"
"""the sample without a feeling, in addresses"""
HOUR = "private, max-age=3600"
"""how long a browser may keep a sample: until the persona's file or the engine's settings change, it would be the same again"""


async def send_voice_page(request: Request, studio: Studio) -> Response:
    """Send the page of a persona: who it is, and its audition."""
    name = known_persona(request.path_params["name"], studio)
    engine = await _engine(studio)
    html = (
        load_templates("voiceact.studio")
        .get_template("templates/voice.html")
        .render(
            title=f"{name}: a voice",
            persona=load_persona(name, studio.project.personas),
            engine=parse_spec(engine).name,
            intensity=f"{INTENSITY:g}",
            rows=await studio.on_a_core(list_samples, name, engine, studio.project.personas),
            others=[other for other in persona_names(studio.project.personas) if other != name],
        )
    )
    return HTMLResponse(html)


async def send_engine_page(request: Request, studio: Studio) -> Response:
    """Send the page of an engine: what steers it, samples, and how often it is heard as what was asked, beside people."""
    name, project_engine = request.path_params["name"], await _engine(studio)
    engines = {engine["name"]: engine for engine in describe_engines()}
    if name not in engines:
        raise Refused(404, "no_engine", f"there is no engine {name[:60]!r}; this server knows {', '.join(engines)}")
    own = parse_spec(project_engine).name
    names = persona_names(studio.project.personas)
    settings = await studio.project.queue.run(lambda session: dict(the_project(session).settings))
    persona = settings["persona"] if settings["persona"] in names else names[0]
    about: dict[str, Any] = {"version": "", "moves": (), "rates": None, "shares": (), "rows": (), "card": None}
    if name in (own, DEFAULT_ENGINE):
        # Others may be large, and are not loaded in order to be looked at.
        about = await studio.on_a_core(describe_engine, project_engine if name == own else name)
        if name == own:
            about["rows"] = await studio.on_a_core(list_samples, persona, project_engine, studio.project.personas)
    html = (
        load_templates("voiceact.studio")
        .get_template("templates/engine.html")
        .render(
            title=f"{name}: an engine",
            engine=engines[name],
            persona=persona,
            intensity=f"{INTENSITY:g}",
            others=[other for other in engines if other != name],
            **about,
        )
    )
    return HTMLResponse(html)


async def send_sample(request: Request, studio: Studio) -> Response:
    """Send a sample of a persona by the project's engine, spoken now."""
    name = known_persona(request.path_params["name"], studio)
    category = request.path_params["category"]
    if category not in (NEUTRAL, *AUDITION):
        raise Refused(404, "no_sample", f"there is no sample {category[:60]!r}; expected {', '.join((NEUTRAL, *AUDITION))}")
    data = await studio.on_a_core(speak_sample, name, category, await _engine(studio), studio.project.personas)
    return Response(data, media_type="audio/flac", headers={"Cache-Control": HOUR})


def known_persona(name: str, studio: Studio) -> str:
    """Return the name of a persona that has a page; a page names no file and describes nobody.

    Raises:
        Refused: 404
    """
    if name not in persona_names(studio.project.personas):
        raise Refused(404, "no_persona", f"there is no persona {name[:60]!r}; 'voiceact persona list' shows all")
    return name


async def _engine(studio: Studio) -> str:
    """Return the project's engine, with its options."""
    return str(await studio.project.queue.run(lambda session: the_project(session).settings["engine"]))


# --- What runs where the engine is


def list_samples(persona: str, engine: str, folders: tuple[Path, ...]) -> list[dict[str, str]]:
    """Return the samples of a persona: id in their address, name, line, and how it is acted in words; nothing is spoken."""
    speaker = load_persona(persona, folders)
    rows = []
    for category in ("", *AUDITION):
        asked = audition_request(speaker, category, engine=load_engine(engine), intensity=INTENSITY)
        rows.append(
            {
                "id": category or NEUTRAL,
                "name": get(category).name if category else NEUTRAL,
                "text": asked.text or "",
                "moves": described_moves(speaker, category, INTENSITY),
            }
        )
    return rows


def speak_sample(persona: str, category: str, engine: str, folders: tuple[Path, ...]) -> bytes:
    """Speak a sample, and return it as a FLAC file with its provenance.

    Raises:
        UsageError, VoiceactError: what the engine raises
    """
    speaker = load_persona(persona, folders)
    wanted = "" if category == NEUTRAL else category
    request = resolve_request(audition_request(speaker, wanted, engine=load_engine(engine), intensity=INTENSITY))
    clip = MadeTake(request, TakeMaker(checks=(), twins=False).speak(request)).clip()
    assert clip.samples is not None
    return audio.encode(clip.samples, clip.record.audio.sample_rate, suffix=".flac", metadata=provenance(clip.record))


def describe_engine(engine: str) -> dict[str, Any]:
    """Return what the page tells of an engine that is loaded: version, moves, measured card, pass rates beside people's."""
    loaded = load_engine(engine)
    rates = load_pass_rates(loaded)
    about: dict[str, Any] = {
        "version": loaded.version,
        "moves": sorted(loaded.capabilities.moves),
        "rates": rates,
        "rows": (),
        "card": describe_card(loaded),
    }
    if rates is None:
        return {**about, "shares": ()}
    people = people_beside(rates)
    levels = list(next(iter(rates["categories"].values())))
    shares = [
        {"name": get(category).name, "figures": [*(figures[level] for level in levels), people.get(category)]}
        for category, figures in rates["categories"].items()
    ]
    return {**about, "shares": shares, "levels": levels, "takes": rates["personas"] * rates["lines"]}


def describe_card(engine: Engine) -> dict[str, Any] | None:
    """Return the measured card that an engine ships, as the rows of a table; None where it ships none.

    Dead are the cells of which `synth` warns (`find_dead_cells`): none of what was measured with another model or other
    directions, which `current` tells.
    """
    card = load_shipped_card(engine)
    if card is None:
        return None
    every = [(cell.category, cell.intensity) for cell in card.cells]
    dead = {(one.category, one.intensity) for one in find_dead_cells(engine, every, language=card.language)}
    rows = []
    for row in card.categories:
        judged = row.evidence != "none"
        cells = [
            {**_heat(cell.judge), "denied": cell.denied, "dead": (cell.category, cell.intensity) in dead} if judged else None
            for cell in card.cells_of(row.category)
        ]
        rows.append(
            {
                "name": get(row.category).name,
                "evidence": row.evidence,
                "weak": row.evidence not in HEARD_EVIDENCE,
                "cells": cells,
                "null": _heat(card.null_of(row.category)) if judged else None,
                "people": row.people,
            }
        )
    return {
        "rows": rows,
        "levels": [f"{level:g}" for level in card.intensities],
        "takes": card.takes,
        "cells": len(card.cells),
        "dead": len(dead),
        "judge": card.judge,
        "personas": card.personas,
        "current": card.is_of(engine),
    }


def _heat(count: Count) -> dict[str, Any]:
    """Return a count for a cell of the table; `tenth` is its share in tenths, rounded up, by which it is coloured."""
    return {"heard": count.heard, "of": count.of, "tenth": -(-10 * count.heard // count.of) if count.of else 0}
