"""A real server process, as a user starts it."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any


class Server:
    """`voiceact listen serve FOLDER`, on a free port unless told otherwise; `told` is what it printed."""

    def __init__(self, folder: Path, *arguments: str, port: int = 0) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "voiceact", "listen", "serve", str(folder), "--json", "--port", str(port), *arguments],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, "the server did not start"
        self.told: dict[str, Any] = json.loads(line)
        self.url: str = self.told["url"]
        self.port = port or int(self.url.rstrip("/").rpartition(":")[2])

    def kill(self) -> None:
        """As a crash: SIGKILL."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """As Ctrl-C, and killed if that does not help."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
        assert self.process.stdout
        self.process.stdout.close()
