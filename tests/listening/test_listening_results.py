"""Answers and results: what is refused, what a row says, and that a file that was edited by hand is noticed."""

import ast
import csv
import json
from dataclasses import replace

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from listening_tests import made_test, silent_test, some_answers

from voiceact.cli.listen import command
from voiceact.errors import UnknownNameError, UsageError
from voiceact.listening.answers.answer import FIELDS, Answer, check_answer, digest, has_valid_digest, make_answers, with_digest
from voiceact.listening.answers.export import export_answers
from voiceact.listening.answers.results import merge_answers, read_results, write_results
from voiceact.listening.assignment import assign, sides

AT = "2026-01-01T00:00:00Z"


@pytest.mark.parametrize("value", [3, -1, "1", True, None, 1.5, float("nan"), [1], {"anger": 1}])
def test_what_is_no_answer_is_refused(value) -> None:
    with pytest.raises(UsageError, match="is no answer of presence; expected one of 0, 1, 2"):
        check_answer(silent_test(), "t0", value)


def test_an_item_of_another_test_is_refused() -> None:
    with pytest.raises(UsageError, match="has no item 'zz'"):
        check_answer(silent_test(), "zz", 1)


def test_many_categories_need_a_value_each() -> None:
    test = silent_test("intensity")
    whole = {"anger": 7, "contentment": 0, "sadness": 2}
    assert check_answer(test, "t0", whole) == whole
    for value, message in (
        ({**whole, "anger": 8}, "8 is no answer of intensity"),
        ({"anger": 1}, "lacks a value for contentment, sadness"),
        ({**whole, "awe": 1}, "does not ask for awe"),
        (3, "expected a value for each, not 3"),
    ):
        with pytest.raises(UsageError, match=message):
            check_answer(test, "t0", value)


def test_behaviour_that_cannot_be_is_refused() -> None:
    test = silent_test()
    draw = assign(test, [], "a")[0]
    with pytest.raises(UsageError, match="after -1 seconds cannot be"):
        make_answers(test, draw, 1, at=AT, seconds=-1)
    with pytest.raises(UsageError, match="played -2 times cannot be"):
        make_answers(test, draw, 1, at=AT, plays=-2)


def test_a_row_says_all_that_is_needed() -> None:
    test = silent_test(clips=4, contrasts=2)
    draw = next(draw for draw in assign(test, [], "a") if test.items[draw.item].kind == "contrastive")
    [row] = make_answers(test, draw, 2, at=AT, seconds=1.23456, plays=3)
    assert row.category == "contentment" and row.kind == "contrastive" and row.value == 2
    assert (row.test, row.protocol, row.listener, row.position, row.stage, row.order_seed) == (
        test.id,
        "presence",
        "a",
        draw.position,
        1,
        draw.seed,
    )
    assert (row.seconds, row.plays, row.clip_b, row.repeats) == (1.235, 3, None, None)


def test_of_many_categories_each_row_says_what_it_is() -> None:
    test = silent_test("intensity", checks=1, gold=1)
    rows = {
        kind: make_answers(
            test, replace(assign(test, [], "a")[0], item=item), {"anger": 5, "contentment": 0, "sadness": 1}, at=AT
        )
        for kind, item in (("target", "t0"), ("gold", "g0"))
    }
    assert [(row.category, row.kind) for row in rows["target"]] == [
        ("anger", "target"),
        ("contentment", "contrastive"),
        ("sadness", "other"),
    ]
    assert [(row.category, row.kind) for row in rows["gold"]] == [
        ("anger", "gold"),
        ("contentment", "other"),
        ("sadness", "other"),
    ]


def test_a_pairs_answer_is_turned_to_the_items_own_order() -> None:
    test = silent_test("pair", clips=8)
    for draw in assign(test, [], "a"):
        item = test.items[draw.item]
        first = sides(test, item, draw.seed)[0]
        [row] = make_answers(test, draw, 1, at=AT)
        assert (row.clip, row.clip_b)[int(row.value) - 1] == first, "1 is what was shown first"


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([name for name in FIELDS if name != "sha256"]))
def test_any_field_that_is_changed_breaks_the_digest(name) -> None:
    answer = some_answers(silent_test(clips=2))[0]
    now = getattr(answer, name)
    changed = msgspec.structs.replace(answer, **{name: now + 1 if isinstance(now, int | float) else f"{now}x"})
    assert has_valid_digest(answer) and not has_valid_digest(changed)


def test_the_digest_is_that_of_the_fields_as_json() -> None:
    """By the rule of its docstring, with another encoder: whoever wants to can check a file without voiceact."""
    import hashlib

    answer = with_digest(msgspec.structs.replace(some_answers(silent_test(clips=2))[0], seconds=2.0))
    fields = {name: getattr(answer, name) for name in FIELDS if name != "sha256"} | {"seconds": 2}
    assert digest(answer) == hashlib.sha256(json.dumps(fields, separators=(",", ":")).encode()).hexdigest()


# --- Files


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
@pytest.mark.parametrize("protocol", ["presence", "intensity", "pair", "naturalness"])
def test_what_is_written_is_read_again(tmp_path, suffix, protocol) -> None:
    test = made_test(tmp_path, protocol)
    answers = some_answers(test)
    assert write_results(answers, tmp_path / f"r{suffix}") == len(answers)
    assert read_results(tmp_path / f"r{suffix}", test) == answers


def test_the_table_is_tidy(tmp_path) -> None:
    write_results(some_answers(silent_test()), tmp_path / "r.csv")
    with (tmp_path / "r.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == FIELDS and {row["protocol"] for row in rows} == {"presence"}


def edited(tmp_path, change, suffix=".jsonl"):
    """The message when line 3 of a results file was changed."""
    test = silent_test()
    path = tmp_path / f"r{suffix}"
    write_results(some_answers(test), path)
    lines = path.read_text().splitlines()
    lines[2:3] = change(lines[2], lines)
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(UsageError) as error:
        read_results(path, test)
    return str(error.value)


def forged(**changes):
    """A line that somebody made anew, its digest too."""

    def change(line: str, lines) -> list[str]:
        answer = msgspec.structs.replace(msgspec.json.decode(line, type=Answer), **changes)
        return [msgspec.json.encode(with_digest(answer)).decode()]

    return change


def test_a_value_that_was_changed_by_hand_is_noticed_in_its_line(tmp_path) -> None:
    def change(line, _):
        swapped = line.replace('"value":0', '"value":9').replace('"value":1', '"value":0').replace('"value":2', '"value":1')
        return [swapped.replace('"value":9', '"value":2')]

    assert "r.jsonl, line 3: was changed after it was written" in edited(tmp_path, change)


def test_the_same_in_a_table(tmp_path) -> None:
    def change(line: str, lines) -> list[str]:
        cells = line.split(",")
        cells[FIELDS.index("value")] = str((int(cells[FIELDS.index("value")]) + 1) % 3)
        return [",".join(cells)]

    assert "r.csv, line 3: was changed after it was written" in edited(tmp_path, change, ".csv")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (forged(value=7), "line 3: value 7 is no answer of presence; expected one of 0, 1, 2"),
        (forged(item="zz"), "line 3: names item 'zz', which the test does not have"),
        (forged(test="0" * 16), "line 3: is of test 0000000000000000, and this is test"),
        (forged(category="awe"), "does not ask for 'awe'"),
        (forged(clip="c99"), "is not about clip c99"),
        (lambda line, lines: [lines[0]], "in line 1 already; one of the two was added by hand"),
        (lambda line, lines: ["{"], "line 3: is not JSON"),
        (lambda line, lines: ['{"test": 1}'], "line 3: is not a row of results"),
    ],
)
def test_rows_that_cannot_be_are_refused(tmp_path, change, message) -> None:
    assert message in edited(tmp_path, change)


def test_a_file_that_is_no_results_file_is_told(tmp_path) -> None:
    test = silent_test()
    (tmp_path / "r.csv").write_text("a,b\n1,2\n")
    (tmp_path / "r.jsonl").write_bytes(b"\xff\xfe")
    for name, message in (
        ("r.csv", "line 1: has other columns"),
        ("r.jsonl", "is not UTF-8"),
        ("none.csv", "no such file"),
        ("r.txt", "results are written as .jsonl or .csv"),
    ):
        with pytest.raises(UsageError, match=message):
            read_results(tmp_path / name, test)


def test_sources_are_merged_and_must_not_disagree() -> None:
    answers = some_answers(silent_test())
    assert merge_answers(answers, answers[:3]) == merge_answers(answers)
    other = with_digest(msgspec.structs.replace(answers[0], value=(answers[0].value + 1) % 3))
    with pytest.raises(UsageError, match="has two different answers to item"):
        merge_answers(answers, [other])


# --- For others


def test_labels_are_those_of_emonet_voice_bench(tmp_path) -> None:
    test = made_test(tmp_path)
    answers = some_answers(test, listeners=2)
    export_answers(test, answers, tmp_path / "labels.csv", form="emonet")
    with (tmp_path / "labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    kept = [answer for answer in answers if answer.kind in ("target", "contrastive")]
    labels = [ast.literal_eval(row["label"]) for row in rows]
    assert sum(map(len, labels)) == len(kept)
    rater, given = next(iter(labels[0][0].items()))
    assert rater == "human-1" and given == {rows[0]["category"]: kept[0].value}
    assert rows[0]["filename"] == f"{test.clips[kept[0].clip].key}.flac"


def test_the_tidy_export_sets_the_judge_beside_the_answer(tmp_path) -> None:
    test = made_test(tmp_path)
    export_answers(test, some_answers(test), tmp_path / "tidy.jsonl", form="tidy")
    rows = [json.loads(line) for line in (tmp_path / "tidy.jsonl").read_text().splitlines()]
    target = next(row for row in rows if row["kind"] == "target")
    assert target["clip_category"] == target["category"] and target["judge_score"] is not None
    assert target["persona"] in ("nurse", "grumpy-lovable-grandpa", "curious-first-grader")


def test_a_form_that_does_not_fit_is_refused(tmp_path) -> None:
    test = silent_test("naturalness")
    with pytest.raises(UsageError, match="the labels of EmoNet-Voice Bench are 0, 1 and 2; naturalness has 1, 2, 3, 4, 5"):
        export_answers(test, [], tmp_path / "x.csv", form="emonet")
    with pytest.raises(UnknownNameError, match="unknown form 'tidie'; did you mean 'tidy'"):
        export_answers(test, [], tmp_path / "x.csv", form="tidie")


# --- The command line


def test_new_says_what_it_made(tmp_path) -> None:
    made_test(tmp_path, "pair")
    asked = ["new", str(tmp_path / "run"), "--protocol", "presence", "--clips", "6", "--out", str(tmp_path / "test")]
    done = CliRunner().invoke(command, [*asked, "--dry-run"], catch_exceptions=False)
    assert "nothing was written" in done.output and not (tmp_path / "test").exists()
    done = CliRunner().invoke(command, [*asked, "--language", "de,fr", "--json"], catch_exceptions=False)
    document = json.loads(done.output)
    assert document["items"]["target"] == 6 and document["settings"]["languages"] == ["de", "fr"]
    assert (tmp_path / "test" / "test.json").is_file()


def test_export_reads_results_that_were_written_before(tmp_path) -> None:
    test = made_test(tmp_path)
    write_results(some_answers(test), tmp_path / "r.jsonl")
    asked = [
        "export",
        str(test.folder),
        "--results",
        str(tmp_path / "r.jsonl"),
        "--format",
        "emonet",
        "--out",
        str(tmp_path / "l.csv"),
    ]
    assert "rows written" in CliRunner().invoke(command, asked, catch_exceptions=False).output


def test_results_without_any_answer_say_what_to_do(tmp_path) -> None:
    test = made_test(tmp_path)
    pytest.importorskip("sqlalchemy")
    with pytest.raises(UsageError, match="has no answers yet .* voiceact listen serve"):
        CliRunner().invoke(command, ["results", str(test.folder), "--out", str(tmp_path / "r.jsonl")], catch_exceptions=False)


def test_the_answers_of_a_server_are_written_with_its_listeners(tmp_path) -> None:
    for library in ("starlette", "uvicorn", "sqlalchemy", "alembic", "httpx"):
        pytest.importorskip(library, reason="voiceact[listen] is not installed")
    from tiny_house import House

    house = House(tmp_path / "test")
    visitor = house.listener()
    visitor.begin()
    given = [visitor.answer(visitor.item(), value).json()["receipt"] for value in (0, 1, 2)]
    given = [one | {"item": visitor.item_id(one["item"])} for one in given]
    asked = [
        "results",
        str(house.folder),
        "--out",
        str(tmp_path / "r.csv"),
        "--listeners",
        str(tmp_path / "people.jsonl"),
        "--json",
    ]
    done = json.loads(CliRunner().invoke(command, asked, catch_exceptions=False).output)
    assert (done["answers"], done["listeners"]) == (3, 1)
    answers = read_results(tmp_path / "r.csv", house.test)
    assert [(answer.item, answer.value) for answer in answers] == [(one["item"], one["value"]) for one in given]
    [person] = [json.loads(line) for line in (tmp_path / "people.jsonl").read_text().splitlines()]
    assert person["id"] == answers[0].listener and person["consented_at"]
