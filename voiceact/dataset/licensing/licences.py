"""List what a clip is made of, and under which terms: engine, voices, words."""

from collections import Counter
from dataclasses import dataclass

from voiceact.acting.script import LICENCE
from voiceact.store.run_file import RunFile

FREE = frozenset({"CC0-1.0", "Unlicense", "0BSD", "no restriction by the model's licence"})
"""terms that demand nothing from those who pass the clips on"""

HUGGING_FACE = {
    name: name.lower()
    for name in (
        "Apache-2.0",
        "MIT",
        "CC0-1.0",
        "CC-BY-4.0",
        "CC-BY-3.0",
        "CC-BY-SA-4.0",
        "CC-BY-SA-3.0",
        "CC-BY-NC-4.0",
        "CC-BY-NC-SA-4.0",
        "CC-BY-NC-ND-4.0",
        "CC-BY-ND-4.0",
        "GPL-3.0",
        "AGPL-3.0",
        "BSD-3-Clause",
        "MPL-2.0",
        "PDDL-1.0",
        "ODC-By-1.0",
        "ODbL-1.0",
        "Unlicense",
    )
} | {"PDDL-1.0": "pddl", "ODC-By-1.0": "odc-by", "ODbL-1.0": "odbl"}
"""SPDX name -> the identifier a data card has for it"""


@dataclass(frozen=True)
class Licence:
    """One part of a clip with its licence.

    Attributes:
        part: engine code, engine weights, spoken output, voice, words or judge weights
        of: what the part belongs to
        licence: its terms
        in_clips: whether they hold for the clips, and not only for the tool that made them
    """

    part: str
    of: str
    licence: str
    in_clips: bool


def licences_of(run: RunFile) -> tuple[Licence, ...]:
    """List every part of a run's clips."""
    return (*_engine(run), *_voices(run), *_words(run), *_judge(run))


def clip_licences(parts: tuple[Licence, ...]) -> list[str]:
    """List the licences that must be kept when the clips are passed on; empty if there are none."""
    return sorted({part.licence for part in parts if part.in_clips} - FREE)


def card_licence(parts: tuple[Licence, ...]) -> tuple[str, str]:
    """Return identifier and name for a data card: one licence if one holds for all, else "other" and their names."""
    names = clip_licences(parts)
    if not names:
        return "cc0-1.0", "CC0-1.0"
    if len(names) == 1 and names[0] in HUGGING_FACE:
        return HUGGING_FACE[names[0]], names[0]
    return "other", " and ".join(names)


def _engine(run: RunFile) -> list[Licence]:
    licence, name = run.engine.get("license") or {}, f"{run.engine.get('name')} {run.engine.get('version', '')}".strip()
    return [
        Licence(part, name, str(licence.get(key, "not recorded")), key == "output")
        for part, key in (("engine code", "code"), ("engine weights", "weights"), ("spoken output", "output"))
    ]


def _voices(run: RunFile) -> list[Licence]:
    met = Counter(str(person.get("license") or "not recorded") for person in run.personas.values())
    return [Licence("voice", f"{count} persona{'s' * (count != 1)}", name, True) for name, count in sorted(met.items())]


def _judge(run: RunFile) -> list[Licence]:
    """List the judge: its scores are no part of a clip, but the licence of the tool that made them should be seen."""
    licence = run.judge.get("license")
    return [Licence("judge weights", f"{run.judge.get('name')}", str(licence), False)] if licence else []


def _words(run: RunFile) -> list[Licence]:
    scripts = run.recipe.get("scripts") or {}
    files, stated = scripts.get("files") or (), scripts.get("license")
    licences = stated if isinstance(stated, dict) else dict.fromkeys(files, stated)
    parts = [Licence("words", str(name), str(licences.get(name) or "not recorded"), True) for name in files]
    if scripts.get("shipped", True):
        parts.insert(0, Licence("words", f"lines of voiceact {run.voiceact}", LICENCE, True))
    return parts
