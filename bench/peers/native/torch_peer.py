"""PyTorch on the CPU: its modules, its losses and its optimizers."""

import torch
from torch import nn

from protocol import Task, serve, take_output

answers = take_output()
task = Task()
torch.set_num_threads(task.threads)
# Denormal moments would slow Adam down.
torch.set_flush_denormal(True)

layers = [nn.Unflatten(1, task.convolutions["image"])] if task.convolutions else []
for n, (weight, bias) in enumerate(task.weights):
    is_convolution = weight.ndim == 4
    outs, ins = weight.shape[:2]
    layer = nn.Conv2d(ins, outs, weight.shape[2:], padding="same") if is_convolution else nn.Linear(ins, outs)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight))
        layer.bias.copy_(torch.from_numpy(bias))
    layers.append(layer)
    if task.is_xor:
        layers.append(nn.Sigmoid())
    elif n < len(task.weights) - 1:
        layers.append(nn.ReLU(inplace=True))
    if is_convolution:
        layers.append(nn.MaxPool2d(2))
        if task.weights[n + 1][0].ndim == 2:
            layers.append(nn.Flatten())
model = nn.Sequential(*layers)
if task.convolutions:
    # Half as fast again as in the order of its default.
    model = model.to(memory_format=torch.channels_last)

x = [torch.from_numpy(batch) for batch in task.batches(task.x)]
y = [torch.from_numpy(batch) for batch in task.batches(task.targets if task.is_xor else task.y.astype("int64"))]


def squared_error(output, target):
    return 0.5 * nn.functional.mse_loss(output, target)


loss_of = squared_error if task.is_xor else nn.functional.cross_entropy
# The variant that updates lists of parameters with few calls.
if task.optimizer == "adam":
    optimizer = torch.optim.Adam(model.parameters(), lr=task.rate, foreach=True)
else:
    optimizer = torch.optim.SGD(model.parameters(), lr=task.rate, foreach=True)
position = 0


def train(turns):
    global position
    for _ in range(turns):
        optimizer.zero_grad(set_to_none=True)
        loss_of(model(x[position]), y[position]).backward()
        optimizer.step()
        position = (position + 1) % len(x)


def predict(turns):
    with torch.inference_mode():
        for _ in range(turns):
            torch.softmax(model(x[0]), 1)


def loss():
    with torch.inference_mode():
        output = model(torch.from_numpy(task.x[: task.checked]))
        return task.mean_loss((output if task.is_xor else torch.softmax(output, 1)).numpy())


run = predict if task.kind == "prediction" else train
serve(answers, f"PyTorch {torch.__version__}", task.batch_size, run, loss)
