"""The shipped bursts, and the words that ask for them."""

import numpy as np
import pytest

from voiceact.acting.persona import load_persona
from voiceact.audio import loudness_lufs, true_peak
from voiceact.bursts.kinds import KINDS, find_burst, fit_kind, get_kind
from voiceact.bursts.library import PARAMETERS, load_library
from voiceact.bursts.render import perform_burst
from voiceact.errors import UnknownNameError


@pytest.mark.parametrize(
    ("words", "laion"),
    [
        ("sighs", "Relief Sigh"),
        ("she laughs nervously", "Nervous Giggle"),
        ("Sigh of longing", "Wistful Sigh"),
        ("gasps in fear", "Fearful Gasp"),
        ("moans in pain", "Pain Moan"),
        ("takes a deep breath", "Deep Breath"),
        ("burst: mournful wail", "Mournful Wail"),
        ("Mournful Wail", "Mournful Wail"),
    ],
)
def test_words_ask_for_a_kind(words: str, laion: str) -> None:
    kind = find_burst(words)
    assert kind is not None and kind.laion == laion


@pytest.mark.parametrize("words", ["laughing", "whispers", "cry me a river", "Sadness:5", "", "shrugs", "pause 500ms"])
def test_other_words_ask_for_none(words: str) -> None:
    assert find_burst(words) is None


def test_an_unknown_burst_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="unknown vocal burst 'guffow'; did you mean 'guffaw'"):
        find_burst("burst: guffow")
    with pytest.raises(UnknownNameError, match="unknown vocal burst 'zzz'; known: "):
        get_kind("zzz")


def test_a_sigh_of_longing_is_wistful() -> None:
    sigh = KINDS["relief_sigh"]
    assert fit_kind(sigh, "longing").laion == "Wistful Sigh"
    assert fit_kind(sigh, None) is sigh and fit_kind(KINDS["growl"], "longing").laion == "Growl"


def test_the_library_is_whole_small_and_says_where_it_is_from() -> None:
    library = load_library()
    assert len(KINDS) >= 24 and all(library.of_kind(kind) for kind in KINDS)
    assert PARAMETERS.stat().st_size < 6e6
    for burst in library.bursts:
        assert burst.origin["licence"] == "Apache-2.0" and burst.origin["contributor"] != "000160"
        assert burst.origin["label"] in KINDS[burst.origin["kind"]].labels
        assert 0.2 <= burst.origin["seconds"] <= 2.5 and burst.origin["snr_db"] >= 25
    paths = [burst.origin["path"] for burst in library.bursts]
    assert len(paths) == len(set(paths))


def test_a_burst_is_at_the_persona_s_loudness_and_the_same_each_time() -> None:
    nurse, kind = load_persona("nurse"), KINDS["contented_sigh"]
    samples = perform_burst(kind, nurse, rate=16000)
    assert loudness_lufs(samples, 16000) == pytest.approx(nurse.voice.loudness + kind.level, abs=1)
    assert np.array_equal(samples, perform_burst(kind, nurse, rate=16000))
    assert not np.array_equal(perform_burst(kind, nurse, seed=1), perform_burst(kind, nurse, seed=2))


def test_a_scream_does_not_clip() -> None:
    samples = perform_burst(KINDS["scream"], load_persona("nurse"), energy=20)
    assert 20 * np.log10(true_peak(samples, 24000)) <= -0.9
