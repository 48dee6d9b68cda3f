"""The verdict of a long take, which is judged passage by passage in memory that does not grow.

The judge and the other checks know lines of some seconds, so each passage of a long take is judged as a line is, beside its
own neutral twin. What the judge heard is averaged over the passages, by their duration, and the emotion is looked for in the
average. Every other check fails where it fails in more than `MOST_FAILED` of the passages that it could judge; a broken sound
(`quality`) is one too many in any passage.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from voiceact.errors import count_noun
from voiceact.estimators.base import Estimator, Profile
from voiceact.verify.base import Check, Verdict, join
from voiceact.verify.emotion import JUDGE_CHECKS, check_emotion
from voiceact.vocabulary import EMOTION_CHECK, Evidence

MOST_FAILED = 0.1
"""share of the judged passages that may fail: recognizers, encoders and raters err in single lines (docs/verify.md)"""
MOST_LISTED = 20
"""failed passages that a check names"""


@dataclass
class _Tally:
    """What one check said of the passages so far."""

    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    first_unjudged: Check | None = None
    failed: list[dict[str, Any]] = field(default_factory=list)


class PassageVerdicts:
    """Joins the verdicts of passages as they come.

    Args:
        mix: category id -> intensity that was asked
        judge: the estimator that listened; None where none did
    """

    def __init__(self, mix: Mapping[str, float], judge: Estimator | None):
        self._mix, self._judge = mix, judge
        self._tallies: dict[str, _Tally] = {}
        self._order: list[str] = []
        self._seconds = self._heard_seconds = 0.0
        self._sums: dict[str, list[float]] = {}
        self._last: Verdict | None = None
        self._profile: Profile | None = None

    def add(self, verdict: Verdict, *, seconds: float, text: str, start_seconds: float) -> None:
        """Take in the verdict of the next passage.

        Args:
            verdict: of the passage
            seconds: its duration
            text: what was said
            start_seconds: where it begins in the whole take
        """
        self._last, self._seconds = verdict, self._seconds + seconds
        for check in verdict.checks:
            if check.name in JUDGE_CHECKS:
                if EMOTION_CHECK not in self._order:
                    self._order.append(EMOTION_CHECK)
                continue
            if check.name not in self._tallies:
                self._tallies[check.name] = _Tally()
                self._order.append(check.name)
            tally = self._tallies[check.name]
            tally.outcomes[check.outcome] += 1
            if check.outcome == "not judged" and tally.first_unjudged is None:
                tally.first_unjudged = check
            if check.outcome == "fail":
                tally.reasons[check.reason] += 1
                if len(tally.failed) < MOST_LISTED:
                    place = {"at_seconds": round(start_seconds, 1), "text": text[:80]}
                    tally.failed.append({**place, "reason": check.reason, "sentence": check.sentence[:300]})
        if verdict.profile is not None:
            self._add_profile(verdict.profile, seconds)

    def verdict(self) -> Verdict:
        """Return the verdict of all passages.

        Raises:
            ValueError: if there was none
        """
        if self._last is None:
            raise ValueError("no passage was judged")
        profile = self._mean_profile()
        checks: list[Check] = []
        for name in self._order:
            if name != EMOTION_CHECK:
                checks.append(_joined(name, self._tallies[name]))
            elif self._judge is not None and profile is not None:
                checks += check_emotion(self._judge, profile, self._mix)
            else:
                checks += [check for check in self._last.checks if check.name in JUDGE_CHECKS]
        categories = [category for category, intensity in self._mix.items() if intensity > 0]
        evidence: dict[str, Evidence] = (
            {category: profile.evidence.get(category, "none") for category in categories} if profile else {}
        )
        return replace(
            self._last,
            level=join(checks, list(evidence.values())),
            checks=tuple(checks),
            mix=dict(self._mix),
            evidence=evidence,
            profile=profile,
        )

    def _add_profile(self, profile: Profile, seconds: float) -> None:
        self._profile, self._heard_seconds = profile, self._heard_seconds + seconds
        axes = {f"\0{name}": getattr(profile, name) for name in ("arousal", "valence", "dominance")}
        ratios = {f"\0ratio {name}": value for name, value in profile.log_ratios.items()}
        for name, value in {**profile.scores, **axes, **ratios}.items():
            if value is not None:
                total = self._sums.setdefault(name, [0.0, 0.0])
                total[0] += value * seconds
                total[1] += seconds

    def _mean_profile(self) -> Profile | None:
        """Return the last profile with all scores and log-ratios averaged over the passages by duration."""
        if self._profile is None:
            return None

        def mean(name: str) -> float | None:
            total = self._sums.get(name)
            return total[0] / total[1] if total and total[1] else None

        return replace(
            self._profile,
            scores={name: mean(name) for name in self._profile.scores},
            arousal=mean("\0arousal"),
            valence=mean("\0valence"),
            dominance=mean("\0dominance"),
            log_ratios={name: value for name in self._profile.scores if (value := mean(f"\0ratio {name}")) is not None},
            # Votes and classes are of single passages and are not averaged.
            classes={},
            votes={},
        )


def _joined(name: str, tally: _Tally) -> Check:
    """Return what a check says of all passages."""
    passed, failed, unjudged = (tally.outcomes[outcome] for outcome in ("pass", "fail", "not judged"))
    judged = passed + failed
    details = {"passages": judged + unjudged, "passed": passed, "failed": failed, "failures": tally.failed}
    if not judged:
        assert tally.first_unjudged is not None  # every passage has an outcome
        return replace(tally.first_unjudged, details={**tally.first_unjudged.details, **details})
    share, most = failed / judged, 0.0 if name == "quality" else MOST_FAILED
    sentence = f"{passed} of {count_noun(judged, 'passage')} pass"
    if unjudged:
        sentence += f", {unjudged} could not be judged"
    if share <= most:
        return Check(name, "pass", sentence, "", share, most, details)
    first = tally.failed[0]
    sentence += f"; the first that fails, at {first['at_seconds']:.0f} s: {first['sentence']}"
    return Check(name, "fail", sentence, tally.reasons.most_common(1)[0][0], share, most, details)
