"""A server at twice what it can do: bounded memory, every request answered or refused, and normal again within a second.

Run from the root of the repository after `make all`, with the Python of serving.py:
.venv/bin/python Tests/overload.py [--seconds S] [--factor N]. Requests come at a fixed rate, whether or not others have been
answered. Prints what was measured; exit status 1 if a request was lost or badly refused, memory grew without end, or
requests took longer than twice the usual time (p95, alone) from one second after the end.
"""

import argparse
import asyncio
import collections
import http.client
import json
import pathlib
import re
import sys
import time

import serving

# Words of a request: long enough for the client to cost little beside it.
WORDS = 90
# Bytes of the most memory that a server may have beside what it had before.
GROWTH = 64 << 20


def body():
    return json.dumps({"text": "overload " * WORDS, "outputs": False}).encode()


class Client:
    """Sends requests, each over a connection that nobody uses."""

    def __init__(self, port):
        content = body()
        self.port, self.idle, self.counts, self.times = port, [], collections.Counter(), []
        self.message = b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s" % (len(content), content)

    async def send(self):
        start = time.monotonic()
        try:
            connection = self.idle.pop() if self.idle else await asyncio.open_connection("127.0.0.1", self.port)
            reader, writer = connection
            writer.write(self.message)
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
            content = await reader.readexactly(int(re.search(rb"Content-Length: (\d+)", head)[1]))
            status = int(head[9:12])
            if status == 200:
                assert len(json.loads(content)["embedding"]) == 384
                self.times.append(time.monotonic() - start)
            else:
                assert status == 503 and b"Retry-After: 1\r\n" in head and json.loads(content)["error"]["type"] == "Overloaded", head
            self.counts[status] += 1
            if b"Connection: close" in head:
                writer.close()
            else:
                self.idle.append(connection)
        except Exception as error:
            self.counts[f"{type(error).__name__}: {error}"[:100]] += 1

    async def at(self, rate, seconds):
        """Requests at so many a second; returns when all have ended."""
        start, sent, under_way = time.monotonic(), 0, set()
        while (now := time.monotonic() - start) < seconds:
            while sent < now * rate:
                task = asyncio.ensure_future(self.send())
                under_way.add(task)
                task.add_done_callback(under_way.discard)
                sent += 1
            await asyncio.sleep(0.002)
        return sent, under_way


def alone(port, count, pause=0.0):
    """Seconds that requests take one after the other, and when each began."""
    connection, content, times = http.client.HTTPConnection("127.0.0.1", port, timeout=60), body(), []
    for _ in range(count):
        start = time.monotonic()
        connection.request("POST", "/predict", content)
        answer = connection.getresponse()
        answer.read()
        times.append((start, time.monotonic() - start, answer.status))
        time.sleep(pause)
    return times


def quantile(times, share):
    return sorted(times)[min(int(share * len(times)), len(times) - 1)]


def memory(process):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{process.pid}/status").read_text())[1]) << 10


async def busy(port, clients, seconds):
    """Answers a second for so many clients, each waiting for its answer."""
    client, end = Client(port), time.monotonic() + seconds

    async def converse():
        while time.monotonic() < end:
            await client.send()

    await asyncio.gather(*[converse() for _ in range(clients)])
    return client.counts[200] / seconds


async def overload(port, process, rate, seconds):
    """What became of requests at the rate, the most memory meanwhile, and requests alone after the end."""
    client, peak = Client(port), 0
    load = asyncio.ensure_future(client.at(rate, seconds))
    while not load.done():
        peak = max(peak, memory(process))
        await asyncio.wait([load], timeout=1)
    sent, under_way = await load
    end = time.monotonic()
    after = asyncio.get_running_loop().run_in_executor(None, alone, port, 200, 0.01)
    await asyncio.gather(*under_way)
    return client, sent, peak, [(start - end, took, status) for start, took, status in await after]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--factor", type=float, default=2)
    options = parser.parse_args()
    with serving.serving() as (port, process, _):
        alone(port, 50)
        usual = [took for _, took, _ in alone(port, 200, 0.01)]
        before = memory(process)
        capacity = asyncio.run(busy(port, 8, 5))
        rate = options.factor * capacity
        print(f"alone p50 {quantile(usual, 0.5) * 1e3:.1f} ms, p95 {quantile(usual, 0.95) * 1e3:.1f} ms; capacity {capacity:.0f} requests/s; "
              f"now {rate:.0f} requests/s for {options.seconds:.0f} s", flush=True)
        client, sent, peak, after = asyncio.run(overload(port, process, rate, options.seconds))
        late = [(start, took) for start, took, _ in after if start >= 1]
        print(f"{sent} requests: {dict(client.counts)}; answers p50 {quantile(client.times, 0.5):.2f} s, p99 {quantile(client.times, 0.99):.2f} s; "
              f"memory {before >> 10} kB before, {peak >> 10} kB at the peak")
        back = max([start + took for start, took, _ in after if took > 2 * quantile(usual, 0.95)], default=0)
        slow = quantile([took for _, took in late], 0.95)
        print(f"after the end: slower than twice the usual p95 until {back:.2f} s; from 1 s on p95 {slow * 1e3:.1f} ms")
        failures = []
        if set(client.counts) - {200, 503} or client.counts.total() != sent:
            failures.append("not every request was answered or refused")
        if peak > before + GROWTH:
            failures.append("memory grew")
        if any(status != 200 for start, _, status in after if start >= 1) or slow > 2 * quantile(usual, 0.95):
            failures.append("not back to normal after a second")
    print(*failures, sep="\n", end="\n" if failures else "")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
