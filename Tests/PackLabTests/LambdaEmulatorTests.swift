import Foundation
import PackLab
import Testing

/// The emulator against small runtimes written in Python, which is what a test may count on.
@Suite(.serialized) struct LambdaEmulatorTests {
    /// A runtime in Python: `body` runs with `event` (bytes), and gives what to post and where.
    private func runtime(_ body: String, start: String = "pass") -> String {
        """
        #!/usr/bin/python3
        import http.client, json, os, sys, time
        \(start)
        api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
        def post(path, body):
            api.request("POST", "/2018-06-01/runtime/" + path, body)
            answer = api.getresponse(); answer.read()
            return answer.status
        while True:
            api.request("GET", "/2018-06-01/runtime/invocation/next")
            answer = api.getresponse()
            id = answer.getheader("Lambda-Runtime-Aws-Request-Id")
            event = answer.read()
            \(body)
        """
    }

    private func emulator(_ program: String, _ settings: LambdaSettings = LambdaSettings()) throws -> LambdaEmulator {
        let path = temporaryPath("bundle.zip")
        defer { unlink(path) }
        writeZip([("bootstrap", Array(program.utf8), 0o100755)], to: path)
        return try LambdaEmulator(bundle: path, settings: settings)
    }

    @Test func measures() throws {
        let echo = try emulator(runtime(#"post("invocation/" + id + "/response", event)"#))
        var plan = EmulationPlan(events: [Array("{\"text\":\"a\"}".utf8), Array("{}".utf8)])
        plan.instances = 2
        plan.requests = 20
        let run = try echo.run(plan)
        #expect(run.coldStarts.count == 2 && run.warm.count == 20)
        #expect(String(decoding: run.firstAnswer, as: UTF8.self) == "{\"text\":\"a\"}")
        #expect(run.memory.peak > 1 << 20 && run.memory.peak < 100 << 20)
        let (cold, start) = (try #require(run.coldStart), try #require(run.start))
        let (middle, high) = (try #require(run.warm(percentile: 50)), try #require(run.warm(percentile: 99)))
        #expect(cold > start && start > 0 && middle > 0 && high >= middle)
        #expect(["cgroup v2", "cgroup v1", "RLIMIT_DATA"].contains(run.limitMethod))
        let line = try #require(LambdaLog(size: run.size).report(run).first)
        #expect(line.hasPrefix("REPORT RequestId: ") && line.contains("\tMemory Size: 512 MB\t"))
    }

    @Test func environmentIsLambdas() throws {
        let program = runtime(
            #"post("invocation/" + id + "/response", json.dumps([dict(os.environ), os.getcwd(), os.access(".", os.R_OK)]))"#
        )
        let (body, isAnswer) = try emulator(program).invoke([0x7B, 0x7D])
        #expect(isAnswer)
        let found = try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [Any])
        let variables = try #require(found[0] as? [String: String])
        #expect(
            variables["HOME"] == nil && variables["TZ"] == ":UTC"
                && variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512")
        #expect(variables["LAMBDA_TASK_ROOT"] == found[1] as? String)
    }

    /// A root of its own: the bundle, what the platform's system would have, and nothing that can be written but /tmp.
    @Test(.enabled(if: geteuid() == 0)) func rootIsItsOwn() throws {
        let look = """
            def writes(path):
                try: open(path + "/a", "w").close(); return True
                except OSError: return False
            found = [os.getuid(), sorted(os.listdir("/")), [p for p in ["/", "/usr", "/var/task", "/tmp"] if writes(p)],
                os.statvfs("/tmp").f_blocks * os.statvfs("/tmp").f_frsize]
            """
        let program = runtime(#"post("invocation/" + id + "/response", json.dumps(found))"#, start: look)
        let emulator = try emulator(program)
        let found = try #require(
            try JSONSerialization.jsonObject(with: Data(try emulator.invoke([0x7B, 0x7D]).body)) as? [Any])
        #expect(found[0] as? UInt32 == LambdaEmulator.user)
        let folders = try #require(found[1] as? [String])
        #expect(Set(["tmp", "usr", "var", "proc"]).isSubset(of: folders) && !folders.contains("home"))
        #expect(found[2] as? [String] == ["/tmp"] && found[3] as? Int == 512 << 20)
    }

    @Test func errorsOfEvents() throws {
        let failing = try emulator(
            runtime(#"post("invocation/" + id + "/error", json.dumps({"errorType": "Bad", "errorMessage": "no"}))"#))
        let (body, isAnswer) = try failing.invoke([0x7B, 0x7D])
        #expect(!isAnswer && String(decoding: body, as: UTF8.self).contains("Bad"))
        #expect { try failing.run(EmulationPlan()) } throws: {
            if case EmulationError.functionError = $0 { true } else { false }
        }
        #expect(throws: EmulationError.eventTooLarge(found: 10 << 20, limit: 6 << 20)) {
            try failing.invoke([UInt8](repeating: 0x20, count: 10 << 20))
        }
    }

    @Test func answersThatAreTooLarge() throws {
        let large = try emulator(
            runtime(
                #"""
                status = post("invocation/" + id + "/response", b"x" * 6291557)
                """#))
        let (body, isAnswer) = try large.invoke([0x7B, 0x7D])
        #expect(!isAnswer && String(decoding: body, as: UTF8.self).contains("Function.ResponseSizeTooLarge"))
    }

    @Test func startsThatFail() throws {
        let crash = try emulator("#!/bin/sh\necho 'no model here' >&2\nexit 3\n")
        #expect(throws: EmulationError.exited(during: .start, status: 3, signal: 0, errors: "no model here")) {
            try crash.invoke([])
        }
        let reported = try emulator(
            runtime(
                "pass",
                start: """
                    api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
                    api.request("POST", "/2018-06-01/runtime/init/error", json.dumps({"errorType": "Model.Missing", "errorMessage": "none"}))
                    api.getresponse().read(); sys.exit(1)
                    """))
        #expect(throws: EmulationError.initError(type: "Model.Missing", message: "none")) { try reported.invoke([]) }
        let garbage = try emulator("\u{7F}ELF nonsense")
        #expect { try garbage.invoke([]) } throws: { if case EmulationError.cannotStart = $0 { true } else { false } }
    }

    @Test func silenceIsATimeout() throws {
        var settings = LambdaSettings()
        settings.startTime = 0.3
        settings.requestTime = 0.3
        let asleep = try emulator("#!/bin/sh\nexec sleep 5\n", settings)
        #expect(throws: EmulationError.timeout(during: .start, seconds: 0.3, errors: "")) { try asleep.invoke([]) }
        settings.startTime = 10
        let slow = try emulator(runtime("time.sleep(5)"), settings)
        #expect(throws: EmulationError.timeout(during: .request, seconds: 0.3, errors: "")) {
            try slow.invoke([0x7B, 0x7D])
        }
    }

    @Test func crashWhileAnswering() throws {
        let crash = try emulator(runtime("os.abort()"))
        #expect { try crash.invoke([0x7B, 0x7D]) } throws: { error in
            if case EmulationError.exited(.request, _, SIGABRT, _) = error { true } else { false }
        }
    }

    @Test func memoryIsLimited() throws {
        var settings = LambdaSettings()
        settings.size.memory = 64 << 20
        let greedy = try emulator(
            runtime(#"x = bytearray(200 << 20); post("invocation/" + id + "/response", b"got it")"#), settings)
        #expect { try greedy.invoke([0x7B, 0x7D]) } throws: { error in
            // Without a control group Python runs out of what it may write, and ends by itself.
            switch error {
            case EmulationError.exited(.request, _, _, _): true
            case EmulationError.outOfMemory(.request, 64 << 20, _): true
            default: false
            }
        }
    }
}
