#!/usr/bin/env python3
"""Random valid ONNX graphs through `pack run`, as they are and after all passes, compared with onnxruntime node by node, or
with onnx.reference where onnxruntime lacks the operator or type.

A case is a number: the same seed and number make the same graph. What results may differ by is what they move by when each
node's operands and results move by a few rounding errors (graph_draft.py); integers, truths, codes and shapes are equal.
A case is refused if pack says that it cannot run the graph. With `--case`, one case is run, and cut to the smallest part
that still differs; its graph, inputs and expected outputs go to the folder of `--keep`.

Usage: onnx_graphs.py [--pack FILE] [--cases N] [--first N] [--seed N] [--jobs N] [--case N] [--keep FOLDER]
                      [--rules NAME...] [--verbose]
"""
import argparse
import collections
import multiprocessing
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")

import numpy as np  # noqa: E402
import onnx  # noqa: E402
from onnx import helper, numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

import graph_elements  # noqa: E402
import graph_layers  # noqa: E402
import graph_more  # noqa: E402
import graph_movement  # noqa: E402
import graph_patterns  # noqa: E402
import graph_quantized  # noqa: E402
from graph_draft import Draft, Reject, Value, info  # noqa: E402

FAMILIES = [graph_elements, graph_movement, graph_layers, graph_quantized, graph_patterns, graph_more]
RULES = [rule for family in FAMILIES for rule in family.RULES]


def draft(seed, number, only=()):
    """The graph of a case; of some rules alone, where they are named."""
    rules = [rule for rule in RULES if not only or rule[0].__name__ in only]
    weights = np.array([weight for _, weight in rules], np.float64)
    random = np.random.RandomState([seed & 0x7FFFFFFF, number])
    g = Draft(random, int(random.choice([11, 13, 13, 14, 15, 16, 17, 17, 18, 18, 19, 20, 21, 22, 23])))
    wanted = int(random.choice([1, 2, 3, 4, 6, 8, 11, 15]))
    for _ in range(wanted * 4):
        if len(g.nodes) >= wanted:
            break
        rule = rules[int(random.choice(len(rules), p=weights / weights.sum()))][0]
        try:
            rule(g)
        except Reject as error:
            g.rejected = f"{rule.__name__}: {error}"
    return g


def written(name, array, as_numbers):
    """A constant as raw bytes, or as a list of numbers."""
    if not as_numbers:
        return numpy_helper.from_array(array, name)
    numbers = array.reshape(-1).view(np.uint16) if array.dtype == np.float16 else array.reshape(-1)
    if array.dtype == np.float16:
        tensor = onnx.TensorProto(name=name, dims=array.shape, data_type=onnx.TensorProto.FLOAT16)
        tensor.int32_data.extend(int(x) for x in numbers)
        return tensor
    return helper.make_tensor(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape, numbers.tolist())


class Case:
    """A graph with inputs and what it must give."""

    def __init__(self, nodes, values, inputs, outputs, opset, symbols, forms):
        self.nodes, self.values, self.inputs, self.outputs, self.opset = nodes, values, inputs, outputs, opset
        self.symbols, self.forms = symbols, forms

    @staticmethod
    def of(g):
        used = {n for node in g.nodes for n in node.input}
        made = [o for node in g.nodes for o in node.output if o]
        outputs = [o for o in made if o not in used or g.chance(0.12)]
        symbols = {}
        if g.named and g.chance(0.4):
            # Extents that are equal have one name, or each its own.
            apart = g.chance(0.3)
            for name in [n for n in g.inputs if not g.values[n].hold]:
                for axis, extent in enumerate(g.at(name).shape):
                    if g.chance(0.6):
                        symbols[name, axis] = f"{name}_{axis}" if apart else f"n{extent}"
        # How constants are written: as raw bytes, as numbers, as inputs with a default, or by nodes.
        forms = {n: g.choose(["raw", "raw", "raw", "numbers", "default", "node"]) for n in g.constants}
        return Case(g.nodes, g.values, list(g.inputs), outputs, g.opset, symbols, forms)

    def cut(self, outputs, stops=()):
        """The part that makes some outputs, with values it stops at as inputs."""
        wanted, nodes = set(outputs), []
        for node in reversed(self.nodes):
            if any(o in wanted and o not in stops for o in node.output):
                nodes.insert(0, node)
                wanted.update(node.input)
        made = {o for node in nodes for o in node.output}
        inputs = [n for n in self.values if n in wanted and (n in self.inputs or n in stops) and n not in made - set(stops)]
        return Case(nodes, self.values, inputs, list(outputs), self.opset, self.symbols, self.forms)

    def model(self):
        used = {n for node in self.nodes for n in node.input if n}
        made = {o for node in self.nodes for o in node.output}
        constants = sorted(n for n in used if n not in self.inputs and n not in made)
        base = {n: v.base for n, v in self.values.items()}
        def shape(name):
            return [self.symbols.get((name, a), e) for a, e in enumerate(base[name].shape)]
        tensors = {n: written(n, base[n], self.forms.get(n) == "numbers") for n in constants}
        makers = [helper.make_node("Constant", [], [n], name=f"make_{n}", value=tensors[n])
                  for n in constants if self.forms.get(n) == "node"]
        inputs = [n for n in self.inputs if n in used] + [n for n in constants if self.forms.get(n) == "default"]
        graph = helper.make_graph(
            makers + self.nodes, "random", [info(n, base[n], shape(n)) for n in inputs],
            [info(n, base[n], [f"{n}_{a}" for a in range(base[n].ndim)]) for n in self.outputs],
            [tensors[n] for n in constants if self.forms.get(n) != "node"])
        imports = [helper.make_opsetid("", self.opset)]
        if any(node.domain for node in self.nodes):
            imports.append(helper.make_opsetid("com.microsoft", 1))
        return helper.make_model(graph, opset_imports=imports, ir_version=min(10, onnx.IR_VERSION))

    def feeds(self):
        used = {n for node in self.nodes for n in node.input}
        return {n: self.values[n].base for n in self.inputs if n in used}


def run_pack(pack, case, folder, flags):
    """Status and what pack gives or says."""
    model, file, out = (os.path.join(folder, n) for n in ("model.onnx", "in.npz", "out.npz"))
    onnx.save(case.model(), model)
    feeds = case.feeds()
    command = [pack, "run", model, "--threads", "2", *flags]
    if feeds:
        np.savez(file, **feeds)
        command += ["--inputs", file, "--output", out]
    else:
        command += ["--output-folder", os.path.join(folder, "out")]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        return "failed", "no answer in 120 seconds"
    if result.returncode < 0:
        return "failed", f"ended by signal {-result.returncode}"
    if result.returncode:
        text = result.stderr.replace(model, "model").strip()
        refused = any(words in text for words in ("cannot be run", "that is not supported"))
        return ("refused" if refused else "failed"), " ".join(text.split())[:300]
    if not feeds:
        names = {n: os.path.join(folder, "out", n + ".npy") for n in case.outputs}
        return "passed", {n: np.load(f) for n, f in names.items()}
    with np.load(out) as file:
        return "passed", {n: file[n] for n in case.outputs}


def difference(value, given):
    """What is wrong with a result; empty if nothing is."""
    base = value.base
    if given.dtype != base.dtype or given.shape != base.shape:
        return f"{given.dtype}{list(given.shape)}, not {base.dtype}{list(base.shape)}"
    if base.size == 0:
        return ""
    if base.dtype.kind != "f":
        wrong = np.abs(given.astype(np.int64) - base.astype(np.int64)) > value.slack
    else:
        a, b = given.astype(np.float64), base.astype(np.float64)
        off = np.abs(np.where(np.isfinite(b) & np.isfinite(a), a - b, 0))
        same = (np.isnan(a) & np.isnan(b)) | (a == b)
        wrong = ~same & ((off > value.tolerance()) | ~(np.isfinite(a) & np.isfinite(b)))
    if not wrong.any():
        return ""
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    return f"{int(wrong.sum())} of {base.size} elements of {base.dtype}{list(base.shape)}, at {list(at)}: {given[at]!r}, not {base[at]!r}"


def outcome(pack, case, flags):
    with tempfile.TemporaryDirectory(prefix="onnx-graphs") as folder:
        status, given = run_pack(pack, case, folder, flags)
    if status != "passed":
        return status, given
    texts = [f"{n}: {t}" for n in case.outputs if (t := difference(case.values[n], given[n]))]
    if not texts:
        return "passed", ""
    return ("reference" if agrees_with_reference(case, given) else "differs"), texts[0]


def agrees_with_reference(case, given):
    """Whether onnx.reference gives what pack gives, where onnxruntime does not."""
    try:
        results = ReferenceEvaluator(case.model()).run(case.outputs, case.feeds())
    except Exception:
        return False
    return not any(
        difference(Value(np.asarray(result), case.values[name].shaken), given[name])
        for name, result in zip(case.outputs, results))


WAYS = [[], ["--unoptimized"]]


def examine(arguments):
    """Number, operators, status and words of one case."""
    pack, seed, number, only = arguments
    try:
        g = draft(seed, number, only)
        if not g.nodes:
            return number, [], "empty", g.rejected or "", []
        case = Case.of(g)
        operators = [n.op_type for n in g.nodes]
        ended = "passed", "", []
        for flags in WAYS:
            status, words = outcome(pack, case, flags)
            if status == "reference":
                ended = status, words, flags
            if status not in ("passed", "reference"):
                return number, operators, status, words, flags
        return number, operators, *ended
    except Exception as error:  # what cannot be made must not end the others
        return number, [], "broken", f"{type(error).__name__}: {error}", []


def reduced(pack, case, flags, status):
    """The smallest part found that ends the same way."""
    def same(part):
        return bool(part.nodes) and outcome(pack, part, flags)[0] == status
    if status == "differs":
        for output in [o for n in case.nodes for o in n.output if o]:
            part = case.cut([output])
            if same(part):
                case = part
                break
    else:
        for output in list(case.outputs):
            fewer = [o for o in case.outputs if o != output]
            if fewer and same(case.cut(fewer)):
                case = case.cut(fewer)
    changed = True
    while changed:
        changed = False
        for node in case.nodes[:-1]:
            stops = [o for o in node.output if o and o not in case.outputs]
            if not stops:
                continue
            part = case.cut(case.outputs, set(stops) | set(case.inputs))
            if len(part.nodes) < len(case.nodes) and same(part):
                case, changed = part, True
                break
    return case


def by_reference(case):
    """What onnx.reference gives for a case, and how it differs from what onnxruntime gave."""
    try:
        results = ReferenceEvaluator(case.model()).run(case.outputs, case.feeds())
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return [difference(case.values[n], np.asarray(r)) or "the same" for n, r in zip(case.outputs, results)]


def show(pack, seed, number, keep, only):
    """Runs one case, and reduces it if something is wrong."""
    g = draft(seed, number, only)
    if not g.nodes:
        print("an empty graph:", g.rejected)
        return 0
    case = Case.of(g)
    print(onnx.printer.to_text(case.model()))
    for flags in WAYS:
        status, words = outcome(pack, case, flags)
        print(f"case {number} {' '.join(flags) or 'optimized'}: {status} {words}")
        if status != "passed":
            case = reduced(pack, case, flags, status)
            print(onnx.printer.to_text(case.model()))
            print("reduced:", outcome(pack, case, flags)[1])
            print("onnx.reference:", by_reference(case))
            break
    else:
        return 0
    if keep:
        os.makedirs(keep, exist_ok=True)
        onnx.save(case.model(), os.path.join(keep, "model.onnx"))
        np.savez(os.path.join(keep, "inputs.npz"), **case.feeds())
        np.savez(os.path.join(keep, "expected.npz"), **{n: case.values[n].base for n in case.outputs})
    return 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", default=os.path.join(ROOT, ".build", "release", "pack"))
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--case", type=int, help="run this one alone, and reduce it")
    parser.add_argument("--keep", help="a folder for the reduced case")
    parser.add_argument("--rules", nargs="*", default=[], help="draw nodes by these rules alone")
    parser.add_argument("--verbose", action="store_true", help="list what was refused, and how often operators occurred")
    options = parser.parse_args()
    if options.case is not None:
        return show(options.pack, options.seed, options.case, options.keep, options.rules)
    counts, operators = collections.Counter(), collections.Counter()
    work = [(options.pack, options.seed, n, options.rules) for n in range(options.first, options.first + options.cases)]
    with multiprocessing.get_context("fork").Pool(options.jobs) as pool:
        for number, ops, status, words, flags in pool.imap_unordered(examine, work, chunksize=4):
            counts[status] += 1
            operators.update(set(ops))
            if status in ("differs", "failed", "broken") or status in ("refused", "reference") and options.verbose:
                print(f"case {number} {' '.join(flags) or 'optimized'} {status}: {words}", flush=True)
    if options.verbose:
        print(", ".join(f"{op} {count}" for op, count in sorted(operators.items())))
    print(f"seed {options.seed}: " + ", ".join(f"{count} {status}" for status, count in sorted(counts.items())))
    return 1 if counts["differs"] + counts["failed"] + counts["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
