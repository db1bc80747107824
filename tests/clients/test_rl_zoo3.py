"""The RL Zoo trains by the environment's name, from its command line."""

import subprocess
import sys

import pytest

pytest.importorskip("rl_zoo3", reason='rl_zoo3 is not installed: pip install ".[test-clients]"')

SETTINGS = """racer/TimeTrial-v0:
  policy: MlpPolicy
  n_timesteps: 256
  n_steps: 64
  batch_size: 64
"""


def test_the_zoo_trains_and_keeps_its_run(tmp_path):
    (tmp_path / "settings.yml").write_text(SETTINGS)
    words = ["--algo", "ppo", "--env", "racer/TimeTrial-v0", "--gym-packages", "racer.gym",
             "--conf-file", "settings.yml", "--log-folder", "logs", "--seed", "0",
             "--eval-freq", "128", "--n-eval-envs", "1", "--eval-episodes", "1",
             "--env-kwargs", "track:'oval'", "vehicle:'ideal'"]  # fmt: skip
    answer = subprocess.run(
        [sys.executable, "-m", "rl_zoo3.train", *words],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr[-2000:]
    assert list(tmp_path.glob("logs/ppo/*/best_model.zip"))
