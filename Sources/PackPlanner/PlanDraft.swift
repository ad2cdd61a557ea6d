import CPackKernels
public import PackCore
import PackGraph
import PackIO

/// A weight as a plan will hold it.
public struct PlannedWeight: Sendable {
    /// Name of the constant in the graph.
    public let name: String
    /// How it is stored; nil for vectors and other tensors that stay as they are.
    public let kind: WeightKind?
    /// Bytes in the plan, scales and sums included.
    public let bytes: Int
}

/// What a plan says besides the computation.
public struct PlanMetadata: Sendable {
    /// What the model answers.
    public var task: TaskKind
    /// Names of classes.
    public var labels: [String]
    /// Tokens that a text is cut to; 0 where the model takes no text.
    public var maximumTokens: Int
    /// The tokenizer's table, or empty.
    public var tokenizer: [UInt8]
    /// Largest values of named dimensions.
    public var symbolMaxima: [String: Int]

    /// Collects the facts.
    public init(
        task: TaskKind, labels: [String] = [], maximumTokens: Int = 0, tokenizer: [UInt8] = [],
        symbolMaxima: [String: Int] = [:]
    ) {
        self.task = task
        self.labels = labels
        self.maximumTokens = maximumTokens
        self.tokenizer = tokenizer
        self.symbolMaxima = symbolMaxima
    }
}

/// A plan whose layout is settled and whose weights are not packed yet: sizes are exact, and found without reading weights.
public struct PlanDraft: Sendable {
    var tables: PlanTables
    private(set) var metadata: PlanMetadata
    let chunks: [WeightChunk]
    let dataBytes: Int
    /// Every weight, in the order of first use.
    public let weights: [PlannedWeight]
    /// Families of kernels (`pack_kernel_list.h`) that the plan's operators call, sorted.
    public private(set) var kernelFamilies: [String] = []

    init(
        tables: PlanTables, metadata: PlanMetadata, chunks: [WeightChunk], dataBytes: Int, weights: [PlannedWeight]
    ) {
        self.tables = tables
        self.metadata = metadata
        self.chunks = chunks
        self.dataBytes = dataBytes
        self.weights = weights
        kernelFamilies = families.sorted()
    }

    /// Names of the operators that the plan needs, each once, sorted.
    public var operators: [String] {
        var ids = Set(tables.steps.map { UInt32($0.op) })
        if !tables.texts.isEmpty { ids.insert(PACK_OP_Texts.rawValue) }
        return ids.compactMap { pack_operator_name($0).map { String(cString: $0) } }.sorted()
    }

    /// Whether two drafts of one graph store all weights alike and need the same operators and kernels.
    public func isLike(_ other: PlanDraft) -> Bool {
        weights.elementsEqual(other.weights) { $0.kind == $1.kind && $0.bytes == $1.bytes }
            && tables.steps.elementsEqual(other.tables.steps) { $0.op == $1.op }
            && kernelFamilies == other.kernelFamilies
    }

    /// The draft with this table of a tokenizer, or none.
    public func with(tokenizer: [UInt8]) -> PlanDraft {
        var copy = self
        copy.metadata.tokenizer = tokenizer
        return copy
    }

    /// Number of steps.
    public var stepCount: Int { tables.steps.count }

    /// Bytes of weights.
    public var weightsBytes: Int { weights.reduce(0) { $0 + $1.bytes } }

    /// Where the weights begin in the plan file.
    var dataOffset: Int { layout.dataOffset }

    /// Bytes of the plan file.
    public var byteCount: Int { layout.fileBytes }

    /// Writes the plan, weights packed.
    ///
    /// - Parameter others: Plans of a graph with the same constants: weights that one stores in the same form are copied from it.
    /// - Throws: `PlannerError` if a constant can't be stored as asked, or there is no memory.
    public func makeImage(like others: [(draft: PlanDraft, image: PlanImage)] = []) throws(PlannerError) -> PlanImage {
        let image = try makeSkeleton()
        // Each chunk has a place of its own.
        nonisolated(unsafe) let data = UnsafeMutableRawBufferPointer(rebasing: image.memory[layout.dataOffset...])
        let packed = others.map { other in
            Dictionary(other.draft.chunks.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        }
        var missing: [WeightChunk] = []
        for chunk in chunks {
            guard let index = packed.firstIndex(where: { $0[chunk.name]?.form == chunk.form }),
                let twin = packed[index][chunk.name]
            else {
                missing.append(chunk)
                continue
            }
            let start = others[index].draft.dataOffset
            UnsafeMutableRawBufferPointer(rebasing: data[chunk.offsets.elements...]).copyMemory(
                from: UnsafeRawBufferPointer(
                    rebasing: others[index].image.bytes[start + twin.offsets.elements..<start + twin.end]))
        }
        _ = try concurrently(missing) { (chunk) throws(PlannerError) in try chunk.write(into: data) }
        return image
    }

    /// Writes the plan with zeros for weights: enough to predict memory by, and no memory is touched for them.
    public func makeSkeleton() throws(PlannerError) -> PlanImage {
        let layout = layout
        guard let image = PlanImage(byteCount: layout.fileBytes) else {
            throw PlannerError(
                node: "plan", op: "", found: "no memory for \(layout.fileBytes) bytes", expected: "enough memory")
        }
        write(layout, into: image.memory)
        return image
    }
}

/// Offsets of the sections.
private struct Layout {
    var sections: [pack_plan_section] = []
    var metadataBytes = 0
    var dataOffset = 0
    var fileBytes = 0
}

extension PlanDraft {
    private var layout: Layout {
        var layout = Layout()
        var offset = MemoryLayout<pack_plan_header>.size
        func add(_ count: Int, _ stride: Int) {
            layout.sections.append(pack_plan_section(offset: UInt64(offset), count: UInt64(count)))
            offset = (offset + count * stride + 7) & ~7
        }
        add(tables.strings.count, 1)
        add(tables.symbols.count, MemoryLayout<pack_plan_symbol>.stride)
        add(tables.expressions.count, MemoryLayout<pack_plan_expression>.stride)
        add(tables.dimensions.count, 4)
        add(tables.values.count, MemoryLayout<pack_plan_value>.stride)
        add(tables.steps.count, MemoryLayout<pack_plan_step>.stride)
        add(tables.arguments.count, 4)
        add(tables.attributes.count, 8)
        add(tables.inputs.count, 4)
        add(tables.outputs.count, 4)
        add(tables.labels.count + tables.texts.count, MemoryLayout<pack_plan_string>.stride)
        layout.metadataBytes = offset
        offset = (offset + 63) & ~63
        add(metadata.tokenizer.count, 1)
        // Weights start on a page, so that no page holds both tables and weights.
        offset = (offset + 4095) & ~4095
        layout.dataOffset = offset
        add(dataBytes, 1)
        layout.fileBytes = layout.dataOffset + dataBytes
        return layout
    }

    private func write(_ layout: Layout, into memory: UnsafeMutableRawBufferPointer) {
        func put<Record>(_ section: pack_plan_section_index, _ records: [Record]) {
            records.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: memory[Int(layout.sections[Int(section.rawValue)].offset)...])
                    .copyMemory(from: $0)
            }
        }
        put(PACK_PLAN_STRINGS, tables.strings)
        put(PACK_PLAN_SYMBOLS, tables.symbols)
        put(PACK_PLAN_EXPRESSIONS, tables.expressions)
        put(PACK_PLAN_DIMENSIONS, tables.dimensions)
        put(PACK_PLAN_VALUES, tables.values)
        put(PACK_PLAN_STEPS, tables.steps)
        put(PACK_PLAN_ARGUMENTS, tables.arguments)
        put(PACK_PLAN_ATTRIBUTES, tables.attributes)
        put(PACK_PLAN_INPUTS, tables.inputs)
        put(PACK_PLAN_OUTPUTS, tables.outputs)
        put(PACK_PLAN_LABELS, tables.labels + tables.texts)
        put(PACK_PLAN_TOKENIZER, metadata.tokenizer)
        var header = pack_plan_header()
        withUnsafeMutableBytes(of: &header.magic) { $0.copyBytes(from: "PACKPLAN".utf8) }
        header.version = PACK_PLAN_VERSION
        header.header_bytes = UInt32(MemoryLayout<pack_plan_header>.size)
        header.file_bytes = UInt64(layout.fileBytes)
        header.metadata_bytes = UInt64(layout.metadataBytes)
        header.task = metadata.task.rawValue
        header.maximum_tokens = UInt32(metadata.maximumTokens)
        header.text_count = UInt32(tables.texts.count)
        header.flags = tables.packsTexts ? PACK_PLAN_PACKS_TEXTS.rawValue : 0
        withUnsafeMutableBytes(of: &header.sections) { target in
            layout.sections.withUnsafeBytes { target.copyMemory(from: $0) }
        }
        memory.storeBytes(of: header, as: pack_plan_header.self)
        header.checksum = planChecksum(UnsafeRawBufferPointer(rebasing: memory[40..<layout.metadataBytes]))
        memory.storeBytes(of: header, as: pack_plan_header.self)
    }
}

extension PlanDraft {
    private var families: Set<String> {
        var families: Set<String> = []
        for step in tables.steps {
            switch pack_operator_id(UInt32(step.op)) {
            case PACK_OP_Linear: families.formUnion(linearFamilies(step))
            case PACK_OP_Attention: families.insert("attention_f32")
            case PACK_OP_Embed: families.formUnion(["layer_norm"] + tableFamilies(step))
            case PACK_OP_LayerNormalization: families.insert("layer_norm")
            case PACK_OP_MaskedMean: families.insert("mean_rows")
            case PACK_OP_MaskedMax: families.insert("max_rows")
            case PACK_OP_L2Normalize: families.insert("l2_normalize")
            case PACK_OP_Unary: families.insert("unary")
            case PACK_OP_MatMul:
                families.insert("gemm_f32")
                // Weights that are computed may meet a row alone.
                if isFixed(step, 1) { families.insert("gemm_rows_f32") }
            case PACK_OP_Softmax: families.insert("softmax")
            case PACK_OP_IntegerMatMul, PACK_OP_IntegerConv: families.insert("gemm_s8")
            default: families.formUnion(imageFamilies(step))
            }
        }
        return families
    }

    private func isFixed(_ step: pack_plan_step, _ argument: Int) -> Bool {
        tables.isFixed(tables.arguments[Int(step.first_argument) + argument])
    }

    private func dtype(_ step: pack_plan_step, _ argument: Int) -> DType? {
        let value = tables.arguments[Int(step.first_argument) + argument]
        return value == PACK_PLAN_ABSENT ? nil : DType(rawValue: tables.values[Int(value)].dtype)
    }

    private func linearFamilies(_ step: pack_plan_step) -> [String] {
        switch dtype(step, 1) {
        case .f16: ["gemm_f16"]
        case .bf16: ["gemm_bf16"]
        case .i8: ["gemm_s8", "quantize_rows"]
        case .u8: ["gemm_s4", "quantize_rows"]
        default: ["gemm_f32"]
        }
    }

    private func tableFamilies(_ step: pack_plan_step) -> [String] { [2, 4, 6].compactMap { rowFamily(step, $0) } }

    /// The kernel that makes floats of an argument's rows, where they are stored otherwise.
    func rowFamily(_ step: pack_plan_step, _ argument: Int) -> String? {
        switch dtype(step, argument) {
        case .f16: "f16_to_f32"
        case .bf16: "bf16_to_f32"
        case .i8: "dequantize_s8"
        case .u8: "dequantize_s4"
        default: nil
        }
    }
}
