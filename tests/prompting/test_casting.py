"""A cast that is balanced and far apart, and the page of an audition."""

import re
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from voiceact.acting.persona import Voice, age_band, list_personas
from voiceact.cli.main import cli
from voiceact.errors import UsageError
from voiceact.prompting.casting import choose_cast, voice_distance


def test_a_cast_is_balanced_by_gender_and_age() -> None:
    personas = list_personas()
    members = choose_cast(personas, 6, seed=3)
    genders = Counter(member.persona.gender for member in members)
    there = len({persona.gender for persona in personas})
    assert max(genders.values()) - min(genders.values()) <= 1
    assert len(genders) == there
    assert len({member.band for member in members}) >= 3
    assert len({member.persona.name for member in members}) == 6


def test_the_seed_decides_and_the_order_of_the_personas_does_not() -> None:
    personas = list_personas()
    names = [member.persona.name for member in choose_cast(personas, 5, seed=1)]
    assert names == [member.persona.name for member in choose_cast(personas[::-1], 5, seed=1)]
    assert any(names != [member.persona.name for member in choose_cast(personas, 5, seed=seed)] for seed in range(2, 6))


def test_voices_of_a_cast_can_be_told_apart() -> None:
    for member in choose_cast(list_personas(), 8)[1:]:
        assert member.distance > 2
        assert member.nearest


def test_distance_is_counted_in_just_noticeable_differences() -> None:
    assert voice_distance(Voice(f0_hz=200), Voice(f0_hz=200)) == 0
    assert voice_distance(Voice(f0_hz=200 * 2 ** (1.95 / 12)), Voice(f0_hz=200)) == pytest.approx(1)
    assert voice_distance(Voice(breath=0.3), Voice()) == pytest.approx(2)


@pytest.mark.parametrize(
    ("age", "band"),
    [
        (6, "child"),
        (14, "child"),
        (15, "young"),
        (25, "young"),
        (26, "adult"),
        (64, "adult"),
        (65, "elder"),
        (120, "elder"),
        (121, "elder"),
    ],
)
def test_bands_of_age(age: int, band: str) -> None:
    assert age_band(age) == band


def test_more_than_there_are_is_refused() -> None:
    with pytest.raises(UsageError, match=r"a cast of 3 was asked for; expected 1 to 2"):
        choose_cast(list_personas()[:2], 3)


def test_an_audition_is_one_page_with_nine_sounds(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    result = CliRunner().invoke(cli, ["persona", "audition", "a gruff old man", "--text", "Well, now.", "--out", str(page)])
    assert result.exit_code == 0, result.output
    html = page.read_text("utf-8")
    sounds = re.findall(r'src="(data:audio/ogg;base64,[^"]+)"', html)
    assert len(sounds) == 9
    assert len(set(sounds)) == 9
    assert "<script" not in html
    assert 'src="http' not in html


def test_an_audition_into_no_folder_is_refused_before_speaking(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["persona", "audition", "nurse", "--out", str(tmp_path / "no" / "page.html")])
    assert isinstance(result.exception, UsageError)
    assert "does not exist; create it first" in str(result.exception)
