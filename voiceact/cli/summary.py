"""What `voiceact synth` prints: a readable summary, or JSON."""

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import click
import msgspec

from voiceact.acting.direction import steps
from voiceact.acting.moves import NEUTRAL

if TYPE_CHECKING:
    from voiceact.synthesis.synthesize import Request
    from voiceact.synthesis.takes import Made

BAR = 12
"""characters of the longest bar, to either side"""
LARGEST_STEPS = 8.0
"""just noticeable differences that fill it"""

_COLOURS = {"verified": "green", "consistent": "cyan", "undecided": "yellow", "rejected": "red",
            "pass": "green", "fail": "red", "not judged": "yellow"}


class Json:
    """Collects the records of all takes and prints one JSON document."""

    def __init__(self) -> None:
        self._found: list[dict[str, Any]] = []

    def request(self, request: "Request") -> None:
        """Notes go to standard error, so that the document stays a document."""
        _notes(request)

    def take(self, made: "Made") -> None:
        """Keep one take's record, with the path it was written to."""
        self._found.append({"path": str(made.path), "plot": str(made.plot) if made.plot else None,
                            "record": msgspec.to_builtins(made.clip.record)})

    def close(self) -> None:
        """Print: an object for one take, a list for several."""
        click.echo(json.dumps(self._found[0] if len(self._found) == 1 else self._found, indent=2, ensure_ascii=False))


class Terminal:
    """Prints for a person; only the paths when piped (unless FORCE_COLOR is set, as in force-color.org)."""

    def __init__(self) -> None:
        # There is none where it was closed (>&-).
        seen = sys.stdout is not None and sys.stdout.isatty()
        self._quiet = not (seen or os.environ.get("FORCE_COLOR"))

    def request(self, request: "Request") -> None:
        """Who feels what, how it will be acted."""
        _notes(request)
        if self._quiet:
            return
        click.echo(f"{click.style(request.persona.name, bold=True)}  {request.persona.description}")
        click.echo(f"feels      {_felt(request)}")
        click.echo(f"says       “{request.text}”")
        for line in bars(request):
            click.echo(line)

    def take(self, made: "Made") -> None:
        """Where one take is and what the judge says."""
        if self._quiet:
            click.echo(str(made.path))
            return
        audio = made.clip.record.audio
        level = "silent" if audio.lufs is None else f"{audio.lufs:.1f} LUFS"
        click.echo(f"wrote      {click.style(str(made.path), bold=True)}  {audio.duration:.1f} s, {level}, "
                   f"seed {made.clip.record.seed}")
        if made.plot:
            click.echo(f"drew       {made.plot}")
        if made.verdict is not None:
            for line in verdict_lines(made.verdict):
                click.echo(line)

    def close(self) -> None:
        """Nothing is left to say."""


def _notes(request: "Request") -> None:
    for note in request.notes:
        click.echo(f"voiceact: {note}", err=True)


def _felt(request: "Request") -> str:
    """What each word resolved to, and how strongly."""
    from voiceact.acting import intensity, taxonomy

    parts = []
    typed = request.requested.get("emotions", [])
    for (_, level), given in zip(request.mix, typed, strict=True):
        found = taxonomy.resolve(given.rpartition(":")[0] or given)
        via = "" if found.via == "name" else f" ({found.via} of {found.category.name})"
        word = found.word if via else found.category.name
        parts.append(f"{word}{via} at {level:g} of 7, {intensity.word(level)}")
    return "; ".join(parts) or "nothing in particular"


def bars(request: "Request") -> list[str]:
    """The moves that are not neutral, each with a bar as long as the difference is noticeable."""
    moves = request.direction.moves
    sizes = steps(moves)
    lines = []
    for name in sorted(moves.changed().keys() & sizes.keys(), key=lambda name: (-abs(sizes[name]), name)):
        length = min(BAR, round(BAR * abs(sizes[name]) / LARGEST_STEPS))
        left, right = (("▇" * length).rjust(BAR), "") if sizes[name] < 0 else (" " * BAR, "▇" * length)
        value = getattr(moves, name)
        shown = f"×{value:.2f}" if NEUTRAL[name] == 1 else f"{value:+.2f}"
        lines.append(f"  {name:13}{shown:>7} {left}│{right}")
    return lines


def verdict_lines(verdict: Any) -> list[str]:
    """One readable line a check, then the verdict."""
    lines = []
    for check in verdict.checks:
        outcome = click.style(f"{check.outcome:10}", fg=_COLOURS.get(check.outcome))
        lines.append(f"  {check.name:12}{outcome} {check.sentence}")
    lines.append(f"verdict    {click.style(verdict.level, fg=_COLOURS.get(verdict.level), bold=True)}")
    return lines
