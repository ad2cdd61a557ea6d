#!/usr/bin/env python3
"""Damaged HTTP requests to bundles' servers: heads, bodies, chunks, JSON, binary tensors, in pieces and cut off.

Two servers (MiniLM, and a model with an input of every type) get whole requests that were damaged in one to four places, from
several connections at once. Whatever comes back has to be whole answers of HTTP/1.1 with a status that the API knows, JSON
where they say so; it comes soon after the client has said its last byte; and every so often a whole request gets the right
answer. At the end the servers' memory has stayed what it was, and SIGTERM ends them with status 0.

A case is a number: the same seed and number make the same bytes. `--case` sends one and prints both sides.

Run from the root of the repository after `make all`, with the Python of serving.py:
.venv/bin/python Tests/fuzz/http_requests.py [--seconds S] [--first N] [--seed N] [--clients N] [--case N]
"""
import argparse
import collections
import json
import pathlib
import random
import re
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

import numpy as np  # noqa: E402

import serving  # noqa: E402

STATUSES = {100, 200, 400, 404, 405, 408, 411, 413, 414, 415, 417, 422, 431, 501, 503, 505}
# Seconds after the last byte was sent, or the connection half closed, until all has come back.
PATIENCE = 20
# Bytes that the servers' anonymous memory may grow by: buffers of the connections that there are at once.
GROWTH = 64 << 20
INTERESTING = [b"\0", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\xff", b"\x80", b"%00", b"%2f", b"..", b'"', b"\\", b"{", b"[", b"}", b"]",
               b",", b":", b"-", b"e999999999", b"1e-400", b"NaN", b"null", b"true", b"\\ud800", b"\\u0000", b"\xf0\x9f\x98", b"chunked",
               b"0\r\n\r\n", b"ffffffffffffffff\r\n", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Host: b\r\n",
               b"Connection: close\r\n", b"Expect: 100-continue\r\n", b"Content-Encoding: gzip\r\n", b"HTTP/2.0", b"\t", b" ", b";a=b",
               b'"parameters":{"binary_data_size":18446744073709551615}', b"[" * 300, b'{"a":' * 200]
NUMBERS = [b"0", b"-1", b"1", b"127", b"255", b"65536", b"2147483647", b"2147483648", b"4294967295", b"4294967297", b"9223372036854775807",
           b"9223372036854775808", b"18446744073709551615", b"18446744073709551616", b"1" * 40, b"0x10", b"1e3", b"3.5", b"+4", b" 4"]


# Whole requests

def message(method, path, body=b"", headers=(), length=True):
    lines = [f"{method} {path} HTTP/1.1", "Host: a", *headers]
    if length and (body or method == "POST"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def chunked(path, body, sizes):
    pieces, start = [], 0
    for size in sizes:
        part = body[start:start + size]
        pieces.append(b"%x\r\n%s\r\n" % (len(part), part))
        start += size
    tail = body[start:]
    pieces.append(b"%X;name=value\r\n%s\r\n0\r\nTrailer: x\r\n\r\n" % (len(tail), tail) if tail else b"0\r\n\r\n")
    return message("POST", path, b"", ["Transfer-Encoding: chunked"], length=False) + b"".join(pieces)


def binary(inputs, outputs=()):
    """A request of the binary extension: JSON, then the tensors' bytes."""
    described, data = [], b""
    for name, datatype, array in inputs:
        raw = b"".join(struct.pack("<I", len(item)) + item for item in array.ravel()) if datatype == "BYTES" else array.tobytes()
        described.append({"name": name, "datatype": datatype, "shape": list(array.shape), "parameters": {"binary_data_size": len(raw)}})
        data += raw
    asked = {"id": "7", "inputs": described}
    if outputs:
        asked["outputs"] = [{"name": name, "parameters": {"binary_data": True}} for name in outputs]
    head = json.dumps(asked).encode()
    return message("POST", "/v2/models/model/infer", head + data, [f"Inference-Header-Content-Length: {len(head)}"])


def common():
    paths = ["/", "/health", "/metrics", "/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/model", "/v2/models/model/ready",
             "/v2/models/model/versions/1", "/v2/models/other", "/v2/models/model%20x/ready", "/v2?x=y"]
    return [message("GET", path) for path in paths] + [message("HEAD", "/v2"), message("DELETE", "/v2"), message("OPTIONS", "*")]


def texts():
    plain = json.dumps({"text": "a text of some words", "outputs": False}).encode()
    several = json.dumps({"texts": ["one", "two é 😀", "three \" \\ \n"], "outputs": ["sentence_embedding"]}).encode()
    tokens = json.dumps({"inputs": {"input_ids": [[101, 7592, 102]], "attention_mask": [[1, 1, 1]], "token_type_ids": [[0, 0, 0]]}}).encode()
    protocol = json.dumps({"id": "x", "inputs": [{"name": "text", "shape": [2], "datatype": "BYTES", "data": ["a", "b"]}]}).encode()
    lines = np.array([b"one", b"two \xc3\xa9"], object)
    ids = np.array([[101, 7592, 102]], np.int64)
    return common() + [
        message("POST", "/predict", plain), message("POST", "/predict", plain, ["Expect: 100-continue"]),
        message("POST", "/predict", several), message("POST", "/predict", tokens), chunked("/predict", plain, [1, 2, 7]),
        chunked("/predict", several, [20]), message("POST", "/v2/models/model/infer", protocol),
        binary([("text", "BYTES", lines)]),
        binary([("input_ids", "INT64", ids), ("attention_mask", "INT64", ids * 0 + 1), ("token_type_ids", "INT64", ids * 0)],
               ["sentence_embedding"]),
        message("POST", "/predict", plain) + message("GET", "/health")]


def tensors():
    arrays = [(f"in_{name}", name, serving.sample(name)) for name in serving.TYPES]
    small = json.dumps({"inputs": [{"name": name, "datatype": kind, "shape": list(array.shape),
                                    "data": [x.decode() if isinstance(x, bytes) else x for x in array.ravel().tolist()]}
                                   for name, kind, array in arrays]}).encode()
    plain = json.dumps({"inputs": {name: {"shape": list(array.shape), "data": array.ravel().tolist()}
                                   for name, kind, array in arrays if kind.startswith(("FP", "INT"))}}).encode()
    return common() + [binary(arrays, [f"out_{name}" for name in serving.TYPES]), binary(arrays), binary(arrays[:3]),
                       message("POST", "/v2/models/model/infer", small), message("POST", "/predict", plain)]


# Damage

def damaged(number, seed, corpus):
    """The bytes of a case, their pieces, and how the client ends."""
    dice = random.Random(seed * 1_000_003 + number)
    data = bytearray(dice.choice(corpus))
    for _ in range(dice.choice([0, 1, 1, 1, 2, 2, 3, 4])):
        damage(data, dice, corpus)
    cuts = sorted({dice.randrange(len(data) + 1) for _ in range(dice.choice([0, 0, 0, 1, 2, 5]))})
    pieces = [bytes(data[a:b]) for a, b in zip([0, *cuts], [*cuts, len(data)]) if a < b]
    return pieces, dice.choice(["half", "half", "half", "half", "close", "reset"])


def damage(data, dice, corpus):
    place = dice.randrange(len(data) + 1)
    kind = dice.randrange(9)
    if kind == 0 and data:
        data[min(place, len(data) - 1)] ^= 1 << dice.randrange(8)
    elif kind == 1:
        data[place:place] = dice.choice(INTERESTING)
    elif kind == 2:
        del data[place:place + dice.choice([1, 1, 2, 5, 30])]
    elif kind == 3:
        span = data[place:place + dice.choice([1, 4, 20, 200])]
        data[place:place] = span * dice.choice([1, 2, 50])
    elif kind == 4:
        del data[place:]
    elif kind == 5:
        other = dice.choice(corpus)
        data[place:] = other[dice.randrange(len(other) + 1):]
    elif kind in (6, 7):
        found = list(re.finditer(rb"\d+", data))
        if found:
            match = dice.choice(found)
            data[match.start():match.end()] = dice.choice(NUMBERS)
    else:
        data[place:place + 1] = bytes(dice.randrange(256) for _ in range(dice.choice([1, 3, 40])))


# Talking

def converse(port, pieces, end):
    """What comes back until the server closes, or after the client's end; raises TimeoutError if it never does."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for piece in pieces:
                connection.sendall(piece)
            if end == "close":
                return None
            if end == "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return None
            connection.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
        try:
            while part := connection.recv(1 << 20):
                received += part
        except ConnectionResetError:
            # The server has refused the request and not read all of it.
            pass
    return received


def check_answers(received, has_head):
    """The statuses of whole answers, one after the other; where a HEAD may have been asked for, some have no body."""
    statuses = []
    while received:
        head, separator, rest = received.partition(b"\r\n\r\n")
        assert separator, f"an answer without an end of its head: {head[:200]!r}"
        first, *lines = head.decode("ascii").split("\r\n")
        match = re.fullmatch(r"HTTP/1\.1 (\d{3}) [A-Za-z ]+", first)
        assert match and int(match[1]) in STATUSES, first
        statuses.append(int(match[1]))
        headers = {}
        for line in lines:
            name, colon, value = line.partition(": ")
            assert colon and name.lower() not in headers and value, line
            headers[name.lower()] = value
        if statuses[-1] == 100:
            received = rest
            continue
        length = int(headers["content-length"])
        is_bodiless = has_head and (not rest or rest.startswith(b"HTTP/1.1 "))
        body = b"" if is_bodiless else rest[:length]
        if not is_bodiless:
            assert len(body) == length, f"{len(body)} of {length} bytes of a body"
            if headers.get("content-type") == "application/json":
                part = int(headers.get("inference-header-content-length", length))
                document = json.loads(body[:part])
                assert statuses[-1] in (200, 503) or "error" in document, body[:200]
        received = rest[len(body):]
    return statuses


class Target:
    """A server, what it gets, and a whole request with its answer."""

    def __init__(self, port, process, corpus, probe):
        self.port, self.process, self.corpus, self.probe = port, process, corpus, probe
        self.expected = converse(port, [probe], "half")
        self.probed()
        self.memory = self.anonymous()

    def probed(self):
        found = converse(self.port, [self.probe], "half")
        assert check_answers(found, False) == [200] and found == self.expected, (found[:300], self.expected[:300])

    def anonymous(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"RssAnon:\s+(\d+)", status)[1]) << 10

    def send(self, number, seed):
        pieces, end = damaged(number, seed, self.corpus)
        received = converse(self.port, pieces, end)
        if received is None:
            return "left"
        whole = b"".join(pieces)
        statuses = check_answers(received, b"HEAD " in whole)
        assert statuses or whole not in self.corpus, "no answer to a whole request"
        return str(statuses[-1]) if statuses else "closed"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--case", type=int)
    options = parser.parse_args()
    with serving.serving() as (port, process, _), serving.serving(serving.tensors()) as (other, second, _):
        targets = [Target(port, process, texts(), texts()[-5]), Target(other, second, tensors(), tensors()[-5])]
        if options.case is not None:
            target = targets[options.case % 2]
            pieces, end = damaged(options.case, options.seed, target.corpus)
            print(*pieces, end, converse(target.port, pieces, end), sep="\n")
            return 0
        return fuzz(targets, options)


def fuzz(targets, options):
    counts, failures, lock = collections.Counter(), [], threading.Lock()
    numbers, end, peak = iter(range(options.first, sys.maxsize)), time.monotonic() + options.seconds, [0] * len(targets)

    def client():
        while time.monotonic() < end and len(failures) < 5:
            with lock:
                number = next(numbers)
            target = targets[number % 2]
            try:
                kind = target.send(number, options.seed)
                if number % 500 < 2:
                    target.probed()
                    peak[number % 2] = max(peak[number % 2], target.anonymous())
            except Exception as error:
                kind = "failed"
                with lock:
                    failures.append(f"case {number}: {type(error).__name__}: {error}")
                if target.process.poll() is not None:
                    return
            with lock:
                counts[kind] += 1

    clients = [threading.Thread(target=client) for _ in range(options.clients)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    for target, most in zip(targets, peak):
        if target.process.poll() is not None:
            failures.append(f"the server ended: status {target.process.returncode}")
        elif most > target.memory + GROWTH:
            failures.append(f"memory grew from {target.memory} to {most} bytes")
        else:
            target.probed()
    print(*failures, sep="\n", end="\n" if failures else "")
    memory = ", ".join(f"{target.memory >> 10} to {most >> 10} kB" for target, most in zip(targets, peak))
    print(f"{counts.total()} damaged requests in {options.seconds:.0f} s: {dict(sorted(counts.items()))}; anonymous memory {memory}; "
          f"{len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
