"""Reduce the published style tables of Kokoro's voices to what ships with voiceact.

Run by hand, once; what it writes lies in the repository and ships with the package:

    npm pack kokoro-js@1.2.1
    python -m voiceact.engines.kokoro.build_voices kokoro-js-1.2.1.tgz voiceact/engines/kokoro/voices.npz
"""

import sys
import tarfile
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np

from voiceact.engines.embedded.stages import FloatArray
from voiceact.engines.kokoro.tables import pack_tables, write_tables
from voiceact.engines.kokoro.voices import LENGTHS, STYLE
from voiceact.errors import UsageError, VoiceactError

PACKAGE_SHA256 = "1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860"
"""of kokoro-js-1.2.1.tgz (Apache-2.0), which holds the voices of Kokoro-82M v1.0 by hexgrad (Apache-2.0)"""
FOLDER = "package/voices/"
VOICES = (
    *"af_alloy af_aoede af_bella af_heart af_jessica af_kore af_nicole af_nova af_river af_sarah af_sky".split(),
    *"am_adam am_echo am_eric am_fenrir am_liam am_michael am_onyx am_puck am_santa".split(),
    *"bf_alice bf_emma bf_isabella bf_lily bm_daniel bm_fable bm_george bm_lewis".split(),
    *"ef_dora em_alex ff_siwis if_sara im_nicola pf_dora pm_alex".split(),
)
"""the English voices, and those of the languages that the engine reads"""


def read_package(path: Path, expected: str = PACKAGE_SHA256) -> dict[str, FloatArray]:
    """Read the style tables from the npm package.

    Args:
        path: the package as `npm pack` writes it
        expected: its SHA-256

    Returns:
        voice -> float32 [510, 256]

    Raises:
        UsageError: if the file cannot be read
        VoiceactError: if it is not the expected one
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read; get it with: npm pack kokoro-js@1.2.1") from error
    digest = sha256(content).hexdigest()
    if digest != expected:
        raise VoiceactError(f"{path}: has SHA-256 {digest[:12]}…, expected {expected[:12]}… (kokoro-js 1.2.1)")
    with tarfile.open(fileobj=BytesIO(content)) as archive:
        members = {name: archive.extractfile(f"{FOLDER}{name}.bin") for name in VOICES}
        return {
            name: np.frombuffer(member.read(), "<f4").reshape(LENGTHS, STYLE).astype(np.float32)
            for name, member in members.items()
            if member
        }


def main(arguments: list[str]) -> None:
    """Write the file that ships: PACKAGE.tgz VOICES.npz."""
    if len(arguments) != 2:
        raise UsageError("expected two arguments: the package of kokoro-js, and the file to write")
    write_tables(Path(arguments[1]), pack_tables(read_package(Path(arguments[0]))))


if __name__ == "__main__":
    main(sys.argv[1:])
