"""Random nodes: codes. Powers of 2 as scales make what is coded exact, other scales do not."""
import numpy as np
from graph_elements import F32, I8, U8
from graph_layers import image


def scale_of(g, count=None, short=False):
    """`short`: of few binary digits, so that what is rounded to codes is exact, and in the middle of two codes everywhere or
    nowhere."""
    odd = [0.046875, 0.01953125] if short else [0.05, 0.02]
    numbers = [g.choose([0.125, 0.0625, 0.03125] + odd) for _ in range(count or 1)]
    return g.put(np.array(numbers if count else numbers[0], np.float32), constant=True, hold=True)


def zero_of(g, dtype, count=None, even=False):
    """`even`: whether it is added before or after halves are rounded to even codes is the same."""
    number = g.choose([0, 0, 128 if dtype == U8 else 0, 4 if even else 3])
    return g.put(np.array([number] * count if count else number, dtype), constant=True, hold=True)


def coded(g, x, dtype):
    """Quantized and back."""
    s, z = scale_of(g), zero_of(g, dtype)
    q = g.node("QuantizeLinear", [x, s, z], exact=True, steps=True)
    return g.node("DequantizeLinear", [q, s, z])


def quantize(g):
    x = g.pick([F32], where=lambda x: x.size > 0)
    dtype = g.choose([U8, I8])
    if g.chance(0.3) and g.at(x).ndim > 1:
        axis = g.random.randint(g.at(x).ndim)
        s, z = scale_of(g, g.at(x).shape[axis]), zero_of(g, dtype, g.at(x).shape[axis])
        q = g.node("QuantizeLinear", [x, s, z], exact=True, steps=True, axis=axis)
        return g.node("DequantizeLinear", [q, s, z], axis=axis)
    coded(g, x, dtype)


def weight(g, shape, axis):
    """Codes of a weight, dequantized: for the whole or for each channel."""
    codes = g.put(g.random.randint(-127, 128, size=shape).astype(np.int8), constant=True, hold=True)
    if g.chance(0.5):
        return g.node("DequantizeLinear", [codes, scale_of(g, shape[axis]), zero_of_signed(g, shape[axis])], axis=axis)
    return g.node("DequantizeLinear", [codes, scale_of(g), zero_of_signed(g)])


def zero_of_signed(g, count=None):
    return g.put(np.zeros(count, np.int8) if count else np.int8(0), constant=True, hold=True)


def quantized_conv(g):
    x = image(g, 2, 2)
    array = g.at(x)
    dtype = g.choose([U8, I8])
    x = coded(g, x, dtype)
    channels = array.shape[1]
    group = g.choose([1, 1, channels])
    kernel = g.choose([[1, 1], [2, 2], [2, 1]])
    w = weight(g, [group * g.choose([1, 2, 8] if group == 1 else [1, 2]), channels // group] + kernel, 0)
    b = ""
    if g.chance(0.6):
        b = g.tensor([g.at(w).shape[0]], F32, constant=True)
    y = g.node("Conv", [x, w, b], group=group, kernel_shape=kernel, pads=g.choose([None, [1, 1, 1, 1]]),
               strides=g.choose([None, [2, 2]]))
    if g.chance(0.4):
        y = g.node("Relu", [y])
    if g.chance(0.7):
        coded(g, y, dtype)


def quantized_matmul(g):
    x = g.pick([F32], low=2, where=lambda x: x.size > 0)
    dtype = g.choose([U8, I8])
    x = coded(g, x, dtype)
    w = weight(g, [g.at(x).shape[-1], g.choose([1, 3, 8, 17])], 1)
    y = g.node("MatMul", [x, w])
    if g.chance(0.4):
        y = g.node("Add", [y, g.tensor(g.at(y).shape[-1:], F32, constant=True)])
    if g.chance(0.6):
        coded(g, y, dtype)


def integer_product(g):
    left, right = g.choose([U8, I8]), g.choose([U8, I8])
    m, k, n = g.choose([1, 3, 5]), g.choose([1, 4, 17, 33]), g.choose([1, 2, 9])
    a = g.put(g.random.randint(0, 256, size=(m, k)).astype(np.uint8).view(left))
    b = g.put(g.random.randint(0, 256, size=(k, n)).astype(np.uint8).view(right), constant=g.chance(0.8) or None)
    zeros = [g.put(np.array(g.choose([0, 3]), left), True, hold=True) if g.chance(0.6) else "",
             g.put(np.array(g.choose([0, 1]), right), True, hold=True) if g.chance(0.4) else ""]
    g.node("MatMulInteger", [a, b] + zeros)


def dynamic(g):
    x = g.pick([F32], low=2, high=3, where=lambda x: 0 < x.size < 500)
    q, s, z = g.node("DynamicQuantizeLinear", [x], outputs=3, steps=True, exact=True)
    k, n = g.at(x).shape[-1], g.choose([1, 4, 9])
    b = g.put(g.random.randint(-127, 128, size=(k, n)).astype(np.int8), constant=True, hold=True)
    y = g.node("MatMulInteger", [q, b, z, zero_of_signed(g)])
    y = g.node("Cast", [y], to=1)
    both = g.node("Mul", [s, scale_of(g, n if g.chance(0.5) else None)])
    y = g.node("Mul", [y, both])
    if g.chance(0.5):
        g.node("Add", [y, g.tensor([n], F32, constant=True)])


RULES = [
    (quantize, 3), (quantized_conv, 3), (quantized_matmul, 3), (integer_product, 2), (dynamic, 2)]
