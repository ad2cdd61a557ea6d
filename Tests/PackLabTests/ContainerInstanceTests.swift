import PackLab
import Testing

/// Containers around small servers written in Python, among the files of this machine.
@Suite(.serialized) struct ContainerInstanceTests {
    private let sandbox = Sandbox()

    /// A server that answers with what it gets; `start` runs before it listens, `body` with the request `data`.
    private func settings(_ body: String = "pass", start: String = "pass") -> ContainerSettings {
        var settings = ContainerSettings(arguments: [
            "/usr/bin/python3", "-c",
            """
            import http.server, os, signal, sys, time
            class Handler(http.server.BaseHTTPRequestHandler):
                protocol_version, wbufsize = "HTTP/1.1", -1
                def do_POST(self):
                    data = self.rfile.read(int(self.headers["Content-Length"]))
                    \(body)
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)
                do_GET = lambda self: self.send_error(404)
                def log_message(*_): pass
            \(start)
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
            http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
            """,
        ])
        settings.memory = 128 << 20
        settings.startTime = 30
        return settings
    }

    @Test func answersOneAndMany() throws {
        let instance = try ContainerInstance(settings(), sandbox: sandbox)
        #expect(instance.readySeconds > 0 && instance.probes > 1)
        let reply = try instance.request(Array("hello".utf8))
        #expect(reply.status == 200 && reply.body == Array("hello".utf8) && reply.seconds > 0)
        let closed = try instance.run(Load(bodies: [[1], [2, 3]], count: 50, concurrency: 7))
        #expect(closed.statuses == [200: 50] && closed.latencies.count == 50 && closed.failure == nil)
        var load = Load(bodies: [[1]], count: 20, concurrency: 3)
        load.arrivals = (0..<20).map { Double($0) / 100 }
        let open = try instance.run(load)
        #expect(open.statuses == [200: 20] && open.seconds >= 0.19)
        #expect(instance.peakMemory > 1 << 20)
        let stop = instance.stop(grace: 20)
        #expect(stop.status == 7 && !stop.wasKilled)
    }

    @Test func environmentIsWhatIsSaid() throws {
        var settings = settings(#"data = repr(sorted(os.environ)).encode()"#)
        settings.environment = ["NAME": "x"]
        let reply = try ContainerInstance(settings, sandbox: sandbox).request([])
        let found = String(decoding: reply.body, as: UTF8.self)
        // Python itself sets LC_CTYPE.
        #expect(found.replacing("'LC_CTYPE', ", with: "") == "['NAME', 'PORT']")
    }

    @Test func memoryIsLimited() throws {
        let instance = try ContainerInstance(settings("x = bytearray(300 << 20)"), sandbox: sandbox)
        if instance.limitMethod == "RLIMIT_DATA" { return }
        #expect { try instance.request([1]) } throws: { error in
            if case EmulationError.outOfMemory(.request, 134_217_728, _) = error { true } else { false }
        }
    }

    @Test func startsThatFail() throws {
        var other = settings()
        other.environment["PORT"] = "9009"
        other.startTime = 1
        #expect {
            try ContainerInstance(other, sandbox: sandbox)
        } throws: { error in
            guard case EmulationError.notListening(_, 1, let others, _) = error else { return false }
            return others == [9009] || others == []
        }
        var unready = settings()
        unready.probe = .http(path: "/ready")
        unready.startTime = 1
        #expect {
            try ContainerInstance(unready, sandbox: sandbox)
        } throws: { error in
            if case EmulationError.notReady("/ready", 404, 1, _) = error { true } else { false }
        }
        #expect(throws: EmulationError.exited(during: .start, status: 3, signal: 0, errors: "no model")) {
            try ContainerInstance(settings(start: "print('no model', flush=True); os._exit(3)"), sandbox: sandbox)
        }
        #expect(throws: EmulationError.cannotStart(path: "/nowhere", code: 2)) {
            try ContainerInstance(ContainerSettings(arguments: ["/nowhere"]), sandbox: sandbox)
        }
    }

    @Test func whatDoesNotEndIsKilled() throws {
        let deaf = settings(
            start: "signal.signal = lambda *_: None; import _signal; _signal.signal(15, _signal.SIG_IGN)")
        let stop = try ContainerInstance(deaf, sandbox: sandbox).stop(grace: 0.3)
        #expect(stop.wasKilled && stop.signal == 9 && stop.seconds >= 0.3)
    }

    @Test func noAnswerIsAFailure() throws {
        let instance = try ContainerInstance(settings("if data: os._exit(4)"), sandbox: sandbox)
        #expect { try instance.request([1]) } throws: { error in
            if case EmulationError.exited(.request, 4, 0, _) = error { true } else { false }
        }
        let slow = try ContainerInstance(settings("time.sleep(5)"), sandbox: sandbox)
        #expect { try slow.request([1], timeout: 0.2) } throws: { error in
            if case EmulationError.badExchange = error { true } else { false }
        }
    }
}
