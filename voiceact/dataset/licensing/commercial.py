r"""Decide which licences allow commercial use, and which parts of a run have one that does not.

>>> from voiceact.dataset.licensing.commercial import commercial_use
>>> commercial_use("Apache-2.0"), commercial_use("CC-BY-NC-4.0"), commercial_use("ask me")
('allowed', 'forbidden', 'unknown')

Only what is known to allow it is taken for allowed: everything else is forbidden or unknown, and both are refused.
Identifiers and expressions are those of the SPDX licence list (spdx.org/licenses).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from voiceact.acting.script import LICENCE
from voiceact.store.run_file import RunFile

Use = Literal["allowed", "forbidden", "unknown"]
ORDER: tuple[Use, ...] = ("allowed", "unknown", "forbidden")
"""from the best to the worst"""

ALLOWED = frozenset(
    """
    0bsd afl-3.0 agpl-3.0 agpl-3.0-only agpl-3.0-or-later apache-1.1 apache-2.0 artistic-2.0 blueoak-1.0.0
    bsd-1-clause bsd-2-clause bsd-3-clause bsd-3-clause-clear bsd-4-clause bsl-1.0 cc-pddc cc0-1.0
    cc-by-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-nd-1.0 cc-by-nd-2.0 cc-by-nd-2.5 cc-by-nd-3.0 cc-by-nd-4.0
    cc-by-sa-1.0 cc-by-sa-2.0 cc-by-sa-2.5 cc-by-sa-3.0 cc-by-sa-4.0 cdla-permissive-1.0 cdla-permissive-2.0
    cdla-sharing-1.0 cecill-2.1 cecill-b cecill-c ecl-2.0 epl-1.0 epl-2.0 eupl-1.1 eupl-1.2
    gpl-2.0 gpl-2.0-only gpl-2.0-or-later gpl-3.0 gpl-3.0-only gpl-3.0-or-later isc
    lgpl-2.1 lgpl-2.1-only lgpl-2.1-or-later lgpl-3.0 lgpl-3.0-only lgpl-3.0-or-later mit mit-0 mpl-1.1 mpl-2.0 ms-pl
    ncsa odbl-1.0 odc-by-1.0 ofl-1.1 pddl-1.0 postgresql psf-2.0 python-2.0 unicode-3.0 unicode-dfs-2016 unlicense upl-1.0
    wtfpl zlib zpl-2.1
""".split()
)
"""identifiers, in lower case, of licences that allow commercial use (some on conditions: naming, sharing alike)"""

ALLOWED_SENTENCES = frozenset({"no restriction by the model's licence", "public domain"})
"""what an engine may say of its output instead of a licence"""

FORBIDDEN = frozenset({"busl-1.1", "cpml", "cpml-1.0", "coqui-public-model-license"})
"""further identifiers of licences that forbid it, or put it under another contract"""

_FORBIDDING = re.compile(
    r"""
      \bnon[-\s]?commercial(ly)?\b | (^|[-\s])nc([-\s]|$) | \b(no|not\ for|without)\ commercial\b | \bcommons[-\s]clause\b
    | \bcommercial\b[\w\s]*\b(forbidden|prohibited|excluded|not\ (allowed|permitted))
    | \bresearch([-\s]\w+)?[-\s]only\b | \bonly\ for\ (\w+\ )?research\b | \bfor\ research\ purposes\b | \bacademic\b
    | \bevaluation\ only\b | \bpersonal\ use\b | \bcoqui\ public\ model\b | \bcpml\b | ^prosperity-
""",
    re.VERBOSE | re.IGNORECASE,
)
_WORD = re.compile(r"\(|\)|[^\s()]+")
_JOINED = re.compile(r"\s(AND|OR|WITH)\s", re.IGNORECASE)
_EXCEPTION = re.compile(r"^[\w.+-]*-exception[\w.+-]*$", re.IGNORECASE)


# --- One licence


def commercial_use(licence: str | None) -> Use:
    """Decide whether a licence allows commercial use.

    Args:
        licence: an SPDX identifier or expression ("MIT OR CC-BY-NC-4.0"), in any case, with spaces or hyphens; or a sentence
    """
    text = " ".join((licence or "").replace("_", "-").split())
    if text.casefold() in ALLOWED_SENTENCES:
        return "allowed"
    if _JOINED.search(text) or text.startswith("("):
        return _of_expression(text)
    return _of_identifier(text)


def _of_identifier(text: str) -> Use:
    name = text.casefold().replace(",", "").replace(" ", "-").removesuffix("+")
    plain = name.replace("-license", "").replace("-licence", "").replace("-version", "").replace("-v", "-")
    if name in ALLOWED or plain in ALLOWED:
        return "allowed"
    return "forbidden" if name in FORBIDDEN or _FORBIDDING.search(text) else "unknown"


def _of_expression(text: str) -> Use:
    """Evaluate an SPDX expression: AND binds closer than OR; OR gives the best of its parts, AND the worst."""
    words = [word.upper() if word.upper() in ("AND", "OR", "WITH") else word for word in _WORD.findall(text)]
    try:
        use = _any_of(words)
    except IndexError:
        use = "unknown"
    # What cannot be read to its end is no expression but a sentence with an AND in it.
    return _of_identifier(text) if words else use


def _any_of(words: list[str]) -> Use:
    uses = [_all_of(words)]
    while words and words[0] == "OR":
        words.pop(0)
        uses.append(_all_of(words))
    return min(uses, key=ORDER.index)


def _all_of(words: list[str]) -> Use:
    uses = [_one(words)]
    while words and words[0] == "AND":
        words.pop(0)
        uses.append(_one(words))
    return worst(uses)


def _one(words: list[str]) -> Use:
    word = words.pop(0)
    if word == "(":
        use = _any_of(words)
        return use if words.pop(0) == ")" else "unknown"
    use = _of_identifier(word)
    return worst([use, _of_exception(words)]) if words and words[0] == "WITH" else use


def _of_exception(words: list[str]) -> Use:
    """Evaluate what follows WITH: an SPDX exception permits more than its licence; anything else (Commons-Clause) less."""
    _, name = words.pop(0), words.pop(0)
    return "allowed" if _EXCEPTION.match(name) else _of_identifier(name)


def worst(uses: Sequence[Use]) -> Use:
    """Return what several parts allow together: the worst of them; "allowed" if there are none."""
    return max(uses, key=ORDER.index, default="allowed")


# --- The parts of a run


@dataclass(frozen=True, slots=True)
class LicensedPart:
    """A part of a run that has a licence.

    Attributes:
        name: its name for people ("weights of engine embedded", "persona nurse", "your own lines")
        licence: the licence as stated; None if none is
    """

    name: str
    licence: str | None

    @property
    def use(self) -> Use:
        """Whether it may be used commercially."""
        return commercial_use(self.licence)

    @property
    def why_not(self) -> str:
        """Why it may not, as a clause."""
        if not self.licence:
            return f"{self.name}: no licence is stated"
        return f"{self.name}: {self.licence} " + ("forbids it" if self.use == "forbidden" else "is not known to allow it")


def engine_parts(run: RunFile) -> tuple[LicensedPart, ...]:
    """Return code, weights and output of the engine: a clip is as free as the least free of them."""
    licences, name = run.engine.get("license") or {}, run.engine.get("name", "unknown")
    return tuple(LicensedPart(f"{part} of engine {name}", licences.get(part)) for part in ("code", "weights", "output"))


def persona_part(run: RunFile, persona: str) -> LicensedPart:
    """Return the persona's voice with its licence."""
    return LicensedPart(f"persona {persona}", (run.personas.get(persona) or {}).get("license"))


def script_part(own: bool, licence: str | None = None) -> LicensedPart:
    """Return the lines with their licence.

    Args:
        own: whether they come from the user's own tables
        licence: licence of those, as the recipe or the user says
    """
    return LicensedPart("your own lines", licence) if own else LicensedPart("the lines of voiceact", LICENCE)


__all__ = ["ALLOWED", "LicensedPart", "Use", "commercial_use", "engine_parts", "persona_part", "script_part", "worst"]
