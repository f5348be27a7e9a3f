"""PyTorch on the CPU: its modules, its losses and its optimizers."""

import torch
from torch import nn

from protocol import Task, serve, take_output

answers = take_output()
task = Task()
torch.set_num_threads(task.threads)
# Denormal moments would slow Adam down.
torch.set_flush_denormal(True)

layers = []
for n, (weight, bias) in enumerate(task.weights):
    linear = nn.Linear(weight.shape[1], weight.shape[0])
    with torch.no_grad():
        linear.weight.copy_(torch.from_numpy(weight))
        linear.bias.copy_(torch.from_numpy(bias))
    layers.append(linear)
    if task.is_xor:
        layers.append(nn.Sigmoid())
    elif n < len(task.weights) - 1:
        layers.append(nn.ReLU(inplace=True))
model = nn.Sequential(*layers)

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
