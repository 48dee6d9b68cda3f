"""What a classifier's labels mean among the 40 categories."""

import pytest

from voiceact.errors import UnknownNameError, UsageError
from voiceact.estimators.published.labels import category_of, category_scores, label_map, unjudged


@pytest.mark.parametrize(("label", "category"), [
    ("angry", "anger"), ("Fear", "fear"), ("happiness", "elation"), ("surprised", "astonishment_surprise"),
    ("Pleasure/Ecstasy", "pleasure_ecstasy"), ("sexual_lust", "sexual_lust"), ("neutral", None), ("ang", None), ("LABEL_0", None),
    ("other", None), ("frustrated", None),
])
def test_a_label_means_a_category_by_its_names_and_keywords_alone(label, category) -> None:
    assert category_of(label) == category


def test_what_the_user_says_goes_over_the_names() -> None:
    assert label_map(("ang", "happy", "calm"), "ang=Anger;calm=-") == {"ang": "anger", "happy": "elation"}
    assert label_map(("happy", "sad"), "happy=amusement") == {"happy": "amusement", "sad": "sadness"}


@pytest.mark.parametrize(("labels", "said", "words"), [
    (("ang",), None, "none of the labels ang names a category; say what they mean with labels=LABEL=CATEGORY"),
    (("ang",), "ang", "'ang' is no pair; expected LABEL=CATEGORY"),
    (("ang",), "angr=anger", "unknown label of the classifier 'angr'; did you mean 'ang'"),
    (("ang",), "ang=angrr", "unknown"),
])
def test_what_cannot_be_meant_is_told(labels, said, words) -> None:
    with pytest.raises((UsageError, UnknownNameError), match=words):
        label_map(labels, said)


def test_two_labels_of_one_category_are_added_or_the_higher_is_taken() -> None:
    names = {"happy": "elation", "joy": "elation", "sad": "sadness"}
    values = {"happy": 0.5, "joy": 0.25, "sad": 0.25}
    assert category_scores(values, names, exclusive=True) == {"elation": 0.75, "sadness": 0.25}
    assert category_scores(values, names, exclusive=False) == {"elation": 0.5, "sadness": 0.25}


def test_what_has_no_label_is_not_judged_and_never_zero() -> None:
    found = unjudged({"happy": "elation"}, "the classifier")
    assert len(found) == 39 and found["awe"] == "the classifier has no label for it" and "elation" not in found
