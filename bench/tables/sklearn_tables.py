"""Trains scikit-learn's MLPClassifier and MLPRegressor with their default settings on the splits of a file, and prints what came of each as JSON.

Numbers: the median where they are missing, standardised. Texts: the most frequent, one-hot. Dates: days, as numbers. Targets that are numbers are
standardised as well, without which MLPRegressor does far worse.
"""

import json
import sys
import time
import warnings

import numpy as np
import pandas as pd
from sklearn.compose import TransformedTargetRegressor, make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

warnings.filterwarnings("ignore")


def pipeline(task, seed):
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), make_column_selector(dtype_include=np.number)),
        (make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")), make_column_selector(dtype_exclude=np.number)),
    )
    if task == "classification":
        return make_pipeline(columns, MLPClassifier(random_state=seed))
    return TransformedTargetRegressor(make_pipeline(columns, MLPRegressor(random_state=seed)), transformer=StandardScaler())


def read(path):
    table = pd.read_csv(path)
    for name in table.select_dtypes("object"):
        if table[name].str.fullmatch(r"\d{4}-\d{2}-\d{2}").all():
            table[name] = (pd.to_datetime(table[name]) - pd.Timestamp("1970-01-01")).dt.days
    return table


for line in sys.stdin:
    job = json.loads(line)
    table = read(job["path"])
    x, y = table.drop(columns=[job["target"]]), table[job["target"]]
    for split in job["splits"]:
        training, test = split["training"], split["test"]
        started = time.perf_counter()
        model = pipeline(job["task"], split["seed"]).fit(x.iloc[training], y.iloc[training])
        seconds = time.perf_counter() - started
        predicted = model.predict(x.iloc[test])
        truth = y.iloc[test].to_numpy()
        score = (predicted == truth).mean() if job["task"] == "classification" else ((predicted - truth) ** 2).mean()
        print(json.dumps({"seed": split["seed"], "rows": len(test), "score": float(score), "seconds": seconds}), flush=True)
