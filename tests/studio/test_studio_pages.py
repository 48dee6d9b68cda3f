"""Pages of voices and engines: who has the key reads and plays them, and a page asks nobody else for anything."""

import io
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
import soundfile
from starlette.testclient import TestClient
from tiny_studio import Client, fresh_project, make_app

from voiceact.acting.data_file import directions_digest
from voiceact.acting.taxonomy import get
from voiceact.engines.capability_card import find_dead_cells, load_shipped_card
from voiceact.engines.pass_rates import load_pass_rates
from voiceact.engines.registry import load_engine
from voiceact.prompting.casting import AUDITION


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    app = make_app(fresh_project(tmp_path_factory.mktemp("game") / "project"))
    with TestClient(app, base_url="http://127.0.0.1") as http:
        assert http.get("/studio/voice/nurse").status_code == 401, "without the key nobody hears a voice"
        Client(http, app.state.studio.key)
        yield http


def test_a_voice_has_a_page_with_a_player_for_each_feeling(http: TestClient) -> None:
    reply = http.get("/studio/voice/nurse")
    assert reply.status_code == 200 and reply.headers["content-type"].startswith("text/html")
    players = re.findall(r'<audio [^>]*src="([^"]+)"[^>]*aria-label="([^"]+)"', reply.text)
    assert [Path(address).stem for address, _ in players] == ["neutral", *AUDITION]
    assert all(": " in name for _, name in players), "a screen reader is told the feeling and the line"
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', reply.text)
    assert 'href="ships-captain"' in reply.text and 'href="../engine/embedded"' in reply.text

    sound = http.get("/studio/voice/nurse/anger.flac")
    samples, rate = soundfile.read(io.BytesIO(sound.content))
    assert sound.headers["content-type"] == "audio/flac" and len(samples) > rate / 2
    assert http.get("/studio/voice/nurse/anger.flac").content == sound.content
    assert http.get("/studio/voice/nurse/neutral.flac").content != sound.content


def test_an_engine_has_a_page_with_its_pass_rates_beside_people(http: TestClient) -> None:
    page = http.get("/studio/engine/embedded").text
    table = page.partition("Heard as what was asked")[2]
    rates = load_pass_rates(load_engine())
    assert rates is not None
    [(category, figures), *_] = rates["categories"].items()
    row = re.search(rf'<th scope="row">{category}</th>(.*?)</tr>', table, re.DOTALL | re.IGNORECASE)
    assert row and all(f"{100 * one['value']:.0f} %" in row[1] for one in figures.values())
    assert page.count("<audio ") == 1 + len(AUDITION)

    other = http.get("/studio/engine/kokoro").text
    assert "<audio " not in other and "to hear it here" in other and "pass rates of this engine" in other


def test_an_engine_has_its_measured_card_with_dead_cells_marked(http: TestClient) -> None:
    engine = load_engine()
    card = load_shipped_card(engine)
    assert card is not None
    page = http.get("/studio/engine/embedded").text.partition("Every category at every intensity")[2]
    rows = re.findall(r'<tr><th scope="row">([^<]+)</th>(.*?)</tr>', page, re.DOTALL)
    assert [unescape(name) for name, _ in rows] == [get(row.category).name for row in card.categories]
    dead = {
        (one.category, one.intensity)
        for one in find_dead_cells(engine, [(cell.category, cell.intensity) for cell in card.cells])
    }
    for row, (_, text) in zip(card.categories, rows, strict=True):
        cells = re.findall(r"<td[^>]*>(.*?)</td>", text, re.DOTALL)
        asked = card.cells_of(row.category)
        assert len(cells) == len(asked) + 3
        for cell, shown in zip(asked, cells, strict=False):
            expected = "not judged" if row.evidence == "none" else str(cell.judge)
            assert shown.startswith(expected) and ("never" in shown) == ((cell.category, cell.intensity) in dead)
        assert (f"{100 * row.people.value:.0f} % of {row.people.n}" if row.people else "not measured") in cells[-2]
    assert f"{len(card.cells)} cells" in page and ("other directions" in page) == (card.directions != directions_digest())

    assert "No measured card of this engine" in http.get("/studio/engine/kokoro").text


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("voice/nobody", "no persona"),
        ("voice/..%2F..%2Fetc", "Not Found"),
        ("voice/nurse/boredom-9.flac", "no sample"),
        ("engine/nothing", "no engine"),
    ],
)
def test_what_there_is_not_is_told(http: TestClient, path: str, word: str) -> None:
    reply = http.get(f"/studio/{path}")
    assert reply.status_code == 404 and word in reply.text
