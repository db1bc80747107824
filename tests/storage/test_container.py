"""The file of a checkpoint: what went in comes out, or nothing does."""

import random
import zipfile
from io import BytesIO

import numpy as np
import pytest

from racer.errors import RunError
from racer.storage.container import is_sealed, pack, pack_tree, unpack, unpack_tree

TREE = {
    "numbers": [1, 2.5, -0.1, None, True, float("inf")],
    "empty": {},
    "arrays": {"f": np.linspace(0, 1, 7), "i": np.arange(6).reshape(2, 3), "b": np.array([True])},
    "scalar": np.array(3.5, np.float32),
    "nothing": np.zeros((0, 4), np.int16),
}


def test_a_tree_comes_back_as_it_was():
    back = unpack_tree(*pack_tree(TREE))
    assert back["numbers"] == TREE["numbers"]
    for name, array in TREE["arrays"].items():
        assert back["arrays"][name].dtype == array.dtype
        assert (back["arrays"][name] == array).all()
    assert back["scalar"].shape == ()
    assert back["nothing"].shape == (0, 4)
    back["arrays"]["f"][0] = 1.0  # can be written to


def test_the_same_content_gives_the_same_bytes_and_any_zip_program_reads_them():
    entries = {"a.json": b"{}", "b": bytes(range(256))}
    data = pack(entries)
    assert data == pack(dict(entries))
    assert is_sealed(data)
    assert unpack(data) == entries
    with zipfile.ZipFile(BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.read("b") == entries["b"]


def test_every_flipped_bit_and_every_cut_is_noticed():
    data = pack({"a.json": b"{}", "b": bytes(range(200))})
    rng = random.Random(1)
    for place in range(len(data)):
        broken = bytearray(data)
        broken[place] ^= 1 << rng.randrange(8)
        with pytest.raises(RunError, match="damaged"):
            unpack(bytes(broken))
        with pytest.raises(RunError, match="damaged"):
            unpack(data[:place])


def test_a_tree_without_its_arrays_is_refused():
    text, _ = pack_tree(TREE)
    with pytest.raises(RunError, match="damaged"):
        unpack_tree(text, pack_tree({})[1])
    with pytest.raises(RunError, match="damaged"):
        unpack_tree(b"{", pack_tree({})[1])
