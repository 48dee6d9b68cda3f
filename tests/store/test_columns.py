"""Columns: what stands in each, and the rules that fill `included` and `evidence`."""

import struct
from itertools import product

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_run import make_clip

from voiceact.acting.persona import load_persona
from voiceact.acting.taxonomy import categories
from voiceact.clip.verdict import CheckRecord
from voiceact.store.columns import (
    COLUMNS,
    STORE_COLUMNS,
    engine_revision,
    failed_row,
    is_included,
    make_row,
    placed,
    stored,
    weakest,
)
from voiceact.store.shard import Place
from voiceact.vocabulary import EVIDENCE_ORDER, FAILED, LEVELS


def row_of(take: int = 1, **changes) -> dict:
    record, _, _ = make_clip(7, "anger", 5.0, "nurse", take)
    record = msgspec.structs.replace(record, **changes)
    return make_row(record, load_persona("nurse"), key="tiny-000000007-001", split="train", included=True)


def test_the_columns_that_were_promised_are_there() -> None:
    promised = (
        "id file_name text language persona gender age category intensity seed take engine engine_revision license "
        "duration sampling_rate lufs peak wer evidence judge judge_revision verdict reasons split sha256"
    ).split()
    assert set(promised) <= set(COLUMNS)
    assert [name for name in COLUMNS if name.startswith("score_")] == [f"score_{one.id}" for one in categories()]
    assert len(categories()) == 40 and set(STORE_COLUMNS) < set(COLUMNS)


def test_every_column_has_a_sentence_of_its_own() -> None:
    meanings = [column.meaning for name, column in COLUMNS.items() if name not in ("arousal", "valence")]
    assert all(meanings) and len(set(meanings)) == len(meanings)


def test_a_row_says_what_its_record_says() -> None:
    record, _, _ = make_clip(7, "anger", 5.0, "nurse", 1)
    row, persona = row_of(), load_persona("nurse")
    assert list(row) == list(COLUMNS)
    assert (row["text"], row["category"], row["intensity"], row["cell"], row["take"], row["line"], row["script"]) == (
        record.text,
        "anger",
        5.0,
        7,
        1,
        "en-0007",
        "neutral",
    )
    assert (row["persona"], row["gender"], row["age"]) == ("nurse", persona.gender, persona.age)
    assert (row["duration"], row["sampling_rate"], row["lufs"], row["peak"], row["sha256"], row["file_name"]) == (
        record.audio.duration,
        8000,
        record.audio.lufs,
        record.audio.peak,
        record.audio.sha256,
        record.audio.path,
    )
    assert (row["engine"], row["engine_revision"], row["license"]) == ("fake", "1+000000000000", "MIT")
    assert (row["verdict"], row["evidence"], row["reasons"], row["judge"], row["judge_revision"]) == (
        "verified",
        "category",
        [],
        "scripted",
        "r1",
    )
    assert row["score_anger"] == 5.0 and row["score_sadness"] == 0.5 and row["score_pain"] is None
    assert (row["arousal"], row["valence"], row["wer"], row["dnsmos"]) == (0.25, -0.5, None, None)
    assert all(row[name] is None for name in STORE_COLUMNS)


def test_figures_come_from_the_checks_that_measured_them() -> None:
    verdict = make_clip(7, "anger", 5.0, "nurse", 1)[0].verdict
    checks = [
        *verdict.checks,
        CheckRecord(name="naturalness", outcome="pass", sentence="natural", reason="", threshold=None, figure=3.25, details={}),
        CheckRecord(
            name="transcript",
            outcome="pass",
            sentence="as written",
            reason="",
            threshold=None,
            figure=0.5,
            details={"word_error_rate": 0.125},
        ),
    ]
    row = row_of(verdict=msgspec.structs.replace(verdict, checks=checks))
    assert (row["wer"], row["dnsmos"]) == (0.125, 3.25)


def test_reasons_are_those_of_the_failed_checks() -> None:
    assert row_of(take=2)["reasons"] == ["emotion:absent"]


def test_a_record_that_was_not_judged_makes_no_row() -> None:
    with pytest.raises(ValueError, match="is no judged take of a recipe"):
        row_of(verdict=None)


def test_the_engine_is_told_by_version_and_model() -> None:
    record, _, _ = make_clip(7, "anger", 5.0, "nurse", 1)
    engine = msgspec.structs.replace(record.engine, version="0.2.1", model_sha256="1f0c2a7d9b3e" + "0" * 52)
    assert engine_revision(msgspec.structs.replace(record, engine=engine)) == "0.2.1+1f0c2a7d9b3e"


def test_a_failed_take_says_why_and_has_nothing_else() -> None:
    asked = {
        "text": "Hm.",
        "language": "en",
        "category": "anger",
        "intensity": 5.0,
        "script": "neutral",
        "line": "l",
        "seed": 3,
        "take": 1,
        "cell": 7,
        "engine": "fake",
    }
    row = failed_row(asked, load_persona("nurse"), key="tiny-000000007-001", split="test", reason="nothing can be spoken")
    assert list(row) == list(COLUMNS) and row["verdict"] == FAILED and row["reasons"] == ["nothing can be spoken"]
    assert row["included"] is False and row["split"] == "test" and row["cell"] == 7
    assert row["sha256"] is row["duration"] is row["tar"] is row["judge"] is None


@pytest.mark.parametrize("twin", [True, False])
def test_a_row_is_placed_by_what_was_written(twin) -> None:
    places = {"flac": Place(512, 700), "json": Place(2048, 30)} | ({"twin.flac": Place(3072, 5)} if twin else {})
    row = placed(row_of(), "verified/shard-000000.tar", places, "flac")
    assert [row[name] for name in STORE_COLUMNS] == [
        "verified/shard-000000.tar",
        512,
        700,
        2048,
        30,
        *((3072, 5) if twin else (None, None)),
    ]


# --- Rules


@given(st.lists(st.sampled_from(EVIDENCE_ORDER), min_size=1))
def test_the_weakest_evidence_is_the_last_in_order(evidence) -> None:
    assert all(EVIDENCE_ORDER.index(one) <= EVIDENCE_ORDER.index(weakest(evidence)) for one in evidence)
    assert weakest(evidence) in evidence


def test_no_evidence_at_all_is_none() -> None:
    assert weakest([]) == "none"


INCLUDED = {
    "category": {("verified", "category")},
    "burst": {("verified", "category"), ("consistent", "burst")},
    "dimension": {("verified", "category"), ("consistent", "burst"), ("consistent", "dimension")},
    "none": {
        ("verified", "category"),
        ("consistent", "burst"),
        ("consistent", "dimension"),
        ("undecided", "none"),
        ("undecided", "category"),
    },
}
"""what a recipe asks for -> which verdicts that can occur it includes"""
OCCUR = {
    ("verified", "category"),
    ("consistent", "burst"),
    ("consistent", "dimension"),
    ("undecided", "none"),
    ("undecided", "category"),
    *product(("rejected", FAILED), EVIDENCE_ORDER),
}


@pytest.mark.parametrize("least", EVIDENCE_ORDER)
def test_what_is_included_is_what_the_recipe_asks_for(least) -> None:
    assert {(level, evidence) for level, evidence in OCCUR if is_included(level, evidence, least=least)} == INCLUDED[least]


@given(st.sampled_from(LEVELS), st.sampled_from(EVIDENCE_ORDER))
def test_asking_for_less_evidence_loses_no_clip(level, evidence) -> None:
    answers = [is_included(level, evidence, least=least) for least in EVIDENCE_ORDER]
    assert answers == sorted(answers)


@given(st.floats(allow_nan=False))
def test_a_number_is_stored_as_32_bits_hold_it(value) -> None:
    try:
        expected = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        expected = float("inf") if value > 0 else float("-inf")
    assert stored("peak", value) == expected
    assert stored("duration", value) == value


@pytest.mark.parametrize(("column", "value"), [("peak", None), ("text", "a"), ("seed", 2**40), ("included", True)])
def test_everything_else_is_stored_as_it_is(column, value) -> None:
    assert stored(column, value) is value
