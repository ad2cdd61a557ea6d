/// The Python programs of stacks.
enum StackScript {
    /// Serves `POST /predict` with `{"inputs": {NAME: [[…]]}}` on `PORT`: `STACK MODEL`. One worker; as many threads compute as
    /// `OMP_NUM_THREADS` says.
    static let server = [PeerScript.imports, PeerScript.onnxruntime, PeerScript.torch, serving].joined(separator: "\n")

    /// Prints what is installed, as one line of JSON: `STACK MODEL COMPRESSIBLE`.
    static let facts = [PeerScript.imports, PeerScript.sizes, looking].joined(separator: "\n")

    private static let serving = """
        from typing import Any
        import fastapi, uvicorn
        import numpy as np
        stack, model = sys.argv[1:3]
        threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
        if stack == "torch":
            session = Torch(model + "#fp32", threads)
            names = ["output"]
        else:
            session = OnnxRuntime(model, threads)
            names = [port.name for port in session.session.get_outputs()]
        app = fastapi.FastAPI()
        @app.get("/health")
        def health():
            return {"status": "ok"}
        @app.post("/predict")
        def predict(body: dict[str, Any]):
            feeds = {name: np.asarray(value, session.inputs[name]) for name, value in body["inputs"].items()
                     if name in session.inputs}
            outputs = session.run(feeds)
            return {"outputs": {name: {"shape": list(np.shape(output)), "data": np.ravel(output).tolist()}
                                for name, output in zip(names, outputs)}}
        uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="error", access_log=False)
        """

    private static let looking = """
        import importlib.util, re, zlib
        stack, model, compressible = sys.argv[1], sys.argv[2], int(sys.argv[3])
        wanted = {"onnxruntime": ["fastapi", "uvicorn", "onnxruntime"],
                  "torch": ["fastapi", "uvicorn", "torch", "transformers"]}[stack]
        missing = [name for name in wanted if importlib.util.find_spec(name) is None]
        def glibc(packages):
            found = [(2, int(minor)) for one in packages
                     for minor in re.findall(r"manylinux_2_(\\d+)_", one.read_text("WHEEL") or "")[:1]]
            return "2." + str(max(minor for _, minor in found)) if found else None
        def zipped(packages, model):
            paths = [str(one.locate_file(file)) for one in packages for file in one.files or [] if file.suffix != ".pyc"]
            if os.path.isdir(model):
                paths += [os.path.join(model, name) for name in os.listdir(model) if name.endswith((".json", ".safetensors"))]
            else:
                paths += [model]
            total = 0
            for path in paths:
                try:
                    with open(path, "rb") as file:
                        total += len(zlib.compress(file.read(), 6)) + 100 + 2 * len(path)
                except OSError:
                    pass
            return total
        if missing:
            print(json.dumps({"missing": ", ".join(missing)}))
        else:
            packages = distributions(wanted)
            installed, bytes = package_bytes(wanted), model_bytes(model)
            print(json.dumps({
                "versions": [one.metadata["Name"] + " " + one.version for one in packages
                             if one.metadata["Name"].lower() in wanted],
                "packageBytes": installed, "modelBytes": bytes, "glibc": glibc(packages),
                "zippedBytes": zipped(packages, model) if installed + bytes <= compressible else None}))
        """
}
