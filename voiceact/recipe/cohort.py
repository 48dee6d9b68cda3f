"""The takes that a recipe's judge centres its scores on: some of its own (`pilot`), or of all categories (`panel`)."""

from dataclasses import replace

from msgspec import structs

from voiceact.acting.script import languages
from voiceact.acting.taxonomy import categories
from voiceact.errors import UsageError, count_noun, listed
from voiceact.estimators.cohort import LEAST_CLIPS, check_cohort_categories
from voiceact.recipe.estimate import sample_takes
from voiceact.recipe.grid import Grid
from voiceact.recipe.plan import Plan, TakeSpec
from voiceact.recipe.schema import Scripts
from voiceact.recipe.scripts import LinePools
from voiceact.synthesis.cohort import strongest_category

COHORT_TAKES = 120
"""takes of a cohort: three of each category where all are asked, each with its neutral reading"""


def list_cohort_takes(plan: Plan) -> tuple[Plan, list[TakeSpec]]:
    """List the takes of a plan's cohort, drawn evenly over the categories.

    Args:
        plan: of a recipe that names a cohort

    Returns:
        The plan that they are of, which is another where the cohort is a panel; and the takes.

    Raises:
        UsageError: too few takes, takes of one feeling, or a panel in a language without lines
    """
    whose = make_panel(plan) if plan.recipe.verify.cohort == "panel" else plan
    takes = list(sample_takes(whose, COHORT_TAKES))
    source = describe_cohort(plan)
    if len(takes) < LEAST_CLIPS:
        raise UsageError(
            f"verify.cohort is {plan.recipe.verify.cohort!r} and the recipe has {count_noun(len(takes), 'take')}; "
            f"expected at least "
            f"{LEAST_CLIPS} to centre scores on: make more, or set cohort: panel"
        )
    try:
        check_cohort_categories([strongest_category({take.cell.category: take.cell.intensity}) for take in takes], source)
    except UsageError as error:
        raise UsageError(f"verify.cohort is {plan.recipe.verify.cohort!r}: {error}; or set cohort: panel") from None
    return whose, takes


def describe_cohort(plan: Plan) -> str:
    """Say what the cohort of a plan is, as verdicts name it: "pilot of smoke"."""
    return f"{plan.recipe.verify.cohort} of {plan.recipe.name}"


def make_panel(plan: Plan) -> Plan:
    """Return the plan of a panel: a recipe's personas, intensities and languages, shipped neutral lines, and all categories.

    Raises:
        UsageError: a language without shipped neutral lines
    """
    lineless = [language for language in plan.recipe.languages if language not in languages()]
    if lineless:
        raise UsageError(
            f"verify.cohort is 'panel', which reads shipped lines, and there are none in {listed(lineless)}; set cohort: pilot"
        )
    recipe = structs.replace(
        plan.recipe, categories="all", each=None, takes=3, stop=None, scripts=Scripts(evocative=0, neutral=1)
    )
    ids = tuple(category.id for category in categories())
    players = tuple(
        tuple(at for at, persona in enumerate(plan.personas.values()) if persona.plays(category)) for category in ids
    )
    return replace(
        plan,
        recipe=recipe,
        categories=ids,
        grid=Grid(len(recipe.languages), len(recipe.intensities), players, None, pattern=1),
        pools=LinePools((), True, recipe.seed, plan.personas),
    )


__all__ = ["COHORT_TAKES", "describe_cohort", "list_cohort_takes", "make_panel"]
