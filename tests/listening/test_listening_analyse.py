"""The report of a test, whole: as JSON, page and text, and from the command line."""

import json

import msgspec
import pytest
from click.testing import CliRunner
from listening_tests import made_test, silent_test, some_answers

from voiceact.cli.listen import command
from voiceact.errors import UsageError, VoiceactError
from voiceact.estimators.registry import load_estimator
from voiceact.listening.analysis.analyse import FILES, FORMAT, analyse_test, presence_figures, to_json_values, write_analysis
from voiceact.listening.analysis.answer_table import make_answer_table
from voiceact.listening.analysis.page import render_report_page
from voiceact.listening.analysis.text import render_text
from voiceact.listening.answers.answer import Listener
from voiceact.listening.answers.results import write_results
from voiceact.listening.loading import encode_test, load_test
from voiceact.listening.model import TestFile, with_id
from voiceact.listening.simulation.simulate import make_listeners, make_world, take_test

OWN = ("presence", "binary", "intensity", "pair", "naturalness", "identity")


def reported(protocol: str, *, seed: int = 1, clickers: int = 1, **options):
    world = make_world(protocol, clips=48, seed=seed)
    answers = take_test(world, make_listeners(10, seed=seed, clickers=clickers), seed=seed)
    return analyse_test(world.test, answers, draws=200, **options)


@pytest.mark.parametrize("protocol", OWN)
def test_every_protocol_has_a_report_as_json_page_and_text(protocol):
    report = reported(protocol)
    assert json.loads(json.dumps(to_json_values(report), allow_nan=False))["format"] == FORMAT
    shown, text = render_report_page(report), render_text(report)
    assert shown.startswith("<!doctype html>") and "nan" not in shown.lower().replace("finance", "")
    assert f"({protocol}) of simulated" in text
    assert "src=" not in shown and "href=" not in shown  # nothing is fetched
    expected = {
        "naturalness": "mean opinion score",
        "identity": "d'",
        "pair": "Bradley-Terry",
        "binary": "triple positive",
        "presence": "confirmed by every rater",
        "intensity": "ICC(1,1)",
    }
    assert expected[protocol] in text


def test_the_rates_of_a_report_are_the_share_of_clips_counted_by_hand():
    world = make_world("presence", clips=60, contrastive=0.5, seed=3)
    answers = take_test(world, make_listeners(8, seed=3), seed=3, checks=0)
    heard: dict[str, list[float]] = {}
    for row in answers:
        if row.kind == "target":
            heard.setdefault(row.item, []).append(row.value)
    report = analyse_test(world.test, answers, draws=100)
    all_, most = (
        [rule(values) for values in heard.values()]
        for rule in (
            lambda values: all(value > 0 for value in values),
            lambda values: sum(value > 0 for value in values) * 2 > len(values),
        )
    )
    assert report["confirmation"]["all"]["value"] == pytest.approx(sum(all_) / 60)
    assert report["confirmation"]["majority"]["value"] == pytest.approx(sum(most) / 60)
    assert sum(one["confirmation"]["all"]["n"] for one in report["categories"]) == 60


def test_contrastive_questions_are_told_beside_the_targets():
    report = reported("presence")
    assert report["contrastive"]["answers"]["value"] < report["confirmation"]["answers"]["value"]


def test_agreement_stands_beside_the_papers():
    report = reported("presence")
    anger = next(one for one in report["categories"] if one["category"] == "anger")
    assert anger["field"]["cronbach"] == 0.22
    assert report["judge"]["categories"]["anger"]["field"]["mean"] == 0.536
    assert report["field"]["confirmed_by_every_rater"] == {"clips": 4692, "of": 12600}


def test_screening_is_shown_and_can_be_taken_back():
    report = reported("presence", clickers=2)
    out = [one["listener"] for one in report["screening"] if not one["kept"]]
    assert out == ["listener-0000", "listener-0001"] or out == ["listener-0001", "listener-0000"]
    again = reported("presence", clickers=2, keep=out)
    assert all(one["kept"] for one in again["screening"])
    assert again["counted"]["answers_kept"] == again["counted"]["answers"] > report["counted"]["answers_kept"]
    assert "Left out: listener-0000" in render_text(report)


def test_a_failed_headphone_check_is_known_from_the_listeners():
    world = make_world("presence", clips=24, seed=2)
    answers = take_test(world, make_listeners(6, seed=2), seed=2)
    report = analyse_test(world.test, answers, draws=100, listeners=[Listener(id="listener-0004", qualified=False)])
    assert [one["listener"] for one in report["screening"] if not one["kept"]] == ["listener-0004"]


def test_open_and_short_questions_are_noted():
    world = make_world("presence", clips=30, mean=1.0, contrastive=0, seed=2)
    answers = take_test(world, make_listeners(6, seed=2), seed=2, checks=0)
    first = next(row for row in answers if row.kind == "target" and row.stage == 1)
    left = [row for row in answers if row.stage == 1 and row is not first]
    notes = " ".join(analyse_test(world.test, left, draws=100)["notes"])
    assert "1 question lack raters of their first round" in notes and "lack a further rater" in notes
    figures = presence_figures(world.test, make_answer_table(left, {1, 2}))["target"]
    assert figures["all"]["n"] == 29 and figures["short"] == 1


def test_the_same_answers_and_seed_give_the_same_report():
    assert to_json_values(reported("presence")) == to_json_values(reported("presence"))


def test_a_test_without_answers_says_what_to_do():
    with pytest.raises(UsageError, match="has no answer yet; open it with: voiceact listen serve"):
        analyse_test(silent_test(), [])


def test_nobody_left_is_said_rather_than_reported():
    world = make_world("presence", clips=12, seed=2)
    answers = take_test(world, make_listeners(2, seed=2), seed=2)
    with pytest.raises(UsageError, match=r"no listener is left .*: listener-0000 \(left out by hand\); .*--keep LISTENER"):
        analyse_test(world.test, answers, drop=["listener-0000", "listener-0001"])


def test_a_report_is_three_files(tmp_path):
    write_analysis(reported("presence"), tmp_path / "deep" / "report")
    assert sorted(path.name for path in (tmp_path / "deep" / "report").iterdir()) == sorted(FILES)
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is a file; expected a folder"):
        write_analysis(reported("presence"), tmp_path / "file")


# --- From the command line


def run(*arguments: object):
    return CliRunner().invoke(command, [str(one) for one in arguments], catch_exceptions=True)


def test_analyse_of_a_test_made_of_a_run(tmp_path):
    test = made_test(tmp_path)
    answers = some_answers(test, 4)
    write_results(answers, tmp_path / "results.jsonl")
    folder = tmp_path / "presence"
    # Who presses each button in turn is a clicker: here they are counted by hand.
    keep = [word for name in sorted({row.listener for row in answers}) for word in ("--keep", name)]
    told = run("analyse", folder, "--results", tmp_path / "results.jsonl", "--out", tmp_path / "report", *keep)
    assert told.exit_code == 0 and "confirmed by every rater" in told.output
    assert (tmp_path / "report" / "report.html").is_file()
    as_json = run("analyse", folder, "--results", tmp_path / "results.jsonl", "--json", *keep)
    assert json.loads(as_json.output)["test"]["id"] == test.id
    summary_file = (tmp_path / "report" / "summary.txt").read_text()
    assert told.output.startswith(summary_file)


def test_calibrate_writes_a_judge_and_shows_the_run(tmp_path):
    """A simulated test whose scores are said to be the shipped judge's, over the small run."""
    made_test(tmp_path)
    human = load_estimator("human")
    world = make_world("presence", clips=240, judge_noise=0.6, categories=("anger", "sadness"), seed=2)
    source = msgspec.structs.replace(world.test.file.source, judge={"name": "human", "revision": human.revision})
    folder = tmp_path / "simulated"
    folder.mkdir()
    (folder / "test.json").write_bytes(encode_test(with_id(msgspec.structs.replace(world.test.file, source=source))))
    answers = take_test(type(world)(load_test(folder), world.strength), make_listeners(9, bias=0.2, seed=2), seed=2, seal=True)
    write_results(answers, tmp_path / "answers.csv")
    out = tmp_path / "human-calibrated.json"
    told = run(
        "calibrate", folder, "--results", tmp_path / "answers.csv", "--precision", 0.8, "--out", out, "--run", tmp_path / "run"
    )
    assert told.exit_code == 0, told.output
    assert "the same on clips left out of the choice" in told.output and "takes of the run" in told.output
    assert load_estimator(str(out)).revision.startswith(f"{human.revision}+")
    again = run("calibrate", folder, "--results", tmp_path / "answers.csv", "--out", out)
    assert isinstance(again.exception, VoiceactError) and "never written over" in str(again.exception)
    other = run("calibrate", folder, "--results", tmp_path / "answers.csv", "--out", tmp_path / "b.json", "--json")
    assert json.loads(other.output)["judge_revision"] == human.revision


def test_plan_prints_widths_and_work():
    told = run("plan", "--protocol", "presence", "--raters", 6, "--clips", 40, "--repeats", 2)
    assert told.exit_code == 0 and "confirmed by all raters" in told.output and "minutes for each rater" in told.output
    found = json.loads(run("plan", "--protocol", "naturalness", "--raters", 9, "--clips", 20, "--repeats", 2, "--json").output)
    assert set(found["figures"]) == {"mean opinion score"}


def test_the_id_of_a_test_covers_its_settings():
    file: TestFile = make_world("presence", clips=6).test.file
    assert with_id(msgspec.structs.replace(file, seed=99)).id != file.id
