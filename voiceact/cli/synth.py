"""`voiceact synth`: one line, performed."""

from pathlib import Path

import click

from voiceact.cli import options


@click.command()
@click.option("--persona", required=True, metavar="NAME|FILE", help="Who speaks ('voiceact persona list').")
@click.option(
    "--emotion",
    "emotions",
    multiple=True,
    metavar="NAME[:N]",
    help="What is felt: a category or keyword, with its own intensity after a colon (repeatable).",
)
@click.option("--intensity", metavar="N", help="0 (absent) to 7 (overwhelming)  [default: 5]")
@click.option("--text", help="What is said; '-' reads standard input. Without it a fitting line is picked.")
@click.option("--text-file", type=options.PATH, metavar="FILE", help="Read what is said from FILE.")
@click.option("--direction", default="", metavar="WORDS", help="A stage direction on top: 'whispering, slower' or 'rate=0.9'.")
@click.option(
    "--say",
    "said",
    multiple=True,
    metavar="WORD=SOUND",
    help="How a word is pronounced: 'Nguyen=win' or 'Nguyen=/wˈɪn/' (repeatable).",
)
@options.strict()
@options.language()
@options.engine()
@click.option("--seed", type=int, default=0, show_default=True, help="Of the take; other seeds vary the reading.")
@click.option(
    "--takes",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="Make N takes, with seeds that count up, side by side.",
)
@click.option(
    "--out",
    type=options.PATH,
    metavar="PATH",
    help="Where to write: .wav, .flac or .ogg; the record goes beside it  [default: ./PERSONA-CATEGORY-N.wav]",
)
@options.persona_folders()
@click.option("--verify/--no-verify", default=True, show_default=True, help="Let the judge listen.")
@click.option("--plot", type=options.PATH, metavar="PNG", help="Draw the take against its neutral twin.")
@click.option("--play", is_flag=True, help="Play it.")
@options.as_json()
def command(
    persona: str,
    emotions: tuple[str, ...],
    intensity: str | None,
    text: str | None,
    text_file: Path | None,
    direction: str,
    said: tuple[str, ...],
    strict: bool,
    language: str,
    engine: str,
    seed: int,
    takes: int,
    out: Path | None,
    folders: tuple[Path, ...],
    verify: bool,
    plot: Path | None,
    play: bool,
    as_json: bool,
) -> None:
    """Perform a line as a persona that feels an emotion.

    \b
    voiceact synth --persona nurse --emotion Concern
    voiceact synth --persona grumpy-lovable-grandpa --emotion Embarrassment --intensity 5
    voiceact synth --persona opera-diva --emotion Pride:3 --emotion Sadness:5 --text "Nobody came."
    """
    from voiceact.cli import summary
    from voiceact.runtime.progress import show_progress
    from voiceact.synthesis.request import SynthesisRequest
    from voiceact.synthesis.takes import perform_takes

    request = SynthesisRequest(
        persona=persona,
        emotions=emotions,
        intensity=intensity,
        text=options.text_of(text, text_file),
        language=language,
        engine=engine,
        seed=seed,
        direction=direction,
        lexicon=options.pronunciations(said),
        personas=folders,
        strict=strict,
    )
    shown = summary.Json() if as_json else summary.Terminal()
    performed = iter(perform_takes(request, takes=takes, out=out, verify=verify, plot=plot, announce=shown.request))
    while True:
        # Long texts are judged for minutes.
        with show_progress():
            made = next(performed, None)
        if made is None:
            break
        shown.take(made)
        if play:
            from voiceact.audio import playback

            assert made.clip.samples is not None  # it was just performed
            playback.play(made.clip.samples, made.clip.record.audio.sample_rate)
    shown.close()
