"""Starts bundles for containers as a platform does and talks to them as clients of their protocols do.

Run from the root of the repository after `make all`, with the Python of bundles.py, onnx and tritonclient[http]:
.venv/bin/python Tests/serving.py [NAME…]. Prints one line a test; exit status 1 if one fails.
"""

import concurrent.futures
import contextlib
import http.client
import io
import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time

import jsonschema
import numpy as np
import onnx
import tritonclient.http as triton
from onnx import TensorProto, helper
from tritonclient.utils import InferenceServerException

import bundles
from bundles import MODEL, WORK, pack, test, texts

bundles.TESTS.clear()
API = json.loads(pathlib.Path("Schemas/serving-openapi.json").read_text())
TYPES = {"FP32": TensorProto.FLOAT, "FP64": TensorProto.DOUBLE, "FP16": TensorProto.FLOAT16, "BOOL": TensorProto.BOOL,
         "INT8": TensorProto.INT8, "INT16": TensorProto.INT16, "INT32": TensorProto.INT32, "INT64": TensorProto.INT64,
         "UINT8": TensorProto.UINT8, "UINT16": TensorProto.UINT16, "UINT32": TensorProto.UINT32, "UINT64": TensorProto.UINT64,
         "BYTES": TensorProto.STRING}
_folders = {}


def tensors():
    """A model with an input of every type, each given back transposed."""
    inputs = [helper.make_tensor_value_info(f"in_{name}", kind, ["n", 3]) for name, kind in TYPES.items()]
    outputs = [helper.make_tensor_value_info(f"out_{name}", kind, [3, "n"]) for name, kind in TYPES.items()]
    nodes = [helper.make_node("Transpose", [f"in_{name}"], [f"out_{name}"], perm=[1, 0]) for name in TYPES]
    model = helper.make_model(helper.make_graph(nodes, "every-type", inputs, outputs), opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    path = WORK / "every-type.onnx"
    onnx.save(model, path)
    return str(path)


def folder(model):
    """The files of an image for Cloud Run, as a container has them."""
    if model not in _folders:
        image, root = WORK / f"{len(_folders)}.tar", WORK / f"root-{len(_folders)}"
        pack("slim", model, "--target", "cloud-run", "--quantize", "int8" if model == MODEL else "none", "--output", str(image))
        with tarfile.open(image) as archive:
            def read(digest):
                return archive.extractfile("blobs/" + digest.replace(":", "/")).read()

            [entry] = json.load(archive.extractfile("index.json"))["manifests"]
            for layer in json.loads(read(entry["digest"]))["layers"]:
                with tarfile.open(fileobj=io.BytesIO(read(layer["digest"]))) as files:
                    files.extractall(root, filter="data")
        _folders[model] = root
    return _folders[model]


@contextlib.contextmanager
def serving(model=MODEL, status=0, port=0, **environment):
    """A server of a bundle on a port, a free one if none is given; its log goes to a file."""
    if not port:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    log = WORK / f"log-{port}"
    with open(log, "wb") as errors:
        process = subprocess.Popen([str(folder(model) / "bootstrap")], env={"PORT": str(port), **environment}, stderr=errors)
    try:
        while b"serving HTTP on port" not in log.read_bytes():
            assert process.poll() is None, log.read_text()
            time.sleep(0.01)
        yield port, process, log
    finally:
        process.terminate()
        assert process.wait(20) == status


def request(port, method, path, body=None, headers={}):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


def predict(port, asked):
    status, _, body = request(port, "POST", "/predict", json.dumps(asked))
    assert status == 200, body
    return json.loads(body)


def check(name, body):
    """Holds a document against a schema of the API."""
    document = json.loads(body)
    jsonschema.Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": API["components"]}).validate(document)
    return document


def given(name, array, datatype, binary):
    value = triton.InferInput(name, list(array.shape), datatype)
    value.set_data_from_numpy(array, binary_data=binary)
    return value


def infer(client, inputs, outputs=None, **options):
    """As the client does by default: all binary; or all JSON."""
    return client.infer("model", inputs, outputs=outputs, **options)


@test
def triton_gets_what_predict_answers():
    lines = texts()[:12] + ["", "é \"quoted\" \\ \n 😀"]
    array = np.array([line.encode() for line in lines], object)
    with serving() as (port, _, _):
        expected = np.array(predict(port, {"texts": lines})["embeddings"], np.float32)
        client = triton.InferenceServerClient(f"127.0.0.1:{port}")
        assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("model")
        assert not client.is_model_ready("other")
        meta = client.get_model_metadata("model", "1")
        assert meta["inputs"] == [{"name": "text", "datatype": "BYTES", "shape": [-1]}], meta
        assert meta["outputs"] == [{"name": "embedding", "datatype": "FP32", "shape": [-1, 384]}], meta
        binary = infer(client, [given("text", array, "BYTES", True)], request_id="é7")
        assert np.array_equal(binary.as_numpy("embedding"), expected) and binary.get_response()["id"] == "é7"
        assert "parameters" in binary.get_output("embedding")
        plain = infer(client, [given("text", array, "BYTES", False)], [triton.InferRequestedOutput("embedding", binary_data=False)])
        assert np.array_equal(plain.as_numpy("embedding"), expected) and "data" in plain.get_output("embedding")
        # [n, 1], as Triton's models of texts have it, and one of the model's own outputs.
        named = infer(client, [given("text", array[:, None], "BYTES", True)], [triton.InferRequestedOutput("sentence_embedding")])
        assert np.array_equal(named.as_numpy("sentence_embedding"), expected)
        for wrong, message in [(("nothing", array, "BYTES", True), "no input \"nothing\"; it has text, text_pair, input_ids"), (("input_ids", np.ones((1, 4), np.int32), "INT32", True), "missing")]:
            try:
                infer(client, [given(*wrong)])
                raise AssertionError(wrong)
            except InferenceServerException as error:
                assert message in str(error) or "datatype" in str(error), error
        try:
            client.infer("other", [given("text", array, "BYTES", True)])
            raise AssertionError("another model")
        except InferenceServerException as error:
            assert error.status() == "404", error
    return f"{len(lines)} texts, binary and JSON"


@test
def triton_sends_tokens_too():
    ids = np.array([[101, 7592, 102]], np.int64)
    arrays = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
    with serving() as (port, _, _):
        expected = predict(port, {"inputs": {name: array.tolist() for name, array in arrays.items()}})["outputs"]["sentence_embedding"]
        client = triton.InferenceServerClient(f"127.0.0.1:{port}")
        for binary in [True, False]:
            found = infer(client, [given(name, array, "INT64", binary) for name, array in arrays.items()])
            assert np.array_equal(found.as_numpy("sentence_embedding").ravel(), np.array(expected["data"], np.float32))


def sample(name, rows=4):
    random = np.random.default_rng(1)
    if name == "BYTES":
        return np.array([[f"é{row}{column}".encode() * column for column in range(3)] for row in range(rows)], object)
    if name == "BOOL":
        return random.random((rows, 3)) < 0.5
    if name.startswith("FP"):
        return (random.standard_normal((rows, 3)) * 1000).astype({"FP16": np.float16, "FP32": np.float32, "FP64": np.float64}[name])
    kind = np.dtype(name.lower())
    # JSON numbers are read as 64-bit integers with a sign.
    return random.integers(np.iinfo(kind).min, min(np.iinfo(kind).max, (1 << 63) - 1), (rows, 3), kind, True)


@test
def every_datatype_goes_in_and_out():
    with serving(tensors()) as (port, _, _):
        client = triton.InferenceServerClient(f"127.0.0.1:{port}")
        described = client.get_model_metadata("model")
        assert [(entry["name"], entry["datatype"], entry["shape"]) for entry in described["inputs"]] \
            == [(f"in_{name}", name, [-1, 3]) for name in TYPES], described
        for binary in [True, False]:
            # The client writes no FP16 as JSON.
            inputs = [given(f"in_{name}", sample(name), name, binary or name == "FP16") for name in TYPES]
            outputs = [triton.InferRequestedOutput(f"out_{name}", binary_data=binary or name == "FP16") for name in reversed(TYPES)]
            found = infer(client, inputs, outputs)
            assert [entry["name"] for entry in found.get_response()["outputs"]] == [f"out_{name}" for name in reversed(TYPES)]
            for name in TYPES:
                array, expected = found.as_numpy(f"out_{name}"), sample(name).T
                if name == "BYTES" and not binary:
                    array = np.vectorize(lambda text: text if isinstance(text, bytes) else text.encode(), otypes=[object])(array)
                assert np.array_equal(array, expected), (name, binary, array, expected)
    return f"{len(TYPES)} datatypes"


@test
def answers_have_the_form_that_the_schema_says():
    with serving() as (port, _, _):
        for path, name in [("/v2", "server_metadata"), ("/v2/", "server_metadata"), ("/v2/health/live", "live"), ("/v2/health/ready", "ready"),
                           ("/v2/models/model", "model_metadata"), ("/v2/models/model/versions/1", "model_metadata"),
                           ("/v2/models/model/ready", "model_ready"), ("/health", "health")]:
            status, _, body = request(port, "GET", path)
            assert status == 200, (path, status)
            check(name, body)
        asked = {"id": "1", **texts_input("a", "b")}
        jsonschema.validate(asked, {"$ref": "#/components/schemas/inference_request", "components": API["components"]})
        status, headers, body = request(port, "POST", "/v2/models/model/versions/1/infer", json.dumps(asked))
        assert status == 200 and headers["Content-Type"] == "application/json"
        answer = check("inference_answer", body)
        assert answer["id"] == "1" and answer["outputs"][0]["shape"] == [2, 384]
        for method, path, body, status in [("GET", "/v2/models/x", None, 404), ("POST", "/v2/models/model/infer", "{", 400),
                                           ("POST", "/v2/models/model/infer", b"a" * (6 << 20) + b"a", 413), ("DELETE", "/v2", None, 405)]:
            found, _, body = request(port, method, path, body)
            assert found == status, (path, found)
            check("inference_error", body)
        found, _, body = request(port, "POST", "/predict", "{")
        assert found == 400
        check("predict_error", body)
    with serving(PACK_MODEL_NAME="a/b c") as (port, _, _):
        client = triton.InferenceServerClient(f"127.0.0.1:{port}")
        assert client.is_model_ready("a/b c") and client.get_model_metadata("a/b c")["name"] == "a/b c"


@test
def health_answers_while_it_computes():
    """64 texts of 256 tokens take seconds; whoever asks for health meanwhile is answered before they are done."""
    with serving() as (port, _, _), concurrent.futures.ThreadPoolExecutor(1) as threads:
        request(port, "GET", "/health")
        long = threads.submit(predict, port, {"texts": ["word " * 300] * 64, "outputs": False})
        seen = 0
        while not long.done():
            for path in ["/health", "/v2/health/live", "/v2/health/ready", "/metrics"]:
                assert request(port, "GET", path)[0] == 200
            if not long.done():
                seen += 1
        assert len(long.result()["embeddings"]) == 64 and seen >= 5, seen
    return f"{4 * seen} answers meanwhile"


@test
def clients_at_once_get_their_own_answers():
    """Eight clients with texts of their own, errors among them, computed together or not, in both protocols."""
    lines = [f"sentence {index} " + "and more " * (index * 7 % 40) for index in range(16)]

    def converse(port, client):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for line in lines[client:] + lines[:client]:
            for path, asked in [("/predict", {"text": line, "outputs": False}), ("/v2/models/model/infer", texts_input(line))]:
                connection.request("POST", path, json.dumps(asked))
                found = json.loads(connection.getresponse().read())
                assert (found.get("embedding") or found["outputs"][0]["data"]) == single[line], (client, path, line)
            for path, bad in [("/predict", "nonsense"), ("/predict", '{"inputs": {"input_ids": [[99999999]]}}'), ("/v2/models/model/infer", "{}")]:
                connection.request("POST", path, bad)
                answer = connection.getresponse()
                assert answer.status == 400 and "error" in json.loads(answer.read()), (client, bad)

    for window in ["0", "5"]:
        with serving(PACK_BATCH_WINDOW=window) as (port, _, _), concurrent.futures.ThreadPoolExecutor(8) as threads:
            single = {line: predict(port, {"text": line})["embedding"] for line in lines}
            for done in [threads.submit(converse, port, client) for client in range(8)]:
                done.result()
    done = subprocess.run([str(folder(MODEL) / "bootstrap"), "--batch-window", "soon"], env={"PORT": "1"}, capture_output=True)
    assert done.returncode == 64 and b"not soon" in done.stderr, done.stderr


@test
def wrong_settings_are_refused():
    for name in ["PACK_MAX_BODY", "PACK_QUEUE", "PACK_QUEUE_WAIT", "PACK_MAX_TEXTS", "PACK_MAX_TOKENS"]:
        for value in ["soon", "0", "-1", "1 ", "9" * 20]:
            done = subprocess.run([str(folder(MODEL) / "bootstrap")], env={"PORT": "1", name: value}, capture_output=True, timeout=60)
            assert done.returncode in (1, 64), (name, value, done)
            assert f"{name} is a whole positive number, not {value}".encode() in done.stderr, (name, value, done.stderr)


def texts_input(*lines):
    return {"inputs": [{"name": "text", "shape": [len(lines)], "datatype": "BYTES", "data": list(lines)}]}


@test
def nothing_is_allocated_after_the_warm_up():
    lines = ["a short text", "a somewhat longer text that has a few more words in it"]
    with serving() as (port, process, _):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

        def send(count):
            for index in range(count):
                connection.request("POST", "/v2/models/model/infer", json.dumps(texts_input(*lines[: 1 + index % 2])))
                assert connection.getresponse().read().startswith(b'{"model_name"')

        def memory():
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            return [line for line in status.splitlines() if line.startswith(("VmSize", "VmData", "RssAnon"))]

        send(200)
        before = memory()
        send(2000)
        assert memory() == before, (before, memory())


@test
def a_full_queue_is_said():
    with serving(PACK_QUEUE="2") as (port, _, _), concurrent.futures.ThreadPoolExecutor(8) as threads:
        body = json.dumps({"texts": ["word " * 300] * 16, "outputs": False})
        done = [job.result() for job in [threads.submit(request, port, "POST", "/predict", body) for _ in range(8)]]
        statuses = sorted(status for status, _, _ in done)
        assert 200 in statuses and 503 in statuses and set(statuses) <= {200, 503}, statuses
        for status, headers, body in done:
            if status == 503:
                assert headers["Retry-After"] == "1" and json.loads(body)["error"]["type"] == "Overloaded"
        status, _, body = request(port, "POST", "/predict", '{"text": "a"}')
        assert status == 200
        counted = dict(re.findall(r'pack_http_requests_total\{status="(\d+)"\} (\d+)', request(port, "GET", "/metrics")[2].decode()))
        assert int(counted["503"]) == statuses.count(503), counted
    return f"{statuses.count(503)} of 8 refused"


@test
def sigterm_under_load_loses_no_accepted_request():
    """Eight clients with connections of their own; each answer is whole, and those that fail were not accepted."""
    body, lost, answered = json.dumps({"text": "some words"}), [], [0] * 8
    stopped = threading.Event()
    with serving() as (port, process, _):
        def converse(client):
            while True:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                try:
                    connection.connect()
                except OSError:
                    return
                refused = (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError)
                while True:
                    try:
                        connection.request("POST", "/predict", body)
                        answer = connection.getresponse()
                        content = json.loads(answer.read())
                        assert answer.status == 200 and len(content["embedding"]) == 384
                        answered[client] += 1
                        if answer.will_close:
                            break
                        refused = (http.client.RemoteDisconnected, BrokenPipeError)
                    except Exception as error:
                        # The connection was closed before the request was read, or never taken: a client sends it again elsewhere.
                        if not (stopped.is_set() and isinstance(error, refused)):
                            lost.append(repr(error))
                        break

        threads = [threading.Thread(target=converse, args=[client]) for client in range(8)]
        for thread in threads:
            thread.start()
        while sum(answered) < 200:
            assert process.poll() is None
            time.sleep(0.01)
        keeping = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        keeping.request("GET", "/v2/health/ready")
        assert keeping.getresponse().read() == b'{"ready":true}'
        before = sum(answered)
        stopped.set()
        process.send_signal(signal.SIGTERM)
        status = 200
        while status == 200:
            try:
                keeping.request("GET", "/v2/health/ready")
                answer = keeping.getresponse()
                status = answer.status
                answer.read()
            except (OSError, http.client.HTTPException):
                break
        assert status == 503, status
        for thread in threads:
            thread.join()
        assert process.wait(20) == 0
    assert not lost, lost
    return f"{before} answers before the signal, {sum(answered) - before} after it"


@test
def killed_under_load_it_starts_again_at_once():
    """Clients of a server that is killed are not left waiting, and the next one on the same port answers them."""
    body, answered = json.dumps({"text": "some words", "outputs": False}), [0] * 8

    def converse(port, client):
        """Answers until the connection fails, which must not take until the time limit."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            while True:
                connection.request("POST", "/predict", body)
                assert len(json.loads(connection.getresponse().read())["embedding"]) == 384
                answered[client] += 1
        except TimeoutError:
            raise
        except (OSError, http.client.HTTPException):
            pass

    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        with serving(status=-signal.SIGKILL) as (port, process, _):
            clients = [threads.submit(converse, port, client) for client in range(8)]
            while min(answered) < 10:
                time.sleep(0.01)
            process.kill()
            process.wait()
            start = time.monotonic()
        for client in clients:
            client.result()
        with serving(port=port):
            predict(port, {"text": "some words"})
            took = time.monotonic() - start
    return f"{sum(answered)} answers before; answered {took * 1e3:.0f} ms after the end"


GRAMMAR = re.compile(r'(# HELP \w+ .+|# TYPE \w+ (counter|gauge|histogram)|\w+(\{\w+="[^"\\\n]*"(,\w+="[^"\\\n]*")*\})? [0-9.e+-]+)')


@test
def metrics_can_be_scraped():
    with serving() as (port, _, _):
        for index in range(20):
            predict(port, {"texts": ["a text"] * (1 + index % 3)})
        request(port, "GET", "/nowhere")
        # A request is counted a moment after its answer was sent.
        body = b""
        while b"duration_seconds_count 20\n" not in body:
            status, headers, body = request(port, "GET", "/metrics")
    assert status == 200 and headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = body.decode().splitlines()
    assert body.endswith(b"\n") and all(GRAMMAR.fullmatch(line) for line in lines), [line for line in lines if not GRAMMAR.fullmatch(line)]
    values = {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if line[0] != "#"}
    names = {re.sub(r"(_bucket|_sum|_count)?(\{.*)?$", "", name) for name in values if "duration" in name} | {
        re.sub(r"\{.*$", "", name) for name in values if "duration" not in name}
    assert names == {line.split()[2] for line in lines if line.startswith("# TYPE")}, names
    assert values['pack_http_requests_total{status="200"}'] >= 20 and values['pack_http_requests_total{status="404"}'] == 1
    buckets = [value for name, value in values.items() if "_bucket" in name]
    assert buckets == sorted(buckets) and buckets[-1] == values["pack_request_duration_seconds_count"] == 20
    assert values["pack_texts_total"] == sum(1 + index % 3 for index in range(20)) and values["pack_tokens_total"] == 4 * values["pack_texts_total"]
    assert 0 < values["process_start_time_seconds"] - time.time() + 60 < 120 and values["process_resident_memory_bytes"] > 1 << 20
    return f"{len(values)} values"


@test
def each_request_has_a_line_in_the_log():
    with serving(PACK_LOG="requests") as (port, _, log):
        predict(port, {"text": "secret words"})
        request(port, "GET", "/a%22b\\\"c?token=hidden")
        with socket.create_connection(("127.0.0.1", port)) as raw:
            raw.sendall(b"nonsense\r\n\r\n")
            raw.recv(4096)
        # A line is written a moment after the answer was sent.
        while (said := log.read_text()).count("\n") < 4:
            time.sleep(0.01)
    lines = sorted(map(json.loads, said.splitlines()[1:]), key=lambda line: line["status"])
    assert [(line["method"], line["path"], line["status"]) for line in lines] \
        == [("POST", "/predict", 200), ("-", "", 400), ("GET", "/a%22b\\\"c", 404)], lines
    assert lines[0]["texts"] == 1 and lines[0]["tokens"] == 4 and lines[0]["seconds"] >= lines[0]["computing"] > 0
    assert "secret" not in said and "hidden" not in said


@test
def many_connections_are_held():
    """1,000 idle ones, and 200 that ask, all at once, of one process."""
    import resource
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2600:
        return "left out: this process may not have so many"
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2600), hard))
    body = json.dumps({"text": "some words", "outputs": False}).encode()
    head = b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body)
    with serving() as (port, _, _), contextlib.ExitStack() as stack:
        def connect():
            return stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))

        idle = [connect() for _ in range(1000)]
        busy = [connect() for _ in range(200)]
        for _ in range(3):
            for connection in busy:
                connection.sendall(head + body)
            for connection in busy:
                assert read_answer(connection).startswith(b'{"embedding"')
        counted = request(port, "GET", "/metrics")[2].decode()
        assert "pack_http_connections 1201\n" in counted, counted
        for connection in idle[::100]:
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
            assert read_answer(connection) == b'{"status":"ok"}\n'


def read_answer(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, body = data.split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 200"), head
    length = int(re.search(rb"Content-Length: (\d+)", head)[1])
    while len(body) < length:
        body += connection.recv(65536)
    return body


if __name__ == "__main__":
    sys.exit(bundles.main())
