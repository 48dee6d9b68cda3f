"""Several judges together: what each rule asks for, who abstains, and that none of it is stronger than its judges."""

import dataclasses
import itertools
import json
import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judges import IDS, ScriptedJudge, fixed

from voiceact.errors import UnknownNameError, UsageError, VoiceactError
from voiceact.estimators import load_estimator
from voiceact.estimators.ensemble.ensemble import Ensemble
from voiceact.estimators.ensemble.spec import RULES, judge_text, members_of, parse_judges
from voiceact.estimators.ensemble.voting import PRESENT, judge_reliability, on_common_scale, published_correlations
from voiceact.verify import verify
from voiceact.verify.emotion import check_emotion
from voiceact.vocabulary import EVIDENCE, EVIDENCE_ORDER

RATE = 16_000
SOUND = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)


def judge(score: float, evidence: str = "category", *, least: float = 2.0, name: str = "scripted") -> ScriptedJudge:
    """A judge of anger alone."""
    made = ScriptedJudge(lambda samples: {"anger": score}, {"anger": evidence}, least=least)
    made.name = name  # type: ignore[misc]
    return made


def told(rule: str, *judges: ScriptedJudge):
    return Ensemble(rule, judges).profile(SOUND, RATE)  # type: ignore[arg-type]


def says(rule: str, *scores: float) -> bool:
    found = told(rule, *map(judge, scores)).scores["anger"]
    assert found is not None
    return found >= PRESENT


# --- How they are named


@pytest.mark.parametrize(
    ("text", "rule", "members"),
    [
        (
            "all(human,empathic-insight:model=~/eiv,device=cpu,dimensional)",
            "all",
            ("human", "empathic-insight:model=~/eiv,device=cpu", "dimensional"),
        ),
        ("majority( human , a.npz )", "majority", ("human", "a.npz")),
        ("weighted(human)", "weighted", ("human",)),
    ],
)
def test_options_belong_to_the_judge_before_them(text, rule, members) -> None:
    found = parse_judges(text)
    assert found is not None and (found.rule, found.members) == (rule, members)
    assert parse_judges(str(found)) == found
    assert members_of(text) == members


def test_one_judge_needs_no_rule() -> None:
    assert parse_judges("human") is parse_judges("empathic-insight:size=large") is None
    assert judge_text(["human"], "majority") == "human"
    assert judge_text(["human", "b.npz"], "majority") == "majority(human,b.npz)"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("most(human,b)", "unknown rule for several judges 'most'"),
        ("all()", "names no judge"),
        ("all(human,human)", "'human' is named twice; a judge has one vote"),
    ],
)
def test_what_cannot_be_asked_is_told(text, words) -> None:
    with pytest.raises(UsageError, match=words):
        parse_judges(text)
    with pytest.raises(UnknownNameError, match="unknown estimator 'humn'"):
        load_estimator("all(human,humn)")


# --- What the rules ask for


def test_all_must_hear_it() -> None:
    assert says("all", 3, 2, 7) and not says("all", 3, 1.9, 7)


def test_more_than_half_must_hear_it() -> None:
    assert says("majority", 3, 3, 1) and not says("majority", 3, 1, 1)
    assert not says("majority", 3, 1), "a tie is no majority"


def test_votes_weigh_as_published() -> None:
    small = judge(5, name="empathic-insight")
    small.revision = "large+abc+def"  # type: ignore[misc]
    others = judge(0), judge(0, name="other")
    assert judge_reliability(small, "anger") == published_correlations()["anger"]["Empathic-Insight-Voice Large"]
    assert judge_reliability(others[0], "anger") == published_correlations()["anger"]["mean"]
    assert judge_reliability(small, "anger") > judge_reliability(others[0], "anger")
    found = told("weighted", small, others[0])
    assert found.scores["anger"] >= PRESENT, "of two the more reliable one is followed"
    assert told("weighted", small, *others).scores["anger"] < PRESENT, "and not against two"
    assert [vote.weight for vote in found.votes["anger"]] == [0.577, 0.536]


def test_table_6_holds_every_category_and_no_correlation_beyond_one() -> None:
    assert set(published_correlations()) == set(IDS)
    values = [value for row in published_correlations().values() for value in row.values() if value is not None]
    assert all(-1 <= value <= 1 for value in values)
    assert published_correlations()["contentment"]["GPT-4o Mini Audio Preview"] == -0.044


def test_who_is_published_to_agree_no_better_than_chance_has_no_vote() -> None:
    assert judge_reliability(judge(1), "anger") > 0
    row = {**published_correlations()["anger"], "mean": -0.1}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "voiceact.estimators.ensemble.voting.published_correlations", lambda: {"anger": row, **dict.fromkeys(IDS, row)}
        )
        found = told("weighted", judge(5))
    assert found.scores["anger"] is None
    assert found.votes["anger"][0].why == "its published agreement is not above chance"


# --- Abstaining


def test_who_has_no_evidence_no_score_or_no_threshold_abstains() -> None:
    mute = judge(7, "none", name="mute")
    found = told("all", judge(3), mute)
    assert [vote.says for vote in found.votes["anger"]] == ["present", "abstains"]
    assert found.votes["anger"][1].why == EVIDENCE["none"]
    assert found.scores["anger"] == 3 and found.evidence["anger"] == "category"
    assert found.scores["fear"] is None, "nobody can tell"
    assert found.reasons["fear"].startswith("scripted: ")


class Deaf(ScriptedJudge):
    def profile(self, samples, sample_rate, *, reference=None):
        raise VoiceactError("too short for this judge")


def test_who_cannot_hear_the_clip_abstains_and_if_nobody_can_that_is_told() -> None:
    deaf = Deaf(lambda samples: {}, {"anger": "category"})
    found = told("all", judge(3), deaf)
    assert found.scores["anger"] == 3 and found.votes["anger"][1].why == "too short for this judge"
    with pytest.raises(VoiceactError, match="too short for this judge"):
        told("all", deaf, deaf)


SCORE = st.floats(0, 7)
MEMBER = st.tuples(SCORE, st.sampled_from(EVIDENCE_ORDER), st.floats(0.5, 6.5), st.sampled_from(["human", "empathic-insight"]))


@given(st.lists(MEMBER, min_size=1, max_size=5), st.sampled_from(RULES), st.integers(0, 5), SCORE)
def test_an_abstaining_judge_changes_nothing(members, rule, place, score) -> None:
    judges = [judge(value, level, least=least, name=name) for value, level, least, name in members]
    more = judges.copy()
    more.insert(place, judge(score, "none", name="mute"))
    one, other = told(rule, *judges), told(rule, *more)
    assert (one.scores, one.evidence) == (other.scores, other.evidence)
    assert other.votes["anger"][min(place, len(judges))].says == "abstains"
    assert (one.arousal, one.valence, one.reference) == (other.arousal, other.valence, other.reference)


@given(st.lists(MEMBER, min_size=1, max_size=5), st.sampled_from(RULES))
def test_several_judges_are_never_stronger_than_their_rule_allows(members, rule) -> None:
    """An oracle that tries every set of voters: one that suffices must stand behind the evidence."""
    judges = [judge(value, level, least=least, name=name) for value, level, least, name in members]
    found = told(rule, *judges)
    cast = [vote for vote in found.votes["anger"] if vote.says != "abstains"]
    if not cast:
        assert found.scores["anger"] is None and found.evidence["anger"] == "none"
        return
    yes = [vote for vote in cast if vote.says == "present"]
    total = sum(vote.weight for vote in cast)

    def suffices(side) -> bool:
        weight = sum(vote.weight for vote in side)
        return len(side) == len(cast) if rule == "all" else weight > total / 2 * (1 + 1e-9)

    present = found.scores["anger"] >= PRESENT
    assert present == suffices(yes)
    if present:
        sides = [side for size in range(1, len(yes) + 1) for side in itertools.combinations(yes, size) if suffices(side)]
        best = min(max(EVIDENCE_ORDER.index(vote.evidence) for vote in side) for side in sides)
        assert EVIDENCE_ORDER.index(found.evidence["anger"]) == best
    strongest = min(EVIDENCE_ORDER.index(vote.evidence) for vote in cast)
    assert EVIDENCE_ORDER.index(found.evidence["anger"]) >= strongest


@given(SCORE, st.floats(0.01, 6.99))
def test_the_common_scale_keeps_order_and_side(score, least) -> None:
    assert (on_common_scale(score, least) >= PRESENT) == (score >= least)
    assert 0 <= on_common_scale(score, least) <= 7 + 1e-9
    assert on_common_scale(min(7, score + 0.1), least) >= on_common_scale(score, least)


@given(st.lists(SCORE, min_size=1, max_size=5), st.sampled_from(RULES))
def test_the_order_of_the_judges_is_of_no_matter(scores, rule) -> None:
    given_, turned = told(rule, *map(judge, scores)), told(rule, *map(judge, reversed(scores)))
    assert given_.scores == turned.scores and given_.evidence == turned.evidence


# --- In a verdict


def asked(*judges: ScriptedJudge, rule: str = "all"):
    return verify(SOUND, RATE, text="", category="anger", intensity=4, checks=("emotion",), estimator=Ensemble(rule, judges))  # type: ignore[arg-type]


def test_the_verdict_rests_on_the_weakest_word_it_needs() -> None:
    assert asked(judge(4)).level == "verified"
    assert asked(judge(4), judge(4, "dimension")).level == "consistent"
    assert asked(judge(4), judge(4), judge(4, "dimension"), rule="majority").level == "verified"
    assert asked(judge(4, "none"), judge(5, "none")).level == "undecided"
    assert asked(judge(4), judge(1)).level == "rejected"


def test_disagreement_stands_in_the_record_and_in_words() -> None:
    found = asked(judge(4), judge(1, name="second"), judge(0, "none", name="mute"))
    document = json.loads(json.dumps(msgspec.to_builtins(found.to_record()), allow_nan=False))
    assert document["judge"] == {"name": "all(scripted,second,mute)", "revision": "r1,r1,r1"}
    details = document["checks"][0]["details"]
    assert details["agreement"] == 0.5
    assert [(vote["judge"], vote["says"]) for vote in details["votes"]] == [
        ("scripted", "present"),
        ("second", "absent"),
        ("mute", "abstains"),
    ]
    assert "scripted says present (4.0 of 2.0), second says absent (1.0 of 2.0), mute abstains" in found.checks[0].sentence


def test_each_judge_gets_a_reference_of_its_own_making() -> None:
    first, second = judge(4), judge(4, name="second")
    both = Ensemble("all", [first, second])
    known = both.reference(iter([(SOUND, RATE), (SOUND, RATE)]))
    assert first.references == second.references == [2] and known.clips == 2
    assert both.profile(SOUND, RATE, reference=known).reference == "neutral"


def test_the_shipped_judge_alone_says_the_same_in_company() -> None:
    human = load_estimator("human")
    alone, together = human.profile(SOUND, RATE), Ensemble("all", [human]).profile(SOUND, RATE)
    heard = {one: score for one, score in alone.scores.items() if alone.evidence[one] != "none"}
    assert {one: together.scores[one] for one in heard} == pytest.approx(heard)
    assert together.evidence == dict(alone.evidence)
    both = Ensemble("all", [human, fixed()])
    assert both.evidence("neutral") == dict(human.evidence("neutral"))  # type: ignore[attr-defined]


class Rated(ScriptedJudge):
    """A judge of anger alone that gives a likelihood ratio."""

    def __init__(self, ratio: float, evidence: str = "category"):
        super().__init__(lambda samples: {"anger": 4.0 if ratio >= 2 else 1.5}, {"anger": evidence})
        self.ratio = ratio

    def profile(self, samples, sample_rate, *, reference=None):
        heard = super().profile(samples, sample_rate, reference=reference)
        return dataclasses.replace(heard, log_ratios={"anger": math.log(self.ratio)})


@pytest.mark.parametrize(
    ("judges", "outcome", "reason"),
    [
        ([Rated(3.0), judge(4.0, name="second")], "pass", ""),
        ([Rated(1.2), judge(1.0, name="second")], "not judged", "undecided"),
        ([Rated(0.3), judge(1.0, name="second")], "fail", "absent"),
        ([Rated(0.3, "burst"), judge(1.0, name="second")], "not judged", "undecided"),
    ],
)
def test_one_that_is_undecided_keeps_all_together_from_denying(judges, outcome, reason) -> None:
    several = Ensemble("all", judges)
    found = check_emotion(several, several.profile(SOUND, RATE), {"anger": 4})[0]
    assert (found.outcome, found.reason) == (outcome, reason)
