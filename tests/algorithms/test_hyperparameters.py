import json
import subprocess
import sys
from pathlib import Path

import pytest

from racer.algorithms.hyperparameter_table import BY_NAME, NO_EFFECT, TABLE, parse_value
from racer.algorithms.hyperparameters import hyperparameters_table, read_hyperparameters, resolve
from racer.algorithms.known import FROM_REWARDS
from racer.algorithms.known.a2c import A2CSettings
from racer.algorithms.known.ppo import PPOSettings
from racer.algorithms.known.sac import SACSettings
from racer.algorithms.known.vpg import VPGSettings
from racer.errors import ConfigError

DEEPRACER = {
    "batch_size": 64,
    "beta_entropy": 0.01,
    "discount_factor": 0.99,
    "e_greedy_value": 0.05,
    "epsilon_steps": 10000,
    "exploration_type": "categorical",
    "loss_type": "huber",
    "lr": 0.0003,
    "num_episodes_between_training": 20,
    "num_epochs": 5,
    "stack_size": 1,
    "term_cond_avg_score": 350.0,
    "sampling_frequency": 1,
    "max_sample_count": 0,
    "term_cond_max_episodes": 1000,
    "sac_alpha": 0.2,
}
"""A hyperparameters.json with every key that real files hold."""


def test_each_name_belongs_to_one_row():
    names = [name for row in TABLE for name in row.names]
    assert len(names) == len(set(names))
    assert not set(names) & set(NO_EFFECT)


def test_settings_and_table_hold_the_same_names():
    taken = {row.name for one in FROM_REWARDS.values() for row in one.hyperparameters}
    assert taken == {row.name for row in TABLE}


def test_each_row_has_one_line_of_help():
    for row in TABLE:
        assert row.help.endswith(".")
        assert "\n" not in row.help


@pytest.mark.parametrize("algorithm", list(FROM_REWARDS))
def test_every_default_may_be_given_and_gives_the_default(algorithm):
    default = FROM_REWARDS[algorithm].settings()
    settings, notes = resolve(algorithm, default.to_dict())
    assert settings == default
    assert notes == []
    as_json = json.loads(json.dumps(default.to_dict()))
    assert FROM_REWARDS[algorithm].settings(**as_json) == default


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ({"learning_rate": 0.02}, "learning_rate", 0.02),
        ({"lr": 0.02}, "learning_rate", 0.02),
        ({"gamma": 0.9}, "discount_factor", 0.9),
        ({"discount_factor": 1}, "discount_factor", 1.0),
        ({"beta_entropy": 0.1}, "entropy", 0.1),
        ({"ent_coef": "1e-3"}, "entropy", 0.001),
        ({"num_episodes_between_training": "20"}, "episodes_per_update", 20),
        ({"num_epochs": 3.0}, "epochs", 3),
        ({"n_epochs": "1e1"}, "epochs", 10),
        ({"loss_type": "mean squared error"}, "loss_type", "mse"),
        ({"loss_type": "mean_squared_error"}, "loss_type", "mse"),
        ({"loss_type": "Huber"}, "loss_type", "huber"),
        ({"normalize_advantage": "no"}, "normalize_advantage", False),
        ({"net_arch": "32, 16"}, "net_arch", (32, 16)),
        ({"net_arch": [128]}, "net_arch", (128,)),
        ({"net_arch": []}, "net_arch", ()),
        ({"activation_fn": "relu"}, "activation", "relu"),
        ({"baseline": "none"}, "baseline", "none"),
    ],
)
def test_a_setting_is_understood_under_each_name_and_as_text(given, name, value):
    settings, _ = resolve("vpg", given)
    found = getattr(settings, name)
    assert found == value
    assert type(found) is type(value)


def test_none_switches_off_what_is_optional():
    settings, _ = resolve("ppo", {"target_kl": "none", "clip_range_vf": None})
    assert settings == PPOSettings()


def test_a_real_hyperparameters_json_gives_settings_and_one_note_a_key_without_effect():
    settings, notes = resolve("vpg", DEEPRACER)
    assert settings == VPGSettings(
        batch_size=64,
        entropy=0.01,
        discount_factor=0.99,
        loss_type="huber",
        learning_rate=0.0003,
        episodes_per_update=20,
        epochs=5,
    )
    for key in NO_EFFECT:
        assert sum(note.startswith(f"{key} has no effect: ") for note in notes) == 1
    assert len(notes) == len(NO_EFFECT) + 2
    assert any(note.startswith("sac_alpha has no effect with vpg, only with sac") for note in notes)
    assert any("made for PPO" in note and "0.01" in note for note in notes)


def test_from_deepracers_file_episodes_per_update_is_a_note_for_ppo():
    settings, notes = resolve("ppo", DEEPRACER)
    assert settings.epochs == 5
    assert (
        "num_episodes_between_training has no effect with ppo, which counts steps, not episodes: "
        "set n_steps, the steps of each car before an update" in notes
    )
    assert len(notes) == len(NO_EFFECT) + 2


def test_deepracers_file_for_sac_is_understood():
    given = {key: DEEPRACER[key] for key in ("batch_size", "lr", "discount_factor", "sac_alpha")}
    settings, notes = resolve("sac", given)
    assert settings == SACSettings(
        batch_size=64, learning_rate=0.0003, discount_factor=0.99, temperature=0.2
    )
    assert notes == []


def test_from_deepracers_file_what_sac_cannot_use_are_notes():
    _, notes = resolve("sac", DEEPRACER)
    assert sum("has no effect with sac" in note for note in notes) == 4
    assert len(notes) == len(NO_EFFECT) + 4


def test_from_deepracers_file_what_a2c_cannot_use_are_notes():
    _, notes = resolve("a2c", DEEPRACER)
    assert sum("has no effect with a2c" in note for note in notes) == 4
    assert any(
        note.startswith("batch_size has no effect with a2c, only with vpg, ppo") for note in notes
    )


def test_a_later_group_replaces_settings_of_an_earlier_one_under_any_name():
    settings, _ = resolve("ppo", {"lr": 0.1, "gamma": 0.5}, {"learning_rate": 0.2})
    assert (settings.learning_rate, settings.discount_factor) == (0.2, 0.5)


def test_a_flag_beside_deepracers_file_is_judged_by_itself():
    with pytest.raises(ConfigError, match=r"^episodes_per_update has no effect with ppo"):
        resolve("ppo", DEEPRACER, {"episodes_per_update": 5})


def test_two_names_of_a_setting_may_agree():
    assert resolve("vpg", {"lr": 0.1, "learning_rate": "0.1"})[0].learning_rate == 0.1


@pytest.mark.parametrize(
    ("algorithm", "given", "message"),
    [
        ("dqn", {}, "unknown algorithm 'dqn': known: a2c, ppo, sac, vpg"),
        (
            "vpg",
            {"learning_rat": 1},
            "unknown hyperparameter 'learning_rat': did you mean 'learning_rate'? known: "
            "activation, baseline, batch_size, critic, discount_factor, entropy, "
            "episodes_per_update, epochs, learning_rate, log_std_init, loss_type, max_grad_norm, "
            "net_arch, network, normalize_advantage, value_learning_rate",
        ),
        (
            "a2c",
            {"xyz": 1},
            "unknown hyperparameter 'xyz': known: activation, critic, discount_factor, entropy, "
            "gae_lambda, learning_rate, log_std_init, loss_type, max_grad_norm, n_steps, net_arch, "
            "network, normalize_advantage, use_rms_prop, value_weight",
        ),
        (
            "vpg",
            {"lr": 0.1, "learning_rate": 0.2},
            "lr and learning_rate are the same setting: expected one value, got 0.1 and 0.2",
        ),
        (
            "ppo",
            {"episodes_per_update": 64},
            "episodes_per_update has no effect with ppo, which counts steps, not episodes: "
            "set n_steps, the steps of each car before an update",
        ),
        (
            "a2c",
            {"episodes_per_update": 64},
            "episodes_per_update has no effect with a2c, which counts steps, not episodes: "
            "set n_steps, the steps of each car before an update",
        ),
        (
            "vpg",
            {"n_steps": 64},
            "n_steps has no effect with vpg, which drives whole episodes: set episodes_per_update",
        ),
        (
            "vpg",
            {"clip_range": 0.1},
            "clip_range has no effect with vpg, only with ppo; vpg takes: activation, baseline, "
            "batch_size, critic, discount_factor, entropy, episodes_per_update, epochs, "
            "learning_rate, log_std_init, loss_type, max_grad_norm, net_arch, network, "
            "normalize_advantage, value_learning_rate",
        ),
        ("vpg", {"lr": 0}, "lr: expected a number above 0 and at most 1, got 0"),
        ("vpg", {"lr": "fast"}, "lr: expected a number above 0 and at most 1, got 'fast'"),
        ("vpg", {"lr": "nan"}, "lr: expected a number above 0 and at most 1, got 'nan'"),
        ("vpg", {"lr": True}, "lr: expected a number above 0 and at most 1, got True"),
        ("vpg", {"lr": [1]}, "lr: expected a number above 0 and at most 1, got [1]"),
        ("vpg", {"lr": None}, "lr: expected a number above 0 and at most 1, got None"),
        ("vpg", {"gamma": 1.5}, "gamma: expected a number of at least 0 and at most 1, got 1.5"),
        ("vpg", {"entropy": -1}, "entropy: expected a number of at least 0 and at most 1, got -1"),
        (
            "vpg",
            {"episodes_per_update": 2.5},
            "episodes_per_update: expected a whole number of at least 1 and at most 100,000, "
            "got 2.5",
        ),
        (
            "ppo",
            {"batch_size": 1},
            "batch_size: expected a whole number of at least 2 and at most 10,000,000, got 1",
        ),
        (
            "ppo",
            {"target_kl": -1},
            "target_kl: expected a number above 0 and at most 10, or none, got -1",
        ),
        ("vpg", {"loss_type": "l1"}, "loss_type: expected mse or huber, got 'l1'"),
        ("vpg", {"baseline": 3}, "baseline: expected value or mean or none, got 3"),
        (
            "vpg",
            {"normalize_advantage": 1},
            "normalize_advantage: expected true or false, got 1",
        ),
        (
            "vpg",
            {"net_arch": "64,x"},
            "net_arch: expected whole numbers of at least 1 and at most 4096, such as 64,64, "
            "got '64,x'",
        ),
        (
            "vpg",
            {"net_arch": 64},
            "net_arch: expected whole numbers of at least 1 and at most 4096, such as 64,64, "
            "got 64",
        ),
        (
            "vpg",
            {"net_arch": [0]},
            "net_arch: expected whole numbers of at least 1 and at most 4096, such as 64,64, "
            "got [0]",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(algorithm, given, message):
    with pytest.raises(ConfigError) as error:
        resolve(algorithm, given)
    assert str(error.value) == message


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_no_row_takes_a_value_of_no_known_kind(row):
    with pytest.raises(ConfigError, match=r"^expected .*, got "):
        parse_value(row, object())


@pytest.mark.parametrize("algorithm", list(FROM_REWARDS))
def test_each_name_that_an_algorithm_takes_is_taken(algorithm):
    default = FROM_REWARDS[algorithm].settings()
    for row in FROM_REWARDS[algorithm].hyperparameters:
        for name in row.names:
            assert resolve(algorithm, {name: getattr(default, row.name)})[0] == default


def test_settings_made_in_python_are_checked_too():
    with pytest.raises(
        ConfigError, match=r"^ppo: clip_range: expected a number above 0 .*, got 0$"
    ):
        PPOSettings(clip_range=0)
    assert A2CSettings(net_arch=[32]).net_arch == (32,)  # type: ignore[arg-type]


def test_a_json_file_is_read_as_it_is(tmp_path):
    path = tmp_path / "hyperparameters.json"
    path.write_text(json.dumps(DEEPRACER))
    assert read_hyperparameters(path) == DEEPRACER


@pytest.mark.parametrize("head", ["", "[hyperparameters]\n"])
def test_a_toml_file_may_have_a_table_or_none(tmp_path, head):
    path = tmp_path / "mine.toml"
    path.write_text(head + 'learning_rate = 0.02\nnet_arch = [32, 32]\nloss_type = "huber"\n')
    settings, _ = resolve("vpg", read_hyperparameters(path))
    assert settings == VPGSettings(learning_rate=0.02, net_arch=(32, 32), loss_type="huber")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.json", '{\n"lr": 1,\n}', "a.json: line 3: "),
        ("a.json", "[1]", "a.json: expected names with values, got list"),
        ("a.toml", "lr = 0.1\nlr ! 2", "(at line 2, column 4)"),
        ("a.toml", "lr = 0.1\nlr = ", "a.toml: Invalid value (at line 2, the end)"),
        ("a.json", '{"lr": 5}', "a.json: lr: expected a number above 0 and at most 1, got 5"),
        (
            "a.toml",
            "gama = 0.9",
            "a.toml: unknown hyperparameter 'gama': did you mean 'gamma'? known: ",
        ),
        (
            "a.json",
            '{"lr": 0.1, "learning_rate": 0.2}',
            "a.json: lr and learning_rate are the same",
        ),
        ("a.yaml", "lr: 1", "a.yaml: expected a .json or .toml file, got '.yaml'"),
    ],
)
def test_a_file_that_is_wrong_is_named(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError) as error:
        read_hyperparameters(tmp_path / name)
    assert message in str(error.value)
    assert str(error.value).startswith(name)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.json: cannot be read: No such file"):
        read_hyperparameters(tmp_path / "none.json")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"^bytes\.toml: "):
        read_hyperparameters(tmp_path / "bytes.toml")


def test_the_docs_show_the_table_as_it_is():
    page = Path(__file__).resolve().parents[2] / "docs" / "algorithms.md"
    assert hyperparameters_table() in page.read_text(encoding="utf-8"), (
        "renew it: python -c 'from racer.algorithms.hyperparameters import hyperparameters_table; "
        "print(hyperparameters_table())'"
    )


def test_the_table_shows_each_algorithms_default():
    line = next(
        x for x in hyperparameters_table().splitlines() if x.startswith("| `learning_rate`")
    )
    defaults = [str(one.settings().to_dict()["learning_rate"]) for one in FROM_REWARDS.values()]
    assert line.split(" | ")[3 : 3 + len(defaults)] == defaults
    assert BY_NAME["lr"].name == "learning_rate"


def test_hyperparameters_import_neither_torch_nor_stable_baselines3():
    code = (
        "import sys, racer.algorithms.hyperparameters; "
        "print([m for m in ('torch', 'stable_baselines3', 'numpy') if m in sys.modules])"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout
    assert output.strip() == "[]"
