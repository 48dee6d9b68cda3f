"""What is to be done with each line: every row is checked first, and only what changed is made again."""

import hashlib

import numpy as np
import pytest
from acted_lines import HEAD, THREE, FakeEngine, Retrained, manifest, run, stamps

from voiceact import audio
from voiceact.errors import UnknownNameError, UsageError
from voiceact.lines.plan import Settings, make_plan, seed_of
from voiceact.lines.run import perform_plan
from voiceact.lines.table import Line


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ("scene/a", r"row 3 \(scene/a\): its id is that of row 2 \(scene/a\)"),
        ("Scene/A", r"row 3 \(Scene/A\): its id differs only in capitals from that of row 2 \(scene/a\)"),
    ],
)
def test_two_lines_never_write_one_file(table, tmp_path, second: str, message: str) -> None:
    path = table(f"id,persona,text\nscene/a,nurse,x y\n{second},nurse,z\n")
    with pytest.raises(UsageError, match=message):
        make_plan(path, tmp_path / "out", Settings(engine=FakeEngine()))


def test_all_faults_are_told_at_once_and_nothing_is_spoken(table, tmp_path) -> None:
    path = table(
        HEAD + "a,nurse,x,Anger,9,,\nb,nurs,x,,,,\nc,nurs,x,,,,\nd,nurse,,,,,\ne,nurse,x,Zadness,,,\n"
        "f,,x,,,,\n../g,nurse,x,,,,\nh,nurse,x,,,rate=9,\ni,nurse,x,,,,99999999999\n"
    )
    with pytest.raises(UsageError) as error:
        make_plan(path, tmp_path / "out", Settings(engine=FakeEngine()))
    told = str(error.value).splitlines()
    assert told[0] == f"{path}: 9 rows are not as expected; nothing was spoken"
    expected = [
        "row 2 (a): intensity 9 is outside the scale",
        "row 3 (b), row 4 (c): unknown persona 'nurs'; did you",
        "row 5 (d): the text is empty",
        "row 6 (e): unknown emotion 'Zadness'; did you mean 'Sadness'?",
        "row 7 (f): has no persona; fill the column, or give --persona",
        "row 8 (../g): id '../g' leaves the folder",
        "row 9 (h): move 'rate' is 9",
        "row 10 (i): seed is 99999999999",
    ]
    assert [line.strip()[: len(start)] for line, start in zip(told[1:], expected, strict=True)] == expected
    assert not (tmp_path / "out").exists()


def test_plain_words_stand_for_persona_emotion_and_tags(table, tmp_path) -> None:
    path = table(
        'id,persona,text,emotion\na,"a tired old sailor with a raspy voice",[trying not to cry] Ahoy.,"slightly amused, but proud"\n'
    )
    plan = make_plan(path, tmp_path / "out", Settings(engine=FakeEngine()))
    [item] = plan.items
    assert item.request.persona.profession == "sailor"
    assert item.request.requested.persona == "a tired old sailor with a raspy voice"
    assert item.request.mix.as_dict() == {"amusement": 2.0, "pride": 3.0}
    assert item.request.text == "[Sadness:5] Ahoy."
    told = " ".join(plan.notes)
    assert "“amused” → Amusement 2" in told
    assert "“trying not to cry” → Sadness 5" in told
    assert "raspy: timbre" in told


def test_at_most_twenty_faults_are_told(table, tmp_path) -> None:
    path = table("id,persona,text,emotion\n" + "".join(f"a{n},nurse,x,Sadnes{n}\n" for n in range(30)))
    with pytest.raises(UsageError) as error:
        make_plan(path, tmp_path / "out", Settings(engine=FakeEngine()))
    assert len(str(error.value).splitlines()) == 22
    assert str(error.value).endswith("… and 10 more")


def test_what_is_dropped_or_not_used_is_told(table, tmp_path) -> None:
    path = table(HEAD + "a,nurse,Hello 🎉.,,5,,\nb,nurse,Hello.,Awe:3,5,,\nc,nurse,Hello.,Awe:3 Fear,5,,\n")
    assert make_plan(path, tmp_path / "out", Settings(engine=FakeEngine())).notes == (
        "row 2 (a): dropped what cannot be spoken: 🎉",
        "row 2 (a): intensity 5 is not used: no emotion is asked for",
        "row 3 (b): intensity 5 is not used: each emotion has its own",
    )


def test_a_folder_that_cannot_be_used_is_refused_first(table, tmp_path) -> None:
    (tmp_path / "file").write_text("x")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UsageError, match="is not a folder; choose another --out"):
            make_plan(table(THREE), out, Settings(engine=FakeEngine()))


# --- A second run


def test_a_second_run_touches_nothing(table, tmp_path) -> None:
    out = tmp_path / "out"
    run(table(THREE), out)
    before, listed = stamps(out), (out / "lines.jsonl").read_bytes()
    assert run(table(THREE), out).made == 0
    assert stamps(out) == before
    assert (out / "lines.jsonl").read_bytes() == listed


@pytest.mark.parametrize(
    ("old", "new", "state"),
    [
        ("The second one.", "The second two.", "edited: text"),
        ("nurse,The second", "farmer,The second", "edited: persona"),
        ("Sadness,5", "Sadness,6", "edited: emotion"),
        ("Sadness,5", "Anger,5", "edited: emotion"),
        ("Sadness,5,,", "Sadness,5,softly,", "edited: direction"),
        ("Sadness,5,,", "Sadness,5,,3", "edited: seed"),
    ],
)
def test_only_the_edited_line_is_made_again(table, tmp_path, old: str, new: str, state: str) -> None:
    out = tmp_path / "out"
    run(table(THREE), out)
    before = stamps(out)
    assert old in THREE
    path = table(THREE.replace(old, new))
    plan = make_plan(path, out, Settings(engine=FakeEngine()))
    assert [item.state for item in plan.items] == ["unchanged", state, "unchanged"]
    perform_plan(plan)
    after = stamps(out)
    assert sorted(name for name in after if after[name] != before[name]) == ["scene/b.json", "scene/b.wav"]
    assert run(path, out).made == 0


def test_another_way_to_write_the_same_is_no_edit(table, tmp_path) -> None:
    out = tmp_path / "out"
    run(table("id,persona,text,emotion\na,nurse,Hello  there.,Concern:5\n"), out)
    assert run(table("id,persona,text,emotion,intensity\na,nurse,Hello there. ,Distress,strong\n"), out).made == 0


def test_an_edited_persona_makes_its_lines_stale(table, tmp_path) -> None:
    def persona(f0: int) -> None:
        (tmp_path / "eileen.yaml").write_text(
            f"name: eileen\ndescription: A friend.\ngender: female\nage: 30\nvoice: {{f0_hz: {f0}, tract: 1}}\n"
        )

    path = table("id,persona,text\na,eileen,Hello.\nb,nurse,Hello.\n")
    persona(200)
    run(path, tmp_path / "out", personas=(tmp_path,))
    persona(210)
    plan = make_plan(path, tmp_path / "out", Settings(engine=FakeEngine(), personas=(tmp_path,)))
    assert [item.state for item in plan.items] == ["edited: persona", "unchanged"]


def test_another_model_or_format_makes_lines_stale(table, tmp_path) -> None:
    out = tmp_path / "out"
    run(table(THREE), out)
    for settings, state in (
        ({"engine": Retrained()}, "edited: engine"),
        ({"engine": FakeEngine(), "suffix": ".flac"}, "edited: format"),
    ):
        plan = make_plan(table(THREE), out, Settings(**settings))
        assert {item.state for item in plan.items} == {state}
    perform_plan(plan)
    assert make_plan(table(THREE), out, Settings(engine=FakeEngine(), suffix=".flac")).orphans == (
        "a.wav",
        "c.wav",
        "scene/b.wav",
    )


@pytest.mark.parametrize("damage", ["cut", "gone", "no record"])
def test_a_damaged_file_is_made_again(table, tmp_path, damage: str) -> None:
    out = tmp_path / "out"
    run(table(THREE), out)
    whole = (out / "a.wav").read_bytes()
    if damage == "cut":
        (out / "a.wav").write_bytes(whole[:-100])
    else:
        (out / ("a.wav" if damage == "gone" else "a.json")).unlink()
    assert run(table(THREE), out).made == 1
    assert (out / "a.wav").read_bytes() == whole


def test_lines_that_left_the_table_are_kept_and_told(table, tmp_path) -> None:
    out = tmp_path / "out"
    run(table(THREE), out)
    (out / "music.ogg").write_bytes(b"theirs")
    plan = make_plan(table("".join(THREE.splitlines(keepends=True)[:2])), out, Settings(engine=FakeEngine()))
    assert plan.orphans == ("c.wav", "scene/b.wav")
    perform_plan(plan)
    assert (out / "scene/b.wav").is_file()
    assert [row["id"] for row in manifest(out)] == ["a"]


def test_other_peoples_files_are_left_alone(table, tmp_path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    audio.write(out / "a.wav", np.zeros(100, np.float32), 8000)
    (out / "c.json").write_text('{"scene": 3}')
    theirs = (out / "a.wav").read_bytes()
    report = run(table(THREE), out, redo=("*",))
    assert [(row.status, row.reason) for row in report.rows] == [
        ("skipped", "a.wav is there and was not made by voiceact; it was left alone"),
        ("done", None),
        ("skipped", "c.json is there and is not a clip's record; it was left alone"),
    ]
    assert (out / "a.wav").read_bytes() == theirs
    assert (out / "c.json").read_text() == '{"scene": 3}'


def test_only_redo_and_limit(table, tmp_path) -> None:
    path, out = table(THREE), tmp_path / "out"
    report = run(path, out, only=("scene/*",))
    assert [(row.status, row.reason) for row in report.rows] == [
        ("skipped", "not among --only"),
        ("done", None),
        ("skipped", "not among --only"),
    ]
    report = run(path, out, limit=1, takes=2)
    assert [(row.path or row.reason) for row in report.rows] == [
        "a.wav",
        "a__t02.wav",
        "scene/b.wav",
        "beyond --limit",
        "beyond --limit",
        "beyond --limit",
    ]
    assert run(path, out, redo=("a",), only=("a",)).made == 1
    assert run(path, out).made == 1
    with pytest.raises(UnknownNameError, match="unknown id 'scene/c'; did you mean 'scene/b'"):
        make_plan(path, out, Settings(engine=FakeEngine(), redo=("scene/c",)))


def test_seeds() -> None:
    drawn = {seed_of(Line(0, name, ""), take, base) for name in "ab" for take in (1, 2) for base in (0, 1)}
    assert len(drawn) == 8
    assert seed_of(Line(0, "a", ""), 1) == seed_of(Line(9, "a", "other text"), 1)
    assert seed_of(Line(0, "a", ""), 1) == int(hashlib.sha256(b"0:a:1").hexdigest()[:8], 16)
    assert [seed_of(Line(0, "a", "", seed=7), take, 5) for take in (1, 2)] == [7, 8]


def test_seeds_count_on_from_0_beyond_the_highest() -> None:
    highest = Line(0, "a", "", seed=2**32 - 1)
    assert [seed_of(highest, take) for take in (1, 2, 3)] == [2**32 - 1, 0, 1]


def test_markup_in_a_row_is_noted_or_refused_when_strict(table, tmp_path) -> None:
    path = table("id,persona,text\na,nurse,Hello <b>there</b>.\nb,nurse,[coughs] Well.\n")
    plan = make_plan(path, tmp_path / "out", Settings(engine=FakeEngine()))
    assert [note for note in plan.notes if "not spoken" in note] == [
        "row 2 (a): not spoken: <b>, </b>",
        "row 3 (b): not spoken: [coughs]",
    ]
    with pytest.raises(UsageError, match=r"row 2 \(a\): markup '<b>' at character 7 is not known; take it out"):
        make_plan(path, tmp_path / "out", Settings(engine=FakeEngine(), strict=True))
