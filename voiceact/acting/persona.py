"""Personas: a speaker's voice, manner, licence and consent, read from one YAML file.

>>> from voiceact.acting.persona import load_persona
>>> load_persona("nurse").profession
'nurse'

A persona defines how somebody sounds in neutral speech (`Voice`) and how strongly emotions show (`Manner`). The
effect of each emotion on a voice is defined by `voiceact.acting.direction`.
"""

import datetime
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field, to_builtins

from voiceact.errors import UnknownNameError, UsageError
from voiceact.runtime.yaml_config import fill, read_mapping, shown

FOLDERS_VARIABLE = "VOICEACT_PERSONAS"
SUFFIXES = (".yaml", ".yml")
NAME_PATTERN = "^[a-z0-9]+(-[a-z0-9]+)*$"
HINT = "'voiceact persona list' shows all"

ADULT_YEARS = 18
"""least age in years of a persona that is cast for `ADULTS_ONLY`"""
ADULTS_ONLY = frozenset({"sexual_lust"})

_Name = Annotated[str, Meta(pattern=NAME_PATTERN, description="lower-case words joined by hyphens")]
_Text = Annotated[str, Meta(min_length=1, pattern=r"\S", description="some text")]
_Words = Annotated[tuple[_Text, ...], Meta(description="a list of words, such as [warm, steady]")]
_Share = Annotated[float, Meta(ge=0, le=1)]
_Ratio = Annotated[float, Meta(ge=0.85, le=1.15)]
_Decibels = Annotated[float, Meta(ge=-8, le=8)]
_Language = Annotated[str, Meta(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", description="a language code such as en")]


def age_band(age: int) -> str:
    """Return the band of an age in years: "child" to 14, "young" to 25, "adult" to 64, "elder" from 65 on.

    >>> age_band(14), age_band(15), age_band(65)
    ('child', 'young', 'elder')
    """
    return "child" if age <= 14 else "young" if age <= 25 else "adult" if age <= 64 else "elder"


class Voice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The persona's neutral speech; the defaults are the embedded engine's own voice."""

    f0_hz: Annotated[float, Meta(ge=50, le=400, description="median F0 in Hz")] = 196.0
    f0_range: Annotated[float, Meta(ge=0.3, le=1.8, description="F0 excursion in semitones, multiplier")] = 1.0
    tract: Annotated[float, Meta(ge=0.75, le=1.25, description="vocal tract length, an adult woman's is 1")] = 1.0
    breath: Annotated[_Share, Meta(description="breathiness")] = 0.0
    rough: Annotated[_Share, Meta(description="roughness")] = 0.0
    creak: Annotated[_Share, Meta(description="creaky phonation")] = 0.0
    tremor: Annotated[_Share, Meta(description="depth of the tremor of an old voice")] = 0.0
    tilt: Annotated[float, Meta(ge=-3, le=3, description="spectral tilt in dB an octave, above 0 is brighter")] = 0.0
    formants: (
        Annotated[
            tuple[_Ratio, _Ratio, _Ratio],
            Meta(description="three multipliers, 0.85 to 1.15: first, second, higher formants, beside the tract"),
        ]
        | UnsetType
    ) = UNSET
    resonance: (
        Annotated[
            tuple[_Decibels, _Decibels, _Decibels, _Decibels, _Decibels, _Decibels],
            Meta(description="six gains, -8 to 8 dB: at 250, 500, 1000, 2000, 4000 and 7000 Hz, beside the tilt"),
        ]
        | UnsetType
    ) = UNSET
    """these two are left out of records of voices without them, so that older records keep their ids"""
    rate: Annotated[float, Meta(ge=0.7, le=1.35, description="speaking rate, multiplier")] = 1.0
    pause: Annotated[float, Meta(ge=0.4, le=2.5, description="length of pauses, multiplier")] = 1.0
    loudness: Annotated[float, Meta(ge=-30, le=-14, description="LUFS of neutral speech, once a persona")] = -23.0
    reference: Annotated[_Text, Meta(description="the path of a recording, from this file's folder")] | None = None


class Manner(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How strongly the persona shows emotions: multipliers of the effect of an intensity."""

    expressiveness: Annotated[float, Meta(ge=0.2, le=2, description="0.4 is a stoic, 1.6 a drama queen")] = 1.0
    exaggerates: dict[str, Annotated[float, Meta(gt=1, le=3, description="shown more than felt")]] = field(default_factory=dict)
    masks: dict[str, Annotated[float, Meta(ge=0, lt=1, description="shown less than felt")]] = field(default_factory=dict)
    note: Annotated[str, Meta(description="one sentence for an actor")] = ""


class Consent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The consent of a real person to the use of their recording."""

    who: _Text
    statement: _Text
    date: Annotated[datetime.date, Meta(description="a date as 2024-05-31")]
    evidence: _Text


class Persona(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fictional speaker."""

    name: _Name
    description: _Text
    gender: Literal["female", "male", "androgynous"]
    age: Annotated[int, Meta(ge=2, le=120, description="years")]
    extends: _Name | None = None
    language: _Language = "en"
    profession: str = ""
    temperament: _Words = ()
    tags: _Words = ()
    license: _Text = "CC0-1.0"
    consent: Consent | None = None
    voice: Voice = Voice()
    manner: Manner = Manner()
    lexicon: Annotated[dict[str, _Text], Meta(description="words, each with a pronunciation")] = field(default_factory=dict)

    def plays(self, category: str) -> bool:
        """Whether the persona may be cast for a category: a minor is never cast for Sexual Lust."""
        return self.age >= ADULT_YEARS or _category_id(category) not in ADULTS_ONLY

    def strength(self, category: str) -> float:
        """Compute the multiplier of an intensity's effect: expressiveness, and what the manner exaggerates or masks.

        Args:
            category: an id, name or keyword

        Raises:
            UnknownNameError: if it means no category
            UsageError: if this persona is not cast for it (see `plays`)
        """
        if not self.plays(category):
            raise UsageError(
                f"persona {self.name!r} is {self.age} years old and is not cast for {category!r}; "
                f"choose a persona of {ADULT_YEARS} or more"
            )
        category_id, product = _category_id(category), self.manner.expressiveness
        for words in (self.manner.exaggerates, self.manner.masks):
            for word, multiplier in words.items():
                product *= multiplier if _category_id(word) == category_id else 1.0
        return product

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form in the order of the file, every key present but formants and resonance that are not given."""
        document: dict[str, Any] = to_builtins(self)
        return document


def _category_id(word: str) -> str:
    from voiceact.acting.taxonomy import resolve

    return resolve(word).category.id


# --- Finding personas


def persona_folders(extra: Iterable[str | os.PathLike[str]] = ()) -> list[Path]:
    """List folders in the order of the search: `extra`, $VOICEACT_PERSONAS, the user's own, the shipped one.

    Raises:
        UsageError: if a folder that was named does not exist (the user's own may be missing)
    """
    from platformdirs import user_data_path

    folders = [Path(entry) for entry in extra]
    named = [Path(entry) for entry in os.environ.get(FOLDERS_VARIABLE, "").split(os.pathsep) if entry]
    for folder in (*folders, *named):
        source = f" (from {FOLDERS_VARIABLE})" if folder not in folders else ""
        if not (folder.is_dir() and os.access(folder, os.R_OK | os.X_OK)):
            trouble = "is not a folder that can be read" if folder.exists() else "does not exist"
            raise UsageError(f"persona folder {str(folder)!r}{source} {trouble}; create it or name another")
    return [*folders, *named, user_data_path("voiceact", appauthor=False) / "personas", shipped_folder()]


def shipped_folder() -> Path:
    """Return the folder of the shipped personas: inside the package in a wheel, at the top of a checkout."""
    inside = Path(__file__).parents[1] / "personas"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "personas"


def persona_names(folders: Iterable[str | os.PathLike[str]] = ()) -> list[str]:
    """Return the sorted names of all personas that can be loaded by name."""
    return sorted(_by_name(persona_folders(folders)))


def find_persona_path(name: str | os.PathLike[str], folders: Iterable[str | os.PathLike[str]] = ()) -> Path:
    """Return the file of a persona, given by name or by path.

    Raises:
        UnknownNameError: if no folder holds that name
        UsageError: if it is a path and there is no such file
    """
    if isinstance(name, str) and "/" not in name and "\\" not in name and not name.endswith(SUFFIXES):
        return _find(name, persona_folders(folders))
    path = Path(name)
    if os.path.isdir(path):
        raise UsageError(f"{str(name)!r} is a folder; expected a persona's name or its file")
    if not os.path.isfile(path):
        raise UsageError(
            f"persona file {str(name)!r} does not exist; expected a persona's name, such as 'nurse', or the path of a YAML file"
        )
    return path


def _find(name: str, folders: Sequence[Path]) -> Path:
    known = _by_name(folders)
    if name not in known:
        raise UnknownNameError("persona", name, known, HINT)
    return known[name]


def _by_name(folders: Sequence[Path]) -> dict[str, Path]:
    """Map names to files; an earlier folder hides the same name in a later one, hidden files are skipped."""
    files: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.suffix in SUFFIXES and not path.name.startswith("."):
                files.setdefault(path.stem, path)
    return files


# --- Loading


def load_persona(name_or_path: str | os.PathLike[str], folders: Iterable[str | os.PathLike[str]] = ()) -> Persona:
    """Load a persona by name, searched in `persona_folders(folders)`, or by the path of its file.

    Raises:
        UnknownNameError: if there is no such persona, with the nearest known name
        UsageError: if its file is not a valid persona, naming file, key, value and what is expected
    """
    folders = tuple(folders)
    return _load(find_persona_path(name_or_path, folders), persona_folders(folders))


def validate_file(path: str | os.PathLike[str], folders: Iterable[str | os.PathLike[str]] = ()) -> Persona:
    """Load the persona in a file; `path` is never a name. Raises like `load_persona` if it is not valid."""
    return load_persona(Path(path), folders)


def list_personas(folders: Iterable[str | os.PathLike[str]] = (), *, faults: list[str] | None = None) -> list[Persona]:
    """Load all personas of all folders, sorted by name; an earlier folder hides the same name in a later one.

    Args:
        folders: that are searched first
        faults: gets a sentence for each file that is no valid persona, which is left out then

    Raises:
        UsageError: if a folder cannot be read, or, where `faults` is None, a file is no valid persona
    """
    searched = persona_folders(folders)
    personas = []
    for _, path in sorted(_by_name(searched).items()):
        try:
            personas.append(_load(path, searched))
        except UsageError as error:
            if faults is None:
                raise
            faults.append(str(error))
    return personas


def cast(*tags: str, folders: Iterable[str | os.PathLike[str]] = ()) -> list[Persona]:
    """Load the personas that carry all these tags, sorted by name; all personas if no tag is given.

    Raises:
        UnknownNameError: if no persona carries one of the tags
    """
    personas = list_personas(folders)
    known = {tag for persona in personas for tag in persona.tags}
    for tag in tags:
        if tag not in known:
            raise UnknownNameError("tag", tag, known)
    return [persona for persona in personas if set(tags) <= set(persona.tags)]


def _load(path: Path, folders: Sequence[Path], chain: tuple[Path, ...] = ()) -> Persona:
    where, real = shown(path), path.resolve()
    if real in chain:
        circle = " -> ".join(link.stem for link in (*chain, real))
        raise UsageError(f"{shown(chain[0])}: extends runs in a circle ({circle}); take one extends out")
    raw = _with_reference(read_mapping(path), path, where)
    _check_words(raw, where)
    if isinstance(raw.get("extends"), str):
        raw = _extended(raw, _base(raw["extends"], where, [path.parent, *folders], (*chain, real)))
    persona = fill(raw, Persona, where)
    _check(persona, raw, path, where)
    return persona


def _base(name: str, where: str, folders: Sequence[Path], chain: tuple[Path, ...]) -> dict[str, Any]:
    """What the named persona hands down: everything but its name and its own base."""
    try:
        path = _find(name, folders)
    except UnknownNameError as error:
        raise UsageError(f"{where}: extends: {error}") from None
    data = _load(path, folders, chain).as_dict()
    del data["name"], data["extends"]
    return data


def _extended(own: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    """`own` over `base`, key by key; what `own` says of a category replaces all that `base` says of it."""
    own_categories = {_category_id(word) for words in _multipliers(own) for word in words}
    for words in _multipliers(base):
        for word in [word for word in words if _category_id(word) in own_categories]:
            del words[word]
    return _merged(base, own)


def _multipliers(raw: dict[str, Any]) -> list[dict[str, Any]]:
    """The manner's exaggerates and masks, those that are there."""
    manner = raw.get("manner")
    tables = [manner.get(kind) for kind in ("exaggerates", "masks")] if isinstance(manner, dict) else []
    return [words for words in tables if isinstance(words, dict)]


def _merged(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    return base | {
        key: _merged(base[key], value) if isinstance(value, dict) and isinstance(base.get(key), dict) else value
        for key, value in own.items()
    }


def _with_reference(raw: dict[str, Any], path: Path, where: str) -> dict[str, Any]:
    """voice.reference as an absolute path: it is written from the folder of the file that names it."""
    voice = raw.get("voice")
    if not isinstance(voice, dict) or not isinstance(voice.get("reference"), str):
        return raw
    # The copy of a run has the path whole: it is only read if the user names it (voiceact.recipe.casting).
    absolute = os.path.abspath(path.parent / voice["reference"])
    if not os.path.isfile(absolute):
        raise UsageError(
            f"{where}: voice.reference is {voice['reference']!r}, which does not exist; "
            "expected the path of a recording, from this file's folder"
        )
    return raw | {"voice": voice | {"reference": absolute}}


def _check_words(raw: dict[str, Any], where: str) -> None:
    """Each word of the manner means a category, and no two of them the same."""
    from voiceact.acting.taxonomy import resolve

    kind_of_word: dict[str, str] = {}
    for word in (word for words in _multipliers(raw) for word in words):
        try:
            name = resolve(word).category.name
        except UsageError as error:
            raise UsageError(f"{where}: manner: {error}") from None
        if name in kind_of_word:
            raise UsageError(f"{where}: manner: {kind_of_word[name]!r} and {word!r} both mean {name}; keep one")
        kind_of_word[name] = word


def _check(persona: Persona, raw: dict[str, Any], path: Path, where: str) -> None:
    """What no single key can tell."""
    if persona.name != path.stem:
        raise UsageError(f"{where}: name is {persona.name!r}; expected {path.stem!r}, as the file is called")
    for key in ("f0_hz", "tract"):
        if key not in raw.get("voice", {}):
            raise UsageError(f"{where}: the key {key!r} is missing from voice; every voice has its own")
    if persona.voice.reference and not persona.consent:
        raise UsageError(
            f"{where}: voice.reference is a recording of a real person and consent is missing; "
            "expected consent with who, statement, date and evidence"
        )
    for word in persona.lexicon:
        if not re.search(r"\w", word):
            raise UsageError(f"{where}: lexicon holds {word!r}; expected a word")
