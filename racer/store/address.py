"""Addresses of stores, and the stores behind them.

Credentials come from where the cloud's own tools have them, and go nowhere else: obstore reads the
environment (``AWS_…``, ``GOOGLE_…``, ``AZURE_…``) and Google's and Azure's files; the files of the
AWS tools, which it does not read, are read here.
"""

import configparser
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from racer.errors import MissingExtraError, RunError

if TYPE_CHECKING:
    from obstore.store import ObjectStore  # type: ignore[import-not-found,unused-ignore]

SCHEMES = ("file", "s3", "gs", "az")
_NAME = re.compile(r"[^/\\]+")

RETRIES = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}
_TIMEOUT, _CONNECT_TIMEOUT = "60 seconds", "5 seconds"

_AWS_KEYS = {
    "aws_access_key_id": "access_key_id",
    "aws_secret_access_key": "secret_access_key",
    "aws_session_token": "session_token",
    "region": "region",
    "endpoint_url": "endpoint",
}
"""What the files of the AWS tools say, and what obstore calls it."""


class StoreError(RunError):
    """A store cannot be reached, read or written; what failed may work later."""


class NotThereError(StoreError):
    """A store has no such object."""


@dataclass(frozen=True)
class Address:
    """Where a folder lies in a store."""

    parent: str
    """Address of what it lies in, without a slash at its end."""
    name: str
    """Of the folder: of a run."""

    def __str__(self) -> str:
        """Return both in one."""
        return f"{self.parent}/{self.name}"


def is_address(text: object) -> bool:
    """Return whether a text is the address of something in a store, and no path."""
    return isinstance(text, str) and "://" in text


def check_store(url: str) -> str:
    """Return the address of a store without a slash at its end.

    Raises:
        RunError: if it is none: no scheme that is known, no bucket, or a password in it.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in SCHEMES:
        known = ", ".join(f"{name}://" for name in SCHEMES)
        raise RunError(f"{url}: expected the address of a store; it begins with one of {known}")
    if "@" in urlsplit(url).netloc:  # not repeated: it may be a password
        raise RunError(
            f"{scheme}://…: expected an address without a name and a password: "
            "a store finds them where the cloud's own tools keep them"
        )
    if not rest.strip("/"):
        what = "a folder" if scheme == "file" else "a bucket"
        raise RunError(f"{url}: expected {what} behind {scheme}://")
    return url.rstrip("/")


def address_of(url: str) -> Address:
    """Return the parts of a run's address.

    Raises:
        RunError: if it is no address of something in a store.
    """
    parent, _, name = check_store(url).rpartition("/")
    if parent.endswith(("/", ":")) or not _NAME.fullmatch(name):
        raise RunError(f"{url}: expected the address of a run: STORE/NAME")
    return Address(parent, name)


def open_store(url: str) -> "ObjectStore":
    """Return what reads and writes below an address.

    Raises:
        MissingExtraError: if obstore is not installed.
        StoreError: if there can be no such store.
    """
    url = check_store(url)
    try:
        from obstore.store import from_url  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        raise MissingExtraError(
            f'{url}: a store needs obstore: pip install "racer-rl[store]"'
        ) from error
    opened: Any = from_url  # its types know one kind of store each
    scheme = url.partition("://")[0]
    with said_of(url):
        if scheme == "file":
            parts = urlsplit(url)
            folder = Path(unquote(parts.path))
            if parts.netloc or not folder.is_absolute():
                raise RunError(f"{url}: expected an absolute path: file:///folder")
            folder.mkdir(parents=True, exist_ok=True)
            return opened(folder.as_uri())
        config: dict[str, Any] = aws_settings() if scheme == "s3" else {}
        plain = str(config.get("endpoint", "")).startswith("http://")
        options = {"timeout": _TIMEOUT, "connect_timeout": _CONNECT_TIMEOUT, "allow_http": plain}
        return opened(url, config=config, client_options=options, retry_config=RETRIES)


def aws_settings() -> dict[str, str]:
    """Return what the environment and the files of the AWS tools say, the environment first."""
    own = Path("~/.aws").expanduser()
    profile = os.environ.get("AWS_PROFILE", "default")
    found: dict[str, str] = {}
    for variable, file, section in (
        ("AWS_CONFIG_FILE", own / "config", f"profile {profile}"),
        ("AWS_SHARED_CREDENTIALS_FILE", own / "credentials", profile),
    ):
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read(os.environ.get(variable, file), encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError) as error:
            raise RunError(f"{os.environ.get(variable, file)}: cannot be read") from error
        for name in (section, profile):
            if parser.has_section(name):
                found |= {k: v for k, v in parser[name].items() if k in _AWS_KEYS}
                break
    settings = {_AWS_KEYS[name]: value for name, value in found.items()}
    names = {"AWS_DEFAULT_REGION": "region", "AWS_REGION": "region"}
    names |= {"AWS_ENDPOINT_URL": "endpoint", "AWS_ENDPOINT_URL_S3": "endpoint"}
    names |= {f"AWS_{key.upper()}": key for key in ("access_key_id", "secret_access_key")}
    if "AWS_ACCESS_KEY_ID" in os.environ:  # a pair of its own, with or without a token
        settings.pop("session_token", None)
        names["AWS_SESSION_TOKEN"] = "session_token"
    settings |= {key: os.environ[name] for name, key in names.items() if os.environ.get(name)}
    return {"region": "us-east-1", **settings}


@contextmanager
def said_of(url: str) -> Iterator[None]:
    """Have what a store says against a request told in one line.

    Raises:
        StoreError: instead of obstore's errors.
    """
    from obstore import exceptions  # type: ignore[import-not-found,unused-ignore]

    try:
        yield
    except exceptions.AlreadyExistsError as error:
        raise StoreError(f"{url}: already there") from error
    except (FileNotFoundError, exceptions.NotFoundError) as error:
        if "NoSuchBucket" in str(error):
            raise StoreError(f"{url}: there is no such bucket") from error
        raise NotThereError(f"{url}: not there") from error
    except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError) as error:
        raise StoreError(f"{url}: no rights: the store refuses these credentials") from error
    except (exceptions.BaseError, OSError) as error:
        raise StoreError(f"{url}: {_reason(str(error))}") from error


_REASONS = {
    "NoSuchBucket": "there is no such bucket",
    "SignatureDoesNotMatch": "no rights: the store refuses these credentials",
    "InvalidAccessKeyId": "no rights: the store refuses these credentials",
    "AccessDenied": "no rights: the store refuses these credentials",
    "No space left": "the store is full",
    "XMinioStorageFull": "the store is full",
    "QuotaExceeded": "the store is full",
    "dns error": "no such host",
    "Connection refused": "nobody answers there",
    "tcp connect error": "nobody answers there",
    "operation timed out": "no answer in time",
    "169.254.169.254": "no credentials were found",
}


def _reason(text: str) -> str:
    """Return in a few words what is wrong."""
    for sign, reason in _REASONS.items():
        if sign in text:
            return reason
    return " ".join(text.partition("\n\nDebug source")[0].split())[:200]
