"""Splits: a rule that shares nothing it must not share, and keeps to its shares; and `voiceact dataset split`."""

import json
import math
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from tiny_run import write_tiny_run

from voiceact.cli.dataset.split import command
from voiceact.dataset.splitting import divide, make_rule, save_rule
from voiceact.errors import UsageError
from voiceact.store.reader import open_run
from voiceact.store.splits import BY, Rule, check_shares, recipe_rule, split_of

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
NAMES = st.text(min_size=1, max_size=12)


@st.composite
def divisions(draw) -> dict[str, float]:
    parts = draw(st.lists(st.integers(0, 20), min_size=1, max_size=5).filter(any))
    return {f"s{n}": part / sum(parts) for n, part in enumerate(parts)}


@given(NAMES, NAMES, divisions(), st.sampled_from(BY), st.integers(0, 2**32 - 1))
def test_every_clip_is_in_a_split_that_has_a_share(persona, line, shares, by, seed) -> None:
    check_shares(shares, by=by)
    assert shares[split_of(persona, line, shares, by=by, seed=seed)] > 0


@given(NAMES, NAMES, NAMES, divisions(), st.integers(0, 9))
def test_what_must_not_be_shared_is_not(one, other, third, shares, seed) -> None:
    assert split_of(one, other, shares, by="persona", seed=seed) == split_of(one, third, shares, by="persona", seed=seed)
    assert split_of(other, one, shares, by="line", seed=seed) == split_of(third, one, shares, by="line", seed=seed)


@given(st.permutations([(f"p{n % 5}", f"l{n}") for n in range(20)]), st.sampled_from(BY))
def test_the_split_of_a_clip_does_not_depend_on_what_was_asked_before(clips, by) -> None:
    found = {clip: split_of(*clip, SHARES, by=by, seed=0) for clip in clips}
    assert found == {clip: split_of(*clip, SHARES, by=by, seed=0) for clip in sorted(clips)}


@pytest.mark.parametrize(
    ("by", "clips"),
    [
        ("persona", [(f"p{n}", "l") for n in range(20_000)]),
        ("line", [("p", f"l{n}") for n in range(20_000)]),
        ("both", [(f"p{n % 100}", f"l{n // 100}") for n in range(20_000)]),
    ],
)
def test_shares_are_met_within_five_standard_deviations(by, clips) -> None:
    drawn = [split_of(*clip, SHARES, by=by, seed=3) for clip in clips]
    for name, share in SHARES.items():
        expected, deviation = 20_000 * share, math.sqrt(20_000 * share * (1 - share))
        assert abs(drawn.count(name) - expected) < 5 * deviation


def test_both_divides_the_lines_of_a_persona_and_the_personas_of_a_line() -> None:
    assert {split_of("p", f"l{n}", SHARES, by="both", seed=0) for n in range(200)} == set(SHARES)
    assert {split_of(f"p{n}", "l", SHARES, by="both", seed=0) for n in range(200)} == set(SHARES)


def test_name_and_line_are_kept_apart() -> None:
    # Were they only joined, ab + c and a + bc would be one.
    drawn = {
        (a, b): [split_of(a, b, SHARES, by="both", seed=seed) for seed in range(60)] for a, b in (("ab", "c"), ("a", "bc"))
    }
    assert drawn["ab", "c"] != drawn["a", "bc"]


def test_another_seed_is_another_draw() -> None:
    draws = [[split_of(f"p{n}", "", SHARES, by="persona", seed=seed) for n in range(100)] for seed in (0, 1)]
    assert draws[0] != draws[1]


def test_the_rule_is_the_one_that_older_runs_were_divided_by() -> None:
    # First eight bytes of SHA-256 of "0\0both\0nurse\0en-0001", big-endian, over 2^64: 0.4524
    assert split_of("nurse", "en-0001", {"a": 0.453, "b": 0.547}, by="both", seed=0) == "a"
    assert split_of("nurse", "en-0001", {"a": 0.452, "b": 0.548}, by="both", seed=0) == "b"


def test_the_highest_draw_of_all_falls_into_a_split_that_has_a_share(monkeypatch) -> None:
    monkeypatch.setattr("voiceact.store.splits.draw_fraction", lambda *parts, **how: (2**64 - 1) / 2**64)
    assert split_of("p", "l", {"train": 0.7, "test": 0.3, "none": 0.0}, by="both", seed=0) == "test"


@pytest.mark.parametrize(
    ("shares", "by", "words"),
    [
        ({"train": 0.8}, "persona", "add to 0.8"),
        ({"train": 1.2, "test": -0.2}, "persona", "0 or more"),
        ({"train": math.nan}, "persona", "add to nan"),
        ({"train": math.inf, "test": -math.inf}, "persona", "add to nan"),
        ({}, "persona", "no split is named"),
        ({"../train": 1.0}, "persona", "cannot be called '../train'"),
        ({"": 1.0}, "persona", "cannot be called ''"),
        ({"all": 1.0}, "persona", "cannot be called 'all'"),
        ({"train": 1.0}, "speaker", "cannot be made by 'speaker'; expected one of persona, line, both"),
    ],
)
def test_what_is_no_division_is_refused(shares, by, words) -> None:
    with pytest.raises(UsageError, match=words.replace("(", r"\(")):
        check_shares(shares, by=by)


# --- A run


@pytest.fixture
def run(tmp_path) -> Path:
    return write_tiny_run(tmp_path / "run", twins=False)


def split(run, *words):
    return CliRunner().invoke(command, [str(run), *words], standalone_mode=False)


HALVES = ("--share", "train=0.5", "--share", "test=0.5")


def test_a_new_rule_stands_beside_the_shards_and_changes_none(run) -> None:
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    assert split(run, *HALVES, "--by", "line", "--seed", "7").exception is None
    after = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    assert {path: after.pop(path) for path in before} == before
    assert [path.name for path in after] == ["splits.json"]
    assert json.loads(after[run / "splits.json"]) == {
        "format": "voiceact-splits/1",
        "rule": {"shares": {"train": 0.5, "test": 0.5}, "by": "line", "seed": 7},
    }


def test_rows_follow_the_new_rule(run) -> None:
    rows = list(open_run(run).rows(["persona", "line", "split"]))
    assert {row["split"] for row in rows} == {"train", "test"}
    split(run, "--share", "a=0.5", "--share", "b=0.5", "--by", "persona")
    opened = open_run(run)
    for row in opened.rows():
        assert row["split"] == split_of(row["persona"], row["line"], {"a": 0.5, "b": 0.5}, by="persona", seed=0)
    assert opened.rule == Rule({"a": 0.5, "b": 0.5}, "persona", 0)


def test_rows_can_be_kept_by_the_new_splits_without_asking_for_what_decides_them(run) -> None:
    split(run, *HALVES, "--by", "line")
    opened = open_run(run)
    everything = [row["id"] for row in opened.rows() if row["split"] == "test" and row["verdict"] == "verified"]
    assert 0 < len(everything) < 12
    kept = list(opened.rows(["id"], keep={"split": "test", "verdict": ["verified"]}))
    assert kept == [{"id": key} for key in everything]


def test_a_dry_run_writes_nothing(run) -> None:
    found = split(run, *HALVES, "--dry-run")
    assert "nothing was written" in found.output and not (run / "splits.json").exists()


def test_the_recipes_own_rule_needs_no_file(run) -> None:
    split(run, *HALVES)
    found = split(run, "--share", "train=0.6", "--share", "test=0.4")
    assert "this is the rule of the recipe, which needs no splits.json" in found.output
    assert not (run / "splits.json").exists() and open_run(run).own_rule is None


def test_the_recipes_shares_in_another_order_are_another_rule(run) -> None:
    split(run, "--share", "test=0.4", "--share", "train=0.6")
    opened = open_run(run)
    assert list(opened.rule.shares) == ["test", "train"]
    was = [recipe_rule(opened.file.recipe).of(row["persona"], row["line"]) for row in opened.rows(["persona", "line"])]
    assert [row["split"] for row in opened.rows(["split"])] != was


def test_what_is_shown_is_what_is_there(run) -> None:
    document = json.loads(split(run, *HALVES, "--by", "line", "--json").stdout)
    rows = list(open_run(run).rows())
    assert document["by"] == "line" and document["written"] is True
    for part in document["splits"]:
        mine = [row for row in rows if row["split"] == part["name"]]
        clips = [row for row in mine if row["included"]]
        assert (part["takes"], part["clips"]) == (len(mine), len(clips)) and clips
        assert part["seconds"] == pytest.approx(sum(row["duration"] for row in clips), abs=1e-3)
        assert part["personas"] == sorted({row["persona"] for row in clips})
        assert part["categories"] == sorted({row["category"] for row in clips})


def test_without_shares_the_present_division_is_shown(run) -> None:
    found = split(run)
    assert "this is the rule of the recipe" in found.output and "train" in found.output
    assert not (run / "splits.json").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("--share", "train=0.5", "--share", "test=0.5", "--by", "persona", "--seed", "0"),
            "split 'test' is empty; there are too few",
        ),
        (("--share", "train=0.999", "--share", "test=0.001"), "split 'test' is empty; give it a larger share"),
        (("--share", "train=0.6", "--share", "test=0.4"), "split 'test' lacks 1 of 2 categories: sadness"),
    ],
)
def test_an_empty_split_and_a_missing_category_are_told(run, words, sentence) -> None:
    found = split(run, *words)
    assert found.exception is None and sentence in found.stderr


def test_a_run_without_an_included_clip_says_so(tmp_path) -> None:
    run = open_run(write_tiny_run(tmp_path / "run", categories=("distress",), twins=False))
    assert divide(run, make_rule(run, {"train": 1.0}, "both")).notes == [
        "no clip of the run is included, so every split is empty; see: voiceact recipe status"
    ]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--share", "train"), "'train' is no share; expected NAME=NUMBER"),
        (("--share", "train=many"), "'train=many' is no share"),
        (("--share", "train=0.5", "--share", "train=0.5"), "names 'train' twice"),
        (("--share", "train=0.5"), "add to 0.5"),
        (("--share", "../../x=1"), "cannot be called '../../x'"),
        (("--by", "line"), "belong to a new rule"),
    ],
)
def test_a_wrong_share_is_refused_before_anything_is_written(run, words, sentence) -> None:
    found = split(run, *words)
    assert isinstance(found.exception, UsageError) and sentence in str(found.exception)
    assert not (run / "splits.json").exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is no rule of splits"),
        ('{"format": "voiceact-splits/1", "rule": {"shares": {"train": 0.5}, "by": "line", "seed": 0}}', "add to 0.5"),
        ('{"format": "voiceact-splits/1", "rule": {"shares": {"../x": 1}, "by": "line", "seed": 0}}', "cannot be called"),
        (
            '{"format": "voiceact-splits/9", "rule": {"shares": {"train": 1}, "by": "line", "seed": 0}}',
            "reads 'voiceact-splits/1'",
        ),
    ],
)
def test_a_rule_that_was_spoiled_by_hand_is_refused(run, text, sentence) -> None:
    (run / "splits.json").write_text(text)
    with pytest.raises(UsageError, match=r"splits\.json.*" + sentence):
        open_run(run)


def test_a_rule_is_kept_in_any_store() -> None:
    run = open_run(write_tiny_run("memory://split-store", twins=False, shards=1))
    save_rule(run, make_rule(run, {"a": 1.0}, "line", 5))
    assert {row["split"] for row in open_run("memory://split-store").rows(["split"])} == {"a"}
