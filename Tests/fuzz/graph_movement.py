"""Random nodes: movement, selection, and what finds its own extents."""
import numpy as np
from graph_elements import ANY, BOOL, F32, F64, I32, I64, some_axes


def transpose(g):
    a = g.pick(ANY, special=True)
    rank = g.at(a).ndim
    g.node("Transpose", [a], exact=True, perm=None if g.chance(0.15) or rank == 0 else [int(p) for p in g.random.permutation(rank)])


def reshape(g):
    # Without elements, many shapes fit that could not otherwise.
    a = g.pick(ANY, special=True, where=lambda x: x.size > 0)
    array = g.at(a)
    if g.chance(0.2):
        return g.node("Flatten", [a], exact=True, axis=int(g.random.randint(-array.ndim, array.ndim + 1)))
    factors, rest = [], array.size
    for f in (2, 2, 3, 2, 3, 5, 7, 17):
        if rest and rest % f == 0:
            factors.append(f)
            rest //= f
    shape = [1] * g.random.randint(0 if array.size == 1 else 1, 5)
    for f in factors + [rest]:
        if shape:
            shape[g.random.randint(len(shape))] *= f
    if array.size and shape:
        for i in range(min(len(shape), array.ndim)):
            if shape[i] == array.shape[i] and g.chance(0.3):
                shape[i] = 0
        if g.chance(0.4):
            shape[g.random.randint(len(shape))] = -1
    g.node("Reshape", [a, g.integers(np.array(shape, np.int64), constant=g.chance(0.9))], exact=True)


def squeeze(g):
    if g.chance(0.5):
        a = g.pick(ANY, special=True, where=lambda x: 1 in x.shape)
        ones = [i for i, e in enumerate(g.at(a).shape) if e == 1]
        axes = [i - g.at(a).ndim if g.chance(0.3) else i for i in ones if g.chance(0.7)] or None
        if axes is None and g.chance(0.8):
            axes = [ones[0]]
        # Without axes, only known extents can be dropped before running.
        g.named = g.named and axes is not None
        op = "Squeeze"
    else:
        a = g.pick(ANY, high=4, special=True)
        count = g.random.randint(1, 3)
        rank = g.at(a).ndim + count
        axes = [int(i) - (rank if g.chance(0.3) else 0) for i in g.random.permutation(rank)[:count]]
        op = "Unsqueeze"
    if g.opset >= 13:
        return g.node(op, [a] + ([g.integers(axes)] if axes is not None else []), exact=True)
    g.node(op, [a], exact=True, axes=axes)


def concat(g):
    a = g.pick(ANY, low=1)
    shape, axis = list(g.at(a).shape), g.random.randint(g.at(a).ndim)
    operands = [a]
    for _ in range(g.random.randint(0, 3)):
        own = list(shape)
        own[axis] = g.extent()
        same = [n for n, v in g.values.items() if v.base.dtype == g.at(a).dtype and not v.hold and not v.special
                and list(v.base.shape[:axis]) == shape[:axis] and list(v.base.shape[axis + 1:]) == shape[axis + 1:]]
        operands.append(g.choose(same) if same and g.chance(0.6) else g.tensor(own, g.at(a).dtype))
    g.random.shuffle(operands)
    g.node("Concat", operands, exact=True, axis=axis - (len(shape) if g.chance(0.4) else 0))


def split(g):
    a = g.pick(ANY, low=1, where=lambda x: max(x.shape) > 1)
    array = g.at(a)
    axis = int(np.argmax(array.shape))
    extent = array.shape[axis]
    if g.chance(0.4):
        parts = g.choose([2, 3])
        if g.opset < 18 and extent % parts:
            parts = extent if extent < 6 else 1
        return g.node("Split", [a], outputs=parts, exact=True, axis=axis, num_outputs=parts if g.opset >= 18 else None)
    cut = g.random.randint(0, extent + 1)
    sizes = [cut, extent - cut]
    if g.opset < 13:
        return g.node("Split", [a], outputs=2, exact=True, axis=axis, split=sizes)
    g.node("Split", [a, g.integers(sizes, constant=g.chance(0.9))], outputs=2, exact=True, axis=axis - g.choose([0, array.ndim]))


def slice_(g):
    a = g.pick(ANY, low=1, special=True)
    array = g.at(a)
    axes = some_axes(g, array.ndim)
    starts, ends, steps = [], [], []
    for axis in axes:
        extent = array.shape[axis]
        step = g.choose([1, 1, 1, 2, 3, -1, -2])
        starts.append(g.random.randint(-extent - 1, extent + 1))
        ends.append(g.choose([g.random.randint(-extent - 1, extent + 2), 2**31 - 1 if step > 0 else -(2**31)]))
        steps.append(step)
    lists = [starts, ends, axes] + ([steps] if any(s != 1 for s in steps) or g.chance(0.5) else [])
    constant = g.chance(0.9)
    dtype = g.choose([np.int64, np.int64, np.int32])
    g.node("Slice", [a] + [g.integers(x, constant, dtype) for x in lists], exact=True)


def pad(g):
    a = g.pick([F32, F32, F32, I64, I32, F64], low=1, where=lambda x: x.size < 300)
    array = g.at(a)
    mode = g.choose([None, "constant", "reflect", "edge"])
    if mode in ("reflect", "edge") and array.size == 0:
        mode = None
    axes = some_axes(g, array.ndim) if g.opset >= 18 and g.chance(0.4) else list(range(array.ndim))
    def amount(axis):
        if mode == "reflect":
            return g.random.randint(0, min(3, array.shape[axis]))
        return g.choose([0, 0, 1, 2] + ([-1] if mode in (None, "constant") and array.shape[axis] > 2 else []))
    pads = [amount(a) for a in axes] + [amount(a) for a in axes]
    operands = [a, g.integers(pads, constant=g.chance(0.9))]
    value = g.scalar(1, array.dtype) if mode in (None, "constant") and g.chance(0.4) else ""
    operands.append(value)
    if len(axes) != array.ndim or axes != list(range(array.ndim)):
        operands.append(g.integers(axes))
    g.node("Pad", operands, exact=True, mode=mode)


def stretch(g):
    a = g.pick(ANY, where=lambda x: x.size < 200)
    array = g.at(a)
    if g.chance(0.4) and array.ndim:
        repeats = [g.choose([1, 1, 2, 3]) for _ in range(array.ndim)]
        return g.node("Tile", [a, g.integers(repeats, constant=g.chance(0.9))], exact=True)
    shape = [g.choose([2, 3]) if e == 1 and g.chance(0.6) else g.choose([1, e]) for e in array.shape]
    if g.chance(0.3) and array.ndim < 4:
        shape = [g.choose([1, 2])] + shape
    g.node("Expand", [a, g.integers(np.array(shape, np.int64), constant=g.chance(0.9))], exact=True)


def indices(g, shape, extent, low=None, dtype=None):
    numbers = g.random.randint(-extent if low is None else low, extent, size=shape)
    dtype = dtype or g.choose([np.int64, np.int64, np.int32])
    return g.put(np.asarray(numbers).astype(dtype), hold=True)


def gather(g):
    op = g.choose(["Gather", "Gather", "GatherElements", "GatherND"])
    a = g.pick(ANY, low=1, where=lambda x: x.size > 0)
    array = g.at(a)
    axis = g.random.randint(-array.ndim, array.ndim)
    if op == "Gather":
        return g.node("Gather", [a, indices(g, g.shape(0, 2, 30), array.shape[axis])], exact=True, axis=axis)
    if op == "GatherElements":
        shape = list(array.shape)
        shape[axis] = g.choose([1, 2, 4])
        return g.node("GatherElements", [a, indices(g, shape, array.shape[axis])], exact=True, axis=axis)
    depth = g.random.randint(1, array.ndim + 1)
    count = g.choose([1, 3, 4])
    tuples = np.stack([g.random.randint(-e, e, size=count) for e in array.shape[:depth]], axis=-1)
    g.node("GatherND", [a, g.put(tuples.astype(np.int64), hold=True)], exact=True)


def scatter(g):
    a = g.pick([F32, F32, I64, I32], low=1, where=lambda x: x.size > 0)
    array = g.at(a)
    reductions = [None] + (["add", "mul"] if g.opset >= 16 else []) + (["max", "min"] if g.opset >= 18 else [])
    reduction = g.choose(reductions)
    if g.chance(0.5):
        axis = g.random.randint(array.ndim)
        shape = list(array.shape)
        shape[axis] = g.random.randint(1, shape[axis] + 1)
        order = np.argsort(g.random.rand(*array.shape), axis=axis).take(range(shape[axis]), axis=axis)
        return g.node("ScatterElements", [a, g.put(order.astype(np.int64), hold=True), g.tensor(shape, array.dtype)],
                      axis=axis, reduction=reduction, exact=reduction is None)
    rows = g.random.permutation(array.shape[0])[:3].astype(np.int64).reshape(-1, 1)
    updates = g.tensor([len(rows)] + list(array.shape[1:]), array.dtype)
    g.node("ScatterND", [a, g.put(rows, hold=True), updates], reduction=reduction, exact=reduction is None)


def one_hot(g):
    depth = g.choose([2, 3, 5])
    a = indices(g, g.shape(1, 2, 30), depth, dtype=np.int64)
    values = g.put(g.numbers([2], g.choose([F32, I64])))
    g.node("OneHot", [a, g.integers(depth, constant=g.chance(0.8)), values], exact=True,
           axis=g.random.randint(-g.at(a).ndim - 1, g.at(a).ndim + 1))


def top(g):
    a = g.pick([F32, F32, I64, I32], low=1, where=lambda x: x.size > 0)
    axis = g.random.randint(-g.at(a).ndim, g.at(a).ndim)
    k = g.random.randint(0 if g.chance(0.1) else 1, g.at(a).shape[axis] + 1)
    g.node("TopK", [a, g.integers([k], constant=g.chance(0.7))], outputs=2, steps=True, axis=axis,
           largest=g.choose([None, 0, 1]), sorted=1)


def found(g):
    op = g.choose(["NonZero", "Unique", "Compress"])
    if op == "NonZero":
        return g.node(op, [g.pick([F32, I64, BOOL], low=1)], steps=True)
    if op == "Unique":
        a = g.pick([F32, I64], low=1, where=lambda x: x.size > 0)
        axis = g.choose([None, 0])
        wanted = [True] + [g.chance(0.5) for _ in range(3)]
        return g.node(op, [a], outputs=wanted, steps=True, axis=axis, sorted=g.choose([0, 1]))
    a = g.pick(ANY, low=1)
    axis = g.choose([None, 0, -1])
    extent = g.at(a).size if axis is None else g.at(a).shape[axis]
    g.node(op, [a, g.tensor([extent], BOOL)], exact=True, axis=axis)


def suppress(g):
    batch, kinds, count = g.choose([1, 2]), g.choose([1, 3]), g.choose([1, 6, 12])
    boxes = g.tensor([batch, count, 4], F32)
    scores = g.tensor([batch, kinds, count], F32)
    limits = [g.integers([g.choose([0, 2, 20])]), g.put(np.array([0.3], np.float32), hold=True),
              g.put(np.array([0.1], np.float32), hold=True) if g.chance(0.5) else ""]
    g.node("NonMaxSuppression", [boxes, scores] + limits, exact=True, center_point_box=g.choose([None, 0, 1]))


def triangle(g):
    a = g.pick([F32, F32, I64, F64], low=2)
    operands = [a] + ([g.integers(g.random.randint(-3, 4), constant=g.chance(0.8))] if g.chance(0.6) else [])
    g.node("Trilu", operands, exact=True, upper=g.choose([None, 0, 1]))


def shape_work(g):
    """The arithmetic on shapes that exporters write: a reshape that merges the first axes."""
    a = g.pick(ANY, low=2, where=lambda x: x.size > 0)
    shape = g.node("Shape", [a])
    first = g.node("Gather", [shape, g.integers(0)], axis=0)
    if g.chance(0.3):
        start = g.random.randint(0, g.at(a).ndim)
        part = g.node("Slice", [shape, g.integers([start]), g.integers([start + 1])])
        ones = g.node("ConstantOfShape", [part])
        g.node("Add", [ones, g.partner(g.at(ones).shape, F32)])
    second = g.node("Gather", [shape, g.integers(1)], axis=0)
    both = g.node("Mul", [first, second])
    if g.opset < 13:
        row = g.node("Unsqueeze", [both], axes=[0])
    else:
        row = g.node("Unsqueeze", [both, g.integers([0])])
    target = g.node("Concat", [row, g.integers([-1])], axis=0)
    g.node("Reshape", [a, target], exact=True)


def progression(g):
    if g.chance(0.5):
        start, step, count = g.random.randint(-3, 4), g.choose([1, 2, -1]), g.random.randint(0, 9)
        dtype = g.choose([np.int64, np.int32])
        ends = [start, start + step * count, step]
        return g.node("Range", [g.put(np.array(e, dtype), g.chance(0.8), hold=True) for e in ends])
    a = g.pick([F32, I64], low=2, high=2)
    g.node("EyeLike", [a], k=g.choose([None, 1, -1]), dtype=g.choose([None, 1, 7]))


def einsum(g):
    text = g.choose(["ij,jk->ik", "bij,bjk->bik", "ij->ji", "bi,bi->b", "ij,kj->ik", "i,j->ij", "bhid,bhjd->bhij", "ii->i"])
    sizes = {c: max(g.extent(), 1) % 6 or 2 for c in "bhijkd"}
    left = text.split("->")[0].split(",")
    g.node("Einsum", [g.tensor([sizes[c] for c in part], F32) for part in left], equation=text)


def identity(g):
    a = g.pick(ANY, special=True)
    if g.chance(0.3) and g.at(a).dtype.kind == "f":
        return g.node("Dropout", [a], exact=True)
    g.node("Identity", [a], exact=True)


RULES = [
    (transpose, 8), (reshape, 8), (squeeze, 5), (concat, 5), (split, 4), (slice_, 5), (pad, 4), (stretch, 3), (gather, 5),
    (scatter, 3), (one_hot, 2), (top, 2), (found, 2), (suppress, 1), (triangle, 2), (shape_work, 3), (progression, 1),
    (einsum, 2), (identity, 3)]
