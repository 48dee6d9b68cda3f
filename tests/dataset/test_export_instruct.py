"""Instruct exports: what the items say is true, and what is made false is found."""

import json
import math
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import tiny_run
from click.testing import CliRunner
from exports import assert_same_sound, decode, known_clips, make_samples, write_samples
from hypothesis import given
from hypothesis import strategies as st
from tiny_run import write_tiny_run

from voiceact.acting.taxonomy import categories
from voiceact.cli.dataset.check import command
from voiceact.dataset.export.export import export
from voiceact.dataset.export.selection import Selection
from voiceact.dataset.instruct import check
from voiceact.dataset.instruct.attributes import ATTRIBUTES, degree_of, measure
from voiceact.dataset.instruct.check import Source, check_instruct, is_true
from voiceact.dataset.instruct.statements import situations, state_changes, state_signs
from voiceact.errors import UsageError, VoiceactError

EVERY = Selection(levels=("verified", "consistent", "undecided", "rejected"))


def items(folder: Path, kind: str) -> list[dict]:
    return [json.loads(line) for path in sorted(folder.glob(f"*_{kind}.jsonl")) for line in path.open()]


def text_of(message: dict) -> str:
    return "".join(part.get("text", "") for part in message["content"])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of every take of a tiny run, in which cells share their lines."""
    folder = tmp_path_factory.mktemp("instruct")
    plain = tiny_run.make_clip
    with pytest.MonkeyPatch.context() as patch:
        # A number a persona, so that all cells of a persona say the same two lines.
        patch.setattr(tiny_run, "make_clip", lambda index, *rest: plain(index % 2, *rest))
        write_tiny_run(folder / "run", personas=("nurse", "grumpy-lovable-grandpa"), categories=("anger", "sadness"))
    export(folder / "run", folder / "out", "instruct", selection=EVERY)
    return folder


@pytest.fixture(autouse=True)
def measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure each sound once for all tests: what is measured of the same bytes is the same."""
    monkeypatch.setattr(check, "measure_file", remembered)


remembered = cache(check.measure_file)


def copied(made: Path, folder: Path) -> Path:
    import shutil

    return shutil.copytree(made / "out", folder / "copy")


def edit(folder: Path, kind: str, change) -> None:
    """Change the first item of a kind that the change does not leave alone."""
    for path in sorted(folder.glob(f"*_{kind}.jsonl")):
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines):
            new = json.dumps(change(json.loads(line)))
            if json.loads(new) != json.loads(line):
                lines[number] = new
                path.write_text("\n".join(lines) + "\n")
                return
    raise AssertionError("nothing was changed")


# --- What is written


def test_every_clip_has_an_item_with_its_audio(made: Path) -> None:
    known, found = known_clips(made / "run"), items(made / "out", "clips")
    assert sorted(item["id"] for item in found) == sorted(known)
    sounds = {item["id"]: decode(made / "out" / item["messages"][0]["content"][0]["audio"]) for item in found}
    assert_same_sound(sounds, known)
    assert {item["id"]: item["split"] for item in found} == {name: clip.row["split"] for name, clip in known.items()}


def test_turns_alternate_and_answers_are_their_statements(made: Path) -> None:
    for item in [*items(made / "out", "clips"), *items(made / "out", "comparisons")]:
        roles = [message["role"] for message in item["messages"]]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        for turn, message in enumerate(item["messages"]):
            if message["role"] == "assistant":
                said = [one["text"] for one in item["statements"] if one["turn"] == turn]
                assert said and text_of(message) == " ".join(said)
        assert {one for statement in item["statements"] for one in statement["clips"]} <= {clip["id"] for clip in item["clips"]}


def test_a_feeling_is_said_to_be_heard_only_where_it_was_verified(made: Path) -> None:
    known = known_clips(made / "run")
    for item in items(made / "out", "clips"):
        heard = "tells it from other feelings" in text_of(item["messages"][1])
        assert heard == (known[item["id"]].row["verdict"] == "verified")


def test_comparisons_differ_in_one_thing(made: Path) -> None:
    known, kinds = known_clips(made / "run"), Counter()
    for item in items(made / "out", "comparisons"):
        first, second = (known[clip["id"]].row for clip in item["clips"])
        kinds[item["kind"]] += 1
        assert (first["split"], first["persona"]) == (second["split"], second["persona"])
        answer = {"The first one.": first, "The second one.": second}[item["statements"][0]["text"]]
        assert answer["id"] == item["answer"] and first["verdict"] in ("verified", "consistent")
        other = second if answer is first else first
        if item["kind"] == "feelings":
            assert first["text"] == second["text"] and first["category"] != second["category"]
        else:
            assert first["category"] == second["category"] and answer["intensity"] > other["intensity"]
    assert kinds["feelings"] >= 2 and kinds["intensities"] >= 2


def test_a_clip_stands_once_among_the_pairs_of_a_kind(made: Path) -> None:
    for kind in ("feelings", "intensities"):
        used = Counter(
            clip["id"] for item in items(made / "out", "comparisons") if item["kind"] == kind for clip in item["clips"]
        )
        assert set(used.values()) == {1}


def test_a_preference_is_for_the_take_that_was_asked_for(made: Path) -> None:
    known, found = known_clips(made / "run"), items(made / "out", "preferences")
    assert len(found) == len(items(made / "out", "comparisons"))
    for item in found:
        chosen = known[item["clips"][0]["id"]].row
        prompt = text_of(item["prompt"][0])
        assert chosen["text"] in prompt and f"({chosen['intensity']:g} of 7)" in prompt
        assert item["chosen"][0]["content"][0]["audio"] != item["rejected"][0]["content"][0]["audio"]


def test_both_orders_occur(made: Path) -> None:
    answers = {item["statements"][0]["text"] for item in items(made / "out", "comparisons")}
    assert answers == {"The first one.", "The second one."}


def test_the_same_run_gives_the_same_items(made: Path, tmp_path: Path) -> None:
    export(made / "run", tmp_path / "again", "instruct", selection=EVERY)
    assert (tmp_path / "again" / "checksums.sha256").read_bytes() == (made / "out" / "checksums.sha256").read_bytes()


def test_without_twins_nothing_is_compared_with_a_neutral_reading(tmp_path: Path) -> None:
    write_tiny_run(tmp_path / "run", twins=False)
    export(tmp_path / "run", tmp_path / "out", "instruct")
    assert not any("neutral reading" in path.read_text() for path in (tmp_path / "out").glob("*.jsonl"))
    checked = check_instruct(tmp_path / "out")
    assert checked.items and not checked.false


def test_a_sample_without_record_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VoiceactError, match="has no record; instruct is made of records"):
        write_samples("instruct", tmp_path / "out", ["said"])
    assert next(make_samples(["said"])).record is None


def test_audio_in_another_kind_of_file_is_as_true(made: Path, tmp_path: Path) -> None:
    export(made / "run", tmp_path / "out", "instruct", audio="wav")
    assert check_instruct(tmp_path / "out").false == 0 and list((tmp_path / "out").rglob("*.wav"))


def test_every_category_has_a_situation() -> None:
    assert set(situations()) == {category.id for category in categories()}
    assert all(set(one) == {"before", "next"} and all(one.values()) for one in situations().values())


# --- What is measured, against sounds whose values are known


def tone(hz: float, seconds: float = 2.0, level: float = 0.3, rate: int = 16_000) -> np.ndarray:
    """A vowel-like tone: thirty harmonics that fall by 12 dB an octave."""
    time = np.arange(int(seconds * rate)) / rate
    parts = [np.sin(2 * np.pi * hz * k * time) / k**2 for k in range(1, 31) if hz * k < rate / 2]
    return (level * np.sum(parts, axis=0)).astype(np.float32)


@pytest.mark.parametrize("hz", [90.0, 150.0, 240.0])
def test_f0_is_that_of_the_tone(hz: float) -> None:
    assert measure(tone(hz), 16_000)["f0_median"] == pytest.approx(hz, rel=0.01)


def test_twice_the_amplitude_is_six_decibels() -> None:
    soft, loud = (measure(tone(150, level=level), 16_000)["loudness"] for level in (0.1, 0.2))
    assert loud - soft == pytest.approx(20 * math.log10(2), abs=0.01)


def test_half_silence_is_half_pause() -> None:
    sound = np.concatenate([tone(150, 1.0), np.zeros(32_000, np.float32), tone(150, 1.0)])
    assert measure(sound, 16_000)["pause_share"] == pytest.approx(50, abs=3)


def test_silence_has_no_attributes() -> None:
    assert measure(np.zeros(16_000, np.float32), 16_000) == {}


def test_signs_are_the_largest_differences_first() -> None:
    neutral = dict.fromkeys(ATTRIBUTES, 10.0) | {"f0_median": 100.0}
    acted = neutral | {"f0_median": 200.0, "loudness": 11.6, "syllable_rate": 8.0, "pause_share": 2.0}
    said = [statement.text for statement in state_signs("a", acted, neutral)]
    assert said == [
        "It is much higher in pitch than the neutral reading.",
        "It is clearly slower than the neutral reading.",
        "It is slightly emptier of pauses than the neutral reading.",
    ]


@given(st.floats(-30, 30), st.floats(0.1, 10))
def test_a_degree_grows_with_the_difference(difference: float, noticeable: float) -> None:
    order = ["", "slightly", "clearly", "much"]
    assert degree_of(difference, noticeable) == degree_of(-difference, noticeable)
    assert order.index(degree_of(difference, noticeable)) <= order.index(degree_of(2 * difference, noticeable))
    assert bool(degree_of(difference, noticeable)) == (abs(difference) >= noticeable)


values = st.fixed_dictionaries(
    {
        "f0_median": st.floats(60, 500),
        "f0_range": st.floats(0, 30),
        "syllable_rate": st.floats(0.5, 10),
        "pause_share": st.floats(0, 90),
        "loudness": st.floats(-60, 0),
        "harmonicity": st.floats(-10, 40),
    }
)


@given(values, values)
def test_whatever_is_stated_of_two_sounds_is_read_back_as_true(acted: dict, neutral: dict) -> None:
    source = Source(None, acted, neutral)  # type: ignore[arg-type]
    for statement in [*state_signs("a", acted, neutral), *state_changes("a", acted, neutral)]:
        assert is_true(statement.text, statement.field, [source]), statement


@given(values, values, st.sampled_from(sorted(ATTRIBUTES)))
def test_the_opposite_is_false(acted: dict, neutral: dict, name: str) -> None:
    source = Source(None, acted, neutral)  # type: ignore[arg-type]
    attribute = ATTRIBUTES[name]
    wrong = attribute.less if attribute.difference(acted[name], neutral[name]) > 0 else attribute.more
    for degree in ("slightly", "clearly", "much"):
        assert not is_true(f"It is {degree} {wrong} than the neutral reading.", f"audio.{name}", [source])
    off = acted[name] + 1.2 * 10**-attribute.digits
    assert not is_true(f"{attribute.noun}: {off:.{attribute.digits}f} {attribute.unit}.", f"audio.{name}", [source])


# --- The check


def test_every_statement_of_an_export_is_true(made: Path) -> None:
    told: list[tuple[int, int]] = []
    checked = check_instruct(made / "out", lambda done, total: told.append((done, total)))
    assert told == [(number, checked.items) for number in range(1, checked.items + 1)]
    assert checked.false == 0 and checked.faults == [] and checked.statements > 5 * checked.items > 100
    assert checked.items == sum(len(items(made / "out", kind)) for kind in ("clips", "comparisons", "preferences"))


def swap(old: str, new: str):
    """Replace words in statement and message alike, so that only their truth is at stake."""
    return lambda item: json.loads(json.dumps(item).replace(old, new))


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("clips", swap("tells it from other feelings", "tells it from all other feelings")),
        ("clips", swap("asked to express Anger", "asked to express Sadness")),
        ("clips", swap("asked at 3 of 7, which is called mild", "asked at 4 of 7, which is called moderate")),
        ("clips", swap("which is called mild", "which is called strong")),
        ("clips", swap("score of Anger is 3.0", "score of Anger is 3.2")),
        ("clips", swap("34 years old", "43 years old")),
        ("clips", swap("say nothing of the feeling", "say all of the feeling")),
        ("clips", swap("something unfair", "something fair")),
        ("clips", swap("higher in pitch", "lower in pitch")),
        ("clips", swap("slightly higher", "much higher")),
        ("clips", swap("Loudness: -2", "Loudness: -1")),
        ("clips", swap("neutral reading 0.8", "neutral reading 0.9")),
        ("comparisons", swap("The first one.", "The second one.")),
        ("comparisons", swap("Anger at 5 of 7", "Anger at 6 of 7")),
        ("preferences", swap("asked for Anger at 5 of 7", "asked for Anger at 4 of 7")),
    ],
)
def test_a_false_statement_is_found(made: Path, tmp_path: Path, kind: str, change) -> None:
    folder = copied(made, tmp_path)
    edit(folder, kind, change)
    checked = check_instruct(folder)
    assert checked.false >= 1 and f"_{kind}.jsonl:" in checked.faults[0]


def test_a_sentence_that_no_statement_accounts_for_is_found(made: Path, tmp_path: Path) -> None:
    def add(item: dict) -> dict:
        item["messages"][1]["content"][0]["text"] += " She is my aunt."
        return item

    folder = copied(made, tmp_path)
    edit(folder, "clips", add)
    assert check_instruct(folder).faults == [
        f"{check_place(folder)}: message 1 says more, or other things, than its statements"
    ]


def check_place(folder: Path) -> str:
    return f"{min(path.name for path in folder.glob('*_clips.jsonl'))}:1"


def test_other_audio_under_a_clip_is_found(made: Path, tmp_path: Path) -> None:
    import soundfile

    folder = copied(made, tmp_path)
    path = next(iter(sorted((folder / "audio").rglob("*.flac"))))
    soundfile.write(path, tone(310, 2.0, rate=24_000), 24_000)
    assert any("is not true by audio." in fault and path.stem in fault for fault in check_instruct(folder).faults)


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd"])
def test_a_path_that_leads_outside_is_refused(made: Path, tmp_path: Path, name: str) -> None:
    def point(item: dict) -> dict:
        item["clips"][0]["audio"] = name
        return item

    folder = copied(made, tmp_path)
    edit(folder, "clips", point)
    with pytest.raises(UsageError, match="leads outside|is not relative"):
        check_instruct(folder)


@pytest.mark.parametrize(
    "line", ["", "[]", "{}", '{"clips": 3}', "nothing", '{"clips": [], "statements": [], "kind": 1, "messages": 2}']
)
def test_a_line_that_is_no_item_is_refused(made: Path, tmp_path: Path, line: str) -> None:
    folder = copied(made, tmp_path)
    (folder / "train_clips.jsonl").write_text(line + "\n")
    with pytest.raises(UsageError, match="train_clips.jsonl:1: is no item of an instruct export"):
        check_instruct(folder)


@pytest.mark.parametrize(
    "line",
    [
        b"\xff",
        b'{"clips": [], "statements": []}',
        b'{"clips": [], "statements": [{"turn": 0, "text": 3, "field": "audio", "clips": []}], "kind": "clip"}',
    ],
)
def test_bytes_that_are_no_text_and_fields_of_other_types_are_refused(made: Path, tmp_path: Path, line: bytes) -> None:
    folder = copied(made, tmp_path)
    (folder / "train_clips.jsonl").write_bytes(line + b"\n")
    with pytest.raises(UsageError, match="train_clips.jsonl:1: is no item of an instruct export"):
        check_instruct(folder)


def test_a_statement_about_no_clip_and_a_comparison_of_none_are_found(tmp_path: Path) -> None:
    messages = [{"role": "user", "content": []}]
    statement = {"turn": 1, "text": "The first one.", "field": "audio.loudness", "clips": []}
    item = {"clips": [], "statements": [statement], "kind": "feelings", "messages": messages}
    (tmp_path / "train_comparisons.jsonl").write_text(json.dumps(item))
    faults = check_instruct(tmp_path).faults
    assert "is not true by audio.loudness" in faults[0] and "compares 0 recordings" in faults[1]


def test_a_missing_audio_file_is_named(made: Path, tmp_path: Path) -> None:
    folder = copied(made, tmp_path)
    next(iter((folder / "audio").rglob("*.flac"))).unlink()
    with pytest.raises(UsageError, match="is missing; export the run again"):
        check_instruct(folder)


def test_a_folder_without_items_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(UsageError, match="holds no instruct export; make one with"):
            check_instruct(folder)


def test_the_command_tells_and_ends_with_a_status(made: Path, tmp_path: Path) -> None:
    good = CliRunner().invoke(command, [str(made / "out")])
    assert good.exit_code == 0 and good.output.rstrip().endswith("statements: all true")
    folder = copied(made, tmp_path)
    edit(folder, "clips", swap("asked to express Anger", "asked to express Fear"))
    bad = CliRunner().invoke(command, [str(folder)])
    assert bad.exit_code == 1 and "1 not true" in bad.output and "is not true by record.mix" in bad.output
    as_json = CliRunner().invoke(command, [str(folder), "--json"])
    assert as_json.exit_code == 1 and json.loads(as_json.output)["false"] == 1
