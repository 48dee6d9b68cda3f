"""Scripts as writers keep them, read into lines: tables, Ren'Py, Excel, plain text, Fountain, subtitles, a pasted range.

>>> script = read_script("scene.txt", b"MARA: Sit down.\\n\\nJON: No.\\n")
>>> [(line.cells["character"], line.cells["text"]) for line in script.lines]
[('MARA', 'Sit down.'), ('JON', 'No.')]
"""

from collections.abc import Callable
from pathlib import PurePath

from voiceact.errors import UsageError
from voiceact.studio.importers import fountain, plain, spreadsheet, subtitles, tables
from voiceact.studio.importers.base import MOST_BYTES, Imported, ImportedLine, decode_text

__all__ = ["Imported", "ImportedLine", "KINDS", "read_script"]

KINDS: dict[str, Callable[[str, bytes], Imported]] = {
    ".csv": tables.read_table,
    ".tsv": tables.read_table,
    ".psv": tables.read_table,
    ".tab": tables.read_renpy,
    ".xlsx": spreadsheet.read_workbook,
    ".xlsm": spreadsheet.read_workbook,
    ".txt": plain.read_plain,
    ".md": plain.read_plain,
    ".fountain": fountain.read_fountain,
    ".srt": subtitles.read_srt,
}
"""ending -> what reads such a file"""
OTHER_SPREADSHEETS = (".xls", ".xlsb", ".ods", ".numbers")


def read_script(name: str, data: bytes) -> Imported:
    """Read a script by the ending of its name; without one it is what was pasted: a range of a spreadsheet, or plain text.

    Args:
        name: of the file, or "" for what was pasted
        data: its bytes

    Raises:
        UsageError: if it is too long, of an unknown kind, or not as its kind is; each fault with its row
    """
    if len(data) > MOST_BYTES:
        raise UsageError(f"{name or 'what was pasted'} has {len(data):,} bytes; expected at most {MOST_BYTES:,}; split it")
    ending = PurePath(name).suffix.lower()
    if not ending:
        pasted = decode_text(name or "what was pasted", data)[0]
        first = next((line for line in pasted.splitlines() if line.strip()), "")
        return tables.read_pasted(data) if "\t" in first else plain.read_plain("what was pasted", data)
    if ending == ".txt" and tables.is_tabbed_table(decode_text(name, data)[0]):
        return tables.read_table(name, data)
    if ending in OTHER_SPREADSHEETS:
        raise UsageError(f"{name}: is a spreadsheet that voiceact does not read; save it as Excel workbook (.xlsx), or as CSV")
    if ending not in KINDS:
        raise UsageError(f"{name}: is no script that voiceact reads; expected one of {', '.join(KINDS)}")
    script = KINDS[ending](name, data)
    if not script.lines:
        raise UsageError(f"{name}: holds no lines")
    return script
