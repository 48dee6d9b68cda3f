"""`voiceact studio`: a table of lines in the browser, with takes, verdicts, picks and export."""

import webbrowser
from pathlib import Path

import click

from voiceact.cli import options


@click.command()
@click.argument("project", type=options.PATH, metavar="PROJECT")
@click.option(
    "--import",
    "script",
    type=options.PATH,
    metavar="SCRIPT",
    help="Script that fills a new project: .csv, .tsv, .xlsx, .tab (Ren'Py), .txt, .fountain or .srt.",
)
@click.option(
    "--database",
    metavar="sqlite|URL",
    help="Database of the project: studio.sqlite in PROJECT (the default), or postgresql://USER@HOST/NAME.",
)
@click.option(
    "--engine",
    metavar="NAME",
    help="Engine that speaks new takes; the project remembers it.  [default: the project's, or embedded]",
)
@options.persona_folders()
@options.host()
@click.option("--port", type=click.IntRange(0, 65535), default=8770, show_default=True, help="Port; 0 takes a free one.")
@click.option(
    "--workers", type=click.IntRange(1, 256), metavar="N", help="Processes that speak and judge.  [default: one a core]"
)
@click.option("--open", "open_page", is_flag=True, help="Open the page in the browser of this machine.")
def command(
    project: Path,
    script: Path | None,
    database: str | None,
    engine: str | None,
    folders: tuple[Path, ...],
    host: str,
    port: int,
    workers: int | None,
    open_page: bool,
) -> None:
    """Work on a script in the browser: PROJECT is a folder, made if it does not exist.

    Several people may have the page open. Its table is PROJECT/lines.csv, which `voiceact lines` reads and
    other programs may edit meanwhile; everything is stored as it is typed. Ctrl-C ends the server.

    \b
    voiceact studio game --import script.xlsx --open
    voiceact lines game/lines.csv --out game/voice
    """
    from voiceact.runtime.extras import MissingExtraError
    from voiceact.runtime.folder_lock import hold_folder

    try:
        from voiceact.serve.settings import ServeSettings
        from voiceact.studio.app import open_studio
        from voiceact.studio.filling import fill_project
        from voiceact.studio.project import make_folder, open_project
    except ModuleNotFoundError as error:
        raise MissingExtraError("the studio", "studio") from error

    make_folder(project)
    with hold_folder(project, "voiceact studio"):
        opened = open_project(project, database, personas=folders, engine=engine)
        for note in fill_project(opened, script):
            click.echo(note)
        settings = ServeSettings(
            engines=(opened.casting.settings.engine,) if isinstance(opened.casting.settings.engine, str) else (),
            workers=workers,
            personas=tuple(map(str, opened.personas)),
        )
        studio = open_studio(opened, settings, host=host, port=port)
        click.echo(f"the studio of {project} is at {studio.url}")
        click.echo("whoever has this link can change the project; Ctrl-C ends the server, the same command goes on")
        if open_page:
            webbrowser.open(studio.url)
        studio.run()
