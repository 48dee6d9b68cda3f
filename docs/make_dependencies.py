"""Writes docs/dependencies.md: every package that voiceact needs here, its licence, and its publisher's word on its state.

    python docs/make_dependencies.py [--audit FILE]

FILE is what pip-audit wrote with --format json; without it known faults are not in the page.
"""

import json
import re
import sys
from collections import deque
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

PAGE = Path(__file__).with_name("dependencies.md")
HEAD = """# What voiceact is made of

Written by `make audit` from the metadata of what is installed; do not edit. Licences are as each package states them.
"Inactive" is what a publisher says of a package in its classifiers; most say nothing.
"""


def installed(name: str) -> Distribution | None:
    """The distribution of that name, if it is here."""
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def needed(extra: str = "") -> dict[str, Distribution | None]:
    """What voiceact needs, directly or not, with or without an extra; None stands for what is not installed."""
    found: dict[str, Distribution | None] = {}
    waiting = deque([("voiceact", frozenset({extra}))])
    seen = set()
    while waiting:
        name, extras = waiting.popleft()
        one = installed(name)
        if name != "voiceact":
            found.setdefault(name, one)
        if one is None or (name, extras) in seen:
            continue
        seen.add((name, extras))
        for text in one.requires or ():
            requirement = Requirement(text)
            # A marker that names no extra holds for all of them.
            if any(requirement.marker is None or requirement.marker.evaluate({"extra": asked}) for asked in extras or {""}):
                waiting.append((re.sub(r"[-_.]+", "-", requirement.name).lower(), frozenset(requirement.extras)))
    return found


def licence(one: Distribution) -> str:
    """As the package states it: an SPDX expression, its classifiers, or the first line of its text."""
    stated = one.metadata.get("License-Expression")
    classifiers = one.metadata.get_all("Classifier") or ()
    classified = [text.rpartition(" :: ")[2] for text in classifiers if text.startswith("License ::")]
    text = (one.metadata.get("License") or "").strip().partition("\n")[0]
    return str(stated or "; ".join(classified) or text[:80] or "not stated").replace("|", "\\|")


def state(one: Distribution) -> str:
    """The publisher's word on how far it is, without its number; empty if there is none."""
    said = [text for text in one.metadata.get_all("Classifier") or () if text.startswith("Development Status ::")]
    return said[0].rpartition(" - ")[2] if said else ""


def table(packages: dict[str, Distribution | None]) -> list[str]:
    """Rows of what is here."""
    rows = ["| package | version | licence | state |", "| --- | --- | --- | --- |"]
    rows += [f"| {name} | {one.version} | {licence(one)} | {state(one)} |" for name, one in sorted(packages.items()) if one]
    return rows


def faults(path: Path | None) -> list[str]:
    """What pip-audit found."""
    if path is None:
        return ["pip-audit could not ask its source of advisories when this page was written."]
    found = [
        (one["name"], one["version"], fault["id"], ", ".join(fault["fix_versions"]) or "none yet")
        for one in json.loads(path.read_text())["dependencies"]
        for fault in one.get("vulns", ())
    ]
    if not found:
        return ["pip-audit knows no fault of any of them."]
    head = ["| package | version | fault | mended in |", "| --- | --- | --- | --- |"]
    return [*head, *(f"| {' | '.join(row)} |" for row in found)]


def main(arguments: list[str]) -> None:
    """Write the page."""
    core = needed()
    extras = distribution("voiceact").metadata.get_all("Provides-Extra") or ()
    more: dict[str, Distribution | None] = {}
    for extra in extras:
        more |= {name: one for name, one in needed(extra).items() if name not in core}
    inactive = sorted(name for name, one in (core | more).items() if one and "Inactive" in state(one))
    absent = sorted(name for name, one in more.items() if one is None)
    lines = [
        HEAD,
        "## Always installed",
        "",
        *table(core),
        "",
        "## With extras, as far as they are installed here",
        "",
        *table(more),
        "",
        "## Inactive",
        "",
        ", ".join(inactive) or "None says so.",
        "",
        "## Known faults",
        "",
        *faults(Path(arguments[1]) if arguments[:1] == ["--audit"] else None),
        "",
        "## Not installed here",
        "",
        ", ".join(absent) or "Nothing.",
    ]
    PAGE.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
