"""The wheel holds all that racer needs, and works from an empty folder."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with the unpacked wheel, as pip would install it."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    site = folder / "site"
    with zipfile.ZipFile(wheel) as file:
        file.extractall(site)
    return site


def racer(installed, empty, *words):
    return subprocess.run(
        [sys.executable, "-m", "racer", *words],
        cwd=empty,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_only_the_package_is_installed_at_the_top(installed):
    names = {p.name for p in installed.iterdir() if not p.name.endswith(".dist-info")}
    assert names == {"racer"}


def test_shipped_tracks_and_rewards_are_found_from_an_empty_folder(installed, tmp_path):
    tracks = json.loads(racer(installed, tmp_path, "tracks", "--json"))
    names = {track["name"] for track in tracks}
    assert names == {path.stem for path in (ROOT / "tracks").glob("*.toml")}
    code = "import racer.assets as a; print(a.find('center_line', 'reward_functions', '.py'))"
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert Path(found).is_relative_to(installed)


def test_a_file_in_the_working_folder_wins_over_a_shipped_name(installed, tmp_path):
    (tmp_path / "oval.toml").write_text(
        (ROOT / "tracks" / "oval.toml").read_text("utf-8").replace("title = ", 'title = "Mine" #')
    )
    shown = json.loads(racer(installed, tmp_path, "tracks", "show", "oval", "--json"))
    assert shown["title"] == "Mine"
