import PackCore
import PackPlanner
public import PackRuntime
import PackTokenizers

/// Runs a plan on texts, one at a time and without padding, for comparisons.
public final class TextRunner {
    /// The session that computes.
    public let session: Session
    private let tokenizer: Tokenizer?
    private var encoding = Encoding()

    /// Opens a plan.
    ///
    /// - Parameters:
    ///   - image: The plan.
    ///   - threads: Threads to compute with.
    ///   - instructionSet: A name of `pack_kernels.h` to force, or nil.
    /// - Throws: `RuntimeError`, or `TokenizerError` for a bad table.
    public init(_ image: PlanImage, threads: Int, instructionSet: String? = nil) throws {
        if let instructionSet {
            session = try instructionSet.withCString { name throws(RuntimeError) in
                try Session(plan: image.bytes, threads: threads, instructionSet: name, keeping: image)
            }
        } else {
            session = try Session(plan: image.bytes, threads: threads, keeping: image)
        }
        tokenizer = try session.tokenizerTable.map { try Tokenizer(table: $0) }
    }

    /// The token ids of a text, cut to what the model takes.
    public func tokens(_ text: String) -> (ids: [Int32], types: [UInt8]) {
        guard let tokenizer else { return ([], []) }
        Array(text.utf8).withUnsafeBytes {
            tokenizer.encode($0, maximum: session.maximumTokens, into: &encoding)
        }
        return (encoding.ids, encoding.typeIDs)
    }

    /// Computes the first output for one text: its numbers, row-major.
    public func output(ids: [Int32], types: [UInt8]) throws(RuntimeError) -> [Float] {
        try fill(ids: ids, types: types)
        try session.run()
        return session.outputBytes(0).withMemoryRebound(to: Float.self) { Array($0) }
    }

    /// Made-up inputs that the model takes, as many as asked for; none if it takes none of the shapes that are tried.
    public func samples(_ count: Int) -> [SampleInputs] {
        for extent in SampleInputs.extents {
            guard let first = SampleInputs(for: session, seed: 0, extent: extent), (try? session.run(first)) != nil
            else {
                continue
            }
            return (0..<count).compactMap { SampleInputs(for: session, seed: UInt64($0), extent: extent) }
        }
        return []
    }

    /// Computes all outputs for made-up inputs: their numbers, one output after the other.
    public func outputs(_ inputs: SampleInputs) throws(RuntimeError) -> [Float] {
        try session.run(inputs)
        return (0..<session.outputCount).flatMap { session.outputFloats($0) }
    }

    /// Prepares a request of one text.
    public func fill(ids: [Int32], types: [UInt8]) throws(RuntimeError) {
        let shape = [1, ids.count]
        for input in 0..<session.inputCount {
            try session.setInputShape(input, shape)
        }
        try session.prepare()
        for input in 0..<session.inputCount {
            let name = String(decoding: session.inputName(input), as: UTF8.self)
            session.inputBytes(input).withMemoryRebound(to: Int64.self) { target in
                for index in 0..<Swift.min(target.count, ids.count) {
                    switch name {
                    case "input_ids": target[index] = Int64(ids[index])
                    case "token_type_ids": target[index] = Int64(types[index])
                    default: target[index] = 1
                    }
                }
            }
        }
    }
}
