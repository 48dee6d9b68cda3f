"""`voiceact verify`: clips that exist, judged from their records."""

import json
from pathlib import Path

import click

from voiceact.cli import options


@click.command()
@click.argument("clips", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="CLIP…")
@click.option("--judge", metavar="NAME|FILE", help="Another judge than the shipped one: a name, or a trained model.npz.")
@click.option("--check", "checks", multiple=True, metavar="NAME",
              help="Make only this check (repeatable): quality, emotion, naturalness, identity, transcript.")
@click.option("--twin/--no-twin", "compared", default=True, show_default=True,
              help="Compare with the neutral reading, made anew from the record.")
@options.as_json()
def command(clips: tuple[Path, ...], judge: str | None, checks: tuple[str, ...], compared: bool, as_json: bool) -> None:
    """Judge CLIPs (audio or records) again and add the verdict to their records; earlier ones are kept.

    Exit status 0 if every clip was judged, whatever the verdicts; 1 if one could not be.
    """
    from voiceact.cli.summary import verdict_lines
    from voiceact.errors import VoiceactError
    from voiceact.performance import neutral_twin
    from voiceact.verify import CHECKS, judge_file

    failed = 0
    for path in clips:
        try:
            _, verdict = judge_file(path, twin=neutral_twin if compared else lambda record: None,
                                    checks=checks or CHECKS, estimator=judge)
        except VoiceactError as error:
            failed += 1
            click.echo(f"voiceact: {error}", err=True)
            continue
        if as_json:
            click.echo(json.dumps({"path": str(path), "verdict": verdict.as_dict()}, ensure_ascii=False))
        else:
            click.echo("\n".join([click.style(str(path), bold=True), *verdict_lines(verdict)]))
    raise SystemExit(1 if failed else 0)
