"""The engine, the judge and the backends that a recipe requires: their identities, and what they cannot do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from voiceact.acting import taxonomy
from voiceact.acting.direction import direct
from voiceact.acting.intensity import HIGHEST
from voiceact.director.director import STRATEGIES, Director, check_engine
from voiceact.director.priors import shipped_priors
from voiceact.engines.base import Engine, check_language
from voiceact.engines.capability_card import describe_dead_cells, find_dead_cells
from voiceact.engines.registry import ENTRY_POINT_GROUP as ENGINES
from voiceact.engines.registry import load_engine
from voiceact.errors import UsageError, VoiceactError, count_noun, listed
from voiceact.estimators.calibrated import judge_beside, read_calibration
from voiceact.estimators.ensemble.spec import judge_text, members_of, parse_judges
from voiceact.estimators.model_file import card_path
from voiceact.estimators.registry import load_estimator, stated_estimator
from voiceact.estimators.synthetic import refuse_synthetic_judge
from voiceact.recipe.casting import RecipeCast
from voiceact.recipe.source import Source
from voiceact.runtime.extras import MissingExtraError
from voiceact.runtime.untrusted_paths import resolve_inside
from voiceact.runtime.untrusted_settings import check_stated_setting
from voiceact.synthesis.cohort import check_centring
from voiceact.verify.backends.registry import GROUPS, load_backends
from voiceact.vocabulary import EVIDENCE_ORDER

MODELS = (".npz", ".json")
"""suffixes of a judge that is a file: a model, a calibration over one"""
JUDGE = "judge"
"""folder of a run that keeps the model of a judge of the user's own"""


@dataclass(frozen=True)
class Requirements:
    """What a recipe is made with.

    Attributes:
        engine: identity of the engine
        judge: name of the judge, or the path of its model
        judge_revision: identity of the judge
        evidence: category id -> what stands behind the judge's score; empty if it does not say
        notes: what engine and judge cannot do of what the recipe asks, one sentence each
        backends: kind of check -> name and revision of its backend, where the recipe names one
        coach: identity of the director's coach; empty where nobody directs
        never_heard: sentence for the cells that were never heard from the engine, which is among the notes; empty without
    """

    engine: str
    judge: str
    judge_revision: str
    evidence: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    backends: Mapping[str, str] = field(default_factory=dict)
    coach: str = ""
    never_heard: str = ""


def check_requirements(source: Source, cast: RecipeCast, run_folder: Path | None = None) -> Requirements:
    """Load engine, judge and backends of a recipe, and say what they are.

    Args:
        source: of the recipe
        cast: its personas and categories
        run_folder: a run, which keeps a copy of the judge's model

    Raises:
        UsageError: with file and line: an unknown engine or judge, a language that the engine does not speak
        MissingExtraError: if the engine's extra is not installed
    """
    if run_folder is not None:
        _check_stated(source)

    # Engine.
    try:
        engine: Engine = load_engine(source.recipe.engine)
    except UsageError as error:
        raise source.wrong(("engine",), error) from None
    for at, language in enumerate(source.recipe.languages):
        try:
            check_language(engine, language)
        except UsageError as error:
            raise source.wrong(("languages", at), error) from None

    # Judge.
    name = _resolve_judge(source, run_folder)
    try:
        judge = load_estimator(name)
        refuse_synthetic_judge(judge)
    except (VoiceactError, OSError) as error:
        raise source.wrong(("verify", "judge"), error) from None
    evidence: Mapping[str, str] = judge.evidence("neutral")
    if source.recipe.verify.cohort != "none":
        try:
            check_centring(judge)
        except UsageError as error:
            raise source.wrong(("verify", "cohort"), error) from None

    # Director.
    coach = ""
    if source.recipe.director:
        try:
            check_engine(engine, STRATEGIES[source.recipe.director.strategy])
            steering = Director(strategy=source.recipe.director.strategy, judge=judge).coach
        except UsageError as error:
            raise source.wrong(("director",), error) from None
        coach = f"{steering.name} {steering.revision}, {shipped_priors().source}"

    # Backends of the checks.
    backends: dict[str, str] = {}
    for kind, text in source.recipe.verify.backends.items():
        try:
            backends |= load_backends(**{kind: text}).identities()
        except MissingExtraError:
            raise
        except (VoiceactError, OSError) as error:
            raise source.wrong(("verify", kind), error) from None

    # Cells that were never heard.
    cells = [(category, float(level)) for category in cast.categories for level in source.recipe.intensities]
    dead = [cell for language in source.recipe.languages for cell in find_dead_cells(engine, cells, language=language)]
    never_heard = describe_dead_cells(engine, dead) if dead else ""

    notes = (*_list_engine_notes(engine, cast), *_list_judge_notes(source, cast, judge.name, evidence))
    return Requirements(
        f"{engine.name} {engine.version} {engine.model_sha256[:12]}",
        name,
        f"{judge.name} {judge.revision}",
        {category: evidence.get(category, "none") for category in cast.categories} if evidence else {},
        (*notes, never_heard) if never_heard else notes,
        backends,
        coach,
        never_heard,
    )


def _check_stated(source: Source) -> None:
    """Refuse what the recipe in a run folder names and that reaches out: the folder may be from anywhere."""
    recipe, how = source.recipe, "add --allow {0}, or run your own copy of the recipe: voiceact recipe run RECIPE --out FOLDER"
    groups: dict[str, str] = {"engine": ENGINES} | {str(kind): group for kind, group in GROUPS.items()}
    stated = {"engine": recipe.engine, **recipe.verify.backends}
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


def _resolve_judge(source: Source, run_folder: Path | None) -> str:
    """Return the name of the judge, or of several; a model's path starts from the recipe's folder, or is the run's copy."""

    def resolve_path(name: str) -> str:
        if not name.endswith(MODELS):
            return name
        if run_folder is None:
            return str(source.folder / name)
        try:
            return str(resolve_inside(run_folder, f"{JUDGE}/{Path(name).name}", source="verify.judge"))
        except UsageError as error:
            raise source.wrong(("verify", "judge"), error) from None

    try:
        several = parse_judges(source.recipe.verify.judge_text)
    except UsageError as error:
        raise source.wrong(("verify", "judge"), error) from None
    if several is None:
        return resolve_path(source.recipe.verify.judge_text)
    models = [Path(name).name for name in several.members if name.endswith(MODELS)]
    twice = next((name for at, name in enumerate(models) if name in models[:at]), None)
    if twice:
        raise source.wrong(("verify", "judge"), f"two models are called {twice!r}, and a run keeps them by name; rename one")
    return judge_text([resolve_path(name) for name in several.members], several.rule)


def judge_files(name: str) -> list[Path]:
    """Return the files of a judge: a model has its card beside it, a calibration the judge it calibrates."""
    path = Path(name)
    if name.endswith(".npz"):
        return [path, card_path(path)]
    if not name.endswith(MODELS):
        return []
    calibrated = judge_beside(read_calibration(path).judge, path)
    return [path, *(judge_files(str(calibrated)) if calibrated else [])]


# --- What engine and judge cannot do


def _list_engine_notes(engine: Engine, cast: RecipeCast) -> Iterator[str]:
    """Yield a sentence for recordings that the engine ignores, and for categories that it cannot be given."""
    recorded = [name for name, persona in cast.personas.items() if persona.voice.reference]
    if recorded and not engine.capabilities.reference:
        yield f"engine {engine.name!r} cannot follow the reference recordings of {listed(recorded)}; they are ignored"

    # The engine is asked about the first persona that plays each category.
    personas = list(cast.personas.values())
    first = {category: personas[players[0]] for category, players in zip(cast.categories, cast.players, strict=True) if players}
    untold = {
        category: phrases[0]
        for category, persona in first.items()
        if (phrases := engine.unheard(persona, direct(persona, [(category, HIGHEST)])))
    }
    if untold:
        yield (
            f"engine {engine.name!r} is not told {len(untold)} of {count_noun(len(first), 'category')}; "
            f"a take of them differs from its "
            f"twin by little or nothing: {next(iter(untold.values()))}"
        )


def _list_judge_notes(source: Source, cast: RecipeCast, judge: str, evidence: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for cells of which no take can be included, whatever the judge hears."""
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
        for category in cast.categories
        if evidence and EVIDENCE_ORDER.index(evidence.get(category, "none")) > EVIDENCE_ORDER.index(least)
    ]
    if weak:
        names = ", ".join(str(taxonomy.get(category)) for category in weak)
        yield (
            f"evidence: {least} is asked and the judge {judge!r} has less for {len(weak)} of {len(cast.categories)} "
            f"categories, of which no take is included: {names}"
        )


__all__ = ["Requirements", "check_requirements", "judge_files"]
