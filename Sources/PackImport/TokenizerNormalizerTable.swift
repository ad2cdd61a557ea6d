import PackTokenizers

/// The normalizer of a tokenizer as tables: for each scalar what becomes of it, all steps in one.
struct TokenizerNormalizerTable {
    private(set) var ascii: [UInt8] = []
    private(set) var blocks: [UInt16] = []
    private(set) var values: [UInt16] = []
    private(set) var records: [UInt32] = []
    private(set) var units: [UInt32] = []
    private let flags: TokenizerDefinition.Normalizer
    private let scalars = TokenizerScalars.shared
    private var recordIndex: [[UInt32]: UInt16] = [:]

    /// The normalizer with the given steps; `make()` fills the tables.
    init(_ flags: TokenizerDefinition.Normalizer) { self.flags = flags }

    /// Fills the tables.
    mutating func make() {
        var all = [UInt16](repeating: TokenizerTable.Value.word, count: 0x110000)
        if flags.separatesIdeographs { fill(scalars.ideograph, TokenizerTable.Value.ideograph, &all) }
        for scalar in exceptions() { all[Int(scalar)] = value(of: scalar) }
        if flags.stripsAccents { fill([0xAC00...0xD7A3], TokenizerTable.Value.hangul, &all) }
        if flags.cleansText { fill(scalars.removed, TokenizerTable.Value.drop, &all) }
        var blockIndex: [[UInt16]: UInt16] = [:]
        for first in stride(from: 0, to: all.count, by: 256) {
            let block = Array(all[first..<first + 256])
            if blockIndex[block] == nil {
                blockIndex[block] = UInt16(values.count / 256)
                values += block
            }
            blocks.append(blockIndex[block] ?? 0)
        }
        ascii = (0..<128).map { asciiCode($0, all[$0]) }
    }

    private func fill(_ ranges: [ClosedRange<UInt32>], _ value: UInt16, _ all: inout [UInt16]) {
        for range in ranges { for scalar in range { all[Int(scalar)] = value } }
    }

    /// Scalars that are neither in a large range filled at once nor certain to stay.
    private func exceptions() -> [UInt32] {
        var exceptions: Set<UInt32> = []
        for set in [scalars.blank, scalars.space, scalars.punctuation, scalars.mark] {
            for range in set { exceptions.formUnion(range) }
        }
        exceptions.formUnion(scalars.combiningClass.keys)
        exceptions.formUnion(scalars.decomposition.keys)
        exceptions.formUnion(scalars.lowercase.keys)
        return exceptions.sorted()
    }

    /// What a scalar becomes, as units of the table; nil if it is dropped, with what the dropping means for the order of marks.
    private func normalized(_ scalar: UInt32) -> (units: [UInt32], divides: Bool) {
        if flags.cleansText, scalars.removed.holds(scalar) { return ([], false) }
        var sequence = [flags.cleansText && scalars.blank.holds(scalar) ? 0x20 : scalar]
        if flags.separatesIdeographs, scalars.ideograph.holds(scalar) { sequence = [0x20, scalar, 0x20] }
        var divides = false
        var result: [UInt32] = []
        if flags.stripsAccents { sequence = sequence.flatMap { scalars.decomposition[$0] ?? [$0] } }
        for part in sequence {
            let combining = flags.stripsAccents ? scalars.combiningClass[part] ?? 0 : 0
            if flags.stripsAccents, scalars.mark.holds(part) {
                divides = divides || combining == 0
                continue
            }
            let lowered = flags.lowercases ? scalars.lowercase[part] ?? [part] : [part]
            for scalar in lowered { result.append(scalar | kind(of: scalar).rawValue << 21 | combining << 24) }
        }
        return (result, divides)
    }

    private func kind(of scalar: UInt32) -> TokenizerTable.Class {
        if scalars.space.holds(scalar) { return .space }
        return scalars.punctuation.holds(scalar) ? .alone : .word
    }

    private mutating func value(of scalar: UInt32) -> UInt16 {
        typealias Value = TokenizerTable.Value
        let (units, divides) = normalized(scalar)
        let space = 0x20 | TokenizerTable.Class.space.rawValue << 21
        switch units {
        case []: return divides ? Value.divider : Value.drop
        case [scalar]: return Value.word
        case [space]: return Value.space
        case [scalar | TokenizerTable.Class.alone.rawValue << 21]: return Value.alone
        case [space, scalar, space]: return Value.ideograph
        default: return record(units)
        }
    }

    private mutating func record(_ sequence: [UInt32]) -> UInt16 {
        if let index = recordIndex[sequence] { return index }
        let index = TokenizerTable.Value.firstRecord + UInt16(records.count)
        records.append(UInt32(units.count) | UInt32(sequence.count) << 24)
        units += sequence
        recordIndex[sequence] = index
        return index
    }

    private func asciiCode(_ byte: Int, _ value: UInt16) -> UInt8 {
        switch value {
        case TokenizerTable.Value.word: return UInt8(byte)
        case TokenizerTable.Value.drop: return TokenizerTable.Ascii.drop
        case TokenizerTable.Value.space: return TokenizerTable.Ascii.space
        case TokenizerTable.Value.alone: return TokenizerTable.Ascii.alone
        case TokenizerTable.Value.firstRecord...:
            let record = records[Int(value - TokenizerTable.Value.firstRecord)]
            let unit = units[Int(record & 0xFF_FFFF)]
            return record >> 24 == 1 && unit < 128 ? UInt8(unit) : TokenizerTable.Ascii.general
        default: return TokenizerTable.Ascii.general
        }
    }

    /// A text as the normalizer leaves it, UTF-8.
    func normalized(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt32] = []
        var run = 0
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
            let hangul = flags.stripsAccents && 0xAC00...0xD7A3 ~= scalar.value
            let (units, divides) = hangul ? (Self.jamo(scalar.value), false) : normalized(scalar.value)
            if divides { run = result.count }
            for unit in units {
                var place = result.count
                if unit >> 24 == 0 { run = place + 1 }
                while place > run, result[place - 1] >> 24 > unit >> 24 { place -= 1 }
                result.insert(unit, at: place)
            }
        }
        var string = String.UnicodeScalarView()
        string.append(contentsOf: result.compactMap { Unicode.Scalar($0 & 0x1F_FFFF) })
        return Array(String(string).utf8)
    }

    private static func jamo(_ scalar: UInt32) -> [UInt32] {
        let index = scalar - 0xAC00
        return [0x1100 + index / 588, 0x1161 + index % 588 / 28] + (index % 28 == 0 ? [] : [0x11A7 + index % 28])
    }
}
