"""A running count over a set of clips: what each was asked, what was heard of it and of its neutral twin."""

from collections import defaultdict, deque

from voiceact.clip.record import Clip
from voiceact.errors import VoiceactError
from voiceact.estimators.base import Estimator, Profile
from voiceact.verify.base import Verdict
from voiceact.verify.pass_rate import Confirmed, Heard, confirmed

MOST_TWINS = 5
"""neutral readings of a voice that are kept, to be the reference of the next one"""


class Tally:
    """Collects judged clips; `confirmed` is their pass rate beside its null.

    Only profiles are kept, and five twins for each persona and engine.
    """

    def __init__(self, judge: Estimator):
        self.judge = judge
        self.levels: dict[str, int] = defaultdict(int)
        self._heard: list[Heard] = []
        self._twins: dict[str, deque[Clip]] = defaultdict(lambda: deque(maxlen=MOST_TWINS))

    def add(self, clip: Clip, verdict: Verdict, twin: Clip | None = None) -> None:
        """Count a clip that was judged, with its neutral twin if there is one (samples at hand)."""
        self.levels[verdict.level] += 1
        asked = {category: intensity for category, intensity in clip.record.mix.items() if intensity > 0}
        if verdict.profile is None or not asked:
            return
        group = f"{clip.record.persona}|{clip.record.engine.name}"
        strongest = max(asked, key=lambda category: asked[category])
        self._heard.append(Heard(strongest, verdict.profile, self._profile(twin, group), group))

    def confirmed(self) -> Confirmed | None:
        """The pass rate; None as long as nothing was asked of any clip."""
        return confirmed(self.judge, self._heard) if self._heard else None

    def _profile(self, twin: Clip | None, group: str) -> Profile | None:
        """The judge's profile of a twin, its reference made of other lines: beside itself it would lie at zero."""
        if twin is None or twin.samples is None:
            return None
        others = [one for one in self._twins[group] if one.record.text != twin.record.text]
        if twin.record.text not in {one.record.text for one in self._twins[group]}:
            self._twins[group].append(twin)
        if not others:
            return None
        try:
            known = self.judge.reference(
                [(one.samples, one.record.audio.sample_rate) for one in others if one.samples is not None])
            return self.judge.profile(twin.samples, twin.record.audio.sample_rate, reference=known)
        except VoiceactError:
            return None  # a twin of which nothing can be said counts as none
