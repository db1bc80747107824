"""Folders that a command publishes in a store while it writes them, and ``racer publish``."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from racer.cli.options import AsJson
from racer.cli.output import escape, print_json, say

if TYPE_CHECKING:
    from racer.store.publish import Publisher

Note = Callable[[str], None]


class Publishing:
    """What a command publishes; nothing where there is no store."""

    def __init__(self, store: str | None) -> None:
        """Keep the address of the store."""
        self._store = store
        self._publisher: Publisher | None = None

    def begin(self, folders: Sequence[Path], note: Note) -> None:
        """Take the folders' names in the store, and publish from now on.

        A folder that was published before goes on where it was.

        Args:
            folders: of runs, or of a study.
            note: called with each remark a user should read, from another thread.

        Raises:
            RacerError: if a name is taken there, or the store cannot be used.
        """
        from racer.store.publish import Publisher, Upload, published_at

        stores = {folder: self._store or published_at(folder) for folder in folders}
        uploads = [Upload(folder, store) for folder, store in stores.items() if store is not None]
        if uploads:
            self._publisher = Publisher(uploads, note)
            self._publisher.start()

    @property
    def is_on(self) -> bool:
        """Whether something is published."""
        return self._publisher is not None

    def end(self, note: Note, should_stop: Callable[[], bool] = lambda: False) -> None:
        """Bring what is left, and say what could not be brought.

        Args:
            note: called with each remark a user should read.
            should_stop: asked several times a second: whether to wait no longer.
        """
        if self._publisher is not None:
            for line in self._publisher.close(should_stop=should_stop):
                note(line)


def bring_back(store: str | None, folder: Path) -> None:
    """Fetch a study that another machine has published under the name of a folder not there yet."""
    from racer.store.fetch import fetch_whole, is_published

    if store is not None and not folder.exists() and is_published(f"{store}/{folder.name}"):
        fetch_whole(f"{store}/{folder.name}", folder)


@contextmanager
def published(store: str | None, folder: Path, note: Note) -> Iterator[None]:
    """Publish a folder while something is written there.

    Args:
        store: its address; None: nothing is published, unless the folder was before.
        folder: of a study.
        note: called with each remark a user should read.
    """
    publishing = Publishing(store)
    publishing.begin([folder], note)
    try:
        yield
    finally:
        publishing.end(note)


def publish(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's or a study's folder or name.")],
    store: Annotated[
        str | None,
        typer.Option(metavar="URL", envvar="RACER_STORE", show_default=False,
                     help="The store; by default where it was published before."),
    ] = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Bring a run to a store, or what the store lacks of it.

    Others read it by its address: racer show, evaluate, plot, resume and
    clone take s3://BUCKET/FOLDER/RUN as they take a folder.
    """
    from racer.errors import ConfigError
    from racer.runs.listing import find_run
    from racer.store.address import check_store
    from racer.store.publish import publish as bring
    from racer.store.publish import published_at

    folder = find_run(run)
    store = store or published_at(folder)
    if store is None:
        raise ConfigError(f"{folder}: expected --store: it was not published before")
    done = bring(folder, check_store(store))
    if as_json:
        print_json({"folder": str(folder), "address": str(done.address)})
    else:
        say(f"[bold]published[/]  {escape(str(done.address))}")
