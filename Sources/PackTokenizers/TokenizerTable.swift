/// A tokenizer as bytes: the part of a plan file that is used where it is mapped, with nothing built at start.
///
/// All numbers are little-endian; the table starts at a multiple of eight bytes. Version 1:
///
///     0    u32   magic, "PKTZ"
///     4    u16   version, 1
///     6    u16   model kind: 1 WordPiece (2 and 3 are reserved for BPE and Unigram)
///     8    u32   bytes of the whole table
///     12   u32   flags: bit 0, truncation removes from the start of a text instead of its end
///     16   u32   number of ids; every id is below it
///     20   u32   id of the unknown token
///     24   u32   id that pads a batch
///     28   u32   largest number of tokens that the tokenizer file asks for, 0 if it says nothing
///     32   u32   longest word in scalars; a longer one becomes the unknown token
///     36   u32   bytes of the longest piece of the model, continuation prefix not counted
///     40   u32   log2 of the number of hash slots
///     44   u32   longest run of slots that a search looks at
///     48   …     the directory: for each section a u32 offset in bytes (a multiple of four) and a u32 count of elements
///
/// | Section | Element | Content |
/// |---|---|---|
/// | `ascii` | u8 | for each of the 128 ASCII bytes what it becomes: itself or its replacement in a word, or a `Ascii` code |
/// | `prefix` | u8 | the bytes that mark a piece continuing a word, `##` |
/// | `pieceOffsets` | u32 | where each id's piece starts in `pieceBytes`, and the end: ids + 1, ascending |
/// | `pieceBytes` | u8 | the pieces, UTF-8 |
/// | `slots` | u32 | open-addressing hash over the model's pieces: 0, or (id + 1) with a part of the hash above it |
/// | `blocks` | u16 | for each 256 scalars the number of their block in `values`: 4352 |
/// | `values` | u16 | for each scalar of a block what the normalizer makes of it: a `Value` code, or 16 + a record |
/// | `records` | u32 | first of `units` in the low 24 bits, number of units (1–15) above |
/// | `units` | u32 | a scalar in the low 21 bits, its `Class` in the next 3, its combining class in the high 8 |
/// | `rawTokens` | 4 × u32 | added tokens found in the text as it is: id, flags, offset and length in `tokenBytes`; sorted |
/// | `normalizedTokens` | 4 × u32 | added tokens found in the normalized text, likewise |
/// | `tokenBytes` | u8 | their contents |
/// | `single` | 2 × u32 | the template of one text: kind (0 id, 1 first text, 2 second text) and type << 8; id |
/// | `pair` | 2 × u32 | the template of two texts |
/// | `wordRanges` | 2 × u32 | first and last of the scalars of words; empty unless an added token is a single word |
///
/// `init(validating:)` checks every offset and entry once; afterwards no read needs a check. A later version adds sections
/// at the end of the directory or raises the version; a reader refuses a version that it does not know.
public struct TokenizerTable: @unchecked Sendable {  // read-only memory that outlives the value
    /// The numbers of the header that have limits.
    public enum Field: UInt8, Sendable {
        case byteCount, flags, idCount, unknownID, padID, maximum, wordLimit, pieceLimit, slotBits, probeLimit
    }

    /// The sections, in the order of the directory.
    public enum Section: Int, CaseIterable, Sendable {
        case ascii, prefix, pieceOffsets, pieceBytes, slots, blocks, values, records, units
        case rawTokens, normalizedTokens, tokenBytes, single, pair, wordRanges
    }

    /// What the `ascii` section says of a byte that does not simply stay or change in a word.
    package enum Ascii {
        package static let drop: UInt8 = 0x80
        package static let space: UInt8 = 0x81
        /// Punctuation: a word of its own.
        package static let alone: UInt8 = 0x82
        /// Look in `blocks`.
        package static let general: UInt8 = 0x83
    }

    /// What the `values` section says of a scalar that needs no record.
    package enum Value {
        /// Stays as it is, in a word.
        package static let word: UInt16 = 0
        package static let drop: UInt16 = 1
        /// Dropped, yet marks before and after it are not put in order across it.
        package static let divider: UInt16 = 2
        package static let space: UInt16 = 3
        package static let alone: UInt16 = 4
        /// A word of its own, with spaces around it.
        package static let ideograph: UInt16 = 5
        /// A Hangul syllable that is taken apart by arithmetic.
        package static let hangul: UInt16 = 6
        /// This and greater values, less this, number a record.
        package static let firstRecord: UInt16 = 16
    }

    /// What a unit is in the normalized text.
    package enum Class: UInt32, Sendable {
        case word, space, alone
    }

    package static let magic: UInt32 = 0x5A54_4B50
    package static let version: UInt16 = 1
    package static let wordPiece: UInt16 = 1
    package static let headerBytes = 48 + Section.allCases.count * 8
    package static let blockCount = 0x110000 >> 8
    /// Longest added token, and longest piece, in bytes.
    package static let tokenLimit = 4096
    /// Most ids.
    package static let idLimit = 1 << 22
    /// Longest word in scalars that a table may ask for.
    package static let wordLimit = 1 << 16
    package static let probeLimit = 256

    let base: UnsafeRawPointer
    let truncatesStart: Bool
    let idCount: Int
    let unknownID: Int
    let padID: Int
    let maximum: Int
    let wordLimit: Int
    let pieceLimit: Int
    let slotBits: UInt32
    let probes: Int
    /// Bits of a slot that hold an id + 1; the others hold a part of the hash.
    let idBits: UInt32
    private let directory: UnsafePointer<UInt32>

    /// Checks a table and reads its header.
    ///
    /// The bytes must stay mapped and unchanged while the value is used. Takes time in proportion to the table.
    /// - Throws: `TokenizerError` that says which rule is broken where.
    public init(validating table: UnsafeRawBufferPointer) throws(TokenizerError) {
        guard let base = table.baseAddress, table.count >= Self.headerBytes else {
            throw .truncated(found: table.count, expected: Self.headerBytes)
        }
        guard UInt(bitPattern: base) % 8 == 0 else { throw .misaligned }
        let header = base.assumingMemoryBound(to: UInt32.self)
        guard header[0] == Self.magic else { throw .badMagic(header[0]) }
        let version = UInt16(truncatingIfNeeded: header[1])
        guard version == Self.version else { throw .unsupportedVersion(version) }
        let kind = UInt16(header[1] >> 16)
        guard kind == Self.wordPiece else { throw .unsupportedModel(kind) }
        let byteCount = Int(header[2])
        guard byteCount >= Self.headerBytes else { throw .badHeader(.byteCount) }
        guard byteCount <= table.count else { throw .truncated(found: table.count, expected: byteCount) }
        guard header[3] <= 1 else { throw .badHeader(.flags) }

        self.base = base
        directory = header + 12
        truncatesStart = header[3] & 1 != 0
        idCount = Int(header[4])
        unknownID = Int(header[5])
        padID = Int(header[6])
        maximum = Int(header[7])
        wordLimit = Int(header[8])
        pieceLimit = Int(header[9])
        slotBits = header[10]
        probes = Int(header[11])
        idBits = 32 - UInt32(truncatingIfNeeded: header[4].leadingZeroBitCount)
        try checkHeader()
        try checkSections(byteCount: byteCount)
        try checkEntries()
    }

    private func checkHeader() throws(TokenizerError) {
        guard 1...Self.idLimit ~= idCount else { throw .badHeader(.idCount) }
        guard unknownID < idCount else { throw .badHeader(.unknownID) }
        guard padID < idCount else { throw .badHeader(.padID) }
        guard maximum <= Int(Int32.max) else { throw .badHeader(.maximum) }
        guard 1...Self.wordLimit ~= wordLimit else { throw .badHeader(.wordLimit) }
        guard 1...Self.tokenLimit ~= pieceLimit else { throw .badHeader(.pieceLimit) }
        guard 0...24 ~= slotBits else { throw .badHeader(.slotBits) }
        guard 1...Self.probeLimit ~= probes else { throw .badHeader(.probeLimit) }
    }

    /// Number of elements of a section.
    func count(_ section: Section) -> Int { Int(directory[section.rawValue * 2 + 1]) }

    private func start(_ section: Section) -> UnsafeRawPointer { base + Int(directory[section.rawValue * 2]) }

    func bytes(_ section: Section) -> UnsafePointer<UInt8> { start(section).assumingMemoryBound(to: UInt8.self) }
    func halves(_ section: Section) -> UnsafePointer<UInt16> { start(section).assumingMemoryBound(to: UInt16.self) }
    func words(_ section: Section) -> UnsafePointer<UInt32> { start(section).assumingMemoryBound(to: UInt32.self) }

    private func checkSections(byteCount: Int) throws(TokenizerError) {
        for section in Section.allCases {
            let offset = Int(directory[section.rawValue * 2])
            let (size, expected): (Int, Int?) =
                switch section {
                case .ascii: (1, 128)
                case .prefix, .pieceBytes, .tokenBytes: (1, nil)
                case .pieceOffsets: (4, idCount + 1)
                case .slots: (4, 1 << Int(slotBits))
                case .blocks: (2, Self.blockCount)
                case .values: (2, nil)
                case .records, .units: (4, nil)
                case .rawTokens, .normalizedTokens: (16, nil)
                case .single, .pair, .wordRanges: (8, nil)
                }
            let count = count(section)
            guard offset % 4 == 0, offset <= byteCount, count <= (byteCount - offset) / size,
                expected == nil || expected == count
            else { throw .badSection(section) }
        }
    }
}
