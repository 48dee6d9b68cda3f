"""`voiceact tell`, as it is typed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from voiceact.cli.main import cli

TALE = """CHAPTER I

It was dark. “Who is there?” asked Anna, terrified.

“Only me,” said Tom.

“Oh.”
"""


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["tell", *(word.replace("@", f"{folder}/") for word in arguments)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tale.txt").write_text(TALE)
    (tmp_path / "cast.yaml").write_text("narrator: monk\nAnna: nurse\nTom: farmer\n")
    return tmp_path


def test_a_tale_becomes_a_script_whose_telling_is_that_of_the_tale(folder: Path) -> None:
    written = run(folder, "@tale.txt", "--cast", "@cast.yaml", "--script-out", "@script.txt")
    assert written.exit_code == 0 and "4 paragraphs; see" in written.output
    assert "paragraph 4: Anna is a guess for “Oh.”" in written.output
    assert "Anna [Fear:5]: “Who is there?”" in (folder / "script.txt").read_text()
    assert not (folder / "story.json").exists()
    direct = run(folder, "@tale.txt", "--cast", "@cast.yaml", "--out", "@direct")
    fed_back = run(folder, "@script.txt", "--out", "@again")
    assert direct.exit_code == fed_back.exit_code == 0
    files = sorted(path.relative_to(folder / "direct") for path in (folder / "direct").rglob("*") if path.is_file())
    assert len(files) == 4 * 2 + 5
    assert all((folder / "direct" / name).read_bytes() == (folder / "again" / name).read_bytes() for name in files)


def test_json_says_who_speaks_and_what_was_made(folder: Path) -> None:
    printed = run(folder, "@tale.txt", "--persona", "monk", "--out", "@told", "--json")
    document = json.loads(printed.stdout)
    assert document["made"] == [1, 2, 3, 4] and document["whole"] == str(folder / "told" / "story.wav")
    assert document["read"]["uncast"] == {"Anna": 2, "Tom": 1} and document["speakers"] == {"narrator": 7}
    again = json.loads(run(folder, "@tale.txt", "--persona", "monk", "--out", "@told", "--json").stdout)
    assert again["made"] == [] and again["seconds"] == document["seconds"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["@tale.txt", "--persona", "monk"], "name a folder with --out, or a file with --script-out"),
        (["@tale.txt", "--out", "@told"], "nobody narrates; name a persona with --persona"),
        (["@tale.txt", "--persona", "nurze", "--out", "@told"], "--persona: narrator: unknown persona 'nurze'"),
        (["@empty.txt", "--persona", "monk", "--out", "@told"], "the story 'empty' is empty"),
        (["@tale.txt", "--cast", "@strangers.yaml", "--out", "@told"], "the cast (Boris) names nobody who speaks in 'tale'"),
        (["@script.txt", "--out", "@told"], "script.txt: Anna: unknown persona 'nurze'"),
        (["@good.txt", "--cast", "@strangers.yaml", "--out", "@told"], "names nobody who speaks in 'good.txt'"),
        (["@tale.txt", "--persona", "monk", "--out", "@"], "holds files that are no story"),
        (["@tale.txt", "--persona", "monk", "--script-out", "@no/script.txt"], "create it first"),
    ],
)
def test_what_cannot_be_told_is_one_sentence_and_nothing_is_written(folder: Path, arguments: list[str], message: str) -> None:
    (folder / "empty.txt").write_text("\n\n")
    (folder / "strangers.yaml").write_text("narrator: monk\nBoris: farmer\n")
    (folder / "script.txt").write_text("%% voiceact script 1\n%% cast narrator = monk\n%% cast Anna = nurze\nAnna: No.\n")
    (folder / "good.txt").write_text("%% voiceact script 1\n%% cast narrator = monk\n%% cast Anna = nurse\nAnna: No.\n")
    before = sorted(folder.rglob("*"))
    failed = run(folder, *arguments)
    assert failed.exit_code != 0 and message in str(failed.exception)
    assert sorted(folder.rglob("*")) == before
