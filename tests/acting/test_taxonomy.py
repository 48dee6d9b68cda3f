"""The taxonomy is the paper's, and every word of it leads to a category that owns it."""

import doctest
import itertools
import json
import math
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceact.acting import taxonomy
from voiceact.acting.taxonomy import Category, categories, contrast, distance, get, group, groups, resolve
from voiceact.errors import UnknownNameError, UsageError

# EmoNet-Voice, appendix A.1, as printed, with LAION's coarse tags:
# number | name | file stem | valence | arousal | keywords
PAPER = """\
1 | Amusement | Amusement | positive | medium-high | lighthearted fun, amusement, mirth, joviality, laughter, playfulness, silliness, jesting
2 | Elation | Elation | positive | high | happiness, excitement, joy, exhilaration, delight, jubilation, bliss, Cheerfulness
3 | Pleasure/Ecstasy | Pleasure_Ecstasy | positive | high | ecstasy, pleasure, bliss, rapture, Beatitude
4 | Contentment | Contentment | positive | low | contentment, relaxation, peacefulness, calmness, satisfaction, Ease, Serenity, fulfillment, gladness, lightness, serenity, tranquility
5 | Thankfulness/Gratitude | Thankfulness_Gratitude | positive | medium-low | thankfulness, gratitude, appreciation, gratefulness
6 | Affection | Affection | positive | medium | sympathy, compassion, warmth, trust, caring, Clemency, forgiveness, Devotion, Tenderness, Reverence
7 | Infatuation | Infatuation | positive | medium-high | infatuation, having a crush, romantic desire, fondness, butterflies in the stomach, adoration
8 | Hope/Enthusiasm/Optimism | Hope_Enthusiasm_Optimism | positive | medium-high | hope, enthusiasm, optimism, Anticipation, Courage, Encouragement, Zeal, fervor, inspiration, Determination
9 | Triumph | Triumph | positive | high | triumph, superiority
10 | Pride | Pride | positive | medium | pride, dignity, self-confidently, honor, self-consciousness
11 | Interest | Interest | neutral | medium | interest, fascination, curiosity, intrigue
12 | Awe | Awe | positive | medium-high | awe, awestruck, wonder
13 | Astonishment/Surprise | Astonishment_Surprise | neutral | high | astonishment, surprise, amazement, shock, startlement
14 | Concentration | Concentration | neutral | medium | concentration, deep focus, engrossment, absorption, attention
15 | Contemplation | Contemplation | neutral | medium-low | contemplation, thoughtfulness, pondering, reflection, meditation, Brooding, Pensiveness
16 | Relief | Relief | positive | medium-low | relief, respite, alleviation, solace, comfort, liberation
17 | Longing | Longing | mixed | medium-low | yearning, longing, pining, wistfulness, nostalgia, Craving, desire, Envy, homesickness, saudade
18 | Teasing | Teasing | mixed | medium-high | teasing, bantering, mocking playfully, ribbing, provoking lightly
19 | Impatience and Irritability | Impatience_and_Irritability | negative | medium-high | impatience, irritability, irritation, restlessness, short-temperedness, exasperation
20 | Sexual Lust | Sexual_Lust | mixed | high | sexual lust, carnal desire, lust, feeling horny, feeling turned on
21 | Doubt | Doubt | negative | medium-low | doubt, distrust, suspicion, skepticism, uncertainty, Pessimism
22 | Fear | Fear | negative | high | fear, terror, dread, apprehension, alarm, horror, panic, nervousness
23 | Distress | Distress | negative | medium-high | worry, anxiety, unease, anguish, trepidation, Concern, Upset, pessimism, foreboding
24 | Confusion | Confusion | negative | medium | confusion, bewilderment, flabbergasted, disorientation, Perplexity
25 | Embarrassment | Embarrassment | negative | medium | embarrassment, shyness, mortification, discomfiture, awkwardness, Self-Consciousness
26 | Shame | Shame | negative | medium-low | shame, guilt, remorse, humiliation, contrition
27 | Disappointment | Disappointment | negative | medium-low | disappointment, regret, dismay, letdown, chagrin
28 | Sadness | Sadness | negative | low | sadness, sorrow, grief, melancholy, Dejection, Despair, Self-Pity, Sullenness, heartache, mournfulness, misery
29 | Bitterness | Bitterness | negative | medium | resentment, acrimony, bitterness, cynicism, rancor
30 | Contempt | Contempt | negative | medium | contempt, disapproval, scorn, disdain, loathing, Detestation
31 | Disgust | Disgust | negative | medium-high | disgust, revulsion, repulsion, abhorrence, loathing
32 | Anger | Anger | negative | high | anger, rage, fury, hate, irascibility, enragement, Vexation, Wrath, Peevishness, Annoyance
33 | Malevolence/Malice | Malevolence_Malice | negative | medium-high | spite, sadism, malevolence, malice, desire to harm, schadenfreude
34 | Sourness | Sourness | negative | medium | sourness, tartness, acidity, acerbity, sharpness
35 | Pain | Pain | negative | high | physical pain, suffering, torment, ache, agony
36 | Helplessness | Helplessness | negative | low | helplessness, powerlessness, desperation, submission
37 | Fatigue/Exhaustion | Fatigue_Exhaustion | negative | low | fatigue, exhaustion, weariness, lethargy, burnout, Weariness
38 | Emotional Numbness | Emotional_Numbness | neutral | low | numbness, detachment, insensitivity, emotional blunting, apathy, existential void, boredom, stoicism, indifference
39 | Intoxication/Altered States of Consciousness | Intoxication_Altered_States_of_Consciousness | neutral | medium | being drunk, stupor, intoxication, disorientation, altered perception
40 | Jealousy & Envy | Jealousy_&_Envy | negative | medium-high | jealousy, envy, covetousness
"""

# EmoNet-Face data/guide.json against the list above: name | only in Face | only in Voice
FACE = """\
Amusement | delight | -
Elation | laughter | bliss, delight
Pleasure/Ecstasy | - | rapture
Contentment | bliss | -
Affection | - | clemency
Triumph | hubris | -
Interest | need for cognition | intrigue
Longing | benign envy | envy, saudade
Confusion | - | flabbergasted
Bitterness | malicious envy | -
Anger | - | peevishness, vexation
Malevolence/Malice | malicious envy, revenge | -
Helplessness | hopelessness | -
"""

# EmoNet-Face data/guide.json, options.buttons
GROUPS = """\
Positive High-Energy Emotions: Amusement, Elation, Pleasure/Ecstasy, Hope/Enthusiasm/Optimism, Triumph, Interest, Awe, Astonishment/Surprise, Teasing
Positive Low-Energy Emotions: Contentment, Thankfulness/Gratitude, Affection, Relief, Contemplation, Pride
Negative High-Energy Emotions: Fear, Anger, Malevolence/Malice, Disgust, Impatience and Irritability, Distress
Negative Low-Energy Emotions: Sadness, Bitterness, Contempt, Disappointment, Shame, Emotional Numbness, Doubt, Jealousy & Envy, Embarrassment, Helplessness
Cognitive States and Processes: Concentration, Confusion
Physical and Exhaustive States: Pain, Fatigue/Exhaustion, Intoxication/Altered States of Consciousness, Sourness
Longing & Lust: Longing, Sexual Lust, Infatuation
"""

ENGLISH = st.from_regex(r"[a-z][a-z /_&-]{0,30}", fullmatch=True)


def cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in row.split("|")] for row in table.strip().split("\n")]


def words(listed: str) -> list[str]:
    return [word for word in listed.split(", ") if word != "-"]


# --- The table


def test_forty_in_the_papers_order() -> None:
    assert [(c.number, c.name) for c in categories()] == [(int(n), name) for n, name, *_ in cells(PAPER)]
    assert len(categories()) == 40
    assert categories() is categories()


@pytest.mark.parametrize(
    ("category", "row"),
    list(zip(categories(), cells(PAPER), strict=True)),
    ids=lambda x: getattr(x, "id", ""),
)
def test_each_category_is_as_printed(category: Category, row: list[str]) -> None:
    _, name, stem, valence, arousal, keywords = row
    once = {word.casefold(): word for word in reversed(words(keywords))}
    assert [word.casefold() for word in category.keywords] == list(dict.fromkeys(w.casefold() for w in words(keywords)))
    assert set(category.keywords) == set(once.values())
    assert (category.file_stem, category.valence, category.arousal) == (stem, valence, arousal)


def test_repeated_keywords_are_kept_once_in_their_first_spelling() -> None:
    assert [word for word in get("Contentment").keywords if word.casefold() == "serenity"] == ["Serenity"]
    assert [word for word in get("Fatigue/Exhaustion").keywords if word.casefold() == "weariness"] == ["weariness"]


def test_ids_are_distinct_and_fit_for_file_names() -> None:
    ids = [category.id for category in categories()]
    assert len(set(ids)) == 40
    assert all(id.replace("_", "").isalpha() and id.islower() and id.isascii() for id in ids)
    assert {"distress", "pleasure_ecstasy", "jealousy_envy"} < set(ids)


def test_tags_as_numbers() -> None:
    assert (get("elation").valence_value, get("elation").arousal_value) == (1, 1)
    assert (get("sadness").valence_value, get("sadness").arousal_value) == (-1, -1)
    assert (get("longing").valence_value, get("longing").arousal_value) == (0, -0.5)  # mixed
    assert (get("interest").valence_value, get("teasing").arousal_value) == (0, 0.5)  # neutral, medium-high
    assert get("pride").arousal_value == 0


def test_what_emonet_face_has_more_or_fewer() -> None:
    found = {c.name: (sorted(c.face_added), sorted(k.casefold() for k in c.face_dropped)) for c in categories()}
    expected = {name: (sorted(words(more)), sorted(words(fewer))) for name, more, fewer in cells(FACE)}
    assert {name: both for name, both in found.items() if any(both)} == expected


def test_every_category_stands_in_exactly_one_of_seven_groups() -> None:
    expected = {name: set(words(members)) for name, members in (row.split(": ") for row in GROUPS.strip().split("\n"))}
    assert {name: {c.name for c in members} for name, members in groups().items()} == expected
    assert sorted(c.number for members in groups().values() for c in members) == list(range(1, 41))


def test_a_group_is_found_by_its_beginning() -> None:
    assert group("negative HIGH energy") == "Negative High-Energy Emotions"
    assert group("longing") == "Longing & Lust"


@pytest.mark.parametrize("beginning", ["positive", "", "blue"])
def test_a_beginning_of_no_group_or_several_is_refused_with_the_groups(beginning: str) -> None:
    with pytest.raises(UnknownNameError, match="unknown group .*Cognitive States and Processes"):
        group(beginning)


def test_record_is_plain_json_and_complete() -> None:
    record = get("Distress").record()
    assert json.loads(json.dumps(record))["keywords"][0] == "worry"
    assert record["valence_value"] == -1
    assert record["arousal_value"] == 0.5
    assert set(record) == {*Category.__slots__, "valence_value", "arousal_value"}


def test_a_category_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        get("Fear").name = "Dread"  # type: ignore[misc]


# --- get: ids and names


@pytest.mark.parametrize("category", categories(), ids=lambda c: c.id)
def test_get_takes_id_name_file_stem_and_variants(category: Category) -> None:
    for text in (category.id, category.name, category.file_stem, *category.variants, category.name.upper()):
        assert get(text) is category


@pytest.mark.parametrize(("spelling", "name"), [
    ("Jealousy / Envy", "Jealousy & Envy"),
    ("Jealousy_Envy", "Jealousy & Envy"),
    ("Malevolence_Malice", "Malevolence/Malice"),
    ("Hope/Optimism", "Hope/Enthusiasm/Optimism"),
    ("Hope_Optimism", "Hope/Enthusiasm/Optimism"),
    ("Intoxication/Altered States", "Intoxication/Altered States of Consciousness"),
    ("Intoxication_Altered_States", "Intoxication/Altered States of Consciousness"),
    ("Impatience & Irritability", "Impatience and Irritability"),
    ("Hopelessness", "Helplessness"),
])  # fmt: skip
def test_spellings_found_in_published_files(spelling: str, name: str) -> None:
    assert get(spelling).name == name


def test_get_does_not_take_a_keyword() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown category 'worry'.*'voiceact emotion list' shows all 40"):
        get("worry")


# --- resolve: any word


@pytest.mark.parametrize("category", categories(), ids=lambda c: c.id)
def test_names_ids_and_variants_resolve_to_their_category(category: Category) -> None:
    assert resolve(category.id).category is category
    assert resolve(category.id).via == "id"
    assert resolve(category.name).category is category
    assert resolve(category.name).via in ("id", "name")
    for variant in category.variants:
        assert resolve(variant).category is category


@pytest.mark.parametrize("row", cells(PAPER), ids=lambda row: row[1])
def test_every_keyword_of_the_paper_resolves_to_a_category_that_owns_it(row: list[str]) -> None:
    name, keywords = row[1], words(row[5])
    for keyword in keywords:
        for spelling in (keyword, keyword.upper(), keyword.replace(" ", "_").replace("-", " ")):
            found = resolve(spelling)
            owners = {n for _, n, _, _, _, k in cells(PAPER) if keyword.casefold() in k.casefold().split(", ")}
            assert found.category.name in owners
            assert name in (found.category.name, *(other.name for other in found.others))


@pytest.mark.parametrize("row", cells(FACE), ids=lambda row: row[0])
def test_every_keyword_of_emonet_face_alone_names_its_category(row: list[str]) -> None:
    for keyword in words(row[1]):
        found = resolve(keyword)
        assert row[0] in (found.category.name, *(other.name for other in found.others))


def test_concern_is_a_keyword_of_distress() -> None:
    found = resolve("  concern ")
    assert (found.category.name, found.via, found.word, found.matched) == (
        "Distress",
        "keyword",
        "concern",
        "Concern",
    )
    assert found.others == ()
    assert str(found) == "'concern' is a keyword of Distress"


@pytest.mark.parametrize(("word", "category", "via", "matched"), [
    # the taxonomy's own words
    ("Distress", "Distress", "name", "Distress"),
    ("distress", "Distress", "id", "distress"),
    ("hope", "Hope/Enthusiasm/Optimism", "variant", "Hope"),
    ("Self Pity", "Sadness", "keyword", "Self-Pity"),
    ("revenge", "Malevolence/Malice", "face keyword", "revenge"),
    # endings
    ("worries", "Distress", "form", "worry"),
    ("worried", "Distress", "form", "worry"),
    ("worrying", "Distress", "form", "worry"),
    ("fears", "Fear", "form", "Fear"),
    ("regretted", "Disappointment", "form", "regret"),
    ("embarrassed", "Embarrassment", "form", "Embarrassment"),
    ("amused", "Amusement", "form", "Amusement"),
    ("excited", "Elation", "form", "excitement"),
    ("confused", "Confusion", "form", "Confusion"),
    ("relaxing", "Contentment", "form", "relaxation"),
    ("happy", "Elation", "form", "happiness"),
    ("happily", "Elation", "form", "happiness"),
    ("shy", "Embarrassment", "form", "shyness"),
    ("sad", "Sadness", "form", "Sadness"),
    ("calm", "Contentment", "form", "calmness"),
    ("surprised", "Astonishment/Surprise", "form", "Surprise"),
    ("disgusted", "Disgust", "form", "Disgust"),
    ("awed", "Awe", "form", "Awe"),
    # other forms
    ("angry", "Anger", "form", "Anger"),
    ("angrily", "Anger", "form", "Anger"),
    ("ashamed", "Shame", "form", "Shame"),
    ("jealous", "Jealousy & Envy", "form", "Jealousy"),
    ("envious", "Jealousy & Envy", "form", "Envy"),
    ("proud", "Pride", "form", "Pride"),
    ("grateful", "Thankfulness/Gratitude", "form", "gratefulness"),
    ("hopeful", "Hope/Enthusiasm/Optimism", "form", "Hope"),
    ("afraid", "Fear", "form", "Fear"),
    ("bored", "Emotional Numbness", "form", "boredom"),
    ("drunk", "Intoxication/Altered States of Consciousness", "form", "being drunk"),
    ("curious", "Interest", "form", "curiosity"),
    ("relieved", "Relief", "form", "Relief"),
    ("sceptical", "Doubt", "form", "skepticism"),
    # synonyms
    ("scared", "Fear", "synonym", "Fear"),
    ("tired", "Fatigue/Exhaustion", "synonym", "weariness"),
    ("frustrated", "Impatience and Irritability", "synonym", "exasperation"),
])  # fmt: skip
def test_what_a_word_means(word: str, category: str, via: str, matched: str) -> None:
    found = resolve(word)
    assert (found.category.name, found.via, found.matched) == (category, via, matched)


@pytest.mark.parametrize(("word", "first", "others"), [
    ("bliss", "pleasure_ecstasy", ["elation", "contentment"]),  # earliest in its list; Face's Contentment last
    ("envy", "jealousy_envy", ["longing"]),  # a part of the name before a keyword
    ("envious", "jealousy_envy", ["longing"]),  # a form keeps the order of its word
    ("pessimism", "doubt", ["distress"]),
    ("disorientation", "confusion", ["intoxication_altered_states_of_consciousness"]),  # paper order
    ("delight", "elation", ["amusement"]),  # the Voice list before the Face list
    ("loathing", "disgust", ["contempt"]),  # preferred
    ("self-conscious", "embarrassment", ["pride"]),  # preferred
    ("love", "affection", ["infatuation"]),
])  # fmt: skip
def test_a_word_of_several_categories_names_them_all(word: str, first: str, others: list[str]) -> None:
    found = resolve(word)
    assert found.category.id == first
    assert [other.id for other in found.others] == others


def test_a_resolution_says_in_words_why() -> None:
    assert str(resolve("worried")) == "'worried' is a form of 'worry', a word of Distress"
    assert str(resolve("angry")) == "'angry' is a form of 'Anger'"
    assert str(resolve("envy")) == "'envy' is another name of Jealousy & Envy (also of Longing)"
    assert str(resolve("Fear")) == "'Fear' is the name of Fear"
    assert str(resolve("fear")) == "'fear' is the id of Fear"
    assert str(resolve("revenge")) == "'revenge' is a keyword, in EmoNet-Face's list only, of Malevolence/Malice"


@pytest.mark.parametrize(("word", "nearest"), [
    ("Embarasment", "Embarrassment"), ("wory", "worry"), ("jelous", "jealous"), ("Pleasure/Extasy", "Pleasure/Ecstasy"),
])  # fmt: skip
def test_a_misspelling_is_told_the_nearest_word(word: str, nearest: str) -> None:
    with pytest.raises(UnknownNameError) as told:
        resolve(word)
    assert str(told.value) == (f"unknown emotion {word!r}; did you mean {nearest!r}?; 'voiceact emotion list' shows all 40")


@pytest.mark.parametrize(
    "word",
    ["affected", "cling", "compass", "glades", "awful", "fearless", "painless", "unafraid", ""],
)
def test_a_word_that_only_looks_like_one_is_refused(word: str) -> None:
    with pytest.raises(UnknownNameError):
        resolve(word)


def test_neutral_is_told_to_be_an_intensity() -> None:
    with pytest.raises(UsageError, match="'Neutral' is none of the 40 emotions; ask for any emotion at intensity 0"):
        resolve("Neutral")


@given(ENGLISH)
def test_any_text_resolves_or_is_refused_with_a_sentence(word: str) -> None:
    try:
        assert resolve(word).category in categories()
    except UsageError as error:
        assert repr(word.strip()) in str(error)


# --- The data file


def data() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((files("voiceact.acting") / "data" / "taxonomy.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("table", ["forms", "synonyms"])
def test_every_form_and_synonym_leads_to_its_word(table: str) -> None:
    for target, listed in data()[table].items():
        for word in listed:
            found, owner = resolve(word), resolve(target).category
            assert owner in (found.category, *found.others), word
            assert found.via == table.removesuffix("s"), word


def test_no_form_repeats_a_word_of_the_taxonomy_itself() -> None:
    own = {w.casefold() for c in categories() for w in (c.id, c.name, *c.variants, *c.keywords, *c.face_added)}
    listed = [w for table in ("forms", "synonyms") for ws in data()[table].values() for w in ws]
    assert not own & set(listed)


def test_preferred_categories_own_the_word_and_say_why() -> None:
    for word, choice in data()["preferred"].items():
        assert resolve(word).category.id == choice["category"]
        assert resolve(word).others
        assert choice["reason"]


# --- Distance and contrast


def test_distance_by_hand() -> None:
    assert distance(get("Elation"), get("Sadness")) == 3  # 2, 2 and 1: the largest there can be
    assert distance(get("Elation"), get("Pleasure/Ecstasy")) == 0  # equal tags and group
    assert distance(get("Fear"), get("Anger")) == 0
    assert distance(get("Concentration"), get("Confusion")) == 1  # valence only
    assert distance(get("Pride"), get("Embarrassment")) == pytest.approx(math.sqrt(5))


def test_distance_is_a_pseudometric() -> None:
    for a, b, c in itertools.product(categories(), repeat=3):
        assert distance(a, c) <= distance(a, b) + distance(b, c) + 1e-12
        assert distance(a, b) == distance(b, a)
    assert all(distance(a, a) == 0 for a in categories())


@pytest.mark.parametrize("category", categories(), ids=lambda c: c.id)
def test_contrast_is_the_first_of_the_farthest(category: Category) -> None:
    others = [other for other in categories() if other is not category]
    farthest = max(distance(category, other) for other in others)
    assert contrast(category) is next(other for other in others if distance(category, other) == farthest)


@given(
    st.sampled_from(categories()),
    st.lists(st.sampled_from(categories()), min_size=2, unique=True),
    st.randoms(),
)
def test_contrast_depends_neither_on_order_nor_on_itself(category: Category, among: list[Category], random: Random) -> None:
    chosen = contrast(category, among)
    random.shuffle(among)
    assert contrast(category, [*among, category]) is chosen
    assert chosen is not category


@pytest.mark.parametrize("among", [[], ["fear"]])
def test_contrast_with_nothing_is_refused(among: list[str]) -> None:
    with pytest.raises(UsageError, match="nothing to contrast Fear with; give at least one other category"):
        contrast(get("fear"), [get(name) for name in among])


# --- The page


PAGE = Path(__file__).parents[2] / "docs" / "taxonomy.md"


def test_examples_run() -> None:
    assert doctest.testmod(taxonomy).failed == 0
    assert doctest.testfile(str(PAGE), module_relative=False).failed == 0


@pytest.mark.parametrize("category", categories(), ids=lambda c: c.id)
def test_the_page_prints_the_table(category: Category) -> None:
    row = f"| {category.number} | {category.name} | `{category.id}` | {category.valence} | {category.arousal} | "
    assert row + ", ".join(category.keywords) + " |" in PAGE.read_text(encoding="utf-8").split("\n")


def test_the_page_prints_how_often_contrast_names_each() -> None:
    names = [contrast(category).name for category in categories()]
    counts = {name: names.count(name) for name in names}
    assert counts == {"Elation": 16, "Contentment": 12, "Sadness": 7, "Fear": 5}
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert "(Elation 16 times, Contentment 12, Sadness 7, Fear 5)" in text
