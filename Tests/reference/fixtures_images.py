"""The cases of Fixtures/operators/images: convolutions, pooling, normalizations, images and recurrent layers.

Outputs are onnxruntime's, or with reference=True those of onnx.reference, where onnxruntime lacks the operator or an option.
"""
import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

TYPES = {"float32": TensorProto.FLOAT, "int64": TensorProto.INT64, "int32": TensorProto.INT32, "uint8": TensorProto.UINT8,
         "int8": TensorProto.INT8, "float16": TensorProto.FLOAT16}
random = np.random.default_rng(20)
cases = []


def f(*shape):
    return random.standard_normal(shape).astype(np.float32)


def i(*values):
    return np.array(values, np.int64)


def case(name, op, inputs, outputs=1, fixed=(), free=None, tolerance=(1e-5, 2e-6), reference=False, opset=22, **attributes):
    """A node; inputs are arrays, or None where absent; `fixed` are the places of those that the graph holds."""
    names = [f"x{n}" if a is not None else "" for n, a in enumerate(inputs)]
    made = outputs if isinstance(outputs, list) else [f"y{n}" for n in range(outputs)]
    node = helper.make_node(op, names, made, **attributes)
    given = {n: a for n, a in zip(names, inputs) if n}
    ports = [helper.make_tensor_value_info(n, TYPES[a.dtype.name], a.shape) for n, a in given.items()]
    results = [helper.make_empty_tensor_value_info(n) for n in made if n]
    model = helper.make_model(helper.make_graph([node], "g", ports, results), opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 10
    if reference:
        found = ReferenceEvaluator(model).run(None, given)
    else:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        found = session.run(None, given)
    cases.append((name, node, given, found, [names[n] for n in fixed], free or {}, list(tolerance)))


def convolutions():
    n = {"0:0": "N"}
    case("conv", "Conv", [f(2, 3, 7, 9), f(4, 3, 3, 3), f(4)], free=n, fixed=[1, 2], pads=[1, 1, 1, 1])
    case("conv_stride_dilation", "Conv", [f(1, 2, 11, 12), f(3, 2, 3, 2)], strides=[2, 3], dilations=[2, 1], pads=[0, 1, 2, 0])
    case("conv_same_upper", "Conv", [f(1, 2, 7, 8), f(3, 2, 3, 4), f(3)], auto_pad="SAME_UPPER", strides=[2, 3])
    case("conv_same_lower", "Conv", [f(1, 2, 7, 8), f(3, 2, 3, 4), f(3)], auto_pad="SAME_LOWER", strides=[2, 1])
    case("conv_valid", "Conv", [f(1, 2, 7, 8), f(3, 2, 3, 4)], auto_pad="VALID", strides=[2, 3])
    case("conv_groups", "Conv", [f(2, 6, 6, 5), f(9, 2, 3, 3), f(9)], group=3, pads=[1, 0, 0, 1])
    case("conv_1d", "Conv", [f(2, 3, 17), f(5, 3, 4), f(5)], pads=[2, 1], strides=[2])
    case("conv_3d", "Conv", [f(1, 2, 4, 5, 6), f(3, 2, 2, 3, 3), f(3)], pads=[1, 1, 0, 0, 1, 2], strides=[1, 2, 1])
    case("conv_pointwise", "Conv", [f(2, 5, 4, 6), f(20, 5, 1, 1), f(20)], free={"0:0": "N", "0:2": "H", "0:3": "W"}, fixed=[1, 2])
    case("conv_pointwise_stride", "Conv", [f(1, 4, 7, 7), f(6, 4, 1, 1)], strides=[2, 2])
    case("conv_aligned_rows", "Conv", [f(1, 1024, 2, 2), f(3, 1024, 1, 1) * np.float32(0.03), f(3)], fixed=[1, 2])
    case("conv_free_extents", "Conv", [f(1, 2, 9, 8), f(3, 2, 3, 3)], free={"0:2": "H", "0:3": "W"}, pads=[1, 1, 1, 1], strides=[2, 1])
    case("conv_large_dilation", "Conv", [f(1, 1, 3, 30), f(9, 1, 1, 3)], dilations=[1, 9], pads=[0, 5, 0, 8])
    case("conv_large_pads", "Conv", [f(1, 2, 3, 3), f(2, 2, 3, 3)], pads=[5, 4, 3, 6])
    case("depthwise", "Conv", [f(2, 5, 9, 8), f(5, 1, 3, 3), f(5)], group=5, pads=[1, 1, 1, 1])
    case("depthwise_stride", "Conv", [f(1, 4, 10, 11), f(4, 1, 5, 5), f(4)], group=4, pads=[2, 2, 2, 2], strides=[2, 3])
    case("depthwise_dilation", "Conv", [f(1, 3, 12, 9), f(3, 1, 3, 3)], group=3, dilations=[2, 3], strides=[3, 2], pads=[1, 3, 2, 0])
    case("depthwise_multiplier", "Conv", [f(1, 3, 6, 6), f(6, 1, 3, 3), f(6)], group=3)
    case("depthwise_wide", "Conv", [f(1, 2, 3, 70), f(2, 1, 3, 5), f(2)], group=2, pads=[1, 2, 1, 2])
    case("depthwise_3d", "Conv", [f(1, 2, 4, 5, 6), f(2, 1, 3, 2, 3)], group=2, strides=[2, 1, 2], pads=[1, 0, 1, 1, 1, 1])
    case("depthwise_1d", "Conv", [f(1, 3, 20), f(3, 1, 7), f(3)], group=3, pads=[3, 3])
    case("transposed", "ConvTranspose", [f(2, 3, 4, 5), f(3, 4, 3, 3), f(4)], fixed=[1, 2], free={"0:0": "N"})
    case("transposed_stride", "ConvTranspose", [f(1, 3, 4, 5), f(3, 2, 3, 4), f(2)], strides=[2, 3], pads=[1, 0, 0, 2], output_padding=[1, 2])
    case("transposed_groups", "ConvTranspose", [f(2, 4, 3, 3), f(4, 3, 2, 2), f(6)], group=2, strides=[2, 2], fixed=[1])
    case("transposed_groups_computed", "ConvTranspose", [f(2, 4, 3, 3), f(4, 3, 2, 2)], group=2, dilations=[2, 1])
    case("transposed_same", "ConvTranspose", [f(1, 2, 4, 5), f(2, 2, 3, 3)], strides=[2, 2], auto_pad="SAME_UPPER")
    case("transposed_same_lower", "ConvTranspose", [f(1, 2, 4, 5), f(2, 2, 3, 4)], strides=[2, 2], auto_pad="SAME_LOWER")
    case("transposed_shape", "ConvTranspose", [f(1, 2, 4, 5), f(2, 2, 3, 3)], strides=[3, 2], output_shape=[11, 9])
    case("transposed_1d", "ConvTranspose", [f(1, 2, 9), f(2, 3, 4)], strides=[2])
    case("transposed_3d", "ConvTranspose", [f(1, 2, 2, 3, 3), f(2, 2, 2, 2, 3)], strides=[2, 1, 2], pads=[0, 1, 0, 1, 0, 0])
    case("col2im", "Col2Im", [f(2, 18, 20), i(5, 6), i(3, 3)], fixed=[1, 2], reference=True, pads=[1, 0, 0, 1], opset=18)
    case("col2im_dilated", "Col2Im", [f(1, 4, 9), i(6, 5), i(2, 2)], fixed=[1, 2], reference=True, strides=[2, 1], dilations=[1, 2], opset=18)
    h = lambda *shape: f(*shape).astype(np.float16)  # noqa: E731
    case("conv_half", "Conv", [h(1, 3, 6, 5), h(4, 3, 3, 3), h(4)], fixed=[1, 2], tolerance=(2e-3, 2e-3), reference=True)
    case("maxpool_half", "MaxPool", [h(1, 3, 6, 5)], kernel_shape=[2, 2], outputs=2)
    shifts = random.uniform(-1.5, 1.5, (2, 36, 4, 5)).astype(np.float32)
    case("deformconv", "DeformConv", [f(2, 4, 6, 5), f(6, 2, 3, 3), shifts, f(6), f(2, 18, 4, 5)], group=2, offset_group=2,
         pads=[0, 1, 0, 1], reference=True, tolerance=(1e-4, 1e-5))
    case("deformconv_stride", "DeformConv", [f(1, 2, 7, 6), f(3, 2, 2, 2), f(1, 8, 3, 3)], strides=[2, 2], dilations=[1, 2],
         pads=[0, 1, 0, 1], reference=True, tolerance=(1e-4, 1e-5))
    case("causal", "CausalConvWithState", [f(2, 3, 5), f(3, 1, 4), f(3), f(2, 3, 3)], outputs=2, activation="silu", reference=True,
         opset=27, free={"0:0": "N", "0:2": "L", "3:0": "N"})
    case("causal_short", "CausalConvWithState", [f(1, 2, 2), f(2, 1, 6)], outputs=2, reference=True, opset=27)


def pooling():
    case("maxpool", "MaxPool", [f(2, 3, 9, 10)], kernel_shape=[3, 2], strides=[2, 1], pads=[1, 0, 1, 1], free={"0:0": "N"})
    case("maxpool_ceil", "MaxPool", [f(1, 2, 7, 10)], kernel_shape=[3, 3], strides=[2, 3], pads=[0, 1, 0, 1], ceil_mode=1)
    case("maxpool_dilated", "MaxPool", [f(1, 2, 9, 9)], kernel_shape=[3, 2], dilations=[2, 3], strides=[1, 2])
    case("maxpool_same", "MaxPool", [f(1, 2, 8, 9)], kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER")
    case("maxpool_wide", "MaxPool", [f(1, 1, 3, 120)], kernel_shape=[3, 3], strides=[1, 2], pads=[1, 1, 1, 1])
    case("maxpool_1d", "MaxPool", [f(1, 2, 21)], kernel_shape=[4], strides=[3])
    case("maxpool_3d", "MaxPool", [f(1, 2, 5, 6, 7)], kernel_shape=[2, 3, 3], strides=[2, 2, 1], pads=[0, 1, 1, 1, 0, 1])
    case("maxpool_places", "MaxPool", [f(2, 2, 6, 7)], outputs=2, kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 0])
    case("maxpool_places_columns", "MaxPool", [f(2, 2, 6, 7)], outputs=2, kernel_shape=[2, 2], storage_order=1)
    case("maxpool_codes", "MaxPool", [random.integers(0, 255, (1, 2, 6, 6)).astype(np.uint8)], kernel_shape=[2, 2])
    case("averagepool", "AveragePool", [f(2, 3, 9, 10)], kernel_shape=[3, 2], strides=[2, 1], pads=[1, 0, 1, 1])
    case("averagepool_padded", "AveragePool", [f(1, 2, 9, 10)], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1)
    case("averagepool_ceil", "AveragePool", [f(1, 2, 8, 10)], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
    case("averagepool_ceil_padded", "AveragePool", [f(1, 2, 8, 11)], kernel_shape=[3, 3], strides=[2, 3], pads=[1, 1, 1, 1], ceil_mode=1, count_include_pad=1)
    case("averagepool_same", "AveragePool", [f(1, 2, 8, 9)], kernel_shape=[4, 3], strides=[2, 2], auto_pad="SAME_LOWER")
    case("averagepool_3d", "AveragePool", [f(1, 2, 4, 6, 5)], kernel_shape=[2, 3, 2], strides=[1, 2, 1], pads=[1, 1, 0, 0, 1, 1])
    case("averagepool_dilated", "AveragePool", [f(1, 1, 9, 9)], kernel_shape=[2, 3], dilations=[3, 2], pads=[1, 1, 1, 1])
    case("lppool", "LpPool", [f(1, 2, 8, 9)], kernel_shape=[3, 2], strides=[2, 1], pads=[1, 0, 0, 1])
    case("lppool_3", "LpPool", [f(1, 2, 8, 9)], kernel_shape=[2, 2], p=3, tolerance=(1e-4, 1e-5))
    case("lppool_1", "LpPool", [f(1, 2, 9)], kernel_shape=[3], p=1, strides=[2])
    for op in ["GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"]:
        case(op.lower(), op, [f(2, 3, 5, 4)], free={"0:0": "N"}, opset=20)
    case("globallppool_3", "GlobalLpPool", [f(2, 3, 5, 4)], p=3, opset=20, tolerance=(1e-4, 1e-5))
    x = f(1, 2, 2, 3)
    places = i(1, 8, 5, 30, 23, 11, 24, 26, 29, 42, 45, 47).reshape(1, 2, 2, 3)
    case("maxunpool", "MaxUnpool", [x, places], kernel_shape=[2, 2], strides=[2, 2])
    case("maxunpool_shape", "MaxUnpool", [x, places, i(1, 2, 5, 7)], fixed=[2], kernel_shape=[2, 2], strides=[2, 2], reference=True)


def normalizations():
    v = [f(4), f(4), f(4), np.abs(f(4))]
    case("batchnorm", "BatchNormalization", [f(2, 4, 3, 5)] + v, epsilon=1e-3, free={"0:0": "N"})
    case("batchnorm_2d", "BatchNormalization", [f(3, 4)] + v)
    case("instancenorm", "InstanceNormalization", [f(2, 3, 4, 5), f(3), f(3)], epsilon=1e-4)
    case("instancenorm_1d", "InstanceNormalization", [f(2, 3, 7), f(3), f(3)])
    case("groupnorm", "GroupNormalization", [f(2, 6, 4, 3), f(6), f(6)], num_groups=3, reference=True, tolerance=(1e-4, 1e-5))
    case("layernorm", "LayerNormalization", [f(2, 3, 4, 5), f(4, 5), f(4, 5)], axis=2, free={"0:0": "N"})
    case("layernorm_outputs", "LayerNormalization", [f(2, 3, 5), f(5), f(5)], outputs=3, reference=True, tolerance=(1e-4, 1e-5))
    case("layernorm_all", "LayerNormalization", [f(2, 3, 5), f(2, 3, 5)], axis=0, outputs=["y0", "", "y2"], reference=True, tolerance=(1e-4, 1e-5))
    case("layernorm_broadcast", "LayerNormalization", [f(2, 3, 5), f(1, 5), f(3, 1)], axis=1, reference=True, tolerance=(1e-4, 1e-5))
    case("rmsnorm", "RMSNormalization", [f(2, 3, 21), f(21)], reference=True, opset=23)
    case("rmsnorm_axis", "RMSNormalization", [f(2, 3, 4, 5), f(3, 4, 5)], axis=1, epsilon=1e-2, reference=True, opset=23)
    case("lpnorm", "LpNormalization", [f(3, 4, 5)], axis=1)
    case("lpnorm_1", "LpNormalization", [f(3, 4, 5)], p=1)
    case("mvn", "MeanVarianceNormalization", [f(2, 3, 4, 5)], free={"0:0": "N"}, tolerance=(1e-4, 1e-5))
    case("mvn_last", "MeanVarianceNormalization", [f(2, 3, 4, 5)], axes=[2, 3], tolerance=(1e-4, 1e-5))
    case("lrn", "LRN", [f(2, 7, 3, 2)], size=3, alpha=0.02, beta=0.75, bias=1.5)
    case("lrn_power", "LRN", [f(1, 7, 5, 1)], size=5, alpha=0.1, beta=0.6, tolerance=(1e-4, 1e-5))


def images():
    for mode in ["reflect", "edge"]:
        case(f"pad_{mode}", "Pad", [f(2, 4, 5), i(0, 2, 3, 1, 1, 4)], fixed=[1], mode=mode)
    case("pad_wrap", "Pad", [f(2, 4, 5), i(0, 2, 7, 1, 1, 4)], fixed=[1], mode="wrap", reference=True)
    case("pad", "Pad", [f(2, 4, 5), i(0, 2, 3, 1, 0, 4), np.array(2.5, np.float32)], fixed=[1, 2], free={"0:0": "N"})
    case("pad_cut", "Pad", [f(2, 4, 5), i(0, -1, 3, -1, 2, -2)], fixed=[1])
    case("pad_axes", "Pad", [random.integers(-9, 9, (2, 3, 4)).astype(np.int64), i(1, 2, 0, 1), np.array(7, np.int64), i(-1, 0)], fixed=[1, 2, 3])
    case("pad_codes", "Pad", [random.integers(0, 255, (3, 3)).astype(np.uint8), i(1, 0, 0, 2), np.array(200, np.uint8)], fixed=[1, 2])
    case("centercroppad", "CenterCropPad", [f(7, 4, 6), i(4, 9, 6)], fixed=[1], reference=True)
    case("centercroppad_axes", "CenterCropPad", [f(7, 4, 6), i(3, 10)], fixed=[1], axes=[-1, 1], reference=True)
    for mode in ["DCR", "CRD"]:
        case(f"depthtospace_{mode}", "DepthToSpace", [f(2, 12, 2, 3)], blocksize=2, mode=mode, free={"0:0": "N"})
    case("spacetodepth", "SpaceToDepth", [f(2, 2, 4, 6)], blocksize=2, free={"0:0": "N"})
    x, empty = f(1, 2, 4, 5), np.array([], np.float32)
    transforms = ["half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric"]
    for transform in transforms:
        for mode in ["nearest", "linear", "cubic"]:
            case(f"resize_{mode}_{transform}", "Resize", [x, None, np.array([1, 1, 1.7, 0.6], np.float32)], fixed=[2],
                 mode=mode, coordinate_transformation_mode=transform, reference=True)
    for rounding in ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]:
        case(f"resize_{rounding}", "Resize", [x, None, None, i(1, 2, 8, 3)], fixed=[3], nearest_mode=rounding)
    case("resize_crop", "Resize", [x, np.array([0, 0, 0.4, -0.1, 1, 1, 0.8, 1.2], np.float32), None, i(1, 2, 5, 6)], fixed=[1, 3],
         mode="linear", coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=9.0, reference=True)
    case("resize_antialias", "Resize", [f(1, 2, 9, 8), None, np.array([1, 1, 0.4, 0.6], np.float32)], fixed=[2], mode="linear", antialias=1, reference=True)
    case("resize_antialias_cubic", "Resize", [f(1, 2, 9, 8), None, np.array([0.5, 0.6], np.float32)], fixed=[2], axes=[2, 3], mode="cubic", antialias=1, reference=True)
    case("resize_exclude", "Resize", [x, None, np.array([1, 1, 2, 0.7], np.float32)], fixed=[2], mode="cubic", exclude_outside=1, cubic_coeff_a=-0.5, reference=True)
    case("resize_not_larger", "Resize", [x, None, None, i(9, 8)], fixed=[3], axes=[2, 3], mode="linear", keep_aspect_ratio_policy="not_larger", reference=True)
    case("resize_not_smaller", "Resize", [x, None, None, i(9, 8)], fixed=[3], axes=[3, 2], keep_aspect_ratio_policy="not_smaller", reference=True)
    case("resize_free", "Resize", [x, None, np.array([1, 1, 2, 2], np.float32)], fixed=[2], free={"0:0": "N", "0:2": "H", "0:3": "W"}, mode="linear")
    grid = random.uniform(-1.4, 1.4, (2, 3, 4, 2)).astype(np.float32)
    for mode in ["linear", "nearest", "cubic"]:
        for padding in ["zeros", "border", "reflection"]:
            for aligned in [0, 1]:
                case(f"gridsample_{mode}_{padding}_{aligned}", "GridSample", [f(2, 2, 4, 5), grid], mode=mode, padding_mode=padding,
                     align_corners=aligned, reference=True, tolerance=(1e-4, 1e-5))
    case("gridsample_3d", "GridSample", [f(1, 2, 3, 4, 5), random.uniform(-1.2, 1.2, (1, 2, 2, 3, 3)).astype(np.float32)], reference=True, tolerance=(1e-4, 1e-5))
    for aligned in [0, 1]:
        case(f"affinegrid_{aligned}", "AffineGrid", [f(2, 2, 3), i(2, 3, 4, 5)], fixed=[1], align_corners=aligned, reference=True)
        case(f"affinegrid_3d_{aligned}", "AffineGrid", [f(1, 3, 4), i(1, 2, 3, 2, 4)], fixed=[1], align_corners=aligned, reference=True)
    regions = np.array([[0, 0, 6, 5], [1.5, 2.5, 7.5, 7], [-3, 2, 12, 4], [4, 4, 4.2, 4.1]], np.float32)
    for mode in ["avg", "max"]:
        for transform in ["half_pixel", "output_half_pixel"]:
            case(f"roialign_{mode}_{transform}", "RoiAlign", [f(2, 2, 8, 9), regions, i(0, 1, 1, 0)], mode=mode,
                 coordinate_transformation_mode=transform, output_height=2, output_width=3, spatial_scale=0.9,
                 sampling_ratio=0 if mode == "avg" else 2, reference=True, tolerance=(1e-4, 1e-5))


def recurrent():
    gates = {"LSTM": 4, "GRU": 3, "RNN": 1}
    for op, g in gates.items():
        outputs = 3 if op == "LSTM" else 2
        for direction, ways in [("forward", 1), ("reverse", 1), ("bidirectional", 2)]:
            hidden, size, batch = 5, 3, 2
            w, r, b = f(ways, g * hidden, size), f(ways, g * hidden, hidden), f(ways, 2 * g * hidden)
            state = [f(ways, batch, hidden)] * (2 if op == "LSTM" else 1)
            extra = dict(fixed=[1, 2], free={"0:0": "S", "0:1": "N", "5:1": "N", "6:1": "N"}, tolerance=(1e-4, 1e-5))
            case(f"{op.lower()}_{direction}", op, [f(4, batch, size), w, r, b, None] + state, outputs=outputs,
                 hidden_size=hidden, direction=direction, **extra)
            case(f"{op.lower()}_{direction}_lengths", op, [f(4, 3, size), w, r, b, np.array([2, 4, 1], np.int32)], outputs=outputs,
                 hidden_size=hidden, direction=direction, tolerance=(1e-4, 1e-5))
    w, r = f(1, 64, 4), f(1, 64, 16)
    case("lstm_panels", "LSTM", [f(3, 2, 4), w, r], outputs=["y0"], hidden_size=16, fixed=[1, 2], tolerance=(1e-4, 1e-5))
    case("lstm_last", "LSTM", [f(3, 2, 4), w, r], outputs=["", "y1", "y2"], hidden_size=16, fixed=[1], tolerance=(1e-4, 1e-5))
    w, r, b, p = f(1, 20, 3), f(1, 20, 5), f(1, 40), f(1, 15)
    case("lstm_peepholes", "LSTM", [f(3, 2, 3), w, r, b, None, None, None, p], outputs=3, hidden_size=5, tolerance=(1e-4, 1e-5))
    case("lstm_clip", "LSTM", [3 * f(3, 2, 3), w, r, b], outputs=3, hidden_size=5, clip=0.5, tolerance=(1e-4, 1e-5))
    case("lstm_coupled", "LSTM", [f(3, 2, 3), w, r, b], outputs=3, hidden_size=5, input_forget=1, tolerance=(1e-4, 1e-5))
    case("lstm_activations", "LSTM", [f(3, 2, 3), w, r, b], outputs=3, hidden_size=5, tolerance=(1e-4, 1e-5),
         activations=["HardSigmoid", "Softsign", "Elu"], activation_alpha=[0.3, 0.7], activation_beta=[0.4])
    w, r, b = f(1, 15, 3), f(1, 15, 5), f(1, 30)
    case("gru_linear", "GRU", [f(3, 2, 3), w, r, b], outputs=2, hidden_size=5, linear_before_reset=1, tolerance=(1e-4, 1e-5))
    case("gru_no_bias", "GRU", [f(3, 2, 3), w, r], outputs=2, hidden_size=5, linear_before_reset=1, tolerance=(1e-4, 1e-5))
    w, r = f(2, 48, 3), f(2, 48, 16)
    case("gru_panels", "GRU", [f(3, 2, 3), w, r], outputs=2, hidden_size=16, direction="bidirectional", fixed=[1, 2], tolerance=(1e-4, 1e-5))
    w, r, b = f(1, 5, 3), f(1, 5, 5), f(1, 10)
    for name in ["Relu", "Affine", "LeakyRelu", "ThresholdedRelu", "ScaledTanh", "Softplus"]:
        case(f"rnn_{name.lower()}", "RNN", [f(2, 2, 3), w, r, b], outputs=2, hidden_size=5, activations=[name], tolerance=(1e-4, 1e-5),
             activation_alpha=[0.6], activation_beta=[0.3])


def main(folder="Fixtures/operators"):
    from operator_cases import write
    for family in [convolutions, pooling, normalizations, images, recurrent]:
        cases.clear()
        family()
        write(f"{folder}/{family.__name__}", cases)
        print(family.__name__, len(cases))
