"""Output files: refused before the work if they cannot be written, then written whole or not at all."""

import os
import secrets
from pathlib import Path

from proofs_check.usage import UsageError


def check_output(option: str, path: str | Path) -> Path:
    """Return the file that `path` names, links followed, if it can be written.

    Parameters
    ----------
    option : str
        The command line's option, for the message.
    path : str or Path
        May exist already; it is then overwritten by `write_whole`.

    Returns
    -------
    Path
        Absolute.

    Raises
    ------
    UsageError
        If it is a folder or a device, its folder is missing, or it or its folder is not writable.

    Examples
    --------
    >>> check_output("--json", "/")
    Traceback (most recent call last):
    ...
    proofs_check.usage.UsageError: --json=/, a file is required, this is a folder
    """
    given = f"{option}={path}"
    if not os.fspath(path):
        raise UsageError(f"{option}='', the name of a file is required")
    try:
        target = Path(path).expanduser().resolve()
        if target.is_dir():
            raise UsageError(f"{given}, a file is required, this is a folder")
        if target.exists() and not target.is_file():
            raise UsageError(f"{given}, a regular file is required, this is a device or a pipe")
        if not target.parent.is_dir():
            raise UsageError(f"{given}, the folder of the file must exist")
        # The new file replaces the old one in its folder, so both have to be writable.
        if not os.access(target.parent, os.W_OK | os.X_OK) or (
            target.exists() and not os.access(target, os.W_OK)
        ):
            raise UsageError(f"{given}, a file that can be written is required")
    except (OSError, RuntimeError) as error:  # a name too long, a loop of links, a home that is unknown
        raise UsageError(f"{given}, a path that can be opened is required ({error})") from error
    return target


def check_folder(option: str, path: str | Path) -> Path:
    """Return the folder that `path` names, links followed; it is created, with its parents, if missing.

    Parameters
    ----------
    option : str
        The command line's option, for the message.
    path : str or Path

    Returns
    -------
    Path
        Absolute.

    Raises
    ------
    UsageError
        If it is a file, cannot be created, or is not writable.
    """
    if not os.fspath(path):
        raise UsageError(f"{option}='', the name of a folder is required")
    given = f"{option}={path}"
    try:
        target = Path(path).expanduser().resolve()
        if target.exists() and not target.is_dir():
            raise UsageError(f"{given}, a folder is required, this is a file")
        target.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:
        raise UsageError(f"{given}, a folder that can be created is required ({error})") from error
    if not os.access(target, os.W_OK | os.X_OK):
        raise UsageError(f"{given}, a folder that can be written is required")
    return target


def write_whole(path: Path, data: str | bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never a part.

    Parameters
    ----------
    path : Path
        As returned by `check_output`.
    data : str or bytes
        Text is encoded as UTF-8, its line ends untouched.

    Raises
    ------
    OSError
        If the disk is full or the folder has gone; the old file is then as it was.
    """
    content = data.encode() if isinstance(data, str) else data
    # Beside the target, since a rename is atomic only within a file system.
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with temporary.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())  # or a power cut could leave the new name on an empty file
        if path.exists():
            temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)
    except BaseException:  # an interrupt too must leave nothing behind
        temporary.unlink(missing_ok=True)
        raise


def write_output(option: str, path: Path, data: str | bytes) -> None:
    """Write a file that the user asked for with an option of the command line.

    Raises
    ------
    UsageError
        If the disk is full or the folder has gone.
    """
    try:
        write_whole(path, data)
    except OSError as error:
        raise UsageError(f"{option}, the file could not be written ({error})") from error
