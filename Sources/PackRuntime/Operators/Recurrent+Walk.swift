import CPackKernels
import CPackSystem
import PackCore

/// The steps of a recurrent layer, one direction at a time.
struct RecurrentWalk {
    typealias Floats = UnsafeMutablePointer<Float>
    let layer: Recurrence
    private let memory: RecurrentMemory
    private let scratch: UnsafeMutableRawPointer
    private let product: pack_gemm
    private let kernel: pack_gemm_kernel
    private let kernels: UnsafePointer<pack_kernels>
    private let functions: InlineArray<6, RecurrentFunction.Scaled>
    private let bias: UnsafePointer<Float>?
    private let lengths: UnsafePointer<Int32>?
    private let first: (UnsafePointer<Float>?, UnsafePointer<Float>?)
    private let peepholes: UnsafePointer<Float>?
    private let outputs: (Floats?, Floats?, Floats?)

    init(
        _ layer: Recurrence, _ step: Step, _ memory: RecurrentMemory, product: pack_gemm
    ) throws(OperatorError) {
        guard let scratch = step.scratch else { throw .kernel }
        self.layer = layer
        self.memory = memory
        self.scratch = scratch
        self.product = product
        kernel = try layer.kernel(step, 2)
        kernels = step.kernels
        var functions = InlineArray<6, RecurrentFunction.Scaled>(repeating: RecurrentFunction.Scaled())
        for index in 0..<layer.ways * layer.kind.functions {
            functions[index] = RecurrentFunction.Scaled(
                function: RecurrentFunction(rawValue: try step.attribute(6 + index * 3)) ?? .tanh,
                alpha: try step.floatAttribute(7 + index * 3), beta: try step.floatAttribute(8 + index * 3))
        }
        self.functions = functions
        bias = UnsafePointer(step.optional(3)?.floats.baseAddress)
        lengths = UnsafePointer(step.optional(4)?.elements(Int32.self).baseAddress)
        first.0 = UnsafePointer(step.optional(5)?.floats.baseAddress)
        first.1 = UnsafePointer(step.optional(6)?.floats.baseAddress)
        peepholes = UnsafePointer(step.optional(7)?.floats.baseAddress)
        outputs = (
            try step.output(0).floats.baseAddress, try step.output(1).floats.baseAddress,
            step.optionalOutput(2)?.floats.baseAddress
        )
    }

    // MARK: Places

    private func products(_ way: Int) -> Floats {
        (scratch + memory.direction + way * memory.directionBytes).assumingMemoryBound(to: Float.self)
    }

    private func state(_ way: Int, _ item: Int) -> Floats {
        (scratch + memory.direction + way * memory.directionBytes + memory.states).assumingMemoryBound(to: Float.self)
            + item * layer.hidden
    }

    private func cell(_ way: Int, _ item: Int) -> Floats { state(way, layer.batch + item) }
    private func reset(_ way: Int, _ item: Int) -> Floats { state(way, 2 * layer.batch + item) }
    private func spare(_ way: Int, _ index: Int) -> Floats { state(way, 3 * layer.batch + index) }

    /// The gates of one item at one time: products of the input, to which all else is added.
    private func gates(_ way: Int, _ time: Int, _ item: Int) -> Floats {
        let row = layer.byBatch ? item * layer.sequence + time : time * layer.batch + item
        return (scratch + memory.inputs).assumingMemoryBound(to: Float.self) + row * layer.columns + way * layer.rows
    }

    private func place(_ way: Int, _ item: Int) -> Int {
        (layer.byBatch ? item * layer.ways + way : way * layer.batch + item) * layer.hidden
    }

    private func place(_ way: Int, _ item: Int, time: Int) -> Int {
        let row = layer.byBatch ? item * layer.sequence + time : time
        return layer.byBatch
            ? (row * layer.ways + way) * layer.hidden : ((row * layer.ways + way) * layer.batch + item) * layer.hidden
    }

    // MARK: Steps

    func run(_ way: Int) {
        for item in 0..<layer.batch {
            load(first.0, way, item, state(way, item))
            load(first.1, way, item, cell(way, item))
        }
        for position in 0..<layer.sequence {
            multiply(way, factors(way), 0..<(layer.isLate ? 2 : layer.kind.gates))
            for item in 0..<layer.batch {
                if let time = time(way, item, position) { start(way, item, time) }
            }
            if layer.isLate { multiply(way, reset(way, 0), 2..<3) }
            for item in 0..<layer.batch {
                guard let time = time(way, item, position) else { continue }
                if layer.kind == .gru { finish(way, item, time) }
                outputs.0.map {
                    ($0 + place(way, item, time: time)).update(from: state(way, item), count: layer.hidden)
                }
            }
        }
        for item in 0..<layer.batch {
            outputs.1.map { ($0 + place(way, item)).update(from: state(way, item), count: layer.hidden) }
            outputs.2.map { ($0 + place(way, item)).update(from: cell(way, item), count: layer.hidden) }
        }
    }

    private func load(_ from: UnsafePointer<Float>?, _ way: Int, _ item: Int, _ to: Floats) {
        if let from {
            to.update(from: from + place(way, item), count: layer.hidden)
        } else {
            to.update(repeating: 0, count: layer.hidden)
        }
    }

    /// The time of an item's step; nil past its end.
    private func time(_ way: Int, _ item: Int, _ position: Int) -> Int? {
        let length = lengths.map { Int($0[item]) } ?? layer.sequence
        guard position < length else { return nil }
        return layer.isBackward || way == 1 ? length - 1 - position : position
    }

    /// The states of all items as they are multiplied. Only GRUs use the rows that rounded ones take.
    private func factors(_ way: Int) -> Floats {
        guard layer.roundsStates else { return state(way, 0) }
        let (states, rounded) = (state(way, 0), reset(way, 0))
        for start in stride(from: 0, to: layer.batch * layer.hidden, by: layer.hidden) {
            let range = DynamicRange(UnsafeBufferPointer(start: states + start, count: layer.hidden))
            for i in start..<start + layer.hidden {
                rounded[i] = Float(Int(range.code(states[i])) - Int(range.zero)) * range.scale
            }
        }
        return rounded
    }

    /// Multiplies a row for each item with the weights of some gates. Panels at the ends may hold columns of others.
    private func multiply(_ way: Int, _ rows: UnsafePointer<Float>, _ range: Range<Int>) {
        let panel = Int(PACK_PANEL)
        let begin = way * layer.rows + range.lowerBound * layer.hidden
        let end = way * layer.rows + range.upperBound * layer.hidden
        var product = product
        product.a = UnsafeRawPointer(rows)
        product.c = products(way)
        // What other gates got stays: a late product has panels of its own only if the gates before it fill theirs.
        kernel(&product, 0, layer.batch, begin / panel, (end + panel - 1) / panel)
    }

    /// Adds the products of the state to gates, from one gate on.
    private func gather(_ way: Int, _ item: Int, _ gates: Floats, _ range: Range<Int>) {
        let products = products(way) + item * layer.columns + way * layer.rows
        let first = range.lowerBound * layer.hidden
        combine(PACK_BINARY_ADD, gates + first, products + first, gates + first, range.count * layer.hidden)
    }

    private func start(_ way: Int, _ item: Int, _ time: Int) {
        let (n, gates) = (layer.hidden, gates(way, time, item))
        switch layer.kind {
        case .rnn:
            gather(way, item, gates, 0..<1)
            apply(way, 0, gates, n)
            state(way, item).update(from: gates, count: n)
        case .gru:
            gather(way, item, gates, 0..<2)
            apply(way, 0, gates, 2 * n)
            if layer.isLate { combine(PACK_BINARY_MULTIPLY, gates + n, state(way, item), reset(way, item), n) }
        case .lstm: remember(way, item, gates)
        }
    }

    /// The state of an LSTM: gates are input, output, forget, cell.
    private func remember(_ way: Int, _ item: Int, _ gates: Floats) {
        let (n, cell) = (layer.hidden, cell(way, item))
        let peepholes = peepholes.map { $0 + way * 3 * n }
        let (input, output, forget, next) = (gates, gates + n, gates + 2 * n, gates + 3 * n)
        gather(way, item, gates, 0..<4)
        peep(peepholes, cell, input, way)
        peep(peepholes.map { $0 + 2 * n }, cell, forget, way)
        apply(way, 0, input, n)
        if layer.flag {
            for i in 0..<n { forget[i] = 1 - input[i] }
        } else {
            apply(way, 0, forget, n)
        }
        apply(way, 1, next, n)
        combine(PACK_BINARY_MULTIPLY, cell, forget, cell, n)
        combine(PACK_BINARY_MULTIPLY, next, input, next, n)
        combine(PACK_BINARY_ADD, cell, next, cell, n)
        peep(peepholes.map { $0 + n }, cell, output, way)
        apply(way, 0, output, n)
        let state = state(way, item)
        state.update(from: cell, count: n)
        apply(way, 2, state, n, clips: false)
        combine(PACK_BINARY_MULTIPLY, state, output, state, n)
    }

    private func peep(_ weights: UnsafePointer<Float>?, _ cell: Floats, _ gate: Floats, _ way: Int) {
        guard let weights else { return }
        combine(PACK_BINARY_MULTIPLY, cell, weights, spare(way, 0), layer.hidden)
        combine(PACK_BINARY_ADD, gate, spare(way, 0), gate, layer.hidden)
    }

    /// The state of a GRU, once its last product is there: gates are update, reset, hidden.
    private func finish(_ way: Int, _ item: Int, _ time: Int) {
        let n = layer.hidden
        let gates = gates(way, time, item)
        let (update, next, state) = (gates, gates + 2 * n, state(way, item))
        if layer.isLate {
            gather(way, item, gates, 2..<3)
        } else {
            let product = products(way) + item * layer.columns + way * layer.rows + 2 * n
            let added = bias.map { $0 + (way * 2 + 1) * layer.rows + 2 * n }
            if let added { combine(PACK_BINARY_ADD, product, added, product, n) }
            combine(PACK_BINARY_MULTIPLY, product, gates + n, product, n)
            combine(PACK_BINARY_ADD, next, product, next, n)
        }
        apply(way, 1, next, n)
        for i in 0..<n { state[i] = (1 - update[i]) * next[i] + update[i] * state[i] }
    }

    private func combine(
        _ kind: pack_binary, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ out: Floats, _ count: Int
    ) {
        kernels.pointee.binary?(UInt32(kind.rawValue), a, b, 1, out, count)
    }

    /// One of the layer's functions, in place.
    private func apply(_ way: Int, _ index: Int, _ values: Floats, _ count: Int, clips: Bool = true) {
        if clips, layer.clip > 0 {
            for i in 0..<count { values[i] = Swift.max(-layer.clip, Swift.min(layer.clip, values[i])) }
        }
        functions[way * layer.kind.functions + index].apply(values, count, kernels)
    }
}
