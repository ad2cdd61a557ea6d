import PackIO
import Testing

@Suite struct ProcessTests {
    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func outputsAndStatusAreKept() throws {
        let result = try ChildProcess(
            program: "/bin/sh", arguments: ["-c", "echo $WORD; echo trouble >&2; exit 3"], variables: ["WORD=yes"]
        ).run(seconds: 60)
        #expect(result.status == 3)
        #expect(Self.text(result.output) == "yes\n")
        #expect(Self.text(result.errors) == "trouble\n")
        #expect(!result.isTimedOut)
    }

    @Test func signalsAreTold() throws {
        let result = try ChildProcess(program: "/bin/sh", arguments: ["-c", "kill -9 $$"]).run(seconds: 60)
        #expect(result.status == 128 + 9)
    }

    @Test func whatTakesTooLongIsEndedWithItsChildren() throws {
        let result = try ChildProcess(program: "/bin/sh", arguments: ["-c", "sleep 600 & sleep 600"]).run(seconds: 0)
        #expect(result.isTimedOut)
        #expect(result.status == 128 + 9)
    }

    @Test func missingProgramsAreNamed() {
        #expect(throws: IOFailure.system(.start, path: "/nowhere/at/all", code: 2)) {
            try ChildProcess(program: "/nowhere/at/all", arguments: []).run(seconds: 60)
        }
        #expect(throws: IOFailure.system(.start, path: "/nowhere/at/all", code: 2)) {
            _ = try PipedProcess(["/nowhere/at/all"])
        }
    }

    /// Lines longer than a pipe holds, and several in one piece.
    @Test func linesComeWhole() throws {
        let echo = try PipedProcess(["/bin/cat"])
        for lines in [["one"], ["two", "", "three"], [String(repeating: "x", count: 50_000)]] {
            try echo.write(lines.flatMap { Array($0.utf8) + [10] })
            for line in lines { #expect(echo.line().map(Self.text) == line) }
        }
    }

    @Test func theEndOfOutputIsNoLine() throws {
        let process = try PipedProcess(["/bin/sh", "-c", "printf 'a\\nhalf'; exit 7"])
        #expect(process.line().map(Self.text) == "a")
        #expect(process.line() == nil)
        #expect(process.waitForEnd() == 7)
    }
}
