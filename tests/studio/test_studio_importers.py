"""Scripts as writers keep them, read into lines."""

import csv
import datetime
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("starlette", reason="voiceact[studio] is not installed")

from voiceact.errors import UsageError
from voiceact.lines.table import read_lines
from voiceact.studio.importers import read_script
from voiceact.studio.importers.base import part_of_id, split_speaker
from voiceact.studio.importers.tables import MOST_CELL_CHARACTERS


def rows(name: str, data: str | bytes) -> list[tuple[str, str, str]]:
    script = read_script(name, data if isinstance(data, bytes) else data.encode())
    return [
        (line.cells["id"], line.cells.get("character") or line.cells.get("persona", ""), line.cells["text"])
        for line in script.lines
    ]


@pytest.mark.parametrize("name", ["script.csv", "script.tsv"])
def test_a_table_is_read_as_voiceact_lines_reads_it(table, name: str) -> None:
    mark = "\t" if name.endswith("tsv") else ";"
    text = (
        f'ID{mark}Speaker{mark}Line{mark}Emotion\na/1{mark}nurse{mark}"Sit{mark} ""now""."{mark}Joy\n\nb{mark}{mark}Go.{mark}\n'
    )
    path = table(text, name)
    expected = [(line.id, line.character or line.persona or "", line.text) for line in read_lines(path).lines]
    assert rows(name, path.read_bytes()) == expected == [("a/1", "nurse", f'Sit{mark} "now".'), ("b", "", "Go.")]


def test_columns_of_the_writer_are_kept_and_the_header_too() -> None:
    script = read_script("a.csv", b"Id,Line,Notes\nx,Hello.,ask Tom\n")
    assert script.header == ("Id", "Line", "Notes")
    assert script.lines[0].extra == {"Notes": "ask Tom"}


def test_a_faulty_cell_is_read_and_a_faulty_table_is_refused() -> None:
    assert rows("a.csv", "id,text,seed\n../x,,many\n") == [("../x", "", "")]
    with pytest.raises(UsageError, match=r"has no column 'text'; its columns are 'id', 'words'"):
        read_script("a.csv", b"id,words\nx,Hello.\n")
    with pytest.raises(UsageError, match="did you mean 'emotion'"):
        read_script("a.csv", b"id,text,emoton\nx,Hello.,Joy\n")
    with pytest.raises(UsageError, match="row 2 has 3 cells and the header 2"):
        read_script("a.csv", b"id,text\nx,Hello, you.\n")
    with pytest.raises(UsageError, match="two columns mean text"):
        read_script("a.csv", b"id,line,dialogue\nx,a,b\n")


def test_excels_old_encoding_is_read_and_said() -> None:
    script = read_script("a.csv", "id;text\nx;Café déjà\n".encode("cp1252"))
    assert script.lines[0].cells["text"] == "Café déjà"
    assert "Windows-1252" in script.notes[0]


def test_renpys_dialogue_is_read_with_its_escapes() -> None:
    text = "Identifier\tCharacter\tDialogue\tFilename\tLine Number\tRen'Py Script\n"
    text += 'start_1\tEileen\tHe said \\"hi\\".{w=0.5}\\nThen left.\tgame/script.rpy\t12\te "[what]"\n'
    script = read_script("dialogue.tab", text.encode())
    assert script.lines[0].cells["text"] == 'He said "hi".{w=0.5} Then left.'
    assert "Eileen" in (script.lines[0].cells["character"], script.lines[0].cells["persona"])
    assert script.lines[0].extra["Line Number"] == "12"


def test_a_workbook_is_read_from_the_sheet_that_has_lines() -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["what this is"])
    sheet = book.create_sheet("Dialogue")
    for row in (
        ["ID", "Character", "Line", "Intensity"],
        ["a", "nurse", "Sit down.", 3.0],
        [None, None, None, None],
        ["b", None, "Go.", 2.5],
    ):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    script = read_script("scene.xlsx", out.getvalue())
    assert [line.cells["intensity"] for line in script.lines] == ["3", "2.5"]
    assert script.lines[1].cells["persona"] == script.lines[1].cells["character"] == ""
    with pytest.raises(UsageError, match="no workbook that can be read"):
        read_script("scene.xlsx", b"PK\x03\x04 nothing")


def test_titles_above_the_header_of_a_workbook_are_left_out() -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["My Game - Act 1"], [], ["Draft of", datetime.datetime(2026, 1, 2)], ["ID", "Line", "Day"]):
        book.active.append(row)
    book.active.append([1, "Sit down.", datetime.datetime(2026, 1, 3)])
    out = io.BytesIO()
    book.save(out)
    script = read_script("scene.xlsx", out.getvalue())
    assert [(line.cells["id"], line.cells["text"], line.extra) for line in script.lines] == [
        ("1", "Sit down.", {"Day": "2026-01-03"})
    ]
    assert "2 rows above the header were left out" in script.notes


SAVED = 'Act 1;;\r\nID;Line;Emotion\r\n1;"Sit; down.\nNow.";angry\r\n2;Café “no”;sad\r\n'


@pytest.mark.parametrize(
    ("name", "text", "encoding"),
    [
        ("a.csv", SAVED, "utf-8-sig"),
        ("a.csv", SAVED, "cp1252"),
        ("a.csv", SAVED, "utf-16"),
        ("a.csv", "sep=;\r\n" + SAVED, "utf-8"),
        ("a.csv", SAVED.replace("\r\n", "\r"), "utf-8"),
        ("a.tsv", SAVED.replace(";", "\t").replace("Sit\t", "Sit;"), "utf-16"),
        ("a.txt", SAVED.replace(";", "\t").replace("Sit\t", "Sit;"), "utf-16"),
        ("", SAVED.replace(";", "\t").replace("Sit\t", "Sit;"), "utf-8"),
    ],
)
def test_whatever_excel_saves_or_copies_is_the_same_table(name: str, text: str, encoding: str) -> None:
    assert rows(name, text.encode(encoding)) == [("1", "", "Sit; down.\nNow."), ("2", "", "Café “no”")]


def test_quotation_marks_in_what_is_pasted_need_not_be_doubled() -> None:
    text = 'id\tline\na\t"No," he said.\nb\t"Two ""words""\nhere"\nc\tAn " alone\nd\t"\n'
    assert [(key, words) for key, _, words in rows("", text)] == [
        ("a", '"No," he said.'),
        ("b", 'Two "words"\nhere'),
        ("c", 'An " alone'),
        ("d", '"'),
    ]


@given(st.lists(st.lists(st.text(alphabet='a"\n\t,', max_size=6), min_size=3, max_size=3), min_size=1, max_size=4))
def test_a_range_that_a_spreadsheet_copies_comes_back(cells: list[list[str]]) -> None:
    # An independent writer: csv with every cell quoted that needs it.
    out = io.StringIO()
    csv.writer(out, delimiter="\t", quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([["id", "text", "notes"], *cells])
    expected = [[cell.strip() for cell in row] for row in cells if any(cell.strip() for cell in row)]
    if not expected:
        return
    script = read_script("", out.getvalue().encode())
    assert [[line.cells["id"], line.cells["text"], line.extra["notes"]] for line in script.lines] == expected


def test_other_tables_of_the_process_keep_their_limit_of_cells() -> None:
    before = csv.field_size_limit()
    long = "a " * 100_000
    for name, text in (("a.csv", f"id,text\nx,{long}\n"), ("dialogue.tab", f"Identifier\tDialogue\nx\t{long}\n")):
        assert rows(name, text) == [("x", "", long.strip())]
    with pytest.raises(UsageError, match="row 2 cannot be read"):
        read_script("a.csv", b"id,text\nx," + b"a" * (MOST_CELL_CHARACTERS + 1))
    assert csv.field_size_limit() == before


def test_plain_text_has_speakers_directions_and_scenes() -> None:
    text = "# The Gate\nMARA: Sit down.\nAnd listen.\nJon (softly): No.\n\nNote the time: it was late.\n"
    assert rows("a.txt", text) == [
        ("the_gate/mara_001", "MARA", "Sit down. And listen."),
        ("the_gate/jon_001", "Jon", "No."),
        ("the_gate/line_001", "", "Note the time: it was late."),
    ]


def test_a_screenplay_gives_its_dialogue_alone() -> None:
    text = (
        "Title: The Gate\nAuthor: A\n\nINT. HOUSE - NIGHT\n\nShe walks in. [[not now]]\n\nMARA (V.O.)\n(whispering)\nSit *down*.\n"
        "(beat)\nNow **please**.\n\n/* cut\nBOB\nNo.\n*/\n@McCoy ^\n~Tra la\n\nCUT TO:\n\n.A DREAM\n\nBOB\nHi.\n"
    )
    script = read_script("a.fountain", text.encode())
    assert [(line.cells["id"], line.cells["direction"], line.cells["text"]) for line in script.lines] == [
        ("sc01/mara_001", "whispering", "Sit *down*. [beat] Now *please*."),
        ("sc01/mccoy_001", "", "Tra la"),
        ("sc02/bob_001", "", "Hi."),
    ]
    assert "2 rows of action and transitions are not spoken" in script.notes[0]


def test_subtitles_keep_their_times() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,500\n<i>- MARA: Sit</i>\ndown.\n\n2\n00:00:03,000 --> 00:00:04,000\n{\\an8}Go.\n"
    script = read_script("a.srt", text.encode())
    assert [line.cells["text"] for line in script.lines] == ["Sit down.", "Go."]
    assert script.lines[0].extra == {"start": "00:00:01,000", "end": "00:00:02,500"}
    with pytest.raises(UsageError, match="row 1 is no time"):
        read_script("a.srt", b"Hello.\nWorld.\n")


def test_a_pasted_range_is_read_with_and_without_its_header() -> None:
    assert rows("", "id\tline\nx\tHello.\n") == [("x", "", "Hello.")]
    assert rows("", "x\tnurse\tHello.\n") == [("x", "nurse", "Hello.")]
    with pytest.raises(UsageError, match="has 6 columns and no header"):
        read_script("", b"a\tb\tc\td\te\tf\n")


def test_what_is_no_script_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no script that voiceact reads; expected one of \.csv"):
        read_script("picture.png", b"\x89PNG")
    with pytest.raises(UsageError, match=r"save it as Excel workbook \(\.xlsx\)"):
        read_script("old.xls", b"\xd0\xcf\x11\xe0")
    with pytest.raises(UsageError, match="holds zero bytes"):
        read_script("a.txt", b"a\0b")
    with pytest.raises(UsageError, match="holds no lines"):
        read_script("a.txt", b"\n\n")


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("MARA: No.", "MARA"),
        ("Captain Vega (angry): No.", "Captain Vega"),
        ("Lord of the Isles: No.", "Lord of the Isles"),
        ("and so: no", ""),
        ("12:30 is late", ""),
    ],
)
def test_who_speaks_is_told_from_a_sentence(text: str, speaker: str) -> None:
    assert split_speaker(text)[0] == speaker


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.tsv", "a.psv", "a.tab", "a.txt", "a.fountain", "a.srt", ""]))
def test_no_bytes_do_more_than_be_refused(data: bytes, name: str) -> None:
    try:
        script = read_script(name, data)
    except UsageError:
        return
    assert script.lines == () or all(isinstance(line.cells["text"], str) for line in script.lines)


@given(st.text(max_size=80))
def test_any_words_become_a_part_of_an_id(text: str) -> None:
    assert all(letter.isascii() and (letter.isalnum() or letter == "_") for letter in part_of_id(text))
