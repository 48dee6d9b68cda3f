"""A recipe file: what it may say, what its words mean, and what is told when it cannot be made."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from voiceact.acting import taxonomy
from voiceact.acting.persona import cast, list_personas
from voiceact.errors import UnknownNameError, UsageError
from voiceact.recipe import schema as recipe
from voiceact.recipe.casting import resolve_cast
from voiceact.recipe.plan import make_plan
from voiceact.recipe.schema import Recipe, Scripts
from voiceact.recipe.source import find_recipe_path, load_recipe, read_recipe, recipe_names
from voiceact.verify import CHECKS

HEAD = "name: mine\ndescription: Of my own.\n"
SHIPPED = ["contrastive-pairs", "emonet-voice-40", "emonet-voice-bench", "emonet-voice-mini", "intensity-ladder", "smoke"]


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(text: str, name: str = "mine.yaml") -> Path:
    path = Path(name)
    path.write_text(text, encoding="utf-8")
    return path


def refused(text: str) -> str:
    """The message for a recipe that goes on with this text."""
    with pytest.raises(UsageError) as told:
        make_plan(write(HEAD + text))
    assert told.value.exit_status == 2
    return str(told.value)


# --- Shipped recipes and the schema


def test_the_shipped_recipes_are_found_by_name() -> None:
    assert recipe_names() == SHIPPED
    for name in SHIPPED:
        assert load_recipe(name).name == name
        assert find_recipe_path(name).read_text("utf-8").startswith("#"), "it begins with what it is for"


def test_a_recipe_is_found_by_path_and_an_unknown_name_is_answered() -> None:
    path = write(HEAD)
    assert load_recipe(path) == load_recipe("mine.yaml") == load_recipe("./mine.yaml")
    with pytest.raises(UnknownNameError, match="unknown recipe 'smokee'; did you mean 'smoke'?"):
        load_recipe("smokee")
    with pytest.raises(UsageError, match="'gone.yaml' does not exist; expected a shipped recipe's name"):
        load_recipe("gone.yaml")
    with pytest.raises(UsageError, match="is a folder"):
        load_recipe(Path("."))


def test_the_published_schema_is_the_one_in_use() -> None:
    published = files("voiceact.recipe").joinpath("recipe.schema.json").read_bytes()
    # Stale? Write it again: python -m voiceact.recipe.schema > voiceact/recipe/recipe.schema.json
    assert json.loads(published) == recipe.json_schema()


@pytest.mark.parametrize("name", SHIPPED)
def test_the_schema_accepts_the_shipped_recipes_as_an_editor_reads_them(name: str) -> None:
    jsonschema.validate(yaml.safe_load(find_recipe_path(name).read_text("utf-8")), recipe.json_schema())


@pytest.mark.parametrize(
    "wrong",
    [
        {"persona": ["nurse"]},
        {"intensities": [8]},
        {"store": {"format": "mp3"}},
        {"seed": -1},
        {"store": {"twins": "yes"}},
        {"personas": []},
        {"name": "a.b"},
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(wrong: dict[str, Any]) -> None:
    document = {"name": "mine", "description": "Of my own.", **wrong}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, recipe.json_schema())
    with pytest.raises(UsageError):
        read_recipe(write(yaml.safe_dump(document)))


def test_a_recipe_as_plain_data_is_the_recipe(tmp_path: Path) -> None:
    for name in SHIPPED:
        document = {key: value for key, value in load_recipe(name).as_dict().items() if value is not None}
        if "stop" in document:
            del document["takes"]
        path = tmp_path / f"{name}.yaml"
        path.write_text(json.dumps(document))  # JSON is YAML
        assert load_recipe(path) == load_recipe(name)


def test_the_checks_are_those_there_are() -> None:
    assert recipe.CHECKS == CHECKS


def test_defaults() -> None:
    found = load_recipe(write(HEAD))
    assert (found.languages, found.personas, found.categories, found.intensities) == (("en",), "all", "all", (5.0,))
    assert (found.engine, found.most_takes, found.verify.judge, found.verify.evidence) == ("embedded", 1, "human", "category")
    assert found.splits.shares() == {"train": 0.8, "validation": 0.1, "test": 0.1}
    assert found.store.twins is False and load_recipe(write(HEAD + "store: {twins: true}\n")).store.twins is True


def test_the_recipe_in_the_docs_is_that_of_the_defaults() -> None:
    page = (Path(recipe.__file__).parents[2] / "docs" / "recipes.md").read_text("utf-8")
    found = load_recipe(write(page.partition("```yaml\n")[2].partition("```")[0]))
    assert found == Recipe(name="mine", description="What it is for.")
    assert all(f"`{name}`" in page for name in SHIPPED)


# --- What the words mean


def cast_of(text: str) -> list[str]:
    return list(resolve_cast(read_recipe(write(HEAD + text))).personas)


def test_personas_by_name_tag_and_all() -> None:
    assert cast_of("personas: [weary-detective, nurse]\n") == ["weary-detective", "nurse"], "in the order given"
    elders = [persona.name for persona in cast("elder")]
    assert cast_of("personas: ['tag:elder']\n") == elders
    assert cast_of("personas: ['tag:elder', nurse, 'tag:elder']\n") == [*elders, "nurse"], "nobody twice"
    assert cast_of("personas: all\n") == cast_of("") == [persona.name for persona in list_personas()]


def test_a_persona_file_is_read_from_the_recipes_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cast").mkdir()
    write(
        "name: eileen\ndescription: The guide.\nextends: nurse\nvoice: {f0_hz: 225, tract: 0.97}\ngender: female\nage: 22\n",
        "cast/eileen.yaml",
    )
    path = write(HEAD + "personas: [nurse, cast/eileen.yaml]\n").absolute()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    found = resolve_cast(read_recipe(path)).personas
    assert list(found) == ["nurse", "eileen"]
    assert found["eileen"].extends is None and found["eileen"].profession == "nurse", "what it is built on is in it"


def categories_of(text: str) -> tuple[str, ...]:
    return resolve_cast(read_recipe(write(HEAD + text))).categories


def test_categories_by_name_keyword_group_and_all() -> None:
    everything = tuple(category.id for category in taxonomy.categories())
    assert categories_of("") == categories_of("categories: all\n") == categories_of("categories: [all, Anger]\n") == everything
    assert categories_of("categories: [Concern, anger, jealousy_envy]\n") == ("distress", "anger", "jealousy_envy")
    low = tuple(category.id for category in taxonomy.groups()["Negative Low-Energy Emotions"])
    assert categories_of("categories: [Anger, negative low]\n") == ("anger", *low)
    assert categories_of("categories: [Anger, trying not to cry]\n") == ("anger", "sadness"), "a phrase of one category"
    assert categories_of("categories: [Longing]\n") == ("longing",), "the category, not the group that begins so"


def test_minors_play_no_sexual_lust() -> None:
    found = resolve_cast(read_recipe(write(HEAD + "personas: [big-brother, nurse]\ncategories: [Anger, Sexual Lust]\n")))
    assert found.players == ((0, 1), (1,))
    alone = resolve_cast(read_recipe(write(HEAD + "personas: [big-brother]\ncategories: [Anger, longing & lust]\n")))
    assert "nobody plays Sexual Lust: it has no cells" in alone.notes


def test_where_categories_share_lines_only_those_who_play_all_of_them_are_cast() -> None:
    text = "personas: [big-brother, nurse]\ncategories: [Anger, Sexual Lust]\nscripts: {evocative: 0, same_across: category}\n"
    found = resolve_cast(read_recipe(write(HEAD + text)))
    assert found.players == ((1,), (1,)) and found.notes == ("not cast at all: big-brother",)


# --- What is told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("personas: [nurse, nurze]\n", "mine.yaml, line 3: unknown persona 'nurze'; did you mean 'nurse'?"),
        ("personas:\n  - nurse\n  - nurze\n", "mine.yaml, line 5: unknown persona 'nurze'; did you mean 'nurse'?"),
        ("personas: ['tag:eldr']\n", "mine.yaml, line 3: unknown tag 'eldr'; did you mean 'elder'?"),
        ("personas: [cast/me.yaml]\n", "mine.yaml, line 3: persona file 'cast/me.yaml' does not exist"),
        ("categories: [Angr]\n", "mine.yaml, line 3: unknown emotion 'Angr'; did you mean"),
        ("categories: [negative lo-energy emotions]\n", "mine.yaml, line 3: unknown group 'negative lo-energy emotions'; did"),
        ("categories: [angry and disappointed]\n", "mine.yaml, line 3: 'angry and disappointed' means "),
        ("categories: [neutral]\n", "mine.yaml, line 3: 'neutral' is none of the 40 emotions"),
        ("engine: embeded\n", "mine.yaml, line 3: unknown engine 'embeded'; did you mean 'embedded'?"),
        ("verify:\n  judge: humen\n", "mine.yaml, line 4: unknown estimator 'humen'; did you mean 'human'?"),
        ("verify: {checks: [emotion, qualty]}\n", "mine.yaml, line 3: unknown check 'qualty'; did you mean 'quality'?"),
        ("verify: {checks: [quality]}\n", "mine.yaml, line 3: verify.checks leaves out 'emotion', without which no clip"),
        ("languages: [en, de]\n", "mine.yaml, line 3: engine 'embedded' does not speak 'de'; it speaks: en"),
        ("language: en\n", "mine.yaml, line 3: unknown key 'language'; did you mean 'languages'?"),
        ("verify:\n  judge: human\n  cheks: [emotion]\n", "mine.yaml, line 5: unknown key 'cheks' in verify; did you mean"),
        ("intensities: [5, 9]\n", "mine.yaml, line 3: item 2 of intensities is 9; expected a number from 0 to 7"),
        ("intensities: [-1]\n", "mine.yaml, line 3: item 1 of intensities is -1; expected a number from 0 to 7"),
        ("intensities: 5\n", "mine.yaml, line 3: intensities is 5; expected a list of numbers from 0 to 7"),
        ("takes: 0\n", "mine.yaml, line 3: takes is 0; expected a whole number from 1"),
        (
            "categories: []\n",
            "mine.yaml, line 3: categories is an empty list; expected a list of categories, keywords, groups, or all",
        ),
        ("intensities: []\n", "mine.yaml, line 3: intensities is an empty list; expected a list of numbers from 0 to 7"),
        (
            "personas: [big-brother]\ncategories: [Sexual Lust]\n",
            "mine.yaml, line 4: no persona plays Sexual Lust, so it has no cells: big-brother is 8; add an adult",
        ),
        ("splits:\n  train: 0.8\n  test: 0.1\n", "mine.yaml, line 3: the shares of the splits add to 0.9; expected"),
        ("splits: {by: persona}\n", "mine.yaml, line 3: no split is named; expected names with shares"),
        ("splits: {train: 1, by: voice}\n", "mine.yaml, line 3: splits.by is 'voice'; expected both, line or persona"),
        ("takes: 2\nstop: {included: 1, takes: 2}\n", "mine.yaml, line 3: takes and stop are both given"),
        ("stop:\n  included: 3\n  takes: 2\n", "mine.yaml, line 4: stop.included is 3 and stop.takes 2; a cell cannot"),
        ("each: 42\n", "mine.yaml, line 3: each is 42 and personas are 41"),
        ("scripts: {evocative: 0, neutral: 0}\n", "mine.yaml, line 3: scripts.evocative and scripts.neutral are both 0"),
        ("scripts: {same_across: category}\n", "mine.yaml, line 3: scripts.same_across is 'category' and scripts.evocative 1"),
        ("scripts: {shipped: false}\n", "mine.yaml, line 3: scripts.shipped is false and scripts.files names no table"),
        ("scripts: {files: [gone.csv]}\n", "mine.yaml, line 3: gone.csv: cannot be read: No such file"),
        ("store: {twins: maybe}\n", "mine.yaml, line 3: store.twins is 'maybe'; expected true to keep the neutral reading"),
        ("personas: [nurse, nurse]\n", "mine.yaml, line 3: personas names 'nurse' twice; keep one"),
        ("categories: [Distress, Concern]\n", "mine.yaml, line 3: 'Distress' and 'Concern' both mean distress; keep one"),
        ("languages: [en, en]\n", "mine.yaml, line 3: languages names 'en' twice; keep one"),
        ("intensities: [5, 3, 5.0]\n", "mine.yaml, line 3: intensities names 5 twice; keep one"),
        ("verify: {checks: [emotion, emotion]}\n", "mine.yaml, line 3: verify.checks names 'emotion' twice; keep one"),
        ("name: other\n", "mine.yaml, line 3: not valid YAML (key 'name' is given twice; keep one)"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(text: str, told: str) -> None:
    assert refused(text).startswith(told)


def test_names_without_dots_or_capitals() -> None:
    with pytest.raises(UsageError, match="line 1: name is 'My.Set'; expected lower-case words joined by hyphens"):
        load_recipe(write("name: My.Set\ndescription: x\n"))


def test_ten_billion_takes_are_refused_with_the_arithmetic() -> None:
    told = refused("takes: 10000000\n")
    assert told.startswith(
        "mine.yaml, line 3: 1 language × 40 categories × 1 intensity × 41 personas are 1,634 cells "
        "(without what nobody plays), × 10,000,000 takes = 16,340,000,000 takes; at most 4,294,967,296"
    )


def test_a_recipe_made_in_python_is_held_to_the_same() -> None:
    with pytest.raises(UsageError, match="recipe 'x': item 1 of intensities is 9; expected"):
        make_plan(Recipe(name="x", description="y", intensities=(9,)))
    with pytest.raises(UsageError, match="recipe 'x': unknown persona 'nurze'"):
        make_plan(Recipe(name="x", description="y", personas=("nurze",)))


# --- Own scripts

OWN = "scripts: {files: [own.csv]}\npersonas: [nurse, big-brother]\ncategories: [Anger, Fear]\n"
TABLE = (
    "id,text,category,persona\n"
    "a1,Put that down this minute!,Rage,\n"
    "a2,You had one job.,Anger,nurse\n"
    "n1,The bus leaves at nine.,,\n"
    "n2,The swings are over there.,,tag:child\n"
)


def lines_of(text: str, persona: str, category: str, kind: Any) -> list[str]:
    plan = make_plan(write(HEAD + text))
    return [line.id for line in plan.pools.lines(persona, "en", category, kind)]


def test_own_lines_are_mixed_into_the_shipped_ones() -> None:
    write(TABLE, "own.csv")
    said = lines_of(OWN, "nurse", "anger", "evocative")
    assert {"a1", "a2"} < set(said) and any(line.startswith("en-anger-") for line in said) and len(set(said)) == len(said)
    places = sorted(said.index(own) for own in ("a1", "a2"))
    assert places[0] == 0 and places[1] == len(said) // 2, "evenly"
    assert not {"a1", "a2"} & {*lines_of(OWN, "nurse", "fear", "evocative")}
    assert "n1" in lines_of(OWN, "nurse", "fear", "neutral")


def test_own_lines_for_one_persona_or_tag_are_said_by_no_other() -> None:
    write(TABLE, "own.csv")
    assert "a2" not in lines_of(OWN, "big-brother", "anger", "evocative")
    assert "n2" in lines_of(OWN, "big-brother", "anger", "neutral")
    assert "n2" not in lines_of(OWN, "nurse", "anger", "neutral")


def test_own_lines_may_be_the_only_ones() -> None:
    write(TABLE, "own.csv")
    only = "scripts: {files: [own.csv], shipped: false}\npersonas: [nurse, big-brother]\ncategories: [Anger]\n"
    assert sorted(lines_of(only, "nurse", "anger", "evocative")) == ["a1", "a2"]
    told = refused(only.replace("[Anger]", "[Anger, Fear]"))
    assert told == (
        "mine.yaml, line 3: scripts.shipped is false and the own tables have no line of: evocative Fear (en) for "
        "nurse; add lines, or set the kind's part to 0"
    )
    assert (
        make_plan(
            write(HEAD + only.replace("shipped: false", "shipped: false, evocative: 0").replace("[Anger]", "[Anger, Fear]"))
        ).cells
        == 4
    )


def test_own_lines_as_json_lines_and_what_is_not_used() -> None:
    write('{"id": "x", "text": "Well, well.", "category": "Awe"}\n{"id": "y", "text": "Right."}\n', "own.jsonl")
    plan = make_plan(write(HEAD + OWN.replace("csv", "jsonl")))
    assert any(note == "own.jsonl: lines of Awe are not used; the recipe does not name these categories" for note in plan.notes)
    assert plan.frozen_inputs["scripts/own.jsonl"] == Path("own.jsonl").read_bytes()
    assert [one.line.kind for one in plan.pools.own] == ["evocative", "neutral"]


@pytest.mark.parametrize(
    ("said", "first", "second"),
    [
        ("CC-BY-4.0", "CC-BY-4.0", "CC-BY-4.0"),
        ("{own.csv: CC-BY-4.0, more/two.csv: CC0-1.0}", "CC-BY-4.0", "CC0-1.0"),
        ("{own.csv: CC-BY-4.0}", "CC-BY-4.0", None),
    ],
)
def test_the_licence_of_own_lines_is_that_of_their_table(said: str, first: str, second: str | None) -> None:
    write("id,text\na,Hello there.\n", "own.csv")
    Path("more").mkdir()
    write("id,text\nb,Hello again.\n", "more/two.csv")
    text = f"scripts: {{files: [own.csv, more/two.csv], license: {said}, evocative: 0}}\npersonas: [nurse]\ncategories: all\n"
    plan = make_plan(write(HEAD + text))
    takes = [plan.take(plan.cell(cell), 1) for cell in range(plan.cells)]
    known = {take.line_id: take.licence for take in takes}
    assert {"a", "b"} < set(known), "own lines and shipped ones"
    assert (known.pop("a"), known.pop("b")) == (first, second) and set(known.values()) == {"Apache-2.0"}
    assert plan.fingerprint["recipe"] != make_plan(write(HEAD + text.replace(said, "MIT"))).fingerprint["recipe"]


@pytest.mark.parametrize(
    ("scripts", "told"),
    [
        ("{license: CC-BY-4.0}", "scripts.license is given and scripts.files names no table"),
        ("{files: [own.csv], license: {own.cvs: MIT}}", "unknown table 'own.cvs'; did you mean 'own.csv'?"),
        (
            "{files: [own.csv], license: [MIT]}",
            "scripts.license is a list; expected the licence of scripts.files, such as CC-BY-4.0",
        ),
        ("{files: [own.csv], license: {own.csv: 4}}", "scripts.license.own.csv is 4; expected text"),
        ("{files: [own.csv], licence: MIT}", "unknown key 'licence' in scripts; did you mean 'license'?"),
    ],
)
def test_a_licence_of_own_lines_that_cannot_be(scripts: str, told: str) -> None:
    write("id,text\na,Hello there.\n", "own.csv")
    assert refused(f"scripts: {scripts}\n").startswith(f"mine.yaml, line 3: {told}")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("a,Hello.\na,Hello again.\n", "row 3 (a): its id is that of row 2 (a); each line needs a name of its own"),
        ("a,Hello.\nA,Hello again.\n", "row 3 (A): its id differs only in capitals from that of row 2 (a)"),
        ("../x,Hello.\n", "row 2 (../x): id '../x' leaves the folder or names none"),
        ("en-anger-01,Hello.\n", "row 2 (en-anger-01): its id is that of a shipped line"),
        ("a,…\n", "row 2 (a): the text has no letter or digit"),
        ("a,Well [pause 20s] hello.\n", "row 2 (a): the pause '[pause 20s]' is longer than 10 s"),
        (",Hello.\n", "row 2: has no id"),
    ],
)
def test_own_lines_that_cannot_be_used(rows: str, told: str) -> None:
    write("id,text\n" + rows, "own.csv")
    message = refused(OWN)
    assert message.startswith("mine.yaml, line 3: own.csv: ") and told in message


@pytest.mark.parametrize(
    ("header", "cells", "told"),
    [
        ("category", "Angr", "row 2 (a): unknown emotion 'Angr'; did you mean"),
        ("category", "Anger Fear:3", "expected one without an intensity"),
        ("persona", "nurze", "row 2 (a): unknown persona 'nurze'; did you mean 'nurse'?"),
        ("persona", "tag:chld", "row 2 (a): unknown tag 'chld'; did you mean 'child'?"),
        ("language", "de", "row 2 (a): unknown language 'de'"),
        ("seed", "7", "row 2 (a): has seed; in a recipe the plan sets these"),
        ("intensity", "7", "row 2 (a): has intensity; in a recipe the plan sets these"),
    ],
)
def test_columns_of_own_lines_that_cannot_be(header: str, cells: str, told: str) -> None:
    write(f"id,text,{header}\na,Hello.,{cells}\n", "own.csv")
    assert told in refused(OWN)


def test_a_table_that_is_not_utf_8() -> None:
    Path("own.csv").write_bytes("id,text\na,Grüße\n".encode("latin-1"))
    assert refused(OWN).startswith("mine.yaml, line 3: own.csv: line 2 is not UTF-8; save the table as CSV UTF-8")


def test_two_tables_that_a_run_could_not_keep_apart(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    write("id,text\na,Hello.\n", "own.csv")
    write("id,text\nb,Hello.\n", "more/own.csv")
    assert "names two tables 'own.csv'" in refused(OWN.replace("[own.csv]", "[own.csv, more/own.csv]"))
    write("id,text\na,Hello.\n", "more/other.csv")
    assert "its id is that of another table's line" in refused(OWN.replace("[own.csv]", "[own.csv, more/other.csv]"))


# --- What the plan says of the tools


def test_what_no_take_can_reach_is_told() -> None:
    notes = make_plan(
        Recipe(name="x", description="y", categories=("Anger", "Concentration"), intensities=(0, 5), personas=("nurse",))
    ).notes
    assert "nothing is felt at intensity 0, so no take of it rests on category evidence and none is included" in notes[0]
    assert "has less for 1 of 2 categories, of which no take is included: Concentration" in notes[1]
    open_to_all = Recipe(
        name="x", description="y", categories=("Sadness",), intensities=(0, 5), verify=recipe.Verify(evidence="none")
    )
    assert not make_plan(open_to_all).notes


def test_what_is_kept_is_enough_to_plan_again(tmp_path: Path) -> None:
    """A run is resumed from its folder alone, whatever became of the files it was made from."""
    write(TABLE, "own.csv")
    write(
        "name: eileen\ndescription: The guide.\nextends: nurse\nvoice: {f0_hz: 225, tract: 0.97}\ngender: female\nage: 22\n",
        "eileen.yaml",
    )
    write("name: base\ndescription: Only here.\nvoice: {f0_hz: 120, tract: 1.1}\ngender: male\nage: 50\n", "base.yaml")
    path = write(HEAD + "personas: [nurse, big-brother, eileen.yaml, base]\ncategories: [Anger]\nscripts: {files: [own.csv]}\n")
    plan = make_plan(path, folders=[tmp_path])
    folder = tmp_path / "run"
    for name, data in plan.frozen_inputs.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    assert sorted(plan.frozen_inputs) == ["personas/base.yaml", "personas/eileen.yaml", "recipe.yaml", "scripts/own.csv"]
    for gone in ("own.csv", "eileen.yaml", "base.yaml", "mine.yaml"):
        (tmp_path / gone).unlink()
    again = make_plan(folder / "recipe.yaml", run_folder=folder)
    assert (
        again.fingerprint == plan.fingerprint and again.personas == plan.personas and again.frozen_inputs == plan.frozen_inputs
    )


def test_what_decides_the_clips_is_in_the_fingerprint() -> None:
    def prints(**changes: Any) -> dict[str, str]:
        return make_plan(
            Recipe(**{"name": "x", "description": "y", "categories": ("Anger",), "personas": ("nurse",)} | changes)
        ).fingerprint

    same = prints()
    assert same == prints(description="another"), "what it is called for decides nothing"
    assert {part for part in same if same[part] != prints(seed=1)[part]} == {"recipe"}
    assert {part for part in same if same[part] != prints(personas=("nurse", "monk"))[part]} == {"recipe", "personas"}
    assert {part for part in same if same[part] != prints(scripts=Scripts(neutral=2))[part]} == {"recipe"}
