"""The data card, read by the parsers that read data cards."""

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import yaml
from click.testing import CliRunner
from exports import without_torchcodec
from pyarrow import parquet
from tiny_run import write_tiny_run

from voiceact.cli.main import cli
from voiceact.dataset.card.card import card, front_matter, size_category, write_card
from voiceact.dataset.export.export import export
from voiceact.dataset.export.exported import find_export
from voiceact.dataset.findings.findings import collect_findings
from voiceact.dataset.licensing.licences import Licence, card_licence
from voiceact.errors import UsageError
from voiceact.store.columns import COLUMNS, STORE_COLUMNS
from voiceact.store.filesystem import Store
from voiceact.store.reader import open_run
from voiceact.store.run_file import read_run, write_run

ROOT = Path(__file__).parents[2]
FORMS = ("parquet", "audiofolder", "webdataset")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_run(tmp_path_factory.mktemp("run") / "run")


@pytest.fixture(scope="module")
def text(tiny: Path) -> str:
    return card(collect_findings(open_run(tiny)))


# The card itself


def test_huggingface_reads_the_card(text: str) -> None:
    hub = pytest.importorskip("huggingface_hub")
    data = hub.DatasetCard(text).data
    assert data.pretty_name == "tiny" and data.language == ["en"] and data.size_categories == ["n<1K"]
    assert data.task_categories == ["text-to-speech", "audio-classification"]
    assert data.license == "other" and "MIT" in data.license_name


def test_the_yaml_is_what_was_meant(tiny: Path, text: str) -> None:
    head = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    assert yaml.safe_load(head[1]) == front_matter(collect_findings(open_run(tiny)))


@pytest.mark.parametrize(
    "sentence",
    [
        "36 takes",
        "12 of them (33\u202f%",
        "nobody was recorded",
        "| verified | 12 | 33\u202f% |",
        "| rejected | 18 | 50\u202f% |",
        "| `emotion:absent` | the category asked is not heard | 18 |",
        "| **all** |  | 36 | 50\u202f% (34 to 66) | 17\u202f% (6 to 28)",
        "It does not mean that a person heard it",
        "judge scripted, revision r1",
        "No neutral twins were judged",
        "| voice | 3 personas | CC0-1.0 | allowed | yes |",
        "@misc{tiny",
        "`voiceact dataset export`",
    ],
)
def test_it_says_what_the_run_holds(text: str, sentence: str) -> None:
    assert sentence in text


def test_every_column_of_an_export_is_explained(text: str) -> None:
    for name, column in COLUMNS.items():
        if name in STORE_COLUMNS:
            assert f"| `{name}` |" not in text
        elif not name.startswith("score_"):
            assert f"| `{name}` | {column.type} | {column.meaning} |" in text
    assert "| `score_<category>` |" in text


def test_every_table_is_whole(text: str) -> None:
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        lines = [re.sub(r"\\\|", "", line) for line in block.splitlines()]
        assert len({line.count("|") for line in lines}) == 1, block


def test_what_the_shipped_judge_cannot_do_is_said_of_it_alone(tmp_path: Path, text: str) -> None:
    assert "ten German actors" not in text
    folder = write_tiny_run(tmp_path / "run")
    store, judge = Store(folder), {"name": "human", "revision": _shipped_revision()}
    write_run(store, msgspec.structs.replace(read_run(store), judge=judge))
    told = card(collect_findings(open_run(folder), twins=0))
    assert "ten German actors" in told and "EmoGator" in told and "trained on human voices alone" in told


def _shipped_revision() -> str:
    from voiceact.estimators import load_estimator

    return load_estimator("human").revision


def test_a_real_voice_is_told(tmp_path: Path) -> None:
    folder = write_tiny_run(tmp_path / "run")
    store = Store(folder)
    run = read_run(store)
    consent = {"who": "A. Speaker", "statement": "yes", "date": "2026-01-01", "evidence": "letter"}
    nurse = run.personas["nurse"] | {"consent": consent}
    write_run(store, msgspec.structs.replace(run, personas=run.personas | {"nurse": nurse}))
    told = card(collect_findings(open_run(folder)))
    assert "The voice of nurse is a real person's, used with consent" in told and "nobody was recorded" not in told


@pytest.mark.parametrize(
    ("licences", "expected"),
    [
        (["CC0-1.0"], ("cc0-1.0", "CC0-1.0")),
        (["CC0-1.0", "Apache-2.0"], ("apache-2.0", "Apache-2.0")),
        (["MIT", "Apache-2.0"], ("other", "Apache-2.0 and MIT")),
        (["ask the maker"], ("other", "ask the maker")),
    ],
)
def test_one_licence_is_named_and_several_are_other(licences: list[str], expected: tuple[str, str]) -> None:
    parts = (Licence("engine code", "x", "GPL-3.0", False), *(Licence("voice", "x", name, True) for name in licences))
    assert card_licence(parts) == expected


@pytest.mark.parametrize(
    ("clips", "name"), [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (5_000_000, "1M<n<10M"), (2 * 10**9, "1B<n<10B")]
)
def test_sizes_have_the_hubs_names(clips: int, name: str) -> None:
    assert size_category(clips) == name


# With an export


@pytest.mark.parametrize("form", FORMS)
def test_a_card_in_an_export_tells_datasets_how_to_load_it(
    tiny: Path, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("datasets")
    without_torchcodec(monkeypatch)
    export(tiny, tmp_path / "out", form)
    write_card(tiny, export=tmp_path / "out")
    found = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert {split: part.num_rows for split, part in found.items()} == find_export(tmp_path / "out").clips
    assert sum(part.num_rows for part in found.values()) == 12


def test_the_features_in_the_card_are_those_of_the_files(tiny: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    export(tiny, tmp_path / "out", "parquet")
    write_card(tiny, export=tmp_path / "out")
    info = yaml.safe_load((tmp_path / "out/README.md").read_text("utf-8").split("---\n")[1])["dataset_info"]
    stated = datasets.Features._from_yaml_list(info["features"])
    first = next(iter((tmp_path / "out/data").iterdir()))
    assert stated == datasets.Features.from_arrow_schema(parquet.read_schema(first))
    assert sum(split["num_examples"] for split in info["splits"]) == 12


@pytest.mark.parametrize("form", FORMS)
def test_the_exports_checksums_hold_afterwards_and_twice_is_once(tiny: Path, tmp_path: Path, form: str) -> None:
    export(tiny, tmp_path / "out", form)
    write_card(tiny, export=tmp_path / "out")
    first = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    write_card(tiny, export=tmp_path / "out")
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()} == first
    listed = dict(reversed(line.split("  ")) for line in (tmp_path / "out/checksums.sha256").read_text().splitlines())
    assert listed == {
        path.relative_to(tmp_path / "out").as_posix(): hashlib.sha256(data).hexdigest()
        for path, data in first.items()
        if path.name != "checksums.sha256"
    }


@pytest.mark.parametrize(("form", "package"), [("parquet", "datasets"), ("webdataset", "webdataset"), (None, "pyarrow")])
def test_the_cards_own_code_runs(tiny: Path, tmp_path: Path, form: str | None, package: str) -> None:
    pytest.importorskip(package)
    if form:
        export(tiny, tmp_path / "my-run", form)
    else:
        shutil.copytree(tiny, tmp_path / "my-run")
    write_card(tiny, tmp_path / "card.md", export=tmp_path / "my-run" if form else None)
    code = re.search(r"```python\n(.*?)\n```", (tmp_path / "card.md").read_text("utf-8"), re.DOTALL)[1]
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HF_HOME": str(tmp_path / "cache")},
    )
    assert done.returncode == 0, done.stderr
    assert "is said in take 1." in done.stdout


def test_a_folder_that_is_no_export_is_told(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no export that a card can describe"):
        write_card(tiny, export=tmp_path)
    with pytest.raises(UsageError, match="is no folder; make one with"):
        write_card(tiny, export=tmp_path / "nothing")
    assert not list(tmp_path.iterdir())


# The command


def test_the_command_writes_the_card_and_tells_what_to_mind(tiny: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        cli,
        [
            "dataset",
            "card",
            str(tiny),
            "--out",
            str(tmp_path / "card.md"),
            "--author",
            "A. Maker",
            "--url",
            "https://example.org/set",
        ],
    )
    assert done.exit_code == 0, done.output
    assert "36 takes, 12 included" in done.stdout and "How often neutral twins would pass is not known" in done.stderr
    text = (tmp_path / "card.md").read_text("utf-8")
    assert "author = {A. Maker}" in text and "url = {https://example.org/set}" in text


def test_the_command_prints_json(tiny: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["dataset", "card", str(tiny), "--out", str(tmp_path / "card.md"), "--json"])
    told = json.loads(done.stdout)
    assert told["included"] == 12 and told["written"] == [str(tmp_path / "card.md")] and told["cautions"]


def test_a_place_that_cannot_be_written_is_told_first(tiny: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["dataset", "card", str(tiny), "--out", str(tmp_path / "no/card.md")])
    assert isinstance(done.exception, UsageError) and "does not exist; create it first" in str(done.exception)


# The page of columns


def test_the_page_of_columns_is_what_the_columns_say() -> None:
    spec = importlib.util.spec_from_file_location("make_columns", ROOT / "docs" / "make_columns.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_columns"] = module
    spec.loader.exec_module(module)
    assert (ROOT / "docs" / "columns.md").read_text("utf-8") == module.page(), "run: python docs/make_columns.py"
