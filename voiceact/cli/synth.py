"""`voiceact synth`: one line, spoken as a persona that feels an emotion."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from voiceact.cli import options
from voiceact.errors import UsageError
from voiceact.runtime.untrusted_paths import read_regular_file

if TYPE_CHECKING:
    from voiceact.acting.persona import Persona
    from voiceact.synthesis.request import SynthesisRequest


@click.command()
@click.option(
    "--persona",
    required=True,
    metavar="NAME|FILE|WORDS",
    help="Persona that speaks: a name ('voiceact persona list'), a file, or a description in plain words.",
)
@click.option(
    "--emotion",
    "emotions",
    multiple=True,
    metavar="NAME[:N]",
    help="Emotion that is felt: a category, a keyword or plain words, with its own intensity after a colon (repeatable).",
)
@click.option("--intensity", metavar="N", help="Intensity of the emotions, from 0 (absent) to 7 (overwhelming).  [default: 5]")
@click.option(
    "--variant",
    metavar="NAME",
    help="Way in which the emotion is acted: 'cold' for anger, or 'any', drawn by the seed ('voiceact emotion show anger').",
)
@click.option("--text", help="Text to speak; '-' reads standard input. Without it a fitting line is picked.")
@click.option("--text-file", type=options.PATH, metavar="FILE", help="File to read the text from.")
@click.option(
    "--direction",
    default="",
    metavar="WORDS",
    help="Stage direction in addition to the emotion: 'whispering, slower' or 'rate=0.9'.",
)
@click.option(
    "--like",
    type=options.PATH,
    metavar="AUDIO",
    help="Recording whose delivery the persona takes over: pace, pitch, pauses, stress, and without --emotion its feeling.",
)
@click.option(
    "--like-neutral",
    type=options.PATH,
    metavar="AUDIO",
    help="Plain recording of the same speaker, best of the same line, with which --like is compared.",
)
@click.option(
    "--say",
    "pronunciations",
    multiple=True,
    metavar="WORD=SOUND",
    help="How a word is pronounced: 'Nguyen=win' or 'Nguyen=/wˈɪn/' (repeatable).",
)
@options.strict_speech()
@options.language()
@options.engine()
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the take; another seed is another reading.")
@click.option(
    "--takes",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="Number of takes, written side by side, with seeds that count up; with the director the most takes that it hears, "
    "of which one is written.  [default: 1; with the director 8]",
)
@click.option(
    "--director",
    "strategy",
    is_flag=False,
    flag_value="auto",
    metavar="[STRATEGY]",
    help="Let a director ask for take after take, which a coach hears, and keep the best: auto, best-of, ladder, retry or "
    "search.",
)
@click.option(
    "--budget",
    type=options.Number(min=0),
    metavar="SECONDS",
    help="Seconds after which the director begins no further take; directs with the strategy auto where none is named.",
)
@click.option("--coach", metavar="NAME|FILE", help="Coach that the director listens to.  [default: functionals]")
@click.option(
    "--out",
    type=options.PATH,
    metavar="PATH",
    help="Audio file to write, .wav, .flac or .ogg; its record is written beside it.  [default: ./PERSONA-CATEGORY-N.wav]",
)
@options.persona_folders()
@click.option("--verify/--no-verify", default=True, show_default=True, help="Let the judge listen to each take.")
@click.option("--plot", type=options.PATH, metavar="PNG", help="Draw the take beside its neutral reading, to this file.")
@click.option(
    "--bursts/--no-bursts",
    default=True,
    show_default=True,
    help="Perform sighs, laughs and gasps: of the text, and of the direction, which may open or close a line with one.",
)
@click.option("--play", is_flag=True, help="Play each take.")
@options.as_json()
def command(
    persona: str,
    emotions: tuple[str, ...],
    intensity: str | None,
    variant: str | None,
    text: str | None,
    text_file: Path | None,
    direction: str,
    like: Path | None,
    like_neutral: Path | None,
    pronunciations: tuple[str, ...],
    strict: bool,
    language: str,
    engine: str,
    seed: int,
    takes: int | None,
    strategy: str | None,
    budget: float | None,
    coach: str | None,
    out: Path | None,
    folders: tuple[Path, ...],
    verify: bool,
    plot: Path | None,
    bursts: bool,
    play: bool,
    as_json: bool,
) -> None:
    """Speak a line as a persona that feels an emotion.

    \b
    voiceact synth --persona nurse --emotion Concern
    voiceact synth --persona grumpy-lovable-grandpa --emotion Embarrassment --intensity 5
    voiceact synth --persona opera-diva --emotion Pride:3 --emotion Sadness:5 --text "Nobody came."
    voiceact synth --persona "a grumpy but lovable grandpa with a raspy, slow voice" --emotion Embarrassment
    voiceact synth --persona nurse --emotion "cold anger"
    voiceact synth --persona nurse --emotion Relief --text "[sighs] There you are."
    voiceact synth --persona nurse --emotion Fear --takes 8 --budget 4
    voiceact synth --persona nurse --emotion "barely holding back tears, but proud"
    voiceact synth --persona nurse --text "You came back." --like actor.wav --like-neutral actor-plain.wav
    """
    from voiceact.acting.intensity import DEFAULT_INTENSITY
    from voiceact.cli import summary
    from voiceact.prompting.feeling import read_emotions
    from voiceact.prompting.inline import write_out_phrases
    from voiceact.prompting.person import load_or_read
    from voiceact.runtime.progress import show_progress
    from voiceact.synthesis.request import SynthesisRequest
    from voiceact.synthesis.takes import perform_takes

    speaker, understood = load_or_read(persona, folders)
    reading = read_emotions(emotions, DEFAULT_INTENSITY if intensity is None else intensity)
    line, directed = write_out_phrases(
        _read_text(text, text_file) or "", DEFAULT_INTENSITY if intensity is None else intensity, bursts=bursts
    )
    mix, notes = reading.mix, (*understood, *reading.notes, *directed)
    if like is None and like_neutral is not None:
        raise UsageError("--like-neutral is what a delivery is compared with; name the delivery with --like")
    request = SynthesisRequest(
        persona=speaker if understood else persona,
        emotions=emotions,
        mix=mix,
        notes=notes,
        intensity=intensity,
        variant=variant,
        text=line if text is not None or text_file is not None else None,
        language=language,
        engine=engine,
        seed=seed,
        direction=direction,
        lexicon=options.parse_lexicon(pronunciations),
        personas=folders,
        strict=strict,
        bursts=bursts,
    )
    if like is not None:
        request = _deliver_like(request, like, like_neutral, speaker)
    shown = summary.JsonSummary() if as_json else summary.TextSummary()
    direct = None
    if strategy is not None or budget is not None or coach is not None:
        from voiceact.director.coach import DEFAULT_COACH
        from voiceact.director.director import DEFAULT_STRATEGY, DEFAULT_TAKES, Budget, Director
        from voiceact.director.priors import load_priors

        heard, takes = takes or DEFAULT_TAKES, 1
        direct = Director(
            strategy=strategy or DEFAULT_STRATEGY,
            budget=Budget(heard, budget),
            coach=coach or DEFAULT_COACH,
            priors=load_priors(),
        ).direct
    performed = iter(
        perform_takes(request, takes=takes or 1, out=out, verify=verify, plot=plot, announce=shown.request, direct=direct)
    )
    while True:
        # Long texts are judged for minutes.
        with show_progress():
            written = next(performed, None)
        if written is None:
            break
        shown.take(written)
        if play:
            summary.play_take(written)
    shown.close()


def _deliver_like(request: "SynthesisRequest", like: Path, neutral: Path | None, speaker: "Persona") -> "SynthesisRequest":
    """Return a request with the delivery of a recording, with its pauses and stress where the recording says the line."""
    from dataclasses import replace

    from voiceact import audio
    from voiceact.director.arousal import match_arousal
    from voiceact.prompting.delivery import Delivery, read_delivery

    plain = None if neutral is None else audio.read(neutral)
    delivery = read_delivery(audio.read(like), plain, text=request.text or "")
    mix = request.mix if request.emotions else delivery.mix_for(speaker)

    def request_for(delivery: Delivery) -> "SynthesisRequest":
        directions = filter(None, (delivery.direction(speaker, mix), request.direction))
        text = None if request.text is None else delivery.text or request.text
        return replace(request, mix=mix, text=text, direction=", ".join(directions))

    delivery = match_arousal(delivery, request_for)
    return replace(request_for(delivery), notes=(*request.notes, *delivery.notes))


def _read_text(text: str | None, file: Path | None) -> str | None:
    """Return the text of --text, --text-file, or standard input for '-'; None if neither was given."""
    if text is not None and file is not None:
        raise UsageError("--text and --text-file were both given; name one of them")
    if text == "-" or (file is not None and str(file) == "-"):
        try:
            return sys.stdin.buffer.read().decode("utf-8")
        except UnicodeDecodeError as error:
            raise UsageError("standard input is not UTF-8; expected plain text in UTF-8") from error
    if file is None:
        return text
    try:
        return read_regular_file(file).decode("utf-8")
    except OSError as error:
        raise UsageError(f"text file {str(file)!r} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"text file {str(file)!r} is not UTF-8; save it as UTF-8 text") from error
