import PackReport
import Testing

@Suite struct NumberTextTests {
    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1000, "1 KB"), (1500, "1.5 KB"), (999_999, "1 MB"), (90_868_376, "90.9 MB"),
        (262_144_000, "262 MB"), (999_400_000, "999 MB"), (3_000_000_000, "3 GB"), (-1500, "-1.5 KB"),
    ])
    func decimalBytes(_ bytes: Int, _ text: String) { #expect(NumberText.bytes(bytes) == text) }

    @Test(arguments: [
        (1023, "1,023 B"), (1024, "1 KiB"), (52_428_800, "50 MiB"), (262_144_000, "250 MiB"), (10 << 30, "10 GiB"),
        (1_073_741_823, "1 GiB"), (3008 << 20, "3,008 MiB"), (10240 << 20, "10 GiB"),
    ])
    func binaryBytes(_ bytes: Int, _ text: String) { #expect(NumberText.binaryBytes(bytes) == text) }

    @Test func exactNumbers() {
        #expect(NumberText.exactBytes(262_144_000) == "262,144,000 B")
        #expect(NumberText.grouped(-1234) == "-1,234")
        #expect(NumberText.grouped(.min) == "-9,223,372,036,854,775,808")
        #expect(NumberText.grouped(100) == "100")
    }

    @Test(arguments: [
        (0.0, "0 s"), (0.014, "14 ms"), (0.0005, "0.5 ms"), (1, "1 s"), (119, "119 s"), (900, "15 min"),
        (0.56, "560 ms"), (9.44, "9.44 s"),
    ])
    func seconds(_ seconds: Double, _ text: String) { #expect(NumberText.seconds(seconds) == text) }

    @Test(arguments: [(0.0, "0 %"), (0.001, "<1 %"), (0.516, "52 %"), (1, "100 %"), (.infinity, "–")])
    func percents(_ share: Double, _ text: String) { #expect(NumberText.percent(share) == text) }

    @Test func counts() {
        #expect(NumberText.count(104) == "104")
        #expect(NumberText.count(22_713_216) == "22.7 M")
    }
}

@Suite struct EscapingTests {
    @Test(arguments: [
        ("plain ünï 文字", "plain ünï 文字"), ("\u{1B}[31mred", "\\u{1B}[31mred"), ("a\nb", "a\\u{A}b"),
        ("exe\u{202E}gpj", "exe\\u{202E}gpj"), ("a\u{200B}b", "a\\u{200B}b"), ("\u{9B}0m", "\\u{9B}0m"),
        ("\u{E0041}", "\\u{E0041}"), ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"), ("\u{7F}", "\\u{7F}"),
    ])
    func whatIsHiddenIsWrittenOut(_ text: String, _ shown: String) { #expect(Escaping.visible(text) == shown) }

    @Test func markdownIsTakenLiterally() {
        #expect(
            Escaping.markdown("|a|`b`<img src=x>&[l](u)*_#~@")
                == "\\|a\\|\\`b\\`&lt;img src=x&gt;&amp;\\[l\\](u)\\*\\_\\#\\~\\@")
    }
}

@Suite struct JSONTests {
    @Test func keysAreSortedAndNumbersWhole() {
        let value: JSON = ["b": .int(1), "a": [.null, .bool(true), .number(0.5), .number(.nan)], "c": [], "d": [:]]
        #expect(
            value.text == """
                {
                  "a": [
                    null,
                    true,
                    0.5,
                    null
                  ],
                  "b": 1,
                  "c": [],
                  "d": {}
                }

                """)
    }

    @Test func hiddenCharactersAreEscapedAndKept() {
        #expect(
            JSON.string("\"\\\n\u{1B}\u{202E}é\u{E0041}").text
                == "\"\\\"\\\\\\n\\u001b\\u202eé\\udb40\\udc41\"\n")
    }

    @Test func wholeNumbersHaveNoFraction() {
        #expect(JSON.whole(10) == .int(10))
        #expect(JSON.whole(0.5) == .number(0.5))
        #expect(JSON.whole(nil) == .null)
    }
}
