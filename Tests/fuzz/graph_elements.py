"""Random nodes: functions of elements, comparisons, conversions, reductions."""
import numpy as np
from graph_draft import Reject
from onnx import helper

F32, F64, F16 = np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.float16)
I64, I32, I8, U8, BOOL = (np.dtype(t) for t in (np.int64, np.int32, np.int8, np.uint8, np.bool_))
FLOATS = [F32] * 5 + [F16, F64]
NUMBERS = FLOATS + [I64, I32]
ANY = NUMBERS + [I8, U8, BOOL]
SMOOTH = [
    "Abs", "Neg", "Exp", "Log", "Sqrt", "Sigmoid", "Tanh", "Relu", "Softplus", "Softsign", "Erf", "Sin", "Cos", "Tan",
    "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh", "Reciprocal", "HardSwish", "Mish", "Gelu"]
SINCE = {"HardSwish": 14, "Mish": 18, "Gelu": 20, "Trilu": 14, "BitwiseAnd": 18, "BitwiseOr": 18, "BitwiseXor": 18,
         "BitwiseNot": 18}


def smooth(g):
    op = g.choose([o for o in SMOOTH if SINCE.get(o, 0) <= g.opset])
    attributes = {"approximate": g.choose(["none", "tanh"])} if op == "Gelu" else {}
    types = NUMBERS if op in ("Abs", "Neg") else FLOATS
    g.node(op, [g.pick(types)], special=op in ("Log", "Sqrt", "Reciprocal"), **attributes)


def parametric(g):
    op = g.choose(["LeakyRelu", "Elu", "Celu", "Selu", "ThresholdedRelu", "HardSigmoid", "Shrink"])
    attributes = {"alpha": float(g.choose([0.1, 0.5, 1.0]))} if op != "Shrink" and g.chance(0.6) else {}
    if op == "HardSigmoid" and g.chance(0.5):
        attributes["beta"] = 0.25
    if op == "Shrink":
        attributes = {"lambd": 0.5, "bias": float(g.choose([0.0, 0.5]))}
    g.node(op, [g.pick([F32, F32, F16] if op != "Celu" else [F32])], steps=op in ("ThresholdedRelu", "Shrink"), **attributes)


def stepped(g):
    op = g.choose(["Floor", "Ceil", "Round", "Sign"])
    g.node(op, [g.pick(NUMBERS if op == "Sign" else FLOATS)], exact=True, steps=True)


def binary(g):
    op = g.choose(["Add", "Add", "Mul", "Mul", "Sub", "Div", "Pow", "PRelu", "Mod"])
    a = g.pick(NUMBERS + ([I8, U8] if g.opset >= 14 and op in ("Add", "Sub", "Mul") else []))
    dtype = g.at(a).dtype
    if op == "Div" or op == "Mod":
        if op == "Mod" and dtype.kind == "f":
            b = g.partner(g.at(a).shape, dtype, low=0.5)
            return g.node("Mod", [a, b], steps=True, fmod=1)
        b = g.partner(g.at(a).shape, dtype, low=0.5)
        if (g.at(b) == 0).any():
            b = g.put(np.where(g.at(b) == 0, 1, g.at(b)).astype(dtype))
        return g.node(op, [a, b], steps=op == "Mod")
    if op == "Pow":
        if dtype.kind == "f" and g.chance(0.5):
            return g.node("Pow", [a, g.scalar(g.choose([0, 1, 2, 3, 0.5, -1]), dtype)], special=True)
        return g.node("Pow", [a, g.put(np.abs(g.numbers([], dtype)))])
    if op == "PRelu":
        shape = g.at(a).shape
        own = [1 if g.chance(0.3) else e for e in shape[g.random.randint(0, len(shape) + 1):]]
        return g.node("PRelu", [a, g.tensor(own, dtype)])
    b = g.partner(g.at(a).shape, dtype)
    g.node(op, [a, b] if g.chance(0.7) else [b, a])


def several(g):
    op = g.choose(["Min", "Max", "Sum", "Mean"])
    a = g.pick(FLOATS if op in ("Sum", "Mean") else NUMBERS)
    operands = [a] + [g.partner(g.at(a).shape, g.at(a).dtype) for _ in range(g.random.randint(0, 3))]
    g.node(op, operands)


def compare(g):
    op = g.choose(["Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual"])
    a = g.pick(NUMBERS)
    g.node(op, [a, g.partner(g.at(a).shape, g.at(a).dtype)], steps=True)


def logic(g):
    if g.chance(0.2):
        return g.node("Not", [g.pick([BOOL])])
    a = g.pick([BOOL])
    g.node(g.choose(["And", "Or", "Xor"]), [a, g.partner(g.at(a).shape, BOOL)])


def bits(g):
    if g.opset < 18:
        raise Reject("not for these operands")
    a = g.pick([I32, I64, U8, I8])
    if g.chance(0.2):
        return g.node("BitwiseNot", [a])
    g.node(g.choose(["BitwiseAnd", "BitwiseOr", "BitwiseXor"]), [a, g.partner(g.at(a).shape, g.at(a).dtype)])


def where(g):
    c = g.pick([BOOL])
    a = g.partner(g.at(c).shape, g.choose([F32, F32, I64, F16]))
    g.node("Where", [c, a, g.partner(np.broadcast_shapes(g.at(c).shape, g.at(a).shape), g.at(a).dtype)], exact=True)


def marks(g):
    op = g.choose(["IsNaN", "IsInf"])
    g.node(op, [g.pick([F32, F32, F64] if op == "IsInf" else [F32, F16], special=True)])


def clip(g):
    a = g.pick(NUMBERS)
    dtype = g.at(a).dtype
    low, high = sorted(g.numbers([2], dtype).tolist())
    limits = [g.scalar(low, dtype, constant=g.chance(0.9)), g.scalar(high, dtype)]
    if g.chance(0.4):
        limits[g.random.randint(2)] = ""
    g.node("Clip", [a] + limits)


def cast(g):
    a = g.pick(ANY)
    array, target = g.at(a), g.dtype(ANY)
    if array.dtype.kind == "f" and target.kind in "iu":
        low, high = (0, 100) if target.kind == "u" else (-100, 100)
        if array.size and (array.min() < low or array.max() > high):
            a = g.node("Clip", [a, g.scalar(low, array.dtype), g.scalar(high, array.dtype)])
    elif array.dtype.kind == "i" and target in (I8, U8) and array.size and (array.min() < 0 or array.max() > 127):
        raise Reject("not for these operands")
    g.node("Cast", [a], steps=target.kind != "f", to=helper.np_dtype_to_tensor_dtype(target))


def some_axes(g, rank, least=1):
    count = g.random.randint(least, rank + 1) if rank >= least else rank
    axes = g.random.permutation(rank)[:count]
    return [int(a) - rank if g.chance(0.4) else int(a) for a in axes]


def reduce(g):
    op = g.choose(["Sum", "Sum", "Mean", "Mean", "Max", "Min", "Prod", "SumSquare", "L1", "L2", "LogSum", "LogSumExp"])
    types = NUMBERS if op in ("Max", "Min", "Sum") else [F32, F32, F32, F64]
    a = g.pick(types, low=1, where=lambda x: x.size > 0 or op in ("Sum", "L1"))
    attributes = {"keepdims": g.choose([None, 0, 1])}
    axes = None if g.chance(0.2) else some_axes(g, g.at(a).ndim)
    operands = [a]
    if axes is not None:
        if g.opset >= 18 or op == "Sum" and g.opset >= 13:
            operands.append(g.integers(axes, constant=g.chance(0.9)))
        else:
            attributes["axes"] = axes
    g.node(f"Reduce{op}", operands, special=op == "LogSum", **attributes)


def argument(g):
    a = g.pick([F32, F32, I32, F16], low=1, where=lambda x: x.size > 0)
    axis = g.random.randint(-g.at(a).ndim, g.at(a).ndim)
    g.node(g.choose(["ArgMax", "ArgMin"]), [a], steps=True, axis=axis, keepdims=g.choose([None, 0, 1]),
           select_last_index=g.choose([None, 1]))


def normalize(g):
    op = g.choose(["Softmax", "Softmax", "LogSoftmax", "Hardmax", "LpNormalization"])
    a = g.pick([F32, F32, F32, F64, F16] if op in ("Softmax", "LogSoftmax") else [F32], low=1)
    axis = g.random.randint(-g.at(a).ndim, g.at(a).ndim)
    attributes = {"p": g.choose([1, 2])} if op == "LpNormalization" else {}
    g.node(op, [a], steps=op == "Hardmax", axis=axis, **attributes)


def cumulate(g):
    a = g.pick([F32, F32, I64, I32], low=1)
    rank = g.at(a).ndim
    g.node("CumSum", [a, g.integers(g.random.randint(-rank, rank))], exclusive=g.choose([None, 1]),
           reverse=g.choose([None, 1]))


RULES = [
    (smooth, 8), (parametric, 3), (stepped, 2), (binary, 14), (several, 3), (compare, 3), (logic, 2), (bits, 1), (where, 4),
    (marks, 1), (clip, 3), (cast, 4), (reduce, 8), (argument, 2), (normalize, 5), (cumulate, 2)]
