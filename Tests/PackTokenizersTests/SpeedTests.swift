import Foundation
import PackImport
import PackTokenizers
import Testing

/// Times for Tests/conformance/tokenizer_speed.py, which runs them in turn with the library: PACK_TOKENIZER_SPEED names a file of
/// texts (a u32 length and the bytes of each), PACK_MODEL_FOLDER the model, PACK_TOKENIZER_TABLE a file for its table.
@Suite struct SpeedTests {
    static let file = ProcessInfo.processInfo.environment["PACK_TOKENIZER_SPEED"]

    @Test(.enabled(if: file != nil)) func timesOfTexts() throws {
        let clock = ContinuousClock()
        let folder = try #require(ProcessInfo.processInfo.environment["PACK_MODEL_FOLDER"])
        let start = clock.now
        let definition = try TokenizerDefinition.load(folder: folder)
        let read = clock.now
        let table = definition.encodedTable()
        let made = clock.now
        let memory = try LoadedTokenizer.aligned(table)
        defer { memory.deallocate() }
        let tokenizer = try Tokenizer(table: UnsafeRawBufferPointer(memory))
        let opened = clock.now
        let again = (0..<50).map { _ in clock.measure { _ = try? Tokenizer(table: UnsafeRawBufferPointer(memory)) } }
        print("table opened again: min \(again.sorted()[0])")
        if let path = ProcessInfo.processInfo.environment["PACK_TOKENIZER_TABLE"] {
            try Data(table).write(to: URL(fileURLWithPath: path))
        }
        print("table bytes \(table.count) read \(read - start) made \(made - read) opened \(opened - made)")
        var reader = try NumberReader(URL(fileURLWithPath: try #require(Self.file)))
        var texts: [[UInt8]] = []
        while !reader.isAtEnd { texts.append(reader.run()) }
        var encoding = Encoding()
        func encode(_ text: [UInt8]) {
            text.withUnsafeBytes { tokenizer.encode($0, maximum: .max, into: &encoding) }
        }
        for text in texts.prefix(2) {
            var times: [Duration] = []
            for _ in 0..<2000 {
                let start = clock.now
                for _ in 0..<10 { encode(text) }
                times.append((clock.now - start) / 10)
            }
            times.sort()
            print("text bytes \(text.count) ids \(encoding.ids.count) min \(times[0]) median \(times[1000])")
        }
        var rates: [Double] = []
        for _ in 0..<5 {
            var (bytes, tokens) = (0, 0)
            let start = clock.now
            for text in texts.dropFirst(2) {
                encode(text)
                bytes += text.count
                tokens += encoding.ids.count
            }
            let seconds = (clock.now - start) / .seconds(1)
            rates.append(Double(bytes) / seconds / 1e6)
            if rates.count == 5 { print("bulk bytes \(bytes) tokens \(tokens) MB/s \(rates.sorted())") }
        }
    }
}
