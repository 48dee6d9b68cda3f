"""Making a test: which clips, which items, copies equally loud, blind, and whole or not at all."""

import json
import shutil
from collections import Counter
from pathlib import Path

import msgspec
import numpy as np
import pyloudnorm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from listening_tests import made_test
from tiny_run import write_tiny_run

from voiceact import audio
from voiceact.acting.taxonomy import get
from voiceact.clip.clip import Clip
from voiceact.errors import UsageError
from voiceact.listening.assignment import Ledger, sides
from voiceact.listening.delivery.listener_view import Aliases, form, new_secret, show_item
from voiceact.listening.design.design import ListeningDesign, as_document, make_test
from voiceact.listening.design.source import Candidate, open_source
from voiceact.listening.design.stimuli import COPY_RATE, add_modulated_noise, match_level
from voiceact.listening.design.stimulus_selection import select_stimuli
from voiceact.listening.loading import load_test
from voiceact.listening.protocols.material import contrast_of
from voiceact.runtime.atomic_files import sha256_file
from voiceact.store.filesystem import Store


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    return Path(write_tiny_run(tmp_path_factory.mktemp("source") / "run", shards=1))


def clip(key: str, category: str = "anger", persona: str = "nurse", level: str = "verified") -> Candidate:
    return Candidate(key, category, 5.0, persona, "en", "Well.", level, "category", *[lambda: None] * 3)


# --- Which clips


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("pq"), st.sampled_from("vr")), min_size=1, max_size=60),
    st.integers(1, 30),
    st.integers(0, 9),
)
def test_clips_are_spread_over_categories_as_evenly_as_there_are(kinds, most, seed) -> None:
    clips = [clip(f"k{n}", category, persona=persona, level=level) for n, (category, persona, level) in enumerate(kinds)]
    chosen = select_stimuli(clips, most=most, seed=seed, wanted=lambda _: "").clips
    assert len(chosen) == min(most, len(clips)) == len({one.key for one in chosen})
    have, got = Counter(one.category for one in clips), Counter(one.category for one in chosen)
    for one in have:
        assert got[one] == have[one] or got[one] >= max(got.values()) - 1
    assert select_stimuli(reversed(clips), most=most, seed=seed, wanted=lambda _: "").clips == chosen, (
        "not the order they come in"
    )


def test_what_is_left_out_is_counted_by_reason(run, tmp_path) -> None:
    wishes = ListeningDesign("presence", categories=("Anger",), levels=("verified",))
    made = make_test(run, tmp_path / "test", wishes, dry_run=True)
    assert made.by["category"] == {"anger": 6} and made.by["verdict"] == {"verified": 6}
    assert made.by["intensity"] == {"3": 3, "5": 3}
    with pytest.raises(
        UsageError,
        match="no clip of .* can be taken: it has 36, of which 24 of another category, 6 of verdict "
        "rejected, 6 of verdict verified; ask for other categories or levels",
    ):
        make_test(
            run, tmp_path / "test", ListeningDesign("presence", categories=("Anger",), levels=("undecided",)), dry_run=True
        )


def test_words_of_emotions_and_levels_are_checked(run, tmp_path) -> None:
    with pytest.raises(UsageError, match="unknown emotion 'angre'; did you mean 'angry'"):
        make_test(run, tmp_path / "test", ListeningDesign("presence", categories=("angre",)))
    with pytest.raises(UsageError, match="unknown level 'good'; expected some of verified"):
        make_test(run, tmp_path / "test", ListeningDesign("presence", levels=("good",)))
    with pytest.raises(UsageError, match="no interface in 'xx'; expected one or more of en, de, es, fr"):
        make_test(run, tmp_path / "test", ListeningDesign("presence", languages=("xx",)))
    with pytest.raises(UsageError, match="would be 90% of what a listener hears"):
        make_test(run, tmp_path / "test", ListeningDesign("presence", gold=0.5, repeats=0.4, attention=0))


# --- Which items


def test_a_presence_test_asks_for_the_category_and_for_some_clips_for_its_contrast(run, tmp_path) -> None:
    made = make_test(
        run, tmp_path / "test", ListeningDesign("presence", clips=12, contrastive=0.5, per_listener=20), dry_run=True
    )
    assert made.kinds == {"target": 12, "contrastive": 6, "gold": 4, "repeat": 18, "attention": 3}
    clips = {one.id: one for one in made.file.clips}
    for item in made.file.items:
        own = clips[item.clips[0]]
        assert item.asked == (item.category,)
        if item.kind == "target":
            assert item.category == own.category and own.made == "take" and item.expected is None
        if item.kind == "contrastive":
            assert get(item.category).valence_value * get(own.category).valence_value < 0
        if item.kind == "gold":
            assert own.made == "twin" and own.category is None and item.expected == (0,)
        if item.kind == "attention":
            assert item.expected in ((0,), (1,), (2,))
    assert made.answers == 2 * (12 + 6)
    assert any("confirmed by nobody" in note for note in made.notes)
    assert any("which no target asks for: listeners may learn" in note for note in made.notes)


def test_the_contrast_is_one_of_the_tests_own_where_that_is_far_enough() -> None:
    assert contrast_of("anger", ["anger", "sadness", "relief"]) == "relief"
    assert contrast_of("anger", ["anger", "sadness"]) not in ("anger", "sadness")


def test_each_protocol_makes_its_own_kind_of_items(run, tmp_path) -> None:
    made = {
        name: make_test(run, tmp_path / name, ListeningDesign(name, clips=18, per_listener=20), dry_run=True)
        for name in ("intensity", "pair", "naturalness", "identity")
    }
    files = {name: one.file for name, one in made.items()}
    clips = {one.id: one for one in files["pair"].clips}
    assert all(len(item.asked) == 40 for item in files["intensity"].items)
    for item in files["pair"].items:
        first, second = (clips[one] for one in item.clips)
        assert first.category == second.category == item.category and first.id != second.id
    firsts = [
        clips[item.clips[0]].intensity > clips[item.clips[1]].intensity for item in files["pair"].items if item.kind == "target"
    ]
    assert set(firsts) == {True, False}, "the stronger one is not always first"
    assert {item.asked for item in files["naturalness"].items} == {()}
    speakers = {one.id: (one.persona, one.made) for one in files["identity"].clips}
    for item in files["identity"].items:
        same = speakers[item.clips[0]][0] == speakers[item.clips[1]][0]
        if item.kind in ("target", "contrastive", "gold"):
            assert same == (item.kind != "contrastive")
    assert "no gold items: what is right is not known without people" in made["pair"].notes[0]


def test_pairs_need_two_of_a_kind(run, tmp_path) -> None:
    with pytest.raises(UsageError, match="1 clip without an item of pair; it needs two clips of one category"):
        make_test(run, tmp_path / "test", ListeningDesign("pair", clips=1), dry_run=True)


def test_the_categories_that_many_are_asked_for_can_be_named(run, tmp_path) -> None:
    made = make_test(run, tmp_path / "test", ListeningDesign("intensity", clips=6, asked=("Relief", "joy")), dry_run=True)
    assert {item.asked for item in made.file.items} == {("elation", "relief", "distress", "sadness", "anger")}


def test_labels_by_people_take_the_place_of_gold_made_by_code(run, tmp_path) -> None:
    gold = tmp_path / "gold.csv"
    gold.write_text("key,category,values\ntiny-000000000-001,anger,1 2\ntiny-000000001-002,Anger,0\n")
    made = make_test(run, tmp_path / "test", ListeningDesign("presence", clips=6, gold_file=gold), dry_run=True)
    found = [item for item in made.file.items if item.kind == "gold"]
    assert sorted(item.expected for item in found) == [(0,), (1, 2)]
    assert not any(one.made == "twin" for one in made.file.clips)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("key,category,values\nnobody,anger,1\n", "the gold file names nobody, which .* does not have"),
        ("key,category,values\ntiny-000000000-001,anger,7\n", r"line 2: values are '7'; expected one or more of 0, 1, 2"),
        ("key,category,values\ntiny-000000000-001,,1\n", "line 2: category is missing"),
        ("key,category,values\n,anger,1\n", "line 2: key is missing"),
        ("", "is empty; expected a line a clip"),
    ],
)
def test_a_gold_file_is_checked(run, tmp_path, text, message) -> None:
    (tmp_path / "gold.csv").write_text(text)
    with pytest.raises(UsageError, match=message):
        make_test(run, tmp_path / "test", ListeningDesign("presence", gold_file=tmp_path / "gold.csv"))


# --- Blind


@pytest.mark.parametrize("protocol", ["presence", "intensity", "pair", "naturalness", "identity"])
def test_what_is_shown_tells_nothing_of_a_clip_but_what_is_asked(tmp_path, protocol) -> None:
    test = made_test(tmp_path, protocol, clips=12, attention=0.1)
    clips = list(test.clips.values())
    draws = Ledger(test).assign("somebody", seed=3, now=0.0, whole=True)
    assert {test.items[draw.item].kind for draw in draws} >= {"target", "repeat", "attention"}
    aliases = Aliases(bytes.fromhex(new_secret()))
    for draw in draws:
        told = show_item(test, draw, aliases)
        assert set(told) == {"item", "position", "clips", "asked", "instruct", "instruct_category"}
        assert told["asked"] == list(test.items[draw.item].asked)
        assert [aliases.clips(test, draw)[alias] for alias in told["clips"]] == list(sides(test, test.items[draw.item], 3))
        assert not {draw.item, *test.items[draw.item].clips} & {told["item"], *told["clips"]}
        assert (told["instruct"] is not None) == (test.items[draw.item].kind == "attention")
        words = json.dumps(told | {"asked": [], "instruct_category": None}) + json.dumps(form(test))
        secret = (
            {one.key for one in clips}
            | {one.persona for one in clips}
            | {"anger", "sadness", "distress", "verified", "rejected", "target", "gold", "contrastive"}
        )
        assert not [word for word in secret if word in words]


def test_ids_and_their_order_tell_nothing_and_are_the_same_again(run, tmp_path) -> None:
    first, again = (make_test(run, tmp_path / name, ListeningDesign("presence", clips=12)).file for name in ("a", "b"))
    assert first == again and first.id == again.id
    assert (tmp_path / "a" / "test.json").read_bytes() == (tmp_path / "b" / "test.json").read_bytes()
    other = make_test(run, tmp_path / "c", ListeningDesign("presence", clips=12, seed=1)).file
    assert not {one.id for one in first.clips} & {one.id for one in other.clips}
    assert [item.id for item in first.items] == sorted(item.id for item in first.items)


# --- Sounds


def test_copies_are_equally_loud_and_their_digest_is_kept(tmp_path) -> None:
    test = made_test(tmp_path)
    for one in test.clips.values():
        samples, rate = audio.read(test.audio_path(one.id))
        assert audio.loudness_lufs(samples, rate) == pytest.approx(-23.0, abs=0.1)
        assert sha256_file(test.audio_path(one.id)) == one.sha256
        assert one.gain_db == pytest.approx(-23.0 - one.lufs_before, abs=0.02)


def test_level_matching_by_an_independent_meter() -> None:
    rate = 48000
    samples = (0.02 * np.random.default_rng(0).standard_normal(3 * rate)).astype(np.float32)
    copy = match_level(samples, rate, lufs=-23.0, name="noise")
    assert pyloudnorm.Meter(rate).integrated_loudness(copy.samples.astype(float)) == pytest.approx(-23.0, abs=0.1)
    assert audio.true_peak(copy.samples, rate) <= 10 ** (-1 / 20) + 1e-4


def test_silence_is_refused() -> None:
    with pytest.raises(UsageError, match="clip k1 is silent"):
        match_level(np.zeros(48000, np.float32), 48000, lufs=-23.0, name="k1")


def test_the_drowned_copy_has_noise_as_loud_as_itself() -> None:
    samples = np.sin(np.arange(96000) / 20).astype(np.float32)
    noise = add_modulated_noise(samples, seed=3) - samples
    assert 10 * np.log10(np.mean(noise**2) / np.mean(samples**2)) == pytest.approx(0.0, abs=0.2)


# --- Whole or not at all


def test_an_altered_clip_of_a_run_is_refused_and_nothing_is_left(tmp_path) -> None:
    folder = Path(write_tiny_run(tmp_path / "run", shards=1))
    row = next(open_source(folder)[1]())
    store = Store(folder)
    name = "verified/shard-000000.tar"
    data = bytearray(store.read(name))
    start = data.find(b"fLaC") + 200
    data[start] ^= 0xFF
    (folder / name).write_bytes(bytes(data))
    with pytest.raises(UsageError, match=f"clip {row.key} is not the one that was judged"):
        make_test(folder, tmp_path / "test", ListeningDesign("presence", clips=36))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]


def test_a_folder_that_is_there_is_left_alone(run, tmp_path) -> None:
    (tmp_path / "test").mkdir()
    with pytest.raises(UsageError, match="exists already; choose another --out"):
        make_test(run, tmp_path / "test", ListeningDesign("presence"))
    with pytest.raises(UsageError, match="folder .*missing does not exist"):
        make_test(run, tmp_path / "missing" / "test", ListeningDesign("presence"))


def test_a_dry_run_writes_nothing(run, tmp_path) -> None:
    made = make_test(run, tmp_path / "test", ListeningDesign("presence", clips=6), dry_run=True)
    assert list(tmp_path.iterdir()) == [] and as_document(made)["clips"] == len(made.file.clips)


def test_what_is_no_source_is_told(tmp_path) -> None:
    with pytest.raises(UsageError, match="holds neither a run .* nor clips with their records"):
        make_test(tmp_path, tmp_path / "test", ListeningDesign("presence"))
    with pytest.raises(UsageError, match="no such folder; expected a run"):
        make_test(tmp_path / "nowhere", tmp_path / "test", ListeningDesign("presence"))


# --- A folder of clips


@pytest.fixture
def samples(tmp_path) -> Path:
    """Three of the shipped samples: two that feel something and the neutral reading of their line."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for path in (Path(__file__).parents[2] / "samples").glob("nurse-*"):
        if path.stem in ("nurse-anger-6", "nurse-sadness-6", "nurse-neutral"):
            shutil.copy(path, folder / path.name)
    return folder


def test_a_test_of_a_folder_takes_its_neutral_clip_for_gold(samples, tmp_path) -> None:
    test_folder = tmp_path / "test"
    made = make_test(samples, test_folder, ListeningDesign("presence"))
    test = load_test(test_folder, check=True)
    takes = {one.category: one for one in test.clips.values() if one.made == "take"}
    judged = {clip.record.category: clip.record.verdict.level for clip in map(Clip.load, samples.glob("nurse-*-6.json"))}
    assert {category: take.verdict for category, take in takes.items()} == judged and judged.keys() == {"anger", "sadness"}
    assert made.file.source.kind == "folder" and made.by["verdict"] == Counter(judged.values())
    neutral = Clip.load(samples / "nurse-neutral.json").read()
    twin = next(one for one in test.clips.values() if one.made == "twin")
    heard, _ = audio.read(test.audio_path(twin.id))
    assert np.corrcoef(heard, audio.resample(neutral.samples, neutral.record.audio.sample_rate, COPY_RATE))[0, 1] > 0.9999


def test_an_altered_or_missing_clip_of_a_folder_is_refused(samples, tmp_path) -> None:
    sound = samples / "nurse-anger-6.ogg"
    shutil.copy(samples / "nurse-sadness-6.ogg", sound)
    with pytest.raises(UsageError, match="nurse-anger-6.ogg: is not the audio its record describes"):
        make_test(samples, tmp_path / "test", ListeningDesign("presence"))
    sound.unlink()
    with pytest.raises(UsageError, match="nurse-anger-6.ogg: no such file"):
        make_test(samples, tmp_path / "test", ListeningDesign("presence"))


# --- Reading it again


def test_a_test_that_was_edited_is_refused(tmp_path) -> None:
    test = made_test(tmp_path)
    path = test.folder / "test.json"
    path.write_text(path.read_text().replace('"contrastive": 0.25', '"contrastive": 0.5'))
    with pytest.raises(UsageError, match="was edited after it was made"):
        load_test(test.folder)


def test_sounds_that_are_missing_or_altered_are_named(tmp_path) -> None:
    test = made_test(tmp_path)
    first, second, *_ = (test.audio_path(one) for one in test.clips)
    first.write_bytes(second.read_bytes())
    second.unlink()
    load_test(test.folder)
    with pytest.raises(UsageError) as error:
        load_test(test.folder, check=True)
    assert f"{first} is not the file the test was made with" in str(error.value) and f"{second} is missing" in str(error.value)


def test_a_folder_without_a_test_is_told_how_to_get_one(tmp_path) -> None:
    with pytest.raises(UsageError, match="is no listening test .* voiceact listen new RUN"):
        load_test(tmp_path)
    (tmp_path / "test.json").write_text('{"format": "voiceact-test/9"}')
    with pytest.raises(UsageError, match="has format 'voiceact-test/9'; this voiceact reads 'voiceact-test/1'"):
        load_test(tmp_path)


def test_the_judges_scores_and_thresholds_are_kept(tmp_path) -> None:
    test = made_test(tmp_path, clips=36)
    take = next(one for one in test.clips.values() if one.verdict == "verified" and one.category == "anger")
    assert take.scores["anger"] == take.intensity and take.thresholds == {"anger": 2.0} and take.evidence == "category"
    assert test.file.source.judge == {"name": "scripted", "revision": "r1"}
    assert msgspec.json.decode((test.folder / "test.json").read_bytes())["source"]["plan"] == "0" * 64
