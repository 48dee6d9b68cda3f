"""Write NOTICE: what an export is made of, by whom and under which licences."""

from collections import Counter
from collections.abc import Iterator

from voiceact.dataset.export.selection import Origin, Tally
from voiceact.dataset.licensing.commercial import LicensedPart, Use, engine_parts, persona_part, script_part, worst
from voiceact.errors import count_noun
from voiceact.store.run_file import RunFile

NAME = "NOTICE"


def parts_of(run: RunFile, tally: Tally, script_licence: str | None = None) -> dict[LicensedPart, int]:
    """Count the clips of a selection that have each licensed part.

    Args:
        run: the run's run.json
        tally: the selection, counted
        script_licence: licence of the user's own lines where the recipe states none
    """
    counts: Counter[LicensedPart] = Counter()
    for origin, clips in tally.origins.items():
        for part in clip_parts(run, origin, script_licence):
            counts[part] += clips
    return dict(counts)


def clip_parts(run: RunFile, origin: Origin, script_licence: str | None = None) -> tuple[LicensedPart, ...]:
    """List the parts of a clip: engine, voice and line, and the licence in its own row where that differs from run.json."""
    stated = (run.engine.get("license") or {}).get("output")
    own_word = () if origin.license == stated else (LicensedPart("output, by the clips' own rows", origin.license),)
    words = script_part(origin.own_line, origin.line_license or script_licence)
    return (*engine_parts(run), *own_word, persona_part(run, origin.persona), words)


def use_of(parts: dict[LicensedPart, int]) -> Use:
    """Return what all parts allow together."""
    return worst([part.use for part in parts])


def make_notice(run: RunFile, tally: Tally, parts: dict[LicensedPart, int]) -> str:
    """Compose the text of NOTICE."""
    return "\n".join(_lines(run, tally, parts)) + "\n"


def _lines(run: RunFile, tally: Tally, parts: dict[LicensedPart, int]) -> Iterator[str]:
    yield run.name
    yield str(run.recipe.get("description") or "")
    yield ""
    yield f"{count_noun(tally.clips, 'clip')} of synthetic speech, made with voiceact {run.voiceact} (plan {run.plan[:12]})."
    yield (
        f"Spoken by engine {run.engine.get('name')} {run.engine.get('version', '')}, "
        f"judged by {run.judge.get('name')} {run.judge.get('revision', '')}."
    )
    yield from _voices(run, tally)
    yield ""
    yield "Licences, as stated by whoever made the part:"
    yield from (f"  {part.name}: {part.licence or 'not stated'} ({count_noun(clips, 'clip')})" for part, clips in parts.items())
    yield ""
    yield from _use(parts)


def _voices(run: RunFile, tally: Tally) -> Iterator[str]:
    met = dict.fromkeys(origin.persona for origin in tally.origins)
    real = [name for name in met if (run.personas.get(name) or {}).get("consent")]
    if not real:
        yield "All speakers are fictional; no recording of a person is in it."
    for name in real:
        consent = run.personas[name]["consent"]
        who = consent.get("who") if isinstance(consent, dict) else consent
        yield f"Persona {name} has the voice of {who}, with consent; see run.json."


def _use(parts: dict[LicensedPart, int]) -> Iterator[str]:
    use = use_of(parts)
    sentence = {
        "allowed": "Commercial use is allowed by all of these licences; keep their conditions.",
        "unknown": "Whether commercial use is allowed is not known:",
        "forbidden": "Commercial use is not allowed:",
    }
    yield sentence[use]
    yield from (f"  {part.why_not}" for part in parts if part.use != "allowed")


__all__ = ["NAME", "clip_parts", "make_notice", "parts_of", "use_of"]
