"""voiceact recipe list, show, validate, plan: what is printed, for people, for pipes and as JSON."""

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result
from hum import Hum, hum  # noqa: F401

from voiceact.cli.main import cli, main
from voiceact.cli.recipe import COMMANDS
from voiceact.cli.recipe.plan import complete_recipe
from voiceact.errors import UsageError
from voiceact.recipe.plan import make_plan
from voiceact.recipe.schema import json_schema
from voiceact.recipe.source import recipe_names, shipped_folder

SMALL = "name: small\ndescription: One cell.\npersonas: [nurse]\ncategories: [Anger]\nintensities: [6]\n"


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(SMALL)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["recipe", *arguments])


def failure(*arguments: str) -> str:
    result = run(*arguments)
    assert isinstance(result.exception, UsageError) and result.exception.exit_status == 2
    return str(result.exception)


def test_the_group_says_what_there_is_without_loading_it() -> None:
    result = run("--help")
    assert result.exit_code == 0 and all(f"  {verb} " in result.stdout for verb in COMMANDS)


def test_an_unknown_verb_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as status:
        main(["recipe", "plam"])
    assert status.value.code == 2 and "no command 'plam'; did you mean 'plan'?" in capsys.readouterr().err


def test_list_through_a_pipe_is_one_line_a_recipe() -> None:
    rows = [line.split("\t") for line in run("list").stdout.splitlines()]
    plans = [make_plan(name) for name in recipe_names()]
    assert rows == [[plan.recipe.name, f"{plan.cells:,}", f"{plan.takes:,}", plan.recipe.description] for plan in plans]


def test_list_in_a_terminal_and_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    assert json.loads(run("list", "--json").stdout)[-1] == {
        "name": "smoke",
        "cells": 4,
        "takes": 8,
        "description": make_plan("smoke").recipe.description,
    }
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "recipe" in run("list").stdout.splitlines()[1]


def test_show_prints_the_file_that_can_be_gone_on_with() -> None:
    shown = run("show", "smoke").stdout
    assert shown == (shipped_folder() / "smoke.yaml").read_text("utf-8")
    Path("mine.yaml").write_text(shown)
    assert run("show", "mine.yaml").stdout == shown


def test_show_as_json_has_every_key() -> None:
    document = json.loads(run("show", "small.yaml", "--json").stdout)
    assert document["path"] == "small.yaml"
    assert list(document["recipe"]) == list(json_schema()["$defs"]["Recipe"]["properties"])
    assert document["recipe"]["scripts"]["neutral"] == 1
    jsonschema.validate(document["recipe"], json_schema())


def test_validate_is_one_line_a_file() -> None:
    result = run("validate", "small.yaml", str(shipped_folder() / "smoke.yaml"))
    assert result.exit_code == 0 and result.stderr == ""
    assert result.stdout.splitlines() == [
        "small.yaml: valid, 1 cell, 1 take",
        f"{shipped_folder() / 'smoke.yaml'}: valid, 4 cells, 8 takes",
    ]


def test_validate_tells_all_that_is_wrong() -> None:
    Path("a.yaml").write_text(SMALL.replace("nurse", "nurze"))
    Path("b.yaml").write_text(SMALL.replace("6", "9"))
    result = run("validate", "a.yaml", "small.yaml", "b.yaml")
    assert str(result.exception) == "2 of 3 recipe files are not valid" and result.stdout.count("valid") == 1
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == ["a.yaml, line 3", "b.yaml, line 5"]


def test_validate_as_json() -> None:
    Path("a.yaml").write_text(SMALL.replace("nurse", "nurze"))
    result = run("validate", "a.yaml", "small.yaml", "--json")
    bad, good = json.loads(result.stdout)
    assert not bad["valid"] and bad["error"].startswith("a.yaml, line 3: unknown persona 'nurze'")
    assert good == {"file": "small.yaml", "valid": True, "name": "small", "cells": 1, "takes": 1, "notes": []}
    assert isinstance(result.exception, UsageError)


def test_plan_says_what_it_comes_to() -> None:
    lines = run("plan", "emonet-voice-mini").stdout.splitlines()
    told = dict(line.split(maxsplit=1) for line in lines[1:8])
    assert told["cells"] == "160: 1 language × 40 categories × 2 intensities × 2 of 41 personas"
    assert told["takes"] == "at most 960: until 2 of a cell are included, at most 6"
    assert told["judge"].endswith("included: dimension evidence")
    assert lines[8].split("\t")[0] == "Amusement" and len(lines) == 8 + 40
    assert {line.split("\t")[1] for line in lines[8:]} == {"4"}


def test_plan_says_first_what_no_take_can_reach() -> None:
    Path("none.yaml").write_text(SMALL.replace("Anger", "Concentration"))
    assert "of which no take is included: Concentration" in run("plan", "none.yaml").stderr


def test_plan_says_of_which_categories_the_engine_is_not_told(hum, monkeypatch) -> None:  # noqa: F811
    monkeypatch.setattr(
        Hum,
        "unheard",
        lambda self, persona, direction: [f"category {name!r} but by energy" for name, _ in direction.mix if name != "anger"],
        raising=False,
    )
    Path("hum.yaml").write_text(SMALL.replace("[Anger]", "[Fear, Anger, Pride]") + "engine: hum\nverify: {judge: lots}\n")
    assert (
        "engine 'hum' is not told 2 of 3 categories; a take of them differs from its twin by little or nothing: "
        "category 'fear' but by energy"
    ) in run("plan", "hum.yaml").stderr


SERVED = 'engine: "openai-compatible:url=http://localhost:1,voice=alloy{price}"\ntakes: 3\n'


def test_plan_says_what_a_server_would_be_asked_for_before_it_is_asked() -> None:
    """Three takes and their three twins; nothing is posted, for nothing listens there."""
    Path("served.yaml").write_text(SMALL + SERVED.format(price=",price=15"))
    document = json.loads(run("plan", "served.yaml", "--json").stdout)
    plan = make_plan("served.yaml")
    characters = 2 * sum(len(plan.take(plan.cell(0), number).text) for number in (1, 2, 3))
    assert document["server"] == {"requests": 6, "characters": characters, "amount": pytest.approx(characters * 15e-6)}
    told = dict(line.split(maxsplit=1) for line in run("plan", "served.yaml").stdout.splitlines()[1:9])
    assert told["server"] == f"6 requests, {characters} characters, {characters * 15e-6:.2f} at the price given, twins included"
    Path("served.yaml").write_text(SMALL + SERVED.format(price=""))
    assert json.loads(run("plan", "served.yaml", "--json").stdout)["server"]["amount"] is None


def test_plan_as_json() -> None:
    document = json.loads(run("plan", "small.yaml", "--json").stdout)
    plan = make_plan("small.yaml")
    assert (document["cells"], document["takes"], document["shards"], document["digest"]) == (1, 1, 1, plan.digest)
    assert document["coverage"] == {"anger": {"cells": 1, "takes": 1, "personas": 1, "evidence": "category"}}
    assert 0 < document["hours"] < 0.01 and "pilot" not in document


def test_a_pilot_is_performed_and_nothing_is_written() -> None:
    result = run("plan", "small.yaml", "--pilot", "3", "--workers", "2", "--cost-per-hour", "2.5", "--json")
    pilot = json.loads(result.stdout)["pilot"]
    assert pilot["takes"] == 1, "there are no more"
    assert sum(pilot["levels"].values()) == 1 and pilot["forecast"]["workers"] == 2
    assert pilot["rate"]["low"] <= pilot["rate"]["value"] <= pilot["rate"]["high"]
    whole = pilot["forecast"]
    assert whole["cost"]["expected"] == pytest.approx(whole["finish_hours"]["expected"] * 2.5)
    assert sorted(path.name for path in Path().iterdir()) == ["small.yaml"]


def test_a_pilot_for_people() -> None:
    lines = run("plan", "small.yaml", "--pilot", "1").stdout.splitlines()
    told = next(line for line in lines if line.startswith("pilot: "))
    assert "of 1 take included" in told and "95 %" in told
    assert any(line.startswith("  finish") and "with 1 worker like this one" in line for line in lines)
    assert not any(line.startswith("  filled") for line in lines), "a fixed number of takes has nothing to fill"


def test_what_cannot_be_asked() -> None:
    assert "--cost-per-hour needs the time" in failure("plan", "smoke", "--cost-per-hour", "2")
    assert "unknown recipe 'smokee'; did you mean 'smoke'?" in failure("plan", "smokee")
    assert run("plan", "smoke", "--pilot", "0").exit_code == 2


def test_the_shell_completes_names() -> None:
    assert complete_recipe(None, None, "emonet") == ["emonet-voice-bench", "emonet-voice-mini"]  # type: ignore[arg-type]
