"""Random nodes: products, convolutions, pooling, normalizations, recurrence, images."""
import numpy as np
from graph_draft import Reject
from graph_elements import F16, F32, F64, I32


def matmul(g):
    a = g.pick([F32] * 6 + [F64, F16, I32], low=1, where=lambda x: x.size > 0)
    shape, dtype = g.at(a).shape, g.at(a).dtype
    n = g.choose([1, 2, 3, 8, 16, 17])
    k = shape[-1]
    if g.chance(0.6) or len(shape) < 3:
        right = [k, n] if g.chance(0.85) else [k]
    else:
        right = [1 if g.chance(0.3) else e for e in shape[:-2]] + [k, n]
    b = g.tensor(right, dtype)
    if g.chance(0.2) and len(right) == 2:
        b = g.node("Transpose", [g.tensor([n, k], dtype)], exact=True, perm=[1, 0])
    y = g.node("MatMul", [a, b])
    if g.chance(0.5) and dtype.kind == "f":
        y = g.node("Add", [y, g.tensor(g.at(y).shape[-1:], dtype, constant=True)] if g.chance(0.7) else
                   [g.tensor(g.at(y).shape[-1:], dtype, constant=True), y])
        if g.chance(0.4):
            g.node(g.choose(["Relu", "Tanh", "Sigmoid"]), [y])


def gemm(g):
    a = g.pick([F32] * 5 + [F64], low=2, high=2, where=lambda x: x.size > 0)
    m, k = g.at(a).shape
    turned = g.chance(0.2)
    if turned:
        m, k = k, m
    n = g.choose([1, 2, 3, 8, 17])
    both = g.chance(0.5)
    b = g.tensor([n, k] if both else [k, n], g.at(a).dtype)
    c = g.tensor(g.choose([[n], [1, n], [m, n], [m, 1], [], [1]]), g.at(a).dtype) if g.chance(0.7) else ""
    g.node("Gemm", [a, b, c], transA=1 if turned else None, transB=int(both), alpha=g.choose([None, None, 0.5]),
           beta=g.choose([None, None, 2.0]))


def large(g):
    """Products and convolutions that are computed in several parts."""
    if g.chance(0.6):
        m, k, n = g.choose([1, 7, 33, 70]), g.choose([16, 65, 300]), g.choose([16, 49, 130])
        x = g.tensor([m, k] if g.chance(0.7) else [2, m, k], F32, constant=False, low=-1, high=1)
        y = g.node("MatMul", [x, g.tensor([k, n], F32, constant=g.chance(0.8), low=-1, high=1)])
        if g.chance(0.6):
            y = g.node("Add", [y, g.tensor([n], F32, constant=True)])
        return g.node(g.choose(["Relu", "Softmax", "Tanh", "Neg"]), [y])
    c, n, group = g.choose([(16, 32, 1), (33, 17, 1), (32, 32, 32), (32, 16, 4)])
    x = g.tensor([1, c, g.choose([7, 14]), 9], F32, constant=False, low=-1, high=1)
    w = g.tensor([n, c // group, 3, 3], F32, constant=True, low=-1, high=1)
    y = g.node("Conv", [x, w, g.tensor([n], F32, constant=True) if g.chance(0.5) else ""], group=group,
               pads=g.choose([None, [1, 1, 1, 1]]), strides=g.choose([None, [2, 2]]))
    tail(g, y)


def image(g, dims=None, least=1, types=(F32,)):
    dims = dims or g.choose([1, 2, 2, 2, 3])
    def fits(x):
        return x.ndim == dims + 2 and x.size > 0 and min(x.shape[2:]) >= least and x.shape[1] <= 32
    found = [n for n, v in g.values.items() if v.base.dtype in types and not v.hold and not v.special and fits(v.base)]
    if found and g.chance(0.7):
        return found[-1]
    shape = [g.choose([1, 2]), g.choose([1, 2, 3, 4, 8, 16])]
    return g.tensor(shape + [g.choose([least, least + 1, 5, 6, 7, 9]) if least <= 9 else least for _ in range(dims)], types[0])


def windows(g, array, kernel, dilations=True):
    """Strides, dilations and pads, as given or by rule."""
    dims = array.ndim - 2
    result = {}
    if g.chance(0.5):
        result["strides"] = [g.choose([1, 1, 2, 3]) for _ in range(dims)]
    if dilations and g.chance(0.3):
        result["dilations"] = [g.choose([1, 2]) for _ in range(dims)]
    if g.chance(0.25):
        result["auto_pad"] = g.choose(["SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET"])
        # Where windows leave gaps, onnxruntime's pooling pads by less than nothing.
        if result["auto_pad"].startswith("SAME") and any(s > k for s, k in zip(result.get("strides", []), kernel)):
            del result["strides"]
    elif g.chance(0.6):
        result["pads"] = [g.random.randint(0, k) for k in list(kernel) * 2]
    return result


def conv(g):
    x = image(g)
    array = g.at(x)
    channels = array.shape[1]
    group = g.choose([d for d in range(1, channels + 1) if channels % d == 0] + [1] * 3 + [channels] * 2)
    outputs = group * g.choose([1, 1, 2, 3] if group > 1 else [1, 2, 3, 8, 16])
    kernel = [g.choose([k for k in (1, 1, 2, 3, 3, 5) if k <= e] or [1]) for e in array.shape[2:]]
    w = g.tensor([outputs, channels // group] + kernel, F32, constant=g.chance(0.9) or None, low=-1, high=1)
    b = g.tensor([outputs], F32, constant=True) if g.chance(0.6) else ""
    attributes = windows(g, array, kernel)
    if attributes.get("auto_pad", "").startswith("SAME"):
        attributes.pop("dilations", None)
    if g.chance(0.7):
        attributes["kernel_shape"] = kernel
    y = g.node("Conv", [x, w, b], group=group if group > 1 or g.chance(0.3) else None, **attributes)
    tail(g, y)


def tail(g, y):
    """What follows convolutions: normalization, activation, a residual."""
    if g.chance(0.3):
        y = batch_norm(g, y)
    if g.chance(0.15):
        y = g.node("Add", [y, g.partner(g.at(y).shape, F32)])
    kind = g.random.randint(0, 8)
    if kind == 0:
        g.node("Relu", [y])
    elif kind == 1:
        g.node("Clip", [y, g.scalar(0), g.scalar(g.choose([1, 6]))])
    elif kind == 2:
        g.node("Mul", [y, g.node("Sigmoid", [y])])
    elif kind == 3:
        g.node("LeakyRelu", [y], alpha=0.2)
    elif kind == 4:
        g.node("Mul", [y, g.tensor([g.at(y).shape[1]] + [1] * (g.at(y).ndim - 2), F32, constant=True)])


def batch_norm(g, y=None):
    y = y or image(g)
    c = g.at(y).shape[1]
    parts = [g.tensor([c], F32, constant=True) for _ in range(3)] + [g.tensor([c], F32, constant=True, low=0.25)]
    return g.node("BatchNormalization", [y] + parts, epsilon=g.choose([None, 1e-3]))


def padded_conv(g):
    x = image(g, 2, 2)
    array = g.at(x)
    pads = [0, 0] + [g.choose([0, 1, 2]) for _ in range(2)] + [0, 0] + [g.choose([0, 1, 2]) for _ in range(2)]
    if g.chance(0.1):
        pads[1] = 1
    value = g.scalar(g.choose([0, 0, 0, 1])) if g.chance(0.5) else ""
    y = g.node("Pad", [x, g.integers(pads), value], exact=True, mode=g.choose([None, "constant", "constant", "reflect", "edge"])
               if max(pads) < min(array.shape[2:]) and pads[1] == 0 else None)
    channels = g.at(y).shape[1]
    if g.chance(0.7):
        w = g.tensor([g.choose([1, 4]), channels, 2, 2], F32, constant=True)
        return tail(g, g.node("Conv", [y, w], kernel_shape=[2, 2], pads=g.choose([None, [0, 1, 1, 0]])))
    g.node(g.choose(["MaxPool", "AveragePool"]), [y], kernel_shape=[2, 2])


def conv_transpose(g):
    x = image(g, g.choose([1, 2, 2]))
    array = g.at(x)
    channels = array.shape[1]
    group = g.choose([d for d in range(1, channels + 1) if channels % d == 0])
    kernel = [g.choose([1, 2, 3]) for _ in array.shape[2:]]
    w = g.tensor([channels, g.choose([1, 2, 4])] + kernel, F32, constant=True)
    strides = [g.choose([1, 2, 3]) for _ in kernel]
    attributes = {"strides": strides}
    if g.chance(0.4):
        attributes["pads"] = [g.random.randint(0, k) for k in kernel * 2]
    if g.chance(0.3):
        attributes["output_padding"] = [g.random.randint(0, s) for s in strides]
    if g.chance(0.2):
        attributes["dilations"] = [g.choose([1, 2]) for _ in kernel]
    b = g.tensor([g.at(w).shape[1] * group], F32, constant=True) if g.chance(0.5) else ""
    g.node("ConvTranspose", [x, w, b], group=group, **attributes)


def pool(g):
    op = g.choose(["MaxPool", "MaxPool", "AveragePool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool"])
    x = image(g, 2 if op == "LpPool" else None)
    array = g.at(x)
    if op.startswith("Global"):
        y = g.node(op, [x])
        if g.chance(0.5):
            g.node("Flatten", [y], exact=True)
        return
    kernel = [g.choose([k for k in (1, 2, 3) if k <= e] or [1]) for e in array.shape[2:]]
    attributes = windows(g, array, kernel, dilations=op == "MaxPool" or op == "AveragePool" and g.opset >= 19)
    if attributes.get("auto_pad", "").startswith("SAME") or op == "LpPool":
        attributes.pop("dilations", None)
    if op == "LpPool":
        attributes.pop("auto_pad", None)
    if op != "LpPool" and "auto_pad" not in attributes and g.chance(0.3):
        attributes["ceil_mode"] = 1
    if op == "AveragePool" and g.chance(0.4):
        attributes["count_include_pad"] = 1
    dilations = attributes.get("dilations", [1] * len(kernel))
    if any((k - 1) * d + 1 > e for k, d, e in zip(kernel, dilations, array.shape[2:])):
        raise Reject("a window larger than the image")
    several = op == "MaxPool" and g.chance(0.2)
    g.node(op, [x], outputs=2 if several else 1, steps=several, kernel_shape=kernel, **attributes)


def normalization(g):
    op = g.choose(["LayerNormalization", "LayerNormalization", "InstanceNormalization", "GroupNormalization",
                   "RMSNormalization", "LRN", "MeanVarianceNormalization", "SimplifiedLayerNormalization"])
    since = {"LayerNormalization": 17, "GroupNormalization": 21, "RMSNormalization": 23}
    if since.get(op, 0) > g.opset or op == "SimplifiedLayerNormalization":
        raise Reject("older")
    if op in ("LayerNormalization", "RMSNormalization"):
        x = g.pick([F32, F32, F32, F16], low=2, where=lambda x: x.size > 0)
        shape = g.at(x).shape
        axis = g.choose([-1, -1, -1, g.random.randint(1, len(shape))])
        own = shape[axis:]
        operands = [x, g.tensor(own, g.at(x).dtype, constant=True)]
        if op == "LayerNormalization" and g.chance(0.6):
            operands.append(g.tensor(own, g.at(x).dtype, constant=True))
        return g.node(op, operands, axis=axis, epsilon=g.choose([1e-2, 1e-3]))
    x = image(g)
    c = g.at(x).shape[1]
    if op == "InstanceNormalization":
        return g.node(op, [x, g.tensor([c], F32), g.tensor([c], F32)], epsilon=1e-2)
    if op == "GroupNormalization":
        return g.node(op, [x, g.tensor([c], F32), g.tensor([c], F32)], epsilon=1e-2,
                      num_groups=g.choose([d for d in range(1, c + 1) if c % d == 0]))
    if op == "LRN":
        return g.node(op, [image(g, 2)], size=g.choose([1, 3, 5]), alpha=0.5)
    g.node(op, [image(g, 2)])


def recurrent(g):
    op, gates = g.choose([("LSTM", 4), ("GRU", 3), ("RNN", 1)])
    length, batch, size, hidden = g.choose([1, 3, 4]), g.choose([1, 2, 3]), g.choose([1, 3, 5]), g.choose([1, 2, 4])
    x = g.tensor([length, batch, size], F32)
    direction, both = g.choose([(None, 1), ("reverse", 1), ("bidirectional", 2)])
    operands = [x, g.tensor([both, gates * hidden, size], F32, constant=True, low=-1, high=1),
                g.tensor([both, gates * hidden, hidden], F32, constant=True, low=-1, high=1),
                g.tensor([both, 2 * gates * hidden], F32, constant=True) if g.chance(0.7) else "",
                g.put(g.random.randint(1, length + 1, size=batch).astype(np.int32), hold=True) if g.chance(0.3) else "",
                g.tensor([both, batch, hidden], F32) if g.chance(0.4) else ""]
    if op == "LSTM" and g.chance(0.3):
        operands.append(g.tensor([both, batch, hidden], F32))
    outputs = g.choose([[True, True], [True, False], [False, True]])
    if op == "LSTM" and g.chance(0.5):
        outputs = outputs + [True]
    g.node(op, operands, outputs=outputs, hidden_size=hidden, direction=direction,
           linear_before_reset=g.choose([None, 1]) if op == "GRU" else None)


def resize(g):
    x = image(g, g.choose([1, 2, 2]))
    rank = g.at(x).ndim
    mode = g.choose(["nearest", "linear", "linear", "cubic"])
    if mode == "cubic":
        x = image(g, 2)
        rank = 4
    how = g.choose(["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"])
    attributes = {"mode": mode, "coordinate_transformation_mode": how}
    if mode == "nearest":
        attributes["nearest_mode"] = g.choose(["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"])
    # With corners aligned, onnxruntime takes the length rounded down, and onnx.reference as it is.
    if g.chance(0.5) and how != "align_corners":
        scales = np.array([1, 1] + [g.choose([0.5, 1, 2, 1.5, 3]) for _ in range(rank - 2)], np.float32)
        operands = [x, "", g.put(scales, constant=True, hold=True)]
    else:
        operands = [x, "", "", g.integers(list(g.at(x).shape[:2]) + [g.choose([1, 3, 4, 8]) for _ in range(rank - 2)])]
    if g.opset < 13 and operands[1] == "":
        operands[1] = g.put(np.zeros(0, np.float32), constant=True, hold=True)
        operands[2] = operands[2] or g.put(np.zeros(0, np.float32), constant=True, hold=True)
    g.node("Resize", operands, **attributes)


def blocks(g):
    if g.chance(0.5):
        b = g.choose([2, 3])
        x = g.tensor([g.choose([1, 2]), b * b * g.choose([1, 2]), g.choose([1, 3]), g.choose([2, 4])], F32)
        return g.node("DepthToSpace", [x], exact=True, blocksize=b, mode=g.choose([None, "CRD"]))
    b = g.choose([1, 2])
    x = g.tensor([1, g.choose([1, 3]), 2 * b, 4 * b], F32)
    g.node("SpaceToDepth", [x], exact=True, blocksize=b)


def sample(g):
    if g.opset < 16:
        raise Reject("older")
    x = image(g, 2)
    grid = g.tensor([g.at(x).shape[0], g.choose([1, 3]), g.choose([2, 4]), 2], F32, low=-1.2, high=1.2)
    names = ["linear", "nearest", "cubic"] if g.opset >= 20 else ["bilinear", "nearest", "bicubic"]
    mode = g.choose(names)
    # Outside of the image, onnxruntime's cubic weighs other elements than onnx.reference's.
    padding = g.choose([None, "border", "reflection"]) if mode in names[:2] else None
    g.node("GridSample", [x, grid], steps=True, mode=mode, padding_mode=padding,
           align_corners=g.choose([None, 1]))


RULES = [
    (matmul, 10), (large, 2), (gemm, 5), (conv, 10), (batch_norm, 2), (padded_conv, 4), (conv_transpose, 3), (pool, 5),
    (normalization, 5), (recurrent, 2), (resize, 3), (blocks, 1), (sample, 1)]
