"""Writes the ONNX model of a BERT-like folder: export_onnx.py [--attention] MODEL_FOLDER OUTPUT.onnx

Needs numpy, onnx and safetensors. Stands in for torch's exporter: the same operators in the form that onnxruntime's
own fusions look for, so that a comparison with it is a fair one. It shares no code with pack.

Inputs: input_ids, attention_mask and, for BERT, token_type_ids, int64 [batch, sequence].
Outputs: last_hidden_state; sentence_embedding as well when modules.json has a Pooling (mean, cls or max).
Reads model_type bert, distilbert, roberta, xlm-roberta and camembert.
"""

import json
import math
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

# Measured with onnxruntime 1.32 on AVX2, the plain form is the faster one: LayerNormalization and BiasGelu are fused,
# attention stays apart. The other form is fused into Attention and SkipLayerNormalization. Version 12 is the last in
# which Unsqueeze has its axes as an attribute, and onnxruntime looks for that.
PLAIN_OPSET, ATTENTION_OPSET = 17, 12


class Builder:
    def __init__(self, tensors, prefix, opset):
        self.tensors, self.prefix, self.opset = tensors, prefix, opset
        self.nodes, self.initializers, self.infos, self.names = [], [], [], set()

    def node(self, op, path, *inputs, outputs=1, **attributes):
        name = f"/{path}/{op}"
        while name in self.names:
            name += "_"
        self.names.add(name)
        results = [f"{name}_output_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), results, name=name, **attributes))
        return results[0] if outputs == 1 else results

    def along(self, op, path, x, axes, **attributes):
        """A node whose axes are an input in new versions and an attribute in old ones."""
        if self.opset >= 13:
            return self.node(op, path, x, self.integers(axes), **attributes)
        return self.node(op, path, x, axes=axes, **attributes)

    def constant(self, value, dtype):
        array = np.asarray(value, dtype=dtype)
        name = f"const_{dtype}_{array.shape}_{array.tolist()}".replace(" ", "")
        return self.keep(name, array)

    def floating(self, value):
        return self.constant(value, "float32")

    def integers(self, value):
        return self.constant(value, "int64")

    def keep(self, name, array):
        if name not in self.names:
            self.names.add(name)
            self.initializers.append(numpy_helper.from_array(np.array(array, order="C"), name))
        return name

    def weight(self, *names):
        for name in names:
            if self.prefix + name in self.tensors:
                return self.keep(name, self.tensors[self.prefix + name].astype(np.float32))
        raise SystemExit(f"no tensor {names}")

    def linear(self, x, path):
        # Exporters store the transposed weight, because constant folding has eaten the Transpose.
        weight = self.tensors[f"{self.prefix}{path}.weight"].astype(np.float32).T
        product = self.node("MatMul", path, x, self.keep(f"{path}.weight.T", weight))
        return self.node("Add", path, product, self.weight(f"{path}.bias"))

    def layer_norm(self, x, path, epsilon):
        mean = self.node("ReduceMean", path, x, axes=[-1])
        centred = self.node("Sub", path, x, mean)
        squared = self.node("Pow", path, centred, self.floating(2))
        variance = self.node("ReduceMean", path, squared, axes=[-1])
        deviation = self.node("Sqrt", path, self.node("Add", path, variance, self.floating(epsilon)))
        normal = self.node("Div", path, centred, deviation)
        scaled = self.node("Mul", path, normal, self.weight(f"{path}.weight", f"{path}.gamma"))
        return self.node("Add", path, scaled, self.weight(f"{path}.bias", f"{path}.beta"))

    def activation(self, x, kind, path):
        if kind == "relu":
            return self.node("Relu", path, x)
        if kind == "gelu":
            erf = self.node("Erf", path, self.node("Div", path, x, self.floating(math.sqrt(2))))
            product = self.node("Mul", path, x, self.node("Add", path, erf, self.floating(1)))
            return self.node("Mul", path, product, self.floating(0.5))
        cube = self.node("Mul", path, self.node("Pow", path, x, self.floating(3)), self.floating(0.044715))
        inner = self.node("Mul", path, self.node("Add", path, x, cube), self.floating(math.sqrt(2 / math.pi)))
        one = self.node("Add", path, self.node("Tanh", path, inner), self.floating(1))
        return self.node("Mul", path, self.node("Mul", path, x, self.floating(0.5)), one)


NAMES = {
    "bert": ("encoder.layer", "attention.self.query", "attention.self.key", "attention.self.value",
             "attention.output.dense", "attention.output.LayerNorm", "intermediate.dense", "output.dense",
             "output.LayerNorm"),
    "distilbert": ("transformer.layer", "attention.q_lin", "attention.k_lin", "attention.v_lin",
                   "attention.out_lin", "sa_layer_norm", "ffn.lin1", "ffn.lin2", "output_layer_norm"),
}


def embeddings(b, config, kind, hidden, epsilon):
    ids = "input_ids"
    total = b.node("Gather", "embeddings/word_embeddings", b.weight("embeddings.word_embeddings.weight"), ids)
    if kind == "roberta":
        padding = config.get("pad_token_id", 1)
        same = b.node("Equal", "embeddings", ids, b.integers(padding))
        real = b.node("Cast", "embeddings", b.node("Not", "embeddings", same), to=TensorProto.INT64)
        counted = b.node("CumSum", "embeddings", real, b.integers(1))
        positions = b.node("Add", "embeddings", b.node("Mul", "embeddings", counted, real), b.integers(padding))
    else:
        length = b.node("Gather", "embeddings", b.node("Shape", "embeddings", ids), b.integers(1))
        count = b.along("Unsqueeze", "embeddings", length, [0])
        limit = np.arange(config["max_position_embeddings"], dtype=np.int64)[None]
        positions = b.node("Slice", "embeddings", b.keep("position_ids", limit), b.integers([0]), count,
                           b.integers([1]))
    if kind != "distilbert":
        types = "token_type_ids" if kind == "bert" else b.integers(0)
        row = b.node("Gather", "embeddings/token_type_embeddings",
                     b.weight("embeddings.token_type_embeddings.weight"), types)
        total = b.node("Add", "embeddings", total, row)
    places = b.node("Gather", "embeddings/position_embeddings", b.weight("embeddings.position_embeddings.weight"),
                    positions)
    total = b.node("Add", "embeddings", total, places)
    if b.opset == ATTENTION_OPSET:
        # Without it, shape inference loses the sequence behind the Slice, and the sums with it their fusion.
        b.infos.append(helper.make_tensor_value_info(total, TensorProto.FLOAT, ["batch", "sequence", hidden]))
    return b.layer_norm(total, "embeddings.LayerNorm", epsilon)


def attention(b, x, bias, path, names, hidden, heads):
    size = hidden // heads
    turned = []
    for name, order in ((names[1], [0, 2, 1, 3]), (names[2], [0, 2, 3, 1]), (names[3], [0, 2, 1, 3])):
        flat = b.linear(x, f"{path}.{name}")
        split = b.node("Reshape", f"{path}.{name}", flat, b.integers([0, 0, heads, size]))
        turned.append(b.node("Transpose", f"{path}.{name}", split, perm=order))
    own = f"{path}.attention"
    scores = b.node("MatMul", own, turned[0], turned[1])
    scores = b.node("Div", own, scores, b.floating(math.sqrt(size)))
    shares = b.node("Softmax", own, b.node("Add", own, scores, bias), axis=3)
    mixed = b.node("Transpose", own, b.node("MatMul", own, shares, turned[2]), perm=[0, 2, 1, 3])
    return b.node("Reshape", own, mixed, b.integers([0, 0, hidden]))


def encoder(b, config, kind):
    hidden = config.get("hidden_size", config.get("dim"))
    heads = config.get("num_attention_heads", config.get("n_heads"))
    layers = config.get("num_hidden_layers", config.get("n_layers"))
    epsilon = config.get("layer_norm_eps", 1e-12)
    act = config.get("hidden_act", config.get("activation", "gelu"))
    names = NAMES["distilbert" if kind == "distilbert" else "bert"]
    x = embeddings(b, config, kind, hidden, epsilon)
    wide = b.along("Unsqueeze", "mask", b.along("Unsqueeze", "mask", "attention_mask", [1]), [2])
    kept = b.node("Cast", "mask", wide, to=TensorProto.FLOAT)
    bias = b.node("Mul", "mask", b.node("Sub", "mask", b.floating(1), kept),
                  b.floating(float(np.finfo(np.float32).min)))
    for index in range(layers):
        path = f"{names[0]}.{index}"
        attended = b.linear(attention(b, x, bias, path, names, hidden, heads), f"{path}.{names[4]}")
        x = b.layer_norm(b.node("Add", path, attended, x), f"{path}.{names[5]}", epsilon)
        raised = b.activation(b.linear(x, f"{path}.{names[6]}"), act, f"{path}.{names[6]}")
        x = b.layer_norm(b.node("Add", path, b.linear(raised, f"{path}.{names[7]}"), x), f"{path}.{names[8]}",
                         epsilon)
    return x, hidden


def sentence(b, x, folder, modules):
    for module in modules[1:]:
        kind = module["type"].rsplit(".", 1)[-1]
        if kind == "Normalize":
            norm = b.node("ReduceL2", "normalize", x, axes=[-1])
            x = b.node("Div", "normalize", x, b.node("Clip", "normalize", norm, b.floating(1e-12)))
        elif kind == "Pooling":
            x = pool(b, x, json.loads((folder / module["path"] / "config.json").read_text()))
        else:
            raise SystemExit(f"no {kind} here")
    return x


def pool(b, x, settings):
    if settings.get("pooling_mode_cls_token"):
        return b.node("Gather", "pooling", x, b.integers(0), axis=1)
    mask = b.node("Cast", "pooling", b.along("Unsqueeze", "pooling", "attention_mask", [-1]),
                  to=TensorProto.FLOAT)
    if settings.get("pooling_mode_max_tokens"):
        dropped = b.node("Equal", "pooling", mask, b.floating(0))
        return b.node("ReduceMax", "pooling", b.node("Where", "pooling", dropped, b.floating(-1e9), x), axes=[1],
                      keepdims=0)
    total = b.along("ReduceSum", "pooling", b.node("Mul", "pooling", x, mask), [1], keepdims=0)
    count = b.along("ReduceSum", "pooling", mask, [1], keepdims=0)
    return b.node("Div", "pooling", total, b.node("Clip", "pooling", count, b.floating(1e-9)))


def export(folder, attention=False):
    """The ONNX model of a folder; with `attention`, in the form that onnxruntime fuses further."""
    folder = pathlib.Path(folder)
    config = json.loads((folder / "config.json").read_text())
    kind = {"xlm-roberta": "roberta", "camembert": "roberta"}.get(config["model_type"], config["model_type"])
    tensors = load_file(folder / "model.safetensors")
    prefix = next(p for p in ("", f"{kind}.") if f"{p}embeddings.word_embeddings.weight" in tensors)
    opset = ATTENTION_OPSET if attention else PLAIN_OPSET
    b = Builder(tensors, prefix, opset)
    x, hidden = encoder(b, config, kind)
    shape = ["batch", "sequence"]
    outputs = {"last_hidden_state": (x, shape + [hidden])}
    if (folder / "modules.json").exists():
        modules = json.loads((folder / "modules.json").read_text())
        outputs["sentence_embedding"] = (sentence(b, x, folder, modules), ["batch", hidden])
    for name, (value, _) in outputs.items():
        b.nodes.append(helper.make_node("Identity", [value], [name], name=f"/{name}"))
    inputs = ["input_ids", "attention_mask"] + (["token_type_ids"] if kind == "bert" else [])
    graph = helper.make_graph(
        b.nodes, "encoder", [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, form) for name, (_, form) in outputs.items()],
        b.initializers, value_info=b.infos)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], producer_name="export_onnx")
    model.ir_version = 8
    return model


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "--attention"]
    if len(arguments) != 2:
        sys.exit(__doc__.splitlines()[0])
    result = export(arguments[0], attention="--attention" in sys.argv)
    onnx.checker.check_model(result)
    onnx.save(result, arguments[1])
