"""What a recording unpacks to is known before it is unpacked."""

from contextlib import suppress

import numpy as np
import pyarrow as pa
import pytest

from racer.errors import RunError
from racer.evaluation import arrow_sizes
from racer.evaluation.arrow_sizes import check_unpacked_size
from racer.evaluation.recorded_steps import read_recording


def write(path, batches, codec="zstd"):
    """Write a stream of batches of two columns, and return what each holds (bytes)."""
    schema = pa.schema([pa.field("a", pa.float64()), pa.field("b", pa.uint16())])
    options = pa.ipc.IpcWriteOptions(compression=codec)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, schema, options=options) as to:
        for values in batches:
            columns = [pa.array(values), pa.array(values.astype(np.uint16))]
            to.write_batch(pa.record_batch(columns, schema=schema))
    return [10 * len(values) for values in batches]


def sizes(path):
    with path.open("rb") as file:
        return list(arrow_sizes._sizes(file))


@pytest.mark.parametrize("codec", ["zstd", "lz4", None])
def test_sizes_are_those_that_arrow_unpacks_to(tmp_path, codec):
    rng = np.random.default_rng(0)
    batches = [np.zeros(4096), rng.random(1000), np.arange(512.0)]
    path = tmp_path / "a.arrows"
    expected = write(path, batches, codec)
    padding = 64  # of buffers that are not compressed
    for found, size in zip(sizes(path), expected, strict=True):
        assert size <= found <= size + padding


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    path = tmp_path / "steps.arrows"
    write(path, [np.zeros(2_000_000)] * 10)
    assert path.stat().st_size < 200_000
    monkeypatch.setattr(pa.ipc, "open_stream", None)  # nobody may get so far
    with pytest.raises(RunError, match=r"refused: it would unpack to more than [0-9,]+ bytes$"):
        read_recording(path)


def test_what_a_recording_cannot_hold_is_refused(tmp_path):
    path = tmp_path / "steps.arrows"
    batch = pa.record_batch([pa.array(["x", "y"]).dictionary_encode()], names=["a"])
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, batch.schema) as to:
        to.write_batch(batch)
    with pytest.raises(RunError, match="not a recording of racer: it holds other messages"):
        read_recording(path)


def test_damage_is_left_to_who_reads_it(tmp_path):
    path = tmp_path / "steps.arrows"
    write(path, [np.arange(5000.0)])
    data = path.read_bytes()
    rng = np.random.default_rng(1)
    for _ in range(200):
        place = int(rng.integers(len(data)))
        path.write_bytes(data[:place] + bytes([data[place] ^ 16]) + data[place + 1 :])
        with suppress(RunError):  # a length of more, or a message of another kind
            check_unpacked_size(path)
    path.write_bytes(data[: len(data) // 2])
    check_unpacked_size(path)
