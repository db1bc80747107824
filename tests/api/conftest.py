"""For tests of what leaves racer: cars that have learned nothing yet."""

import pytest

from racer.algorithms.hyperparameters import resolve
from racer.algorithms.registry import make_to_act
from racer.config.parse import make_config
from racer.training.checkpoint import save_checkpoint


@pytest.fixture
def checkpoint(tmp_path):
    """Return a function that writes the checkpoint of a car that has learned nothing yet."""

    def write(name="car.zip", **settings):
        config = make_config(**{"observe": "camera", "algo": "ppo", **settings})
        settings_of_algorithm = resolve(config.algo, config.hyperparameters)[0]
        sensor, actions = config.make_sensor(), config.make_actions()
        model = make_to_act(config.algo, settings_of_algorithm, sensor.space(), actions.space())
        save_checkpoint(model, tmp_path / name, config)
        return tmp_path / name

    return write
