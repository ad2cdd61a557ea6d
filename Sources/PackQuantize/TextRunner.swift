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
    public func tokens(_ text: String) -> Tokens {
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

    /// The tokens of a text, and of what part of it each is.
    public typealias Tokens = (ids: [Int32], types: [UInt8])

    /// Tokens that are computed at once, side by side, where a plan can do that.
    private static let tokensAtOnce = 512

    /// Computes the first output for each text: its numbers, row-major. They are those that `output` gives, sooner.
    public func outputs(_ texts: [Tokens]) throws(RuntimeError) -> [[Float]] {
        var results: [[Float]] = []
        results.reserveCapacity(texts.count)
        while results.count < texts.count {
            var count = 0
            var tokens = 0
            for text in texts[results.count...] {
                tokens += text.ids.count
                guard count == 0 || session.plan.packsTexts && tokens <= Self.tokensAtOnce else { break }
                count += 1
            }
            let text = texts[results.count]
            if count > 1 {
                results += try sideBySide(texts[results.count..<results.count + count])
            } else {
                results.append(try output(ids: text.ids, types: text.types))
            }
        }
        return results
    }

    private func sideBySide(_ texts: ArraySlice<Tokens>) throws(RuntimeError) -> [[Float]] {
        var ends: [Int] = []
        for text in texts { ends.append((ends.last ?? 0) + text.ids.count) }
        try fill(ids: texts.flatMap(\.ids), types: texts.flatMap(\.types), ends: ends)
        try session.run()
        let numbers = session.outputFloats(0)
        // Rows are those of texts, or of tokens after an axis of one.
        let areOfTexts = session.outputRank(0) > 0 && session.outputDimension(0, 0) == texts.count
        let size = numbers.count / (areOfTexts ? texts.count : ends[ends.count - 1])
        return ends.indices.map { text in
            let rows = areOfTexts ? text..<text + 1 : (text == 0 ? 0 : ends[text - 1])..<ends[text]
            return Array(numbers[rows.lowerBound * size..<rows.upperBound * size])
        }
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

    /// Prepares a request of one text, or of several that lie side by side and end at the given tokens.
    public func fill(ids: [Int32], types: [UInt8], ends: [Int] = []) throws(RuntimeError) {
        let shape = [1, ids.count]
        for input in 0..<session.inputCount {
            try session.setInputShape(input, shape)
        }
        if !ends.isEmpty {
            try ends.withUnsafeBufferPointer { (ends) throws(RuntimeError) in try session.setSegments(ends) }
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
