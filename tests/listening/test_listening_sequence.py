"""One rater after the other: EmoNet-Face Binary's figures follow from its outcomes, and its outcomes say more than that."""

import pytest

from voiceact.errors import UsageError
from voiceact.listening.analysis.answer_table import make_answer_table
from voiceact.listening.analysis.sequential_agreement import count_sequence, infer, infer_from_answers
from voiceact.listening.analysis.text import sequence_lines
from voiceact.listening.answers.answer import Answer
from voiceact.listening.simulation.simulate import make_listeners, make_world, take_test

PICTURES = 19_999
OUTCOMES = {(1, 0): 22_291, (1, 1): 3_037, (2, 1): 3_652, (3, 2): 1_943, (3, 3): 9_075}
"""LAION-AI/emonet-face, data/binary.csv: (raters, yes) -> pairs of picture and emotion"""
BOTH_ONCE = 100
"""pictures of that file both of whose pairs are (1, 1); they lie among the first 2,000, whose targets have one rater each"""

BY_EMOTION = """
Elation 1000 450 3 3 47 497
Contentment 1004 441 8 3 113 439
Amusement 1000 432 7 11 59 491
Contempt 1000 414 13 16 61 496
Hope 1000 412 11 21 96 460
Thankfulness 1000 403 15 18 77 487
Disappointment 998 386 19 34 64 495
Distress 1000 360 29 41 54 516
Pleasure 1000 355 30 32 64 519
Awe 1000 352 31 45 116 456
Affection 1000 349 28 51 66 506
Astonishment 1000 341 17 46 115 481
Relief 1000 305 33 61 77 524
Pride 1000 301 50 64 70 515
Concentration 999 298 52 58 186 405
Confusion 1000 280 68 73 62 517
Triumph 998 251 75 84 66 522
Contemplation 1000 233 63 88 96 520
Infatuation 1000 227 53 94 75 551
Bitterness 1000 218 75 78 70 559
Interest 999 215 65 89 93 537
Doubt 1000 210 82 100 80 528
Fear 1000 194 72 133 58 543
Sourness 1000 183 88 134 121 474
Longing 1000 181 49 125 89 556
Embarrassment 1000 157 106 137 65 535
Impatience 1000 156 54 129 83 578
Jealousy 1000 150 75 129 57 589
Shame 999 143 116 142 112 486
Disgust 1000 126 73 134 54 613
Emotional_Numbness 999 125 93 150 98 533
Hopelessness 1000 123 74 162 50 591
Sadness 1000 104 87 168 51 590
Teasing 1000 77 45 141 54 683
Malevolence 1000 33 24 199 71 673
Intoxication 999 30 54 180 58 677
Fatigue 1000 29 54 172 82 663
Anger 1004 16 15 76 43 854
Pain 1000 14 26 149 59 752
Sexual_Lust 999 1 11 82 25 880
"""
"""emotion, pairs, 3/3, 3/2, 2/1, 1/1, 1/0, of the same file"""


def answers_of(targets: list, contrastive: list, *, marked: bool) -> list[Answer]:
    """A target and a contrastive pair a picture; ((raters, yes), how many) in the order of the pictures."""
    rows, listed = [], [[outcome for outcome, many in pairs for _ in range(many)] for pairs in (targets, contrastive)]
    for picture, pair in enumerate(zip(*listed, strict=True)):
        for kind, (raters, yes) in zip(("target", "contrastive"), pair, strict=True):
            for rater in range(raters):
                rows.append(
                    Answer(
                        test="t",
                        protocol="binary",
                        listener=f"human-{rater}",
                        item=f"{picture}-{kind}",
                        clip=f"p{picture}",
                        category=None,
                        kind=kind if marked else "target",
                        stage=rater + 1,
                        position=1,
                        value=int(rater < yes),
                        at="",
                        order_seed=0,
                    )
                )
    return rows


def released() -> tuple[list, list]:
    """Targets and contrastive pairs that have the released outcomes and `BOTH_ONCE`."""
    asked_on = [((3, 3), 9_075), ((3, 2), 1_943), ((2, 1), 3_652)]
    refused = PICTURES - BOTH_ONCE - sum(many for _, many in asked_on)
    called = OUTCOMES[1, 1] - BOTH_ONCE
    return [((1, 1), BOTH_ONCE), *asked_on, ((1, 0), refused)], [((1, 1), called), ((1, 0), PICTURES - called)]


def test_the_published_rates_follow_from_the_outcomes():
    """45.4 % triple positive, 14.7 % contrastive, rounds of 73.9, 75.1 and 82.4 %."""
    found = infer(OUTCOMES, PICTURES, both_once=BOTH_ONCE).to_dict()
    assert [round(100 * found[name]["value"], 1) for name in ("triple_positive", "contrastive")] == [45.4, 14.7]
    assert [round(100 * one["value"], 1) for one in found["rounds"]] == [73.9, 75.1, 82.4]


def test_the_same_from_the_answers_themselves_as_printed():
    table = make_answer_table(answers_of(*released(), marked=False), (1,))
    lines = "\n".join(sequence_lines(infer_from_answers(table).to_dict()))
    assert "triple positive              45.4 % (" in lines
    assert "contrastive called present   14.7 % (" in lines


def test_the_outcomes_alone_bound_the_contrastive_rate_from_above():
    """Without looking at pictures every pair at one yes of one could be contrastive: 15.2 %, and all seems finished."""
    found = infer(OUTCOMES, PICTURES)
    assert round(100 * found.to_dict()["contrastive"]["value"], 1) == 15.2 and found.finished
    assert not infer(OUTCOMES, PICTURES, both_once=BOTH_ONCE).finished


@pytest.mark.parametrize("both_once", [98, 108])
def test_both_printed_rates_pin_the_pictures_that_were_left(both_once):
    """From 99 to 107 such pictures print 73.9 and 14.7; fewer or more do not."""
    found = infer(OUTCOMES, PICTURES, both_once=both_once).to_dict()
    printed = [round(100 * found["rounds"][0]["value"], 1), round(100 * found["contrastive"]["value"], 1)]
    assert printed != [73.9, 14.7]


def test_a_sequence_that_was_left_makes_the_contrastive_rate_look_worse_than_it_is():
    """1,000 clips, a contrastive rate of 5 %, one target in ten never asked again after its first yes."""
    targets = [((1, 1), 100), ((1, 0), 200), ((2, 1), 100), ((3, 2), 100), ((3, 3), 500)]
    contrastive = [((1, 1), 5), ((1, 0), 950), ((1, 1), 45)]  # five of them beside a target that was left
    rows = answers_of(targets, contrastive, marked=True)
    known = count_sequence(make_answer_table(rows, (1,)))
    inferred = infer_from_answers(make_answer_table(answers_of(targets, contrastive, marked=False), (1,)))
    assert known.called / known.contrastive == 0.05 and known.stopped == 100
    assert inferred.called / inferred.contrastive == 0.145 and not inferred.finished


def test_where_kinds_are_marked_they_are_counted():
    targets, contrastive = [((1, 0), 3), ((2, 1), 2), ((3, 2), 1), ((3, 3), 4)], [((1, 1), 2), ((1, 0), 8)]
    found = count_sequence(make_answer_table(answers_of(targets, contrastive, marked=True), (1,)))
    assert found.accepted == ((10, 7), (7, 5), (5, 4))
    assert (found.triple, found.called, found.finished) == (4, 2, True)
    assert infer_from_answers(make_answer_table(answers_of(targets, contrastive, marked=False), (1,))) == found


def test_a_round_whose_listener_was_left_out_ends_the_sequence_there():
    rows = answers_of([((3, 3), 1)], [((1, 0), 1)], marked=True)
    found = count_sequence(make_answer_table([row for row in rows if row.stage != 2], (1,)))
    assert (found.triple, found.stopped) == (0, 1)


def test_the_emotions_add_up_to_the_whole():
    rows = [line.split() for line in BY_EMOTION.split("\n") if line]
    sums = [sum(int(row[column]) for row in rows) for column in range(1, 7)]
    assert len(rows) == 40
    assert sums == [2 * PICTURES, *(OUTCOMES[outcome] for outcome in ((3, 3), (3, 2), (2, 1), (1, 1), (1, 0)))]


def test_simulated_listeners_give_the_rates_that_were_put_in():
    """Inferred without marks, the rates are those counted with them."""
    world = make_world("binary", clips=300, contrastive=1.0, seed=4)
    table = make_answer_table(take_test(world, make_listeners(9, seed=4), seed=4, checks=0), world.test.protocol.positive)
    assert infer_from_answers(table) == count_sequence(table)


@pytest.mark.parametrize(
    ("outcomes", "clips", "both", "words"),
    [
        ({(2, 0): 1, (1, 0): 1}, 1, 0, "each rater but the last said yes"),
        ({(1, 0): 3}, 1, 0, "expected a target and a contrastive one a clip"),
        ({(1, 1): 2}, 1, 2, "only 2 pairs are so"),
        ({(4, 4): 1, (1, 0): 1}, 1, 0, "cannot be"),
    ],
)
def test_outcomes_that_cannot_be_are_refused(outcomes, clips, both, words):
    with pytest.raises(UsageError, match=words):
        infer(outcomes, clips, both_once=both)
