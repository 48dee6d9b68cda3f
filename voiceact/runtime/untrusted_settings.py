"""Engines, judges and recordings that a file from elsewhere names: data about the past, not an instruction for now.

A record or a run says with what it was made. Whatever of that would reach out now (a server, an address, an environment
variable, a file of this machine) is only used if the user names it too: on the command line (--engine, --allow), or around a
call with `allow_settings`. Engines, judges and backends declare what reaches out: the class by `reaches_out`, an option by
`voiceact.runtime.spec.Option`. A class that declares nothing is taken to reach out (docs/security.md).
"""

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from voiceact.errors import UsageError, listed
from voiceact.runtime.plugins import find_plugin
from voiceact.runtime.spec import Option, Spec, parse_spec
from voiceact.runtime.untrusted_text import clean_text

_allowed: ContextVar[frozenset[str]] = ContextVar("allowed", default=frozenset())
_engine: ContextVar[str | None] = ContextVar("engine", default=None)


class UntrustedSettingError(UsageError):
    """Raise for a setting in a foreign file that would reach out and that the user has not named."""


@contextmanager
def allow_settings(*texts: str, engine: str | None = None) -> Iterator[None]:
    """Let files from elsewhere use these settings inside the context.

    Args:
        texts: engines, judges and backends as the file states them, with their options ("openai-compatible:url=…"), or paths
            of recordings; only exactly these are allowed
        engine: speaks from records in place of the engine that they name; None is the one in force
    """
    tokens = _allowed.set(_allowed.get() | set(texts)), _engine.set(engine or _engine.get())
    try:
        yield
    finally:
        _allowed.reset(tokens[0])
        _engine.reset(tokens[1])


def replaying_engine() -> str | None:
    """Return the engine that the user has named to speak from records (see allow_settings); None if none was."""
    return _engine.get()


def is_allowed(text: str) -> bool:
    """Return whether the user has named this setting (see allow_settings)."""
    return text in _allowed.get()


def find_reaching_parts(group: str, text: str) -> list[str]:
    """Return what of an engine, judge or backend would reach out, one phrase each, without loading any model.

    Args:
        group: entry point group, such as "voiceact.engines"
        text: name with options, as the foreign file states it

    Returns:
        An empty list if nothing does, or no such part is installed (then loading it fails anyway).

    Raises:
        UsageError: if the text is no name with options
    """
    spec = parse_spec(text)
    point = find_plugin(group, spec.name)
    if point is None:
        return []
    kind = point.load()
    declared: bool | None = getattr(kind, "reaches_out", None)
    options = getattr(kind, "options", {})
    if declared is None:
        return ["what does not say whether it reaches out"]
    parts = ["a server"] if declared else []
    return parts + [
        f"{options[key].reaches} (option {key!r})" for key, _ in spec.options if isinstance(options.get(key), Option)
    ]


def check_stated_setting(group: str, text: str, *, source: str, how: str) -> None:
    """Refuse an engine, judge or backend that a foreign file names, if it reaches out and the user has not named it.

    Args:
        group: entry point group
        text: name with options, as the file states it
        source: what states it, for the message ("the record of clip 12ab")
        how: what allows it, for the message; "{0}" in it is replaced by the setting, quoted for a shell, and "{1}" by the
            setting with … for the values that reach out, which the user has to fill in

    Raises:
        UntrustedSettingError: if it reaches out
        UsageError: if the text is no name with options
    """
    if is_allowed(text):
        return
    if parts := find_reaching_parts(group, text):
        raise UntrustedSettingError(
            f"{source} names {shown_setting(text)}, which reaches for {listed(parts)}; what a file says about servers, "
            f"addresses, variables and files is not followed unless you name it yourself: "
            f"{how.format(quoted_setting(text), quoted_setting(blanked_setting(group, text)))}"
        )


def check_stated_file(path: str | os.PathLike[str], *, source: str, what: str) -> None:
    """Refuse a file of this machine that a record or run names outside its own folder, unless the user has named it.

    Args:
        path: path as the file states it
        source: what states it, for the message
        what: what the file is ("the recording")

    Raises:
        UntrustedSettingError: if it is not allowed
    """
    if not is_allowed(os.fspath(path)):
        raise UntrustedSettingError(
            f"{source} names {what} {shown_setting(os.fspath(path))}; a file of this machine is not read because another file "
            f"names it; if it is meant, add: --allow {quoted_setting(os.fspath(path))}"
        )


def blanked_setting(group: str, text: str) -> str:
    """Return an engine, judge or backend with … for the values of the options that reach out.

    So a command that is copied from a message sends no secret to an address that a stranger chose.

    Args:
        group: entry point group
        text: name with options

    Raises:
        UsageError: if the text is no name with options
    """
    spec = parse_spec(text)
    point = find_plugin(group, spec.name)
    options = getattr(point.load(), "options", {}) if point else {}
    return str(
        Spec(spec.name, tuple((key, "…" if isinstance(options.get(key), Option) else value) for key, value in spec.options))
    )


def shown_setting(text: str) -> str:
    """Return a setting fit to be printed."""
    return repr(clean_text(text, 200))


def quoted_setting(text: str) -> str:
    """Return a setting quoted for a shell, so that a command that is shown does only what it says."""
    return shlex.quote(clean_text(text, 400))
