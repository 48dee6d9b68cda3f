"""`voiceact listen`: listening tests. The commands stand in files of their own."""

import click

from voiceact.cli.lazy import LazyGroup

VERBS = {
    "new": "make a test of a run, or of a folder of clips",
    "serve": "open it to listeners in the browser",
    "bundle": "make it a folder that needs no server",
    "status": "say how far it is",
    "results": "write the answers to a file, checked",
    "analyse": "say what people heard, with intervals, and how far the judge agrees",
    "calibrate": "move the judge's thresholds to match people",
    "plan": "say how wide the intervals of a test will be",
    "export": "write the answers in the form another tool reads",
}
_HOMES = {
    "new": "new",
    "serve": "serve",
    "bundle": "results",
    "status": "serve",
    "results": "results",
    "analyse": "analyse",
    "calibrate": "analyse",
    "plan": "analyse",
    "export": "results",
}
"""verb -> the file that holds a command of its name"""


def _home(verb: str) -> str:
    return f"voiceact.cli.listen.{_HOMES[verb]}:{verb}"


@click.command("listen", cls=LazyGroup, verbs=VERBS, home=_home)
def command() -> None:
    """Listening tests: let people say what they hear, and see how far the judge may be trusted.

    \b
    voiceact listen new RUN --protocol presence --out TEST
    voiceact listen serve TEST
    voiceact listen results TEST --out results.jsonl
    voiceact listen analyse TEST --results results.jsonl
    """
