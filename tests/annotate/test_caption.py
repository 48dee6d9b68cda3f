"""Captions: every phrase true of the profile and with evidence, the most extreme dimensions among them, in four languages."""

import json
import re
import shutil
import signal
from pathlib import Path

import msgspec
import numpy as np
import pyarrow.parquet as parquet
import pytest
from caption_checker import BASELINE, claims_of, inverse, is_true, random_row
from click.testing import CliRunner

from voiceact.annotate.baseline import (
    AFFECT,
    DIMENSIONS,
    SPOKEN_ATTRIBUTES,
    Baseline,
    Usual,
    deviations,
    load_baseline,
    measure_baseline,
)
from voiceact.annotate.caption import LANGUAGES, burst_word, load_words, write_caption
from voiceact.annotate.captioning import caption_annotation
from voiceact.annotate.listening import Task
from voiceact.annotate.run import annotate
from voiceact.cli.main import cli
from voiceact.errors import UnknownNameError, UsageError
from voiceact.estimators.human.estimator import IDS, LEAST_SPEECH_SECONDS
from voiceact.store.filesystem import Store


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_is_true_and_has_evidence_and_the_most_extreme_are_mentioned(language: str) -> None:
    # 10,000 profiles in all four languages are checked by benchmarks/annotate.py with this same checker.
    mentioned = wanted = 0
    for number in range(150):
        row = random_row(number)
        caption = write_caption(row, BASELINE, language, seed=number)
        claims = claims_of(caption.text, language)
        assert all(is_true(row, *claim) for claim in claims), (caption.text, claims)
        compared = [phrase for phrase in caption.phrases if phrase.claim in ("more", "less", "heard")]
        assert sorted(name for name, _, _ in claims) == sorted(phrase.field for phrase in compared), caption.text
        told = {name for name in DIMENSIONS if not name.startswith("score_") or row["evidence_" + name[6:]] == "category"}
        far = {name: abs(value) for name, value in deviations(row, BASELINE).items() if name in told}
        extreme = [name for name in sorted(far, key=lambda one: -far[one])[:3] if far[name] >= 1]
        wanted += len(extreme)
        mentioned += sum(name in {claim[0] for claim in claims} for name in extreme)
        for phrase in caption.phrases:
            assert phrase.text in caption.text and (phrase.claim == "nothing" or row[phrase.field] is not None)
    assert mentioned >= 0.95 * wanted > 100


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_words_for_everything_and_no_two_for_one_another(language: str) -> None:
    words = load_words(language)
    assert set(words["categories"]) == set(IDS) and set(words["dimensions"]) == {*AFFECT, *SPOKEN_ATTRIBUTES}
    assert set(words) == set(load_words("en")) and set(words["bursts"]) == set(load_words("en")["bursts"])
    assert len(set(words["categories"].values())) == 40
    assert len(inverse(language)[1]) > 500  # no two of them alike, or it raises


def test_nothing_is_said_of_a_feeling_without_evidence_or_of_a_burst_that_is_not_there() -> None:
    row: dict = (
        {"id": "x", "bursts": []} | {f"score_{name}": 7.0 for name in IDS} | {f"evidence_{name}": "burst" for name in IDS}
    )
    caption = write_caption(row, BASELINE, "en")
    assert [phrase.claim for phrase in caption.phrases] == ["nothing"] and caption.text == "Nothing stands out."
    row["evidence_anger"] = "category"
    assert write_caption(row, BASELINE, "en").text in ("It sounds very much like anger.", "This sounds very much like anger.")


@pytest.mark.parametrize(
    ("language", "shipped", "own"),
    [
        ("en", "German (speech|actors)", "than( is)? usual( here)?"),
        ("de", "(gespielter deutscher Sprache|deutschen Schauspielern) üblich", "als (üblich|sonst hier)"),
        ("es", "habla alemana actuada|actores alemanes", "que (de costumbre|lo habitual)"),
        ("fr", "jouées en allemand|acteurs allemands", "(que d'habitude|qu'à l'ordinaire)"),
    ],
)
def test_beside_the_shipped_baseline_a_caption_says_whose_usual_it_is(language: str, shipped: str, own: str) -> None:
    baseline = load_baseline()
    another = msgspec.structs.replace(baseline, source="/corpus/annotated")
    for number in range(20):
        row = {"id": f"clip{number}", "f0_hz": 400.0}
        assert re.search(f"({shipped})\\.$", write_caption(row, baseline, language).text)
        assert re.search(f"{own}\\.$", write_caption(row, another, language).text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_a_clip_that_is_too_short_nothing_is_said(language: str) -> None:
    row = random_row(3)
    assert write_caption(row | {"duration": LEAST_SPEECH_SECONDS}, BASELINE, language).text
    for short in ({"duration": LEAST_SPEECH_SECONDS - 0.01}, {"duration": 5.0, "warning": "lasts 5.00 s"}):
        caption = write_caption(row | short, BASELINE, language)
        assert caption.text == "" and caption.phrases == ()


def test_a_burst_is_told_with_its_kind_and_an_age_as_it_is_stated() -> None:
    row = {"id": "x", "bursts": [{"kind": "Relief Sigh"}, {"kind": None}], "f0_hz": 5.0, "gender": "female", "age": 70.0}
    caption = write_caption(row, BASELINE, "de", seed=1)
    assert "ein Seufzen" in caption.text and "wortloser" not in caption.text
    assert "Die Frauenstimme (die eines alten Menschen)" in caption.text
    assert {phrase.field for phrase in caption.phrases} == {"gender", "age", "f0_hz", "bursts"}
    assert [burst_word(kind) for kind in ("Nervous Giggle", "Sharp Inhale", None, "Deep Breath")] == [
        "laugh",
        "gasp",
        "",
        "breath",
    ]


def test_the_seed_changes_the_words_and_the_same_seed_does_not() -> None:
    row = random_row(3)
    texts = {write_caption(row, BASELINE, "en", seed=seed).text for seed in range(20)}
    assert len(texts) > 3
    assert write_caption(row, BASELINE, "en", seed=4) == write_caption(row, BASELINE, "en", seed=4)


def test_french_elides_before_a_vowel_and_not_before_an_aspirated_h() -> None:
    row = {"id": "x", "score_awe": 2.0, "evidence_awe": "category", "score_shame": 0.0, "evidence_shame": "category"}
    text = " ".join(write_caption(row, BASELINE, "fr", seed=seed).text for seed in range(5))
    assert "d'émerveillement" in text and "de honte" in text


def test_an_unknown_language() -> None:
    with pytest.raises(UnknownNameError, match="language of captions"):
        write_caption({}, BASELINE, "xx")


# --- Baselines


def test_a_baseline_is_median_and_robust_spread_and_the_deviation_where_most_values_are_nought() -> None:
    draw = np.random.default_rng(0)
    rates = draw.normal(4, 0.5, 500)
    scores = np.where(draw.random(500) < 0.9, 0.0, 5.0)
    rows = [{"rate": rate, "score_anger": score} for rate, score in zip(rates.tolist(), scores.tolist(), strict=True)]
    rows += [{"error": "x", "rate": 1000.0}]
    baseline = measure_baseline(rows, "test")
    mad = float(np.median(np.abs(rates - np.median(rates))))
    assert baseline.usual["rate"].median == pytest.approx(np.median(rates), abs=1e-4)
    assert baseline.usual["rate"].spread == pytest.approx(1.4826 * mad, abs=1e-4)
    assert baseline.usual["score_anger"].spread == pytest.approx(scores.std(), abs=1e-4)
    assert "f0_hz" not in baseline.usual
    with pytest.raises(UsageError, match="has 29 clips .* needs at least 30"):
        measure_baseline(rows[:29], "test")


def test_the_shipped_baseline_is_one_and_a_foreign_file_is_none(tmp_path: Path) -> None:
    shipped = load_baseline()
    assert {*AFFECT, *SPOKEN_ATTRIBUTES} <= set(shipped.usual) <= set(DIMENSIONS) and "EmoDB" in shipped.source
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(UsageError, match="is no baseline"):
        load_baseline(tmp_path / "x.json")


# --- Whole annotations


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from test_annotate import write_clip

    folder = tmp_path_factory.mktemp("captions")
    for number in range(32):
        write_clip(folder / "in" / f"clip{number:02d}.wav", 1.0, 100 + (200 if number == 0 else number))
    annotate(str(folder / "in"), folder / "out", Task(estimators=(), bursts=False, shard_clips=10))
    return folder / "out"


@pytest.fixture
def annotated(once: Path, tmp_path: Path) -> Path:
    return shutil.copytree(once, tmp_path / "out")


def captions_of(folder: Path) -> list[dict]:
    files = sorted((folder / "captions").rglob("*.parquet"))
    return [row for file in files for row in parquet.read_table(file).to_pylist()]


def test_captions_of_a_corpus_compare_with_itself(annotated: Path) -> None:
    report = caption_annotation(annotated, languages=("en", "de"))
    rows = {row["id"]: row for row in captions_of(annotated)}
    assert report.rows == len(rows) == 32 and report.baseline.source == str(annotated)
    odd = rows["clip00.wav"]
    assert "higher" in odd["caption_en"] and "höher" in odd["caption_de"]
    trace = [one for one in odd["trace"] if one["field"] == "f0_hz" and one["language"] == "en"]
    assert trace[0]["phrase"] in odd["caption_en"] and trace[0]["deviation"] > 3 and float(trace[0]["value"]) > 290


def test_captions_go_on_where_they_stopped_and_are_made_anew_where_the_rows_changed(annotated: Path) -> None:
    caption_annotation(annotated)
    files = sorted((annotated / "captions").rglob("*.parquet"))
    before = {file: file.stat().st_mtime_ns for file in files}
    files[0].unlink()
    caption_annotation(annotated)
    assert {file: file.stat().st_mtime_ns for file in files[1:]} == {file: before[file] for file in files[1:]} and files[
        0
    ].exists()
    caption_annotation(annotated, seed=1)
    assert all(file.stat().st_mtime_ns != before[file] for file in files)


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_after_the_file_begun_with_the_status_of_that_signal(
    sent: signal.Signals, status: int, annotated: Path, tmp_path: Path, monkeypatch
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(annotated, folder)
    shutil.rmtree(folder / "captions", ignore_errors=True)
    once = iter([sent])

    def update(self, done: int, total: int) -> None:
        for number in once:
            signal.raise_signal(number)

    monkeypatch.setattr("voiceact.cli.caption.ProgressBar.update", update)
    done = CliRunner().invoke(cli, ["caption", str(folder), "--json"])
    assert done.exit_code == status and "the same command goes on" in done.stderr
    found = json.loads(done.stdout)
    assert not found["finished"] and found["files"] == 1
    monkeypatch.undo()
    assert CliRunner().invoke(cli, ["caption", str(folder)]).exit_code == 0


def test_every_index_is_read_once(annotated: Path, tmp_path: Path, monkeypatch) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(annotated, folder)
    opened: list[str] = []
    read = Store.read
    monkeypatch.setattr(Store, "read", lambda self, name: (opened.append(name), read(self, name))[1])
    assert CliRunner().invoke(cli, ["caption", str(folder), "--show", "2"]).exit_code == 0
    indexes = sorted(name for name in opened if name.startswith("index/"))
    assert indexes == sorted({path.relative_to(folder).as_posix() for path in (folder / "index").iterdir()}) != []


def test_scores_of_another_revision_are_not_compared(annotated: Path, tmp_path: Path) -> None:
    run = json.loads((annotated / "annotate.json").read_bytes())
    run["task"]["estimators"], run["revisions"] = ["human"], {"human": "new"}
    (annotated / "annotate.json").write_bytes(msgspec.json.encode(run))
    other = Baseline("other corpus", "human", "old", "none", {"score_anger": Usual(0, 1, 9), "f0_hz": Usual(100, 10, 9)})
    (tmp_path / "b.json").write_bytes(msgspec.json.encode(other))
    report = caption_annotation(annotated, baseline=str(tmp_path / "b.json"))
    assert set(report.baseline.usual) == {"f0_hz"} and "captions speak of the voice only" in report.note


def test_the_command_shows_captions_and_saves_the_baseline(annotated: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        cli, ["caption", str(annotated), "--language", "es", "--show", "1", "--save-baseline", str(tmp_path / "b.json")]
    )
    assert done.exit_code == 0 and "La voz" in done.output or "Esta voz" in done.output, done.output
    assert "32 captions in" in done.output and load_baseline(tmp_path / "b.json").source == str(annotated)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("caption", "nowhere"), "is no annotation"),
        (("caption", "OUT", "--baseline", "nowhere.json"), "is no baseline"),
        (("caption", "OUT", "--language", "xx"), "is not one of"),
    ],
)
def test_bad_input_is_said(arguments: tuple[str, ...], said: str, annotated: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli, [str(annotated) if one == "OUT" else one for one in arguments])
    assert done.exit_code != 0 and said in f"{done.output} {done.exception}"
