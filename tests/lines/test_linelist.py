"""Tables of lines in all the forms people keep them in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceact.errors import UsageError
from voiceact.lines.table import Line, read_lines, split_emotions

EXPECTED = Line(2, "a", "Hello, you.", "nurse", ("Pride:3", "Sadness:5"), None, "softly", 7)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", 'id,persona,text,emotion,direction,seed\na,nurse,"Hello, you.",Pride:3 Sadness:5,softly,7\n'),
        ("t.csv", "id;speaker;text;emotion;direction;seed\na;nurse;Hello, you.;Pride:3 Sadness:5;softly;7\n"),
        (
            "t.csv",
            '\ufeffID,Character,Line,Emotion,Direction,Seed\r\na, nurse ,"Hello, you.",Pride:3 + Sadness:5,softly,7.0\r\n',
        ),
        ("t.tsv", "id\tpersona\ttext\temotion\tdirection\tseed\na\tnurse\tHello, you.\tPride:3;Sadness:5\tsoftly\t7\n"),
        ("t.psv", "id|persona|text|emotion|direction|seed\na|nurse|Hello, you.|Pride:3 Sadness:5|softly|7\n"),
        (
            "t.jsonl",
            '\n{"id": "a", "persona": "nurse", "text": "Hello, you.", "emotion": {"Pride": 3, "Sadness": 5},'
            ' "direction": "softly", "seed": 7, "intensity": null}\n',
        ),
        (
            "t.jsonl",
            '\n{"id": "a", "speaker": "nurse", "sentence": "Hello, you.", "emotion": ["Pride:3", "Sadness:5"],'
            ' "direction": "softly", "seed": 7}\n',
        ),
    ],
)
def test_every_form_of_table_reads_the_same(table, name: str, content: str) -> None:
    assert read_lines(table(content, name)).lines == (EXPECTED,)


def test_a_spreadsheet_in_utf16(table) -> None:
    (line,) = read_lines(table("id\ttext\na\tGrüße\n".encode("utf-16"), "t.tsv")).lines
    assert line.text == "Grüße"


@pytest.mark.parametrize("name", ["metadata.csv", "metadata.txt", "lines.psv"])
def test_pipes_without_a_header(table, name: str) -> None:
    found = read_lines(table('a|nurse|"No," she said.\n\nb|farmer|Well.\n', name)).lines
    assert found == (Line(1, "a", '"No," she said.', "nurse"), Line(3, "b", "Well.", "farmer"))


def test_a_text_may_run_over_lines_and_is_one_row(table) -> None:
    first, second = read_lines(table('id,text\na,"One\ntwo ""three""."\n,\nb,Four.\n')).lines
    assert first.text == 'One\ntwo "three".'
    assert (second.row, second.id) == (4, "b")  # as a spreadsheet counts: header, a, an empty row, b


def test_columns_nobody_reads_are_told(table) -> None:
    found = read_lines(table("id,text,context,Take notes\na,Hello.,hall,x\n"))
    assert found.notes == (
        "not read: columns 'context', 'Take notes'; known: id, persona, text, emotion, intensity, direction, seed, "
        "language, character, description, gap",
    )


def test_a_line_number_beside_the_text_is_not_the_text(table) -> None:
    (line,) = read_lines(table("id,line,text\na,12,Hello.\n")).lines
    assert line.text == "Hello."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,text,emotoin\na,x,y\n", "unknown column 'emotoin'; did you mean 'emotion'"),
        ("id,persona\na,nurse\n", "has no column 'text'; its columns are 'id', 'persona'"),
        ("text,persona\nx,nurse\n", "has no column 'id'"),
        ("id,text,speaker,character\na,x,y,z\n", "columns 'speaker' and 'character' both mean persona; keep one"),
        ("id,text,text\na,x,y\n", "both mean text"),
        ("id,text\n", "holds no lines"),
        ("", "has no column 'id'; its columns are none"),
        ("id,text\na,Well, no.\n", r"row 2 \(a\): has 3 cells and the header 2; .* holds ',' must stand in quotes"),
        ('id,text\na,x\nb,"x" y\n', "row 3 cannot be read .* must stand in quotes, each mark inside doubled"),
        ('id,text\na,"x\n', "row 2 cannot be read"),
        ("id,text,seed\na,x,1.5\n", r"row 2 \(a\): seed is '1.5'; expected a whole number"),
        ("id,text,seed\na,x,-3\n", "seed is '-3'"),
        (b"id,text\na,gr\xfc\xdfe\n", "line 2 is not UTF-8"),
    ],
)
def test_a_bad_table_is_refused(table, content: str | bytes, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_lines(table(content))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{id: 1}\n", "row 1: is not JSON"),
        ("[1]\n", "row 1: is not a JSON object"),
        ('{"id": "a", "text": ["x"]}\n', r'row 1: text is \["x"\]; expected text or a number'),
        ('{"id": "a", "text": true}\n', "text is true"),
    ],
)
def test_a_bad_json_line_is_refused(table, content: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_lines(table(content, "t.jsonl"))


def test_json_rows_may_hold_other_things_and_lack_columns(table) -> None:
    rows = '{"id": 12, "text": "x", "tags": ["y"]}\n{"id": "b", "text": "z", "seed": 3}\n'
    found = read_lines(table(rows, "t.jsonl"))
    assert found.lines == (Line(1, "12", "x"), Line(2, "b", "z", seed=3))


def test_pipes_with_too_many_cells_are_refused(table) -> None:
    with pytest.raises(UsageError, match="row 2: has 4 cells; expected id|speaker|text"):
        read_lines(table("a|nurse|x\nb|nurse|x|Sadness\n", "t.psv"))


@pytest.mark.parametrize(
    ("cell", "emotions"),
    [
        ("", ()),
        ("-", ()),
        ("Neutral", ()),
        ("none", ()),
        ("Pride", ("Pride",)),
        ("Sexual Lust", ("Sexual Lust",)),
        ("Jealousy & Envy:4", ("Jealousy & Envy:4",)),
        ("Pride:3 Sadness:5", ("Pride:3", "Sadness:5")),
        ("Pride: 3 Sadness : strong", ("Pride: 3", "Sadness : strong")),
        ("Pride:3+Sadness", ("Pride:3", "Sadness")),
        ("Awe, Fear;Pride:2", ("Awe", "Fear", "Pride:2")),
        ("Pride:3 Sadness", ("Pride:3", "Sadness")),
        ("Hope/Enthusiasm/Optimism:2", ("Hope/Enthusiasm/Optimism:2",)),
        ("Pride:", ("Pride:",)),
        (":5", (":5",)),
        ("Pride::5", ("Pride::5",)),
    ],
)
def test_emotions_of_a_cell(cell: str, emotions: tuple[str, ...]) -> None:
    assert split_emotions(cell) == emotions


@given(st.text("Ab: ;,+5", max_size=20))
def test_no_letter_of_an_emotion_cell_is_lost(cell: str) -> None:
    kept = "".join(split_emotions(cell))
    assert [c for c in kept if c in "Ab5:"] == [c for c in cell if c in "Ab5:"]


def test_a_category_column_is_an_emotion_unless_there_is_one(table) -> None:
    assert read_lines(table("id,text,category\na,Hello.,Pride\n")).lines[0].emotions == ("Pride",)
    both = read_lines(table("id,text,category,emotion\na,Hello.,shouts,Pride\n"))
    assert both.lines[0].emotions == ("Pride",) and "not read: column 'category'" in both.notes[0]


def test_one_known_word_in_the_first_row_makes_it_no_header(table) -> None:
    assert read_lines(table("text|nurse|Hello.\n", "t.psv")).lines == (Line(1, "text", "Hello.", "nurse"),)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_is_read_in_either_byte_order(table, encoding: str) -> None:
    (line,) = read_lines(table("\ufeffid\ttext\na\tGrüße\n".encode(encoding), "t.tsv")).lines
    assert line.text == "Grüße"
