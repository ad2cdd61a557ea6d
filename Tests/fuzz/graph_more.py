"""Random nodes: rarer operators of the standard, and those of com.microsoft that onnxruntime's optimizer and quantizer write."""
import numpy as np
from graph_draft import Reject
from graph_elements import F32, F64, I64, I8, U8
from graph_layers import image
from graph_quantized import scale_of, zero_of, zero_of_signed

MICROSOFT = "com.microsoft"


def rows(g, low=2, high=3):
    return g.pick([F32], low=low, high=high, where=lambda x: 0 < x.size < 600)


def fused_matmul(g):
    x = rows(g)
    m, k = g.at(x).shape[-2:]
    turned, both = g.chance(0.3), g.chance(0.4)
    if turned:
        k = m
    n = g.choose([1, 3, 8])
    g.node("FusedMatMul", [x, g.tensor([n, k] if both else [k, n], F32)], domain=MICROSOFT, transA=int(turned),
           transB=int(both), alpha=g.choose([1.0, 0.5]))


def fused_gemm(g):
    x = g.pick([F32], low=2, high=2, where=lambda x: x.size > 0)
    n = g.choose([1, 4])
    g.node("FusedGemm", [x, g.tensor([g.at(x).shape[1], n], F32, constant=True), g.tensor([n], F32, constant=True)],
           domain=MICROSOFT, activation=g.choose(["Relu", "Tanh", "Sigmoid"]))


def fused_conv(g):
    x = image(g, 2)
    shape = g.at(x).shape
    kind, parameters = g.choose([("Relu", None), ("Tanh", None), ("LeakyRelu", [0.25]), ("Clip", [-0.5, 1.0]),
                                 ("HardSigmoid", [0.25, 0.5])])
    operands = [x, g.tensor([4, shape[1], 1, 1], F32, constant=True), g.tensor([4], F32, constant=True)]
    if g.chance(0.3):
        operands.append(g.tensor([shape[0], 4, *shape[2:]], F32))
    g.node("FusedConv", operands, domain=MICROSOFT, activation=kind, activation_params=parameters, kernel_shape=[1, 1])


def activations(g):
    op = g.choose(["Gelu", "BiasGelu", "FastGelu", "QuickGelu"])
    x = rows(g, 1)
    operands = [x]
    if op == "BiasGelu" or op == "FastGelu" and g.chance(0.5):
        operands.append(g.tensor([g.at(x).shape[-1]], F32, constant=True))
    g.node(op, operands, domain=MICROSOFT, alpha=g.choose([1.0, 1.702]) if op == "QuickGelu" else None)


def skip_norm(g):
    x = rows(g, 3)
    n = g.at(x).shape[-1]
    skip = g.tensor(g.at(x).shape, F32)
    if g.chance(0.6):
        operands = [x, skip, g.tensor([n], F32, constant=True), g.tensor([n], F32, constant=True) if g.chance(0.7) else "",
                    g.tensor([n], F32, constant=True) if g.chance(0.4) else ""]
        outputs = [True, False, False, g.chance(0.3)]
        return g.node("SkipLayerNormalization", operands, outputs=outputs, domain=MICROSOFT, epsilon=0.01)
    operands = [x, skip, g.tensor([n], F32, constant=True), g.tensor([n], F32, constant=True) if g.chance(0.4) else ""]
    g.node("SkipSimplifiedLayerNormalization", operands, domain=MICROSOFT, epsilon=0.01)


def bert_attention(g):
    batch, length, size, heads = g.choose([1, 2]), g.choose([1, 3]), g.choose([4, 8]), g.choose([1, 2])
    operands = [g.tensor([batch, length, size], F32), g.tensor([size, 3 * size], F32, constant=True, low=-1, high=1),
                g.tensor([3 * size], F32, constant=True)]
    if g.chance(0.4):
        operands.append(g.put(np.maximum(g.random.randint(0, 2, size=(batch, length)), np.eye(1, length)).astype(np.int32), hold=True))
    g.node("Attention", operands, domain=MICROSOFT, num_heads=heads)


def few_bits(g):
    k, n, block = g.choose([16, 32, 48]), g.choose([1, 3, 8]), g.choose([16, 32])
    count = (k + block - 1) // block
    codes = g.put(g.random.randint(0, 256, size=(n, count, block // 2)).astype(np.uint8), True, hold=True)
    scales = g.put(g.random.randint(1, 9, size=(n * count)).astype(np.float32) / 64, True, hold=True)
    operands = [g.tensor([g.choose([1, 3]), k], F32), codes, scales]
    if g.chance(0.5):
        operands.append(g.put(g.random.randint(0, 256, size=(n * ((count + 1) // 2))).astype(np.uint8), True, hold=True))
    g.node("MatMulNBits", operands, domain=MICROSOFT, K=k, N=n, bits=4, block_size=block, accuracy_level=None)


def codes(g, shape, dtype, constant=False):
    return g.put(g.random.randint(0, 256, size=shape).astype(np.uint8).view(dtype), constant=constant)


def linear_codes(g):
    """Operators that take and give codes."""
    dtype = g.choose([U8, I8])
    op = g.choose(["QLinearMatMul", "QLinearConv", "QLinearAdd", "QLinearMul", "QLinearGlobalAveragePool", "QLinearLeakyRelu",
                   "QLinearSigmoid", "ConvInteger", "QGemm"])
    if op == "QLinearMatMul":
        m, k, n = g.choose([1, 3]), g.choose([4, 17]), g.choose([1, 5, 9])
        g.node(op, [codes(g, (m, k), dtype), scale_of(g, short=True), zero_of(g, dtype), codes(g, (k, n), I8, True),
                    scale_of(g, short=True), zero_of_signed(g), wide_scale(g, short=True), zero_of(g, dtype, even=True)], exact=True)
    elif op in ("QLinearConv", "ConvInteger"):
        c, n, group = g.choose([(1, 2, 1), (2, 4, 1), (4, 4, 4), (4, 2, 2)])
        x = codes(g, (1, c, 5, 4), U8 if op == "ConvInteger" else dtype)
        if op == "ConvInteger":
            return g.node(op, [x, codes(g, (n, c // group, 2, 2), U8, True), zero_of(g, U8)], group=group,
                          pads=g.choose([None, [1, 0, 0, 1]]))
        w = codes(g, (n, c // group, 2, 2), I8, True)
        bias = g.put(g.random.randint(-500, 500, size=n).astype(np.int32), True, hold=True) if g.chance(0.6) else ""
        several = g.chance(0.5)
        g.node(op, [x, scale_of(g, short=True), zero_of(g, dtype), w, scale_of(g, n if several else None, short=True),
                    zero_of_signed(g, n if several else None), wide_scale(g, short=True), zero_of(g, dtype, even=True), bias], exact=True, group=group,
               strides=g.choose([None, [2, 1]]), pads=g.choose([None, [1, 1, 1, 1]]))
    elif op in ("QLinearAdd", "QLinearMul"):
        shape = g.shape(1, 3, 60)
        # onnxruntime adds the zero point before it rounds, and so takes another of two codes that are as near.
        g.node(op, [codes(g, shape, dtype), scale_of(g), zero_of(g, dtype), codes(g, shape[-1:], dtype), scale_of(g),
                    zero_of(g, dtype), wide_scale(g), zero_of(g, dtype)], exact=True, domain=MICROSOFT, slack=1)
    elif op == "QGemm":
        m, k, n = g.choose([1, 3]), g.choose([4, 17]), g.choose([1, 5])
        turned = int(g.chance(0.5))
        g.node(op, [codes(g, (m, k), dtype), scale_of(g, short=True), zero_of(g, dtype), codes(g, (n, k) if turned else (k, n), I8, True),
                    scale_of(g, short=True), zero_of_signed(g), "", wide_scale(g, short=True), zero_of(g, dtype, even=True)], exact=True, domain=MICROSOFT,
               transB=turned)
    else:
        x = codes(g, (1, 3, 4, 5), dtype)
        tail = {"channels_last": 0} if op == "QLinearGlobalAveragePool" else {"alpha": 0.1} if op == "QLinearLeakyRelu" else {}
        g.node(op, [x, scale_of(g), zero_of(g, dtype), scale_of(g), zero_of(g, dtype)], exact=True, domain=MICROSOFT, slack=1, **tail)


def wide_scale(g, short=False):
    return g.put(np.array(g.choose([0.25, 0.5, 2.0 if short else 0.3, 1.0]), np.float32), True, hold=True)


def dynamic_product(g):
    x = rows(g)
    k, n = g.at(x).shape[-1], g.choose([1, 4, 9])
    b = codes(g, (k, n), I8, True)
    zero = zero_of_signed(g) if g.chance(0.5) else ""
    bias = g.tensor([n], F32, constant=True) if g.chance(0.5) else ""
    g.node("DynamicQuantizeMatMul", [x, b, scale_of(g, n if g.chance(0.3) and not zero else None), zero, bias], steps=True,
           domain=MICROSOFT)


def rare(g):
    op = g.choose(["Size", "Det", "ReverseSequence", "RoiAlign", "CenterCropPad", "BitShift", "Swish", "RotaryEmbedding",
                   "Col2Im", "AffineGrid", "MaxUnpool", "Bernoulli"])
    if op == "Size":
        return g.node(op, [g.pick([F32, I64])])
    if op == "Det":
        n = g.choose([1, 2, 3])
        return g.node(op, [g.tensor(g.shape(0, 2, 6) + [n, n], F32)])
    if op == "ReverseSequence":
        x = g.pick([F32, I64, F64], low=2, where=lambda x: x.size > 0)
        time, batch = g.choose([(0, 1), (1, 0)])
        lengths = g.random.randint(1, g.at(x).shape[time] + 1, size=g.at(x).shape[batch])
        return g.node(op, [x, g.put(lengths.astype(np.int64), hold=True)], exact=True, time_axis=time, batch_axis=batch)
    if op == "RoiAlign" and g.opset >= 16:
        x = image(g, 2, 2)
        count = g.choose([1, 3])
        corner = g.random.randint(0, 12, size=(count, 2)) / 4
        boxes = np.concatenate([corner, corner + g.random.randint(1, 12, size=(count, 2)) / 4], axis=1).astype(np.float32)
        picks = g.random.randint(0, g.at(x).shape[0], size=count).astype(np.int64)
        return g.node(op, [x, g.put(boxes, hold=True), g.put(picks, hold=True)], output_height=g.choose([1, 2]), output_width=2,
                      sampling_ratio=g.choose([0, 2]), spatial_scale=g.choose([1.0, 0.5]),
                      coordinate_transformation_mode=g.choose([None, "output_half_pixel"]))
    if op == "CenterCropPad" and g.opset >= 18:
        x = g.pick([F32, I64], low=1, where=lambda x: x.size > 0)
        return g.node(op, [x, g.integers([g.choose([1, 2, 5]) for _ in g.at(x).shape])], exact=True)
    if op == "BitShift":
        x = g.pick([U8])
        return g.node(op, [x, g.put(g.random.randint(0, 8, size=g.at(x).shape).astype(np.uint8))], direction=g.choose(["LEFT", "RIGHT"]))
    if op == "RotaryEmbedding" and g.opset >= 23:
        b, h, s, e = g.choose([1, 2]), g.choose([1, 3]), g.choose([1, 4]), g.choose([2, 8])
        table = [g.tensor([b, s, e // 2], F32) for _ in range(2)]
        return g.node(op, [g.tensor([b, h, s, e], F32)] + table, interleaved=g.choose([0, 1]))
    if op == "Col2Im" and g.opset >= 18:
        x = g.tensor([g.choose([1, 2]), g.choose([1, 3]) * 4, 9], F32)
        return g.node(op, [x, g.integers([4, 4]), g.integers([2, 2])])
    if op == "AffineGrid" and g.opset >= 20:
        theta = g.put(g.numbers([1, 2, 3], F32), hold=True)
        return g.node(op, [theta, g.integers([1, 1, 2, 3])], align_corners=g.choose([0, 1]))
    if op == "MaxUnpool":
        x = g.tensor([1, 2, 4, 4], F32)
        y, at = g.node("MaxPool", [x], outputs=2, steps=True, kernel_shape=[2, 2], strides=[2, 2])
        return g.node(op, [y, at], exact=True, kernel_shape=[2, 2], strides=[2, 2])
    raise Reject("older")


RULES = [
    (fused_matmul, 2), (fused_gemm, 1), (fused_conv, 1), (activations, 2), (skip_norm, 2), (bert_attention, 1), (few_bits, 1),
    (linear_codes, 4), (dynamic_product, 2), (rare, 5)]
