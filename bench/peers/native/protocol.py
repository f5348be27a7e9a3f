"""What the Python peers share: data, start weights, and the protocol of talk.ts on standard input and output."""

import json
import os
import sys
import time

import numpy as np


class Task:
    """A case, from the JSON of the command line."""

    def __init__(self):
        given = json.loads(sys.argv[1])
        self.kind = given["kind"]
        self.sizes = given["sizes"]
        self.batch_size = given["batchSize"]
        self.optimizer = given["optimizer"]
        self.rate = given["rate"]
        self.is_xor = given["isXor"]
        self.threads = given["threads"]
        self.rows = given["rows"]
        # As many as are looked at for the loss.
        self.checked = given["checked"]
        files = given["files"]
        self.x = np.fromfile(files["x"], np.float32).reshape(self.rows, self.sizes[0])
        self.y = np.fromfile(files["y"], np.float32 if self.is_xor else np.int32)
        self.targets = np.fromfile(files["targets"], np.float32).reshape(self.rows, self.sizes[-1])
        self.convolutions = given.get("convolutions")
        # Weights as [out, in] or [out, in, height, width], then biases, of each layer.
        flat = np.fromfile(files["weights"], np.float32)
        self.weights = []
        for shape in given["shapes"]:
            count = int(np.prod(shape))
            self.weights.append((flat[:count].reshape(shape).copy(), flat[count : count + shape[0]].copy()))
            flat = flat[count + shape[0] :]

    def batches(self, rows):
        """Copies of `batch_size` rows each."""
        return [rows[n : n + self.batch_size].copy() for n in range(0, self.rows, self.batch_size)]

    def mean_loss(self, output):
        """Cross-entropy of the probabilities of the checked rows, or half their squared error."""
        y = self.y[: self.checked]
        if self.is_xor:
            return float(0.5 * np.mean((output[:, 0] - y) ** 2))
        return float(-np.mean(np.log(output[np.arange(self.checked), y])))


def take_output():
    """Standard output, for the answers alone: what libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return answers


def serve(answers, engine, samples, run, loss):
    """Greets, then obeys until the input ends."""
    say = lambda answer: print(json.dumps(answer), file=answers, flush=True)
    say({"engine": engine, "samples": samples})
    for line in sys.stdin:
        command = line.split()
        if command[0] == "loss":
            say(loss())
            continue
        turns = int(command[1])
        started = time.perf_counter()
        run(turns)
        say(time.perf_counter() - started)
