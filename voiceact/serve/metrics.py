"""What a server counts, in Prometheus's text form."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from voiceact.serve.pool import SynthesisPool

__all__ = ["CONTENT_TYPE_LATEST", "Metrics"]

_SECONDS = (0.05, 0.1, 0.15, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120)


class Metrics:
    """The figures of one application.

    Args:
        pool: whose state is shown
    """

    def __init__(self, pool: SynthesisPool):
        self._registry = CollectorRegistry()
        self.requests = self._counter("requests", "Answers, by route and status.", "route", "status")
        self.seconds = Histogram(
            "voiceact_request_seconds", "Time to the end of an answer.", ["route"], buckets=_SECONDS, registry=self._registry
        )
        self.first_audio = Histogram(
            "voiceact_first_audio_seconds",
            "Time from a speech request to its first sound.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.characters = self._counter("characters", "Characters of spoken inputs, by model.", "model")
        self.audio_seconds = self._counter("audio_seconds", "Seconds of speech sent, by model.", "model")
        self.verdicts = self._counter("verdicts", "Judged takes, by level.", "level")
        self.cancelled = self._counter("cancelled", "Requests whose client went away before the end.")
        for name, what, read in (
            ("under_way", "Requests that are being answered.", lambda: pool.under_way),
            ("waiting", "Tasks that no process has begun.", lambda: pool.waiting),
            ("workers", "Processes that are ready.", lambda: pool.ready),
            ("worker_restarts", "Processes that died and were replaced.", lambda: pool.restarts),
        ):
            Gauge(f"voiceact_{name}", what, registry=self._registry).set_function(read)

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(f"voiceact_{name}", what, labels, registry=self._registry)

    def text(self) -> bytes:
        """Return all figures."""
        return generate_latest(self._registry)
