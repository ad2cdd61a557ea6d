import Foundation
import PackImport
import PackTokenizers
import Testing

/// Tables that are not what they should be: refused with a typed error, or used without harm.
@Suite struct TableTests {
    let table: [UInt8]

    init() throws {
        table = try TokenizerDefinition.load(folder: fixtures.path).encodedTable()
    }

    private func error(_ bytes: [UInt8], offset: Int = 0) throws -> TokenizerError? {
        let memory = try LoadedTokenizer.aligned([UInt8](repeating: 0, count: offset) + bytes)
        defer { memory.deallocate() }
        do throws(TokenizerError) {
            let tokenizer = try Tokenizer(
                table: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[offset..<offset + bytes.count]))
            use(tokenizer)
            return nil
        } catch {
            return error
        }
    }

    /// Puts text of all kinds through a tokenizer that may be nonsense.
    private func use(_ tokenizer: Tokenizer) {
        var encoding = Encoding()
        let text = Array(
            "The [MASK] naïve <x><w> Été  中文 각 e\u{316}\u{301}\u{302E} unaffable\u{1D165} aaaaab ＦＵ \u{F900} \u{10FFFF}."
                .utf8)
        text.withUnsafeBytes { text in
            tokenizer.encode(text, maximum: 64, into: &encoding)
            tokenizer.encode(text, pair: text, maximum: 30, into: &encoding)
        }
        for id in encoding.ids { _ = tokenizer.piece(Int(id)) }
    }

    private func changed(_ offset: Int, to number: UInt32) -> [UInt8] {
        var bytes = table
        for byte in 0..<4 { bytes[offset + byte] = UInt8(truncatingIfNeeded: number >> UInt32(8 * byte)) }
        return bytes
    }

    private func number(_ offset: Int) -> Int {
        (0..<4).reduce(0) { $0 | Int(table[offset + $1]) << (8 * $1) }
    }

    @Test func isInOrder() throws {
        #expect(try error(table) == nil)
        #expect(try error(table + [0, 0, 0]) == nil)
        #expect(try TokenizerDefinition.load(folder: fixtures.path).encodedTable() == table)
    }

    @Test func everyTruncationIsRefused() throws {
        let header = TokenizerTable.headerBytes
        for count in Array(0..<header + 8) + Array(stride(from: header + 8, to: table.count, by: 997)) + [
            table.count - 1
        ] {
            let found = try error(Array(table.prefix(count)))
            #expect(found == .truncated(found: count, expected: count < header ? header : table.count))
        }
    }

    @Test func misalignedMemory() throws {
        for offset in 1..<8 { #expect(try error(table, offset: offset) == .misaligned) }
        #expect(try error(table, offset: 8) == nil)
    }

    @Test func wrongIdentity() throws {
        #expect(try error(changed(0, to: 0x0403_4B50)) == .badMagic(0x0403_4B50))
        #expect(try error(changed(4, to: 0x0001_0002)) == .unsupportedVersion(2))
        #expect(try error(changed(4, to: 0x0002_0001)) == .unsupportedModel(2))
    }

    @Test(arguments: [
        (8, UInt32(0), TokenizerTable.Field.byteCount), (12, 2, .flags), (16, 0, .idCount), (16, 1 << 30, .idCount),
        (20, .max, .unknownID), (24, .max, .padID), (28, .max, .maximum), (32, 0, .wordLimit), (32, .max, .wordLimit),
        (36, 0, .pieceLimit), (36, .max, .pieceLimit), (40, 25, .slotBits), (40, .max, .slotBits), (44, 0, .probeLimit),
        (44, .max, .probeLimit),
    ])
    func headerNumbers(offset: Int, number: UInt32, field: TokenizerTable.Field) throws {
        #expect(try error(changed(offset, to: number)) == .badHeader(field))
    }

    @Test(arguments: TokenizerTable.Section.allCases)
    func sectionsOutside(section: TokenizerTable.Section) throws {
        let place = 48 + 8 * section.rawValue
        for offset: UInt32 in [UInt32(table.count + 4), 0xFFFF_FFFC, 2] {
            // A section that is empty may stand at the end, not after it.
            #expect(try error(changed(place, to: offset)) == .badSection(section), "offset \(offset)")
        }
        #expect(try error(changed(place + 4, to: .max)) == .badSection(section))
        #expect(try error(changed(place + 4, to: UInt32(table.count))) == .badSection(section))
    }

    @Test(arguments: [
        (TokenizerTable.Section.pieceOffsets, 4), (.slots, 0), (.blocks, 0), (.values, 0), (.records, 0), (.units, 0),
        (.rawTokens, 0), (.rawTokens, 4), (.rawTokens, 8), (.rawTokens, 12), (.normalizedTokens, 8), (.single, 0),
        (.single, 4), (.pair, 0), (.wordRanges, 4),
    ])
    func entriesOutside(section: TokenizerTable.Section, offset: Int) throws {
        let start = number(48 + 8 * section.rawValue)
        let found = try error(changed(start + offset, to: .max))
        guard case .badEntry(section, _) = found else {
            Issue.record("\(section): \(String(describing: found))")
            return
        }
    }

    @Test func tokensOutOfOrder() throws {
        let start = number(48 + 8 * TokenizerTable.Section.rawTokens.rawValue)
        var bytes = table
        for byte in 0..<16 { bytes.swapAt(start + byte, start + 16 + byte) }
        #expect(try error(bytes) == .badEntry(.rawTokens, index: 1))
    }

    @Test func everyHeaderBitFlipped() throws {
        for bit in 0..<TokenizerTable.headerBytes * 8 {
            var bytes = table
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            _ = try error(bytes)
        }
    }

    /// Seed from PACK_FUZZ_SEED, or the time; it is printed.
    @Test func randomBytesFlipped() throws {
        let seed =
            ProcessInfo.processInfo.environment["PACK_FUZZ_SEED"].flatMap { UInt64($0) }
            ?? UInt64(Date().timeIntervalSince1970)
        print("PACK_FUZZ_SEED=\(seed)")
        var random = SplitMix(state: seed)
        for _ in 0..<1000 {
            var bytes = table
            for _ in 0..<1 + random.next(8) {
                // Half of the changes go to the small sections at the end.
                let at =
                    random.next(2) == 0 ? random.next(bytes.count) : bytes.count - 1 - random.next(bytes.count / 16)
                bytes[at] = UInt8(random.next(256))
            }
            _ = try error(bytes)
        }
    }
}
