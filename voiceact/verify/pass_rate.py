"""Pass rate of a set of clips, beside what the judge would have confirmed had something else been requested.

A judge that calls everything present passes every clip. So beside each pass rate stand two others: that of the same
clips with the requests permuted among them (within persona and engine), and that of their neutral twins.
"""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from voiceact.clip.clip import Clip
from voiceact.errors import UsageError, VoiceactError, count_noun
from voiceact.estimators.base import Estimator, Profile, people_heard, verdict_mode
from voiceact.stats.figure import DRAWS, SEED, Figure, missing
from voiceact.stats.permutation import Null, permutation_null
from voiceact.stats.proportions import rate
from voiceact.verify.base import Verdict

SIGNIFICANT = 0.05

MOST_TWINS = 5
"""neutral readings of a voice that are held as references for its further twins"""


@dataclass(frozen=True)
class JudgedClip:
    """A clip with the judge's profiles.

    Attributes:
        category: id of the requested category
        profile: of the clip
        twin: of the clip's neutral twin, computed with a reference that this twin is no part of
        group: persona and engine; requests are permuted within it
    """

    category: str
    profile: Profile
    twin: Profile | None = None
    group: str = ""


@dataclass(frozen=True)
class PassRate:
    """A pass rate with its two baselines.

    Attributes:
        passed: share of clips in which the requested category is called present, with its 95 % interval
        permuted: the same with the requests permuted
        twins: share of neutral twins in which the category is called present
        not_judged: number of clips with a category the judge cannot tell; they count in none of the above
        people: share that people would reach (human parity): of those who perform the requested categories, in corpora the
            judge never met, as often as each was requested; None where nobody measured one of them
    """

    passed: Figure
    permuted: Null | None
    twins: Figure
    not_judged: int = 0
    people: float | None = None

    @property
    def above_chance(self) -> bool:
        """Whether the judge confirms significantly more than with permuted requests."""
        return self.permuted is not None and self.permuted.p < SIGNIFICANT

    def sentence(self) -> str:
        """Describe pass rate and baselines in one line."""
        if self.permuted is None:
            return f"none of {count_noun(self.not_judged, 'clip')} was asked for a category the judge can tell"
        parts = [
            f"{_format_share(self.passed)} of {count_noun(self.permuted.n, 'clip')} pass",
            f"{self.permuted.mean:.0%} [{self.permuted.low:.0%}, {self.permuted.high:.0%}] would with requests dealt out "
            f"anew (p = {self.permuted.p:.3g})",
        ]
        if self.twins.value is not None:
            parts.append(f"{_format_share(self.twins)} of the neutral twins would")
        if self.people is not None:
            parts.append(f"{self.people:.0%} of people's own performances would")
        if self.not_judged:
            parts.append(f"{count_noun(self.not_judged, 'clip')} could not be judged")
        sentence = "; ".join(parts)
        return sentence if self.above_chance else f"{sentence}: no more than by chance, this judge confirms nothing"

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "passed": self.passed.to_dict(),
            "dealt": self.permuted.to_dict() if self.permuted else None,
            "twins": self.twins.to_dict(),
            "people": self.people,
            "not_judged": self.not_judged,
            "told_apart": self.above_chance,
        }


class Tally:
    """A running count of judged clips, from which their pass rate is computed.

    Only profiles are held, and five twins for each persona and engine.

    Attributes:
        judge: the estimator that judges them
        levels: verdict level -> number of clips
    """

    def __init__(self, judge: Estimator):
        self.judge = judge
        self.levels: dict[str, int] = defaultdict(int)
        self._clips: list[JudgedClip] = []
        self._twins: dict[str, deque[Clip]] = defaultdict(lambda: deque(maxlen=MOST_TWINS))

    def add(self, clip: Clip, verdict: Verdict, twin: Clip | None = None) -> None:
        """Count a judged clip, with its neutral twin if there is one (whose samples must be loaded)."""
        self.levels[verdict.level] += 1
        requested = {category: intensity for category, intensity in clip.record.mix.items() if intensity > 0}
        if verdict.profile is None or not requested:
            return
        group = f"{clip.record.persona}|{clip.record.engine.name}"
        strongest = max(requested, key=lambda category: requested[category])
        self._clips.append(JudgedClip(strongest, verdict.profile, self._profile_twin(twin, group), group))

    def pass_rate(self) -> PassRate | None:
        """Compute the pass rate; None while no clip with a request was counted."""
        return measure_pass_rate(self.judge, self._clips) if self._clips else None

    def _profile_twin(self, twin: Clip | None, group: str) -> Profile | None:
        """Compute a twin's profile with twins of other lines as reference: relative to itself it would lie at zero."""
        if twin is None or twin.samples is None:
            return None
        others = [other for other in self._twins[group] if other.record.text != twin.record.text]
        if len(others) == len(self._twins[group]):
            self._twins[group].append(twin)
        if not others:
            return None
        try:
            reference = self.judge.reference(
                [(other.samples, other.record.audio.sample_rate) for other in others if other.samples is not None]
            )
            return self.judge.profile(twin.samples, twin.record.audio.sample_rate, reference=reference)
        except VoiceactError:
            return None  # a twin that cannot be analysed counts as none


def is_present(judge: Estimator, profile: Profile, category: str) -> bool | None:
    """Whether the judge calls the category present; None where it has no score or threshold."""
    score, least = profile.scores.get(category), judge.thresholds.get(category)
    return None if score is None or least is None else score >= least


def measure_pass_rate(judge: Estimator, clips: Sequence[JudgedClip], *, draws: int = DRAWS, seed: int = SEED) -> PassRate:
    """Compute the pass rate of clips and its baselines.

    Args:
        judge: the estimator that computed the profiles
        clips: the judged clips
        draws: number of permutations and of bootstrap samples
        seed: of both

    Raises:
        UsageError: if there are no clips
    """
    if not clips:
        raise UsageError("there are no clips to make a pass rate of; give at least one")
    judged = [clip for clip in clips if is_present(judge, clip.profile, clip.category) is not None]
    not_judged = len(clips) - len(judged)
    if not judged:
        nothing = missing("no clip was asked for a category the judge can tell")
        return PassRate(nothing, None, nothing, not_judged)

    # Each clip against every category that was requested of any of them.
    categories = sorted({clip.category for clip in judged})
    accepts = np.array([[bool(is_present(judge, clip.profile, category)) for category in categories] for clip in judged])
    requested = np.array([categories.index(clip.category) for clip in judged])
    groups = [clip.group for clip in judged]
    permuted = permutation_null(accepts, requested, groups=groups, draws=draws, seed=seed)
    passed = rate(accepts[np.arange(len(judged)), requested], draws=draws, seed=seed)

    twin_answers = [bool(is_present(judge, clip.twin, clip.category)) for clip in judged if clip.twin is not None]
    twins = rate(twin_answers, draws=draws, seed=seed) if twin_answers else missing("no neutral twins were judged")
    return PassRate(passed, permuted, twins, not_judged, _people(judge, judged))


def _people(judge: Estimator, clips: Sequence[JudgedClip]) -> float | None:
    """Mean rate of people over the clips' categories; None if one is not known: it would be of other categories."""
    heard = []
    for clip in clips:
        people = people_heard(judge, clip.category, verdict_mode(clip.profile.reference, bool(clip.profile.cohort)))
        if people is None:
            return None
        heard.append(float(people["value"]))
    return float(np.mean(heard))


def _format_share(figure: Figure) -> str:
    value = figure.value if figure.value is not None else float("nan")
    interval = f" [{figure.low:.0%}, {figure.high:.0%}]" if figure.low is not None and figure.high is not None else ""
    return f"{value:.0%}{interval}"
