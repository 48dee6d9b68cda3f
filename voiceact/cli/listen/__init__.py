"""`voiceact listen`: listening tests. The commands stand in files of their own."""

import click

from voiceact.cli.lazy import LazyGroup

COMMANDS = {
    "new": ("make a test from a run, or from a folder of clips", "voiceact.cli.listen.new:new"),
    "serve": ("serve a test to listeners in the browser", "voiceact.cli.listen.serve:serve"),
    "bundle": ("make a test a folder that needs no server", "voiceact.cli.listen.results:bundle"),
    "status": ("show how many answers a test has, and from whom", "voiceact.cli.listen.serve:status"),
    "results": ("write the answers to a file, checked", "voiceact.cli.listen.results:results"),
    "analyse": (
        "report what people heard, with intervals, and how far the judge agrees",
        "voiceact.cli.listen.analyse:analyse",
    ),
    "calibrate": ("move the judge's thresholds to match people", "voiceact.cli.listen.analyse:calibrate"),
    "plan": ("tell how wide the intervals of a test will be", "voiceact.cli.listen.analyse:plan"),
    "export": ("write the answers in the form another tool reads", "voiceact.cli.listen.results:export"),
}


@click.command("listen", cls=LazyGroup, lazy=COMMANDS)
def command() -> None:
    """Run listening tests: ask people what they hear, and see how far the judge may be trusted.

    \b
    voiceact listen new RUN --protocol presence --out TEST
    voiceact listen serve TEST
    voiceact listen results TEST --out results.jsonl
    voiceact listen analyse TEST --results results.jsonl
    """
