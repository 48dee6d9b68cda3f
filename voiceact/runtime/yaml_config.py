"""Read YAML files that people write by hand into checked structs; each error is one sentence.

Only plain YAML is read: mappings, lists, texts, numbers, true, false and null. A text such as `no` or `2024-05-31`
stays a text, a repeated key is an error, and anchors, tags and `<<` are refused, so that a file has no other
meaning than a reader sees.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from voiceact.errors import UsageError, listed, nearest
from voiceact.runtime.untrusted_paths import UntrustedPathError, read_regular_file

MOST_BYTES = 1 << 20
DEEPEST = 20
"""levels of nesting; libyaml overflows the stack at some ten thousand"""
_UNREADABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""NUL ends a file name early, half a character cannot be encoded, the others control terminals"""
_TOO_DEEP = f"more than {DEEPEST} levels of nesting"

T = TypeVar("T")
Lines = Mapping[tuple[str | int, ...], int]
"""keys down to a value, items counted from 0 -> line of the file, counted from 1"""


def shown(path: Path) -> str:
    """Return a path as the user would write it: relative, if it lies below the working folder."""
    absolute = Path(os.path.abspath(path))
    try:
        return absolute.relative_to(Path.cwd()).as_posix()
    except (ValueError, FileNotFoundError):
        return str(path)


# --- From file to mapping


def read_mapping(path: Path) -> dict[str, Any]:
    """Read the mapping of a YAML file, with its keys as texts.

    Raises:
        UsageError: if the file cannot be read, is no UTF-8, no YAML, empty, or holds something else
    """
    where = shown(path)
    return _read_mapping(_read_text(path, where), where)


def read_located(path: Path) -> tuple[dict[str, Any], Lines]:
    """Read the mapping of a YAML file, with the line of each key and item; errors as in `read_mapping`."""
    import yaml

    where = shown(path)
    text = _read_text(path, where)
    return _read_mapping(text, where), dict(_located(yaml.compose(text, _loader())))


def _read_mapping(text: str, where: str) -> dict[str, Any]:
    content = _parse(text, where)
    if content is None:
        raise UsageError(f"{where} is empty; expected keys with values, one a line")
    if not isinstance(content, dict):
        raise UsageError(f"{where} holds {_spelled(content)}; expected keys with values, one a line")
    return content


def place(where: str, lines: Lines, keys: Sequence[str | int]) -> str:
    """Return the file and the line of the value at these keys, or of the nearest value around it."""
    for depth in range(len(keys), 0, -1):
        if line := lines.get(tuple(keys[:depth])):
            return f"{where}, line {line}"
    return where


def _read_text(path: Path, where: str) -> str:
    if path.is_dir():
        raise UsageError(f"{where} is a folder; expected a YAML file")
    try:
        data = read_regular_file(path, max_bytes=MOST_BYTES)
    except FileNotFoundError:
        raise UsageError(f"{where} does not exist; expected a YAML file") from None
    except OSError as error:
        raise UsageError(f"{where} cannot be read: {error.strerror or error}") from error
    except UntrustedPathError as error:
        raise UsageError(f"{error}; expected a YAML file written by hand") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{where}, line {line}: not UTF-8 text; save the file as UTF-8") from None


def _parse(text: str, where: str) -> Any:
    import yaml

    loader = _loader()
    try:
        _check_plain(yaml.parse(text, loader), where)
        return yaml.load(text, loader)
    except UsageError:
        raise
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        trouble = (error.problem or "").removeprefix("but ")
        if "nesting depth" in trouble:
            # Newer versions of libyaml look ahead and stop before there is an event to count.
            raise UsageError(_refusal(where, line, _TOO_DEEP)) from None
        raise UsageError(f"{where}, line {line}: not valid YAML ({trouble})") from None
    except yaml.YAMLError as error:
        raise UsageError(f"{where}: not valid YAML ({str(error).splitlines()[0]})") from None
    except ValueError:
        # Python refuses to read a whole number of more than 4,300 digits.
        raise UsageError(f"{where}: not valid YAML (a number has too many digits)") from None


def _located(node: Any, keys: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """Yield the keys and the line of each key and item below a node."""
    if isinstance(node, tuple):
        key, node = node
        yield keys, key.start_mark.line + 1
    kind = getattr(node, "id", "")
    entries = (
        [(key.value, (key, value)) for key, value in node.value]
        if kind == "mapping"
        else ([(at, (item, item)) for at, item in enumerate(node.value)] if kind == "sequence" else [])
    )
    for name, entry in entries:
        yield from _located(entry, (*keys, name))


def _check_plain(events: Iterator[Any], where: str) -> None:
    """Refuse content that cannot be read safely, or not as it is written, before any object is created."""
    depth = 0
    for event in events:
        kind = type(event).__name__
        depth += kind.endswith(("MappingStartEvent", "SequenceStartEvent"))
        depth -= kind.endswith(("MappingEndEvent", "SequenceEndEvent"))
        odd = (
            "an anchor or alias"
            if getattr(event, "anchor", None)
            else "a tag"
            if getattr(event, "tag", None) not in (None, "!")
            else _TOO_DEEP
            if depth > DEEPEST
            else "a control character or half a character"
            if _UNREADABLE.search(getattr(event, "value", None) or "")
            else ""
        )
        if odd:
            raise UsageError(_refusal(where, event.start_mark.line + 1, odd))


def _refusal(where: str, line: int, odd: str) -> str:
    return f"{where}, line {line}: {odd} is not read here; write it out plainly"


_cached_loader: list[Any] = []


def _loader() -> Any:
    """Return the YAML loader of numbers, true, false, null and texts, with unique keys as texts (created at first use)."""
    if not _cached_loader:
        import yaml

        base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        tags = {f"tag:yaml.org,2002:{name}" for name in ("int", "float", "null")}
        resolvers = {
            first: [pair for pair in pairs if pair[0] in tags] for first, pairs in base.yaml_implicit_resolvers.items()
        }
        loader: Any = type("PlainLoader", (base,), {"yaml_implicit_resolvers": resolvers})
        loader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)
        loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)\Z"), ["t", "f"])
        _cached_loader.append(loader)
    return _cached_loader[0]


def _construct_mapping(loader: Any, node: Any) -> dict[str, Any]:
    from yaml import ScalarNode
    from yaml.constructor import ConstructorError

    mapping: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            raise ConstructorError(None, None, "a key must be a word", key.start_mark)
        if key.value in mapping:
            raise ConstructorError(None, None, f"key {key.value!r} is given twice; keep one", key.start_mark)
        mapping[key.value] = loader.construct_object(value, deep=True)
    return mapping


# --- From mapping to struct


def fill(raw: dict[str, Any], kind: type[T], where: str, lines: Lines | None = None) -> T:
    """Convert a mapping to a struct.

    Args:
        raw: the mapping
        kind: class of the struct
        where: name of the file, for messages
        lines: from `read_located`; with them the error names the line

    Raises:
        UsageError: naming `where`, the key, what was given, what is expected and the nearest known name
    """
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        sentence, keys = _explain(raw, kind, str(error))
        raise UsageError(f"{place(where, lines or {}, keys)}: {sentence}") from None


def _explain(raw: dict[str, Any], kind: type, message: str) -> tuple[str, list[Any]]:
    """Turn a message of msgspec into a sentence about the file, and return it with the keys that it concerns."""
    message, _, place = message.partition(" - at `")
    keys = [int(key) if key.isdigit() else key for key in re.findall(r"[^.\[\]$`]+", place.replace("[...]", ""))]
    schema = msgspec.json.schema(kind)
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", message, re.DOTALL):
        return _unknown_key(unknown[1], keys, schema), [*keys, unknown[1]]
    if missing := re.fullmatch(r"Object missing required field `(.*)`", message):
        return (f"the key {missing[1]!r} is missing{_under(keys)}; expected {_expected(schema, [*keys, missing[1]])}"), keys
    if "[...]" in place:
        keys.append(_find_refused_key(raw, kind, keys, f"{message} - at `{place}"))

    # A wrong value: what it is, what is expected, and the nearest known word.
    value, node = _value(raw, keys), _node(schema, keys)
    sentence = f"{_dotted(keys)} is {_spelled(value)}; expected {_expected(schema, keys)}"
    if node.get("type") == "boolean" and str(value).lower() in _BOOLEAN_WORDS:
        return f"{sentence}; write {_BOOLEAN_WORDS[str(value).lower()]}, without quotes", keys
    near = nearest(value, node.get("enum", ())) if isinstance(value, str) else None
    return sentence + (f"; did you mean {near!r}?" if near else ""), keys


def _unknown_key(key: str, keys: list[Any], schema: dict[str, Any]) -> str:
    known = list(_node(schema, keys).get("properties", {}))
    sentence = f"unknown key {key!r}{_under(keys, ' in ')}; "
    if near := nearest(key, known):
        return sentence + f"did you mean {near!r}?"
    for name, child in _node(schema, [])["properties"].items():
        if key in _plain(schema, child).get("properties", {}):
            return sentence + f"it belongs under {name!r}"
    if key in _node(schema, [])["properties"]:
        return sentence + "it belongs at the top, without indentation"
    return sentence + "known: " + listed(known, 20)


_BOOLEAN_WORDS = dict.fromkeys(("yes", "on", "true"), "true") | dict.fromkeys(("no", "off", "false"), "false")
"""words that people write for true and false -> the word that is read as such"""


def _find_refused_key(raw: dict[str, Any], kind: type, keys: list[Any], message: str) -> str:
    """Find the key of a free mapping whose value is refused; msgspec does not name it."""
    values: dict[str, Any] = _value(raw, keys)
    for key, value in values.items():
        try:
            msgspec.convert(_replaced(raw, keys, {key: value}), kind)
        except msgspec.ValidationError as error:
            if str(error) == message:
                return key
    return next(iter(values))


def _replaced(raw: dict[str, Any], keys: list[Any], value: Any) -> Any:
    return {**raw, keys[0]: _replaced(raw[keys[0]], keys[1:], value)} if keys else value


def _value(raw: Any, keys: list[Any]) -> Any:
    for key in keys:
        raw = raw[key]
    return raw


def _under(keys: list[Any], link: str = " from ") -> str:
    return link + _dotted(keys) if keys else ""


def _dotted(keys: list[Any]) -> str:
    """Join keys: voice.f0_hz, or "item 2 of tags", with items counted from 1."""
    *before, last = keys
    if isinstance(last, int):
        return f"item {last + 1} of {_dotted(before)}"
    if not before:
        return str(last)
    return f"{last} of {_dotted(before)}" if isinstance(before[-1], int) else f"{_dotted(before)}.{last}"


def _spelled(value: Any) -> str:
    """Write a value as in the file, shortened; a number in quotes is called a text."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return ("a list" if value else "an empty list") if isinstance(value, list) else "a set of keys"
    if isinstance(value, str):
        text = repr(value if len(value) <= 60 else value[:60] + "…")
        return f"the text {text}" if re.fullmatch(r"[-+.\d].*", value) else text
    return f"{value:g}" if isinstance(value, float) else str(value)[:60]


def _node(schema: dict[str, Any], keys: list[Any]) -> dict[str, Any]:
    """Return the part of the JSON schema for the value at these keys."""
    node = _plain(schema, schema)
    for key in keys:
        if isinstance(key, int) and "prefixItems" in node:
            inner = node["prefixItems"][key]
        else:
            inner = node.get("items") if isinstance(key, int) else node.get("properties", {}).get(key)
        node = _plain(schema, inner or node.get("additionalProperties") or {})
    return node


def _plain(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Resolve references of a node and remove the alternative null."""
    for choice in node.get("anyOf", ()):
        if choice.get("type") != "null":
            return _plain(schema, choice) | {k: v for k, v in node.items() if k == "description"}
    if "$ref" in node:
        target: dict[str, Any] = schema["$defs"][node["$ref"].rpartition("/")[2]]
        return target
    return node


def _expected(schema: dict[str, Any], keys: list[Any]) -> str:
    node = _node(schema, keys)
    note = node.get("description", "")
    if "enum" in node:
        *most, last = map(str, node["enum"])
        return f"{', '.join(most)} or {last}"
    if node.get("type") in ("number", "integer"):
        number = "a number" if node["type"] == "number" else "a whole number"
        return f"{number} {_bounds(node)}".rstrip() + (f" ({note})" if note else "")
    if node.get("type") == "object" and "properties" in node:
        return "keys with values: " + listed(node["properties"], 20)
    # Of a list of fixed length `items` is false: nothing may follow.
    items = " of words" if (node.get("items") or {}).get("type") == "string" else ""
    kinds = {"array": "a list" + items, "object": "words with values", "boolean": "true or false"}
    return note or kinds.get(node.get("type", ""), "text")


def _bounds(node: dict[str, Any]) -> str:
    lowest, highest = node.get("minimum"), node.get("maximum")
    if lowest is not None and highest is not None:
        return f"from {_number(lowest)} to {_number(highest)}"
    words = {"above": "exclusiveMinimum", "at least": "minimum", "below": "exclusiveMaximum", "at most": "maximum"}
    return ", ".join(f"{word} {_number(node[key])}" for word, key in words.items() if key in node)


def _number(value: float) -> str:
    """Write a number, a whole one with all its digits."""
    if value != int(value):
        return f"{value:g}"
    return f"{int(value):,}" if abs(value) > 100_000 else str(int(value))
