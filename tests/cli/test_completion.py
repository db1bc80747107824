"""Shells complete the verbs and options of racer."""

import pytest


@pytest.fixture
def completed(monkeypatch, capsys):
    """What bash would be offered for the last of some words."""
    from racer.cli.main import run

    def ask(*words):
        monkeypatch.setenv("_RACER_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", " ".join(["racer", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        assert run([]) == 0
        return capsys.readouterr().out.split()

    return ask


def test_verbs_and_their_options_are_completed(completed):
    assert completed("tr") == ["train", "tracks"]
    assert completed("tracks", "gen") == ["generate"]
    assert "--max-speed" in completed("train", "--max-s")
    assert completed("evaluate", "--tri") == ["--trials"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script_that_asks_racer(monkeypatch, capsys, shell):
    from racer.cli.main import run

    monkeypatch.setenv("_RACER_COMPLETE", f"source_{shell}")
    assert run([]) == 0
    assert "_RACER_COMPLETE" in capsys.readouterr().out
