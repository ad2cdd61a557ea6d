/// The Python program that peers run in.
enum PeerScript {
    /// Without arguments it reads lines of JSON and answers each with one: `{"load": [PEER, PRECISION, MODEL, SCRATCH, THREADS]}`,
    /// `{"run": {"inputs": [[NAME, SHAPE, LIMIT]], "seconds": SECONDS}}` or `{"answer": [[NAME, SHAPE, TYPE, BASE64]]}`.
    /// With the arguments `once PEER MODEL THREADS INPUTS` it loads a model that was prepared, runs it once, and ends.
    static let text = parts.joined(separator: "\n")

    private static let parts = [imports, onnxruntime, openvino, torch, preparing, sizes, inputs, serving]

    static let imports = """
        import json, os, sys, time
        TYPES = {"double": "float64", "float": "float32", "float16": "float16", "int64": "int64", "int32": "int32",
                 "int8": "int8", "uint8": "uint8", "bool": "bool", "string": "string"}
        """

    static let onnxruntime = """
        class OnnxRuntime:
            packages = ["onnxruntime", "numpy"]
            def __init__(self, path, threads):
                import onnxruntime
                onnxruntime.set_default_logger_severity(3)
                options = onnxruntime.SessionOptions()
                options.intra_op_num_threads = threads
                options.inter_op_num_threads = 1
                options.log_severity_level = 3
                self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
                self.version = onnxruntime.__version__
                self.inputs = {port.name: TYPES.get(port.type[7:-1], "float32") for port in self.session.get_inputs()}
            def run(self, feeds):
                return self.session.run(None, feeds)
        """

    private static let openvino = """
        class OpenVINO:
            packages = ["openvino", "numpy"]
            def __init__(self, path, threads):
                import openvino
                core = openvino.Core()
                model = core.read_model(path)
                hints = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": "1",
                         "INFERENCE_PRECISION_HINT": "f32"}
                self.compiled = core.compile_model(model, "CPU", hints)
                self.request = self.compiled.create_infer_request()
                self.version = openvino.__version__.split("-")[0]
                names = {"f64": "float64", "f32": "float32", "f16": "float16", "i64": "int64", "i32": "int32", "i8": "int8",
                         "u8": "uint8", "boolean": "bool", "string": "string"}
                self.inputs = {port.get_any_name(): names.get(port.get_element_type().get_type_name(), "float32")
                               for port in self.compiled.inputs}
            def run(self, feeds):
                self.request.infer(feeds, share_inputs=True)
                return [self.request.get_output_tensor(i).data for i in range(len(self.compiled.outputs))]
        """

    static let torch = """
        class Torch:
            packages = ["torch", "transformers", "numpy"]
            def __init__(self, path, threads):
                import torch
                import transformers
                transformers.logging.set_verbosity_error()
                torch.set_num_threads(threads)
                path, precision = path.rsplit("#", 1)
                with open(path + "/config.json") as file:
                    architecture = json.load(file)["architectures"][0]
                self.model = getattr(transformers, architecture).from_pretrained(path, dtype=torch.float32).eval()
                if precision == "int8":
                    from torch.ao.quantization import quantize_dynamic
                    self.model = quantize_dynamic(self.model, {torch.nn.Linear}, dtype=torch.qint8)
                self.torch = torch
                self.version = torch.__version__
                pooling = path + "/1_Pooling/config.json"
                self.isPooled = False
                if os.path.exists(pooling):
                    with open(pooling) as file:
                        self.isPooled = json.load(file).get("pooling_mode_mean_tokens", False)
                import inspect
                takes = inspect.signature(self.model.forward).parameters
                self.inputs = {name: "int64" for name in ["input_ids", "attention_mask", "token_type_ids"] if name in takes}
            def run(self, feeds):
                torch = self.torch
                with torch.inference_mode():
                    feeds = {name: torch.from_numpy(value) for name, value in feeds.items()}
                    first = self.model(**feeds)[0]
                    if self.isPooled:
                        mask = feeds["attention_mask"].unsqueeze(-1).float()
                        first = (first * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
                        first = torch.nn.functional.normalize(first, dim=1)
                    return [first.numpy()]
        """

    private static let preparing = """
        PEERS = {"onnxruntime": OnnxRuntime, "onnxruntime-fused": OnnxRuntime, "openvino": OpenVINO, "torch": Torch}
        def prepared(peer, precision, model, scratch):
            if peer == "torch":
                return model + "#" + precision
            path = model
            if peer == "onnxruntime-fused":
                path = scratch + "/fused.onnx"
                if not os.path.exists(path):
                    fuse(model, path)
            if precision == "int8":
                source, path = path, scratch + "/" + peer + "-int8" + (".xml" if peer == "openvino" else ".onnx")
                if not os.path.exists(path):
                    (compress if peer == "openvino" else quantize)(source, path)
            return path
        def quantize(model, path):
            import logging
            logging.disable(logging.WARNING)
            import onnx
            from onnxruntime.quantization import quantize_dynamic, QuantType
            # Types of fused operators' results are not known to it.
            quantize_dynamic(model, path + ".part", per_channel=True, weight_type=QuantType.QInt8,
                             extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT})
            nodes = onnx.load(path + ".part", load_external_data=False).graph.node
            if not any(node.op_type in ("MatMulInteger", "DynamicQuantizeMatMul", "ConvInteger", "QAttention") for node in nodes):
                raise RuntimeError("its quantizer found no product with constant weights")
            os.rename(path + ".part", path)
        def fuse(model, path):
            import logging
            logging.disable(logging.WARNING)
            import sympy
            from onnxruntime.transformers.optimizer import optimize_model
            fused = optimize_model(model, model_type="bert", opt_level=0, use_gpu=False)
            found = {name: count for name, count in fused.get_fused_operator_statistics().items() if count > 0}
            if not found:
                raise RuntimeError("its optimizer found nothing to fuse")
            fused.save_model_to_file(path + ".part")
            with open(path + ".found", "w") as file:
                file.write(", ".join(f"{count} {name}" for name, count in sorted(found.items())))
            os.rename(path + ".part", path)
        def remark(peer, scratch):
            if peer != "onnxruntime-fused":
                return ""
            with open(scratch + "/fused.onnx.found") as file:
                return "fused " + file.read()
        def compress(model, path):
            import openvino
            import nncf
            nncf.set_log_level(40)
            smaller = nncf.compress_weights(openvino.Core().read_model(model), mode=nncf.CompressWeightsMode.INT8_SYM)
            openvino.save_model(smaller, path, compress_to_fp16=False)
        """

    static let sizes = """
        def model_bytes(path):
            path = path.rsplit("#", 1)[0]
            if os.path.isdir(path):
                weights = [path + "/" + name for name in ["model.safetensors", "pytorch_model.bin"]]
                names = [path + "/config.json"] + [name for name in weights if os.path.exists(name)][:1]
                return sum(os.path.getsize(name) for name in names)
            others = [path + ".data", path[:-4] + ".bin" if path.endswith(".xml") else ""]
            return sum(os.path.getsize(name) for name in [path] + others if name and os.path.exists(name))
        def distributions(names):
            import re
            from importlib import metadata
            seen, waiting, all = set(), list(names), []
            while waiting:
                name = re.sub("[-_.]+", "-", waiting.pop()).lower()
                if name in seen:
                    continue
                seen.add(name)
                try:
                    found = metadata.distribution(name)
                except metadata.PackageNotFoundError:
                    continue
                all.append(found)
                for need in found.requires or []:
                    if "extra" not in need.partition(";")[2]:
                        waiting.append(re.match("[A-Za-z0-9._-]+", need).group())
            return all
        def package_bytes(names):
            total = 0
            for one in distributions(names):
                for file in one.files or []:
                    try:
                        total += 0 if file.suffix == ".pyc" else os.path.getsize(one.locate_file(file))
                    except OSError:
                        pass
            return total
        """

    private static let inputs = """
        def made(inputs, types):
            import numpy as np
            random = np.random.default_rng()
            feeds = {}
            for name, shape, limit in inputs:
                if name not in types:
                    continue
                dtype = types[name]
                if isinstance(limit, list):
                    feeds[name] = (np.arange(shape[1]) < np.array(limit)[:, None]).astype(dtype)
                elif dtype == "string":
                    feeds[name] = np.full(shape, "", object)
                elif limit == 0:
                    feeds[name] = random.standard_normal(shape).astype(dtype)
                else:
                    feeds[name] = (random.integers(0, limit, shape) if limit > 1 else np.full(shape, max(limit, 0))).astype(dtype)
            return feeds
        def given(inputs, types):
            import base64
            import numpy as np
            return {name: np.frombuffer(base64.b64decode(text), dtype).reshape(shape).astype(types[name])
                    for name, shape, dtype, text in inputs if name in types}
        """

    private static let serving = """
        session = None
        def load(peer, precision, model, scratch, threads):
            global session
            path = prepared(peer, precision, model, scratch)
            session = PEERS[peer](path, threads)
            return {"version": session.version, "path": path, "modelBytes": model_bytes(path),
                    "packageBytes": package_bytes(session.packages), "remark": remark(peer, scratch)}
        def run(inputs, seconds):
            feeds = made(inputs, session.inputs)
            times = []
            session.run(feeds)
            end = time.perf_counter() + seconds
            while len(times) < 3 or time.perf_counter() < end:
                start = time.perf_counter()
                session.run(feeds)
                times.append(time.perf_counter() - start)
            return {"times": times}
        def answer(inputs):
            import base64
            import numpy as np
            outputs = [np.ascontiguousarray(output, "<f4").ravel() for output in session.run(given(inputs, session.inputs))]
            return {"outputs": [base64.b64encode(output.tobytes()).decode() for output in outputs]}
        def once(peer, path, threads, inputs):
            first = PEERS[peer](path, int(threads))
            result = first.run(made(json.loads(inputs), first.inputs))
            print(json.dumps({"numbers": sum(output.size for output in result)}), file=answers, flush=True)
            with open("/proc/self/status") as status:
                peak = next((int(line.split()[1]) for line in status if line.startswith("VmHWM")), 0)
            print(json.dumps({"peakMemory": peak * 1024}), file=answers, flush=True)
        answers = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)
        if sys.argv[1:2] == ["once"]:
            once(*sys.argv[2:])
            sys.exit(0)
        for line in sys.stdin:
            try:
                request = json.loads(line)
                if "load" in request:
                    reply = load(*request["load"])
                elif "run" in request:
                    reply = run(**request["run"])
                else:
                    reply = answer(request["answer"])
            except ImportError as error:
                reply = {"error": str(error), "isImport": True}
            except Exception as error:
                reply = {"error": type(error).__name__ + ": " + str(error)}
            print(json.dumps(reply), file=answers, flush=True)
        """
}
