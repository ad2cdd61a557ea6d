public import CPackKernels
import CPackSystem
import PackCore

/// The embedding layer of BERT-like models: rows of the word, position and token type tables added, then normalized.
///
/// Inputs: token ids i64 [B, S]; token types i64 [B, S] or absent (all 0); word table [V, H] and its scales f32 [V]; position
/// table [P, H] and its scales; type table [T, H] or absent and its scales; gamma, beta f32 [H]. Tables are f32, f16, i8, or u8 [.., bytes of
/// a row of 4-bit codes, `pack_row_bytes_s4`]; scales are absent unless the table is i8 or u8. Attributes: bits of epsilon; padding id, or −1. Positions count from 0 with −1,
/// else as RoBERTa counts them: padding + 1 + the number of tokens before that are not padding; padding itself sits at
/// `padding`.
enum Embed: Operator {
    private struct Task {
        let words: StoredRows
        let positions: StoredRows
        let types: StoredRows?
        let kernels: UnsafePointer<pack_kernels>
        let ids: UnsafeMutableBufferPointer<Int64>
        let typeIDs: UnsafeMutableBufferPointer<Int64>?
        let out: UnsafeMutablePointer<Float>?
        let gamma: UnsafeMutablePointer<Float>?
        let beta: UnsafeMutablePointer<Float>?
        let epsilon: Float
        let padding: Int64
        let texts: Segments
        let hidden: Int
        let row: UnsafeMutablePointer<Float>?
        let failed: UnsafeMutablePointer<Bool>?
    }

    private static func task(_ step: Step) throws(OperatorError) -> Task {
        let ids = try step.input(0)
        let out = try step.output()
        try ids.require(.i64)
        try out.require(.f32)
        guard ids.rank == 2, out.rank == 3, out.count == ids.count * out.last else { throw .shape }
        let hidden = out.last
        let typeIDs = step.optional(1)
        if let typeIDs {
            try typeIDs.require(.i64)
            guard typeIDs.count == ids.count else { throw .shape }
        }
        let padding = try step.attribute(1)
        let words = try StoredRows(try step.input(2), step.optional(3), columns: hidden)
        let positions = try StoredRows(try step.input(4), step.optional(5), columns: hidden)
        var types: StoredRows?
        if let tensor = step.optional(6) { types = try StoredRows(tensor, step.optional(7), columns: hidden) }
        let texts = try Segments(step, ids)
        guard padding >= -1, positions.rows > padding, texts.longest <= positions.rows - 1 - padding else {
            throw .shape
        }
        guard types == nil || (types?.rows ?? 0) > 0 else { throw .shape }
        let gamma = try step.input(8)
        let beta = try step.input(9)
        try gamma.require(.f32)
        try beta.require(.f32)
        guard gamma.count == hidden, beta.count == hidden else { throw .shape }
        let kernels = step.kernels
        guard kernels.pointee.layer_norm != nil else { throw .kernel }
        try words.require(kernels)
        try positions.require(kernels)
        if let types { try types.require(kernels) }
        return Task(
            words: words, positions: positions, types: types, kernels: kernels, ids: ids.integers,
            typeIDs: typeIDs?.integers, out: out.floats.baseAddress, gamma: gamma.floats.baseAddress,
            beta: beta.floats.baseAddress, epsilon: try step.floatAttribute(0), padding: Int64(padding),
            texts: texts, hidden: hidden, row: step.scratch?.assumingMemoryBound(to: Float.self),
            failed: step.scratch.map { ($0 + rowBytes(hidden, step)).assumingMemoryBound(to: Bool.self) })
    }

    /// Scratch memory: a row for each worker, and behind them a flag that a worker raises when an id is out of range.
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        try rowBytes(task(step).hidden, step) + 1
    }

    private static func rowBytes(_ hidden: Int, _ step: Step) -> Int {
        hidden * MemoryLayout<Float>.size * step.threads
    }

    static func run(_ step: Step) throws(OperatorError) {
        let task = try task(step)
        guard task.texts.longest > 0, task.hidden > 0, let failed = task.failed else { return }
        failed.pointee = false
        step.parallel(task.texts.count, task, embedText)
        if failed.pointee { throw .index }
    }

    private static let embedText: @convention(c) (UnsafeMutableRawPointer?, Int, UInt32) -> Void = {
        context, index, worker in
        guard let task = context?.assumingMemoryBound(to: Task.self) else { return }
        if !embed(task, text: index, worker: Int(worker)) { task.pointee.failed?.pointee = true }
    }

    /// Embeds one text; false if an id is out of range.
    private static func embed(_ task: UnsafeMutablePointer<Task>, text: Int, worker: Int) -> Bool {
        let hidden = task.pointee.hidden
        let tokens = task.pointee.texts[text]
        let kernels = task.pointee.kernels
        guard let out = task.pointee.out, let scratch = task.pointee.row else { return false }
        let row = scratch + worker * hidden
        let padding = task.pointee.padding
        var counted: Int64 = 0
        for token in tokens {
            let target = out + token * hidden
            let id = task.pointee.ids[token]
            guard task.pointee.words.restore(Int(id), kernels, to: target) else { return false }
            var position = Int64(token - tokens.lowerBound)
            if padding >= 0 {
                counted += id == padding ? 0 : 1
                position = id == padding ? padding : padding + counted
            }
            guard task.pointee.positions.restore(Int(position), kernels, to: row) else { return false }
            for i in 0..<hidden { target[i] += row[i] }
            if let types = task.pointee.types {
                guard types.restore(Int(task.pointee.typeIDs?[token] ?? 0), kernels, to: row) else { return false }
                for i in 0..<hidden { target[i] += row[i] }
            }
        }
        let first = out + tokens.lowerBound * hidden
        kernels.pointee.layer_norm?(
            first, hidden, first, hidden, tokens.count, hidden, task.pointee.gamma, task.pointee.beta,
            task.pointee.epsilon)
        return true
    }
}

/// C entry of `Embed`.
@c(pack_op_Embed) public func packOperatorEmbed(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Embed.self, step, running)
}
