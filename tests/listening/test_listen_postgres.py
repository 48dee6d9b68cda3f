"""The same server over PostgreSQL: a private cluster in a folder of its own, on a socket, started and stopped here."""

# ruff: noqa: E402
from collections.abc import Iterator
from pathlib import Path

import pytest

for library in ("starlette", "uvicorn", "sqlalchemy", "alembic", "httpx", "psycopg"):
    pytest.importorskip(library, reason="voiceact[listen,postgres] is not installed")

from tiny_house import House, events
from tiny_listening import make_test
from tiny_migrations import check_migrations
from tiny_postgres import Cluster, private_cluster
from tiny_server import Server

from voiceact.errors import UsageError
from voiceact.listening.delivery.server.database import database_url, open_database
from voiceact.listening.delivery.server.stored import read_listeners, read_stored_answers


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with private_cluster() as made:
        yield made


@pytest.fixture
def url(cluster: Cluster, request: pytest.FixtureRequest) -> str:
    return cluster.database(f"t{abs(hash(request.node.name))}")


def test_migrations_from_empty_and_from_the_first_version(url: str, tmp_path: Path) -> None:
    check_migrations(lambda: database_url(tmp_path, url))


def test_a_whole_test(url: str, tmp_path: Path) -> None:
    house = House(tmp_path / "test", database=url)
    visitor = house.listener()
    item, given = visitor.begin(), []
    while item:
        given.append(item["item"])
        first = visitor.answer(item, 2)
        assert visitor.answer(item, 2, waits=0).json() == first.json()
        assert visitor.answer(item, 0).status_code == 409
        item = first.json()["state"]["item"]
    house.start()
    rows = read_stored_answers(house.test, house.service.engine)
    assert [(row.item, row.value) for row in rows] == [(name, 2) for name in given]
    assert events(house) == {"changed answer": len(given)} and read_listeners(house.service.engine)[0].done_at
    house.service.queue.run_blocking(house.service.delete, visitor.who)
    assert read_stored_answers(house.test, house.service.engine) == []
    house.service.close()


def test_many_values_come_back_as_they_were(url: str, tmp_path: Path) -> None:
    house = House(tmp_path / "test", database=url, protocol="intensity", clips=1, gold=False)
    visitor = house.listener()
    item = visitor.begin()
    values = {category: number for number, category in enumerate(item["asked"])}
    assert visitor.answer(item, values).status_code == 200
    assert {row.category: row.value for row in read_stored_answers(house.test, house.service.engine)} == values
    house.service.close()


def test_postgresql_may_crash_in_mid_test(cluster: Cluster, url: str, tmp_path: Path) -> None:
    house = House(tmp_path / "test", database=url)
    visitor = house.listener()
    item = visitor.begin()
    first = visitor.answer(item, 1).json()
    cluster.stop()
    second = first["state"]["item"]
    assert visitor.answer(second, 0).status_code == 503
    cluster.start()
    assert visitor.answer(item, 1).json() == first
    assert visitor.answer(second, 0).status_code == 200
    assert [row.value for row in read_stored_answers(house.test, house.service.engine)] == [1, 0]
    house.service.close()


def test_the_command_serves_from_it(url: str, tmp_path: Path) -> None:
    server = Server(make_test(tmp_path / "test"), "--database", url, "--listeners", "3")
    assert len(server.told["links"]) == 3 and server.told["database"].startswith("postgresql+psycopg://tester@")
    server.stop()
    engine = open_database(database_url(tmp_path, url))
    assert len(read_listeners(engine)) == 3
    engine.dispose()
    assert not (tmp_path / "test" / "answers.sqlite").exists()


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nobody:\*\*\*@.* cannot be opened: connection"):
        open_database(database_url(tmp_path, f"postgresql://nobody:secret@/none?host={tmp_path}"))
