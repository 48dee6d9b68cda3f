"""`voiceact verify`: clips that exist, judged from their records."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from voiceact.cli import options

if TYPE_CHECKING:
    from voiceact.verify.pass_rate import Tally


@click.command()
@click.argument("clips", nargs=-1, required=True, type=options.PATH, metavar="CLIP…")
@click.option(
    "--judge",
    "judges",
    multiple=True,
    default=("human",),
    show_default=True,
    metavar="NAME|FILE",
    help="Who listens: a name, or a model.npz from 'voiceact train-judge' (repeatable; see --agree).",
)
@click.option(
    "--agree",
    type=click.Choice(["all", "majority", "weighted"]),
    default="all",
    show_default=True,
    help="Who of several judges must hear it: all, more than half, or more than half by published reliability.",
)
@click.option("--asr", metavar="SPEC", help="Recognizer of the transcript check: faster-whisper:model=FOLDER (see doctor).")
@click.option("--speaker", metavar="SPEC", help="Speaker encoder of the identity check: ecapa:model=FOLDER.")
@click.option("--mos", metavar="SPEC", help="Rater of the naturalness check: distillmos:least=2.5.")
@click.option(
    "--check",
    "checks",
    multiple=True,
    metavar="NAME",
    help="Make only this check (repeatable): quality, emotion, naturalness, identity, transcript.",
)
@click.option(
    "--twin/--no-twin",
    "compared",
    default=True,
    show_default=True,
    help="Compare with the neutral reading, made anew from the record.",
)
@options.replaying_engine()
@options.allow()
@options.as_json()
def command(
    clips: tuple[Path, ...],
    judges: tuple[str, ...],
    agree: str,
    asr: str | None,
    speaker: str | None,
    mos: str | None,
    checks: tuple[str, ...],
    compared: bool,
    engine: str | None,
    allowed: tuple[str, ...],
    as_json: bool,
) -> None:
    """Judge CLIPs (audio or records) again and add the verdict to their records; earlier ones are kept.

    With several clips the pass rate is printed beside its null: how often the judge would have said yes had the
    requests been dealt out anew, and to neutral twins. Exit status 0 if every clip was judged, whatever the
    verdicts; 1 if one could not be.
    """
    from voiceact.cli.options import say
    from voiceact.cli.summary import verdict_lines
    from voiceact.errors import VoiceactError
    from voiceact.estimators.ensemble.spec import judge_text
    from voiceact.estimators.registry import load_estimator
    from voiceact.runtime.progress import show_progress
    from voiceact.runtime.untrusted_settings import UntrustedSettingError, allow_settings
    from voiceact.synthesis.synthesize import neutral_twin
    from voiceact.verify import CHECKS, judge_file
    from voiceact.verify.backends.registry import load_backends
    from voiceact.verify.pass_rate import Tally

    with allow_settings(*allowed, engine=engine):
        tally, backends = Tally(load_estimator(judge_text(judges, agree))), load_backends(asr=asr, speaker=speaker, mos=mos)
    failed = 0
    for path in clips:
        try:
            with allow_settings(*allowed, engine=engine), show_progress(str(path)):
                _, verdict = judge_file(
                    path,
                    twin=neutral_twin if compared else lambda record: None,
                    checks=checks or CHECKS,
                    estimator=tally.judge,
                    tally=tally,
                    backends=backends,
                )
        except UntrustedSettingError as error:
            failed += 1
            say(f"{error}; or judge without the neutral reading: --no-twin")
            continue
        except VoiceactError as error:
            failed += 1
            say(str(error))
            continue
        if as_json:
            click.echo(json.dumps({"path": str(path), "verdict": msgspec.to_builtins(verdict.to_record())}, ensure_ascii=False))
        else:
            click.echo("\n".join([click.style(str(path), bold=True), *verdict_lines(verdict)]))
    _close(tally, len(clips), as_json)
    raise SystemExit(1 if failed else 0)


def _close(tally: "Tally", clips: int, as_json: bool) -> None:
    """Counts by level and the pass rate with its null, where there are several clips to count."""
    pass_rate = tally.pass_rate() if clips > 1 else None
    if clips < 2 or as_json:
        return
    click.echo("levels     " + ", ".join(f"{count} {level}" for level, count in sorted(tally.levels.items())))
    if pass_rate is not None:
        click.echo(f"pass rate  {pass_rate.sentence()}")
