"""`voiceact model`: weights that do not come with voiceact."""

import click

from voiceact.cli import options
from voiceact.cli.output import print_json
from voiceact.errors import count_noun


@click.group()
def command() -> None:
    """List, download, check and find the weights of large models."""


@command.command("list")
@options.as_json()
def list_models(as_json: bool) -> None:
    """List the weights that are known by name, and which of them are here."""
    from voiceact.runtime.weights import status

    entries = list(status())
    if as_json:
        print_json(entries)
        return
    for entry in entries:
        here = f"here ({entry['revision'][:12]})" if entry["revision"] else "here" if entry["path"] else "not here"
        click.echo(f"{entry['name']:30} {here:20} {entry['license']:24} {entry['repo']}")


@command.command("fetch")
@click.argument("name")
@click.option(
    "--revision",
    metavar="COMMIT",
    help="Commit to download; without it the pinned one, or the newest, which is then recorded.",
)
@click.option("--accept-license", is_flag=True, help="State that you have read and accept the licence of the weights.")
def fetch_models(name: str, revision: str | None, accept_license: bool) -> None:
    """Download the weights NAME from the hub, at a commit that is recorded with the hash of every file."""
    from voiceact.runtime.weights import fetch, read_lock

    folder = fetch(name, revision=revision, accept=accept_license)
    lock = read_lock(folder)
    assert lock is not None  # fetch has just written it
    click.echo(f"{folder}: {count_noun(len(lock.sha256), 'file')} of {lock.repo} at {lock.revision}")


@command.command("verify")
@click.argument("names", nargs=-1)
def verify_models(names: tuple[str, ...]) -> None:
    """Compare the files of the weights NAMES with their hashes; without NAMES, of all weights that are here."""
    from voiceact.errors import VoiceactError
    from voiceact.runtime.weights import find, read_lock, status, verify

    chosen = names or tuple(entry["name"] for entry in status() if entry["path"])
    faults = 0
    for name in chosen:
        folder = find(name)
        if not names and read_lock(folder) is None:
            click.echo(f"{name}: put there by hand, no hashes to compare it with")
            continue
        damaged = verify(folder)
        faults += len(damaged)
        click.echo(f"{name}: " + ("; ".join(f"{fault.file} {fault.sentence}" for fault in damaged) or "whole"))
    if not chosen:
        click.echo("no weights are here")
    if faults:
        raise VoiceactError(f"{count_noun(faults, 'file')} not as fetched; fetch them again with: voiceact model fetch NAME")


@command.command("path")
@click.argument("name", required=False)
def path_models(name: str | None) -> None:
    """Print the folder of the weights NAME; without NAME, the folder of all weights."""
    from voiceact.runtime.weights import find, models_folder

    click.echo(str(find(name) if name else models_folder()))
