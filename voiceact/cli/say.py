"""`voiceact say`: a whole request in one sentence, shown and then performed."""

from pathlib import Path

import click

from voiceact.cli import options


@click.command()
@click.argument("request")
@click.option("--intensity", metavar="N", help="Intensity where no degree word moves it, from 0 to 7.  [default: 5]")
@options.engine()
@options.language()
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the take; another seed is another reading.")
@click.option("--out", type=options.PATH, metavar="PATH", help="Audio file to write, .wav, .flac or .ogg.")
@options.persona_folders()
@click.option("--verify/--no-verify", default=True, show_default=True, help="Let the judge listen to the take.")
@click.option("--dry-run", is_flag=True, help="Show what is understood and speak nothing.")
@click.option("--play", is_flag=True, help="Play the take.")
@options.as_json()
def command(
    request: str,
    intensity: str | None,
    engine: str,
    language: str,
    seed: int,
    out: Path | None,
    folders: tuple[Path, ...],
    verify: bool,
    dry_run: bool,
    play: bool,
    as_json: bool,
) -> None:
    """Perform REQUEST: who speaks, what they feel, and the line, in one sentence.

    \b
    voiceact say "Speak like a caring nurse, worried for her patient: 'The doctor will be with you soon.'"
    voiceact say "a grumpy old sailor with a raspy voice, slightly amused: Well, well, look who is back."
    """
    from voiceact.acting.intensity import DEFAULT_INTENSITY
    from voiceact.cli import summary
    from voiceact.cli.output import print_json
    from voiceact.prompting.inline import write_out_phrases
    from voiceact.prompting.sentence import read_request
    from voiceact.runtime.progress import show_progress
    from voiceact.synthesis.request import SynthesisRequest
    from voiceact.synthesis.takes import perform_takes

    read = read_request(request, default=DEFAULT_INTENSITY if intensity is None else intensity, folders=folders)
    if dry_run:
        if as_json:
            feeling = read.feeling.as_dict() if read.feeling else None
            understood = {"persona": read.persona.as_dict(), "feeling": feeling, "line": read.line, "direction": read.direction}
            print_json(understood | {"notes": list(read.notes)})
        else:
            click.echo("\n".join([*read.notes, f"the line is {read.line!r}"]))
        return
    line, directed = write_out_phrases(read.line)
    parsed = SynthesisRequest(
        persona=read.persona,
        emotions=(read.feeling.text,) if read.feeling else (),
        mix=read.feeling.mix if read.feeling else None,
        text=line,
        direction=read.direction,
        language=language,
        engine=engine,
        seed=seed,
        personas=folders,
        notes=(*read.notes, *directed),
    )
    shown = summary.JsonSummary() if as_json else summary.TextSummary()
    with show_progress():
        [made] = perform_takes(parsed, out=out, verify=verify, announce=shown.request)
    shown.take(made)
    if play:
        summary.play_take(made)
    shown.close()
