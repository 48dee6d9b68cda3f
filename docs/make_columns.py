"""Write docs/columns.md from the columns themselves (--print only prints it); a test fails when it is stale."""

import sys
from pathlib import Path

from voiceact.store.columns import COLUMNS, STORE_COLUMNS

PAGE = Path(__file__).parent / "columns.md"
HEAD = """# The columns of a data set

Made from `voiceact/store/columns.py` by `python docs/make_columns.py`. One row is one take; what is not known is null.
Every export has the first table; the second stands only in the index of a run.

```python
from voiceact.store.columns import COLUMNS

for name, column in COLUMNS.items():
    print(name, column.type, column.meaning)
```
"""


def page() -> str:
    """The whole page."""
    kept = [name for name in COLUMNS if name not in STORE_COLUMNS]
    return f"{HEAD}\n## Of a clip\n\n{_table(kept)}\n## Where its bytes lie in the run\n\n{_table(list(STORE_COLUMNS))}"


def _table(names: list[str]) -> str:
    rows = [f"| `{name}` | {COLUMNS[name].type} | {COLUMNS[name].meaning} |" for name in names]
    return "\n".join(["| column | type | meaning |", "|---|---|---|", *rows]) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        sys.stdout.buffer.write(page().encode())
    else:
        PAGE.write_text(page(), encoding="utf-8")
