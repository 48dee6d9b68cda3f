"""A person in plain words: age, gender, pitch, pace, timbre and manner of the persona that is made."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceact.acting.persona import Persona, load_persona
from voiceact.cli.main import cli
from voiceact.errors import UsageError
from voiceact.prompting.person import is_description, load_or_read, read_person
from voiceact.prompting.traits import traits
from voiceact.prompting.writing import write_persona


def person(words: str) -> Persona:
    return read_person(words).persona


@pytest.mark.parametrize(
    ("words", "gender", "low", "high"),
    [
        ("a grumpy but lovable grandpa", "male", 65, 90),
        ("a little girl", "female", 3, 10),
        ("a teenage boy", "male", 13, 18),
        ("a woman in her forties", "female", 40, 49),
        ("a 78-year-old man", "male", 78, 78),
        ("a man aged sixty five", "male", 65, 65),
        ("an androgynous robot", "androgynous", 25, 50),
        ("a middle-aged nun", "female", 41, 59),
        ("she is tired and has a husky voice", "female", 25, 50),
    ],
)
def test_age_and_gender_are_read(words: str, gender: str, low: int, high: int) -> None:
    found = person(words)
    assert found.gender == gender
    assert low <= found.age <= high


@pytest.mark.parametrize(
    ("base", "words", "key", "direction"),
    [
        ("a man", "a man with a deep voice", "f0_hz", -1),
        ("a woman", "a woman with a high-pitched voice", "f0_hz", 1),
        ("a man", "a slow man", "rate", -1),
        ("a man", "a fast-talking man", "rate", 1),
        ("a man", "a loud man", "loudness", 1),
        ("a woman", "a soft-spoken woman", "loudness", -1),
        ("a man", "a raspy man", "rough", 1),
        ("a woman", "a breathy woman", "breath", 1),
        ("a man", "a monotone man", "f0_range", -1),
        ("a man", "an old man", "rate", -1),
        ("a woman", "a little girl", "tract", -1),
    ],
)
def test_words_move_the_voice_in_their_direction(base: str, words: str, key: str, direction: int) -> None:
    assert (getattr(person(words).voice, key) - getattr(person(base).voice, key)) * direction > 0


def test_every_trait_moves_what_it_says_for_every_gender() -> None:
    for name, trait in traits().items():
        for gender in ("man", "woman"):
            if trait.kind in ("pitch", "pace", "loudness", "melody"):
                words = f"a {gender} with a {name} voice"
                key = {"pitch": "f0_hz", "pace": "rate", "loudness": "loudness", "melody": "f0_range"}[trait.kind]
                neutral = 1.0 if key in ("rate", "f0_range") else 0.0
                moved = getattr(person(words).voice, key) - getattr(person(f"a {gender} with a voice").voice, key)
                assert moved * (trait.voice[key] - neutral) > 0, words


def test_degree_words_and_denials_scale_a_trait() -> None:
    plain, slightly, very = (person(f"a man with a {degree}deep voice").voice.f0_hz for degree in ("", "slightly ", "very "))
    assert very < plain < slightly < person("a man").voice.f0_hz
    assert person("a man whose voice is not deep").voice.f0_hz > plain
    assert person("a man, not slow").voice.rate > person("a man, slow").voice.rate


def test_the_same_words_are_the_same_person_and_others_another() -> None:
    assert person("A tired, old sailor!").voice == person("a tired old sailor").voice
    assert person("a tired old sailor").name == person("A tired old  sailor").name
    assert person("a tired old sailor").name != person("a tired old farmer").name


def test_what_was_understood_drawn_and_not_understood_is_told() -> None:
    reading = read_person("a zorbish old sailor with a raspy voice and a Scottish accent")
    assert reading.unread == ("zorbish",)
    assert [sign.words for sign in reading.signs] == ["old", "sailor", "raspy", "Scottish"]
    notes = " ".join(reading.notes())
    assert "zorbish" in notes
    assert "gender" in notes
    assert "accent (Scottish) reaches only engines that follow written instructions" in notes
    assert reading.persona.manner.note == reading.text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "is empty"),
        ("...", "holds no word"),
        ("xyzzy plugh", "nothing of the description 'xyzzy plugh' says how somebody sounds"),
        ("a deep, high-pitched voice", "'deep' and 'high pitched' both speak of the pitch"),
        ("fast and slow", "'slow' and 'fast' both speak of the pace"),
        ("a male woman", "are of two genders"),
        ("a 70-year-old boy", "are of two ages"),
        ("a 300-year-old man", "expected an age from 2 to 120"),
        ("man " * 400, "expected a description of at most 1,000"),
    ],
)
def test_bad_descriptions_are_refused_in_one_sentence(words: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_person(words)


def test_a_relative_does_not_change_who_speaks() -> None:
    assert person("a mother of two boys").gender == "female"
    assert person("an old man who misses his wife").gender == "male"


def test_a_child_is_cast_for_no_lust() -> None:
    assert not person("a flirtatious teenage girl").plays("Sexual Lust")


def test_a_name_stays_a_name() -> None:
    assert not is_description("nurse")
    assert not is_description("./my persona.yaml")
    assert load_or_read("nurse") == (load_persona("nurse"), ())
    with pytest.raises(UsageError, match="did you mean 'nurse'"):
        load_or_read("nurze")
    assert load_or_read("Grandpa")[0].age > 60
    found, notes = load_or_read("a grumpy old man")
    assert found.age > 60
    assert notes


def test_a_persona_is_written_whole_and_loads_again(tmp_path: Path) -> None:
    made = read_person("a tired old sailor with a raspy voice", "old-tom").persona
    path = write_persona(made, tmp_path / "mine")
    assert load_persona(path) == made
    with pytest.raises(UsageError, match="exists; choose another name"):
        write_persona(made, tmp_path / "mine")
    assert write_persona(made, tmp_path / "mine", overwrite=True) == path


def test_the_command_writes_a_persona_and_refuses_a_bad_name(tmp_path: Path) -> None:
    good = CliRunner().invoke(cli, ["persona", "new", "old-tom", "--describe", "an old man", "--out", str(tmp_path)])
    assert good.exit_code == 0, good.output
    assert (tmp_path / "old-tom.yaml").is_file()
    bad = CliRunner().invoke(cli, ["persona", "new", "Old Tom", "--describe", "an old man", "--out", str(tmp_path)])
    assert isinstance(bad.exception, UsageError)
    assert "is no name of a persona" in str(bad.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["old-tom.yaml"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(sorted(traits())), min_size=1, max_size=6).map(" ".join))
def test_any_mixture_of_traits_is_a_valid_persona_or_refused(words: str) -> None:
    import msgspec

    try:
        made = read_person(words).persona
    except UsageError:
        return
    assert msgspec.convert(msgspec.to_builtins(made), Persona) == made


@pytest.mark.parametrize(
    ("words", "age"),
    [
        ("a woman in her late fifties", 58),
        ("a mechanic in his early forties", 42),
        ("a man of sixty-eight", 68),
        ("a girl of seven", 7),
        ("my grandmother, who is ninety", 90),
        ("a boy whose voice is breaking", 13),
        ("a thirtysomething singer", 34),
        ("a mother of three", 36),
        ("a breathy film star of the late fifties", 36),
        ("an ageing singer", 62),
    ],
)
def test_ages_are_read_as_people_state_them(words: str, age: int) -> None:
    assert read_person(words).persona.age == age


@pytest.mark.parametrize(
    ("words", "gender"),
    [
        ("a prim governess with a clipped voice", "female"),
        ("the devil himself, smooth", "male"),
        ("a huntress with a deep voice", "female"),
        ("a warm clergyman", "male"),
        ("a stern schoolmistress", "female"),
    ],
)
def test_a_word_or_its_ending_says_the_gender(words: str, gender: str) -> None:
    reading = read_person(words)
    assert reading.persona.gender == gender
    assert not reading.drawn


def test_low_beside_another_word_of_the_voice_is_said_of_the_voice() -> None:
    for words in ("a smooth and low man", "a man who speaks slowly and low"):
        assert "low" in [sign.words for sign in read_person(words).signs], words
    assert "low" not in [sign.words for sign in read_person("a gruff man of low birth").signs]


def test_an_illness_is_no_manner() -> None:
    assert "cold" in read_person("a schoolboy with a cold").unread
    assert "cold" not in read_person("a cold schoolboy").unread
