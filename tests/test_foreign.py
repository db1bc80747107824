"""Files that others made: read, or refused in one line, and never waited for."""

import io
import os
import zipfile

import numpy as np
import pytest

from racer.algorithms.hyperparameters import read_hyperparameters
from racer.config.parse import read_config
from racer.env.randomize import parse_strengths
from racer.errors import ConfigError, RacerError, RunError, TrackError, one_line
from racer.evaluation.traces import LARGEST, Trace
from racer.reward import read_params
from racer.reward.runner import as_reward
from racer.runs.checkpoint_file import read_settings
from racer.runs.listing import find_run
from racer.runs.record import read_run
from racer.storage.container import _MARK, unpack
from racer.storage.durable import has_file, remove_leftovers
from racer.storage.lock import is_locked
from racer.track import load_track
from racer.vehicle.metadata import read_metadata

BOM = "\ufeff"
DEEP = 200_000
READERS = {
    "config.toml": (read_config, 'track = "oval"\n'),
    "hyper.toml": (read_hyperparameters, "learning_rate = 0.1\n"),
    "hyper.json": (read_hyperparameters, '{"lr": 0.1}'),
    "params.json": (read_params, '{"x": 1.0}'),
    "random.toml": (lambda path: parse_strengths(str(path)), "grip = 1.0\n"),
    "metadata.json": (
        read_metadata, '{"action_space": [{"steering_angle": 0, "speed": 1}]}',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(READERS))
def test_a_byte_order_mark_changes_nothing(tmp_path, name):
    read, text = READERS[name]
    path = tmp_path / name
    path.write_text(text, "utf-8")
    plain = read(path)
    path.write_text(BOM + text, "utf-8")
    assert read(path) == plain


@pytest.mark.parametrize("name", list(READERS))
def test_what_is_nested_without_end_is_one_line(tmp_path, name):
    path = tmp_path / name
    path.write_text(("x = " if name.endswith("toml") else "") + "[" * DEEP)
    with pytest.raises(RacerError, match="nested too deeply") as caught:
        READERS[name][0](path)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_nobody_waits_for_a_fifo_in_the_place_of_a_runs_file(tmp_path):
    for name in ("run.json", "digests.json", "best.zip", "run.lock", "trace.npz"):
        os.mkfifo(tmp_path / name)
    with pytest.raises(RunError, match=r"run\.json: .*expected a file, got a FIFO"):
        read_run(tmp_path)
    (tmp_path / "digests.json").unlink()
    for name in ("best.zip", "trace.npz"):
        with pytest.raises(RunError, match=f"{name}: expected a file, got a FIFO"):
            has_file(tmp_path / name)
    with pytest.raises(RunError, match="got a FIFO"):
        read_settings(tmp_path / "best.zip")
    assert not is_locked(tmp_path)


def bomb(path, name="trial.npy"):
    """Write a small zip that unpacks to more than is allowed, without ever holding it."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(name, "w", force_zip64=True) as file,
    ):
        for _ in range(LARGEST // (1 << 20) + 1):
            file.write(bytes(1 << 20))


def test_what_unpacks_to_too_much_is_refused_before(tmp_path):
    bomb(tmp_path / "trace.npz")
    assert (tmp_path / "trace.npz").stat().st_size < 1 << 20
    with pytest.raises(RunError, match=r"trace\.npz: refused: it would unpack to 269,484,032 byt"):
        Trace.load(tmp_path / "trace.npz")


def test_a_checkpoint_that_is_packed_is_none(tmp_path):
    import hashlib

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("policy.safetensors", bytes(1 << 20))
        archive.comment = _MARK + b"0" * 64
    body = buffer.getvalue()[:-64]
    with pytest.raises(RunError, match="it would unpack to more than it is"):
        unpack(body + hashlib.sha256(body).hexdigest().encode())


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 6), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-5, 6), }",
        "{'descr': 7, 'fortran_order': False, 'shape': (5, 6), }",
        "{'descr': '<f8'", "(" * 3000, "lambda: 0", "\x00", "",
    ],
)  # fmt: skip
def test_a_route_with_a_broken_header_is_one_line(tmp_path, header):
    text = header.encode()
    path = tmp_path / "route.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(48))
    with pytest.raises(TrackError, match=r"route\.npy: ") as caught:
        load_track(str(path))
    assert "\n" not in one_line(caught.value)


def test_a_route_is_read_as_before(tmp_path):
    angle = np.linspace(0.0, 2.0 * np.pi, 80)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    circle[-1] = circle[0]
    np.save(tmp_path / "r.npy", np.hstack([3.0 * circle, 2.6 * circle, 3.4 * circle]))
    assert load_track(str(tmp_path / "r.npy")).length == pytest.approx(6.0 * np.pi, rel=1e-2)


def test_numbers_may_have_commas_where_semicolons_separate(tmp_path):
    rows = [(3.0 * np.cos(a), 3.0 * np.sin(a), 0.4, 0.5) for a in np.linspace(0, 6, 40)]
    texts = {
        "dots.csv": "\n".join(",".join(f"{value:.4f}" for value in row) for row in rows),
        "commas.csv": "\n".join("; ".join(f"{value:.4f}" for value in row) for row in rows)
        .replace(".", ","),
    }  # fmt: skip
    for name, text in texts.items():
        (tmp_path / name).write_text(BOM + "# x_m,y_m,w_tr_right_m,w_tr_left_m\n" + text, "utf-8")
    one, other = (load_track(str(tmp_path / name)) for name in texts)
    assert np.array_equal(one.center, other.center)
    assert np.array_equal(one.inner, other.inner)


class Rude:
    """Raises whatever is asked of it."""

    def __str__(self):
        raise ValueError("no")

    __repr__ = __float__ = __str__


def test_a_value_that_cannot_be_shown_is_said_so():
    expected = "expected a finite number of at most 100000 in size, got "
    assert as_reward(2**20000)[1] == f"{expected}a whole number of 20,001 bits"
    assert as_reward(Rude())[1] == f"{expected}Rude that cannot be shown"
    assert one_line(type("Odd", (Exception,), {"__str__": Rude.__str__})()) == (
        "Odd that cannot be shown"
    )


def test_what_is_no_file_is_no_settings(tmp_path):
    with pytest.raises(ConfigError, match="expected a file, got a device"):
        read_config(type(tmp_path)("/dev/zero"))


def test_what_a_killed_process_had_begun_to_write_is_removed(tmp_path):
    for name in (".123-run.json", ".4-last.zip", ".hidden", ".12", "run.json", ".1a-x"):
        (tmp_path / name).touch()
    remove_leftovers(tmp_path, tmp_path / "nothing")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".12", ".1a-x", ".hidden", "run.json",
    ]  # fmt: skip


def test_a_run_that_is_no_name_is_one_line():
    with pytest.raises(RunError, match="expected a run, its folder or name, or a checkpoint file"):
        find_run(object())
