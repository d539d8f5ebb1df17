"""Where a campaign is stored: a local folder, or an address that all workers reach through fsspec."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from opassay.harness.find.located import UsageError
from opassay.harness.store.files import FileError, replace_file

HINT = "pip install 'opassay[dask]'"


def is_address(text: str) -> bool:
    """Whether it is a URL such as ``s3://…`` or ``file://…``, and not a folder."""
    return "://" in text


class Place:
    """A folder or a URL. Names in it are relative, with slashes.

    Raises ``UsageError`` for a URL that no installed package can reach.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        with _plainly("reach", text, UsageError):
            self._system, root = _opened(text)
        self._root = root.rstrip("/")

    @property
    def folder(self) -> Path | None:
        """The local folder, if ``--out`` named one."""
        return None if is_address(self.text) else Path(self.text)

    def write(self, name: str, content: bytes) -> None:
        """Write a whole file; one that a killed writer leaves is ignored. Raises ``FileError``."""
        with _plainly("write", f"{self.text}/{name}", FileError):
            if "file" in _kinds(self._system):
                replace_file(Path(self._path(name)), content)
            else:
                # An object store holds an object whole or not at all; elsewhere a truncated file
                # lacks its footer.
                self._system.makedirs(self._path(name).rpartition("/")[0], exist_ok=True)
                self._system.pipe_file(self._path(name), content)

    def read(self, name: str) -> bytes | None:
        """A file's content; None if there is none."""
        with _plainly("read", f"{self.text}/{name}", FileError):
            try:
                content: bytes = self._system.cat_file(self._path(name))
            except FileNotFoundError:
                return None
        return content

    def opening(self, name: str) -> Callable[[], BinaryIO]:
        """A function that opens a file for reading."""
        return lambda: self._system.open(self._path(name), "rb")  # type: ignore[no-any-return]

    def names(self, under: str) -> Iterator[str]:
        """The files below a folder, in order."""
        with _plainly("read", f"{self.text}/{under}", FileError):
            self._system.invalidate_cache()
            found = self._system.find(self._path(under)) if self._system.exists(self._path(under)) else []
        for path in sorted(found):
            yield path[path.index(f"{self._root}/") + len(self._root) + 1 :]

    def remove(self, name: str) -> None:
        with _plainly("write", f"{self.text}/{name}", FileError):
            self._system.rm_file(self._path(name))

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"


def _opened(text: str) -> tuple[Any, str]:
    try:
        import fsspec
    except ImportError:
        raise UsageError(f"campaigns need fsspec, which is not installed; try: {HINT}") from None
    if not is_address(text):
        # A folder's name may have characters that are special in a URL.
        return fsspec.filesystem("file"), Path(text).absolute().as_posix()
    system, root = fsspec.core.url_to_fs(text)
    return system, root


def _kinds(system: Any) -> tuple[str, ...]:
    found = system.protocol
    return (found,) if isinstance(found, str) else tuple(found)


@contextmanager
def _plainly(verb: str, what: str, kind: type[Exception]) -> Iterator[None]:
    """Turn any error of a file system into one line."""
    try:
        yield
    except (UsageError, FileError):
        raise
    except Exception as error:
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise kind(f"cannot {verb} {what}: {' '.join(said.split()):.300}") from None
