"""A project over HTTP: versions, who is overtaken, takes, picks, undo, export, and the table that the shell shares."""
# ruff: noqa: E402

import csv
import io
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

for library in ("starlette", "uvicorn", "sqlalchemy", "alembic", "httpx"):
    pytest.importorskip(library, reason="voiceact[studio] is not installed")

from sqlalchemy.orm import Session
from tiny_studio import Client, TinyPool, fresh_project, served

from voiceact.audio import read as read_audio
from voiceact.errors import VoiceactError
from voiceact.lines.plan import Settings, make_plan
from voiceact.lines.table import read_lines
from voiceact.studio import export
from voiceact.studio.changes import Author, add_lines, find_line
from voiceact.studio.importers.base import ImportedLine
from voiceact.studio.project import open_project


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Client]:
    with served(fresh_project(tmp_path / "game")) as client:
        yield client


def beside(page: Client, who: str) -> Client:
    """Another browser before the same server."""
    return Client(page.http, page.http.app.state.studio.key, who)


def wait_for_table(page: Client, path: Path, text: str) -> None:
    ends = time.monotonic() + 30
    while text not in path.read_text():
        assert time.monotonic() < ends
        page.get("changes")
        time.sleep(0.05)


# --- Coming in


def test_without_the_key_nothing_is_read_or_changed(page: Client) -> None:
    line = page.lines()[0]
    page.http.cookies.clear()
    for answer in (page.get("lines"), page.edit(line, text="x"), page.send("undo"), page.get(f"line/{line['key']}/takes")):
        assert answer.status_code == 401
    assert page.post("enter", key="guess").status_code == 401
    assert page.get("lines").status_code == 401


def test_another_sites_page_changes_nothing(page: Client) -> None:
    line = page.lines()[0]
    answer = page.http.post(
        f"/studio/api/line/{line['key']}/mark", json=page.signed(mark="retake"), headers={"Origin": "http://evil.example"}
    )
    assert answer.status_code == 403
    assert page.lines()[0]["mark"] == ""
    assert "default-src 'none'" in page.http.get("/studio/").headers["content-security-policy"]


# --- Cells


def test_every_fault_is_told_at_its_cell(page: Client) -> None:
    line = page.lines()[0]
    answer = page.edit(
        line,
        id="con",
        persona="nurze",
        text="",
        emotion="xyzzy",
        intensity="9",
        direction="rate=fast",
        seed="-1",
        language="xx",
    )
    assert sorted(answer.json()["line"]["checked"]["faults"]) == sorted(
        ["id", "persona", "text", "emotion", "intensity", "direction", "seed", "language"]
    )
    assert page.get("project").json()["counts"]["faulty"] == 1
    assert page.send("takes", keys=[line["key"]]).json() == {"asked": 0, "faulty": 1}


def test_two_lines_of_one_id_are_both_told_until_one_changes(page: Client) -> None:
    first, second = page.lines()[:2]
    answer = page.edit(second, id=first["cells"]["id"].upper())
    assert "also that of 1 other line" in answer.json()["line"]["checked"]["faults"]["id"]
    page.until(lambda counts: counts["faulty"] == 2)
    page.edit(answer.json()["line"], id="other")
    page.until(lambda counts: counts["faulty"] == 0)


def test_the_loser_is_told_and_nothing_is_overwritten(page: Client) -> None:
    other, line = beside(page, "Mara"), page.lines()[0]
    assert other.edit(line, text="Hers.").status_code == 200
    answer = page.edit(line, text="Mine.")
    assert answer.status_code == 409
    assert answer.json()["by"] == "Mara"
    assert answer.json()["columns"] == ["text"]
    assert answer.json()["line"]["cells"]["text"] == "Hers."
    assert page.lines()[0]["cells"]["text"] == "Hers."
    # With the version that it was told, it may be put nevertheless.
    assert page.edit(answer.json()["line"], text="Mine.").status_code == 200


def test_two_people_may_edit_two_cells_of_a_line(page: Client) -> None:
    other, line = beside(page, "Mara"), page.lines()[0]
    assert other.edit(line, text="Hers.").status_code == 200
    assert page.edit(line, emotion="Joy").status_code == 200
    cells = page.lines()[0]["cells"]
    assert (cells["text"], cells["emotion"]) == ("Hers.", "Joy")


def test_a_page_does_not_overtake_itself(page: Client) -> None:
    line = page.lines()[0]
    for text in ("S", "Si", "Sit"):
        assert page.edit(line, version=line["version"], text=text).status_code == 200


def test_a_change_that_is_sent_twice_is_stored_once(page: Client) -> None:
    line = page.lines()[0]
    body = page.signed(version=line["version"], cells={"text": "Once."})
    answers = [page.post(f"line/{line['key']}/edit", **body).json()["line"]["version"] for _ in range(2)]
    assert answers == [line["version"] + 1] * 2


@pytest.mark.parametrize(
    ("cells", "words"),
    [({"colour": "red"}, "no column 'colour'"), ({"text": "x" * 20_001}, "at most 20,000"), ({"text": "a\0"}, "take it out")],
)
def test_what_no_cell_can_hold_is_refused(page: Client, cells: dict[str, str], words: str) -> None:
    answer = page.edit(page.lines()[0], **cells)
    assert answer.status_code == 422
    assert words in answer.json()["message"]


def test_broken_forms_are_refused_in_a_sentence(page: Client) -> None:
    line = page.lines()[0]["key"]
    for body in (b"", b"{", b"[]", b'{"nonce": 1}', b"\xff", b"[" * 100_000):
        answer = page.http.post(f"/studio/api/line/{line}/edit", content=body)
        assert answer.status_code == 400
        assert "not as expected" in answer.json()["message"]
    assert page.get("lines", first="-1").status_code == 400
    assert page.send("line/none/mark", mark="retake").status_code == 404


# --- Lines


def test_lines_are_added_moved_and_removed_and_all_of_it_is_undone(page: Client) -> None:
    def order() -> list[str]:
        return [line["cells"]["id"] for line in page.lines()]

    before = order()
    first, second = page.lines()[:2]
    page.send("lines", after=first["key"], lines=[{"id": "new", "text": "New."}])
    assert order() == [before[0], "new", *before[1:]]
    page.send(f"line/{second['key']}/move", after=None)
    assert order()[0] == before[1]
    page.send("delete", keys=[first["key"]])
    assert before[0] not in order()
    for _ in range(3):
        assert page.send("undo").status_code == 200
    assert order() == before
    for _ in range(3):
        assert page.send("undo", again=True).status_code == 200
    assert order() == [before[1], "new", *before[2:]]
    assert page.send("undo", again=True).status_code == 409


def test_added_lines_are_checked_with_what_adds_them(page: Client) -> None:
    project = page.http.app.state.studio.project
    rows = [ImportedLine({"id": name, "persona": "nurse", "text": "New."}) for name in ("new", "NEW", "third")]

    def add(session: Session) -> list[list[str]]:
        added = add_lines(session, project, Author("nonce of the test", "client of the test", ""), rows, None)
        return [sorted(find_line(session, key).checked["faults"]) for key in added["keys"]]

    assert project.queue.run_blocking(add) == [["id"], ["id"], []]


def test_undo_leaves_alone_what_others_changed_since(page: Client) -> None:
    other, line = beside(page, "Mara"), page.lines()[0]
    mine = page.edit(line, text="Mine.").json()["line"]
    assert other.edit(mine, text="Hers.").status_code == 200
    answer = page.send("undo")
    assert answer.status_code == 409
    assert "changed since by somebody else" in answer.json()["message"]
    assert other.send("undo").status_code == 200
    assert page.lines()[0]["cells"]["text"] == "Mine."


def test_lines_are_found_by_words_and_by_state(page: Client) -> None:
    assert [line["cells"]["id"] for line in page.lines(words="nurse STILL")] == ["scene/nurse_02"]
    page.send(f"line/{page.lines()[2]['key']}/mark", mark="retake")
    assert [line["cells"]["id"] for line in page.lines(only="marked")] == ["scene/captain_01"]
    assert page.lines(words="100%") == []


def test_a_character_is_cast_once_for_all_its_lines(page: Client) -> None:
    line = page.edit(page.lines()[0], persona="Zorblax").json()["line"]
    assert "persona" in line["checked"]["faults"]
    assert {one["name"]: one["known"] for one in page.get("cast").json()}["Zorblax"] is False
    form = {"persona": "", "language": "en", "engine": "embedded", "seed": 0}
    assert page.send("settings", **form, cast={"Zorblax": "an old gruff sailor"}).status_code == 200
    page.until(lambda counts: counts["faulty"] == 0 and counts["unchecked"] == 0)
    assert page.send("settings", **form, cast={"Zorblax": "nurze"}).status_code == 422


# --- Takes


def test_a_take_is_made_picked_and_stale_when_its_line_changes(page: Client) -> None:
    line = page.lines()[0]
    page.speak(line["key"], count=2)
    takes = page.get(f"line/{line['key']}/takes").json()
    assert [take["number"] for take in takes] == [2, 1]
    assert takes[0]["seed"] != takes[1]["seed"]
    assert all(take["stale"] == [] and "no judge in this test" in take["reason"] for take in takes)
    sound = page.get(f"audio/{takes[0]['key']}")
    assert sound.content[:4] == b"fLaC"
    picture = page.get(f"picture/{takes[0]['key']}").json()
    assert max(picture["peaks"]) > 5
    assert any(value for _, value in picture["f0"])
    assert picture["twin"]
    assert page.get(f"audio/{takes[0]['key']}", twin=1).content != sound.content

    picked = page.send(f"line/{line['key']}/pick", take=takes[0]["key"]).json()["line"]
    assert (picked["state"], picked["cells"]["seed"]) == ("fresh", str(takes[0]["seed"]))
    edited = page.edit(picked, text="Sit down, please.").json()["line"]
    assert (edited["state"], edited["stale"]) == ("stale", ["text"])
    assert page.send("undo").status_code == 200
    assert page.lines()[0]["state"] == "fresh"


def test_only_what_is_stale_is_spoken_anew(page: Client) -> None:
    keys = [line["key"] for line in page.lines()]
    page.speak(*keys[:2])
    page.edit(page.lines()[0], text="Stand up.")
    assert page.send("takes", which="stale").json() == {"asked": 1, "faulty": 0}
    page.until(lambda counts: not counts["waiting"] and not counts["judging"])
    assert [line["takes"] for line in page.lines()] == [2, 1, 0, 0]
    assert page.get("project").json()["counts"]["stale"] == 0


def test_an_engine_that_dies_or_refuses_is_told_at_its_line_and_the_server_lives(page: Client) -> None:
    crash, refuse = page.lines()[:2]
    page.edit(crash, text="crash")
    page.edit(refuse, text="refuse")
    page.speak(crash["key"], refuse["key"])
    failed = [line["failed"] for line in page.lines()[:2]]
    assert "process died while it spoke this line" in failed[0]
    assert failed[1] == "the engine has no such voice"
    page.speak(page.lines()[2]["key"])
    assert page.lines()[2]["takes"] == 1


def test_takes_that_waited_when_the_server_ended_are_made_by_the_next(tmp_path: Path) -> None:
    class Stuck(TinyPool):
        async def run(self, *arguments: object, **keywords: object) -> object:
            raise AssertionError("nothing is spoken here")

        workers = 0

    with served(fresh_project(tmp_path / "game"), Stuck()) as page:
        page.send("takes", keys=[line["key"] for line in page.lines()])
        assert page.get("project").json()["counts"]["waiting"] == 4
    with served(open_project(tmp_path / "game")) as page:
        page.until(lambda counts: not counts["waiting"] and not counts["judging"])
        assert [line["takes"] for line in page.lines()] == [1, 1, 1, 1]


# --- The table


def test_the_shell_reads_what_the_browser_wrote(page: Client, tmp_path: Path) -> None:
    line = page.lines()[0]
    page.edit(line, text="Stand up, “please”.", direction="softly")
    table = tmp_path / "game" / "lines.csv"
    wait_for_table(page, table, "Stand up")
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    assert list(rows[0]) == ["id", "persona", "text", "emotion", "intensity", "note", "direction"]
    assert rows[0]["note"] == "soft"
    assert read_lines(table).lines[0].text == "Stand up, “please”."


def test_what_the_shell_changed_comes_into_the_browser_and_both_changes_stay(page: Client, tmp_path: Path) -> None:
    table = tmp_path / "game" / "lines.csv"
    wait_for_table(page, table, "Sit down.")
    rows = list(csv.reader(io.StringIO(table.read_text())))
    rows[1][2], rows[2][2] = "From the shell.", "Hold on."
    rows.append(["end/new", "nurse", "A new one.", "", "", ""])
    del rows[3]
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    page.edit(page.lines()[1], text="From the browser.")
    table.write_text(out.getvalue())
    page.until(lambda counts: counts["lines"] == 4 and any(line["cells"]["id"] == "end/new" for line in page.lines()))
    lines = {line["cells"]["id"]: line["cells"]["text"] for line in page.lines()}
    assert lines["scene/nurse_01"] == "From the shell."
    assert "scene/captain_01" not in lines
    # Changed here too, or written before the table was: either way nothing that was typed in the browser is lost.
    assert lines["scene/nurse_02"] in ("From the browser.", "Hold on.")
    notes = page.get("project").json()["notes"]
    assert lines["scene/nurse_02"] == "Hold on." or "ours stays" in notes[0]


def test_a_table_that_cannot_be_read_is_left_alone_and_told(page: Client, tmp_path: Path) -> None:
    table = tmp_path / "game" / "lines.csv"
    wait_for_table(page, table, "Sit down.")
    table.write_text("nothing that is a table\n")
    ends = time.monotonic() + 30
    while not page.get("project").json()["notes"]:
        assert time.monotonic() < ends
        time.sleep(0.05)
    assert "cannot be read" in page.get("project").json()["notes"][0]
    assert len(page.lines()) == 4


def test_what_was_picked_is_what_voiceact_lines_would_speak(page: Client, tmp_path: Path) -> None:
    line = page.lines()[0]
    page.speak(line["key"], count=2)
    newest = page.get(f"line/{line['key']}/takes").json()[0]
    page.send(f"line/{line['key']}/pick", take=newest["key"])
    assert page.send("export", folder=True).json()["written"] == 1
    table = tmp_path / "game" / "lines.csv"
    wait_for_table(page, table, str(newest["seed"]))
    plan = make_plan(table, tmp_path / "game" / "voice", Settings())
    assert [(item.line.id, item.state) for item in plan.items][:2] == [
        ("scene/nurse_01", "unchanged"),
        ("scene/nurse_02", "new"),
    ]


# --- Export


def test_an_archive_holds_files_by_id_captions_scenes_and_what_was_left_out(page: Client) -> None:
    keys = [line["key"] for line in page.lines()]
    page.speak(*keys[:3])
    page.edit(page.lines()[2], text="Who did it?")
    told = page.send("export", scenes=True, captions=["srt", "vtt", "words", "visemes"], gap=1.0).json()
    assert told["lacking"] == []
    assert told["lines"] == 2
    assert told["left_out"] == [["scene/captain_01", "its take is stale (text changed since)"], ["end/nurse_03", "has no take"]]
    archive = zipfile.ZipFile(io.BytesIO(page.get(f"archive/{told['file']}").content))
    assert {"scene/nurse_01.wav", "scene/nurse_01.srt", "scene/_scene.wav", "lines.csv", "lines.jsonl", "left-out.txt"} <= {
        *archive.namelist()
    }
    manifest = [json.loads(row) for row in archive.read("lines.jsonl").splitlines()]
    assert [row["id"] for row in manifest] == ["scene/nurse_01", "scene/nurse_02"]

    # The scene is joined as the shell joins it: what is silent at the ends of a take belongs to the silence between two.
    samples, rate = read_audio(io_file(archive, "scene/_scene.wav", page))
    cues = json.loads(archive.read("scene/_scene.cues.json"))
    assert cues[0]["start"] == 0
    assert cues[1]["start"] == pytest.approx(cues[0]["end"] + 1.0, abs=0.062)
    assert cues[1]["end"] == pytest.approx(len(samples) / rate, abs=0.001)
    between = samples[round((cues[0]["end"] + 0.01) * rate) : round((cues[1]["start"] - 0.01) * rate)]
    assert not between.any()

    # Mouth shapes of a line follow its words, and those of the scene its lines.
    words, shapes = (json.loads(archive.read(f"scene/nurse_01.{kind}.json")) for kind in ("words", "visemes"))
    assert shapes[0]["viseme"] == "sil" and shapes[0]["end"] == pytest.approx(words[0]["start"], abs=0.06)
    assert shapes[-1]["end"] == pytest.approx(words[-1]["end"], abs=0.06)
    joined = json.loads(archive.read("scene/_scene.visemes.json"))
    second = [shape for shape in joined if shape["start"] >= cues[1]["start"] - 0.001 and shape["viseme"] != "sil"]
    own = json.loads(archive.read("scene/nurse_02.visemes.json"))
    assert [shape["viseme"] for shape in second] == [shape["viseme"] for shape in own if shape["viseme"] != "sil"]


def test_a_scene_has_the_silence_that_its_table_asks_for(page: Client) -> None:
    lines = page.lines()
    page.speak(*(line["key"] for line in lines[:2]))
    page.edit(page.lines()[1], gap="2.5")
    told = page.send("export", scenes=True, gap=0.4).json()
    archive = zipfile.ZipFile(io.BytesIO(page.get(f"archive/{told['file']}").content))
    cues = json.loads(archive.read("scene/_scene.cues.json"))
    assert cues[1]["start"] - cues[0]["end"] == pytest.approx(2.5, abs=0.062)


def io_file(archive: zipfile.ZipFile, name: str, page: Client) -> Path:
    folder = Path(page.http.app.state.studio.project.folder).parent / "unpacked"
    return Path(archive.extract(name, folder))


def test_a_full_disk_is_told_and_leaves_no_half_archive(page: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page.speak(page.lines()[0]["key"])

    def full(*_arguments: object, **_keywords: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export.zipfile.ZipFile, "writestr", full)
    answer = page.send("export")
    assert answer.status_code == 507
    assert "the disk is full; nothing was left half-written" in answer.json()["message"]
    assert list((tmp_path / "game" / "exports").iterdir()) == []
    assert page.lines()[0]["takes"] == 1


def test_no_archive_elsewhere_is_sent(page: Client) -> None:
    for name in ("..%2Fstudio.sqlite", "studio.sqlite", "nothing.zip"):
        assert page.get(f"archive/{name}").status_code == 404


def test_nothing_to_hand_over_is_told(page: Client) -> None:
    answer = page.send("export")
    assert answer.status_code == 422
    assert answer.json()["message"] == "no line has a take to hand over; scene/nurse_01: has no take"


# --- Import


def test_a_script_is_added_at_the_end_and_undone_at_once(page: Client) -> None:
    query = {"nonce": "n" * 12, "client": page.client, "name": "more.txt"}
    answer = page.http.post("/studio/api/import", params=query, content=b"MARA: Sit.\n\nJON: No.\n")
    assert answer.json()["added"] == 2
    assert [line["cells"]["text"] for line in page.lines()][-2:] == ["Sit.", "No."]
    assert page.http.post("/studio/api/import", params=query, content=b"MARA: Sit.\n").json()["added"] == 2
    assert page.send("undo").status_code == 200
    assert len(page.lines()) == 4
    answer = page.http.post("/studio/api/import", params={**query, "nonce": "m" * 12, "name": "a.png"}, content=b"x")
    assert answer.status_code == 422
    assert "no script that voiceact reads" in answer.json()["message"]


def test_ten_thousand_rows_are_read_in_parts(tmp_path: Path) -> None:
    rows = "".join(f"s{number // 100}/l{number},Say {number}.\n" for number in range(10_000))
    with served(fresh_project(tmp_path / "game", None)) as page:
        query = {"nonce": "n" * 12, "client": page.client, "name": "big.csv"}
        answer = page.http.post("/studio/api/import", params=query, content=f"id,text\n{rows}".encode())
        assert answer.json()["added"] == 10_000
        found = page.get("lines", first=9_990, count=50).json()
        assert (found["total"], len(found["lines"])) == (10_000, 10)
        assert page.edit(found["lines"][-1], text="The last.").status_code == 200


def test_a_project_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(VoiceactError, match="cannot use .* as a project"):
        open_project(tmp_path / "file")
