"""Several judges in recipes, data sets, cards and audits."""

from pathlib import Path

import msgspec
import pytest
from judges import ScriptedJudge
from tiny_run import write_tiny_run

from voiceact.dataset.audit import audit as audit_module
from voiceact.dataset.audit.audit import audit_run
from voiceact.dataset.card.card_sections import card_sections
from voiceact.dataset.findings.census import JudgeDisagreement
from voiceact.dataset.findings.findings import collect_findings
from voiceact.errors import UsageError
from voiceact.estimators.ensemble.ensemble import Ensemble
from voiceact.recipe.plan import make_plan
from voiceact.recipe.source import load_recipe
from voiceact.runs.take import load_performer
from voiceact.store.reader import open_run

MODEL = Path(__file__).parents[2] / "voiceact" / "estimators" / "human" / "model" / "human.npz"


def loud(samples) -> dict[str, float]:
    return {"anger": 4.0}


def moody(samples) -> dict[str, float]:
    """Says yes to some clips, by what they hold."""
    return {"anger": 1.0 + 3.0 * (int(1000 * float(abs(samples).sum())) % 2)}


def two() -> Ensemble:
    judges = [ScriptedJudge(scores, {"anger": "category"}) for scores in (loud, moody)]
    judges[1].name = "moody"  # type: ignore[misc]
    return Ensemble("all", judges)


@pytest.fixture
def run(tmp_path, monkeypatch) -> Path:
    folder = write_tiny_run(tmp_path / "run", personas=("nurse", "farmer"), categories=("anger",), shards=1, judge=two())
    store = open_run(str(folder)).store
    file = msgspec.json.decode(store.read("run.json"))
    file["judge"] = {"name": two().name, "revision": two().revision}
    file["recipe"]["verify"] |= {"judge": ["scripted", "moody"], "agree": "all"}
    store.write("run.json", msgspec.json.encode(file))
    return Path(folder)


def test_a_run_tells_how_often_its_judges_did_not_agree(run) -> None:
    found = collect_findings(open_run(str(run)), twins=0)
    rows = list(open_run(str(run)).rows(["agreement"]))
    split = sum(row["agreement"] == 0.5 for row in rows)
    assert 0 < split < len(rows) and all(row["agreement"] in (0.5, 1.0) for row in rows)
    assert found.as_dict()["divided"] == {"anger": {"voted": len(rows), "divided": split}}
    assert f"On {len(rows)} takes two or more had a vote; on {split} of them" in found.disagreement
    assert any("Several judges were asked: all(scripted,moody)" in part for part in card_sections(found, None, ""))


def test_one_judge_is_never_divided() -> None:
    counted = JudgeDisagreement()
    counted.add(["anger", "fear"], [None, None])
    assert counted.describe("human") == ""


def test_an_audit_asks_all_of_them_again(run) -> None:
    assert audit_run(run, judge=two(), sample=None).clean
    report = audit_run(run, judge=Ensemble("majority", two().judges), sample=None)
    assert "the run was judged by all(scripted,moody) r1,r1; here is majority(scripted,moody)" in report.unchecked["verdicts"]


def test_without_a_plan_an_audit_looks_for_the_judges_of_the_recipe(run, monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(audit_module, "find_judge", lambda file, name, planned: (asked.append(name), (None, "no"))[1])
    audit_run(run)
    assert asked == ["all(scripted,moody)"]


RECIPE = """name: two
description: Two judges.
personas: [nurse]
categories: [Anger]
verify:
  judge: {judge}
  agree: {agree}
"""


def recipe(tmp_path, judge: str, agree: str = "all") -> Path:
    path = tmp_path / "two.yaml"
    path.write_text(RECIPE.format(judge=judge, agree=agree))
    return path


def test_a_recipe_names_several_judges_and_a_run_keeps_their_models(tmp_path) -> None:
    (tmp_path / "own.npz").write_bytes(MODEL.read_bytes())
    (tmp_path / "own.card.json").write_bytes(MODEL.with_name("human.card.json").read_bytes())
    plan = make_plan(recipe(tmp_path, "[human, own.npz]", "majority"))
    assert plan.judge == f"majority(human,{tmp_path / 'own.npz'})"
    assert plan.frozen_inputs["judge/own.npz"] == MODEL.read_bytes()
    assert plan.evidence == {"anger": "category"}
    assert plan.fingerprint["judge"].startswith("majority(human,")
    assert set(plan.frozen_inputs) == {"recipe.yaml", "judge/own.npz", "judge/own.card.json"}
    judge = load_performer(plan).judge
    assert isinstance(judge, Ensemble) and len(judge.judges) == 2
    for name in ("own.npz", "own.card.json"):
        (tmp_path / name).unlink()
    again = load_performer(plan).judge
    assert again.revision == judge.revision, "on another machine the copies that travel with the plan are asked"


def test_a_calibration_in_a_recipe_travels_with_the_judge_it_lies_over(tmp_path) -> None:
    from voiceact.estimators.calibrated import Calibration, write_calibration
    from voiceact.estimators.registry import load_estimator

    (tmp_path / "own.npz").write_bytes(MODEL.read_bytes())
    (tmp_path / "own.card.json").write_bytes(MODEL.with_name("human.card.json").read_bytes())
    write_calibration(
        Calibration(
            judge="own.npz", judge_revision=load_estimator("human").revision, test="t", results="", settings={}, categories={}
        ),
        tmp_path / "own-calibrated.json",
    )
    plan = make_plan(recipe(tmp_path, "[human, own-calibrated.json]"))
    assert {name for name in plan.frozen_inputs if name.startswith("judge/")} == {
        "judge/own-calibrated.json",
        "judge/own.npz",
        "judge/own.card.json",
    }
    for path in tmp_path.glob("own*"):
        path.unlink()
    load_estimator.cache_clear()
    assert "+" in load_performer(plan).judge.revision


def test_a_list_of_one_is_one_judge_and_a_text_may_name_several(tmp_path) -> None:
    assert make_plan(recipe(tmp_path, "[human]")).judge == "human"
    assert load_recipe(recipe(tmp_path, "weighted(human)")).verify.judge_text == "weighted(human)"


@pytest.mark.parametrize(
    ("judge", "agree", "words"),
    [
        ("[human, human]", "all", "two.yaml, line 6: all.human,human.: 'human' is named twice"),
        ("[human, humen]", "all", "two.yaml, line 6: unknown estimator 'humen'"),
        ("[a/own.npz, b/own.npz]", "all", "two models are called 'own.npz', and a run keeps them by name"),
        ("[human]", "most", "line 7"),
    ],
)
def test_what_cannot_be_asked_is_told_with_its_line(tmp_path, judge, agree, words) -> None:
    with pytest.raises(UsageError, match=words):
        make_plan(recipe(tmp_path, judge, agree))


def test_a_judges_licence_stands_on_the_card_and_not_on_the_clips(run) -> None:
    from voiceact.dataset.licensing.licences import clip_licences, licences_of

    file = open_run(str(run)).file
    with_terms = msgspec.structs.replace(file, judge={**file.judge, "license": "CC-BY-NC-SA-4.0"})
    parts = licences_of(with_terms)
    assert parts[-1].part == "judge weights" and parts[-1].licence == "CC-BY-NC-SA-4.0" and not parts[-1].in_clips
    assert clip_licences(parts) == clip_licences(licences_of(file))


def test_several_judges_state_all_their_terms() -> None:
    judges = two().judges
    judges[1].licence = "CC-BY-NC-SA-4.0"  # type: ignore[attr-defined]
    assert Ensemble("all", judges).licence == "CC-BY-NC-SA-4.0"
    assert Ensemble("all", judges[:1]).licence == ""
