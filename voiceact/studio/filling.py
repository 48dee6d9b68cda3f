"""Fill a project before it is served: from lines.csv that lies in its folder, or from a script that was named."""

import secrets
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voiceact.errors import UsageError, count_noun
from voiceact.runtime.untrusted_paths import read_regular_file
from voiceact.studio.changes import Author, add_lines
from voiceact.studio.importers import read_script
from voiceact.studio.models import LineRow
from voiceact.studio.project import Project, the_project
from voiceact.studio.table_file import sync_table


def fill_project(project: Project, script: Path | None) -> list[str]:
    """Take over lines.csv as it lies there; then add the lines of a script, unless they were added before.

    Args:
        project: open, not served yet
        script: a file of any kind that is read; None adds nothing

    Returns:
        what the user should know, one sentence each

    Raises:
        UsageError: if the script cannot be read, naming why
    """
    notes: list[str] = []
    if script is not None:
        try:
            imported = read_script(script.name, read_regular_file(script))
        except OSError as error:
            raise UsageError(f"{script}: cannot be read: {error.strerror or error}; expected a script") from error

        def fill(session: Session) -> str:
            if session.scalar(select(func.count()).select_from(LineRow)):
                return f"the project has lines already, so {script} was not added (Import on the page adds it)"
            add_lines(session, project, Author(secrets.token_hex(8), "command", ""), imported.lines, None, last=True)
            the_project(session).header = list(imported.header)
            return f"{count_noun(len(imported.lines), 'line')} read from {script}"

        notes += [project.queue.run_blocking(fill), *imported.notes]
    if trouble := sync_table(project):
        raise UsageError(trouble)
    return notes
