"""The other side of interop.test.ts: checks exported files with onnx, onnxruntime and safetensors, and says "agreed"."""
import json
import sys

import numpy
import onnx
import onnxruntime
from safetensors.numpy import load_file

with open(sys.argv[1]) as text:
    asked = json.load(text)
for program in asked["plan"]:
    onnx.checker.check_model(program["file"], full_check=True)
    session = onnxruntime.InferenceSession(program["file"], providers=["CPUExecutionProvider"])
    feed = numpy.array(program["data"], dtype=numpy.float32).reshape(program["shape"])
    names = [output.name for output in session.get_outputs()]
    for name, values in zip(names, session.run(None, {program["port"]: feed})):
        wanted = numpy.array(program["wanted"][name], dtype=numpy.float32).reshape(values.shape)
        assert numpy.abs(values - wanted).max() < 1e-5, (program["file"], name)
weights = load_file(asked["file"])
assert set(weights) == set(asked["weights"])
for name, about in asked["weights"].items():
    assert list(weights[name].shape) == about["shape"], name
    assert abs(float(weights[name].sum(dtype=numpy.float64)) - about["sum"]) < 1e-2 * (1 + abs(about["sum"])), name
print("agreed")
