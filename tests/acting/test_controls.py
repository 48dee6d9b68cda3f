"""From category, intensity and persona to what an engine is told: grows with intensity, asks nothing at 0."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceact.acting import controls
from voiceact.acting.controls import StyleClip
from voiceact.acting.direction import direct
from voiceact.acting.persona import list_personas, load_persona
from voiceact.acting.taxonomy import categories

IDS = [category.id for category in categories()]
ENGINES = sorted({*controls.load_controls()["tags"], *controls.load_controls()["styles"]})
NURSE = load_persona("nurse")
category = st.sampled_from(IDS)
intensity = st.floats(0, 7)


def test_every_table_has_all_forty_categories_and_no_other():
    table = controls.load_controls()
    for rows in (table["bursts"], table["vectors"], *table["styles"].values()):
        assert sorted(rows) == sorted(IDS)


def test_every_vector_adds_to_one_over_the_eight_emotions():
    order = controls.load_controls()["vector_order"]
    assert len(order) == 8
    for name, row in controls.load_controls()["vectors"].items():
        assert sum(row.values()) == pytest.approx(1), name
        assert set(row) <= set(order), name


def test_every_sound_of_a_category_is_known_to_some_engine_and_comes_later_the_stronger_it_is():
    spelled = {sound for tags in controls.load_controls()["tags"].values() for sound in tags}
    for name, sounds in controls.load_controls()["bursts"].items():
        assert set(sounds) <= spelled, name
        assert list(sounds.values()) == sorted(sounds.values()) and all(1 < least <= 7 for least in sounds.values()), name


@given(category, intensity, intensity)
def test_numbers_never_fall_as_intensity_grows(name, one, other):
    low, high = sorted((one, other))
    weak, strong = [(name, low)], [(name, high)]
    persona = NURSE
    assert controls.exaggeration(persona, weak) <= controls.exaggeration(persona, strong) <= 1.1
    assert controls.guidance(weak) >= controls.guidance(strong) >= 0.3
    assert controls.temperature(weak, 0.7, 0.9) <= controls.temperature(strong, 0.7, 0.9) <= 0.9
    for emotion, share in controls.emotion_vector(strong).items():
        assert controls.emotion_vector(weak)[emotion] <= share + 1e-12


@given(category)
def test_at_intensity_seven_the_vector_is_the_row_and_at_zero_nothing_is_asked(name):
    assert {key: share for key, share in controls.emotion_vector([(name, 7)]).items() if share} == pytest.approx(
        controls.load_controls()["vectors"][name]
    )
    for nothing in ([], [(name, 0)]):
        assert not any(controls.emotion_vector(nothing).values())
        assert (
            controls.sound_tag("dia", nothing)
            is controls.style_word("elevenlabs", nothing)
            is controls.choose_sound(nothing)
            is None
        )
        assert controls.exaggeration(NURSE, nothing) == controls.guidance(nothing) == 0.5
        assert controls.add_markers("elevenlabs", "Sit down.", nothing) == "Sit down."


@given(st.lists(st.tuples(category, intensity), max_size=5))
def test_a_mix_never_asks_for_more_than_all(mix):
    found = controls.emotion_vector(mix)
    assert list(found) == controls.load_controls()["vector_order"]
    assert min(found.values()) >= 0 and sum(found.values()) <= 1 + 1e-9


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_is_given_only_its_own_tags_and_the_words_to_be_spoken_stay_as_they_are(engine):
    known = controls.list_markers(engine)
    for name in IDS:
        for level in range(8):
            text = controls.add_markers(engine, "Sit down, please.", [(name, level)])
            assert text.endswith("Sit down, please.")
            rest = text.removesuffix("Sit down, please.").strip()
            for mark in known:
                rest = rest.replace(mark, "")
            assert not rest.strip(), (engine, name, level, text)


def test_every_word_in_brackets_is_known_to_who_listens_for_tags_read_aloud():
    from voiceact.verify.verdict import TELLING, emotion_words

    for engine in ENGINES:
        for name in IDS:
            for level in range(8):
                marks = controls.add_markers(engine, "", [(name, level)]).lower()
                words = {word for word in re.findall(r"[a-z]+", marks) if len(word) >= TELLING}
                assert words <= {*" ".join(emotion_words({name: float(level)})).lower().replace("-", " ").split()}, (
                    engine,
                    name,
                    level,
                )


def test_the_word_of_a_style_has_three_steps():
    assert [controls.style_word("elevenlabs", [("anger", level)]) for level in (0.5, 1, 2.9, 3, 5.9, 6, 7)] == [
        None,
        "annoyed",
        "annoyed",
        "angry",
        "angry",
        "furious",
        "furious",
    ]


def test_a_stronger_feeling_has_another_sound_and_an_engine_without_it_none():
    assert [controls.choose_sound([("amusement", level)]) for level in (2, 3, 5)] == [None, "chuckle", "laugh"]
    assert controls.sound_tag("orpheus", [("fatigue_exhaustion", 5)]) == "<yawn>"
    assert controls.sound_tag("bark", [("fatigue_exhaustion", 5)]) is None


@pytest.mark.parametrize(
    ("engine", "text", "marked"),
    [
        ("dia", "Well, *she sighs*, sit down.", "Well, (sighs), sit down."),
        ("dia", "[laughs softly] [whisper]Sit[/whisper] down.", "(laughs) Sit down."),
        ("dia", "Sit down (sniffling).", "Sit down (sniffs)."),
        ("bark", "[burst:relief_sigh] Sit. *giggles* Down.", "[sighs] Sit. Down."),
        ("chatterbox-turbo", "[chuckles]", "[chuckle]"),
        ("elevenlabs", "Sit <break/> down [sobs].", "Sit down [crying]."),
        ("kokoro", "[laughs] Sit down.", "Sit down."),
    ],
)
def test_a_sound_that_the_line_names_stands_in_its_place_in_the_engine_s_spelling(engine, text, marked):
    assert controls.add_markers(engine, text, []) == marked


def test_a_line_that_names_a_sound_gets_no_other():
    assert controls.add_markers("dia", "Sit [sighs] down.", [("amusement", 6.0)]) == "Sit (sighs) down."
    assert controls.add_markers("dia", "Sit [shrugs] down.", [("amusement", 6.0)]) == "(laughs) Sit down."


@pytest.mark.parametrize(
    ("words", "sound"),
    [
        ("she laughs softly", "laugh"),
        ("Relief Sigh", "sigh"),
        ("burst: nervous_giggle", "chuckle"),
        ("clears his throat", "clear"),
        ("crying", "cry"),
        ("sobbing", "cry"),
        ("cryptic", None),
        ("sighted", None),
        ("pause 500ms", None),
        ("", None),
    ],
)
def test_words_of_a_tag_name_a_sound(words, sound):
    assert controls.find_sound(words) == sound


def test_brackets_of_the_user_reach_no_engine():
    assert controls.remove_markup("Well [laughs] then <sigh> go (laughs) home (today).") == "Well then go home (today)."
    assert controls.remove_markup("a [b") == "a b"


def test_the_portrait_says_who_speaks():
    assert controls.describe_voice(NURSE) == "The voice of a 34-year-old woman, warm, steady, practical; medium pitch."
    assert {controls.describe_voice(persona) for persona in list_personas()}.__len__() == len(list_personas())


def test_an_instruction_holds_voice_and_acting_and_no_brackets():
    for persona in list_personas():
        if persona.plays("anger"):
            text = controls.voice_and_instruction(persona, direct(persona, [("anger", 5)], language="en", seed=0))
            assert text.startswith("The voice of a") and "anger" in text
            assert not set("[]<>") & set(text)


BANK = [StyleClip(Path("a3"), "anger", 3), StyleClip(Path("a6"), "anger", 6), StyleClip(Path("s5"), "sadness", 5)]


@pytest.mark.parametrize(
    ("asked", "clip", "share"),
    [
        ([("anger", 2)], "a3", 2 / 3),
        ([("anger", 3)], "a3", 1),
        ([("anger", 4)], "a6", 4 / 6),
        ([("anger", 7)], "a6", 1),
        ([("anger", 2), ("sadness", 5)], "s5", 1),
    ],
)
def test_the_nearest_clip_that_is_strong_enough_is_taken_in_part(asked, clip, share):
    found, taken = controls.choose_style_clip(BANK, asked)
    assert found.path == Path(clip) and taken == pytest.approx(share)


def test_a_bank_without_the_category_gives_nothing():
    assert controls.choose_style_clip(BANK, [("fear", 5)]) is None
    assert controls.choose_style_clip(BANK, []) is None
