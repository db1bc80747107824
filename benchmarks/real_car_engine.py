"""Has an engine of the physical car compute a graph, by the steps of the car's software.

    python real_car_engine.py openvino|tflite FOLDER

FOLDER has ``model.pb`` and ``pictures.npy`` (n, 120, 160); ``outputs.npy`` (n, k) is written. Needs
numpy and the engine, and nothing of racer: TensorFlow lives in an environment of its own.
"""

import sys
from pathlib import Path

import numpy as np

INPUT = "/network_0/FRONT_FACING_CAMERA/FRONT_FACING_CAMERA"
OUTPUT = "/network_1/ppo_head_0/policy"


def by_openvino(graph: Path, pictures: np.ndarray) -> np.ndarray:
    """Return outputs; weights are kept as float16, as on the car."""
    import openvino

    first = openvino.convert_model(graph)
    seen = next(one.get_any_name() for one in first.inputs if INPUT in one.get_any_name())
    said = next(one.get_any_name() for one in first.outputs if OUTPUT in one.get_any_name())
    model = openvino.convert_model(graph, input=[(seen, [1, 120, 160, 1])], output=said)
    openvino.save_model(model, graph.with_suffix(".xml"), compress_to_fp16=True)
    compiled = openvino.Core().compile_model(graph.with_suffix(".xml"), "CPU")
    return np.concatenate([compiled(picture)[0] for picture in pictures])


def by_tflite(graph: Path, pictures: np.ndarray) -> np.ndarray:
    """Return outputs; weights are kept as float16, as on the car."""
    import tensorflow.compat.v1 as tf

    names = [node.name for node in tf.GraphDef.FromString(graph.read_bytes()).node]
    seen = next(name for name in names if name.endswith(INPUT))
    said = next(name for name in names if name.endswith(OUTPUT))
    converter = tf.lite.TFLiteConverter.from_frozen_graph(
        str(graph), input_arrays=[seen], output_arrays=[said],
        input_shapes={seen: [1, 120, 160, 1]},
    )  # fmt: skip
    converter.allow_custom_ops = True
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]
    interpreter = tf.lite.Interpreter(model_content=converter.convert())
    interpreter.allocate_tensors()
    (given,), (asked,) = interpreter.get_input_details(), interpreter.get_output_details()
    found = []
    for picture in pictures:
        interpreter.set_tensor(given["index"], picture)
        interpreter.invoke()
        found.append(interpreter.get_tensor(asked["index"]).copy())
    return np.concatenate(found)


def main() -> None:
    """Read, compute, write."""
    engine, folder = sys.argv[1], Path(sys.argv[2])
    pictures = np.load(folder / "pictures.npy").astype(np.float32)[:, np.newaxis, :, :, np.newaxis]
    compute = {"openvino": by_openvino, "tflite": by_tflite}[engine]
    np.save(folder / "outputs.npy", compute(folder / "model.pb", pictures))


if __name__ == "__main__":
    main()
