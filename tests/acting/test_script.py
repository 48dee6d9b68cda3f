"""The script lines keep their promises, and a user's own text is either ready to be spoken or refused."""

import json
import math
import re
import unicodedata
from collections import Counter
from hashlib import sha256
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceact.acting import script, taxonomy
from voiceact.acting.script import Line, languages, load_lines, pick_line, rank_lines
from voiceact.errors import UnknownNameError, UsageError
from voiceact.text import cleaning
from voiceact.text.cleaning import clean_text

LANGUAGES = ("de", "en", "es", "fr")
ALL = [line for code in LANGUAGES for line in load_lines(code)]
ENGLISH = load_lines("en")
NAMES = [category.name for category in taxonomy.categories()]

# What a line may hold besides a to z; every language has its own letters and marks.
MARKS = {"de": ".,!?", "en": ".,!?'", "es": ".,!?¿¡", "fr": ".,!?'-"}
LETTERS = {"de": "äöüß", "en": "", "es": "áéíóúñü", "fr": "àâæçèéêëîïôœùûüÿ"}

# Pellegrino, Coupé and Marsico 2011 (Language 87, table 1) count syllables a second in read speech;
# acted speech with its pauses is taken at six tenths of that, which for English is the 2.8 words a second
# the lines were written to.
SYLLABLES_A_SECOND = {"de": 5.97 * 0.6, "en": 6.19 * 0.6, "es": 7.82 * 0.6, "fr": 7.18 * 0.6}


def words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text.casefold())


def syllables(text: str, language: str) -> int:
    """Runs of vowels; a silent e at the end counts in neither English nor French."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(c))
    bare = bare.replace("œ", "oe")
    if language == "en":
        bare = re.sub(r"(?:(?<=[^aeiouyl\W])|(?<=[aeiouy]l))e\b|(?<=[^aeioutd\W])ed\b", "", bare)
    if language == "fr":
        bare = re.sub(r"(?<=[a-z]{2})(?:es?|ent)\b", "", bare)
    return sum(max(1, len(re.findall("[aeiouy]+", word))) for word in words(bare))


# The lines


@pytest.mark.parametrize("name", NAMES)
def test_english_has_twelve_lines_of_each_category_half_of_them_for_nearly_anybody(name: str) -> None:
    found = [line for line in ENGLISH if line.category == name]
    assert len(found) >= 12
    assert sum(not line.tags for line in found) >= 6


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_category_and_enough_neutral_lines(language: str) -> None:
    counts = Counter(line.category for line in load_lines(language))
    assert set(counts) == {*NAMES, None}
    assert counts.pop(None) >= (60 if language == "en" else 20)
    assert min(counts.values()) >= 4


def test_neutral_lines_and_only_they_have_no_category() -> None:
    assert all((line.category is None) == (line.kind == "neutral") for line in ALL)
    assert {line.kind for line in ALL} == set(script.KINDS)


def test_a_nurse_a_child_and_an_old_person_have_something_to_say() -> None:
    care = Counter(line.category for line in ENGLISH if "care" in line.tags)
    for name in ("Distress", "Affection", "Relief", "Hope/Enthusiasm/Optimism", "Helplessness"):
        assert care[name] >= 2, name
    for tag in ("child", "elder"):
        having = {line.category for line in ENGLISH if tag in line.tags}
        assert set(NAMES) - having <= {script.GROWN_UP_CATEGORY}


def test_ids_name_language_and_category_and_are_given_once() -> None:
    assert len({line.id for line in ALL}) == len(ALL)
    for line in ALL:
        slug = re.sub("[^a-z]+", "-", (line.category or "neutral").casefold())
        assert re.fullmatch(rf"{line.language}-{slug}-\d\d", line.id), line.id


def test_tags_are_of_the_closed_list_and_stand_once() -> None:
    for line in ALL:
        assert set(line.tags) <= set(script.TAGS), line
        assert len(set(line.tags)) == len(line.tags), line
        assert line.kind == "evocative" or not line.tags, line


def test_no_child_is_given_grown_up_lines_by_their_tags() -> None:
    assert not [line.id for line in ALL if {"child", "adult"} <= set(line.tags)]
    assert not [line.id for line in ALL if "child" in line.tags and line.category == script.GROWN_UP_CATEGORY]


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_letters_and_marks_of_the_language(language: str) -> None:
    allowed = set("abcdefghijklmnopqrstuvwxyz " + LETTERS[language] + MARKS[language])
    for line in load_lines(language):
        assert set(line.text.lower()) <= allowed, line
        assert line.text[-1] in ".!?", line
        assert line.text == unicodedata.normalize("NFC", " ".join(line.text.split())), line


@pytest.mark.parametrize("language", LANGUAGES)
def test_lines_last_three_to_ten_seconds(language: str) -> None:
    for line in load_lines(language):
        assert 3 <= syllables(line.text, language) / SYLLABLES_A_SECOND[language] <= 10, line


def test_english_lines_have_nine_to_twenty_eight_words_in_at_most_three_sentences() -> None:
    for line in ENGLISH:
        assert 9 <= len(line.text.split()) <= 28, line
        assert len(re.findall("[.!?]+", line.text)) <= 3, line


def test_syllables_against_counts_by_hand() -> None:
    assert syllables("He walked the whole length of the platform.", "en") == 9
    assert syllables("Arrête, j'en pleure !", "fr") == 4
    assert syllables("Komm näher.", "de") == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_lines_begin_with_the_same_four_words(language: str) -> None:
    begins = Counter(tuple(words(line.text)[:4]) for line in load_lines(language))
    assert not [begin for begin, count in begins.items() if count > 1]


# Keywords

STEM_ENDINGS = ("", "s", "es", "d", "ed", "ing", "ful", "fully", "less", "y", "ly", "ily", "some", "ment")
FUNCTION_WORDS = set(words("to a the in on of for being having feeling turned need deep physical short self"))


def keywords(category: taxonomy.Category) -> set[str]:
    """The single words of a category's keywords, those of EmoNet-Face included."""
    phrases = " ".join((*category.keywords, *category.face_added)).casefold()
    return set(words(phrases.replace("-", " "))) - FUNCTION_WORDS


def says(keyword: str, word: str) -> bool:
    """Whether `word` is the keyword or, generously, another form of it."""
    if len(keyword) > 5:
        return word.startswith(keyword[: max(5, len(keyword) - 4)])
    stems = {keyword, keyword.removesuffix("e"), re.sub("y$", "i", keyword)}
    return word == keyword or word in {stem + end for stem in stems for end in STEM_ENDINGS}


@pytest.mark.parametrize(
    ("keyword", "word"),
    [("joy", "joys"), ("hate", "hating"), ("ease", "easily"), ("envy", "envies"), ("pain", "painful"),
     ("sharpness", "sharp"), ("irritation", "irritated"), ("comfort", "comfortable")],
)  # fmt: skip
def test_forms_of_a_keyword_are_found(keyword: str, word: str) -> None:
    assert says(keyword, word)


@pytest.mark.parametrize(("keyword", "word"), [("pain", "paint"), ("longing", "long"), ("ease", "east")])
def test_other_words_are_not_taken_for_a_keyword(keyword: str, word: str) -> None:
    assert not says(keyword, word)


def test_neutral_lines_say_no_keyword_of_any_category() -> None:
    every = set().union(*map(keywords, taxonomy.categories()))
    for line in ENGLISH:
        if line.kind == "neutral":
            assert not [(k, w) for w in words(line.text) for k in every if says(k, w)], line


def test_neutral_lines_hold_no_word_the_taxonomy_resolves() -> None:
    for word in {word for line in ENGLISH if line.kind == "neutral" for word in words(line.text)}:
        with pytest.raises(UnknownNameError):
            taxonomy.resolve(word)


@pytest.mark.parametrize("category", taxonomy.categories(), ids=lambda category: category.id)
def test_evocative_lines_rarely_name_their_category(category: taxonomy.Category) -> None:
    named = [
        line.id for line in ENGLISH if line.category == category.name
        if any(says(keyword, word) for keyword in keywords(category) for word in words(line.text))
    ]  # fmt: skip
    assert len(named) <= 3, named


# Loading


def test_languages() -> None:
    assert languages() == LANGUAGES


def test_lines_are_those_of_the_file_in_its_order() -> None:
    path = Path(script.__file__).parent / "data" / "scripts" / "en.jsonl"
    rows = [json.loads(row) for row in path.read_text(encoding="utf-8").splitlines()]
    assert [line.id for line in ENGLISH] == [row["id"] for row in rows]
    row = next(row for row in rows if "tags" in row)
    line = next(line for line in ENGLISH if line.id == row["id"])
    assert line == Line(row["id"], row["text"], "en", row["kind"], row["category"], tuple(row["tags"]))


def test_region_of_a_language_is_ignored() -> None:
    assert load_lines("en-GB") == load_lines("EN") == ENGLISH


def test_unknown_language_is_told_the_known_ones() -> None:
    with pytest.raises(UsageError, match="no script lines in language 'tlh'; available: de, en, es, fr; for"):
        load_lines("tlh")


# Picking


def lines_of(*tagged: tuple[str, ...]) -> tuple[Line, ...]:
    def line(number: int, tags: tuple[str, ...]) -> Line:
        return Line(f"xx-fear-{number:02d}", "Run!", "xx", "evocative", "Fear", tags)

    return tuple(line(number, tags) for number, tags in enumerate(tagged))


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch):
    """Sets the lines that `load_lines` gives, whatever the language."""

    def put(*tagged: tuple[str, ...]) -> None:
        script._lines_of.cache_clear()
        monkeypatch.setattr(script, "load_lines", lambda language: lines_of(*tagged))

    yield put
    script._lines_of.cache_clear()


def picks(tags: tuple[str, ...], seeds: int = 200) -> Counter[tuple[str, ...]]:
    chosen = (pick_line(category="Fear", language="xx", tags=tags, seed=seed) for seed in range(seeds))
    return Counter(line.tags for line in chosen)


def test_same_arguments_same_line_other_seeds_other_lines() -> None:
    chosen = [pick_line(category="Fear", language="en", seed=seed).id for seed in range(50)]
    assert chosen == [pick_line(category="Fear", language="en", seed=seed).id for seed in range(50)]
    assert len(set(chosen)) >= 6


def test_order_of_tags_and_unknown_tags_make_no_difference() -> None:
    for seed in range(20):
        plain = pick_line(category="Relief", language="en", tags=("care", "elder"), seed=seed)
        mixed = pick_line(category="Relief", language="en", tags={"elder", "care", "left-handed"}, seed=seed)
        assert plain == mixed


def test_order_is_the_one_of_sha256_where_no_tag_is_shared(shelf) -> None:
    shelf((), (), (), ())
    want = sorted(range(4), key=lambda i: sha256(f"7:xx-fear-{i:02d}".encode()).hexdigest(), reverse=True)
    got = rank_lines(category="Fear", language="xx", seed=7)
    assert [line.id for line in got] == [f"xx-fear-{i:02d}" for i in want]


def test_adult_alone_is_no_reason_to_prefer_a_line(shelf) -> None:
    shelf((), ("adult",))
    assert abs(picks(("adult",), seeds=1000)[("adult",)] - 500) < 4 * math.sqrt(250)


def test_a_shared_tag_is_preferred_six_to_one_and_two_thirty_six_to_one(shelf) -> None:
    shelf((), ("care",), ("care", "work"))
    counts = picks(("adult", "care", "work"), seeds=8600)
    for tags, weight in (((), 1), (("care",), 6), (("care", "work"), 36)):
        expected = 8600 * weight / 43
        assert abs(counts[tags] - expected) < 4 * math.sqrt(expected)


@pytest.mark.parametrize(
    ("line", "persona"),
    [(("child",), ()), (("child",), ("adult",)), (("child",), ("elder", "home")), (("elder",), ("young",)),
     (("adult",), ("child",)), (("work",), ("child",)), (("romance",), ("child",)), (("care",), ("adult",)),
     (("authority",), ("adult",)), (("care", "work"), ("adult", "care")), (("sport",), ()),
     (("adult",), ("young",))],
)  # fmt: skip
def test_a_line_for_somebody_else_is_not_given_while_there_is_one_for_anybody(shelf, line, persona) -> None:
    shelf(line, ())
    assert set(picks(persona)) == {()}


@pytest.mark.parametrize(
    ("line", "persona"),
    [(("adult",), ()), (("adult",), ("elder",)), (("young", "child"), ("child",)),
     (("school",), ("child", "school")), (("work",), ("young", "work")),
     (("elder", "care"), ("elder", "care", "story"))],
)  # fmt: skip
def test_a_line_that_fits_is_among_those_given(shelf, line, persona) -> None:
    shelf(line, ())
    assert set(picks(persona)) == {line, ()}


def test_another_place_goes_before_another_age(shelf) -> None:
    shelf(("child",), ("sport",))
    assert set(picks(("adult",))) == {("sport",)}


def test_somebody_elses_line_is_given_where_there_is_no_other(shelf) -> None:
    shelf(("child",))
    assert set(picks(("adult",))) == {("child",)}


@given(seed=st.integers(0, 10**6), count=st.integers(1, 12))
def test_a_new_line_changes_the_answer_only_to_itself(seed: int, count: int) -> None:
    tags = [("care",), (), ("child",), ("work",)]
    lines = lines_of(*(tags[i % 4] for i in range(count + 1)))

    def best(among: tuple[Line, ...]) -> Line:
        script._lines_of.cache_clear()
        try:
            with patch.object(script, "load_lines", lambda language: among):
                return pick_line(category="Fear", language="xx", tags=("care",), seed=seed)
        finally:
            script._lines_of.cache_clear()

    assert best(lines) in (best(lines[:-1]), lines[-1])


def test_ranking_holds_every_line_once() -> None:
    ranked = rank_lines(category="Fear", language="en", tags=("story",), seed=3)
    assert sorted(line.id for line in ranked) == [line.id for line in ENGLISH if line.category == "Fear"]
    assert ranked[0] == pick_line(category="Fear", language="en", tags=("story",), seed=3)


def test_ranking_may_leave_out_what_belongs_to_somebody_else() -> None:
    fitting = rank_lines(category="Fear", language="en", tags=("adult",), seed=3, fitting=True)
    everything = rank_lines(category="Fear", language="en", tags=("adult",), seed=3)
    assert fitting == everything[: len(fitting)] and 0 < len(fitting) < len(everything)
    assert not any(set(line.tags) & {"child", "authority"} for line in fitting)


def test_category_may_be_an_id() -> None:
    line = pick_line(category="jealousy_envy", language="en")
    assert line == pick_line(category="Jealousy & Envy", language="en")
    assert line.category == "Jealousy & Envy"


def test_neutral_lines_need_no_category_and_heed_none() -> None:
    for seed in range(5):
        line = pick_line(language="en", kind="neutral", seed=seed)
        assert line.kind == "neutral"
        assert line == pick_line(language="en", kind="neutral", seed=seed, category="Fear", tags=("child",))


def test_a_child_is_refused_grown_up_lines() -> None:
    with pytest.raises(UsageError, match="a child does not say lines of Sexual Lust; choose a grown-up"):
        pick_line(category="sexual_lust", language="en", tags=("child", "home"))
    assert pick_line(category="sexual_lust", language="en", tags=("adult",)).category == "Sexual Lust"


def test_words_of_the_other_refusals() -> None:
    with pytest.raises(UnknownNameError, match="unknown category 'Feer'; did you mean 'Fear'"):
        pick_line(category="Feer", language="en")
    with pytest.raises(UnknownNameError, match="unknown kind of line 'netural'; did you mean 'neutral'"):
        pick_line(category="Fear", language="en", kind="netural")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="needs a category; give one, or ask for kind='neutral'"):
        pick_line(language="en")


def test_a_category_without_lines_is_named(shelf) -> None:
    shelf(())
    with pytest.raises(UsageError, match="no lines of Anger in 'xx'; give the text yourself"):
        pick_line(category="Anger", language="xx")


# A user's own text


@pytest.mark.parametrize(
    ("given_text", "clean"),
    [("Hello.", "Hello."), ("  Hello,\n\tworld.\r\n", "Hello, world."), ("cafe\u0301", "café"),
     ("one\u00a0two\u2009three\u2028four", "one two three four"), ("42", "42"),
     ("a < b and b > a", "a < b and b > a"), ("I <3 you", "I <3 you"),
     ("10 °C, 5 €, © me", "10 °C, 5 €, © me"), ("¿Qué? ¡Sí!", "¿Qué? ¡Sí!")],
)  # fmt: skip
def test_text_is_normalised_without_a_note(given_text: str, clean: str) -> None:
    assert clean_text(given_text) == (clean, ())


@pytest.mark.parametrize(
    ("given_text", "clean", "note"),
    [("Well done 🎉!", "Well done!", "🎉"), ("Hi 😀there", "Hi there", "😀"), ("Oui 😀 !", "Oui !", "😀"),
     ("🎉 Hi 🎉 you 😀😀", "Hi you", "🎉, 😀"), ("the 👩🏽‍⚕️ nurse", "the nurse", "👩🏽‍⚕️"),
     ("in 🇩🇪 now", "in now", "🇩🇪"), ("love ❤️, always", "love, always", "❤️")],
)  # fmt: skip
def test_emoji_are_dropped_and_told(given_text: str, clean: str, note: str) -> None:
    assert clean_text(given_text) == (clean, (f"dropped what cannot be spoken: {note}",))


def test_invisible_characters_are_dropped_and_told() -> None:
    assert clean_text("\ufeffAuf\u200clage so\u00adft") == (
        "Auflage soft", ("dropped what cannot be seen: U+FEFF, U+200C, U+00AD",),
    )  # fmt: skip


def test_emoji_newer_than_the_unicode_tables_are_dropped_too() -> None:
    newest = "\U0001fadb"
    assert clean_text(f"soup {newest}") == ("soup", (f"dropped what cannot be spoken: {newest}",))


def test_joiners_stay_where_they_spell() -> None:
    hindi = "\u0915\u094d\u200d\u0937"
    assert clean_text(hindi, language="hi") == (hindi, ())


@pytest.mark.parametrize("text", ["", " \n\t ", "\u2003"])
def test_empty_text(text: str) -> None:
    with pytest.raises(UsageError, match="^the text is empty; write some words$"):
        clean_text(text)


@pytest.mark.parametrize("text", ["...", "?!", "— … —", "°"])
def test_punctuation_alone(text: str) -> None:
    with pytest.raises(UsageError, match="the text has no letter or digit, so there is nothing to speak"):
        clean_text(text)


@pytest.mark.parametrize("text", ["😀", "👍🏽 ❤️", "🎉!", "\u200b"])
def test_emoji_and_invisible_characters_alone(text: str) -> None:
    with pytest.raises(UsageError, match="nothing is left to speak of the text: dropped|nothing to speak"):
        clean_text(text)


@pytest.mark.parametrize(
    ("text", "words_of_it"),
    [("ab\x07c", r"U\+0007 \(control character\) at character 3"), ("\x00", r"U\+0000"),
     ("a\x1bb", r"U\+001B"), ("a\ud800", r"U\+D800 \(lone surrogate\)"),
     ("a\ue000", r"U\+E000 \(private-use"), ("a\uffff", r"U\+FFFF"),
     ("caf\ufffd", r"U\+FFFD .*wrong encoding.* at character 4; remove it, or read the file as UTF-8")],
)  # fmt: skip
def test_characters_without_a_sound_are_named_by_code_point(text: str, words_of_it: str) -> None:
    with pytest.raises(UsageError, match=words_of_it):
        clean_text(text)


@pytest.mark.parametrize(
    "text",
    ["<speak>Hello</speak>", 'Hi <break time="1s"/> you', "a </prosody> b", "<?xml version='1.0'?> a", "oh <laugh> no",
     "a <!-- b -->", "[sighs] Well.", "Say <привет> please"],
)  # fmt: skip
def test_markup_stays_for_the_spoken_form_to_leave_out(text: str) -> None:
    assert clean_text(text, language="en") == (text, ())


@pytest.mark.parametrize("text", ["<speak></speak>", "[sighs]", "*sighs* (laughing)", "{a} <b>!"])
def test_nothing_but_markup_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="the text is nothing but markup, which is not spoken .*; write some words"):
        clean_text(text)


def test_length_counts_what_will_be_spoken() -> None:
    longest = "a" * cleaning.MAX_CHARACTERS
    assert clean_text(f"  {longest}\n 😀")[0] == longest
    with pytest.raises(UsageError, match="has 20,001 characters and 20,000 can be spoken .*`voiceact lines`"):
        clean_text(longest + "b")


@pytest.mark.parametrize(
    ("text", "language", "words_of_it"),
    [("Say привет, please", "en", r"'привет' is not in Latin letters, in which English \(en\) is written"),
     ("我很担心", "de-AT", r"'我很担心' .* German \(de\)"), ("el «κόσμος»", "es", r"'κόσμος' .* Spanish"),
     ("le Кафе et мир", "fr", r"'Кафе' .* French .*; write it in Latin letters, or name the language")],
)  # fmt: skip
def test_letters_the_language_is_not_written_in(text: str, language: str, words_of_it: str) -> None:
    with pytest.raises(UsageError, match=words_of_it):
        clean_text(text, language=language)


@pytest.mark.parametrize(
    ("text", "language"),
    [("naïve Œuvre Straße İstanbul łódź", "en"), ("1ª vez, 5 µm, rockʼn", "es"),
     ("привет", "ru"), ("привет", None)],
)  # fmt: skip
def test_letters_that_may_stand(text: str, language: str | None) -> None:
    assert clean_text(text, language=language) == (unicodedata.normalize("NFC", text), ())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_of_the_script_is_clean(language: str) -> None:
    for line in load_lines(language):
        assert clean_text(line.text, language=language) == (line.text, ())


AWKWARD = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("aé1 \u0301\u00ad\u200c\u200d\ufe0f\u20e3\n\u00a0❤😀🏽🇩🇪👩⚕<>/.!\u0915\u0958\u212b\u0391"),
    )
)


@given(AWKWARD)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    try:
        clean, _ = clean_text(text)
    except UsageError:
        return
    assert clean_text(clean) == (clean, ())
    assert clean == " ".join(clean.split())
    assert unicodedata.is_normalized("NFC", clean)
    assert any(character.isalnum() for character in clean)


@given(st.text(st.sampled_from("aé1 \u0301\u00ad\u200d\ufe0f❤😀🏽🇩🇪👩⚕.!"), max_size=12), st.integers(0, 12))
def test_letters_and_digits_are_never_lost(text: str, position: int) -> None:
    text = text[:position] + "x" + text[position:]
    clean = unicodedata.normalize("NFD", clean_text(text)[0])
    assert [c for c in clean if c in "ax1e"] == [c for c in unicodedata.normalize("NFD", text) if c in "ax1e"]
