"""The rooms of the package: imports run one way, and no file is in a circle. docs/architecture.md explains the rooms."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "voiceact"
ROOMS = (
    "errors vocabulary runtime text acting audio clip stats estimators engines bursts verify store synthesis prompting director "
    "lines story recipe runs report judge dataset training annotate web listening serve cli"
).split()
"""from the lowest to the highest: a room imports only from rooms before it"""


def module_name(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


MODULES = {module_name(path): path for path in PACKAGE.rglob("*.py")}


def imports_of(module: str) -> Iterator[str]:
    """Yield the modules of this package that a module imports, within functions and under TYPE_CHECKING too."""
    for node in ast.walk(ast.parse(MODULES[module].read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "voiceact":
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in MODULES else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)


GRAPH = {module: sorted(set(imports_of(module)) - {module}) for module in MODULES}


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def test_voiceact_itself_holds_rooms_and_nothing_else() -> None:
    files = {path.name for path in PACKAGE.glob("*.py")}
    assert files == {"__init__.py", "__main__.py", "errors.py", "vocabulary.py"}
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert rooms <= set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_from_rooms_before_it(room: str) -> None:
    allowed = {"", *ROOMS[: ROOMS.index(room) + 1]}
    backwards = [
        f"{module} imports {imported}"
        for module, imported_modules in GRAPH.items()
        if room_of(module) == room
        for imported in imported_modules
        if room_of(imported) not in allowed
    ]
    assert backwards == []


def circles(graph: dict[str, list[str]]) -> list[list[str]]:
    """Return the strongly connected components of more than one module (Tarjan 1972)."""
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        index[module] = lowest[module] = len(index)
        stack.append(module)
        for imported in graph[module]:
            if imported not in index:
                visit(imported)
                lowest[module] = min(lowest[module], lowest[imported])
            elif imported in stack:
                lowest[module] = min(lowest[module], index[imported])
        if lowest[module] == index[module]:
            component = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            if len(component) > 1:
                found.append(sorted(component))

    for module in graph:
        if module not in index:
            visit(module)
    return found


def test_circles_are_seen() -> None:
    assert circles({"a": ["b"], "b": ["c"], "c": ["b"], "d": []}) == [["b", "c"]]


def test_no_file_is_in_a_circle() -> None:
    # `voiceact/__init__.py` names its public parts, and parts read its version.
    inside = {
        module: [name for name in imported if name != "voiceact"] for module, imported in GRAPH.items() if module != "voiceact"
    }
    assert circles(inside) == []
