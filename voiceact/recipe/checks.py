"""Checks of a recipe that need more than the type of one key, and nothing but the recipe."""

from collections.abc import Collection, Iterator

from voiceact.errors import UnknownNameError, UsageError
from voiceact.recipe.schema import Recipe
from voiceact.store.splits import check_shares
from voiceact.vocabulary import CHECKS

Keys = tuple[str | int, ...]
"""keys down to a value, items counted from 0"""
Fault = tuple[Keys, str | UsageError]
"""keys of the value that is wrong, and the sentence about it"""


def find_faults(recipe: Recipe, given: Collection[str]) -> Iterator[Fault]:
    """Yield what contradicts itself in a recipe.

    Args:
        recipe: to be checked
        given: top-level keys that the file holds
    """
    # Number of takes.
    if "takes" in given and "stop" in given:
        yield (
            ("takes",),
            "takes and stop are both given; keep takes for a fixed number, stop for takes until enough are included",
        )
    if recipe.stop and recipe.stop.included > recipe.stop.takes:
        yield (
            ("stop", "included"),
            f"stop.included is {recipe.stop.included} and stop.takes "
            f"{recipe.stop.takes}; a cell cannot include more clips than it has takes",
        )
    yield from _find_repeats(("languages",), recipe.languages)
    yield from _find_repeats(("intensities",), recipe.intensities)
    yield from _find_script_faults(recipe)

    # Verification.
    verify = recipe.verify
    for at, name in enumerate(verify.checks):
        if name not in CHECKS:
            yield ("verify", "checks", at), UnknownNameError("check", name, CHECKS)
    yield from _find_repeats(("verify", "checks"), verify.checks)
    if "emotion" not in verify.checks and verify.evidence != "none":
        yield (
            ("verify", "checks"),
            "verify.checks leaves out 'emotion', without which no clip has evidence "
            f"and none would be included; add it, or set evidence: none (it is {verify.evidence})",
        )
    if "emotion" not in verify.checks and verify.cohort != "none":
        yield (
            ("verify", "cohort"),
            f"verify.cohort is {verify.cohort!r} and verify.checks leaves out 'emotion', the one check that centres scores "
            "on it; add the check, or take cohort out",
        )
    try:
        check_shares(recipe.splits.shares(), by=recipe.splits.by)
    except UsageError as error:
        yield ("splits",), error


def _find_repeats(keys: tuple[str, ...], values: tuple[object, ...]) -> Iterator[Fault]:
    for at, value in enumerate(values):
        if value in values[:at]:
            spelled = f"{value:g}" if isinstance(value, float) else repr(value)
            yield (*keys, at), f"{'.'.join(keys)} names {spelled} twice; keep one"


def _find_script_faults(recipe: Recipe) -> Iterator[Fault]:
    scripts = recipe.scripts
    if scripts.evocative + scripts.neutral == 0:
        yield (
            ("scripts",),
            "scripts.evocative and scripts.neutral are both 0, so nothing would be said; expected at least one above 0",
        )
    if scripts.same_across in ("category", "both") and scripts.evocative:
        yield (
            ("scripts", "same_across"),
            f"scripts.same_across is {scripts.same_across!r} and "
            f"scripts.evocative {scripts.evocative}; the words of an evocative line fit one category, so "
            "categories can only share neutral lines: set evocative: 0",
        )
    if not scripts.shipped and not scripts.files:
        yield (
            ("scripts", "shipped"),
            "scripts.shipped is false and scripts.files names no table, so "
            "nothing would be said; name a table, or take shipped out",
        )
    if scripts.license and not scripts.files:
        yield (
            ("scripts", "license"),
            "scripts.license is given and scripts.files names no table; it is said of own tables alone, take it out",
        )
    for name in scripts.license if isinstance(scripts.license, dict) else ():
        if name not in scripts.files:
            yield (
                ("scripts", "license", name),
                UnknownNameError("table", name, scripts.files, "scripts.files names those there are"),
            )
