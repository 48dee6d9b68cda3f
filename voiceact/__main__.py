"""`python -m voiceact` is the `voiceact` command."""

from voiceact.cli.main import main

main()
