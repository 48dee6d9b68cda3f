"""Strict reading of files that people write: plain YAML only, and every refusal in one sentence."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Meta, Struct

from voiceact.errors import UsageError
from voiceact.runtime import yaml_config as strict
from voiceact.runtime.yaml_config import fill, place, read_located, read_mapping, shown


class Part(Struct, forbid_unknown_fields=True):
    size: Annotated[float, Meta(gt=0, le=1)] = 1.0
    kind: Literal["a", "b"] = "a"


class Whole(Struct, forbid_unknown_fields=True):
    name: str
    count: Annotated[int, Meta(ge=1, description="pieces")] = 1
    part: Part | None = None
    parts: tuple[Part, ...] = ()
    shares: dict[str, Annotated[float, Meta(lt=1)]] = {}


@pytest.fixture(params=["libyaml", "python"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both loaders of PyYAML: the fast one is not on every machine."""
    if request.param == "python":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    monkeypatch.setattr(strict, "_cached_loader", [])


def read(tmp_path: Path, text: str) -> dict[str, Any]:
    path = tmp_path / "x.yaml"
    path.write_text(text, encoding="utf-8")
    return read_mapping(path)


@pytest.mark.usefixtures("loader")
def test_numbers_null_and_texts(tmp_path: Path) -> None:
    assert read(tmp_path, "a: 1\nb: 1.5\nc: ~\nd:\ne: '1'\nf: x y\ng: [1, b]\nh: {no: off}\n5: y\n") == {
        "a": 1,
        "b": 1.5,
        "c": None,
        "d": None,
        "e": "1",
        "f": "x y",
        "g": [1, "b"],
        "h": {"no": "off"},
        "5": "y",
    }


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize("word", ["no", "yes", "on", "Off", "True", "False", "trueish", "2024-05-31", "2024-13-45", "<<", "="])
def test_no_text_is_taken_for_something_else(word: str, tmp_path: Path) -> None:
    assert read(tmp_path, f"a: {word}\n{word}: b\n") == {"a": word, word: "b"}


@pytest.mark.usefixtures("loader")
def test_true_and_false_are_booleans_unless_they_are_quoted_or_keys(tmp_path: Path) -> None:
    assert read(tmp_path, "a: true\nb: [false]\nc: 'true'\ntrue: x\n") == {"a": True, "b": [False], "c": "true", "true": "x"}


class Switch(Struct, forbid_unknown_fields=True):
    on: bool = False


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("yes", "on is 'yes'; expected true or false; write true, without quotes"),
        ("No", "on is 'No'; expected true or false; write false, without quotes"),
        ("off", "on is 'off'; expected true or false; write false, without quotes"),
        ("'true'", "on is 'true'; expected true or false; write true, without quotes"),
        ("maybe", "on is 'maybe'; expected true or false"),
        ("1", "on is 1; expected true or false"),
    ],
)
def test_another_word_for_true_or_false_is_answered_in_one_sentence(word: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        fill(read(tmp_path, f"on: {word}\n"), Switch, "x.yaml")
    assert str(caught.value) == f"x.yaml: {told}"


def test_true_where_a_text_is_expected_is_shown_as_it_is_written() -> None:
    with pytest.raises(UsageError, match="name is true; expected text"):
        fill({"name": True}, Whole, "x.yaml")


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize(("text", "told"), [
    ("a: 1\nb: 2\na: 3\n", "line 3: not valid YAML (key 'a' is given twice; keep one)"),
    ("p:\n  a: 1\n  a: 1\n", "line 3: not valid YAML (key 'a' is given twice; keep one)"),
    ("a: 1\n? [b]\n: 2\n", "line 2: not valid YAML (a key must be a word)"),
    ("a: &x 1\nb: *x\n", "line 1: an anchor or alias is not read here; write it out plainly"),
    ("a: 1\nb: !!python/object/apply:os.getcwd []\n", "line 2: a tag is not read here; write it out plainly"),
    ("a: " + "[" * 21 + "]" * 21, "line 1: more than 20 levels of nesting is not read here; write it out plainly"),
])  # fmt: skip
def test_what_is_not_plain_is_refused_with_its_line(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, text)
    assert str(caught.value) == f"{tmp_path / 'x.yaml'}, {told}"


def test_nesting_up_to_the_limit_is_read(tmp_path: Path) -> None:
    value = read(tmp_path, "a: " + "[" * 19 + "]" * 19)["a"]
    for _ in range(18):
        (value,) = value
    assert value == []


# Control characters are refused where a file is read.
TEXT = st.text().filter(lambda text: not re.search("[\0-\x08\x0b\x0c\x0e-\x1f\x7f]", text))
PLAIN = st.recursive(
    st.none() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(TEXT, PLAIN, min_size=1))
def test_what_pyyaml_writes_is_read_back(tmp_path: Path, value: dict[str, Any]) -> None:
    assert read(tmp_path, yaml.safe_dump(value)) == value


def test_a_path_is_shown_from_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(Path("a/../b.yaml")) == shown(tmp_path / "b.yaml") == "b.yaml"
    assert shown(tmp_path.parent / "b.yaml") == str(tmp_path.parent / "b.yaml")


@pytest.mark.parametrize(("raw", "told"), [
    ({}, "the key 'name' is missing; expected text"),
    ({"nam": "x"}, "unknown key 'nam'; did you mean 'name'?"),
    ({"name": 3}, "name is 3; expected text"),
    ({"name": "x", "count": 0}, "count is 0; expected a whole number at least 1 (pieces)"),
    ({"name": "x", "count": [1]}, "count is a list; expected a whole number at least 1 (pieces)"),
    ({"name": "x", "part": {"size": 0}}, "part.size is 0; expected a number above 0, at most 1"),
    ({"name": "x", "part": {"kind": "A"}}, "part.kind is 'A'; expected a or b; did you mean 'a'?"),
    ({"name": "x", "part": 1}, "part is 1; expected keys with values: size, kind"),
    ({"name": "x", "part": {"count": 1}}, "unknown key 'count' in part; it belongs at the top, without indentation"),
    ({"name": "x", "size": 1}, "unknown key 'size'; it belongs under 'part'"),
    ({"name": "x", "parts": [{}, {"size": "1"}]},
     "size of item 2 of parts is the text '1'; expected a number above 0, at most 1"),
    ({"name": "x", "parts": [{}, {"zzz": 1}]}, "unknown key 'zzz' in item 2 of parts; known: size, kind"),
    ({"name": "x", "parts": 1}, "parts is 1; expected a list"),
    ({"name": "x", "shares": {"a": 0.5, "b": 2}}, "shares.b is 2; expected a number below 1"),
    ({"name": "x", "shares": {"a": 0.5, "b": None}}, "shares.b is empty; expected a number below 1"),
])  # fmt: skip
def test_what_does_not_fit_is_told_in_one_sentence(raw: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        fill(raw, Whole, "x.yaml")
    assert str(caught.value) == f"x.yaml: {told}"


def test_what_fits_is_filled() -> None:
    assert fill({"name": "x", "part": {"size": 1}, "shares": {"a": 0}}, Whole, "x.yaml") == Whole(
        "x", part=Part(size=1.0), shares={"a": 0.0}
    )


LOCATED = (
    "name: x\n\ncount: 2\npart:\n  size: 0.5\n  kind: a\nparts:\n  - {size: 1}\n  - size: 1\nshares: {a: 0.5,\n  b: 0.2}\n"
)


@pytest.mark.usefixtures("loader")
def test_where_each_key_and_item_stands(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(LOCATED)
    raw, lines = read_located(path)
    assert raw == read_mapping(path)
    assert {".".join(map(str, keys)): line for keys, line in lines.items()} == {
        "name": 1,
        "count": 3,
        "part": 4,
        "part.size": 5,
        "part.kind": 6,
        "parts": 7,
        "parts.0": 8,
        "parts.0.size": 8,
        "parts.1": 9,
        "parts.1.size": 9,
        "shares": 10,
        "shares.a": 10,
        "shares.b": 11,
    }
    assert place("x.yaml", lines, ("part", "kind", "deeper")) == "x.yaml, line 6", "the nearest that is known"
    assert place("x.yaml", lines, ("other",)) == place("x.yaml", {}, ("part",)) == "x.yaml"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("size: 0.5", "sise: 0.5"), "x.yaml, line 5: unknown key 'sise' in part; did you mean 'size'?"),
        (("kind: a", "kind: c"), "x.yaml, line 6: part.kind is 'c'; expected a or b"),
        (("- size: 1", "- size: 2"), "x.yaml, line 9: size of item 2 of parts is 2; expected"),
        (("name: x\n", "\n"), "x.yaml: the key 'name' is missing"),
    ],
)
def test_with_lines_an_error_names_its_line(change: tuple[str, str], told: str, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(LOCATED.replace(*change, 1))
    raw, lines = read_located(path)
    with pytest.raises(UsageError) as error:
        fill(raw, Whole, "x.yaml", lines)
    assert str(error.value).startswith(told)
