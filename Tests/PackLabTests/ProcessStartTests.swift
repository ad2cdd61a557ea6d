import PackLab
import Testing

@Suite struct ProcessStartTests {
    private func shell(_ script: String, variables: [String] = [], readsPeak: Bool = false) throws -> ProcessStart {
        try ProcessStart.run(["/bin/sh", "-c", script], variables: variables, readsPeak: readsPeak)
    }

    @Test func tellsTheFirstByteFromTheEnd() throws {
        let start = try shell("sleep 0.1; echo one; sleep 0.3; echo two; exit 3")
        #expect(start.status == 3)
        #expect(start.output == "one\ntwo\n")
        #expect(start.firstOutput >= 0.1)
        #expect(start.whole - start.firstOutput >= 0.29)
        #expect(start.peakMemory == nil)
    }

    @Test func readsThePeakOfWhatStillRuns() throws {
        let start = try shell("echo one; sleep 0.2", readsPeak: true)
        let peak = try #require(start.peakMemory)
        // A shell's own, not that of the process that runs the tests.
        #expect(peak > 100_000 && peak < 8_000_000)
    }

    @Test func variablesReplaceThoseOfTheCaller() throws {
        #expect(
            try shell("echo $PATH; echo $PACK_THREADS", variables: ["PATH=/nowhere", "PACK_THREADS=7"]).output
                == "/nowhere\n7\n")
    }

    @Test func aProgramThatSaysNothingHasOneTime() throws {
        let start = try shell("echo hidden >&2; exit 0")
        #expect(start.output == "")
        #expect(start.firstOutput == start.whole)
    }

    @Test func keepsOnlyTheBeginningOfLongOutput() throws {
        #expect(try shell("head -c 300000 /dev/zero | tr '\\0' x").output.utf8.count == 65536)
    }

    @Test func aMissingProgramIsAnError() {
        #expect(throws: EmulationError.cannotStart(path: "/no/program", code: 2)) {
            try ProcessStart.run(["/no/program"])
        }
    }
}
