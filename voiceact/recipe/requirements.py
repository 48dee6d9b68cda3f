"""Whether the engine and the judge of a recipe are here and can do what it asks, and what they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from voiceact.acting import taxonomy
from voiceact.acting.direction import direct
from voiceact.acting.intensity import HIGHEST
from voiceact.engines.base import Engine, check_language
from voiceact.engines.registry import ENTRY_POINT_GROUP as ENGINES
from voiceact.engines.registry import load_engine
from voiceact.errors import UsageError, VoiceactError, listed
from voiceact.estimators.ensemble.spec import judge_text, members_of, parse_judges
from voiceact.estimators.registry import stated_estimator
from voiceact.recipe.casting import Casting
from voiceact.recipe.schema import Source
from voiceact.runtime.extras import MissingExtraError
from voiceact.runtime.untrusted_paths import resolve_inside
from voiceact.runtime.untrusted_settings import check_stated_setting
from voiceact.verify.backends.registry import GROUPS
from voiceact.vocabulary import EVIDENCE_ORDER

MODELS = (".npz", ".json")
"""suffixes of a judge that is a file: a model, a calibration over one"""
JUDGE = "judge"
"""folder of a run that keeps the model of a judge of the user's own"""


@dataclass(frozen=True)
class Tools:
    """What a recipe is made with.

    engine, judge_revision: identities, one text each
    judge: its name, or the path of its model
    evidence: category id -> what stands behind the judge's score; empty if it does not say
    notes: what they cannot do of what is asked, one sentence each
    means: kind -> name and revision, of what the checks are made with where the recipe says so
    """

    engine: str
    judge: str
    judge_revision: str
    evidence: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    means: Mapping[str, str] = field(default_factory=dict)


def check_tools(source: Source, casting: Casting, kept: Path | None = None) -> Tools:
    """Load engine and judge.

    Raises:
        UsageError: with file and line: an unknown engine or judge, a language that the engine does not speak
        MissingExtraError: if the engine's extra is not installed
    """
    if kept is not None:
        _check_stated(source)
    engine = _engine(source)
    name = _judge_name(source, kept)
    judge = _judge(source, name)
    known: Mapping[str, str] = judge.evidence("neutral")
    notes = (*_unfollowed(engine, casting), *_untold(engine, casting), *_unreachable(source, casting, judge.name, known))
    return Tools(
        f"{engine.name} {engine.version} {engine.model_sha256[:12]}",
        name,
        f"{judge.name} {judge.revision}",
        {category: known.get(category, "none") for category in casting.categories} if known else {},
        notes,
        _means(source),
    )


def _check_stated(source: Source) -> None:
    """Refuse what the recipe in a run folder names and that reaches out: the folder may be from anywhere."""
    recipe, how = source.recipe, "add --allow {0}, or run your own copy of the recipe: voiceact recipe run RECIPE --out FOLDER"
    groups: dict[str, str] = {"engine": ENGINES} | {str(kind): group for kind, group in GROUPS.items()}
    stated = {"engine": recipe.engine, **recipe.verify.means}
    for part, text in stated.items():
        try:
            check_stated_setting(groups[part], text, source="the run's recipe", how=how)
        except UsageError as error:
            raise source.wrong(("engine",) if part == "engine" else ("verify", part), error) from None
    try:
        for name in members_of(recipe.verify.judge_text):
            if not name.endswith(MODELS):
                stated_estimator(name, source="the run's recipe", how=how)
    except UsageError as error:
        raise source.wrong(("verify", "judge"), error) from None


def _engine(source: Source) -> Engine:
    try:
        engine = load_engine(source.recipe.engine)
    except UsageError as error:
        raise source.wrong(("engine",), error) from None
    for at, language in enumerate(source.recipe.languages):
        try:
            check_language(engine, language)
        except UsageError as error:
            raise source.wrong(("languages", at), error) from None
    return engine


def _judge_name(source: Source, kept: Path | None) -> str:
    """A model's path is read from the recipe's folder; a run keeps a copy."""
    try:
        several = parse_judges(source.recipe.verify.judge_text)
    except UsageError as error:
        raise source.wrong(("verify", "judge"), error) from None
    if several is None:
        return _judge_path(source, kept, source.recipe.verify.judge_text)
    models = [Path(name).name for name in several.members if name.endswith(MODELS)]
    twice = next((name for at, name in enumerate(models) if name in models[:at]), None)
    if twice:
        raise source.wrong(("verify", "judge"), f"two models are called {twice!r}, and a run keeps them by name; rename one")
    return judge_text([_judge_path(source, kept, name) for name in several.members], several.rule)


def _judge_path(source: Source, kept: Path | None, name: str) -> str:
    if not name.endswith(MODELS):
        return name
    if kept is None:
        return str(source.folder / name)
    try:
        return str(resolve_inside(kept, f"{JUDGE}/{Path(name).name}", source="verify.judge"))
    except UsageError as error:
        raise source.wrong(("verify", "judge"), error) from None


def judge_files(name: str) -> list[Path]:
    """The files that a judge of that name is made of: a model has its card, a calibration a judge beside it."""
    from voiceact.estimators.calibrated import judge_beside, read_calibration
    from voiceact.estimators.model_file import card_path

    path = Path(name)
    if name.endswith(".npz"):
        return [path, card_path(path)]
    if not name.endswith(MODELS):
        return []
    under = judge_beside(read_calibration(path).judge, path)
    return [path, *(judge_files(str(under)) if under else [])]


def _judge(source: Source, name: str) -> Any:
    from voiceact.estimators.registry import load_estimator

    try:
        return load_estimator(name)
    except (VoiceactError, OSError) as error:
        raise source.wrong(("verify", "judge"), error) from None


def _means(source: Source) -> Mapping[str, str]:
    from voiceact.verify.backends.registry import load_backends

    found: dict[str, str] = {}
    for kind, text in source.recipe.verify.means.items():
        try:
            found |= load_backends(**{kind: text}).identities()
        except MissingExtraError:
            raise
        except (VoiceactError, OSError) as error:
            raise source.wrong(("verify", kind), error) from None
    return found


# --- What cannot come of it


def _unfollowed(engine: Engine, casting: Casting) -> Iterator[str]:
    recorded = [name for name, persona in casting.personas.items() if persona.voice.reference]
    if recorded and not engine.capabilities.reference:
        yield f"engine {engine.name!r} cannot follow the reference recordings of {listed(recorded)}; they are ignored"


def _untold(engine: Engine, casting: Casting) -> Iterator[str]:
    """Categories that the engine says it has no way to be told, of the first persona that plays each."""
    personas = list(casting.personas.values())
    first = {category: personas[players[0]] for category, players in zip(casting.categories, casting.players, strict=True)}
    untold = {
        category: phrases[0]
        for category, persona in first.items()
        if (phrases := engine.unheard(persona, direct(persona, [(category, HIGHEST)])))
    }
    if untold:
        yield (
            f"engine {engine.name!r} is not told {len(untold)} of {len(first)} categories; a take of them differs from its "
            f"twin by little or nothing: {next(iter(untold.values()))}"
        )


def _unreachable(source: Source, casting: Casting, judge: str, known: Mapping[str, str]) -> Iterator[str]:
    """Cells of which no take can be included, whatever is heard."""
    least = source.recipe.verify.evidence
    if least == "none":
        return
    if 0 in source.recipe.intensities:
        yield (
            f"nothing is felt at intensity 0, so no take of it rests on {least} evidence and none is included; "
            "evidence: none includes what no check refuses"
        )
    weak = [
        category
        for category in casting.categories
        if known and EVIDENCE_ORDER.index(known.get(category, "none")) > EVIDENCE_ORDER.index(least)
    ]
    if weak:
        names = ", ".join(str(taxonomy.get(category)) for category in weak)
        yield (
            f"evidence: {least} is asked and the judge {judge!r} has less for {len(weak)} of {len(casting.categories)} "
            f"categories, of which no take is included: {names}"
        )


__all__ = ["Tools", "check_tools", "judge_files"]
