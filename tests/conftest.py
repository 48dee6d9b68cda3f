"""Every test runs in a home of its own: no test reads or writes the user's folders, and none has a network."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes is no property of the code: a busy machine must not fail a test.
settings.register_profile("voiceact", deadline=None)
settings.load_profile("voiceact")

# A shell that runs the tests in the background has Ctrl-C ignored, in them and in every process that they begin.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """HOME, the XDG folders and voiceact's own variables point to an empty folder."""
    home = tmp_path_factory.mktemp("home")
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "HIBARI_HOME"):
        monkeypatch.setenv(name, str(home))
    for name in ("VOICEACT_PERSONAS", "SOURCE_DATE_EPOCH"):
        monkeypatch.delenv(name, raising=False)
    yield home


@pytest.fixture
def table(tmp_path):
    """Writes a table and returns its path."""

    def write(text: str | bytes, name: str = "lines.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write
