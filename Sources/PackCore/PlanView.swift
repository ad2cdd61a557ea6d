public import CPackKernels

/// The plan file: everything that the runtime needs to run a model, used in place.
///
/// Little-endian. A header (`pack_plan_header`: magic `PACKPLAN`, version, sizes, checksum) names thirteen sections by offset
/// and count; `pack_plan.h` has their records. The tables come first and are covered by the checksum (FNV-1a over 64-bit
/// words); the tokenizer's table and the weights follow, each tensor on a 64-byte boundary, and are covered by the digests in
/// the bundle's manifest only, so that opening a plan costs the same whatever the weights weigh.
///
/// Elements of string tensors are codes of texts: numbers of the plan's own texts, which must be UTF-8, differ, and begin with
/// the empty one, or of those that a run adds behind them. Whoever follows a code checks it, also one of a constant.
///
/// A value is an input, a constant, an activation made by exactly one step, or an alias of one of these in another shape. Its
/// dimensions are expressions over named symbols ("batch", "sequence"), whose values follow from the shapes of a request's
/// inputs, or are found by the one step that defines them (`PACK_PLAN_MEASURED`). Steps stand in an order in which everything
/// is made, and every symbol defined, before it is used.
///
/// Texts can be computed without padding where the header says so (`PACK_PLAN_PACKS_TEXTS`); a batch is padded where not.
///
/// Compatibility: a runtime reads every plan of its own major version (`PACK_PLAN_VERSION`) and refuses others by name.
/// Operator ids and expression kinds are only ever added.
///
/// The initializer checks all of this once, in time proportional to the tables; afterwards every index that a record holds can
/// be followed without a check. The bytes must outlive the view and not change.
public struct PlanView {
    /// The whole file.
    public let bytes: UnsafeRawBufferPointer
    /// Table of symbols.
    public let symbols: UnsafeBufferPointer<pack_plan_symbol>
    /// Table of expressions; operands stand before what uses them.
    public let expressions: UnsafeBufferPointer<pack_plan_expression>
    /// Indices of expressions; a value's dimensions are a range of it.
    public let dimensions: UnsafeBufferPointer<UInt32>
    /// Table of values.
    public let values: UnsafeBufferPointer<pack_plan_value>
    /// Table of steps, in order.
    public let steps: UnsafeBufferPointer<pack_plan_step>
    /// Indices of values; a step's inputs and outputs are a range of it.
    public let arguments: UnsafeBufferPointer<UInt32>
    /// Attribute words; a step's attributes are a range of it.
    public let attributes: UnsafeBufferPointer<Int64>
    /// Indices of the values that a request brings.
    public let inputs: UnsafeBufferPointer<UInt32>
    /// Indices of the values that an answer holds.
    public let outputs: UnsafeBufferPointer<UInt32>
    /// Names of the classes of a classifier.
    public let labels: UnsafeBufferPointer<pack_plan_string>
    /// Texts of tensors: the element of a string tensor with value i is text i. The first one is empty; none where the plan
    /// has no string tensors.
    public let texts: UnsafeBufferPointer<pack_plan_string>
    /// The tokenizer's table, empty where the model takes no text.
    public let tokenizer: UnsafeRawBufferPointer
    /// Weights.
    public let data: UnsafeRawBufferPointer
    /// What the model answers.
    public let task: TaskKind
    /// Tokens that a text is cut to, special tokens included.
    public let maximumTokens: Int
    /// Whether texts can be computed without padding (`PACK_PLAN_PACKS_TEXTS`).
    public let packsTexts: Bool
    private let strings: UnsafeRawBufferPointer

    /// Checks and opens a plan.
    ///
    /// - Parameter bytes: The file's bytes, 64-byte aligned.
    /// - Throws: `PlanError` for anything but a valid plan of this version.
    public init(_ bytes: UnsafeRawBufferPointer) throws(PlanError) {
        let headerBytes = MemoryLayout<pack_plan_header>.size
        guard bytes.count >= headerBytes, let base = bytes.baseAddress else { throw PlanError(.truncated) }
        guard UInt(bitPattern: base) % UInt(PACK_PLAN_ALIGNMENT) == 0 else { throw PlanError(.badSection) }
        let header = base.load(as: pack_plan_header.self)
        guard PlanView.hasMagic(bytes) else { throw PlanError(.notAPlan) }
        guard header.version == PACK_PLAN_VERSION else {
            throw PlanError(.unknownVersion, record: Int(header.version))
        }
        guard header.header_bytes == UInt32(headerBytes) else { throw PlanError(.badNumber) }
        guard let fileBytes = Int(exactly: header.file_bytes), fileBytes == bytes.count else {
            throw PlanError(.truncated)
        }
        guard let metadataBytes = Int(exactly: header.metadata_bytes), metadataBytes <= fileBytes,
            metadataBytes >= headerBytes, metadataBytes % 8 == 0
        else { throw PlanError(.badNumber) }
        guard planChecksum(UnsafeRawBufferPointer(rebasing: bytes[40..<metadataBytes])) == header.checksum else {
            throw PlanError(.damaged)
        }
        guard let task = TaskKind(rawValue: header.task), header.maximum_tokens <= 1 << 24 else {
            throw PlanError(.badNumber)
        }
        let sections = SectionReader(bytes: bytes, metadataBytes: metadataBytes)
        self.bytes = bytes
        self.task = task
        maximumTokens = Int(header.maximum_tokens)
        packsTexts = header.flags & PACK_PLAN_PACKS_TEXTS.rawValue != 0
        strings = try sections.raw(PACK_PLAN_STRINGS, limit: metadataBytes)
        symbols = try sections.table(PACK_PLAN_SYMBOLS)
        expressions = try sections.table(PACK_PLAN_EXPRESSIONS)
        dimensions = try sections.table(PACK_PLAN_DIMENSIONS)
        values = try sections.table(PACK_PLAN_VALUES)
        steps = try sections.table(PACK_PLAN_STEPS)
        arguments = try sections.table(PACK_PLAN_ARGUMENTS)
        attributes = try sections.table(PACK_PLAN_ATTRIBUTES)
        inputs = try sections.table(PACK_PLAN_INPUTS)
        outputs = try sections.table(PACK_PLAN_OUTPUTS)
        let names: UnsafeBufferPointer<pack_plan_string> = try sections.table(PACK_PLAN_LABELS)
        guard header.text_count <= names.count else {
            throw PlanError(.badNumber, section: Int(PACK_PLAN_LABELS.rawValue))
        }
        labels = UnsafeBufferPointer(rebasing: names[..<(names.count - Int(header.text_count))])
        texts = UnsafeBufferPointer(rebasing: names[labels.count...])
        tokenizer = try sections.raw(PACK_PLAN_TOKENIZER, limit: fileBytes)
        data = try sections.raw(PACK_PLAN_DATA, limit: fileBytes)
        try validate()
    }

    private static func hasMagic(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let magic: StaticString = "PACKPLAN"
        for index in 0..<8 where bytes[index] != magic.utf8Start[index] { return false }
        return true
    }

    /// The bytes of a name; the range has been checked.
    public func string(_ range: pack_plan_string) -> UnsafeBufferPointer<UInt8> {
        UnsafeRawBufferPointer(rebasing: strings[Int(range.offset)..<Int(range.offset) + Int(range.length)])
            .assumingMemoryBound(to: UInt8.self)
    }

    /// The indices of the expressions that are a value's dimensions.
    public func dimensions(of value: pack_plan_value) -> UnsafeBufferPointer<UInt32> {
        UnsafeBufferPointer(
            rebasing: dimensions[Int(value.first_dimension)..<Int(value.first_dimension) + Int(value.rank)])
    }

    /// Whether a value's first dimensions are those of the first input: of a plan that packs texts, texts and tokens.
    public func hasTokenAxis(_ value: pack_plan_value) -> Bool {
        guard value.rank > 1, let input = inputs.first else { return false }
        let (own, given) = (dimensions(of: value), dimensions(of: values[Int(input)]))
        return own[0] == given[0] && own[1] == given[1]
    }

    /// The bytes of a constant.
    public func data(of value: pack_plan_value) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: data[Int(value.data_offset)..<Int(value.data_offset + value.data_bytes)])
    }

    func holds(_ range: pack_plan_string) -> Bool {
        UInt64(range.offset) + UInt64(range.length) <= UInt64(strings.count)
    }
}

/// FNV-1a over 64-bit little-endian words; `bytes.count` is a multiple of eight.
public func planChecksum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    var offset = 0
    while offset + 8 <= bytes.count {
        hash = (hash ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0x100_0000_01b3
        offset += 8
    }
    return hash
}

/// Finds sections by the header's entries, within bounds.
private struct SectionReader {
    let bytes: UnsafeRawBufferPointer
    let metadataBytes: Int

    func entry(_ index: pack_plan_section_index) -> pack_plan_section {
        // The entries end the header.
        let first =
            MemoryLayout<pack_plan_header>.size - Int(PACK_PLAN_SECTION_COUNT.rawValue)
            * MemoryLayout<pack_plan_section>.stride
        let stride = MemoryLayout<pack_plan_section>.stride
        return bytes.load(fromByteOffset: first + Int(index.rawValue) * stride, as: pack_plan_section.self)
    }

    func raw(_ index: pack_plan_section_index, limit: Int) throws(PlanError) -> UnsafeRawBufferPointer {
        let entry = entry(index)
        guard let offset = Int(exactly: entry.offset), let count = Int(exactly: entry.count),
            offset <= limit, count <= limit - offset, offset % 8 == 0
        else { throw PlanError(.badSection, section: Int(index.rawValue)) }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    func table<Record>(_ index: pack_plan_section_index) throws(PlanError) -> UnsafeBufferPointer<Record> {
        let entry = entry(index)
        let size = MemoryLayout<Record>.stride
        guard let offset = Int(exactly: entry.offset), let count = Int(exactly: entry.count),
            offset <= metadataBytes, count <= (metadataBytes - offset) / size, offset % 8 == 0
        else { throw PlanError(.badSection, section: Int(index.rawValue)) }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count * size])
            .assumingMemoryBound(to: Record.self)
    }
}
