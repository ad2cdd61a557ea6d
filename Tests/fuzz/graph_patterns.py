"""Random nodes: what exporters write for layers, so that graph passes find something."""
import numpy as np
from graph_draft import Reject
from graph_elements import F16, F32, F64


def rows(g, low=2, types=(F32, F32, F32, F16, F64)):
    """A tensor with features on its last axis."""
    return g.pick(list(types), low=low, where=lambda x: x.size > 0)


def mean(g, x, axes):
    if g.opset >= 18:
        return g.node("ReduceMean", [x, g.integers(axes)], keepdims=g.choose([None, 1]))
    return g.node("ReduceMean", [x], axes=axes)


def layer_norm(g):
    x = rows(g)
    dtype, n = g.at(x).dtype, g.at(x).shape[-1]
    difference = g.node("Sub", [x, mean(g, x, [-1])])
    if g.chance(0.7):
        square = g.node("Pow", [difference, g.scalar(2, dtype)])
    else:
        square = g.node("Mul", [difference, difference])
    spread = g.node("Sqrt", [g.node("Add", [mean(g, square, [-1]), g.scalar(0.01, dtype)])])
    y = g.node("Div", [difference, spread])
    own = [n] if g.chance(0.9) else [1]
    y = g.node("Mul", [y, g.tensor(own, dtype, constant=g.chance(0.9) or None)])
    if g.chance(0.8):
        y = g.node("Add", [y, g.tensor(own, dtype, constant=True)])
    return y


def rms_norm(g):
    x = rows(g)
    dtype = g.at(x).dtype
    square = g.node("Mul", [x, x]) if g.chance(0.5) else g.node("Pow", [x, g.scalar(2, dtype)])
    root = g.node("Sqrt", [g.node("Add", [mean(g, square, [-1]), g.scalar(0.01, dtype)])])
    y = g.node("Div", [x, root]) if g.chance(0.5) else g.node("Mul", [x, g.node("Reciprocal", [root])])
    g.node("Mul", [y, g.tensor(g.at(x).shape[-1:], dtype, constant=True)])


def gelu(g):
    x = rows(g, low=1)
    dtype = g.at(x).dtype
    half = g.scalar(0.5, dtype)
    if g.chance(0.6):
        one = g.node("Add", [g.node("Erf", [g.node("Div", [x, g.scalar(np.sqrt(2), dtype)])]), g.scalar(1, dtype)])
        if g.chance(0.5):
            return g.node("Mul", [g.node("Mul", [x, one]), half])
        return g.node("Mul", [g.node("Mul", [x, half]), one])
    cube = g.node("Pow", [x, g.scalar(3, dtype)])
    inner = g.node("Add", [x, g.node("Mul", [cube, g.scalar(0.044715, dtype)])])
    turned = g.node("Tanh", [g.node("Mul", [inner, g.scalar(np.sqrt(2 / np.pi), dtype)])])
    return g.node("Mul", [g.node("Mul", [x, half]), g.node("Add", [turned, g.scalar(1, dtype)])])


def silu(g):
    x = rows(g, low=1)
    s = g.node("Sigmoid", [x])
    g.node("Mul", [x, s] if g.chance(0.5) else [s, x])


def hard_swish(g):
    x = rows(g, low=1, types=(F32, F32, F16))
    dtype = g.at(x).dtype
    y = g.node("Clip", [g.node("Add", [x, g.scalar(3, dtype)]), g.scalar(0, dtype), g.scalar(6, dtype)])
    g.node("Div", [g.node("Mul", [x, y]), g.scalar(6, dtype)])


def linear(g, x, n, bias=True):
    y = g.node("MatMul", [x, g.tensor([g.at(x).shape[-1], n], F32, constant=True, low=-1, high=1)])
    return g.node("Add", [y, g.tensor([n], F32, constant=True)]) if bias else y


def mlp(g):
    x = rows(g, types=(F32,))
    y = linear(g, x, g.choose([3, 8, 16]))
    y = g.node(g.choose(["Relu", "Tanh", "Sigmoid"]), [y])
    y = linear(g, y, g.at(x).shape[-1], g.chance(0.8))
    if g.chance(0.7):
        y = g.node("Add", [x, y] if g.chance(0.5) else [y, x])
    if g.chance(0.4) and g.opset >= 17:
        g.node("LayerNormalization", [y] + [g.tensor(g.at(y).shape[-1:], F32, constant=True) for _ in range(2)], epsilon=0.01)


def attention(g):
    """Attention as BERT's exporters write it: projections, heads, scaled scores, a mask, heads joined."""
    x = g.pick([F32], low=3, high=3, where=lambda x: x.size > 0 and x.shape[1] < 20)
    batch, length, size = g.at(x).shape
    heads, each = g.choose([(1, 4), (2, 4), (2, 3), (3, 2)])
    def part(name, order):
        y = linear(g, x, heads * each, g.chance(0.8))
        y = g.node("Reshape", [y, g.integers(g.choose([[0, 0, heads, each], [batch, length, heads, each], [0, -1, heads, each]]))],
                   exact=True)
        return g.node("Transpose", [y], exact=True, perm=order)
    q = part("q", [0, 2, 1, 3])
    k = part("k", [0, 2, 3, 1]) if g.chance(0.6) else g.node("Transpose", [part("k", [0, 2, 1, 3])], exact=True, perm=[0, 1, 3, 2])
    v = part("v", [0, 2, 1, 3])
    if g.chance(0.2):
        q = g.node("Mul", [q, g.scalar(0.5)])
    scores = g.node("MatMul", [q, k])
    root = float(np.sqrt(each))
    scores = g.node("Div", [scores, g.scalar(root)]) if g.chance(0.6) else g.node("Mul", [scores, g.scalar(1 / root)])
    if g.chance(0.6):
        seen = g.put((g.random.rand(*g.choose([[batch, 1, 1, length], [1, 1, 1, length], [batch, 1, length, length]])) < 0.8)
                     .astype(np.float32))
        mask = g.node("Mul", [g.node("Sub", [g.scalar(1), seen]), g.scalar(g.choose([-10000.0, -5.0]))])
        scores = g.node("Add", [scores, mask] if g.chance(0.7) else [mask, scores])
    if g.chance(0.4):
        low = np.full([length, length], g.choose([-10000.0, -1e9, -5.0]), np.float32)
        scores = g.node("Add", [scores, g.put(np.triu(low, g.choose([1, 1, 1, 0, 2])), constant=True)])
    weights = g.node("Softmax", [scores], axis=g.choose([-1, 3]))
    y = g.node("Transpose", [g.node("MatMul", [weights, v])], exact=True, perm=[0, 2, 1, 3])
    y = g.node("Reshape", [y, g.integers(g.choose([[0, 0, heads * each], [batch, length, -1]]))], exact=True)
    y = linear(g, y, size)
    if g.chance(0.6):
        g.node("Add", [y, x])


def standard_attention(g):
    if g.opset < 23:
        raise Reject("older")
    batch, heads, length, keys, each = g.choose([1, 2]), g.choose([1, 2, 4]), g.choose([1, 3]), g.choose([3, 5]), g.choose([2, 8])
    shared = g.choose([h for h in (1, 2, 4) if heads % h == 0])
    operands = [g.tensor([batch, heads, length, each], F32), g.tensor([batch, shared, keys, each], F32),
                g.tensor([batch, shared, keys, each], F32)]
    if g.chance(0.4):
        operands.append(g.tensor([length, keys], F32))
    g.node("Attention", operands, is_causal=g.choose([None, 1]), softcap=g.choose([None, 2.0]), scale=g.choose([None, 0.5]))


def turned_product(g):
    """Transposes around a product, and pairs of them that cancel."""
    x = g.pick([F32], low=2, high=4, where=lambda x: x.size > 0)
    rank = g.at(x).ndim
    swap = list(range(rank - 2)) + [rank - 1, rank - 2]
    t = g.node("Transpose", [x], exact=True, perm=swap)
    y = g.node("MatMul", [t, g.tensor([g.at(t).shape[-1], g.choose([2, 5])], F32)])
    y = g.node(g.choose(["Relu", "Neg", "Abs"]), [y])
    y = g.node("Transpose", [y], exact=True, perm=swap)
    if g.chance(0.5):
        y = g.node("Transpose", [y], exact=True, perm=swap)
    if g.chance(0.4):
        g.node("Add", [y, g.partner(g.at(y).shape, F32)])


def channels_last(g):
    """As tf2onnx writes convolutions: transposes to channels first and back."""
    shape = [g.choose([1, 2]), g.choose([3, 5]), g.choose([3, 4]), g.choose([1, 2, 4])]
    x = g.tensor(shape, F32)
    t = g.node("Transpose", [x], exact=True, perm=[0, 3, 1, 2])
    y = g.node("Conv", [t, g.tensor([g.choose([2, 3]), shape[3], 3, 3], F32, constant=True)], pads=[1, 1, 1, 1], kernel_shape=[3, 3])
    y = g.node(g.choose(["Relu", "Sigmoid", "Tanh"]), [y])
    y = g.node("Transpose", [y], exact=True, perm=[0, 2, 3, 1])
    if g.chance(0.6):
        y = g.node("Add", [y, g.tensor([g.at(y).shape[-1]], F32, constant=True)])
    if g.chance(0.5):
        y = g.node("Transpose", [y], exact=True, perm=[0, 3, 1, 2])
        g.node("MaxPool", [y], kernel_shape=[2, 2])


def pooled(g):
    """The mean of the rows that a mask shows, and rows of length 1, as sentence models end."""
    batch, length, size = g.choose([1, 2]), g.choose([2, 5]), g.choose([1, 3, 8])
    x, mask = g.tensor([batch, length, size], F32), g.put((g.random.rand(batch, length) < 0.7).astype(np.int64))
    if g.opset < 13:
        raise Reject("older")
    m = g.node("Cast", [g.node("Unsqueeze", [mask, g.integers([-1])])], to=1)
    if g.chance(0.5):
        m = g.node("Expand", [m, g.node("Shape", [x])], exact=True)
    total = g.node("ReduceSum", [g.node("Mul", [x, m]), g.integers([1])], keepdims=0)
    count = g.node("ReduceSum", [m, g.integers([1])], keepdims=0)
    y = g.node("Div", [total, g.node("Clip", [count, g.scalar(0.001)])])
    if g.chance(0.6):
        if g.opset >= 18:
            length = g.node("ReduceL2", [y, g.integers([-1])], keepdims=1)
        else:
            length = g.node("ReduceL2", [y], axes=[-1], keepdims=1)
        g.node("Div", [y, g.node("Clip", [length, g.scalar(0.001)])])


def embedding(g):
    words, size = g.choose([5, 9]), g.choose([2, 4, 8])
    ids = g.put(g.random.randint(0, words, size=g.choose([[1, 3], [2, 4], [5]])).astype(g.choose([np.int64, np.int32])), hold=True)
    table = g.tensor([words, size], F32, constant=True)
    y = g.node("Gather", [table, ids], exact=True)
    if g.chance(0.5):
        y = g.node("Add", [y, g.node("Gather", [g.tensor([9, size], F32, constant=True),
                                                g.integers(list(range(g.at(ids).shape[-1])))], exact=True)])
    if g.chance(0.5) and g.opset >= 17:
        g.node("LayerNormalization", [y] + [g.tensor([size], F32, constant=True) for _ in range(2)], epsilon=0.01)


def constants_only(g):
    """Nodes that can be computed beforehand."""
    a = g.tensor(g.shape(1, 3, 60), F32, constant=True)
    b = g.node(g.choose(["Neg", "Sqrt", "Transpose", "Abs", "Exp"]), [a], special=False)
    c = g.node("Mul", [b, g.scalar(0.5)])
    g.node("Add", [g.tensor(g.at(c).shape, F32, constant=False), c])


def twice(g):
    """The same node twice."""
    x = rows(g, low=1, types=(F32,))
    op = g.choose(["Relu", "Sigmoid", "Neg", "Softmax"])
    g.node("Add", [g.node(op, [x]), g.node(op, [x])])


RULES = [
    (layer_norm, 9), (rms_norm, 4), (gelu, 8), (silu, 3), (hard_swish, 3), (mlp, 8), (attention, 14), (standard_attention, 3),
    (turned_product, 5), (channels_last, 4), (pooled, 5), (embedding, 6), (constants_only, 3), (twice, 3)]
