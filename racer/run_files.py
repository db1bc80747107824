"""What the files in the folder of a run are called: each name once.

| file | what |
|---|---|
| run.json | settings, seed, versions, how it ended |
| reward_function.py | a copy of the reward function |
| episodes.csv, updates.csv, evaluations.csv | one row an episode, an update, an evaluation |
| elements.csv | with random elements: what each episode drew, by its number |
| tensorboard/ | the same curves as TensorBoard events |
| last.zip, best.zip | checkpoints; each can act alone, from the last one the training goes on |
| best_before_stop.zip | the best one before an interrupted training was evaluated |
| previous.zip | the last checkpoint but one, should the last be damaged |
| replay-000.bin, … | of an algorithm with a replay buffer: what it may learn from again |
| publishing/ | while it is brought to a store: links to files, all of one moment |
| provenance/ | what clock, process and working folder write: ``racer.runs.provenance`` |
| run.lock | while the run is being trained: by which process |
| attach.json | while it can be attached to: where |
| digests.json | once it has ended: digests of the data files |
| steps.arrows | every rewarded step of the training, for replays |
| steps_damaged.arrows | the same that was found damaged when the training went on, without it |
| evaluation.json, trace.npz | the evaluation at the end and its steps |
| best_laps.npz | of a run made of logs: the steps of its fastest laps |
| report.png, lap.gif, … | figures and film |
| failure.json | if the reward function failed: the params of that call |
"""

from pathlib import Path

RUNS = Path("runs")
"""The folder for runs where a user names none."""

RUN_JSON = "run.json"
REWARD_COPY = "reward_function.py"

EPISODES = "episodes.csv"
UPDATES = "updates.csv"
EVALUATIONS = "evaluations.csv"
ELEMENTS = "elements.csv"
TENSORBOARD = "tensorboard"

LAST = "last.zip"
PREVIOUS = "previous.zip"
BEST = "best.zip"
BEST_BEFORE_STOP = "best_before_stop.zip"
REPLAY_BUFFER = "replay-{:03d}.bin"
STEPS = "steps.arrows"
LOST_STEPS = "steps_damaged.arrows"

EVALUATION = "evaluation.json"
TRACE = "trace.npz"
BEST_LAPS = "best_laps.npz"
FAILURE = "failure.json"

LOCK = "run.lock"
ATTACH = "attach.json"
DIGESTS = "digests.json"

PROVENANCE = "provenance"
PROVENANCE_FACTS = "provenance.json"
TIMING = "timing.csv"
PUBLISHED = "published.json"  # in the provenance: to which store; in a store: what it holds
PUBLISHING = "publishing"

FILM = "lap.gif"
CAMERA_FILM = "camera.gif"
