"""`voiceact model list | fetch | verify | path`: weights that do not travel with voiceact."""

import json
from pathlib import Path

import click

from voiceact.cli import options


@click.group()
def command() -> None:
    """List, fetch, check and find weights of large models."""


@command.command("list")
@options.as_json()
def list_models(as_json: bool) -> None:
    """What weights are known by name, and which are here."""
    from voiceact.runtime.weights import status

    found = list(status())
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for entry in found:
        here = f"here ({entry['revision'][:12]})" if entry["revision"] else "here" if entry["path"] else "not here"
        click.echo(f"{entry['name']:30} {here:20} {entry['license']:24} {entry['repo']}")


@command.command("fetch")
@click.argument("name")
@click.option(
    "--revision",
    metavar="COMMIT",
    help="Commit to fetch; default is the pinned one, or the newest, which is then written down.",
)
@click.option("--accept-license", is_flag=True, help="You have read and accept what the weights ask for.")
def fetch_models(name: str, revision: str | None, accept_license: bool) -> None:
    """Download weights NAME from the hub, at a commit that is written down with the hash of every file."""
    from voiceact.runtime.weights import fetch, read_lock

    folder = fetch(name, revision=revision, accept=accept_license)
    lock = read_lock(folder)
    assert lock is not None  # fetch has just written it
    click.echo(f"{folder}: {len(lock.sha256)} files of {lock.repo} at {lock.revision}")


@command.command("verify")
@click.argument("names", nargs=-1)
def verify_models(names: tuple[str, ...]) -> None:
    """Hold the files of fetched weights NAMES (all that are here, if none is given) against their hashes."""
    from voiceact.errors import VoiceactError
    from voiceact.runtime.weights import find, read_lock, status, verify

    chosen = names or tuple(entry["name"] for entry in status() if entry["path"])
    faults = 0
    for name in chosen:
        folder = find(name)
        if not names and read_lock(folder) is None:
            click.echo(f"{name}: put there by hand, nothing to hold it against")
            continue
        found = verify(folder)
        faults += len(found)
        click.echo(f"{name}: " + ("whole" if not found else "; ".join(f"{one.file} {one.sentence}" for one in found)))
    if not chosen:
        click.echo("no weights are here")
    if faults:
        raise VoiceactError(f"{faults} files are not what was fetched; fetch them again with: voiceact model fetch NAME")


@command.command("path")
@click.argument("name", required=False)
def path_models(name: str | None) -> None:
    """Where the weights NAME lie; without NAME, the folder of all weights."""
    from voiceact.runtime.weights import find, models_folder

    found: Path = find(name) if name else models_folder()
    click.echo(str(found))
