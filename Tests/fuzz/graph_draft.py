"""A graph under construction: each node is computed as it is added, so that its operands and results are known.

Beside its values, every tensor has some that are shaken: computed again from operands that are moved by a few rounding errors,
and moved by as much themselves. How far those are from the values says what another order of sums may change, and is what
comparisons allow; a node whose integers, truths or shapes they change is not taken, since nobody can say what it must give.
"""
import warnings

import numpy as np
import onnx
import onnxruntime
from onnx import helper
from onnx.reference import ReferenceEvaluator

SHAKES = 3
# By how much results of one type may be off, relative: 8 steps of f32, 1.5 of f16. What runs in f64 elsewhere may run in f32.
NOISE = {np.dtype(np.float32): 1e-6, np.dtype(np.float64): 1e-6, np.dtype(np.float16): 1.5e-3}
LARGEST = {np.dtype(np.float32): 1e6, np.dtype(np.float64): 1e6, np.dtype(np.float16): 200.0}
# Functions that subtract numbers as large as their operand, or 1, on the way to smaller ones.
CANCELLING = {"Gelu", "BiasGelu", "FastGelu", "QuickGelu", "Mish", "Elu", "Celu", "Selu", "Softplus", "Tanh", "Erf", "Sinh", "Asinh",
              "Acosh", "Atanh", "Log"}
# How much further operands are moved before functions with steps.
CLEARANCE = 64
FLOATS = [np.float32, np.float64, np.float16]
onnxruntime.set_default_logger_severity(4)
np.seterr(all="ignore")
warnings.filterwarnings("ignore")


class Reject(Exception):
    """A node that would not be valid, or whose results nobody can say."""


class Value:
    """A tensor: its numbers, the shaken ones, whether other nodes are kept from it, by how much integers may be off, and whether
    it holds numbers that are not finite."""

    def __init__(self, base, shaken=None, hold=False, slack=0):
        self.base, self.shaken, self.hold, self.slack = base, shaken or [base] * SHAKES, hold or slack > 0, slack
        self.special = base.dtype.kind == "f" and not np.isfinite(base).all()

    def tolerance(self):
        """What each element may be off by."""
        if self.base.dtype.kind != "f" or self.base.size == 0:
            return np.zeros(self.base.shape)
        base = self.base.astype(np.float64)
        finite = np.where(np.isfinite(base), base, 0)
        moved = np.max([np.abs(s.astype(np.float64) - base) for s in self.shaken], axis=0)
        moved = np.where(np.isfinite(moved), moved, 0)
        unit = NOISE[self.base.dtype]
        # A few elements may have moved little by chance: the mean move is allowed to all.
        return 16 * moved + 8 * moved.mean() + 16 * unit * np.abs(finite) + 2 * unit * np.abs(finite).max()


def info(name, array, shape=None):
    return helper.make_tensor_value_info(
        name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape if shape is None else shape)


# Operands of products of integers, each with its zero point, by their places among a node's inputs.
INTEGER_OPERANDS = {
    "MatMulInteger": [(0, 2), (1, 3)], "ConvInteger": [(0, 2), (1, 3)], "DynamicQuantizeMatMul": [(1, 3)],
    "MatMulIntegerToFloat": [(0, 4), (1, 5)], "QLinearMatMul": [(0, 2), (3, 5)], "QLinearConv": [(0, 2), (3, 5)],
    "QGemm": [(0, 2), (3, 5)],
}


class Unsigned:
    """A product of integers whose operands of i8 are u8, 128 more, as are their zero points: the same product.

    Where the CPU has no dot products of bytes, onnxruntime sums pairs of u8 times i8 in 16 bits, and cuts off what they do not
    hold. Its products of u8 and u8 are exact everywhere.
    """

    def __init__(self, node, operands):
        self.node = onnx.NodeProto()
        self.node.CopyFrom(node)
        self.moved = []
        inputs = list(node.input)
        for place, zero in INTEGER_OPERANDS.get(node.op_type, []):
            if place < len(inputs) and operands[inputs[place]].dtype == np.int8:
                inputs += [""] * (zero + 1 - len(inputs))
                self.moved += [(inputs[place], inputs[place] + "#u8"), (inputs[zero], f"{place}#zero")]
                inputs[place], inputs[zero] = inputs[place] + "#u8", f"{place}#zero"
        del self.node.input[:]
        self.node.input.extend(inputs)

    def __call__(self, operands):
        result = dict(operands)
        for name, other in self.moved:
            result[other] = (operands[name] if name else np.zeros((), np.int8)).view(np.uint8) ^ np.uint8(128)
        return {name: result[name] for name in self.node.input if name}


class Engine:
    """One node in onnxruntime, or in onnx.reference where that does not have it."""

    def __init__(self, node, operands, opset):
        self.unsigned = Unsigned(node, operands)
        node, operands = self.unsigned.node, self.unsigned(operands)
        outputs = [onnx.ValueInfoProto(name=o) for o in node.output if o]
        graph = helper.make_graph([node], "g", [info(n, a) for n, a in operands.items()], outputs)
        imports = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]
        self.model = helper.make_model(graph, opset_imports=imports, ir_version=min(10, onnx.IR_VERSION))
        self.names = [o for o in node.output if o]
        try:
            options = onnxruntime.SessionOptions()
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            self.session = onnxruntime.InferenceSession(
                self.model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        except Exception:
            self.session = None
            try:
                onnx.shape_inference.infer_shapes(self.model, strict_mode=True, check_type=True)
                self.reference = ReferenceEvaluator(self.model)
            except Exception as error:
                raise Reject(f"{node.op_type}: {error}") from error

    def __call__(self, operands):
        operands = self.unsigned(operands)
        try:
            if self.session:
                return self.session.run(self.names, operands)
            return [np.asarray(r) for r in self.reference.run(self.names, operands)]
        except Exception as error:
            raise Reject(str(error)) from error


class Draft:
    """Nodes, inputs and constants so far."""

    def __init__(self, random, opset):
        self.random, self.opset = random, opset
        self.nodes, self.values = [], {}
        self.inputs, self.constants = [], []
        self.allows_empty = random.rand() < 0.06
        # Whether extents of inputs may be free, and why the last node was not taken.
        self.named, self.rejected = True, None

    # Choices.

    def chance(self, probability):
        return self.random.rand() < probability

    def choose(self, items):
        return items[self.random.randint(len(items))]

    def extent(self):
        if self.allows_empty and self.chance(0.08):
            return 0
        return self.choose([1, 1, 2, 2, 3, 3, 4, 5, 7, 8, 9, 16, 17])

    def shape(self, low=0, high=4, most=1500):
        shape = [self.extent() for _ in range(self.random.randint(low, high + 1))]
        while np.prod(shape, dtype=np.int64) > most:
            shape[int(np.argmax(shape))] = 2
        return shape

    def dtype(self, choices=None):
        choices = choices or [np.float32] * 8 + [np.int64, np.int32, np.float16, np.float64, np.uint8, np.int8]
        return np.dtype(self.choose(choices))

    # Tensors.

    def numbers(self, shape, dtype, low=-2.0, high=2.0):
        """Numbers of few bits, so that much can be computed without rounding."""
        dtype = np.dtype(dtype)
        if dtype == np.bool_:
            return np.asarray(self.random.rand(*shape) < 0.6)
        if dtype.kind == "f":
            return np.asarray(self.random.randint(int(low * 16), int(high * 16) + 1, size=shape) / 16).astype(dtype)
        low = 0 if dtype.kind == "u" else -6
        return np.asarray(self.random.randint(low, 7, size=shape)).astype(dtype)

    def put(self, array, constant=None, hold=False):
        """A tensor as an input or a constant."""
        array = np.asarray(array)
        if constant is None:
            constant = self.chance(0.55) and bool(self.inputs)
        name = f"{'c' if constant else 'x'}{len(self.values)}"
        (self.constants if constant else self.inputs).append(name)
        self.values[name] = Value(array, hold=hold)
        return name

    def tensor(self, shape, dtype=np.float32, constant=None, low=-2.0, high=2.0):
        """A tensor of its own, or now and then a constant that another node has too."""
        if constant and (low, high) == (-2.0, 2.0) and self.chance(0.15):
            same = [n for n in self.constants if not self.values[n].hold and self.at(n).dtype == np.dtype(dtype)
                    and self.at(n).shape == tuple(shape)]
            if same:
                return self.choose(same)
        return self.put(self.numbers(shape, dtype, low, high), constant)

    def integers(self, numbers, constant=True, dtype=np.int64):
        return self.put(np.array(numbers, dtype), constant=constant or self.allows_empty, hold=True)

    def scalar(self, number, dtype=np.float32, constant=True):
        return self.put(np.array(number, dtype), constant=constant, hold=True)

    def at(self, name):
        return self.values[name].base

    def pick(self, dtypes=None, low=0, high=5, where=None, special=False):
        """A value of the graph, rather a late one, or a new tensor."""
        def fits(name):
            value = self.values[name]
            array = value.base
            return (
                not value.hold and (special or not value.special) and low <= array.ndim <= high
                and (dtypes is None or array.dtype in dtypes) and (where is None or where(array)))
        found = [n for n in self.values if fits(n)]
        if found and self.chance(0.85):
            return found[-1 - min(int(self.random.exponential(2.0)), len(found) - 1)]
        for _ in range(20):
            dtype = self.dtype([d for d in dtypes]) if dtypes else self.dtype()
            array = self.numbers(self.shape(low, min(high, max(low, 4))), dtype)
            if where is None or where(array):
                return self.put(array)
        raise Reject("no operand")

    def partner(self, shape, dtype, **range_):
        """A tensor that can be stretched to a shape, or to which that can be stretched."""
        shape = list(shape)
        fitting = [
            n for n, v in self.values.items()
            if not v.hold and not v.special and v.base.dtype == dtype and broadcasts(shape, v.base.shape) and not range_]
        if fitting and self.chance(0.6):
            return self.choose(fitting)
        own = [1 if self.chance(0.25) else e for e in shape[self.random.randint(0, len(shape) + 1):]] \
            if self.chance(0.6) else list(shape)
        if self.chance(0.1) and len(own) == len(shape) < 4 and np.prod(shape, dtype=np.int64) < 200:
            own = [self.choose([1, 2, 3])] + own
        return self.tensor(own, dtype, **range_)

    # Nodes.

    def node(self, op, inputs, outputs=1, exact=False, steps=False, domain="", special=None, slack=0,
             **attributes):
        """Adds a node; the names of its outputs. `exact`: it rounds nothing; `steps`: its results jump; `slack`: by how much
        integers may be off."""
        attributes = {k: v for k, v in attributes.items() if v is not None}
        wanted = [True] * outputs if isinstance(outputs, int) else outputs
        names = [f"v{len(self.values)}_{i}" if w else "" for i, w in enumerate(wanted)]
        while inputs and not inputs[-1]:
            inputs = inputs[:-1]
        node = helper.make_node(op, inputs, names, name=f"n{len(self.nodes)}", domain=domain, **attributes)
        operands = {n: self.values[n] for n in dict.fromkeys(inputs) if n}
        bases = {n: v.base for n, v in operands.items()}
        engine = Engine(node, bases, self.opset)
        results = engine(bases)
        shaken = [engine({n: self.moved(v, i, exact) for n, v in operands.items()}) for i in range(SHAKES)]
        if steps:
            # Moved at random, and all up and all down: what lies at a step crosses it one way.
            for way in [*range(SHAKES), "up", "down"]:
                check_steps(results, engine({n: cleared(v, way) for n, v in operands.items()}))
        kept = [n for n in names if n]
        added = {}
        for index, (name, base) in enumerate(zip(kept, results)):
            base = np.asarray(base)
            moves = [np.asarray(s[index]) for s in shaken]
            if op in CANCELLING:
                moves = [self.blur(m, bases[inputs[0]]) for m in moves]
            # onnxruntime's is 0.5 and a quotient, good to 1e-7 and not to a share of small results.
            if "Sigmoid" in (op, attributes.get("activation")):
                moves = [(m + NOISE[m.dtype] / (8 if i % 2 else -8)).astype(m.dtype) for i, m in enumerate(moves)]
            added[name] = Value(base, [m if exact else self.shake(m) for m in moves], slack=slack)
            self.check(op, added[name], special)
        # Of two free extents 0 and 1, the result has 0: that is not known before running.
        self.named = self.named and all(v.base.size > 0 for v in [*operands.values(), *added.values()])
        self.nodes.append(node)
        self.values.update(added)
        return names[0] if len(names) == 1 else names

    def moved(self, value, index, exact):
        return value.shaken[index] if exact or value.hold else self.shake(value.shaken[index])

    def shake(self, array):
        if array.dtype.kind != "f" or array.size == 0:
            return array
        noise = 1 + NOISE[array.dtype] * self.random.uniform(-1, 1, array.shape)
        return np.asarray((array * noise).astype(array.dtype))

    def blur(self, array, operand):
        """Moved by rounding errors of numbers of the size of an operand."""
        if array.size == 0:
            return array
        size = max(1.0, float(np.abs(np.where(np.isfinite(operand), operand, 0)).max()))
        noise = NOISE[array.dtype] / 8 * size * self.random.uniform(-1, 1, array.shape)
        return np.asarray((array + noise).astype(array.dtype))

    def check(self, op, value, special):
        base = value.base
        if base.size > 20000:
            raise Reject("large")
        for shaken in value.shaken:
            if shaken.shape != base.shape:
                raise Reject("a shape that depends on rounding")
            if base.dtype.kind != "f":
                if (shaken != base).any():
                    raise Reject("integers that depend on rounding")
            elif (np.isfinite(shaken) != np.isfinite(base)).any():
                raise Reject("infinities that depend on rounding")
        if base.dtype.kind == "f" and base.size:
            if value.special and not (special or self.chance(0.15)):
                raise Reject("not finite")
            finite = np.abs(np.where(np.isfinite(base), base, 0))
            if finite.max() > LARGEST[base.dtype]:
                raise Reject("large numbers")
        elif base.dtype.kind in "iu" and base.size and np.abs(base.astype(np.float64)).max() > 1e6:
            raise Reject("large integers")


def cleared(value, way):
    """A value moved far: as it was shaken, or by as much up or down."""
    if value.base.dtype.kind != "f" or value.hold:
        return value.base
    base = value.base.astype(np.float64)
    moves = [s.astype(np.float64) - base for s in value.shaken]
    if way == "up" or way == "down":
        move = np.max(np.abs(moves), axis=0) * (1 if way == "up" else -1)
    else:
        move = moves[way]
    return np.asarray((base + CLEARANCE * move).astype(value.base.dtype))


def check_steps(results, others):
    for base, other in zip(results, others):
        base, other = np.asarray(base), np.asarray(other)
        if base.shape != other.shape:
            raise Reject("a step in a shape")
        if base.dtype.kind != "f":
            if (base != other).any():
                raise Reject("a step")
        elif base.size:
            a, b = base.astype(np.float64), other.astype(np.float64)
            if (np.abs(a - b) > 200 * NOISE[base.dtype] * (1 + np.abs(a))).any():
                raise Reject("a step")


def broadcasts(a, b):
    if len(b) > len(a):
        a, b = b, a
    return all(x == y or x == 1 or y == 1 for x, y in zip(a[len(a) - len(b):], b)) and np.prod(
        [max(x, y) for x, y in zip(a[len(a) - len(b):], b)] + list(a[:len(a) - len(b)]), dtype=np.int64) < 3000
