import PackReport
import Testing

@Suite struct ProgressTests {
    @Test func workThatCountsNothingIsNamed() {
        #expect(ProgressText("linking", seconds: 9).line(width: 80) == "linking")
    }

    @Test func rateAndTimeLeftFollowFromWhatIsDone() {
        let text = ProgressText("compressing", done: 120_000_000, all: 800_000_000, seconds: 4)
        #expect(text.line(width: 100) == "compressing: 120 MB of 800 MB (15 %), 30 MB/s, 23 s left")
    }

    @Test func rateIsNotSaidTooEarly() {
        let text = ProgressText("compressing", done: 1_000_000, all: 2_000_000, seconds: 0.4)
        #expect(text.line(width: 100) == "compressing: 1 MB of 2 MB (50 %)")
        #expect(ProgressText("a", done: 0, all: 10, seconds: 5).line(width: 100) == "a: 0 B of 10 B (0 %)")
    }

    @Test func withoutATotalThereIsNoTimeLeft() {
        #expect(ProgressText("reading", done: 5_000_000, seconds: 2).line(width: 80) == "reading: 5 MB, 2.5 MB/s")
    }

    @Test(arguments: [
        (60.0, "1 min 00 s"), (61.2, "1 min 02 s"), (3_599, "59 min 59 s"), (7_320, "2 h 02 min"),
        (1e7, "over 99 h"), (59.5, "1 min 00 s"), (1, "1 s"),
    ])
    func timesLeft(_ left: Double, _ text: String) {
        let line = ProgressText("w", done: 1_000, all: 1_000 + Int(left * 1000), seconds: 1).line(width: 200)
        #expect(line.hasSuffix(", 1 KB/s, \(text) left"), "\(line)")
    }

    @Test func moreThanAllIsAll() {
        let text = ProgressText("w", done: 30, all: 20, seconds: 1)
        #expect(text.line(width: 80) == "w: 20 B of 20 B (100 %), 30 B/s, 0 s left")
    }

    @Test func extremesDoNotTrap() {
        #expect(ProgressText("w", done: .max, all: .max, seconds: 0.5).line(width: 200).hasPrefix("w: "))
        #expect(ProgressText("w", done: 1, all: .max, seconds: .infinity).line(width: 200).hasPrefix("w: 1 B of "))
        #expect(ProgressText("w", done: -5, all: -3, seconds: .nan).line(width: 200) == "w")
    }

    @Test func theLineFitsAndHidesNothingHarmful() {
        let text = ProgressText("a\u{1B}[2Jb", done: 1, all: 2, seconds: 9)
        #expect(!text.line(width: 80).contains("\u{1B}"))
        #expect(text.line(width: 10).unicodeScalars.count <= 10)
    }
}
