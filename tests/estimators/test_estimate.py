"""voiceact estimate: what may be named, what is printed, and that a bad file never ends the run."""

import json

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from voiceact.acting.taxonomy import categories
from voiceact.cli.estimate import command
from voiceact.errors import UsageError
from voiceact.estimators import estimating, load_estimator
from voiceact.estimators.estimating import expand

RATE = 16_000
KEYS = {"path", "estimator", "revision", "reference", "scores", "arousal", "valence", "dominance", "evidence", "log_ratios"}


def buzz(f0_hz=140.0, seconds=1.0):
    time = np.arange(int(seconds * RATE)) / RATE
    sound = sum(np.sin(2 * np.pi * f0_hz * order * time) / order for order in range(1, 20))
    return (0.1 * sound * (1.05 - np.cos(2 * np.pi * 4 * time))).astype(np.float32)


@pytest.fixture
def clip(tmp_path):
    soundfile.write(tmp_path / "clip.wav", buzz(), RATE)
    return tmp_path / "clip.wav"


def run(*arguments, stdin=None):
    return CliRunner().invoke(command, [str(one) for one in arguments], input=stdin)


def test_json_has_the_promised_keys(clip):
    result = run(clip, "--json")
    record = json.loads(result.stdout)
    assert result.exit_code == 0
    assert set(record) == KEYS
    assert record["path"] == str(clip)
    assert set(record["scores"]) == set(record["evidence"]) == {category.id for category in categories()}
    assert record["reference"] == "none"


def test_a_neutral_reference_is_named_in_the_record(clip, tmp_path):
    soundfile.write(tmp_path / "neutral.wav", buzz(120.0), RATE)
    assert json.loads(run(clip, "--reference", tmp_path / "neutral.wav", "--json").stdout)["reference"] == "neutral"


def test_a_folder_of_the_voice_gives_its_statistics(clip, tmp_path):
    (tmp_path / "voice").mkdir()
    for number in range(12):
        soundfile.write(tmp_path / "voice" / f"{number}.wav", buzz(100.0 + 5 * number), RATE)
    found = json.loads(run(clip, "--statistics", tmp_path / "voice", "--json").stdout)
    assert found["reference"] == "statistics"
    result = run(clip, "--statistics", tmp_path / "voice", "--reference", clip)
    assert isinstance(result.exception, UsageError)


def test_many_files_give_a_line_each(tmp_path):
    for name in ("b.wav", "a.flac"):
        soundfile.write(tmp_path / name, buzz(), RATE)
    lines = run(tmp_path, "--json").stdout.splitlines()
    assert [json.loads(line)["path"] for line in lines] == [str(tmp_path / "a.flac"), str(tmp_path / "b.wav")]


def test_a_list_may_come_from_standard_input(clip):
    assert json.loads(run("-", "--json", stdin=f"{clip}\n\n").stdout)["path"] == str(clip)


def test_text_shows_bars_and_reasons(clip):
    result = run(clip)
    assert result.exit_code == 0
    assert "arousal" in result.stdout and "evidence" in result.stdout and "no score:" in result.stdout


def bad_files(folder):
    soundfile.write(folder / "silent.wav", np.zeros(RATE, np.float32), RATE)
    soundfile.write(folder / "short.wav", buzz(seconds=0.02), RATE)
    soundfile.write(folder / "nan.wav", np.full(RATE, np.nan, np.float32), RATE, subtype="FLOAT")
    (folder / "empty.wav").write_bytes(b"")
    (folder / "text.wav").write_text("this is no sound")
    whole = folder / "cut.wav"
    soundfile.write(whole, buzz(), RATE)
    whole.write_bytes(whole.read_bytes()[:9000])
    soundfile.write(folder / "hour.wav", np.zeros(3600 * 4000, np.int16), 4000)
    return {
        "silent.wav": "silent",
        "short.wav": "0.020 s",
        "nan.wav": "not finite",
        "empty.wav": "empty",
        "text.wav": "cannot be read",
        "cut.wav": "truncated",
        "hour.wav": "3600 s",
        "missing.wav": "no such file",
    }


def test_bad_files_are_reported_and_the_others_judged(clip, tmp_path):
    expected = bad_files(tmp_path)
    result = run(*(tmp_path / name for name in expected), clip, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["path"] == str(clip)
    lines = result.stderr.splitlines()
    for name, words in expected.items():
        (line,) = [line for line in lines if name in line]
        assert words in line and "voiceact: " in line
    assert f"{len(expected)} of {len(expected) + 1} files" in lines[-1]


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (192_000, 1), (16_000, 8)])
def test_odd_formats_are_judged(tmp_path, rate, channels):
    samples = np.interp(np.arange(rate) / rate, np.arange(RATE) / RATE, buzz())
    soundfile.write(tmp_path / "odd.wav", np.stack([samples] * channels, axis=1), rate)
    assert run(tmp_path / "odd.wav", "--json").exit_code == 0


def test_what_names_no_file_is_refused(tmp_path):
    with pytest.raises(UsageError, match="holds no audio"):
        expand([str(tmp_path)], [])
    with pytest.raises(UsageError, match="matches no file"):
        expand([str(tmp_path / "*.wav")], [])
    with pytest.raises(UsageError, match="standard input"):
        expand(["-"], ["\n"])
    assert isinstance(run().exception, UsageError)


def test_a_bad_reference_is_named(clip, tmp_path):
    bad_files(tmp_path)
    result = run(clip, "--reference", tmp_path / "silent.wav")
    assert "reference" in str(result.exception) and "silent.wav" in str(result.exception)
    with pytest.raises(UsageError, match="at most 5"):
        estimating.reference_of(load_estimator("human"), [clip] * 6, None)
