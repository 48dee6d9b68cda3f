"""Human corpora: importers of well-known sets, and the manifest they become.

from voiceact.judge.corpus import import_corpus, read_manifest

card = import_corpus("emodb", "EmoDB/", "EmoDB/manifest.jsonl")
manifest = read_manifest("EmoDB/")
"""

from voiceact.judge.corpus.base import Corpus, Emotion, corpora, find_corpus
from voiceact.judge.corpus.importing import import_corpus
from voiceact.judge.corpus.manifest import Card, Manifest, Recording, read_manifest

__all__ = ["Card", "Corpus", "Emotion", "Manifest", "Recording", "corpora", "find_corpus", "import_corpus", "read_manifest"]
