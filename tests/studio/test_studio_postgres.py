"""The studio over PostgreSQL: work of two people, a server that is started again, and an export."""

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("psycopg", reason="voiceact[postgres] is not installed")

from tiny_postgres import Cluster, private_cluster
from tiny_studio import SCRIPT, Client, served

from voiceact.studio.filling import fill_project
from voiceact.studio.project import Project, open_project


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with private_cluster() as made:
        yield made


def open_on(url: str, folder: Path, script: str | None = None) -> Project:
    project = open_project(folder, url)
    if script:
        (folder.parent / "script.csv").write_text(script)
        fill_project(project, folder.parent / "script.csv")
    return project


def test_a_project_in_postgresql_is_worked_on_and_found_again(cluster: Cluster, tmp_path: Path) -> None:
    url = cluster.database("studio")
    with served(open_on(url, tmp_path / "game", SCRIPT)) as page:
        assert not (tmp_path / "game" / "studio.sqlite").exists()
        first, *_ = page.lines()
        other = Client(page.http, page.http.app.state.studio.key)

        # Two people: two cells are both kept, of one cell the later is told.
        assert page.edit(first, text="Sit down, please.").status_code == 200
        assert other.edit(first, direction="whispering").status_code == 200
        refused = other.edit(first, text="Stand up.")
        assert refused.status_code == 409 and refused.json()["line"]["cells"]["text"] == "Sit down, please."

        page.speak(first["key"])
        takes = page.get(f"line/{first['key']}/takes").json()
        assert len(takes) == 1
        assert page.send(f"line/{first['key']}/pick", take=takes[0]["key"]).status_code == 200
        page.edit(page.lines()[3], text="It is done.")
        assert page.send("undo").status_code == 200

    with served(open_on(url, tmp_path / "game")) as page:
        lines = page.lines()
        assert [line["cells"]["text"] for line in lines] == [
            "Sit down, please.",
            "Hold still, [sighs] please.",
            "Who opened it?",
            "It is over.",
        ]
        assert lines[0]["cells"]["direction"] == "whispering" and lines[0]["pick"] == takes[0]["key"]
        assert page.send("export", captions=["visemes"]).json()["lines"] == 1
