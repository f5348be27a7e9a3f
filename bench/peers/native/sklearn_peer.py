"""scikit-learn's MLPClassifier; one turn is a `partial_fit` of some rows, which it takes in batches."""

import warnings

import sklearn
from sklearn.neural_network import MLPClassifier

from protocol import Task, serve, take_output

answers = take_output()
warnings.filterwarnings("ignore")
task = Task()
model = MLPClassifier(
    hidden_layer_sizes=task.sizes[1:-1],
    activation="logistic" if task.is_xor else "relu",
    solver=task.optimizer,
    alpha=0,
    batch_size=task.batch_size,
    learning_rate_init=task.rate,
    momentum=0,
    nesterovs_momentum=False,
    random_state=1,
)
y = task.y.astype("int64")
classes = list(range(max(2, task.sizes[-1])))
# Builds it.
model.partial_fit(task.x, y, classes)
for n, (weight, bias) in enumerate(task.weights):
    model.coefs_[n][:] = weight.T
    model.intercepts_[n][:] = bias


# All rows; single ones take so long that fewer do.
samples = 256 if task.batch_size == 1 else task.rows
position = 0


def train(turns):
    global position
    for _ in range(turns):
        model.partial_fit(task.x[position : position + samples], y[position : position + samples])
        position = (position + samples) % task.rows


def predict(turns):
    for _ in range(turns):
        model.predict_proba(task.x)


def loss():
    output = model.predict_proba(task.x[: task.checked])
    return task.mean_loss(output[:, 1:] if task.is_xor else output)


run = predict if task.kind == "prediction" else train
serve(answers, f"scikit-learn {sklearn.__version__}", samples, run, loss)
