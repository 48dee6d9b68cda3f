"""Print what `voiceact synth` did: a readable summary, or JSON."""

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from voiceact.acting.direction import steps
from voiceact.acting.moves import NEUTRAL
from voiceact.cli.output import print_json, print_note
from voiceact.errors import count_noun

if TYPE_CHECKING:
    from voiceact.clip.director import DirectorRecord
    from voiceact.synthesis.request import ResolvedRequest
    from voiceact.synthesis.takes import WrittenTake

BAR = 12
"""characters of the longest bar, to either side"""
LARGEST_STEPS = 8.0
"""just noticeable differences that fill the bar"""

LONGEST_SHOWN = 1000
"""characters of the text that are shown"""

_COLOURS = {
    "verified": "green",
    "consistent": "cyan",
    "undecided": "yellow",
    "rejected": "red",
    "pass": "green",
    "fail": "red",
    "not judged": "yellow",
}


class JsonSummary:
    """Collects the records of all takes and prints one JSON document."""

    def __init__(self) -> None:
        self._takes: list[dict[str, Any]] = []

    def request(self, request: "ResolvedRequest") -> None:
        """Print the notes on standard error, so that standard output holds one document."""
        _print_notes(request)

    def take(self, written: "WrittenTake") -> None:
        """Collect the record of one take, with the path it was written to."""
        self._takes.append(
            {
                "path": str(written.path),
                "plot": str(written.plot) if written.plot else None,
                "record": written.clip.record,
            }
        )

    def close(self) -> None:
        """Print an object for one take, a list for several."""
        print_json(self._takes[0] if len(self._takes) == 1 else self._takes)


class TextSummary:
    """Prints text for a reader; only the paths when piped (unless FORCE_COLOR is set, as in force-color.org)."""

    def __init__(self) -> None:
        # There is none where it was closed (>&-).
        is_terminal = sys.stdout is not None and sys.stdout.isatty()
        self._quiet = not (is_terminal or os.environ.get("FORCE_COLOR"))

    def request(self, request: "ResolvedRequest") -> None:
        """Print who feels what, and how it will be acted."""
        _print_notes(request)
        if self._quiet:
            return
        from voiceact.acting.intensity import word

        click.echo(f"{click.style(request.persona.name, bold=True)}  {request.persona.description}")
        # Which category each word was taken to mean, and how strongly.
        parts = []
        for entry in request.mix:
            resolution, name = entry.resolution, entry.category.name
            via = "" if resolution is None or resolution.via == "name" else f" ({resolution.via} of {name})"
            typed = resolution.word if resolution is not None and via else name
            parts.append(f"{typed}{via} at {entry.intensity:g} of 7, {word(entry.intensity)}")
        click.echo(f"feels      {'; '.join(parts) or 'nothing in particular'}")
        text = request.text
        if len(text) > LONGEST_SHOWN:
            text = f"{text[:LONGEST_SHOWN].rstrip()}… ({count_noun(len(text), 'character')})"
        click.echo(f"says       “{text}”")
        for line in move_lines(request):
            click.echo(line)

    def take(self, written: "WrittenTake") -> None:
        """Print where one take was written and what the judge says."""
        if self._quiet:
            click.echo(str(written.path))
            return
        audio = written.clip.record.audio
        level = "silent" if audio.lufs is None else f"{audio.lufs:.1f} LUFS"
        click.echo(
            f"wrote      {click.style(str(written.path), bold=True)}  {audio.duration:.1f} s, {level}, "
            f"seed {written.clip.record.seed}"
        )
        if written.plot:
            click.echo(f"drew       {written.plot}")
        if written.clip.record.director:
            for line in director_lines(written.clip.record.director):
                click.echo(line)
        if written.verdict is not None:
            for line in verdict_lines(written.verdict):
                click.echo(line)

    def close(self) -> None:
        """Print nothing: every take was printed when it was done."""


def _print_notes(request: "ResolvedRequest") -> None:
    """Print what the user should know before the take, with what was never heard from this engine."""
    from voiceact.engines.capability_card import describe_dead_cells, find_dead_cells

    for note in request.notes:
        print_note(note)
    if dead := find_dead_cells(request.engine, request.mix.pairs(), language=request.language):
        print_note(describe_dead_cells(request.engine, dead))


def move_lines(request: "ResolvedRequest") -> list[str]:
    """Return a line for each move that is not neutral, with a bar as long as its just noticeable differences."""
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
    """Return a line for each check, then one for the verdict."""
    lines = []
    for check in verdict.checks:
        outcome = click.style(f"{check.outcome:10}", fg=_COLOURS.get(check.outcome))
        lines.append(f"  {check.name:12}{outcome} {check.sentence}")
    lines.append(f"verdict    {click.style(verdict.level, fg=_COLOURS.get(verdict.level), bold=True)}")
    return lines


def director_lines(director: "DirectorRecord") -> list[str]:
    """Return a line for each take that the coach heard, with a mark at the one that was kept, and one that says why."""
    coach = director.coach
    lines = [f"directed   {director.strategy}, heard by coach {coach.name} {coach.revision} ({coach.hears})"]
    for number, take in enumerate(director.takes):
        mark, total = "▸" if number == director.chosen else " ", "–" if take.total is None else f"{take.total:+.2f}"
        lines.append(f" {mark} take {number + 1:<3} {total:>6}  {take.why}{': ' + take.failed if take.failed else ''}")
    return [*lines, f"           {director.note}"]


def play_take(written: "WrittenTake") -> None:
    """Play a take that was written; a long one is not in memory, and is read."""
    from voiceact.audio import playback

    audio = written.clip if written.clip.samples is not None else written.clip.read()
    assert audio.samples is not None  # a clip that was read has them
    playback.play(audio.samples, audio.record.audio.sample_rate)
