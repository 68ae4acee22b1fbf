"""Makes the models of this folder and what scikit-learn answers for them: see README.md."""

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from onnx import TensorProto, helper, save
from skl2onnx import convert_sklearn, to_onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType
from sklearn.ensemble import GradientBoostingRegressor, IsolationForest, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")
HERE = Path(__file__).parent
NAMES = ["momentum", "rsi", "volatility"]
OPSET = {"": 17, "ai.onnx.ml": 3}

random = np.random.default_rng(20_261_126)
momentum = random.normal(0, 0.01, 600)
X = np.column_stack([momentum, np.clip(50 + momentum * 1500 + random.normal(0, 8, 600), 1, 99), random.gamma(2, 0.01, 600)])
X = X.astype(np.float32)
move = momentum + random.normal(0, 0.003, 600)
rises = (move > 0).astype(int)
sign = np.where(move > 0.005, 1, np.where(move < -0.005, -1, 0))
word = np.where(sign > 0, "up", np.where(sign < 0, "down", "flat"))
PROBES = X[[3, 57, 122, 250, 371, 599]]

expected = {}


def keep(name, model, answers):
    (HERE / f"{name}.onnx").write_bytes(model.SerializeToString())
    expected[name] = answers


def classes(model, rows=PROBES):
    return {"label": model.predict(rows).tolist(), "probabilities": model.predict_proba(rows).tolist()}


# A name of the graph: without it each run would give one of its own, and other bytes.
def convert(model, kind=FloatTensorType, **options):
    return convert_sklearn(model, "model", [("features", kind([None, 3]))], target_opset=OPSET, **options)


logistic = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, rises)
key = id(logistic.steps[-1][1])
keep("logistic", convert(logistic), classes(logistic))
keep("logistic-plain", convert(logistic, options={key: {"zipmap": False}}), classes(logistic))
keep("logistic-columns", convert(logistic, options={key: {"zipmap": "columns"}}), classes(logistic))

words = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, word)
described = convert(words)
for entry in [("features", json.dumps(["vol_5m_momentum", "rsi", "ret_30s_vol"])), ("name", "three_words")]:
    described.metadata_props.add(key=entry[0], value=entry[1])
keep("words", described, classes(words))

forest = RandomForestClassifier(n_estimators=5, max_depth=3, random_state=1).fit(X, sign)
keep("forest", convert(forest), classes(forest))

boosting = GradientBoostingRegressor(n_estimators=12, max_depth=2, random_state=1).fit(X, move)
keep("boosting", convert(boosting), {"value": boosting.predict(PROBES).tolist()})

net = make_pipeline(StandardScaler(), MLPRegressor(hidden_layer_sizes=(4,), max_iter=500, random_state=1)).fit(X, move * 100)
keep("net", convert(net), {"value": net.predict(PROBES).tolist()})

double = make_pipeline(StandardScaler(), MLPClassifier(hidden_layer_sizes=(4,), max_iter=500, random_state=1)).fit(X, sign)
keep(
    "double",
    convert(double, DoubleTensorType, options={id(double.steps[-1][1]): {"zipmap": False}}),
    classes(double, PROBES.astype(np.float64)),
)

frame = pd.DataFrame(X, columns=["momentum", "rsi", "vol_5m_volatility"])
named = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame, sign)
probes = pd.DataFrame(PROBES, columns=frame.columns)
keep("named", to_onnx(named, frame[:1], "model", target_opset=OPSET), classes(named, probes))

odd = IsolationForest(n_estimators=3, max_samples=32, random_state=1).fit(X)
keep("isolation", convert(odd), {"label": odd.predict(PROBES).tolist()})


# What no training makes, but models do: they misbehave when the first feature is above 0.
def faulty(name, nodes, output, extra=()):
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, 3])],
        [helper.make_tensor_value_info("variable", TensorProto.FLOAT, output)],
        initializer=[
            helper.make_tensor("zero", TensorProto.INT64, [1], [0]),
            helper.make_tensor("flat", TensorProto.INT64, [1], [-1]),
            *extra,
        ],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), HERE / f"{name}.onnx")


first = [
    helper.make_node("Gather", ["features", "zero"], ["column"], axis=1),
    helper.make_node("Reshape", ["column", "flat"], ["x"]),
]
one = helper.make_tensor("one", TensorProto.FLOAT, [], [1.0])
above = [
    helper.make_node("Ceil", ["x"], ["up"]),
    helper.make_node("Clip", ["up", "none", "one"], ["above"]),
    helper.make_node("Cast", ["above"], ["index"], to=TensorProto.INT64),
]
none = helper.make_tensor("none", TensorProto.FLOAT, [], [0.0])

# A loop of 10^15 rounds.
body = helper.make_graph(
    [
        helper.make_node("Identity", ["go_in"], ["go"]),
        helper.make_node("Add", ["sum_in", "sum_in"], ["sum"]),
    ],
    "body",
    [
        helper.make_tensor_value_info("round", TensorProto.INT64, []),
        helper.make_tensor_value_info("go_in", TensorProto.BOOL, []),
        helper.make_tensor_value_info("sum_in", TensorProto.FLOAT, None),
    ],
    [
        helper.make_tensor_value_info("go", TensorProto.BOOL, []),
        helper.make_tensor_value_info("sum", TensorProto.FLOAT, None),
    ],
)
faulty(
    "hangs",
    [
        *first,
        *above,
        helper.make_node("Mul", ["index", "many"], ["rounds_list"]),
        helper.make_node("Squeeze", ["rounds_list"], ["rounds"]),
        helper.make_node("Loop", ["rounds", "true", "x"], ["variable"], body=body),
    ],
    [None],
    [
        one,
        none,
        helper.make_tensor("many", TensorProto.INT64, [], [10**15]),
        helper.make_tensor("true", TensorProto.BOOL, [], [True]),
    ],
)
# An index beyond the end.
faulty(
    "throws",
    [*first, *above, helper.make_node("Gather", ["x", "index"], ["variable"])],
    [None],
    [one, none],
)
# Nothing at all comes out.
faulty(
    "shrinks",
    [*first, helper.make_node("Greater", ["x", "none"], ["is_above"]), helper.make_node("Not", ["is_above"], ["kept"])]
    + [helper.make_node("Compress", ["x", "kept"], ["variable"], axis=0)],
    [None],
    [none],
)
# The logarithm of what is below nought.
faulty(
    "nan",
    [*first, helper.make_node("Neg", ["x"], ["below"]), helper.make_node("Log", ["below"], ["variable"])],
    [None],
)

lines = [{"features": NAMES, "rows": PROBES.astype(float).tolist()}]
lines += [{"model": name, **answers} for name, answers in expected.items()]
(HERE / "expected.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
