"""A sealed object is read as it was written, or refused: whichever bit has changed."""

import json

import pytest

from racer.errors import RunError
from racer.runs.record import read_facts
from racer.runs.run_folder import RunFolder
from racer.storage.sealed_json import sealed, unsealed

FACTS = {"status": "running", "config": {"steps": 1000, "lr": 0.01, "names": ["ä", None, True]}}


def flips(data: bytes):
    """Each version of some bytes with one bit changed."""
    for place in range(len(data)):
        for bit in range(8):
            yield data[:place] + bytes([data[place] ^ (1 << bit)]) + data[place + 1 :]


def test_no_flipped_bit_that_is_still_json_is_believed(tmp_path):
    n_refused = 0
    for damaged in flips(json.dumps(sealed(FACTS), indent=1).encode()):
        try:
            content = json.loads(damaged)
        except ValueError:
            continue
        try:
            assert unsealed(tmp_path, content) == FACTS
        except RunError:
            n_refused += 1
    assert n_refused > 500


def test_an_object_without_a_digest_is_one_of_an_older_version(tmp_path):
    assert unsealed(tmp_path, FACTS) == FACTS
    assert unsealed(tmp_path, {}) == {}


def test_a_run_under_way_whose_facts_changed_is_refused_in_one_line(tmp_path):
    run = RunFolder.create(tmp_path / "run")
    run.describe(**FACTS)
    run.close()
    assert read_facts(tmp_path / "run")["config"] == FACTS["config"]
    path = tmp_path / "run" / "run.json"
    path.write_text(path.read_text("utf-8").replace("1000", "9000"), "utf-8")
    with pytest.raises(RunError, match=r"run\.json: damaged: it does not fit its digest$"):
        read_facts(tmp_path / "run")
