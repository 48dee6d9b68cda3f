"""`voiceact verify`: existing clips, judged from their records."""

from pathlib import Path

import click

from voiceact.cli import options
from voiceact.cli.output import print_json, print_note


@click.command()
@click.argument("clips", nargs=-1, required=True, type=options.PATH, metavar="CLIP…")
@click.option(
    "--judge",
    "judges",
    multiple=True,
    default=("human",),
    show_default=True,
    metavar="NAME|FILE",
    help="Judge that listens: a name, or a model.npz from 'voiceact judge train' (repeatable; see --agree).",
)
@click.option(
    "--agree",
    type=click.Choice(["all", "majority", "weighted"]),
    default="all",
    show_default=True,
    help="How many of several judges must hear the emotion: all, more than half, or more than half by published reliability.",
)
@click.option(
    "--asr",
    metavar="SPEC",
    help="Recognizer of the transcript check: faster-whisper:model=FOLDER ('voiceact doctor' lists them).",
)
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
    help="Compare with the neutral reading of the line, made anew from the record.",
)
@click.option(
    "--cohort",
    metavar="DIR|RUN",
    type=options.PATH,
    help="Centre the judge's scores on the clips of this folder or run, of the same engine or corpus and of several "
    "emotions. What they express is not used.",
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
    cohort: Path | None,
    engine: str | None,
    allowed: tuple[str, ...],
    as_json: bool,
) -> None:
    """Judge each CLIP (audio or record) again and add the verdict to its record; earlier verdicts are kept.

    With several clips the pass rate is printed beside its null: how often the judge would have said yes had the
    requests been dealt out anew, and to neutral twins. Exit status 0 if every clip was judged, whatever the
    verdicts; 1 if one could not be.
    """
    from voiceact.cli.summary import verdict_lines
    from voiceact.errors import UnknownNameError, VoiceactError
    from voiceact.estimators.ensemble.spec import judge_text
    from voiceact.estimators.registry import load_estimator
    from voiceact.runtime.progress import show_progress
    from voiceact.runtime.untrusted_settings import UntrustedSettingError, allow_settings
    from voiceact.synthesis.cohort import judge_beside
    from voiceact.synthesis.synthesize import neutral_twin
    from voiceact.verify import CHECKS, judge_file
    from voiceact.verify.backends.registry import load_backends
    from voiceact.verify.pass_rate import Tally

    if unknown := [name for name in checks if name not in CHECKS]:
        raise UnknownNameError("check", unknown[0], CHECKS)
    with allow_settings(*allowed, engine=engine), show_progress("cohort"):
        judge, backends = load_estimator(judge_text(judges, agree)), load_backends(asr=asr, speaker=speaker, mos=mos)
        if cohort is not None:
            judge = judge_beside(judge, cohort, compared=compared)
    tally = Tally(judge)
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
            print_note(f"{error}; or judge without the neutral reading: --no-twin")
            continue
        except VoiceactError as error:
            failed += 1
            print_note(str(error))
            continue
        if as_json:
            print_json({"path": str(path), "verdict": verdict.to_record()}, one_line=True)
        else:
            click.echo("\n".join([click.style(str(path), bold=True), *verdict_lines(verdict)]))
    # Several clips are counted by level, and their pass rate is shown beside its null.
    if len(clips) > 1 and not as_json:
        pass_rate = tally.pass_rate()
        click.echo("levels     " + ", ".join(f"{count} {level}" for level, count in sorted(tally.levels.items())))
        if pass_rate is not None:
            click.echo(f"pass rate  {pass_rate.sentence()}")
    raise SystemExit(1 if failed else 0)
