import sys

import pytest

from racer.errors import MissingExtraError, RunError
from racer.store.address import address_of, aws_settings, check_store, is_address, open_store


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("runs", "it begins with one of file://, s3://, gs://, az://"),
        ("s3:/bucket", "it begins with one of"),
        ("s4://bucket/x", "it begins with one of"),
        ("s3://", "expected a bucket behind s3://"),
        ("file:///", "expected a folder behind file://"),
        ("s3://me:secret@bucket/x", "expected an address without a name and a password"),
    ],
)
def test_an_address_that_is_none_is_one_line(url, message):
    with pytest.raises(RunError, match=message) as failed:
        check_store(url)
    assert "secret" not in str(failed.value)


def test_an_address_has_two_parts():
    address = address_of("s3://bucket/folder/run/")
    assert (address.parent, address.name) == ("s3://bucket/folder", "run")
    assert str(address) == "s3://bucket/folder/run"
    with pytest.raises(RunError, match="STORE/NAME"):
        address_of("s3://bucket")


def test_a_path_is_no_address(tmp_path):
    assert is_address("s3://bucket/run")
    assert not is_address("runs/car")
    assert not is_address(tmp_path)


def test_without_obstore_it_says_what_to_install(monkeypatch):
    for name in ("obstore", "obstore.store"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=r'pip install "racer[\w-]*\[store\]"'):
        open_store("s3://bucket")


def test_a_relative_folder_is_refused():
    pytest.importorskip("obstore")
    with pytest.raises(RunError, match="expected an absolute path: file:///folder"):
        open_store("file://folder/x")


@pytest.fixture
def aws_files(tmp_path, monkeypatch):
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_SESSION_TOKEN",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
        "AWS_PROFILE",
    ):
        monkeypatch.delenv(name, raising=False)  # fmt: skip
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    (tmp_path / "config").write_text(
        "[default]\nregion = eu-west-1\n[profile home]\nregion = eu-north-1\n"
        "endpoint_url = http://nas:9000\n"
    )
    (tmp_path / "credentials").write_text(
        "[default]\naws_access_key_id = a\naws_secret_access_key = b%c\n"
        "[home]\naws_access_key_id = c\naws_secret_access_key = d\naws_session_token = e\n"
    )


@pytest.mark.usefixtures("aws_files")
def test_credentials_come_from_the_files_of_the_aws_tools(monkeypatch):
    assert aws_settings() == {
        "region": "eu-west-1", "access_key_id": "a", "secret_access_key": "b%c"
    }  # fmt: skip
    monkeypatch.setenv("AWS_PROFILE", "home")
    assert aws_settings() == {
        "region": "eu-north-1", "endpoint": "http://nas:9000",
        "access_key_id": "c", "secret_access_key": "d", "session_token": "e",
    }  # fmt: skip


@pytest.mark.usefixtures("aws_files")
def test_the_environment_comes_first(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "home")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")
    monkeypatch.setenv("AWS_REGION", "ap-south-1")
    assert aws_settings() == {
        "region": "ap-south-1", "endpoint": "http://nas:9000",
        "access_key_id": "x", "secret_access_key": "y",
    }  # fmt: skip
