"""Personas: where they are found, what a file may hold, what is inherited, and the ones that ship."""

import doctest
import itertools
import math
import os
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from voiceact.acting.persona import (
    Consent,
    Manner,
    Persona,
    Voice,
    cast,
    find_persona_path,
    list_personas,
    load_persona,
    persona_folders,
    persona_names,
    shipped_folder,
    validate_file,
)
from voiceact.acting.taxonomy import categories
from voiceact.errors import UnknownNameError, UsageError

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "persona.md"
SHIPPED = sorted(path.stem for path in (ROOT / "personas").glob("*.yaml"))

HERO = """\
name: hero
description: Brave.
gender: male
age: 30
voice:
  f0_hz: 110
  tract: 1.15
"""

Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def user_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The platform's user folder is a sandbox, and so is the working folder."""
    folder = tmp_path / "user"
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: folder)
    monkeypatch.delenv("VOICEACT_PERSONAS", raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return folder


@pytest.fixture
def write() -> Write:
    """Writes a persona file below the working folder."""

    def write(text: str | bytes, name: str = "hero.yaml") -> Path:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return path

    return write


def refusal(path: Path) -> str:
    with pytest.raises(UsageError) as caught:
        validate_file(path)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


# --- What a file says


def test_defaults_are_a_voice_with_nothing_special(write: Write) -> None:
    hero = validate_file(write(HERO))
    assert hero == Persona(name="hero", description="Brave.", gender="male", age=30, voice=Voice(f0_hz=110.0, tract=1.15))
    assert hero.license == "CC0-1.0" and hero.language == "en" and hero.consent is None
    assert hero.voice.rate == hero.voice.pause == hero.voice.f0_range == hero.manner.expressiveness == 1
    assert hero.voice.breath == hero.voice.rough == hero.voice.creak == hero.voice.tremor == hero.voice.tilt == 0


def test_every_key_is_read(write: Write) -> None:
    Path("voice.wav").touch()
    hero = validate_file(
        write(
            HERO
            + """\
  f0_range: 1.1
  breath: 0.1
  rough: 0.2
  creak: 0.3
  tremor: 0.4
  tilt: -1
  rate: 0.9
  pause: 1.3
  loudness: -22
  reference: voice.wav
language: de
profession: knight
temperament: [brave, vain]
tags: [adult, story]
license: CC-BY-4.0
consent: {who: A. Nobody, statement: may be used, date: 2024-05-31, evidence: letter 3}
manner:
  expressiveness: 1.4
  exaggerates: {Pride: 1.5}
  masks: {Fear: 0.25}
  note: Chin up.
lexicon: {Nguyen: /wˈɪn/, no: know}
"""
        )
    )
    assert hero.voice == Voice(
        f0_hz=110,
        f0_range=1.1,
        tract=1.15,
        breath=0.1,
        rough=0.2,
        creak=0.3,
        tremor=0.4,
        tilt=-1,
        rate=0.9,
        pause=1.3,
        loudness=-22,
        reference=str(Path("voice.wav").absolute()),
    )
    assert hero.manner == Manner(expressiveness=1.4, exaggerates={"Pride": 1.5}, masks={"Fear": 0.25}, note="Chin up.")
    assert hero.consent is not None and hero.consent.date.isoformat() == "2024-05-31"
    assert (hero.language, hero.profession, hero.license) == ("de", "knight", "CC-BY-4.0")
    assert (hero.temperament, hero.tags) == (("brave", "vain"), ("adult", "story"))
    assert hero.lexicon == {"Nguyen": "/wˈɪn/", "no": "know"}


def test_norwegian_is_a_language_and_not_a_truth_value(write: Write) -> None:
    assert validate_file(write(HERO + "language: no\n")).language == "no"


def test_a_byte_order_mark_is_passed_over(write: Write) -> None:
    assert validate_file(write(b"\xef\xbb\xbf" + HERO.encode())).name == "hero"


def test_a_persona_is_frozen_and_its_voice_can_be_a_key() -> None:
    nurse = load_persona("nurse")
    with pytest.raises(AttributeError):
        nurse.age = 3  # type: ignore[misc]
    assert {nurse.voice: 1}[load_persona("nurse").voice] == 1


@pytest.mark.parametrize("name", ["nurse", "old-lighthouse-keeper"])
def test_what_a_persona_says_of_itself_is_a_valid_file(name: str, write: Write) -> None:
    persona = load_persona(name)
    path = write(yaml.safe_dump(persona.as_dict(), allow_unicode=True), f"{name}.yaml")
    assert validate_file(path) == persona


# --- What is wrong with a file


@pytest.mark.parametrize(("given_text", "sentence"), [
    (HERO + "  breathness: 0.1\n", ": unknown key 'breathness' in voice; did you mean 'breath'?"),
    (HERO.replace("age", "agee"), ": unknown key 'agee'; did you mean 'age'?"),
    (HERO + "rough: 0.1\n", ": unknown key 'rough'; it belongs under 'voice'"),
    (HERO + "  zzz: 1\n", ": unknown key 'zzz' in voice; known: f0_hz, f0_range, tract, breath, rough, "
     "creak, tremor, tilt, formants, resonance, rate, pause, loudness, reference"),
    (HERO + "  masks: {}\n", ": unknown key 'masks' in voice; it belongs under 'manner'"),
    (HERO + "  name: x\n", ": unknown key 'name' in voice; it belongs at the top, without indentation"),
    (HERO.replace("110", "-110"), ": voice.f0_hz is -110; expected a number from 50 to 400 (median F0 in Hz)"),
    (HERO.replace("110", "401"), ": voice.f0_hz is 401; expected a number from 50 to 400 (median F0 in Hz)"),
    (HERO.replace("110", ".nan"), ": voice.f0_hz is nan; expected a number from 50 to 400 (median F0 in Hz)"),
    (HERO.replace("110", ""), ": voice.f0_hz is empty; expected a number from 50 to 400 (median F0 in Hz)"),
    (HERO.replace("110", "'110'"),
     ": voice.f0_hz is the text '110'; expected a number from 50 to 400 (median F0 in Hz)"),
    (HERO.replace("110", "deep"), ": voice.f0_hz is 'deep'; expected a number from 50 to 400 (median F0 in Hz)"),
    (HERO.replace("110", "yes"), ": voice.f0_hz is 'yes'; expected a number from 50 to 400 (median F0 in Hz)"),
    (HERO.replace("30", "30.5"), ": age is 30.5; expected a whole number from 2 to 120 (years)"),
    (HERO.replace("gender: male", "gender: mael"),
     ": gender is 'mael'; expected androgynous, female or male; did you mean 'male'?"),
    (HERO.replace("Brave.", "' '"), ": description is ' '; expected some text"),
    (HERO + "  formants: [1, 1]\n",
     ": voice.formants is a list; expected three multipliers, 0.85 to 1.15: first, second, higher formants, beside the tract"),
    (HERO + "  resonance: [0, 0, 0, 0, 0, 9]\n", ": item 6 of voice.resonance is 9; expected a number from -8 to 8"),
    (HERO + "tags: care\n", ": tags is 'care'; expected a list of words, such as [warm, steady]"),
    (HERO + "tags: [care, 3]\n", ": item 2 of tags is 3; expected some text"),
    (HERO + "language: English\n", ": language is 'English'; expected a language code such as en"),
    (HERO + "manner: loud\n",
     ": manner is 'loud'; expected keys with values: expressiveness, exaggerates, masks, note"),
    (HERO + "manner: {exaggerates: [Anger]}\n", ": manner.exaggerates is a list; expected words with values"),
    (HERO + "manner: {exaggerates: {Joy: 1.4, Wrath: 0.5}}\n",
     ": manner.exaggerates.Wrath is 0.5; expected a number above 1, at most 3 (shown more than felt)"),
    (HERO + "manner: {masks: {Joy: 0.4, Wrath: 1}}\n",
     ": manner.masks.Wrath is 1; expected a number at least 0, below 1 (shown less than felt)"),
    (HERO + "manner: {masks: {Wrath: 0.4, Anger: 0.5}}\n",
     ": manner: 'Wrath' and 'Anger' both mean Anger; keep one"),
    (HERO + "manner: {exaggerates: {Anger: 1.2}, masks: {Wrath: 0.4}}\n",
     ": manner: 'Anger' and 'Wrath' both mean Anger; keep one"),
    (HERO + "lexicon: {a: b, c: 3}\n", ": lexicon.c is 3; expected some text"),
    (HERO + "lexicon: {'': b}\n", ": lexicon holds ''; expected a word"),
    (HERO + "consent: {who: A}\n", ": the key 'statement' is missing from consent; expected some text"),
    (HERO + "consent: {who: A, statement: S, date: soon, evidence: E}\n",
     ": consent.date is 'soon'; expected a date as 2024-05-31"),
    (HERO.replace("age: 30\n", ""), ": the key 'age' is missing; expected a whole number from 2 to 120 (years)"),
    (HERO.replace("  tract: 1.15\n", ""), ": the key 'tract' is missing from voice; every voice has its own"),
    (HERO.replace("name: hero", "name: heroine"), ": name is 'heroine'; expected 'hero', as the file is called"),
    (HERO.replace("name: hero", "name: A b"), ": name is 'A b'; expected lower-case words joined by hyphens"),
    (HERO + "extends: 3\n", ": extends is 3; expected lower-case words joined by hyphens"),
    ("", " is empty; expected keys with values, one a line"),
    ("# later\n", " is empty; expected keys with values, one a line"),
    ("- a\n", " holds a list; expected keys with values, one a line"),
    ("hero", " holds 'hero'; expected keys with values, one a line"),
    (b"name: caf\xe9\n", ", line 1: not UTF-8 text; save the file as UTF-8"),
    (HERO.encode("utf-16"), ", line 1: not UTF-8 text; save the file as UTF-8"),
    (HERO + "age: 31\n", ", line 8: not valid YAML (key 'age' is given twice; keep one)"),
    (HERO + "note: a: b\n", ", line 8: not valid YAML (mapping values are not allowed in this context)"),
    (HERO + "tags: &t [a]\n", ", line 8: an anchor or alias is not read here; write it out plainly"),
    (HERO + "tags: !!set {a}\n", ", line 8: a tag is not read here; write it out plainly"),
    (HERO + "---\na: 1\n", ", line 8: not valid YAML (found another document)"),
    ("tags: " + "[" * 50_000, ", line 1: more than 20 levels of nesting is not read here; write it out plainly"),
    ("age: " + "9" * 5000, ": not valid YAML (a number has too many digits)"),
    ("a" * (1 << 20) + "b", " is larger than 1 MiB; expected a smaller file; expected a YAML file written by hand"),
])  # fmt: skip
def test_a_bad_file_is_told_in_one_sentence(given_text: str | bytes, sentence: str, write: Write) -> None:
    assert refusal(write(given_text)) == "hero.yaml" + sentence


def test_an_unknown_category_in_the_manner_is_told_with_the_nearest(write: Write) -> None:
    sentence = refusal(write(HERO + "manner: {exaggerates: {Emberrassment: 1.4}}\n"))
    assert sentence.startswith("hero.yaml: manner: unknown emotion 'Emberrassment'; did you mean 'Embarrassment'?")


@pytest.mark.parametrize("line", ["\ttags: a", "tags: [a", "tags: 'a", "tags: ]", "%a"])
def test_broken_yaml_is_told_with_its_line(line: str, write: Write) -> None:
    assert re.match(r"hero\.yaml, line [89]: not valid YAML \(.+\)$", refusal(write(HERO + line + "\n")))


def test_control_characters_are_no_yaml(write: Write) -> None:
    assert "hero.yaml: not valid YAML (" in refusal(write(HERO + "profession: a\x07b\n"))


def test_a_missing_file_is_told() -> None:
    assert refusal(Path("nobody.yaml")).startswith("persona file 'nobody.yaml' does not exist; expected ")


def test_a_folder_is_no_persona() -> None:
    Path("cast").mkdir()
    assert refusal(Path("cast")) == "'cast' is a folder; expected a persona's name or its file"


FIELDS = {
    "name",
    "description",
    "gender",
    "age",
    "voice",
    "manner",
    "extends",
    "tags",
    "consent",
    "lexicon",
    "f0_hz",
    "exaggerates",
}
ANY = st.recursive(
    st.none() | st.integers() | st.floats() | st.text(max_size=5) | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(FIELDS)) | st.text(max_size=3), inner, max_size=4)
    ),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), ANY, min_size=1))
@example({"voice": {"f0_hz": True}})
@example({"manner": {"exaggerates": {"": 2}}})
def test_whatever_the_keys_hold_only_a_usage_error_comes_out(write: Write, raw: dict[str, Any]) -> None:
    merged = yaml.safe_load(HERO) | {"lexicon": {}} | raw
    path = write(yaml.safe_dump(merged, allow_unicode=True))
    try:
        assert validate_file(path).name == "hero"
    except UsageError as error:
        assert str(error).startswith("hero.yaml")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_whatever_bytes_a_file_holds_only_a_usage_error_comes_out(write: Write, data: bytes) -> None:
    assert refusal(write(data)).startswith("hero.yaml")


# --- Extending


def test_a_persona_inherits_what_it_does_not_give(write: Write) -> None:
    write(HERO + "tags: [adult, story]\nmanner: {expressiveness: 1.4, note: Chin up.}\nlexicon: {a: b, c: d}\n")
    child = validate_file(
        write(
            "name: squire\nextends: hero\nage: 19\nvoice: {rate: 1.1}\ntags: [young]\nmanner: {note: Head down.}\n"
            "lexicon: {c: e}\n",
            "squire.yaml",
        )
    )
    assert child.description == "Brave." and child.age == 19 and child.extends == "hero"
    assert child.voice == Voice(f0_hz=110, tract=1.15, rate=1.1)
    assert child.tags == ("young",)
    assert child.manner == Manner(expressiveness=1.4, note="Head down.")
    assert child.lexicon == {"a": "b", "c": "e"}


def test_extending_goes_over_several_files_and_over_the_shipped_ones(write: Write) -> None:
    write("name: night-nurse\nextends: nurse\nvoice: {rate: 0.8}\n", "night-nurse.yaml")
    last = validate_file(write("name: last-nurse\nextends: night-nurse\nvoice: {pause: 2}\n", "last-nurse.yaml"))
    assert last.voice == msgspec.structs.replace(load_persona("nurse").voice, rate=0.8, pause=2.0)


def test_what_is_said_of_a_category_replaces_what_was_inherited_of_it(write: Write) -> None:
    write(HERO + "manner: {exaggerates: {Concern: 1.5, Joy: 2}, masks: {Anger: 0.5}}\n")
    child = validate_file(
        write("name: squire\nextends: hero\nmanner: {exaggerates: {Wrath: 1.2}, masks: {Worry: 0.5}}\n", "squire.yaml")
    )
    assert child.manner == Manner(exaggerates={"Joy": 2, "Wrath": 1.2}, masks={"Worry": 0.5})
    assert child.strength("Distress") == 0.5 and child.strength("Anger") == 1.2


def test_the_error_names_the_file_that_is_wrong(write: Write) -> None:
    write(HERO.replace("110", "deep"))
    assert refusal(write("name: squire\nextends: hero\n", "squire.yaml")).startswith("hero.yaml: voice.f0_hz is 'deep'")
    write(HERO)
    assert refusal(write("name: squire\nextends: hero\nvoice: {rate: 9}\n", "squire.yaml")).startswith(
        "squire.yaml: voice.rate is 9; expected a number from 0.7 to 1.35"
    )


def test_an_empty_section_is_no_inheritance(write: Write) -> None:
    write(HERO)
    path = write("name: squire\nextends: hero\nvoice:\n", "squire.yaml")
    assert refusal(path).startswith("squire.yaml: voice is empty")


def test_a_name_is_not_inherited(write: Write) -> None:
    write(HERO)
    assert refusal(write("extends: hero\n", "squire.yaml")).startswith("squire.yaml: the key 'name' is missing")


def test_a_circle_is_told_with_its_links(write: Write) -> None:
    for name, base in (("a", "b"), ("b", "c"), ("c", "a")):
        write(f"name: {name}\nextends: {base}\n", f"{name}.yaml")
    assert refusal(Path("a.yaml")) == "a.yaml: extends runs in a circle (a -> b -> c -> a); take one extends out"
    assert "circle (hero -> hero)" in refusal(write(HERO + "extends: hero\n"))


@pytest.mark.parametrize("base", ["nurze", "../nurse", "nurse.yaml", ""])
def test_an_unknown_base_is_told(base: str, write: Write) -> None:
    assert f"hero.yaml: extends: unknown persona '{base}'; " in refusal(write(HERO + f"extends: '{base}'\n"))


# --- A real person's voice


def test_a_recording_needs_consent(write: Write) -> None:
    Path("voice.wav").touch()
    assert refusal(write(HERO + "  reference: voice.wav\n")) == (
        "hero.yaml: voice.reference is a recording of a real person and consent is missing; "
        "expected consent with who, statement, date and evidence"
    )


def test_a_recording_is_found_from_the_file_that_names_it(write: Write) -> None:
    consent = "consent: {who: A, statement: S, date: 2024-05-31, evidence: E}\n"
    path = write(HERO + "  reference: voice.wav\n" + consent, "cast/hero.yaml")
    assert "cast/hero.yaml: voice.reference is 'voice.wav', which does not exist" in refusal(path)
    Path("cast/voice.wav").touch()
    child = validate_file(write("name: squire\nextends: hero\n", "cast/squire.yaml"))
    assert child.voice.reference == str(Path("cast/voice.wav").absolute())
    assert isinstance(child.consent, Consent) and child.consent.who == "A"


# --- Where personas are found


def test_folders_are_searched_in_order(write: Write, user_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("given", "also", "one", "two"):
        Path(folder).mkdir()
    monkeypatch.setenv("VOICEACT_PERSONAS", os.pathsep.join(["one", "two", ""]))
    assert persona_folders(["given", "also"]) == [
        Path("given"),
        Path("also"),
        Path("one"),
        Path("two"),
        user_folder / "personas",
        shipped_folder(),
    ]


def test_an_earlier_folder_hides_a_later_one(write: Write, user_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = HERO.replace("name: hero", "name: nurse")
    assert load_persona("nurse").profession == "nurse"
    write(mine.replace("Brave.", "Third."), str(user_folder / "personas" / "nurse.yaml"))
    assert load_persona("nurse").description == "Third."
    write(mine.replace("Brave.", "Second."), "env/nurse.yml")
    monkeypatch.setenv("VOICEACT_PERSONAS", "env")
    assert load_persona("nurse").description == "Second."
    write(mine.replace("Brave.", "First."), "given/nurse.yaml")
    assert load_persona("nurse", ["given"]).description == "First."
    assert [persona.description for persona in list_personas(["given"]) if persona.name == "nurse"] == ["First."]
    assert find_persona_path("nurse", ["given"]) == Path("given/nurse.yaml")


def test_the_user_folder_may_be_missing_and_others_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert persona_names() == SHIPPED
    with pytest.raises(UsageError, match=r"^persona folder 'gone' does not exist; create it or name another$"):
        persona_folders(["gone"])
    monkeypatch.setenv("VOICEACT_PERSONAS", "gone")
    with pytest.raises(UsageError, match=r"^persona folder 'gone' \(from VOICEACT_PERSONAS\) does not exist"):
        load_persona("nurse")


def test_hidden_files_and_other_files_are_no_personas(write: Write) -> None:
    for name in (".hero.yaml", "hero.yaml~", "README.md"):
        write("nonsense: [", f"cast/{name}")
    assert persona_names(["cast"]) == SHIPPED


def test_a_persona_is_given_by_name_or_by_path(write: Write) -> None:
    path = write(HERO, "cast/hero.yaml")
    assert load_persona("hero", ["cast"]) == load_persona("cast/hero.yaml") == load_persona(path)
    Path("nurse.yaml").write_text(HERO.replace("name: hero", "name: nurse"))
    assert load_persona("nurse").profession == "nurse", "a file in the working folder is not taken for a name"
    assert load_persona("nurse.yaml").description == "Brave."


@pytest.mark.parametrize("name", ["Nurse", "nurze", "nurse ", "nurse\n", "nurse\0"])
def test_an_unknown_name_is_told_with_the_nearest(name: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        load_persona(name)
    assert caught.value.nearest == "nurse"
    assert str(caught.value).endswith("'voiceact persona list' shows all")


@pytest.mark.parametrize("name", ["../nurse", "/etc/nurse", "a\\nurse", "nurse/", "gone.yaml"])
def test_a_name_with_separators_is_a_path(name: str) -> None:
    with pytest.raises(
        UsageError,
        match=r"^persona file .* does not exist; expected a persona's name, such as "
        r"'nurse', or the path of a YAML file$",
    ):
        load_persona(name)


@pytest.mark.parametrize("name", ["", ".", "..", "x" * 300])
def test_no_odd_name_finds_a_file(name: str) -> None:
    with pytest.raises(UnknownNameError, match="^unknown persona "):
        load_persona(name)


# --- Casting


def test_casting_takes_all_tags(write: Write) -> None:
    write(HERO + "tags: [adult, story]\n", "cast/hero.yaml")
    write(HERO.replace("name: hero", "name: aunt") + "tags: [adult, home]\n", "cast/aunt.yaml")
    found = {persona.name for persona in cast("adult", "story", folders=["cast"])}
    assert "hero" in found and "aunt" not in found
    assert found == {p.name for p in list_personas(["cast"]) if {"adult", "story"} <= set(p.tags)}
    assert cast() == list_personas() and [p.name for p in cast()] == SHIPPED
    assert cast("child", "romance") == []


def test_a_tag_nobody_carries_is_told() -> None:
    with pytest.raises(UnknownNameError, match=r"^unknown tag 'chlid'; did you mean 'child'\?$"):
        cast("adult", "chlid")


# --- Manner


def persona(**manner: Any) -> Persona:
    return Persona(name="x", description="x", gender="female", age=40, manner=Manner(**manner))


def test_strength_is_expressiveness_with_what_the_manner_exaggerates_or_masks() -> None:
    someone = persona(expressiveness=0.8, exaggerates={"Concern": 1.5}, masks={"angry": 0.25})
    assert someone.strength("distress") == someone.strength("Worry") == pytest.approx(1.2)
    assert someone.strength("Anger") == pytest.approx(0.2)
    others = [c.id for c in categories() if c.id not in ("distress", "anger")]
    assert {someone.strength(other) for other in others} == {0.8}


def test_strength_of_no_category_is_an_error() -> None:
    with pytest.raises(UnknownNameError, match="unknown emotion 'hungriness'"):
        persona().strength("hungriness")


@pytest.mark.parametrize("age", [6, 17])
def test_a_minor_is_not_cast_for_sexual_lust(age: int) -> None:
    minor = msgspec.structs.replace(persona(), age=age)
    refused = [category.name for category in categories() if not minor.plays(category.id)]
    assert refused == ["Sexual Lust"]
    with pytest.raises(
        UsageError,
        match=rf"^persona 'x' is {age} years old and is not cast for 'lust'; choose a "
        r"persona of 18 or more$",
    ):
        minor.strength("lust")


def test_a_grown_up_plays_everything() -> None:
    grown = msgspec.structs.replace(persona(), age=18)
    assert all(grown.plays(category.id) and grown.strength(category.id) == 1 for category in categories())


# --- The personas that ship

AGES = {"child": range(0, 15), "young": range(15, 26), "adult": range(26, 65), "elder": range(65, 121)}


def test_the_promised_personas_are_there() -> None:
    assert len(SHIPPED) >= 28
    assert {"nurse", "grumpy-lovable-grandpa", "empathetic-educator", "thrilling-storyteller", "research-assistant"} <= set(
        SHIPPED
    )


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_persona_is_whole(name: str) -> None:
    someone = load_persona(name)
    assert someone.language == "en" and someone.license == "CC0-1.0"
    assert someone.profession and 2 <= len(someone.temperament) <= 4 and someone.manner.note.endswith(".")
    assert 40 <= len(someone.description) <= 200 and someone.description.endswith(".")
    assert someone.consent is None and someone.voice.reference is None, "invented, modelled on nobody"
    assert someone.extends is None, "a shipped voice stands in one file"


@pytest.mark.parametrize("name", SHIPPED)
def test_tags_are_the_scripts_words_with_the_persons_age(name: str) -> None:
    from voiceact.acting.script import TAGS

    someone = load_persona(name)
    assert len(set(someone.tags)) == len(someone.tags) and set(someone.tags) <= set(TAGS)
    assert [tag for tag in someone.tags if tag in AGES] == [tag for tag, years in AGES.items() if someone.age in years]
    assert someone.age >= 18 or not {"romance", "work", "authority"} & set(someone.tags)


def test_every_tag_of_the_scripts_has_a_cast() -> None:
    from voiceact.acting.script import TAGS

    counts = Counter(tag for someone in list_personas() for tag in someone.tags)
    assert all(counts[tag] >= 4 for tag in TAGS)


def test_the_cast_spans_age_and_gender() -> None:
    people = list_personas()
    ages, genders = [someone.age for someone in people], Counter(someone.gender for someone in people)
    assert min(ages) == 6 and max(ages) == 92
    assert abs(genders["female"] - genders["male"]) <= 3 and genders["androgynous"] >= 4
    for tag, least in (("child", 4), ("young", 5), ("adult", 15), ("elder", 6)):
        of_age = Counter(someone.gender for someone in people if tag in someone.tags)
        assert of_age.total() >= least and of_age["female"] >= 2 and of_age["male"] >= 2
    shown = [someone.manner.expressiveness for someone in people]
    assert min(shown) <= 0.45 and max(shown) >= 1.6


@pytest.mark.parametrize("name", SHIPPED)
def test_voices_follow_age_and_gender(name: str) -> None:
    someone = load_persona(name)
    f0, tract, grown = someone.voice.f0_hz, someone.voice.tract, someone.age >= 16
    if someone.age <= 11:
        assert 230 <= f0 <= 300 and 0.8 <= tract <= 0.93
    elif grown and someone.gender == "male":
        assert 80 <= f0 <= 150 and 1.08 <= tract <= 1.2
    elif grown and someone.gender == "female":
        assert 155 <= f0 <= 245 and 0.93 <= tract <= 1.1
    else:
        assert 140 <= f0 <= 220 and 0.95 <= tract <= 1.15
    assert 0.8 <= tract <= 1.2 and f0 <= 300, "where the embedded engine is at its best"
    if someone.age >= 75:
        assert someone.voice.tremor > 0.1 and someone.voice.breath + someone.voice.rough > 0.2


def jnds(a: Voice, b: Voice, *, timbre: bool = False) -> float:
    """Just noticeable differences between two voices (docs/persona.md, Where the voices come from)."""
    octaves = {"f0_hz": 1.95 / 12, "tract": 1.73 / 12}
    steps = {"breath": 0.15, "rough": 0.15, "creak": 0.2, "tremor": 0.15, "tilt": 1.0}
    ratios = {} if timbre else {"rate": 1.05, "pause": 1.3, "f0_range": 1.2}

    def ratio(key: str) -> float:
        return math.log2(getattr(a, key) / getattr(b, key))

    return math.hypot(
        *(ratio(key) / jnd for key, jnd in octaves.items()),
        *((getattr(a, key) - getattr(b, key)) / jnd for key, jnd in steps.items()),
        *(ratio(key) / math.log2(jnd) for key, jnd in ratios.items()),
    )


def test_the_measure_of_distance_counts_in_just_noticeable_differences() -> None:
    assert jnds(Voice(), Voice()) == 0
    assert jnds(Voice(f0_hz=100), Voice(f0_hz=200)) == pytest.approx(12 / 1.95)
    assert jnds(Voice(rate=1), Voice(rate=1.05)) == pytest.approx(1)
    assert jnds(Voice(rate=1), Voice(rate=1.05), timbre=True) == 0


def test_no_two_personas_share_a_voice() -> None:
    for a, b in itertools.combinations(list_personas(), 2):
        assert jnds(a.voice, b.voice, timbre=True) >= 1, f"{a.name} and {b.name} have the same timbre"
        assert jnds(a.voice, b.voice) >= 2, f"{a.name} and {b.name} speak alike"


def test_no_two_personas_share_a_description_or_note() -> None:
    people = list_personas()
    assert len({someone.description for someone in people}) == len(people)
    assert len({someone.manner.note for someone in people}) == len(people)


# --- The page


def test_the_page_runs() -> None:
    assert doctest.testfile(str(PAGE), module_relative=False).failed == 0


def rows(schema: dict[str, Any]) -> list[tuple[str, str]]:
    """Key and range of every number of a struct, as the page writes them."""
    return [
        (key, f"{node['minimum']:g} to {node['maximum']:g}")
        for key, node in schema["properties"].items()
        if "minimum" in node and "maximum" in node
    ]


def test_the_page_has_every_key_with_its_range() -> None:
    text = PAGE.read_text("utf-8")
    schemas = msgspec.json.schema(Persona)["$defs"]
    for kind in ("Persona", "Voice", "Manner"):
        keys = [key for key in schemas[kind]["properties"] if key not in ("voice", "manner")]
        assert [key for key in keys if f"| `{key}` |" not in text] == []
        for key, bounds in rows(schemas[kind]):
            assert re.search(rf"\| `{key}` \|[^\n]*\| {re.escape(bounds)}[ ,|]", text), f"{key}: {bounds}"


def test_the_page_counts_the_personas_right() -> None:
    assert len(SHIPPED) == 41 and "Forty-one come with voiceact" in PAGE.read_text("utf-8")


def test_the_pages_own_persona_is_valid(write: Write) -> None:
    block = re.search(r"```yaml\n(name: night-nurse.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert block
    night = validate_file(write(block[1], "night-nurse.yaml"))
    assert night.profession == "nurse" and night.voice.rate == 0.86 and night.strength("Fatigue") > 1
