"""A judge beside the clips of a folder or a run: what it hears them with, what it refuses, and what the record keeps."""

import json
from pathlib import Path

import numpy as np
import pytest
from tiny_run import write_tiny_run

from voiceact import synth
from voiceact.audio import write
from voiceact.cli.main import main
from voiceact.errors import UsageError
from voiceact.estimators import load_estimator
from voiceact.estimators.human.estimator import CohortJudge
from voiceact.synthesis import cohort as cohort_module
from voiceact.synthesis.cohort import judge_beside
from voiceact.synthesis.synthesize import neutral_twin
from voiceact.verify.emotion import profile_take

EMOTIONS = ("Anger:6", "Fear:6", "Sadness:6", "Elation:6")


@pytest.fixture(scope="module")
def takes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 short clips of four feelings."""
    folder = tmp_path_factory.mktemp("pilot")
    for number in range(24):
        synth(persona="nurse", emotion=EMOTIONS[number % 4], text=f"Cup {number}.", seed=number).save(
            folder / f"{number:02}.wav"
        )
    return folder


def test_each_clip_is_heard_beside_its_own_neutral_reading(takes: Path) -> None:
    judge = load_estimator("human")
    beside = judge_beside(judge, takes)
    assert isinstance(beside, CohortJudge)
    assert (beside.cohort.clips, beside.cohort.source, beside.cohort.regime) == (24, takes.name, "neutral")
    # The same by hand.
    from voiceact.clip.clip import Clip

    heard = []
    for path in sorted(takes.glob("*.wav")):
        clip = Clip.load(path).read()
        twin = neutral_twin(clip.record)
        rate = clip.record.audio.sample_rate
        heard.append(profile_take(judge, clip.samples, rate, (twin.samples, rate)))  # type: ignore[arg-type]
    by_hand = judge.cohort(heard, asked=[EMOTIONS[number % 4] for number in range(24)])  # type: ignore[attr-defined]
    assert np.allclose(by_hand.mean, beside.cohort.mean) and np.allclose(by_hand.spread, beside.cohort.spread)


def test_without_neutral_readings_sounds_alone_will_do(takes: Path, tmp_path: Path) -> None:
    from voiceact.audio import read

    for path in takes.glob("*.wav"):
        write(tmp_path / path.name, *read(path))
    judge = load_estimator("human")
    bare = judge_beside(judge, tmp_path, compared=False)
    with_records = judge_beside(judge, takes, compared=False)
    assert isinstance(bare, CohortJudge) and isinstance(with_records, CohortJudge)
    assert bare.cohort.regime == "none" and np.allclose(bare.cohort.mean, with_records.cohort.mean, atol=1e-3)
    with pytest.raises(UsageError, match=r"00\.wav: has no record from which to make its neutral reading"):
        judge_beside(judge, tmp_path)


def test_what_can_be_no_cohort_is_refused(takes: Path, tmp_path: Path) -> None:
    judge = load_estimator("human")
    for number in range(24):
        name = f"{number:02}"
        emotion = "Anger:6" if number % 4 else "Fear:6"
        (tmp_path / f"{name}.wav").write_bytes((takes / f"{name}.wav").read_bytes())
        record = json.loads((takes / f"{name}.json").read_text())
        record["mix"] = {emotion.split(":")[0].casefold(): 6.0}
        (tmp_path / f"{name}.json").write_text(json.dumps(record))
    with pytest.raises(UsageError, match=r"holds 2 feelings \(anger, fear\); expected at least 3"):
        judge_beside(judge, tmp_path, compared=False)
    with pytest.raises(UsageError, match="is not a folder; expected a folder of clips, or a run"):
        judge_beside(judge, tmp_path / "missing")

    class Plain:
        name = "plain"

    with pytest.raises(UsageError, match="judge 'plain' cannot centre its scores on a cohort"):
        judge_beside(Plain(), takes)  # type: ignore[arg-type]


def test_the_clips_of_a_run_and_the_readings_it_kept_will_do(tmp_path: Path) -> None:
    run = write_tiny_run(tmp_path / "run")
    beside = judge_beside(load_estimator("human"), run)
    assert isinstance(beside, CohortJudge)
    assert (beside.cohort.clips, beside.cohort.source, beside.cohort.regime) == (36, "run", "neutral")


def test_a_large_folder_is_thinned_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cohort_module._thin(list(range(10))) == list(range(10))
    monkeypatch.setattr(cohort_module, "MOST_CLIPS", 4)
    assert cohort_module._thin(list(range(8))) == [0, 2, 4, 6]


def test_the_command_says_which_cohort_was_used(takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    synth(persona="nurse", emotion="Fear:6", text="The cup.").save(tmp_path / "a.wav")
    with pytest.raises(SystemExit) as stopped:
        main(["verify", str(tmp_path / "a.wav"), "--check", "emotion", "--cohort", str(takes)])
    assert stopped.value.code == 0
    assert f"beside the cohort {takes.name} (24 clips)" in " ".join(capsys.readouterr().out.split())
    verdict = json.loads((tmp_path / "a.json").read_text())["verdict"]
    assert verdict["profile"]["cohort"] == f"{takes.name} (24 clips)"
    assert verdict["checks"][0]["details"]["cohort"] == f"{takes.name} (24 clips)"


def test_the_command_refuses_a_cohort_that_is_too_small(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    synth(persona="nurse", emotion="Fear:6", text="The cup.").save(tmp_path / "a.wav")
    before = (tmp_path / "a.json").read_bytes()
    with pytest.raises(SystemExit) as stopped:
        main(["verify", str(tmp_path / "a.wav"), "--check", "emotion", "--cohort", str(tmp_path)])
    assert stopped.value.code == 2 and "has 1 clip; expected at least 24" in capsys.readouterr().err
    assert (tmp_path / "a.json").read_bytes() == before
