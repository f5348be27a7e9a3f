"""A training step written by hand in NumPy: products by its BLAS, all else in place where it can be."""

import numpy as np

from protocol import Task, serve, take_output

answers = take_output()
task = Task()
w = [weight.T.copy() for weight, _ in task.weights]
b = [bias for _, bias in task.weights]
last = len(w) - 1
rate = np.float32(task.rate)


def forward(x):
    activations = [x]
    for n in range(last + 1):
        z = activations[n] @ w[n]
        z += b[n]
        if task.is_xor:
            z = 1 / (1 + np.exp(-z))
        elif n < last:
            np.maximum(z, 0, out=z)
        else:
            z -= z.max(axis=1, keepdims=True)
            np.exp(z, out=z)
            z /= z.sum(axis=1, keepdims=True)
        activations.append(z)
    return activations


def gradients(x, t):
    """Of each layer by weights and biases, from the last to the first: the caller may change the layer that was given."""
    activations = forward(x)
    output = activations[-1]
    dz = output - t
    dz /= np.float32(len(x))
    if task.is_xor:
        dz *= output * (1 - output)
    for n in range(last, -1, -1):
        a = activations[n]
        dw, db = a.T @ dz, dz.sum(axis=0)
        if n > 0:
            dz = dz @ w[n].T
            if task.is_xor:
                dz *= a * (1 - a)
            else:
                dz *= a > 0
        yield n, dw, db


def sgd(x, t):
    for n, dw, db in gradients(x, t):
        dw *= rate
        db *= rate
        w[n] -= dw
        b[n] -= db


BETA1, BETA2, EPSILON = np.float32(0.9), np.float32(0.999), 1e-8
moments = {id(p): (np.zeros_like(p), np.zeros_like(p)) for p in w + b} if task.optimizer == "adam" else {}
steps = 0


def adam(x, t):
    global steps
    steps += 1
    root = np.sqrt(1 - 0.999**steps)
    step_rate, epsilon = np.float32(task.rate * root / (1 - 0.9**steps)), np.float32(EPSILON * root)
    for n, dw, db in gradients(x, t):
        for p, g in ((w[n], dw), (b[n], db)):
            mean, square = moments[id(p)]
            mean *= BETA1
            mean += g * (1 - BETA1)
            square *= BETA2
            g *= g
            g *= 1 - BETA2
            square += g
            np.sqrt(square, out=g)
            g += epsilon
            np.divide(mean, g, out=g)
            g *= step_rate
            p -= g


batches = list(zip(task.batches(task.x), task.batches(task.targets)))
step = adam if task.optimizer == "adam" else sgd
position = 0


def train(turns):
    global position
    for _ in range(turns):
        step(*batches[position])
        position = (position + 1) % len(batches)


def predict(turns):
    for _ in range(turns):
        forward(task.x)


run = predict if task.kind == "prediction" else train
serve(answers, f"NumPy {np.__version__}", task.batch_size, run, lambda: task.mean_loss(forward(task.x[: task.checked])[-1]))
