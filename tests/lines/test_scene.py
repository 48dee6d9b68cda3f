"""Lines of a table as one scene: its gaps, its subtitles, and who speaks as writers name them."""

import numpy as np
import pytest
from acted_lines import FakeEngine, Untimed, run

from voiceact import audio
from voiceact.errors import UsageError
from voiceact.lines.names import make_name
from voiceact.lines.plan import Settings, make_plan
from voiceact.lines.scene import check_scene_path, find_sound, join_scene
from voiceact.lines.table import read_lines

SCENE = "id,persona,text,gap\na,nurse,First line here.,\nb,nurse,And the second.,500 ms\nc,nurse,A third.,0\n"


def joined(path, tmp_path, *, engine=None, gap: float = 0.4, **settings):
    engine = engine or FakeEngine()
    given = Settings(engine=engine, sidecars=("words",) if engine.timed else (), **settings)
    plan = make_plan(path, tmp_path / "out", given)
    from voiceact.lines.run import perform_plan

    return join_scene(plan.items, perform_plan(plan), plan.out, tmp_path / "scene.wav", gap=gap)


def silences(samples: np.ndarray, rate: int) -> list[float]:
    """Seconds of each stretch of at least 50 ms without sound."""
    quiet = np.abs(samples) < 10 ** (-50 / 20) * np.abs(samples).max()
    edges = np.flatnonzero(np.diff(np.r_[0, quiet.astype(int), 0]))
    runs = (edges[1::2] - edges[::2]) / rate
    return [round(float(run), 2) for run in runs if run >= 0.05]


def test_gaps_are_those_of_the_table_else_the_default(table, tmp_path) -> None:
    scene = joined(table(SCENE), tmp_path, gap=0.25)
    samples, rate = audio.read(scene.path)
    # The takes hum to their very ends, so that their own edges are no silence: only what was asked for is heard.
    assert silences(samples, rate) == [pytest.approx(0.5 - 0.03, abs=0.035)]
    assert scene.seconds == pytest.approx(len(samples) / rate)
    assert list(scene.lines) == ["a", "b", "c"]
    wider = joined(table(SCENE.replace("500 ms", "")), tmp_path, gap=0.25)
    assert wider.seconds == pytest.approx(scene.seconds - 0.25, abs=0.01)


def test_silence_at_the_ends_of_a_take_is_none_of_the_gap(tmp_path) -> None:
    quiet = np.zeros(800, np.float32)
    hum = np.sin(np.arange(1600) / 3).astype(np.float32)
    (tmp_path / "a.wav").write_bytes(audio.encode(np.concatenate([quiet, hum, quiet]), 8000, suffix=".wav"))
    begin, end = find_sound(tmp_path / "a.wav")
    assert (begin, end) == (pytest.approx(800, abs=2), pytest.approx(2400, abs=2))
    (tmp_path / "b.wav").write_bytes(audio.encode(quiet, 8000, suffix=".wav"))
    assert find_sound(tmp_path / "b.wav") == (0, 800)


def test_subtitles_of_the_scene_are_on_its_clock(table, tmp_path) -> None:
    scene = joined(table(SCENE), tmp_path)
    blocks = scene.path.with_suffix(".srt").read_text().strip().split("\n\n")
    assert [block.splitlines()[2] for block in blocks] == ["First line here.", "And the second.", "A third."]
    # Each word of the fake engine takes 10 ms.
    start = round(scene.lines["b"] * 1000)
    assert blocks[1].splitlines()[1] == f"00:00:00,{start:03d} --> 00:00:00,{start + 30:03d}"
    assert scene.path.with_suffix(".vtt").read_text().startswith("WEBVTT\n")


def test_an_engine_without_word_times_has_lines_as_subtitles(table, tmp_path) -> None:
    scene = joined(table(SCENE.replace("A third.", "*A* [pause 200ms] third.")), tmp_path, engine=Untimed())
    blocks = scene.path.with_suffix(".srt").read_text().strip().split("\n\n")
    assert [block.splitlines()[2] for block in blocks] == ["First line here.", "And the second.", "A third."]


def test_a_scene_that_lacks_a_line_is_not_written(table, tmp_path) -> None:
    with pytest.raises(UsageError, match=r"scene.wav is not written: it lacks b; run the command again"):
        joined(table(SCENE.replace("And the", "I refuse the")), tmp_path)
    assert not (tmp_path / "scene.wav").exists()


def test_only_some_lines_are_a_scene_of_their_own(table, tmp_path) -> None:
    assert list(joined(table(SCENE), tmp_path, only=("[bc]",)).lines) == ["b", "c"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("scene.mp3", "mp3"),
        ("out/scene.wav", "would lie among the lines"),
        ("nowhere/scene.wav", "folder .* does not exist"),
    ],
)
def test_a_scene_that_cannot_be_written_is_refused_before_anything_is_spoken(tmp_path, name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_scene_path(tmp_path / name, tmp_path / "out")


@pytest.mark.parametrize("cell", ["soon", "-1", "61", "1 m"])
def test_a_gap_is_seconds(table, cell: str) -> None:
    with pytest.raises(UsageError, match=f"gap is '{cell}'; expected seconds from 0 to 60"):
        read_lines(table(f"id,text,gap\na,x,{cell}\n"))


# --- Who speaks


def personas(path, tmp_path, **settings) -> list[tuple[str, str]]:
    plan = make_plan(path, tmp_path / "out", Settings(engine=FakeEngine(), **settings))
    return [(item.request.requested.persona, item.request.persona.name) for item in plan.items]


def test_a_character_is_whoever_any_row_of_the_table_says(table, tmp_path) -> None:
    path = table(
        "id,character,persona,text\na,Captain Vega,ships-captain,x\nb,captain vega,,y\nc,Captain Vega,drill-sergeant,z\nd,Mira,nurse,w\n"
    )
    with pytest.raises(UsageError, match="'captain vega' is played by drill-sergeant, ships-captain in other rows"):
        personas(path, tmp_path)
    path = table("id,character,persona,text\na,Captain Vega,ships-captain,x\nb,captain vega,,y\nc,Mira,,z\n")
    assert [name for _, name in personas(path, tmp_path, persona="nurse")] == ["ships-captain", "ships-captain", "nurse"]


def test_a_cast_goes_before_the_table(table, tmp_path) -> None:
    path = table("id,speaker,text\na,Captain Vega,x\nb,Vega,y\nc,nurse,z\n")
    assert personas(path, tmp_path, cast={"Captain Vega": "ships-captain"}) == [
        ("ships-captain", "ships-captain"),
        ("ships-captain", "ships-captain"),
        ("nurse", "nurse"),
    ]
    with pytest.raises(UsageError, match=r"the cast \(Ann\) names nobody in the table; expected names as its rows write them"):
        personas(path, tmp_path, cast={"Ann": "nurse"})


def test_a_description_makes_a_character_once_for_all_rows(table, tmp_path) -> None:
    path = table(
        "id,speaker,description,text\na,Captain Vega,a gruff old man with a deep voice,x\nb,Captain Vega,,y\nc,nurse,a tiny girl,z\n"
    )
    plan = make_plan(path, tmp_path / "out", Settings(engine=FakeEngine()))
    first, second, third = (item.request.persona for item in plan.items)
    assert first == second
    assert (first.name, first.gender, first.age >= 65) == ("captain-vega", "male", True)
    assert third.name == "nurse"  # who is known needs no description
    with pytest.raises(UsageError, match="'Vega' has 2 descriptions in the table; give one"):
        personas(table("id,speaker,description,text\na,Vega,an old man,x\nb,Vega,a young man,y\n"), tmp_path)
    with pytest.raises(UsageError, match=r"row 2 \(a\): nothing of the description 'the'"):
        personas(table("id,speaker,description,text\na,Vega,the,x\n"), tmp_path)


@pytest.mark.parametrize(("character", "name"), [("Captain Vega", "captain-vega"), ("Ünal O’Brien", "unal-obrien"), ("王", "")])
def test_a_character_s_name_becomes_a_persona_s(character: str, name: str) -> None:
    assert make_name(character) == name


def test_the_first_line_waits_only_where_its_row_says_so(table, tmp_path) -> None:
    path = table("id,persona,text,gap\na,nurse,Hello there.,1\n")
    assert joined(path, tmp_path).lines == {"a": 1.0}
    assert run(path, tmp_path / "out").made == 0
